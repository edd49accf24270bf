/*
 * Faults of the x87's stack, which Unicorn does not know: an instruction that wants a register that is empty, or pushes onto
 * one that is not. Translated code comes here instead of executing the instruction: see nb_x87_stack.inc.c.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/helper-proto.h"
#include "exec/exec-all.h"
#include "exec/cpu_ldst.h"
#include "fpu/softfloat.h"
#include "nb_x87.h"
#include "nb_x87_stack.h"

#define NB_X87_SF 0x40
#define NB_X87_CODES 0x4500 /* all conditions: no order */

static floatx80 *nb_x87_reg(CPUX86State *env, int i)
{
    return &env->fpregs[(env->fpstt + i) & 7].d;
}

static void nb_x87_set(CPUX86State *env, int i)
{
    *nb_x87_reg(env, i) = make_floatx80(0xffff, 0xc000000000000000ull);
    env->fptags[(env->fpstt + i) & 7] = 0;
}

static void nb_x87_store(CPUX86State *env, const nb_x87_insn *x, target_ulong at, uintptr_t ra)
{
    nb_x86_writable(env, at, x->bytes, ra);
    if (x->bytes == 10) {
        cpu_stq_data_ra(env, at, 0xc000000000000000ull, ra);
        cpu_stw_data_ra(env, at + 8, 0xffff, ra);
    } else if (x->bytes == 8) {
        cpu_stq_data_ra(env, at, x->integer ? 1ull << 63 : 0xfff8000000000000ull, ra);
    } else if (x->bytes == 4) {
        cpu_stl_data_ra(env, at, x->integer ? 1u << 31 : 0xffc00000, ra);
    } else {
        cpu_stw_data_ra(env, at, 0x8000, ra);
    }
}

/* Registers that are empty become numbers that are none, and then are exchanged. */
static void nb_x87_exchange(CPUX86State *env, int other)
{
    floatx80 t;

    if (env->fptags[env->fpstt])
        nb_x87_set(env, 0);
    if (env->fptags[(env->fpstt + other) & 7])
        nb_x87_set(env, other);
    t = *nb_x87_reg(env, 0);
    *nb_x87_reg(env, 0) = *nb_x87_reg(env, other);
    *nb_x87_reg(env, other) = t;
}

/* What the instruction does if the exception is masked. */
static void nb_x87_masked(CPUX86State *env, const nb_x87_insn *x)
{
    int i;

    switch (x->kind) {
    case NB_X87_TOP:
    case NB_X87_TWO:
        nb_x87_set(env, 0);
        break;
    case NB_X87_OTHER:
        nb_x87_set(env, x->other);
        break;
    case NB_X87_EXCHANGE:
        nb_x87_exchange(env, x->other);
        break;
    case NB_X87_COMPARE:
        env->fpus |= NB_X87_CODES;
        break;
    }
    for (i = 0; i < x->pops; i++) {
        env->fptags[env->fpstt] = 1;
        env->fpstt = (env->fpstt + 1) & 7;
    }
    if (x->kind == NB_X87_LOAD || x->kind == NB_X87_TWO) {
        env->fpstt = (env->fpstt - 1) & 7;
        nb_x87_set(env, 0);
    }
}

/* Of an empty register also a full one is told that should be empty. The program goes on after the instruction. */
void helper_nb_x87_stack(CPUX86State *env, target_ulong at, uint32_t insn)
{
    nb_x87_insn x = nb_x87_insn_of(insn);
    bool masked = env->fpuc & NB_X87_IE, over = x.empty;
    uintptr_t ra = GETPC();
    int i;

    for (i = 0; i < 8; i++) {
        if (x.full >> i & 1 && env->fptags[(env->fpstt + i) & 7])
            over = false;
    }
    if (x.kind == NB_X87_TO_MEMORY) {
        if (masked)
            nb_x87_store(env, &x, at, ra);
    } else if (x.bytes) {
        probe_access(env, at, MIN(x.bytes, -(int)(at | TARGET_PAGE_MASK)), MMU_DATA_LOAD, cpu_mmu_index(env, false), ra);
        cpu_ldub_data_ra(env, at + x.bytes - 1, ra);
    }
    cpu_restore_state(env_cpu(env), ra, true);
    env->fpus = (env->fpus & ~NB_X87_C1) | (over ? NB_X87_C1 : 0) | NB_X87_IE | NB_X87_SF | (masked ? 0 : NB_X87_ES);
    if (masked)
        nb_x87_masked(env, &x);
    else if (x.kind == NB_X87_COMPARE)
        env->fpus |= NB_X87_CODES;
    if (x.kind == NB_X87_FLAGS) {
        env->cc_src = CC_Z | CC_P | CC_C;
        env->cc_op = CC_OP_EFLAGS;
    }
    env->fpdp = at;
    nb_x87_skip(env, ra);
}
