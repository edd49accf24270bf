/* sparc (v8) and sparc64; the file is compiled once for each. r[] is in the order of NetBSD's mcontext, then the
 * local and in registers of the current window: see arch/sparc/cpu.go. The other windows travel with the
 * floating-point state. */
#include "qemu/osdep.h"
#include "qemu-common.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "exec/helper-proto.h"
#include "exec/ram_addr.h"
#include "tcg/tcg.h"
#include <sys/mman.h>
#include "uc_priv.h"
#include <unicorn/sparc.h>

struct nb_engine;
struct nb_cpu;
static void nb_exception(struct nb_engine *e, int vector);
static void nb_regs_in(struct nb_engine *e, CPUSPARCState *env, const struct nb_cpu *c);
static void nb_regs_out(struct nb_engine *e, CPUSPARCState *env, struct nb_cpu *c);

#ifdef TARGET_SPARC64
/* 44-bit addresses with a hole in the middle; the page tables have 48 bits. */
#define NB_VA(e, va) ((uint64_t)((int64_t)(va) >> 43) + 1 > 1 ? NB_BADVA : (va) & 0xffffffffffffull)
#else
#define NB_VA(e, va) ((uint32_t)(va))
#endif
/* Register window traps end no run. */
static bool nb_window_trap(struct nb_engine *e, int vector);
#define NB_SERVE(e, vector) nb_window_trap(e, vector)
#define NB_ILLEGAL TT_ILL_INSN
#include "nb_common.inc.c"

enum { PSR, PC, NPC, Y, G1, O0 = 11, ASI = 19, FPRS, L0, I0 = 29 };

static void nb_regs_in(struct nb_engine *e, CPUSPARCState *env, const struct nb_cpu *c)
{
    const uint64_t *r = c->r;
    int i;
    env->pc = r[PC];
    env->npc = r[NPC];
    env->y = (uint32_t)r[Y];
    for (i = 0; i < 7; i++)
        env->gregs[1 + i] = r[G1 + i];
    for (i = 0; i < 8; i++) {
        env->regwptr[i] = r[O0 + i];
        env->regwptr[8 + i] = r[L0 + i];
        env->regwptr[16 + i] = r[I0 + i];
    }
#ifdef TARGET_SPARC64
    cpu_put_ccr(env, r[PSR] & 0xff);
    env->asi = r[ASI] & 0xff;
    env->fprs = 7; /* where a program has switched its floating point off the kernel switches it on again */
#else
    env->psr = r[PSR] & PSR_ICC;
    env->cc_op = CC_OP_FLAGS;
#endif
}

static void nb_regs_out(struct nb_engine *e, CPUSPARCState *env, struct nb_cpu *c)
{
    uint64_t *r = c->r;
    int i;
    r[PC] = env->pc;
    r[NPC] = env->npc;
    r[Y] = env->y;
    for (i = 0; i < 7; i++)
        r[G1 + i] = env->gregs[1 + i];
    for (i = 0; i < 8; i++) {
        r[O0 + i] = env->regwptr[i];
        r[L0 + i] = env->regwptr[8 + i];
        r[I0 + i] = env->regwptr[16 + i];
    }
#ifdef TARGET_SPARC64
    r[PSR] = cpu_get_ccr(env);
    r[ASI] = env->asi;
    r[FPRS] = env->fprs;
#else
    r[PSR] = cpu_get_psr(env) & (PSR_ICC | PSR_EF);
#endif
}

/* A register of window w, counted as the processor does: outs 0 to 7, locals, ins. The ins of the last window
 * are the outs of window 0; while the last is current they lie behind the others. */
static target_ulong *nb_reg(CPUSPARCState *env, int w, int i)
{
    int n = env->nwindows, at = ((w + 2 * n) % n * 16 + i) % (16 * n);
    if (at < 8 && env->cwp == n - 1)
        at += 16 * n;
    return &env->regbase[at];
}

/* The word of a program's memory at va, or NULL with the fault noted. */
static uint8_t *nb_word(struct nb_engine *e, target_ulong va, int write)
{
    uint64_t pte = nb_walk(e->root, NB_VA(e, va)), want = NB_PTE_V | (write ? NB_PTE_W : NB_PTE_R);
    if ((pte & want) != want) {
        e->cur->addr = va;
        e->cur->access = write ? 2 : 1;
        e->cpu->exception_index = NB_EXIT_FAULT;
        return NULL;
    }
    if (write)
        nb_code_changed(e, NB_PTE_PA(pte));
    return e->ram + NB_PTE_PA(pte) + (va & 0xfff);
}

