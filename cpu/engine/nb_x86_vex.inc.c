/*
 * VEX-coded instructions but those of general registers, which Unicorn's translator knows: AVX, AVX2, FMA and F16C. It has
 * none of them, and took them for the SSE instructions of the same bytes.
 *
 * Registers of 256 bits are the lower parts of xmm_regs; 30 and 31 of these, which the processor has not, are for what is
 * not finished. What is simple becomes code (tcg_gen_gvec_...), which is stored with one instruction; what is not is a call
 * of nb_x86_avx.c, nb_x86_avxfp.c or, lane by lane, of SSE's helpers. All but scalar ones clear the rest of a register,
 * which makes 128 of the 256 bits for those of 128.
 */
#include "tcg/tcg-op-gvec.h"
#include "tcg/tcg-gvec-desc.h"
#include "nb_x86_vexhow.h"

/* Code for vectors wants these places. */
QEMU_BUILD_BUG_ON(offsetof(CPUX86State, xmm_regs) % 16 || offsetof(CPUX86State, xmm_t0) % 16 || sizeof(ZMMReg) < 32);

#define NB_REG(n) ((uint32_t)offsetof(CPUX86State, xmm_regs[n]))
#define NB_MEM ((uint32_t)offsetof(CPUX86State, xmm_t0)) /* what was loaded */
#define NB_TMP NB_REG(31)
#define NB_TMP2 NB_REG(30)

/* An instruction's fields, as the prefix and ModRM have them. */
typedef struct {
    CPUX86State *env;
    int map, pp, op, l, w, v, modrm;
    bool mem;     /* the operand is memory, whose address is in A0 */
    int reg, rm;  /* numbers of registers */
    int imm;      /* the immediate byte */
    uint32_t size; /* of vectors: 16 or 32 bytes */
    AddressParts at;
} nb_vex_insn;

/* How a row of the table is translated, and what is refused. */
enum { NB_V_NONE, NB_V_GVEC3, NB_V_GVEC2, NB_V_INT3, NB_V_INT2, NB_V_INT4, NB_V_FP3, NB_V_FP2, NB_V_FPS, NB_V_FMA,
       NB_V_SSE3, NB_V_SSE2, NB_V_SSE3I, NB_V_SSE2I, NB_V_SPECIAL };
enum {
    NB_V_L0 = 1,    /* of 128 bits only */
    NB_V_L1 = 2,    /* of 256 only */
    NB_V_LIG = 4,   /* scalar: the length is ignored */
    NB_V_W0 = 8,
    NB_V_W1 = 16,
    NB_V_NV = 32,   /* no second operand: vvvv is 1111 */
    NB_V_IMM = 64,
    NB_V_M = 128,   /* memory only */
    NB_V_R = 256,   /* registers only */
    NB_V_VSIB = 512,
};

typedef struct {
    uint8_t kind;
    uint8_t arg;  /* the size of elements as MemOp has it; of a memory operand in bytes, or a part of the vector's */
    uint16_t flags;
    const void *fn;
} nb_vex_op;

typedef void nb_vex_special(DisasContext *s, nb_vex_insn *x);
typedef void nb_gvec3(TCGContext *c, unsigned vece, uint32_t d, uint32_t a, uint32_t b, uint32_t size, uint32_t max);
typedef void nb_gvec2(TCGContext *c, unsigned vece, uint32_t d, uint32_t a, uint32_t size, uint32_t max);
typedef void nb_fp3(TCGContext *c, TCGv_ptr env, TCGv_ptr d, TCGv_ptr a, TCGv_ptr b, TCGv_i32 desc);
typedef void nb_fp4(TCGContext *c, TCGv_ptr env, TCGv_ptr d, TCGv_ptr x, TCGv_ptr y, TCGv_ptr z, TCGv_i32 desc);

