/*
 * VEX-coded instructions of floating-point arithmetic: by the host's own, with the program's rounding and what it says of
 * denormal numbers, where it has them and all exceptions are masked; otherwise by softfloat, element by element. Nothing is
 * changed if an exception is raised.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/helper-proto.h"
#include "exec/exec-all.h"
#include "fpu/softfloat.h"
#include "nb_x86_vec.h"

enum { NB_ADD, NB_SUB, NB_MUL, NB_DIV, NB_MIN, NB_MAX, NB_SQRT };
#define NB_CONTROL 0xffc0 /* of mxcsr: all but the flags */
#define NB_USUAL 0x1f80
#define NB_DAZ 0x40

static inline bool nb_nan32(float32 v) { return (v & 0x7fffffff) > 0x7f800000; }
static inline bool nb_nan64(float64 v) { return (v & 0x7fffffffffffffffull) > 0x7ff0000000000000ull; }
static inline bool nb_snan32(float32 v) { return nb_nan32(v) && !(v & 0x00400000); }
static inline bool nb_snan64(float64 v) { return nb_nan64(v) && !(v & 0x0008000000000000ull); }
static inline float32 nb_quiet32(float32 v) { return v | 0x00400000; }
static inline float64 nb_quiet64(float64 v) { return v | 0x0008000000000000ull; }

/* A denormal operand is zero where mxcsr says so. */
static inline float32 nb_daz32(CPUX86State *env, float32 v)
{
    return env->mxcsr & NB_DAZ && !(v & 0x7f800000) ? v & 0x80000000 : v;
}

static inline float64 nb_daz64(CPUX86State *env, float64 v)
{
    return env->mxcsr & NB_DAZ && !(v & 0x7ff0000000000000ull) ? v & 0x8000000000000000ull : v;
}

/*
 * One element. Of two operands that are not numbers SSE returns the first, which is not softfloat's way.
 */
#define NB_SOFT_ARITH(bits, type) \
    static inline type nb_arith##bits(CPUX86State *env, int op, type a, type b) \
    { \
        type r; \
        switch (op) { \
        case NB_ADD: \
            r = type##_add(a, b, &env->sse_status); \
            break; \
        case NB_SUB: \
            r = type##_sub(a, b, &env->sse_status); \
            break; \
        case NB_MUL: \
            r = type##_mul(a, b, &env->sse_status); \
            break; \
        case NB_DIV: \
            r = type##_div(a, b, &env->sse_status); \
            break; \
        case NB_MIN: \
            return nb_daz##bits(env, type##_lt(a, b, &env->sse_status) ? a : b); \
        case NB_MAX: \
            return nb_daz##bits(env, type##_lt(b, a, &env->sse_status) ? a : b); \
        default: \
            return type##_sqrt(b, &env->sse_status); \
        } \
        return nb_nan##bits(a) ? nb_quiet##bits(a) : nb_nan##bits(b) ? nb_quiet##bits(b) : r; \
    }
NB_SOFT_ARITH(32, float32)
NB_SOFT_ARITH(64, float64)

#ifdef NB_HOST_AVX
static inline uint32_t nb_host_mxcsr(void)
{
    uint32_t v;

    __asm__ volatile("vstmxcsr %0" : "=m"(v));
    return v;
}

static inline void nb_host_control(uint32_t v)
{
    __asm__ volatile("vldmxcsr %0" : : "m"(v) : "memory");
}

/*
 * Executes op. The host's flags stay set, from whatever set them first; while none is set that the program's mxcsr has not,
 * there is nothing to record.
 */
#define NB_HOST(env, op) \
    do { \
        uint32_t nb_m = (env)->mxcsr; \
        if (likely((nb_m & NB_CONTROL) == NB_USUAL)) { \
            op; \
            if (likely(!(nb_host_mxcsr() & NB_FLAGS & ~nb_m))) \
                break; \
        } \
        nb_host_control(nb_m & NB_CONTROL); \
        op; \
        (env)->mxcsr |= nb_host_mxcsr() & NB_FLAGS; \
        nb_host_control(NB_USUAL); \
    } while (0)

static inline bool nb_by_host(CPUX86State *env)
{
    return likely(nb_has_avx2) && likely((env->mxcsr & NB_MASKS) == NB_MASKS);
}

