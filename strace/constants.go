package strace

import "strings"

// ConstStyle says how numbers that have names are shown: -X of strace.
type ConstStyle uint8

const (
	Names           ConstStyle = iota // O_RDWR|O_CREAT (abbrev)
	Numbers                           // 0x202 (raw)
	NumbersAndNames                   // 0x202 /* O_RDWR|O_CREAT */ (verbose)
)

var constStyles = map[string]ConstStyle{"abbrev": Names, "raw": Numbers, "verbose": NumbersAndNames}

// constant shows v, which show names, as -X says. What show itself shows is names.
func (c *ctx) constant(v uint64, number func(c *ctx, v uint64), show func()) {
	start := len(c.b)
	c.named = true
	show()
	c.named = false
	text := string(c.b[start:])
	c.b = c.b[:start]
	c.constantText(v, text, number)
}

// constantText is a number whose names are text, which may be a number and what it would be one of: 0x63 /* SEEK_??? */.
func (c *ctx) constantText(v uint64, text string, number func(c *ctx, v uint64)) {
	number(c, v)
	if c.p.Consts != NumbersAndNames {
		return
	}
	if _, rest, ok := strings.Cut(text, " /* "); ok && strings.HasSuffix(rest, "???"+" */") {
		c.str(" /* " + rest)
	} else if strings.ContainsAny(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		c.str(" /* " + text + " */")
	}
}

// scalar shows an argument that is a value. Words in it are the value's names, and where it is more, or of several parts
// that strace shows as such, those that show the parts know it.
func (c *ctx) scalar(a *Arg, t *typeInfo, v uint64) {
	if c.p.Consts == Names || t.parts {
		t.fmt(c, a, v)
		return
	}
	start := len(c.b)
	c.named = true
	t.fmt(c, a, v)
	c.named = false
	text := string(c.b[start:])
	plain := strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_|?/* ()<-,") == ""
	number := (*ctx).hex
	switch {
	case strings.HasPrefix(text, "AT_FDCWD"):
		c.b = c.b[:start]
		c.constantText(v, "AT_FDCWD", (*ctx).decimal)
		c.str(strings.TrimPrefix(text, "AT_FDCWD"))
		return
	case strings.ContainsAny(text, "{["): // no value alone
		c.b = c.b[:start]
		t.fmt(c, a, v)
		return
	case !plain || !strings.ContainsAny(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") || text == "NULL" || strings.HasPrefix(text, "makedev("):
		return
	case strings.HasPrefix(text, "SIG") && !strings.HasPrefix(text, "SIG_"):
		number = (*ctx).decimal
	case strings.HasPrefix(text, "S_IF"):
		number = (*ctx).octal
	}
	c.b = c.b[:start]
	if v>>32 == 1<<32-1 { // an int
		v = uint64(uint32(v))
	}
	c.constantText(c.ptrval(v), text, number)
}

// byName has f show names, whatever -X says: what follows a result explains it.
func (c *ctx) byName(f func()) bool {
	named := c.named
	c.named = true
	f()
	c.named = named
	return true
}

func (c *ctx) decimal(v uint64) { c.int(int64(int32(v))) }

// signal shows a signal, which has a name or not.
func (c *ctx) signal(n int32, name string) {
	switch {
	case c.p == nil || c.p.Consts == Names || c.named:
		c.str(name)
	default:
		c.constantText(uint64(uint32(n)), name, (*ctx).decimal)
	}
}
