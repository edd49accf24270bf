/* VEX-coded instructions that are not like others: what the rows of nb_x86_vextable.inc.c name. */

static void nb_vg_cmpeq(TCGContext *c, unsigned vece, uint32_t d, uint32_t a, uint32_t b, uint32_t size, uint32_t max)
{
    tcg_gen_gvec_cmp(c, TCG_COND_EQ, vece, d, a, b, size, max);
}

static void nb_vg_cmpgt(TCGContext *c, unsigned vece, uint32_t d, uint32_t a, uint32_t b, uint32_t size, uint32_t max)
{
    tcg_gen_gvec_cmp(c, TCG_COND_GT, vece, d, a, b, size, max);
}

/* Not the first, and the second. */
static void nb_vg_andn(TCGContext *c, unsigned vece, uint32_t d, uint32_t a, uint32_t b, uint32_t size, uint32_t max)
{
    tcg_gen_gvec_andc(c, vece, d, b, a, size, max);
}

/* Moves. */

static void nb_vx_load(DisasContext *s, nb_vex_insn *x)
{
    if (!x->mem) {
        nb_vex_mov(s, NB_REG(x->reg), NB_REG(x->rm), x->size, 32);
        return;
    }
    nb_vex_load(s, NB_REG(x->reg), x->size, false);
    if (!x->l)
        tcg_gen_gvec_dup64i(s->uc->tcg_ctx, NB_REG(x->reg) + 16, 16, 16, 0);
}

static void nb_vx_load_aligned(DisasContext *s, nb_vex_insn *x)
{
    if (!x->mem) {
        nb_vx_load(s, x);
        return;
    }
    nb_vex_load(s, NB_REG(x->reg), x->size, true);
    if (!x->l)
        tcg_gen_gvec_dup64i(s->uc->tcg_ctx, NB_REG(x->reg) + 16, 16, 16, 0);
}

static void nb_vx_store(DisasContext *s, nb_vex_insn *x)
{
    if (x->mem)
        nb_vex_store(s, NB_REG(x->reg), x->size, false);
    else
        nb_vex_mov(s, NB_REG(x->rm), NB_REG(x->reg), x->size, 32);
}

static void nb_vx_store_aligned(DisasContext *s, nb_vex_insn *x)
{
    if (x->mem)
        nb_vex_store(s, NB_REG(x->reg), x->size, true);
    else
        nb_vx_store(s, x);
}

/* A number into the lowest element, zeros above. */
static void nb_vex_lowest(DisasContext *s, uint32_t d, TCGv_i64 v)
{
    TCGContext *c = s->uc->tcg_ctx;
    TCGv_i64 q[2] = { v, tcg_const_i64(c, 0) };

    nb_vex_put(s, d, q, 2);
    tcg_gen_gvec_dup64i(c, d + 16, 16, 16, 0);
    tcg_temp_free_i64(c, q[1]);
}

/* Halves of two registers, or of one and what was loaded. */
static void nb_vex_halves(DisasContext *s, uint32_t d, uint32_t low, uint32_t high)
{
    TCGContext *c = s->uc->tcg_ctx;
    TCGv_i64 q[2] = { tcg_temp_new_i64(c), tcg_temp_new_i64(c) };

    tcg_gen_ld_i64(c, q[0], c->cpu_env, low);
    tcg_gen_ld_i64(c, q[1], c->cpu_env, high);
    nb_vex_put(s, d, q, 2);
    tcg_gen_gvec_dup64i(c, d + 16, 16, 16, 0);
    tcg_temp_free_i64(c, q[0]);
    tcg_temp_free_i64(c, q[1]);
}

/* vmovss and vmovsd: from memory with zeros above, of registers two sources. */
static void nb_vex_mov_scalar(DisasContext *s, nb_vex_insn *x, uint32_t d, uint32_t b, int size)
{
    TCGContext *c = s->uc->tcg_ctx;
    TCGv_i64 v;

    if (size == 8) {
        nb_vex_halves(s, d, b, NB_REG(x->v) + 8);
        return;
    }
    v = tcg_temp_new_i64(c);
    tcg_gen_ld32u_i64(c, v, c->cpu_env, b);
    nb_vex_mov(s, d, NB_REG(x->v), 16, 32);
    tcg_gen_st32_i64(c, v, c->cpu_env, d);
    tcg_temp_free_i64(c, v);
}

static void nb_vex_load_scalar(DisasContext *s, nb_vex_insn *x, int size)
{
    TCGContext *c = s->uc->tcg_ctx;

    if (!x->mem) {
        nb_vex_mov_scalar(s, x, NB_REG(x->reg), NB_REG(x->rm), size);
    } else if (x->v) {
        nb_vex_illegal(s);
    } else {
        tcg_gen_qemu_ld_i64(c, s->tmp1_i64, s->A0, s->mem_index, size == 4 ? MO_LEUL : MO_LEQ);
        nb_vex_lowest(s, NB_REG(x->reg), s->tmp1_i64);
    }
}

