/* Instructions that read a clock, and the TLB's idea of when to shrink, go by the virtual clock while blocks are
 * counted; see nb_vclock.h. */
#ifndef NB_TIMER_H
#define NB_TIMER_H
#include_next "qemu/timer.h"
#include "nb_vclock.h"

static inline int64_t nb_get_clock(void)
{
    return nb_vclock.on ? nb_vclock_ns() : get_clock();
}

static inline int64_t nb_get_clock_realtime(void)
{
    return nb_vclock.on ? nb_vclock_ns() : get_clock_realtime();
}

static inline int64_t nb_get_host_ticks(void)
{
    return nb_vclock.on ? nb_vclock_ns() : cpu_get_host_ticks();
}

static inline int64_t nb_clock_get_ns(QEMUClockType type)
{
    return nb_vclock.on ? nb_vclock_ns() : qemu_clock_get_ns(type);
}

#define get_clock nb_get_clock
#define get_clock_realtime nb_get_clock_realtime
#define cpu_get_host_ticks nb_get_host_ticks
#define qemu_clock_get_ns nb_clock_get_ns
#endif
