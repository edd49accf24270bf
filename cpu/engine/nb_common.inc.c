/*
 * What every target's shim shares; included once by each, because CPUState and the names of Unicorn's
 * functions differ per target. The includer provides, before including this file:
 *   nb_regs_in(env, c), nb_regs_out(env, c)   general registers, pc and flags between Unicorn and nb_cpu
 *   nb_exception(e, vector)                   describes a processor exception in e->cur
 *   NB_VA(va)                                 guest address to page-table index space, or NB_BADVA
 * The exception path is Unicorn's stop_interrupt hook: it sees every exception before Unicorn edits the pc,
 * and turns it into an immediate, ordinary end of cpu_exec.
 */
#include "nb.h"
#include "nb_vclock.h"
#include "nb_edges.h"
#include "nb_peers.h"
#define NB_LOOKUP_TB_PTR
#include "exec/tb-lookup.h"
#include "exec/helper-proto.h"

/* Exit codes above EXCP_INTERRUPT end cpu_exec at once (cpu_handle_exception). */
#define NB_EXIT_FAULT   0x10040
#define NB_EXIT_TRAP    0x10041

struct nb_engine {
    struct nb_peer *peer;
    uc_engine *uc;
    CPUState *cpu;
    CPUArchState *env;
    uint64_t **root;
    const uint64_t *gen; /* of the page tables */
    const uint8_t *flags; /* see struct nb_memory */
    uint16_t *code;
    struct nb_log *log;
    uint64_t logged; /* log entries worked off */
    uint32_t await;  /* engines that have to leave guest code before this one goes on */
    uint64_t revoking; /* where it counts in nb_revoking until then */
    ram_addr_t keeps;  /* a frame that keeps its note without translations: see nb_code_page */
    uint8_t *ram;
    struct nb_cpu *cur;
    uint32_t trap;
    volatile uint32_t stop;
    unsigned counting;   /* blocks; see nb_counting_set */
    uint32_t noted;      /* tracing: what the counter was when blocks[] was last empty */
    TranslationBlock **blocks; /* tracing: those that began, by the counter; NULL until the first time */
    uint32_t edges; /* the epoch of nb_edges that translations are of */
    bool stepping; /* in nb_step */
    bool inside;   /* in cpu_exec */
    bool failing, broke; /* see nb_fail */
    unsigned flushes;    /* of all translations, when the buffer was last looked at */
    volatile bool touching; /* in nb_touch, for an access that touchret is the host's pc of */
    uintptr_t touchret;
    int mode;
    uint8_t *own; /* host address of the engine's own 256 bytes of physical memory, and where that is */
    uint64_t ownpa;
    uint32_t fsbase, gsbase; /* i386: bases in the descriptors of the threads' segments */
    uint32_t ldtlen;         /* i386: bytes of the process' own local descriptor table, 0 if it has none */
    bool ldtnew;             /* i386: the table is not the one that the segments were loaded from */
};

/* The engine that runs on this host thread; fill and exception hooks are only called inside nb_run. */
static __thread struct nb_engine *nb_self;

#define NB_BADVA (~(uint64_t)0)

/* Where an indirect jump or a return goes on: called from the end of translated blocks. */
void *HELPER(lookup_tb_ptr)(CPUArchState *env)
{
    CPUState *cpu = env_cpu(env);
    target_ulong pc, cs_base;
    uint32_t flags, how = curr_cflags();
    const struct nb_jump *j = nb_lookup(cpu, &pc, &cs_base, &flags, how);
    TranslationBlock *tb;

    if (likely(j->code))
        return j->code;
    tb = nb_lookup_miss(cpu, pc, cs_base, flags, how);
    return tb ? tb->tc.ptr : nb_jumps(cpu)->nowhere;
}

/* The same for nb_gen_jump, where the site went somewhere else the last time. */
void *HELPER(nb_jump_on)(CPUArchState *env, void *site)
{
    CPUState *cpu = env_cpu(env);
    target_ulong pc, cs_base;
    uint32_t flags, how = curr_cflags();
    const struct nb_jump *j = nb_lookup(cpu, &pc, &cs_base, &flags, how);

    if (unlikely(!j->code)) {
        TranslationBlock *tb = nb_lookup_miss(cpu, pc, cs_base, flags, how);
        return tb ? tb->tc.ptr : nb_jumps(cpu)->nowhere;
    }
    nb_site_set(nb_jumps(cpu), site, NB_SITE_KEY(env, pc), j->code);
    return j->code;
}

