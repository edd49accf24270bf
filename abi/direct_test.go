package abi

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"
)

// directs are the structures that there is generated code for.
var directs = []any{new(Timespec), new(Timeval), new(Timespec50), new(Timeval50), new(Itimerval), new(Itimerspec), new(Stat),
	new(Iovec), new(Msghdr), new(StackT), new(Sigaction), new(UcontextHead), new(SiginfoHead), new(SiginfoRTPart),
	new(SiginfoChildPart), new(SiginfoFaultPart), new(LwpCtl), new(Flock)}

// layouts are all models, with each way of writing times.
func layouts() (all []*Model) {
	for _, m := range []*Model{LP64LE, LP64LEAlign16, LP64BE, LP64BESparc64, ILP32LE, ILP32LEi386, ILP32BE, ILP32BEm68k} {
		for time := range uint8(TimeShortMicros + 1) {
			x := *m
			x.Time = time
			all = append(all, &x)
		}
	}
	return all
}

// fill gives v's numbers values by lot.
func fill(r *rand.Rand, v reflect.Value) {
	switch {
	case v.CanInt():
		v.SetInt(int64(r.Uint64()) >> r.IntN(64))
	case v.CanUint():
		v.SetUint(r.Uint64() >> r.IntN(64))
	case v.Kind() == reflect.Array:
		for i := range v.Len() {
			fill(r, v.Index(i))
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "_" {
				fill(r, v.Field(i))
			}
		}
	}
}

// TestDirect holds generated code against reflection.
func TestDirect(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, m := range layouts() {
		for _, v := range directs {
			typ := reflect.TypeOf(v).Elem()
			size := m.plan(typ).size
			if m.directPlan(v) == nil || m.directPlan(reflect.ValueOf(v).Elem().Interface()) == nil {
				t.Fatalf("no code for %v", typ)
			}
			for range 20 {
				fill(r, reflect.ValueOf(v).Elem())
				want := make([]byte, size)
				m.marshal(want, v)
				for _, form := range []any{v, reflect.ValueOf(v).Elem().Interface()} {
					got := bytes.Repeat([]byte{0xa5}, size+1)
					if n, ok := m.putDirect(got, form); !ok || n != size || !bytes.Equal(got[:size], want) || got[size] != 0xa5 {
						t.Fatalf("%s, time %d: %T is % x, want % x", m.Name, m.Time, form, got, want)
					}
				}
				src := make([]byte, size)
				for i := range src {
					src[i] = byte(r.Uint32())
				}
				a, b := reflect.New(typ), reflect.New(typ)
				m.unmarshal(src, a.Interface())
				if !m.getDirect(src, b.Interface()) || !reflect.DeepEqual(a.Interface(), b.Interface()) {
					t.Fatalf("%s, time %d: read %+v, want %+v", m.Name, m.Time, b.Elem(), a.Elem())
				}
			}
		}
	}
}

// TestKinds: models with the same number have the same layouts.
func TestKinds(t *testing.T) {
	type shape struct {
		ptr, align int
		time       uint8
		big        bool
	}
	seen := map[int]shape{}
	for _, m := range layouts() {
		s := shape{m.PtrSize, m.Int64Align, m.Time, m.BigEndian}
		if k := m.kind(); k >= kinds || seen[k] != (shape{}) && seen[k] != s {
			t.Errorf("%s and %+v have number %d", m.Name, seen[k], k)
		}
		seen[m.kind()] = s
	}
}

func BenchmarkMarshal(b *testing.B) {
	buf := make([]byte, 512)
	for _, v := range []any{new(Stat), new(Timespec), new(UcontextHead), new(Iovec)} {
		name := reflect.TypeOf(v).Elem().Name()
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				LP64LE.Marshal(buf, v)
			}
		})
		b.Run(name+"/reflect", func(b *testing.B) {
			for b.Loop() {
				LP64LE.marshal(buf, v)
			}
		})
		b.Run(name+"/read", func(b *testing.B) {
			for b.Loop() {
				LP64LE.Unmarshal(buf, v)
			}
		})
	}
}
