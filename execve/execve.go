package execve

import (
	"fmt"

	"nbemu/abi"
	"nbemu/kern"
)

// execData is one exec from its first check to the new program's first instruction (struct execve_data).
type execData struct {
	l     *kern.LWP
	sw    *Switch
	pack  Package
	args  args
	stack *StackImage

	// spawn: the process is the new one of posix_spawn, whose parent hears of errors.
	spawn bool
	// failed says which command of the address space could not be done.
	failed *vmFailure
}

func (sw *Switch) fault(step string) abi.Errno {
	if sw.Fault == nil {
		return abi.OK
	}
	return sw.Fault(step)
}

// Execve replaces the program of l's process (execve1): by the file called path or, if that is empty, by the
// one open as xfd. argv nil stands for a null pointer, envp may be nil. On success it returns EJUSTRETURN: the
// registers are the new program's. On other returns nothing has changed. Past the point of no return a failure
// ends the process as if by SIGABRT, and Execve does not return. Preconditions: kernel lock.
//
// Errors: EAGAIN (more processes than RLIMIT_NPROC allows, after a change of user), ENAMETOOLONG, ERANGE, those of
// checkExec, E2BIG, EINVAL (no argv), EFAULT, ENOMEM (arguments larger than the stack), EINTR (the process is
// about to end).
func Execve(l *kern.LWP, path string, xfd int32, argv, envp Strings) abi.Errno {
	x := newExec(l)
	err := x.loadVM(path, xfd, argv, envp)
	if err == abi.OK {
		if err = x.runProc(); err == abi.OK {
			return abi.EJUSTRETURN
		}
	}
	return err
}

func newExec(l *kern.LWP) *execData {
	x := &execData{l: l, sw: Of(l.K)}
	x.pack.env = lwpEnv{l}
	return x
}

// loadVM is the part of exec up to the point of no return (execve_loadvm). On error nothing is held.
func (x *execData) loadVM(path string, xfd int32, argv, envp Strings) abi.Errno {
	var gen uint32
	env := x.pack.env
	x.probeExec(path)
	for {
		if x.l != nil && overProcLimit(x.l.Proc) {
			return abi.EAGAIN
		}
		rec := x.pack.Record
		x.pack = Package{Kname: path, Xfd: xfd, Fd: -1, Record: rec, env: env, sw: x.sw, prof: x.sw.profile()}
		err := x.load(path, argv, envp)
		if err != abi.ENOEXEC || !x.sw.autoload(&gen) {
			if err != abi.OK {
				x.probeFailure(err)
			}
			return err
		}
	}
}

// overProcLimit reports whether a process that has changed its user has more company than it may: daemons that
// fork, setuid and exec are caught here, because setuid must not fail.
func overProcLimit(p *kern.Proc) bool {
	if p.Flags&kern.PFSugid == 0 || p.Cred.IsRoot() {
		return false
	}
	n := uint64(0)
	for _, q := range p.K.Procs() {
		if q.Cred.Ruid == p.Cred.Ruid {
			n++
		}
	}
	return n > p.Limits[abi.RLIMIT_NPROC].Cur
}

// load checks the file, collects the arguments and sizes the stack.
func (x *execData) load(path string, argv, envp Strings) (err abi.Errno) {
	epp := &x.pack
	if epp.Xfd < 0 {
		if err = x.sw.fault("makepathbuf"); err == abi.OK {
			path, err = epp.makePath(path)
		}
		if err != abi.OK {
			return err
		}
	}
	if err = x.sw.fault("check_exec"); err == abi.OK {
		err = epp.checkExec(path)
	}
	if err != abi.OK {
		return err
	}
	x.args.buf = x.args.buf[:0]
	x.args.argc, x.args.envc = 0, 0
	if err = x.sw.fault("copyinargs"); err == abi.OK {
		err = epp.copyinArgs(&x.args, argv, envp)
	}
	if err != abi.OK {
		x.free()
		return err
	}
	x.probeArgs()
	e := epp.Emul()
	var argLen uint64
	if f := epp.Esch.ArgLen; f != nil {
		argLen = f(epp)
	}
	x.stack = newStackImage(epp.prof, e.Arch.Model, epp.MinSaddr, &x.args, argLen, epp.paxStackGap(e.Arch.PageSize),
		e.Arch.Align, e.Arch.StackAlign, uint64(len(e.Sigcode)))
	if err = x.sw.fault("calcstack"); err == abi.OK && x.stack.Size() > epp.Ssize {
		err = abi.ENOMEM
		epp.fail(err, depthInterp, "%s: arguments and environment need %d bytes of stack, the limit is %d", quote(epp.Kname), x.stack.Size(), epp.Ssize)
	}
	if err != abi.OK {
		x.free()
		return err
	}
	// The stack's size from now on is what is in use.
	epp.Ssize = x.stack.Size()
	return abi.OK
}

