/*
 * The translator of x86, with what it lacks: AVX (nb_x86_vex.inc.c), SHA's instructions, the waiting of x87 and MMX
 * instructions for an exception of an earlier one, and corners of BMI.
 * Names that it uses lead to functions here, which come after it because they need its types.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "tcg/tcg-op.h"
#include "exec/helper-gen.h"
#include "nb_x87.h"

struct DisasContext;
static inline void nb_gen_x87(CPUX86State *env, struct DisasContext *s, int b);
static inline void nb_gen_wait(struct DisasContext *s);
static inline void nb_gen_fdp(TCGContext *c, TCGv addr);
static void nb_gen_sse(CPUX86State *env, struct DisasContext *s, int b, target_ulong pc_start, int rex_r);

/* gen_sse is asked by way of nb_gen_sse; its definition, whose first word is another, gets another name. */
#define gen_sse(first, ...) NB_SSE_##first, __VA_ARGS__)
#define NB_SSE_CPUX86State nb_plain_sse(CPUX86State
#define NB_SSE_env nb_gen_sse(env

/* What the translator looks at before it decodes an x87 instruction. In gen_sse the same bytes are others. */
#undef HF_EM_MASK
#define HF_EM_MASK \
    (sizeof(__func__) == sizeof("nb_plain_disas_insn") ? nb_gen_x87(env, s, b) : (void)0, 1 << HF_EM_SHIFT)

/* MMX instructions, and SSE's that work with MMX registers, wait as well. */
static void nb_x87_forget(void);
static __thread bool nb_no_mmx; /* cvtpi2ps and cvtpi2pd with an operand in memory */
#define gen_helper_enter_mmx(c, e) (nb_x87_forget(), nb_gen_wait(s), nb_no_mmx ? (void)0 : (gen_helper_enter_mmx)(c, e))
#define gen_helper_emms(c, e) (nb_x87_forget(), nb_gen_wait(s), (gen_helper_enter_mmx)(c, e), (gen_helper_emms)(c, e))

/* These clear the flags that they do not set. */
#define gen_helper_fcomi_ST0_FT0(c, e) ((gen_helper_fcomi_ST0_FT0)(c, e), nb_gen_order(c))
#define gen_helper_fucomi_ST0_FT0(c, e) ((gen_helper_fucomi_ST0_FT0)(c, e), nb_gen_order(c))
#define nb_gen_order(c) tcg_gen_andi_i64(c, c->cpu_cc_src, c->cpu_cc_src, CC_Z | CC_P | CC_C)

