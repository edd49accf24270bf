/*
 * Where Unicorn's translator takes bytes for another instruction than processors do, told from the bytes that it asks for
 * before it does anything: lock without a store, which there is none of, /1 of test, REX where it has no meaning.
 */

/* Where the translator is in an instruction. */
static __thread struct {
    enum { NB_AT_OPCODE, NB_AT_SECOND, NB_AT_MODRM, NB_AT_REST } at;
    bool lock, prefix, size; /* prefix: 66, f2 or f3; size: 66 */
    int op;            /* 0x100 with those after 0f */
    bool refused;      /* the exception is that of a bad opcode */
} nb_decode;

/* What lock can be with, if the operand is memory; reg is ModRM's. */
static bool nb_may_lock(int op, int reg)
{
    switch (op) {
    case 0x80: case 0x81: case 0x82: case 0x83:
        return reg != 7;
    case 0x86: case 0x87: case 0x1ab: case 0x1b3: case 0x1bb: case 0x1b0: case 0x1b1: case 0x1c0: case 0x1c1:
        return true;
    case 0xf6: case 0xf7:
        return reg == 2 || reg == 3;
    case 0xfe: case 0xff:
        return reg < 2;
    case 0x1ba:
        return reg > 4;
    case 0x1c7:
        return reg == 1;
    }
    return op < 0x38 && (op & 6) == 0; /* add and its like, to memory */
}

static bool nb_has_modrm(int op)
{
    return nb_may_lock(op, 0) || nb_may_lock(op, 1) || op == 0xf6 || op == 0xf7 || op == 0x1ba || op == 0x1ae || op == 0x8f;
}

static void QEMU_NORETURN nb_refuse(DisasContext *s)
{
    nb_decode.refused = true;
    siglongjmp(s->jmpbuf, 1);
}

/* What the translator says after the jump that comes from above or from an instruction that is too long. */
static int nb_refused(int vector)
{
    if (!nb_decode.refused)
        return vector;
    nb_decode.refused = false;
    return EXCP06_ILLOP;
}

static uint8_t nb_see_opcode(DisasContext *s, int b)
{
    nb_decode.op = b;
    nb_decode.at = nb_has_modrm(b) ? NB_AT_MODRM : NB_AT_REST;
    if (nb_decode.lock && (nb_decode.at == NB_AT_REST || b == 0x8f || b == 0x1ae))
        nb_refuse(s);
    if (b == 0x1c3 && nb_decode.prefix)
        nb_refuse(s); /* movnti */
    if (b == 0x1a4 || b == 0x1ac)
        s->rip_offset = 1; /* shld and shrd: a number follows the operand */
    return b == 0x107 ? 6 : b; /* sysret is the kernel's, as clts is */
}

static uint8_t nb_see_modrm(DisasContext *s, int b)
{
    int reg = b >> 3 & 7;

    nb_decode.at = NB_AT_REST;
    if (nb_decode.lock && (b >= 0xc0 || !nb_may_lock(nb_decode.op, reg)))
        nb_refuse(s);
    if (nb_decode.op == 0x8f && reg)
        nb_refuse(s);
    if (nb_decode.op == 0x1ae && nb_decode.size && (b >= 0xc0 ? reg > 4 : reg == 2 || reg == 3))
        nb_refuse(s); /* ldmxcsr, stmxcsr and fences */
    if ((nb_decode.op & 0x1fe) == 0xf6 && reg == 1)
        return b & ~0x38; /* test */
    return b;
}

/* A REX byte: what it says about a register is not looked at in mov of a number, and sahf and lahf have %ah. */
static uint8_t nb_see_rex(CPUX86State *env, DisasContext *s, int b)
{
    int next = translator_ldub(s->uc->tcg_ctx, env, s->pc);

    if ((next & 0xfe) == 0xc6)
        return b & ~4;
    return (next & 0xfe) == 0x9e ? 0x3e : b;
}

/* The next byte that disas_insn itself reads. */
static uint8_t nb_insn_byte(CPUX86State *env, DisasContext *s)
{
    bool first = s->pc == s->pc_start;
    uint8_t b = nb_plain_byte(env, s);

    if (first) {
        nb_decode.at = NB_AT_OPCODE;
        nb_decode.lock = nb_decode.prefix = nb_decode.size = false;
    }
    switch (nb_decode.at) {
    case NB_AT_OPCODE:
        if (CODE64(s) && (b & 0xf0) == 0x40)
            return nb_see_rex(env, s, b);
        switch (b) {
        case 0xf0:
            nb_decode.lock = true;
            return b;
        case 0x66: case 0xf2: case 0xf3:
            nb_decode.prefix = true;
            nb_decode.size |= b == 0x66;
            return b;
        case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65: case 0x67:
            return b;
        case 0x0f:
            nb_decode.at = NB_AT_SECOND;
            return b;
        case 0xc4: case 0xc5:
            nb_decode.at = NB_AT_REST;
            return b;
        }
        return nb_see_opcode(s, b);
    case NB_AT_SECOND:
        return nb_see_opcode(s, b | 0x100);
    case NB_AT_MODRM:
        return nb_see_modrm(s, b);
    default:
        return b;
    }
}

