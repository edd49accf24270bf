package sysctl

import (
	"cmp"
	"math"
	"slices"

	"nbemu/abi"
	"nbemu/kern"
)

// pcbOps are open files that are sockets.
type pcbOps interface {
	Pcb(l *kern.LWP, f *kern.File) *abi.KinfoPcb
}

// pcblist is a node pcblist.<PCB_ALL>.<0>.<size of an element>.<number of elements> with the sockets of a family for which
// is says yes (sysctl_inpcblist, sysctl_unpcblist). Sockets that no process has, because they are on their way in a
// message or were not accepted yet, are not in it.
func pcblist(family uint32, is func(*abi.KinfoPcb) bool) *Node {
	return StructFunc(Create, "pcblist", "Sockets", func(r *Req) abi.Errno { return r.pcbs(family, is) })
}

// ofType are a family's sockets of one type.
func ofType(typ uint32) func(*abi.KinfoPcb) bool {
	return func(k *abi.KinfoPcb) bool { return k.Type == typ }
}

func (r *Req) pcbs(family uint32, is func(*abi.KinfoPcb) bool) abi.Errno {
	if r.isQuery() {
		return r.Query()
	}
	if len(r.Name) != 4 {
		return abi.EINVAL
	}
	size, count := r.L.Model().Sizeof(abi.KinfoPcb{}), uint64(math.MaxUint64)
	if r.Old != 0 {
		if int(r.Name[2]) != size {
			return abi.EINVAL
		}
		if n := r.Name[3]; n != math.MaxInt32 {
			count = uint64(max(n, 0))
		}
	}
	w := r.array(uint64(size), count)
	for _, f := range r.sockets() {
		k := f.Ops.(pcbOps).Pcb(r.L, f)
		if k.Family != family || !is(k) {
			continue
		}
		if err := w.put(k); err != abi.OK {
			return err
		}
	}
	r.OldLen = w.needed
	if r.Old == 0 {
		r.OldLen += abi.PCB_SLOP * w.elem
	}
	return abi.OK
}

// sockets are the open sockets of processes that the caller may know of, the oldest first.
func (r *Req) sockets() (list []*kern.File) {
	seen := map[*kern.File]bool{}
	for _, p := range r.L.K.AllProcs() {
		if p.Zombie || !r.L.CanSee(p) {
			continue
		}
		for _, fd := range p.Fd.Fds() {
			f := p.Fd.Get(fd)
			if _, ok := f.Ops.(pcbOps); ok && !seen[f] {
				seen[f] = true
				list = append(list, f)
			}
		}
	}
	slices.SortFunc(list, func(a, b *kern.File) int { return cmp.Compare(a.Serial, b.Serial) })
	return list
}
