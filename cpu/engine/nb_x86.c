/* amd64 and i386. r[] is in the order of NetBSD/amd64's mcontext: see arch/x86/regs.go. */
#include "qemu/osdep.h"
#include "qemu-common.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "exec/ram_addr.h"
#include "tcg/tcg.h"
#include <sys/mman.h>
#include "uc_priv.h"
#include <unicorn/x86.h>
#include "exec/helper-proto.h"
#include "nb_x87.h"

struct nb_engine;
struct nb_cpu;
static void nb_exception(struct nb_engine *e, int vector);
static void nb_icebp(struct nb_engine *e);
static void nb_ldt(struct nb_engine *e);
#define NB_DEBUG(e) nb_icebp(e)
static void nb_regs_in(struct nb_engine *e, CPUX86State *env, const struct nb_cpu *c);
static void nb_regs_out(struct nb_engine *e, CPUX86State *env, struct nb_cpu *c);

/*
 * The machines: amd64, i386, and i386 as a kernel for amd64 presents it. amd64: the lower canonical half is the user's;
 * the others: 32 bits.
 */
enum { NB_AMD64 = 64, NB_I386 = 32, NB_COMPAT = 96 };
#define NB_BITS32(e) ((e)->mode != NB_AMD64)
/*
 * i386: the processor reads descriptor tables at an address that only it can use; where programs have all 4 GiB that is
 * beyond them.
 */
#define NB_GDT(e) ((e)->mode == NB_I386 ? 0xfffe0000ull : 0x100010000ull)
/* There, too, is a process' own local table, of whole pages, if it has one: mem/ldt.go. */
#define NB_LDT(e) ((e)->mode == NB_I386 ? 0xfffc0000ull : 0x100000000ull)
#define NB_LDTMAX 0x10000u
static inline uint64_t nb_system_pte(struct nb_engine *e, uint64_t va);
#define NB_PTE(e, address, va, mmu_idx) \
    (unlikely((mmu_idx) != MMU_USER_IDX && NB_BITS32(e)) ? nb_system_pte(e, address) : nb_walk((e)->root, va))
/* The wrappers of override-x86fp/fpu/softfloat.h want to know the processor. */
__thread CPUX86State *nb_x86_env;
#define NB_ENTER(e) (nb_x86_env = (e)->env)
#define NB_CHANGED(e) nb_ldt(e)
#define NB_VA(e, va) (NB_BITS32(e) ? (uint32_t)(va) : (va) >> 47 ? NB_BADVA : (va))
#define NB_ILLEGAL EXCP06_ILLOP
#include "nb_common.inc.c"
#include "nb_x86_string.inc.c"

/*
 * Where the processor itself reads and writes: its tables, and for far calls and returns the program's stack. Nothing
 * but a stack that lies there would write to the tables: their descriptors are marked as loaded from the beginning.
 */
static inline uint64_t nb_system_pte(struct nb_engine *e, uint64_t va)
{
    uint64_t pte;
    if (e->mode == NB_I386)
        va = (uint32_t)va;
    if (va >> 12 == NB_GDT(e) >> 12)
        return (e->ownpa & ~(uint64_t)0xfff) | NB_PTE_V | NB_PTE_R;
    pte = nb_walk(e->root, va);
    if (pte & NB_PTE_SYS)
        return NB_PTE_PA(pte) | NB_PTE_V | NB_PTE_R;
    return pte;
}

enum { RDI, RSI, RDX, RCX, R8, R9, R10, R11, R12, R13, R14, R15, RBP, RBX, RAX, GS, FS, ES, DS, TRAPNO, ERR, RIP, CS, RFLAGS, RSP, SS, FSBASE, GSBASE };

#define USER_FLAGS (CC_C | CC_P | CC_A | CC_Z | CC_S | CC_O | DF_MASK | TF_MASK | AC_MASK | ID_MASK)

