package cpu

/*
#cgo CFLAGS: -I${SRCDIR}/engine
#include "nb_edges.h"
static void edges_set(uintptr_t map, uint64_t mask, uint32_t n, uint32_t out, const uint64_t *lo, const uint64_t *hi) {
	uint32_t i;
	nb_edges.map = (uint8_t *)map;
	nb_edges.mask = mask;
	nb_edges.prev = 0;
	nb_edges.n = n;
	nb_edges.out = out;
	for (i = 0; i < n; i++) {
		nb_edges.lo[i] = lo[i];
		nb_edges.hi[i] = hi[i];
	}
	nb_edges.epoch++;
}
static void edges_begin(void) { nb_edges.prev = 0; }
*/
import "C"

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"unsafe"
)

// EdgeRange is a stretch of addresses [Start, End).
type EdgeRange struct{ Start, End uint64 }

// MaxEdgeRanges is how many of them SetEdges takes.
const MaxEdgeRanges = C.NB_EDGE_RANGES

// SetEdges has the emulated processors count edges in m, as AFL's compilers do: of each block at an address of in and not
// of out, the byte numbered by the block and by the one before is counted up, and never back to 0. Without in all blocks
// count. len(m) is a power of two, m is not the Go heap's, and stays there. A nil m turns counting off, which is free
// then. There is one map for all processors: who wants to know what it says runs one thread at a time. No program runs
// meanwhile. Error: too many ranges, or a length that is none.
func SetEdges(m []byte, in, out []EdgeRange) error {
	if len(m) == 0 {
		C.edges_set(0, 0, 0, 0, nil, nil)
		return nil
	}
	if bits.OnesCount(uint(len(m))) != 1 {
		return fmt.Errorf("cpu: %d is no power of two", len(m))
	}
	if len(in) == 0 {
		in = []EdgeRange{{0, ^uint64(0)}}
	}
	if len(in)+len(out) > MaxEdgeRanges {
		return errors.New("cpu: too many ranges of addresses")
	}
	var lo, hi [MaxEdgeRanges]C.uint64_t
	for i, r := range slices.Concat(out, in) {
		lo[i], hi[i] = C.uint64_t(r.Start), C.uint64_t(r.End)
	}
	C.edges_set(C.uintptr_t(uintptr(unsafe.Pointer(&m[0]))), C.uint64_t(len(m)-1), C.uint32_t(len(in)+len(out)), C.uint32_t(len(out)), &lo[0], &hi[0])
	return nil
}

// BeginEdges starts a program anew, as far as edges go: nothing comes before its first block.
func BeginEdges() { C.edges_begin() }
