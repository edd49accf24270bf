/*
 * Stands in for Unicorn's fpu/softfloat.h on x86, where the helpers of SSE and x87 arithmetic neither record
 * exceptions (but a division by zero of the x87) nor trap. In their file the functions they compute with get a
 * wrapper, which keeps the status bits of mxcsr and of the x87 status word and raises exceptions that are not masked.
 * The status is known by its address; other users of the functions are let through.
 */
#include_next "fpu/softfloat.h"

#if defined(I386_CPU_H) && defined(HELPER_PROTO_H) && !defined(NB_X86_SOFTFLOAT)
#define NB_X86_SOFTFLOAT

/* The processor is env, as in the helpers; functions without a parameter of that name mean the one that runs on
 * this host thread, which nb_x86.c sets. */
#define NB_TEXT2(x) #x
#define NB_TEXT(x) NB_TEXT2(x)
extern __thread CPUX86State *env __asm__(NB_TEXT(__USER_LABEL_PREFIX__) "nb_x86_env") __attribute__((tls_model("initial-exec")));

/* Bits of mxcsr, of the x87 status word, and of softfloat's flags: all the same, but that there is none for
 * denormal operands, 2. The masks are 7 bits higher in mxcsr. */
#define NB_FLAGS 0x3d
#define NB_MASKS 0x1f80
#define NB_EXCP_SIMD 19
#define NB_INLINE static inline __attribute__((always_inline))

#include "nb_x87.h"
#if defined(__x86_64__) && !defined(NB_SOFT_X87)
#include "nb_x87_host.h"
#endif

static __attribute__((cold, noinline)) void nb_fp_prepare(CPUX86State *e)
{
    e->sse_status.float_exception_flags = (e->mxcsr & NB_MASKS) == NB_MASKS ? e->mxcsr & NB_FLAGS : 0;
}

static __attribute__((cold, noinline)) void nb_fp_simd(CPUX86State *e, uintptr_t ra)
{
    uint32_t m = e->mxcsr, f = e->sse_status.float_exception_flags & NB_FLAGS;
    e->mxcsr |= f;
    if (f & ~(m >> 7))
        raise_exception_ra(e, NB_EXCP_SIMD, ra);
}

/* fresh: the caller looks at the flags of this one operation. */
NB_INLINE void nb_fp_before(CPUX86State *e, float_status *s, int fresh)
{
    if (s == &e->sse_status) {
        /* With all exceptions masked the flags are those of mxcsr: with inexact among them, softfloat may leave the
         * work to the host's processor. */
        if (fresh)
            s->float_exception_flags = 0;
        else if (unlikely(((s->float_exception_flags | NB_MASKS) ^ e->mxcsr) & (NB_MASKS | NB_FLAGS)))
            nb_fp_prepare(e);
    } else if (s == &e->fp_status) {
        s->float_exception_flags = 0;
    }
}

/* stores: what is computed goes to memory. */
NB_INLINE void nb_fp_after(CPUX86State *e, float_status *s, bool stores)
{
    uint32_t f = s->float_exception_flags;
    if (s == &e->sse_status) {
        uint32_t m = e->mxcsr;
        if (unlikely(f & float_flag_output_denormal)) /* became zero: softfloat says only that */
            f = s->float_exception_flags = (f & ~float_flag_output_denormal) | float_flag_underflow | float_flag_inexact;
        /* Something new, or something that is not masked. */
        if (unlikely((f | NB_MASKS) & ~m & (NB_MASKS | NB_FLAGS)))
            nb_fp_simd(e, GETPC());
    } else if (s == &e->fp_status) {
        f &= NB_FLAGS;
        if (unlikely(f & ~e->fpuc))
            nb_x87_trap(e, f, stores, GETPC());
        e->fpus |= f;
    }
}

#define NB_FP1(ret, name, type, fresh) \
    NB_INLINE ret nb_##name(CPUX86State *e, type a, float_status *s) \
    { ret r; nb_fp_before(e, s, fresh); r = name(a, s); nb_fp_after(e, s, false); return r; }
