package execve

import (
	"sync"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/mem"
)

// step is one thing exec does to the process after the point of no return. Its name is NetBSD's.
type step struct {
	name string
	do   func(x *execData) abi.Errno
}

var (
	stepLwpCtl                 = step{"lwp_ctl_exit", (*execData).lwpCtlExit}
	stepTimers                 = step{"ptimers_free", (*execData).timersFree}
	stepVMSpace                = step{"uvmspace_exec", (*execData).vmspaceExec}
	stepCwd                    = step{"cwdexec", (*execData).cwdExec}
	stepCloseExec              = step{"fd_closeexec", (*execData).closeExec}
	stepKtrFd                  = step{"fd_ktrexecfd", (*execData).ktrFd}
	stepRAS                    = step{"ras_purgeall", (*execData).rasPurge}
	stepSignals                = step{"execsigs", (*execData).execSigs}
	stepFlags                  = step{"p_flag", (*execData).procFlags}
	stepCred                   = step{"credexec", (*execData).credExec}
	stepVfork                  = step{"vfork", (*execData).vforkDone}
	stepVMCmds                 = step{"execve_dovmcmds", (*execData).doVMCmds}
	stepPath                   = step{"pathexec", (*execData).pathExec}
	stepArgs                   = step{"copyoutargs", (*execData).copyoutArgs}
	stepSetregs                = step{"setregs", (*execData).setregs}
	stepSetPrivate             = step{"lwp_setprivate", (*execData).setPrivate}
	stepSigcode                = step{"exec_sigcode_map", (*execData).sigcodeMap}
	stepKnote                  = step{"knote_proc_exec", (*execData).knoteExec}
	stepEmul                   = step{"emulexec", (*execData).emulExec}
	stepHooks                  = step{"doexechooks", (*execData).execHooks}
	stepSuccess                = step{"exec_success", (*execData).probeSuccess}
	stepTrace                  = step{"trace", (*execData).traceExec}
	stepStop                   = step{"stopexec", (*execData).stopExec}
	steps10, steps599, steps20 []step
)

// The order in which releases do it. From 5.99 to 10 the credentials moved before the first touch of the new
// space, so that nothing runs with old ones; in 2.0 the name was the last thing known of the file.
func init() {
	steps10 = []step{stepLwpCtl, stepTimers, stepVMSpace, stepCwd, stepCloseExec, stepKtrFd, stepSignals, stepFlags,
		stepCred, stepRAS, stepVfork, stepVMCmds, stepPath, stepArgs, stepHooks, stepSetregs, stepSetPrivate, stepSigcode, stepKnote, stepSuccess,
		stepEmul, stepTrace, stepStop}
	steps599 = []step{stepLwpCtl, stepTimers, stepVMSpace, stepVMCmds, stepPath, stepArgs, stepCwd, stepCloseExec, stepKtrFd,
		stepSignals, stepFlags, stepVfork, stepCred, stepRAS, stepHooks, stepSetregs, stepSetPrivate, stepSigcode, stepKnote, stepSuccess,
		stepEmul, stepTrace, stepStop}
	steps20 = []step{stepTimers, stepVMSpace, stepVMCmds, stepArgs, stepCloseExec, stepSignals, stepPath, stepFlags,
		stepVfork, stepCred, stepRAS, stepHooks, stepKnote, stepSetregs, stepSetPrivate, stepSigcode, stepTrace, stepEmul, stepStop}
}

func (p *Profile) stepList() []step {
	switch p.Order {
	case Order20:
		return steps20
	case Order599:
		return steps599
	}
	return steps10
}

func (x *execData) lwpCtlExit() abi.Errno {
	x.l.ReleaseFutexes()
	x.l.LwpCtlExec()
	x.l.TellResume = false
	return abi.OK
}

func (x *execData) timersFree() abi.Errno {
	x.l.Proc.TimersExec()
	return abi.OK
}

