#ifndef NB_JUMP_H
#define NB_JUMP_H
/*
 * Where an indirect jump, a return or a jump to another page goes on: the jump cache, by the program's address, and
 * before it the places of such jumps in translated code (sites), each of which knows where it went last.
 *
 * Unicorn's jump cache, 4096 pointers in CPUState, leads to translations, each of them one more line that is in no cache
 * of the host's, and every flush of the TLB clears it. Here an entry has all that is asked for, and carries the number of
 * the flush that it was made after, so that a flush is an addition. Sites have no such number, which would have to be
 * compared each time: a list of those that know something is worked off.
 */
#define NB_JUMP_PAGES 512 /* buckets of the entries of a page of code: compilers and interpreters use hundreds at a time */
#define NB_JUMP_SLOTS 128
#define NB_SITES 262144 /* others ask the jump cache */
#define NB_SITES_SET 32768

struct nb_jump {
    uint64_t pc;
    uint64_t how; /* nb_jump_how of the translation, and the flush */
    void *code;   /* NULL: there is no entry */
    TranslationBlock *tb;
};

struct nb_site {
    target_ulong key; /* translated code compares this */
    void *code;       /* and goes here */
};

struct nb_jumps {
    uint64_t flush; /* the last one's number, above what nb_jump_how has */
    uint64_t used[NB_JUMP_PAGES / 64]; /* buckets with entries since then, one bit each */
    uint64_t lost[NB_JUMP_PAGES / 64]; /* buckets with sites, maybe, whose entry has had to make room */
    uint32_t sites, set;
    void *nowhere; /* code that has the next block looked for */
    struct nb_jump at[NB_JUMP_PAGES * NB_JUMP_SLOTS] __attribute__((aligned(64)));
    struct nb_site *list[NB_SITES_SET]; /* sites that know something */
    struct nb_site site[NB_SITES];
};

/* Unused by Unicorn. NULL while an engine is opened or closed. */
static inline struct nb_jumps *nb_jumps(CPUState *cpu)
{
    return cpu->opaque;
}

/*
 * What is in the cache: translations for processors that run alone or beside others, not those for a single step; with a
 * cs_base of 0, but for SPARC, where it is the address after the next and compared.
 */
#ifdef TARGET_SPARC
#define NB_JUMP_PLAIN(base) true
#define NB_JUMP_BASE(at, base) ((at)->code && (at)->tb->cs_base == (base))
#define NB_JUMP_ALIGN 2 /* instructions have four bytes */
#else
#define NB_JUMP_PLAIN(base) ((base) == 0)
#define NB_JUMP_BASE(at, base) NB_JUMP_PLAIN(base)
#define NB_JUMP_ALIGN 0
#endif
#define NB_JUMP_CFLAGS(cflags) (((cflags) & CF_HASH_MASK & ~(CF_CLUSTER_MASK | CF_PARALLEL)) == 0)

static inline uint64_t nb_jump_how(uint32_t flags, uint32_t cflags)
{
    return (uint64_t)((cflags & CF_PARALLEL) != 0) << 32 | flags;
}
#define NB_JUMP_FLUSH ((uint64_t)1 << 33)

/* A page has 4 KiB on all machines. */
static inline unsigned nb_jump_bucket(uint64_t pc)
{
    return (pc >> 12 ^ pc >> 21) % NB_JUMP_PAGES;
}

static inline bool nb_jump_bit(const uint64_t *bits, unsigned bucket)
{
    return bits[bucket / 64] >> bucket % 64 & 1;
}

static inline void nb_jump_set(uint64_t *bits, unsigned bucket)
{
    bits[bucket / 64] |= (uint64_t)1 << bucket % 64;
}

static inline struct nb_jump *nb_jump_at(struct nb_jumps *j, uint64_t pc)
{
    return &j->at[nb_jump_bucket(pc) * NB_JUMP_SLOTS + (pc >> NB_JUMP_ALIGN ^ pc >> 5) % NB_JUMP_SLOTS];
}

