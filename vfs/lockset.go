package vfs

import (
	"cmp"
	"slices"

	"github.com/google/btree"

	"nbemu/kern"
)

// lockOwner is whose a record lock is: a process's, or with file an open file's, as Linux has them too (F_OFD_SETLK).
type lockOwner struct {
	proc *kern.Proc
	file *kern.File
}

// pid is what F_GETLK says of the owner: an open file is nobody's.
func (o lockOwner) pid() int32 {
	if o.proc == nil {
		return -1
	}
	return o.proc.PID
}

// A record lock belongs to somebody and a range [start, end) of a file (struct lockf).
type lockf struct {
	owner      lockOwner
	start, end int64
	write      bool
	uid        uint32 // of who set it, for whom it is counted (lf_uid)
}

// lockSet is the record locks of one file. Those of one owner never overlap, so that a tree for each finds what
// stands at a place in the time of its height. The zero value is empty.
type lockSet struct {
	owners map[lockOwner]*btree.BTreeG[lockf] // by start; none is empty
	count  func(uid uint32, n int)            // is told how many more locks of a user there are, or fewer; may be nil
}

const lockDegree = 16 // of the trees

func (s *lockSet) empty() bool { return len(s.owners) == 0 }

// all calls f for each lock until it returns false.
func (s *lockSet) all(f func(k lockf) bool) {
	for _, t := range s.owners {
		t.Ascend(f)
	}
}

// within calls f for the locks of t that have something in [start, end), by their start, until it returns false.
func within(t *btree.BTreeG[lockf], start, end int64, f func(k lockf) bool) {
	if t == nil {
		return
	}
	on := true
	t.DescendLessOrEqual(lockf{start: start}, func(k lockf) bool {
		if k.start < start && k.end > start {
			on = f(k)
		}
		return k.start == start // one that begins there is AscendRange's
	})
	if on {
		t.AscendRange(lockf{start: start}, lockf{start: end}, f)
	}
}

// overlapping calls f for all locks that have something in [start, end), until it returns false.
func (s *lockSet) overlapping(start, end int64, f func(k lockf) bool) {
	on := true
	for _, t := range s.owners {
		within(t, start, end, func(k lockf) bool { on = f(k); return on })
		if !on {
			return
		}
	}
}

// conflict finds the first lock of somebody else that stands against a lock of p; nil if none does.
func (s *lockSet) conflict(p lockOwner, start, end int64, write bool) *lockf {
	var found *lockf
	for o, t := range s.owners {
		if o == p {
			continue
		}
		within(t, start, end, func(k lockf) bool {
			if !write && !k.write {
				return true
			}
			if found == nil || k.start < found.start || k.start == found.start && o.pid() < found.owner.pid() {
				found = &k
			}
			return false
		})
	}
	return found
}

// add and del put a lock into a tree and take it out.
func (s *lockSet) add(t *btree.BTreeG[lockf], k lockf) {
	t.ReplaceOrInsert(k)
	if s.count != nil {
		s.count(k.uid, 1)
	}
}

func (s *lockSet) del(t *btree.BTreeG[lockf], k lockf) {
	t.Delete(k)
	if s.count != nil {
		s.count(k.uid, -1)
	}
}

// unset takes [start, end) out of p's locks.
func (s *lockSet) unset(p lockOwner, start, end int64) {
	t := s.owners[p]
	if t == nil {
		return
	}
	var cut []lockf
	within(t, start, end, func(k lockf) bool { cut = append(cut, k); return true })
	for _, k := range cut {
		s.del(t, k)
		if k.start < start {
			s.add(t, lockf{p, k.start, start, k.write, k.uid})
		}
		if end < k.end {
			s.add(t, lockf{p, end, k.end, k.write, k.uid})
		}
	}
	if t.Len() == 0 {
		delete(s.owners, p)
	}
}

// set makes [start, end) locked by p, whose user is uid. Neighbours of the same kind become one with it.
func (s *lockSet) set(p lockOwner, start, end int64, write bool, uid uint32) {
	s.unset(p, start, end)
	t := s.owners[p]
	if t == nil {
		if s.owners == nil {
			s.owners = map[lockOwner]*btree.BTreeG[lockf]{}
		}
		t = btree.NewG(lockDegree, func(a, b lockf) bool { return a.start < b.start })
		s.owners[p] = t
	}
	if start > 0 {
		before := lockf{start: -1}
		within(t, start-1, start, func(k lockf) bool {
			if k.write == write {
				before = k
			}
			return false
		})
		if before.start >= 0 {
			s.del(t, before)
			start = before.start
		}
	}
	if k, ok := t.Get(lockf{start: end}); ok && k.write == write {
		s.del(t, k)
		end = k.end
	}
	s.add(t, lockf{p, start, end, write, uid})
}

// sorted lists all locks by start, for tests.
func (s *lockSet) sorted() (out []lockf) {
	s.all(func(k lockf) bool { out = append(out, k); return true })
	slices.SortFunc(out, func(a, b lockf) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.owner.pid(), b.owner.pid()))
	})
	return out
}
