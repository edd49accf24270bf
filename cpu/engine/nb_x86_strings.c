/*
 * SSE4.2's comparisons of strings (PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM: volume 2 of Intel's manual, section 4.1). In
 * Unicorn's the search for a string ("equal ordered") does not see a beginning of it at the end of the other one.
 * override-x86fp/fpu/softfloat.h gives those other names.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/helper-proto.h"

enum { NB_WORDS = 1, NB_SIGNED = 2, NB_NEGATED = 0x10, NB_MASKED = 0x20, NB_LAST = 0x40, NB_WIDE = 0x100 };

static int nb_elements(uint32_t ctrl) { return ctrl & NB_WORDS ? 8 : 16; }

static int nb_element(const ZMMReg *r, uint32_t ctrl, int i)
{
    if (ctrl & NB_WORDS)
        return ctrl & NB_SIGNED ? (int16_t)r->ZMM_W(i) : r->ZMM_W(i);
    return ctrl & NB_SIGNED ? (int8_t)r->ZMM_B(i) : r->ZMM_B(i);
}

/* The length that a register has, as one of at most all elements; its sign does not matter. */
static int nb_explicit(CPUX86State *env, int reg, uint32_t ctrl)
{
    int64_t v = ctrl & NB_WIDE ? (int64_t)env->regs[reg] : (int32_t)env->regs[reg];
    uint64_t n = v < 0 ? -(uint64_t)v : (uint64_t)v;

    return n < (uint64_t)nb_elements(ctrl) ? (int)n : nb_elements(ctrl);
}

/* The length up to the first element that is 0. */
static int nb_implicit(const ZMMReg *r, uint32_t ctrl)
{
    int i = 0;

    while (i < nb_elements(ctrl) && nb_element(r, ctrl, i))
        i++;
    return i;
}

/* Whether element j of s is one of d's, lies within one of its ranges, or is that of d. */
static bool nb_matches(const ZMMReg *d, int nd, const ZMMReg *s, int ns, uint32_t ctrl, int j)
{
    int all = nb_elements(ctrl), v = nb_element(s, ctrl, j), i;

    switch (ctrl >> 2 & 3) {
    case 0:
        for (i = 0; i < nd && j < ns; i++)
            if (nb_element(d, ctrl, i) == v)
                return true;
        return false;
    case 1:
        for (i = 0; i + 1 < nd && j < ns; i += 2)
            if (nb_element(d, ctrl, i) <= v && v <= nb_element(d, ctrl, i + 1))
                return true;
        return false;
    case 2:
        return j < nd && j < ns ? nb_element(d, ctrl, j) == v : j >= nd && j >= ns;
    }
    for (i = 0; i < nd && i + j < all; i++) /* d begins here, as far as can be seen */
        if (i + j >= ns || nb_element(d, ctrl, i) != nb_element(s, ctrl, i + j))
            return false;
    return true;
}

/* Which elements of s match, a bit for each; the flags too. */
static uint32_t nb_compare(CPUX86State *env, const ZMMReg *d, int nd, const ZMMReg *s, int ns, uint32_t ctrl)
{
    int all = nb_elements(ctrl), j;
    uint32_t bits = 0;

    for (j = 0; j < all; j++)
        if (nb_matches(d, nd, s, ns, ctrl, j) != (ctrl & NB_NEGATED && (j < ns || !(ctrl & NB_MASKED))))
            bits |= 1u << j;
    CC_SRC = (bits ? CC_C : 0) | (ns < all ? CC_Z : 0) | (nd < all ? CC_S : 0) | (bits & 1 ? CC_O : 0);
    return bits;
}

static void nb_index(CPUX86State *env, uint32_t bits, uint32_t ctrl)
{
    env->regs[R_ECX] = !bits ? nb_elements(ctrl) : ctrl & NB_LAST ? 31 - clz32(bits) : ctz32(bits);
}

static void nb_mask(CPUX86State *env, uint32_t bits, uint32_t ctrl)
{
    ZMMReg *r = &env->xmm_regs[0];
    int j;

    r->ZMM_Q(0) = bits;
    r->ZMM_Q(1) = 0;
    for (j = 0; ctrl & NB_LAST && j < nb_elements(ctrl); j++) {
        if (ctrl & NB_WORDS)
            r->ZMM_W(j) = bits >> j & 1 ? 0xffff : 0;
        else
            r->ZMM_B(j) = bits >> j & 1 ? 0xff : 0;
    }
}

void helper_pcmpestri_xmm(CPUX86State *env, ZMMReg *d, ZMMReg *s, uint32_t ctrl)
{
    nb_index(env, nb_compare(env, d, nb_explicit(env, R_EAX, ctrl), s, nb_explicit(env, R_EDX, ctrl), ctrl), ctrl);
}

void helper_pcmpestrm_xmm(CPUX86State *env, ZMMReg *d, ZMMReg *s, uint32_t ctrl)
{
    nb_mask(env, nb_compare(env, d, nb_explicit(env, R_EAX, ctrl), s, nb_explicit(env, R_EDX, ctrl), ctrl), ctrl);
}

void helper_pcmpistri_xmm(CPUX86State *env, ZMMReg *d, ZMMReg *s, uint32_t ctrl)
{
    nb_index(env, nb_compare(env, d, nb_implicit(d, ctrl), s, nb_implicit(s, ctrl), ctrl), ctrl);
}

void helper_pcmpistrm_xmm(CPUX86State *env, ZMMReg *d, ZMMReg *s, uint32_t ctrl)
{
    nb_mask(env, nb_compare(env, d, nb_implicit(d, ctrl), s, nb_implicit(s, ctrl), ctrl), ctrl);
}
