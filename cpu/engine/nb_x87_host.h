#ifndef NB_X87_HOST_H
#define NB_X87_HOST_H
/*
 * The x87's arithmetic by the host's own, where that is an x86 processor: results, exceptions and what is left of a
 * result that did not fit are the processor's. softfloat takes longer, does not know about denormal operands, and its
 * functions for sines and logarithms are the C library's of double precision.
 *
 * The host's control word is that of the C compiler's world, all exceptions masked. An instruction of a program that has
 * not masked all gets the program's word; what it then raises is cleared before the host's processor would report it.
 */
#include "nb_x87.h"
/* Condition bits that instructions change. */
#define NB_X87_QUOTIENT 0x4700
#define NB_X87_RANGE 0x600
#define NB_X87_ORDER 0x14700 /* and one that is none */
#define NB_X87_INLINE static inline __attribute__((always_inline))
#define NB_X87_HOSTCW 0x37f

/* Exceptions that the host's status word has on this thread, maybe. A word that has none is asked for only when these
 * would be new to the program: clearing takes longer than adding. */
extern __thread uint32_t nb_x87_sticky __attribute__((tls_model("initial-exec")));

NB_X87_INLINE void nb_x87_clear(void)
{
    __asm__ volatile("fnclex");
}

NB_X87_INLINE void nb_x87_loadcw(uint16_t cw)
{
    __asm__ volatile("fldcw %0" : : "m"(cw));
}

/* Rounding and precision of the program's control word are not the host's. */
NB_X87_INLINE bool nb_x87_special(CPUX86State *e)
{
    return unlikely((e->fpuc & 0xf00) != (NB_X87_HOSTCW & 0xf00));
}

NB_X87_INLINE void nb_x87_enter(CPUX86State *e, bool unmasked)
{
    if (unlikely(unmasked || nb_x87_sticky & ~e->fpus)) {
        nb_x87_clear();
        nb_x87_sticky = 0;
    }
    if (unmasked)
        nb_x87_loadcw((e->fpuc & 0xf3f) | 0x40);
    else if (nb_x87_special(e))
        nb_x87_loadcw(e->fpuc | NB_X87_ALL);
}

/* sw is the host's status word after the instruction, cc the condition bits that the instruction changes. */
NB_X87_INLINE void nb_x87_leave(CPUX86State *e, uint32_t sw, uint32_t cc, bool unmasked, bool stores, uintptr_t ra)
{
    uint32_t f = sw & NB_X87_ALL;

    if (unmasked || nb_x87_special(e))
        nb_x87_loadcw(NB_X87_HOSTCW);
    if (unmasked) {
        if (unlikely(f & ~e->fpuc)) {
            /* Also where nothing is computed the direction of rounding is told, and that there is no order. */
            cc &= cc == NB_X87_ORDER ? cc : NB_X87_C1;
            e->fpus = (e->fpus & ~cc) | (sw & cc);
            nb_x87_trap(e, f, stores, ra);
        }
    } else {
        nb_x87_sticky = f;
    }
    e->fpus = (e->fpus & ~cc) | (sw & cc) | f;
}

/* What is left in the host's registers, of which only this file uses any. */
#define NB_X87_TOP(sw) ((sw) >> 11 & 7)
#define NB_X87_DROP() __asm__ volatile("fstp %%st(0)" ::: "st")

