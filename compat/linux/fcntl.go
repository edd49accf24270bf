package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/syscalls"
	"nbemu/vfs"
)

// Commands of fcntl.
const (
	fDupfd        = 0
	fGetfd        = 1
	fSetfd        = 2
	fGetfl        = 3
	fSetfl        = 4
	fGetlk        = 5
	fSetlk        = 6
	fSetlkw       = 7
	fSetown       = 8
	fGetown       = 9
	fGetlk64      = 12 // on machines of 32 bits, as the next two
	fSetlk64      = 13
	fSetlkw64     = 14
	fSetsig       = 10
	fGetsig       = 11
	fSetownEx     = 15
	fGetownEx     = 16
	fGetownUids   = 17
	fOfdGetlk     = 36
	fOfdSetlk     = 37
	fOfdSetlkw    = 38
	fSetlease     = 1024
	fGetlease     = 1025
	fNotify       = 1026
	fDupfdQuery   = 1027
	fCreatedQuery = 1028
	fDupfdCloexec = 1030
	fSetpipeSz    = 1031
	fGetpipeSz    = 1032
	fAddSeals     = 1033
	fGetSeals     = 1034

	// Sizes of pipes: at first, and at most (/proc/sys/fs/pipe-max-size).
	pipeSize    = 65536
	maxPipeSize = 1 << 20
)

// fcntlCmds has the native numbers of the commands whose arguments are the same.
var fcntlCmds = map[int32]uint64{fDupfd: abi.F_DUPFD, fGetfd: abi.F_GETFD, fSetfd: abi.F_SETFD, fSetown: abi.F_SETOWN,
	fGetown: abi.F_GETOWN, fDupfdCloexec: abi.F_DUPFD_CLOEXEC, fAddSeals: abi.F_ADD_SEALS, fGetSeals: abi.F_GET_SEALS}

type flock struct {
	Type, Whence int16
	Start, Len   abi.Long
	Pid          int32
}

func (f *flock) get() (typ, whence int16, start, n int64) {
	return f.Type, f.Whence, int64(f.Start), int64(f.Len)
}

func (f *flock) pid() int32 { return f.Pid }

func (f *flock) set(typ, whence int16, start, n int64, pid int32) {
	*f = flock{typ, whence, abi.Long(start), abi.Long(n), pid}
}

// newFlock makes the machine's struct flock.
func (m *Machine) newFlock() lockArg {
	if m.flock != nil {
		return m.flock()
	}
	return &flock{}
}

// lockArg is one of the structures that locks come in.
type lockArg interface {
	get() (typ, whence int16, start, n int64)
	pid() int32
	set(typ, whence int16, start, n int64, pid int32)
}

// lockTypes: read, write and unlock are 0, 1 and 2 here, or on sparc 1, 2 and 3.
var lockTypes = [3]int16{abi.F_RDLCK, abi.F_WRLCK, abi.F_UNLCK}

func sysFcntl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	cmd := int32(a[1])
	f, err := l.GetfileAny(int32(a[0]))
	if err != abi.OK {
		return ret(err)
	}
	defer f.Done(l)
	if f.OnlyNames() {
		switch cmd {
		case fDupfd, fGetfd, fSetfd, fGetfl, fDupfdCloexec, fDupfdQuery, fCreatedQuery:
		default:
			return ret(abi.EBADF)
		}
	}
	if n, ok := fcntlCmds[cmd]; ok {
		if cmd == fSetown {
			return ret(setOwner(l, f, int32(a[2])))
		}
		return call(l, syscalls.SYS_fcntl, &kern.Args{a[0], n, a[2]})
	}
	switch cmd {
	case fGetfl:
		n := int32(oPath)
		if !f.OnlyNames() {
			rv, err := call(l, syscalls.SYS_fcntl, &kern.Args{a[0], abi.F_GETFL})
			if err != abi.OK {
				return ret(err)
			}
			n = oflagsOut(int32(rv.R0))
			if f.Ops.Type() != "vnode" {
				n &^= oLargefile // which open adds
			}
		}
		return retInt(int64(machineOf(l).openOut(n)))
	case fSetfl:
		return setFlags(l, f, a[0], machineOf(l).openIn(int32(a[2])))
	case fGetlk, fSetlk, fSetlkw, fOfdGetlk, fOfdSetlk, fOfdSetlkw:
		return ret(recordLock(l, f, cmd, a[2], machineOf(l).newFlock()))
	case fSetpipeSz:
		return setPipeSize(l, f, uint32(a[2]))
	case fGetpipeSz:
		n, err := kern.SetPipeSize(f, 0)
		return kern.Retval{R0: uint64(n)}, err
	case fCreatedQuery:
		return retInt(int64(boolInt(f.Created)))
	case fDupfdQuery:
		return retInt(int64(boolInt(l.Proc.Fd.Get(int32(a[2])) == f)))
	}
	return fcntlAsync(l, f, cmd, a[2])
}

// fcntlAsync is for the commands about signals and leases.
func fcntlAsync(l *kern.LWP, f *kern.File, cmd int32, arg uint64) (kern.Retval, abi.Errno) {
	switch cmd {
	case fSetsig:
		sig := machineOf(l).sigIn(int32(arg))
		if sig == 0 && int32(arg) != 0 {
			return ret(abi.EINVAL)
		}
		f.AsyncSig = sig
		return ret(abi.OK)
	case fGetsig:
		return retInt(int64(machineOf(l).sigOut(f.AsyncSig)))
	case fSetownEx, fGetownEx:
		return ret(ownerEx(l, f, cmd == fSetownEx, arg))
	case fGetownUids:
		c := f.Cred
		if c == nil {
			c = l.Proc.Cred
		}
		return ret(l.CopyoutStruct(arg, [2]uint32{c.Ruid, c.Euid}))
	case fSetlease:
		kind := int32(arg) - int32(machineOf(l).firstLock())
		if kind < 0 || int(kind) >= len(lockTypes) {
			return ret(abi.EINVAL)
		}
		return ret(vfs.SetLease(l, f, lockTypes[kind]))
	case fNotify:
		return ret(vfs.NotifyDir(l, f, uint32(arg)))
	case fGetlease:
		return retInt(int64(lockTypeOut(vfs.Lease(f)) + machineOf(l).firstLock()))
	}
	return ret(abi.EINVAL)
}

