#include_next "exec/tb-lookup.h"
#ifndef NB_TB_LOOKUP_H
#define NB_TB_LOOKUP_H
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
