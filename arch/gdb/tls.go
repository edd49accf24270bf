package gdb

// TLS is where a program of a machine has its thread-local storage, seen from the thread pointer. "ELF Handling For
// Thread-Local Storage" has two variants, and the supplements of the ABIs the numbers.
type TLS struct {
	// Below is variant II: the program's block ends at the thread pointer, where the control block is. Otherwise the
	// control block comes first.
	Below bool
	// AtTCB, of variant I, says that the thread pointer leads to the control block, for which the linker keeps two
	// pointers' room; otherwise to Bias bytes after its end.
	AtTCB bool
	Bias  uint64
	// LongTCB says that glibc's control block has more than the two pointers that others have: its last is the table of
	// blocks (the dtv).
	LongTCB bool
}

// Segment is a program's PT_TLS, as far as its blocks' places depend on it.
type Segment struct{ Vaddr, Filesz, Memsz, Align uint64 }

// lead is the room before the program's block, counted from Bias bytes before the thread pointer.
func (t *TLS) lead(word uint64) uint64 {
	if t.AtTCB {
		return 2 * word
	}
	return 0
}

// Block is the address of the program's own block, which the linker has chosen: it has written the distances from the
// thread pointer tp into the code. word is the size of a pointer.
func (t *TLS) Block(tp, word uint64, s *Segment) uint64 {
	mask := max(s.Align, 1) - 1
	if t.Below {
		return tp - ((s.Vaddr+s.Memsz+mask)&^mask - s.Vaddr)
	}
	lead := t.lead(word)
	return tp - t.Bias + lead + (s.Vaddr-lead)&mask
}

// Static is the address of a block for which the dynamic linker has chosen a place beside the program's, at an offset in
// its terms.
func (t *TLS) Static(tp, offset uint64) uint64 {
	if t.Below {
		return tp - offset
	}
	return tp - t.Bias + offset
}

// Table is the address of the pointer to the dtv, in glibc's control block or in NetBSD's struct tls_tcb.
func (t *TLS) Table(tp, word uint64, glibc bool) uint64 {
	switch {
	case t.Below:
		return tp + word
	case t.AtTCB:
		return tp
	case t.LongTCB && glibc:
		return tp - t.Bias - word
	}
	return tp - t.Bias - 2*word
}