static void nb_vex_store_scalar(DisasContext *s, nb_vex_insn *x, int size)
{
    if (!x->mem)
        nb_vex_mov_scalar(s, x, NB_REG(x->rm), NB_REG(x->reg), size);
    else if (x->v)
        nb_vex_illegal(s);
    else
        nb_vex_store(s, NB_REG(x->reg), size, false);
}

static void nb_vx_movss(DisasContext *s, nb_vex_insn *x) { nb_vex_load_scalar(s, x, 4); }
static void nb_vx_movsd(DisasContext *s, nb_vex_insn *x) { nb_vex_load_scalar(s, x, 8); }
static void nb_vx_movss_st(DisasContext *s, nb_vex_insn *x) { nb_vex_store_scalar(s, x, 4); }
static void nb_vx_movsd_st(DisasContext *s, nb_vex_insn *x) { nb_vex_store_scalar(s, x, 8); }

/* vmovlps, vmovlpd and vmovhlps; vmovhps, vmovhpd and vmovlhps. */
static void nb_vx_movlp(DisasContext *s, nb_vex_insn *x)
{
    if (x->mem)
        nb_vex_halves(s, NB_REG(x->reg), nb_vex_src(s, x, 8), NB_REG(x->v) + 8);
    else if (x->pp == 0)
        nb_vex_halves(s, NB_REG(x->reg), NB_REG(x->rm) + 8, NB_REG(x->v) + 8);
    else
        nb_vex_illegal(s);
}

static void nb_vx_movhp(DisasContext *s, nb_vex_insn *x)
{
    if (x->mem || x->pp == 0)
        nb_vex_halves(s, NB_REG(x->reg), NB_REG(x->v), nb_vex_src(s, x, 8));
    else
        nb_vex_illegal(s);
}

static void nb_vx_movlp_st(DisasContext *s, nb_vex_insn *x) { nb_vex_store(s, NB_REG(x->reg), 8, false); }
static void nb_vx_movhp_st(DisasContext *s, nb_vex_insn *x) { nb_vex_store(s, NB_REG(x->reg) + 8, 8, false); }

/* The low half of each lane twice, the even elements twice, the odd ones. */
static void nb_vx_movddup(DisasContext *s, nb_vex_insn *x)
{
    tcg_gen_gvec_2_ool(s->uc->tcg_ctx, NB_REG(x->reg), nb_vex_src(s, x, x->l ? 32 : 8), x->size, 32, 0, gen_helper_nb_vpermilpdi);
}

static void nb_vx_movsldup(DisasContext *s, nb_vex_insn *x)
{
    tcg_gen_gvec_2_ool(s->uc->tcg_ctx, NB_REG(x->reg), nb_vex_src(s, x, x->size), x->size, 32, 0xa0, gen_helper_nb_vpshufd);
}

static void nb_vx_movshdup(DisasContext *s, nb_vex_insn *x)
{
    tcg_gen_gvec_2_ool(s->uc->tcg_ctx, NB_REG(x->reg), nb_vex_src(s, x, x->size), x->size, 32, 0xf5, gen_helper_nb_vpshufd);
}

/* General registers or memory into T0, and T0 there. */
static void nb_vex_in(DisasContext *s, nb_vex_insn *x, MemOp ot)
{
    TCGContext *c = s->uc->tcg_ctx;

    if (x->mem)
        tcg_gen_qemu_ld_i64(c, s->T0, s->A0, s->mem_index, ot | MO_LE);
    else if (ot == MO_32)
        tcg_gen_ext32u_i64(c, s->T0, c->cpu_regs[x->rm]);
    else
        tcg_gen_mov_i64(c, s->T0, c->cpu_regs[x->rm]);
}

static void nb_vex_out(DisasContext *s, nb_vex_insn *x, MemOp ot)
{
    TCGContext *c = s->uc->tcg_ctx;

    if (x->mem)
        tcg_gen_qemu_st_i64(c, s->T0, s->A0, s->mem_index, ot | MO_LE);
    else
        tcg_gen_mov_i64(c, c->cpu_regs[x->rm], s->T0);
}

/* vmovd and vmovq, by way of general registers or memory. */
static void nb_vx_movd(DisasContext *s, nb_vex_insn *x)
{
    nb_vex_in(s, x, s->dflag == MO_64 ? MO_64 : MO_32);
    nb_vex_lowest(s, NB_REG(x->reg), s->T0);
}

static void nb_vx_movd_st(DisasContext *s, nb_vex_insn *x)
{
    TCGContext *c = s->uc->tcg_ctx;

    if (s->dflag == MO_64)
        tcg_gen_ld_i64(c, s->T0, c->cpu_env, NB_REG(x->reg));
    else
        tcg_gen_ld32u_i64(c, s->T0, c->cpu_env, NB_REG(x->reg));
    nb_vex_out(s, x, s->dflag == MO_64 ? MO_64 : MO_32);
}

