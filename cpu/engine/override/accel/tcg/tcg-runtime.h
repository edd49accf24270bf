#include_next "accel/tcg/tcg-runtime.h"
/* See nb_gen_jump.h. HELPER() and glue() are at work when the name is replaced, and cannot be used for that. */
#define NB_NAME3(arch) helper_nb_jump_on##arch
#define NB_NAME2(arch) NB_NAME3(arch)
#define helper_nb_jump_on NB_NAME2(UNICORN_ARCH_POSTFIX)
DEF_HELPER_FLAGS_2(nb_jump_on, TCG_CALL_NO_WG_SE, ptr, env, ptr)
