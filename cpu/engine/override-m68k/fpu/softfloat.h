/*
 * Stands in for Unicorn's fpu/softfloat.h on m68k, whose infinities have no integer bit and whose numbers need not be
 * normalized: no encoding is invalid. Unicorn has x87's rule for both, by which infinity compares with nothing.
 */
#ifndef NB_M68K_SOFTFLOAT_H
#define NB_M68K_SOFTFLOAT_H
#define floatx80_invalid_encoding floatx80_invalid_encoding_x87
#include_next "fpu/softfloat.h"
#undef floatx80_invalid_encoding

static inline bool floatx80_invalid_encoding(floatx80 a)
{
    return false;
}
#endif