/* Numbers of 64 bits become one vector before they are stored: loads wait for parts that were stored by themselves. */
static void nb_vex_put(DisasContext *s, uint32_t to, TCGv_i64 *q, int n)
{
    TCGContext *c = s->uc->tcg_ctx;
    int i;

#ifdef __x86_64__
    if (n == 4 ? TCG_TARGET_HAS_v256 : n == 2 && TCG_TARGET_HAS_v128) {
        TCGType type = n == 4 ? TCG_TYPE_V256 : TCG_TYPE_V128;
        TCGv_vec v[4];
        for (i = 0; i < n; i++) {
            v[i] = tcg_temp_new_vec(c, type);
            tcg_gen_dup_i64_vec(c, MO_64, v[i], q[i]);
        }
        for (i = 0; i < n; i += 2) {
            TCGArg a = tcgv_vec_arg(c, v[i]);
            vec_gen_3(c, INDEX_op_x86_punpckl_vec, type, MO_64, a, a, tcgv_vec_arg(c, v[i + 1]));
        }
        if (n == 4) {
            TCGArg a = tcgv_vec_arg(c, v[0]);
            vec_gen_4(c, INDEX_op_x86_vperm2i128_vec, type, MO_64, a, a, tcgv_vec_arg(c, v[2]), 0x20);
        }
        tcg_gen_st_vec(c, v[0], c->cpu_env, to);
        for (i = 0; i < n; i++)
            tcg_temp_free_vec(c, v[i]);
        return;
    }
#endif
    for (i = 0; i < n; i++)
        tcg_gen_st_i64(c, q[i], c->cpu_env, to + 8 * i);
}

/* Loads what A0 points at. Vectors may have to be aligned. */
static void nb_vex_load(DisasContext *s, uint32_t to, int bytes, bool aligned)
{
    TCGContext *c = s->uc->tcg_ctx;
    TCGv_i64 q[4];
    int i, n = bytes / 8;

    if (bytes < 8) {
        tcg_gen_qemu_ld_i64(c, s->tmp1_i64, s->A0, s->mem_index, bytes == 4 ? MO_LEUL : bytes == 2 ? MO_LEUW : MO_UB);
        tcg_gen_st_i64(c, s->tmp1_i64, c->cpu_env, to);
        return;
    }
    for (i = 0; i < n; i++) {
        q[i] = tcg_temp_new_i64(c);
        if (i)
            tcg_gen_addi_tl(c, s->tmp0, s->A0, 8 * i);
        tcg_gen_qemu_ld_i64(c, q[i], i ? s->tmp0 : s->A0, s->mem_index,
                            MO_LEQ | (i || !aligned ? 0 : bytes == 32 ? MO_ALIGN_32 : MO_ALIGN_16));
    }
    nb_vex_put(s, to, q, n);
    for (i = 0; i < n; i++)
        tcg_temp_free_i64(c, q[i]);
}

static void nb_vex_store(DisasContext *s, uint32_t from, int bytes, bool aligned)
{
    TCGContext *c = s->uc->tcg_ctx;
    int i, k;

    if (bytes < 8) {
        tcg_gen_ld_i64(c, s->tmp1_i64, c->cpu_env, from);
        tcg_gen_qemu_st_i64(c, s->tmp1_i64, s->A0, s->mem_index, bytes == 4 ? MO_LEUL : bytes == 2 ? MO_LEUW : MO_UB);
        return;
    }
    for (k = 0; k < bytes / 8; k++) {
        i = aligned ? k : bytes / 8 - 1 - k; /* as in nb_gen_sto */
        if (i)
            tcg_gen_addi_tl(c, s->tmp0, s->A0, 8 * i);
        tcg_gen_ld_i64(c, s->tmp1_i64, c->cpu_env, from + 8 * i);
        tcg_gen_qemu_st_i64(c, s->tmp1_i64, i ? s->tmp0 : s->A0, s->mem_index,
                            MO_LEQ | (i || !aligned ? 0 : bytes == 32 ? MO_ALIGN_32 : MO_ALIGN_16));
    }
}

/* The place of the last operand, of which memory has so many bytes. */
static uint32_t nb_vex_src(DisasContext *s, nb_vex_insn *x, int bytes)
{
    if (!x->mem)
        return NB_REG(x->rm);
    nb_vex_load(s, NB_MEM, bytes, false);
    return NB_MEM;
}

static inline void nb_vex_mov(DisasContext *s, uint32_t d, uint32_t a, int size, int max)
{
    tcg_gen_gvec_mov(s->uc->tcg_ctx, MO_64, d, a, size, max);
}

static void nb_vex_illegal(DisasContext *s)
{
    gen_illegal_opcode(s);
}

/* Calls of helpers, with registers by their address. */
static TCGv_ptr nb_vex_ptr(DisasContext *s, uint32_t at)
{
    TCGContext *c = s->uc->tcg_ctx;
    TCGv_ptr p = tcg_temp_new_ptr(c);

    tcg_gen_addi_ptr(c, p, c->cpu_env, at);
    return p;
}