/*
 * The descriptor tables of a NetBSD kernel, as far as programs of 32 bits see them: entries of the global one for code,
 * data and the threads' own segments, and of the local one, which lies behind it. Of two entries the first is what
 * programs begin with.
 */
struct nb_tables {
    uint8_t code[2], data[2], fs, gs, len;
    uint8_t lcode[2], ldata[2], llen;
};
static const struct nb_tables nb_tables_i386 = {
    .code = {3, 20}, .data = {4, 4}, .fs = 21, .gs = 22, .len = 23, .lcode = {2, 5}, .ldata = {3, 3}, .llen = 6};
/* sys/arch/amd64/include/segments.h; the code segments of 64 bits are not for these programs. */
static const struct nb_tables nb_tables_compat = {
    .code = {14, 14}, .data = {15, 4}, .fs = 16, .gs = 17, .len = 18, .lcode = {6, 6}, .ldata = {9, 7}, .llen = 10};

static inline const struct nb_tables *nb_tables(struct nb_engine *e)
{
    return e->mode == NB_COMPAT ? &nb_tables_compat : &nb_tables_i386;
}

static void nb_descr(struct nb_engine *e, int i, uint32_t base, int code)
{
    uint64_t d = code ? 0x00cffb000000ffffull : 0x00cff3000000ffffull;
    d |= (uint64_t)(base & 0xffffff) << 16 | (uint64_t)(base >> 24) << 56;
    memcpy(e->own + 8 * i, &d, 8);
}

/* The descriptor that a selector names, 0 if none. */
static uint64_t nb_descr_of(struct nb_engine *e, uint32_t sel)
{
    uint32_t off = sel & 0xfff8;
    const uint8_t *p = e->own + off;
    uint64_t d = 0;
    if (!(sel & 4)) {
        if (off >= 8 * nb_tables(e)->len)
            return 0;
    } else if (e->ldtlen) {
        uint64_t pte = nb_walk(e->root, NB_LDT(e) + off);
        if (off >= e->ldtlen || !(pte & NB_PTE_SYS))
            return 0;
        p = e->ram + NB_PTE_PA(pte) + (off & 0xfff);
    } else {
        if (off >= 8 * nb_tables(e)->llen)
            return 0;
        p += 8 * nb_tables(e)->len;
    }
    memcpy(&d, p, 8);
    return d;
}

/* Whether the processor would load the descriptor (helper_load_seg, helper_iret_protected). */
static bool nb_descr_ok(int seg, uint32_t sel, uint64_t d)
{
    uint32_t f = d >> 32;
    const uint32_t want = DESC_S_MASK | DESC_P_MASK | DESC_DPL_MASK; /* tables have nothing for other levels */
    if ((f & want) != want)
        return false;
    switch (seg) {
    case R_CS:
        return f & DESC_CS_MASK && (sel & 3) == 3;
    case R_SS:
        return !(f & DESC_CS_MASK) && f & DESC_W_MASK && (sel & 3) == 3;
    }
    return !(f & DESC_CS_MASK) || f & DESC_R_MASK;
}

/*
 * Loads a segment register from outside. A selector of the global table that names no descriptor gives an unusable
 * segment; one of the local table is refused, as by the processor on its way back from the kernel.
 */
static bool nb_load_seg(struct nb_engine *e, CPUX86State *env, int seg, uint32_t sel)
{
    uint64_t d = nb_descr_of(e, sel);
    uint32_t limit;
    if (sel & 4 && !nb_descr_ok(seg, sel, d))
        return false;
    if (d == 0) {
        cpu_x86_load_seg_cache(env, seg, sel, 0, 0, seg == R_CS || seg == R_SS ? DESC_DPL_MASK | DESC_B_MASK : 0);
        return true;
    }
    limit = (d & 0xffff) | (d >> 32 & 0xf0000);
    if (d >> 32 & DESC_G_MASK)
        limit = limit << 12 | 0xfff;
    cpu_x86_load_seg_cache(env, seg, sel, (d >> 16 & 0xffffff) | (d >> 56) << 24, limit, d >> 32 & 0xf0ff00);
    return true;
}

