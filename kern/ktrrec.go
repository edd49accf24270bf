package kern

import (
	"slices"

	"nbemu/abi"
	"nbemu/strace"
)

// The records of ktrace(2). Each is laid out as the traced program's own kernel would, in the version of the header
// that was asked for.

// ktrEarly is a record of a process that has no program yet: what its structures look like is only known later.
type ktrEarly struct {
	typ  int
	data func() []byte
	at   abi.Timespec
}

// ktr writes a record.
func (l *LWP) ktr(typ int, data []byte) {
	p := l.Proc
	if p.Emul == nil {
		l.ktrLater(typ, func() []byte { return data })
		return
	}
	for _, e := range p.ktrEarly {
		b := e.data()
		p.tracep.add(append(l.ktrHeader(e.typ, len(b), e.at), b...))
	}
	p.ktrEarly = nil
	if p.traceflag&abi.KTRFAC_TRC_EMUL != 0 {
		p.traceflag &^= abi.KTRFAC_TRC_EMUL
		l.KtrEmul(p.Emul)
	}
	if p.tracep != nil {
		p.tracep.add(append(l.ktrHeader(typ, len(data), abi.TimespecAt(l.K.Timenow())), data...))
	}
}

// ktrLater writes a record when the process has a program.
func (l *LWP) ktrLater(typ int, data func() []byte) {
	l.Proc.ktrEarly = append(l.Proc.ktrEarly, ktrEarly{typ, data, abi.TimespecAt(l.K.Timenow())})
}

func (l *LWP) ktrHeader(typ, size int, now abi.Timespec) []byte {
	p, m := l.Proc, l.KernelModel()
	vers := int32(p.traceflag&abi.KTRFAC_VER_MASK) >> abi.KTRFAC_VER_SHIFT
	h := abi.KtrHeader{Len: int32(size), TypeVersion: vers<<16 | int32(typ), Pid: p.PID}
	copy(h.Comm[:abi.MAXCOMLEN], p.Comm)
	b := m.Bytes(&h)
	switch vers {
	case 0:
		b = m.Append(b, &abi.KtrPart0{Sec: int32(now.Sec), Usec: now.Nsec / 1000})
		// The room is that of the longer of the two old parts.
		return append(b, make([]byte, max(0, m.Sizeof(abi.KtrPart1{})-m.Sizeof(abi.KtrPart0{})))...)
	case 1:
		b = m.Append(b, &abi.KtrPart1{Sec: int32(now.Sec), Nsec: now.Nsec, Lid: l.ID})
		return append(b, make([]byte, max(0, m.Sizeof(abi.KtrPart0{})-m.Sizeof(abi.KtrPart1{})))...)
	}
	return m.Append(b, &abi.KtrPart2{Time: now, Lid: l.ID})
}

// ktrSyscall records a call with its arguments as the registers hold them: where these have 32 bits, off_t and the
// like are two.
func (l *LWP) ktrSyscall(num int, args *Args) {
	if !l.ktrpoint(abi.KTR_SYSCALL) {
		return
	}
	m, own := l.KernelModel(), l.Proc.Arch.RegSize
	size := max(own, m.PtrSize)
	var b []byte
	reg := func(v uint64) {
		var w [8]byte
		if own < size {
			v = uint64(uint32(v))
		}
		m.PutUint(w[:], size, v)
		b = append(b, w[:size]...)
	}
	if table := l.Proc.Emul.Sysent; num >= 0 && num < len(table) {
		sig := &table[num].Sig
		for i := range min(len(sig.Args), len(args)) {
			a := &sig.Args[i]
			switch wide := a.Size64 || a.Type.Is64(); {
			case !wide || own == 8:
				reg(args[i])
			case m.BigEndian:
				reg(args[i] >> 32)
				reg(args[i])
			default:
				reg(args[i])
				reg(args[i] >> 32)
			}
		}
	}
	l.ktr(abi.KTR_SYSCALL, append(m.Bytes(&abi.KtrSyscall{Code: int32(num), Argsize: int32(len(b))}), b...))
}

