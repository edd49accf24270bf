#include_next "exec/gen-icount.h"
#ifndef NB_SPARC_ORDER_H
#define NB_SPARC_ORDER_H
#include "exec/translator.h"
/*
 * The translator does nothing for membar and stbar. Here the barrier comes before the instruction, when it is fetched.
 * The lower four bits of membar's mask are load-load, store-load, load-store and store-store; with one of the upper
 * three everything is waited for.
 */
static inline uint32_t nb_gen_membar(TCGContext *s, uint32_t insn)
{
    static const TCGBar bars[] = { TCG_MO_LD_LD, TCG_MO_ST_LD, TCG_MO_LD_ST, TCG_MO_ST_ST };
    int bar = 0, i;

    if ((insn & 0xffffc000) != 0x8143c000)
        return insn;
    for (i = 0; i < 4; i++)
        if (insn >> i & 1)
            bar |= bars[i];
    if (!(insn & 0x2000))
        bar = TCG_MO_ST_ST;
    else if (insn & 0x70)
        bar = TCG_MO_ALL;
    tcg_gen_mb(s, bar | TCG_BAR_SC);
    return insn;
}
#define translator_ldl(s, env, pc) nb_gen_membar(s, translator_ldl(s, env, pc))
#endif
