#include_next "exec/gen-icount.h"
#ifndef NB_ARM_ORDER_H
#define NB_ARM_ORDER_H
/*
 * A load-acquire is not performed before a store-release that comes before it. The translators have a barrier before
 * such a store and after such a load, and none between the two. Here it follows the store; and the others only order
 * what they have to, which on hosts like x86-64 they do without an instruction.
 */
static __thread bool nb_releases; /* the next store is one, or the one after a load-acquire of A32, which says it is */

static inline void nb_gen_mb(TCGContext *s, TCGBar type)
{
    if ((type & TCG_BAR_SC) == TCG_BAR_STRL || (type & TCG_BAR_SC) == TCG_BAR_LDAQ) {
        nb_releases = type & TCG_BAR_STRL;
        type &= ~TCG_MO_ST_LD;
    }
    tcg_gen_mb(s, type);
}

static inline void nb_gen_released(TCGContext *s)
{
    if (nb_releases)
        tcg_gen_mb(s, TCG_MO_ST_LD | TCG_BAR_SC);
    nb_releases = false;
}

static inline void nb_gen_st_i32(TCGContext *s, TCGv_i32 val, TCGv addr, TCGArg idx, MemOp memop)
{
    tcg_gen_qemu_st_i32(s, val, addr, idx, memop);
    nb_gen_released(s);
}

static inline void nb_gen_st_i64(TCGContext *s, TCGv_i64 val, TCGv addr, TCGArg idx, MemOp memop)
{
    tcg_gen_qemu_st_i64(s, val, addr, idx, memop);
    nb_gen_released(s);
}
#define tcg_gen_mb nb_gen_mb
#define tcg_gen_qemu_st_i32 nb_gen_st_i32
#define tcg_gen_qemu_st_i64 nb_gen_st_i64

/*
 * LDSMIN and LDSMAX of 32 bits and less: the translator asks for a comparison of what was loaded without sign, which is
 * what it gets where the processor is alone. The old value is extended with zeros.
 */
#ifdef TARGET_AARCH64
static inline void nb_gen_signed(TCGContext *s, TCGv_i64 old, TCGv addr, TCGv_i64 val, TCGArg idx, MemOp memop,
                                 void (*op)(TCGContext *, TCGv_i64, TCGv, TCGv_i64, TCGArg, MemOp))
{
    op(s, old, addr, val, idx, (memop & MO_SIZE) == MO_64 ? memop : memop | MO_SIGN);
    switch (memop & MO_SIZE) {
    case MO_8:
        tcg_gen_ext8u_i64(s, old, old);
        break;
    case MO_16:
        tcg_gen_ext16u_i64(s, old, old);
        break;
    case MO_32:
        tcg_gen_ext32u_i64(s, old, old);
        break;
    default:
        break;
    }
}

static inline void nb_gen_smin(TCGContext *s, TCGv_i64 old, TCGv addr, TCGv_i64 val, TCGArg idx, MemOp memop)
{
    nb_gen_signed(s, old, addr, val, idx, memop, tcg_gen_atomic_fetch_smin_i64);
}

static inline void nb_gen_smax(TCGContext *s, TCGv_i64 old, TCGv addr, TCGv_i64 val, TCGArg idx, MemOp memop)
{
    nb_gen_signed(s, old, addr, val, idx, memop, tcg_gen_atomic_fetch_smax_i64);
}
#define tcg_gen_atomic_fetch_smin_i64 nb_gen_smin
#define tcg_gen_atomic_fetch_smax_i64 nb_gen_smax
#endif
#endif
