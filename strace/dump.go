package strace

import (
	"fmt"
	"strconv"
	"strings"

	"nbemu/abi"
)

// fdSet is a set of descriptors, or all but those.
type fdSet struct {
	not bool
	fds map[int32]bool
}

func (s *fdSet) has(fd int32) bool { return s != nil && s.fds[fd] != s.not }

func setDump(to **fdSet, what, value string) error {
	s, names := list(value)
	*to = &fdSet{not: s.not, fds: map[int32]bool{}}
	for _, n := range names {
		fd, err := strconv.ParseUint(n, 10, 31)
		if err != nil {
			return fmt.Errorf("-e %s=%s: a descriptor's number, or all", what, n)
		}
		(*to).fds[int32(fd)] = true
	}
	return nil
}

// maxDump is how much of one call's data is shown at most, in bytes.
const maxDump = 16 << 20

// Dump is the data that a call has moved, for -e read= and write=, in lines of strace's form; "" for none.
func (o *Options) Dump(m *abi.Model, mem Memory, s *Sig, args []uint64, r Result) string {
	if o == nil || o.reads == nil && o.writes == nil || r.Err != abi.OK {
		return ""
	}
	p := Printer{Model: m}
	c := p.start(mem, s, args)
	fd, n := int32(-1), min(uint64(max(c.retval(r.Val), 0)), maxDump)
	for i := range s.Args {
		a := &s.Args[i]
		set := o.writes
		if a.Dir != In {
			set = o.reads
		}
		switch va := c.ptrval(c.arg(i)); {
		case a.Type == Fd && fd < 0:
			fd = int32(c.arg(i))
		case fd < 0 || !set.has(fd):
		case a.Type == Buf && a.Len != 0:
			if b, ok := c.bytesAt(va, n); ok {
				return hexDump(b)
			}
		case a.Type == Iovec:
			return c.dumpVector(a, va, n)
		}
	}
	return ""
}

// dumpVector shows n bytes, buffer by buffer.
func (c *ctx) dumpVector(a *Arg, va, n uint64) string {
	count, _ := c.length(a)
	var b strings.Builder
	for i := range min(count, abi.IOV_MAX) {
		v, ok := load[abi.Iovec](c, va+i*uint64(2*c.m.PtrSize))
		if !ok || n == 0 {
			break
		}
		size := min(uint64(v.Len), n)
		data, ok := c.bytesAt(uint64(v.Base), size)
		if !ok {
			break
		}
		fmt.Fprintf(&b, " * %d bytes in buffer %d\n%s", size, i, hexDump(data))
		n -= size
	}
	return b.String()
}

// hexDump is data as strace shows it, sixteen bytes a line.
func hexDump(data []byte) string {
	var b strings.Builder
	for at := 0; at < len(data); at += 16 {
		line := data[at:min(at+16, len(data))]
		fmt.Fprintf(&b, " | %05x ", at)
		for i := range 16 {
			if i%8 == 0 {
				b.WriteByte(' ')
			}
			if i < len(line) {
				fmt.Fprintf(&b, "%02x ", line[i])
			} else {
				b.WriteString("   ")
			}
		}
		text := make([]byte, 16)
		for i := range text {
			switch {
			case i >= len(line):
				text[i] = ' '
			case line[i] < ' ' || line[i] > '~':
				text[i] = '.'
			default:
				text[i] = line[i]
			}
		}
		fmt.Fprintf(&b, " %s |\n", text)
	}
	return b.String()
}
