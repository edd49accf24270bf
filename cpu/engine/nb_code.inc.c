/*
 * Code belongs to a frame of physical memory, whatever its virtual addresses and whichever engine runs it. The frames'
 * words (nb.h) say which frames have translations, and who could store to one without being noticed:
 *  - An entry of the TLB lets stores go straight to memory only if the frame has no translations (nb_code_in).
 *  - The first translation of a frame takes that away from all entries: from our own at once, by physical address, and
 *    from those of other engines by the log (nb_code_first). Text has never been writable, so that mostly there is
 *    nothing to do.
 *  - A store to a frame with translations drops our own that it hits and posts the frame to the engines that have
 *    others (nb_code_store). The kernel posts what it stores to itself (dropCode in mem/).
 * Engines work the log off before they run guest code; those that run are kicked out of it first.
 */

/* cputlb.c calls these: override/trace/mem.h. */
#define nb_code_first glue(nb_code_first, UNICORN_ARCH_POSTFIX)
#define nb_code_page glue(nb_code_page, UNICORN_ARCH_POSTFIX)
#define nb_code_none glue(nb_code_none, UNICORN_ARCH_POSTFIX)
#define nb_code_in glue(nb_code_in, UNICORN_ARCH_POSTFIX)
#define nb_code_store glue(nb_code_store, UNICORN_ARCH_POSTFIX)
void nb_code_first(ram_addr_t pa);
void nb_code_page(ram_addr_t pa, bool read);
void nb_code_none(ram_addr_t pa);
bool nb_code_in(ram_addr_t pa);
void nb_code_store(CPUState *cpu, vaddr va, ram_addr_t pa, int len, uintptr_t retaddr);
void tb_invalidate_phys_page_fast(struct uc_struct *uc, struct page_collection *pages, tb_page_addr_t start, int len,
                                  uintptr_t retaddr);

#define NB_CODE(w) ((w) & NB_CODE_OWNER)
#define NB_WRITER(w) ((w) >> 8) /* NB_CODE_WRITER */

static inline uint16_t *nb_frame(struct nb_engine *e, ram_addr_t pa)
{
    return &e->code[pa >> 12];
}

