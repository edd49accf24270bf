package linux

import (
	"nbemu/abi"
	"nbemu/ipc"
	"nbemu/kern"
)

// The structures of System V IPC begin with who may use an object; what follows, the machine's too, is made by itself.

// ipcForm says how the structures of a machine differ from those of asm-generic.
type ipcForm struct {
	// widePerm: struct ipc64_perm has a longer number and more room (powerpc, sparc). shortMode: its mode has 16 bits.
	widePerm, shortMode bool
	// highFirst: of a time's two words, on machines of 32 bits, the upper one comes first; highLast: in the structures of
	// shared memory and semaphores the upper halves stand at the end.
	highFirst, highLast bool
	// timesFirst: in that of shared memory the times come before the size; sizePad: with a word between them.
	timesFirst, sizePad bool
	// semPadded: the times of semaphores have a word behind each, on amd64 too.
	semPadded bool
}

type ipcPerm struct {
	Key                  int32
	Uid, Gid, Cuid, Cgid uint32
	Mode                 uint32
	Seq, _               uint16
	_                    [2]abi.ULong
}

type ipcPermShort struct {
	Key                  int32
	Uid, Gid, Cuid, Cgid uint32
	Mode, _              uint16
	Seq, _               uint16
	_                    [2]abi.ULong
}

type ipcPermWide struct {
	Key                  int32
	Uid, Gid, Cuid, Cgid uint32
	Mode, Seq, _         uint32
	_                    [2]uint64
}

func (m *Machine) perm(p *abi.IpcPerm) any {
	mode := p.Mode&0o777 | p.Mode&ipc.ShmWired>>4 // SHM_LOCKED
	switch {
	case m.ipc.widePerm:
		return &ipcPermWide{Key: int32(p.Key), Uid: p.Uid, Gid: p.Gid, Cuid: p.Cuid, Cgid: p.Cgid, Mode: mode, Seq: uint32(p.Seq)}
	case m.ipc.shortMode:
		return &ipcPermShort{Key: int32(p.Key), Uid: p.Uid, Gid: p.Gid, Cuid: p.Cuid, Cgid: p.Cgid, Mode: uint16(mode), Seq: p.Seq}
	}
	return &ipcPerm{Key: int32(p.Key), Uid: p.Uid, Gid: p.Gid, Cuid: p.Cuid, Cgid: p.Cgid, Mode: mode, Seq: p.Seq}
}

func (m *Machine) permSize() int { return m.model().Sizeof(m.perm(&abi.IpcPerm{})) }

// permAt reads the part of a structure that IPC_SET sets.
func permAt(l *kern.LWP, va uint64) (abi.IpcPerm, abi.Errno) {
	p := machineOf(l).perm(&abi.IpcPerm{})
	err := l.CopyinStruct(va, p)
	switch p := p.(type) {
	case *ipcPermWide:
		return abi.IpcPerm{Uid: p.Uid, Gid: p.Gid, Mode: p.Mode}, err
	case *ipcPermShort:
		return abi.IpcPerm{Uid: p.Uid, Gid: p.Gid, Mode: uint32(p.Mode)}, err
	case *ipcPerm:
		return abi.IpcPerm{Uid: p.Uid, Gid: p.Gid, Mode: p.Mode}, err
	}
	return abi.IpcPerm{}, abi.EINVAL
}

// timeWords is a time as two words.
func (m *Machine) timeWords(t int64) [2]abi.ULong {
	if m.ipc.highFirst {
		return [2]abi.ULong{0, abi.ULong(t)}
	}
	return [2]abi.ULong{abi.ULong(t), 0}
}

// timesOut are times with their upper halves, or without.
func (m *Machine) timesOut(times ...int64) (w []abi.ULong) {
	for _, t := range times {
		if m.model().LP64() || m.ipc.highLast {
			w = append(w, abi.ULong(t))
		} else {
			pair := m.timeWords(t)
			w = append(w, pair[:]...)
		}
	}
	return w
}

func (m *Machine) shmBytes(ds *abi.ShmidDs) []byte {
	b := m.model().Bytes(m.perm(&ds.Perm))
	times := m.timesOut(int64(ds.Atime), int64(ds.Dtime), int64(ds.Ctime))
	size := []abi.ULong{abi.ULong(ds.Segsz)}
	switch {
	case m.ipc.timesFirst && m.ipc.sizePad:
		times = append(times, 0)
		fallthrough
	case m.ipc.timesFirst:
		size = append(times, size...)
	default:
		size = append(size, times...)
	}
	b = m.model().Append(b, size)
	b = m.model().Append(b, &struct{ Cpid, Lpid int32 }{ds.Cpid, ds.Lpid})
	return m.model().Append(b, []abi.ULong{abi.ULong(ds.Nattch), 0, 0})
}

func (m *Machine) semBytes(ds *abi.SemidDs) []byte {
	b := m.model().Bytes(m.perm(&ds.Perm))
	var times []abi.ULong
	if m.ipc.semPadded {
		for _, t := range []int64{int64(ds.Otime), int64(ds.Ctime)} {
			pair := m.timeWords(t)
			times = append(times, pair[:]...)
		}
	} else {
		times = []abi.ULong{abi.ULong(ds.Otime), abi.ULong(ds.Ctime)}
	}
	return m.model().Append(b, append(times, abi.ULong(ds.Nsems), 0, 0))
}

// msgRest64 and msgRest32 are what follows the permissions of a queue of messages.
type msgRest64 struct {
	Stime, Rtime, Ctime  abi.ULong
	Cbytes, Qnum, Qbytes abi.ULong
	Lspid, Lrpid         int32
	_                    [2]abi.ULong
}

type msgRest32 struct {
	Stime, Rtime, Ctime  [2]abi.ULong
	Cbytes, Qnum, Qbytes abi.ULong
	Lspid, Lrpid         int32
	_                    [2]abi.ULong
}

func (m *Machine) msgRest(ds *abi.MsqidDs) any {
	if m.model().LP64() {
		return &msgRest64{Stime: abi.ULong(ds.Stime), Rtime: abi.ULong(ds.Rtime), Ctime: abi.ULong(ds.Ctime),
			Cbytes: abi.ULong(ds.Cbytes), Qnum: abi.ULong(ds.Qnum), Qbytes: abi.ULong(ds.Qbytes), Lspid: ds.Lspid, Lrpid: ds.Lrpid}
	}
	return &msgRest32{Stime: m.timeWords(int64(ds.Stime)), Rtime: m.timeWords(int64(ds.Rtime)), Ctime: m.timeWords(int64(ds.Ctime)),
		Cbytes: abi.ULong(ds.Cbytes), Qnum: abi.ULong(ds.Qnum), Qbytes: abi.ULong(ds.Qbytes), Lspid: ds.Lspid, Lrpid: ds.Lrpid}
}

func qbytesOf(rest any) abi.ULong {
	switch r := rest.(type) {
	case *msgRest64:
		return r.Qbytes
	case *msgRest32:
		return r.Qbytes
	}
	return 0
}

func (m *Machine) msgBytes(ds *abi.MsqidDs) []byte {
	return m.model().Append(m.model().Bytes(m.perm(&ds.Perm)), m.msgRest(ds))
}
