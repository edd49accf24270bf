package sysctl

import (
	"math"
	"strings"

	"nbemu/abi"
	"nbemu/kern"
)

// This file is kern.proc2, kern.proc_args, kern.lwp, kern.file2 and proc.*: what ps(1), fstat(1), pmap(1) and
// programs that look at themselves ask.

// slop is added to a size that is asked for, as elements: there may be more when the program comes back.
const slop = 5

// findProc finds a live process by number; -1 is the caller's (proc_find_locked). Errors: ESRCH, EPERM.
func (r *Req) findProc(pid int32) (*kern.Proc, abi.Errno) {
	if pid == -1 {
		return r.L.Proc, abi.OK
	}
	p := r.L.K.Pfind(pid)
	switch {
	case p == nil:
		return nil, abi.ESRCH
	case !r.L.CanSee(p):
		return nil, abi.EPERM
	}
	return p, abi.OK
}

// procMatch reports whether a process is among those that kern.proc2's name asks for. ok is false for an
// operation there is not.
func procMatch(p *kern.Proc, op, arg int32) (match, ok bool) {
	switch op {
	case abi.KERN_PROC_ALL:
		return true, true
	case abi.KERN_PROC_PID:
		return p.PID == arg, true
	case abi.KERN_PROC_PGRP:
		return p.Pgrp != nil && p.Pgrp.ID == arg, true
	case abi.KERN_PROC_SESSION:
		return p.Pgrp != nil && p.Pgrp.Session.ID == arg, true
	case abi.KERN_PROC_TTY:
		dev := kern.NoDev
		if p.Pgrp != nil && p.Flags&kern.PFControlT != 0 {
			dev = p.Pgrp.Session.TTYDev()
		}
		return dev == uint32(arg), true
	case abi.KERN_PROC_UID:
		return p.Cred.Euid == uint32(arg), true
	case abi.KERN_PROC_RUID:
		return p.Cred.Ruid == uint32(arg), true
	case abi.KERN_PROC_GID:
		return p.Cred.Egid == uint32(arg), true
	case abi.KERN_PROC_RGID:
		return p.Cred.Rgid == uint32(arg), true
	}
	return false, false
}

// kernProc refuses: struct kinfo_proc is the kernel's own struct proc, which we do not have.
func kernProc(r *Req) abi.Errno {
	if r.isQuery() {
		return r.Query()
	}
	return abi.EOPNOTSUPP
}

// kernProc2 is kern.proc2.<op>.<arg>.<size of an element>.<number of elements>. Errors: EINVAL, ENOMEM.
func kernProc2(r *Req) abi.Errno {
	if r.isQuery() {
		return r.Query()
	}
	if len(r.Name) != 4 {
		return abi.EINVAL
	}
	w := r.array(uint64(uint32(r.Name[2])), uint64(uint32(r.Name[3])))
	for _, p := range r.L.K.AllProcs() {
		match, ok := procMatch(p, r.Name[0], r.Name[1])
		if !ok {
			return abi.EINVAL
		}
		if !match || !r.L.CanSee(p) {
			continue
		}
		if err := w.put(p.Kinfo()); err != abi.OK {
			return err
		}
	}
	return w.end(slop * uint64(r.L.Model().Sizeof(abi.KinfoProc2{})))
}

// kernLwp is kern.lwp.<pid>.<size of an element>.<number of elements>; pid -1 is all processes. Errors:
// EINVAL, ESRCH, ENOMEM.
func kernLwp(r *Req) abi.Errno {
	if r.isQuery() {
		return r.Query()
	}
	if r.New != 0 || len(r.Name) != 3 || r.Name[1] <= 0 || r.Name[2] < 0 {
		return abi.EINVAL
	}
	procs := r.L.K.AllProcs()
	if pid := r.Name[0]; pid != -1 {
		p := r.L.K.Pfind(pid)
		if p == nil {
			return abi.ESRCH
		}
		procs = []*kern.Proc{p}
	}
	w := r.array(uint64(r.Name[1]), uint64(r.Name[2]))
	for _, p := range procs {
		if p.PID == 1 {
			if err := w.put(kern.InitKinfo()); err != abi.OK {
				return err
			}
		}
		for _, l := range p.LWPs {
			if err := w.put(l.Kinfo()); err != abi.OK {
				return err
			}
		}
	}
	return w.end(slop * uint64(r.L.Model().Sizeof(abi.KinfoLwp{})))
}

