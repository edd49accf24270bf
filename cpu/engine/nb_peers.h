/* The engines of the process, of all targets: who may have to be told of something. */
#ifndef NB_PEERS_H
#define NB_PEERS_H
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include "nb.h"

struct nb_peer {
    uint32_t id;      /* from 1; NB_ENGINE_ANY for the last ones, if there are so many */
    uint32_t taken;   /* by an engine; otherwise it waits for the next one, which gets the number too */
    uint32_t running; /* it executes guest code, or is about to */
    uint32_t kicked;  /* it was asked to leave guest code and look at the log */
    uint32_t kickers; /* how many are at it, so that the engine must not go away */
    uint64_t seen;    /* the generation of the page tables that its TLB is of */
    void (*kick)(void *engine);
    void *engine;
    struct nb_peer *next;
};

/* One for all targets; being weak, each library may bring it. */
struct nb_peers {
    struct nb_peer *first; /* never shorter */
    uint32_t n;
};
__attribute__((weak)) struct nb_peers nb_peers;

/* Makes the engine one of them; NULL if there is no memory. */
static inline struct nb_peer *nb_peer_join(void *engine, void (*kick)(void *engine))
{
    struct nb_peer *p = __atomic_load_n(&nb_peers.first, __ATOMIC_ACQUIRE);
    uint32_t no = 0;

    for (; p; p = p->next, no = 0)
        if (__atomic_compare_exchange_n(&p->taken, &no, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            break;
    if (!p) {
        if (!(p = (struct nb_peer *)calloc(1, sizeof *p)))
            return NULL;
        no = __atomic_add_fetch(&nb_peers.n, 1, __ATOMIC_RELAXED);
        p->id = no < NB_ENGINE_ANY ? no : NB_ENGINE_ANY;
        p->taken = 1;
        p->next = __atomic_load_n(&nb_peers.first, __ATOMIC_RELAXED);
        while (!__atomic_compare_exchange_n(&nb_peers.first, &p->next, p, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
            ;
    }
    p->kick = kick;
    p->engine = engine;
    p->kicked = 0;
    return p;
}

/* The engine, which does not run, goes away. */
static inline void nb_peer_leave(struct nb_peer *p)
{
    while (__atomic_load_n(&p->kickers, __ATOMIC_SEQ_CST))
        sched_yield();
    __atomic_store_n(&p->taken, 0, __ATOMIC_RELEASE);
}

/* Has the engine, or the engines, with number who leave guest code if they are there; with NB_ENGINE_ANY all but self. */
static inline void nb_peers_kick(const struct nb_peer *self, uint32_t who)
{
    struct nb_peer *p = __atomic_load_n(&nb_peers.first, __ATOMIC_ACQUIRE);
    for (; p; p = p->next) {
        if (p == self || (who != NB_ENGINE_ANY && who != p->id))
            continue;
        __atomic_fetch_add(&p->kickers, 1, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&p->running, __ATOMIC_SEQ_CST)) {
            __atomic_store_n(&p->kicked, 1, __ATOMIC_SEQ_CST);
            p->kick(p->engine);
        }
        __atomic_fetch_sub(&p->kickers, 1, __ATOMIC_RELEASE);
    }
}

/* Waits until those whom nb_peers_kick has kicked have left guest code. The caller is not in it. */
static inline void nb_peers_await(const struct nb_peer *self, uint32_t who)
{
    struct nb_peer *p = __atomic_load_n(&nb_peers.first, __ATOMIC_ACQUIRE);
    for (; p; p = p->next)
        while (p != self && (who == NB_ENGINE_ANY || who == p->id) && __atomic_load_n(&p->running, __ATOMIC_ACQUIRE) &&
               __atomic_load_n(&p->kicked, __ATOMIC_ACQUIRE))
            sched_yield();
}

/*
 * How many engines are taking the right to store away from others, for the frames of each number modulo this. Those
 * have left guest code, and store by their right no more, only when it is 0 again.
 */
#define NB_REVOKING 64
__attribute__((weak)) uint32_t nb_revoking[NB_REVOKING];

/* Who executes one instruction while nobody else is in guest code, NULL if nobody does. */
__attribute__((weak)) struct nb_peer *nb_alone;

/* Waits until nobody else is in guest code; nobody is until nb_peers_together. The caller is not in it. */
static inline void nb_peers_alone(struct nb_peer *self)
{
    struct nb_peer *p = NULL;
    while (!__atomic_compare_exchange_n(&nb_alone, &p, self, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
        p = NULL;
        sched_yield();
    }
    nb_peers_kick(self, NB_ENGINE_ANY);
    for (p = __atomic_load_n(&nb_peers.first, __ATOMIC_ACQUIRE); p; p = p->next)
        while (p != self && __atomic_load_n(&p->running, __ATOMIC_SEQ_CST))
            sched_yield();
}

static inline void nb_peers_together(void)
{
    __atomic_store_n(&nb_alone, (struct nb_peer *)NULL, __ATOMIC_SEQ_CST);
}

/* Notes that the engine is about to execute guest code, as soon as nobody is alone. */
static inline void nb_peer_enter(struct nb_peer *self)
{
    struct nb_peer *alone;
    for (;;) {
        __atomic_store_n(&self->running, 1, __ATOMIC_SEQ_CST);
        alone = __atomic_load_n(&nb_alone, __ATOMIC_SEQ_CST);
        if (__builtin_expect(!alone || alone == self, 1))
            break;
        __atomic_store_n(&self->running, 0, __ATOMIC_RELEASE);
        while (__atomic_load_n(&nb_alone, __ATOMIC_RELAXED) == alone)
            sched_yield();
    }
    /* What it was asked to leave for is looked at now. */
    if (__builtin_expect(__atomic_load_n(&self->kicked, __ATOMIC_ACQUIRE), 0))
        __atomic_exchange_n(&self->kicked, 0, __ATOMIC_SEQ_CST);
}
#endif
