package mem

import (
	"bytes"
	"math/rand"
	"os"
	"testing"

	"nbemu/abi"
)

const (
	testMin = 0x10000
	testMax = testMin + 64*PageSize
)

func mustMap(t testing.TB, s *Space, a MapArgs) uint64 {
	t.Helper()
	va, err := s.Map(a)
	if err != abi.OK {
		t.Fatalf("map %#x+%#x: %v", a.Addr, a.Len, err)
	}
	return va
}

func mustFork(t testing.TB, s *Space) *Space {
	t.Helper()
	c, err := s.Fork()
	if err != abi.OK {
		t.Fatalf("fork: %v", err)
	}
	return c
}

// checkEntries verifies the invariants of the map: sorted, disjoint, page aligned, inside the space.
func checkEntries(t testing.TB, s *Space) {
	t.Helper()
	at := s.Min
	for _, e := range s.Maps() {
		if e.Start < at || e.End <= e.Start || e.End > s.Max || e.Start&pageMask != 0 || e.End&pageMask != 0 {
			t.Fatalf("entry %#x-%#x after %#x", e.Start, e.End, at)
		}
		at = e.End
	}
}

// TestAgainstModel does random operations on a space and on a table with one protection per page, and
// compares what can be seen: protections, contents, faults, frames in use.
func TestAgainstModel(t *testing.T) {
	for seed := range int64(40) {
		r := rand.New(rand.NewSource(seed))
		before := InUse()
		s := NewSpace(testMin, testMax)
		type page struct {
			mapped bool
			prot   uint8
			val    byte
		}
		var model [64]page
		for range 400 {
			i := r.Intn(64)
			n := 1 + r.Intn(64-i)
			va := uint64(testMin + i*PageSize)
			prot := uint8(r.Intn(8))
			switch r.Intn(6) {
			case 0, 1:
				mustMap(t, s, MapArgs{Addr: va, Len: uint64(n) * PageSize, Prot: prot, Fixed: true})
				for k := i; k < i+n; k++ {
					model[k] = page{true, prot, 0}
				}
			case 2:
				if err := s.Unmap(va, uint64(n)*PageSize); err != abi.OK {
					t.Fatal(err)
				}
				for k := i; k < i+n; k++ {
					model[k] = page{}
				}
			case 3:
				err := s.Protect(va, uint64(n)*PageSize, prot)
				want := abi.OK
				for k := i; k < i+n; k++ {
					if !model[k].mapped {
						want = abi.ENOMEM
					}
				}
				if err != want {
					t.Fatalf("seed %d: protect: %v, want %v", seed, err, want)
				}
				if err == abi.OK {
					for k := i; k < i+n; k++ {
						model[k].prot = prot
					}
				}
			case 4:
				v := byte(r.Intn(256))
				err := s.Copyout([]byte{v}, va+uint64(r.Intn(PageSize))&^7)
				ok := model[i].mapped && model[i].prot&ProtWrite != 0
				if ok != (err == abi.OK) {
					t.Fatalf("seed %d: store to page %d: %v", seed, i, err)
				}
				if ok {
					s.Copyout([]byte{v}, va)
					model[i].val = v
				}
			case 5:
				// The child sees what the parent has, and what it stores stays its own.
				c := mustFork(t, s)
				for k := range model {
					a := uint64(testMin + k*PageSize)
					if model[k].prot&ProtWrite != 0 {
						c.Copyout([]byte{^model[k].val}, a)
					}
				}
				c.Unref()
			}
			checkEntries(t, s)
		}
		for k := range model {
			var b [1]byte
			err := s.Copyin(b[:], uint64(testMin+k*PageSize))
			if ok := model[k].mapped && model[k].prot != 0; ok != (err == abi.OK) || ok && b[0] != model[k].val {
				t.Fatalf("seed %d: page %d: %v %d, model %+v", seed, k, err, b[0], model[k])
			}
		}
		s.Unref()
		if n := InUse(); n != before {
			t.Fatalf("seed %d: %d frames leaked", seed, n-before)
		}
	}
}

