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
#include <cpuid.h>
#include <immintrin.h>
#define NB_HOST_AVX __attribute__((target("avx2,fma,f16c")))

static int nb_has_avx2;

/* By the instructions themselves: not every compiler's library can tell. The system must keep the registers as well. */
static void __attribute__((constructor)) nb_find_avx2(void)
{
    const unsigned all = 1u << 12 | 1u << 27 | 1u << 28 | 1u << 29; /* FMA, OSXSAVE, AVX, F16C */
    unsigned a, b, c, d, kept;

    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & all) != all)
        return;
    __asm__ volatile("xgetbv" : "=a"(kept), "=d"(d) : "c"(0));
    if ((kept & 6) == 6 && __get_cpuid_count(7, 0, &a, &b, &c, &d))
        nb_has_avx2 = b >> 5 & 1;
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
