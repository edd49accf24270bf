/* m68k: a 68040. r[] is d0 to d7, a0 to a7, pc and ps, as in NetBSD's mcontext: see arch/m68k/cpu.go. */
#include "qemu/osdep.h"
#include "qemu-common.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "exec/ram_addr.h"
#include "tcg/tcg.h"
#include <sys/mman.h>
#include "uc_priv.h"
#include <unicorn/m68k.h>

struct nb_engine;
struct nb_cpu;
static void nb_exception(struct nb_engine *e, int vector);
static void nb_regs_in(struct nb_engine *e, CPUM68KState *env, const struct nb_cpu *c);
static void nb_regs_out(struct nb_engine *e, CPUM68KState *env, struct nb_cpu *c);

#define NB_VA(e, va) ((uint32_t)(va))
#define NB_ILLEGAL EXCP_ILLEGAL
#include "nb_common.inc.c"

enum { A0 = 8, PC = 16, PS };

static void nb_regs_in(struct nb_engine *e, CPUM68KState *env, const struct nb_cpu *c)
{
    int i;
    for (i = 0; i < 8; i++) {
        env->dregs[i] = c->r[i];
        env->aregs[i] = c->r[A0 + i];
    }
    env->pc = c->r[PC];
    cpu_m68k_set_ccr(env, c->r[PS]);
}

static void nb_regs_out(struct nb_engine *e, CPUM68KState *env, struct nb_cpu *c)
{
    int i;
    for (i = 0; i < 8; i++) {
        c->r[i] = env->dregs[i];
        c->r[A0 + i] = env->aregs[i];
    }
    c->r[PC] = env->pc;
    c->r[PS] = cpu_m68k_get_ccr(env);
}

/*
 * The pc is QEMU's, at the instruction, but for what the processor leaves it after: traps, divisions by zero and the
 * checks. Of those QEMU raises some with the pc moved on already, and for some does not tell the length.
 */
static void nb_exception(struct nb_engine *e, int vector)
{
    CPUM68KState *env = e->env;
    struct nb_cpu *c = e->cur;

    e->trap = NB_TRAP_EXCP;
    c->vector = vector;
    if (vector >= EXCP_TRAP0 && vector <= EXCP_TRAP15) {
        env->pc += 2;
        switch (c->error = vector - EXCP_TRAP0) {
        case 0:  /* system calls */
        case 1:  /* sigreturn, of two ages */
        case 3:
        case 12: /* cachectl */
            e->trap = NB_TRAP_SYSCALL;
        }
    }
}

/* bkpt, with nobody on the bus who knows what to do. */
static bool nb_m68k_stop_interrupt(struct uc_struct *uc, int intno)
{
    return nb_stop_interrupt(uc, intno == EXCP_DEBUG ? EXCP_ILLEGAL : intno);
}

/* struct fpreg: eight registers as fmovem stores them, fpcr, fpsr, and fpiar, which QEMU does not have. */
static void nb_put32(uint8_t *p, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(p, &v, sizeof v);
}

static uint32_t nb_get32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap32(v);
}

static void nb_m68k_fpsave(struct nb_engine *e, struct nb_cpu *c)
{
    CPUM68KState *env = e->env;
    int i;
    for (i = 0; i < 8; i++) {
        nb_put32(c->fp + 12 * i, (uint32_t)env->fregs[i].l.upper << 16);
        nb_put32(c->fp + 12 * i + 4, env->fregs[i].l.lower >> 32);
        nb_put32(c->fp + 12 * i + 8, env->fregs[i].l.lower);
    }
    nb_put32(c->fp + 96, env->fpcr);
    nb_put32(c->fp + 100, env->fpsr);
}

static void nb_m68k_fpload(struct nb_engine *e, const struct nb_cpu *c)
{
    CPUM68KState *env = e->env;
    int i;
    for (i = 0; i < 8; i++) {
        env->fregs[i].l.upper = nb_get32(c->fp + 12 * i) >> 16;
        env->fregs[i].l.lower = (uint64_t)nb_get32(c->fp + 12 * i + 4) << 32 | nb_get32(c->fp + 12 * i + 8);
    }
    cpu_m68k_set_fpcr(env, nb_get32(c->fp + 96));
    env->fpsr = nb_get32(c->fp + 100);
}

static struct nb_engine *nb_m68k_open(int mode, const struct nb_memory *m)
{
    /* Unicorn's names of the models are one off: its table begins with the 68000. */
    struct nb_engine *e = nb_open_common(UC_ARCH_M68K, UC_MODE_BIG_ENDIAN, UC_CPU_M68K_M68040 - 1, m);
    if (!e)
        return NULL;
    e->uc->stop_interrupt = nb_m68k_stop_interrupt;
    cpu_m68k_set_sr(e->env, 0); /* user mode */
    return e;
}

/* Self-check: a register written through the public interface is seen in the private structure. */
static const char *nb_m68k_check(struct nb_engine *e)
{
    uint32_t v = 0x11223344;
    if (uc_reg_write(e->uc, UC_M68K_REG_A5, &v) != UC_ERR_OK || e->env->aregs[5] != v)
        return "registers are not where the headers say";
    if (!m68k_feature(e->env, M68K_FEATURE_M68040))
        return "not a 68040";
    if (cpu_mmu_index(e->env, false) != MMU_USER_IDX)
        return "not in user mode";
    return NULL;
}

const struct nb_ops nb_ops_m68k = {
    .name = "m68k",
    .open = nb_m68k_open,
    .close = nb_close,
    .run = nb_run,
    .step = nb_step,
    .fpload = nb_m68k_fpload,
    .fpsave = nb_m68k_fpsave,
    .setroot = nb_setroot,
    .changed = nb_changed,
    .forgot = nb_forgot,
    .flushpage = nb_flushpage,
    .stop = nb_stop,
    .translations = nb_translations,
    .check = nb_m68k_check,
    .inside = nb_inside,
    .bus = nb_bus,
    .crashes = nb_crashes,
    .crash = nb_crash,
};
