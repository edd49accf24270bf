/* For targets with 32-bit addresses and a fixed page size. Their page mask is an unsigned 32-bit number in
 * Unicorn, which cuts physical addresses; as a signed one it keeps the upper bits. */
#include_next "exec/cpu-all.h"
#undef TARGET_PAGE_MASK
#define TARGET_PAGE_MASK ((target_long)-1 << TARGET_PAGE_BITS)
