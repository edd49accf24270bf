/* The file of AES helpers includes this last: on an x86 host nb_arm_crypto.c has them, and asks these where the host's
 * processor has no such instructions. */
#include_next "crypto/aes.h"
#if defined(__x86_64__) && !defined(NB_ARM_AES_H)
#define NB_ARM_AES_H
#include "nb_softcrypto.h"
#undef helper_crypto_aese
#undef helper_crypto_aesmc
#define helper_crypto_aese nb_soft_aese
#define helper_crypto_aesmc nb_soft_aesmc
#endif
