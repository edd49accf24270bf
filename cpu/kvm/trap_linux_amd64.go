package kvm

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/mem"
)

// Words of the frame that the processor pushes, from the stack's end down.
const (
	frameSS    = -8
	frameRSP   = -16
	frameFlags = -24
	frameCS    = -32
	frameRIP   = -40
	frameError = -48
)

// frame reads a word of a stack that ends at end in the processor's pages.
func (v *vcpu) frame(end, word int) uint64 { return binary.LittleEndian.Uint64(v.pages[end+word:]) }

// generals stores the registers that have nothing to do with how the program was left.
func generals(c *cpu.Context, g *regs) {
	r := &c.R
	r[regRAX], r[regRBX], r[regRCX], r[regRDX] = g.rax, g.rbx, g.rcx, g.rdx
	r[regRSI], r[regRDI], r[regRBP] = g.rsi, g.rdi, g.rbp
	r[regR8], r[regR9], r[regR10], r[regR11] = g.r8, g.r9, g.r10, g.r11
	r[regR12], r[regR13], r[regR14], r[regR15] = g.r12, g.r13, g.r14, g.r15
}

// state stores what remains, without the flags that are not the program's.
func (e *engine) state(c *cpu.Context, pc, sp, flags uint64) {
	c.R[regRIP], c.R[regRSP] = pc, sp
	c.R[regRFLAGS] = flags&^flagRF | flagsFixed
	if c.Debug.Past != pc {
		c.Debug.Past = 0
	}
	if e.bases {
		sr := &e.v.run.sregs
		if e.bits32 {
			segmentsOut(c, sr)
			return
		}
		e.fsbase, e.gsbase = sr.fs.base, sr.gs.base
		c.R[regFSBASE], c.R[regGSBASE] = e.fsbase, e.gsbase
	}
}

// trapped finds out why the processor left the guest. It reports whether to go back at once.
func (e *engine) trapped(c *cpu.Context, s *mem.Space, trace bool) bool {
	v := e.v
	run, g := v.run, &v.run.regs
	off := g.rip - kernBase - 1
	if run.exitReason != exitHLT {
		why, ok := exitNames[run.exitReason]
		if !ok {
			why = fmt.Sprintf("exit %d", run.exitReason)
		}
		if run.exitReason == exitInternalError {
			why += fmt.Sprintf(" (%d)", uint32(run.exit[0]))
		}
		return e.broken(c, fmt.Sprintf("%s at %#x", why, g.rip))
	}
	switch {
	case off == entSyscall, off == entSysc32:
		e.entered()
		generals(c, g)
		e.syscall(c, g.rcx, g.rsp, g.r11)
		return false
	case off >= offVectors+256*vectorSize:
		return e.broken(c, fmt.Sprintf("halt at %#x", g.rip))
	}
	vector := uint32(off / vectorSize)
	end := cpuStack + 0x1000
	if vector == vecDB {
		if end = cpuDebug; v.frame(end, frameCS)&3 != 3 {
			// A place was met by a load of the stack's segment, whose trap waits for the next instruction: that went
			// to ring 0 by itself. What it wanted comes first.
			at := v.frame(end, frameRIP) - kernBase
			if at < offVectors+256*vectorSize && at%vectorSize == 0 && at/vectorSize != vecPF {
				vector, end = uint32(at/vectorSize), cpuStack+0x1000
			}
		}
	}
	pc, flags := v.frame(end, frameRIP), v.frame(end, frameFlags)
	if v.frame(end, frameCS)&3 != 3 {
		return e.inRing0(c, vector, end)
	}
	e.entered()
	generals(c, g)
	if vector == vecPF {
		c.R[regRAX] = v.frame(end, frameError-8)
	}
	e.state(c, pc, v.frame(end, frameRSP), flags)
	if e.bits32 {
		c.R[regCS], c.R[regSS] = v.frame(end, frameCS)&0xffff, v.frame(end, frameSS)&0xffff
	}
	code := uint32(0)
	if errorCodes>>vector&1 != 0 {
		code = uint32(v.frame(end, frameError))
	}
	switch vector {
	case vecDB:
		return e.debugTrap(c)
	case vecPF:
		return e.fault(c, s, code, v.frame(end, frameError-16))
	case vecUD:
		return e.undefined(c, s)
	case vecGP:
		if e.bits32 && e.callGate(c, s) {
			return true
		}
	case 0x80:
		c.Trap, c.Vector, c.Error = cpu.TrapSyscall, vector, 0
		return false
	}
	c.Trap, c.Vector, c.Error = cpu.TrapException, vector, code
	return false
}

func (e *engine) syscall(c *cpu.Context, pc, sp, flags uint64) {
	e.state(c, pc, sp, flags)
	c.Trap, c.Vector, c.Error = cpu.TrapSyscall, 0x100, 0
}

// fault is a page fault. Most are mem's, some mean only that these tables are not as far as mem's are.
func (e *engine) fault(c *cpu.Context, s *mem.Space, code uint32, addr uint64) bool {
	const wr, user, insn = 2, 4, 16
	if c.R[regRIP] == kernBase+entSyscall && code&(user|insn) == user|insn {
		// A host that fetches ring 0's first instruction as the program would: SYSCALL it was nevertheless. A
		// program that jumps there gets what it would have got by the instruction.
		e.syscall(c, c.R[regRCX], c.R[regRSP], c.R[regR11])
		return false
	}
	c.Trap, c.Addr, c.Access = cpu.TrapFault, addr, mem.ProtRead
	switch {
	case code&insn != 0:
		c.Access = mem.ProtExec
	case code&wr != 0:
		c.Access = mem.ProtWrite
	}
	if addr>>47 != 0 {
		return false
	}
	t := e.tables
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.flushes
	ok, err := t.syncAt(s, addr, c.Access)
	if err != nil || !ok {
		e.same = 0
		e.missing = addr &^ (mem.PageSize - 1)
		return false
	}
	if e.same++; e.same > 2 && t.flushes == before {
		t.flushes++ // nothing was amiss: something old is remembered
	}
	if e.same > 100 {
		return e.broken(c, fmt.Sprintf("a page fault at %#x for nothing", addr))
	}
	return true
}

