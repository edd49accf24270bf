package early

// #include "early_linux.h"
import "C"

// Kept has a bit for each capability of the host's root that nbemu keeps.
func Kept() uint64 { return uint64(C.nb_kept_capabilities) }

// Walled reports whether all threads have no capabilities but the kept ones and get no new privileges. It is false
// where the command line left a doubt whether they should.
func Walled() bool { return C.nb_walled != 0 }

// moved: on Linux variables of Go's runtime were told apart before it read them.
const moved = true
