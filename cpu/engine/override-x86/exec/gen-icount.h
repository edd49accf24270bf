#include_next "exec/gen-icount.h"
#if !defined(NB_SSE_H) && !defined(HOST_WORDS_BIGENDIAN)
#define NB_SSE_H
/*
 * SSE's integer instructions as code in place of calls. A call stores all registers of the program to memory and
 * loads them again, and what it does is two 64-bit operations. The translator's table names the functions that
 * emit the calls, so that it is enough to give those names to ours. All of them work with 64-bit loads and stores,
 * as movdqa is translated: a wider load of what was just stored in halves waits for the stores to leave the
 * processor's store queue.
 */
#include "tcg/tcg-op.h"
#include "tcg/tcg-op-gvec.h"
#include "exec/helper-gen.h"

typedef void nb_op_i64(TCGContext *s, TCGv_i64 d, TCGv_i64 a, TCGv_i64 b);

/* Both halves: d = op(d, r). */
static inline void nb_sse_halves(TCGContext *s, TCGv_ptr d, TCGv_ptr r, nb_op_i64 *op)
{
    TCGv_i64 a = tcg_temp_new_i64(s), b = tcg_temp_new_i64(s);
    int i;

    for (i = 0; i < 16; i += 8) {
        tcg_gen_ld_i64(s, a, d, i);
        tcg_gen_ld_i64(s, b, r, i);
        op(s, a, a, b);
        tcg_gen_st_i64(s, a, d, i);
    }
    tcg_temp_free_i64(s, a);
    tcg_temp_free_i64(s, b);
}

/* pandn: not the first, and the second. */
static inline void nb_andn(TCGContext *s, TCGv_i64 d, TCGv_i64 a, TCGv_i64 b)
{
    tcg_gen_andc_i64(s, d, b, a);
}

/* Elements that are equal become all ones, others zero. low has all bits but the elements' upper ones. */
static inline void nb_cmpeq(TCGContext *s, TCGv_i64 d, TCGv_i64 a, TCGv_i64 b, uint64_t low, int bits)
{
    TCGv_i64 t = tcg_temp_new_i64(s), m = tcg_const_i64(s, low);

    tcg_gen_xor_i64(s, d, a, b);
    tcg_gen_and_i64(s, t, d, m);
    tcg_gen_add_i64(s, t, t, m); /* the upper bit: something below is set */
    tcg_gen_or_i64(s, t, t, d);
    tcg_gen_or_i64(s, t, t, m);
    tcg_gen_not_i64(s, t, t); /* the upper bit: nothing is set */
    tcg_gen_shri_i64(s, d, t, bits - 1);
    tcg_gen_add_i64(s, t, t, t);
    tcg_gen_sub_i64(s, d, t, d);
    tcg_temp_free_i64(s, t);
    tcg_temp_free_i64(s, m);
}

static inline void nb_cmpeqb(TCGContext *s, TCGv_i64 d, TCGv_i64 a, TCGv_i64 b)
{
    nb_cmpeq(s, d, a, b, 0x7f7f7f7f7f7f7f7full, 8);
}

static inline void nb_cmpeqw(TCGContext *s, TCGv_i64 d, TCGv_i64 a, TCGv_i64 b)
{
    nb_cmpeq(s, d, a, b, 0x7fff7fff7fff7fffull, 16);
}

static inline void nb_cmpeql(TCGContext *s, TCGv_i64 d, TCGv_i64 a, TCGv_i64 b)
{
    nb_cmpeq(s, d, a, b, 0x7fffffff7fffffffull, 32);
}

#define NB_SSE(name, op) \
    static inline void nb_gen_##name(TCGContext *s, TCGv_ptr env, TCGv_ptr d, TCGv_ptr r) \
    { \
        nb_sse_halves(s, d, r, op); \
    }
NB_SSE(pand, tcg_gen_and_i64)
NB_SSE(pandn, nb_andn)
NB_SSE(por, tcg_gen_or_i64)
NB_SSE(pxor, tcg_gen_xor_i64)
NB_SSE(paddb, tcg_gen_vec_add8_i64)
NB_SSE(paddw, tcg_gen_vec_add16_i64)
NB_SSE(paddl, tcg_gen_vec_add32_i64)
NB_SSE(paddq, tcg_gen_add_i64)
NB_SSE(psubb, tcg_gen_vec_sub8_i64)
NB_SSE(psubw, tcg_gen_vec_sub16_i64)
NB_SSE(psubl, tcg_gen_vec_sub32_i64)
NB_SSE(psubq, tcg_gen_sub_i64)
NB_SSE(pcmpeqb, nb_cmpeqb)
NB_SSE(pcmpeqw, nb_cmpeqw)
NB_SSE(pcmpeql, nb_cmpeql)