static void nb_vex_fp3(DisasContext *s, nb_fp3 *fn, uint32_t d, uint32_t a, uint32_t b, uint32_t size, int data)
{
    TCGContext *c = s->uc->tcg_ctx;
    TCGv_ptr pd = nb_vex_ptr(s, d), pa = nb_vex_ptr(s, a), pb = nb_vex_ptr(s, b);
    TCGv_i32 desc = tcg_const_i32(c, simd_desc(size, 32, data));

    fn(c, c->cpu_env, pd, pa, pb, desc);
    tcg_temp_free_ptr(c, pd);
    tcg_temp_free_ptr(c, pa);
    tcg_temp_free_ptr(c, pb);
    tcg_temp_free_i32(c, desc);
}

static void nb_vex_fp4(DisasContext *s, nb_fp4 *fn, uint32_t d, uint32_t x, uint32_t y, uint32_t z, uint32_t size)
{
    TCGContext *c = s->uc->tcg_ctx;
    TCGv_ptr pd = nb_vex_ptr(s, d), px = nb_vex_ptr(s, x), py = nb_vex_ptr(s, y), pz = nb_vex_ptr(s, z);
    TCGv_i32 desc = tcg_const_i32(c, simd_desc(size, 32, 0));

    fn(c, c->cpu_env, pd, px, py, pz, desc);
    tcg_temp_free_ptr(c, pd);
    tcg_temp_free_ptr(c, px);
    tcg_temp_free_ptr(c, py);
    tcg_temp_free_ptr(c, pz);
    tcg_temp_free_i32(c, desc);
}

/* x times y, and z: the opcode says which operands they are. */
static void nb_vex_fma(DisasContext *s, nb_vex_insn *x, nb_fp4 *const *fns)
{
    bool scalar = (x->op & 15) >= 8 && x->op & 1;
    uint32_t d = NB_REG(x->reg), v = NB_REG(x->v), m = nb_vex_src(s, x, scalar ? 4 << x->w : x->size);
    uint32_t size = scalar ? 16 : x->size;

    switch (x->op >> 4) {
    case 9: /* 132 */
        nb_vex_fp4(s, fns[x->w], d, d, m, v, size);
        break;
    case 0xa: /* 213 */
        nb_vex_fp4(s, fns[x->w], d, v, d, m, size);
        break;
    default: /* 231 */
        nb_vex_fp4(s, fns[x->w], d, v, m, d, size);
    }
}

/* An SSE helper for each lane of what is in the temporary register, which then goes to its place. */
static void nb_vex_sse(DisasContext *s, nb_vex_insn *x, const nb_vex_op *o, uint32_t b, bool imm)
{
    TCGContext *c = s->uc->tcg_ctx;
    uint32_t i, size = o->flags & NB_V_LIG ? 16 : x->size;

    for (i = 0; i < size; i += 16) {
        tcg_gen_addi_ptr(c, s->ptr0, c->cpu_env, NB_TMP + i);
        tcg_gen_addi_ptr(c, s->ptr1, c->cpu_env, b + i);
        if (imm) {
            TCGv_i32 v = tcg_const_i32(c, x->imm);
            ((SSEFunc_0_eppi)o->fn)(c, c->cpu_env, s->ptr0, s->ptr1, v);
            tcg_temp_free_i32(c, v);
        } else {
            ((SSEFunc_0_epp)o->fn)(c, c->cpu_env, s->ptr0, s->ptr1);
        }
    }
    nb_vex_mov(s, NB_REG(x->reg), NB_TMP, size, 32);
}

#include "nb_x86_vexops.inc.c"
#include "nb_x86_vextable.inc.c"

