package kern

import "nbemu/abi"

// SchedParam is an LWP's scheduling class and priority as _sched_setparam(2) set them. The scheduler treats
// all LWPs alike; what is set is kept, for programs that look at it.
type SchedParam struct {
	Policy   int32 // SCHED_OTHER, SCHED_FIFO or SCHED_RR
	Priority int32 // of the real-time classes: 0 to SchedPriMax
	depth    int   // of _sched_protect
	protect  int32
}

// inherit gives a new LWP its creator's class and priority (lwp_create).
func (s *SchedParam) inherit(from *SchedParam) { s.Policy, s.Priority = from.Policy, from.Priority }

// Priorities of the real-time classes.
const (
	SchedPriMin = 0
	SchedPriMax = 63
)

// SchedParam returns what SetSchedParam set.
func (l *LWP) SchedParam() SchedParam { return l.schedParam }

// SetSchedParam sets class and priority. Preconditions: they are valid together.
func (l *LWP) SetSchedParam(policy, priority int32) {
	l.schedParam.Policy, l.schedParam.Priority = policy, priority
}

// SchedProtect raises the priority while a mutex with a ceiling is held (_sched_protect(2)); -1 ends one such
// stretch, other negative numbers ask for the priority. Errors: EINVAL, ENOENT, EPERM when the LWP's own
// priority is higher or the number is none.
func (l *LWP) SchedProtect(pri int32) (int32, abi.Errno) {
	s := &l.schedParam
	switch {
	case pri == -1:
		if s.depth == 0 {
			return 0, abi.EINVAL
		}
		if s.depth--; s.depth == 0 {
			s.protect = 0
		}
	case pri < 0:
		if s.depth == 0 {
			return 0, abi.ENOENT
		}
		return s.protect, abi.OK
	case pri > SchedPriMax || s.Policy != abi.SCHED_OTHER && s.Priority > pri:
		return 0, abi.EPERM
	default:
		s.depth++
		s.protect = max(s.protect, pri)
	}
	return 0, abi.OK
}