/* Loads what segment registers are not as r has them; false with a selector that the processor refuses in *bad. */
static bool nb_segs_in(struct nb_engine *e, CPUX86State *env, const uint64_t *r, uint32_t *bad)
{
    static const struct { uint8_t seg, reg; } t[] = {
        {R_CS, CS}, {R_SS, SS}, {R_DS, DS}, {R_ES, ES}, {R_FS, FS}, {R_GS, GS},
    };
    bool all = e->ldtnew;
    unsigned i;
    if (e->fsbase != (uint32_t)r[FSBASE] || e->gsbase != (uint32_t)r[GSBASE]) {
        e->fsbase = r[FSBASE];
        e->gsbase = r[GSBASE];
        nb_descr(e, nb_tables(e)->fs, e->fsbase, 0);
        nb_descr(e, nb_tables(e)->gs, e->gsbase, 0);
        all = true;
    }
    for (i = 0; i < sizeof t / sizeof *t; i++) {
        uint32_t sel = (uint16_t)r[t[i].reg];
        if ((all || env->segs[t[i].seg].selector != sel) && !nb_load_seg(e, env, t[i].seg, sel)) {
            *bad = sel;
            e->ldtnew = true; /* some may have been loaded, others not */
            return false;
        }
    }
    e->ldtnew = false;
    return true;
}

/* Looks whether the process has a local descriptor table of its own. */
static void nb_ldt(struct nb_engine *e)
{
    CPUX86State *env = e->env;
    const struct nb_tables *t = nb_tables(e);
    uint32_t n = 0;
    if (!NB_BITS32(e))
        return;
    while (n < NB_LDTMAX && nb_walk(e->root, NB_LDT(e) + n) & NB_PTE_SYS)
        n += 4096;
    if (!n && !e->ldtlen)
        return;
    e->ldtlen = n;
    e->ldtnew = true;
    env->ldt.base = n ? NB_LDT(e) : env->gdt.base + 8 * t->len;
    env->ldt.limit = (n ? n : 8 * t->llen) - 1;
}

static void nb_segs_out(CPUX86State *env, uint64_t *r)
{
    r[CS] = env->segs[R_CS].selector;
    r[SS] = env->segs[R_SS].selector;
    r[DS] = env->segs[R_DS].selector;
    r[ES] = env->segs[R_ES].selector;
    r[FS] = env->segs[R_FS].selector;
    r[GS] = env->segs[R_GS].selector;
}

static void nb_segs_open(struct nb_engine *e)
{
    CPUX86State *env = e->env;
    const struct nb_tables *t = nb_tables(e);
    int i;
    memset(e->own, 0, NB_OWNSIZE);
    for (i = 0; i < 2; i++) {
        nb_descr(e, t->code[i], 0, 1);
        nb_descr(e, t->data[i], 0, 0);
        nb_descr(e, t->len + t->lcode[i], 0, 1);
        nb_descr(e, t->len + t->ldata[i], 0, 0);
    }
    nb_descr(e, t->fs, 0, 0);
    nb_descr(e, t->gs, 0, 0);
    env->gdt.base = NB_GDT(e) + (e->ownpa & 0xfff);
    env->gdt.limit = 8 * t->len - 1;
    env->ldt.base = env->gdt.base + 8 * t->len;
    env->ldt.limit = 8 * t->llen - 1;
    nb_load_seg(e, env, R_CS, t->lcode[0] << 3 | 7);
    nb_load_seg(e, env, R_SS, t->ldata[0] << 3 | 7);
    nb_load_seg(e, env, R_DS, t->ldata[0] << 3 | 7);
    nb_load_seg(e, env, R_ES, t->ldata[0] << 3 | 7);
    nb_load_seg(e, env, R_FS, t->fs << 3 | 3);
    nb_load_seg(e, env, R_GS, t->gs << 3 | 3);
}