func TestFindSpace(t *testing.T) {
	s := NewSpace(testMin, testMax)
	defer s.Unref()
	a := mustMap(t, s, MapArgs{Addr: testMax, Len: PageSize, Prot: ProtRead, TopDown: true})
	if a != testMax-PageSize {
		t.Errorf("first top-down mapping at %#x", a)
	}
	b := mustMap(t, s, MapArgs{Addr: testMax, Len: 3 * PageSize, Prot: ProtWrite, TopDown: true})
	if b != a-3*PageSize {
		t.Errorf("second at %#x", b)
	}
	s.Unmap(b+PageSize, PageSize)
	if c := mustMap(t, s, MapArgs{Addr: b + PageSize, Len: PageSize, Prot: ProtExec, TopDown: true}); c != b+PageSize {
		t.Errorf("a free hint is not taken: %#x", c)
	}
	if c := mustMap(t, s, MapArgs{Addr: testMax, Len: 2 * PageSize, TopDown: true, Align: 16 * PageSize}); c%(16*PageSize) != 0 {
		t.Errorf("alignment ignored: %#x", c)
	}
	if _, err := s.Map(MapArgs{Addr: testMin, Len: 64 * PageSize, TopDown: true}); err != abi.ENOMEM {
		t.Errorf("too large: %v", err)
	}
	if _, err := s.Map(MapArgs{Addr: testMin, Len: ^uint64(0) - 100, TopDown: true}); err == abi.OK {
		t.Error("a length that wraps was accepted")
	}
	if _, err := s.Map(MapArgs{Addr: testMax - PageSize, Len: 2 * PageSize, Fixed: true}); err != abi.EINVAL {
		t.Errorf("beyond the end: %v", err)
	}
}

// hostFile is a Backing on a temporary file.
type hostFile struct {
	*os.File
	stamp uint64
	refs  int
}

func (f *hostFile) Size() (int64, error) {
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return st.Size(), nil
}
func (f *hostFile) MapFd() int     { return int(f.Fd()) }
func (f *hostFile) Room() bool     { return true }
func (f *hostFile) Writable() bool { return true }
func (f *hostFile) Stamp() uint64  { return f.stamp }
func (f *hostFile) Key() FileKey   { return FileKey{1, uint64(f.Fd())} }
func (f *hostFile) Ref()           { f.refs++ }
func (f *hostFile) Unref()         { f.refs-- }

func TestFileMappings(t *testing.T) {
	tmp, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer tmp.Close()
	f := &hostFile{File: tmp}
	data := bytes.Repeat([]byte("0123456789abcdef"), PageSize/16*2)
	tmp.Write(append(data, "tail"...))

	private, shared := NewSpace(testMin, testMax), NewSpace(testMin, testMax)
	for _, m := range []struct {
		s      *Space
		shared bool
	}{{private, false}, {shared, true}} {
		o := FileObject(f)
		if m.shared {
			if err := ShareFile(o, 0); err != abi.OK {
				t.Fatal(err)
			}
		}
		mustMap(t, m.s, MapArgs{Addr: testMin, Len: 4 * PageSize, Prot: ProtRead | ProtWrite, Fixed: true, Obj: o, Shared: m.shared})
		Release(o)
	}
	var b [4]byte
	if private.Copyin(b[:], testMin+2*PageSize); string(b[:]) != "tail" {
		t.Errorf("the last page begins with %q", b)
	}
	if private.Copyin(b[:], testMin+2*PageSize+4); b != [4]byte{} {
		t.Errorf("after the end of the file: %q", b)
	}
	if r := private.Fault(testMin+3*PageSize, ProtRead); r != FaultBus {
		t.Errorf("a page past the end: %v", r)
	}
	private.Copyout([]byte("priv"), testMin)
	shared.Copyout([]byte("shar"), testMin+PageSize)
	if private.Copyin(b[:], testMin+PageSize); string(b[:]) != "shar" {
		t.Errorf("the private mapping does not see the store to the file: %q", b)
	}

	if tmp.ReadAt(b[:], PageSize); string(b[:]) != "shar" {
		t.Errorf("read(2) does not see the shared store: %q", b)
	}
	if tmp.ReadAt(b[:], 0); string(b[:]) != "0123" {
		t.Errorf("the private store reached the file: %q", b)
	}
	tmp.WriteAt([]byte("writ"), PageSize+8)
	FileWritten(f.Key(), PageSize+8, 4)
	if shared.Copyin(b[:], testMin+PageSize+8); string(b[:]) != "writ" {
		t.Errorf("the mapping does not see write(2): %q", b)
	}
	private.Unref()
	shared.Unref()
	if f.refs != 0 {
		t.Errorf("%d references are left to a file that was stored to", f.refs)
	}
}

