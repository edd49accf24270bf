/* arm (A32 and Thumb) and aarch64; the file is compiled once for each. r[] is in the order of NetBSD's mcontext:
 * see arch/arm/cpu.go and arch/arm64/cpu.go. */
#include "qemu/osdep.h"
#include "qemu-common.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "exec/ram_addr.h"
#include "tcg/tcg.h"
#include <sys/mman.h>
#include "uc_priv.h"
#ifdef TARGET_AARCH64
#include <unicorn/arm64.h>
#else
#include <unicorn/arm.h>
#endif

struct nb_engine;
struct nb_cpu;
static void nb_exception(struct nb_engine *e, int vector);
static void nb_regs_in(struct nb_engine *e, CPUARMState *env, const struct nb_cpu *c);
static void nb_regs_out(struct nb_engine *e, CPUARMState *env, struct nb_cpu *c);

/* The default, pages of 1 KiB, would cost four times the misses. */
#define NB_PAGESIZE 4096

#ifdef TARGET_AARCH64
#define NB_VA(e, va) ((va) >> 48 ? NB_BADVA : (va))
#else
#define NB_VA(e, va) ((uint32_t)(va))
#endif
#define NB_ILLEGAL EXCP_UDEF
#include "nb_common.inc.c"

#ifdef TARGET_AARCH64
enum { SP = 31, PC, SPSR, TPIDR, TPIDRRO };
#else
enum { SP = 13, LR, PC, CPSR, TPIDRURO, TPIDRURW };
#endif

static void nb_regs_in(struct nb_engine *e, CPUARMState *env, const struct nb_cpu *c)
{
    const uint64_t *r = c->r;
    uint32_t psr;
#ifdef TARGET_AARCH64
    memcpy(env->xregs, r, sizeof env->xregs);
    env->pc = r[PC];
    env->btype = 0;
    env->cp15.tpidr_el[0] = r[TPIDR];
    env->cp15.tpidrro_el[0] = r[TPIDRRO];
    psr = r[SPSR];
#else
    int i;
    for (i = 0; i < 16; i++)
        env->regs[i] = r[i];
    env->cp15.tpidrro_el[0] = r[TPIDRURO];
    env->cp15.tpidr_el[0] = r[TPIDRURW];
    psr = r[CPSR];
    env->QF = psr >> 27 & 1;
    env->GE = psr >> 16 & 15;
    env->thumb = psr >> 5 & 1;
    env->condexec_bits = (psr >> 25 & 3) | (psr >> 8 & 0xfc);
    env->regs[15] &= env->thumb ? ~1 : ~3;
    if (unlikely((psr ^ env->uncached_cpsr) & CPSR_E)) {
        env->uncached_cpsr ^= CPSR_E;
        arm_rebuild_hflags(env);
    }
#endif
    env->ZF = ~psr & CPSR_Z;
    env->NF = psr;
    env->CF = psr >> 29 & 1;
    env->VF = psr << 3;
    /* As after any return from an exception, no exclusive access is under way. */
    env->exclusive_addr = -1;
}

static void nb_regs_out(struct nb_engine *e, CPUARMState *env, struct nb_cpu *c)
{
    uint64_t *r = c->r;
    uint32_t psr = (env->NF & 0x80000000) | (uint32_t)(env->ZF == 0) << 30 | env->CF << 29 | (env->VF & 0x80000000) >> 3;
#ifdef TARGET_AARCH64
    memcpy(r, env->xregs, sizeof env->xregs);
    r[PC] = env->pc;
    r[SPSR] = psr;
    r[TPIDR] = env->cp15.tpidr_el[0];
#else
    int i;
    for (i = 0; i < 16; i++)
        r[i] = env->regs[i];
    r[CPSR] = psr | env->QF << 27 | env->GE << 16 | env->thumb << 5 | (env->condexec_bits & 3) << 25 |
              (env->condexec_bits & 0xfc) << 8 | (env->uncached_cpsr & CPSR_E) | ARM_CPU_MODE_USR;
    r[TPIDRURW] = env->cp15.tpidr_el[0];
#endif
}

static void nb_exception(struct nb_engine *e, int vector)
{
    CPUARMState *env = e->env;
    e->trap = NB_TRAP_EXCP;
    e->cur->vector = vector;
    e->cur->error = env->exception.syndrome;
    if (vector != EXCP_SWI)
        return;
    e->trap = NB_TRAP_SYSCALL;
    e->cur->error = env->exception.syndrome & 0xffff;
#ifndef TARGET_AARCH64
    /* The syndrome holds 16 bits of the number; A32 instructions have 24. */
    if (!env->thumb) {
        uint32_t pc = env->regs[15] - 4, insn;
        uint64_t pte = nb_walk(e->root, pc);
        if (pte & NB_PTE_V) {
            memcpy(&insn, e->ram + NB_PTE_PA(pte) + (pc & 0xffc), 4);
            e->cur->error = insn & 0xffffff;
        }
    }
#endif
}