#include "nb_code.inc.c"
#include "nb_fail.inc.c"
#include "nb_atomic.inc.c"

/* Only where a thread cannot always store to translated code: nb_applejit.h. */
#ifndef nb_jit_begin
#define nb_jit_begin(uc) (void)(uc)
#endif

/* A target with pages of its own that programs do not see defines this before. */
#ifndef NB_PTE
#define NB_PTE(e, address, va, mmu_idx) nb_walk((e)->root, va)
#endif

static inline uint64_t nb_walk(uint64_t **root, uint64_t va)
{
    uint64_t **l1, **l2, *l3;
    if (va == NB_BADVA || !root)
        return 0;
    if (!(l1 = (uint64_t **)root[va >> 39 & 511]) || !(l2 = (uint64_t **)l1[va >> 30 & 511]) ||
        !(l3 = l2[va >> 21 & 511]))
        return 0;
    return l3[va >> 12 & 511];
}

/*
 * nb_touch accesses a page of a file before translated code can: where that is the host's SIGBUS it is known which
 * instruction of the guest's the page is for.
 */
static void nb_touch(struct nb_engine *e, uint64_t pa, vaddr address, MMUAccessType rw, uintptr_t retaddr)
{
    e->cur->addr = address;
    e->cur->access = rw == MMU_DATA_STORE ? 2 : rw == MMU_INST_FETCH ? 4 : 1;
    e->touchret = retaddr;
    e->touching = true;
    (void)*(volatile uint8_t *)(e->ram + pa);
    e->touching = false;
}

/* nb_inside says whether nb_bus can leave what was executed at the host's pc. */
static int nb_inside(struct nb_engine *e, uintptr_t pc)
{
    TCGContext *t = e->uc->tcg_ctx;
    return e->touching || pc - (uintptr_t)t->code_gen_buffer < t->code_gen_buffer_size;
}

/* nb_bus leaves translated code at the host's pc, or nb_touch, because a page of a file is gone. */
static void nb_bus(struct nb_engine *e, uintptr_t pc, uint64_t pa)
{
    e->trap = NB_TRAP_BUS;
    e->cur->error = 0;
    if (e->touching) {
        pc = e->touchret;
        e->touching = false;
    } else {
        pc += GETPC_ADJ; /* as a return address */
        e->cur->addr = pa;
        e->cur->access = 1; /* or a store, who knows */
        e->cur->error = 1;
    }
    e->cpu->exception_index = NB_EXIT_TRAP;
    cpu_loop_exit_restore(e->cpu, pc);
}

static bool nb_tlb_fill(CPUState *cs, vaddr address, int size, MMUAccessType rw, int mmu_idx, bool probe,
                        uintptr_t retaddr)
{
    struct nb_engine *e = nb_self;
    struct uc_struct *uc __attribute__((unused)) = e->uc; /* the page-size macros of some targets want it */
    uint64_t va = NB_VA(e, address), pte = NB_PTE(e, address, va, mmu_idx);
    uint32_t want = rw == MMU_DATA_STORE ? NB_PTE_W : rw == MMU_INST_FETCH ? NB_PTE_X : NB_PTE_R;

    if ((pte & (NB_PTE_V | want)) == (NB_PTE_V | want)) {
        CPUTLBDesc *d = &env_tlb(e->env)->d[mmu_idx];
        size_t n = (env_tlb(e->env)->f[mmu_idx].mask >> CPU_TLB_ENTRY_BITS) + 1;
        int prot = 0;
        /* The TLB can only grow in a flush, and does so when it was over 70 % full. */
        if (unlikely(d->n_used_entries > n - (n >> 2) && n < (1u << 20)))
            tlb_flush(cs);
        if (pte & NB_PTE_R)
            prot |= PAGE_READ;
        if (pte & NB_PTE_W)
            prot |= PAGE_WRITE;
        if (pte & NB_PTE_X)
            prot |= PAGE_EXEC;
        if (!probe && (e->flags[NB_PTE_PA(pte) >> 12] & NB_FRAME_FILE))
            nb_touch(e, NB_PTE_PA(pte), address, rw, retaddr);
        tlb_set_page(cs, address & TARGET_PAGE_MASK, NB_PTE_PA(pte) & TARGET_PAGE_MASK, prot, mmu_idx, TARGET_PAGE_SIZE);
        return true;
    }
    if (probe)
        return false;
    e->cur->addr = address;
    e->cur->access = rw == MMU_DATA_STORE ? 2 : rw == MMU_INST_FETCH ? 4 : 1;
    cs->exception_index = NB_EXIT_FAULT;
    cpu_loop_exit_restore(cs, retaddr);
}

