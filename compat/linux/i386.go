package linux

import (
	"nbemu/abi"
	"nbemu/arch/i386"
	"nbemu/arch/x86"
	"nbemu/kern"
	"nbemu/mem"
)

var machI386 = &Machine{
	Arch: i386.Arch, Uname: "i686", Platform: "i686", column: 1,
	Hwcap:        0x0789fbfd,
	PIEBase:      0x56555000,
	Interpreters: []string{"/ld-linux.so", "/ld-musl-i386"},

	syscall: syscallI386, setregs: setregsI386, sendsig: sendsigI386, sigreturn: sigreturnI386,
	trapsig: trapsigAMD64,
	pagefault: func(l *kern.LWP, r mem.FaultResult, ksi *kern.Ksiginfo) {
		x86.Pagefault(l, r, ksi)
		fetchFirst(l, r, ksi)
	},
	forkRegs: func(l *kern.LWP) { l.Ctx.R[x86.RAX] = 0 },
	setTLS:   cloneTLSI386,
	cloneTLS: true,
	// What handlers return to: pop %eax; mov $119, %eax (sigreturn); int $0x80; and for those with a siginfo
	// mov $173, %eax (rt_sigreturn); int $0x80.
	sigcode: []byte{0x58, 0xb8, 119, 0, 0, 0, 0xcd, 0x80, 0xb8, 173, 0, 0, 0, 0xcd, 0x80},

	restorer: true, stat: statI386, stat64: stat64I386, packedEvent: true, ipc: ipcForm{semPadded: true},
}

// rtSigcodeI386 is where the second of them begins.
const rtSigcodeI386 = 8

// syscallI386: number in eax; arguments in ebx, ecx, edx, esi, edi, ebp; the result, or the negated error, in eax.
func syscallI386(l *kern.LWP) {
	r := &l.Ctx.R
	w := words{have: 6}
	for i, x := range [...]int{x86.RBX, x86.RCX, x86.RDX, x86.RSI, x86.RDI, x86.RBP} {
		w.w[i] = uint32(r[x])
	}
	v, err := machineOf(l).call32(l, int(int32(r[x86.RAX])), &w)
	if v, ok := machineOf(l).result32(err, v); ok {
		r[x86.RAX] = v
	} else if err == abi.ERESTART {
		r[x86.RIP] -= 2
	}
}

// Selectors of programs: code and data, and the two segments of a thread, whose entries of the table set_thread_area gives
// out. The numbers are NetBSD's; programs take them as they come.
const (
	csI386        = 3<<3 | 3
	dsI386        = 4<<3 | 3
	firstTLSI386  = 21 // FS's base
	secondTLSI386 = 22 // GS's base
)

func setregsI386(l *kern.LWP, entry, stack, _ uint64) {
	r := &l.Ctx.R
	r[x86.RIP], r[x86.RSP] = entry, stack
	r[x86.RFLAGS] = x86.PSLUserSet
	r[x86.CS] = csI386
	r[x86.SS], r[x86.DS], r[x86.ES] = dsI386, dsI386, dsI386
	r[x86.FS], r[x86.GS] = 0, 0
	r[x86.FSBASE], r[x86.GSBASE] = 0, 0
	x86.ClearFPU(l, x86.FCW)
}

// userDesc is struct user_desc.
type userDesc struct{ Entry, Base, Limit, Flags uint32 }

const (
	descReadExecOnly = 1 << 3
	descNotPresent   = 1 << 5
	descEmpty        = descReadExecOnly | descNotPresent
)

// setThreadArea sets one of the thread's two segments; entry -1 asks for one that is free. Errors: EFAULT, EINVAL,
// ESRCH if none is.
func setThreadArea(l, target *kern.LWP, va uint64, choose bool) abi.Errno {
	var d userDesc
	if err := l.CopyinStruct(va, &d); err != abi.OK {
		return err
	}
	r := &target.Ctx.R
	if choose && int32(d.Entry) == -1 {
		switch {
		case r[x86.GSBASE] == 0:
			d.Entry = secondTLSI386
		case r[x86.FSBASE] == 0:
			d.Entry = firstTLSI386
		default:
			return abi.ESRCH
		}
		if err := l.CopyoutStruct(va, &d); err != abi.OK {
			return err
		}
	}
	base := uint64(d.Base)
	if d.Flags&descEmpty == descEmpty {
		base = 0
	}
	switch d.Entry {
	case firstTLSI386:
		r[x86.FSBASE] = base
	case secondTLSI386:
		r[x86.GSBASE] = base
		target.Private = base
	default:
		return abi.EINVAL
	}
	return abi.OK
}

