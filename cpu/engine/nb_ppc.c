/* powerpc. r[] is in the order of NetBSD's mcontext: see arch/powerpc/cpu.go. */
#include "qemu/osdep.h"
#include "qemu-common.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "exec/ram_addr.h"
#include "exec/helper-proto.h"
#include "helper_regs.h"
#include "tcg/tcg.h"
#include <sys/mman.h>
#include "uc_priv.h"
#include <unicorn/ppc.h>

struct nb_engine;
struct nb_cpu;
static void nb_exception(struct nb_engine *e, int vector);
static void nb_regs_in(struct nb_engine *e, CPUPPCState *env, const struct nb_cpu *c);
static void nb_regs_out(struct nb_engine *e, CPUPPCState *env, struct nb_cpu *c);

#define NB_VA(e, va) ((uint32_t)(va))
#define NB_ILLEGAL 96 /* POWERPC_EXCP_HV_EMU, as its translator has it */
#include "nb_common.inc.c"

enum { CR = 32, LR, PC, MSR, CTR, XER };

/* Whether floating-point exceptions trap is all that a program can choose in its machine state. */
#define NB_MSR_FE (1 << MSR_FE0 | 1 << MSR_FE1)

static void nb_regs_in(struct nb_engine *e, CPUPPCState *env, const struct nb_cpu *c)
{
    const uint64_t *r = c->r;
    int i;
    for (i = 0; i < 32; i++)
        env->gpr[i] = r[i];
    for (i = 0; i < 8; i++)
        env->crf[i] = r[CR] >> (28 - 4 * i) & 15;
    env->lr = r[LR];
    env->ctr = r[CTR];
    env->nip = r[PC] & ~3;
    cpu_write_xer(env, r[XER]);
    env->msr = (env->msr & ~NB_MSR_FE) | (r[MSR] & NB_MSR_FE);
    /* As after any return from an exception, no reservation is held. */
    env->reserve_addr = -1;
    env->error_code = 0;
}

static void nb_regs_out(struct nb_engine *e, CPUPPCState *env, struct nb_cpu *c)
{
    uint64_t *r = c->r;
    uint32_t cr = 0;
    int i;
    for (i = 0; i < 32; i++)
        r[i] = env->gpr[i];
    for (i = 0; i < 8; i++)
        cr |= env->crf[i] << (28 - 4 * i);
    r[CR] = cr;
    r[LR] = env->lr;
    r[CTR] = env->ctr;
    r[PC] = env->nip;
    r[XER] = cpu_read_xer(env);
}

static void nb_exception(struct nb_engine *e, int vector)
{
    CPUPPCState *env = e->env;
    struct nb_cpu *c = e->cur;

    e->trap = NB_TRAP_EXCP;
    c->vector = vector;
    c->error = env->error_code;
    if (vector == POWERPC_EXCP_SYSCALL) {
        e->trap = NB_TRAP_SYSCALL;
        env->nip += 4;
    }
}

/* f0 to f31 and fpscr, then the vector registers, each as two halves, vscr and vrsave. */
enum { NB_FPSCR = 256, NB_VR = 264, NB_VSCR = NB_VR + 512, NB_VRSAVE = NB_VSCR + 4 };

static void nb_ppc_fpsave(struct nb_engine *e, struct nb_cpu *c)
{
    CPUPPCState *env = e->env;
    uint32_t w;
    int i;
    for (i = 0; i < 32; i++) {
        ppc_avr_t *v = cpu_avr_ptr(env, i);
        memcpy(c->fp + 8 * i, cpu_fpr_ptr(env, i), 8);
        memcpy(c->fp + NB_VR + 16 * i, &v->VsrD(0), 8);
        memcpy(c->fp + NB_VR + 16 * i + 8, &v->VsrD(1), 8);
    }
    w = env->fpscr;
    memcpy(c->fp + NB_FPSCR, &w, 4);
    w = helper_mfvscr(env);
    memcpy(c->fp + NB_VSCR, &w, 4);
    w = env->spr[SPR_VRSAVE];
    memcpy(c->fp + NB_VRSAVE, &w, 4);
}

static void nb_ppc_fpload(struct nb_engine *e, const struct nb_cpu *c)
{
    CPUPPCState *env = e->env;
    uint32_t w;
    int i;
    for (i = 0; i < 32; i++) {
        ppc_avr_t *v = cpu_avr_ptr(env, i);
        memcpy(cpu_fpr_ptr(env, i), c->fp + 8 * i, 8);
        memcpy(&v->VsrD(0), c->fp + NB_VR + 16 * i, 8);
        memcpy(&v->VsrD(1), c->fp + NB_VR + 16 * i + 8, 8);
    }
    memcpy(&w, c->fp + NB_FPSCR, 4);
    helper_store_fpscr(env, w, 0xffffffff);
    memcpy(&w, c->fp + NB_VSCR, 4);
    helper_mtvscr(env, w);
    memcpy(&w, c->fp + NB_VRSAVE, 4);
    env->spr[SPR_VRSAVE] = w;
}

static struct nb_engine *nb_ppc_open(int mode, const struct nb_memory *m)
{
    struct nb_engine *e = nb_open_common(UC_ARCH_PPC, UC_MODE_PPC32 | UC_MODE_BIG_ENDIAN, UC_CPU_PPC32_7457A_V1_2,
                                         m);
    CPUPPCState *env;
    if (!e)
        return NULL;
    env = e->env;
    /* User mode with floating point and vectors. */
    env->msr = 1 << MSR_VR | 1 << MSR_EE | 1 << MSR_PR | 1 << MSR_FP | 1 << MSR_ME | 1 << MSR_IR | 1 << MSR_DR;
    hreg_compute_hflags(env);
    return e;
}

/* Self-check: a register written through the public interface is seen in the private structure. */
static const char *nb_ppc_check(struct nb_engine *e)
{
    uint32_t v = 0x11223344;
    if (uc_reg_write(e->uc, UC_PPC_REG_7, &v) != UC_ERR_OK || e->env->gpr[7] != v)
        return "registers are not where the headers say";
    if (!(e->env->hflags & 1 << MSR_PR))
        return "not in user mode";
    return NULL;
}

const struct nb_ops nb_ops_ppc = {
    .name = "powerpc",
    .open = nb_ppc_open,
    .close = nb_close,
    .run = nb_run,
    .step = nb_step,
    .fpload = nb_ppc_fpload,
    .fpsave = nb_ppc_fpsave,
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
    .check = nb_ppc_check,
};
