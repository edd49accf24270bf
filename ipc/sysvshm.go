package ipc

import (
	"fmt"
	"slices"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Bits in the mode of a segment, which ipcs(1) shows.
const (
	shmRemoved   = 0x0400
	shmAllocated = 0x0800
	shmLinger    = 0x2000 // can be attached after its removal
	shmRmLinger  = 040000 // in the flags of shmget
)

// ShmWired in a segment's mode says that it is locked in memory.
const ShmWired = 0x4000

// shmTable is a machine's shared memory, and kern.ipc's limits of it.
type shmTable struct {
	shmSegs ipcSet[*shmSegment]
	shmMni  int32 // segments
	shmSeg  int32 // segments in an address space
}

// shmMax is the size of the largest segment, and of all of them: a quarter of memory.
func shmMax() uint64 { return kern.PhysMem() / 4 &^ (mem.PageSize - 1) }

type shmSegment struct {
	k   *kern.Kernel
	in  *Tables
	id  int32
	ds  abi.ShmidDs
	obj mem.Object
}

// size is the segment's in whole pages.
func (s *shmSegment) size() uint64 {
	return (uint64(s.ds.Segsz) + mem.PageSize - 1) &^ (mem.PageSize - 1)
}

// shmMap lists the segments in an address space (struct shmmap_state).
type shmMap struct {
	refs int
	att  []shmAttach
}

type shmAttach struct {
	va  uint64
	seg *shmSegment
}

func (m *shmMap) clone() *shmMap {
	for _, a := range m.att {
		a.seg.ds.Nattch++
	}
	return &shmMap{refs: 1, att: slices.Clone(m.att)}
}

// unref ends a process's use of the address space; with the last one the segments are detached.
func (m *shmMap) unref(*kern.Proc) {
	if m.refs--; m.refs > 0 {
		return
	}
	for _, a := range m.att {
		a.seg.detached()
	}
}

func (s *shmSegment) detached() {
	s.ds.Nattch--
	s.ds.Dtime = ipcTime(s.k)
	s.reap()
}

// reap frees a segment that is removed and not attached.
func (s *shmSegment) reap() {
	if s.ds.Nattch == 0 && s.ds.Perm.Mode&shmRemoved != 0 && s.obj != nil {
		mem.Release(s.obj)
		s.obj = nil
		s.in.shmSegs.del(s.id)
	}
}

func shmCommitted(t *Tables) (n uint64) {
	t.shmSegs.all(func(s *shmSegment) { n += s.size() })
	return n
}

// Shmget is shmget(2). Errors: ENOENT, EEXIST, EACCES, EINVAL, ENOSPC, ENOMEM.
func Shmget(l *kern.LWP, key int32, size uint64, flags int32) (int32, abi.Errno) {
	c, mode := l.Proc.Cred, uint32(flags)&0777
	if key != abi.IPC_PRIVATE {
		for _, s := range tablesOf(l.Proc).shmSegs.slots {
			if s == nil || s.ds.Perm.Key != abi.Long(key) {
				continue
			}
			if flags&abi.IPC_CREAT != 0 && flags&abi.IPC_EXCL != 0 {
				return 0, abi.EEXIST
			}
			if err := ipcAccess(c, &s.ds.Perm, mode); err != abi.OK {
				return 0, err
			}
			if size > uint64(s.ds.Segsz) {
				return 0, abi.EINVAL
			}
			return s.id, abi.OK
		}
		if flags&abi.IPC_CREAT == 0 {
			return 0, abi.ENOENT
		}
	}
	if size < 1 || size > shmMax() {
		return 0, abi.EINVAL
	}
	if shmCommitted(tablesOf(l.Proc))+size > shmMax() {
		return 0, abi.ENOMEM
	}
	if flags&shmRmLinger != 0 {
		mode |= shmLinger
	}
	s := &shmSegment{k: l.K, in: tablesOf(l.Proc), ds: abi.ShmidDs{Perm: ipcNewPerm(c, key, mode|shmAllocated), Segsz: abi.Size(size), Cpid: l.Proc.PID, Ctime: ipcTime(l.K)}}
	id, ok := tablesOf(l.Proc).shmSegs.add(s, int(tablesOf(l.Proc).shmMni))
	if !ok {
		return 0, abi.ENOSPC
	}
	s.id, s.obj = id, mem.NewAnon()
	s.ds.Perm.Seq = uint16(id >> 16)
	return id, abi.OK
}

// shmFind finds a segment that can be attached or controlled, and checks access. Errors: EINVAL, EACCES, EPERM.
func shmFind(l *kern.LWP, id int32, mode uint32) (*shmSegment, abi.Errno) {
	s := tablesOf(l.Proc).shmSegs.get(id)
	if s == nil || s.ds.Perm.Mode&(shmRemoved|shmLinger) == shmRemoved {
		return nil, abi.EINVAL
	}
	return s, ipcAccess(l.Proc.Cred, &s.ds.Perm, mode)
}

// shmDefaultAddr is where the search for n bytes begins, as with any mapping without an address: below the stack, or above
// the data.
func shmDefaultAddr(p *kern.Proc, n uint64) uint64 {
	if p.VM.BottomUp {
		return p.DefaultMapaddr(n)
	}
	addr := p.VM.StackLo
	if addr == 0 {
		addr = p.VM.Max
	}
	return addr - min(addr, n)
}

// ShmLinux is what Linux's shmat has beyond NetBSD's: the segment can be executed (SHM_EXEC), or made so later, and may take
// the place of other memory (SHM_REMAP); and what addresses are multiples of (SHMLBA), 0 for pages.
type ShmLinux struct {
	Exec, Remap bool
	LBA         uint64
}

// Shmat is shmat(2). Errors: EINVAL, EACCES, EMFILE, ENOMEM.
func Shmat(l *kern.LWP, id int32, addr uint64, flags int32) (uint64, abi.Errno) {
	return shmat(l, id, addr, flags, nil)
}

// ShmatLinux is Linux's shmat (ipc/shm.c); flags are NetBSD's. Errors: as Shmat; EINVAL where other memory is in the way.
func ShmatLinux(l *kern.LWP, id int32, addr uint64, flags int32, how ShmLinux) (uint64, abi.Errno) {
	if how.Remap && addr == 0 {
		return 0, abi.EINVAL
	}
	va, err := shmat(l, id, addr, flags, &how)
	if err == abi.ENOMEM && addr != 0 {
		err = abi.EINVAL
	}
	return va, err
}

func shmat(l *kern.LWP, id int32, addr uint64, flags int32, how *ShmLinux) (uint64, abi.Errno) {
	mode := uint32(abi.IPC_R | abi.IPC_W)
	prot := uint8(mem.ProtRead | mem.ProtWrite)
	if flags&abi.SHM_RDONLY != 0 {
		mode, prot = abi.IPC_R, mem.ProtRead
	}
	maxProt := prot
	if how != nil {
		maxProt |= mem.ProtExec
	}
	if how != nil && how.Exec {
		mode, prot = mode|permX, prot|mem.ProtExec
	}
	s, err := shmFind(l, id, mode)
	if err != abi.OK {
		return 0, err
	}
	p := l.Proc
	if procOf(p).shm != nil && len(procOf(p).shm.att) >= int(tablesOf(l.Proc).shmSeg) {
		return 0, abi.EMFILE
	}
	page := p.Arch.PageSize
	args := mem.MapArgs{Len: s.size(), Prot: prot, MaxProt: maxProt, TopDown: !p.VM.BottomUp, Align: page}
	args.Addr = shmDefaultAddr(p, args.Len)
	if addr != 0 {
		unit := page
		if how != nil && how.LBA != 0 {
			unit = how.LBA
		}
		if flags&abi.SHM_RND != 0 {
			addr &^= unit - 1
		}
		if addr&(unit-1) != 0 {
			return 0, abi.EINVAL
		}
		args.Addr, args.Fixed, args.TopDown = addr, true, false
		args.NoReplace = how == nil || !how.Remap
	}
	if prot&mem.ProtWrite != 0 {
		// The processor may be given away here; the segment must still be there afterwards.
		s.ds.Nattch++
		l.ShareMemory()
		s.ds.Nattch--
	}
	args.Shared, args.Obj, args.Name = true, s.obj, fmt.Sprintf("/SYSV%08x (deleted)", uint32(s.ds.Perm.Key))
	va, err := p.VM.Map(args)
	if err != abi.OK {
		if err == abi.EEXIST {
			// uvm_map says so when the place is taken.
			err = abi.ENOMEM
		}
		s.reap()
		return 0, err
	}
	if procOf(p).shm == nil {
		procOf(p).shm = &shmMap{refs: 1}
	}
	procOf(p).shm.att = append(procOf(p).shm.att, shmAttach{va, s})
	s.ds.Nattch++
	s.ds.Lpid, s.ds.Atime = p.PID, ipcTime(l.K)
	return va, abi.OK
}

// Shmdt is shmdt(2). Error: EINVAL.
func Shmdt(l *kern.LWP, addr uint64) abi.Errno {
	m := procOf(l.Proc).shm
	if m == nil {
		return abi.EINVAL
	}
	i := slices.IndexFunc(m.att, func(a shmAttach) bool { return a.va == addr })
	if i < 0 {
		return abi.EINVAL
	}
	a := m.att[i]
	m.att = slices.Delete(m.att, i, i+1)
	err := l.Proc.VM.Unmap(a.va, a.seg.size())
	a.seg.ds.Lpid = l.Proc.PID
	a.seg.detached()
	return err
}

// ShmUnmapped detaches the segments that nothing of an address space shows any more: on Linux, where unmapping or replacing
// them is as good as shmdt.
func ShmUnmapped(p *kern.Proc) {
	m := procOf(p).shm
	if m == nil || len(m.att) == 0 {
		return
	}
	maps := p.VM.Maps()
	m.att = slices.DeleteFunc(m.att, func(a shmAttach) bool {
		if slices.ContainsFunc(maps, func(e mem.Entry) bool { return e.Obj == a.seg.obj }) {
			return false
		}
		a.seg.ds.Lpid = p.PID
		a.seg.detached()
		return true
	})
}

// ShmRemovedAt reports whether a segment is attached at addr that has been removed.
func ShmRemovedAt(p *kern.Proc, addr uint64) bool {
	m := procOf(p).shm
	return m != nil && slices.ContainsFunc(m.att, func(a shmAttach) bool { return a.va == addr && a.seg.ds.Perm.Mode&shmRemoved != 0 })
}

// ShmStat is shmctl's IPC_STAT. Errors: EINVAL, EACCES.
func ShmStat(l *kern.LWP, id int32) (abi.ShmidDs, abi.Errno) {
	s, err := shmFind(l, id, abi.IPC_R)
	if err != abi.OK {
		return abi.ShmidDs{}, err
	}
	return s.ds, abi.OK
}

// ShmSet is IPC_SET. Errors: EINVAL, EPERM.
func ShmSet(l *kern.LWP, id int32, ds *abi.ShmidDs) abi.Errno {
	s, err := shmFind(l, id, abi.IPC_M)
	if err != abi.OK {
		return err
	}
	ipcSetPerm(&s.ds.Perm, &ds.Perm)
	s.ds.Ctime = ipcTime(l.K)
	return abi.OK
}

// ShmRemove is IPC_RMID: the segment goes when nobody has it attached any more. Errors: EINVAL, EPERM.
func ShmRemove(l *kern.LWP, id int32) abi.Errno {
	s, err := shmFind(l, id, abi.IPC_M)
	if err != abi.OK {
		return err
	}
	s.ds.Perm.Key = abi.IPC_PRIVATE
	s.ds.Perm.Mode |= shmRemoved
	s.reap()
	return abi.OK
}

// ShmLock is SHM_LOCK and SHM_UNLOCK: memory is never paged out. Errors: EINVAL, EPERM.
func ShmLock(l *kern.LWP, id int32, on bool) abi.Errno {
	s, err := shmFind(l, id, 0)
	if err != abi.OK {
		return err
	}
	if !l.Proc.Cred.IsRoot() {
		return abi.EPERM
	}
	s.ds.Perm.Mode &^= ShmWired
	if on {
		s.ds.Perm.Mode |= ShmWired
	}
	return abi.OK
}
