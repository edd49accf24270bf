package symbols

import (
	"debug/elf"
	"encoding/binary"
	"sort"
)

// CFI is a file's call frame information (.eh_frame or .debug_frame): how to find the registers of a function's caller.
type CFI struct {
	order binary.ByteOrder
	ptr   int
	fdes  []fde
}

type cie struct {
	code      uint64
	data      int64
	ra        uint64
	enc       byte // of addresses in FDEs
	augmented bool // FDEs have augmentation data
	signal    bool
	init      []byte
}

type fde struct {
	start, end uint64
	cie        *cie
	insns      []byte
}

// CFI returns the file's call frame information, nil if it has none.
func (f *File) CFI() *CFI {
	f.cfiOnce.Do(func() {
		defer func() { _ = recover() }() // of a broken file, nothing
		c := &CFI{order: f.elf.ByteOrder, ptr: 8}
		if f.elf.Class == elf.ELFCLASS32 {
			c.ptr = 4
		}
		for _, name := range []string{".eh_frame", ".debug_frame"} {
			s := f.elf.Section(name)
			if s == nil || s.Type == elf.SHT_NOBITS {
				continue
			}
			if b, err := s.Data(); err == nil {
				c.parse(b, s.Addr, name == ".eh_frame")
			}
		}
		if len(c.fdes) > 0 {
			sort.SliceStable(c.fdes, func(i, j int) bool { return c.fdes[i].start < c.fdes[j].start })
			f.cfi = c
		}
	})
	return f.cfi
}

// cursor reads the pieces of call frame information; bad says that there was less than it should be.
type cursor struct {
	b     []byte
	at    int
	order binary.ByteOrder
	bad   bool
}

func (c *cursor) take(n int) []byte {
	if n < 0 || n > len(c.b)-c.at {
		c.bad = true
		c.at = len(c.b)
		return make([]byte, max(min(n, 16), 0))
	}
	c.at += n
	return c.b[c.at-n : c.at]
}

func (c *cursor) left() int   { return len(c.b) - c.at }
func (c *cursor) u8() byte    { return c.take(1)[0] }
func (c *cursor) u16() uint16 { return c.order.Uint16(c.take(2)) }
func (c *cursor) u32() uint32 { return c.order.Uint32(c.take(4)) }
func (c *cursor) u64() uint64 { return c.order.Uint64(c.take(8)) }

func (c *cursor) uleb() (v uint64) {
	for shift := 0; ; shift += 7 {
		b := c.u8()
		v |= uint64(b&0x7f) << (shift & 63)
		if b&0x80 == 0 || c.bad {
			return v
		}
	}
}

func (c *cursor) sleb() (v int64) {
	for shift := 0; ; {
		b := c.u8()
		v |= int64(b&0x7f) << (shift & 63)
		shift += 7
		if b&0x80 == 0 || c.bad {
			if b&0x40 != 0 && shift < 64 {
				v |= -1 << shift
			}
			return v
		}
	}
}

// encoded reads an address as DW_EH_PE says; base is the address of the section's first byte.
func (c *cursor) encoded(enc byte, ptr int, base uint64) (v uint64, ok bool) {
	at := base + uint64(c.at)
	switch enc & 0x0f {
	case 0x00:
		if ptr == 8 {
			v = c.u64()
		} else {
			v = uint64(c.u32())
		}
	case 0x01:
		v = c.uleb()
	case 0x02:
		v = uint64(c.u16())
	case 0x03:
		v = uint64(c.u32())
	case 0x04:
		v = c.u64()
	case 0x09:
		v = uint64(c.sleb())
	case 0x0a:
		v = uint64(int16(c.u16()))
	case 0x0b:
		v = uint64(int32(c.u32()))
	case 0x0c:
		v = c.u64()
	default:
		return 0, false
	}
	switch enc & 0x70 {
	case 0x00:
	case 0x10:
		v += at
	default:
		return 0, false
	}
	if ptr == 4 {
		v = uint64(uint32(v))
	}
	return v, enc&0x80 == 0
}

// parse reads a whole section. What it does not understand is left out.
func (t *CFI) parse(b []byte, base uint64, eh bool) {
	cies := map[int]*cie{}
	c := &cursor{b: b, order: t.order}
	for c.left() >= 4 {
		start := c.at
		n, wide := uint64(c.u32()), false
		if n == 0xffffffff {
			n, wide = c.u64(), true
		}
		if n == 0 {
			if eh {
				continue
			}
			break
		}
		body := c.at
		if n > uint64(c.left()) {
			break
		}
		end := body + int(n)
		e := &cursor{b: b[:end], at: body, order: t.order}
		id := uint64(e.u32())
		if wide {
			e.at = body
			id = e.u64()
		}
		switch {
		case eh && id == 0 || !eh && (id == 0xffffffff || wide && id == ^uint64(0)):
			if x := t.parseCIE(e, base, eh); x != nil {
				cies[start] = x
			}
		default:
			at := int(id)
			if eh {
				at = body - int(id)
			}
			if x := cies[at]; x != nil {
				t.parseFDE(e, x, base)
			}
		}
		c.at = end
	}
}

func (t *CFI) parseCIE(e *cursor, base uint64, eh bool) *cie {
	x := &cie{}
	version := e.u8()
	var aug []byte
	for ch := e.u8(); ch != 0 && !e.bad; ch = e.u8() {
		aug = append(aug, ch)
	}
	if version >= 4 && !eh {
		e.take(2) // sizes of addresses and segments
	}
	x.code, x.data = e.uleb(), e.sleb()
	if version == 1 {
		x.ra = uint64(e.u8())
	} else {
		x.ra = e.uleb()
	}
	if len(aug) > 0 {
		if aug[0] != 'z' {
			return nil
		}
		x.augmented = true
		n := e.uleb()
		stop := e.at + int(n)
		for _, ch := range aug[1:] {
			switch ch {
			case 'R':
				x.enc = e.u8()
			case 'P':
				e.encoded(e.u8()&0x7f, t.ptr, base)
			case 'L':
				e.u8()
			case 'S':
				x.signal = true
			}
		}
		if stop < e.at || stop > len(e.b) {
			return nil
		}
		e.at = stop
	}
	x.init = e.b[e.at:]
	if e.bad {
		return nil
	}
	return x
}

func (t *CFI) parseFDE(e *cursor, x *cie, base uint64) {
	start, ok := e.encoded(x.enc, t.ptr, base)
	size, _ := e.encoded(x.enc&0x0f, t.ptr, base)
	if x.augmented {
		e.take(int(min(e.uleb(), 1<<20)))
	}
	if e.bad || !ok || size == 0 {
		return
	}
	t.fdes = append(t.fdes, fde{start, start + size, x, e.b[e.at:]})
}

// find returns the entry for an address, nil if there is none.
func (t *CFI) find(pc uint64) *fde {
	i := sort.Search(len(t.fdes), func(i int) bool { return t.fdes[i].start > pc })
	if i > 0 && pc < t.fdes[i-1].end {
		return &t.fdes[i-1]
	}
	return nil
}