#define NB_OP3(insn, size, r, x, y) \
    __asm__ volatile(insn " %" size "2, %" size "1, %" size "0" : "=x"(r) : "x"(x), "x"(y))
#define NB_HARD_PACKED(name, insn) \
    static NB_HOST_AVX void nb_hard_##name(CPUX86State *e, void *d, const void *a, const void *b, uint32_t desc) \
    { \
        __m256i x, y, r; \
        if (simd_oprsz(desc) == 32) { \
            x = nb_load256(a); \
            y = nb_load256(b); \
            NB_HOST(e, NB_OP3(insn, "t", r, x, y)); \
        } else { \
            x = _mm256_castsi128_si256(nb_loadu128(a)); \
            y = _mm256_castsi128_si256(nb_loadu128(b)); \
            NB_HOST(e, NB_OP3(insn, "x", r, x, y)); \
        } \
        nb_store256(d, r); \
    }
/* Of the second source there is only the element. */
#define NB_HARD_SCALAR(name, insn, load) \
    static NB_HOST_AVX void nb_hard_##name(CPUX86State *e, void *d, const void *a, const void *b) \
    { \
        __m256i x = _mm256_castsi128_si256(nb_loadu128(a)), y = _mm256_castsi128_si256(load(b)), r; \
        NB_HOST(e, NB_OP3(insn, "x", r, x, y)); \
        nb_store256(d, r); \
    }
#define NB_TRY(name, ...) if (nb_by_host(env)) { nb_hard_##name(__VA_ARGS__); return; }
#else
#define NB_HARD_PACKED(name, insn)
#define NB_HARD_SCALAR(name, insn, load)
#define NB_TRY(name, ...)
#endif

/* The lowest element of a register changes, and what is above its 128 bits. */
static inline void nb_avx_low32(void *d, const void *a, float32 v)
{
    memmove(d, a, 16);
    memcpy(d, &v, 4);
    memset((char *)d + 16, 0, 16);
}

static inline void nb_avx_low64(void *d, const void *a, float64 v)
{
    memmove(d, a, 16);
    memcpy(d, &v, 8);
    memset((char *)d + 16, 0, 16);
}

#define NB_PACKED(name, bits, insn, expr) \
    NB_HARD_PACKED(name, insn) \
    void helper_nb_v##name(CPUX86State *env, void *d, void *a, void *b, uint32_t desc) \
    { \
        const float##bits *x = a, *y = b; \
        float##bits r[256 / bits]; \
        int i; \
        NB_TRY(name, env, d, a, b, desc) \
        for (i = 0; i < simd_oprsz(desc) * 8 / bits; i++) \
            r[i] = nb_arith##bits(env, expr, x[i], y[i]); \
        nb_avx_put(d, (ZMMReg *)r, desc); \
    }
#define NB_SCALAR(name, bits, insn, load, expr) \
    NB_HARD_SCALAR(name, insn, load) \
    void helper_nb_v##name(CPUX86State *env, void *d, void *a, void *b, uint32_t desc) \
    { \
        NB_TRY(name, env, d, a, b) \
        nb_avx_low##bits(d, a, nb_arith##bits(env, expr, *(float##bits *)a, *(float##bits *)b)); \
    }
