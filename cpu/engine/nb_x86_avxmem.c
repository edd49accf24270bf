/*
 * VEX-coded instructions whose elements come from memory one by one: masked moves, and gathers. Only the elements that
 * the mask names are accessed.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/helper-proto.h"
#include "exec/exec-all.h"
#include "exec/cpu_ldst.h"
#include "nb_x86_vec.h"
#include "nb_x87.h"
#include "nb_x86_vexhow.h"

static void nb_x86_probe(CPUX86State *env, target_ulong at, int n, MMUAccessType type, uintptr_t ra)
{
    int first = MIN(n, -(int)(at | TARGET_PAGE_MASK));

    probe_access(env, at, first, type, cpu_mmu_index(env, false), ra);
    if (first < n)
        probe_access(env, at + first, n - first, type, cpu_mmu_index(env, false), ra);
}

void nb_x86_writable(CPUX86State *env, target_ulong at, int n, uintptr_t ra)
{
    nb_x86_probe(env, at, n, MMU_DATA_STORE, ra);
}

void nb_x86_readable(CPUX86State *env, target_ulong at, int n, uintptr_t ra)
{
    nb_x86_probe(env, at, n, MMU_DATA_LOAD, ra);
}

void helper_nb_writable(CPUX86State *env, target_ulong at, uint32_t n)
{
    nb_x86_writable(env, at, n, GETPC());
}

static inline target_ulong nb_avx_address(target_ulong at, uint32_t how)
{
    return how & NB_VEX_BITS32 ? (uint32_t)at : at;
}

static inline uint64_t nb_avx_load(CPUX86State *env, target_ulong at, uint32_t how, uintptr_t ra)
{
    return how & NB_VEX_QUAD ? cpu_ldq_data_ra(env, at, ra) : cpu_ldl_data_ra(env, at, ra);
}

static inline bool nb_avx_chosen(const ZMMReg *m, int i, uint32_t how)
{
    return how & NB_VEX_QUAD ? m->ZMM_Q(i) >> 63 : m->ZMM_L(i) >> 31;
}

static inline void nb_avx_set(ZMMReg *d, int i, uint32_t how, uint64_t v)
{
    if (how & NB_VEX_QUAD)
        d->ZMM_Q(i) = v;
    else
        d->ZMM_L(i) = v;
}

void helper_nb_vmaskload(CPUX86State *env, void *d, void *m, target_ulong at, uint32_t how)
{
    int size = how & NB_VEX_QUAD ? 8 : 4, n = (how & NB_VEX_L ? 32 : 16) / size, i;
    ZMMReg r;

    memset(&r, 0, 32);
    for (i = 0; i < n; i++) {
        if (nb_avx_chosen(m, i, how))
            nb_avx_set(&r, i, how, nb_avx_load(env, nb_avx_address(at + i * size, how), how, GETPC()));
    }
    memcpy(d, &r, 32);
}

void helper_nb_vmaskstore(CPUX86State *env, void *s, void *m, target_ulong at, uint32_t how)
{
    int size = how & NB_VEX_QUAD ? 8 : 4, n = (how & NB_VEX_L ? 32 : 16) / size, i;
    const ZMMReg *v = s;

    for (i = n; i-- > 0;) { /* what cannot be stored is found first */
        if (nb_avx_chosen(m, i, how))
            nb_x86_writable(env, nb_avx_address(at + i * size, how), size, GETPC());
    }
    for (i = 0; i < n; i++) {
        target_ulong to = nb_avx_address(at + i * size, how);
        if (!nb_avx_chosen(m, i, how))
            continue;
        if (how & NB_VEX_QUAD)
            cpu_stq_data_ra(env, to, v->ZMM_Q(i), GETPC());
        else
            cpu_stl_data_ra(env, to, v->ZMM_L(i), GETPC());
    }
}

/* Bytes of the first operand where the second's have their upper bit. */
#define NB_MASKMOV(name, type, bytes, byte) \
    void nb_soft_##name(CPUX86State *env, type *d, type *s, target_ulong at); \
    void helper_##name(CPUX86State *env, type *d, type *s, target_ulong at) \
    { \
        int i; \
        for (i = bytes; i-- > 0;) { \
            if (s->byte(i) & 0x80) \
                nb_x86_writable(env, at + i, 1, GETPC()); \
        } \
        nb_soft_##name(env, d, s, at); \
    }
NB_MASKMOV(maskmov_mmx, MMXReg, 8, MMX_B)
NB_MASKMOV(maskmov_xmm, ZMMReg, 16, ZMM_B)

/*
 * What was loaded before a fault stays, and its mask says that it is there, as does that of elements not chosen. base is without its segment, because the
 * address that is formed with an index has the size that the instruction says.
 */
void helper_nb_vgather(CPUX86State *env, target_ulong base, uint32_t regs, uint32_t how)
{
    ZMMReg *d = &env->xmm_regs[regs & 15], *m = &env->xmm_regs[regs >> 16 & 15];
    const ZMMReg *x = &env->xmm_regs[regs >> 8 & 15];
    target_ulong seg = how & NB_VEX_SEG ? env->segs[how >> NB_VEX_SEGAT & 7].base : 0;
    int size = how & NB_VEX_QUAD ? 8 : 4, n = (how & NB_VEX_L ? 32 : 16) / (how & NB_VEX_QINDEX ? 8 : size), i;

    for (i = 0; i < n; i++) {
        int64_t index = how & NB_VEX_QINDEX ? (int64_t)x->ZMM_Q(i) : (int32_t)x->ZMM_L(i);
        target_ulong at = base + ((target_ulong)index << (how >> NB_VEX_SCALEAT & 3));
        if (how & NB_VEX_ADDR32)
            at = (uint32_t)at;
        if (nb_avx_chosen(m, i, how))
            nb_avx_set(d, i, how, nb_avx_load(env, nb_avx_address(at + seg, how), how, GETPC()));
        nb_avx_set(m, i, how, 0);
    }
    memset(m, 0, 32);
    memset(&d->ZMM_B(n * size), 0, 32 - n * size);
}
