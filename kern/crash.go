package kern

import (
	"fmt"
	"strings"

	"nbemu/abi"
	"nbemu/cpu"
)

// killedBy records and reports the end of a process by a signal, with its core file, or why there is none.
func (l *LWP) killedBy(sig abi.Signal, ksi *Ksiginfo, core string, err abi.Errno) {
	p := l.Proc
	if sig.Prop()&abi.PropCore != 0 && l.K.OnCrash != nil {
		l.K.OnCrash(l)
	}
	msg := fmt.Sprintf("%s: %s (%s)", p.Comm, sig.String(), sig.Name())
	switch sig {
	case abi.SIGSEGV, abi.SIGBUS, abi.SIGILL, abi.SIGFPE, abi.SIGTRAP, abi.SIGSYS, abi.SIGABRT:
		msg += fmt.Sprintf(" at pc %#x", l.Ctx.R[p.Arch.PC])
		if ksi.Kind() == abi.SiginfoFault && (sig == abi.SIGSEGV || sig == abi.SIGBUS) {
			what := "access"
			if l.Ctx.Trap == cpu.TrapFault || l.Ctx.Vector == cpu.VectorAlign {
				what = map[uint32]string{1: "read", 2: "write", 4: "fetch"}[l.Ctx.Access]
			}
			msg += fmt.Sprintf(", %s of address %#x", what, l.Ctx.Addr)
		}
	}
	how := sig.Name()
	switch {
	case core != "":
		msg += ", core dumped to " + core
		how += " (core dumped)"
	case err != abi.OK && err != abi.EFBIG:
		// A limit is the user's wish; everything else is news.
		msg += fmt.Sprintf(", no core file (%s)", err.Name())
	}
	l.straceExit("killed by " + how)
	if p.Exited != nil {
		p.KilledBy = msg
	}
	if l.K.Config.Crash && sig.Prop()&abi.PropCore != 0 {
		l.K.Log("%s", strings.TrimRight(msg+"\n"+l.Report(), "\n"))
	}
}

// Report shows an LWP's registers, the instruction it is at, the mapping that lies in, and its last calls.
func (l *LWP) Report() string {
	var b strings.Builder
	p := l.Proc
	a := p.Arch
	fmt.Fprintf(&b, "  process %d, lwp %d, %s\n", p.PID, l.ID, p.TextPath)
	for i, n := range a.RegNames {
		fmt.Fprintf(&b, "  %6s %016x", n, l.Ctx.R[i])
		if i%4 == 3 || i == len(a.RegNames)-1 {
			b.WriteByte('\n')
		}
	}
	if p.VM == nil {
		return b.String()
	}
	pc := l.Ctx.R[a.PC]
	var code [16]byte
	n := len(code)
	for n > 0 && p.VM.Copyin(code[:n], pc) != abi.OK {
		n--
	}
	if n > 0 {
		fmt.Fprintf(&b, "  at %#x: %s  (% x)\n", pc, a.Disasm(code[:n], pc), code[:n])
	} else {
		fmt.Fprintf(&b, "  at %#x: not readable\n", pc)
	}
	for _, e := range p.VM.Maps() {
		if pc >= e.Start && pc < e.End {
			fmt.Fprintf(&b, "  pc in %#x-%#x %s %s\n", e.Start, e.End, protString(e.Prot), e.Name)
		}
		if l.Ctx.Addr >= e.Start && l.Ctx.Addr < e.End && l.Ctx.Trap != 0 {
			fmt.Fprintf(&b, "  address in %#x-%#x %s %s\n", e.Start, e.End, protString(e.Prot), e.Name)
		}
	}
	for i := max(0, l.ncalls-lastCalls); i < l.ncalls; i++ {
		c := &l.calls[i%lastCalls]
		name := fmt.Sprint(c.num)
		if t := p.Emul.Sysent; c.num >= 0 && c.num < len(t) {
			name = t[c.num].Name
		}
		fmt.Fprintf(&b, "  call %s(%#x, %#x, %#x, %#x) = %#x", name, c.args[0], c.args[1], c.args[2], c.args[3], c.ret)
		if c.err != abi.OK {
			fmt.Fprintf(&b, " %s", c.err.Name())
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func protString(p uint8) string {
	s := []byte("---")
	for i, c := range "rwx" {
		if p>>i&1 != 0 {
			s[i] = byte(c)
		}
	}
	return string(s)
}