#include "nb_slow.h"
#include "nb_slow.inc.c"

/* An access that the instruction's alignment rule forbids. */
static void nb_unaligned(CPUState *cs, vaddr address, MMUAccessType rw, int mmu_idx, uintptr_t retaddr)
{
    struct nb_engine *e = nb_self;
    e->trap = NB_TRAP_EXCP;
    e->cur->vector = NB_VEC_ALIGN;
    e->cur->addr = address;
    e->cur->access = rw == MMU_DATA_STORE ? 2 : rw == MMU_INST_FETCH ? 4 : 1;
    cs->exception_index = NB_EXIT_TRAP;
    cpu_loop_exit_restore(cs, retaddr);
}

/* Asks for a block of one instruction, which stops the run when it has begun: see nb_gen_step. */
static void nb_step_arm(struct nb_engine *e)
{
    CPUState *cpu = e->cpu;
    cpu->cflags_next_tb = curr_cflags() | CF_LAST_IO | 1;
    cpu->stopped = false;
    cpu->exit_request = false;
    env_neg(e->env)->icount_decr.u16.high = 0;
}

/* stop_interrupt: called on every entry to the exception handler, with -1 when there is none. */
static bool nb_stop_interrupt(struct uc_struct *uc, int intno)
{
    struct nb_engine *e = nb_self;
    e->cpu->nb_code_frame = 0;
    if (intno >= 0 && intno < EXCP_INTERRUPT) {
#ifdef NB_SERVE
        if (NB_SERVE(e, intno)) {
            if (unlikely(e->stepping) && e->cpu->exception_index == -1)
                nb_step_arm(e); /* the instruction begins again */
            return false;
        }
#endif
        nb_exception(e, intno);
        e->cpu->exception_index = NB_EXIT_TRAP;
    }
    return false;
}

enum { NB_COUNT = 1, NB_TRACE = 2 };

/*
 * Counting blocks: generated code takes one from the lower half of the exit word at the start of each block and
 * leaves instead when there is none (gen_tb_start), so that a budget ends a run at an exact place that follows
 * from what was executed alone. Tracing is counting that notes each block. Code is translated for one or the other: a
 * change drops all translations.
 */
static void nb_counting_set(struct nb_engine *e, unsigned how)
{
    if (how & NB_TRACE && !e->blocks && !(e->blocks = calloc(NB_TRACELEN, sizeof *e->blocks)))
        how &= ~NB_TRACE;
    e->counting = how;
    e->cpu->random_seed = how & NB_TRACE ? (uintptr_t)e->blocks : how; /* nb_counting in gen-icount.h */
    nb_vclock.on = (how & NB_COUNT) != 0;
    tb_flush(e->cpu);
}

/* nb_refill gives the processor the next blocks of the budget, as many as its counter can hold. */
static void nb_refill(struct nb_engine *e, struct nb_cpu *c)
{
    uint32_t most = e->counting & NB_TRACE ? c->room : 0xffff, n = most;
    IcountDecr *d = &env_neg(e->env)->icount_decr;

    if (e->counting & NB_COUNT && c->blocks < most)
        n = c->blocks;
    d->u16.low = e->noted = n;
    if (!(e->counting & NB_COUNT))
        return;
    c->blocks -= n;
    nb_vclock.on = 1;
    nb_vclock.left = &d->u16.low;
    nb_vclock.start = n;
    nb_vclock.ns = NB_BLOCK_NS;
    nb_vclock.now = c->clock;
    nb_vclock.seed = c->seed;
    c->clock += (uint64_t)n * NB_BLOCK_NS;
}

/* nb_note hands over the blocks that began since the last time: before anything can drop translations. */
static void nb_note(struct nb_engine *e, struct nb_cpu *c)
{
    struct nb_block *to = (struct nb_block *)(uintptr_t)c->trace + c->traced;
    uint32_t left = env_neg(e->env)->icount_decr.u16.low, i;

    for (i = e->noted; i > left; to++) {
        TranslationBlock *tb = e->blocks[--i];
        to->pc = tb->pc;
        to->size = tb->size;
        to->insns = tb->icount;
    }
    c->traced += e->noted - left;
    e->noted = left;
}

