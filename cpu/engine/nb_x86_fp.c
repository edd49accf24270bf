/*
 * Instructions of the x87 that are not Unicorn's, or not only: those that change which exceptions are masked, and where
 * the host has an x87 those that softfloat has not (see nb_x87_host.h). override-x86fp/fpu/softfloat.h gives Unicorn's the
 * names nb_soft_...
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/helper-proto.h"
#include "exec/exec-all.h"
#include "exec/cpu_ldst.h"
#define NB_X86_SOFTFLOAT /* its functions as they are */
#include "fpu/softfloat.h"
#include "nb_x87.h"

static inline void nb_x87_push(CPUX86State *env)
{
    env->fpstt = (env->fpstt - 1) & 7;
    env->fptags[env->fpstt] = 0;
}

static inline void nb_x87_pop(CPUX86State *env)
{
    env->fptags[env->fpstt] = 1;
    env->fpstt = (env->fpstt + 1) & 7;
}

void nb_soft_fldcw(CPUX86State *env, uint32_t val);
void helper_fldcw(CPUX86State *env, uint32_t val)
{
    nb_x87_control(env, val, GETPC());
    nb_soft_fldcw(env, val);
    nb_x87_settle(env);
}

void nb_soft_fldenv(CPUX86State *env, target_ulong ptr, int data32);
void helper_fldenv(CPUX86State *env, target_ulong ptr, int data32)
{
    nb_x86_readable(env, ptr, data32 ? 28 : 14, GETPC());
    nb_x87_control(env, cpu_lduw_data_ra(env, ptr, GETPC()), GETPC());
    nb_soft_fldenv(env, ptr, data32);
    nb_x87_settle(env);
}

/* The environment has words in places for two; the other half is all ones. */
static void nb_x87_fill(CPUX86State *env, target_ulong ptr, int data32, uintptr_t ra)
{
    if (data32) {
        cpu_stw_data_ra(env, ptr + 2, 0xffff, ra);
        cpu_stw_data_ra(env, ptr + 6, 0xffff, ra);
        cpu_stw_data_ra(env, ptr + 10, 0xffff, ra);
        cpu_stw_data_ra(env, ptr + 26, 0xffff, ra);
    }
}

/* What comes after it is not to be disturbed: all exceptions are masked. */
void nb_soft_fstenv(CPUX86State *env, target_ulong ptr, int data32);
void helper_fstenv(CPUX86State *env, target_ulong ptr, int data32)
{
    nb_x86_writable(env, ptr, data32 ? 28 : 14, GETPC());
    nb_x87_control(env, env->fpuc | NB_X87_ALL, GETPC());
    nb_soft_fstenv(env, ptr, data32);
    nb_x87_fill(env, ptr, data32, GETPC());
    env->fpuc |= NB_X87_ALL;
    nb_x87_settle(env);
}

void nb_soft_frstor(CPUX86State *env, target_ulong ptr, int data32);
void helper_frstor(CPUX86State *env, target_ulong ptr, int data32)
{
    nb_x86_readable(env, ptr, data32 ? 108 : 94, GETPC());
    nb_x87_control(env, cpu_lduw_data_ra(env, ptr, GETPC()), GETPC());
    nb_soft_frstor(env, ptr, data32);
    nb_x87_settle(env);
}

void nb_soft_fninit(CPUX86State *env);
void helper_fninit(CPUX86State *env)
{
    nb_x87_control(env, 0x37f, GETPC());
    nb_soft_fninit(env);
}

void nb_soft_fsave(CPUX86State *env, target_ulong ptr, int data32);
void helper_fsave(CPUX86State *env, target_ulong ptr, int data32)
{
    nb_x86_writable(env, ptr, data32 ? 108 : 94, GETPC());
    nb_x87_control(env, 0x37f, GETPC());
    nb_soft_fsave(env, ptr, data32);
    nb_x87_fill(env, ptr, data32, GETPC());
}

#define NB_XSAVE_MXCSR 24

/* Bits that mxcsr has not. */
static void nb_mxcsr_check(CPUX86State *env, uint32_t mxcsr, uintptr_t ra)
{
    if (mxcsr & ~0xffffu)
        raise_exception_ra(env, EXCP0D_GPF, ra);
}

