package coredump

import (
	"bytes"
	"io"

	"nbemu/abi"
	"nbemu/arch"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/mem"
)

// writeELF writes the core file (coredump_elf32, coredump_elf64): the ELF header, the program headers, the notes,
// and then the contents of the segments one after the other. Errors: the host's.
func writeELF(l *kern.LWP, w io.WriterAt) abi.Errno {
	p := l.Proc
	m := p.Model()
	n := notes{m: m}
	n.collect(l) // first: it also puts registers on the stack
	segs := p.VM.CoreSegs(p.Arch.PageSize)
	head := make([]byte, 0, 4096)

	eh := ehdr(p.Arch, len(segs)+1)
	head = append(head, m.Bytes(&eh)...)
	if eh.Shnum != 0 {
		head = append(head, m.Bytes(&abi.ElfShdr{Info: uint32(len(segs) + 1)})...)
	}
	noteOff := uint64(len(head)) + uint64(len(segs)+1)*uint64(eh.Phentsize)
	off := noteOff + uint64(len(n.b))
	for i := range segs {
		s := &segs[i]
		trimZeros(p.VM, s, uint64(m.PtrSize))
		ph := abi.ElfPhdr64{Type: abi.PT_LOAD, Offset: abi.ULong(off), Vaddr: abi.ULong(s.Start),
			Filesz: abi.ULong(s.RealEnd - s.Start), Memsz: abi.ULong(s.End - s.Start), Flags: segFlags(s.Prot),
			Align: abi.ULong(p.Arch.PageSize)}
		head = append(head, phdr(m, &ph)...)
		off += s.RealEnd - s.Start
	}
	head = append(head, phdr(m, &abi.ElfPhdr64{Type: abi.PT_NOTE, Offset: abi.ULong(noteOff), Filesz: abi.ULong(len(n.b)),
		Flags: abi.PF_R, Align: 4})...)
	out := stream{w: w}
	out.write(head)
	out.write(n.b)
	buf := make([]byte, 256<<10)
	for _, s := range segs {
		// Addresses may end at the end of all: lengths are counted instead.
		for done := uint64(0); s.Start+done != s.RealEnd && out.err == nil; {
			b := buf[:min(uint64(len(buf)), s.RealEnd-s.Start-done)]
			p.VM.Peek(b, s.Start+done)
			out.write(b)
			done += uint64(len(b))
		}
	}
	out.end()
	if out.err != nil {
		return kern.HostErrno(out.err)
	}
	return abi.OK
}

// stream writes one piece after the other until an error. Blocks of zeros become holes in the file.
type stream struct {
	w    io.WriterAt
	off  int64
	hole bool // at the end
	err  error
}

const holeSize = 4096

func (s *stream) write(b []byte) {
	for len(b) > 0 && s.err == nil {
		// What is written reaches to the next block of zeros.
		n := 0
		for n < len(b) && !allZero(b[n:min(n+holeSize, len(b))]) {
			n += min(holeSize, len(b)-n)
		}
		if s.hole = n == 0; s.hole {
			n = min(holeSize, len(b))
			s.off += int64(n)
		} else {
			s.put(b[:n])
		}
		b = b[n:]
	}
}

// end gives the file its length.
func (s *stream) end() {
	if s.hole && s.err == nil {
		s.off--
		s.put([]byte{0})
	}
}

func (s *stream) put(b []byte) {
	_, s.err = s.w.WriteAt(b, s.off)
	s.off += int64(len(b))
}

var zeros [holeSize]byte

func allZero(b []byte) bool { return bytes.Equal(b, zeros[:len(b)]) }

func ehdr(a *cpu.Arch, phnum int) abi.ElfEhdr {
	m := a.Model
	eh := abi.ElfEhdr{Type: abi.ET_CORE, Machine: a.ELFMachine, Version: 1, Flags: arch.Of(a).CoreFlags}
	copy(eh.Ident[:], "\x7fELF")
	eh.Ident[4], eh.Ident[5], eh.Ident[6] = a.ELFClass, a.ELFData, 1
	eh.Ehsize = uint16(m.Sizeof(&eh))
	eh.Phentsize = uint16(len(phdr(m, &abi.ElfPhdr64{})))
	eh.Phoff = abi.ULong(eh.Ehsize)
	eh.Phnum = uint16(min(phnum, abi.PN_XNUM))
	if phnum >= abi.PN_XNUM {
		// The number is in a section header, which is there for nothing else.
		eh.Shentsize, eh.Shnum = uint16(m.Sizeof(&abi.ElfShdr{})), 1
		eh.Shoff = eh.Phoff
		eh.Phoff += abi.ULong(eh.Shentsize)
	}
	return eh
}

func phdr(m *abi.Model, h *abi.ElfPhdr64) []byte {
	if m.LP64() {
		return m.Bytes(h)
	}
	return m.Bytes(&abi.ElfPhdr32{Type: h.Type, Offset: uint32(h.Offset), Vaddr: uint32(h.Vaddr), Paddr: uint32(h.Paddr),
		Filesz: uint32(h.Filesz), Memsz: uint32(h.Memsz), Flags: h.Flags, Align: uint32(h.Align)})
}

func segFlags(prot uint8) (f uint32) {
	if prot&mem.ProtRead != 0 {
		f |= abi.PF_R
	}
	if prot&mem.ProtWrite != 0 {
		f |= abi.PF_W
	}
	if prot&mem.ProtExec != 0 {
		f |= abi.PF_X
	}
	return f
}

// trimZeros leaves out zero words at a segment's end.
func trimZeros(vm *mem.Space, s *mem.CoreSeg, word uint64) {
	var buf [4096]byte
	for s.RealEnd > s.Start {
		b := buf[:min(uint64(len(buf)), s.RealEnd-s.Start)]
		vm.Peek(b, s.RealEnd-uint64(len(b)))
		n := len(b)
		for n > 0 && b[n-1] == 0 {
			n--
		}
		s.RealEnd -= uint64(len(b)) - (uint64(n)+word-1)&^(word-1)
		if n > 0 {
			return
		}
	}
}
