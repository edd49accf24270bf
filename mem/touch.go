package mem

// Touch is a piece of a page that the kernel has read, or stored to, for a system call.
type Touch struct {
	Addr, Len uint64
	Store     bool
}

// Touches has what the kernel touches appended to list, page by page in its order; nil ends that. Len reaches to the end
// of the page: how much of it was meant is not known.
func (s *Space) Touches(list *[]Touch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.touches = list
}

// touch takes note of one. Preconditions: s.mu.
func (s *Space) touch(va uint64, access uint8) {
	t := Touch{va, PageSize - va&pageMask, access == ProtWrite}
	if n := len(*s.touches); n == 0 || (*s.touches)[n-1] != t {
		*s.touches = append(*s.touches, t)
	}
}
