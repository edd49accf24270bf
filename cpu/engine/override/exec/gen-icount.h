#ifndef GEN_ICOUNT_H
#define GEN_ICOUNT_H
/*
 * Replaces Unicorn's header of this name. Unicorn calls a C helper at the start of every translated block to
 * ask for a stop; here the block loads the exit word and branches, as QEMU itself does, which makes calls and
 * short loops about a third faster. Where a block can start inside a delay slot the helper stays, since it
 * alone knows not to stop there.
 */
#include "qemu/timer.h"

/*
 * The Thumb translator turns the stop checks after loads and stores on again with every instruction. Only
 * translators include this file: what they set is another field, which nobody reads.
 */
#define no_exit_request hook_insert

static __thread TCGLabel *nb_exitreq_label;

static inline void gen_io_start(TCGContext *tcg_ctx)
{
    TCGv_i32 tmp = tcg_const_i32(tcg_ctx, 1);
    tcg_gen_st_i32(tcg_ctx, tmp, tcg_ctx->cpu_env, offsetof(ArchCPU, parent_obj.can_do_io) - offsetof(ArchCPU, env));
    tcg_temp_free_i32(tcg_ctx, tmp);
}

static inline void gen_io_end(TCGContext *tcg_ctx)
{
    TCGv_i32 tmp = tcg_const_i32(tcg_ctx, 0);
    tcg_gen_st_i32(tcg_ctx, tmp, tcg_ctx->cpu_env, offsetof(ArchCPU, parent_obj.can_do_io) - offsetof(ArchCPU, env));
    tcg_temp_free_i32(tcg_ctx, tmp);
}

static inline void gen_tb_start(TCGContext *tcg_ctx, TranslationBlock *tb)
{
    if (tcg_ctx->delay_slot_flag != NULL) {
        TCGv_ptr puc = tcg_const_ptr(tcg_ctx, tcg_ctx->uc);
        TCGv_i32 tmp = tcg_const_i32(tcg_ctx, 0);
        tcg_gen_mov_i32(tcg_ctx, tmp, tcg_ctx->delay_slot_flag);
        gen_helper_check_exit_request(tcg_ctx, puc, tmp);
        tcg_temp_free_i32(tcg_ctx, tmp);
        tcg_temp_free_ptr(tcg_ctx, puc);
        nb_exitreq_label = NULL;
        return;
    }
    TCGv_i32 count = tcg_temp_new_i32(tcg_ctx);
    nb_exitreq_label = gen_new_label(tcg_ctx);
    tcg_gen_ld_i32(tcg_ctx, count, tcg_ctx->cpu_env,
                   offsetof(ArchCPU, neg.icount_decr.u32) - offsetof(ArchCPU, env));
    tcg_gen_brcondi_i32(tcg_ctx, TCG_COND_LT, count, 0, nb_exitreq_label);
    tcg_temp_free_i32(tcg_ctx, count);
}

static inline void gen_tb_end(TCGContext *tcg_ctx, TranslationBlock *tb, int num_insns)
{
    tcg_ctx->delay_slot_flag = NULL;
    if (nb_exitreq_label)
        gen_set_label(tcg_ctx, nb_exitreq_label);
    tcg_gen_exit_tb(tcg_ctx, tb, TB_EXIT_REQUESTED);
}

#endif
