/* The table of translations grows by itself; starting at its full size of 2 MiB costs a third of a
 * millisecond in each new engine. */
#include_next "exec/tb-context.h"
#undef CODE_GEN_HTABLE_BITS
#define CODE_GEN_HTABLE_BITS 12