static void nb_vx_movq(DisasContext *s, nb_vex_insn *x)
{
    TCGContext *c = s->uc->tcg_ctx;

    if (x->mem)
        tcg_gen_qemu_ld_i64(c, s->tmp1_i64, s->A0, s->mem_index, MO_LEQ);
    else
        tcg_gen_ld_i64(c, s->tmp1_i64, c->cpu_env, NB_REG(x->rm));
    nb_vex_lowest(s, NB_REG(x->reg), s->tmp1_i64);
}

static void nb_vx_movq_st(DisasContext *s, nb_vex_insn *x)
{
    TCGContext *c = s->uc->tcg_ctx;

    if (x->mem) {
        nb_vex_store(s, NB_REG(x->reg), 8, false);
        return;
    }
    tcg_gen_ld_i64(c, s->tmp1_i64, c->cpu_env, NB_REG(x->reg));
    nb_vex_lowest(s, NB_REG(x->rm), s->tmp1_i64);
}

/* vzeroupper, and vzeroall: of the registers that there are. */
static void nb_vex_zero(DisasContext *s, nb_vex_insn *x)
{
    TCGContext *c = s->uc->tcg_ctx;
    int i;

    for (i = 0; i < (CODE64(s) ? 16 : 8); i++) {
        if (x->l)
            tcg_gen_gvec_dup64i(c, NB_REG(i), 32, 32, 0);
        else
            tcg_gen_gvec_dup64i(c, NB_REG(i) + 16, 16, 16, 0);
    }
}

/* mxcsr. */
static void nb_vx_mxcsr(DisasContext *s, nb_vex_insn *x)
{
    TCGContext *c = s->uc->tcg_ctx;

    switch (x->modrm >> 3 & 7) {
    case 2:
        tcg_gen_qemu_ld_i32(c, s->tmp2_i32, s->A0, s->mem_index, MO_LEUL);
        gen_helper_ldmxcsr(c, c->cpu_env, s->tmp2_i32);
        break;
    case 3:
        tcg_gen_ld32u_tl(c, s->T0, c->cpu_env, offsetof(CPUX86State, mxcsr));
        tcg_gen_qemu_st_i64(c, s->T0, s->A0, s->mem_index, MO_LEUL);
        break;
    default:
        nb_vex_illegal(s);
    }
}

/* The stores that maskmovdqu makes of the bytes that the mask names, at rdi. */
static void nb_vx_maskmov(DisasContext *s, nb_vex_insn *x)
{
    TCGContext *c = s->uc->tcg_ctx;

    tcg_gen_mov_i64(c, s->A0, c->cpu_regs[R_EDI]);
    gen_extu(c, s->aflag, s->A0);
    gen_add_A0_ds_seg(s);
    tcg_gen_addi_ptr(c, s->ptr0, c->cpu_env, NB_REG(x->reg));
    tcg_gen_addi_ptr(c, s->ptr1, c->cpu_env, NB_REG(x->rm));
    gen_helper_maskmov_xmm(c, c->cpu_env, s->ptr0, s->ptr1, s->A0);
}

/* Shifts by an immediate number. vvvv has the destination. */
static void nb_vx_shift_imm(DisasContext *s, nb_vex_insn *x)
{
    TCGContext *c = s->uc->tcg_ctx;
    uint32_t d = NB_REG(x->v), a = NB_REG(x->rm), size = x->size;
    unsigned vece = x->op - 0x70, bits = 8 << vece, n = x->imm;

    switch (x->modrm >> 3 & 7) {
    case 2:
        if (n < bits)
            tcg_gen_gvec_shri(c, vece, d, a, n, size, 32);
        else
            tcg_gen_gvec_dup64i(c, d, size, 32, 0);
        return;
    case 6:
        if (n < bits)
            tcg_gen_gvec_shli(c, vece, d, a, n, size, 32);
        else
            tcg_gen_gvec_dup64i(c, d, size, 32, 0);
        return;
    case 4:
        if (vece != MO_64) {
            tcg_gen_gvec_sari(c, vece, d, a, MIN(n, bits - 1), size, 32);
            return;
        }
        break;
    case 3:
        if (vece == MO_64) {
            tcg_gen_gvec_2_ool(c, d, a, size, 32, n, gen_helper_nb_vpsrldq);
            return;
        }
        break;
    case 7:
        if (vece == MO_64) {
            tcg_gen_gvec_2_ool(c, d, a, size, 32, n, gen_helper_nb_vpslldq);
            return;
        }
        break;
    }
    nb_vex_illegal(s);
}

static void nb_vx_psrlv(DisasContext *s, nb_vex_insn *x)
{
    tcg_gen_gvec_3_ool(s->uc->tcg_ctx, NB_REG(x->reg), NB_REG(x->v), nb_vex_src(s, x, x->size), x->size, 32, 0,
                       x->w ? gen_helper_nb_vpsrlvq : gen_helper_nb_vpsrlvd);
}