static void nb_vex_gen(DisasContext *s, nb_vex_insn *x, const nb_vex_op *o)
{
    TCGContext *c = s->uc->tcg_ctx;
    uint32_t d = NB_REG(x->reg), a = NB_REG(x->v), b;

    if (o->kind == NB_V_SPECIAL) {
        ((nb_vex_special *)o->fn)(s, x);
        return;
    }
    if (o->kind == NB_V_FMA) {
        nb_vex_fma(s, x, o->fn);
        return;
    }
    /* In these arg is a number of bytes, or by how much less memory has than the vector. */
    switch (o->kind) {
    case NB_V_GVEC3:
    case NB_V_GVEC2:
    case NB_V_INT4:
        b = nb_vex_src(s, x, x->size);
        break;
    default:
        b = nb_vex_src(s, x, !o->arg ? x->size : o->arg & 0x80 ? x->size / (o->arg & 0x7f) : o->arg);
    }
    switch (o->kind) {
    case NB_V_GVEC3:
        ((nb_gvec3 *)o->fn)(c, o->arg, d, a, b, x->size, 32);
        break;
    case NB_V_GVEC2:
        ((nb_gvec2 *)o->fn)(c, o->arg, d, b, x->size, 32);
        break;
    case NB_V_INT3:
        tcg_gen_gvec_3_ool(c, d, a, b, x->size, 32, x->imm, (gen_helper_gvec_3 *)o->fn);
        break;
    case NB_V_INT2:
        tcg_gen_gvec_2_ool(c, d, b, x->size, 32, x->imm, (gen_helper_gvec_2 *)o->fn);
        break;
    case NB_V_INT4:
        tcg_gen_gvec_4_ool(c, d, a, b, NB_REG(x->imm >> 4 & (CODE64(s) ? 15 : 7)), x->size, 32, 0, (gen_helper_gvec_4 *)o->fn);
        break;
    case NB_V_FP3:
        nb_vex_fp3(s, (nb_fp3 *)o->fn, d, a, b, x->size, x->imm);
        break;
    case NB_V_FP2:
        nb_vex_fp3(s, (nb_fp3 *)o->fn, d, b, b, x->size, x->imm);
        break;
    case NB_V_FPS:
        nb_vex_fp3(s, (nb_fp3 *)o->fn, d, a, b, 16, x->imm);
        break;
    case NB_V_SSE3:
    case NB_V_SSE3I:
        nb_vex_mov(s, NB_TMP, a, o->flags & NB_V_LIG ? 16 : x->size, 32);
        nb_vex_sse(s, x, o, b, o->kind == NB_V_SSE3I);
        break;
    default:
        nb_vex_sse(s, x, o, b, o->kind == NB_V_SSE2I);
    }
}

/* Whether the prefix' fields are such as the instruction has. */
static bool nb_vex_ok(nb_vex_insn *x, int flags)
{
    return !(flags & NB_V_L0 && x->l) && !(flags & NB_V_L1 && !x->l) && !(flags & NB_V_W0 && x->w) &&
           !(flags & NB_V_W1 && !x->w) && !(flags & NB_V_NV && x->v);
}

static void nb_vex_operands(DisasContext *s, nb_vex_insn *x, int flags)
{
    x->modrm = x86_ldub_code(x->env, s);
    x->mem = x->modrm < 0xc0;
    x->reg |= x->modrm >> 3 & 7;
    x->rm = (x->modrm & 7) | REX_B(s);
    s->rip_offset = flags & NB_V_IMM ? 1 : 0;
    if (x->mem && flags & NB_V_VSIB)
        x->at = gen_lea_modrm_0(x->env, s, x->modrm);
    else if (x->mem)
        gen_lea_modrm(x->env, s, x->modrm);
    x->imm = flags & NB_V_IMM ? x86_ldub_code(x->env, s) : 0;
}

/* Prefixes, of which others than these may not precede, up to the opcode. REX before another prefix says nothing. */
static void nb_vex_prefixes(DisasContext *s, nb_vex_insn *x)
{
    static const int segs[8] = { R_ES, R_CS, R_SS, R_DS, R_FS, R_GS };
    int b, p;

    s->aflag = CODE64(s) ? MO_64 : MO_32;
    s->prefix = PREFIX_VEX;
    for (b = x86_ldub_code(x->env, s); b != 0xc4 && b != 0xc5; b = x86_ldub_code(x->env, s)) {
        if (b == 0x67) {
            s->prefix |= PREFIX_ADR;
            s->aflag = CODE64(s) ? MO_32 : MO_16;
        } else if ((b & 0xf0) != 0x40) {
            s->override = segs[b >= 0x64 ? b - 0x60 : b >> 3 & 3];
        }
    }
    p = x86_ldub_code(x->env, s);
    x->reg = ~p >> 4 & 8;
    x->map = 1;
    if (b == 0xc4) {
        s->rex_x = ~p >> 3 & 8;
        s->rex_b = ~p >> 2 & 8;
        x->map = p & 31;
        p = x86_ldub_code(x->env, s);
        x->w = p >> 7;
    }
    x->v = ~p >> 3 & 15;
    x->l = p >> 2 & 1;
    x->pp = p & 3;
    x->size = 16 << x->l;
    x->op = x86_ldub_code(x->env, s);
    if (!CODE64(s)) {
        x->reg = s->rex_x = s->rex_b = 0;
        x->v &= 7;
    }
    s->vex_l = x->l;
    s->vex_v = x->v;
    s->dflag = x->w && CODE64(s) ? MO_64 : MO_32;
}