// vmspaceExec gives the process an empty address space with the limits of the package (uvmspace_exec).
func (x *execData) vmspaceExec() abi.Errno {
	epp, p := &x.pack, x.l.Proc
	x.l.GivesUpSpace()
	vm := mem.NewSpace(epp.VMMin, epp.VMMax)
	page := epp.page()
	vm.Page = page
	vm.Brk.Base = epp.Daddr
	vm.Brk.Cur = epp.Daddr + roundup(epp.Dsize, page)
	vm.Brk.Max = vm.Brk.Base + epp.env.Rlimit(abi.RLIMIT_DATA)
	vm.StackLo, vm.BottomUp = epp.MaxSaddr-epp.GuardSize, epp.Flags&TopdownVM == 0
	p.SetMachine(epp.Emul().Arch, epp.OSVersion)
	p.Pax = epp.PaxFlags
	if p.Flags&kern.PFTraced != 0 || p.ThreadTraced() {
		p.Pax &^= PaxMprotect // debuggers write breakpoints into text
	}
	if p.Pax&PaxASLR != 0 {
		p.PaxASLRInit(epp.env.Random())
	} else {
		p.PaxASLRInit(0)
	}
	x.l.SetSpace(vm)
	return abi.OK
}

// cwdExec unshares the working directory (cwdexec).
func (x *execData) cwdExec() abi.Errno {
	p := x.l.Proc
	c := p.Cwdi.Copy()
	p.Cwdi.Free()
	p.Cwdi = c
	return abi.OK
}

// closeExec unshares the descriptors and closes those that are marked (fd_closeexec).
func (x *execData) closeExec() abi.Errno {
	p := x.l.Proc
	if p.Fd.Refs() > 1 {
		c := p.Fd.Copy()
		p.Fd.Free(x.l)
		p.Fd = c
	}
	p.Fd.CloseExec(x.l)
	return abi.OK
}

// ktrFd records the descriptors that the new program has (fd_ktrexecfd).
func (x *execData) ktrFd() abi.Errno {
	if x.pack.prof.KtrExecFd {
		x.l.KtrExecFd()
	}
	return abi.OK
}

// rasPurge forgets the old program's restartable sequences (ras_purgeall).
func (x *execData) rasPurge() abi.Errno {
	x.l.RasPurgeAll()
	return abi.OK
}

// execSigs resets the signals that have handlers, in a table of the process's own (execsigs).
func (x *execData) execSigs() abi.Errno {
	x.l.Proc.SigExec(x.l)
	return abi.OK
}

// Accounting flag of a process that has forked but not executed.
const aFork = 0x01

func (x *execData) procFlags() abi.Errno {
	p := x.l.Proc
	p.Acflag &^= aFork
	p.Flags |= kern.PFExec
	p.ProfStop()
	return abi.OK
}

func (x *execData) vforkDone() abi.Errno {
	x.l.Proc.VforkDone()
	return abi.OK
}

// doVMCmds makes the address space (execve_dovmcmds).
func (x *execData) doVMCmds() abi.Errno {
	epp, p := &x.pack, x.l.Proc
	old, _ := p.TextVnode.(File)
	epp.Vp.Ref()
	p.TextVnode = epp.Vp
	if old != nil {
		old.Unref()
	}
	var err abi.Errno
	err, x.failed = epp.VMCmds.doVMCmds(p.VM, epp.page(), epp.VMMin, epp.VMMax, p.Pax)
	epp.Record.VMCmds = append([]VMCmd(nil), epp.VMCmds.Cmds...)
	epp.VMCmds.kill()
	epp.Vp.Unref()
	epp.Vp = nil
	return err
}

// pathExec sets the process's name and the path of its program (pathexec).
func (x *execData) pathExec() abi.Errno {
	p := x.l.Proc
	p.TextPath = x.pack.ResolvedName
	p.K.Begins(p)
	comm := baseName(p.TextPath)
	p.Comm = comm[:min(len(comm), abi.MAXCOMLEN)]
	return abi.OK
}

// copyoutArgs puts arguments, environment and auxiliary vector on the new stack (copyoutargs).
func (x *execData) copyoutArgs() (err abi.Errno) {
	epp, s := &x.pack, x.stack
	if f := epp.Esch.Copyargs; f != nil {
		if err = f(epp, s); err != abi.OK {
			return err
		}
	} else {
		s.Copyargs()
	}
	s.copyPsStrings()
	if s.bad {
		return abi.EFAULT
	}
	p := x.l.Proc
	if err = p.VM.Copyout(s.Data, s.Base); err != abi.OK {
		return err
	}
	p.PsStrings = s.PsStrings
	p.ArgStrings = s.Args()
	epp.Record.Stack = s
	return abi.OK
}

