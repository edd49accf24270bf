package kvm

import (
	"encoding/binary"
)

// The part of guest memory that ring 0 owns lies after the arena. It begins with pages that all processors share, and
// goes on with the processors' own pages and the page tables of spaces. All of it is mapped at kernBase, for ring 0
// only, in every space.
//
// Ring 0 has no program. An exception or a call ends at an HLT, which leaves to the host: which one tells what it was.
// The way back is an IRET, with the registers already as the program is to have them.

const (
	kernBase = 0xffffff8000000000 // the last of the top table's entries
	kernSlot = 511

	offVectors = 0x0000 // vectorSize bytes for each of 256 vectors
	offEntry   = 0x1000
	offIDT     = 0x2000
	offPDPT    = 0x3000
	offPD      = 0x4000
	offBoot    = 0x5000 // a root with nothing but ring 0
	offTables  = 0x6000 // pages from here on are handed out

	vectorSize = 16

	entIret    = offEntry + 0x00 // iretq
	entFlush   = offEntry + 0x10 // reload cr3 from rax, pop rax, iretq
	entUpdate  = offEntry + 0x20 // carry out a list of stores, then as entFlush
	entSyscall = offEntry + 0x80 // where SYSCALL goes
	entSysc32  = offEntry + 0x90 // where SYSCALL of 32-bit code goes
)

// A processor's own pages, from its base.
const (
	cpuGDT    = 0x000 // and the local table that a process has which made none
	cpuTSS    = 0x200
	cpuIret   = 0xf00  // where IRET's frame is put
	cpuStack  = 0x1000 // one page: the stack of every vector but the debug trap's grows down from its end
	cpuDebug  = 0x1800 // the debug trap's own stack grows down from here
	cpuList   = 0x2000 // updateMax pairs of an address and what to store there
	cpuPages  = 3
	updateMax = 256
)

// Selectors of ring 0.
const (
	selKernCode = 0x08
	selKernData = 0x10
	gdtTSS      = 24 // the descriptor's number; it takes two
	gdtLen      = 26
	ldtOff      = gdtLen * 8 // the default local table follows
	ldtLen      = 10

	tssLen = 0x68
)

// Code of ring 0, by offset.
var ring0 = map[int][]byte{
	entIret: {0x48, 0xcf},
	entFlush: {
		0x0f, 0x22, 0xd8, // mov %rax,%cr3
		0x58,       // pop %rax
		0x48, 0xcf, // iretq
	},
	entUpdate: {
		0x48, 0xad, // lodsq
		0x48, 0x89, 0xc7, // mov %rax,%rdi
		0x48, 0xad, // lodsq
		0x48, 0xab, // stosq
		0x48, 0xff, 0xc9, // dec %rcx
		0x75, 0xf2, // jnz to the first lodsq
		0x5f,             // pop %rdi
		0x5e,             // pop %rsi
		0x59,             // pop %rcx
		0x58,             // pop %rax
		0x0f, 0x22, 0xd8, // mov %rax,%cr3
		0x58,       // pop %rax
		0x48, 0xcf, // iretq
	},
	entSyscall: {0xf4}, // hlt
	entSysc32:  {0xf4},
}

const (
	vecDB = 1
	vecBP = 3
	vecOF = 4
	vecUD = 6
	vecDF = 8
	vecSS = 12
	vecGP = 13
	vecPF = 14
)

// errorCodes are the vectors for which the processor pushes an error code.
const errorCodes = 1<<8 | 1<<10 | 1<<11 | 1<<12 | 1<<13 | 1<<14 | 1<<17 | 1<<21 | 1<<29 | 1<<30

// fillShared writes the pages that all processors share. base is where they lie in guest memory.
func fillShared(p []byte, base uint64) {
	le := binary.LittleEndian
	for off, code := range ring0 {
		copy(p[off:], code)
	}
	for v := range 256 {
		h := offVectors + v*vectorSize
		if v == vecPF {
			copy(p[h:], []byte{
				0x50,             // push %rax
				0x0f, 0x20, 0xd0, // mov %cr2,%rax
				0x50, // push %rax
				0xf4, // hlt
			})
		} else {
			p[h] = 0xf4
		}
		dpl, ist := byte(0), byte(1)
		switch v {
		case vecBP, vecOF, 0x80:
			dpl = 3
		case vecDB:
			ist = 2
		}
		addr := kernBase + uint64(h)
		g := p[offIDT+16*v:]
		le.PutUint16(g, uint16(addr))
		le.PutUint16(g[2:], selKernCode)
		g[4], g[5] = ist, 0x8e|dpl<<5 // an interrupt gate
		le.PutUint16(g[6:], uint16(addr>>16))
		le.PutUint32(g[8:], uint32(addr>>32))
	}
	le.PutUint64(p[offBoot+8*kernSlot:], base+offPDPT|ptP|ptW|ptA)
	le.PutUint64(p[offPDPT:], base+offPD|ptP|ptW|ptA)
	for i := range uint64(sysSize >> 21) {
		le.PutUint64(p[offPD+8*i:], base+i<<21|ptP|ptW|ptA|ptD|ptPS)
	}
}

// descriptor makes a segment descriptor of all addresses from base on. flags are its upper bits, access the byte
// with type and privilege.
func descriptor(base uint32, limit uint32, access, flags uint64) uint64 {
	return uint64(limit&0xffff) | uint64(base&0xffffff)<<16 | access<<40 | uint64(limit>>16&0xf)<<48 | flags<<52 | uint64(base>>24)<<56
}

const (
	accUserCode = 0xfb
	accUserData = 0xf3
	flags32     = 0xc // pages, 32 bits
	flags64     = 0xa
)

// fillCPU writes the descriptors and the task state of a processor. at is the address of its pages in ring 0.
func fillCPU(p []byte, at uint64, segs *segTables) {
	le := binary.LittleEndian
	set := func(i int, d uint64) { le.PutUint64(p[cpuGDT+8*i:], d) }
	set(selKernCode/8, descriptor(0, 0xfffff, 0x9b, flags64))
	set(selKernData/8, descriptor(0, 0xfffff, 0x93, flags32))
	if segs != nil {
		all := func(first int, list []int, access uint64) {
			for _, i := range list {
				set(first+i, descriptor(0, 0xfffff, access, flags32))
			}
		}
		all(0, segs.code, accUserCode)
		all(0, append([]int{segs.fs, segs.gs}, segs.data...), accUserData)
		all(gdtLen, segs.lcode, accUserCode)
		all(gdtLen, segs.ldata, accUserData)
	} else {
		set(selUserData64/8, descriptor(0, 0xfffff, accUserData, flags32))
		set(selUserCode64/8, descriptor(0, 0xfffff, accUserCode, flags64))
	}
	tss := at + cpuTSS
	set(gdtTSS, descriptor(uint32(tss), tssLen-1, 0x8b, 0))
	set(gdtTSS+1, tss>>32)
	t := p[cpuTSS:]
	le.PutUint64(t[0x04:], at+cpuStack+0x1000) // ring 0's stack
	le.PutUint64(t[0x24:], at+cpuStack+0x1000) // IST 1
	le.PutUint64(t[0x2c:], at+cpuDebug)        // IST 2
	le.PutUint16(t[0x66:], tssLen)             // no I/O bitmap
}