/* r = op of a, the top of the stack, and b below it; op may take one of the two off. There is no quotient with a NaN. */
#define NB_X87_BINARY(name, op, cc) \
    NB_X87_INLINE floatx80 nb_x87_##name##_as(CPUX86State *e, floatx80 a, floatx80 b, bool unmasked, uintptr_t ra) \
    { \
        uint16_t sw; \
        floatx80 r; \
        r.high = 0; \
        nb_x87_enter(e, unmasked); \
        if (unmasked) \
            __asm__ volatile("fldt %3; fldt %2; " op "; fnstsw %%ax; fnclex; fstpt %1" \
                             : "=a"(sw), "=m"(r) : "m"(a), "m"(b) : "st", "st(1)"); \
        else \
            __asm__ volatile("fldt %3; fldt %2; " op "; fnstsw %%ax; fstpt %1" \
                             : "=a"(sw), "=m"(r) : "m"(a), "m"(b) : "st", "st(1)"); \
        if (NB_X87_TOP(sw) == 6) \
            NB_X87_DROP(); \
        nb_x87_leave(e, sw, (cc) == NB_X87_QUOTIENT && floatx80_is_any_nan(r) ? 0 : (cc), unmasked, false, ra); \
        return r; \
    } \
    static __attribute__((cold, noinline, unused)) floatx80 nb_x87_##name##_slow(CPUX86State *e, floatx80 a, floatx80 b, uintptr_t ra) \
    { \
        return nb_x87_##name##_as(e, a, b, true, ra); \
    } \
    NB_X87_INLINE floatx80 nb_x87_##name(CPUX86State *e, floatx80 a, floatx80 b, uintptr_t ra) \
    { \
        return unlikely(nb_x87_unmasked(e->fpuc)) ? nb_x87_##name##_slow(e, a, b, ra) : nb_x87_##name##_as(e, a, b, false, ra); \
    }

/* r = op of a. */
#define NB_X87_UNARY(name, op, cc) \
    NB_X87_INLINE floatx80 nb_x87_##name##_as(CPUX86State *e, floatx80 a, bool unmasked, uintptr_t ra) \
    { \
        uint16_t sw; \
        floatx80 r; \
        r.high = 0; \
        nb_x87_enter(e, unmasked); \
        if (unmasked) \
            __asm__ volatile("fldt %2; " op "; fnstsw %%ax; fnclex; fstpt %1" : "=a"(sw), "=m"(r) : "m"(a) : "st", "st(1)"); \
        else \
            __asm__ volatile("fldt %2; " op "; fnstsw %%ax; fstpt %1" : "=a"(sw), "=m"(r) : "m"(a) : "st", "st(1)"); \
        nb_x87_leave(e, sw, cc, unmasked, false, ra); \
        return r; \
    } \
    static __attribute__((cold, noinline, unused)) floatx80 nb_x87_##name##_slow(CPUX86State *e, floatx80 a, uintptr_t ra) \
    { \
        return nb_x87_##name##_as(e, a, true, ra); \
    } \
    NB_X87_INLINE floatx80 nb_x87_##name(CPUX86State *e, floatx80 a, uintptr_t ra) \
    { \
        return unlikely(nb_x87_unmasked(e->fpuc)) ? nb_x87_##name##_slow(e, a, ra) : nb_x87_##name##_as(e, a, false, ra); \
    }

/* The relation of a to b, as softfloat has it. Instructions that tell it by eflags do not change condition bits. */
#define NB_X87_COMPARE(name, op) \
    NB_X87_INLINE int nb_x87_##name##_as(CPUX86State *e, floatx80 a, floatx80 b, uint32_t cc, bool unmasked, uintptr_t ra) \
    { \
        uint16_t sw; \
        nb_x87_enter(e, unmasked); \
        if (unmasked) \
            __asm__ volatile("fldt %2; fldt %1; " op "; fnstsw %%ax; fnclex; fstp %%st(0); fstp %%st(0)" \
                             : "=a"(sw) : "m"(a), "m"(b) : "st", "st(1)"); \
        else \
            __asm__ volatile("fldt %2; fldt %1; " op "; fnstsw %%ax; fstp %%st(0); fstp %%st(0)" \
                             : "=a"(sw) : "m"(a), "m"(b) : "st", "st(1)"); \
        nb_x87_leave(e, sw, cc, unmasked, false, ra); \
        return sw & 0x400 ? float_relation_unordered \
             : sw & 0x4000 ? float_relation_equal \
             : sw & 0x100 ? float_relation_less : float_relation_greater; \
    } \
    static __attribute__((cold, noinline, unused)) int nb_x87_##name##_slow(CPUX86State *e, floatx80 a, floatx80 b, uint32_t cc, uintptr_t ra) \
    { \
        return nb_x87_##name##_as(e, a, b, cc, true, ra); \
    } \
    NB_X87_INLINE int nb_x87_##name(CPUX86State *e, floatx80 a, floatx80 b, uint32_t cc, uintptr_t ra) \
    { \
        return unlikely(nb_x87_unmasked(e->fpuc)) ? nb_x87_##name##_slow(e, a, b, cc, ra) : nb_x87_##name##_as(e, a, b, cc, false, ra); \
    }