// setregs starts the registers from nothing, by the emulation and then by the format.
func (x *execData) setregs() abi.Errno {
	epp, l := &x.pack, x.l
	l.Ctx = cpu.Context{}
	e := epp.Emul()
	e.Setregs(l, epp.Entry, x.stack.Base, x.stack.PsStrings)
	if f := epp.Esch.Setregs; f != nil {
		f(l, epp, x.stack.Base)
	}
	l.FPChanged()
	return abi.OK
}

func (x *execData) setPrivate() abi.Errno {
	x.l.Private, x.l.Ctxlink = 0, 0
	return abi.OK
}

// sigObjects are the signal trampolines of emulations that have one: an object each, made when first needed and
// mapped by all.
type sigObjects struct {
	sync.Mutex
	m map[*kern.Emul]mem.Object
}

// sigcodeMap maps the emulation's sigcode where mappings go by default (exec_sigcode_map).
func (x *execData) sigcodeMap() abi.Errno {
	p, e := x.l.Proc, x.pack.Emul()
	p.SigcodeVA = 0
	if len(e.Sigcode) == 0 {
		return abi.OK
	}
	obj, err := x.sw.sigObject(e)
	if err != abi.OK {
		return err
	}
	size := roundup(uint64(len(e.Sigcode)), e.Arch.PageSize)
	const rx = mem.ProtRead | mem.ProtExec
	// Private, though never written: a shared entry would tie the processors of all processes together.
	p.SigcodeVA, err = p.VM.Map(mem.MapArgs{Addr: x.pack.defaultAddr(size), TopDown: x.pack.Flags&TopdownVM != 0,
		Len: size, Prot: rx, MaxProt: rx, Obj: obj, Name: "sigcode"})
	return err
}

func (sw *Switch) sigObject(e *kern.Emul) (mem.Object, abi.Errno) {
	sw.sigObjects.Lock()
	defer sw.sigObjects.Unlock()
	if o := sw.sigObjects.m[e]; o != nil {
		return o, abi.OK
	}
	size := roundup(uint64(len(e.Sigcode)), mem.PageSize)
	o := mem.NewAnon()
	s := mem.NewSpace(0, size)
	defer s.Unref()
	if _, err := s.Map(mem.MapArgs{Len: size, Prot: mem.ProtRead | mem.ProtWrite, Shared: true, Obj: o}); err != abi.OK {
		mem.Release(o)
		return nil, err
	}
	if err := s.Copyout(e.Sigcode, 0); err != abi.OK {
		mem.Release(o)
		return nil, err
	}
	if sw.sigObjects.m == nil {
		sw.sigObjects.m = map[*kern.Emul]mem.Object{}
	}
	sw.sigObjects.m[e] = o
	return o, abi.OK
}

func (x *execData) knoteExec() abi.Errno {
	kern.KnoteProc(x.l.Proc, abi.NOTE_EXEC, 0)
	return abi.OK
}

// emulExec hands the process over to its new emulation (emulexec).
func (x *execData) emulExec() abi.Errno {
	p, e := x.l.Proc, x.pack.Emul()
	if p.Emul != e {
		if p.Emul != nil && p.Emul.ProcExit != nil {
			p.Emul.ProcExit(p)
		}
	}
	x.emulRoot(e)
	if e.ProcExec != nil {
		e.ProcExec(x.l)
	}
	p.Emul = e
	p.Execsw = x.pack.Esch
	if f := x.sw.SDT.Emul; f != nil {
		f(x.l, e)
	}
	x.l.KtrEmul(e)
	return abi.OK
}

// emulRoot makes absolute lookups try the new emulation's root first. A process that stays with its emulation keeps
// the one that it has, the first one of a machine that is native the one that the command line chose; chroot(2) takes it
// away.
func (x *execData) emulRoot(e *kern.Emul) {
	p := x.l.Proc
	if x.sw.FS == nil || p.Emul == nil && e.Path == "" || p.Emul == e && (p.Cwdi.Edir != nil || e.Path == "") {
		return
	}
	old := p.Cwdi.Edir
	p.Cwdi.Edir = x.sw.FS.EmulRoot(x.l, e)
	if old != nil {
		old.Unref()
	}
}

// traceExec tells a debugger.
func (x *execData) traceExec() abi.Errno {
	// posix_spawn is an event of its own.
	if !x.spawn {
		x.l.TraceExec(!x.pack.prof.TrapExec)
	}
	return abi.OK
}

// stopExec stops a process that was told to stop on exec (PS_STOPEXEC).
func (x *execData) stopExec() abi.Errno {
	x.l.Proc.StopExec()
	return abi.OK
}
