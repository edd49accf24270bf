#ifndef NB_SLOW_H
#define NB_SLOW_H
/* For tcg.c: its tables of helpers have those of nb_slow.inc.c. */
#include "tcg/tcg.h"

#define NB_SLOW(name) glue(nb_slow_##name, UNICORN_ARCH_POSTFIX)
#define NB_SLOW_LOAD(name, type) type NB_SLOW(name)(CPUArchState *env, target_ulong addr, TCGMemOpIdx oi, uintptr_t retaddr);
#define NB_SLOW_STORE(name, type) void NB_SLOW(name)(CPUArchState *env, target_ulong addr, type val, TCGMemOpIdx oi, uintptr_t retaddr);

NB_SLOW_LOAD(ret_ldub_mmu, tcg_target_ulong)
NB_SLOW_LOAD(le_lduw_mmu, tcg_target_ulong)
NB_SLOW_LOAD(be_lduw_mmu, tcg_target_ulong)
NB_SLOW_LOAD(le_ldul_mmu, tcg_target_ulong)
NB_SLOW_LOAD(be_ldul_mmu, tcg_target_ulong)
NB_SLOW_LOAD(le_ldq_mmu, uint64_t)
NB_SLOW_LOAD(be_ldq_mmu, uint64_t)
NB_SLOW_STORE(ret_stb_mmu, uint8_t)
NB_SLOW_STORE(le_stw_mmu, uint16_t)
NB_SLOW_STORE(be_stw_mmu, uint16_t)
NB_SLOW_STORE(le_stl_mmu, uint32_t)
NB_SLOW_STORE(be_stl_mmu, uint32_t)
NB_SLOW_STORE(le_stq_mmu, uint64_t)
NB_SLOW_STORE(be_stq_mmu, uint64_t)

#ifdef USE_TCG_OPTIMIZATIONS /* tcg.c alone says so */
#undef helper_ret_ldub_mmu
#undef helper_le_lduw_mmu
#undef helper_be_lduw_mmu
#undef helper_le_ldul_mmu
#undef helper_be_ldul_mmu
#undef helper_le_ldq_mmu
#undef helper_be_ldq_mmu
#undef helper_ret_stb_mmu
#undef helper_le_stw_mmu
#undef helper_be_stw_mmu
#undef helper_le_stl_mmu
#undef helper_be_stl_mmu
#undef helper_le_stq_mmu
#undef helper_be_stq_mmu
#define helper_ret_ldub_mmu NB_SLOW(ret_ldub_mmu)
#define helper_le_lduw_mmu NB_SLOW(le_lduw_mmu)
#define helper_be_lduw_mmu NB_SLOW(be_lduw_mmu)
#define helper_le_ldul_mmu NB_SLOW(le_ldul_mmu)
#define helper_be_ldul_mmu NB_SLOW(be_ldul_mmu)
#define helper_le_ldq_mmu NB_SLOW(le_ldq_mmu)
#define helper_be_ldq_mmu NB_SLOW(be_ldq_mmu)
#define helper_ret_stb_mmu NB_SLOW(ret_stb_mmu)
#define helper_le_stw_mmu NB_SLOW(le_stw_mmu)
#define helper_be_stw_mmu NB_SLOW(be_stw_mmu)
#define helper_le_stl_mmu NB_SLOW(le_stl_mmu)
#define helper_be_stl_mmu NB_SLOW(be_stl_mmu)
#define helper_le_stq_mmu NB_SLOW(le_stq_mmu)
#define helper_be_stq_mmu NB_SLOW(be_stq_mmu)
#endif
#endif
