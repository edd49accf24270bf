#include_next "exec/exec-all.h"
#ifndef NB_EXEC_ALL_H
#define NB_EXEC_ALL_H
/*
 * Memory hooks are not used here. Where Unicorn asks for them it would look through the TLB for the page of a new
 * block (tb_gen_code), and let stores to a page go unnoticed from now on (notdirty_write): nb_code.inc.c knows when.
 */
#define uc_mem_hook_installed(uc, pa) true

/*
 * tb_gen_code, whose name has the target's at its end, asks for the frame of a block before it reads instructions, and for
 * that of the next page after it has.
 */
#define NB_NAME_OF(f) #f
#define NB_NAME(f) NB_NAME_OF(f)
#define nb_code_page glue(nb_code_page, UNICORN_ARCH_POSTFIX)
void nb_code_page(ram_addr_t pa, bool read);
#undef get_page_addr_code
#define get_page_addr_code(env, va) \
    ({ \
        tb_page_addr_t nb_pa = glue(get_page_addr_code, UNICORN_ARCH_POSTFIX)(env, va); \
        if (__builtin_strcmp(__func__, NB_NAME(tb_gen_code)) == 0) \
            nb_code_page(nb_pa, sizeof(#va) == sizeof("virt_page2")); \
        nb_pa; \
    })

/*
 * Whether blocks are for a processor that runs beside others with the same memory (CF_PARALLEL), which Unicorn's never
 * do: a field that nothing else uses says so. All who ask have a variable of the name cpu.
 */
#define nb_parallel unplug
#define curr_cflags() ((uint32_t)(cpu)->nb_parallel * CF_PARALLEL)

#ifdef USE_TCG_OPTIMIZATIONS /* tcg.c alone says so */
#include "nb_slow.h"
#endif
#endif