static void nb_vx_psllv(DisasContext *s, nb_vex_insn *x)
{
    tcg_gen_gvec_3_ool(s->uc->tcg_ctx, NB_REG(x->reg), NB_REG(x->v), nb_vex_src(s, x, x->size), x->size, 32, 0,
                       x->w ? gen_helper_nb_vpsllvq : gen_helper_nb_vpsllvd);
}

/* Elements with two of these bits for one. */
static void nb_vx_blendpd(DisasContext *s, nb_vex_insn *x)
{
    int i, two = 0;

    for (i = 0; i < 4; i++)
        two |= (x->imm >> i & 1) * 3 << 2 * i;
    tcg_gen_gvec_3_ool(s->uc->tcg_ctx, NB_REG(x->reg), NB_REG(x->v), nb_vex_src(s, x, x->size), x->size, 32, two,
                       gen_helper_nb_vblendps);
}

/* The upper bits of elements. */

static void nb_vx_pmovmskb(DisasContext *s, nb_vex_insn *x)
{
    TCGContext *c = s->uc->tcg_ctx;
    TCGv_i64 v = tcg_temp_new_i64(c), all = tcg_const_i64(c, 0);
    int i;

    tcg_gen_addi_ptr(c, s->ptr0, c->cpu_env, NB_REG(x->rm));
    for (i = 0; i < x->size; i += 8) {
        nb_sse_signs(c, v, s->ptr0, i);
        tcg_gen_shli_i64(c, v, v, i);
        tcg_gen_or_i64(c, all, all, v);
    }
    tcg_gen_mov_i64(c, c->cpu_regs[x->reg], all);
    tcg_temp_free_i64(c, v);
    tcg_temp_free_i64(c, all);
}

static void nb_vx_movmsk(DisasContext *s, nb_vex_insn *x)
{
    TCGContext *c = s->uc->tcg_ctx;
    TCGv_i64 v = tcg_temp_new_i64(c), all = tcg_const_i64(c, 0);
    int size = x->pp ? 8 : 4, i;

    for (i = 0; i < x->size / size; i++) {
        tcg_gen_ld8u_i64(c, v, c->cpu_env, NB_REG(x->rm) + size * i + size - 1);
        tcg_gen_shri_i64(c, v, v, 7);
        tcg_gen_shli_i64(c, v, v, i);
        tcg_gen_or_i64(c, all, all, v);
    }
    tcg_gen_mov_i64(c, c->cpu_regs[x->reg], all);
    tcg_temp_free_i64(c, v);
    tcg_temp_free_i64(c, all);
}

/* vptest: zero if the two have no bit in common, carry if the first has all of the second. vtestps, pd: of upper bits. */
static void nb_vex_test(DisasContext *s, nb_vex_insn *x, uint64_t mask)
{
    TCGContext *c = s->uc->tcg_ctx;
    TCGv_i64 a = tcg_temp_new_i64(c), b = tcg_temp_new_i64(c), t = tcg_temp_new_i64(c);
    TCGv_i64 both = tcg_const_i64(c, 0), rest = tcg_const_i64(c, 0);
    uint32_t from = nb_vex_src(s, x, x->size);
    int i;

    for (i = 0; i < x->size; i += 8) {
        tcg_gen_ld_i64(c, a, c->cpu_env, NB_REG(x->reg) + i);
        tcg_gen_ld_i64(c, b, c->cpu_env, from + i);
        tcg_gen_and_i64(c, t, b, a);
        tcg_gen_or_i64(c, both, both, t);
        tcg_gen_andc_i64(c, t, b, a);
        tcg_gen_or_i64(c, rest, rest, t);
    }
    tcg_gen_andi_i64(c, both, both, mask);
    tcg_gen_andi_i64(c, rest, rest, mask);
    tcg_gen_setcondi_i64(c, TCG_COND_EQ, both, both, 0);
    tcg_gen_setcondi_i64(c, TCG_COND_EQ, rest, rest, 0);
    tcg_gen_shli_i64(c, both, both, ctz32(CC_Z));
    set_cc_op(s, CC_OP_EFLAGS);
    tcg_gen_or_i64(c, c->cpu_cc_src, both, rest);
    tcg_temp_free_i64(c, a);
    tcg_temp_free_i64(c, b);
    tcg_temp_free_i64(c, t);
    tcg_temp_free_i64(c, both);
    tcg_temp_free_i64(c, rest);
}

static void nb_vx_ptest(DisasContext *s, nb_vex_insn *x) { nb_vex_test(s, x, -1); }
static void nb_vx_testps(DisasContext *s, nb_vex_insn *x) { nb_vex_test(s, x, 0x8000000080000000ull); }
static void nb_vx_testpd(DisasContext *s, nb_vex_insn *x) { nb_vex_test(s, x, 1ull << 63); }

