#ifndef GEN_ICOUNT_H
#define GEN_ICOUNT_H
/*
 * Replaces Unicorn's header of this name. Unicorn calls a C helper at the start of every translated block to
 * ask for a stop; here the block loads the exit word and branches, as QEMU itself does, which makes calls and
 * short loops about a third faster. When blocks are counted, the same word is the counter.
 */
#include "qemu/timer.h"
#include "nb_edges.h"

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

/*
 * A block for nb_step has one instruction; CF_LAST_IO, which has no other use here, tells it from others of that
 * length. It notes in "stopped", which nobody else looks at, that it has begun, and asks for the end of the run.
 */
static inline void nb_gen_step(TCGContext *tcg_ctx, TranslationBlock *tb)
{
    if (tb_cflags(tb) & CF_LAST_IO) {
        TCGv_i32 ones = tcg_const_i32(tcg_ctx, -1), one = tcg_const_i32(tcg_ctx, 1);
        tcg_gen_st8_i32(tcg_ctx, one, tcg_ctx->cpu_env,
                        offsetof(ArchCPU, parent_obj.stopped) - offsetof(ArchCPU, env));
        tcg_gen_st8_i32(tcg_ctx, one, tcg_ctx->cpu_env,
                        offsetof(ArchCPU, parent_obj.exit_request) - offsetof(ArchCPU, env));
        tcg_gen_st16_i32(tcg_ctx, ones, tcg_ctx->cpu_env,
                         offsetof(ArchCPU, neg.icount_decr.u16.high) - offsetof(ArchCPU, env));
        tcg_temp_free_i32(tcg_ctx, one);
        tcg_temp_free_i32(tcg_ctx, ones);
    }
}

/* map[cur ^ prev]++, never back to 0; prev = cur >> 1. */
static inline void nb_gen_edge(TCGContext *tcg_ctx, TranslationBlock *tb)
{
    int64_t cur = nb_edge_cur(tb->pc);
    TCGv_ptr at, prev;
    TCGv_i64 edge, n, carry;

    if (cur < 0)
        return;
    at = tcg_temp_new_ptr(tcg_ctx);
    prev = tcg_const_ptr(tcg_ctx, (intptr_t)&nb_edges.prev);
    edge = tcg_temp_new_i64(tcg_ctx);
    n = tcg_temp_new_i64(tcg_ctx);
    carry = tcg_temp_new_i64(tcg_ctx);
    tcg_gen_ld_i64(tcg_ctx, edge, prev, 0);
    tcg_gen_xori_i64(tcg_ctx, edge, edge, cur);
    tcg_gen_trunc_i64_ptr(tcg_ctx, at, edge);
    tcg_gen_addi_ptr(tcg_ctx, at, at, (intptr_t)nb_edges.map);
    tcg_gen_ld8u_i64(tcg_ctx, n, at, 0);
    tcg_gen_addi_i64(tcg_ctx, n, n, 1);
    tcg_gen_shri_i64(tcg_ctx, carry, n, 8);
    tcg_gen_add_i64(tcg_ctx, n, n, carry);
    tcg_gen_st8_i64(tcg_ctx, n, at, 0);
    tcg_gen_movi_i64(tcg_ctx, edge, cur >> 1);
    tcg_gen_st_i64(tcg_ctx, edge, prev, 0);
    tcg_temp_free_i64(tcg_ctx, carry);
    tcg_temp_free_i64(tcg_ctx, n);
    tcg_temp_free_i64(tcg_ctx, edge);
    tcg_temp_free_ptr(tcg_ctx, prev);
    tcg_temp_free_ptr(tcg_ctx, at);
}

/*
 * Unused by Unicorn. Not 0 while the processor counts blocks: see nb_run. Above 1 it is where the blocks that begin are
 * noted as well, the address of an array of pointers by what is left of the counter.
 */
#define nb_counting random_seed

/* Notes that a block has begun; count is the counter, which is not below 0. */
static inline void nb_gen_trace(TCGContext *tcg_ctx, TranslationBlock *tb, TCGv_i32 count)
{
    TCGv_i32 at = tcg_temp_new_i32(tcg_ctx);
    TCGv_ptr to = tcg_temp_new_ptr(tcg_ctx), self = tcg_const_ptr(tcg_ctx, tb);

    tcg_gen_muli_i32(tcg_ctx, at, count, sizeof(void *));
    tcg_gen_ext_i32_ptr(tcg_ctx, to, at);
    tcg_gen_addi_ptr(tcg_ctx, to, to, (intptr_t)tcg_ctx->uc->cpu->nb_counting);
    tcg_gen_st_ptr(tcg_ctx, self, to, 0);
    tcg_temp_free_ptr(tcg_ctx, self);
    tcg_temp_free_ptr(tcg_ctx, to);
    tcg_temp_free_i32(tcg_ctx, at);
}

static inline void gen_tb_start(TCGContext *tcg_ctx, TranslationBlock *tb)
{
    TCGv_i32 count;
    bool counting = tcg_ctx->uc->cpu->nb_counting != 0;

    /* Left over from a translation that a page fault broke off. */
    tcg_ctx->delay_slot_flag = NULL;

    /* In the word that is loaded anyway, the lower half is the number of blocks left, as in QEMU's -icount. */
    count = counting ? tcg_temp_local_new_i32(tcg_ctx) : tcg_temp_new_i32(tcg_ctx);
    nb_exitreq_label = gen_new_label(tcg_ctx);
    tcg_gen_ld_i32(tcg_ctx, count, tcg_ctx->cpu_env,
                   offsetof(ArchCPU, neg.icount_decr.u32) - offsetof(ArchCPU, env));
    if (counting)
        tcg_gen_subi_i32(tcg_ctx, count, count, 1);
    tcg_gen_brcondi_i32(tcg_ctx, TCG_COND_LT, count, 0, nb_exitreq_label);
    /*
     * The whole word, because a load of a word after a store of half of it makes the host wait. A stop request of
     * another thread that this overwrites is seen when the counter is filled again (nb_run).
     */
    if (counting)
        tcg_gen_st_i32(tcg_ctx, count, tcg_ctx->cpu_env,
                       offsetof(ArchCPU, neg.icount_decr.u32) - offsetof(ArchCPU, env));
    if (tcg_ctx->uc->cpu->nb_counting > 1)
        nb_gen_trace(tcg_ctx, tb, count);
    tcg_temp_free_i32(tcg_ctx, count);
    nb_gen_step(tcg_ctx, tb);
    if (unlikely(nb_edges.map != NULL))
        nb_gen_edge(tcg_ctx, tb);
}

static inline void gen_tb_end(TCGContext *tcg_ctx, TranslationBlock *tb, int num_insns)
{
    tcg_ctx->delay_slot_flag = NULL;
    gen_set_label(tcg_ctx, nb_exitreq_label);
    if (tcg_ctx->uc->cpu->nb_counting) {
        /* Out of blocks: cpu_exec ends too. */
        TCGv_i32 one = tcg_const_i32(tcg_ctx, 1);
        tcg_gen_st8_i32(tcg_ctx, one, tcg_ctx->cpu_env,
                        offsetof(ArchCPU, parent_obj.exit_request) - offsetof(ArchCPU, env));
        tcg_temp_free_i32(tcg_ctx, one);
    }
    tcg_gen_exit_tb(tcg_ctx, tb, TB_EXIT_REQUESTED);
}

#include "nb_gen_jump.h"
#endif
