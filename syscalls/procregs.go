package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

func init() { vfs.ProcRegs = procRegs }

// procRegs is what regs or fpregs of a process in procfs says (process_doregs, process_dofpregs). Errors: EBUSY, of a
// process that runs elsewhere; EINVAL.
func procRegs(l *kern.LWP, p *kern.Proc, set string) ([]byte, abi.Errno) {
	lt := p.FirstLWP()
	switch {
	case lt == nil:
		return nil, abi.ESRCH
	case p == l.Proc:
		lt = l
	case lt.Stat() == abi.LSONPROC:
		return nil, abi.EBUSY
	}
	rs, err := tracedRegset(l.Proc, p)
	if err != abi.OK {
		return nil, err
	}
	for _, s := range rs.Sets() {
		if s.Name == set {
			b := make([]byte, s.Size)
			s.Read(lt, b)
			return b, abi.OK
		}
	}
	return nil, abi.EINVAL
}
