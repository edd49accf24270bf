package kdump

import (
	"bytes"
	"fmt"
	"strings"

	"nbemu/abi"
	"nbemu/strace"
)

func (p *Printer) genio(b []byte) {
	m := p.f.Model
	if len(b) < 8 {
		p.printf("(%d bytes)\n", len(b))
		return
	}
	fd, rw := int32(m.Uint(b, 4)), m.Uint(b[4:], 4)
	data := b[8:]
	if fd != -1 {
		p.printf("fd %d ", fd)
	}
	p.printf("%s %d bytes\n", map[bool]string{true: "read", false: "wrote"}[rw == 0], len(data))
	if p.o.MaxData == 0 {
		return
	}
	if p.o.MaxData > 0 {
		data = data[:min(len(data), p.o.MaxData)]
	}
	if p.o.Word != 0 {
		p.hexdump(data, p.o.Word)
		return
	}
	p.printf("       ")
	p.visdump(data, 7)
}

func (p *Printer) psig(r *Record) {
	m := p.f.Model
	var ps abi.KtrPsig
	m.Unmarshal(r.Data, &ps)
	p.printf("SIG%s ", signame(int64(ps.Signo)))
	if ps.Action == 0 {
		p.printf("SIG_DFL")
	} else {
		var mask []string
		for s := abi.Signal(1); s < abi.NSIG; s++ {
			if ps.Mask.Has(s) {
				mask = append(mask, fmt.Sprint(int(s)))
			}
		}
		p.printf("caught handler=%#x mask=(%s)", uint64(ps.Action), strings.Join(mask, ","))
	}
	if len(r.Data) == m.Sizeof(ps) {
		if ps.Code != 0 {
			p.printf(" code=%#x", uint32(ps.Code))
		}
		if ps.Action != 0 {
			p.printf(")")
		}
		p.printf("\n")
		return
	}
	var si abi.Siginfo
	si.Get(m, r.Data[p.f.siginfoAt():])
	p.printf("%s\n", siginfo(&si))
}

// siginfo is what follows a signal, in kdump's words.
func siginfo(si *abi.Siginfo) string {
	name := strace.LookupSigCode(si.Signo, si.Code)
	switch {
	case si.Code == abi.SI_USER:
		return fmt.Sprintf(": code=SI_USER sent by pid=%d, uid=%d)", si.Pid, si.Uid)
	case si.Code == abi.SI_TIMER, si.Code == abi.SI_QUEUE:
		return fmt.Sprintf(": code=%s sent by pid=%d, uid=%d with sigval %#x)", name, si.Pid, si.Uid, uint64(si.Value))
	case si.Code == abi.SI_ASYNCIO, si.Code == abi.SI_MESGQ:
		return fmt.Sprintf(": code=%s with sigval %#x)", name, uint64(si.Value))
	case si.Code == abi.SI_LWP:
		return fmt.Sprintf(": code=SI_LWP sent by pid=%d, uid=%d)", si.Pid, si.Uid)
	case si.Code < 0:
		return fmt.Sprintf(": code=%d unimplemented)", si.Code)
	case si.Code == abi.SI_NOINFO:
		return ": code=SI_NOINFO"
	}
	switch si.Kind() {
	case abi.SiginfoChild:
		return fmt.Sprintf(": code=%s child pid=%d, uid=%d,  status=%d, utime=%d, stime=%d)", name, si.Pid, si.Uid,
			uint32(si.Status), si.Utime, si.Stime)
	case abi.SiginfoFault, abi.SiginfoSyscall, abi.SiginfoPtrace:
		return fmt.Sprintf(": code=%s, addr=%#x, trap=%d)", name, uint64(si.Addr), si.Trap)
	case abi.SiginfoPoll:
		return fmt.Sprintf(": code=%s, fd=%d, band=%x)", name, si.Fd, uint64(si.Band))
	}
	return fmt.Sprintf(": code=%s, errno=%d)", name, si.Errno)
}

func (p *Printer) csw(b []byte) {
	var c abi.KtrCsw
	p.f.Model.Unmarshal(b, &c)
	p.printf("%s %s\n", map[bool]string{true: "stop", false: "resume"}[c.Out != 0],
		map[bool]string{true: "user", false: "kernel"}[c.User != 0])
}

// user prints a record of utrace(2): those of malloc in words.
func (p *Printer) user(b []byte) {
	const idLen = abi.KTR_USER_MAXIDLEN
	if len(b) < idLen {
		p.printf("(%d bytes)\n", len(b))
		return
	}
	id, _, _ := bytes.Cut(b[:idLen], []byte{0})
	data := b[idLen:]
	m := p.f.Model
	switch {
	case p.o.Word != 0:
		p.printf("%s:\n", id)
		p.hexdump(data, p.o.Word)
	case string(id) == "malloc" && len(data) == 3*m.PtrSize:
		ptr, size, res := m.Ptr(data), m.Ptr(data[m.PtrSize:]), m.Ptr(data[2*m.PtrSize:])
		switch {
		case ptr == 0 && size == 0 && res == 0:
			p.printf("%s: malloc_init()\n", id)
		case ptr != 0 && size != 0:
			p.printf("%s: %#x = realloc(%#x, %d)\n", id, res, ptr, size)
		case size == 0:
			p.printf("%s: free(%#x)\n", id, ptr)
		default:
			p.printf("%s: %#x = malloc(%d)\n", id, res, size)
		}
	default:
		p.printf("%s: %d, %x\n", id, len(data), data)
	}
}

// fileTypes are kdump's names for kinds of open files (DTYPE_NAMES).
var fileTypes = []string{"0", "file", "socket", "pipe", "kqueue", "misc", "crypto", "mqueue", "semaphore", "eventfd",
	"timerfd", "memfd"}

func (p *Printer) execFd(b []byte) {
	var e abi.KtrExecfd
	p.f.Model.Unmarshal(b, &e)
	if int(e.Dtype) < len(fileTypes) {
		p.printf("%s %d\n", fileTypes[e.Dtype], e.Fd)
		return
	}
	p.printf("UNKNOWN(%d) %d\n", e.Dtype, e.Fd)
}

func (p *Printer) mib(b []byte) {
	for i := 0; len(b) >= 4; i, b = i+1, b[4:] {
		if i > 0 {
			p.printf(".")
		}
		p.printf("%d", int32(p.f.Model.Uint(b, 4)))
	}
	p.printf("\n")
}