/*
 * Shifts by the 64-bit number in r, more than 63 giving 0. An immediate count has been stored there as two halves,
 * and is loaded in the same way.
 */
static inline void nb_sse_shift(TCGContext *s, TCGv_ptr d, TCGv_ptr r, nb_op_i64 *op)
{
    TCGv_i64 a = tcg_temp_new_i64(s), n = tcg_temp_new_i64(s), zero = tcg_const_i64(s, 0), most = tcg_const_i64(s, 63);
    int i;

    tcg_gen_ld32u_i64(s, n, r, 0);
    tcg_gen_ld32u_i64(s, a, r, 4);
    tcg_gen_shli_i64(s, a, a, 32);
    tcg_gen_or_i64(s, n, n, a);
    for (i = 0; i < 16; i += 8) {
        TCGv_i64 t = tcg_temp_new_i64(s);
        tcg_gen_ld_i64(s, a, d, i);
        tcg_gen_andi_i64(s, t, n, 63);
        op(s, a, a, t);
        tcg_gen_movcond_i64(s, TCG_COND_GTU, a, n, most, zero, a);
        tcg_gen_st_i64(s, a, d, i);
        tcg_temp_free_i64(s, t);
    }
    tcg_temp_free_i64(s, a);
    tcg_temp_free_i64(s, n);
    tcg_temp_free_i64(s, zero);
    tcg_temp_free_i64(s, most);
}

static inline void nb_gen_psllq(TCGContext *s, TCGv_ptr env, TCGv_ptr d, TCGv_ptr r)
{
    nb_sse_shift(s, d, r, tcg_gen_shl_i64);
}

static inline void nb_gen_psrlq(TCGContext *s, TCGv_ptr env, TCGv_ptr d, TCGv_ptr r)
{
    nb_sse_shift(s, d, r, tcg_gen_shr_i64);
}

/* The two doublewords of half `half` of each, interleaved. */
static inline void nb_sse_unpackdq(TCGContext *s, TCGv_ptr d, TCGv_ptr r, int half)
{
    TCGv_i64 a = tcg_temp_new_i64(s), b = tcg_temp_new_i64(s), t = tcg_temp_new_i64(s);

    tcg_gen_ld_i64(s, a, d, half);
    tcg_gen_ld_i64(s, b, r, half);
    tcg_gen_deposit_i64(s, t, a, b, 32, 32);
    tcg_gen_st_i64(s, t, d, 0);
    tcg_gen_shri_i64(s, a, a, 32);
    tcg_gen_deposit_i64(s, t, b, a, 0, 32);
    tcg_gen_st_i64(s, t, d, 8);
    tcg_temp_free_i64(s, a);
    tcg_temp_free_i64(s, b);
    tcg_temp_free_i64(s, t);
}

static inline void nb_gen_punpckldq(TCGContext *s, TCGv_ptr env, TCGv_ptr d, TCGv_ptr r)
{
    nb_sse_unpackdq(s, d, r, 0);
}

static inline void nb_gen_punpckhdq(TCGContext *s, TCGv_ptr env, TCGv_ptr d, TCGv_ptr r)
{
    nb_sse_unpackdq(s, d, r, 8);
}

static inline void nb_gen_punpcklqdq(TCGContext *s, TCGv_ptr env, TCGv_ptr d, TCGv_ptr r)
{
    TCGv_i64 t = tcg_temp_new_i64(s);

    tcg_gen_ld_i64(s, t, r, 0);
    tcg_gen_st_i64(s, t, d, 8);
    tcg_temp_free_i64(s, t);
}

static inline void nb_gen_punpckhqdq(TCGContext *s, TCGv_ptr env, TCGv_ptr d, TCGv_ptr r)
{
    TCGv_i64 a = tcg_temp_new_i64(s), b = tcg_temp_new_i64(s);

    tcg_gen_ld_i64(s, a, d, 8);
    tcg_gen_ld_i64(s, b, r, 8);
    tcg_gen_st_i64(s, a, d, 0);
    tcg_gen_st_i64(s, b, d, 8);
    tcg_temp_free_i64(s, a);
    tcg_temp_free_i64(s, b);
}