// cloneTLSI386: clone's tls is the address of a descriptor.
func cloneTLSI386(l *kern.LWP, va uint64) { _ = setThreadArea(l, l, va, false) }

// sysSetThreadArea is of i386, and of mips, where the argument is the thread pointer itself.
func sysSetThreadArea(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	switch m := machineOf(l); m.column {
	case machI386.column:
		return ret(setThreadArea(l, l, a[0], true))
	case machAMD64.column: // for programs of 32 bits alone
		return ret(abi.ENOSYS)
	default:
		m.setTLS(l, a[0])
		return ret(abi.OK)
	}
}

func sysGetThreadArea(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	switch machineOf(l).column {
	case machM68K.column: // the thread pointer itself
		return kern.Retval{R0: l.Private}, abi.OK
	case machI386.column:
	default:
		return ret(abi.ENOSYS)
	}
	var d userDesc
	if err := l.CopyinStruct(a[0], &d); err != abi.OK {
		return ret(err)
	}
	r := &l.Ctx.R
	const flat = 1<<0 | 1<<4 | 1<<6 // 32 bits, limit in pages, useable
	switch d.Entry {
	case firstTLSI386:
		d.Base = uint32(r[x86.FSBASE])
	case secondTLSI386:
		d.Base = uint32(r[x86.GSBASE])
	default:
		return ret(abi.EINVAL)
	}
	if d.Limit, d.Flags = 0xfffff, flat; d.Base == 0 {
		d.Limit, d.Flags = 0, descEmpty
	}
	return ret(l.CopyoutStruct(a[0], &d))
}

type statOldI386 struct {
	Dev, Ino                    uint32
	Mode, Nlink, Uid, Gid       uint16
	Rdev, Size, Blksize, Blocks uint32
	Atim, Mtim, Ctim            abi.Timespec
	Unused                      [2]uint32
}

func statI386(st *abi.Stat) any {
	return &statOldI386{Dev: uint32(devOut(st.Dev)), Ino: uint32(st.Ino), Mode: uint16(st.Mode), Nlink: uint16(st.Nlink), Uid: uint16(st.Uid),
		Gid: uint16(st.Gid), Rdev: uint32(rdevOut(st.Mode, st.Rdev)), Size: uint32(st.Size), Blksize: uint32(st.Blksize), Blocks: uint32(st.Blocks),
		Atim: st.Atim, Mtim: st.Mtim, Ctim: st.Ctim}
}

// statWide is struct stat64 of i386 and arm, which differ in what alignment adds.
type statWide struct {
	Dev              uint64
	_                uint32
	Ino32            uint32
	Mode, Nlink      uint32
	Uid, Gid         uint32
	Rdev             uint64
	_                uint32
	Size             int64
	Blksize          uint32
	Blocks           uint64
	Atim, Mtim, Ctim abi.Timespec
	Ino              uint64
}

func stat64I386(st *abi.Stat) any {
	return &statWide{Dev: devOut(st.Dev), Ino32: uint32(st.Ino), Mode: st.Mode, Nlink: st.Nlink, Uid: st.Uid, Gid: st.Gid,
		Rdev: rdevOut(st.Mode, st.Rdev), Size: st.Size, Blksize: uint32(st.Blksize), Blocks: uint64(st.Blocks), Atim: st.Atim,
		Mtim: st.Mtim, Ctim: st.Ctim, Ino: st.Ino}
}

// Frames. Without a siginfo: return address, signal, a sigcontext, room for floating point, the upper half of the mask.
// With one: return address, signal, the addresses of siginfo and ucontext, those two. The state of the FPU is above: 112
// bytes as FSAVE stores it, and then, at an address that is a multiple of 64, as FXSAVE or XSAVE does.

