package kvm

import (
	"fmt"

	"nbemu/cpu"
)

// Feature bits that programs do not get: what belongs to ring 0, and what has state that is not kept when a thread
// changes processors. What remains is as the host has it.
const (
	c1ECXDrop   = 1<<2 | 1<<3 | 1<<4 | 1<<5 | 1<<6 | 1<<7 | 1<<8 | 1<<10 | 1<<11 | 1<<15 | 1<<17 | 1<<18 | 1<<21 | 1<<24 | 1<<31
	c1EDXDrop   = 1<<21 | 1<<22 | 1<<29 | 1<<31
	c7EBXDrop   = 1<<1 | 1<<2 | 1<<4 | 1<<6 | 1<<7 | 1<<10 | 1<<11 | 1<<12 | 1<<14 | 1<<15 | 1<<20 | 1<<22 | 1<<25
	c7ECXDrop   = 1<<2 | 1<<3 | 1<<4 | 1<<5 | 1<<7 | 1<<13 | 1<<16 | 1<<22 | 1<<23 | 1<<24 | 1<<29 | 1<<30 | 1<<31
	c7EDXDrop   = 0xffffffff &^ (1<<2 | 1<<3 | 1<<4 | 1<<8 | 1<<14 | 1<<23)
	x1ECXDrop   = 1<<1 | 1<<2 | 1<<3 | 1<<9 | 1<<10 | 1<<12 | 1<<13 | 1<<15 | 1<<17 | 1<<22 | 1<<23 | 1<<24 | 1<<28 | 1<<29
	featXSave   = 1 << 26
	featAVX     = 1 << 28
	xcrX87SSE   = 3
	xcrAVX      = 4
	xcrAVX512   = 0xe0
	basic1ECX   = 1<<0 | 1<<1 | 1<<9 | 1<<12 | 1<<13 | 1<<19 | 1<<20 | 1<<22 | 1<<23 | 1<<25 | featXSave | featAVX | 1<<29
	basic7EBX   = 1<<0 | 1<<3 | 1<<5 | 1<<8 | 1<<9
	basicX1ECX  = 1<<0 | 1<<5
	leafXSave   = 0xd
	leafAddress = 0x80000008
)

func supportedCPUID(kvm int) (*cpuid2, error) {
	c := &cpuid2{nent: uint32(len(cpuid2{}.entries))}
	if err := ioctlp(kvm, ioGetSupportedCPUID, c); err != nil {
		return nil, fmt.Errorf("KVM_GET_SUPPORTED_CPUID: %w", err)
	}
	return c, nil
}

func (c *cpuid2) find(function, index uint32) *cpuidEntry {
	for i := range c.entries[:c.nent] {
		if e := &c.entries[i]; e.function == function && e.index == index {
			return e
		}
	}
	return nil
}

func (c *cpuid2) physBits() uint32 {
	if e := c.find(leafAddress, 0); e != nil {
		return e.eax & 0xff
	}
	return 36
}

// filter takes away what programs are not to see, and returns the register of enabled state components that goes
// with the rest, 0 if there is none. basic leaves what the emulated processor has.
func (c *cpuid2) filter(basic bool) (xcr0 uint64) {
	out := c.entries[:0]
	if e := c.find(leafXSave, 0); e != nil {
		xcr0 = (uint64(e.edx)<<32 | uint64(e.eax)) & (xcrX87SSE | xcrAVX | xcrAVX512)
		if xcr0&xcrAVX == 0 || xcr0&xcrAVX512 != xcrAVX512 {
			xcr0 &^= xcrAVX512
		}
		if basic {
			xcr0 &= xcrX87SSE | xcrAVX
		}
	}
	for _, e := range c.entries[:c.nent] {
		switch e.function {
		case 1:
			e.ecx &^= c1ECXDrop
			e.edx &^= c1EDXDrop
			if basic {
				e.ecx &= basic1ECX
			}
			if xcr0 == 0 {
				e.ecx &^= featXSave
			}
			e.ebx &= 0x00ffffff // one processor, number 0
		case 7:
			if e.index == 0 {
				e.ebx &^= c7EBXDrop
				e.ecx &^= c7ECXDrop
				e.edx &^= c7EDXDrop
			}
			if basic {
				e.ebx &= basic7EBX
				e.eax, e.ecx, e.edx = 0, 0, 0
			}
		case 0xa, 0xb, 0x1f, 0x12, 0x14, 0x19, 0x1d, 0x1e:
			e.eax, e.ebx, e.ecx, e.edx = 0, 0, 0, 0
		case leafXSave:
			switch {
			case e.index == 0:
				e.eax, e.edx = uint32(xcr0), 0
			case e.index == 1:
				e.eax &= 7 // no state of ring 0
				e.ecx, e.edx = 0, 0
			case xcr0>>e.index&1 == 0:
				continue
			}
		case 0x80000001:
			e.ecx &^= x1ECXDrop
			if basic {
				e.ecx &= basicX1ECX
			}
		}
		if e.function >= 0x40000000 && e.function < 0x50000000 {
			continue // no hypervisor to talk to
		}
		out = append(out, e)
	}
	c.nent = uint32(len(out))
	return xcr0
}

// xstate is where XSAVE's image has the components that xcr0 enables, of those that a Context has room for.
func (c *cpuid2) xstate(xcr0 uint64) (x cpu.XState) {
	x.Features = xcrX87SSE
	for i := range x.At {
		e := c.find(leafXSave, uint32(i))
		if i < cpu.XStateAVX || xcr0>>i&1 == 0 || e == nil || e.ebx+e.eax > cpu.XSaveSize {
			continue
		}
		x.Features |= 1 << i
		x.At[i].Offset, x.At[i].Size = uint16(e.ebx), uint16(e.eax)
	}
	return x
}