/* a as another type, for memory; op may take it off the stack. */
#define NB_X87_STORE(name, type, op) \
    NB_X87_INLINE type nb_x87_##name##_as(CPUX86State *e, floatx80 a, bool unmasked, uintptr_t ra) \
    { \
        uint16_t sw; \
        type r = 0; \
        nb_x87_enter(e, unmasked); \
        if (unmasked) \
            __asm__ volatile("fldt %2; " op " %1; fnstsw %%ax; fnclex" : "=a"(sw), "+m"(r) : "m"(a) : "st"); \
        else \
            __asm__ volatile("fldt %2; " op " %1; fnstsw %%ax" : "=a"(sw), "+m"(r) : "m"(a) : "st"); \
        if (unlikely(NB_X87_TOP(sw) == 7)) \
            NB_X87_DROP(); \
        nb_x87_leave(e, sw, NB_X87_C1, unmasked, true, ra); \
        return r; \
    } \
    static __attribute__((cold, noinline, unused)) type nb_x87_##name##_slow(CPUX86State *e, floatx80 a, uintptr_t ra) \
    { \
        return nb_x87_##name##_as(e, a, true, ra); \
    } \
    NB_X87_INLINE type nb_x87_##name(CPUX86State *e, floatx80 a, uintptr_t ra) \
    { \
        return unlikely(nb_x87_unmasked(e->fpuc)) ? nb_x87_##name##_slow(e, a, ra) : nb_x87_##name##_as(e, a, false, ra); \
    }

/*
 * What memory has of a smaller type: only signalling NaNs and denormal operands have exceptions. A denormal operand that
 * is just loaded is, whatever is masked.
 */
#define NB_X87_LOAD(name, type, op) \
    static __attribute__((cold, noinline, unused)) floatx80 nb_x87_##name##_slow(CPUX86State *e, type a, bool loads, uintptr_t ra) \
    { \
        uint16_t sw; \
        uint32_t f; \
        floatx80 r; \
        r.high = 0; \
        nb_x87_clear(); \
        __asm__ volatile(op " %2; fnstsw %%ax; fnclex; fstpt %1" : "=a"(sw), "=m"(r) : "m"(a) : "st"); \
        nb_x87_sticky = 0; \
        f = sw & NB_X87_ALL; \
        if (f & ~e->fpuc) { \
            if (f & NB_X87_IE || !loads) \
                nb_x87_trap(e, f, false, ra); \
            e->fpus |= NB_X87_ES; \
        } \
        e->fpus |= f; \
        return r; \
    }

NB_X87_LOAD(flds, float32, "flds")
NB_X87_LOAD(fldl, float64, "fldl")

NB_X87_INLINE floatx80 nb_x87_flds(CPUX86State *e, float32 a, bool loads, uintptr_t ra)
{
    uint32_t exp = a >> 23 & 0xff;

    if (likely(exp - 1 < 0xfe))
        return make_floatx80((a >> 16 & 0x8000) | (exp - 127 + 16383), (uint64_t)1 << 63 | (uint64_t)a << 40);
    if (!(a << 1))
        return make_floatx80(a >> 16, 0);
    return nb_x87_flds_slow(e, a, loads, ra);
}

NB_X87_INLINE floatx80 nb_x87_fldl(CPUX86State *e, float64 a, bool loads, uintptr_t ra)
{
    uint32_t exp = a >> 52 & 0x7ff;

    if (likely(exp - 1 < 0x7fe))
        return make_floatx80((a >> 48 & 0x8000) | (exp - 1023 + 16383), (uint64_t)1 << 63 | (uint64_t)a << 11);
    if (!(a << 1))
        return make_floatx80(a >> 48, 0);
    return nb_x87_fldl_slow(e, a, loads, ra);
}
#endif