#define NB_FP2(ret, name, type) \
    NB_INLINE ret nb_##name(CPUX86State *e, type a, type b, float_status *s) \
    { ret r; nb_fp_before(e, s, 0); r = name(a, b, s); nb_fp_after(e, s, false); return r; }

NB_FP2(float32, float32_add, float32)
NB_FP2(float32, float32_sub, float32)
NB_FP2(float32, float32_mul, float32)
NB_FP2(float32, float32_div, float32)
NB_FP2(float64, float64_add, float64)
NB_FP2(float64, float64_sub, float64)
NB_FP2(float64, float64_mul, float64)
NB_FP2(float64, float64_div, float64)
NB_FP2(int, float32_lt, float32)
NB_FP2(int, float32_le, float32)
NB_FP2(int, float32_eq_quiet, float32)
NB_FP2(int, float32_unordered_quiet, float32)
NB_FP2(int, float32_compare, float32)
NB_FP2(int, float32_compare_quiet, float32)
NB_FP2(int, float64_lt, float64)
NB_FP2(int, float64_le, float64)
NB_FP2(int, float64_eq_quiet, float64)
NB_FP2(int, float64_unordered_quiet, float64)
NB_FP2(int, float64_compare, float64)
NB_FP2(int, float64_compare_quiet, float64)
NB_FP1(float32, float32_sqrt, float32, 0)
NB_FP1(float64, float64_sqrt, float64, 0)
NB_FP1(float32, float64_to_float32, float64, 0)
NB_FP1(float64, float32_to_float64, float32, 0)
NB_FP1(float32, int32_to_float32, int32_t, 0)
NB_FP1(float32, int64_to_float32, int64_t, 0)
NB_FP1(float64, int32_to_float64, int32_t, 0)
NB_FP1(float64, int64_to_float64, int64_t, 0)
/* The immediate byte of roundps and its like may say that inexact results are not told of. */
#define NB_FPR(type) \
    NB_INLINE type nb_##type##_round_to_int(CPUX86State *e, type a, float_status *s, uint32_t mode) \
    { \
        type r; \
        nb_fp_before(e, s, 1); \
        r = type##_round_to_int(a, s); \
        if (mode & 8) \
            s->float_exception_flags &= ~float_flag_inexact; \
        nb_fp_after(e, s, false); \
        return r; \
    }
NB_FPR(float32)
NB_FPR(float64)
NB_FP1(int32_t, float32_to_int32, float32, 1)
NB_FP1(int32_t, float32_to_int32_round_to_zero, float32, 1)
NB_FP1(int64_t, float32_to_int64, float32, 1)
NB_FP1(int64_t, float32_to_int64_round_to_zero, float32, 1)
NB_FP1(int32_t, float64_to_int32, float64, 1)
NB_FP1(int32_t, float64_to_int32_round_to_zero, float64, 1)
NB_FP1(int64_t, float64_to_int64, float64, 1)
NB_FP1(int64_t, float64_to_int64_round_to_zero, float64, 1)

/*
 * The x87's. Those that go to memory are said to, and the conversions of what is computed in double precision have no
 * exceptions: a logarithm is not too large for a double where its argument is.
 */
