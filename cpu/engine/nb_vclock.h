/*
 * The clock and the random numbers of instructions that read them (rdtsc, cntvct, rdrand ...), for runs that
 * count blocks: both must then follow from what the program did and from a seed. One variable for all targets,
 * because such runs are one at a time; being weak, each library may bring it.
 */
#ifndef NB_VCLOCK_H
#define NB_VCLOCK_H
#include <stdint.h>

struct nb_vclock {
    int on;
    uint64_t now;                 /* nanoseconds when the counter was at start */
    const volatile uint16_t *left; /* the running processor's counter of blocks */
    uint32_t start, ns;           /* ns: nanoseconds of a block */
    uint64_t seed, rnd;
};
__attribute__((weak)) struct nb_vclock nb_vclock;

static inline int64_t nb_vclock_ns(void)
{
    return nb_vclock.now + (uint64_t)(nb_vclock.start - *nb_vclock.left) * nb_vclock.ns;
}

/* splitmix64 */
static inline uint64_t nb_vclock_random(void)
{
    uint64_t z = nb_vclock.seed + (nb_vclock.rnd += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
#endif