/* Moves the locals and ins of window k to or from the stack that its %sp points to; false with the trap noted. */
static bool nb_window(struct nb_engine *e, int k, int write)
{
    CPUSPARCState *env = e->env;
    target_ulong sp = *nb_reg(env, k, 6), va = sp;
    int i, size = 4;
#ifdef TARGET_SPARC64
    if (sp & 1) {
        va = sp + 2047;
        size = 8;
    } else {
        va = (uint32_t)sp;
    }
#endif
    /* Both ends first: a fault must leave everything as it was. */
    if (!nb_word(e, va, write) || !nb_word(e, va + 16 * size - 1, write))
        return false;
    for (i = 0; i < 16; i++) {
        target_ulong *r = nb_reg(env, k, 8 + i);
        uint8_t b[8], *p = b;
        int j;
        /* The kernel copies windows from and to stacks that are not aligned byte by byte. */
        if (likely((va & (size - 1)) == 0))
            p = nb_word(e, va + i * size, write);
        if (write && size == 4)
            stl_be_p(p, *r);
        else if (write)
            stq_be_p(p, *r);
        for (j = 0; p == b && j < size; j++) {
            uint8_t *q = nb_word(e, va + i * size + j, write);
            if (write)
                *q = b[j];
            else
                b[j] = *q;
        }
        if (!write)
            *r = size == 4 ? (uint32_t)ldl_be_p(p) : ldq_be_p(p);
    }
    return true;
}

/*
 * Window traps are served here, without an end of the run: the window is moved, and the instruction is executed
 * again with pc and npc as they are, which is right in delay slots too. True if vector was one of them.
 */
static bool nb_window_trap(struct nb_engine *e, int vector)
{
    CPUSPARCState *env = e->env;
    int n = env->nwindows, k;

#ifdef TARGET_SPARC64
    if (vector >= TT_SPILL && vector < TT_SPILL + 64) {
        if (nb_window(e, env->cwp - (int)env->cansave - 2, 1)) {
            env->cansave++;
            env->canrestore--;
            e->cpu->exception_index = -1;
        }
        return true;
    }
    if (vector >= TT_FILL && vector < TT_FILL + 64) {
        if (nb_window(e, env->cwp + 1, 0)) {
            env->canrestore++;
            env->cansave--;
            e->cpu->exception_index = -1;
        }
        return true;
    }
    if (vector == TT_CLRWIN) {
        for (k = 0; k < 16; k++)
            *nb_reg(env, (int)env->cwp - 1, k) = 0;
        env->cleanwin++;
        e->cpu->exception_index = -1;
        return true;
    }
    if (vector == 0x103) { /* ta 3, as v8 has it */
        while (env->cansave < n - 2) {
            if (!nb_window(e, env->cwp - (int)env->cansave - 2, 1))
                return true;
            env->cansave++;
            env->canrestore--;
        }
        env->pc = env->npc;
        env->npc += 4;
        e->cpu->exception_index = -1;
        return true;
    }
#else
    if (vector == TT_WIN_OVF) {
        k = (env->cwp + 2 * n - 2) % n;
        if (nb_window(e, k, 1)) {
            env->wim = 1u << k;
            e->cpu->exception_index = -1;
        }
        return true;
    }
    if (vector == TT_WIN_UNF) {
        k = (env->cwp + 1) % n;
        if (nb_window(e, k, 0)) {
            env->wim = 1u << (k + 1) % n;
            e->cpu->exception_index = -1;
        }
        return true;
    }
    if (vector == TT_TRAP + 3) { /* flush windows: the oldest first, so that a fault can be made good */
        for (;;) {
            int oldest = -1;
            for (k = 1; k < n && !(env->wim >> (env->cwp + k) % n & 1); k++)
                oldest = (env->cwp + k) % n;
            if (oldest < 0)
                break;
            if (!nb_window(e, oldest, 1))
                return true;
            env->wim = 1u << oldest;
        }
        env->pc = env->npc;
        env->npc += 4;
        e->cpu->exception_index = -1;
        return true;
    }
#endif
    return false;
}

static void nb_exception(struct nb_engine *e, int vector)
{
#ifdef TARGET_SPARC64
    const int syscall = 0x100;
#else
    const int syscall = TT_TRAP;
#endif
    e->trap = vector == syscall ? NB_TRAP_SYSCALL : NB_TRAP_EXCP;
    e->cur->vector = vector;
    e->cur->error = 0;
}

/* Windows behind the current one that hold a program's frames. */
static int nb_valid(CPUSPARCState *env)
{
#ifdef TARGET_SPARC64
    return env->canrestore;
#else
    int n = env->nwindows, k = 0;
    while (k < n - 2 && !(env->wim >> (env->cwp + k + 1) % n & 1))
        k++;
    return k;
#endif
}

/* Offsets in fp[]: 32 double registers, fsr, gsr, the number of windows, then their locals and ins. */
enum { FP_FSR = 256, FP_GSR = 264, FP_NWIN = 272, FP_WIN = 288 };

