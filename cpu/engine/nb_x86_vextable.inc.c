/*
 * VEX-coded instructions by their map (0f, 0f 38, 0f 3a), opcode and implied prefix: none, 66, f3, f2. What is not here is
 * undefined. See the Intel manual's opcode maps for the names.
 */
#define G3(vece, fn) { NB_V_GVEC3, vece, 0, fn }
#define G2(vece, fn) { NB_V_GVEC2, vece, NB_V_NV, fn }
#define I3(name) { NB_V_INT3, 0, 0, gen_helper_nb_v##name }
#define I3F(name, flags) { NB_V_INT3, 0, flags, gen_helper_nb_v##name }
#define SH(name) { NB_V_INT3, 16, 0, gen_helper_nb_v##name } /* the number is 128 bits of memory */
#define I2(name) { NB_V_INT2, 0, NB_V_NV | NB_V_IMM, gen_helper_nb_v##name }
#define I2F(name, flags) { NB_V_INT2, 0, NB_V_NV | NB_V_IMM | (flags), gen_helper_nb_v##name }
#define EX(name, part) { NB_V_INT2, 0x80 | (part), NB_V_NV, gen_helper_nb_v##name }
#define I4(name) { NB_V_INT4, 0, NB_V_W0 | NB_V_IMM, gen_helper_nb_v##name }
#define FP(name, flags) { NB_V_FP3, 0, flags, gen_helper_nb_v##name }
#define F2(name) { NB_V_FP2, 0, NB_V_NV, gen_helper_nb_v##name }
#define SS(name, flags) { NB_V_FPS, 4, NB_V_LIG | (flags), gen_helper_nb_v##name }
#define SD(name, flags) { NB_V_FPS, 8, NB_V_LIG | (flags), gen_helper_nb_v##name }
#define ARITH(name) { FP(name##ps, 0), FP(name##pd, 0), SS(name##ss, 0), SD(name##sd, 0) }
#define S3(name, flags) { NB_V_SSE3, 0, flags, gen_helper_##name }
#define S2(name, flags) { NB_V_SSE2, 0, NB_V_NV | (flags), gen_helper_##name }
#define SL(name, bytes) { NB_V_SSE3, bytes, NB_V_LIG, gen_helper_##name } /* scalar */
#define S3I(name, flags) { NB_V_SSE3I, 0, NB_V_IMM | (flags), gen_helper_##name }
#define S2I(name, flags) { NB_V_SSE2I, 0, NB_V_NV | NB_V_IMM | (flags), gen_helper_##name }
#define X(name, flags) { NB_V_SPECIAL, 0, flags, nb_vx_##name }
#define NO { 0 }
#define P66(...) { NO, __VA_ARGS__ } /* only with the prefix 66 */
#define FMAS(name) static nb_fp4 *const nb_vex_##name##_p[2] = { gen_helper_nb_v##name##ps, gen_helper_nb_v##name##pd }; \
    static nb_fp4 *const nb_vex_##name##_s[2] = { gen_helper_nb_v##name##ss, gen_helper_nb_v##name##sd }
FMAS(fmadd);
FMAS(fmsub);
FMAS(fnmadd);
FMAS(fnmsub);
static nb_fp4 *const nb_vex_fmaddsub_p[2] = { gen_helper_nb_vfmaddsubps, gen_helper_nb_vfmaddsubpd };
static nb_fp4 *const nb_vex_fmsubadd_p[2] = { gen_helper_nb_vfmsubaddps, gen_helper_nb_vfmsubaddpd };
#define FMA(table) P66({ NB_V_FMA, 0, 0, table })
#define FMAROWS(n) \
    [n + 6] = FMA(nb_vex_fmaddsub_p), [n + 7] = FMA(nb_vex_fmsubadd_p), [n + 8] = FMA(nb_vex_fmadd_p), \
    [n + 9] = FMA(nb_vex_fmadd_s), [n + 10] = FMA(nb_vex_fmsub_p), [n + 11] = FMA(nb_vex_fmsub_s), \
    [n + 12] = FMA(nb_vex_fnmadd_p), [n + 13] = FMA(nb_vex_fnmadd_s), [n + 14] = FMA(nb_vex_fnmsub_p), \
    [n + 15] = FMA(nb_vex_fnmsub_s)

enum { L0 = NB_V_L0, L1 = NB_V_L1, LIG = NB_V_LIG, W0 = NB_V_W0, W1 = NB_V_W1, NV = NB_V_NV, IMM = NB_V_IMM, M = NB_V_M, R = NB_V_R };