type sigcontextI386 struct {
	GS, FS, ES, DS                         uint32 // of 16 bits, each with a pad
	EDI, ESI, EBP, ESP, EBX, EDX, ECX, EAX uint32
	Trapno, Err, EIP, CS, Flags, ESP2, SS  uint32
	Fpstate, Oldmask, CR2                  uint32
}

const (
	scSizeI386    = 88
	fsaveI386     = 112
	oldFpI386     = 624 // an unused member
	frameI386     = 8 + scSizeI386 + oldFpI386 + 4
	maskI386      = 8 + scSizeI386 + oldFpI386
	ucI386        = 20 // of ucontext: where the sigcontext is
	ucSizeI386    = ucI386 + scSizeI386 + 8
	rtFrameI386   = 16 + siginfoLen + ucSizeI386
	flagsUserI386 = rflagsUser
)

func putSigcontextI386(l *kern.LWP, ksi *kern.Ksiginfo, mask *abi.Sigset, fpAt uint64) *sigcontextI386 {
	r := &l.Ctx.R
	g := func(i int) uint32 { return uint32(r[i]) }
	sc := &sigcontextI386{GS: g(x86.GS) & 0xffff, FS: g(x86.FS) & 0xffff, ES: g(x86.ES) & 0xffff, DS: g(x86.DS) & 0xffff,
		EDI: g(x86.RDI), ESI: g(x86.RSI), EBP: g(x86.RBP), ESP: g(x86.RSP), EBX: g(x86.RBX), EDX: g(x86.RDX), ECX: g(x86.RCX),
		EAX: g(x86.RAX), EIP: g(x86.RIP), CS: g(x86.CS) & 0xffff, Flags: g(x86.RFLAGS), ESP2: g(x86.RSP), SS: g(x86.SS) & 0xffff,
		Fpstate: uint32(fpAt), Oldmask: uint32(machineOf(l).setOut(*mask))}
	if synchronous(ksi) {
		var mc mcontextAMD64
		trapOfAMD64(l, &mc)
		sc.Trapno, sc.Err, sc.CR2 = uint32(mc.Trapno), uint32(mc.Err), uint32(mc.CR2)
	}
	return sc
}

// putFPI386 makes the state of the FPU: environment and registers as FSAVE stores them, then FXSAVE's or XSAVE's image.
func putFPI386(l *kern.LWP) []byte {
	image := fpImage(l, fsaveI386)
	b := make([]byte, fsaveI386+len(image))
	fx := l.Ctx.FP[:fpSizeAMD64]
	copy(b[0:], fx[0:2]) // control
	copy(b[4:], fx[2:4]) // status
	tags := uint16(0xffff)
	for i := range 8 {
		if fx[4]&(1<<i) != 0 {
			tags &^= 3 << (2 * i)
		}
		copy(b[28+10*i:], fx[32+16*i:][:10])
	}
	le.PutUint16(b[8:], tags)
	copy(b[fsaveI386-4:], fx[2:4]) // status again; the magic after it is 0: an image follows
	copy(b[fsaveI386:], image)
	return b
}

