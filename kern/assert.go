package kern

import (
	"os"
	"strings"
)

// checkLocks has assertLocked look: in test binaries, and in nbemu with NBEMU_LOCKCHECK in its environment.
var checkLocks = strings.HasSuffix(os.Args[0], ".test") || os.Getenv("NBEMU_LOCKCHECK") != ""

// assertLocked panics if nobody holds the kernel lock, where checkLocks says to look.
func (k *Kernel) assertLocked() {
	if checkLocks {
		k.checkLocked()
	}
}

func (k *Kernel) checkLocked() {
	if k.lock.TryLock() {
		k.lock.Unlock()
		panic("kern: the kernel lock is not held")
	}
}
