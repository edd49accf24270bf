package kern

import (
	"fmt"

	"nbemu/abi"
	"nbemu/strace"
)

// invokeTraced is invoke with what Config.Strace and ktrace want to see.
func (l *LWP) invokeTraced(num int, args *Args, c *lastCall) (rv Retval, err abi.Errno) {
	ktr := l.ktrpoint(abi.KTR_SYSCALL) || l.ktrpoint(abi.KTR_SYSRET) // a call that turns tracing on has begun without
	l.ktrSyscall(num, args)
	if l.K.Config.Strace != nil {
		rv, err = l.invokeStrace(num, args, c)
	} else {
		rv, err = l.invoke(num, args, c)
	}
	if ktr {
		l.ktrSysret(num, rv, err)
	}
	return rv, err
}

// invokeStrace is invoke with a line for Config.Strace. Calls that do not come back are shown when they begin.
func (l *LWP) invokeStrace(num int, args *Args, c *lastCall) (rv Retval, err abi.Errno) {
	table := l.Proc.Emul.Sysent
	if num < 0 || num >= len(table) || table[num].Name == "" {
		l.K.Config.Strace(l, fmt.Sprintf("syscall_%d(%#x, %#x, %#x) = -1 ENOSYS", num, args[0], args[1], args[2]))
		return l.call(num, args)
	}
	t := &table[num]
	pr := strace.Printer{Model: l.Model()}
	given := *args
	head := pr.Enter(l.Proc.VM, &t.Sig, given[:])
	if t.Sig.Ret == strace.RetNone {
		l.K.Config.Strace(l, head+")")
	}
	rv, err = l.call(num, args)
	c.err, c.ret = err, rv.R0
	if err == abi.EJUSTRETURN {
		l.K.Config.Strace(l, head+")")
		return rv, err
	}
	l.K.Config.Strace(l, head+pr.Leave(l.Proc.VM, &t.Sig, given[:], strace.Result{Val: rv.R0, Val2: rv.R1, Err: err}, len(head)))
	return rv, err
}