func sendsigI386(l *kern.LWP, act *kern.Sigaction, ksi *kern.Ksiginfo, mask *abi.Sigset) bool {
	r := &l.Ctx.R
	m := l.Model()
	fp := putFPI386(l)
	image := uint64(len(fp) - fsaveI386)
	fpAt := (frameTop(l, act, r[x86.RSP])-image)&^63 - fsaveI386
	rt := act.Flags&abi.SA_SIGINFO != 0
	size := uint64(frameI386)
	if rt {
		size = rtFrameI386
	}
	at := ((fpAt-size)+4)&^15 - 4
	sc := putSigcontextI386(l, ksi, mask, fpAt)
	b := make([]byte, size)
	tramp := act.Tramp
	if tramp == 0 {
		if tramp = l.Proc.SigcodeVA; rt {
			tramp += rtSigcodeI386
		}
	}
	le.PutUint32(b, uint32(tramp))
	le.PutUint32(b[4:], uint32(machineOf(l).sigOut(ksi.Signo)))
	info, uc := uint64(0), uint64(0)
	if rt {
		info, uc = at+16, at+16+siginfoLen
		le.PutUint32(b[8:], uint32(info))
		le.PutUint32(b[12:], uint32(uc))
		putSiginfo(machineOf(l), b[16:], ksi)
		u := b[16+siginfoLen:]
		if image > fpSizeAMD64 {
			le.PutUint32(u, ucFPXState)
		}
		st := frameStack(l)
		m.Marshal(u[8:], &st)
		m.Marshal(u[ucI386:], sc)
		putMask(machineOf(l), u[ucI386+scSizeI386:], *mask)
	} else {
		m.Marshal(b[8:], sc)
		le.PutUint32(b[maskI386:], uint32(machineOf(l).setOut(*mask)>>32))
	}
	if overflowsAltStack(l, act, at) || l.Copyout(fp, fpAt) != abi.OK || l.Copyout(b, at) != abi.OK {
		return false
	}
	r[x86.RAX], r[x86.RDX], r[x86.RCX] = uint64(machineOf(l).sigOut(ksi.Signo)), info, uc
	r[x86.RIP], r[x86.RSP] = uint64(act.Handler), at
	r[x86.RFLAGS] &^= rflagsDF | rflagsRF | rflagsTF
	r[x86.CS], r[x86.SS], r[x86.DS], r[x86.ES] = csI386, dsI386, dsI386, dsI386
	return true
}

// sigreturnI386: the return address has been taken off the stack, without a siginfo the signal's number too.
func sigreturnI386(l *kern.LWP, rt bool) bool {
	r := &l.Ctx.R
	m := l.Model()
	var sc sigcontextI386
	if rt {
		at := r[x86.RSP] - 4
		u := make([]byte, ucSizeI386)
		if l.Copyin(u, at+16+siginfoLen) != abi.OK {
			return false
		}
		l.SetSigmask(getMask(machineOf(l), u[ucI386+scSizeI386:]))
		m.Unmarshal(u[ucI386:], &sc)
		if !sc.restore(l) {
			return false
		}
		var st stackT
		m.Unmarshal(u[8:], &st)
		restoreAltStack(l, &st)
		return true
	}
	at := r[x86.RSP] - 8
	b := make([]byte, frameI386)
	if l.Copyin(b, at) != abi.OK {
		return false
	}
	m.Unmarshal(b[8:], &sc)
	l.SetSigmask(machineOf(l).setIn(uint64(sc.Oldmask) | uint64(le.Uint32(b[maskI386:]))<<32))
	return sc.restore(l)
}

func (sc *sigcontextI386) restore(l *kern.LWP) bool {
	r := &l.Ctx.R
	if sc.Fpstate != 0 {
		var fp [fsaveI386]byte
		// The words and registers are taken from the first part, FSAVE's, and the rest from the image.
		if l.Copyin(fp[:], uint64(sc.Fpstate)) != abi.OK ||
			!setFPImage(l, uint64(sc.Fpstate)+fsaveI386, func(fx []byte) { setFSave(fx, fp[:]) }) {
			return false
		}
	}
	for i, v := range map[int]uint32{x86.RDI: sc.EDI, x86.RSI: sc.ESI, x86.RBP: sc.EBP, x86.RSP: sc.ESP, x86.RBX: sc.EBX, x86.RDX: sc.EDX,
		x86.RCX: sc.ECX, x86.RAX: sc.EAX, x86.RIP: sc.EIP} {
		r[i] = uint64(v)
	}
	r[x86.RFLAGS] = r[x86.RFLAGS]&^flagsUserI386 | uint64(sc.Flags)&flagsUserI386
	r[x86.CS], r[x86.SS] = csI386, dsI386
	for i, v := range map[int]uint32{x86.GS: sc.GS, x86.FS: sc.FS, x86.ES: sc.ES, x86.DS: sc.DS} {
		if r[i] = uint64(v & 0xffff); r[i] != 0 {
			r[i] |= 3
		}
	}
	return true
}