/* How much translated code an engine keeps before it drops all of it and begins anew, and the memory it then keeps. */
#define NB_BUFFER (256u << 20)
#define NB_BUFFER_KEPT (8u << 20)

/* Gives the host back what the translations had that were dropped since the last time. That ends a run. */
static void nb_buffer_trim(struct nb_engine *e)
{
    TCGContext *t = e->uc->tcg_ctx;
    uintptr_t low = (uintptr_t)t->code_gen_buffer, from = (uintptr_t)t->code_gen_ptr;

    if (likely(e->flushes == t->tb_ctx.tb_flush_count))
        return;
    e->flushes = t->tb_ctx.tb_flush_count;
    if (from < low + NB_BUFFER_KEPT)
        from = low + NB_BUFFER_KEPT;
    from = (from + 0xffff) & ~(uintptr_t)0xffff; /* pages of all hosts */
    if (from < low + t->code_gen_buffer_size)
        madvise((void *)from, low + t->code_gen_buffer_size - from, MADV_DONTNEED);
}

static void nb_run(struct nb_engine *e, struct nb_cpu *c)
{
    CPUState *cpu = e->cpu;
    bool alone = false;
    unsigned how = (c->count ? NB_COUNT : 0) | (c->trace ? NB_TRACE : 0);
    int exit;

    e->cur = c;
    nb_self = e;
    nb_jit_begin(e->uc);
#ifdef NB_ENTER
    NB_ENTER(e);
#endif
    e->trap = NB_TRAP_STOP;
    c->trap = NB_TRAP_STOP;
    if (unlikely(__atomic_load_n(&e->stop, __ATOMIC_ACQUIRE))) {
        __atomic_store_n(&e->stop, 0, __ATOMIC_RELEASE);
        return;
    }
    c->traced = 0;
    if (unlikely(e->counting != how))
        nb_counting_set(e, how);
    if (unlikely(e->edges != nb_edges.epoch)) {
        e->edges = nb_edges.epoch;
        tb_flush(e->cpu);
    }
    if (unlikely(e->counting)) {
        if (e->counting & NB_COUNT && !c->blocks)
            return;
        nb_refill(e, c);
    }
    cpu->nb_parallel = c->parallel != 0;
    /* What was asked for the next block before was asked for another LWP, or never: sparc's processors begin with 0, a
     * block whose atomic instructions are a load and a store. */
    if (e->stepping)
        nb_step_arm(e);
    else
        cpu->cflags_next_tb = -1;
    nb_regs_in(e, e->env, c);
    __atomic_store_n(&c->user, 1, __ATOMIC_RELAXED);
more:
    nb_code_catchup(e);
    cpu->halted = 0;
    cpu->exception_index = -1;
    cpu->stop = false;
    e->inside = true;
    exit = cpu_exec(e->uc, cpu);
    e->inside = false;
    if (unlikely(e->counting & NB_TRACE))
        nb_note(e, c);
    switch (exit) {
    case NB_EXIT_BROKEN:
        if (nb_try_single(e)) {
            if (alone)
                nb_step_arm(e);
            goto more;
        }
        c->trap = e->trap;
        break;
    case EXCP_ATOMIC:
        /* An atomic instruction that the host cannot do in one piece: while nobody else is in guest code. */
        nb_code_rest(e);
        nb_peers_alone(e->peer);
        alone = true;
        cpu->nb_parallel = false;
        nb_step_arm(e);
        goto more;
    case NB_EXIT_FAULT:
        c->trap = NB_TRAP_FAULT;
        break;
    case NB_EXIT_TRAP:
        c->trap = e->trap;
        break;
#ifdef NB_DEBUG
    case EXCP_DEBUG:
        NB_DEBUG(e);
        c->trap = e->trap;
        break;
#endif
    default:
        /* A stop request, or the system-call hook, which asks for an exit the same way. */
        c->trap = e->trap;
        if (c->trap == NB_TRAP_STOP)
            nb_buffer_trim(e);
        break;
    }
    if (unlikely(__atomic_load_n(&e->peer->kicked, __ATOMIC_RELAXED)) && c->trap == NB_TRAP_STOP &&
        !cpu->stopped && !__atomic_load_n(&e->stop, __ATOMIC_ACQUIRE)) {
        nb_code_rest(e);
        if (e->stepping || alone)
            nb_step_arm(e);
        goto more;
    }
    if (unlikely(alone)) {
        nb_code_rest(e);
        nb_peers_together();
        alone = false;
        cpu->nb_parallel = c->parallel != 0;
        if (!e->stepping) {
            bool done = cpu->stopped;
            cpu->stopped = false;
            cpu->cflags_next_tb = -1;
            /* nb_step_arm has thrown exit requests away: what they were for is looked at here and by nb_code_catchup. */
            if (done && c->trap == NB_TRAP_STOP && !__atomic_load_n(&e->stop, __ATOMIC_ACQUIRE))
                goto more;
        }
    }
    if (unlikely(e->counting)) {
        uint32_t left = env_neg(e->env)->icount_decr.u16.low;
        if (c->trap == NB_TRAP_STOP && !left && e->counting == NB_COUNT && c->blocks && !cpu->stopped && !__atomic_load_n(&e->stop, __ATOMIC_ACQUIRE)) {
            nb_refill(e, c);
            if (e->stepping)
                nb_step_arm(e);
            goto more;
        }
        if (e->counting & NB_COUNT)
            c->blocks += left;
        nb_vclock.on = 0; /* its counter is this processor's, which may be gone when somebody asks for the time */
    }
    nb_code_rest(e);
    __atomic_store_n(&c->user, 0, __ATOMIC_RELAXED);
    nb_regs_out(e, e->env, c);
}

