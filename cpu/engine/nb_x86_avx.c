/*
 * VEX-coded integer instructions that are not translated to code (nb_x86_vex.inc.c): by the host's own where it has AVX2,
 * and otherwise by SSE's helpers, one lane of 128 bits after the other. d may be one of the sources. What the descriptor
 * says of the sizes is 16 or 32 bytes; the rest of 32 becomes 0.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/helper-proto.h"
#include "tcg/tcg-gvec-desc.h"
#include "nb_x86_vec.h"

typedef void nb_sse_op(CPUX86State *env, ZMMReg *d, ZMMReg *s);
typedef void nb_sse_imm(CPUX86State *env, ZMMReg *d, ZMMReg *s, uint32_t imm);
typedef void nb_sse_pick(ZMMReg *d, ZMMReg *s, int imm);

/* One lane by itself, where SSE's helpers want it. */
static inline void nb_avx_lane(ZMMReg *to, const void *from, int lane)
{
    memcpy(to, (const char *)from + 16 * lane, 16);
}

static void nb_lanes3(nb_sse_op *op, void *d, const void *a, const void *b, uint32_t desc)
{
    ZMMReg r, x, y;
    int i;

    for (i = 0; i < simd_oprsz(desc) / 16; i++) {
        nb_avx_lane(&x, a, i);
        nb_avx_lane(&y, b, i);
        op(NULL, &x, &y);
        memcpy(&r.ZMM_Q(2 * i), &x, 16);
    }
    nb_avx_put(d, &r, desc);
}

/* Shifts: the number is that of the first lane. */
static void nb_lanes_shift(nb_sse_op *op, void *d, const void *a, const void *b, uint32_t desc)
{
    ZMMReg r, x, n;
    int i;

    nb_avx_lane(&n, b, 0);
    for (i = 0; i < simd_oprsz(desc) / 16; i++) {
        nb_avx_lane(&x, a, i);
        op(NULL, &x, &n);
        memcpy(&r.ZMM_Q(2 * i), &x, 16);
    }
    nb_avx_put(d, &r, desc);
}

static void nb_lanes_imm(nb_sse_imm *op, void *d, const void *a, const void *b, uint32_t desc, int next)
{
    ZMMReg r, x, y;
    int i;

    for (i = 0; i < simd_oprsz(desc) / 16; i++) {
        nb_avx_lane(&x, a, i);
        nb_avx_lane(&y, b, i);
        op(NULL, &x, &y, (simd_data(desc) & 0xff) >> (i * next));
        memcpy(&r.ZMM_Q(2 * i), &x, 16);
    }
    nb_avx_put(d, &r, desc);
}

static void nb_lanes_pick(nb_sse_pick *op, void *d, const void *a, const void *b, uint32_t desc)
{
    ZMMReg r, x, y;
    int i;

    for (i = 0; i < simd_oprsz(desc) / 16; i++) {
        nb_avx_lane(&x, a, i);
        nb_avx_lane(&y, b, i);
        op(&x, &y, simd_data(desc) & 0xff);
        memcpy(&r.ZMM_Q(2 * i), &x, 16);
    }
    nb_avx_put(d, &r, desc);
}