static void nb_regs_in(struct nb_engine *e, CPUX86State *env, const struct nb_cpu *c)
{
    const uint64_t *r = c->r;
    env->regs[R_EAX] = r[RAX];
    env->regs[R_ECX] = r[RCX];
    env->regs[R_EDX] = r[RDX];
    env->regs[R_EBX] = r[RBX];
    env->regs[R_ESP] = r[RSP];
    env->regs[R_EBP] = r[RBP];
    env->regs[R_ESI] = r[RSI];
    env->regs[R_EDI] = r[RDI];
    env->regs[8] = r[R8];
    env->regs[9] = r[R9];
    env->regs[10] = r[R10];
    env->regs[11] = r[R11];
    env->regs[12] = r[R12];
    env->regs[13] = r[R13];
    env->regs[14] = r[R14];
    env->regs[15] = r[R15];
    env->eip = r[RIP];
    if (!NB_BITS32(e)) { /* nb_x86_run has the others' */
        env->segs[R_FS].base = r[FSBASE];
        env->segs[R_GS].base = r[GSBASE];
    }
    env->eflags = (r[RFLAGS] & USER_FLAGS) | 0x202;
    if (unlikely(env->eflags & TF_MASK))
        env->hflags |= HF_TF_MASK;
    else
        env->hflags &= ~HF_TF_MASK;
    env->hflags &= ~HF_INHIBIT_IRQ_MASK; /* from a load of ss that another program was stopped after */
}

static void nb_regs_out(struct nb_engine *e, CPUX86State *env, struct nb_cpu *c)
{
    uint64_t *r = c->r;
    r[RAX] = env->regs[R_EAX];
    r[RCX] = env->regs[R_ECX];
    r[RDX] = env->regs[R_EDX];
    r[RBX] = env->regs[R_EBX];
    r[RSP] = env->regs[R_ESP];
    r[RBP] = env->regs[R_EBP];
    r[RSI] = env->regs[R_ESI];
    r[RDI] = env->regs[R_EDI];
    r[R8] = env->regs[8];
    r[R9] = env->regs[9];
    r[R10] = env->regs[10];
    r[R11] = env->regs[11];
    r[R12] = env->regs[12];
    r[R13] = env->regs[13];
    r[R14] = env->regs[14];
    r[R15] = env->regs[15];
    r[RIP] = env->eip;
    if (NB_BITS32(e)) {
        nb_segs_out(env, r);
    } else {
        r[FSBASE] = env->segs[R_FS].base;
        r[GSBASE] = env->segs[R_GS].base;
    }
    r[RFLAGS] = env->eflags | 0x202;
}

static void nb_exception(struct nb_engine *e, int vector)
{
    CPUX86State *env = e->env;
    /*
     * int3, into and int 0x80 have gates that programs may use: the saved pc is that of the next instruction. Any other
     * int n is a protection fault where it stands, with the gate in the error code.
     */
    if (env->exception_is_int && vector != EXCP03_INT3 && vector != EXCP04_INTO && vector != 0x80) {
        env->error_code = vector << 3 | 2;
        vector = EXCP0D_GPF;
    } else if (env->exception_is_int) {
        env->eip = env->exception_next_eip;
    }
    env->old_exception = -1; /* each exception stands alone: no double faults */
    /* The trace trap that follows a SYSCALL instruction waits for the return from the call. */
    if (vector == EXCP01_DB && e->trap == NB_TRAP_SYSCALL)
        return;
    e->trap = NB_TRAP_EXCP;
    e->cur->vector = vector;
    e->cur->error = env->error_code;
    if (vector == 0x80 && env->exception_is_int)
        e->trap = NB_TRAP_SYSCALL;
}

