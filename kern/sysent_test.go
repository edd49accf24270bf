package kern

import (
	"testing"

	"nbemu/abi"
)

// TestRestingCall: a call that ends because the machine rests is made again, whether somebody looks at calls or nobody.
func TestRestingCall(t *testing.T) {
	for _, seen := range []bool{false, true} {
		k := New()
		l := &LWP{K: k, Proc: &Proc{K: k, Emul: &Emul{Sysent: []Sysent{{Call: func(*LWP, *Args) (Retval, abi.Errno) {
			return Retval{}, abi.EINTR
		}}}}}}
		k.seen, k.rest.resting = seen, true
		k.lock.Lock()
		if _, err := l.Invoke(0, &l.Args); err != abi.ERESTART {
			t.Errorf("seen %v: %v", seen, err)
		}
		k.rest.resting = false
		if _, err := l.Invoke(0, &l.Args); err != abi.EINTR {
			t.Errorf("seen %v, at work: %v", seen, err)
		}
		k.lock.Unlock()
	}
}
