package mem

import (
	"unsafe"

	"nbemu/abi"
)

func rootAddr(t *pageTable) uintptr { return uintptr(unsafe.Pointer(t.root)) }

// FaultResult is what became of a page fault.
type FaultResult uint8

const (
	FaultOK       FaultResult = iota
	FaultNoMap                // nothing there: SIGSEGV, SEGV_MAPERR
	FaultNoAccess             // there, but not for this access: SIGSEGV, SEGV_ACCERR
	FaultBus                  // past the end of a file: SIGBUS, BUS_ADRERR
	FaultNoMem                // no frame left: SIGKILL territory
)

// faultAhead is how many zero-fill pages one fault maps, as an aligned block: neighbours are mostly wanted
// next, and host memory is only used up when they are.
const faultAhead = 16

// Fault makes the page of va accessible, as uvm_fault does. access is one of ProtRead, ProtWrite, ProtExec.
func (s *Space) Fault(va uint64, access uint8) FaultResult {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.MinFlt++
	return s.faultLocked(va&^uint64(pageMask), access, false)
}

// faultLocked resolves a fault. With force the entry's protection does not matter (ptrace and the kernel's
// own stores to read-only text; the page becomes private).
func (s *Space) faultLocked(va uint64, access uint8, force bool) FaultResult {
	e := s.entryAt(va)
	if e == nil {
		return FaultNoMap
	}
	bits := protBits(e.Prot)
	want := protBits(access)
	if access == ProtWrite {
		want = pteW
	} else if access == ProtExec {
		want = pteX
	}
	if bits&want == 0 && !force {
		return FaultNoAccess
	}
	p := s.pt.entry(va)
	if e.Shared {
		return s.faultShared(e, p, va, access, bits)
	}
	if *p&pteV != 0 {
		if access == ProtWrite && *p&pteCOW != 0 {
			return s.breakCOW(p, bits)
		}
		if access == ProtWrite && force && e.Prot&ProtWrite == 0 && (p.frame().shared() || e.Obj != nil) {
			return s.breakCOW(p, bits)
		}
		// A stale engine entry; what is written is what the map says.
		*p = *p&^(pteR|pteW|pteX) | bits
		if *p&pteCOW != 0 {
			*p &^= pteW
		}
		return FaultOK
	}
	if e.Obj == nil {
		return s.zeroFill(e, va, bits)
	}
	return s.filePage(e, p, va, access, bits)
}

func (s *Space) faultShared(e *Entry, p *pte, va uint64, access uint8, bits pte) FaultResult {
	idx := e.pageIndex(va)
	f, err := s.objPage(e, idx)
	if err != abi.OK {
		return objFault(err)
	}
	if e.Obj.tracksWrites() {
		if access == ProtWrite {
			e.Obj.wrote(idx)
		} else if *p&pteW == 0 {
			bits &^= pteW
		}
	}
	if *p&pteV == 0 {
		f.ref()
	} else if p.frame() != f {
		f.ref()
		p.frame().unref()
		s.gen.Add(1)
	}
	*p = mkpte(f, bits|pteV)
	return FaultOK
}

// objPage is the frame of an entry's object, with the machine's idea of where a file's last page ends.
func (s *Space) objPage(e *Entry, idx uint64) (Frame, abi.Errno) {
	f, err := e.Obj.page(idx)
	if first := idx &^ (s.Page>>PageShift - 1); err == abi.EFAULT && s.Page > PageSize && first != idx {
		if _, err := e.Obj.page(first); err == abi.OK {
			return e.Obj.tail(idx)
		}
	}
	return f, err
}

func objFault(err abi.Errno) FaultResult {
	if err == abi.ENOMEM {
		return FaultNoMem
	}
	return FaultBus
}

// breakCOW gives the faulting mapping its own copy, or the page itself if nobody else has it any more.
func (s *Space) breakCOW(p *pte, bits pte) FaultResult {
	f := p.frame()
	if f.shared() {
		n, ok := phys.allocCopy(f)
		if !ok {
			return FaultNoMem
		}
		// An engine may still have the old frame to read from: another one that ran this space before, and
		// this one too when it was the kernel that stored to the page (read(2) after fork). Translations are
		// found by virtual address as well.
		s.gen.Add(1)
		f.unref()
		f = n
	}
	*p = mkpte(f, bits|pteV)
	return FaultOK
}

func (s *Space) zeroFill(e *Entry, va uint64, bits pte) FaultResult {
	start := max(va&^(faultAhead<<PageShift-1), e.Start)
	end := min(va&^(faultAhead<<PageShift-1)+faultAhead<<PageShift, e.End)
	// Only a block that is untouched as a whole is filled as one: fork and munmap leave holes.
	n := int((end - start) >> PageShift)
	for a := start; a < end; a += PageSize {
		if *s.pt.entry(a)&pteV != 0 {
			n = 1
			break
		}
	}
	if n == 1 {
		start = va
	}
	var frames [faultAhead]Frame
	if !phys.allocZero(frames[:n]) {
		n, start = 1, va
		if !phys.allocZero(frames[:1]) {
			return FaultNoMem
		}
	}
	for i, f := range frames[:n] {
		*s.pt.entry(start + uint64(i)<<PageShift) = mkpte(f, bits|pteV)
	}
	return FaultOK
}

// filePage maps a page of a private file mapping: the cached page itself until it is stored to.
func (s *Space) filePage(e *Entry, p *pte, va uint64, access uint8, bits pte) FaultResult {
	f, err := s.objPage(e, e.pageIndex(va))
	if err != abi.OK {
		return objFault(err)
	}
	if access == ProtWrite {
		n, ok := phys.allocCopy(f)
		if !ok {
			return FaultNoMem
		}
		*p = mkpte(n, bits|pteV)
		return FaultOK
	}
	f.ref()
	*p = mkpte(f, bits&^pteW|pteV|pteCOW)
	// Neighbours that are cached already cost nothing but the entry.
	for a := va + PageSize; a < min(va+8*PageSize, e.End); a += PageSize {
		q := s.pt.entry(a)
		if *q&pteV != 0 {
			break
		}
		if f, err = s.objPage(e, e.pageIndex(a)); err != abi.OK {
			break
		}
		f.ref()
		*q = mkpte(f, bits&^pteW|pteV|pteCOW)
	}
	return FaultOK
}
