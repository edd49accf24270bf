package cpu

/*
#cgo CFLAGS: -I${SRCDIR}/engine
#include <stdint.h>
int nb_crash_init(void);
int nb_bus_init(uintptr_t base, uint64_t size, uintptr_t flags, uintptr_t log);
*/
import "C"

import (
	"fmt"
	"os"

	"nbemu/mem"
)

// Accesses to pages of files that the host does not have any more are the guest's SIGBUS, see bus.c.
func init() {
	base, size, flags := mem.Arena()
	if C.nb_bus_init(C.uintptr_t(base), C.uint64_t(size), C.uintptr_t(flags), C.uintptr_t(mem.BusLog())) != 0 {
		fmt.Fprintln(os.Stderr, "nbemu: cannot install a handler of SIGBUS")
		os.Exit(126)
	}
	if C.nb_crash_init() != 0 {
		fmt.Fprintln(os.Stderr, "nbemu: cannot install handlers of host exceptions")
		os.Exit(126)
	}
}
