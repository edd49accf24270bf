/* For the helpers of VEX instructions: where their results go, and the host's own AVX2, FMA and F16C if it has all of them. */
#ifndef NB_X86_VEC_H
#define NB_X86_VEC_H
#include "tcg/tcg-gvec-desc.h"

/* Puts a result of all lanes into its register. */
static inline void nb_avx_put(void *d, const ZMMReg *r, uint32_t desc)
{
    memcpy(d, r, simd_oprsz(desc));
    if (simd_oprsz(desc) < 32)
        memset((char *)d + 16, 0, 16);
}

#if defined(__x86_64__) && !defined(NB_SOFT_AVX) /* to try what other hosts do */
#include <immintrin.h>
#define NB_HOST_AVX __attribute__((target("avx2,fma,f16c")))

static int nb_has_avx2;

static void __attribute__((constructor)) nb_find_avx2(void)
{
    __builtin_cpu_init();
    /* F16C is as old as FMA on processors with AVX2. */
    nb_has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static inline NB_HOST_AVX __m256i nb_load256(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }
static inline NB_HOST_AVX void nb_store256(void *p, __m256i v) { _mm256_storeu_si256((__m256i *)p, v); }
static inline NB_HOST_AVX __m128i nb_loadu128(const void *p) { return _mm_loadu_si128((const __m128i *)p); }

/* With zeros in the upper half. */
static inline NB_HOST_AVX void nb_store_low(void *p, __m128i v)
{
    nb_store256(p, _mm256_inserti128_si256(_mm256_setzero_si256(), v, 0));
}
#endif
#endif
