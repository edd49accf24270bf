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
#include "nb_jump.h"

#undef get_page_addr_code
#define get_page_addr_code glue(get_page_addr_code, UNICORN_ARCH_POSTFIX) /* which this file defines */

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

/* The jump cache: all of it, and one page's. */
#define cpu_tb_jmp_cache_clear(cpu) nb_jump_flush(nb_jumps(cpu))
#undef tb_flush_jmp_cache
#define tb_flush_jmp_cache(cpu, va) nb_jump_flush_page(nb_jumps(cpu), va)

/*
 * These helpers are not atomic in Unicorn's atomic_template.h, which pastes their names together: there they get other
 * names, and nb_atomic.inc.c has those that are called.
 */
#define NB_PLAIN3(arch, op) nb_plain##arch##_##op
#define NB_PLAIN2(arch, op) NB_PLAIN3(arch, op)
#define NB_PLAIN(op) NB_PLAIN2(UNICORN_ARCH_POSTFIX, op)
#undef atomic_xchg
#define atomic_xchg NB_PLAIN(xchg)
#define atomic_fetch_smin NB_PLAIN(fetch_smin)
#define atomic_fetch_umin NB_PLAIN(fetch_umin)
#define atomic_fetch_smax NB_PLAIN(fetch_smax)
#define atomic_fetch_umax NB_PLAIN(fetch_umax)
#define atomic_smin_fetch NB_PLAIN(smin_fetch)
#define atomic_umin_fetch NB_PLAIN(umin_fetch)
#define atomic_smax_fetch NB_PLAIN(smax_fetch)
#define atomic_umax_fetch NB_PLAIN(umax_fetch)
#endif