NB_FP1(floatx80, floatx80_sqrt, floatx80, 0)
#ifdef NB_X87_HOST_H
NB_X87_BINARY(add, "fadd %%st(1), %%st", NB_X87_C1)
NB_X87_BINARY(sub, "fsub %%st(1), %%st", NB_X87_C1)
NB_X87_BINARY(mul, "fmul %%st(1), %%st", NB_X87_C1)
NB_X87_BINARY(div, "fdiv %%st(1), %%st", NB_X87_C1)
NB_X87_COMPARE(com, "fcom %%st(1)")
NB_X87_COMPARE(ucom, "fucom %%st(1)")
NB_X87_STORE(fsts, float32, "fsts")
NB_X87_STORE(fstl, float64, "fstl")
NB_X87_STORE(fistl, int32_t, "fistl")
NB_X87_STORE(fistll, int64_t, "fistpll")
NB_X87_STORE(fisttl, int32_t, "fisttpl")
NB_X87_STORE(fisttll, int64_t, "fisttpll")
#define NB_IN(f) (__builtin_strcmp(__func__, NB_TEXT(f)) == 0)
#define nb_floatx80_add(e, a, b, s) nb_x87_add(e, a, b, GETPC())
#define nb_floatx80_sub(e, a, b, s) nb_x87_sub(e, a, b, GETPC())
#define nb_floatx80_mul(e, a, b, s) nb_x87_mul(e, a, b, GETPC())
#define nb_floatx80_div(e, a, b, s) nb_x87_div(e, a, b, GETPC())
#define nb_floatx80_compare(e, a, b, s) \
    nb_x87_com(e, a, b, NB_IN(helper_fcomi_ST0_FT0) ? 0 : NB_X87_ORDER, GETPC())
#define nb_floatx80_compare_quiet(e, a, b, s) \
    nb_x87_ucom(e, a, b, NB_IN(helper_fucomi_ST0_FT0) ? 0 : NB_X87_ORDER, GETPC())
#define nb_floatx80_to_float32(e, a, s) nb_x87_fsts(e, a, GETPC())
#define nb_floatx80_to_float64(e, a, s) nb_x87_fstl(e, a, GETPC())
#define nb_float32_to_floatx80(e, a, s) nb_x87_flds(e, a, NB_IN(helper_flds_ST0), GETPC())
#define nb_float64_to_floatx80(e, a, s) nb_x87_fldl(e, a, NB_IN(helper_fldl_ST0), GETPC())
#define nb_floatx80_to_int32(e, a, s) nb_x87_fistl(e, a, GETPC())
#define nb_floatx80_to_int32_round_to_zero(e, a, s) nb_x87_fisttl(e, a, GETPC())
#define nb_floatx80_to_int64(e, a, s) nb_x87_fistll(e, a, GETPC())
#define nb_floatx80_to_int64_round_to_zero(e, a, s) nb_x87_fisttll(e, a, GETPC())
/* Instructions of nb_x86_fp.c. */
#undef helper_fbst_ST0
#undef helper_fsqrt
#undef helper_frndint
#undef helper_fscale
#undef helper_fprem
#undef helper_fprem1
#undef helper_f2xm1
#undef helper_fyl2x
#undef helper_fyl2xp1
#undef helper_fptan
#undef helper_fpatan
#undef helper_fxtract
#undef helper_fsin
#undef helper_fcos
#undef helper_fsincos
#define helper_fbst_ST0 nb_soft_fbst_ST0
#define helper_fsqrt nb_soft_fsqrt
#define helper_frndint nb_soft_frndint
#define helper_fscale nb_soft_fscale
#define helper_fprem nb_soft_fprem
#define helper_fprem1 nb_soft_fprem1
#define helper_f2xm1 nb_soft_f2xm1
#define helper_fyl2x nb_soft_fyl2x
#define helper_fyl2xp1 nb_soft_fyl2xp1
#define helper_fptan nb_soft_fptan
#define helper_fpatan nb_soft_fpatan
#define helper_fxtract nb_soft_fxtract
#define helper_fsin nb_soft_fsin
#define helper_fcos nb_soft_fcos
#define helper_fsincos nb_soft_fsincos
#else
#define NB_FPM(ret, name, fresh) \
    NB_INLINE ret nb_##name(CPUX86State *e, floatx80 a, float_status *s) \
    { ret r; nb_fp_before(e, s, fresh); r = name(a, s); nb_fp_after(e, s, true); return r; }