/* vcomis and vucomis. */
static void nb_vx_comis(DisasContext *s, nb_vex_insn *x)
{
    TCGContext *c = s->uc->tcg_ctx;
    uint32_t b = nb_vex_src(s, x, x->pp ? 8 : 4);
    SSEFunc_0_epp fn = x->op == 0x2e ? (x->pp ? gen_helper_ucomisd : gen_helper_ucomiss)
                                     : (x->pp ? gen_helper_comisd : gen_helper_comiss);

    tcg_gen_addi_ptr(c, s->ptr0, c->cpu_env, NB_REG(x->reg));
    tcg_gen_addi_ptr(c, s->ptr1, c->cpu_env, b);
    fn(c, c->cpu_env, s->ptr0, s->ptr1);
    set_cc_op(s, CC_OP_EFLAGS);
}

/*
 * Sums and differences of neighbours: of the even elements of both sources and the odd ones. Those of alternating sign:
 * the first once is added or subtracted, which rounds once as well.
 */
static void nb_vx_hadd(DisasContext *s, nb_vex_insn *x)
{
    TCGContext *c = s->uc->tcg_ctx;
    uint32_t a = NB_REG(x->v), b = nb_vex_src(s, x, x->size);
    bool sub = x->op == 0x7d;

    if (x->pp == 1) {
        tcg_gen_gvec_3_ool(c, NB_TMP, a, b, x->size, 32, 0, gen_helper_nb_vshufpd);
        tcg_gen_gvec_3_ool(c, NB_TMP2, a, b, x->size, 32, 0xf, gen_helper_nb_vshufpd);
        nb_vex_fp3(s, sub ? gen_helper_nb_vsubpd : gen_helper_nb_vaddpd, NB_REG(x->reg), NB_TMP, NB_TMP2, x->size, 0);
    } else {
        tcg_gen_gvec_3_ool(c, NB_TMP, a, b, x->size, 32, 0x88, gen_helper_nb_vshufps);
        tcg_gen_gvec_3_ool(c, NB_TMP2, a, b, x->size, 32, 0xdd, gen_helper_nb_vshufps);
        nb_vex_fp3(s, sub ? gen_helper_nb_vsubps : gen_helper_nb_vaddps, NB_REG(x->reg), NB_TMP, NB_TMP2, x->size, 0);
    }
}

static void nb_vx_addsub(DisasContext *s, nb_vex_insn *x)
{
    TCGContext *c = s->uc->tcg_ctx;
    uint32_t b = nb_vex_src(s, x, x->size);

    if (x->pp == 1)
        tcg_gen_gvec_dup64i(c, NB_TMP, 32, 32, 0x3ff0000000000000ull);
    else
        tcg_gen_gvec_dup32i(c, NB_TMP, 32, 32, 0x3f800000);
    nb_vex_fp4(s, x->pp == 1 ? gen_helper_nb_vfmaddsubpd : gen_helper_nb_vfmaddsubps, NB_REG(x->reg), NB_REG(x->v), NB_TMP, b,
               x->size);
}

/* Conversions. */

static void nb_vx_cvtsi2s(DisasContext *s, nb_vex_insn *x)
{
    TCGContext *c = s->uc->tcg_ctx;
    int to = x->pp & 1;

    nb_vex_in(s, x, s->dflag);
    nb_vex_mov(s, NB_TMP, NB_REG(x->v), 16, 32);
    tcg_gen_addi_ptr(c, s->ptr0, c->cpu_env, NB_TMP);
    if (s->dflag == MO_64) {
        sse_op_table3aq[to](c, c->cpu_env, s->ptr0, s->T0);
    } else {
        tcg_gen_extrl_i64_i32(c, s->tmp2_i32, s->T0);
        sse_op_table3ai[to](c, c->cpu_env, s->ptr0, s->tmp2_i32);
    }
    nb_vex_mov(s, NB_REG(x->reg), NB_TMP, 16, 32);
}

static void nb_vx_cvts2si(DisasContext *s, nb_vex_insn *x)
{
    TCGContext *c = s->uc->tcg_ctx;
    int which = (x->pp & 1) << 1 | (x->op & 1);

    tcg_gen_addi_ptr(c, s->ptr0, c->cpu_env, nb_vex_src(s, x, x->pp & 1 ? 8 : 4));
    if (s->dflag == MO_64) {
        sse_op_table3bq[which](c, s->T0, c->cpu_env, s->ptr0);
    } else {
        sse_op_table3bi[which](c, s->tmp2_i32, c->cpu_env, s->ptr0);
        tcg_gen_extu_i32_i64(c, s->T0, s->tmp2_i32);
    }
    gen_op_mov_reg_v(s, s->dflag, x->reg, s->T0);
}

/* To elements of twice the size: two of them for each lane. */
static void nb_vex_widen(DisasContext *s, nb_vex_insn *x, SSEFunc_0_epp fn)
{
    TCGContext *c = s->uc->tcg_ctx;
    uint32_t b = nb_vex_src(s, x, x->size / 2);
    int i;

    for (i = 0; i < x->size; i += 16) {
        tcg_gen_addi_ptr(c, s->ptr0, c->cpu_env, NB_TMP + i);
        tcg_gen_addi_ptr(c, s->ptr1, c->cpu_env, b + i / 2);
        fn(c, c->cpu_env, s->ptr0, s->ptr1);
    }
    nb_vex_mov(s, NB_REG(x->reg), NB_TMP, x->size, 32);
}