// undefined is an instruction that the processor does not know. Hosts that carry out part of the instructions
// themselves raise this for some that a processor knows.
func (e *engine) undefined(c *cpu.Context, s *mem.Space) bool {
	c.Trap, c.Vector, c.Error = cpu.TrapException, vecUD, 0
	var b [5]byte
	n := len(b)
	pc := c.R[regRIP]
	for n > 0 && s.Copyin(b[:n], pc) != abi.OK {
		n--
	}
	bits32 := e.bits32
	switch {
	case n >= 2 && b[0] == 0xcd && b[1] == 0x80:
		c.Trap, c.Vector = cpu.TrapSyscall, 0x80
		c.R[regRIP] = pc + 2
	case n >= 2 && b[0] == 0xcd && (b[1] == vecBP || b[1] == vecOF):
		c.Vector = uint32(b[1])
		c.R[regRIP] = pc + 2
	case n >= 2 && b[0] == 0xcd:
		c.Vector, c.Error = vecGP, uint32(b[1])<<3|2
	case bits32 && n >= 1 && b[0] == 0xcc:
		c.Vector = vecBP
		c.R[regRIP] = pc + 1
	case bits32 && n >= 1 && b[0] == 0xce:
		c.Vector = vecOF
		c.R[regRIP] = pc + 1
	case bits32 && n >= 1 && b[0] == 0x9a, bits32 && n >= 2 && b[0] == 0x0f && b[1] == 0x34:
		// A call gate that is none; SYSENTER, which no kernel of ours has set up.
		c.Vector = vecGP
	case !e.bases && baseInstruction(b[:n]):
		return e.enableBases(c)
	}
	return false
}

// baseInstruction reports whether code begins with RDFSBASE, RDGSBASE, WRFSBASE or WRGSBASE.
func baseInstruction(b []byte) bool {
	if len(b) < 4 || b[0] != 0xf3 {
		return false
	}
	b = b[1:]
	if b[0]&0xf0 == 0x40 {
		b = b[1:]
	}
	return len(b) >= 3 && b[0] == 0x0f && b[1] == 0xae && b[2]&0xe0 == 0xc0
}

// setWant decides whether segment bases and selectors are read at every exit, which costs something.
func (e *engine) setWant() { e.bases = e.bits32 || e.m.quirks.fsgsbase }

// enableBases lets programs read and write the bases of fs and gs by instructions, from their first attempt on.
func (e *engine) enableBases(c *cpu.Context) bool {
	sr := &e.v.run.sregs
	if err := ioctlp(e.v.fd, ioGetSregs, sr); err != nil {
		return e.broken(c, err.Error())
	}
	sr.cr4 |= cr4FSGSBase
	e.v.run.dirtyRegs |= syncSregs
	e.bases = true
	return true
}

// inRing0 is an exception that ring 0 had: its IRET to where the program wanted, or a debug trap that was due when
// the program called.
func (e *engine) inRing0(c *cpu.Context, vector uint32, end int) bool {
	v := e.v
	at := v.frame(end, frameRIP) - kernBase
	if vector == vecDB && (at == entSyscall || at == entSysc32) {
		e.entered()
		generals(c, &v.run.regs)
		e.syscall(c, v.run.regs.rcx, v.frame(end, frameRSP), v.run.regs.r11)
		return false
	}
	if at >= entIret && at < entSyscall {
		// The program's registers are as they were.
		c.Trap, c.Vector, c.Error = cpu.TrapException, vector, uint32(v.frame(end, frameError))
		if vector != vecGP && vector != vecSS && vector != 11 {
			return e.broken(c, fmt.Sprintf("exception %d on the way to the program", vector))
		}
		return false
	}
	return e.broken(c, fmt.Sprintf("exception %d at %#x in ring 0", vector, at))
}

// interrupted is a run that Stop ended. It reports false if the processor is on its way out already: what it wants to
// tell comes first.
func (e *engine) interrupted(c *cpu.Context) bool {
	v := e.v
	c.Trap = cpu.TrapStop
	g := &v.run.regs
	if at := g.rip - kernBase; g.rip >= kernBase {
		if at < entIret || at >= entSyscall {
			return false
		}
		// On the way to the program: nothing has happened yet.
		e.stop.Store(0)
		return true
	}
	e.stop.Store(0)
	e.entered()
	e.inUser = true
	if err := v.clearEvents(); err != nil {
		e.broken(c, err.Error())
		return true
	}
	generals(c, g)
	e.state(c, g.rip, g.rsp, g.rflags)
	if e.bits32 {
		c.R[regCS], c.R[regSS] = uint64(v.run.sregs.cs.selector), uint64(v.run.sregs.ss.selector)
	}
	return true
}

// refused is an error of KVM_RUN itself.
func (e *engine) refused(c *cpu.Context, s *mem.Space, errno unix.Errno) bool {
	if errno != unix.EFAULT || e.v.run.regs.rip >= kernBase {
		return e.broken(c, fmt.Sprintf("KVM_RUN: %v", errno))
	}
	// The host has not got the memory: a file's page that is gone.
	if !e.interrupted(c) || c.Trap != cpu.TrapStop {
		return false
	}
	e.busError(c, s)
	return false
}
