#ifndef NB_TB_LOOKUP_H
#define NB_TB_LOOKUP_H
/* Replaces Unicorn's header of this name: which translation goes on where the processor is. */
#include "cpu.h"
#include "exec/exec-all.h"
#include "exec/tb-hash.h"

/* Apart, so that the usual way needs no registers of its caller's. Looking for the page may cause an exception. */
static __attribute__((noinline)) TranslationBlock *
nb_lookup_miss(CPUState *cpu, target_ulong pc, target_ulong cs_base, uint32_t flags, uint32_t cf_mask)
{
    TranslationBlock *tb = tb_htable_lookup(cpu, pc, cs_base, flags,
                                            cf_mask | (uint32_t)cpu->cluster_index << CF_CLUSTER_SHIFT);
    if (tb && NB_JUMP_PLAIN(cs_base) && NB_JUMP_CFLAGS(cf_mask))
        nb_jump_enter(nb_jumps(cpu), tb);
    return tb;
}

/* The entry for where the processor is, or one without code. */
static inline const struct nb_jump *nb_lookup(CPUState *cpu, target_ulong *pc, target_ulong *cs_base, uint32_t *flags,
                                              uint32_t cf_mask)
{
    static const struct nb_jump none;
    struct nb_jumps *jumps = nb_jumps(cpu);
    const struct nb_jump *j;

    cpu_get_tb_cpu_state(&container_of(cpu, ArchCPU, parent_obj)->env, pc, cs_base, flags);
    j = nb_jump_at(jumps, *pc);
    if (likely(j->pc == *pc && j->how == (nb_jump_how(*flags, cf_mask) | jumps->flush) &&
               NB_JUMP_BASE(j, *cs_base) && NB_JUMP_CFLAGS(cf_mask)))
        return j;
    return &none;
}

static inline TranslationBlock *tb_lookup__cpu_state(CPUState *cpu, target_ulong *pc, target_ulong *cs_base,
                                                     uint32_t *flags, uint32_t cf_mask)
{
    const struct nb_jump *j = nb_lookup(cpu, pc, cs_base, flags, cf_mask &= ~CF_CLUSTER_MASK);

    return likely(j->code) ? j->tb : nb_lookup_miss(cpu, *pc, *cs_base, *flags, cf_mask);
}

/* The helper of this name that translated code calls is in nb_common.inc.c. */
#ifndef NB_LOOKUP_TB_PTR
#define lookup_tb_ptr glue(nb_unused_lookup, UNICORN_ARCH_POSTFIX)
#endif

/*
 * cpu_exec clears the flag by which others have blocks end the run, and then looks for their request. Unicorn has left
 * out the barrier between the two: the host may look first, and clear what came meanwhile, which is lost. This is the
 * last of QEMU's headers for it: its one use of cpu_neg in cpu_handle_interrupt clears another field of no use.
 */
static inline CPUNegativeOffsetState *nb_exit_clear(CPUState *cpu)
{
    uint16_t *high = &cpu_neg(cpu)->icount_decr.u16.high;
    if (unlikely(__atomic_load_n(high, __ATOMIC_ACQUIRE)))
        __atomic_exchange_n(high, 0, __ATOMIC_SEQ_CST);
    return (CPUNegativeOffsetState *)((char *)&cpu->icount_extra - offsetof(CPUNegativeOffsetState, icount_decr));
}
#define cpu_neg(cpu) (sizeof(__func__) == sizeof("cpu_handle_interrupt") ? nb_exit_clear(cpu) : (cpu_neg)(cpu))
#endif
