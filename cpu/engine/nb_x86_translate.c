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
#define gen_helper_enter_mmx(c, e) (nb_gen_wait(s), (gen_helper_enter_mmx)(c, e))
#define gen_helper_emms(c, e) (nb_gen_wait(s), (gen_helper_emms)(c, e))

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
#define NB_SPELT(x, text) (__builtin_strcmp(#x, text) == 0)
#undef tcg_gen_shr_tl
#define tcg_gen_shr_tl(c, d, a, n) \
    ((void)(NB_SPELT(d, "s->T0") && NB_SPELT(n, "s->A0") ? nb_gen_narrow(c, a) : (void)0), tcg_gen_shr_i64(c, d, a, n))
#undef tcg_gen_movcond_tl
#define tcg_gen_movcond_tl(c, cond, d, a, b, x, y) \
    (NB_SPELT(y, "bound") && NB_SPELT(d, "s->A0") ? nb_gen_past(c, a, b) : (void)0, tcg_gen_movcond_i64(c, cond, d, a, b, x, y))
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
static uint8_t nb_sse_byte(bool sse, CPUX86State *env, struct DisasContext *s);
#define x86_ldub_code(first, ...) NB_BYTE_##first, __VA_ARGS__)
#define NB_BYTE_CPUX86State nb_plain_byte(CPUX86State
#define NB_BYTE_env nb_sse_byte(sizeof(__func__) == sizeof("nb_plain_sse"), env
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

/* VEX-coded instructions do not get to the translator: nb_x86_vex.inc.c. */
static target_ulong nb_disas_insn(struct DisasContext *s, CPUState *cpu);
#define disas_insn(first, ...) NB_INSN_##first, __VA_ARGS__)
#define NB_INSN_DisasContext nb_plain_disas_insn(DisasContext
#define NB_INSN_dc nb_disas_insn(dc

#include "target/i386/translate.c"

/*
 * Whether the instruction is repeated, by flat addresses of 32 or 64 bits, and may do more than one turn: not while
 * instructions go one by one or edges are counted.
 */
static bool nb_at_once(DisasContext *s)
{
    return s->prefix & (PREFIX_REPZ | PREFIX_REPNZ) && s->aflag >= MO_32 && s->override < 0 && !s->addseg && s->jmp_opt &&
           !(tb_cflags(s->base.tb) & CF_LAST_IO) && nb_edge_cur(s->base.tb->pc) < 0;
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

static inline void nb_gen_fdp(TCGContext *c, TCGv addr)
{
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

static inline void nb_gen_x87(CPUX86State *env, DisasContext *s, int b)
{
    bool waits;

    nb_notes_fdp = false;
    if (likely(!(s->flags & NB_HF_X87)) || b < 0xd8 || b > 0xdf)
        return;
    nb_notes_fdp = !nb_x87_is_control(b, translator_ldub(s->uc->tcg_ctx, env, s->pc), &waits);
    if (waits)
        nb_gen_wait(s);
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

static uint8_t nb_sse_byte(bool sse, CPUX86State *env, DisasContext *s)
{
    uint8_t v = nb_plain_byte(env, s);

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

static void nb_gen_sto(DisasContext *s, int offset)
{
    TCGContext *c = s->uc->tcg_ctx;

    tcg_gen_ld_i64(c, s->tmp1_i64, c->cpu_env, offset + offsetof(ZMMReg, ZMM_Q(0)));
    tcg_gen_qemu_st_i64(c, s->tmp1_i64, s->A0, s->mem_index, MO_LEQ | nb_operand.align);
    tcg_gen_addi_tl(c, s->tmp0, s->A0, 8);
    tcg_gen_ld_i64(c, s->tmp1_i64, c->cpu_env, offset + offsetof(ZMMReg, ZMM_Q(1)));
    tcg_gen_qemu_st_i64(c, s->tmp1_i64, s->tmp0, s->mem_index, MO_LEQ);
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

static void nb_gen_sse(CPUX86State *env, DisasContext *s, int b, target_ulong pc_start, int rex_r)
{
    TCGContext *c = s->uc->tcg_ctx;
    int op, modrm, from = offsetof(CPUX86State, xmm_t0), next = b == 0x138 || b == 0x13a ? translator_ldub(c, env, s->pc) : 0;

    if ((b == 0x1f7 || (b == 0x1d6 && s->prefix & (PREFIX_REPZ | PREFIX_REPNZ))) && translator_ldub(c, env, s->pc) < 0xc0) {
        gen_illegal_opcode(s); /* maskmovq, maskmovdqu, movq2dq and movdq2q have registers only */
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
