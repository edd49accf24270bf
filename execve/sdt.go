package execve

import (
	"nbemu/abi"
	"nbemu/kern"
)

// Probes are the probe points of exec and what ktrace records of it: functions to be told, each of which may be nil.
// They run with the kernel lock held and must not sleep.
type Probes struct {
	Exec        func(l *kern.LWP, path string)        // proc:::exec, before anything is looked at
	ExecSuccess func(l *kern.LWP, path string)        // proc:::exec_success
	ExecFailure func(l *kern.LWP, err abi.Errno)      // proc:::exec_failure
	ExecArg     func(l *kern.LWP, s string, env bool) // ktrexecarg, ktrexecenv: each string
	Emul        func(l *kern.LWP, e *kern.Emul)       // ktremul
}

func (x *execData) probeExec(path string) {
	if f := x.sw.SDT.Exec; f != nil && x.l != nil {
		f(x.l, path)
	}
}

func (x *execData) probeFailure(err abi.Errno) abi.Errno {
	if f := x.sw.SDT.ExecFailure; f != nil && x.l != nil {
		f(x.l, err)
	}
	return err
}

func (x *execData) probeSuccess() abi.Errno {
	if f := x.sw.SDT.ExecSuccess; f != nil {
		f(x.l, x.pack.Kname)
	}
	return abi.OK
}

// probeArgs tells the strings.
func (x *execData) probeArgs() {
	f := x.sw.SDT.ExecArg
	if f == nil && !x.sw.K.Ktracing() || x.l == nil {
		return
	}
	b := x.args.buf
	for i := range x.args.argc + x.args.envc {
		n := indexNUL(b)
		s, env := string(b[:n]), i >= x.args.argc
		if f != nil {
			f(x.l, s, env)
		}
		x.l.KtrExecArg(s, env)
		b = b[min(n+1, len(b)):]
	}
}

// execTold tells the machine's hooks of the new program.
func (x *execData) execTold() {
	x.l.DebugExec()
	if h := x.sw.K.Hooks; h != nil && h.Exec != nil {
		h.Exec(x.l)
	}
}

func (x *execData) execHooks() abi.Errno {
	for _, f := range x.sw.Hooks {
		f(x.l.Proc)
	}
	return abi.OK
}