/* A shim may say that what was executed belongs to the next instruction. */
#ifndef NB_STEP_MORE
#define NB_STEP_MORE(env) false
#endif

/*
 * nb_step is nb_run for one instruction: NB_TRAP_STEP says that it was executed and nothing else happened. With
 * NB_TRAP_STOP it was not, because of nb_stop.
 */
static void nb_step(struct nb_engine *e, struct nb_cpu *c)
{
    e->stepping = true;
    do {
        nb_step_arm(e);
        nb_run(e, c);
        if (c->trap == NB_TRAP_STOP && e->cpu->stopped)
            c->trap = NB_TRAP_STEP;
    } while (c->trap == NB_TRAP_STEP && NB_STEP_MORE(e->env));
    e->stepping = e->cpu->stopped = false;
    e->cpu->cflags_next_tb = -1;
}

/* cpu_exit for other threads: the request first, then what has blocks look for it. */
static void nb_exit(CPUState *cpu)
{
    __atomic_store_n(&cpu->exit_request, true, __ATOMIC_SEQ_CST);
    __atomic_store_n(&cpu->icount_decr_ptr->u16.high, 0xffff, __ATOMIC_SEQ_CST);
}

/* Asynchronous stop, from any thread. A request that arrives between two runs is kept in e->stop; one that
 * arrives inside a run also raises cpu's exit flags, which cpu_exec looks at before each block. */
static void nb_stop(struct nb_engine *e)
{
    __atomic_store_n(&e->stop, 1, __ATOMIC_RELEASE);
    nb_exit(e->cpu);
}

static void nb_setroot(struct nb_engine *e, void *root, const uint64_t *gen)
{
    e->root = root;
    e->gen = gen;
    e->peer->seen = __atomic_load_n(gen, __ATOMIC_SEQ_CST);
    tlb_flush(e->cpu);
}

static void nb_flushpage(struct nb_engine *e, uint64_t gen, uint64_t va)
{
    if (e->peer->seen == gen) {
        tlb_flush_page(e->cpu, va);
        e->peer->seen = gen + 1;
    }
}

static void nb_changed(struct nb_engine *e)
{
    if (__atomic_load_n(&e->peer->running, __ATOMIC_SEQ_CST)) {
        __atomic_store_n(&e->peer->kicked, 1, __ATOMIC_SEQ_CST);
        nb_exit(e->cpu);
    }
}

static int nb_forgot(struct nb_engine *e, uint64_t gen)
{
    return !__atomic_load_n(&e->peer->running, __ATOMIC_SEQ_CST) ||
           __atomic_load_n(&e->peer->seen, __ATOMIC_ACQUIRE) >= gen;
}

struct nb_list {
    struct nb_translation *to;
    uint32_t n, room;
};