NB_FP2(floatx80, floatx80_add, floatx80)
NB_FP2(floatx80, floatx80_sub, floatx80)
NB_FP2(floatx80, floatx80_mul, floatx80)
NB_FP2(floatx80, floatx80_div, floatx80)
NB_FP2(int, floatx80_compare, floatx80)
NB_FP2(int, floatx80_compare_quiet, floatx80)
NB_FPM(float32, floatx80_to_float32, 0)
NB_FPM(float64, floatx80_to_float64, 0)
/* Of denormal operands only those are told of that are loaded. */
#define NB_FPL(name, type, mantissa, exponent) \
    NB_INLINE floatx80 nb_##name(CPUX86State *e, type a, float_status *s) \
    { \
        floatx80 r; \
        nb_fp_before(e, s, 0); \
        r = name(a, s); \
        nb_fp_after(e, s, false); \
        if (unlikely(!(a & (exponent)) && a & (mantissa))) { \
            e->fpus |= NB_X87_DE; \
            nb_x87_settle(e); \
        } \
        return r; \
    }
NB_FPL(float32_to_floatx80, float32, 0x007fffff, 0x7f800000)
NB_FPL(float64_to_floatx80, float64, 0x000fffffffffffffull, 0x7ff0000000000000ull)
NB_FPM(int32_t, floatx80_to_int32, 1)
NB_FPM(int32_t, floatx80_to_int32_round_to_zero, 1)
NB_FPM(int64_t, floatx80_to_int64, 1)
NB_FPM(int64_t, floatx80_to_int64_round_to_zero, 1)
#endif

NB_INLINE float64 nb_plain_to_float64(floatx80 a, float_status *s) { return floatx80_to_float64(a, s); }
NB_INLINE floatx80 nb_plain_from_float64(float64 a, float_status *s) { return float64_to_floatx80(a, s); }

/* helper_fdiv says that each division by zero is one: 0/0 is none. */
#define floatx80_is_zero(a) (sizeof(__func__) != sizeof("helper_fdiv") && (floatx80_is_zero)(a))

/* Instructions of nb_x86_fp.c, which use these. */
#undef helper_fist_ST0
#undef helper_fistt_ST0
#undef helper_fldcw
#undef helper_fldenv
#undef helper_fstenv
#undef helper_frstor
#undef helper_fninit
#undef helper_fsave
#undef helper_fxrstor
#undef helper_xrstor
#undef helper_xsave
#undef helper_xsaveopt
#undef helper_fstt_ST0
#undef helper_fxsave
#undef helper_ldmxcsr
#undef helper_maskmov_mmx
#undef helper_maskmov_xmm
#define helper_fist_ST0 nb_soft_fist_ST0
#define helper_fstt_ST0 nb_soft_fstt_ST0
#define helper_fxsave nb_soft_fxsave
#define helper_ldmxcsr nb_soft_ldmxcsr
#define helper_maskmov_mmx nb_soft_maskmov_mmx
#define helper_maskmov_xmm nb_soft_maskmov_xmm
#define helper_fistt_ST0 nb_soft_fistt_ST0
#define helper_fldcw nb_soft_fldcw
#define helper_fldenv nb_soft_fldenv
#define helper_fstenv nb_soft_fstenv
#define helper_frstor nb_soft_frstor
#define helper_fninit nb_soft_fninit
#define helper_fsave nb_soft_fsave
#define helper_fxrstor nb_soft_fxrstor
#define helper_xrstor nb_soft_xrstor
#define helper_xsave nb_soft_xsave
#define helper_xsaveopt nb_soft_xsaveopt
#define update_mxcsr_status nb_soft_update_mxcsr_status

/* rcp and rsqrt, which are no divisions and never have exceptions, are the only ones that divide this. */
#undef float32_one
#define float32_one ((int64_t)0x3f800000)
NB_INLINE float32 nb_reciprocal(float32 b, float_status *s) { return float32_div(0x3f800000, b, s); }
#define NB_RECIPROCAL(b, s) \
    ({ uint32_t nb_m = env->mxcsr; float32 nb_r; env->mxcsr |= NB_MASKS; nb_r = nb_reciprocal(b, s); \
       env->mxcsr = nb_m; nb_r; })