// ktrSysret records the end of a call. kdump(1) knows the numbers of EJUSTRETURN and ERESTART too.
func (l *LWP) ktrSysret(num int, rv Retval, err abi.Errno) {
	if !l.ktrpoint(abi.KTR_SYSRET) {
		return
	}
	m := l.KernelModel()
	e := int32(err)
	if err != abi.OK {
		rv = Retval{}
	}
	r := abi.KtrSysret64{Code: int16(num), Error: e, Retval: int64(rv.R0), Retval1: int64(rv.R1)}
	if l.Proc.Arch.RegSize == 8 || m.LP64() {
		l.ktr(abi.KTR_SYSRET, m.Bytes(&r))
		return
	}
	if t := l.Proc.Emul.Sysent; num >= 0 && num < len(t) && t[num].Sig.Ret == strace.RetOff {
		// A result of 64 bits is in both registers.
		lo, hi := int64(int32(rv.R0)), int64(int32(rv.R0>>32))
		if r.Retval, r.Retval1 = lo, hi; m.BigEndian {
			r.Retval, r.Retval1 = hi, lo
		}
	}
	l.ktr(abi.KTR_SYSRET, m.Bytes(&abi.KtrSysret{Code: r.Code, Error: e, Retval: abi.Long(r.Retval), Retval1: abi.Long(r.Retval1)}))
}

// KtrEmul records the emulation.
func (l *LWP) KtrEmul(e *Emul) {
	if e != nil && l.ktrpoint(abi.KTR_EMUL) {
		l.ktr(abi.KTR_EMUL, []byte(e.Name))
	}
}

// KtrNamei records a path that is looked up, in the emulation's root first if that is where.
func (l *LWP) KtrNamei(root, path string) {
	if l.ktrpoint(abi.KTR_NAMEI) {
		l.ktr(abi.KTR_NAMEI, []byte(root+path))
	}
}

// KtrExecArg records an argument or, with env, a variable of a program to be executed.
func (l *LWP) KtrExecArg(s string, env bool) {
	typ := abi.KTR_EXEC_ARG
	if env {
		typ = abi.KTR_EXEC_ENV
	}
	if l.ktrpoint(typ) {
		l.ktr(typ, []byte(s))
	}
}

// KtrExecFd records the descriptors that a new program starts with.
func (l *LWP) KtrExecFd() {
	if !l.ktrpoint(abi.KTR_EXEC_FD) {
		return
	}
	for _, fd := range l.Proc.Fd.Fds() {
		e := &abi.KtrExecfd{Fd: fd, Dtype: l.Proc.Fd.Get(fd).FileType()}
		if l.Proc.Emul == nil {
			l.ktrLater(abi.KTR_EXEC_FD, func() []byte { return l.KernelModel().Bytes(e) })
		} else {
			l.ktr(abi.KTR_EXEC_FD, l.KernelModel().Bytes(e))
		}
	}
}

// KtrMib records the name of a sysctl.
func (l *LWP) KtrMib(name []int32) {
	if l.ktrpoint(abi.KTR_MIB) {
		l.ktr(abi.KTR_MIB, l.KernelModel().Bytes(name))
	}
}

// KtrMibio records the value of a sysctl, read or to be written.
func (l *LWP) KtrMibio(va, n uint64, write bool) {
	if l.ktrpoint(abi.KTR_MIB) && va != 0 {
		l.ktrio(-1, []iov{{va, n}}, n, write)
	}
}