static int nb_list_one(void *key, void *value, void *data)
{
    TranslationBlock *tb = value;
    struct nb_list *l = data;

    if (l->n++ < l->room) {
        l->to->pc = tb->pc;
        l->to->pa = tb->page_addr[0];
        l->to->host = (uintptr_t)tb->tc.ptr;
        l->to->size = tb->size;
        l->to->hostsize = tb->tc.size;
        l->to++;
    }
    return false;
}

static uint32_t nb_translations(struct nb_engine *e, struct nb_translation *to, uint32_t n)
{
    struct nb_list l = { to, 0, n };
    tcg_tb_foreach(e->uc->tcg_ctx, nb_list_one, &l);
    return l.n;
}

static void nb_close(struct nb_engine *e)
{
    nb_peer_leave(e->peer);
    e->uc->nested_level = 0;
    munmap(e->cpu->opaque, sizeof(struct nb_jumps));
    e->cpu->opaque = NULL;
    uc_close(e->uc);
    free(e->blocks);
    free(e);
}

static unsigned nb_opened;

static void nb_kick(void *engine)
{
    nb_exit(((struct nb_engine *)engine)->cpu);
}

static struct nb_engine *nb_open_common(uc_arch arch, uc_mode mode, int model, const struct nb_memory *m)
{
    struct nb_engine *e = calloc(1, sizeof *e);
    struct nb_jumps *jumps;
    if (!e)
        return NULL;
    /* Much of it is never used. */
    jumps = mmap(NULL, sizeof *jumps, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (jumps == MAP_FAILED) {
        free(e);
        return NULL;
    }
    if (!(e->peer = nb_peer_join(e, nb_kick)))
        goto no_peer;
    if (uc_open(arch, mode, &e->uc) != UC_ERR_OK)
        goto no_engine;
    if (uc_ctl_set_tcg_buffer_size(e->uc, NB_BUFFER) != UC_ERR_OK ||
        (model >= 0 && uc_ctl_set_cpu_model(e->uc, model) != UC_ERR_OK) ||
#ifdef NB_PAGESIZE
        uc_ctl_set_page_size(e->uc, NB_PAGESIZE) != UC_ERR_OK ||
#endif
        uc_mem_map_ptr(e->uc, 0, m->size, UC_PROT_ALL, m->ram) != UC_ERR_OK) {
        uc_close(e->uc);
        goto no_engine;
    }
    e->cpu = e->uc->cpu;
    e->env = e->cpu->env_ptr;
    e->flags = m->flags;
    e->code = m->code;
    e->log = m->log;
    e->logged = __atomic_load_n(&m->log->seq, __ATOMIC_ACQUIRE);
    e->ram = m->ram;
    e->ownpa = __atomic_fetch_add(&nb_opened, 1, __ATOMIC_RELAXED) % (NB_OWNPAGES * 4096 / NB_OWNSIZE) * NB_OWNSIZE;
    e->own = e->ram + e->ownpa;
    e->cpu->cc->tlb_fill = nb_tlb_fill;
    e->cpu->cc->do_unaligned_access = nb_unaligned;
    e->cpu->created = true;
    e->cpu->stopped = false; /* see nb_gen_step */
    e->uc->stop_interrupt = nb_stop_interrupt;
    e->uc->no_exit_request = true;      /* no stop check after each load and store */
    e->uc->use_exits = 1;               /* no "until" address */
    e->uc->skip_sync_pc_on_exit = true; /* instruction hooks run with the pc already stored */
    e->uc->nested_level = 1;            /* cpu_exec is called directly, always at this level */
    nb_self = e;
    jumps->nowhere = e->uc->tcg_ctx->code_gen_epilogue;
    e->cpu->opaque = jumps;
#ifdef MADV_HUGEPAGE
    {
        /* Long-running programs fill more than this and gain from huge pages. */
        uintptr_t low = (uintptr_t)e->uc->tcg_ctx->code_gen_buffer, end = low + e->uc->tcg_ctx->code_gen_buffer_size;
        low = (low + NB_BUFFER_KEPT) & ~(uintptr_t)0xffff;
        madvise((void *)low, end - low, MADV_HUGEPAGE);
    }
#endif
    return e;
no_engine:
    nb_peer_leave(e->peer);
no_peer:
    munmap(jumps, sizeof *jumps);
    free(e);
    return NULL;
}
