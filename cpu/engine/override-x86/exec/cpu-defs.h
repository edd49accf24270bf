#include_next "exec/cpu-defs.h"
/*
 * What cpu.h includes before it describes the processor, whose vector registers code accesses by 16 bytes at a time. The
 * type gets its alignment where it is defined; exec/cpu-all.h is what cpu.h includes afterwards.
 */
#if defined(I386_CPU_H) && !defined(NB_X86_ALIGNED)
#define ZMMReg __attribute__((aligned(16))) ZMMReg
#endif