func TestSharedAnonSurvivesFork(t *testing.T) {
	s := NewSpace(testMin, testMax)
	mustMap(t, s, MapArgs{Addr: testMin, Len: PageSize, Prot: ProtRead | ProtWrite, Fixed: true, Shared: true})
	c := mustFork(t, s)
	if c.Group != s.Group {
		t.Error("spaces that share memory are in different groups")
	}
	c.Copyout([]byte{42}, testMin)
	var b [1]byte
	if s.Copyin(b[:], testMin); b[0] != 42 {
		t.Errorf("parent reads %d", b[0])
	}
	c.Unref()
	s.Unref()
}

func TestInherit(t *testing.T) {
	s := NewSpace(testMin, testMax)
	defer s.Unref()
	rw := uint8(ProtRead | ProtWrite)
	mustMap(t, s, MapArgs{Addr: testMin, Len: 4 * PageSize, Prot: rw, Fixed: true})
	for i := range uint64(4) {
		s.Copyout([]byte{byte(i + 1)}, testMin+i*PageSize)
	}
	s.Inherit(testMin, PageSize, InheritNone)
	s.Inherit(testMin+PageSize, PageSize, InheritZero)
	s.Inherit(testMin+2*PageSize, PageSize, InheritShare)
	c := mustFork(t, s)
	defer c.Unref()
	var b [1]byte
	if c.Copyin(b[:], testMin) != abi.EFAULT {
		t.Error("MAP_INHERIT_NONE was inherited")
	}
	if c.Copyin(b[:], testMin+PageSize); b[0] != 0 {
		t.Errorf("MAP_INHERIT_ZERO shows %d", b[0])
	}
	c.Copyout([]byte{77}, testMin+2*PageSize)
	if s.Copyin(b[:], testMin+2*PageSize); b[0] != 77 {
		t.Errorf("MAP_INHERIT_SHARE: parent reads %d", b[0])
	}
	c.Copyout([]byte{88}, testMin+3*PageSize)
	if s.Copyin(b[:], testMin+3*PageSize); b[0] != 4 {
		t.Errorf("MAP_INHERIT_COPY: parent reads %d", b[0])
	}
}

func TestCopyinStr(t *testing.T) {
	s := NewSpace(testMin, testMax)
	defer s.Unref()
	mustMap(t, s, MapArgs{Addr: testMin, Len: 2 * PageSize, Prot: ProtRead | ProtWrite, Fixed: true})
	s.Copyout([]byte("across\x00"), testMin+PageSize-3)
	if str, err := s.CopyinStr(testMin+PageSize-3, 100); str != "across" || err != abi.OK {
		t.Errorf("%q %v", str, err)
	}
	if _, err := s.CopyinStr(testMin+PageSize-3, 6); err != abi.ENAMETOOLONG {
		t.Errorf("no room for the NUL: %v", err)
	}
	s.Copyout(bytes.Repeat([]byte{'x'}, 10), testMin+2*PageSize-10)
	if _, err := s.CopyinStr(testMin+2*PageSize-10, 100); err != abi.EFAULT {
		t.Errorf("runs off the mapping: %v", err)
	}
}

// TestMapOverItself: an object that only the mapping holds which it replaces stays.
func TestMapOverItself(t *testing.T) {
	s := NewSpace(testMin, testMax)
	defer s.Unref()
	va := mustMap(t, s, MapArgs{Addr: testMin, Len: 2 * PageSize, Prot: ProtRead | ProtWrite, Fixed: true, Shared: true})
	if err := s.Copyout([]byte("x"), va+PageSize); err != abi.OK {
		t.Fatal(err)
	}
	mustMap(t, s, MapArgs{Addr: va, Len: 2 * PageSize, Prot: ProtRead | ProtWrite, Fixed: true, Shared: true, Obj: s.Maps()[0].Obj, Off: PageSize})
	var b [1]byte
	if err := s.Copyin(b[:], va); err != abi.OK || b[0] != 'x' {
		t.Errorf("%q, %v", b, err)
	}
}
