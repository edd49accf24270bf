/* Instructions that give random numbers use the seeded ones while blocks are counted; see nb_vclock.h. */
#ifndef NB_GUEST_RANDOM_H
#define NB_GUEST_RANDOM_H
#include_next "qemu/guest-random.h"
#include "nb_vclock.h"

static inline int nb_guest_getrandom(void *buf, size_t len)
{
    unsigned char *p = buf;
    uint64_t r = 0;
    size_t i;
    if (!nb_vclock.on)
        return qemu_guest_getrandom(buf, len);
    for (i = 0; i < len; i++) {
        if (i % 8 == 0)
            r = nb_vclock_random();
        p[i] = (unsigned char)(r >> i % 8 * 8);
    }
    return 0;
}

#define qemu_guest_getrandom nb_guest_getrandom
#endif