#undef float32_add
#define float32_add(a, b, s) nb_float32_add(env, a, b, s)
#undef float32_sub
#define float32_sub(a, b, s) nb_float32_sub(env, a, b, s)
#undef float32_mul
#define float32_mul(a, b, s) nb_float32_mul(env, a, b, s)
#undef float32_div
#define float32_div(a, b, s) \
    (sizeof(a) == 8 ? NB_RECIPROCAL(b, s) : nb_float32_div(env, a, b, s))
#undef float64_add
#define float64_add(a, b, s) nb_float64_add(env, a, b, s)
#undef float64_sub
#define float64_sub(a, b, s) nb_float64_sub(env, a, b, s)
#undef float64_mul
#define float64_mul(a, b, s) nb_float64_mul(env, a, b, s)
#undef float64_div
#define float64_div(a, b, s) nb_float64_div(env, a, b, s)
#undef float32_lt
#define float32_lt(a, b, s) nb_float32_lt(env, a, b, s)
#undef float32_le
#define float32_le(a, b, s) nb_float32_le(env, a, b, s)
#undef float32_eq_quiet
#define float32_eq_quiet(a, b, s) nb_float32_eq_quiet(env, a, b, s)
#undef float32_unordered_quiet
#define float32_unordered_quiet(a, b, s) nb_float32_unordered_quiet(env, a, b, s)
#undef float32_compare
#define float32_compare(a, b, s) nb_float32_compare(env, a, b, s)
#undef float32_compare_quiet
#define float32_compare_quiet(a, b, s) nb_float32_compare_quiet(env, a, b, s)
#undef float64_lt
#define float64_lt(a, b, s) nb_float64_lt(env, a, b, s)
#undef float64_le
#define float64_le(a, b, s) nb_float64_le(env, a, b, s)
#undef float64_eq_quiet
#define float64_eq_quiet(a, b, s) nb_float64_eq_quiet(env, a, b, s)
#undef float64_unordered_quiet
#define float64_unordered_quiet(a, b, s) nb_float64_unordered_quiet(env, a, b, s)
#undef float64_compare
#define float64_compare(a, b, s) nb_float64_compare(env, a, b, s)
#undef float64_compare_quiet
#define float64_compare_quiet(a, b, s) nb_float64_compare_quiet(env, a, b, s)
#undef floatx80_add
#define floatx80_add(a, b, s) nb_floatx80_add(env, a, b, s)
#undef floatx80_sub
#define floatx80_sub(a, b, s) nb_floatx80_sub(env, a, b, s)
#undef floatx80_mul
#define floatx80_mul(a, b, s) nb_floatx80_mul(env, a, b, s)
#undef floatx80_div
#define floatx80_div(a, b, s) nb_floatx80_div(env, a, b, s)
#undef floatx80_compare
#define floatx80_compare(a, b, s) nb_floatx80_compare(env, a, b, s)
#undef floatx80_compare_quiet
#define floatx80_compare_quiet(a, b, s) nb_floatx80_compare_quiet(env, a, b, s)
#undef float32_sqrt
#define float32_sqrt(a, s) nb_float32_sqrt(env, a, s)
#undef float64_sqrt
#define float64_sqrt(a, s) nb_float64_sqrt(env, a, s)
#undef float64_to_float32
#define float64_to_float32(a, s) nb_float64_to_float32(env, a, s)
#undef float32_to_float64
#define float32_to_float64(a, s) nb_float32_to_float64(env, a, s)
#undef int32_to_float32
#define int32_to_float32(a, s) nb_int32_to_float32(env, a, s)
#undef int64_to_float32
#define int64_to_float32(a, s) nb_int64_to_float32(env, a, s)
#undef int32_to_float64
#define int32_to_float64(a, s) nb_int32_to_float64(env, a, s)
#undef int64_to_float64
#define int64_to_float64(a, s) nb_int64_to_float64(env, a, s)
#undef float32_round_to_int
#define float32_round_to_int(a, s) nb_float32_round_to_int(env, a, s, mode)
#undef float64_round_to_int
#define float64_round_to_int(a, s) nb_float64_round_to_int(env, a, s, mode)
#undef float32_to_int32
#define float32_to_int32(a, s) nb_float32_to_int32(env, a, s)
#undef float32_to_int32_round_to_zero
#define float32_to_int32_round_to_zero(a, s) nb_float32_to_int32_round_to_zero(env, a, s)
#undef float32_to_int64
#define float32_to_int64(a, s) nb_float32_to_int64(env, a, s)
#undef float32_to_int64_round_to_zero
#define float32_to_int64_round_to_zero(a, s) nb_float32_to_int64_round_to_zero(env, a, s)
#undef float64_to_int32
#define float64_to_int32(a, s) nb_float64_to_int32(env, a, s)
#undef float64_to_int32_round_to_zero
#define float64_to_int32_round_to_zero(a, s) nb_float64_to_int32_round_to_zero(env, a, s)
#undef float64_to_int64
#define float64_to_int64(a, s) nb_float64_to_int64(env, a, s)
#undef float64_to_int64_round_to_zero
#define float64_to_int64_round_to_zero(a, s) nb_float64_to_int64_round_to_zero(env, a, s)
#undef floatx80_sqrt
#define floatx80_sqrt(a, s) nb_floatx80_sqrt(env, a, s)
#undef floatx80_to_float32
#define floatx80_to_float32(a, s) nb_floatx80_to_float32(env, a, s)
#undef floatx80_to_float64
#define floatx80_to_float64(a, s) \
    (sizeof(__func__) == sizeof("floatx80_to_double") ? nb_plain_to_float64(a, s) : nb_floatx80_to_float64(env, a, s))
