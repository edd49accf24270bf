package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
)

// Processor sets (sys_pset.c). They are the super-user's, but for questions with PS_QUERY.

// sysPsetCreate is pset_create(psid *). Errors: EPERM, ENOMEM, EFAULT.
func sysPsetCreate(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if !l.Proc.Cred.IsRoot() {
		return retErr(abi.EPERM)
	}
	id, err := l.K.PsetCreate()
	if err != abi.OK {
		return retErr(err)
	}
	if err = l.CopyoutInt32(a[0], id); err != abi.OK {
		_ = l.PsetDestroy(id)
	}
	return retErr(err)
}

// sysPsetDestroy is pset_destroy(psid). Errors: EPERM, EINVAL.
func sysPsetDestroy(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if !l.Proc.Cred.IsRoot() {
		return retErr(abi.EPERM)
	}
	return retErr(l.PsetDestroy(int32(a[0])))
}

// outPset tells in which set a CPU or an LWP was.
func outPset(l *kern.LWP, va uint64, old int32, err abi.Errno) (kern.Retval, abi.Errno) {
	if err == abi.OK && va != 0 {
		err = l.CopyoutInt32(va, old)
	}
	return retErr(err)
}

// sysPsetAssign is pset_assign(psid, cpu, old *). Errors: EPERM, EINVAL, EBUSY, EFAULT.
func sysPsetAssign(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	id := int32(a[0])
	if id != kern.PSQuery && !l.Proc.Cred.IsRoot() {
		return retErr(abi.EPERM)
	}
	old, err := l.PsetAssign(id, a[1])
	return outPset(l, a[2], old, err)
}

// sysPsetBind is _pset_bind(idtype, id, id2, psid, old *): of a process, or of the LWP id of process id2. Errors: EPERM,
// EINVAL, ESRCH, EFAULT.
func sysPsetBind(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	const myID = -1 // P_MYID
	id := int32(a[3])
	if id != kern.PSQuery && !l.Proc.Cred.IsRoot() {
		return retErr(abi.EPERM)
	}
	if _, err := l.PsetBind(nil, id); err != abi.OK {
		return retErr(err)
	}
	pid, lid := int32(a[1]), int32(0)
	switch int32(a[0]) {
	case abi.P_PID:
	case abi.P_LWPID:
		if pid, lid = int32(a[2]), int32(a[1]); lid == myID {
			pid, lid = myID, l.ID
		}
	default:
		return retErr(abi.EINVAL)
	}
	p := l.Proc
	if pid != myID {
		if p = l.K.Pfind(pid); p == nil {
			return retErr(abi.ESRCH)
		}
	}
	var lwps []*kern.LWP
	for _, t := range p.LWPs {
		if t.Live() && (lid == 0 || t.ID == lid) {
			lwps = append(lwps, t)
		}
	}
	if len(lwps) == 0 {
		return retErr(abi.ESRCH)
	}
	old, err := l.PsetBind(lwps, id)
	return outPset(l, a[4], old, err)
}
