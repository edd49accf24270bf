package ipc

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/sysctl"
)

// What System V semaphores, message queues and shared memory have in common (sysv_ipc.c): ids, permissions,
// and the answers to ipcs(1). The limits are NetBSD's; kern.ipc changes some.

// procIPC is what a process has of it.
type procIPC struct {
	shm  *shmMap // segments in the address space; shared by processes that share it
	undo []semUndo

	tables *Tables // of its namespace; nil: the machine's
}

// ipcIDMask keeps ids positive: a slot's number below, how often it was used above.
const ipcSeqMask = 0x7fff

// ipcSet is the table of all objects of a kind. T is a pointer.
type ipcSet[T comparable] struct {
	slots []T
	seq   []uint16
	next  int32 // the id that the next object is to have if that is free, and 1; 0: any
}

// wanted takes a slot whose number the id has that was asked for; false if it is not free.
func (s *ipcSet[T]) wanted(v T, max int) (id int32, ok bool) {
	var none T
	id = s.next - 1
	s.next = 0
	ix := int(id & 0xffff)
	live := 0
	s.all(func(T) { live++ })
	if live >= max || ix < len(s.slots) && s.slots[ix] != none {
		return 0, false
	}
	for ix >= len(s.slots) {
		s.slots = append(s.slots, none)
		s.seq = append(s.seq, 0)
	}
	s.slots[ix], s.seq[ix] = v, uint16(id>>16)
	return id, true
}

// nextOf is the place of the next id of "shm", "sem" or "msg".
func (t *Tables) nextOf(kind string) *int32 {
	switch kind {
	case "shm":
		return &t.shmSegs.next
	case "sem":
		return &t.semSets.next
	}
	return &t.msgQueues.next
}

// NextID is the id that the next object of a kind is to have, -1 for any. It is good for one object, which gets another
// if that id is taken. Preconditions: kernel lock.
func NextID(p *kern.Proc, kind string) int32 { return *tablesOf(p).nextOf(kind) - 1 }

// SetNextID sets it; -1 for any.
func SetNextID(p *kern.Proc, kind string, id int32) { *tablesOf(p).nextOf(kind) = id + 1 }

// get finds an object by id; the zero T is none.
func (s *ipcSet[T]) get(id int32) (v T) {
	ix := int(id & 0xffff)
	if id < 0 || ix >= len(s.slots) || s.seq[ix] != uint16(id>>16) {
		return v
	}
	return s.slots[ix]
}

// add gives v a slot, of at most max, and returns its id; false when all are taken.
func (s *ipcSet[T]) add(v T, max int) (id int32, ok bool) {
	if s.next != 0 {
		if id, ok := s.wanted(v, max); ok {
			return id, true
		}
	}
	var none T
	ix := 0
	for ix < len(s.slots) && s.slots[ix] != none {
		ix++
	}
	if ix >= max {
		return 0, false
	}
	if ix == len(s.slots) {
		s.slots = append(s.slots, none)
		s.seq = append(s.seq, 0)
	}
	s.seq[ix] = (s.seq[ix] + 1) & ipcSeqMask
	s.slots[ix] = v
	return int32(s.seq[ix])<<16 | int32(ix), true
}

func (s *ipcSet[T]) del(id int32) {
	var none T
	s.slots[id&0xffff] = none
}

// all calls f for each object.
func (s *ipcSet[T]) all(f func(v T)) {
	var none T
	for _, v := range s.slots {
		if v != none {
			f(v)
		}
	}
}

func ipcNewPerm(c *kern.Cred, key int32, mode uint32) abi.IpcPerm {
	return abi.IpcPerm{Uid: c.Euid, Gid: c.Egid, Cuid: c.Euid, Cgid: c.Egid, Mode: mode, Key: abi.Long(key)}
}

// permX is the permission to execute, which shmat of Linux asks for.
const permX = 0o100

// ipcAccess is ipcperm: may the user do mode, IPC_R and IPC_W or IPC_M, to the object? Errors: EACCES; EPERM
// for IPC_M.
func ipcAccess(c *kern.Cred, p *abi.IpcPerm, mode uint32) abi.Errno {
	if c.IsRoot() {
		return abi.OK
	}
	owner := c.Euid == p.Uid || c.Euid == p.Cuid
	if mode == abi.IPC_M {
		if owner {
			return abi.OK
		}
		return abi.EPERM
	}
	mode &= abi.IPC_R | abi.IPC_W | permX
	switch {
	case owner:
	case c.InGroup(p.Gid) || c.InGroup(p.Cgid):
		mode >>= 3
	default:
		mode >>= 6
	}
	if p.Mode&mode != mode {
		return abi.EACCES
	}
	return abi.OK
}