#undef float32_to_floatx80
#define float32_to_floatx80(a, s) nb_float32_to_floatx80(env, a, s)
#undef float64_to_floatx80
#define float64_to_floatx80(a, s) \
    (sizeof(__func__) == sizeof("double_to_floatx80") ? nb_plain_from_float64(a, s) : nb_float64_to_floatx80(env, a, s))
#undef floatx80_to_int32
#define floatx80_to_int32(a, s) nb_floatx80_to_int32(env, a, s)
#undef floatx80_to_int32_round_to_zero
#define floatx80_to_int32_round_to_zero(a, s) nb_floatx80_to_int32_round_to_zero(env, a, s)
#undef floatx80_to_int64
#define floatx80_to_int64(a, s) nb_floatx80_to_int64(env, a, s)
#undef floatx80_to_int64_round_to_zero
#define floatx80_to_int64_round_to_zero(a, s) nb_floatx80_to_int64_round_to_zero(env, a, s)

/* GETPC, of the inline functions here, must be the helper's: nothing between it and the wrappers may be a function of its own. */
#define inline inline __attribute__((always_inline))

/* nb_x86_crypto.c has these, and asks Unicorn's where the host's processor has no such instructions. */
#ifdef __x86_64__
#undef helper_aesenc_xmm
#undef helper_aesenclast_xmm
#undef helper_aesdec_xmm
#undef helper_aesdeclast_xmm
#undef helper_aesimc_xmm
#undef helper_pclmulqdq_xmm
#undef helper_crc32
#define helper_aesenc_xmm nb_soft_aesenc
#define helper_aesenclast_xmm nb_soft_aesenclast
#define helper_aesdec_xmm nb_soft_aesdec
#define helper_aesdeclast_xmm nb_soft_aesdeclast
#define helper_aesimc_xmm nb_soft_aesimc
#define helper_pclmulqdq_xmm nb_soft_pclmulqdq
#define helper_crc32 nb_soft_crc32
#endif

/* See nb_x86_strings.c. */
#undef helper_pcmpestri_xmm
#undef helper_pcmpestrm_xmm
#undef helper_pcmpistri_xmm
#undef helper_pcmpistrm_xmm
#define helper_pcmpestri_xmm nb_other_pcmpestri
#define helper_pcmpestrm_xmm nb_other_pcmpestrm
#define helper_pcmpistri_xmm nb_other_pcmpistri
#define helper_pcmpistrm_xmm nb_other_pcmpistrm