static const nb_vex_op nb_vex_table[3][256][4] = {
{
    [0x10] = { X(load, NV), X(load, NV), X(movss, LIG), X(movsd, LIG) },
    [0x11] = { X(store, NV), X(store, NV), X(movss_st, LIG), X(movsd_st, LIG) },
    [0x12] = { X(movlp, L0), X(movlp, L0), X(movsldup, NV), X(movddup, NV) },
    [0x13] = { X(movlp_st, L0 | NV | M), X(movlp_st, L0 | NV | M) },
    [0x14] = { I3(punpckldq), I3(punpcklqdq) },
    [0x15] = { I3(punpckhdq), I3(punpckhqdq) },
    [0x16] = { X(movhp, L0), X(movhp, L0), X(movshdup, NV) },
    [0x17] = { X(movhp_st, L0 | NV | M), X(movhp_st, L0 | NV | M) },
    [0x28] = { X(load_aligned, NV), X(load_aligned, NV) },
    [0x29] = { X(store_aligned, NV), X(store_aligned, NV) },
    [0x2a] = { NO, NO, X(cvtsi2s, LIG), X(cvtsi2s, LIG) },
    [0x2b] = { X(store_aligned, NV | M), X(store_aligned, NV | M) },
    [0x2c] = { NO, NO, X(cvts2si, LIG | NV), X(cvts2si, LIG | NV) },
    [0x2d] = { NO, NO, X(cvts2si, LIG | NV), X(cvts2si, LIG | NV) },
    [0x2e] = { X(comis, LIG | NV), X(comis, LIG | NV) },
    [0x2f] = { X(comis, LIG | NV), X(comis, LIG | NV) },
    [0x50] = { X(movmsk, NV | R), X(movmsk, NV | R) },
    [0x51] = { F2(sqrtps), F2(sqrtpd), SS(sqrtss, 0), SD(sqrtsd, 0) },
    [0x52] = { S2(rsqrtps, 0), NO, SL(rsqrtss, 4) },
    [0x53] = { S2(rcpps, 0), NO, SL(rcpss, 4) },
    [0x54] = { G3(MO_64, tcg_gen_gvec_and), G3(MO_64, tcg_gen_gvec_and) },
    [0x55] = { G3(MO_64, nb_vg_andn), G3(MO_64, nb_vg_andn) },
    [0x56] = { G3(MO_64, tcg_gen_gvec_or), G3(MO_64, tcg_gen_gvec_or) },
    [0x57] = { G3(MO_64, tcg_gen_gvec_xor), G3(MO_64, tcg_gen_gvec_xor) },
    [0x58] = ARITH(add),
    [0x59] = ARITH(mul),
    [0x5a] = { X(cvtps2pd, NV), X(cvtpd2ps, NV), SL(cvtss2sd, 4), SL(cvtsd2ss, 8) },
    [0x5b] = { S2(cvtdq2ps, 0), S2(cvtps2dq, 0), S2(cvttps2dq, 0) },
    [0x5c] = ARITH(sub),
    [0x5d] = ARITH(min),
    [0x5e] = ARITH(div),
    [0x5f] = ARITH(max),
    [0x60] = P66(I3(punpcklbw)),
    [0x61] = P66(I3(punpcklwd)),
    [0x62] = P66(I3(punpckldq)),
    [0x63] = P66(I3(packsswb)),
    [0x64] = P66(G3(MO_8, nb_vg_cmpgt)),
    [0x65] = P66(G3(MO_16, nb_vg_cmpgt)),
    [0x66] = P66(G3(MO_32, nb_vg_cmpgt)),
    [0x67] = P66(I3(packuswb)),
    [0x68] = P66(I3(punpckhbw)),
    [0x69] = P66(I3(punpckhwd)),
    [0x6a] = P66(I3(punpckhdq)),
    [0x6b] = P66(I3(packssdw)),
    [0x6c] = P66(I3(punpcklqdq)),
    [0x6d] = P66(I3(punpckhqdq)),
    [0x6e] = P66(X(movd, L0 | NV)),
    [0x6f] = P66(X(load_aligned, NV), X(load, NV)),
    [0x70] = P66(I2(pshufd), I2(pshufhw), I2(pshuflw)),
    [0x71] = P66(X(shift_imm, IMM | R)),
    [0x72] = P66(X(shift_imm, IMM | R)),
    [0x73] = P66(X(shift_imm, IMM | R)),
    [0x74] = P66(G3(MO_8, nb_vg_cmpeq)),
    [0x75] = P66(G3(MO_16, nb_vg_cmpeq)),
    [0x76] = P66(G3(MO_32, nb_vg_cmpeq)),
    [0x77] = { { NB_V_SPECIAL, 0, NV, nb_vex_zero } },
    [0x7c] = P66(X(hadd, 0), NO, X(hadd, 0)),
    [0x7d] = P66(X(hadd, 0), NO, X(hadd, 0)),
    [0x7e] = P66(X(movd_st, L0 | NV), X(movq, L0 | NV)),
    [0x7f] = P66(X(store_aligned, NV), X(store, NV)),
    [0xae] = { X(mxcsr, L0 | NV | M) },
    [0xc2] = { FP(cmpps, IMM), FP(cmppd, IMM), SS(cmpss, IMM), SD(cmpsd, IMM) },
    [0xc4] = P66(X(pinsr, L0 | IMM)),
    [0xc5] = P66(X(pextr, L0 | NV | IMM | R)),
    [0xc6] = { I3F(shufps, IMM), I3F(shufpd, IMM) },
    [0xd0] = P66(X(addsub, 0), NO, X(addsub, 0)),
    [0xd1] = P66(SH(psrlw)),
    [0xd2] = P66(SH(psrld)),
    [0xd3] = P66(SH(psrlq)),
    [0xd4] = P66(G3(MO_64, tcg_gen_gvec_add)),
    [0xd5] = P66(G3(MO_16, tcg_gen_gvec_mul)),
    [0xd6] = P66(X(movq_st, L0 | NV)),
    [0xd7] = P66(X(pmovmskb, NV | R)),
    [0xd8] = P66(G3(MO_8, tcg_gen_gvec_ussub)),
    [0xd9] = P66(G3(MO_16, tcg_gen_gvec_ussub)),
    [0xda] = P66(G3(MO_8, tcg_gen_gvec_umin)),
    [0xdb] = P66(G3(MO_64, tcg_gen_gvec_and)),
    [0xdc] = P66(G3(MO_8, tcg_gen_gvec_usadd)),
    [0xdd] = P66(G3(MO_16, tcg_gen_gvec_usadd)),
    [0xde] = P66(G3(MO_8, tcg_gen_gvec_umax)),
    [0xdf] = P66(G3(MO_64, nb_vg_andn)),
    [0xe0] = P66(I3(pavgb)),
    [0xe1] = P66(SH(psraw)),
    [0xe2] = P66(SH(psrad)),
    [0xe3] = P66(I3(pavgw)),
    [0xe4] = P66(I3(pmulhuw)),
    [0xe5] = P66(I3(pmulhw)),
    [0xe6] = P66(X(cvttpd2dq, NV), X(cvtdq2pd, NV), X(cvtpd2dq, NV)),
    [0xe7] = P66(X(store_aligned, NV | M)),
    [0xe8] = P66(G3(MO_8, tcg_gen_gvec_sssub)),
    [0xe9] = P66(G3(MO_16, tcg_gen_gvec_sssub)),
    [0xea] = P66(G3(MO_16, tcg_gen_gvec_smin)),
    [0xeb] = P66(G3(MO_64, tcg_gen_gvec_or)),
    [0xec] = P66(G3(MO_8, tcg_gen_gvec_ssadd)),
    [0xed] = P66(G3(MO_16, tcg_gen_gvec_ssadd)),
    [0xee] = P66(G3(MO_16, tcg_gen_gvec_smax)),
    [0xef] = P66(G3(MO_64, tcg_gen_gvec_xor)),
    [0xf0] = { NO, NO, NO, X(load, NV | M) },
    [0xf1] = P66(SH(psllw)),
    [0xf2] = P66(SH(pslld)),
    [0xf3] = P66(SH(psllq)),
    [0xf4] = P66(I3(pmuludq)),
    [0xf5] = P66(I3(pmaddwd)),
    [0xf6] = P66(I3(psadbw)),
    [0xf7] = P66(X(maskmov, L0 | NV | R)),
    [0xf8] = P66(G3(MO_8, tcg_gen_gvec_sub)),
    [0xf9] = P66(G3(MO_16, tcg_gen_gvec_sub)),
    [0xfa] = P66(G3(MO_32, tcg_gen_gvec_sub)),
    [0xfb] = P66(G3(MO_64, tcg_gen_gvec_sub)),
    [0xfc] = P66(G3(MO_8, tcg_gen_gvec_add)),
    [0xfd] = P66(G3(MO_16, tcg_gen_gvec_add)),
    [0xfe] = P66(G3(MO_32, tcg_gen_gvec_add)),
},
{
    [0x00] = P66(I3(pshufb)),
    [0x01] = P66(I3(phaddw)),
    [0x02] = P66(I3(phaddd)),
    [0x03] = P66(I3(phaddsw)),
    [0x04] = P66(I3(pmaddubsw)),
    [0x05] = P66(I3(phsubw)),
    [0x06] = P66(I3(phsubd)),
    [0x07] = P66(I3(phsubsw)),
    [0x08] = P66(I3(psignb)),
    [0x09] = P66(I3(psignw)),
    [0x0a] = P66(I3(psignd)),
    [0x0b] = P66(I3(pmulhrsw)),
    [0x0c] = P66(I3F(permilps, W0)),
    [0x0d] = P66(I3F(permilpd, W0)),
    [0x0e] = P66(X(testps, W0 | NV)),
    [0x0f] = P66(X(testpd, W0 | NV)),
    [0x13] = P66({ NB_V_FP2, 0x82, NV | W0, gen_helper_nb_vcvtph2ps }),
    [0x16] = P66(I3F(permd, L1 | W0)),
    [0x17] = P66(X(ptest, NV)),
    [0x18] = P66(X(broadcast32, W0 | NV)),
    [0x19] = P66(X(broadcast64, L1 | W0 | NV)),
    [0x1a] = P66(X(broadcast128, L1 | W0 | NV | M)),
    [0x1c] = P66(G2(MO_8, tcg_gen_gvec_abs)),
    [0x1d] = P66(G2(MO_16, tcg_gen_gvec_abs)),
    [0x1e] = P66(G2(MO_32, tcg_gen_gvec_abs)),
    [0x20] = P66(EX(pmovsxbw, 2)),
    [0x21] = P66(EX(pmovsxbd, 4)),
    [0x22] = P66(EX(pmovsxbq, 8)),
    [0x23] = P66(EX(pmovsxwd, 2)),
    [0x24] = P66(EX(pmovsxwq, 4)),
    [0x25] = P66(EX(pmovsxdq, 2)),
    [0x28] = P66(I3(pmuldq)),
    [0x29] = P66(G3(MO_64, nb_vg_cmpeq)),
    [0x2a] = P66(X(load_aligned, NV | M)),
    [0x2b] = P66(I3(packusdw)),
    [0x2c] = P66(X(maskload, W0 | M)),
    [0x2d] = P66(X(maskload, W0 | M)),
    [0x2e] = P66(X(maskstore, W0 | M)),
    [0x2f] = P66(X(maskstore, W0 | M)),
    [0x30] = P66(EX(pmovzxbw, 2)),
    [0x31] = P66(EX(pmovzxbd, 4)),
    [0x32] = P66(EX(pmovzxbq, 8)),
    [0x33] = P66(EX(pmovzxwd, 2)),
    [0x34] = P66(EX(pmovzxwq, 4)),
    [0x35] = P66(EX(pmovzxdq, 2)),
    [0x36] = P66(I3F(permd, L1 | W0)),
    [0x37] = P66(G3(MO_64, nb_vg_cmpgt)),
    [0x38] = P66(G3(MO_8, tcg_gen_gvec_smin)),
    [0x39] = P66(G3(MO_32, tcg_gen_gvec_smin)),
    [0x3a] = P66(G3(MO_16, tcg_gen_gvec_umin)),
    [0x3b] = P66(G3(MO_32, tcg_gen_gvec_umin)),
    [0x3c] = P66(G3(MO_8, tcg_gen_gvec_smax)),
    [0x3d] = P66(G3(MO_32, tcg_gen_gvec_smax)),
    [0x3e] = P66(G3(MO_16, tcg_gen_gvec_umax)),
    [0x3f] = P66(G3(MO_32, tcg_gen_gvec_umax)),
    [0x40] = P66(G3(MO_32, tcg_gen_gvec_mul)),
    [0x41] = P66(S2(phminposuw_xmm, L0)),
    [0x45] = P66(X(psrlv, 0)),
    [0x46] = P66(I3F(psravd, W0)),
    [0x47] = P66(X(psllv, 0)),
    [0x58] = P66(X(broadcast32, W0 | NV)),
    [0x59] = P66(X(broadcast64, W0 | NV)),
    [0x5a] = P66(X(broadcast128, L1 | W0 | NV | M)),
    [0x78] = P66(X(broadcast8, W0 | NV)),
    [0x79] = P66(X(broadcast16, W0 | NV)),
    [0x8c] = P66(X(maskload, M)),
    [0x8e] = P66(X(maskstore, M)),
    [0x90] = P66(X(gather, M | NB_V_VSIB)),
    [0x91] = P66(X(gather, M | NB_V_VSIB)),
    [0x92] = P66(X(gather, M | NB_V_VSIB)),
    [0x93] = P66(X(gather, M | NB_V_VSIB)),
    FMAROWS(0x90),
    FMAROWS(0xa0),
    FMAROWS(0xb0),
    [0xdb] = P66(S2(aesimc_xmm, L0)),
    [0xdc] = P66(S3(aesenc_xmm, L0)),
    [0xdd] = P66(S3(aesenclast_xmm, L0)),
    [0xde] = P66(S3(aesdec_xmm, L0)),
    [0xdf] = P66(S3(aesdeclast_xmm, L0)),
},
{
    [0x00] = P66(I2F(permq, L1 | W1)),
    [0x01] = P66(I2F(permq, L1 | W1)),
    [0x02] = P66(I3F(blendps, W0 | IMM)),
    [0x04] = P66(I2F(pshufd, W0)),
    [0x05] = P66(I2F(permilpdi, W0)),
    [0x06] = P66(X(perm128, L1 | W0 | IMM)),
    [0x08] = P66({ NB_V_FP2, 0, NB_V_NV | NB_V_IMM, gen_helper_nb_vroundps }),
    [0x09] = P66({ NB_V_FP2, 0, NB_V_NV | NB_V_IMM, gen_helper_nb_vroundpd }),
    [0x0a] = P66(SS(roundss, IMM)),
    [0x0b] = P66(SD(roundsd, IMM)),
    [0x0c] = P66(I3F(blendps, IMM)),
    [0x0d] = P66(X(blendpd, IMM)),
    [0x0e] = P66(I3F(pblendw, IMM)),
    [0x0f] = P66(I3F(palignr, IMM)),
    [0x14] = P66(X(pextr, L0 | NV | IMM)),
    [0x15] = P66(X(pextr, L0 | NV | IMM)),
    [0x16] = P66(X(pextr, L0 | NV | IMM)),
    [0x17] = P66(X(pextr, L0 | NV | IMM)),
    [0x18] = P66(X(insert128, L1 | W0 | IMM)),
    [0x19] = P66(X(extract128, L1 | W0 | NV | IMM)),
    [0x1d] = P66(X(cvtps2ph, W0 | NV | IMM)),
    [0x20] = P66(X(pinsr, L0 | IMM)),
    [0x21] = P66(X(insertps, L0 | IMM)),
    [0x22] = P66(X(pinsr, L0 | IMM)),
    [0x38] = P66(X(insert128, L1 | W0 | IMM)),
    [0x39] = P66(X(extract128, L1 | W0 | NV | IMM)),
    [0x40] = P66(FP(dpps, IMM)),
    [0x41] = P66(FP(dppd, IMM | L0)),
    [0x42] = P66(I3F(mpsadbw, IMM)),
    [0x44] = P66(S3I(pclmulqdq_xmm, L0)),
    [0x46] = P66(X(perm128, L1 | W0 | IMM)),
    [0x4a] = P66(I4(blendvps)),
    [0x4b] = P66(I4(blendvpd)),
    [0x4c] = P66(I4(pblendvb)),
    [0x60] = P66(X(pcmpstr, L0 | NV | IMM)),
    [0x61] = P66(X(pcmpstr, L0 | NV | IMM)),
    [0x62] = P66(X(pcmpstr, L0 | NV | IMM)),
    [0x63] = P66(X(pcmpstr, L0 | NV | IMM)),
    [0xdf] = P66(S2I(aeskeygenassist_xmm, L0)),
},
};

#undef G3
#undef G2
#undef I3
#undef I3F
#undef SH
#undef I2
#undef I2F
#undef EX
#undef I4
#undef FP
#undef F2
#undef SS
#undef SD
#undef ARITH
#undef S3
#undef S2
#undef SL
#undef S3I
#undef S2I
#undef X
#undef NO
#undef P66
#undef FMAS
#undef FMA
#undef FMAROWS