static void nb_vx_cvtps2pd(DisasContext *s, nb_vex_insn *x) { nb_vex_widen(s, x, gen_helper_cvtps2pd); }
static void nb_vx_cvtdq2pd(DisasContext *s, nb_vex_insn *x) { nb_vex_widen(s, x, gen_helper_cvtdq2pd); }

/* To elements of half the size: those of one lane become a half. */
static void nb_vex_narrow(DisasContext *s, nb_vex_insn *x, SSEFunc_0_epp fn)
{
    TCGContext *c = s->uc->tcg_ctx;
    uint32_t b = nb_vex_src(s, x, x->size);
    int i;

    for (i = 0; i < x->size; i += 16) {
        tcg_gen_addi_ptr(c, s->ptr0, c->cpu_env, i ? NB_TMP2 : NB_TMP);
        tcg_gen_addi_ptr(c, s->ptr1, c->cpu_env, b + i);
        fn(c, c->cpu_env, s->ptr0, s->ptr1);
    }
    if (x->l)
        nb_vex_halves(s, NB_REG(x->reg), NB_TMP, NB_TMP2);
    else
        nb_vex_mov(s, NB_REG(x->reg), NB_TMP, 16, 32);
}

static void nb_vx_cvtpd2ps(DisasContext *s, nb_vex_insn *x) { nb_vex_narrow(s, x, gen_helper_cvtpd2ps); }
static void nb_vx_cvtpd2dq(DisasContext *s, nb_vex_insn *x) { nb_vex_narrow(s, x, gen_helper_cvtpd2dq); }
static void nb_vx_cvttpd2dq(DisasContext *s, nb_vex_insn *x) { nb_vex_narrow(s, x, gen_helper_cvttpd2dq); }

/* The destination may be memory. */
static void nb_vx_cvtps2ph(DisasContext *s, nb_vex_insn *x)
{
    uint32_t to = x->mem ? NB_MEM : NB_REG(x->rm);

    if (x->mem) { /* a store that fails comes before all else */
        TCGContext *c = s->uc->tcg_ctx;
        TCGv_i32 n = tcg_const_i32(c, x->size / 2);
        gen_helper_nb_writable(c, c->cpu_env, s->A0, n);
        tcg_temp_free_i32(c, n);
    }
    nb_vex_fp3(s, gen_helper_nb_vcvtps2ph, to, NB_REG(x->reg), NB_REG(x->reg), x->size, x->imm);
    if (x->mem)
        nb_vex_store(s, NB_MEM, x->size / 2, false);
}

/* Single elements. vpinsrq and vpextrq are not there in code of 32 bits, where others take no notice of W. */

static bool nb_vex_quad32(DisasContext *s, nb_vex_insn *x, int op)
{
    return !CODE64(s) && x->w && x->map == 3 && x->op == op;
}

static void nb_vx_pinsr(DisasContext *s, nb_vex_insn *x)
{
    TCGContext *c = s->uc->tcg_ctx;
    uint32_t d = NB_REG(x->reg);
    MemOp ot = x->map == 1 ? MO_16 : x->op == 0x20 ? MO_8 : s->dflag;

    if (nb_vex_quad32(s, x, 0x22)) {
        nb_vex_illegal(s);
        return;
    }
    if (x->mem)
        tcg_gen_qemu_ld_i64(c, s->T0, s->A0, s->mem_index, ot | MO_LE);
    else
        tcg_gen_mov_i64(c, s->T0, c->cpu_regs[x->rm]);
    nb_vex_mov(s, d, NB_REG(x->v), 16, 32);
    switch (ot) {
    case MO_8:
        tcg_gen_st8_i64(c, s->T0, c->cpu_env, d + (x->imm & 15));
        break;
    case MO_16:
        tcg_gen_st16_i64(c, s->T0, c->cpu_env, d + 2 * (x->imm & 7));
        break;
    case MO_32:
        tcg_gen_st32_i64(c, s->T0, c->cpu_env, d + 4 * (x->imm & 3));
        break;
    default:
        tcg_gen_st_i64(c, s->T0, c->cpu_env, d + 8 * (x->imm & 1));
    }
}

