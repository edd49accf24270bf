package linux

import (
	"reflect"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// What one process may see of another: its memory (mm/process_vm_access.c), and whether they share something
// (kernel/kcmp.c).

// tracable finds a process, or the one that a thread belongs to, which the caller may look into. Errors: ESRCH, EPERM.
func tracable(l *kern.LWP, pid int32) (*kern.Proc, *kern.LWP, abi.Errno) {
	t := findTask(l, pid)
	switch {
	case t == nil:
		return nil, nil, abi.ESRCH
	case t.Proc != l.Proc && !l.MayTrace(t.Proc):
		return nil, nil, abi.EPERM
	}
	return t.Proc, t, abi.OK
}

const (
	uioMaxIov = 1024
	maxMove   = 1<<31 - 1<<12 // MAX_RW_COUNT
)

// iovecsAt reads an array of struct iovec; all it names together is at most max. Errors: EINVAL, EFAULT.
func iovecsAt(l *kern.LWP, va, n uint64, most int64) ([]abi.Iovec, abi.Errno) {
	if n > uioMaxIov {
		return nil, abi.EINVAL
	}
	list := make([]abi.Iovec, n)
	size := uint64(l.Model().Sizeof(&abi.Iovec{}))
	total := int64(0)
	for i := range list {
		if err := l.CopyinStruct(va+uint64(i)*size, &list[i]); err != abi.OK {
			return nil, err
		}
		if k := int64(list[i].Len); k < 0 {
			return nil, abi.EINVAL
		} else if k > most-total {
			list[i].Len = abi.Size(most - total)
		}
		total += int64(list[i].Len)
	}
	return list, abi.OK
}

// processVM moves memory between the caller and another process: what can be moved before a fault is, and only if that
// is nothing the fault is an error.
func processVM(l *kern.LWP, a *kern.Args, write bool) (kern.Retval, abi.Errno) {
	if a[5] != 0 {
		return ret(abi.EINVAL)
	}
	local, err := iovecsAt(l, a[1], a[2], maxMove)
	if err != abi.OK {
		return ret(err)
	}
	remote, err := iovecsAt(l, a[3], a[4], 1<<62)
	if err != abi.OK {
		return ret(err)
	}
	asked := func(list []abi.Iovec) (n abi.Size) {
		for _, v := range list {
			n += v.Len
		}
		return n
	}
	if asked(local) == 0 || asked(remote) == 0 {
		return retInt(0) // nobody is asked whether they may be read
	}
	p, _, err := tracable(l, int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	var done uint64
	buf := make([]byte, 64<<10)
	for len(local) > 0 && len(remote) > 0 {
		here, there := &local[0], &remote[0]
		n := min(uint64(here.Len), uint64(there.Len), uint64(len(buf)))
		b := buf[:n]
		if n > 0 {
			err = moveVM(l, p, b, uint64(here.Base), uint64(there.Base), write)
			if left := mem.PageSize - uint64(there.Base)%mem.PageSize; err != abi.OK && n > left {
				// What comes before the page that cannot be had is moved.
				n = left
				err = moveVM(l, p, b[:n], uint64(here.Base), uint64(there.Base), write)
			}
			if err != abi.OK {
				break
			}
			done += n
			here.Base, here.Len = here.Base+abi.Ptr(n), here.Len-abi.Size(n)
			there.Base, there.Len = there.Base+abi.Ptr(n), there.Len-abi.Size(n)
		}
		if here.Len == 0 {
			local = local[1:]
		}
		if there.Len == 0 {
			remote = remote[1:]
		}
	}
	if done > 0 {
		err = abi.OK
	}
	return kern.Retval{R0: done}, err
}

// moveVM copies between l's memory and p's.
func moveVM(l *kern.LWP, p *kern.Proc, b []byte, here, there uint64, write bool) abi.Errno {
	if _, ok := p.VM.Prot(there); !ok { // a stack does not grow for this
		return abi.EFAULT
	}
	if write {
		if err := l.Copyin(b, here); err != abi.OK {
			return err
		}
		return p.VM.Copyout(b, there)
	}
	if prot, ok := p.VM.Prot(there); ok && prot&mem.ProtRead == 0 { // though the processor could
		return abi.EFAULT
	}
	if err := p.VM.Copyin(b, there); err != abi.OK {
		return err
	}
	return l.Copyout(b, here)
}

func sysProcessVmReadv(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return processVM(l, a, false)
}

func sysProcessVmWritev(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return processVM(l, a, true)
}

// sysKcmp compares what two processes have: 0 if it is the same, else 1 or 2, an order that means nothing.
func sysKcmp(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const file, vm, files, fs, sighand, io, sysvsem = 0, 1, 2, 3, 4, 5, 6
	var of [2]any
	for i := range of {
		p, _, err := tracable(l, int32(a[i]))
		if err != abi.OK {
			return ret(err)
		}
		switch int32(a[2]) {
		case file:
			f := p.Fd.Get(int32(a[3+i]))
			if f == nil {
				return ret(abi.EBADF)
			}
			of[i] = f
		case vm:
			of[i] = p.VM
		case files:
			of[i] = p.Fd
		case fs:
			of[i] = p.Cwdi
		case sighand:
			of[i] = p.Sigacts
		case io, sysvsem: // nobody has any of his own
			of[i] = l.K
		default:
			return ret(abi.EINVAL)
		}
	}
	x, y := reflect.ValueOf(of[0]).Pointer(), reflect.ValueOf(of[1]).Pointer()
	switch {
	case x < y:
		return retInt(1)
	case x > y:
		return retInt(2)
	}
	return retInt(0)
}
