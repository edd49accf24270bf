package cpu

/*
#include "nb.h"
*/
import "C"

import "unsafe"

// TraceLen is the longest run that notes its blocks, in blocks.
const TraceLen = C.NB_TRACELEN

// Block is a translated block that was executed: at most a straight piece of code, at least one instruction. Its layout
// is struct nb_block.
type Block struct {
	PC          uint64
	Size, Insns uint32 // bytes, instructions
}

// Blocks is room for the blocks of a run.
type Blocks [TraceLen]Block

// SetTrace has each run note the blocks that it begins, and end with TrapStop after room of them, 1 to TraceLen; nil
// ends that. The processor drops what it has translated when it changes between runs that do and that do not. b must
// stay in use for as long. Only processors of New can.
func (c *Context) SetTrace(b *Blocks, room int) {
	c.trace, c.room, c.traced = uint64(uintptr(unsafe.Pointer(b))), uint32(room), 0
}

// Traced is how many blocks the last run began.
func (c *Context) Traced() int { return int(c.traced) }

func init() {
	if unsafe.Sizeof(Block{}) != C.sizeof_struct_nb_block {
		panic("cpu: Block and struct nb_block differ")
	}
}
