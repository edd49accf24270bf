/*
 * AES-NI, PCLMULQDQ and CRC32 of the guest by the host's own instructions. Unicorn's helpers work bit by bit or with
 * tables; override-x86fp/fpu/softfloat.h gives them the names nb_soft_..., and they do it on other processors.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/helper-proto.h"
#ifdef __x86_64__
#include "nb_hostcrypto.h"

#define NB_AES(name, op) \
    void nb_soft_##name(CPUX86State *env, ZMMReg *d, ZMMReg *s); \
    static NB_HOST_CRYPTO void nb_hard_##name(ZMMReg *d, ZMMReg *s) \
    { \
        nb_store128(d, op(nb_load128(d), nb_load128(s))); \
    } \
    void glue(helper_##name, _xmm)(CPUX86State *env, ZMMReg *d, ZMMReg *s) \
    { \
        if (likely(nb_has_crypto)) \
            nb_hard_##name(d, s); \
        else \
            nb_soft_##name(env, d, s); \
    }
NB_AES(aesenc, _mm_aesenc_si128)
NB_AES(aesenclast, _mm_aesenclast_si128)
NB_AES(aesdec, _mm_aesdec_si128)
NB_AES(aesdeclast, _mm_aesdeclast_si128)

void nb_soft_aesimc(CPUX86State *env, ZMMReg *d, ZMMReg *s);
void nb_soft_pclmulqdq(CPUX86State *env, ZMMReg *d, ZMMReg *s, uint32_t ctrl);
target_ulong nb_soft_crc32(uint32_t crc, target_ulong msg, uint32_t len);

static NB_HOST_CRYPTO void nb_hard_aesimc(ZMMReg *d, ZMMReg *s)
{
    nb_store128(d, _mm_aesimc_si128(nb_load128(s)));
}

void helper_aesimc_xmm(CPUX86State *env, ZMMReg *d, ZMMReg *s)
{
    if (likely(nb_has_crypto))
        nb_hard_aesimc(d, s);
    else
        nb_soft_aesimc(env, d, s);
}

static NB_HOST_CRYPTO void nb_hard_pclmulqdq(ZMMReg *d, ZMMReg *s, uint32_t ctrl)
{
    const long long *a = (const long long *)d, *b = (const long long *)s;
    nb_store128(d, _mm_clmulepi64_si128(_mm_cvtsi64_si128(a[ctrl & 1]), _mm_cvtsi64_si128(b[ctrl >> 4 & 1]), 0));
}

void helper_pclmulqdq_xmm(CPUX86State *env, ZMMReg *d, ZMMReg *s, uint32_t ctrl)
{
    if (likely(nb_has_crypto))
        nb_hard_pclmulqdq(d, s, ctrl);
    else
        nb_soft_pclmulqdq(env, d, s, ctrl);
}

static NB_HOST_CRYPTO target_ulong nb_hard_crc32(uint32_t crc, target_ulong msg, uint32_t len)
{
    switch (len) {
    case 8:
        return _mm_crc32_u8(crc, msg);
    case 16:
        return _mm_crc32_u16(crc, msg);
    case 32:
        return _mm_crc32_u32(crc, msg);
    }
    return _mm_crc32_u64(crc, msg);
}

target_ulong helper_crc32(uint32_t crc, target_ulong msg, uint32_t len)
{
    return likely(nb_has_crypto) ? nb_hard_crc32(crc, msg, len) : nb_soft_crc32(crc, msg, len);
}
#endif