static target_ulong nb_vex_insn_at(CPUX86State *env, DisasContext *s)
{
    TCGContext *c = s->uc->tcg_ctx;
    nb_vex_insn x = { .env = env };
    const nb_vex_op *o;

    s->pc_start = c->pc_start = s->pc = s->base.pc_next;
    s->override = -1;
    s->rex_x = s->rex_b = 0;
    s->x86_64_hregs = false;
    s->rip_offset = 0;
    if (sigsetjmp(s->jmpbuf, 0) != 0) {
        gen_exception(s, EXCP0D_GPF, s->pc_start - s->cs_base);
        return s->pc;
    }
    nb_vex_prefixes(s, &x);
    o = x.map >= 1 && x.map <= 3 ? &nb_vex_table[x.map - 1][x.op][x.pp] : NULL;
    if (!o || o->kind == NB_V_NONE || !nb_vex_ok(&x, o->flags)) {
        nb_vex_illegal(s);
        return s->pc;
    }
    if (x.map == 1 && x.op == 0x77) { /* the one without operands */
        nb_vex_zero(s, &x);
        return s->pc;
    }
    nb_vex_operands(s, &x, o->flags);
    if (x.mem ? o->flags & NB_V_R : o->flags & NB_V_M)
        nb_vex_illegal(s);
    else
        nb_vex_gen(s, &x, o);
    return s->pc;
}

/* Instructions of general registers: andn and its like, rorx. */
static bool nb_vex_general(int map, int op)
{
    return map == 2 ? op == 0xf2 || op == 0xf3 || (op >= 0xf5 && op <= 0xf7) : map == 3 && op == 0xf0;
}

/* Prefixes that may be there: segments, the size of addresses, and REX, which must not be the last. */
static bool nb_vex_may_follow(DisasContext *s, int b)
{
    return b == 0x64 || b == 0x65 || b == 0x67 || (b & 0xe7) == 0x26 || (CODE64(s) && (b & 0xf0) == 0x40);
}

/*
 * Whether there is such an instruction. In code of 32 bits the prefixes are les and lds unless what follows looks like a
 * register. Those after prefixes that may not be there are left to the translator, which refuses them.
 */
static bool nb_vex_here(CPUX86State *env, DisasContext *s)
{
    TCGContext *c = s->uc->tcg_ctx;
    target_ulong pc = s->base.pc_next;
    int b = translator_ldub(c, env, pc), before = 0, n, next, op;

    if (likely(b != 0xc4 && b != 0xc5 && !nb_vex_may_follow(s, b)))
        return false;
    if (!s->code32 || s->vm86)
        return false;
    for (n = 0; b != 0xc4 && b != 0xc5; n++) {
        if (n == 12 || !nb_vex_may_follow(s, b)) /* the shortest has three bytes more, of 15 */
            return false;
        before = b;
        b = translator_ldub(c, env, ++pc);
    }
    if (CODE64(s) && (before & 0xf0) == 0x40)
        return false;
    next = translator_ldub(c, env, pc + 1);
    if (!CODE64(s) && next < 0xc0)
        return false;
    if (b == 0xc5)
        return true;
    translator_ldub(c, env, pc + 2); /* the page's fault, if it has one */
    op = translator_ldub(c, env, pc + 3);
    return !nb_vex_general(next & 31, op) || nb_vex_refused(env, s, pc, next & 31, op);
}

static target_ulong nb_disas_insn(DisasContext *s, CPUState *cpu)
{
    CPUX86State *env = cpu->env_ptr;

    target_ulong next;

    nb_checks_align = s->flags & AC_MASK;
    if (s->base.num_insns == 1)
        nb_x87_forget();
    if (nb_vex_here(env, s))
        return nb_vex_insn_at(env, s);
    next = nb_plain_disas_insn(s, cpu);
    if (nb_decode.op == 0x1ae)
        nb_x87_forget(); /* fxrstor and xrstor are such */
    return next;
}
