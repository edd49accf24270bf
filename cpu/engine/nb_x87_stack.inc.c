/*
 * Code that looks whether the registers are there that an instruction of the x87 wants, and that there is room for what it
 * pushes. What the instructions of a block before it have shown need not be looked at again, so that most have nothing to look
 * at. nb_x86_x87.c has what comes of it.
 */
#include "nb_x87_stack.h"

/* What is known of the registers, by their distance from the top. */
static __thread uint8_t nb_known_full, nb_known_empty;

static void nb_x87_forget(void)
{
    nb_known_full = nb_known_empty = 0;
}

static void nb_x87_rotate(bool push)
{
    uint8_t f = nb_known_full, e = nb_known_empty;

    if (push) {
        nb_known_full = f << 1 | 1;
        nb_known_empty = (e << 1 | e >> 7) & ~1;
    } else {
        nb_known_full = f >> 1;
        nb_known_empty = e >> 1 | 0x80;
    }
}

/* The tags of the registers whose bits are set, or-ed, and with ones for those that must be empty. */
static void nb_gen_x87_tags(DisasContext *s, TCGv_i32 sum, uint32_t full, uint32_t empty)
{
    TCGContext *c = s->uc->tcg_ctx;
    TCGv_i32 n = tcg_temp_new_i32(c);
    TCGv_ptr p = tcg_temp_new_ptr(c);
    int i;

    tcg_gen_movi_i32(c, sum, 0);
    for (i = 0; i < 8; i++) {
        if (!((full | empty) >> i & 1))
            continue;
        tcg_gen_ld_i32(c, n, c->cpu_env, offsetof(CPUX86State, fpstt));
        if (i) {
            tcg_gen_addi_i32(c, n, n, i);
            tcg_gen_andi_i32(c, n, n, 7);
        }
        tcg_gen_ext_i32_ptr(c, p, n);
        tcg_gen_add_ptr(c, p, p, c->cpu_env);
        tcg_gen_ld8u_i32(c, n, p, offsetof(CPUX86State, fptags));
        if (empty >> i & 1)
            tcg_gen_xori_i32(c, n, n, 1);
        if (full >> i & empty >> i & 1)
            tcg_gen_movi_i32(c, n, 1); /* it cannot be both */
        tcg_gen_or_i32(c, sum, sum, n);
    }
    tcg_temp_free_ptr(c, p);
    tcg_temp_free_i32(c, n);
}

/* A copy of the top has made a register full. */
static void nb_gen_x87_filled(DisasContext *s, int i)
{
    TCGContext *c = s->uc->tcg_ctx;
    TCGv_i32 n = tcg_temp_new_i32(c), zero = tcg_const_i32(c, 0);
    TCGv_ptr p = tcg_temp_new_ptr(c);

    tcg_gen_ld_i32(c, n, c->cpu_env, offsetof(CPUX86State, fpstt));
    tcg_gen_addi_i32(c, n, n, i);
    tcg_gen_andi_i32(c, n, n, 7);
    tcg_gen_ext_i32_ptr(c, p, n);
    tcg_gen_add_ptr(c, p, p, c->cpu_env);
    tcg_gen_st8_i32(c, zero, p, offsetof(CPUX86State, fptags));
    tcg_temp_free_ptr(c, p);
    tcg_temp_free_i32(c, zero);
    tcg_temp_free_i32(c, n);
}

/* at is where the operand in memory is, or 0; last, if not NULL, is another number that is wanted afterwards. */
static void nb_gen_x87_stack(DisasContext *s, uint32_t insn, TCGv at, TCGv last)
{
    TCGContext *c = s->uc->tcg_ctx;
    nb_x87_insn x = nb_x87_insn_of(insn);
    uint8_t full = x.full & ~nb_known_full, empty = x.empty & ~nb_known_empty;
    int i;

    if (full | empty) {
        TCGLabel *fine = gen_new_label(c);
        TCGv_i32 sum = tcg_temp_new_i32(c), which;
        TCGv to = tcg_temp_local_new(c), keep = tcg_temp_local_new(c);
        (tcg_gen_mov_i64)(c, to, at);
        if (last)
            (tcg_gen_mov_i64)(c, keep, last);
        nb_gen_x87_tags(s, sum, full, empty);
        tcg_gen_brcondi_i32(c, TCG_COND_EQ, sum, 0, fine);
        which = tcg_const_i32(c, insn);
        gen_helper_nb_x87_stack(c, c->cpu_env, to, which);
        gen_set_label(c, fine);
        (tcg_gen_mov_i64)(c, at, to);
        if (last)
            (tcg_gen_mov_i64)(c, last, keep);
        tcg_temp_free(c, to);
        tcg_temp_free(c, keep);
        tcg_temp_free_i32(c, which);
        tcg_temp_free_i32(c, sum);
    }
    nb_known_full |= x.full;
    nb_known_empty |= x.empty;
    if (x.kind == NB_X87_OTHER) {
        if (!(nb_known_full >> x.other & 1))
            nb_gen_x87_filled(s, x.other);
        nb_known_full |= 1 << x.other;
        nb_known_empty &= ~(1 << x.other);
    }
    if (x.resets)
        nb_x87_forget();
    else if (x.pushes)
        nb_x87_rotate(true);
    for (i = 0; i < x.pops; i++)
        nb_x87_rotate(false);
}