/* Where the address of an x87 instruction's operand is known, before the instruction. */
#undef tcg_gen_mov_tl
#define tcg_gen_mov_tl(c, d, v) \
    (tcg_gen_mov_i64(c, d, v), sizeof(#d) == sizeof("last_addr") ? nb_gen_fdp(c, d) : (void)0)

/*
 * bextr, bzhi, blsi and pdep: lengths of all bits and more, what a register of 64 bits has above an operand of 32, and the carry.
 * Their operations are known by how they are written; tmp0 is free there. What is past the end has a mask of its own.
 */
static inline void nb_gen_narrow(TCGContext *c, TCGv v);
static inline void nb_gen_past(TCGContext *c, TCGv n, TCGv last);
static inline void nb_gen_all(TCGContext *c, TCGv mask);
static inline void nb_gen_within(TCGContext *c, TCGv to, TCGv n, TCGv last);
static inline void nb_gen_none(TCGContext *c, TCGv mask);
static inline void nb_gen_lowest(TCGContext *c, TCGv v);
static inline void nb_gen_note(TCGv old, TCGv cmp);
#define NB_SPELT(x, text) (__builtin_strcmp(#x, text) == 0)
#undef tcg_gen_shr_tl
#define tcg_gen_shr_tl(c, d, a, n) \
    ((void)(NB_SPELT(d, "s->T0") && NB_SPELT(n, "s->A0") ? nb_gen_narrow(c, a) : (void)0), tcg_gen_shr_i64(c, d, a, n))
#undef tcg_gen_movcond_tl
#define tcg_gen_movcond_tl(c, cond, d, a, b, x, y) \
    (NB_SPELT(y, "bound") && NB_SPELT(d, "s->A0") ? nb_gen_past(c, a, b) : (void)0, \
     NB_SPELT(d, "newv") ? nb_gen_note(a, b) : (void)0, tcg_gen_movcond_i64(c, cond, d, a, b, x, y))
#undef tcg_gen_subi_tl
#define tcg_gen_subi_tl(c, d, a, n) \
    (tcg_gen_subi_i64(c, d, a, n), NB_SPELT(d, "s->T1") && NB_SPELT(a, "s->T1") ? nb_gen_all(c, d) : (void)0)
#undef tcg_gen_setcond_tl
#define tcg_gen_setcond_tl(c, cond, d, a, b) \
    (NB_SPELT(cond, "TCG_COND_LT") && NB_SPELT(b, "bound") ? nb_gen_within(c, d, a, b) : tcg_gen_setcond_i64(c, cond, d, a, b))
#undef tcg_gen_shl_tl
#define tcg_gen_shl_tl(c, d, a, n) \
    (tcg_gen_shl_i64(c, d, a, n), NB_SPELT(d, "s->A0") && NB_SPELT(a, "s->A0") && NB_SPELT(n, "s->T1") ? nb_gen_none(c, d) : (void)0)
#undef tcg_gen_neg_tl
#define tcg_gen_neg_tl(c, d, a) \
    (tcg_gen_neg_i64(c, d, a), NB_SPELT(d, "s->T1") && NB_SPELT(a, "s->T0") ? nb_gen_lowest(c, a) : (void)0)

#define gen_helper_pdep(c, d, v, mask) (nb_gen_narrow(c, mask), (gen_helper_pdep)(c, d, v, mask))
#define gen_helper_pext(c, d, v, mask) (nb_gen_narrow(c, mask), (gen_helper_pext)(c, d, v, mask))

/* One turn of rep movs and rep stos comes after what can be done at once; as for gen_sse. */
static void nb_gen_movs(struct DisasContext *s, MemOp ot);
static void nb_gen_stos(struct DisasContext *s, MemOp ot);
#define gen_movs(first, ...) NB_MOVS_##first, __VA_ARGS__)
#define NB_MOVS_DisasContext nb_plain_movs(DisasContext
#define NB_MOVS_s nb_gen_movs(s
#define gen_stos(first, ...) NB_STOS_##first, __VA_ARGS__)
#define NB_STOS_DisasContext nb_plain_stos(DisasContext
#define NB_STOS_s nb_gen_stos(s

/* The immediate byte of a comparison, whose upper five bits do not matter: the second byte that gen_sse itself reads. */
static uint8_t nb_sse_byte(bool sse, bool insn, CPUX86State *env, struct DisasContext *s);
#define x86_ldub_code(first, ...) NB_BYTE_##first, __VA_ARGS__)
#define NB_BYTE_CPUX86State nb_plain_byte(CPUX86State
#define NB_BYTE_env nb_sse_byte(sizeof(__func__) == sizeof("nb_plain_sse"), sizeof(__func__) == sizeof("nb_plain_disas_insn"), env
#define NB_BYTE_x nb_plain_byte(x

/* Operands of 16 bytes, as for gen_sse: most must be aligned, and some are of fewer bytes. */
static void nb_gen_ldo(struct DisasContext *s, int offset);
static void nb_gen_sto(struct DisasContext *s, int offset);
#define gen_ldo_env_A0(first, ...) NB_LDO_##first, __VA_ARGS__)
#define NB_LDO_DisasContext nb_plain_ldo(DisasContext
#define NB_LDO_s nb_gen_ldo(s
#define gen_sto_env_A0(first, ...) NB_STO_##first, __VA_ARGS__)
#define NB_STO_DisasContext nb_plain_sto(DisasContext
#define NB_STO_s nb_gen_sto(s

/* See nb_x86_decode.inc.c, which decides about exceptions of bytes that are no instruction. */
static int nb_refused(int vector);
static inline void nb_gen_exception(struct DisasContext *s, int vector, target_ulong eip);
#define gen_exception(first, ...) NB_EXCEPTION_##first, __VA_ARGS__)
#define NB_EXCEPTION_DisasContext nb_plain_exception(DisasContext
#define NB_EXCEPTION_s nb_gen_exception(s

/* ret's number is one without a sign. */
#define x86_ldsw_code(first, ...) NB_LDSW_##first, __VA_ARGS__)
#define NB_LDSW_CPUX86State __attribute__((unused)) nb_plain_ldsw(CPUX86State
#define NB_LDSW_env x86_lduw_code(env

static void nb_gen_enter(struct DisasContext *s, int bytes, int level);
#define gen_enter(first, ...) NB_ENTER_##first, __VA_ARGS__)
#define NB_ENTER_DisasContext __attribute__((unused)) nb_plain_enter(DisasContext
#define NB_ENTER_s nb_gen_enter(s

/*
 * What keeps the upper half of a register of 64 bits: cmpxchg's operand that is not equal, and with bsf and bsr of zero all of
 * it, of which the result has a copy then.
 */
static void nb_gen_cmpxchg_acc(struct DisasContext *s, MemOp ot, TCGv old);
static void nb_gen_cmpxchg_reg(struct DisasContext *s, MemOp ot, int reg, TCGv v);
static __thread bool nb_whole_reg;
static inline MemOp nb_whole(MemOp ot)
{
    bool whole = nb_whole_reg && ot == MO_32;

    nb_whole_reg = false;
    return whole ? MO_64 : ot;
}
#define gen_op_mov_reg_v(first, ot, reg, v) NB_MOVREG_##first, ot, reg, v)
#define NB_MOVREG_DisasContext nb_plain_mov_reg(DisasContext
#define NB_MOVREG_s nb_gen_mov_reg(s
#define nb_gen_mov_reg(s, ot, reg, v) \
    (NB_SPELT(v, "newv") ? nb_gen_cmpxchg_reg(s, ot, reg, v) : NB_SPELT(v, "oldv") ? nb_gen_cmpxchg_acc(s, ot, v) \
     : nb_plain_mov_reg(s, sizeof(__func__) == sizeof("nb_plain_disas_insn") ? nb_whole(ot) : (ot), reg, v))
#undef tcg_gen_clz_tl
#define tcg_gen_clz_tl(c, d, a, b) (nb_whole_reg = true, tcg_gen_clz_i64(c, d, a, b))
#undef tcg_gen_ctz_tl
#define tcg_gen_ctz_tl(c, d, a, b) (nb_whole_reg = true, tcg_gen_ctz_i64(c, d, a, b))

/* With the flag of alignment checks set, which blocks are found by, operands are aligned to their size. */
static __thread bool nb_checks_align;
static inline MemOp nb_align(MemOp op)
{
    return unlikely(nb_checks_align) && !(op & MO_AMASK) ? op | MO_ALIGN : op;
}
#define NB_ACCESS(name, type) \
    static inline void nb_##name(TCGContext *c, type v, TCGv at, TCGArg idx, MemOp op) \
    { \
        tcg_gen_##name(c, v, at, idx, nb_align(op)); \
    }
NB_ACCESS(qemu_ld_i32, TCGv_i32)
NB_ACCESS(qemu_st_i32, TCGv_i32)
NB_ACCESS(qemu_ld_i64, TCGv_i64)
NB_ACCESS(qemu_st_i64, TCGv_i64)
#undef tcg_gen_qemu_ld_i32
#undef tcg_gen_qemu_st_i32
#undef tcg_gen_qemu_ld_i64
#undef tcg_gen_qemu_st_i64
#undef tcg_gen_qemu_ld_tl
#undef tcg_gen_qemu_st_tl
#define tcg_gen_qemu_ld_i32 nb_qemu_ld_i32
#define tcg_gen_qemu_st_i32 nb_qemu_st_i32
#define tcg_gen_qemu_ld_i64 nb_qemu_ld_i64
#define tcg_gen_qemu_st_i64 nb_qemu_st_i64
#define tcg_gen_qemu_ld_tl nb_qemu_ld_i64
#define tcg_gen_qemu_st_tl nb_qemu_st_i64

/* Where the operand of an x87 instruction is: the one address that disas_insn itself forms by this name. */
static inline void nb_lea_v_seg(bool x87, struct DisasContext *s, MemOp aflag, TCGv a0, int def_seg, int ovr_seg);
#define gen_lea_v_seg(first, aflag, a0, def, over) NB_LEA_##first, aflag, a0, def, over)
#define NB_LEA_DisasContext nb_plain_lea_v_seg(DisasContext
#define NB_LEA_s nb_lea_v_seg_as(s
#define nb_lea_v_seg_as(s, aflag, a0, def, over) \
    nb_lea_v_seg(sizeof(__func__) == sizeof("nb_plain_disas_insn") && NB_SPELT(a0, "ea") && NB_SPELT(def, "a.def_seg"), s, aflag, a0, def, over)

/* VEX-coded instructions do not get to the translator: nb_x86_vex.inc.c. */
static target_ulong nb_disas_insn(struct DisasContext *s, CPUState *cpu);
#define disas_insn(first, ...) NB_INSN_##first, __VA_ARGS__)
#define NB_INSN_DisasContext nb_plain_disas_insn(DisasContext
#define NB_INSN_dc nb_disas_insn(dc

#include "target/i386/translate.c"
#include "nb_x86_decode.inc.c"
#include "nb_x87_stack.inc.c"

static inline void nb_gen_exception(DisasContext *s, int vector, target_ulong eip)
{
    nb_plain_exception(s, nb_refused(vector), eip);
}

/*
 * Whether the instruction is repeated, by flat addresses of 32 or 64 bits, and may do more than one turn: not while
 * instructions go one by one or edges are counted.
 */
static bool nb_at_once(DisasContext *s)
{
    return s->prefix & (PREFIX_REPZ | PREFIX_REPNZ) && s->aflag >= MO_32 && s->override < 0 && !s->addseg && s->jmp_opt &&
           !(tb_cflags(s->base.tb) & CF_LAST_IO) && !nb_checks_align && nb_edge_cur(s->base.tb->pc) < 0;
}

static TCGv_i32 nb_string_how(DisasContext *s, MemOp ot)
{
    return tcg_const_i32(s->uc->tcg_ctx, ot | (s->aflag == MO_64 ? 8 : 0));
}

static void nb_gen_movs(DisasContext *s, MemOp ot)
{
    TCGContext *c = s->uc->tcg_ctx;

    if (nb_at_once(s)) {
        TCGv_i32 how = nb_string_how(s, ot);
        gen_helper_nb_movs(c, c->cpu_env, how);
        tcg_temp_free_i32(c, how);
    }
    nb_plain_movs(s, ot);
}

static void nb_gen_stos(DisasContext *s, MemOp ot)
{
    TCGContext *c = s->uc->tcg_ctx;

    if (nb_at_once(s)) {
        TCGv_i32 how = nb_string_how(s, ot);
        gen_helper_nb_stos(c, c->cpu_env, how);
        tcg_temp_free_i32(c, how);
    }
    nb_plain_stos(s, ot);
}

/* The instruction leaves the address of its operand behind, also if it is not completed (nb_x87_skip). */
static __thread bool nb_notes_fdp;

/* While there are exceptions that are not masked: one that waits is raised at this instruction. */
static inline void nb_gen_wait(DisasContext *s)
{
    if (s->flags & NB_HF_X87)
        gen_helper_fwait(s->uc->tcg_ctx, s->uc->tcg_ctx->cpu_env);
}

/* It is kept until the end of the instruction. */
static __thread TCGv nb_last_addr;

static inline void nb_gen_fdp(TCGContext *c, TCGv addr)
{
    nb_last_addr = addr;
    if (nb_notes_fdp && sizeof(target_ulong) == 8)
        tcg_gen_st_i64(c, addr, c->cpu_env, offsetof(CPUX86State, fpdp));
}

/* Whether the instruction of this escape byte and the next one is for the x87's control; what is not waits as well. */
static bool nb_x87_is_control(int b, int modrm, bool *waits)
{
    int op = (b & 7) << 3 | (modrm >> 3 & 7);

    *waits = true;
    if (modrm < 0xc0) {
        switch (op) {
        case 0x0e: case 0x0f: case 0x2e: case 0x2f: /* fnstenv, fnstcw, fnsave, fnstsw */
            *waits = false;
            /* fall through */
        case 0x0c: case 0x0d: case 0x2c: /* fldenv, fldcw, frstor */
            return true;
        }
        return false;
    }
    switch (op) {
    case 0x1c: case 0x3c: /* fneni, fndisi, fnclex, fninit, fnsetpm; fnstsw %ax */
        *waits = false;
        return true;
    }
    return false;
}

/* The instruction of the x87 at hand. */
static __thread uint32_t nb_x87_at;

static inline void nb_gen_x87(CPUX86State *env, DisasContext *s, int b)
{
    TCGContext *c = s->uc->tcg_ctx;
    bool waits;
    int modrm;

    nb_notes_fdp = false;
    if (b < 0xd8 || b > 0xdf)
        return;
    modrm = translator_ldub(c, env, s->pc);
    nb_x87_at = b << 8 | modrm;
    if (unlikely(s->flags & NB_HF_X87)) {
        nb_notes_fdp = !nb_x87_is_control(b, modrm, &waits);
        if (waits)
            nb_gen_wait(s);
    }
    if (modrm >= 0xc0) {
        tcg_gen_movi_i64(c, s->A0, 0);
        nb_gen_x87_stack(s, nb_x87_at, s->A0, NULL);
    }
}

static inline void nb_lea_v_seg(bool x87, DisasContext *s, MemOp aflag, TCGv a0, int def_seg, int ovr_seg)
{
    nb_plain_lea_v_seg(s, aflag, a0, def_seg, ovr_seg);
    if (x87)
        nb_gen_x87_stack(s, nb_x87_at, s->A0, nb_last_addr);
}

/* SHA's instructions: 0f 38 c8 to cd, and 0f 3a cc with a number. */
static bool nb_is_sha(DisasContext *s, int b, int op)
{
    const int others = PREFIX_DATA | PREFIX_REPZ | PREFIX_REPNZ | PREFIX_LOCK | PREFIX_VEX;

    if (s->prefix & others || !(s->cpuid_7_0_ebx_features & CPUID_7_0_EBX_SHA_NI))
        return false;
    return b == 0x138 ? op >= 0xc8 && op <= 0xcd : op == 0xcc;
}

/* While gen_sse translates an instruction with a VEX prefix. */
static __thread DisasContext *nb_vex;

/* An operand that is shifted to the right, or a mask, has no bits of the rest of its register. */
static inline void nb_gen_narrow(TCGContext *c, TCGv v)
{
    if (nb_vex && nb_vex->dflag != MO_64)
        tcg_gen_ext32u_i64(c, v, v);
}

/* bextr: ones in tmp0 if the length n is more than last, then added to the mask. */
static inline void nb_gen_past(TCGContext *c, TCGv n, TCGv last)
{
    if (nb_vex) {
        (tcg_gen_setcond_i64)(c, TCG_COND_GTU, nb_vex->tmp0, n, last);
        (tcg_gen_neg_i64)(c, nb_vex->tmp0, nb_vex->tmp0);
    }
}

static inline void nb_gen_all(TCGContext *c, TCGv mask)
{
    if (nb_vex)
        tcg_gen_or_i64(c, mask, mask, nb_vex->tmp0);
}

/* bzhi: whether a bit n is there, which is the carry's opposite; ones in tmp0 if so, and none of the mask otherwise. */
static inline void nb_gen_within(TCGContext *c, TCGv to, TCGv n, TCGv last)
{
    (tcg_gen_setcond_i64)(c, TCG_COND_LEU, to, n, last);
    (tcg_gen_neg_i64)(c, nb_vex->tmp0, to);
}

static inline void nb_gen_none(TCGContext *c, TCGv mask)
{
    if (nb_vex)
        tcg_gen_and_i64(c, mask, mask, nb_vex->tmp0);
}

/* blsi: the carry says that a bit was set, where blsr's and blsmsk's say that none was. */
static inline void nb_gen_lowest(TCGContext *c, TCGv v)
{
    TCGv zero;

    if (!nb_vex)
        return;
    zero = tcg_const_i64(c, 0);
    if (nb_vex->dflag != MO_64)
        tcg_gen_ext32u_i64(c, c->cpu_cc_src, v);
    else
        (tcg_gen_mov_i64)(c, c->cpu_cc_src, v);
    (tcg_gen_setcond_i64)(c, TCG_COND_EQ, c->cpu_cc_src, c->cpu_cc_src, zero);
    tcg_temp_free_i64(c, zero);
}

/* What the instruction of SSE that is translated now wants of an operand of 16 bytes. */
static __thread struct {
    MemOp align;
    int bytes; /* that it really has: 4, 8 or 16 */
    int until; /* how many bytes gen_sse reads up to one whose upper five bits do not matter; 0 if there is none */
} nb_operand;

static uint8_t nb_sse_byte(bool sse, bool insn, CPUX86State *env, DisasContext *s)
{
    uint8_t v;

    if (insn)
        return nb_insn_byte(env, s);
    v = nb_plain_byte(env, s);
    return sse && nb_operand.until && --nb_operand.until == 0 ? v & 7 : v;
}

static void nb_gen_ldo(DisasContext *s, int offset)
{
    TCGContext *c = s->uc->tcg_ctx;

    tcg_gen_qemu_ld_i64(c, s->tmp1_i64, s->A0, s->mem_index, nb_operand.bytes == 4 ? MO_LEUL : MO_LEQ | nb_operand.align);
    tcg_gen_st_i64(c, s->tmp1_i64, c->cpu_env, offset + offsetof(ZMMReg, ZMM_Q(0)));
    if (nb_operand.bytes < 16)
        return;
    tcg_gen_addi_tl(c, s->tmp0, s->A0, 8);
    tcg_gen_qemu_ld_i64(c, s->tmp1_i64, s->tmp0, s->mem_index, MO_LEQ);
    tcg_gen_st_i64(c, s->tmp1_i64, c->cpu_env, offset + offsetof(ZMMReg, ZMM_Q(1)));
}

/* Over the border to a page that is not there nothing is stored: what lies in that page comes first. */
static void nb_gen_sto(DisasContext *s, int offset)
{
    TCGContext *c = s->uc->tcg_ctx;
    int i;

    tcg_gen_addi_tl(c, s->tmp0, s->A0, 8);
    for (i = 0; i < 2; i++) {
        int half = nb_operand.align ? i : 1 - i; /* the first one faults: with an aligned operand for that it is not */
        tcg_gen_ld_i64(c, s->tmp1_i64, c->cpu_env, offset + offsetof(ZMMReg, ZMM_Q(half)));
        tcg_gen_qemu_st_i64(c, s->tmp1_i64, half ? s->tmp0 : s->A0, s->mem_index, MO_LEQ | (half ? 0 : nb_operand.align));
    }
}

/*
 * What the instruction at hand wants; next is the byte after b. Operands of 16 bytes are aligned but for those of movups, movupd,
 * movdqu, lddqu, comparisons of strings and SHA's (which Intel's manual wants aligned, and processors do not). Of 8 bytes are those
 * of cvtps2pd, cvtdq2pd, cvtps2pi, cvttps2pi and roundsd, of 4 roundss'.
 */
static void nb_operand_of(DisasContext *s, int b, int next)
{
    bool f3 = s->prefix & PREFIX_REPZ, none = !(s->prefix & (PREFIX_DATA | PREFIX_REPZ | PREFIX_REPNZ));

    nb_operand.bytes = 16;
    if ((none && (b == 0x12c || b == 0x12d || b == 0x15a)) || (f3 && b == 0x1e6) || (b == 0x13a && next == 0x0b))
        nb_operand.bytes = 8;
    else if (b == 0x13a && next == 0x0a)
        nb_operand.bytes = 4;
    nb_operand.align = nb_operand.bytes < 16 || b == 0x110 || b == 0x111 || (f3 && (b == 0x16f || b == 0x17f)) || b == 0x1f0 ||
                       (b == 0x13a && (next & 0xfc) == 0x60) || ((b == 0x138 || b == 0x13a) && nb_is_sha(s, b, next)) ? 0 : MO_ALIGN_16;
    nb_operand.until = b == 0x1c2 ? 2 : 0;
}

/*
 * maskmovq, maskmovdqu, movmskps, pextrw, pmovmskb, movq2dq and movdq2q have registers only, movlpd, movhpd and movntq memory. Of the shifts by a
 * number there are not all.
 */
static bool nb_sse_refused(DisasContext *s, int b, int modrm)
{
    int reg = modrm >> 3 & 7;

    switch (b) {
    case 0x171: case 0x172:
        return modrm < 0xc0 || (reg != 2 && reg != 4 && reg != 6);
    case 0x173:
        return modrm < 0xc0 || !(reg & 2) || (reg & 1 && !(s->prefix & PREFIX_DATA));
    case 0x1e7:
        return modrm >= 0xc0 && !(s->prefix & (PREFIX_REPZ | PREFIX_REPNZ));
    case 0x150: case 0x1c5: case 0x1d7: case 0x1f7:
        return modrm < 0xc0;
    case 0x1d6:
        return modrm < 0xc0 && s->prefix & (PREFIX_REPZ | PREFIX_REPNZ);
    case 0x112: case 0x116:
        return modrm >= 0xc0 && s->prefix & PREFIX_DATA && !(s->prefix & (PREFIX_REPZ | PREFIX_REPNZ));
    }
    return false;
}

/* Instructions with MMX registers that the translator begins without the x87's change of state. */
static bool nb_is_mmx(DisasContext *s, int b, int op)
{
    if (s->prefix & (PREFIX_DATA | PREFIX_REPZ | PREFIX_REPNZ | PREFIX_VEX))
        return false;
    return b == 0x138 ? op < 0x0c || (op >= 0x1c && op <= 0x1e) : b == 0x13a ? op == 0x0f : b == 0x1e7;
}

static void nb_gen_sse(CPUX86State *env, DisasContext *s, int b, target_ulong pc_start, int rex_r)
{
    TCGContext *c = s->uc->tcg_ctx;
    int op, modrm, from = offsetof(CPUX86State, xmm_t0), next = b == 0x138 || b == 0x13a ? translator_ldub(c, env, s->pc) : 0;

    if (nb_sse_refused(s, b, translator_ldub(c, env, s->pc))) {
        gen_illegal_opcode(s);
        return;
    }
    nb_no_mmx = b == 0x12a && translator_ldub(c, env, s->pc) < 0xc0;
    if (nb_is_mmx(s, b, next)) {
        gen_helper_enter_mmx(c, c->cpu_env);
        if (b != 0x1e7) { /* there are eight registers, whatever REX says */
            rex_r = 0;
            if (translator_ldub(c, env, s->pc + 1) >= 0xc0)
                s->rex_b = 0;
        }
    }
    if (b == 0x138 && (next & 0xfe) == 0xf0 && !(s->prefix & PREFIX_REPNZ) && translator_ldub(c, env, s->pc + 1) >= 0xc0) {
        gen_illegal_opcode(s); /* movbe */
        return;
    }
    nb_operand_of(s, b, next);
    if ((b != 0x138 && b != 0x13a) || !nb_is_sha(s, b, next)) {
        nb_vex = s->prefix & PREFIX_VEX ? s : NULL;
        nb_plain_sse(env, s, b, pc_start, rex_r);
        nb_vex = NULL;
        return;
    }
    op = x86_ldub_code(env, s);
    modrm = x86_ldub_code(env, s);
    if (modrm >= 0xc0) {
        from = offsetof(CPUX86State, xmm_regs[(modrm & 7) | REX_B(s)]);
    } else {
        s->rip_offset = b == 0x13a;
        gen_lea_modrm(env, s, modrm);
        gen_ldo_env_A0(s, from);
    }
    tcg_gen_addi_ptr(c, s->ptr0, c->cpu_env, offsetof(CPUX86State, xmm_regs[(modrm >> 3 & 7) | rex_r]));
    tcg_gen_addi_ptr(c, s->ptr1, c->cpu_env, from);
    if (b == 0x13a) {
        TCGv_i32 kind = tcg_const_i32(c, x86_ldub_code(env, s));
        gen_helper_nb_sha1rnds4(c, s->ptr0, s->ptr1, kind);
        tcg_temp_free_i32(c, kind);
        return;
    }
    switch (op) {
    case 0xc8:
        gen_helper_nb_sha1nexte(c, s->ptr0, s->ptr1);
        break;
    case 0xc9:
        gen_helper_nb_sha1msg1(c, s->ptr0, s->ptr1);
        break;
    case 0xca:
        gen_helper_nb_sha1msg2(c, s->ptr0, s->ptr1);
        break;
    case 0xcb: {
        TCGv_ptr xmm0 = tcg_temp_new_ptr(c);
        tcg_gen_addi_ptr(c, xmm0, c->cpu_env, offsetof(CPUX86State, xmm_regs[0]));
        gen_helper_nb_sha256rnds2(c, s->ptr0, s->ptr1, xmm0);
        tcg_temp_free_ptr(c, xmm0);
        break;
    }
    case 0xcc:
        gen_helper_nb_sha256msg1(c, s->ptr0, s->ptr1);
        break;
    case 0xcd:
        gen_helper_nb_sha256msg2(c, s->ptr0, s->ptr1);
        break;
    }
}

#include "nb_x86_vex.inc.c"