// KtrUser is utrace(2). Errors: ENOSPC for more than KTR_USER_MAXLEN bytes, EFAULT.
func (l *LWP) KtrUser(label, va, n uint64) abi.Errno {
	if !l.ktrpoint(abi.KTR_USER) {
		return abi.OK
	}
	if n > abi.KTR_USER_MAXLEN {
		return abi.ENOSPC
	}
	b := make([]byte, abi.KTR_USER_MAXIDLEN+n)
	if id, err := l.CopyinStr(label, abi.KTR_USER_MAXIDLEN); err == abi.OK {
		copy(b[:abi.KTR_USER_MAXIDLEN-1], id)
	}
	err := l.Copyin(b[abi.KTR_USER_MAXIDLEN:], va)
	if err != abi.OK {
		clear(b[abi.KTR_USER_MAXIDLEN:])
	}
	l.ktr(abi.KTR_USER, b)
	return err
}

// ktrPsig records a signal that is acted on, with what is known of it.
func (l *LWP) ktrPsig(ksi *Ksiginfo, action uint64, mask abi.Sigset) {
	if !l.ktrpoint(abi.KTR_PSIG) {
		return
	}
	m := l.KernelModel()
	code := ksi.Code
	if ksi.Kind() == abi.SiginfoFault {
		code = ksi.Trap
	}
	b := m.Bytes(&abi.KtrPsig{Signo: int32(ksi.Signo), Action: abi.Ptr(action), Mask: mask, Code: code})
	for len(b)%m.Alignof(uint64(0)) != 0 {
		b = append(b, 0)
	}
	b = append(b, make([]byte, abi.SiginfoSize)...)
	ksi.Put(m, b[len(b)-abi.SiginfoSize:])
	l.ktr(abi.KTR_PSIG, b)
}

// ktrCsw records that the LWP lost the processor at a time, and has it again; user says that it did not sleep.
func (l *LWP) ktrCsw(lost abi.Timespec, user bool) {
	if !l.ktrpoint(abi.KTR_CSW) {
		return
	}
	c := abi.KtrCsw{Out: 1}
	if user {
		c.User = 1
	}
	m := l.KernelModel()
	b := m.Bytes(&c)
	if l.Proc.traceflag&abi.KTRFAC_TRC_EMUL == 0 {
		l.Proc.tracep.add(append(l.ktrHeader(abi.KTR_CSW, len(b), lost), b...))
	}
	c.Out = 0
	l.ktr(abi.KTR_CSW, m.Bytes(&c))
}

// KtrIO is a transfer whose bytes are to be recorded when it is over.
type KtrIO struct {
	fd   int32
	iovs []iov
}

// Ktrace prepares u for being recorded; nil if it is not to be.
func (u *Uio) Ktrace(fd int32) *KtrIO {
	if !u.l.ktrpoint(abi.KTR_GENIO) || u.kbuf != nil {
		return nil
	}
	return &KtrIO{fd, slices.Clone(u.iovs)}
}

// Done records the first n bytes of the transfer.
func (k *KtrIO) Done(u *Uio, n uint64) {
	if k != nil && u.l.ktrpoint(abi.KTR_GENIO) {
		u.l.ktrio(k.fd, k.iovs, n, u.Write)
	}
}

// ktrio records bytes that were moved, a page at a time.
func (l *LWP) ktrio(fd int32, iovs []iov, n uint64, write bool) {
	m := l.KernelModel()
	head := m.Bytes(&abi.KtrGenio{Fd: fd, Rw: b2i(write)})
	for {
		b := make([]byte, uint64(len(head))+min(n, l.Proc.Arch.PageSize-uint64(len(head))))
		copy(b, head)
		for rest := b[len(head):]; len(rest) > 0 && len(iovs) > 0; {
			k := min(uint64(len(rest)), iovs[0].n)
			if l.Copyin(rest[:k], iovs[0].base) != abi.OK {
				return
			}
			rest, n = rest[k:], n-k
			if iovs[0].n == k {
				iovs = iovs[1:]
			} else {
				iovs[0] = iov{iovs[0].base + k, iovs[0].n - k}
			}
		}
		l.ktr(abi.KTR_GENIO, b)
		if n == 0 || len(iovs) == 0 {
			return
		}
	}
}

func b2i(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
