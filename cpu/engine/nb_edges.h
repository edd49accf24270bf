/*
 * The map of edges that fuzzers are guided by: each block that is executed counts the pair of itself and the block
 * before it in a byte of the map, as AFL's compilers do. Code is translated with or without it; epoch grows when
 * that changes, and each processor then drops its translations (nb_run). One variable for all targets; being weak,
 * each library may bring it. Go changes it only while nobody runs.
 */
#ifndef NB_EDGES_H
#define NB_EDGES_H
#include <stdint.h>

#define NB_EDGE_RANGES 16
struct nb_edges {
    uint8_t *map;    /* NULL: off */
    uint64_t mask;   /* length of the map - 1; the length is a power of two */
    uint64_t prev;   /* half of the last block's number */
    uint32_t epoch;
    uint32_t n, out; /* how many ranges of addresses are counted; the first out of them are left out instead */
    uint64_t lo[NB_EDGE_RANGES], hi[NB_EDGE_RANGES]; /* [lo, hi) */
};
__attribute__((weak)) struct nb_edges nb_edges;

/* nb_edge_cur is the number of the block at pc, or -1 for one that is not counted. splitmix64's last step spreads it. */
static inline int64_t nb_edge_cur(uint64_t pc)
{
    uint64_t z = pc;
    uint32_t i;

    for (i = 0; i < nb_edges.n && !(pc >= nb_edges.lo[i] && pc < nb_edges.hi[i]); i++)
        ;
    if (i < nb_edges.out || i == nb_edges.n)
        return -1;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (z ^ z >> 31) & nb_edges.mask;
}
#endif