#ifdef TARGET_AARCH64
#define NB_NAME "aarch64"
#define NB_UC_ARCH UC_ARCH_ARM64
#define NB_UC_MODE UC_MODE_ARM
#define NB_MODEL UC_CPU_ARM64_MAX
#define NB_NVEC 32
#define nb_arm_ops nb_ops_aarch64
#else
#define NB_NAME "arm"
#define NB_UC_ARCH UC_ARCH_ARM
#define NB_UC_MODE UC_MODE_ARM
#define NB_MODEL UC_CPU_ARM_MAX
#define NB_NVEC 16
#define nb_arm_ops nb_ops_arm
#endif

/* The vector registers, then fpcr and fpsr (arm: fpscr). */
static void nb_arm_fpsave(struct nb_engine *e, struct nb_cpu *c)
{
    CPUARMState *env = e->env;
    uint32_t w[2];
    int i;
    for (i = 0; i < NB_NVEC; i++)
        memcpy(c->fp + 16 * i, env->vfp.zregs[i].d, 16);
#ifdef TARGET_AARCH64
    w[0] = vfp_get_fpcr(env);
    w[1] = vfp_get_fpsr(env);
#else
    w[0] = vfp_get_fpscr(env);
    w[1] = 0;
#endif
    memcpy(c->fp + 16 * NB_NVEC, w, sizeof w);
}

static void nb_arm_fpload(struct nb_engine *e, const struct nb_cpu *c)
{
    CPUARMState *env = e->env;
    uint32_t w[2];
    int i;
    for (i = 0; i < NB_NVEC; i++)
        memcpy(env->vfp.zregs[i].d, c->fp + 16 * i, 16);
    memcpy(w, c->fp + 16 * NB_NVEC, sizeof w);
#ifdef TARGET_AARCH64
    vfp_set_fpcr(env, w[0]);
    vfp_set_fpsr(env, w[1]);
#else
    vfp_set_fpscr(env, w[0]);
#endif
}

#ifndef TARGET_AARCH64
/* ARMv6's barriers are writes to a register of coprocessor 15, which QEMU does nothing for. */
static void nb_barrier(CPUARMState *env, const ARMCPRegInfo *ri, uint64_t value)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void nb_barriers(struct nb_engine *e)
{
    int ns, op;

    for (ns = 0; ns < 2; ns++)
        for (op = 4; op <= 5; op++) { /* DSB, DMB */
            ARMCPRegInfo *ri = (ARMCPRegInfo *)get_arm_cp_reginfo(ARM_CPU(e->cpu)->cp_regs,
                                                                  ENCODE_CP_REG(15, 0, ns, 7, 10, 0, op));
            if (ri) {
                ri->type = ARM_CP_NO_RAW | ARM_CP_SUPPRESS_TB_END;
                ri->writefn = nb_barrier;
            }
        }
}
#endif

static struct nb_engine *nb_arm_open(int mode, const struct nb_memory *m)
{
    struct nb_engine *e = nb_open_common(NB_UC_ARCH, NB_UC_MODE, NB_MODEL, m);
    CPUARMState *env;
    if (!e)
        return NULL;
    env = e->env;
    env->cp15.cpacr_el1 = 0xf << 20; /* floating point and SIMD for user mode */
#ifdef TARGET_AARCH64
    env->pstate = PSTATE_MODE_EL0t;
    /* What NetBSD lets user mode do: cache maintenance, CTR, DC ZVA, WFI and WFE, the counters. */
    env->cp15.sctlr_el[1] |= SCTLR_UCI | SCTLR_UCT | SCTLR_DZE | SCTLR_nTWI | SCTLR_nTWE;
    env->cp15.c14_cntkctl = 3;
#else
    env->vfp.xregs[ARM_VFP_FPEXC] = 1 << 30;
    cpsr_write(env, ARM_CPU_MODE_USR, 0xffffffff, CPSRWriteRaw);
    nb_barriers(e);
#endif
    arm_rebuild_hflags(env);
    return e;
}

/* Self-check: a register written through the public interface is seen in the private structure. */
static const char *nb_arm_check(struct nb_engine *e)
{
#ifdef TARGET_AARCH64
    uint64_t v = 0x1122334455667788;
    if (uc_reg_write(e->uc, UC_ARM64_REG_X7, &v) != UC_ERR_OK || e->env->xregs[7] != v)
        return "registers are not where the headers say";
#else
    uint32_t v = 0x11223344;
    if (uc_reg_write(e->uc, UC_ARM_REG_R7, &v) != UC_ERR_OK || e->env->regs[7] != v)
        return "registers are not where the headers say";
#endif
    if (arm_current_el(e->env) != 0)
        return "not in user mode";
    return NULL;
}

const struct nb_ops nb_arm_ops = {
    .name = NB_NAME,
    .open = nb_arm_open,
    .close = nb_close,
    .run = nb_run,
    .step = nb_step,
    .fpload = nb_arm_fpload,
    .fpsave = nb_arm_fpsave,
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
    .check = nb_arm_check,
};
