#include_next "exec/exec-all.h"
#ifndef NB_EXEC_ALL_H
#define NB_EXEC_ALL_H
/*
 * Memory hooks are not used here. Where Unicorn asks for them it would look through the TLB for the page of a new
 * block (tb_gen_code), and let stores to a page go unnoticed from now on (notdirty_write): nb_code.inc.c knows when.
 */
#define uc_mem_hook_installed(uc, pa) true
#endif
