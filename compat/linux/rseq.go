package linux

import (
	"nbemu/abi"
	"nbemu/kern"
)

// Restartable sequences (kernel/rseq.c): a thread tells where it has a struct rseq. There it finds on which CPU it is,
// and there it says in which piece of its program it must not lose that CPU: if it does, or takes a signal, it goes on at
// another place.

// rseqCs is struct rseq_cs: a piece of a program.
type rseqCs struct {
	Version, Flags       uint32
	Start, Length, Abort uint64
}

const (
	rseqUnregister    = 1 // RSEQ_FLAG_UNREGISTER
	rseqOldSize       = 32
	rseqFeatures      = 28 // what has a meaning of struct rseq (AT_RSEQ_FEATURE_SIZE)
	rseqAlign         = 32 // AT_RSEQ_ALIGN
	rseqUninitialized = 1<<32 - 1

	// Places in struct rseq, which begins with the CPU, twice. The last is a number that no other thread with the same
	// memory has while this one runs, less than that of CPUs.
	rseqAtCs    = 8
	rseqAtFlags = 16
	rseqAtNode  = 20
)

// rseqReg is a thread's registration.
type rseqReg struct {
	at       uint64
	len, sig uint32
	cpu, cid uint32 // as they were stored last
}

// sysRseq is rseq(rseq, rseq_len, flags, sig). Errors: EINVAL; EPERM for another signature than that of before; EBUSY for
// what is registered already; EFAULT; ENOSYS on machines whose Linux lacks it.
func sysRseq(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	at, n, flags, sig := a[0], uint32(a[1]), uint32(a[2]), uint32(a[3])
	r := &lwpdata(l).rseq
	same := at == r.at && n == r.len
	switch {
	case machineOf(l).noRseq:
		return ret(abi.ENOSYS)
	case flags&^rseqUnregister != 0, flags != 0 && (r.at == 0 || !same), flags == 0 && r.at != 0 && !same:
		return ret(abi.EINVAL)
	case r.at != 0 && sig != r.sig:
		return ret(abi.EPERM)
	case flags != 0:
		if err := r.store(l, 0, rseqUninitialized, 0); err != abi.OK {
			return ret(err)
		}
		*r, l.TellResume = rseqReg{}, false
		return ret(abi.OK)
	case r.at != 0:
		return ret(abi.EBUSY)
	}
	align := uint64(rseqAlign)
	if n < rseqOldSize || at%align != 0 {
		return ret(abi.EINVAL)
	}
	// Nothing is what a program of before has left there.
	if err := l.CopyoutStruct(at+rseqAtCs, uint64(0)); err != abi.OK {
		return ret(err)
	}
	now := rseqReg{at: at, len: n, sig: sig}
	if err := now.update(l, true); err != abi.OK {
		return ret(err)
	}
	*r, l.TellResume = now, true
	return ret(abi.OK)
}

// store writes the CPU and the number in the memory.
func (r *rseqReg) store(l *kern.LWP, start, cpu, cid uint32) abi.Errno {
	if err := l.CopyoutStruct(r.at, [2]uint32{start, cpu}); err != abi.OK {
		return err
	}
	r.cpu, r.cid = cpu, cid
	return l.CopyoutStruct(r.at+rseqAtNode, [2]uint32{0, cid}) // all memory is of node 0
}

// update writes what has changed, or all.
func (r *rseqReg) update(l *kern.LWP, all bool) abi.Errno {
	cpu := uint32(l.CPU())
	cid := cpu
	if l.Proc.LiveLWPs() == 1 {
		cid = 0
	}
	if !all && cpu == r.cpu && cid == r.cid {
		return abi.OK
	}
	return r.store(l, cpu, cpu, cid)
}

// resume is Emul.Resume: a thread that is in a sequence leaves it, and learns where it is. What the program says wrong is
// the end of it.
func resume(l *kern.LWP) {
	r := &lwpdata(l).rseq
	if r.at == 0 {
		return
	}
	err := r.leave(l)
	if err == abi.OK {
		err = r.update(l, false)
	}
	if err != abi.OK {
		l.TellResume = false
		badFrame(l, true)
	}
}

// leave has a thread that is in a sequence go on where that says. Errors: EFAULT; EINVAL for what is no sequence.
func (r *rseqReg) leave(l *kern.LWP) abi.Errno {
	var word [8]byte // nearly always zeros
	if err := l.Copyin(word[:], r.at+rseqAtCs); err != abi.OK || word == [8]byte{} {
		return err
	}
	va := l.Model().Uint(word[:], 8)
	top, arch := l.Proc.VM.Max, l.Proc.Arch
	if va >= top {
		return abi.EINVAL
	}
	var cs rseqCs
	if err := l.CopyinStruct(va, &cs); err != abi.OK {
		return err
	}
	end := cs.Start + cs.Length
	if cs.Start >= top || end >= top || cs.Abort >= top || cs.Version != 0 || end < cs.Start || cs.Abort-cs.Start < cs.Length {
		return abi.EINVAL
	}
	var sig, flags uint32
	if err := l.CopyinStruct(cs.Abort-4, &sig); err != abi.OK {
		return err
	}
	if sig != r.sig {
		return abi.EINVAL
	}
	inside := l.Ctx.R[arch.PC]-cs.Start < cs.Length
	if inside {
		if err := l.CopyinStruct(r.at+rseqAtFlags, &flags); err != abi.OK {
			return err
		}
		if cs.Flags|flags != 0 { // they were to keep sequences going, which no kernel does any more
			return abi.EINVAL
		}
	}
	if err := l.CopyoutStruct(r.at+rseqAtCs, uint64(0)); err != abi.OK {
		return err
	}
	if inside {
		l.Ctx.R[arch.PC] = cs.Abort
	}
	return abi.OK
}

// traceRseq is PTRACE_GET_RSEQ_CONFIGURATION: size is that of the room at va. It returns the size of what there is to tell.
func traceRseq(l, target *kern.LWP, size, va uint64) (kern.Retval, abi.Errno) {
	r := &lwpdata(target).rseq
	b := l.Model().Bytes(&struct {
		At              uint64
		Len, Sig, Flags uint32
		Pad             uint32
	}{At: r.at, Len: r.len, Sig: r.sig})
	if err := l.Copyout(b[:min(size, uint64(len(b)))], va); err != abi.OK {
		return ret(err)
	}
	return retInt(int64(len(b)))
}
