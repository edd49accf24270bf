/*
 * SSE's helpers that put their result together in a register of their own, and copy it whole: what that has above the 128 bits
 * of SSE would come into the upper half of an AVX register, which the instructions leave alone. Most compilers copy what was
 * set and no more, but not where elements are chosen by the guest. override-x86fp/fpu/softfloat.h gives Unicorn's the names
 * nb_whole_...
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/helper-proto.h"

#define NB_KEEP(call) \
    { \
        uint64_t q2 = d->ZMM_Q(2), q3 = d->ZMM_Q(3); \
        call; \
        d->ZMM_Q(2) = q2; \
        d->ZMM_Q(3) = q3; \
    }

#define NB_PLAIN(name) \
    void nb_whole_##name(CPUX86State *env, ZMMReg *d, ZMMReg *s); \
    void helper_##name(CPUX86State *env, ZMMReg *d, ZMMReg *s) NB_KEEP(nb_whole_##name(env, d, s))

#define NB_ORDERED(name) \
    void nb_whole_##name(ZMMReg *d, ZMMReg *s, int order); \
    void helper_##name(ZMMReg *d, ZMMReg *s, int order) NB_KEEP(nb_whole_##name(d, s, order))

#define NB_SHIFTED(name, type) \
    void nb_whole_##name(CPUX86State *env, ZMMReg *d, ZMMReg *s, type by); \
    void helper_##name(CPUX86State *env, ZMMReg *d, ZMMReg *s, type by) NB_KEEP(nb_whole_##name(env, d, s, by))

NB_ORDERED(shufps)
NB_ORDERED(shufpd)
NB_ORDERED(pshufd_xmm)
NB_ORDERED(pshuflw_xmm)
NB_ORDERED(pshufhw_xmm)
NB_PLAIN(haddps)
NB_PLAIN(haddpd)
NB_PLAIN(hsubps)
NB_PLAIN(hsubpd)
NB_PLAIN(packsswb_xmm)
NB_PLAIN(packuswb_xmm)
NB_PLAIN(packssdw_xmm)
NB_PLAIN(punpcklbw_xmm)
NB_PLAIN(punpcklwd_xmm)
NB_PLAIN(punpckldq_xmm)
NB_PLAIN(punpckhbw_xmm)
NB_PLAIN(punpckhwd_xmm)
NB_PLAIN(punpckhdq_xmm)
NB_PLAIN(punpcklqdq_xmm)
NB_PLAIN(punpckhqdq_xmm)
NB_PLAIN(pshufb_xmm)
NB_PLAIN(packusdw_xmm)
NB_SHIFTED(palignr_xmm, int32_t)
NB_SHIFTED(mpsadbw_xmm, uint32_t)

/* These write the first half of their result before they read the second operand, which may be the same register. */
#define NB_SAME(name) \
    void nb_whole_##name##_xmm(CPUX86State *env, ZMMReg *d, ZMMReg *s); \
    void helper_##name##_xmm(CPUX86State *env, ZMMReg *d, ZMMReg *s) \
    { \
        ZMMReg copy = *s; \
        nb_whole_##name##_xmm(env, d, &copy); \
    } \
    void nb_whole_##name##_mmx(CPUX86State *env, MMXReg *d, MMXReg *s); \
    void helper_##name##_mmx(CPUX86State *env, MMXReg *d, MMXReg *s) \
    { \
        MMXReg copy = *s; \
        nb_whole_##name##_mmx(env, d, &copy); \
    }

NB_SAME(phaddw)
NB_SAME(phaddd)
NB_SAME(phaddsw)
NB_SAME(phsubw)
NB_SAME(phsubd)
NB_SAME(phsubsw)