/* Of VEX-coded instructions of general registers: those that there are not, which change flags before they are refused. */
static bool nb_vex_refused(CPUX86State *env, DisasContext *s, target_ulong pc, int map, int op)
{
    TCGContext *c = s->uc->tcg_ctx;
    int reg;

    if (map == 3)
        return (~translator_ldub(c, env, pc + 2) & 0x78) != 0; /* rorx has two operands */
    if (op != 0xf3)
        return false;
    reg = translator_ldub(c, env, pc + 4) >> 3 & 7;
    return reg < 1 || reg > 3;
}

/* The accumulator and a register: what is not changed keeps its upper half as well. */
static __thread TCGv nb_cmpxchg_old, nb_cmpxchg_cmp;

static inline void nb_gen_note(TCGv old, TCGv cmp)
{
    nb_cmpxchg_old = old;
    nb_cmpxchg_cmp = cmp;
}

static void nb_gen_cmpxchg_acc(DisasContext *s, MemOp ot, TCGv old)
{
    TCGContext *c = s->uc->tcg_ctx;
    TCGv low;

    if (ot != MO_32) {
        nb_plain_mov_reg(s, ot, R_EAX, old);
        return;
    }
    low = tcg_temp_new_i64(c);
    tcg_gen_ext32u_i64(c, low, c->cpu_regs[R_EAX]);
    (tcg_gen_movcond_i64)(c, TCG_COND_EQ, c->cpu_regs[R_EAX], old, low, c->cpu_regs[R_EAX], old);
    tcg_temp_free_i64(c, low);
}

static void nb_gen_cmpxchg_reg(DisasContext *s, MemOp ot, int reg, TCGv v)
{
    TCGContext *c = s->uc->tcg_ctx;

    if (ot != MO_32) {
        nb_plain_mov_reg(s, ot, reg, v);
        return;
    }
    tcg_gen_ext32u_i64(c, v, v);
    (tcg_gen_movcond_i64)(c, TCG_COND_EQ, c->cpu_regs[reg], nb_cmpxchg_old, nb_cmpxchg_cmp, v, c->cpu_regs[reg]);
}

/* As gen_enter, but the new top of the stack must be there before anything changes. */
static void nb_gen_enter(DisasContext *s, int bytes, int level)
{
    TCGContext *c = s->uc->tcg_ctx;
    MemOp d_ot = mo_pushpop(s, s->dflag), a_ot = CODE64(s) ? MO_64 : s->ss32 ? MO_32 : MO_16;
    int size = 1 << d_ot, i;
    TCGv_i32 n = tcg_const_i32(c, size);

    tcg_gen_subi_i64(c, s->T1, c->cpu_regs[R_ESP], size);
    gen_lea_v_seg(s, a_ot, s->T1, R_SS, -1);
    gen_op_st_v(s, d_ot, c->cpu_regs[R_EBP], s->A0);
    level &= 31;
    for (i = 1; i < level; i++) {
        tcg_gen_subi_i64(c, s->A0, c->cpu_regs[R_EBP], size * i);
        gen_lea_v_seg(s, a_ot, s->A0, R_SS, -1);
        gen_op_ld_v(s, d_ot, s->tmp0, s->A0);
        tcg_gen_subi_i64(c, s->A0, s->T1, size * i);
        gen_lea_v_seg(s, a_ot, s->A0, R_SS, -1);
        gen_op_st_v(s, d_ot, s->tmp0, s->A0);
    }
    if (level) {
        tcg_gen_subi_i64(c, s->A0, s->T1, size * level);
        gen_lea_v_seg(s, a_ot, s->A0, R_SS, -1);
        gen_op_st_v(s, d_ot, s->T1, s->A0);
    }
    tcg_gen_subi_i64(c, s->A0, s->T1, bytes + size * level);
    gen_lea_v_seg(s, a_ot, s->A0, R_SS, -1);
    gen_helper_nb_writable(c, c->cpu_env, s->A0, n);
    tcg_temp_free_i32(c, n);
    nb_plain_mov_reg(s, d_ot == MO_16 ? MO_16 : a_ot, R_EBP, s->T1);
    tcg_gen_subi_i64(c, s->T1, s->T1, bytes + size * level);
    nb_plain_mov_reg(s, a_ot, R_ESP, s->T1);
}
