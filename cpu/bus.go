package cpu

/*
#cgo CFLAGS: -I${SRCDIR}/engine
#include <stdint.h>
int nb_crash_init(void);
int nb_bus_init(uintptr_t base, uint64_t size, uintptr_t flags, uintptr_t log);
*/
import "C"

import (
	"errors"

	"nbemu/mem"
)

var notReady = setUp()

// Ready says why no guest can run in this process, if none can. Nothing else of this package or mem may be called then.
func Ready() error { return notReady }

// setUp installs the handlers of the host's signals. Accesses to pages of files that the host does not have any more
// are the guest's SIGBUS, see bus.c.
func setUp() error {
	if err := mem.Ready(); err != nil {
		return err
	}
	base, size, flags := mem.Arena()
	if C.nb_bus_init(C.uintptr_t(base), C.uint64_t(size), C.uintptr_t(flags), C.uintptr_t(mem.BusLog())) != 0 {
		return errors.New("cannot install a handler of SIGBUS")
	}
	if C.nb_crash_init() != 0 {
		return errors.New("cannot install handlers of host exceptions")
	}
	return nil
}
