/* riscv64. r[] is x1 to x31 and pc, as in NetBSD's mcontext: see arch/riscv64/cpu.go. */
#include "qemu/osdep.h"
#include "qemu-common.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "exec/ram_addr.h"
#include "qemu/timer.h"
#include "tcg/tcg.h"
#include <sys/mman.h>
#include "uc_priv.h"
#include <unicorn/riscv.h>

struct nb_engine;
struct nb_cpu;
static void nb_exception(struct nb_engine *e, int vector);
static void nb_regs_in(struct nb_engine *e, CPURISCVState *env, const struct nb_cpu *c);
static void nb_regs_out(struct nb_engine *e, CPURISCVState *env, struct nb_cpu *c);

/* The lower half of Sv39, which is what NetBSD uses. */
#define NB_VA(e, va) ((va) >> 38 ? NB_BADVA : (va))
#define NB_ILLEGAL RISCV_EXCP_ILLEGAL_INST
#include "nb_common.inc.c"

enum { PC = 31 };

static void nb_regs_in(struct nb_engine *e, CPURISCVState *env, const struct nb_cpu *c)
{
    memcpy(env->gpr + 1, c->r, 31 * sizeof env->gpr[0]);
    env->pc = c->r[PC];
    /* As after any return from an exception, no reservation is held. */
    env->load_res = -1;
}

static void nb_regs_out(struct nb_engine *e, CPURISCVState *env, struct nb_cpu *c)
{
    memcpy(c->r, env->gpr + 1, 31 * sizeof env->gpr[0]);
    c->r[PC] = env->pc;
}

static void nb_exception(struct nb_engine *e, int vector)
{
    CPURISCVState *env = e->env;
    struct nb_cpu *c = e->cur;

    e->trap = NB_TRAP_EXCP;
    c->vector = vector;
    if (vector == RISCV_EXCP_U_ECALL) {
        e->trap = NB_TRAP_SYSCALL;
        env->pc += 4;
    }
}

/* f0 to f31, then fcsr. */
static void nb_riscv_fpsave(struct nb_engine *e, struct nb_cpu *c)
{
    CPURISCVState *env = e->env;
    uint64_t fcsr = riscv_cpu_get_fflags(env) << FSR_AEXC_SHIFT | env->frm << FSR_RD_SHIFT;
    memcpy(c->fp, env->fpr, sizeof env->fpr);
    memcpy(c->fp + sizeof env->fpr, &fcsr, sizeof fcsr);
}

static void nb_riscv_fpload(struct nb_engine *e, const struct nb_cpu *c)
{
    CPURISCVState *env = e->env;
    uint64_t fcsr;
    memcpy(env->fpr, c->fp, sizeof env->fpr);
    memcpy(&fcsr, c->fp + sizeof env->fpr, sizeof fcsr);
    env->frm = (fcsr & FSR_RD) >> FSR_RD_SHIFT;
    riscv_cpu_set_fflags(env, (fcsr & FSR_AEXC) >> FSR_AEXC_SHIFT);
}

/* The time register counts at 10 MHz, as that of QEMU's virt machine. */
static uint64_t nb_rdtime(void)
{
    return get_clock() / 100;
}

static struct nb_engine *nb_riscv_open(int mode, const struct nb_memory *m)
{
    struct nb_engine *e = nb_open_common(UC_ARCH_RISCV, UC_MODE_RISCV64, UC_CPU_RISCV64_SIFIVE_U54, m);
    CPURISCVState *env;
    if (!e)
        return NULL;
    env = e->env;
    env->priv = PRV_U;
    env->mstatus |= MSTATUS_FS; /* floating point, and its state never needs to be marked as changed */
    /* What OpenSBI lets user mode do: cycle, time and instret. */
    env->mcounteren = env->scounteren = 7;
    riscv_cpu_set_rdtime_fn(env, nb_rdtime);
    return e;
}

/* Self-check: a register written through the public interface is seen in the private structure. */
static const char *nb_riscv_check(struct nb_engine *e)
{
    uint64_t v = 0x1122334455667788;
    if (uc_reg_write(e->uc, UC_RISCV_REG_X7, &v) != UC_ERR_OK || e->env->gpr[7] != v)
        return "registers are not where the headers say";
    if (riscv_cpu_mmu_index(e->env, false) != PRV_U)
        return "not in user mode";
    return NULL;
}

const struct nb_ops nb_ops_riscv64 = {
    .name = "riscv64",
    .open = nb_riscv_open,
    .close = nb_close,
    .run = nb_run,
    .step = nb_step,
    .fpload = nb_riscv_fpload,
    .fpsave = nb_riscv_fpsave,
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
    .check = nb_riscv_check,
};