void nb_soft_ldmxcsr(CPUX86State *env, uint32_t val);
void helper_ldmxcsr(CPUX86State *env, uint32_t val)
{
    nb_mxcsr_check(env, val, GETPC());
    nb_soft_ldmxcsr(env, val);
}

#define NB_FXSAVE_LEN 512

void nb_soft_fxsave(CPUX86State *env, target_ulong ptr);
void helper_fxsave(CPUX86State *env, target_ulong ptr)
{
    if (!(ptr & 0xf))
        nb_x86_writable(env, ptr, NB_FXSAVE_LEN, GETPC());
    nb_soft_fxsave(env, ptr);
}

void nb_soft_fstt_ST0(CPUX86State *env, target_ulong ptr);
void helper_fstt_ST0(CPUX86State *env, target_ulong ptr)
{
    if (unlikely((ptr & ~TARGET_PAGE_MASK) > TARGET_PAGE_SIZE - 10))
        nb_x86_writable(env, ptr, 10, GETPC());
    nb_soft_fstt_ST0(env, ptr);
}

void nb_soft_fxrstor(CPUX86State *env, target_ulong ptr);
void helper_fxrstor(CPUX86State *env, target_ulong ptr)
{
    if (!(ptr & 0xf)) {
        nb_x86_readable(env, ptr, NB_FXSAVE_LEN, GETPC());
        nb_mxcsr_check(env, cpu_ldl_data_ra(env, ptr + NB_XSAVE_MXCSR, GETPC()), GETPC());
        nb_x87_control(env, cpu_lduw_data_ra(env, ptr, GETPC()), GETPC());
    }
    nb_soft_fxrstor(env, ptr);
    nb_x87_settle(env);
}

#define NB_XSAVE_BV 512
#define NB_XSAVE_YMM 576

/* All of the image is there, so that what fails fails here, where the address of the instruction is known. */
static void nb_xsave_probe(CPUX86State *env, target_ulong ptr, uint64_t rfbm, MMUAccessType type, uintptr_t ra)
{
    int len = NB_XSAVE_YMM + (rfbm & env->xcr0 & XSTATE_YMM_MASK ? 256 : 0);
    int first = MIN(len, -(int)(ptr | TARGET_PAGE_MASK));

    if (ptr & 63)
        raise_exception_ra(env, EXCP0D_GPF, ra);
    probe_access(env, ptr, first, type, cpu_mmu_index(env, false), ra);
    if (first < len)
        probe_access(env, ptr + first, len - first, type, cpu_mmu_index(env, false), ra);
}

/* The upper halves of the vector registers, which Unicorn's do not store; mxcsr goes with them as with SSE's part. */
static void nb_xsave_ymm(CPUX86State *env, target_ulong ptr, uint64_t rfbm, uintptr_t ra)
{
    int i;

    if (!(rfbm & env->xcr0 & XSTATE_YMM_MASK))
        return;
    cpu_stl_data_ra(env, ptr + NB_XSAVE_MXCSR, env->mxcsr, ra);
    cpu_stl_data_ra(env, ptr + NB_XSAVE_MXCSR + 4, 0xffff, ra);
    for (i = 0; i < (env->hflags & HF_CS64_MASK ? 16 : 8); i++) {
        cpu_stq_data_ra(env, ptr + NB_XSAVE_YMM + 16 * i, env->xmm_regs[i].ZMM_Q(2), ra);
        cpu_stq_data_ra(env, ptr + NB_XSAVE_YMM + 16 * i + 8, env->xmm_regs[i].ZMM_Q(3), ra);
    }
}

void nb_soft_xsave(CPUX86State *env, target_ulong ptr, uint64_t rfbm);
void helper_xsave(CPUX86State *env, target_ulong ptr, uint64_t rfbm)
{
    nb_xsave_probe(env, ptr, rfbm, MMU_DATA_STORE, GETPC());
    nb_soft_xsave(env, ptr, rfbm);
    nb_xsave_ymm(env, ptr, rfbm, GETPC());
}

void nb_soft_xsaveopt(CPUX86State *env, target_ulong ptr, uint64_t rfbm);
void helper_xsaveopt(CPUX86State *env, target_ulong ptr, uint64_t rfbm)
{
    nb_xsave_probe(env, ptr, rfbm, MMU_DATA_STORE, GETPC());
    nb_soft_xsaveopt(env, ptr, rfbm);
    nb_xsave_ymm(env, ptr, rfbm, GETPC());
}

