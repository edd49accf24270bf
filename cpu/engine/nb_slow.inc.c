/*
 * What translated code calls for an access that its look-up in the TLB did not find, before Unicorn's own helpers
 * (cputlb.c) are asked: those look for the page's region of memory and for hooks at every access, and take an access
 * over two pages byte by byte. Three cases are common and need none of it:
 *   - the page was driven out of the TLB by another one of the same index, and waits in the victim TLB: a loop that
 *     copies between areas whose distance is a multiple of what the TLB covers does this twice a turn;
 *   - the page is in the page table;
 *   - the access lies over the border of two pages.
 * Only entries without a flag are taken, those that translated code itself would take.
 */
/* Every so many accesses by way of the victim TLB the two entries change places, as a page may be used alone now. */
#define NB_VICTIM_TURNS 8

/* nb_seen returns an entry's host address of a guest's; NULL if the entry is another page's or a store must be noticed. */
static inline uint8_t *nb_seen(const CPUTLBEntry *t, target_ulong addr, target_ulong page, bool store)
{
    return (store ? t->addr_write : t->addr_read) == page ? (uint8_t *)((uintptr_t)addr + t->addend) : NULL;
}

/* nb_reach returns the host's address of a guest's, or NULL when Unicorn's helper must look. A page of a file that is in
 * the TLB is left to translated code, where the end of the file is noticed at the very instruction. */
static uint8_t *nb_reach(CPUArchState *env, uintptr_t mmu_idx, target_ulong addr, bool store, uintptr_t retaddr)
{
    static __thread unsigned turns;
    struct nb_engine *e = nb_self;
    struct uc_struct *uc __attribute__((unused)) = env->uc; /* the page-size macros of some targets want it */
    target_ulong page = addr & TARGET_PAGE_MASK;
    CPUTLBEntry *t = tlb_entry(env, mmu_idx, addr);
    uint8_t *p = nb_seen(t, addr, page, store);
    int i;

    for (i = 0; !p && i < CPU_VTLB_SIZE; i++) {
        t = &env_tlb(env)->d[mmu_idx].vtable[i];
        if ((p = nb_seen(t, addr, page, store)) && ++turns % NB_VICTIM_TURNS == 0)
            return NULL;
    }
    if (p)
        return e->flags[t->paddr >> 12] & NB_FRAME_FILE ? NULL : p;
    nb_tlb_fill(env_cpu(env), addr, 1, store ? MMU_DATA_STORE : MMU_DATA_LOAD, mmu_idx, false, retaddr);
    return nb_seen(tlb_entry(env, mmu_idx, addr), addr, page, store);
}

/* nb_span returns how many bytes of an access lie in its first page; 0 when its alignment is for Unicorn to refuse. */
static inline size_t nb_span(CPUArchState *env, target_ulong addr, TCGMemOpIdx oi, size_t size)
{
    struct uc_struct *uc __attribute__((unused)) = env->uc;
    size_t left = -(addr | TARGET_PAGE_MASK);

    if (addr & (((target_ulong)1 << get_alignment_bits(get_memop(oi))) - 1))
        return 0;
    return left < size ? left : size;
}

/* nb_source returns where the bytes of a load are: in memory, or put together from two pages in both. */
static inline const uint8_t *nb_source(CPUArchState *env, target_ulong addr, TCGMemOpIdx oi, uintptr_t retaddr, size_t size, uint8_t both[8])
{
    size_t n = nb_span(env, addr, oi, size);
    uint8_t *p = n ? nb_reach(env, get_mmuidx(oi), addr, false, retaddr) : NULL, *q;

    if (!p || n == size)
        return p;
    q = nb_reach(env, get_mmuidx(oi), addr + n, false, retaddr);
    if (!q)
        return NULL;
    memcpy(both, p, n);
    memcpy(both + n, q, size - n);
    return both;
}

#define NB_LOAD(name, type, bytes, ld) \
type NB_SLOW(name)(CPUArchState *env, target_ulong addr, TCGMemOpIdx oi, uintptr_t retaddr) \
{ \
    uint8_t both[8]; \
    const uint8_t *p = nb_source(env, addr, oi, retaddr, bytes, both); \
    return p ? ld(p) : helper_##name(env, addr, oi, retaddr); \
}

NB_LOAD(ret_ldub_mmu, tcg_target_ulong, 1, ldub_p)
NB_LOAD(le_lduw_mmu, tcg_target_ulong, 2, lduw_le_p)
NB_LOAD(be_lduw_mmu, tcg_target_ulong, 2, lduw_be_p)
NB_LOAD(le_ldul_mmu, tcg_target_ulong, 4, (uint32_t)ldl_le_p)
NB_LOAD(be_ldul_mmu, tcg_target_ulong, 4, (uint32_t)ldl_be_p)
NB_LOAD(le_ldq_mmu, uint64_t, 8, ldq_le_p)
NB_LOAD(be_ldq_mmu, uint64_t, 8, ldq_be_p)

#define NB_STORE(name, type, bytes, st) \
void NB_SLOW(name)(CPUArchState *env, target_ulong addr, type val, TCGMemOpIdx oi, uintptr_t retaddr) \
{ \
    uint8_t both[8]; \
    size_t n = nb_span(env, addr, oi, bytes); \
    uint8_t *p = n ? nb_reach(env, get_mmuidx(oi), addr, true, retaddr) : NULL, *q = NULL; \
    if (p && n == bytes) { \
        st(p, val); \
    } else if (p && (q = nb_reach(env, get_mmuidx(oi), addr + n, true, retaddr))) { \
        st(both, val); \
        memcpy(p, both, n); \
        memcpy(q, both + n, bytes - n); \
    } else { \
        helper_##name(env, addr, val, oi, retaddr); \
    } \
}

NB_STORE(ret_stb_mmu, uint8_t, 1, stb_p)
NB_STORE(le_stw_mmu, uint16_t, 2, stw_le_p)
NB_STORE(be_stw_mmu, uint16_t, 2, stw_be_p)
NB_STORE(le_stl_mmu, uint32_t, 4, stl_le_p)
NB_STORE(be_stl_mmu, uint32_t, 4, stl_be_p)
NB_STORE(le_stq_mmu, uint64_t, 8, stq_le_p)
NB_STORE(be_stq_mmu, uint64_t, 8, stq_be_p)
