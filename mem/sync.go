package mem

import "nbemu/abi"

// Sync has the host write what is stored in the shared file mappings of a range to the files' storage, if wait
// (uvm_map_clean); everybody sees it without. No length means the whole entry. Errors: EFAULT where something of the
// range is not mapped, EINVAL if no length has no entry, EIO.
func (s *Space) Sync(addr, n uint64, wait bool) abi.Errno {
	todo, err := s.shownFiles(addr, n)
	for _, t := range todo {
		if wait {
			if e := t.o.syncWindows(t.from, t.to); err == abi.OK {
				err = e
			}
		}
		t.o.unref()
	}
	return err
}

// filePages are pages [from, to) of a file.
type filePages struct {
	o        *fileObject
	from, to uint64
}

// shownFiles lists what shared mappings of a range show, with a reference to each object.
func (s *Space) shownFiles(addr, n uint64) (list []filePages, err abi.Errno) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n == 0 {
		e := s.ents.at(addr)
		if e == nil {
			return nil, abi.EINVAL
		}
		addr, n = e.Start, e.End-e.Start
	}
	if !s.mappedLocked(addr, addr+n) {
		return nil, abi.EFAULT
	}
	for e := s.ents.after(addr); e != nil && e.Start < addr+n; e = e.next() {
		if o, ok := e.Obj.(*fileObject); ok && e.Shared {
			o.ref()
			list = append(list, filePages{o, e.pageIndex(max(addr, e.Start)), e.pageIndex(min(addr+n, e.End)-1) + 1})
		}
	}
	return list, abi.OK
}
