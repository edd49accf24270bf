#ifndef NB_GEN_JUMP_H
#define NB_GEN_JUMP_H
/*
 * The end of a block whose next one is not known, or in another page: a comparison with where it went the last time, and
 * the call that looks for the next block only where that differs. The flags that the next block is translated for are not
 * compared: they have to follow from those of the block that ends, and from the key that NB_SITE_KEY (nb_jump.h) makes.
 */
#include "tcg/tcg-op.h"
#include "exec/helper-gen.h"
#include "nb_jump.h"

/* By the helper each time. */
static inline void nb_gen_lookup(TCGContext *s)
{
    tcg_gen_lookup_and_goto_ptr(s);
}

/* key is NB_SITE_KEY of where the processor is now. */
static inline void nb_gen_jump(TCGContext *s, TCGv key)
{
    struct nb_site *site = NULL;
    TCGLabel *miss;
    TCGv_ptr at, to;
    TCGv last;

    if (NB_JUMP_CFLAGS(s->tb_cflags))
        site = nb_site_new(nb_jumps(s->uc->cpu));
    if (!site) {
        nb_gen_lookup(s);
        return;
    }
    miss = gen_new_label(s);
    last = tcg_temp_new(s);
    to = tcg_temp_new_ptr(s);
    at = tcg_const_ptr(s, site);
    tcg_gen_ld_tl(s, last, at, offsetof(struct nb_site, key));
    tcg_gen_brcond_tl(s, TCG_COND_NE, key, last, miss);
    tcg_temp_free_ptr(s, at);
    at = tcg_const_ptr(s, site);
    tcg_gen_ld_ptr(s, to, at, offsetof(struct nb_site, code));
    tcg_gen_op1i(s, INDEX_op_goto_ptr, tcgv_ptr_arg(s, to));
    gen_set_label(s, miss);
    tcg_temp_free_ptr(s, at);
    at = tcg_const_ptr(s, site);
    gen_helper_nb_jump_on(s, to, s->cpu_env, at);
    tcg_gen_op1i(s, INDEX_op_goto_ptr, tcgv_ptr_arg(s, to));
    tcg_temp_free_ptr(s, at);
    tcg_temp_free_ptr(s, to);
    tcg_temp_free(s, last);
}

/*
 * Where a machine's translator asks for the next block by tcg_gen_lookup_and_goto_ptr, and why the flags follow. Machines
 * that are not named call the helper each time.
 */
#undef tcg_gen_lookup_and_goto_ptr /* a name with the machine's at its end */
#if defined(TARGET_I386)
/*
 * gen_jr's end of a block, which is that of jumps to other pages too. Instructions that change other flags than it has
 * just reset (those of eflags, segments, levels) end blocks with gen_eob.
 */
static inline void nb_x86_gen_jump(TCGContext *s)
{
    TCGv key = tcg_temp_new(s);

    tcg_gen_ld_tl(s, key, s->cpu_env, offsetof(CPUX86State, eip));
    nb_gen_jump(s, key);
    tcg_temp_free(s, key);
}
#define tcg_gen_lookup_and_goto_ptr(s) nb_x86_gen_jump(s)

#elif defined(TARGET_AARCH64)
/*
 * A64: the other flags are written to system registers, which ends a block in another way, or say what kind of jump it
 * is, as the instruction does. gen_goto_ptr is A32's, which nobody runs on this machine.
 */
#define tcg_gen_lookup_and_goto_ptr(s) \
    (sizeof(__func__) == sizeof("gen_goto_ptr") ? nb_gen_lookup(s) : nb_gen_jump(s, (s)->cpu_pc_arm64))

#elif defined(TARGET_ARM)
/* bx and its like go to A32 or T32; the other flags are those of system registers. */
static inline void nb_arm_gen_jump(TCGContext *s)
{
    TCGv key = tcg_temp_new(s);

    tcg_gen_ld_i32(s, key, s->cpu_env, offsetof(CPUARMState, thumb));
    tcg_gen_or_i32(s, key, key, s->cpu_R[15]);
    nb_gen_jump(s, key);
    tcg_temp_free(s, key);
}
#define tcg_gen_lookup_and_goto_ptr(s) nb_arm_gen_jump(s)

#elif defined(TARGET_MIPS)
/*
 * gen_branch has jumps to registers, whose lowest bit is the instruction set where there are two; gen_goto_tb jumps to
 * other pages in the same one, and never finds them in the second. What is left follows instructions that change flags.
 */
#define tcg_gen_lookup_and_goto_ptr(s) \
    (sizeof(__func__) == sizeof("gen_branch")    ? nb_gen_jump(s, (s)->btarget) \
     : sizeof(__func__) == sizeof("gen_goto_tb") ? nb_gen_jump(s, (s)->cpu_pc) \
                                                 : nb_gen_lookup(s))

/* The others' flags are the level, and what only the kernel changes, or come with an end of the block in another way. */
#elif defined(TARGET_PPC)
#define tcg_gen_lookup_and_goto_ptr(s) nb_gen_jump(s, cpu_nip)
#elif defined(TARGET_RISCV)
#define tcg_gen_lookup_and_goto_ptr(s) nb_gen_jump(s, (s)->cpu_pc)
#elif defined(TARGET_M68K)
#define tcg_gen_lookup_and_goto_ptr(s) nb_gen_jump(s, QREG_PC)
#else
#define tcg_gen_lookup_and_goto_ptr(s) nb_gen_lookup(s)
#endif
#endif