// kernProcArgs is kern.proc_args.<pid>.<what>. Errors: EINVAL, ESRCH, ENOENT, EPERM, EFAULT, ENOSPC for a path
// that does not fit.
func kernProcArgs(r *Req) abi.Errno {
	if r.isQuery() {
		return r.Query()
	}
	if r.New != 0 || len(r.Name) != 2 {
		return abi.EINVAL
	}
	pid, what := r.Name[0], r.Name[1]
	switch what {
	case abi.KERN_PROC_PATHNAME, abi.KERN_PROC_CWD:
		p, err := r.findProc(pid)
		if err != abi.OK {
			return err
		}
		path := strings.ReplaceAll(p.TextPath, "/./", "/")
		if what == abi.KERN_PROC_CWD {
			if r.L.K.ProcCwd == nil {
				return abi.EOPNOTSUPP
			}
			if path, err = r.L.K.ProcCwd(p); err != abi.OK {
				return err
			}
		}
		if path == "" {
			return abi.ENOENT
		}
		return r.path(path)
	case abi.KERN_PROC_ARGV, abi.KERN_PROC_NARGV, abi.KERN_PROC_ENV, abi.KERN_PROC_NENV:
	default:
		return abi.EINVAL
	}
	p, err := r.findProc(pid)
	if err == abi.ESRCH {
		err = abi.EINVAL
	}
	if err != abi.OK {
		return err
	}
	count := what == abi.KERN_PROC_NARGV || what == abi.KERN_PROC_NENV
	if env := what == abi.KERN_PROC_ENV || what == abi.KERN_PROC_NENV; env && !r.L.MayTrace(p) {
		return abi.EPERM
	}
	if r.Old == 0 {
		r.OldLen = kern.ArgMax
		if count {
			r.OldLen = 4
		}
		return abi.OK
	}
	vec, n, err := p.ArgVector(what == abi.KERN_PROC_ENV || what == abi.KERN_PROC_NENV)
	if err != abi.OK {
		return err
	}
	if count {
		r.OldLen = 4
		return r.L.CopyoutInt32(r.Old, n)
	}
	out, err := p.ProcStrings(vec, n, r.OldLen)
	if err != abi.OK {
		return err
	}
	r.OldLen = uint64(len(out))
	return r.L.Copyout(out, r.Old)
}

// path returns a string as fill_pathname does.
func (r *Req) path(s string) abi.Errno {
	b := append([]byte(s), 0)
	room := r.OldLen
	r.OldLen = uint64(len(b))
	if r.Old == 0 {
		return abi.OK
	}
	if err := r.L.Copyout(b[:min(uint64(len(b)), room)], r.Old); err != abi.OK {
		return err
	}
	if room < uint64(len(b)) {
		return abi.ENOSPC
	}
	return abi.OK
}

// kernFile2 is kern.file2.<op>.<arg>.<size of an element>.<number of elements>: open files, each once, or
// descriptors of a process (-1: of all). Errors: EINVAL, EOPNOTSUPP.
func kernFile2(r *Req) abi.Errno {
	if r.isQuery() {
		return r.Query()
	}
	if len(r.Name) != 4 || r.Name[2] < 1 || r.Name[3] < 0 {
		return abi.EINVAL
	}
	op, arg := r.Name[0], r.Name[1]
	if op != abi.KERN_FILE_BYFILE && op != abi.KERN_FILE_BYPID ||
		op == abi.KERN_FILE_BYFILE && arg != 0 || op == abi.KERN_FILE_BYPID && arg < -1 {
		return abi.EINVAL
	}
	count := uint64(r.Name[3])
	if r.Name[3] == math.MaxInt32 {
		count = math.MaxUint64
	}
	w := r.array(uint64(r.Name[2]), count)
	seen := map[*kern.File]bool{}
	for _, p := range r.L.K.AllProcs() {
		if arg > 0 && p.PID != arg || p.Zombie || !r.L.CanSee(p) {
			continue
		}
		for _, fd := range p.Fd.Fds() {
			f := p.Fd.Get(fd)
			if seen[f] && op == abi.KERN_FILE_BYFILE {
				continue
			}
			seen[f] = true
			if err := w.put(f.Kinfo(p, fd)); err != abi.OK {
				return err
			}
		}
	}
	r.OldLen = w.needed
	if r.Old == 0 {
		r.OldLen += abi.KERN_FILESLOP * w.elem
	}
	return abi.OK
}

