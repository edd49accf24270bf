/* The file of vector helpers includes this after their prototypes: see crypto/aes.h. */
#include_next "tcg/tcg-gvec-desc.h"
#if defined(__x86_64__) && defined(HELPER_PROTO_H) && !defined(NB_ARM_PMULL_H)
#define NB_ARM_PMULL_H
#include "nb_softcrypto.h"
#undef helper_gvec_pmull_q
#define helper_gvec_pmull_q nb_soft_pmull
#endif
