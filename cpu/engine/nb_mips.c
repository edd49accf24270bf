/* mips, mipsel, mips64, mips64el; the file is compiled once for each. r[] is in the order of NetBSD's mcontext,
 * then what a stop inside a delay slot must keep: see arch/mips/cpu.go. */
#include "qemu/osdep.h"
#include "qemu-common.h"
#include "cpu.h"
#include "internal.h"
#include "exec/exec-all.h"
#include "exec/ram_addr.h"
#include "tcg/tcg.h"
#include <sys/mman.h>
#include "uc_priv.h"
#include <unicorn/mips.h>

struct nb_engine;
struct nb_cpu;
static void nb_exception(struct nb_engine *e, int vector);
static void nb_regs_in(struct nb_engine *e, CPUMIPSState *env, const struct nb_cpu *c);
static void nb_regs_out(struct nb_engine *e, CPUMIPSState *env, struct nb_cpu *c);

/* Modes of the 64-bit targets: n64 and n32. Programs have the first 2 GiB, with n64 the first TiB. */
#define NB_N64 64
#define NB_N32 32
#ifdef TARGET_MIPS64
#define NB_VA(e, va) ((va) >> ((e)->mode == NB_N64 ? 40 : 31) ? NB_BADVA : (va))
#else
#define NB_VA(e, va) ((uint32_t)(va) >> 31 ? NB_BADVA : (uint32_t)(va))
#endif
/* A branch and its delay slot are one step. */
#define NB_STEP_MORE(env) (((env)->hflags & MIPS_HFLAG_BMASK) != 0)
#define NB_ILLEGAL EXCP_RI
#include "nb_common.inc.c"

enum { LO = 32, HI, CAUSE, EPC, SR, USERLOCAL, HFLAGS, BTARGET, BCOND };

static void nb_regs_in(struct nb_engine *e, CPUMIPSState *env, const struct nb_cpu *c)
{
    const uint64_t *r = c->r;
    int i;
    for (i = 1; i < 32; i++)
        env->active_tc.gpr[i] = (target_long)r[i];
    env->active_tc.LO[0] = (target_long)r[LO];
    env->active_tc.HI[0] = (target_long)r[HI];
    env->active_tc.PC = (target_long)r[EPC];
    /* As on the way back from an exception, the lowest bit is the instruction-set mode, where there is one. */
    env->hflags &= ~MIPS_HFLAG_M16;
    if (unlikely(r[EPC] & 1) && env->insn_flags & (ASE_MIPS16 | ASE_MICROMIPS)) {
        env->active_tc.PC &= ~(target_ulong)1;
        env->hflags |= MIPS_HFLAG_M16;
    }
    env->active_tc.CP0_UserLocal = (target_long)r[USERLOCAL];
    env->hflags = (env->hflags & ~MIPS_HFLAG_BMASK) | (r[HFLAGS] & MIPS_HFLAG_BMASK);
    env->btarget = (target_long)r[BTARGET];
    env->bcond = (target_long)r[BCOND];
    /* As after any return from an exception, no linked load is under way. */
    env->lladdr = 1;
}

static void nb_regs_out(struct nb_engine *e, CPUMIPSState *env, struct nb_cpu *c)
{
    uint64_t *r = c->r;
    int i;
    for (i = 1; i < 32; i++)
        r[i] = env->active_tc.gpr[i];
    r[LO] = env->active_tc.LO[0];
    r[HI] = env->active_tc.HI[0];
    r[EPC] = env->active_tc.PC | !!(env->hflags & MIPS_HFLAG_M16);
    r[HFLAGS] = env->hflags & MIPS_HFLAG_BMASK;
    r[BTARGET] = env->btarget;
    r[BCOND] = env->bcond;
}

static void nb_exception(struct nb_engine *e, int vector)
{
    CPUMIPSState *env = e->env;
    struct nb_cpu *c = e->cur;
    target_ulong pc = env->active_tc.PC;

    e->trap = NB_TRAP_EXCP;
    c->vector = vector;
    c->error = env->error_code;
    if (vector == EXCP_AdEL || vector == EXCP_AdES) {
        c->vector = NB_VEC_ALIGN;
        c->addr = env->CP0_BadVAddr;
        c->access = vector == EXCP_AdES ? 2 : 1;
    }
    if (vector != EXCP_SYSCALL)
        return;
    e->trap = NB_TRAP_SYSCALL;
    /* addr is where the call is made again from: the instruction, or the branch whose delay slot it is in. */
    c->addr = pc;
    if (env->hflags & MIPS_HFLAG_BMASK) {
        c->addr = pc - 4;
        switch (env->hflags & MIPS_HFLAG_BMASK_BASE) {
        case MIPS_HFLAG_BC:
            env->active_tc.PC = env->bcond ? env->btarget : pc + 4;
            break;
        default:
            env->active_tc.PC = env->btarget;
        }
        env->hflags &= ~MIPS_HFLAG_BMASK;
    } else {
        env->active_tc.PC = pc + 4;
    }
}

