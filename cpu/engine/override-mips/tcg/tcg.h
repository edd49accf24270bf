/* Unicorn's mips translator takes a temporary for every instruction and never gives it back; a block of more
 * than some 500 instructions without a branch would use up more than there are. Shorter blocks do no harm. */
#include_next "tcg/tcg.h"
#undef TCG_MAX_INSNS
#define TCG_MAX_INSNS 128