func sysctlProc() []*Node {
	var limits []*Node
	for i, name := range kern.LimitNames {
		leaf := func(num int32, name string) *Node {
			return &Node{Num: num, Name: name, Desc: "The " + name + " limit", Flags: abi.CTLTYPE_QUAD | abi.CTLFLAG_ANYWRITE | abi.CTLFLAG_READWRITE, Func: procLimit}
		}
		limits = append(limits, NewNode(int32(i+1), name, "Limits of one resource",
			leaf(abi.PROC_PID_LIMIT_TYPE_SOFT, "soft"), leaf(abi.PROC_PID_LIMIT_TYPE_HARD, "hard")))
	}
	flag := func(num int32, name, desc string) *Node {
		return &Node{Num: num, Name: name, Desc: desc, Flags: abi.CTLTYPE_INT | abi.CTLFLAG_ANYWRITE | abi.CTLFLAG_READWRITE, Func: procStop}
	}
	return []*Node{NewNode(abi.PROC_CURPROC, "curproc", "Settings of a process",
		&Node{Num: abi.PROC_PID_CORENAME, Name: "corename", Desc: "Name of its core file",
			Flags: abi.CTLTYPE_STRING | abi.CTLFLAG_ANYWRITE | abi.CTLFLAG_READWRITE, Size: maxPathLen, Func: procCorename},
		NewNode(abi.PROC_PID_LIMIT, "rlimit", "Limits", limits...),
		flag(abi.PROC_PID_STOPFORK, "stopfork", "Whether it stops when it forks"),
		flag(abi.PROC_PID_STOPEXEC, "stopexec", "Whether it stops when it executes a program"),
		flag(abi.PROC_PID_STOPEXIT, "stopexit", "Whether it stops when it exits"),
		&Node{Num: procPidPaxflags, Name: "paxflags", Desc: "PaX features that it has", Flags: abi.CTLTYPE_INT, Func: procPaxflags},
	).with(abi.CTLFLAG_ANYNUMBER)}
}

// procPidPaxflags is PROC_PID_PAXFLAGS.
const procPidPaxflags = 6

// procPaxflags gives the flags of security.pax that exec gave the process (sysctl_proc_paxflags). Errors: those of
// namedProc.
func procPaxflags(r *Req) abi.Errno {
	p, err := r.namedProc()
	if err == abi.OK {
		_, err = r.Lookup(int32(p.Pax), false)
	}
	return err
}

// namedProc is the process in proc.<pid>… Errors: EINVAL, ESRCH.
func (r *Req) namedProc() (*kern.Proc, abi.Errno) {
	if len(r.Name) != 0 || len(r.Path) < 3 {
		return nil, abi.EINVAL
	}
	if r.Path[1] == abi.PROC_CURPROC {
		return r.L.Proc, abi.OK
	}
	return r.findProc(r.Path[1])
}

func procLimit(r *Req) abi.Errno {
	p, err := r.namedProc()
	if err != abi.OK {
		return err
	}
	which := int(r.Path[len(r.Path)-2]) - 1
	lim := p.Limits[which]
	v := &lim.Cur
	if r.Node.Num == abi.PROC_PID_LIMIT_TYPE_HARD {
		v = &lim.Max
	}
	nv, err := r.Lookup(*v, true)
	if err != abi.OK || nv == nil {
		return err
	}
	*v = nv.(uint64)
	return p.SetLimit(r.L.Proc.Cred, which, lim)
}

// procCorename is the pattern of a process's core file (sysctl_proc_corename). Errors: EPERM; EINVAL for what does
// not end in a component "core" or ".core".
func procCorename(r *Req) abi.Errno {
	p, err := r.namedProc()
	if err != abi.OK {
		return err
	}
	if !r.L.MayTrace(p) {
		return abi.EPERM
	}
	v, err := r.Lookup(p.CoreName(), true)
	if err != abi.OK || v == nil {
		return err
	}
	name := v.(string)
	head, ok := strings.CutSuffix(name, "core")
	if !ok || head != "" && !strings.HasSuffix(head, "/") && !strings.HasSuffix(head, ".") {
		return abi.EINVAL
	}
	p.SetCoreName(name)
	return abi.OK
}

// procStop is one of the flags stopfork, stopexec and stopexit, which a debugger would set. Only stopexec can be
// on. Errors: ESRCH, EPERM, EOPNOTSUPP.
func procStop(r *Req) abi.Errno {
	p, err := r.namedProc()
	if err != abi.OK {
		return err
	}
	var v int32
	isExec := r.Node.Num == abi.PROC_PID_STOPEXEC
	if isExec && p.Flags&kern.PFStopExec != 0 {
		v = 1
	}
	nv, err := r.Lookup(v, true)
	if err != abi.OK || nv == nil {
		return err
	}
	switch on := nv.(int32) != 0; {
	case !r.L.MayTrace(p):
		return abi.EPERM
	case !isExec && on:
		return abi.EOPNOTSUPP
	case on:
		p.Flags |= kern.PFStopExec
	case isExec:
		p.Flags &^= kern.PFStopExec
	}
	return abi.OK
}
