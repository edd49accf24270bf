/* Whether the host's processor has AES, carry-less multiplication and CRC32C: one answer for all. */
#ifndef NB_HOSTCRYPTO_H
#define NB_HOSTCRYPTO_H
#include <immintrin.h>

#define NB_HOST_CRYPTO __attribute__((target("aes,pclmul,sse4.2")))

static int nb_has_crypto;

static void __attribute__((constructor)) nb_find_crypto(void)
{
    __builtin_cpu_init();
    nb_has_crypto = __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.2");
}

/* By halves: that is how translated code has stored them, and a wider load would wait for both stores. */
static inline NB_HOST_CRYPTO __m128i nb_load128(const void *p)
{
    const long long *q = (const long long *)p;
    return _mm_set_epi64x(q[1], q[0]);
}

static inline NB_HOST_CRYPTO void nb_store128(void *p, __m128i v)
{
    long long *q = (long long *)p;
    q[0] = _mm_cvtsi128_si64(v);
    q[1] = _mm_extract_epi64(v, 1);
}
#endif