/* icebp, which QEMU has end the run instead: a trap of the debugging kind, behind the instruction. */
static void nb_icebp(struct nb_engine *e)
{
    CPUX86State *env = e->env;
    target_ulong pc = env->eip;
    int i;
    for (i = 0; i < 15; i++, pc++) {
        target_ulong va = env->segs[R_CS].base + pc;
        uint64_t pte = nb_walk(e->root, NB_VA(e, va));
        if (!(pte & NB_PTE_V))
            break;
        if (e->ram[NB_PTE_PA(pte) + (va & 0xfff)] == 0xf1) {
            env->eip = pc + 1;
            break;
        }
    }
    e->trap = NB_TRAP_EXCP;
    e->cur->vector = EXCP01_DB;
    e->cur->error = 0;
}

/* The SYSCALL instruction's hook; the helper adds the instruction's length to the pc afterwards. */
static void nb_syscall_hook(uc_engine *uc, void *arg)
{
    struct nb_engine *e = arg;
    e->trap = NB_TRAP_SYSCALL;
    e->cur->vector = 0x100;
    e->cpu->exit_request = 1;
}

/* Leaves the instruction that is executed, for it to begin again or, done, for the next one. */
static void QEMU_NORETURN nb_x87_exit(CPUX86State *env, bool done)
{
    struct nb_engine *e = nb_self;

    if (done && env->hflags & HF_TF_MASK)
        helper_single_step(env);
    if (!done && e->stepping)
        nb_step_arm(e);
    cpu_loop_exit_noexc(e->cpu);
}

/* One number of the table that a translation has of its instructions (encode_search in translate-all.c). */
static target_long nb_sleb128(const uint8_t **pp)
{
    const uint8_t *p = *pp;
    target_ulong v = 0;
    unsigned shift = 0;

    do {
        v |= (target_ulong)(*p & 0x7f) << shift;
        shift += 7;
    } while (*p++ & 0x80);
    if (shift < TARGET_LONG_BITS && p[-1] & 0x40)
        v |= -(target_ulong)1 << shift;
    *pp = p;
    return v;
}

/* The address of the instruction after the one that translated code is in, at ra. */
static target_ulong nb_next_insn(struct nb_engine *e, uintptr_t ra)
{
    TranslationBlock *tb = tcg_tb_lookup(e->uc->tcg_ctx, ra);
    const uint8_t *p = (const uint8_t *)tb->tc.ptr + tb->tc.size;
    uintptr_t host = (uintptr_t)tb->tc.ptr;
    target_ulong pc = tb->pc;
    int i;

    for (i = 0; i < tb->icount; i++) {
        pc += nb_sleb128(&p);
        if (host > ra - GETPC_ADJ)
            return pc - tb->cs_base;
        nb_sleb128(&p); /* the flags */
        host += nb_sleb128(&p);
    }
    return tb->pc + tb->size - tb->cs_base;
}

void nb_x87_trap(CPUX86State *env, uint32_t flags, bool stores, uintptr_t ra)
{
    uint32_t unmasked = flags & ~env->fpuc;

    env->fpus |= flags | NB_X87_ES;
    if (!(unmasked & (NB_X87_IE | NB_X87_DE | NB_X87_ZE) || (stores && unmasked & (NB_X87_OE | NB_X87_UE))))
        return;
    cpu_restore_state(env_cpu(env), ra, true);
    nb_x87_skip(env, ra);
}

void nb_x87_skip(CPUX86State *env, uintptr_t ra)
{
    env->fpip = env->eip;
    env->fpcs = env->segs[R_CS].selector;
    env->eip = nb_next_insn(nb_self, ra);
    nb_x87_exit(env, true);
}

void nb_x87_control(CPUX86State *env, uint32_t cw, uintptr_t ra)
{
    if (likely(nb_x87_unmasked(cw) == ((env->hflags & NB_HF_X87) != 0)))
        return;
    cpu_restore_state(env_cpu(env), ra, true);
    env->hflags ^= NB_HF_X87;
    nb_x87_exit(env, false);
}

/*
 * The image that XSAVE makes: FXSAVE's, the components that are not as at first, and the upper halves of the vector
 * registers. Of FXSAVE's part the set of components says nothing.
 */
