package cpu

/*
#include "nb.h"
#include <unicorn/unicorn.h>
*/
import "C"

import "strconv"

// Numbers that nb.h and Go both state. Where they differ, the index is out of range and the package does not compile.
var _ [8]struct{} = [...]struct{}{
	[1]struct{}{}[TrapStop-C.NB_TRAP_STOP],
	[1]struct{}{}[TrapSyscall-C.NB_TRAP_SYSCALL],
	[1]struct{}{}[TrapFault-C.NB_TRAP_FAULT],
	[1]struct{}{}[TrapException-C.NB_TRAP_EXCP],
	[1]struct{}{}[TrapStep-C.NB_TRAP_STEP],
	[1]struct{}{}[len(Context{}.R)-C.NB_NREG],
	[1]struct{}{}[len(Context{}.FP)-C.NB_FPSIZE],
	[1]struct{}{}[BlockTime-C.NB_BLOCK_NS],
}

// Version is libunicorn's, as its header has it.
func Version() string {
	return strconv.Itoa(C.UC_VERSION_MAJOR) + "." + strconv.Itoa(C.UC_VERSION_MINOR) + "." + strconv.Itoa(C.UC_VERSION_PATCH)
}