static void nb_sparc_fpsave(struct nb_engine *e, struct nb_cpu *c)
{
    CPUSPARCState *env = e->env;
    uint64_t v;
    uint32_t n = nb_valid(env);
    int i, k;
    for (i = 0; i < TARGET_DPREGS; i++)
        memcpy(c->fp + 8 * i, &env->fpr[i].ll, 8);
    v = env->fsr;
    memcpy(c->fp + FP_FSR, &v, 8);
#ifdef TARGET_SPARC64
    memcpy(c->fp + FP_GSR, &env->gsr, 8);
#endif
    memcpy(c->fp + FP_NWIN, &n, 4);
    for (k = 0; k < n; k++)
        for (i = 0; i < 16; i++) {
            v = *nb_reg(env, env->cwp + 1 + k, 8 + i);
            memcpy(c->fp + FP_WIN + 128 * k + 8 * i, &v, 8);
        }
}

static void nb_sparc_fpload(struct nb_engine *e, const struct nb_cpu *c)
{
    CPUSPARCState *env = e->env;
    uint64_t v;
    uint32_t n;
    int i, k;
    for (i = 0; i < TARGET_DPREGS; i++)
        memcpy(&env->fpr[i].ll, c->fp + 8 * i, 8);
    memcpy(&v, c->fp + FP_FSR, 8);
    env->fsr = helper_ldfsr(env, v & FSR_LDFSR_OLDMASK, v);
#ifdef TARGET_SPARC64
    env->fsr = helper_ldxfsr(env, v & FSR_LDXFSR_OLDMASK, v);
    memcpy(&env->gsr, c->fp + FP_GSR, 8);
#endif
    memcpy(&n, c->fp + FP_NWIN, 4);
    if (n > env->nwindows - 2)
        n = env->nwindows - 2;
    cpu_set_cwp(env, 0);
#ifdef TARGET_SPARC64
    env->canrestore = n;
    env->cansave = env->nwindows - 2 - n;
    env->otherwin = 0;
    env->cleanwin = env->nwindows - 1;
#else
    env->wim = 1u << (n + 1);
#endif
    for (k = 0; k < n; k++)
        for (i = 0; i < 16; i++) {
            memcpy(&v, c->fp + FP_WIN + 128 * k + 8 * i, 8);
            *nb_reg(env, 1 + k, 8 + i) = v;
        }
}

#ifdef TARGET_SPARC64
#define NB_NAME "sparc64"
#define NB_UC_MODE UC_MODE_SPARC64
#define NB_MODEL UC_CPU_SPARC64_SUN_ULTRASPARC_IIII
#define nb_sparc_ops nb_ops_sparc64
#else
#define NB_NAME "sparc"
#define NB_UC_MODE UC_MODE_SPARC32
#define NB_MODEL UC_CPU_SPARC32_TI_SUPERSPARC_II
#define nb_sparc_ops nb_ops_sparc
#endif

static struct nb_engine *nb_sparc_open(int mode, const struct nb_memory *m)
{
    struct nb_engine *e = nb_open_common(UC_ARCH_SPARC, NB_UC_MODE | UC_MODE_BIG_ENDIAN, NB_MODEL, m);
    CPUSPARCState *env;
    if (!e)
        return NULL;
    env = e->env;
    /* User mode with the MMU and the floating-point unit on. */
#ifdef TARGET_SPARC64
    env->pstate = PS_PEF | PS_IE;
    env->fprs = 7; /* enabled, both halves in use */
    env->tl = 0;
    env->gl = 0;
    env->hpstate = 0;
    env->asi = 0x80;
    env->wstate = 0;
    env->lsu = DMMU_E | IMMU_E;
    env->cwp = 0;
    env->regwptr = env->regbase;
#else
    cpu_put_psr(env, PSR_EF | PSR_ET);
    env->mmuregs[0] |= MMU_E;
#endif
    {
        static const struct nb_cpu zero;
        nb_sparc_fpload(e, &zero);
    }
    return e;
}

/* Self-check: a register written through the public interface is seen in the private structure. */
static const char *nb_sparc_check(struct nb_engine *e)
{
    target_ulong v = 0x11223344;
    if (uc_reg_write(e->uc, UC_SPARC_REG_G3, &v) != UC_ERR_OK || e->env->gregs[3] != v)
        return "registers are not where the headers say";
    if (cpu_mmu_index(e->env, false) != MMU_USER_IDX)
        return "not in user mode";
    return NULL;
}

const struct nb_ops nb_sparc_ops = {
    .name = NB_NAME,
    .open = nb_sparc_open,
    .close = nb_close,
    .run = nb_run,
    .step = nb_step,
    .fpload = nb_sparc_fpload,
    .fpsave = nb_sparc_fpsave,
    .setroot = nb_setroot,
    .changed = nb_changed,
    .forgot = nb_forgot,
    .flushpage = nb_flushpage,
    .stop = nb_stop,
    .inside = nb_inside,
    .bus = nb_bus,
    .crashes = nb_crashes,
    .crash = nb_crash,
    .translations = nb_translations,
    .check = nb_sparc_check,
};