#ifdef NB_HOST_AVX
#define NB_HARD3(name, op) \
    static NB_HOST_AVX void nb_hard_##name(void *d, const void *a, const void *b, uint32_t desc) \
    { \
        if (simd_oprsz(desc) == 32) \
            nb_store256(d, _mm256_##op(nb_load256(a), nb_load256(b))); \
        else \
            nb_store_low(d, _mm_##op(nb_loadu128(a), nb_loadu128(b))); \
    }
#define NB_HARD_SHIFT(name, op) \
    static NB_HOST_AVX void nb_hard_##name(void *d, const void *a, const void *b, uint32_t desc) \
    { \
        __m128i n = _mm_loadl_epi64((const __m128i *)b); \
        if (simd_oprsz(desc) == 32) \
            nb_store256(d, _mm256_##op(nb_load256(a), n)); \
        else \
            nb_store_low(d, _mm_##op(nb_loadu128(a), n)); \
    }
#define NB_TRY(name, ...) if (likely(nb_has_avx2)) { nb_hard_##name(__VA_ARGS__); return; }
#else
#define NB_HARD3(name, op)
#define NB_HARD_SHIFT(name, op)
#define NB_TRY(name, ...)
#endif

#define NB_V3(name, host, sse) \
    NB_HARD3(name, host) \
    void helper_nb_v##name(void *d, void *a, void *b, uint32_t desc) \
    { \
        NB_TRY(name, d, a, b, desc) \
        nb_lanes3(helper_##sse##_xmm, d, a, b, desc); \
    }
NB_V3(pshufb, shuffle_epi8, pshufb)
NB_V3(phaddw, hadd_epi16, phaddw)
NB_V3(phaddd, hadd_epi32, phaddd)
NB_V3(phaddsw, hadds_epi16, phaddsw)
NB_V3(phsubw, hsub_epi16, phsubw)
NB_V3(phsubd, hsub_epi32, phsubd)
NB_V3(phsubsw, hsubs_epi16, phsubsw)
NB_V3(pmaddubsw, maddubs_epi16, pmaddubsw)
NB_V3(psignb, sign_epi8, psignb)
NB_V3(psignw, sign_epi16, psignw)
NB_V3(psignd, sign_epi32, psignd)
NB_V3(pmulhrsw, mulhrs_epi16, pmulhrsw)
NB_V3(packsswb, packs_epi16, packsswb)
NB_V3(packssdw, packs_epi32, packssdw)
NB_V3(packuswb, packus_epi16, packuswb)
NB_V3(packusdw, packus_epi32, packusdw)
NB_V3(punpcklbw, unpacklo_epi8, punpcklbw)
NB_V3(punpcklwd, unpacklo_epi16, punpcklwd)
NB_V3(punpckldq, unpacklo_epi32, punpckldq)
NB_V3(punpcklqdq, unpacklo_epi64, punpcklqdq)
NB_V3(punpckhbw, unpackhi_epi8, punpckhbw)
NB_V3(punpckhwd, unpackhi_epi16, punpckhwd)
NB_V3(punpckhdq, unpackhi_epi32, punpckhdq)
NB_V3(punpckhqdq, unpackhi_epi64, punpckhqdq)
NB_V3(pmulhw, mulhi_epi16, pmulhw)
NB_V3(pmulhuw, mulhi_epu16, pmulhuw)
NB_V3(pmuldq, mul_epi32, pmuldq)
NB_V3(pmuludq, mul_epu32, pmuludq)
NB_V3(pmaddwd, madd_epi16, pmaddwd)
NB_V3(psadbw, sad_epu8, psadbw)
NB_V3(pavgb, avg_epu8, pavgb)
NB_V3(pavgw, avg_epu16, pavgw)

#define NB_SHIFT(name, host) \
    NB_HARD_SHIFT(name, host) \
    void helper_nb_v##name(void *d, void *a, void *b, uint32_t desc) \
    { \
        NB_TRY(name, d, a, b, desc) \
        nb_lanes_shift(helper_##name##_xmm, d, a, b, desc); \
    }
NB_SHIFT(psrlw, srl_epi16)
NB_SHIFT(psrld, srl_epi32)
NB_SHIFT(psrlq, srl_epi64)
NB_SHIFT(psraw, sra_epi16)
NB_SHIFT(psrad, sra_epi32)
NB_SHIFT(psllw, sll_epi16)
NB_SHIFT(pslld, sll_epi32)
NB_SHIFT(psllq, sll_epi64)

/* Each element is shifted by a number of its own. */
#define NB_SHIFTV(name, host, type, unsigned_type, expr) \
    NB_HARD3(name, host) \
    void helper_nb_v##name(void *d, void *a, void *b, uint32_t desc) \
    { \
        const type *x = a; \
        const unsigned_type *y = b; \
        type r[32 / sizeof(type)]; \
        int i; \
        NB_TRY(name, d, a, b, desc) \
        for (i = 0; i < simd_oprsz(desc) / sizeof(type); i++) { \
            unsigned_type n = y[i]; \
            type v = x[i]; \
            r[i] = expr; \
        } \
        nb_avx_put(d, (ZMMReg *)r, desc); \
    }
NB_SHIFTV(psrlvd, srlv_epi32, uint32_t, uint32_t, n > 31 ? 0 : v >> n)
NB_SHIFTV(psrlvq, srlv_epi64, uint64_t, uint64_t, n > 63 ? 0 : v >> n)
NB_SHIFTV(psravd, srav_epi32, int32_t, uint32_t, v >> MIN(n, 31))
NB_SHIFTV(psllvd, sllv_epi32, uint32_t, uint32_t, n > 31 ? 0 : v << n)
NB_SHIFTV(psllvq, sllv_epi64, uint64_t, uint64_t, n > 63 ? 0 : v << n)

/* One of the elements of the lane, or of all of them. */
void helper_nb_vpermilps(void *d, void *a, void *b, uint32_t desc)
{
    const uint32_t *x = a, *y = b;
    uint32_t r[8];
    int i;

    for (i = 0; i < simd_oprsz(desc) / 4; i++)
        r[i] = x[(i & 4) + (y[i] & 3)];
    nb_avx_put(d, (ZMMReg *)r, desc);
}

void helper_nb_vpermilpd(void *d, void *a, void *b, uint32_t desc)
{
    const uint64_t *x = a, *y = b;
    uint64_t r[4];
    int i;

    for (i = 0; i < simd_oprsz(desc) / 8; i++)
        r[i] = x[(i & 2) + (y[i] >> 1 & 1)];
    nb_avx_put(d, (ZMMReg *)r, desc);
}

#ifdef NB_HOST_AVX
static NB_HOST_AVX void nb_hard_permd(void *d, const void *a, const void *b, uint32_t desc)
{
    nb_store256(d, _mm256_permutevar8x32_epi32(nb_load256(b), nb_load256(a)));
}
#endif

/* The first source says which. */
void helper_nb_vpermd(void *d, void *a, void *b, uint32_t desc)
{
    const uint32_t *x = a, *y = b;
    uint32_t r[8];
    int i;

    NB_TRY(permd, d, a, b, desc)
    for (i = 0; i < 8; i++)
        r[i] = y[x[i] & 7];
    memcpy(d, r, 32);
}

void helper_nb_vpermq(void *d, void *a, uint32_t desc)
{
    const uint64_t *x = a;
    int how = simd_data(desc), i;
    uint64_t r[4];

    for (i = 0; i < 4; i++)
        r[i] = x[how >> 2 * i & 3];
    memcpy(d, r, 32);
}

void helper_nb_vpermilpdi(void *d, void *a, uint32_t desc)
{
    const uint64_t *x = a;
    int how = simd_data(desc), i;
    uint64_t r[4];

    for (i = 0; i < simd_oprsz(desc) / 8; i++)
        r[i] = x[(i & 2) + (how >> i & 1)];
    nb_avx_put(d, (ZMMReg *)r, desc);
}

#ifdef NB_HOST_AVX
/* The four two-bit numbers of an immediate byte, as vpermilps wants them. */
static inline NB_HOST_AVX __m256i nb_two_bits(uint32_t imm)
{
    return _mm256_srlv_epi32(_mm256_set1_epi32(imm), _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6));
}

static NB_HOST_AVX void nb_hard_pshufd(void *d, const void *a, uint32_t desc)
{
    __m256i how = nb_two_bits(simd_data(desc));

    if (simd_oprsz(desc) == 32)
        nb_store256(d, _mm256_castps_si256(_mm256_permutevar_ps(_mm256_castsi256_ps(nb_load256(a)), how)));
    else
        nb_store_low(d, _mm_castps_si128(_mm_permutevar_ps(_mm_castsi128_ps(nb_loadu128(a)), _mm256_castsi256_si128(how))));
}

/* Two elements of the first, then two of the second. */
static NB_HOST_AVX void nb_hard_shufps(void *d, const void *a, const void *b, uint32_t desc)
{
    __m256i how = nb_two_bits(simd_data(desc));

    if (simd_oprsz(desc) == 32) {
        __m256 x = _mm256_permutevar_ps(_mm256_castsi256_ps(nb_load256(a)), how);
        __m256 y = _mm256_permutevar_ps(_mm256_castsi256_ps(nb_load256(b)), how);
        nb_store256(d, _mm256_castps_si256(_mm256_blend_ps(x, y, 0xcc)));
    } else {
        __m128 x = _mm_permutevar_ps(_mm_castsi128_ps(nb_loadu128(a)), _mm256_castsi256_si128(how));
        __m128 y = _mm_permutevar_ps(_mm_castsi128_ps(nb_loadu128(b)), _mm256_castsi256_si128(how));
        nb_store_low(d, _mm_castps_si128(_mm_blend_ps(x, y, 0xc)));
    }
}

/* Bytes 0 to 15, plus n; what is none of them has its upper bit set. */
static inline NB_HOST_AVX __m128i nb_bytes_from(int n)
{
    __m128i at = _mm_add_epi8(_mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), _mm_set1_epi8(n));

    return _mm_or_si128(at, _mm_cmpgt_epi8(at, _mm_set1_epi8(15)));
}

static NB_HOST_AVX void nb_hard_bytes(void *d, const void *a, uint32_t desc, int n)
{
    __m128i at = nb_bytes_from(n);

    if (simd_oprsz(desc) == 32)
        nb_store256(d, _mm256_shuffle_epi8(nb_load256(a), _mm256_broadcastsi128_si256(at)));
    else
        nb_store_low(d, _mm_shuffle_epi8(nb_loadu128(a), at));
}

static NB_HOST_AVX void nb_hard_palignr(void *d, const void *a, const void *b, uint32_t desc)
{
    int n = MIN(simd_data(desc) & 0xff, 32);
    __m128i low = nb_bytes_from(n), high = nb_bytes_from(n - 16);

    if (simd_oprsz(desc) == 32)
        nb_store256(d, _mm256_or_si256(_mm256_shuffle_epi8(nb_load256(b), _mm256_broadcastsi128_si256(low)),
                                       _mm256_shuffle_epi8(nb_load256(a), _mm256_broadcastsi128_si256(high))));
    else
        nb_store_low(d, _mm_or_si128(_mm_shuffle_epi8(nb_loadu128(b), low), _mm_shuffle_epi8(nb_loadu128(a), high)));
}
#endif

void helper_nb_vpalignr(void *d, void *a, void *b, uint32_t desc)
{
    NB_TRY(palignr, d, a, b, desc)
    nb_lanes_imm((nb_sse_imm *)helper_palignr_xmm, d, a, b, desc, 0);
}

/* Shifts by bytes, to the right and to the left. */
static void nb_soft_bytes(void *d, const uint8_t *a, uint32_t desc, int n)
{
    ZMMReg r;
    int i;

    for (i = 0; i < simd_oprsz(desc); i++) {
        int at = (i & 15) + n;
        r.ZMM_B(i) = at >= 0 && at < 16 ? a[(i & 16) + at] : 0;
    }
    nb_avx_put(d, &r, desc);
}

void helper_nb_vpsrldq(void *d, void *a, uint32_t desc)
{
    int n = MIN(simd_data(desc) & 0xff, 16);

    NB_TRY(bytes, d, a, desc, n)
    nb_soft_bytes(d, a, desc, n);
}

void helper_nb_vpslldq(void *d, void *a, uint32_t desc)
{
    int n = MIN(simd_data(desc) & 0xff, 16);

    NB_TRY(bytes, d, a, desc, -n)
    nb_soft_bytes(d, a, desc, -n);
}

void helper_nb_vpshufd(void *d, void *a, uint32_t desc)
{
    NB_TRY(pshufd, d, a, desc)
    nb_lanes_pick(helper_pshufd_xmm, d, a, a, desc);
}

void helper_nb_vpshufhw(void *d, void *a, uint32_t desc)
{
    nb_lanes_pick(helper_pshufhw_xmm, d, a, a, desc);
}

void helper_nb_vpshuflw(void *d, void *a, uint32_t desc)
{
    nb_lanes_pick(helper_pshuflw_xmm, d, a, a, desc);
}

void helper_nb_vshufps(void *d, void *a, void *b, uint32_t desc)
{
    NB_TRY(shufps, d, a, b, desc)
    nb_lanes_pick(helper_shufps, d, a, b, desc);
}

void helper_nb_vshufpd(void *d, void *a, void *b, uint32_t desc)
{
    const uint64_t *x = a, *y = b;
    int how = simd_data(desc), i;
    uint64_t r[4];

    for (i = 0; i < simd_oprsz(desc) / 8; i += 2) {
        r[i] = x[i + (how >> i & 1)];
        r[i + 1] = y[i + (how >> (i + 1) & 1)];
    }
    nb_avx_put(d, (ZMMReg *)r, desc);
}

void helper_nb_vmpsadbw(void *d, void *a, void *b, uint32_t desc)
{
    nb_lanes_imm(helper_mpsadbw_xmm, d, a, b, desc, 3);
}

/* A bit for each doubleword; for each word of a lane. */
void helper_nb_vblendps(void *d, void *a, void *b, uint32_t desc)
{
    const uint32_t *x = a, *y = b;
    int how = simd_data(desc), i;
    uint32_t r[8];

    for (i = 0; i < simd_oprsz(desc) / 4; i++)
        r[i] = how >> i & 1 ? y[i] : x[i];
    nb_avx_put(d, (ZMMReg *)r, desc);
}

void helper_nb_vpblendw(void *d, void *a, void *b, uint32_t desc)
{
    const uint16_t *x = a, *y = b;
    int how = simd_data(desc), i;
    uint16_t r[16];

    for (i = 0; i < simd_oprsz(desc) / 2; i++)
        r[i] = how >> (i & 7) & 1 ? y[i] : x[i];
    nb_avx_put(d, (ZMMReg *)r, desc);
}

/* The upper bit of each element of a register. */
#ifdef NB_HOST_AVX
#define NB_HARD_BLENDV(name, host, cast, back) \
    static NB_HOST_AVX void nb_hard_##name(void *d, const void *a, const void *b, const void *m, uint32_t desc) \
    { \
        if (simd_oprsz(desc) == 32) \
            nb_store256(d, back##256(_mm256_##host(cast##256(nb_load256(a)), cast##256(nb_load256(b)), cast##256(nb_load256(m))))); \
        else \
            nb_store_low(d, back##128(_mm_##host(cast##128(nb_loadu128(a)), cast##128(nb_loadu128(b)), cast##128(nb_loadu128(m))))); \
    }
#define nb_same256(x) (x)
#define nb_same128(x) (x)
#define nb_to_ps256 _mm256_castsi256_ps
#define nb_to_ps128 _mm_castsi128_ps
#define nb_of_ps256 _mm256_castps_si256
#define nb_of_ps128 _mm_castps_si128
#define nb_to_pd256 _mm256_castsi256_pd
#define nb_to_pd128 _mm_castsi128_pd
#define nb_of_pd256 _mm256_castpd_si256
#define nb_of_pd128 _mm_castpd_si128
#else
#define NB_HARD_BLENDV(name, host, cast, back)
#endif

#define NB_BLENDV(name, type, host, cast, back) \
    NB_HARD_BLENDV(name, host, cast, back) \
    void helper_nb_v##name(void *d, void *a, void *b, void *m, uint32_t desc) \
    { \
        const type *x = a, *y = b, *z = m; \
        type r[32 / sizeof(type)]; \
        int i; \
        NB_TRY(name, d, a, b, m, desc) \
        for (i = 0; i < simd_oprsz(desc) / sizeof(type); i++) \
            r[i] = z[i] < 0 ? y[i] : x[i]; \
        nb_avx_put(d, (ZMMReg *)r, desc); \
    }
NB_BLENDV(pblendvb, int8_t, blendv_epi8, nb_same, nb_same)
NB_BLENDV(blendvps, int32_t, blendv_ps, nb_to_ps, nb_of_ps)
NB_BLENDV(blendvpd, int64_t, blendv_pd, nb_to_pd, nb_of_pd)

#ifdef NB_HOST_AVX
#define NB_HARD_EXTEND(name, host) \
    static NB_HOST_AVX void nb_hard_##name(void *d, const void *a, uint32_t desc) \
    { \
        if (simd_oprsz(desc) == 32) \
            nb_store256(d, _mm256_##host(nb_loadu128(a))); \
        else \
            nb_store_low(d, _mm_##host(nb_loadu128(a))); \
    }
#else
#define NB_HARD_EXTEND(name, host)
#endif

#define NB_EXTEND(name, from, to, host) \
    NB_HARD_EXTEND(name, host) \
    void helper_nb_v##name(void *d, void *a, uint32_t desc) \
    { \
        const from *x = a; \
        to r[32 / sizeof(to)]; \
        int i; \
        NB_TRY(name, d, a, desc) \
        for (i = 0; i < simd_oprsz(desc) / sizeof(to); i++) \
            r[i] = x[i]; \
        nb_avx_put(d, (ZMMReg *)r, desc); \
    }
NB_EXTEND(pmovsxbw, int8_t, int16_t, cvtepi8_epi16)
NB_EXTEND(pmovsxbd, int8_t, int32_t, cvtepi8_epi32)
NB_EXTEND(pmovsxbq, int8_t, int64_t, cvtepi8_epi64)
NB_EXTEND(pmovsxwd, int16_t, int32_t, cvtepi16_epi32)
NB_EXTEND(pmovsxwq, int16_t, int64_t, cvtepi16_epi64)
NB_EXTEND(pmovsxdq, int32_t, int64_t, cvtepi32_epi64)
NB_EXTEND(pmovzxbw, uint8_t, uint16_t, cvtepu8_epi16)
NB_EXTEND(pmovzxbd, uint8_t, uint32_t, cvtepu8_epi32)
NB_EXTEND(pmovzxbq, uint8_t, uint64_t, cvtepu8_epi64)
NB_EXTEND(pmovzxwd, uint16_t, uint32_t, cvtepu16_epi32)
NB_EXTEND(pmovzxwq, uint16_t, uint64_t, cvtepu16_epi64)
NB_EXTEND(pmovzxdq, uint32_t, uint64_t, cvtepu32_epi64)