// setPipeSize makes a pipe hold n bytes, or the next power of two.
func setPipeSize(l *kern.LWP, f *kern.File, n uint32) (kern.Retval, abi.Errno) {
	if f.Ops.Type() != "pipe" {
		return ret(abi.EBADF)
	}
	if n > 1<<31 {
		return ret(abi.EINVAL)
	}
	size := int(mem.PageSize)
	for size < int(n) {
		size *= 2
	}
	if size > maxPipeSize && !capable(l, capSysRes) {
		return ret(abi.EPERM)
	}
	size, err := kern.SetPipeSize(f, size)
	return kern.Retval{R0: uint64(size)}, err
}

// setOwner is F_SETOWN; a group is a negative number. INT_MIN names nobody.
func setOwner(l *kern.LWP, f *kern.File, id int32) abi.Errno {
	if id == -1<<31 {
		return abi.EINVAL
	}
	return ownerIs(l, f, id)
}

// ownerIs makes a process, by the number of any of its threads, or a group the owner. A group may be named by any process's
// number, and gets nothing then. Error: ESRCH.
func ownerIs(l *kern.LWP, f *kern.File, id int32) abi.Errno {
	switch {
	case id > 0:
		if p := procOf(l, id); p != nil {
			id = p.PID
		}
	case id < 0 && l.K.FindPgrp(-id) == nil && procOf(l, -id) != nil:
		return f.SetOwner(l, 0)
	}
	return f.SetOwner(l, id)
}

// Kinds of owners in struct f_owner_ex.
const (
	ownerTid  = 0
	ownerPid  = 1
	ownerPgrp = 2
)

// ownerEx is F_SETOWN_EX and F_GETOWN_EX. Errors: EFAULT, EINVAL, ESRCH.
func ownerEx(l *kern.LWP, f *kern.File, set bool, va uint64) abi.Errno {
	var o struct{ Type, Pid int32 }
	if !set {
		switch id := f.GetOwner(); {
		case f.OwnerLWP != nil:
			o.Type, o.Pid = ownerTid, tidOf(f.OwnerLWP)
		case id < 0:
			o.Type, o.Pid = ownerPgrp, -id
		case id > 0:
			o.Type, o.Pid = ownerPid, id
		}
		return l.CopyoutStruct(va, &o)
	}
	if err := l.CopyinStruct(va, &o); err != abi.OK {
		return err
	}
	switch o.Type {
	case ownerTid:
		var t *kern.LWP
		if o.Pid != 0 {
			if t = findTask(l, o.Pid); t == nil {
				return abi.ESRCH
			}
		}
		err := f.SetOwner(l, 0)
		if t != nil && err == abi.OK {
			if err = f.SetOwner(l, t.Proc.PID); err == abi.OK {
				f.OwnerLWP = t
			}
		}
		return err
	case ownerPid:
		if o.Pid < 0 {
			return abi.ESRCH
		}
		return ownerIs(l, f, o.Pid)
	case ownerPgrp:
		if o.Pid < 0 {
			return abi.ESRCH
		}
		return ownerIs(l, f, -o.Pid)
	}
	return abi.EINVAL
}

// lockTypeOut is a kind of lock in Linux's numbers.
func lockTypeOut(n int16) int16 {
	for i, t := range lockTypes {
		if t == n {
			return int16(i)
		}
	}
	return 2
}

// recordLock is fcntl with the commands for record locks, those of the process and those of the open file, which must
// name no process.
func recordLock(l *kern.LWP, f *kern.File, cmd int32, va uint64, lk lockArg) abi.Errno {
	if err := l.CopyinStruct(va, lk); err != abi.OK {
		return err
	}
	typ, whence, start, size := lk.get()
	typ -= machineOf(l).firstLock()
	if typ < 0 || int(typ) >= len(lockTypes) {
		return abi.EINVAL
	}
	set, get := vfs.SetLock, vfs.GetLock
	if cmd == fOfdGetlk || cmd == fOfdSetlk || cmd == fOfdSetlkw {
		if lk.pid() != 0 {
			return abi.EINVAL
		}
		set, get = vfs.SetFileLock, vfs.GetFileLock
	}
	n := abi.Flock{Start: start, Len: size, Type: lockTypes[typ], Whence: whence}
	if cmd != fGetlk && cmd != fOfdGetlk {
		return set(l, f, &n, cmd == fSetlkw || cmd == fOfdSetlkw)
	}
	if err := get(l, f, &n); err != abi.OK {
		return err
	}
	typ = lockTypeOut(n.Type) + machineOf(l).firstLock()
	if n.Type != abi.F_UNLCK {
		lk.set(typ, n.Whence, n.Start, n.Len, n.Pid)
	} else {
		lk.set(typ, whence, start, size, lk.pid())
	}
	return l.CopyoutStruct(va, lk)
}

// fdinfoFlags are an open file's flags as /proc/PID/fdinfo has them; a NetBSD program that reads it sees those of
// asm-generic.
func fdinfoFlags(l *kern.LWP, flags int32) int32 {
	n := oflagsOut(abi.Oflags(flags))
	if m, ok := l.Proc.Emul.Data.(*Machine); ok {
		n = m.openOut(n)
	}
	return n
}
