package vfs

import (
	"math/rand/v2"
	"testing"

	"nbemu/kern"
)

// The set against a model: for each byte, who has which lock.
func TestLockSet(t *testing.T) {
	const size = 40
	r := rand.New(rand.NewPCG(1, 2))
	procs := []lockOwner{{proc: &kern.Proc{PID: 1}}, {proc: &kern.Proc{PID: 2}}, {proc: &kern.Proc{PID: 3}}}
	for range 300 {
		var s lockSet
		counted := 0
		s.count = func(_ uint32, n int) { counted += n }
		var model [3][size]byte // 0, 'r' or 'w'
		for range 60 {
			n := r.IntN(3)
			a := r.Int64N(size)
			b := a + 1 + r.Int64N(size-a)
			write, unlock := r.IntN(2) == 0, r.IntN(3) == 0
			k := s.conflict(procs[n], a, b, write)
			want := int64(-1)
			for o := range model {
				for i := a; i < b && o != n; i++ {
					if c := model[o][i]; (c == 'w' || c == 'r' && write) && (want < 0 || i < want) {
						want = i
						break
					}
				}
			}
			if (k == nil) != (want < 0) || k != nil && (k.start > want || k.end <= want) {
				t.Fatalf("conflict of [%d, %d) is %+v, want one at %d", a, b, k, want)
			}
			switch {
			case unlock:
				s.unset(procs[n], a, b)
			case k == nil:
				s.set(procs[n], a, b, write, uint32(n))
			default:
				continue
			}
			for i := a; i < b; i++ {
				model[n][i] = map[bool]byte{false: 'r', true: 'w'}[write]
				if unlock {
					model[n][i] = 0
				}
			}
			check(t, &s, model[:])
			if n := len(s.sorted()); n != counted {
				t.Fatalf("%d locks, counted as %d", n, counted)
			}
		}
	}
}

// check holds a set against the model: the same bytes, no two that could be one.
func check(t *testing.T, s *lockSet, model [][40]byte) {
	t.Helper()
	var got [3][40]byte
	last := map[lockOwner]lockf{}
	for _, k := range s.sorted() {
		if p, ok := last[k.owner]; ok && (p.end > k.start || p.end == k.start && p.write == k.write) {
			t.Fatalf("%+v and %+v are two", p, k)
		}
		last[k.owner] = k
		for i := k.start; i < k.end; i++ {
			got[k.owner.pid()-1][i] = map[bool]byte{false: 'r', true: 'w'}[k.write]
		}
	}
	for i := range got {
		if got[i] != model[i] {
			t.Fatalf("process %d: %q, want %q", i+1, got[i], model[i])
		}
	}
	n := 0
	for _, m := range model {
		if m != [40]byte{} {
			n++
		}
	}
	if len(s.owners) != n {
		t.Fatalf("%d owners, want %d", len(s.owners), n)
	}
}

// BenchmarkRecordLocks is taking n locks that do not touch, and giving them back: the time for each must not grow.
func BenchmarkRecordLocks(b *testing.B) {
	p := lockOwner{proc: &kern.Proc{PID: 1}}
	for _, n := range []int64{100, 1000, 10000, 100000} {
		b.Run(map[int64]string{100: "100", 1000: "1000", 10000: "10000", 100000: "100000"}[n], func(b *testing.B) {
			for b.Loop() {
				var s lockSet
				for i := range n {
					at := i * 7919 % n * 10
					if s.conflict(p, at, at+5, true) == nil {
						s.set(p, at, at+5, true, 0)
					}
				}
				s.unset(p, 0, lockEOF)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/lock")
		})
	}
}