/* See nb_x86_upper.c. */
#undef helper_phaddw_mmx
#undef helper_phaddw_xmm
#undef helper_phaddd_mmx
#undef helper_phaddd_xmm
#undef helper_phaddsw_mmx
#undef helper_phaddsw_xmm
#undef helper_phsubw_mmx
#undef helper_phsubw_xmm
#undef helper_phsubd_mmx
#undef helper_phsubd_xmm
#undef helper_phsubsw_mmx
#undef helper_phsubsw_xmm
#undef helper_shufps
#undef helper_shufpd
#undef helper_pshufd_xmm
#undef helper_pshuflw_xmm
#undef helper_pshufhw_xmm
#undef helper_haddps
#undef helper_haddpd
#undef helper_hsubps
#undef helper_hsubpd
#undef helper_packsswb_xmm
#undef helper_packuswb_xmm
#undef helper_packssdw_xmm
#undef helper_punpcklbw_xmm
#undef helper_punpcklwd_xmm
#undef helper_punpckldq_xmm
#undef helper_punpckhbw_xmm
#undef helper_punpckhwd_xmm
#undef helper_punpckhdq_xmm
#undef helper_punpcklqdq_xmm
#undef helper_punpckhqdq_xmm
#undef helper_pshufb_xmm
#undef helper_packusdw_xmm
#undef helper_palignr_xmm
#undef helper_mpsadbw_xmm
#define helper_phaddw_mmx nb_whole_phaddw_mmx
#define helper_phaddw_xmm nb_whole_phaddw_xmm
#define helper_phaddd_mmx nb_whole_phaddd_mmx
#define helper_phaddd_xmm nb_whole_phaddd_xmm
#define helper_phaddsw_mmx nb_whole_phaddsw_mmx
#define helper_phaddsw_xmm nb_whole_phaddsw_xmm
#define helper_phsubw_mmx nb_whole_phsubw_mmx
#define helper_phsubw_xmm nb_whole_phsubw_xmm
#define helper_phsubd_mmx nb_whole_phsubd_mmx
#define helper_phsubd_xmm nb_whole_phsubd_xmm
#define helper_phsubsw_mmx nb_whole_phsubsw_mmx
#define helper_phsubsw_xmm nb_whole_phsubsw_xmm
#define helper_shufps nb_whole_shufps
#define helper_shufpd nb_whole_shufpd
#define helper_pshufd_xmm nb_whole_pshufd_xmm
#define helper_pshuflw_xmm nb_whole_pshuflw_xmm
#define helper_pshufhw_xmm nb_whole_pshufhw_xmm
#define helper_haddps nb_whole_haddps
#define helper_haddpd nb_whole_haddpd
#define helper_hsubps nb_whole_hsubps
#define helper_hsubpd nb_whole_hsubpd
#define helper_packsswb_xmm nb_whole_packsswb_xmm
#define helper_packuswb_xmm nb_whole_packuswb_xmm
#define helper_packssdw_xmm nb_whole_packssdw_xmm
#define helper_punpcklbw_xmm nb_whole_punpcklbw_xmm
#define helper_punpcklwd_xmm nb_whole_punpcklwd_xmm
#define helper_punpckldq_xmm nb_whole_punpckldq_xmm
#define helper_punpckhbw_xmm nb_whole_punpckhbw_xmm
#define helper_punpckhwd_xmm nb_whole_punpckhwd_xmm
#define helper_punpckhdq_xmm nb_whole_punpckhdq_xmm
#define helper_punpcklqdq_xmm nb_whole_punpcklqdq_xmm
#define helper_punpckhqdq_xmm nb_whole_punpckhqdq_xmm
#define helper_pshufb_xmm nb_whole_pshufb_xmm
#define helper_packusdw_xmm nb_whole_packusdw_xmm
#define helper_palignr_xmm nb_whole_palignr_xmm
#define helper_mpsadbw_xmm nb_whole_mpsadbw_xmm
#endif
