/*
 * The translator of x86, with what it lacks: the waiting of x87 and MMX instructions for an exception of an earlier one.
 * Names that it uses lead to functions here, which come after it because they need its types.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/exec-all.h"
#include "tcg/tcg-op.h"
#include "exec/helper-gen.h"
#include "nb_x87.h"

struct DisasContext;
static inline void nb_gen_x87(CPUX86State *env, struct DisasContext *s, int b);
static inline void nb_gen_wait(struct DisasContext *s);
static inline void nb_gen_fdp(TCGContext *c, TCGv addr);

/* What the translator looks at before it decodes an x87 instruction. In gen_sse the same bytes are others. */
#undef HF_EM_MASK
#define HF_EM_MASK \
    (sizeof(__func__) == sizeof("disas_insn") ? nb_gen_x87(env, s, b) : (void)0, 1 << HF_EM_SHIFT)

/* MMX instructions, and SSE's that work with MMX registers, wait as well. */
#define gen_helper_enter_mmx(c, e) (nb_gen_wait(s), (gen_helper_enter_mmx)(c, e))
#define gen_helper_emms(c, e) (nb_gen_wait(s), (gen_helper_emms)(c, e))

/* Where the address of an x87 instruction's operand is known, before the instruction. */
#undef tcg_gen_mov_tl
#define tcg_gen_mov_tl(c, d, v) \
    (tcg_gen_mov_i64(c, d, v), sizeof(#d) == sizeof("last_addr") ? nb_gen_fdp(c, d) : (void)0)

#include "target/i386/translate.c"

/* The instruction leaves the address of its operand behind, also if it is not completed (nb_x87_skip). */
static __thread bool nb_notes_fdp;

/* While there are exceptions that are not masked: one that waits is raised at this instruction. */
static inline void nb_gen_wait(DisasContext *s)
{
    if (s->flags & NB_HF_X87)
        gen_helper_fwait(s->uc->tcg_ctx, s->uc->tcg_ctx->cpu_env);
}

static inline void nb_gen_fdp(TCGContext *c, TCGv addr)
{
    if (nb_notes_fdp && sizeof(target_ulong) == 8)
        tcg_gen_st_i64(c, addr, c->cpu_env, offsetof(CPUX86State, fpdp));
}

/* Whether the instruction of this escape byte and the next one is for the x87's control; what is not waits as well. */
static bool nb_x87_is_control(int b, int modrm, bool *waits)
{
    int op = (b & 7) << 3 | (modrm >> 3 & 7);

    *waits = true;
    if (modrm < 0xc0) {
        switch (op) {
        case 0x0e: case 0x0f: case 0x2e: case 0x2f: /* fnstenv, fnstcw, fnsave, fnstsw */
            *waits = false;
            /* fall through */
        case 0x0c: case 0x0d: case 0x2c: /* fldenv, fldcw, frstor */
            return true;
        }
        return false;
    }
    switch (op) {
    case 0x1c: case 0x3c: /* fneni, fndisi, fnclex, fninit, fnsetpm; fnstsw %ax */
        *waits = false;
        return true;
    }
    return false;
}

static inline void nb_gen_x87(CPUX86State *env, DisasContext *s, int b)
{
    bool waits;

    nb_notes_fdp = false;
    if (likely(!(s->flags & NB_HF_X87)) || b < 0xd8 || b > 0xdf)
        return;
    nb_notes_fdp = !nb_x87_is_control(b, translator_ldub(s->uc->tcg_ctx, env, s->pc), &waits);
    if (waits)
        nb_gen_wait(s);
}
