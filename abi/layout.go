package abi

import (
	"encoding/binary"
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// A guest structure is an ordinary Go struct whose fields have guest types:
// the sized integers, arrays and structs of them, and the types
// below, whose size is the guest's. They are kept in 64 bits on our side;
// signed ones are sign-extended when read.
type (
	Long  int64  // long, register_t, intptr_t
	ULong uint64 // unsigned long
	Ptr   uint64 // any pointer, vaddr_t
	Size  uint64 // size_t
	SSize int64  // ssize_t, ptrdiff_t
)

// Model is a data model: what a guest's compiler makes of the types above.
// A Model must not change once it is in use.
type Model struct {
	Name       string
	PtrSize    int  // size and alignment of pointers, long, size_t
	Int64Align int  // alignment of 64-bit integers inside structures
	BigEndian  bool // byte order

	// SiginfoUnion is the offset of the union in siginfo_t where it is not
	// the one that follows from the declaration of NetBSD 9 and later.
	SiginfoUnion int

	// Time says what struct timespec and struct timeval are made of; see TimeNative.
	Time uint8

	// CmsgAlign is the alignment in control messages (CMSG_ALIGN) where it is
	// not that of the widest integer.
	CmsgAlign int
}

// Values of Model.Time.
const (
	TimeNative      = iota // NetBSD's: seconds of 64 bits, then a long, or an int for microseconds
	TimeLong               // two longs: Linux
	TimeWide               // two integers of 64 bits: Linux's newer calls on machines of 32 bits
	TimeShortMicros        // as TimeLong, but an int for microseconds: Linux on sparc64
)

// The data models of NetBSD's ports.
var (
	LP64LE        = &Model{Name: "LP64LE", PtrSize: 8, Int64Align: 8}                       // amd64
	LP64LEAlign16 = &Model{Name: "LP64LEAlign16", PtrSize: 8, Int64Align: 8, CmsgAlign: 16} // aarch64, riscv64
	LP64BE        = &Model{Name: "LP64BE", PtrSize: 8, Int64Align: 8, BigEndian: true}      // mips64, aarch64eb
	LP64BESparc64 = &Model{Name: "LP64BESparc64", PtrSize: 8, Int64Align: 8, BigEndian: true, CmsgAlign: 16}
	ILP32LE       = &Model{Name: "ILP32LE", PtrSize: 4, Int64Align: 8}                  // earm, mipsel
	ILP32LEi386   = &Model{Name: "ILP32LEi386", PtrSize: 4, Int64Align: 4}              // i386
	ILP32BE       = &Model{Name: "ILP32BE", PtrSize: 4, Int64Align: 8, BigEndian: true} // sparc, mipseb, powerpc
	// Of programs of NetBSD 8 and before, whose siginfo_t has nothing of 64 bits.
	ilp32LE8 = &Model{Name: "ILP32LE", PtrSize: 4, Int64Align: 8, SiginfoUnion: 12}
	ilp32BE8 = &Model{Name: "ILP32BE", PtrSize: 4, Int64Align: 8, BigEndian: true, SiginfoUnion: 12}
	m68k8    = &Model{Name: "ILP32BEm68k", PtrSize: 4, Int64Align: 8, BigEndian: true, SiginfoUnion: 12, CmsgAlign: 4}

	ILP32BEm68k = &Model{Name: "ILP32BEm68k", PtrSize: 4, Int64Align: 8, BigEndian: true, CmsgAlign: 4}
)

// ForRelease is the model of a program that was built for a release (__NetBSD_Version__ of its note; 0 for none): it has
// structures as they were then, where they changed without a new system call.
func (m *Model) ForRelease(version uint32) *Model {
	if version == 0 || version >= 899000000 {
		return m
	}
	switch m {
	case ILP32LE:
		return ilp32LE8
	case ILP32BE:
		return ilp32BE8
	case ILP32BEm68k:
		return m68k8
	}
	return m
}

// ByteOrder returns the model's byte order as the standard library's.
func (m *Model) ByteOrder() binary.ByteOrder {
	if m.BigEndian {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// LP64 reports whether pointers are 64 bits wide.
func (m *Model) LP64() bool { return m.PtrSize == 8 }

// Uint reads an unsigned integer of 1, 2, 4 or 8 bytes.
func (m *Model) Uint(b []byte, size int) uint64 {
	switch size {
	case 1:
		return uint64(b[0])
	case 2:
		if m.BigEndian {
			return uint64(binary.BigEndian.Uint16(b))
		}
		return uint64(binary.LittleEndian.Uint16(b))
	case 4:
		if m.BigEndian {
			return uint64(binary.BigEndian.Uint32(b))
		}
		return uint64(binary.LittleEndian.Uint32(b))
	case 8:
		if m.BigEndian {
			return binary.BigEndian.Uint64(b)
		}
		return binary.LittleEndian.Uint64(b)
	}
	panic("abi: integer of " + strconv.Itoa(size) + " bytes")
}

// PutUint writes an integer of 1, 2, 4 or 8 bytes; higher bits are dropped.
func (m *Model) PutUint(b []byte, size int, v uint64) {
	switch size {
	case 1:
		b[0] = byte(v)
	case 2:
		if m.BigEndian {
			binary.BigEndian.PutUint16(b, uint16(v))
		} else {
			binary.LittleEndian.PutUint16(b, uint16(v))
		}
	case 4:
		if m.BigEndian {
			binary.BigEndian.PutUint32(b, uint32(v))
		} else {
			binary.LittleEndian.PutUint32(b, uint32(v))
		}
	case 8:
		if m.BigEndian {
			binary.BigEndian.PutUint64(b, v)
		} else {
			binary.LittleEndian.PutUint64(b, v)
		}
	default:
		panic("abi: integer of " + strconv.Itoa(size) + " bytes")
	}
}

// Ptr reads a pointer-sized value, PutPtr writes one.
func (m *Model) Ptr(b []byte) uint64       { return m.Uint(b, m.PtrSize) }
func (m *Model) PutPtr(b []byte, v uint64) { m.PutUint(b, m.PtrSize, v) }

type opKind uint8

const (
	opUint opKind = iota
	opInt
	opBytes  // array of single bytes, copied whole
	opStruct // nested, by its own plan
	opArray  // of anything wider
)

type op struct {
	field int // index in the Go struct
	name  string
	off   int
	elem  *plan
}

// A plan says where everything of one Go type lies in one model.
type plan struct {
	size, align int
	kind        opKind // of the type itself
	ops         []op   // opStruct
	count       int    // opArray, opBytes
	elem        *plan  // opArray

	leaves []leaf // for generated code; see direct.go
	padded bool   // there are bytes that belong to no member
}

// plans are all that were made, by what the layout depends on; each map is replaced when it gets another.
var plans struct {
	sync.Mutex
	of [kinds]atomic.Pointer[map[reflect.Type]*plan]
}

var (
	typLong  = reflect.TypeFor[Long]()
	typULong = reflect.TypeFor[ULong]()
	typPtr   = reflect.TypeFor[Ptr]()
	typSize  = reflect.TypeFor[Size]()
	typSSize = reflect.TypeFor[SSize]()

	typTimespec = reflect.TypeFor[Timespec]()
	typTimeval  = reflect.TypeFor[Timeval]()
)

func (m *Model) plan(t reflect.Type) *plan {
	of := &plans.of[m.kind()&(kinds-1)]
	if known := of.Load(); known != nil {
		if p := (*known)[t]; p != nil {
			return p
		}
	}
	p := m.compile(t)
	p.finish()
	plans.Lock()
	defer plans.Unlock()
	all := map[reflect.Type]*plan{t: p}
	if known := of.Load(); known != nil {
		maps.Copy(all, *known) // the first plan of a type stays
	}
	of.Store(&all)
	return all[t]
}

func (m *Model) compile(t reflect.Type) *plan {
	switch t {
	case typLong, typSSize:
		return &plan{size: m.PtrSize, align: min(m.PtrSize, m.Int64Align), kind: opInt}
	case typULong, typPtr, typSize:
		return &plan{size: m.PtrSize, align: min(m.PtrSize, m.Int64Align), kind: opUint}
	}
	switch t.Kind() {
	case reflect.Int8, reflect.Int16, reflect.Int32:
		n := int(t.Size())
		return &plan{size: n, align: min(n, m.Int64Align), kind: opInt}
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		n := int(t.Size())
		return &plan{size: n, align: min(n, m.Int64Align), kind: opUint}
	case reflect.Int64:
		return &plan{size: 8, align: m.Int64Align, kind: opInt}
	case reflect.Uint64:
		return &plan{size: 8, align: m.Int64Align, kind: opUint}
	case reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return &plan{size: t.Len(), align: 1, kind: opBytes, count: t.Len()}
		}
		e := m.plan(t.Elem())
		return &plan{size: e.size * t.Len(), align: e.align, kind: opArray, count: t.Len(), elem: e}
	case reflect.Struct:
		if m.Time != TimeNative && (t == typTimespec || t == typTimeval) {
			return m.timePlan(t)
		}
		return m.compileStruct(t)
	}
	panic(fmt.Sprintf("abi: %v has no layout", t))
}

// timePlan is that of Timespec and Timeval in models whose times are not NetBSD's.
func (m *Model) timePlan(t reflect.Type) *plan {
	e := m.plan(typLong)
	if m.Time == TimeShortMicros && t == typTimeval {
		sub := m.plan(reflect.TypeFor[int32]())
		return &plan{size: 2 * e.size, align: e.align, kind: opStruct, ops: []op{{field: 0, name: "Sec", elem: e}, {field: 1, name: "Usec", off: e.size, elem: sub}}}
	}
	if m.Time == TimeWide {
		// The second number has 32 bits that count: C libraries leave the others as they are.
		e = &plan{size: 8, align: m.Int64Align, kind: opInt}
		sub, at := m.plan(reflect.TypeFor[int32]()), 8
		if m.BigEndian {
			at += 4
		}
		return &plan{size: 16, align: e.align, kind: opStruct, ops: []op{{field: 0, name: "Sec", elem: e}, {field: 1, name: "Nsec", off: at, elem: sub}}}
	}
	return &plan{size: 2 * e.size, align: e.align, kind: opStruct, ops: []op{{field: 0, name: "Sec", elem: e}, {field: 1, name: "Nsec", off: e.size, elem: e}}}
}

func (m *Model) compileStruct(t reflect.Type) *plan {
	p := &plan{kind: opStruct, align: 1}
	off := 0
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Tag.Get("abi") == "-" {
			continue
		}
		e := m.plan(f.Type)
		size, align := e.size, e.align
		a, s := fieldTag(t, f)
		if a != 0 {
			align = a
		}
		if s != 0 {
			if s < size {
				panic(fmt.Sprintf("abi: %v.%s needs %d bytes, its tag says %d", t, f.Name, size, s))
			}
			size = s
		}
		off = roundup(off, align)
		p.align = max(p.align, align)
		if f.Name != "_" {
			p.ops = append(p.ops, op{field: i, name: f.Name, off: off, elem: e})
		}
		off += size
	}
	p.size = roundup(off, p.align)
	return p
}

// fieldTag reads `abi:"align=4,size=128"`: the alignment in place of the
// type's own, and the room the field takes (a union's, for instance).
func fieldTag(t reflect.Type, f reflect.StructField) (align, size int) {
	tag := f.Tag.Get("abi")
	if tag == "" {
		return
	}
	for _, item := range strings.Split(tag, ",") {
		k, v, _ := strings.Cut(item, "=")
		n, err := strconv.Atoi(v)
		switch {
		case err != nil || n <= 0:
			panic(fmt.Sprintf("abi: %v.%s: bad tag %q", t, f.Name, tag))
		case k == "align":
			align = n
		case k == "size":
			size = n
		default:
			panic(fmt.Sprintf("abi: %v.%s: bad tag %q", t, f.Name, tag))
		}
	}
	return
}

func roundup(n, to int) int { return (n + to - 1) / to * to }

// target strips pointers: v may be a value, a pointer to one, or a slice.
func target(v any) reflect.Value {
	rv := reflect.ValueOf(v)
	for rv.Kind() == reflect.Pointer {
		rv = rv.Elem()
	}
	return rv
}

// typeOf is target for types: nil pointers are welcome.
func typeOf(v any) reflect.Type {
	t := reflect.TypeOf(v)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// Sizeof gives the guest's size of v's type; of a slice, that of all elements.
func (m *Model) Sizeof(v any) int {
	if p := m.directPlan(v); p != nil {
		return p.size
	}
	t := typeOf(v)
	if t.Kind() == reflect.Slice {
		return m.plan(t.Elem()).size * target(v).Len()
	}
	return m.plan(t).size
}

// Alignof gives the guest's alignment of v's type.
func (m *Model) Alignof(v any) int {
	t := typeOf(v)
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return m.plan(t).align
}

// Offsetof returns the offset of a field of the struct v; "A.B" goes deeper.
// It panics if there is none: that is a mistake in the program.
func (m *Model) Offsetof(v any, field string) int {
	t := typeOf(v)
	p := m.plan(t)
	off := 0
	for name := range strings.SplitSeq(field, ".") {
		var found *op
		for i := range p.ops {
			if p.ops[i].name == name {
				found = &p.ops[i]
			}
		}
		if found == nil {
			panic(fmt.Sprintf("abi: %v has no field %q", t, field))
		}
		off += found.off
		p = found.elem
	}
	return off
}

// Marshal writes v, a guest type or a pointer to or slice of one, to dst as
// the guest lays it out, padding zeroed, and returns how many bytes that is.
// dst must be long enough.
func (m *Model) Marshal(dst []byte, v any) int {
	if n, ok := m.putDirect(dst, v); ok {
		return n
	}
	return m.marshal(dst, v)
}

// marshal is Marshal by reflection.
func (m *Model) marshal(dst []byte, v any) int {
	rv := target(v)
	if rv.Kind() == reflect.Slice {
		if rv.Type().Elem().Kind() == reflect.Uint8 {
			return copy(dst[:rv.Len()], rv.Bytes())
		}
		p := m.plan(rv.Type().Elem())
		n := p.size * rv.Len()
		clear(dst[:n])
		for i := range rv.Len() {
			m.put(p, dst[i*p.size:], rv.Index(i))
		}
		return n
	}
	p := m.plan(rv.Type())
	clear(dst[:p.size])
	m.put(p, dst, rv)
	return p.size
}

// Unmarshal reads what v points to (or the elements of the slice v) from src,
// which must be long enough.
func (m *Model) Unmarshal(src []byte, v any) {
	if !m.getDirect(src, v) {
		m.unmarshal(src, v)
	}
}

// unmarshal is Unmarshal by reflection.
func (m *Model) unmarshal(src []byte, v any) {
	rv := reflect.ValueOf(v)
	if rv.Kind() == reflect.Pointer {
		rv = target(v)
	}
	if rv.Kind() == reflect.Slice {
		p := m.plan(rv.Type().Elem())
		for i := range rv.Len() {
			m.get(p, src[i*p.size:], rv.Index(i))
		}
		return
	}
	p := m.plan(rv.Type())
	m.get(p, src[:p.size], rv)
}

// Append appends v to dst as Marshal would write it.
func (m *Model) Append(dst []byte, v any) []byte {
	n := len(dst)
	dst = append(dst, make([]byte, m.Sizeof(v))...)
	m.Marshal(dst[n:], v)
	return dst
}

// Bytes gives v as the guest lays it out.
func (m *Model) Bytes(v any) []byte { return m.Append(nil, v) }

func (m *Model) put(p *plan, dst []byte, v reflect.Value) {
	switch p.kind {
	case opUint:
		m.PutUint(dst, p.size, v.Uint())
	case opInt:
		m.PutUint(dst, p.size, uint64(v.Int()))
	case opBytes:
		if v.CanAddr() {
			copy(dst[:p.count], v.Bytes())
			return
		}
		reflect.Copy(reflect.ValueOf(dst[:p.count]), v)
	case opArray:
		for i := range p.count {
			m.put(p.elem, dst[i*p.elem.size:], v.Index(i))
		}
	case opStruct:
		for i := range p.ops {
			o := &p.ops[i]
			m.put(o.elem, dst[o.off:], v.Field(o.field))
		}
	}
}

func (m *Model) get(p *plan, src []byte, v reflect.Value) {
	switch p.kind {
	case opUint:
		v.SetUint(m.Uint(src, p.size))
	case opInt:
		shift := 64 - 8*p.size
		v.SetInt(int64(m.Uint(src, p.size)<<shift) >> shift)
	case opBytes:
		copy(v.Bytes(), src[:p.count])
	case opArray:
		for i := range p.count {
			m.get(p.elem, src[i*p.elem.size:], v.Index(i))
		}
	case opStruct:
		for i := range p.ops {
			o := &p.ops[i]
			m.get(o.elem, src[o.off:], v.Field(o.field))
		}
	}
}
