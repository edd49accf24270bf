#ifndef NB_TCG_H
#define NB_TCG_H
/* With TCG's own checks: what overflows its tables would be the next thing in memory. */
#ifndef QEMU_STATIC_ANALYSIS
#define QEMU_STATIC_ANALYSIS 1
#define NB_STATIC_ANALYSIS
#endif
#include_next "tcg/tcg.h"
#ifdef NB_STATIC_ANALYSIS
#undef QEMU_STATIC_ANALYSIS
#undef NB_STATIC_ANALYSIS
#endif

/*
 * While translated code runs, a field that nothing else uses holds where its stack begins: nb_fail looks for the
 * place in translated code that a helper was called from.
 */
#define nb_code_frame mem_io_pc
#undef tcg_qemu_tb_exec
#define tcg_qemu_tb_exec(env, tb_ptr) \
    ({ \
        uintptr_t nb_ret; \
        env_cpu(env)->nb_code_frame = (uintptr_t)__builtin_frame_address(0); \
        nb_ret = ((uintptr_t(*)(void *, void *))(env)->uc->tcg_ctx->code_gen_prologue)(env, tb_ptr); \
        env_cpu(env)->nb_code_frame = 0; \
        nb_ret; \
    })
#endif