/*
 * The instruction ends its block: what the next ones are translated for need not be known before. Unicorn's clears all of
 * the vector registers if those of SSE are to be as at first.
 */
void nb_soft_xrstor(CPUX86State *env, target_ulong ptr, uint64_t rfbm);
void helper_xrstor(CPUX86State *env, target_ulong ptr, uint64_t rfbm)
{
    bool mine = rfbm & env->xcr0 & XSTATE_YMM_MASK;
    uint64_t high[16][2] = { { 0 } };
    int i, n = env->hflags & HF_CS64_MASK ? 16 : 8;

    nb_xsave_probe(env, ptr, rfbm, MMU_DATA_LOAD, GETPC());
    if (rfbm & (XSTATE_SSE_MASK | XSTATE_YMM_MASK))
        nb_mxcsr_check(env, cpu_ldl_data_ra(env, ptr + NB_XSAVE_MXCSR, GETPC()), GETPC());
    cpu_restore_state(env_cpu(env), GETPC(), true);
    for (i = 0; i < 16; i++)
        memcpy(high[i], &env->xmm_regs[i].ZMM_Q(2), 16);
    if (mine) {
        uint32_t mxcsr = cpu_ldl_data_ra(env, ptr + NB_XSAVE_MXCSR, GETPC()) & 0xffff;
        bool there = cpu_ldq_data_ra(env, ptr + NB_XSAVE_BV, GETPC()) & XSTATE_YMM_MASK;
        for (i = 0; i < n; i++) {
            high[i][0] = there ? cpu_ldq_data_ra(env, ptr + NB_XSAVE_YMM + 16 * i, GETPC()) : 0;
            high[i][1] = there ? cpu_ldq_data_ra(env, ptr + NB_XSAVE_YMM + 16 * i + 8, GETPC()) : 0;
        }
        cpu_set_mxcsr(env, mxcsr);
    }
    nb_soft_xrstor(env, ptr, rfbm);
    for (i = 0; i < 16; i++)
        memcpy(&env->xmm_regs[i].ZMM_Q(2), high[i], 16);
    nb_x87_settle(env);
    env->hflags = (env->hflags & ~NB_HF_X87) | (nb_x87_unmasked(env->fpuc) ? NB_HF_X87 : 0);
}

/* Results that are too small become zero where mxcsr says so; Unicorn has the x87's become zero. */
void nb_soft_update_mxcsr_status(CPUX86State *env);
void update_mxcsr_status(CPUX86State *env)
{
    nb_soft_update_mxcsr_status(env);
    set_flush_to_zero(0, &env->fp_status);
    set_flush_to_zero(env->mxcsr >> 15 & 1, &env->sse_status);
}

#if defined(__x86_64__) && !defined(NB_SOFT_X87) /* to try what other hosts do */
#include "nb_x87_host.h"

__thread uint32_t nb_x87_sticky = NB_X87_ALL;

NB_X87_STORE(fists, int16_t, "fists")
NB_X87_STORE(fisttps, int16_t, "fisttps")
NB_X87_UNARY(fsqrt, "fsqrt", NB_X87_C1)
NB_X87_UNARY(frndint, "frndint", NB_X87_C1)
NB_X87_UNARY(f2xm1, "f2xm1", NB_X87_C1)
NB_X87_UNARY(fsin, "fsin", NB_X87_RANGE)
NB_X87_UNARY(fcos, "fcos", NB_X87_RANGE)
NB_X87_BINARY(fscale, "fscale", NB_X87_C1)
NB_X87_BINARY(fprem, "fprem", NB_X87_QUOTIENT)
NB_X87_BINARY(fprem1, "fprem1", NB_X87_QUOTIENT)
NB_X87_BINARY(fyl2x, "fyl2x", NB_X87_C1)
NB_X87_BINARY(fyl2xp1, "fyl2xp1", NB_X87_C1)
NB_X87_BINARY(fpatan, "fpatan", NB_X87_C1)

int32_t helper_fist_ST0(CPUX86State *env)
{
    return nb_x87_fists(env, ST(0), GETPC());
}

int32_t helper_fistt_ST0(CPUX86State *env)
{
    return nb_x87_fisttps(env, ST(0), GETPC());
}

