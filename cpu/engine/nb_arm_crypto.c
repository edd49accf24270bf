/* AES and the multiplication of polynomials of the guest by instructions of an x86 host: see nb_x86_crypto.c. */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/helper-proto.h"
#define NB_ARM_PMULL_H /* not the names for Unicorn's */
#include "tcg/tcg-gvec-desc.h"
#ifdef __x86_64__
#include "nb_hostcrypto.h"
#include "nb_softcrypto.h"

void nb_soft_aese(void *vd, void *vm, uint32_t decrypt);
void nb_soft_aesmc(void *vd, void *vm, uint32_t decrypt);
void nb_soft_pmull(void *vd, void *vn, void *vm, uint32_t desc);

/* The key comes first here, and last on x86. */
static NB_HOST_CRYPTO void nb_hard_aese(void *vd, void *vm, uint32_t decrypt)
{
    __m128i x = _mm_xor_si128(nb_load128(vd), nb_load128(vm)), zero = _mm_setzero_si128();
    nb_store128(vd, decrypt ? _mm_aesdeclast_si128(x, zero) : _mm_aesenclast_si128(x, zero));
}

void helper_crypto_aese(void *vd, void *vm, uint32_t decrypt)
{
    if (likely(nb_has_crypto))
        nb_hard_aese(vd, vm, decrypt);
    else
        nb_soft_aese(vd, vm, decrypt);
}

/* x86 mixes columns only along with the other steps; what undoes these comes before. */
static NB_HOST_CRYPTO void nb_hard_aesmc(void *vd, void *vm, uint32_t decrypt)
{
    __m128i x = nb_load128(vm), zero = _mm_setzero_si128();
    nb_store128(vd, decrypt ? _mm_aesimc_si128(x) : _mm_aesenc_si128(_mm_aesdeclast_si128(x, zero), zero));
}

void helper_crypto_aesmc(void *vd, void *vm, uint32_t decrypt)
{
    if (likely(nb_has_crypto))
        nb_hard_aesmc(vd, vm, decrypt);
    else
        nb_soft_aesmc(vd, vm, decrypt);
}

static NB_HOST_CRYPTO void nb_hard_pmull(void *vd, void *vn, void *vm, int hi)
{
    const long long *n = vn, *m = vm;
    nb_store128(vd, _mm_clmulepi64_si128(_mm_cvtsi64_si128(n[hi]), _mm_cvtsi64_si128(m[hi]), 0));
}

void helper_gvec_pmull_q(void *vd, void *vn, void *vm, uint32_t desc)
{
    if (unlikely(!nb_has_crypto || simd_oprsz(desc) != 16)) {
        nb_soft_pmull(vd, vn, vm, desc);
        return;
    }
    nb_hard_pmull(vd, vn, vm, simd_data(desc));
    if (simd_maxsz(desc) > 16)
        memset((char *)vd + 16, 0, simd_maxsz(desc) - 16);
}
#endif