static inline bool nb_jump_live(const struct nb_jumps *j, const struct nb_jump *at)
{
    return at->code && at->how / NB_JUMP_FLUSH == j->flush / NB_JUMP_FLUSH;
}

static inline void nb_jump_enter(struct nb_jumps *j, TranslationBlock *tb)
{
    struct nb_jump *at = nb_jump_at(j, tb->pc);

    if (nb_jump_live(j, at))
        nb_jump_set(j->lost, nb_jump_bucket(tb->pc));
    at->pc = tb->pc;
    at->how = nb_jump_how(tb->flags, tb->cflags) | j->flush;
    at->code = tb->tc.ptr;
    at->tb = tb;
    nb_jump_set(j->used, nb_jump_bucket(tb->pc));
}

/* What a site compares: the address, and what else decides on the next block. */
#if defined(TARGET_ARM) && !defined(TARGET_AARCH64)
#define NB_SITE_KEY(env, pc) ((pc) | (env)->thumb)
#elif defined(TARGET_MIPS)
#define NB_SITE_KEY(env, pc) ((pc) | ((env)->hflags & MIPS_HFLAG_M16 ? 1 : 0))
#else
#define NB_SITE_KEY(env, pc) (pc)
#endif

/* Sites know nothing any more. An address of all ones, which programs can jump to as well, goes nowhere too. */
static inline void nb_sites_reset(struct nb_jumps *j)
{
    while (j->set) {
        struct nb_site *site = j->list[--j->set];
        site->key = -1;
        site->code = j->nowhere;
    }
    memset(j->lost, 0, sizeof j->lost);
}

static inline void nb_site_set(struct nb_jumps *j, struct nb_site *site, target_ulong key, void *code)
{
    if (site->key == (target_ulong)-1) {
        if (unlikely(j->set == NB_SITES_SET))
            nb_sites_reset(j);
        j->list[j->set++] = site;
    }
    site->key = key;
    site->code = code;
}

/* A site for code that is being translated, or NULL. */
static inline struct nb_site *nb_site_new(struct nb_jumps *j)
{
    struct nb_site *site;

    if (!j || j->sites == NB_SITES)
        return NULL;
    site = &j->site[j->sites++];
    site->key = -1;
    site->code = j->nowhere;
    return site;
}

/* The TLB is empty. */
static inline void nb_jump_flush(struct nb_jumps *j)
{
    if (!j)
        return;
    j->flush += NB_JUMP_FLUSH;
    if (unlikely(j->flush == 0))
        memset(j->at, 0, sizeof j->at);
    memset(j->used, 0, sizeof j->used);
    nb_sites_reset(j);
}

/* There are no translations. */
static inline void nb_jump_clear(struct nb_jumps *j)
{
    nb_jump_flush(j);
    if (j)
        j->sites = 0;
}

/*
 * A page may be another one. Mostly it is one of data, which was copied after fork: what is known of other pages in its
 * bucket is kept.
 */
static inline void nb_jump_flush_page(struct nb_jumps *j, uint64_t va)
{
    bool found = false;
    int back, i;

    if (!j)
        return;
    for (back = 0; back < 2; back++, va -= 4096) {
        unsigned b = nb_jump_bucket(va);
        struct nb_jump *at = &j->at[b * NB_JUMP_SLOTS];
        if (!nb_jump_bit(j->used, b))
            continue;
        if (nb_jump_bit(j->lost, b))
            found = true;
        for (i = 0; i < NB_JUMP_SLOTS; i++, at++) {
            /* Blocks of the page before may extend into it. */
            if (nb_jump_live(j, at) && at->pc >> 12 == (target_ulong)va >> 12 && (!back || at->tb->page_addr[1] != -1)) {
                at->code = NULL;
                found = true;
            }
        }
    }
    if (found)
        nb_sites_reset(j);
}

/* A translation is not valid any more. */
static inline void nb_jump_forget(struct nb_jumps *j, uint64_t pc)
{
    if (!j)
        return;
    nb_jump_at(j, pc)->code = NULL;
    nb_sites_reset(j);
}
#endif
