package linux

import (
	"nbemu/abi"
	"nbemu/kern"
)

// Commands of membarrier.
const (
	mbGlobal           = 1 << 0
	mbGlobalExp        = 1 << 1
	mbRegisterGlobal   = 1 << 2
	mbPrivateExp       = 1 << 3
	mbRegisterPrivate  = 1 << 4
	mbPrivateSync      = 1 << 5
	mbRegisterSync     = 1 << 6
	mbPrivateRseq      = 1 << 7
	mbRegisterRseq     = 1 << 8
	mbGetRegistrations = 1 << 9

	// mbFlagCPU: only who runs on this CPU (MEMBARRIER_CMD_FLAG_CPU).
	mbFlagCPU = 1

	mbAll = mbGlobal | mbGlobalExp | mbRegisterGlobal | mbPrivateExp | mbRegisterPrivate | mbPrivateSync | mbRegisterSync | mbPrivateRseq | mbRegisterRseq | mbGetRegistrations
)

// sysMembarrier is membarrier(cmd, flags, cpu): every thread that a command is about has left its instructions once when
// it returns, which is a barrier of any kind. Errors: EINVAL; EPERM without registration.
func sysMembarrier(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	cmd, cpu := int32(a[0]), int32(-1)
	switch {
	case uint32(a[1]) == 0:
	case cmd == mbPrivateRseq && uint32(a[1]) == mbFlagCPU:
		cpu = int32(a[2])
	default:
		return ret(abi.EINVAL)
	}
	if machineOf(l).noRseq && cmd&(mbPrivateRseq|mbRegisterRseq) != 0 {
		return ret(abi.EINVAL)
	}
	d := procdata(l.Proc)
	switch cmd {
	case 0: // MEMBARRIER_CMD_QUERY
		if machineOf(l).noRseq {
			return retInt(mbAll &^ (mbPrivateRseq | mbRegisterRseq))
		}
		return retInt(mbAll)
	case mbGlobal:
		for _, p := range l.K.Procs() {
			if p.VM != nil {
				p.VM.Barrier()
			}
		}
	case mbGlobalExp:
		for _, p := range l.K.Procs() {
			if o, ok := p.EmulData.(*procData); ok && p.VM != nil && o.barriers&mbRegisterGlobal != 0 {
				p.VM.Barrier()
			}
		}
	case mbRegisterGlobal, mbRegisterPrivate, mbRegisterSync, mbRegisterRseq:
		d.barriers |= uint32(cmd)
	case mbPrivateExp, mbPrivateSync:
		if d.barriers&uint32(cmd<<1) == 0 {
			return ret(abi.EPERM)
		}
		l.Proc.VM.Barrier()
	case mbPrivateRseq:
		if d.barriers&mbRegisterRseq == 0 {
			return ret(abi.EPERM)
		}
		l.ResumeOthers(cpu)
	case mbGetRegistrations:
		return retInt(int64(d.barriers))
	default:
		return ret(abi.EINVAL)
	}
	return ret(abi.OK)
}