/* Load-linked asks the processor's own MMU for the physical address; what it answers is only compared. */
static int nb_map_address(CPUMIPSState *env, hwaddr *phys, int *prot, target_ulong address, int rw, int access_type)
{
    *phys = address;
    *prot = PAGE_READ | PAGE_WRITE;
    return 0; /* a match */
}

static void nb_mips_fpsave(struct nb_engine *e, struct nb_cpu *c)
{
    CPUMIPSState *env = e->env;
    int i;
    for (i = 0; i < 32; i++)
        memcpy(c->fp + 8 * i, &env->active_fpu.fpr[i].d, 8);
    memcpy(c->fp + 256, &env->active_fpu.fcr31, 4);
}

static void nb_mips_fpload(struct nb_engine *e, const struct nb_cpu *c)
{
    CPUMIPSState *env = e->env;
    uint32_t fcr31;
    int i;
    for (i = 0; i < 32; i++)
        memcpy(&env->active_fpu.fpr[i].d, c->fp + 8 * i, 8);
    memcpy(&fcr31, c->fp + 256, 4);
    env->active_fpu.fcr31 = (fcr31 & env->active_fpu.fcr31_rw_bitmask) |
                            (env->active_fpu.fcr31 & ~env->active_fpu.fcr31_rw_bitmask);
    restore_fp_status(env);
}

#ifdef TARGET_MIPS64
#define NB_UC_MODE UC_MODE_MIPS64
#define NB_MODEL UC_CPU_MIPS64_MIPS64R2_GENERIC
#else
#define NB_UC_MODE UC_MODE_MIPS32
#define NB_MODEL UC_CPU_MIPS32_24KF
#endif
#if defined(TARGET_MIPS64) && defined(TARGET_WORDS_BIGENDIAN)
#define NB_NAME "mips64"
#define nb_mips_ops nb_ops_mips64
#elif defined(TARGET_MIPS64)
#define NB_NAME "mips64el"
#define nb_mips_ops nb_ops_mips64el
#elif defined(TARGET_WORDS_BIGENDIAN)
#define NB_NAME "mips"
#define nb_mips_ops nb_ops_mips
#else
#define NB_NAME "mipsel"
#define nb_mips_ops nb_ops_mipsel
#endif
#ifdef TARGET_WORDS_BIGENDIAN
#define NB_ENDIAN UC_MODE_BIG_ENDIAN
#else
#define NB_ENDIAN 0
#endif

static struct nb_engine *nb_mips_open(int mode, const struct nb_memory *m)
{
    struct nb_engine *e = nb_open_common(UC_ARCH_MIPS, NB_UC_MODE | NB_ENDIAN, NB_MODEL, m);
    CPUMIPSState *env;
    if (!e)
        return NULL;
    e->mode = mode;
    env = e->env;
    /* User mode with a floating-point unit. */
    env->CP0_Status &= ~(1 << CP0St_ERL | 1 << CP0St_EXL | 3 << CP0St_KSU | 1 << CP0St_BEV);
    env->CP0_Status |= MIPS_HFLAG_UM << CP0St_KSU | 1 << CP0St_CU1;
#ifdef TARGET_MIPS64
    /* n32 has 64-bit registers, and addresses that wrap at 32 bits. */
    env->CP0_Status |= 1 << CP0St_FR | (mode == NB_N64 ? 1 << CP0St_UX : 1 << CP0St_PX);
#endif
    env->CP0_HWREna |= 0x2000000f;
    env->hflags &= ~MIPS_HFLAG_BMASK;
    compute_hflags(env);
    env->hflags |= MIPS_HFLAG_HWRENA_ULR;
    env->tlb->map_address = nb_map_address;
    return e;
}

/* Self-check: a register written through the public interface is seen in the private structure. */
static const char *nb_mips_check(struct nb_engine *e)
{
    target_ulong v = 0x11223344;
    if (uc_reg_write(e->uc, UC_MIPS_REG_7, &v) != UC_ERR_OK || e->env->active_tc.gpr[7] != v)
        return "registers are not where the headers say";
    if ((e->env->hflags & MIPS_HFLAG_KSU) != MIPS_HFLAG_UM)
        return "not in user mode";
    return NULL;
}

const struct nb_ops nb_mips_ops = {
    .name = NB_NAME,
    .open = nb_mips_open,
    .close = nb_close,
    .run = nb_run,
    .step = nb_step,
    .fpload = nb_mips_fpload,
    .fpsave = nb_mips_fpsave,
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
    .check = nb_mips_check,
};
