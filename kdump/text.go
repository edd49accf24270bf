package kdump

import (
	"fmt"
	"strings"
)

// vis encodes a byte as vis(3) does with VIS_CSTYLE; next is the byte that follows. Double quotes and newlines are
// encoded too.
func vis(c, next byte) string {
	const octal = "01234567"
	switch c {
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\b':
		return `\b`
	case '\a':
		return `\a`
	case '\v':
		return `\v`
	case '\f':
		return `\f`
	case 0:
		if strings.IndexByte(octal, next) >= 0 && next != 0 {
			return `\000`
		}
		return `\0`
	case '"', '\\':
		return `\` + string(rune(c))
	case ' ', '\t':
		return string(rune(c))
	}
	if c > ' ' && c < 0x7f {
		return string(rune(c))
	}
	s := `\`
	if c&0x80 != 0 {
		s += "M"
		c &= 0x7f
	}
	switch {
	case c == 0x7f:
		return s + "^?"
	case c < ' ':
		return s + "^" + string(rune(c+'@'))
	case s == `\M` && c == ' ':
		return `\240`
	}
	return s + "-" + string(rune(c))
}

// screenWidth is what long strings are folded to.
const screenWidth = 80

// visdump writes bytes as a string that begins at a column, folded to the screen.
func (p *Printer) visdump(b []byte, col int) {
	p.printf("\"")
	col++
	for i, c := range b {
		next := byte(0)
		if i+1 < len(b) {
			next = b[i+1]
		}
		s := vis(c, next)
		width := len(s)
		if s == "\t" {
			width = 8 - col&7
		}
		if col+width > screenWidth-2 {
			p.printf("\\\n\t")
			col = 8
			if s == "\t" {
				width = 8
			}
		}
		col += width
		p.printf("%s", s)
	}
	p.printf("\"\n")
}

// hexdump writes bytes in lines of 16, in words of so many bytes and the file's byte order; lines like the one before
// are left out.
func (p *Printer) hexdump(b []byte, word int) {
	same, prev := 0, ""
	line := func(off int, c []byte) {
		var text strings.Builder
		groups := word
		if word == 1 {
			groups = 8
		}
		gap := map[int]int{1: 1, 2: 2}[word]
		if gap == 0 {
			gap = 3
		}
		for i := 0; i < 16; i++ {
			if i%groups == 0 {
				text.WriteString(strings.Repeat(" ", gap))
			}
			k := i
			if !p.f.Model.BigEndian {
				k = i ^ (word - 1)
			}
			if k < len(c) {
				fmt.Fprintf(&text, "%02x", c[k])
			} else {
				text.WriteString("  ")
			}
			if word == 1 {
				text.WriteByte(' ')
			}
		}
		if word != 1 {
			text.WriteString("  ")
		}
		chars := make([]byte, len(c))
		for i, ch := range c {
			if chars[i] = ch; ch <= ' ' || ch >= 0x7f {
				chars[i] = '.'
			}
		}
		p.printf("\t%-5s%s%s\n", fmt.Sprintf("%03x", off), text.String(), chars)
	}
	for off := 0; off < len(b); off += 16 {
		c := b[off:min(off+16, len(b))]
		if string(c) == prev && off+16 < len(b) {
			same++
			continue
		}
		switch {
		case same == 1:
			line(off-16, []byte(prev))
		case same > 1:
			p.printf("\t%s\n", "*****"[:min(5, len(fmt.Sprintf("%3x", off)))])
		}
		same, prev = 0, string(c)
		line(off, c)
	}
}