// free gives back what a package holds (execve_free_data).
func (x *execData) free() {
	epp := &x.pack
	epp.VMCmds.kill()
	if epp.Flags&HasFD != 0 {
		epp.Flags &^= HasFD
		epp.env.FdClose(epp.Fd)
	}
	if epp.Vp != nil {
		epp.Vp.Unref()
		epp.Vp = nil
	}
	epp.dropInterp()
	epp.EmulArg = nil
}

// runProc makes the process the new program (execve_runproc), step by step in the order of the release. Error:
// EINTR, with nothing changed; other failures end the process, except that of a spawn and the first one, whose
// creators want to know.
func (x *execData) runProc() abi.Errno {
	l := x.l
	// Getting rid of the other LWPs is the last step that can be refused: the process may be ending already.
	if err := l.ExitLWPs(); err != abi.OK {
		x.free()
		return x.probeFailure(err)
	}
	for _, s := range x.pack.prof.stepList() {
		err := x.sw.fault(s.name)
		if err == abi.OK {
			err = s.do(x)
		}
		if err != abi.OK {
			return x.abort(s.name, err)
		}
	}
	x.execTold()
	return abi.OK
}

// abort ends a process that is no program any more (exec_abort).
func (x *execData) abort(step string, err abi.Errno) abi.Errno {
	msg := fmt.Sprintf("%s: exec failed in %s: %v", quote(x.pack.Kname), step, err)
	if f := x.failed; f != nil {
		msg = fmt.Sprintf("%s: the segment at %#x (size %#x) %s", quote(x.pack.Kname), f.cmd.Addr, f.cmd.Len, f.why)
	}
	x.pack.depth, x.pack.why = depthInterp, msg
	x.probeFailure(err)
	x.free()
	l := x.l
	if x.spawn || l.Proc.Emul == nil {
		return err
	}
	if l.Proc.Exited != nil {
		l.Proc.KilledBy = msg
	} else {
		x.sw.K.Log("%s", msg)
	}
	l.Exit1(abi.W_EXITCODE(int(err), abi.SIGABRT))
	panic("execve: Exit1 returned")
}

// ExecFirst gives the machine's first process its program. path, argv and envp are as the user gave them.
// Failures come with their explanation (*Error). Preconditions: kernel lock; l has not run yet.
func ExecFirst(l *kern.LWP, path string, argv, envp []string) error {
	return newExec(l).first(path, -1, argv, envp)
}

// ExecFirstFile is ExecFirst with a descriptor of l's process, as fexecve(2).
func ExecFirstFile(l *kern.LWP, fd int32, argv, envp []string) error {
	return newExec(l).first("", fd, argv, envp)
}

func (x *execData) first(path string, fd int32, argv, envp []string) error {
	err := x.loadVM(path, fd, HostStrings(argv), HostStrings(envp))
	if err == abi.OK && x.pack.Record.Truncated != "" {
		// NetBSD would start it and let it die of SIGBUS. Here someone is there to be told.
		err = x.pack.fail(abi.ENOEXEC, depthInterp, "%s", x.pack.Record.Truncated)
		x.free()
	}
	if err == abi.OK {
		err = x.runProc()
	}
	if err != abi.OK {
		return x.err(path, argv, err)
	}
	return nil
}

// err makes the explained error of a failed exec.
func (x *execData) err(path string, argv []string, err abi.Errno) *Error {
	text := ""
	switch {
	case err == abi.E2BIG:
		text = fmt.Sprintf("%s: argument list too long (more than %d bytes of arguments and environment)", quote(path), abi.ARG_MAX)
	case x.pack.Esch != nil && x.pack.why != "" && x.pack.depth == depthInterp:
		text = x.pack.why
	default:
		text = x.pack.explain(0, err)
	}
	if text == "" {
		text = fmt.Sprintf("%s: %v", quote(path), err)
	}
	return &Error{err, text}
}
