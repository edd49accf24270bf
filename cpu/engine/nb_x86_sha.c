/*
 * SHA's instructions, which Unicorn's translator does not know (nb_x86_translate.c): by the host's own, or as they are
 * defined. Doublewords count from the lowest.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/helper-proto.h"

static inline uint32_t nb_left(uint32_t v, int n) { return v << n | v >> (32 - n); }
static inline uint32_t nb_right(uint32_t v, int n) { return v >> n | v << (32 - n); }
static inline uint32_t nb_sigma0(uint32_t v) { return nb_right(v, 7) ^ nb_right(v, 18) ^ v >> 3; }
static inline uint32_t nb_sigma1(uint32_t v) { return nb_right(v, 17) ^ nb_right(v, 19) ^ v >> 10; }

static void nb_soft_sha1nexte(uint32_t *d, const uint32_t *s)
{
    uint32_t e = nb_left(d[3], 30);

    memcpy(d, s, 12);
    d[3] = s[3] + e;
}

static void nb_soft_sha1msg1(uint32_t *d, const uint32_t *s)
{
    uint32_t w4 = s[3], w5 = s[2];

    d[3] ^= d[1];
    d[2] ^= d[0];
    d[1] ^= w4;
    d[0] ^= w5;
}

static void nb_soft_sha1msg2(uint32_t *d, const uint32_t *s)
{
    uint32_t w13 = s[2], w14 = s[1], w15 = s[0];

    d[3] = nb_left(d[3] ^ w13, 1);
    d[2] = nb_left(d[2] ^ w14, 1);
    d[1] = nb_left(d[1] ^ w15, 1);
    d[0] = nb_left(d[0] ^ d[3], 1);
}

static void nb_soft_sha1rnds4(uint32_t *to, const uint32_t *s, uint32_t kind)
{
    static const uint32_t k[4] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };
    uint32_t a = to[3], b = to[2], c = to[1], d = to[0], e = 0, w[4], f, t;
    int i;

    memcpy(w, s, 16);
    for (i = 0; i < 4; i++) {
        f = (kind & 3) == 0 ? (b & c) ^ (~b & d) : (kind & 3) == 2 ? (b & c) ^ (b & d) ^ (c & d) : b ^ c ^ d;
        t = f + nb_left(a, 5) + w[3 - i] + e + k[kind & 3];
        e = d;
        d = c;
        c = nb_left(b, 30);
        b = a;
        a = t;
    }
    to[3] = a;
    to[2] = b;
    to[1] = c;
    to[0] = d;
}

static void nb_soft_sha256msg1(uint32_t *d, const uint32_t *s)
{
    uint32_t w4 = s[0];

    d[0] += nb_sigma0(d[1]);
    d[1] += nb_sigma0(d[2]);
    d[2] += nb_sigma0(d[3]);
    d[3] += nb_sigma0(w4);
}

static void nb_soft_sha256msg2(uint32_t *d, const uint32_t *s)
{
    uint32_t w14 = s[2], w15 = s[3];

    d[0] += nb_sigma1(w14);
    d[1] += nb_sigma1(w15);
    d[2] += nb_sigma1(d[0]);
    d[3] += nb_sigma1(d[1]);
}

static void nb_soft_sha256rnds2(uint32_t *to, const uint32_t *s, const uint32_t *wk)
{
    uint32_t a = s[3], b = s[2], c = to[3], d = to[2], e = s[1], f = s[0], g = to[1], h = to[0], w[2] = { wk[0], wk[1] }, t;
    int i;

    for (i = 0; i < 2; i++) {
        t = ((e & f) ^ (~e & g)) + (nb_right(e, 6) ^ nb_right(e, 11) ^ nb_right(e, 25)) + w[i] + h;
        h = g;
        g = f;
        f = e;
        e = t + d;
        t += ((a & b) ^ (a & c) ^ (b & c)) + (nb_right(a, 2) ^ nb_right(a, 13) ^ nb_right(a, 22));
        d = c;
        c = b;
        b = a;
        a = t;
    }
    to[3] = a;
    to[2] = b;
    to[1] = e;
    to[0] = f;
}

#ifdef __x86_64__
#include <cpuid.h>
#include "nb_hostcrypto.h"
#define NB_HOST_SHA __attribute__((target("sha,aes,pclmul,sse4.2")))

static int nb_has_sha;

static void __attribute__((constructor)) nb_find_sha(void)
{
    unsigned a, b, c, d;

    __builtin_cpu_init();
    nb_has_sha = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul") && __get_cpuid_count(7, 0, &a, &b, &c, &d) && b >> 29 & 1;
}

#define NB_SHA2(name, op) \
    static NB_HOST_SHA void nb_hard_##name(void *d, const void *s) \
    { \
        nb_store128(d, op(nb_load128(d), nb_load128(s))); \
    } \
    void helper_nb_##name(void *d, void *s) \
    { \
        if (likely(nb_has_sha)) \
            nb_hard_##name(d, s); \
        else \
            nb_soft_##name(d, s); \
    }
NB_SHA2(sha1nexte, _mm_sha1nexte_epu32)
NB_SHA2(sha1msg1, _mm_sha1msg1_epu32)
NB_SHA2(sha1msg2, _mm_sha1msg2_epu32)
NB_SHA2(sha256msg1, _mm_sha256msg1_epu32)
NB_SHA2(sha256msg2, _mm_sha256msg2_epu32)

static NB_HOST_SHA void nb_hard_sha256rnds2(void *d, const void *s, const void *wk)
{
    nb_store128(d, _mm_sha256rnds2_epu32(nb_load128(d), nb_load128(s), nb_load128(wk)));
}

static NB_HOST_SHA void nb_hard_sha1rnds4(void *to, const void *s, uint32_t kind)
{
    __m128i d = nb_load128(to), w = nb_load128(s);

    switch (kind & 3) {
    case 0:
        d = _mm_sha1rnds4_epu32(d, w, 0);
        break;
    case 1:
        d = _mm_sha1rnds4_epu32(d, w, 1);
        break;
    case 2:
        d = _mm_sha1rnds4_epu32(d, w, 2);
        break;
    default:
        d = _mm_sha1rnds4_epu32(d, w, 3);
    }
    nb_store128(to, d);
}

#define NB_SHA3(name, type) \
    void helper_nb_##name(void *d, void *s, type x) \
    { \
        if (likely(nb_has_sha)) \
            nb_hard_##name(d, s, x); \
        else \
            nb_soft_##name(d, s, x); \
    }
#else
#define NB_SHA2(name) \
    void helper_nb_##name(void *d, void *s) \
    { \
        nb_soft_##name(d, s); \
    }
NB_SHA2(sha1nexte)
NB_SHA2(sha1msg1)
NB_SHA2(sha1msg2)
NB_SHA2(sha256msg1)
NB_SHA2(sha256msg2)
#define NB_SHA3(name, type) \
    void helper_nb_##name(void *d, void *s, type x) \
    { \
        nb_soft_##name(d, s, x); \
    }
#endif
NB_SHA3(sha256rnds2, void *)
NB_SHA3(sha1rnds4, uint32_t)

/* Whether the host's instructions do what the definitions say. */
bool nb_sha_agrees(void);
bool nb_sha_agrees(void)
{
    uint32_t r[12], seed = 1, i, n;

    for (n = 0; n < 8; n++) {
        ZMMReg hard, soft, s, wk;
        for (i = 0; i < 12; i++)
            r[i] = seed = seed * 1664525 + 1013904223;
        memcpy(&s, r + 4, 16);
        memcpy(&wk, r + 8, 16);
#define NB_AGREE(name, ...) \
        memcpy(&hard, r, 16); \
        memcpy(&soft, r, 16); \
        helper_nb_##name(&hard, &s, ##__VA_ARGS__); \
        nb_soft_##name((uint32_t *)&soft, (uint32_t *)&s, ##__VA_ARGS__); \
        if (memcmp(&hard, &soft, 16)) \
            return false;
        NB_AGREE(sha1nexte)
        NB_AGREE(sha1msg1)
        NB_AGREE(sha1msg2)
        NB_AGREE(sha256msg1)
        NB_AGREE(sha256msg2)
        NB_AGREE(sha256rnds2, (void *)&wk)
        NB_AGREE(sha1rnds4, n)
    }
    return true;
}