/* vpextrw has an older form, whose general register is the other one. */
static void nb_vx_pextr(DisasContext *s, nb_vex_insn *x)
{
    TCGContext *c = s->uc->tcg_ctx;
    uint32_t from = NB_REG(x->map == 1 ? x->rm : x->reg);
    MemOp ot = x->map == 1 || x->op == 0x15 ? MO_16 : x->op == 0x14 ? MO_8 : x->op == 0x17 ? MO_32 : s->dflag;

    if (nb_vex_quad32(s, x, 0x16)) {
        nb_vex_illegal(s);
        return;
    }
    switch (ot) {
    case MO_8:
        tcg_gen_ld8u_i64(c, s->T0, c->cpu_env, from + (x->imm & 15));
        break;
    case MO_16:
        tcg_gen_ld16u_i64(c, s->T0, c->cpu_env, from + 2 * (x->imm & 7));
        break;
    case MO_32:
        tcg_gen_ld32u_i64(c, s->T0, c->cpu_env, from + 4 * (x->imm & 3));
        break;
    default:
        tcg_gen_ld_i64(c, s->T0, c->cpu_env, from + 8 * (x->imm & 1));
    }
    if (x->map == 1)
        tcg_gen_mov_i64(c, c->cpu_regs[x->reg], s->T0);
    else
        nb_vex_out(s, x, ot);
}

static void nb_vx_insertps(DisasContext *s, nb_vex_insn *x)
{
    TCGContext *c = s->uc->tcg_ctx;
    TCGv_i32 zero;
    int i;

    if (x->mem)
        tcg_gen_qemu_ld_i32(c, s->tmp2_i32, s->A0, s->mem_index, MO_LEUL);
    else
        tcg_gen_ld_i32(c, s->tmp2_i32, c->cpu_env, NB_REG(x->rm) + 4 * (x->imm >> 6));
    nb_vex_mov(s, NB_REG(x->reg), NB_REG(x->v), 16, 32);
    tcg_gen_st_i32(c, s->tmp2_i32, c->cpu_env, NB_REG(x->reg) + 4 * (x->imm >> 4 & 3));
    zero = tcg_const_i32(c, 0);
    for (i = 0; i < 4; i++) {
        if (x->imm >> i & 1)
            tcg_gen_st_i32(c, zero, c->cpu_env, NB_REG(x->reg) + 4 * i);
    }
    tcg_temp_free_i32(c, zero);
}

/* Lanes. */

static void nb_vx_insert128(DisasContext *s, nb_vex_insn *x)
{
    uint32_t d = NB_REG(x->reg), a = NB_REG(x->v), b = nb_vex_src(s, x, 16);
    int at = (x->imm & 1) * 16;

    if (d == b && d != a) {
        nb_vex_mov(s, NB_TMP, b, 16, 16);
        b = NB_TMP;
    }
    nb_vex_mov(s, d, a, 32, 32);
    nb_vex_mov(s, d + at, d == b && !at ? a : b, 16, 16);
}

static void nb_vx_extract128(DisasContext *s, nb_vex_insn *x)
{
    uint32_t from = NB_REG(x->reg) + (x->imm & 1) * 16;

    if (x->mem) {
        nb_vex_store(s, from, 16, false);
    } else if (x->rm == x->reg) {
        nb_vex_mov(s, NB_REG(x->rm), from, 16, 16);
        tcg_gen_gvec_dup64i(s->uc->tcg_ctx, NB_REG(x->rm) + 16, 16, 16, 0);
    } else {
        nb_vex_mov(s, NB_REG(x->rm), from, 16, 32);
    }
}

static void nb_vx_perm128(DisasContext *s, nb_vex_insn *x)
{
    uint32_t b = nb_vex_src(s, x, 32), a = NB_REG(x->v);
    int i;

    for (i = 0; i < 2; i++) {
        int how = x->imm >> 4 * i;
        if (how & 8)
            tcg_gen_gvec_dup64i(s->uc->tcg_ctx, NB_TMP + 16 * i, 16, 16, 0);
        else
            nb_vex_mov(s, NB_TMP + 16 * i, (how & 2 ? b : a) + (how & 1) * 16, 16, 16);
    }
    nb_vex_mov(s, NB_REG(x->reg), NB_TMP, 32, 32);
}

/* The lowest element for all. */
static void nb_vex_broadcast(DisasContext *s, nb_vex_insn *x, unsigned vece)
{
    TCGContext *c = s->uc->tcg_ctx;

    if (x->mem) {
        tcg_gen_qemu_ld_i64(c, s->tmp1_i64, s->A0, s->mem_index, vece | MO_LE);
        tcg_gen_gvec_dup_i64(c, vece, NB_REG(x->reg), x->size, 32, s->tmp1_i64);
    } else {
        tcg_gen_gvec_dup_mem(c, vece, NB_REG(x->reg), NB_REG(x->rm), x->size, 32);
    }
}

static void nb_vx_broadcast8(DisasContext *s, nb_vex_insn *x) { nb_vex_broadcast(s, x, MO_8); }
static void nb_vx_broadcast16(DisasContext *s, nb_vex_insn *x) { nb_vex_broadcast(s, x, MO_16); }
static void nb_vx_broadcast32(DisasContext *s, nb_vex_insn *x) { nb_vex_broadcast(s, x, MO_32); }
static void nb_vx_broadcast64(DisasContext *s, nb_vex_insn *x) { nb_vex_broadcast(s, x, MO_64); }

