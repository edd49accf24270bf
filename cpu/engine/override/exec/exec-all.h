#include_next "exec/exec-all.h"
#ifndef NB_EXEC_ALL_H
#define NB_EXEC_ALL_H
/*
 * Memory hooks are not used here. Where Unicorn asks for them it would look through the TLB for the page of a new
 * block (tb_gen_code), and let stores to a page go unnoticed from now on (notdirty_write): nb_code.inc.c knows when.
 */
#define uc_mem_hook_installed(uc, pa) true

/*
 * Whether blocks are for a processor that runs beside others with the same memory (CF_PARALLEL), which Unicorn's never
 * do: a field that nothing else uses says so. All who ask have a variable of the name cpu.
 */
#define nb_parallel unplug
#define curr_cflags() ((uint32_t)(cpu)->nb_parallel * CF_PARALLEL)
#endif