#define NB_ONE(name) \
    void helper_##name(CPUX86State *env) \
    { \
        ST(0) = nb_x87_##name(env, ST(0), GETPC()); \
    }
NB_ONE(fsqrt)
NB_ONE(frndint)
NB_ONE(f2xm1)
NB_ONE(fsin)
NB_ONE(fcos)

#define NB_TWO(name) \
    void helper_##name(CPUX86State *env) \
    { \
        ST(0) = nb_x87_##name(env, ST(0), ST(1), GETPC()); \
    }
NB_TWO(fscale)
NB_TWO(fprem)
NB_TWO(fprem1)

/* The result takes the place of both. */
#define NB_TWO_POP(name) \
    void helper_##name(CPUX86State *env) \
    { \
        ST(1) = nb_x87_##name(env, ST(0), ST(1), GETPC()); \
        nb_x87_pop(env); \
    }
NB_TWO_POP(fyl2x)
NB_TWO_POP(fyl2xp1)
NB_TWO_POP(fpatan)

/*
 * One operand, two results, the second one pushed: not by fptan and fsincos of what is out of their range, nor with an
 * exception that is found before anything is computed.
 */
#define NB_PUSH(name, cc) \
    void helper_##name(CPUX86State *env) \
    { \
        bool unmasked = nb_x87_unmasked(env->fpuc); \
        floatx80 a = ST(0), r, top; \
        uint16_t sw; \
        nb_x87_enter(env, unmasked); \
        __asm__ volatile("fldt %1; " #name "; fnstsw %%ax" : "=a"(sw) : "m"(a) : "st", "st(1)"); \
        if (unmasked) \
            nb_x87_clear(); \
        r.high = top.high = 0; \
        if (NB_X87_TOP(sw) == 6) \
            __asm__ volatile("fstpt %0" : "=m"(top)); \
        __asm__ volatile("fstpt %0" : "=m"(r)); \
        nb_x87_leave(env, sw, cc, unmasked, false, GETPC()); \
        ST(0) = r; \
        if (NB_X87_TOP(sw) == 6) { \
            nb_x87_push(env); \
            ST(0) = top; \
        } \
    }
NB_PUSH(fptan, NB_X87_RANGE)
NB_PUSH(fsincos, NB_X87_RANGE)
NB_PUSH(fxtract, NB_X87_C1)

void helper_fbst_ST0(CPUX86State *env, target_ulong ptr)
{
    bool unmasked = nb_x87_unmasked(env->fpuc);
    uint8_t to[16] = { 0 };
    uint16_t sw;
    int i;

    nb_x87_enter(env, unmasked);
    __asm__ volatile("fldt %2; fbstp %1; fnstsw %%ax" : "=a"(sw), "+m"(to) : "m"(ST(0)) : "st");
    if (unmasked)
        nb_x87_clear();
    if (NB_X87_TOP(sw) == 7)
        NB_X87_DROP();
    nb_x86_writable(env, ptr, 10, GETPC());
    nb_x87_leave(env, sw, NB_X87_C1, unmasked, true, GETPC());
    for (i = 0; i < 10; i++)
        cpu_stb_data_ra(env, ptr + i, to[i], GETPC());
}
#else
int32_t nb_soft_fist_ST0(CPUX86State *env);
int32_t nb_soft_fistt_ST0(CPUX86State *env);

/* Numbers that are too large for 16 bits are invalid, also if they are not for 32. */
static int32_t nb_x87_short(CPUX86State *env, int32_t v, uintptr_t ra)
{
    if (v == (int16_t)v)
        return v;
    if (NB_X87_IE & ~env->fpuc)
        nb_x87_trap(env, NB_X87_IE, true, ra);
    env->fpus |= NB_X87_IE;
    return -32768;
}

int32_t helper_fist_ST0(CPUX86State *env)
{
    float_status s = env->fp_status;
    int32_t v = floatx80_to_int32(ST(0), &s);

    return v == (int16_t)v ? nb_soft_fist_ST0(env) : nb_x87_short(env, v, GETPC());
}

int32_t helper_fistt_ST0(CPUX86State *env)
{
    float_status s = env->fp_status;
    int32_t v = floatx80_to_int32_round_to_zero(ST(0), &s);

    return v == (int16_t)v ? nb_soft_fistt_ST0(env) : nb_x87_short(env, v, GETPC());
}
#endif
