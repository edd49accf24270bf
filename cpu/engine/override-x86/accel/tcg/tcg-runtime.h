#include_next "accel/tcg/tcg-runtime.h"
/* See nb_x86_sha.c. XMM registers by their address. */
DEF_HELPER_FLAGS_2(nb_sha1nexte, TCG_CALL_NO_RWG, void, ptr, ptr)
DEF_HELPER_FLAGS_2(nb_sha1msg1, TCG_CALL_NO_RWG, void, ptr, ptr)
DEF_HELPER_FLAGS_2(nb_sha1msg2, TCG_CALL_NO_RWG, void, ptr, ptr)
DEF_HELPER_FLAGS_3(nb_sha1rnds4, TCG_CALL_NO_RWG, void, ptr, ptr, i32)
DEF_HELPER_FLAGS_2(nb_sha256msg1, TCG_CALL_NO_RWG, void, ptr, ptr)
DEF_HELPER_FLAGS_2(nb_sha256msg2, TCG_CALL_NO_RWG, void, ptr, ptr)
DEF_HELPER_FLAGS_3(nb_sha256rnds2, TCG_CALL_NO_RWG, void, ptr, ptr, ptr)
/* See nb_x86_string.inc.c. They change registers. */
DEF_HELPER_2(nb_movs, void, env, i32)
DEF_HELPER_2(nb_stos, void, env, i32)
/* See nb_x86_avx.c and nb_x86_avxfp.c. */
#include "nb_x86_avx.h"
/* See nb_x86_avxmem.c: raises the fault of a store that would be refused. */
DEF_HELPER_FLAGS_3(nb_writable, TCG_CALL_NO_WG, void, env, tl, i32)
/* See nb_x86_x87.c. */
DEF_HELPER_3(nb_x87_stack, void, env, tl, i32)
