package mem

import "nbemu/abi"

// Punch makes a hole in what an entry of [addr, addr+n) shows, a file or shared memory: everybody reads zeros there from here
// on. Errors: EINVAL for other memory; those of the host (EPERM of a seal, EOPNOTSUPP).
func (s *Space) Punch(addr, n uint64) abi.Errno {
	s.mu.Lock()
	e := s.ents.at(addr)
	if e == nil || e.Obj == nil || addr+n > e.End {
		s.mu.Unlock()
		return abi.EINVAL
	}
	obj, first := e.Obj, e.pageIndex(addr)
	obj.ref()
	s.mu.Unlock()
	defer obj.unref()
	end := first + n>>PageShift
	gone := func(idx uint64, _ Frame) bool { return first <= idx && idx < end }
	switch o := obj.(type) {
	case *anonObject:
		for _, s := range allSpaces() {
			s.dropFrames(o, gone)
		}
		o.mu.Lock()
		for idx, f := range o.pages {
			if gone(idx, f) {
				f.unref()
				delete(o.pages, idx)
			}
		}
		o.mu.Unlock()
	case *fileObject:
		o.mu.Lock()
		fd := o.fd
		o.mu.Unlock()
		if err := hostPunch(fd, int64(first<<PageShift), int64(n)); err != abi.OK {
			return err
		}
		for _, s := range allSpaces() {
			s.dropFrames(o, func(idx uint64, f Frame) bool { return gone(idx, f) && phys.flags[f]&frameFile != 0 })
		}
		FileWritten(o.key, int64(first<<PageShift), int(n))
	}
	return abi.OK
}

// inMemory reports whether the host has page idx of the file in its memory, which is the file's own news: others may have
// read it. False after its end.
func (o *fileObject) inMemory(idx uint64) bool {
	f, _, err := o.frames(idx, 1)
	if err != abi.OK {
		return false
	}
	if phys.flags[f]&frameFile == 0 {
		return true
	}
	return hostResident(f.host())
}