static inline bool nb_frame_set(uint16_t *f, uint16_t *old, uint16_t new)
{
    return __atomic_compare_exchange_n(f, old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* who and our own number in one. */
static inline uint32_t nb_and(uint32_t who, uint32_t id)
{
    return who == 0 || who == id ? id : NB_ENGINE_ANY;
}

/* Adds an entry to the log, for engine who or, with 0, for all to drop their translations. */
static void nb_code_post(struct nb_engine *e, uint32_t who, ram_addr_t pa)
{
    uint64_t i = __atomic_fetch_add(&e->log->seq, 1, __ATOMIC_SEQ_CST);
    uint64_t v = (uint64_t)(uint32_t)(i + 1) << 32 | (uint64_t)who << 24 | pa >> 12;
    __atomic_store_n(&e->log->ring[i % NB_LOGLEN], v, __ATOMIC_RELEASE);
    nb_peers_kick(e->peer, who ? who : NB_ENGINE_ANY);
}

/* Has all stores of this engine to the frame at pa ask from now on. */
static void nb_tlb_protect(struct nb_engine *e, ram_addr_t pa)
{
    const target_ulong slow = TLB_INVALID_MASK | TLB_MMIO | TLB_DISCARD_WRITE | TLB_NOTDIRTY;
    CPUTLB *tlb = env_tlb(e->env);
    uint32_t modes = tlb->c.dirty;

    for (; modes; modes &= modes - 1) {
        int m = ctz32(modes);
        CPUTLBEntry *t = tlb->f[m].table;
        size_t n = (tlb->f[m].mask >> CPU_TLB_ENTRY_BITS) + 1, i;
        for (i = 0; i < n; i++)
            if (t[i].paddr == pa && !(t[i].addr_write & slow))
                t[i].addr_write |= TLB_NOTDIRTY;
        t = tlb->d[m].vtable;
        for (i = 0; i < CPU_VTLB_SIZE; i++)
            if (t[i].paddr == pa && !(t[i].addr_write & slow))
                t[i].addr_write |= TLB_NOTDIRTY;
    }
}

/* Translates what has just been translated from the frame at pa once more, when those with number who have left guest
 * code, and with it what they know of their right to store. */
static void nb_code_again(struct nb_engine *e, uint32_t who, ram_addr_t pa)
{
    nb_code_post(e, 0, pa);
    e->await = e->await == 0 || e->await == who ? who : NB_ENGINE_ANY;
    e->peer->kicked = 1;
    cpu_exit(e->cpu);
}

static inline uint32_t *nb_code_revoking(ram_addr_t pa)
{
    return &nb_revoking[(pa >> 12) % NB_REVOKING];
}

void nb_code_first(ram_addr_t pa)
{
    struct nb_engine *e = nb_self;
    uint16_t *f = nb_frame(e, pa), w = __atomic_load_n(f, __ATOMIC_RELAXED);
    uint32_t id = e->peer->id;
    uint64_t bit = (uint64_t)1 << (pa >> 12) % NB_REVOKING;
    bool others, counted = e->revoking & bit;

    do {
        others = NB_WRITER(w) != 0 && NB_WRITER(w) != id;
        /* Before it can be seen that they have lost it. */
        if (others && !counted) {
            __atomic_fetch_add(nb_code_revoking(pa), 1, __ATOMIC_SEQ_CST);
            e->revoking |= bit;
            counted = true;
        }
    } while (!nb_frame_set(f, &w, nb_and(NB_CODE(w), id)));
    if (NB_WRITER(w) == id || NB_WRITER(w) == NB_ENGINE_ANY)
        nb_tlb_protect(e, pa & ~(ram_addr_t)0xfff);
    if (others) {
        /* They may be storing to it while we translate. */
        nb_code_post(e, NB_WRITER(w), pa);
        nb_code_again(e, NB_WRITER(w), pa);
    } else if (counted || __atomic_load_n(nb_code_revoking(pa), __ATOMIC_SEQ_CST)) {
        /* So may those from whom another engine has taken it just now: the frame's word does not name them any more. */
        nb_code_again(e, NB_ENGINE_ANY, pa);
    }
}

/*
 * A block is translated from the frame at pa, or with read has been. That is noted before instructions are read, because
 * the kernel looks after it has stored (mem/code.go): a frame that a block turns out to end in is read again.
 */
void nb_code_page(ram_addr_t pa, bool read)
{
    struct nb_engine *e = nb_self;
    uint32_t code;

    if (pa == (ram_addr_t)-1)
        return;
    code = NB_CODE(__atomic_load_n(nb_frame(e, pa), __ATOMIC_SEQ_CST));
    if (code == e->peer->id && code != NB_ENGINE_ANY)
        return;
    if (code == NB_ENGINE_ANY && !__atomic_load_n(nb_code_revoking(pa), __ATOMIC_SEQ_CST))
        return;
    nb_code_first(pa);
    if (read && !code) {
        e->keeps = pa >> 12;
        nb_code_again(e, e->peer->id, pa);
    }
}

void nb_code_none(ram_addr_t pa)
{
    struct nb_engine *e = nb_self;
    uint16_t *f = nb_frame(e, pa), w = __atomic_load_n(f, __ATOMIC_RELAXED);

    /* Others who have translated from it still have theirs. */
    if (NB_CODE(w) == e->peer->id && e->peer->id != NB_ENGINE_ANY && pa >> 12 != e->keeps)
        nb_frame_set(f, &w, w & ~NB_CODE_OWNER);
}

bool nb_code_in(ram_addr_t pa)
{
    struct nb_engine *e = nb_self;
    uint16_t *f = nb_frame(e, pa), w = __atomic_load_n(f, __ATOMIC_RELAXED);

    do {
        if (NB_CODE(w))
            return true;
        if (NB_WRITER(w) == nb_and(NB_WRITER(w), e->peer->id))
            return false;
    } while (!nb_frame_set(f, &w, nb_and(NB_WRITER(w), e->peer->id) << 8));
    return false;
}

/*
 * Before a store to the frame: notes us as one who stores, so that whoever translates from it now does so once more, and
 * posts it to the others who have translations. Whether there are any of ours is not known with NB_ENGINE_ANY.
 */
static void nb_code_claim(struct nb_engine *e, ram_addr_t pa, bool ours)
{
    uint16_t *f = nb_frame(e, pa), w = __atomic_load_n(f, __ATOMIC_RELAXED);
    uint32_t id = e->peer->id, code, writer;

    do {
        code = ours && (NB_CODE(w) == id || NB_CODE(w) == NB_ENGINE_ANY) ? id : 0;
        writer = nb_and(NB_WRITER(w), id);
        if (w == (code | writer << 8))
            return;
    } while (!nb_frame_set(f, &w, code | writer << 8));
    if (NB_CODE(w) && NB_CODE(w) != id)
        nb_code_post(e, 0, pa);
}

void nb_code_store(CPUState *cpu, vaddr va, ram_addr_t pa, int len, uintptr_t retaddr)
{
    nb_code_claim(nb_self, pa, true);
    tb_invalidate_phys_page_fast(cpu->uc, NULL, pa, len, retaddr);
    if (!nb_code_in(pa))
        tlb_set_dirty(cpu, va);
}

/* The shim itself stores to the frame at pa, between blocks. */
static inline void nb_code_changed(struct nb_engine *e, ram_addr_t pa)
{
    if (unlikely(NB_CODE(__atomic_load_n(nb_frame(e, pa), __ATOMIC_RELAXED))))
        tb_invalidate_phys_range(e->uc, pa & ~(ram_addr_t)0xfff, (pa & ~(ram_addr_t)0xfff) + 4096);
    nb_code_claim(e, pa, false);
}

/* The log's entry i; 0 if it has been written over. */
static uint64_t nb_log_entry(struct nb_log *log, uint64_t i)
{
    for (;;) {
        uint64_t v = __atomic_load_n(&log->ring[i % NB_LOGLEN], __ATOMIC_ACQUIRE);
        int32_t ahead = (uint32_t)(v >> 32) - (uint32_t)(i + 1);
        if (ahead == 0)
            return v;
        if (v != 0 && ahead > 0)
            return 0;
        sched_yield(); /* its writer has taken the place, but not filled it yet */
    }
}

/* Works off the log. */
static void nb_code_work(struct nb_engine *e)
{
    uint64_t i = e->logged, to = __atomic_load_n(&e->log->seq, __ATOMIC_SEQ_CST), v = 0;
    bool lost = to - i > NB_LOGLEN, flush = false;

    e->logged = to;
    for (; i < to && !lost; i++) {
        v = nb_log_entry(e->log, i);
        lost = v == 0;
        if (lost || NB_LOG_WHO(v) == e->peer->id || NB_LOG_WHO(v) == NB_ENGINE_ANY)
            flush = true;
        else if (!NB_LOG_WHO(v))
            tb_invalidate_phys_range(e->uc, (ram_addr_t)NB_LOG_FRAME(v) << 12, ((ram_addr_t)NB_LOG_FRAME(v) + 1) << 12);
    }
    if (lost)
        tb_flush(e->cpu); /* nothing is known of what happened */
    if (lost || flush)
        tlb_flush(e->cpu);
}

/* The engine leaves guest code, and waits for those who must have left it. Not while it is in it: two may wait for each
 * other. */
static inline void nb_code_rest(struct nb_engine *e)
{
    __atomic_store_n(&e->peer->running, 0, __ATOMIC_RELEASE);
    if (likely(!e->await))
        return;
    nb_peers_await(e->peer, e->await);
    e->await = 0;
    for (; e->revoking; e->revoking &= e->revoking - 1)
        __atomic_fetch_sub(&nb_revoking[ctz64(e->revoking)], 1, __ATOMIC_SEQ_CST);
}

/* Before guest code. */
static void nb_code_catchup(struct nb_engine *e)
{
    uint64_t gen;

    if (unlikely(e->await))
        nb_code_rest(e);
    nb_peer_enter(e->peer);
    /* Whoever changes page tables counts first and then looks who runs: see struct nb_ops. */
    gen = __atomic_load_n(e->gen, __ATOMIC_SEQ_CST);
    if (unlikely(gen != e->peer->seen)) {
        tlb_flush(e->cpu);
#ifdef NB_CHANGED
        NB_CHANGED(e);
#endif
        __atomic_store_n(&e->peer->seen, gen, __ATOMIC_RELEASE);
    }
    while (unlikely(e->logged != __atomic_load_n(&e->log->seq, __ATOMIC_SEQ_CST)))
        nb_code_work(e);
}