static void nb_vx_broadcast128(DisasContext *s, nb_vex_insn *x)
{
    TCGContext *c = s->uc->tcg_ctx;
    TCGv_i64 q[4] = { tcg_temp_new_i64(c), tcg_temp_new_i64(c) };

    tcg_gen_qemu_ld_i64(c, q[0], s->A0, s->mem_index, MO_LEQ);
    tcg_gen_addi_tl(c, s->tmp0, s->A0, 8);
    tcg_gen_qemu_ld_i64(c, q[1], s->tmp0, s->mem_index, MO_LEQ);
    q[2] = q[0];
    q[3] = q[1];
    nb_vex_put(s, NB_REG(x->reg), q, 4);
    tcg_temp_free_i64(c, q[0]);
    tcg_temp_free_i64(c, q[1]);
}

/* Elements by mask, and by index. */

static TCGv_i32 nb_vex_how(DisasContext *s, nb_vex_insn *x, bool quad, int more)
{
    return tcg_const_i32(s->uc->tcg_ctx, more | (quad ? NB_VEX_QUAD : 0) | (x->l ? NB_VEX_L : 0) | (CODE64(s) ? 0 : NB_VEX_BITS32));
}

/* vmaskmovps and pd, vpmaskmovd and q. */
static void nb_vx_maskload(DisasContext *s, nb_vex_insn *x)
{
    TCGContext *c = s->uc->tcg_ctx;
    TCGv_i32 how = nb_vex_how(s, x, x->op == 0x2d || x->w, 0);

    tcg_gen_addi_ptr(c, s->ptr0, c->cpu_env, NB_REG(x->reg));
    tcg_gen_addi_ptr(c, s->ptr1, c->cpu_env, NB_REG(x->v));
    gen_helper_nb_vmaskload(c, c->cpu_env, s->ptr0, s->ptr1, s->A0, how);
    tcg_temp_free_i32(c, how);
}

static void nb_vx_maskstore(DisasContext *s, nb_vex_insn *x)
{
    TCGContext *c = s->uc->tcg_ctx;
    TCGv_i32 how = nb_vex_how(s, x, x->op == 0x2f || x->w, 0);

    tcg_gen_addi_ptr(c, s->ptr0, c->cpu_env, NB_REG(x->reg));
    tcg_gen_addi_ptr(c, s->ptr1, c->cpu_env, NB_REG(x->v));
    gen_helper_nb_vmaskstore(c, c->cpu_env, s->ptr0, s->ptr1, s->A0, how);
    tcg_temp_free_i32(c, how);
}

/* The index of the operand's address is a vector, which an index of 4 is as well. All three registers differ. */
static void nb_vx_gather(DisasContext *s, nb_vex_insn *x)
{
    TCGContext *c = s->uc->tcg_ctx;
    int index = x->at.index < 0 ? 4 : x->at.index, seg = s->override, more;
    TCGv_i32 how, regs;
    TCGv ea;

    if ((x->modrm & 7) != 4 || s->aflag == MO_16 || x->reg == x->v || x->reg == index || x->v == index) {
        nb_vex_illegal(s);
        return;
    }
    if (seg < 0 && s->addseg)
        seg = x->at.def_seg;
    more = (x->op & 1 ? NB_VEX_QINDEX : 0) | (s->aflag == MO_32 ? NB_VEX_ADDR32 : 0) | x->at.scale << NB_VEX_SCALEAT;
    if (seg >= 0 && (!CODE64(s) || seg >= R_FS))
        more |= NB_VEX_SEG | seg << NB_VEX_SEGAT;
    x->at.index = -1;
    ea = gen_lea_modrm_1(s, x->at);
    how = nb_vex_how(s, x, x->w, more);
    regs = tcg_const_i32(c, x->reg | index << 8 | x->v << 16);
    gen_helper_nb_vgather(c, c->cpu_env, ea, regs, how);
    tcg_temp_free_i32(c, how);
    tcg_temp_free_i32(c, regs);
}

/* Comparisons of strings leave their result in rcx or xmm0. */
static void nb_vx_pcmpstr(DisasContext *s, nb_vex_insn *x)
{
    static const SSEFunc_0_eppi fns[4] = { gen_helper_pcmpestrm_xmm, gen_helper_pcmpestri_xmm, gen_helper_pcmpistrm_xmm,
                                           gen_helper_pcmpistri_xmm };
    TCGContext *c = s->uc->tcg_ctx;
    TCGv_i32 imm = tcg_const_i32(c, x->imm | (s->dflag == MO_64 ? 0x100 : 0));

    tcg_gen_addi_ptr(c, s->ptr1, c->cpu_env, nb_vex_src(s, x, 16));
    tcg_gen_addi_ptr(c, s->ptr0, c->cpu_env, NB_REG(x->reg));
    set_cc_op(s, CC_OP_EFLAGS);
    fns[x->op & 3](c, c->cpu_env, s->ptr0, s->ptr1, imm);
    if (!(x->op & 1))
        tcg_gen_gvec_dup64i(c, NB_REG(0) + 16, 16, 16, 0);
    tcg_temp_free_i32(c, imm);
}