/* The upper bits of the bytes of one half, side by side: the products of the multiplication do not overlap. */
static inline void nb_sse_signs(TCGContext *s, TCGv_i64 t, TCGv_ptr r, int half)
{
    TCGv_i64 m = tcg_const_i64(s, 0x0002040810204081ull);

    tcg_gen_ld_i64(s, t, r, half);
    tcg_gen_andi_i64(s, t, t, 0x8080808080808080ull);
    tcg_gen_mul_i64(s, t, t, m);
    tcg_gen_shri_i64(s, t, t, 56);
    tcg_temp_free_i64(s, m);
}

static inline void nb_gen_pmovmskb(TCGContext *s, TCGv_i32 val, TCGv_ptr env, TCGv_ptr r)
{
    TCGv_i64 a = tcg_temp_new_i64(s), b = tcg_temp_new_i64(s);

    nb_sse_signs(s, a, r, 0);
    nb_sse_signs(s, b, r, 8);
    tcg_gen_shli_i64(s, b, b, 8);
    tcg_gen_or_i64(s, a, a, b);
    tcg_gen_extrl_i64_i32(s, val, a);
    tcg_temp_free_i64(s, a);
    tcg_temp_free_i64(s, b);
}

#define gen_helper_pand_xmm nb_gen_pand
#define gen_helper_pandn_xmm nb_gen_pandn
#define gen_helper_por_xmm nb_gen_por
#define gen_helper_pxor_xmm nb_gen_pxor
#define gen_helper_paddb_xmm nb_gen_paddb
#define gen_helper_paddw_xmm nb_gen_paddw
#define gen_helper_paddl_xmm nb_gen_paddl
#define gen_helper_paddq_xmm nb_gen_paddq
#define gen_helper_psubb_xmm nb_gen_psubb
#define gen_helper_psubw_xmm nb_gen_psubw
#define gen_helper_psubl_xmm nb_gen_psubl
#define gen_helper_psubq_xmm nb_gen_psubq
#define gen_helper_pcmpeqb_xmm nb_gen_pcmpeqb
#define gen_helper_pcmpeqw_xmm nb_gen_pcmpeqw
#define gen_helper_pcmpeql_xmm nb_gen_pcmpeql
#define gen_helper_psllq_xmm nb_gen_psllq
#define gen_helper_psrlq_xmm nb_gen_psrlq
#define gen_helper_punpckldq_xmm nb_gen_punpckldq
#define gen_helper_punpckhdq_xmm nb_gen_punpckhdq
#define gen_helper_punpcklqdq_xmm nb_gen_punpcklqdq
#define gen_helper_punpckhqdq_xmm nb_gen_punpckhqdq
#define gen_helper_pmovmskb_xmm nb_gen_pmovmskb
#endif

#ifndef NB_X86_GP_H
#define NB_X86_GP_H
#include "exec/helper-gen.h"
/*
 * Unicorn lets everybody use ports and call the kernel with sysenter. Programs have neither: a protection fault at the
 * instruction. gen_check_io is a function of the translator's that does nothing; its definition gets another name, by
 * the first word of its parameters, and the calls become what QEMU's would find out at run time.
 */
#define gen_check_io(a, ot, eip, flags) NB_CHECK_IO_##a, ot, eip, flags)
#define NB_CHECK_IO_DisasContext __attribute__((unused)) nb_check_io(DisasContext
#define NB_CHECK_IO_s nb_no_io(s
#define nb_no_io(s, ot, eip, flags) gen_exception(s, EXCP0D_GPF, eip)
#define gen_helper_sysenter(tcg_ctx, env, addend) gen_exception(s, EXCP0D_GPF, pc_start - s->cs_base)

/*
 * cmpxchg8b and cmpxchg16b change one flag and take the others from what the last instruction left to compute them by.
 * The translator does not store of which kind that is: what came out was anything, even a request to trap (TF).
 */
#define gen_helper_cmpxchg8b(ctx, env, a) (gen_update_cc_op(s), (gen_helper_cmpxchg8b)(ctx, env, a))
#define gen_helper_cmpxchg8b_unlocked(ctx, env, a) (gen_update_cc_op(s), (gen_helper_cmpxchg8b_unlocked)(ctx, env, a))
#define gen_helper_cmpxchg16b(ctx, env, a) (gen_update_cc_op(s), (gen_helper_cmpxchg16b)(ctx, env, a))
#define gen_helper_cmpxchg16b_unlocked(ctx, env, a) (gen_update_cc_op(s), (gen_helper_cmpxchg16b_unlocked)(ctx, env, a))
#endif
