package mem

import (
	"bytes"
	"encoding/binary"
	"sync/atomic"
	"unsafe"

	"nbemu/abi"
)

// page returns the host view of the page of va and its frame, after making it accessible. Whoever stores to it calls
// stored afterwards. Errors: EFAULT; ENOMEM without memory for it.
func (s *Space) page(va uint64, access uint8) ([]byte, Frame, abi.Errno) {
	if s.touches != nil {
		s.touch(va, access)
	}
	if va < s.Min || va >= s.Max {
		return nil, 0, abi.EFAULT
	}
	p := s.pt.lookup(va)
	want := pte(pteV | pteR)
	if access == ProtWrite {
		want = pteV | pteW
	}
	if p == nil || *p&want != want {
		switch s.faultLocked(va&^uint64(pageMask), access, false) {
		case FaultOK:
		case FaultNoMem:
			return nil, 0, abi.ENOMEM
		default:
			return nil, 0, abi.EFAULT
		}
		p = s.pt.lookup(va)
	}
	f := p.frame()
	return f.bytes(), f, abi.OK
}

// once runs a copy, and once more if a file's page was gone meanwhile: it may have been another LWP's.
func once(copy func() abi.Errno) abi.Errno {
	mendWindows()
	n := busHits()
	err := copy()
	if busHits() != n {
		mendWindows()
		return abi.EFAULT
	}
	return err
}

// Copyin copies guest memory at va to dst. Errors: EFAULT, ENOMEM; dst may then be partly written.
func (s *Space) Copyin(dst []byte, va uint64) abi.Errno {
	n := busHits()
	err := s.copyin(dst, va)
	if busHits() != n {
		return once(func() abi.Errno { return s.copyin(dst, va) })
	}
	return err
}

func (s *Space) copyin(dst []byte, va uint64) abi.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(dst) > 0 {
		b, _, err := s.page(va, ProtRead)
		if err != abi.OK {
			return err
		}
		n := copy(dst, b[va&pageMask:])
		dst, va = dst[n:], va+uint64(n)
	}
	return abi.OK
}

// Copyout copies src to guest memory at va. Errors: EFAULT, ENOMEM; the pages before the bad one are written.
func (s *Space) Copyout(src []byte, va uint64) abi.Errno {
	n := busHits()
	err := s.copyout(src, va)
	if busHits() != n {
		return once(func() abi.Errno { return s.copyout(src, va) })
	}
	return err
}

func (s *Space) copyout(src []byte, va uint64) abi.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(src) > 0 {
		b, f, err := s.page(va, ProtWrite)
		if err != abi.OK {
			return err
		}
		n := copy(b[va&pageMask:], src)
		s.stored(f)
		src, va = src[n:], va+uint64(n)
	}
	return abi.OK
}

// CompareAndSwap32 stores new in the word at va, a multiple of 4, if it is old, in one step for processors that run the
// space meanwhile (ucas_32). Both have the bytes as they are in memory. Errors: EFAULT, ENOMEM.
func (s *Space) CompareAndSwap32(va uint64, old, new [4]byte) (swapped bool, err abi.Errno) {
	err = once(func() (err abi.Errno) { swapped, err = s.cas32(va, old, new); return })
	return swapped, err
}

func (s *Space) cas32(va uint64, old, new [4]byte) (bool, abi.Errno) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, f, err := s.page(va, ProtWrite)
	if err != abi.OK {
		return false, err
	}
	word := (*uint32)(unsafe.Pointer(&b[va&pageMask&^3]))
	swapped := atomic.CompareAndSwapUint32(word, binary.NativeEndian.Uint32(old[:]), binary.NativeEndian.Uint32(new[:]))
	s.stored(f)
	return swapped, abi.OK
}

// CopyinStr reads a string that ends in NUL, of at most max bytes with the NUL. Errors: EFAULT, ENAMETOOLONG, ENOMEM.
func (s *Space) CopyinStr(va uint64, max int) (string, abi.Errno) {
	n := busHits()
	str, err := s.copyinStr(va, max)
	if busHits() != n {
		err = once(func() (err abi.Errno) { str, err = s.copyinStr(va, max); return })
	}
	return str, err
}

func (s *Space) copyinStr(va uint64, max int) (string, abi.Errno) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []byte
	for max > 0 {
		b, _, err := s.page(va, ProtRead)
		if err != abi.OK {
			return "", err
		}
		b = b[va&pageMask:]
		if len(b) > max {
			b = b[:max]
		}
		if i := bytes.IndexByte(b, 0); i >= 0 {
			if out == nil {
				return string(b[:i]), abi.OK
			}
			return string(append(out, b[:i]...)), abi.OK
		}
		out = append(out, b...)
		va += uint64(len(b))
		max -= len(b)
	}
	return "", abi.ENAMETOOLONG
}

// Slices appends host views of n bytes of guest memory at va to dst, for host reads and writes without a
// copy. They are valid until the LWP sleeps or a call changes its space (a page that another thread copies meanwhile
// keeps its old frame for so long: dropStale); whoever stores through them calls Stored. On EFAULT the part before the bad
// page is returned.
func (s *Space) Slices(dst [][]byte, va, n uint64, write bool) ([][]byte, abi.Errno) {
	access := uint8(ProtRead)
	if write {
		access = ProtWrite
	}
	mendWindows()
	s.mu.Lock()
	defer s.mu.Unlock()
	var last Frame
	for n > 0 {
		b, f, err := s.page(va, access)
		if err != abi.OK {
			return dst, err
		}
		off := va & pageMask
		k := min(uint64(PageSize)-off, n)
		if off == 0 && last != 0 && f == last+1 {
			// Frames in sequence make one slice.
			d := &dst[len(dst)-1]
			*d = extend(*d, int(k))
		} else {
			dst = append(dst, b[off:off+k])
		}
		last = f
		va, n = va+k, n-k
	}
	return dst, abi.OK
}

// Poke stores to guest memory whatever its protection, as ptrace does; text pages become private copies.
func (s *Space) Poke(src []byte, va uint64) abi.Errno {
	return once(func() abi.Errno { return s.poke(src, va) })
}

func (s *Space) poke(src []byte, va uint64) abi.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.changed()
	for len(src) > 0 {
		// What others see must be what the mapping could be made to write.
		if e := s.ents.at(va); e == nil || e.Shared && e.MaxProt&ProtWrite == 0 ||
			s.faultLocked(va&^uint64(pageMask), ProtWrite, true) != FaultOK {
			return abi.EFAULT
		}
		f := s.pt.lookup(va).frame()
		n := copy(f.bytes()[va&pageMask:], src)
		s.stored(f)
		src, va = src[n:], va+uint64(n)
	}
	return abi.OK
}

// PokeRead is the other way round: it reads what could be made readable, whatever its protection. Error: EFAULT.
func (s *Space) PokeRead(dst []byte, va uint64) abi.Errno {
	return once(func() abi.Errno { return s.pokeRead(dst, va) })
}

func (s *Space) pokeRead(dst []byte, va uint64) abi.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(dst) > 0 {
		e := s.ents.at(va)
		if e == nil || e.MaxProt&ProtRead == 0 {
			return abi.EFAULT
		}
		if p := s.pt.lookup(va); p == nil || *p&pteV == 0 {
			if s.faultLocked(va&^uint64(pageMask), ProtRead, true) != FaultOK {
				return abi.EFAULT
			}
		}
		n := copy(dst, s.pt.lookup(va).frame().bytes()[va&pageMask:])
		dst, va = dst[n:], va+uint64(n)
	}
	return abi.OK
}
