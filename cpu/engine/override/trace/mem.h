/*
 * cputlb.c includes this last of what it takes from QEMU's headers, and is the only file that does and keeps account
 * of code pages: here its bookkeeping becomes ours (nb_code.inc.c). Unicorn has none of QEMU's dirty bits: it makes
 * every page's first store take the slow way, and looks through the whole TLB for the page of each new block, by
 * virtual address.
 */
#include_next "trace/mem.h"
#ifndef NB_TRACE_MEM_H
#define NB_TRACE_MEM_H
#include "exec/exec-all.h"

#define nb_code_first glue(nb_code_first, UNICORN_ARCH_POSTFIX)
#define nb_code_none glue(nb_code_none, UNICORN_ARCH_POSTFIX)
#define nb_code_in glue(nb_code_in, UNICORN_ARCH_POSTFIX)
#define nb_code_store glue(nb_code_store, UNICORN_ARCH_POSTFIX)
void nb_code_first(ram_addr_t pa);
void nb_code_none(ram_addr_t pa);
bool nb_code_in(ram_addr_t pa);
void nb_code_store(CPUState *cpu, vaddr va, ram_addr_t pa, int len, uintptr_t retaddr);

/* tlb_protect_code: a page gets its first translation */
#define cpu_physical_memory_test_and_clear_dirty(pa, len, client) nb_code_first(pa)
/* tlb_unprotect_code: it lost its last one */
#define cpu_physical_memory_set_dirty_flag(pa, client) nb_code_none(pa)
/* tlb_set_page: whether stores must ask */
#define cpu_physical_memory_is_clean(pa) nb_code_in(pa)
/* notdirty_write: they do */
#define tb_invalidate_phys_page_fast(uc, pages, pa, len, retaddr) nb_code_store(cpu, mem_vaddr, pa, len, retaddr)
#endif