// ipcSetPerm is IPC_SET's part that all kinds share.
func ipcSetPerm(p *abi.IpcPerm, n *abi.IpcPerm) {
	p.Uid, p.Gid = n.Uid, n.Gid
	p.Mode = p.Mode&^0777 | n.Mode&0777
}

func ipcTime(k *kern.Kernel) int64 { return k.Timenow().Unix() }

// ipcFork and ipcExit keep the books when processes begin, and when they end or execute another program.
func ipcFork(c, p *kern.Proc, shareVM bool) {
	if t := procOf(p).tables; t != nil {
		t.Hold()
		procOf(c).tables = t
	}
	if procOf(p).shm == nil {
		return
	}
	if shareVM {
		procOf(p).shm.refs++
		procOf(c).shm = procOf(p).shm
		return
	}
	procOf(c).shm = procOf(p).shm.clone()
}

func ipcExec(p *kern.Proc) {
	if procOf(p).shm != nil {
		procOf(p).shm.unref(p)
		procOf(p).shm = nil
	}
}

func ipcExit(p *kern.Proc) {
	ipcExec(p)
	semExit(p)
	if x := procOf(p); x.tables != nil {
		x.tables.Drop()
		x.tables = nil
	}
}

// The structures of kern.ipc.sysvipc_info.
type (
	ipcPermSysctl struct {
		Key                  uint64
		Uid, Gid, Cuid, Cgid uint32
		Mode                 uint32
		Seq, _               int16
	}
	semInfo struct {
		Map, Mni, Mns, Mnu, Msl, Opm, Ume, Usz, Vmx, Aem int32
	}
	semidDsSysctl struct {
		Perm         ipcPermSysctl
		Nsems, _     int16
		_            int32
		Otime, Ctime int64
	}
	shmInfo struct {
		Max                uint64
		Min, Mni, Seg, All uint32
	}
	shmidDsSysctl struct {
		Perm                ipcPermSysctl
		Segsz               uint64
		Lpid, Cpid          int32
		Atime, Dtime, Ctime int64
		Nattch              uint32
	}
	msgInfo struct {
		Max, Mni, Mnb, Tql, Ssz, Seg int32
	}
	msgidDsSysctl struct {
		Perm                 ipcPermSysctl
		Qnum, Qbytes, Cbytes uint64
		Lspid, Lrpid         int32
		Stime, Rtime, Ctime  int64
		_                    int32
	}
)

func (p *ipcPermSysctl) fill(q *abi.IpcPerm) {
	*p = ipcPermSysctl{Key: uint64(q.Key), Uid: q.Uid, Gid: q.Gid, Cuid: q.Cuid, Cgid: q.Cgid, Mode: q.Mode, Seq: int16(q.Seq)}
}

