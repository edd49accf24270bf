/*
 * Helpers of translated code for processors that run beside others (CF_PARALLEL): exchange, minimum and maximum, which
 * Unicorn has made of a load and a store (override/trace/mem.h).
 */
#include "exec/helper-proto.h"

/* The host's address for an access that loads and stores. What cannot be done in one piece is done alone. */
static inline void *nb_atomic_addr(CPUArchState *env, target_ulong addr, TCGMemOpIdx oi, unsigned size, uintptr_t ra)
{
    unsigned bits = get_alignment_bits(get_memop(oi));
    void *p;

    if (unlikely(addr & (((target_ulong)1 << bits) - 1)))
        cpu_unaligned_access(env_cpu(env), addr, MMU_DATA_STORE, get_mmuidx(oi), ra);
    if (unlikely(addr & (size - 1)))
        cpu_loop_exit_atomic(env_cpu(env), ra);
    p = probe_access(env, addr, size, MMU_DATA_STORE, get_mmuidx(oi), ra);
    if (unlikely(!p))
        cpu_loop_exit_atomic(env_cpu(env), ra);
    return p;
}

#define NB_SAME(x) (x)
#define NB_MIN(a, b) ((a) < (b) ? (a) : (b))
#define NB_MAX(a, b) ((a) > (b) ? (a) : (b))

/* An operation that the host has no instruction for; the value that is returned is the old or the new one. */
#define NB_ATOMIC_LOOP(name, suffix, unsigned_t, value_t, abi_t, swap, op, result) \
    abi_t HELPER(glue(atomic_##name, suffix))(CPUArchState *env, target_ulong addr, abi_t val, TCGMemOpIdx oi) \
    { \
        unsigned_t *p = nb_atomic_addr(env, addr, oi, sizeof *p, GETPC()); \
        unsigned_t had = __atomic_load_n(p, __ATOMIC_RELAXED); \
        value_t old, new; \
        do { \
            old = (value_t)swap(had); \
            new = op(old, (value_t)val); \
        } while (!__atomic_compare_exchange_n(p, &had, swap((unsigned_t)new), false, __ATOMIC_SEQ_CST, \
                                              __ATOMIC_RELAXED)); \
        return (unsigned_t)result; \
    }

#define NB_ATOMIC(suffix, unsigned_t, signed_t, abi_t, swap) \
    abi_t HELPER(glue(atomic_xchg, suffix))(CPUArchState *env, target_ulong addr, abi_t val, TCGMemOpIdx oi) \
    { \
        unsigned_t *p = nb_atomic_addr(env, addr, oi, sizeof *p, GETPC()); \
        return swap(__atomic_exchange_n(p, swap((unsigned_t)val), __ATOMIC_SEQ_CST)); \
    } \
    NB_ATOMIC_LOOP(fetch_smin, suffix, unsigned_t, signed_t, abi_t, swap, NB_MIN, old) \
    NB_ATOMIC_LOOP(fetch_umin, suffix, unsigned_t, unsigned_t, abi_t, swap, NB_MIN, old) \
    NB_ATOMIC_LOOP(fetch_smax, suffix, unsigned_t, signed_t, abi_t, swap, NB_MAX, old) \
    NB_ATOMIC_LOOP(fetch_umax, suffix, unsigned_t, unsigned_t, abi_t, swap, NB_MAX, old) \
    NB_ATOMIC_LOOP(smin_fetch, suffix, unsigned_t, signed_t, abi_t, swap, NB_MIN, new) \
    NB_ATOMIC_LOOP(umin_fetch, suffix, unsigned_t, unsigned_t, abi_t, swap, NB_MIN, new) \
    NB_ATOMIC_LOOP(smax_fetch, suffix, unsigned_t, signed_t, abi_t, swap, NB_MAX, new) \
    NB_ATOMIC_LOOP(umax_fetch, suffix, unsigned_t, unsigned_t, abi_t, swap, NB_MAX, new)

#ifdef HOST_WORDS_BIGENDIAN
#error "which byte order is the host's own is written down here"
#endif
NB_ATOMIC(b, uint8_t, int8_t, uint32_t, NB_SAME)
NB_ATOMIC(w_le, uint16_t, int16_t, uint32_t, NB_SAME)
NB_ATOMIC(w_be, uint16_t, int16_t, uint32_t, bswap16)
NB_ATOMIC(l_le, uint32_t, int32_t, uint32_t, NB_SAME)
NB_ATOMIC(l_be, uint32_t, int32_t, uint32_t, bswap32)
NB_ATOMIC(q_le, uint64_t, int64_t, uint64_t, NB_SAME)
NB_ATOMIC(q_be, uint64_t, int64_t, uint64_t, bswap64)