enum { NB_XSAVE_BV = 512, NB_XSAVE_YMM = 576 };

static void nb_x86_fpsave(struct nb_engine *e, struct nb_cpu *c)
{
    CPUX86State *env = e->env;
    uint8_t *p = c->fp;
    uint16_t fsw = (env->fpus & ~0x3800) | (env->fpstt & 7) << 11;
    uint64_t used = 0;
    uint8_t ftw = 0;
    int i, j;
    for (i = 0; i < 8; i++)
        ftw |= (env->fptags[i] == 0) << i;
    memset(p, 0, 160);
    memcpy(p, &env->fpuc, 2);
    memcpy(p + 2, &fsw, 2);
    p[4] = ftw;
    memcpy(p + 24, &env->mxcsr, 4);
    *(uint32_t *)(p + 28) = 0xffff;
    for (i = 0; i < 8; i++) {
        floatx80 *f = &env->fpregs[(env->fpstt + i) & 7].d;
        memcpy(p + 32 + 16 * i, &f->low, 8);
        memcpy(p + 40 + 16 * i, &f->high, 2);
    }
    for (i = 0; i < 16; i++) {
        memcpy(p + 160 + 16 * i, &env->xmm_regs[i], 16);
        memcpy(p + NB_XSAVE_YMM + 16 * i, &env->xmm_regs[i].ZMM_Q(2), 16);
        for (j = 2; j < 4; j++)
            used |= env->xmm_regs[i].ZMM_Q(j);
    }
    used = used ? XSTATE_FP_MASK | XSTATE_SSE_MASK | XSTATE_YMM_MASK : XSTATE_FP_MASK | XSTATE_SSE_MASK;
    memcpy(p + NB_XSAVE_BV, &used, 8);
}

static void nb_x86_fpload(struct nb_engine *e, const struct nb_cpu *c)
{
    CPUX86State *env = e->env;
    const uint8_t *p = c->fp;
    uint16_t fcw, fsw;
    uint32_t mxcsr;
    uint64_t used;
    int i;
    memcpy(&fcw, p, 2);
    memcpy(&fsw, p + 2, 2);
    memcpy(&mxcsr, p + 24, 4);
    cpu_set_fpuc(env, fcw);
    env->fpstt = (fsw >> 11) & 7;
    env->fpus = fsw & ~0x3800;
    nb_x87_settle(env);
    env->hflags = (env->hflags & ~NB_HF_X87) | (nb_x87_unmasked(fcw) ? NB_HF_X87 : 0);
    for (i = 0; i < 8; i++)
        env->fptags[i] = !(p[4] >> i & 1);
    for (i = 0; i < 8; i++) {
        floatx80 *f = &env->fpregs[(env->fpstt + i) & 7].d;
        memcpy(&f->low, p + 32 + 16 * i, 8);
        memcpy(&f->high, p + 40 + 16 * i, 2);
    }
    cpu_set_mxcsr(env, mxcsr & 0xffff);
    memcpy(&used, p + NB_XSAVE_BV, 8);
    for (i = 0; i < 16; i++) {
        memcpy(&env->xmm_regs[i], p + 160 + 16 * i, 16);
        if (used & XSTATE_YMM_MASK)
            memcpy(&env->xmm_regs[i].ZMM_Q(2), p + NB_XSAVE_YMM + 16 * i, 16);
        else
            memset(&env->xmm_regs[i].ZMM_Q(2), 0, 16);
    }
}

/* Whether the segment registers can be loaded; if not the program has a protection fault where it stands. */
static bool nb_x86_enter(struct nb_engine *e, struct nb_cpu *c)
{
    uint32_t bad;
    if (!NB_BITS32(e))
        return true;
    if (unlikely(__atomic_load_n(e->gen, __ATOMIC_SEQ_CST) != e->peer->seen))
        nb_ldt(e); /* which is in the page tables */
    if (likely(nb_segs_in(e, e->env, c->r, &bad)))
        return true;
    c->trap = NB_TRAP_EXCP;
    c->vector = EXCP0D_GPF;
    c->error = bad & 0xfffc;
    return false;
}

