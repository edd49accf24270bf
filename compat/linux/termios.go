package linux

import (
	"nbemu/abi"
	"nbemu/kern"
)

// termiosForm is a machine's struct termios, where that is not asm-generic's: flags and characters that stand elsewhere.
type termiosForm struct {
	size, line, cc                 int // the structure's size, and where the line discipline and the characters are
	iflags, oflags, cflags, lflags []bitPair
	// chars has the place of each of the generic characters; -1: there is none.
	chars [19]int8
	// shared: two pairs of characters share a place, and ICANON says which is meant.
	shared bool
	// speeds is how a speed is written, where that is not the usual way; baud is where it stands once more as a number,
	// for input and for output.
	speeds *speedForm
	baud   int
}

// speedForm is how a speed is written: the numbers up to 15 are the same everywhere.
type speedForm struct {
	mask uint32
	fast map[uint32]uint32 // the generic number of others, by the machine's
}

// icanon is ICANON, vmin and vtime are two of the generic characters.
const (
	icanon = 2
	vtime  = 5
	vmin   = 6
	veof   = 4
	veol   = 11
)

func getTermios(l *kern.LWP, va uint64) (t termios, err abi.Errno) {
	m := machineOf(l)
	b := make([]byte, m.termiosSize())
	if err = l.Copyin(b, va); err != abi.OK {
		return t, err
	}
	return m.termiosFrom(b), abi.OK
}

// termiosSize is how long the machine's struct termios is.
func (m *Machine) termiosSize() int {
	if m.termios == nil {
		return m.model().Sizeof(termios{})
	}
	return m.termios.size
}

// termiosFrom is the machine's struct termios with asm-generic's flags.
func (m *Machine) termiosFrom(b []byte) (t termios) {
	f, model := m.termios, m.model()
	if f == nil {
		model.Unmarshal(b, &t)
		return t
	}
	flags := func(i int, list []bitPair) uint32 { return uint32(bitsIn(list, model.Uint(b[4*i:], 4))) }
	t.Iflag, t.Oflag, t.Cflag, t.Lflag = flags(0, f.iflags), flags(1, f.oflags), flags(2, f.cflags), flags(3, f.lflags)
	t.Cflag = f.speedIn(uint32(model.Uint(b[8:], 4)), t.Cflag)
	t.Line = b[f.line]
	for i, at := range f.chars {
		if at >= 0 && f.means(i, t.Lflag) {
			t.Cc[i] = b[f.cc+int(at)]
		}
	}
	return t
}

func putTermios(l *kern.LWP, va uint64, t *termios) abi.Errno {
	f := machineOf(l).termios
	if f == nil {
		return l.CopyoutStruct(va, t)
	}
	m := l.Model()
	b := make([]byte, f.size)
	m.PutUint(b, 4, bitsOut(f.iflags, uint64(t.Iflag)))
	m.PutUint(b[4:], 4, bitsOut(f.oflags, uint64(t.Oflag)))
	m.PutUint(b[8:], 4, uint64(f.speedOut(t.Cflag, uint32(bitsOut(f.cflags, uint64(t.Cflag))))))
	m.PutUint(b[12:], 4, bitsOut(f.lflags, uint64(t.Lflag)))
	b[f.line] = t.Line
	for i, at := range f.chars {
		if at >= 0 && f.means(i, t.Lflag) {
			b[f.cc+int(at)] = t.Cc[i]
		}
	}
	if f.baud != 0 {
		n := uint64(uint32(baudOf(t.Cflag)))
		m.PutUint(b[f.baud:], 4, n)
		m.PutUint(b[f.baud+4:], 4, n)
	}
	return l.Copyout(b, va)
}

// means reports whether the place of a generic character is that character's.
func (f *termiosForm) means(i int, lflag uint32) bool {
	if !f.shared {
		return true
	}
	switch i {
	case veof, veol:
		return lflag&icanon != 0
	case vmin, vtime:
		return lflag&icanon == 0
	}
	return true
}

// speedIn puts the speed of the machine's flags into generic ones, speedOut the reverse.
func (f *termiosForm) speedIn(own, generic uint32) uint32 {
	if f.speeds == nil {
		return generic
	}
	v := own & f.speeds.mask
	if n, ok := f.speeds.fast[v]; ok {
		v = n
	}
	return generic&^cbaud | v
}

func (f *termiosForm) speedOut(generic, own uint32) uint32 {
	if f.speeds == nil {
		return own
	}
	v := generic & cbaud
	for o, n := range f.speeds.fast {
		if n == v && v > cbaudex {
			v = o
			break
		}
	}
	return own&^f.speeds.mask | v
}
