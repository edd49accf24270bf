package execve

import (
	"nbemu/abi"
	"nbemu/kern"
)

// SDT are the probe points of exec and what ktrace records of it: functions to be told, each of which may be nil.
// They run with the kernel lock held and must not sleep.
var SDT struct {
	Exec        func(l *kern.LWP, path string)        // proc:::exec, before anything is looked at
	ExecSuccess func(l *kern.LWP, path string)        // proc:::exec_success
	ExecFailure func(l *kern.LWP, error abi.Errno)    // proc:::exec_failure
	ExecArg     func(l *kern.LWP, s string, env bool) // ktrexecarg, ktrexecenv: each string
	Emul        func(l *kern.LWP, e *kern.Emul)       // ktremul
}

// Hooks are called with each process that has just got a new program, before its registers are set
// (exechook_establish, doexechooks).
var Hooks []func(p *kern.Proc)

func (x *execData) probeExec(path string) {
	if f := SDT.Exec; f != nil && x.l != nil {
		f(x.l, path)
	}
}

func (x *execData) probeFailure(error abi.Errno) abi.Errno {
	if f := SDT.ExecFailure; f != nil && x.l != nil {
		f(x.l, error)
	}
	return error
}

func (x *execData) probeSuccess() abi.Errno {
	if f := SDT.ExecSuccess; f != nil {
		f(x.l, x.pack.Kname)
	}
	return abi.OK
}

// probeArgs tells the strings.
func (x *execData) probeArgs() {
	f := SDT.ExecArg
	if f == nil && !kern.Ktracing() || x.l == nil {
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

func (x *execData) execHooks() abi.Errno {
	for _, f := range Hooks {
		f(x.l.Proc)
	}
	return abi.OK
}