static void nb_x86_run(struct nb_engine *e, struct nb_cpu *c)
{
    if (nb_x86_enter(e, c))
        nb_run(e, c);
}

static void nb_x86_step(struct nb_engine *e, struct nb_cpu *c)
{
    if (nb_x86_enter(e, c))
        nb_step(e, c);
}

static void nb_x86_setroot(struct nb_engine *e, void *root, const uint64_t *gen)
{
    nb_setroot(e, root, gen);
    nb_ldt(e);
}

/* An operand of vmovaps and its like that is not aligned, or any with the flag of alignment checks. */
static void nb_x86_unaligned(CPUState *cpu, vaddr addr, MMUAccessType type, int mmu_idx, uintptr_t ra)
{
    CPUX86State *env = cpu->env_ptr;

    raise_exception_err_ra(env, env->eflags & AC_MASK ? EXCP11_ALGN : EXCP0D_GPF, 0, ra);
}

static struct nb_engine *nb_x86_open(int mode, const struct nb_memory *m)
{
    struct nb_engine *e;
    uc_hook h;
    e = nb_open_common(UC_ARCH_X86, mode == NB_AMD64 ? UC_MODE_64 : UC_MODE_32, -1, m);
    if (!e)
        return NULL;
    e->mode = mode;
    e->env->hflags |= 3; /* CPL 3 */
    e->env->cr[0] |= CR0_NE_MASK; /* x87 exceptions are exceptions */
    if (NB_BITS32(e))
        nb_segs_open(e);
    e->env->old_exception = -1;
    CPU_GET_CLASS(e->cpu)->do_unaligned_access = nb_x86_unaligned;
    e->env->features[FEAT_7_0_EBX] |= CPUID_7_0_EBX_SHA_NI | CPUID_7_0_EBX_AVX2; /* nb_x86_sha.c, nb_x86_vex.inc.c */
    e->env->features[FEAT_1_ECX] |= CPUID_EXT_AVX | CPUID_EXT_FMA | CPUID_EXT_F16C;
    e->env->features[FEAT_XSAVE_COMP_LO] |= XSTATE_YMM_MASK;
    e->env->xcr0 |= XSTATE_FP_MASK | XSTATE_SSE_MASK | XSTATE_YMM_MASK;
    if (uc_hook_add(e->uc, &h, UC_HOOK_INSN, nb_syscall_hook, e, 1, 0, UC_X86_INS_SYSCALL) != UC_ERR_OK) {
        nb_close(e);
        return NULL;
    }
    return e;
}

bool nb_sha_agrees(void);

/* Self-check: a register written through the public interface is seen in the private structure. */
static const char *nb_x86_check(struct nb_engine *e)
{
    uint64_t v = 0x1122334455667788;
    if (NB_BITS32(e))
        v = (uint32_t)v;
    if (uc_reg_write(e->uc, NB_BITS32(e) ? UC_X86_REG_EAX : UC_X86_REG_RAX, &v) != UC_ERR_OK || e->env->regs[R_EAX] != v)
        return "registers are not where the headers say";
    if (!nb_sha_agrees())
        return "the host's instructions for SHA compute something else";
    return NULL;
}

const struct nb_ops nb_ops_x86 = {
    .name = "x86",
    .open = nb_x86_open,
    .close = nb_close,
    .run = nb_x86_run,
    .step = nb_x86_step,
    .fpload = nb_x86_fpload,
    .fpsave = nb_x86_fpsave,
    .setroot = nb_x86_setroot,
    .changed = nb_changed,
    .forgot = nb_forgot,
    .flushpage = nb_flushpage,
    .stop = nb_stop,
    .inside = nb_inside,
    .bus = nb_bus,
    .crashes = nb_crashes,
    .crash = nb_crash,
    .translations = nb_translations,
    .check = nb_x86_check,
};