#define NB_LOAD32(p) _mm_cvtsi32_si128(*(const int32_t *)(p))
#define NB_LOAD64(p) _mm_loadl_epi64((const __m128i *)(p))
#define NB_ARITH(name, op) \
    NB_PACKED(name##ps, 32, "v" #name "ps", op) \
    NB_PACKED(name##pd, 64, "v" #name "pd", op) \
    NB_SCALAR(name##ss, 32, "v" #name "ss", NB_LOAD32, op) \
    NB_SCALAR(name##sd, 64, "v" #name "sd", NB_LOAD64, op)
NB_ARITH(add, NB_ADD)
NB_ARITH(sub, NB_SUB)
NB_ARITH(mul, NB_MUL)
NB_ARITH(div, NB_DIV)
NB_ARITH(min, NB_MIN)
NB_ARITH(max, NB_MAX)
NB_SCALAR(sqrtss, 32, "vsqrtss", NB_LOAD32, NB_SQRT)
NB_SCALAR(sqrtsd, 64, "vsqrtsd", NB_LOAD64, NB_SQRT)
/* These have one source, b. */
#ifdef NB_HOST_AVX
#define NB_OP2(insn, size, r, y) __asm__ volatile(insn " %" size "1, %" size "0" : "=x"(r) : "x"(y))
#define NB_HARD_UNARY(name, insn) \
    static NB_HOST_AVX void nb_hard_##name(CPUX86State *e, void *d, const void *b, uint32_t desc) \
    { \
        __m256i y, r; \
        if (simd_oprsz(desc) == 32) { \
            y = nb_load256(b); \
            NB_HOST(e, NB_OP2(insn, "t", r, y)); \
        } else { \
            y = _mm256_castsi128_si256(nb_loadu128(b)); \
            NB_HOST(e, NB_OP2(insn, "x", r, y)); \
        } \
        nb_store256(d, r); \
    }
#else
#define NB_HARD_UNARY(name, insn)
#endif
#define NB_ROOT(name, bits) \
    NB_HARD_UNARY(name, "v" #name) \
    void helper_nb_v##name(CPUX86State *env, void *d, void *a, void *b, uint32_t desc) \
    { \
        const float##bits *y = b; \
        float##bits r[256 / bits]; \
        int i; \
        NB_TRY(name, env, d, b, desc) \
        for (i = 0; i < simd_oprsz(desc) * 8 / bits; i++) \
            r[i] = nb_arith##bits(env, NB_SQRT, 0, y[i]); \
        nb_avx_put(d, (ZMMReg *)r, desc); \
    }
NB_ROOT(sqrtps, 32)
NB_ROOT(sqrtpd, 64)

/*
 * The 32 comparisons: for which of less, equal, greater and unordered, as bits, they are true; and which raise an exception
 * for any operand that is not a number.
 */
static const uint8_t nb_cmp_true[16] = { 2, 1, 3, 8, 13, 14, 12, 7, 10, 9, 11, 0, 5, 6, 4, 15 };
#define NB_CMP_SIGNALS(p) (((p) & 16 ? ~0x6666u : 0x6666u) >> ((p) & 15) & 1)

#define NB_SOFT_CMP(bits, type) \
    static inline bool nb_cmp##bits(CPUX86State *env, int p, type a, type b) \
    { \
        int rel = NB_CMP_SIGNALS(p) ? type##_compare(a, b, &env->sse_status) : type##_compare_quiet(a, b, &env->sse_status); \
        return nb_cmp_true[p & 15] >> (rel == float_relation_less ? 0 : rel == float_relation_equal ? 1 : \
                                       rel == float_relation_greater ? 2 : 3) & 1; \
    }
NB_SOFT_CMP(32, float32)
NB_SOFT_CMP(64, float64)

#ifdef NB_HOST_AVX
#define NB_CMP_CASE(n, insn, size, r, x, y) case n: NB_OP3(insn " $" #n ",", size, r, x, y); break;
#define NB_CMP_CASES(insn, size, r, x, y) \
    NB_CMP_CASE(0, insn, size, r, x, y) NB_CMP_CASE(1, insn, size, r, x, y) NB_CMP_CASE(2, insn, size, r, x, y) \
    NB_CMP_CASE(3, insn, size, r, x, y) NB_CMP_CASE(4, insn, size, r, x, y) NB_CMP_CASE(5, insn, size, r, x, y) \
    NB_CMP_CASE(6, insn, size, r, x, y) NB_CMP_CASE(7, insn, size, r, x, y) NB_CMP_CASE(8, insn, size, r, x, y) \
    NB_CMP_CASE(9, insn, size, r, x, y) NB_CMP_CASE(10, insn, size, r, x, y) NB_CMP_CASE(11, insn, size, r, x, y) \
    NB_CMP_CASE(12, insn, size, r, x, y) NB_CMP_CASE(13, insn, size, r, x, y) NB_CMP_CASE(14, insn, size, r, x, y) \
    NB_CMP_CASE(15, insn, size, r, x, y) NB_CMP_CASE(16, insn, size, r, x, y) NB_CMP_CASE(17, insn, size, r, x, y) \
    NB_CMP_CASE(18, insn, size, r, x, y) NB_CMP_CASE(19, insn, size, r, x, y) NB_CMP_CASE(20, insn, size, r, x, y) \
    NB_CMP_CASE(21, insn, size, r, x, y) NB_CMP_CASE(22, insn, size, r, x, y) NB_CMP_CASE(23, insn, size, r, x, y) \
    NB_CMP_CASE(24, insn, size, r, x, y) NB_CMP_CASE(25, insn, size, r, x, y) NB_CMP_CASE(26, insn, size, r, x, y) \
    NB_CMP_CASE(27, insn, size, r, x, y) NB_CMP_CASE(28, insn, size, r, x, y) NB_CMP_CASE(29, insn, size, r, x, y) \
    NB_CMP_CASE(30, insn, size, r, x, y) NB_CMP_CASE(31, insn, size, r, x, y)
#define NB_HARD_CMP(name, insn) \
    static NB_HOST_AVX void nb_hard_##name(CPUX86State *e, void *d, const void *a, const void *b, uint32_t desc) \
    { \
        __m256i x, y, r = _mm256_setzero_si256(); \
        int p = simd_data(desc) & 31; \
        if (simd_oprsz(desc) == 32) { \
            x = nb_load256(a); \
            y = nb_load256(b); \
            NB_HOST(e, switch (p) { NB_CMP_CASES(insn, "t", r, x, y) }); \
        } else { \
            x = _mm256_castsi128_si256(nb_loadu128(a)); \
            y = _mm256_castsi128_si256(nb_loadu128(b)); \
            NB_HOST(e, switch (p) { NB_CMP_CASES(insn, "x", r, x, y) }); \
        } \
        nb_store256(d, r); \
    }
#define NB_HARD_CMPS(name, insn, load) \
    static NB_HOST_AVX void nb_hard_##name(CPUX86State *e, void *d, const void *a, const void *b, uint32_t desc) \
    { \
        __m256i x = _mm256_castsi128_si256(nb_loadu128(a)), y = _mm256_castsi128_si256(load(b)), r = _mm256_setzero_si256(); \
        int p = simd_data(desc) & 31; \
        NB_HOST(e, switch (p) { NB_CMP_CASES(insn, "x", r, x, y) }); \
        nb_store256(d, r); \
    }
#else
#define NB_HARD_CMP(name, insn)
#define NB_HARD_CMPS(name, insn, load)
#endif

#define NB_CMP(name, bits) \
    NB_HARD_CMP(name, "v" #name) \
    void helper_nb_v##name(CPUX86State *env, void *d, void *a, void *b, uint32_t desc) \
    { \
        const float##bits *x = a, *y = b; \
        float##bits r[256 / bits]; \
        int i; \
        NB_TRY(name, env, d, a, b, desc) \
        for (i = 0; i < simd_oprsz(desc) * 8 / bits; i++) \
            r[i] = -(int64_t)nb_cmp##bits(env, simd_data(desc) & 31, x[i], y[i]); \
        nb_avx_put(d, (ZMMReg *)r, desc); \
    }
#define NB_CMP1(name, bits, load) \
    NB_HARD_CMPS(name, "v" #name, load) \
    void helper_nb_v##name(CPUX86State *env, void *d, void *a, void *b, uint32_t desc) \
    { \
        NB_TRY(name, env, d, a, b, desc) \
        nb_avx_low##bits(d, a, -(int64_t)nb_cmp##bits(env, simd_data(desc) & 31, *(float##bits *)a, *(float##bits *)b)); \
    }
NB_CMP(cmpps, 32)
NB_CMP(cmppd, 64)
NB_CMP1(cmpss, 32, NB_LOAD32)
NB_CMP1(cmpsd, 64, NB_LOAD64)

/*
 * The product of x and y, and z, rounded once. Of operands that are not numbers the result is the first in this order, and
 * a product of infinity and zero is no exception then.
 */
enum { NB_MINUS_PRODUCT = float_muladd_negate_product, NB_MINUS_Z = float_muladd_negate_c };
#define NB_SOFT_FMA(bits, type) \
    static inline type nb_fma##bits(CPUX86State *env, int flags, type x, type y, type z) \
    { \
        float_status *s = &env->sse_status; \
        type r; \
        nb_fp_before(env, s, 0); \
        if (unlikely(nb_nan##bits(x) || nb_nan##bits(y) || nb_nan##bits(z))) { \
            r = nb_quiet##bits(nb_nan##bits(x) ? x : nb_nan##bits(y) ? y : z); \
            if (nb_snan##bits(x) || nb_snan##bits(y) || nb_snan##bits(z)) \
                float_raise(float_flag_invalid, s); \
        } else { \
            r = type##_muladd(x, y, z, flags, s); \
        } \
        nb_fp_after(env, s, false); \
        return r; \
    }
NB_SOFT_FMA(32, float32)
NB_SOFT_FMA(64, float64)

#ifdef NB_HOST_AVX
#define NB_OP_FMA(insn, size, r, x, z) \
    __asm__ volatile(insn " %" size "2, %" size "1, %" size "0" : "+x"(r) : "x"(x), "x"(z))
#define NB_HARD_FMA(name, insn) \
    static NB_HOST_AVX void nb_hard_##name(CPUX86State *e, void *d, const void *a, const void *b, const void *c, uint32_t desc) \
    { \
        __m256i x, y, z, r; \
        if (simd_oprsz(desc) == 32) { \
            x = nb_load256(a); \
            y = nb_load256(b); \
            z = nb_load256(c); \
            NB_HOST(e, r = y; NB_OP_FMA(insn, "t", r, x, z)); \
        } else { \
            x = _mm256_castsi128_si256(nb_loadu128(a)); \
            y = _mm256_castsi128_si256(nb_loadu128(b)); \
            z = _mm256_castsi128_si256(nb_loadu128(c)); \
            NB_HOST(e, r = y; NB_OP_FMA(insn, "x", r, x, z)); \
        } \
        nb_store256(d, r); \
    }
#define NB_HARD_FMA1(name, insn, load, bits) \
    static NB_HOST_AVX void nb_hard_##name(CPUX86State *e, void *d, const void *a, const void *b, const void *c) \
    { \
        __m128i x = load(a), y = load(b), z = load(c), r; \
        NB_HOST(e, r = y; NB_OP_FMA(insn, "", r, x, z)); \
        nb_avx_low##bits(d, d, bits == 64 ? _mm_cvtsi128_si64(r) : _mm_cvtsi128_si32(r)); \
    }
#else
#define NB_HARD_FMA(name, insn)
#define NB_HARD_FMA1(name, insn, load, bits)
#endif

/* even and odd: what is negated in these elements. */
#define NB_FMA(name, bits, insn, even, odd) \
    NB_HARD_FMA(name, insn) \
    void helper_nb_v##name(CPUX86State *env, void *d, void *a, void *b, void *c, uint32_t desc) \
    { \
        const float##bits *x = a, *y = b, *z = c; \
        float##bits r[256 / bits]; \
        int i; \
        NB_TRY(name, env, d, a, b, c, desc) \
        for (i = 0; i < simd_oprsz(desc) * 8 / bits; i++) \
            r[i] = nb_fma##bits(env, i & 1 ? odd : even, x[i], y[i], z[i]); \
        nb_avx_put(d, (ZMMReg *)r, desc); \
    }
/* The rest of the first operand stays, which is the one that is changed. */
#define NB_FMA1(name, bits, insn, load, flags) \
    NB_HARD_FMA1(name, insn, load, bits) \
    void helper_nb_v##name(CPUX86State *env, void *d, void *a, void *b, void *c, uint32_t desc) \
    { \
        NB_TRY(name, env, d, a, b, c) \
        nb_avx_low##bits(d, d, nb_fma##bits(env, flags, *(float##bits *)a, *(float##bits *)b, *(float##bits *)c)); \
    }
#define NB_FMAS(name, flags) \
    NB_FMA(name##ps, 32, "v" #name "213ps", flags, flags) \
    NB_FMA(name##pd, 64, "v" #name "213pd", flags, flags) \
    NB_FMA1(name##ss, 32, "v" #name "213ss", NB_LOAD32, flags) \
    NB_FMA1(name##sd, 64, "v" #name "213sd", NB_LOAD64, flags)
NB_FMAS(fmadd, 0)
NB_FMAS(fmsub, NB_MINUS_Z)
NB_FMAS(fnmadd, NB_MINUS_PRODUCT)
NB_FMAS(fnmsub, NB_MINUS_PRODUCT | NB_MINUS_Z)
NB_FMA(fmaddsubps, 32, "vfmaddsub213ps", NB_MINUS_Z, 0)
NB_FMA(fmaddsubpd, 64, "vfmaddsub213pd", NB_MINUS_Z, 0)
NB_FMA(fmsubaddps, 32, "vfmsubadd213ps", 0, NB_MINUS_Z)
NB_FMA(fmsubaddpd, 64, "vfmsubadd213pd", 0, NB_MINUS_Z)

/* The immediate byte may say how to round. */
#define NB_ROUNDS(mxcsr, imm) (((mxcsr) & ~0x6000u) | ((imm) & 3) << 13)

static inline int nb_mode(uint32_t mxcsr, int imm)
{
    static const signed char modes[4] = { float_round_nearest_even, float_round_down, float_round_up, float_round_to_zero };

    return modes[imm & 4 ? mxcsr >> 13 & 3 : imm & 3];
}

/* To whole numbers, which is inexact unless bit 3 says that it is not. */
#define NB_SOFT_ROUND(bits, type) \
    static inline type nb_round##bits(CPUX86State *env, int mode, type a) \
    { \
        float_status *s = &env->sse_status, own = *s; \
        type r; \
        nb_fp_before(env, s, 0); \
        own.float_exception_flags = 0; \
        set_float_rounding_mode(nb_mode(env->mxcsr, mode), &own); \
        r = type##_round_to_int(a, &own); \
        float_raise(own.float_exception_flags, s); \
        nb_fp_after(env, s, false); \
        return r; \
    }
NB_SOFT_ROUND(32, float32)
NB_SOFT_ROUND(64, float64)

#ifdef NB_HOST_AVX
#define NB_HARD_ROUND(name, bits, insn) \
    static NB_HOST_AVX void nb_hard_##name(CPUX86State *e, void *d, const void *b, uint32_t desc) \
    { \
        __m256i y, r; \
        uint32_t old = e->mxcsr, exact = simd_data(desc) & 8; \
        if (!(simd_data(desc) & 4)) \
            e->mxcsr = NB_ROUNDS(old, simd_data(desc)); \
        if (simd_oprsz(desc) == 32) { \
            y = nb_load256(b); \
            if (exact) \
                NB_HOST(e, NB_OP2(insn " $12,", "t", r, y)); \
            else \
                NB_HOST(e, NB_OP2(insn " $4,", "t", r, y)); \
        } else { \
            y = _mm256_castsi128_si256(nb_loadu128(b)); \
            if (exact) \
                NB_HOST(e, NB_OP2(insn " $12,", "x", r, y)); \
            else \
                NB_HOST(e, NB_OP2(insn " $4,", "x", r, y)); \
        } \
        e->mxcsr = (e->mxcsr & ~0x6000u) | (old & 0x6000); \
        nb_store256(d, r); \
    }
#else
#define NB_HARD_ROUND(name, bits, insn)
#endif

#define NB_ROUND(name, bits) \
    NB_HARD_ROUND(name, bits, "v" #name) \
    void helper_nb_v##name(CPUX86State *env, void *d, void *a, void *b, uint32_t desc) \
    { \
        const float##bits *y = b; \
        float##bits r[256 / bits]; \
        int i; \
        NB_TRY(name, env, d, b, desc) \
        for (i = 0; i < simd_oprsz(desc) * 8 / bits; i++) \
            r[i] = nb_round##bits(env, simd_data(desc), y[i]); \
        nb_avx_put(d, (ZMMReg *)r, desc); \
    }
#define NB_ROUND1(name, bits) \
    void helper_nb_v##name(CPUX86State *env, void *d, void *a, void *b, uint32_t desc) \
    { \
        nb_avx_low##bits(d, a, nb_round##bits(env, simd_data(desc), *(float##bits *)b)); \
    }
NB_ROUND(roundps, 32)
NB_ROUND(roundpd, 64)
NB_ROUND1(roundss, 32)
NB_ROUND1(roundsd, 64)

/* Sums of the products that the upper half of the byte names, in the elements that the lower half names. */
#define NB_DOT(name, bits, n) \
    void helper_nb_v##name(CPUX86State *env, void *d, void *a, void *b, uint32_t desc) \
    { \
        const float##bits *x = a, *y = b; \
        float##bits r[256 / bits], t[n], sum; \
        int i, j; \
        for (i = 0; i < simd_oprsz(desc) * 8 / bits; i += n) { \
            for (j = 0; j < n; j++) \
                t[j] = simd_data(desc) >> (4 + j) & 1 ? nb_arith##bits(env, NB_MUL, x[i + j], y[i + j]) : 0; \
            sum = nb_arith##bits(env, NB_ADD, t[0], t[1]); \
            if (n == 4) \
                sum = nb_arith##bits(env, NB_ADD, sum, nb_arith##bits(env, NB_ADD, t[n - 2], t[n - 1])); \
            for (j = 0; j < n; j++) \
                r[i + j] = simd_data(desc) >> j & 1 ? sum : 0; \
        } \
        nb_avx_put(d, (ZMMReg *)r, desc); \
    }
NB_DOT(dpps, 32, 4)
NB_DOT(dppd, 64, 2)

/* Numbers of 16 bits, for which denormal operands and results are as they are. b has 4 or 8 of them; d gets as many. */
#ifdef NB_HOST_AVX
static NB_HOST_AVX void nb_hard_cvtph2ps(CPUX86State *e, void *d, const void *b, uint32_t desc)
{
    __m128i y;
    __m256i r;

    if (simd_oprsz(desc) == 32) {
        y = nb_loadu128(b);
        NB_HOST(e, __asm__ volatile("vcvtph2ps %x1, %t0" : "=x"(r) : "x"(y)));
    } else {
        y = NB_LOAD64(b);
        NB_HOST(e, __asm__ volatile("vcvtph2ps %x1, %x0" : "=x"(r) : "x"(y)));
    }
    nb_store256(d, r);
}

static NB_HOST_AVX void nb_hard_cvtps2ph(CPUX86State *e, void *d, const void *b, uint32_t desc)
{
    __m256i y, r;

    if (simd_oprsz(desc) == 32) {
        y = nb_load256(b);
        NB_HOST(e, __asm__ volatile("vcvtps2ph $4, %t1, %x0" : "=x"(r) : "x"(y)));
    } else {
        y = _mm256_castsi128_si256(nb_loadu128(b));
        NB_HOST(e, __asm__ volatile("vcvtps2ph $4, %x1, %x0" : "=x"(r) : "x"(y)));
    }
    nb_store256(d, r);
}
#endif

void helper_nb_vcvtph2ps(CPUX86State *env, void *d, void *a, void *b, uint32_t desc)
{
    const uint16_t *y = b;
    float_status *s = &env->sse_status, own = *s;
    float32 r[8];
    int i;

    NB_TRY(cvtph2ps, env, d, b, desc)
    set_flush_inputs_to_zero(0, &own);
    for (i = 0; i < simd_oprsz(desc) / 4; i++) {
        nb_fp_before(env, s, 0);
        own.float_exception_flags = 0;
        r[i] = float16_to_float32(y[i], true, &own);
        float_raise(own.float_exception_flags, s);
        nb_fp_after(env, s, false);
    }
    nb_avx_put(d, (ZMMReg *)r, desc);
}

static inline void nb_half(CPUX86State *env, void *d, const float32 *y, uint32_t desc, int mode)
{
    float_status *s = &env->sse_status, own = *s;
    uint16_t r[16] = { 0 };
    int i;

    set_float_rounding_mode(mode, &own);
    set_flush_to_zero(0, &own);
    for (i = 0; i < simd_oprsz(desc) / 4; i++) {
        nb_fp_before(env, s, 0);
        own.float_exception_flags = 0;
        r[i] = float32_to_float16(y[i], true, &own);
        float_raise(own.float_exception_flags, s);
        nb_fp_after(env, s, false);
    }
    memcpy(d, r, 32);
}

void helper_nb_vcvtps2ph(CPUX86State *env, void *d, void *a, void *b, uint32_t desc)
{
    uint32_t imm = simd_data(desc), old = env->mxcsr;

#ifdef NB_HOST_AVX
    if (nb_by_host(env)) {
        if (!(imm & 4))
            env->mxcsr = NB_ROUNDS(old, imm);
        nb_hard_cvtps2ph(env, d, b, desc);
        env->mxcsr = (env->mxcsr & ~0x6000u) | (old & 0x6000);
        return;
    }
#endif
    nb_half(env, d, b, desc, nb_mode(old, imm));
}
