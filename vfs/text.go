package vfs

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// A file that is executed cannot be opened for writing, and one that is open for writing cannot be executed: ETXTBSY
// (vn_marktext and vn_writechk in vfs_vnops.c). Only the machine's own programs count; the host looks after its own.

// textFiles knows which files are which. The kernel lock protects it.
type textFiles struct {
	texts   map[mem.FileKey]bool // executed by some process, or once executed and not asked about since (VI_TEXT)
	writers map[mem.FileKey]int  // open files that can write (v_writecount)
}

// opened counts an open regular file, closed is the opposite.
func (fs *FS) opened(v *Vnode) {
	if fs.leases.open == nil {
		fs.leases.open = map[mem.FileKey]int{}
	}
	fs.leases.open[v.key]++
	fs.textFiles.opened(v)
}

func (fs *FS) closed(v *Vnode, f *kern.File) {
	if !v.memory {
		fs.textFiles.closed(v)
	}
	fs.leases.closed(v.key, f)
	if fs.leases.open[v.key] == 0 && fs.metadata != nil {
		fs.metadata.closed(v.key)
	}
}

// opened counts one that can be written to.
func (t *textFiles) opened(v *Vnode) {
	if v.flags&abi.FWRITE != 0 {
		t.writers[v.key]++
	}
}

func (t *textFiles) closed(v *Vnode) {
	if v.flags&abi.FWRITE == 0 {
		return
	}
	if t.writers[v.key]--; t.writers[v.key] <= 0 {
		delete(t.writers, v.key)
	}
}

// MarkText makes v a file that is executed (vn_marktext). Error: ETXTBSY if it is open for writing.
func (v *Vnode) MarkText() abi.Errno {
	t := &v.fs.textFiles
	if t.writers[v.key] > 0 {
		return abi.ETXTBSY
	}
	t.texts[v.key] = true
	return abi.OK
}

// CanBeStoredTo reports whether somebody has v open for writing or mapped for stores: Linux counts both.
func (v *Vnode) CanBeStoredTo() bool {
	return v.fs.writers[v.key] > 0 || mem.FileStored(v.key)
}

// writeCheck is FS.writeCheck for a name.
func (nd *nameidata) writeCheck(l *kern.LWP) abi.Errno {
	var st abi.Stat
	if nd.hostStat(&st) != nil {
		return abi.OK
	}
	return fsOf(l).writeCheck(keyOf(&st))
}

// writeCheck is asked before a file is opened for writing or cut (vn_writechk). Error: ETXTBSY. Preconditions: kernel
// lock.
func (fs *FS) writeCheck(k mem.FileKey) abi.Errno {
	if !fs.texts[k] {
		return abi.OK
	}
	if mem.FileMapped(k) {
		return abi.ETXTBSY
	}
	for _, p := range fs.K.Procs() {
		if v, ok := p.TextVnode.(mem.Backing); ok && v.Key() == k {
			return abi.ETXTBSY
		}
	}
	// The last process that executed it is gone.
	delete(fs.texts, k)
	return abi.OK
}
