/* See exec/cpu-defs.h. */
#if defined(I386_CPU_H) && !defined(NB_X86_ALIGNED)
#define NB_X86_ALIGNED
#undef ZMMReg
#endif
#include_next "exec/cpu-all.h"
