/*
 * softfloat, whose choice between two operands that are not numbers is the x87's. SSE's, the only one that computes with two
 * numbers of 32 and 64 bits, takes the first.
 */
#define pickNaN(first, ...) NB_PICK_##first, __VA_ARGS__)
#define NB_PICK_FloatClass nb_plain_pickNaN(FloatClass
#define NB_PICK_a_cls nb_plain_pickNaN(a_cls
#define NB_PICK_a nb_first_nan(a /* a.cls */
#define nb_first_nan(a, b, larger) (!is_nan(a))
#include "fpu/softfloat.c"