// ipcInfo is kern.ipc.sysvipc_info.<kind>: the limits of one kind and, rounded up to 8 bytes, an entry for
// each id there can be; free ones are zero. Errors: EINVAL, ENOMEM.
func ipcInfo(r *sysctl.Req) abi.Errno {
	if len(r.Name) != 1 {
		return abi.EINVAL
	}
	m := r.L.Model()
	var head []byte
	var ids []byte
	switch r.Name[0] {
	case abi.KERN_SYSVIPC_SEM_INFO:
		head = m.Bytes(&semInfo{Map: 30, Mni: tablesOf(r.L.Proc).semMni, Mns: tablesOf(r.L.Proc).semMns, Mnu: 30, Msl: tablesOf(r.L.Proc).semMns, Opm: semOpm, Ume: semUme, Usz: 100, Vmx: semVmx, Aem: semAem})
		v := make([]semidDsSysctl, tablesOf(r.L.Proc).semMni)
		for i, s := range tablesOf(r.L.Proc).semSets.slots {
			if s != nil && i < len(v) {
				v[i] = semidDsSysctl{Nsems: int16(len(s.sems)), Otime: s.ds.Otime, Ctime: s.ds.Ctime}
				v[i].Perm.fill(&s.ds.Perm)
				v[i].Perm.Mode |= semAlloc
				v[i].Perm.Seq = int16(tablesOf(r.L.Proc).semSets.seq[i])
			}
		}
		ids = m.Bytes(v)
	case abi.KERN_SYSVIPC_SHM_INFO:
		head = m.Bytes(&shmInfo{Max: shmMax(), Min: 1, Mni: uint32(tablesOf(r.L.Proc).shmMni), Seg: uint32(tablesOf(r.L.Proc).shmSeg), All: uint32(shmMax() / mem.PageSize)})
		v := make([]shmidDsSysctl, tablesOf(r.L.Proc).shmMni)
		for i, s := range tablesOf(r.L.Proc).shmSegs.slots {
			if s != nil && i < len(v) {
				d := &s.ds
				v[i] = shmidDsSysctl{Segsz: uint64(d.Segsz), Lpid: d.Lpid, Cpid: d.Cpid, Atime: d.Atime, Dtime: d.Dtime, Ctime: d.Ctime, Nattch: d.Nattch}
				v[i].Perm.fill(&d.Perm)
				v[i].Perm.Seq = int16(tablesOf(r.L.Proc).shmSegs.seq[i])
			}
		}
		ids = m.Bytes(v)
	case abi.KERN_SYSVIPC_MSG_INFO:
		head = m.Bytes(&msgInfo{Max: msgSsz * msgSegs, Mni: tablesOf(r.L.Proc).msgMni, Mnb: msgMnb, Tql: msgTql, Ssz: msgSsz, Seg: msgSegs})
		v := make([]msgidDsSysctl, tablesOf(r.L.Proc).msgMni)
		for i, q := range tablesOf(r.L.Proc).msgQueues.slots {
			if q != nil && i < len(v) {
				d := &q.ds
				v[i] = msgidDsSysctl{Qnum: uint64(d.Qnum), Qbytes: uint64(d.Qbytes), Cbytes: uint64(d.Cbytes), Lspid: d.Lspid, Lrpid: d.Lrpid,
					Stime: d.Stime, Rtime: d.Rtime, Ctime: d.Ctime}
				v[i].Perm.fill(&d.Perm)
				v[i].Perm.Seq = int16(tablesOf(r.L.Proc).msgQueues.seq[i])
			}
		}
		ids = m.Bytes(v)
	default:
		return abi.EINVAL
	}
	room := r.OldLen
	if r.Old == 0 || room > uint64(len(head)) {
		head = append(head, make([]byte, -len(head)&7)...)
	}
	out := append(head, ids...)
	if r.Old == 0 {
		r.OldLen = uint64(len(out))
		return abi.OK
	}
	if room < uint64(len(head)) {
		r.OldLen = 0
		return abi.ENOMEM
	}
	err := abi.OK
	if room > uint64(len(head)) && room < uint64(len(out)) {
		err = abi.ENOMEM
	}
	out = out[:min(room, uint64(len(out)))]
	r.OldLen = uint64(len(out))
	if err := r.L.Copyout(out, r.Old); err != abi.OK {
		return err
	}
	return err
}

func sysctlIPC(k *kern.Kernel) []*sysctl.Node {
	return []*sysctl.Node{
		sysctl.StructFunc(abi.KERN_SYSVIPC_INFO, "sysvipc_info", "All objects", ipcInfo),
		sysctl.Const(abi.KERN_SYSVIPC_MSG, "sysvmsg", "Whether there are message queues", 1),
		sysctl.Const(abi.KERN_SYSVIPC_SEM, "sysvsem", "Whether there are semaphores", 1),
		sysctl.Const(abi.KERN_SYSVIPC_SHM, "sysvshm", "Whether there is shared memory", 1),
		sysctl.Quad(abi.KERN_SYSVIPC_SHMMAX, "shmmax", "Bytes of the largest segment", func(*kern.LWP) uint64 { return shmMax() }),
		sysctl.Var(abi.KERN_SYSVIPC_SHMMNI, "shmmni", "Limit of segments", &kernelTables(k).shmMni, 128, 1<<15),
		sysctl.Var(abi.KERN_SYSVIPC_SHMSEG, "shmseg", "Limit of segments in a process", &kernelTables(k).shmSeg, 128, 1<<15),
		sysctl.Int(abi.KERN_SYSVIPC_SHMMAXPGS, "shmmaxpgs", "Limit of pages of all segments", func(*kern.LWP) int32 { return int32(shmMax() / mem.PageSize) }),
		sysctl.Const(abi.KERN_SYSVIPC_SHMUSEPHYS, "shm_use_phys", "Whether segments are locked in memory", 0),
		sysctl.Var(sysctl.Create, "semmni", "Limit of semaphore sets", &kernelTables(k).semMni, 10, 1<<15),
		sysctl.Var(sysctl.Create, "semmns", "Limit of semaphores", &kernelTables(k).semMns, 60, 1<<15),
		sysctl.Var(sysctl.Create, "msgmni", "Limit of message queues", &kernelTables(k).msgMni, 40, 1<<15),
		sysctl.Const(sysctl.Create, "msgseg", "Limit of pieces of messages", msgSegs),
	}
}
