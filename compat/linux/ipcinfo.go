package linux

import (
	"fmt"
	"math"
	"strings"

	"nbemu/abi"
	"nbemu/ipc"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/syscalls"
)

// What Linux tells of all objects of System V IPC: the commands IPC_INFO, *_INFO, *_STAT and *_STAT_ANY, /proc/sysvipc
// and the limits in /proc/sys/kernel. The limits are the machine's.

const (
	ipcInfo = 3

	msgStat, msgInfoCmd, msgStatAny = 11, 12, 13
	shmStat, shmInfoCmd, shmStatAny = 13, 14, 15
	semStat, semInfoCmd, semStatAny = 18, 19, 20

	msgExcept = 0o20000
	msgCopy   = 0o40000
)

func shmInfo(l *kern.LWP, id, cmd int32, va uint64) (kern.Retval, abi.Errno) {
	t := ipc.ShmTotals(l.Proc)
	switch cmd {
	case ipcInfo:
		m := ipc.LimitsOf(l.Proc)
		limits := [9]abi.ULong{abi.ULong(m.SegmentMax), 1, abi.ULong(m.Segments), abi.ULong(m.SegmentsEach), abi.ULong(m.SegmentMax / mem.PageSize)}
		if err := l.CopyoutStruct(va, &limits); err != abi.OK {
			return ret(err)
		}
		return retInt(int64(t.Last))
	case shmInfoCmd:
		info := struct {
			Used                                  int32
			Total, Rss, Swap, Attempts, Successes abi.ULong
		}{Used: int32(t.Objects), Total: abi.ULong(t.Parts), Rss: abi.ULong(t.Parts)}
		if err := l.CopyoutStruct(va, &info); err != abi.OK {
			return ret(err)
		}
		return retInt(int64(t.Last))
	case shmStat, shmStatAny:
		n, ds, err := ipc.ShmAt(l, id, cmd == shmStatAny)
		if err != abi.OK {
			return ret(err)
		}
		if err := l.Copyout(machineOf(l).shmBytes(&ds), va); err != abi.OK {
			return ret(err)
		}
		return retInt(int64(n))
	}
	return ret(abi.EINVAL)
}

func semInfo(l *kern.LWP, id, cmd int32, va uint64) (kern.Retval, abi.Errno) {
	t := ipc.SemTotals(l.Proc)
	switch cmd {
	case ipcInfo, semInfoCmd:
		m := ipc.LimitsOf(l.Proc)
		// struct seminfo: map, mni, mns, mnu, msl, opm, ume, usz, vmx, aem.
		info := [10]int32{m.Semaphores, m.Sets, m.Semaphores, m.Semaphores, m.Semaphores, m.SemaphoresOp, m.SemaphoresOp, 20, m.SemaphoreMax, m.SemaphoreMax}
		if cmd == semInfoCmd {
			info[7], info[9] = int32(t.Objects), int32(t.Parts)
		}
		if err := l.CopyoutStruct(va, &info); err != abi.OK {
			return ret(err)
		}
		return retInt(int64(t.Last))
	case semStat, semStatAny:
		n, ds, err := ipc.SemAt(l, id, cmd == semStatAny)
		if err != abi.OK {
			return ret(err)
		}
		if err := l.Copyout(machineOf(l).semBytes(&ds), va); err != abi.OK {
			return ret(err)
		}
		return retInt(int64(n))
	}
	return ret(abi.EINVAL)
}

func msgInfo(l *kern.LWP, id, cmd int32, va uint64) (kern.Retval, abi.Errno) {
	t := ipc.MsgTotals(l.Proc)
	switch cmd {
	case ipcInfo, msgInfoCmd:
		m := ipc.LimitsOf(l.Proc)
		// struct msginfo: pool, map, max, mnb, mni, ssz, tql, and a short seg.
		info := struct {
			N   [7]int32
			Seg uint16
		}{N: [7]int32{m.Queues * m.QueueBytes / 1024, m.QueueBytes, m.QueueBytes, m.QueueBytes, m.Queues, 16, m.QueueBytes}, Seg: 0xffff}
		if cmd == msgInfoCmd {
			info.N[0], info.N[1], info.N[6] = int32(t.Objects), int32(t.Parts), int32(t.Bytes)
		}
		if err := l.CopyoutStruct(va, &info); err != abi.OK {
			return ret(err)
		}
		return retInt(int64(t.Last))
	case msgStat, msgStatAny:
		n, ds, err := ipc.MsgAt(l, id, cmd == msgStatAny)
		if err != abi.OK {
			return ret(err)
		}
		if err := l.Copyout(machineOf(l).msgBytes(&ds), va); err != abi.OK {
			return ret(err)
		}
		return retInt(int64(n))
	}
	return ret(abi.EINVAL)
}

// sysMsgrcv is the native call but for MSG_EXCEPT, which takes any type but one, and MSG_COPY, which copies the message
// in a place of the queue.
func sysMsgrcv(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if err := msgSize(l, a[2]); err != abi.OK {
		return ret(err)
	}
	flags := int32(a[4])
	if flags&msgCopy == 0 {
		if flags&msgExcept != 0 && int64(a[3]) > 0 {
			return msgOut(l, a, func(n uint64, typ int64, f int32) (int64, []byte, abi.Errno) {
				return ipc.MsgrcvExcept(l, int32(a[0]), n, typ, f)
			})
		}
		return call(l, syscalls.SYS_msgrcv, a)
	}
	if flags&msgExcept != 0 || flags&abi.IPC_NOWAIT == 0 {
		return ret(abi.EINVAL)
	}
	return msgOut(l, a, func(n uint64, typ int64, f int32) (int64, []byte, abi.Errno) {
		return ipc.MsgCopy(l, int32(a[0]), n, typ, f)
	})
}

// msgOut stores the message that get returns.
func msgOut(l *kern.LWP, a *kern.Args, get func(n uint64, typ int64, flags int32) (int64, []byte, abi.Errno)) (kern.Retval, abi.Errno) {
	if int64(a[2]) < 0 {
		return ret(abi.EINVAL)
	}
	typ, body, err := get(a[2], int64(a[3]), int32(a[4]))
	if err != abi.OK {
		return ret(err)
	}
	if err = l.CopyoutStruct(a[1], abi.Long(typ)); err == abi.OK {
		err = l.Copyout(body, a[1]+uint64(l.Model().PtrSize))
	}
	return kern.Retval{R0: uint64(len(body))}, err
}

// addIPCFiles adds the files of /proc.
func addIPCFiles(files map[string]func(l *kern.LWP) string, stores map[string]func(*kern.LWP, string) abi.Errno) {
	for name, f := range map[string]func(ipc.Limits) string{
		"shmmni": func(m ipc.Limits) string { return fmt.Sprintln(m.Segments) },
		"shmmax": func(m ipc.Limits) string { return fmt.Sprintln(m.SegmentMax) },
		"shmall": func(m ipc.Limits) string { return fmt.Sprintln(m.SegmentMax / mem.PageSize) },
		"msgmni": func(m ipc.Limits) string { return fmt.Sprintln(m.Queues) },
		"msgmax": func(m ipc.Limits) string { return fmt.Sprintln(m.QueueBytes) },
		"msgmnb": func(m ipc.Limits) string { return fmt.Sprintln(m.QueueBytes) },
		"sem": func(m ipc.Limits) string {
			return fmt.Sprintf("%d\t%d\t%d\t%d\n", m.Semaphores, m.Semaphores, m.SemaphoresOp, m.Sets)
		},
	} {
		files["sys/kernel/"+name] = func(l *kern.LWP) string { return f(ipc.LimitsOf(l.Proc)) }
	}
	for _, kind := range []string{"shm", "sem", "msg"} {
		name := "sys/kernel/" + kind + "_next_id"
		files[name] = func(l *kern.LWP) string { return fmt.Sprintln(ipc.NextID(l.Proc, kind)) }
		stores[name] = storeNumber(func(l *kern.LWP, n int64) abi.Errno {
			if n < -1 || n >= math.MaxInt32 {
				return abi.EINVAL
			}
			ipc.SetNextID(l.Proc, kind, int32(n))
			return abi.OK
		})
	}
	files["sysvipc/shm"], files["sysvipc/sem"], files["sysvipc/msg"] = procShm, procSem, procMsg
}

// procShm, procSem and procMsg are the files of /proc/sysvipc.

func procShm(l *kern.LWP) string {
	var b strings.Builder
	b.WriteString("       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n")
	for i := range ipc.ShmTotals(l.Proc).Last + 1 {
		id, d, err := ipc.ShmAt(l, i, true)
		if err != abi.OK {
			continue
		}
		p := &d.Perm
		fmt.Fprintf(&b, "%10d %10d  %4o %21d %5d %5d  %5d %5d %5d %5d %5d %10d %10d %10d %21d %21d\n", p.Key, id, p.Mode&0o777|p.Mode&ipc.ShmWired>>4, d.Segsz,
			d.Cpid, d.Lpid, d.Nattch, p.Uid, p.Gid, p.Cuid, p.Cgid, d.Atime, d.Dtime, d.Ctime, (d.Segsz+mem.PageSize-1)&^(mem.PageSize-1), 0)
	}
	return b.String()
}

func procSem(l *kern.LWP) string {
	var b strings.Builder
	b.WriteString("       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n")
	for i := range ipc.SemTotals(l.Proc).Last + 1 {
		id, d, err := ipc.SemAt(l, i, true)
		if err != abi.OK {
			continue
		}
		p := &d.Perm
		fmt.Fprintf(&b, "%10d %10d  %4o %10d %5d %5d %5d %5d %10d %10d\n", p.Key, id, p.Mode&0o777, d.Nsems, p.Uid, p.Gid, p.Cuid, p.Cgid, d.Otime, d.Ctime)
	}
	return b.String()
}

func procMsg(l *kern.LWP) string {
	var b strings.Builder
	b.WriteString("       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n")
	for i := range ipc.MsgTotals(l.Proc).Last + 1 {
		id, d, err := ipc.MsgAt(l, i, true)
		if err != abi.OK {
			continue
		}
		p := &d.Perm
		fmt.Fprintf(&b, "%10d %10d  %4o  %10d %10d %5d %5d %5d %5d %5d %5d %10d %10d %10d\n", p.Key, id, p.Mode&0o777, d.Cbytes, d.Qnum, d.Lspid, d.Lrpid,
			p.Uid, p.Gid, p.Cuid, p.Cgid, d.Stime, d.Rtime, d.Ctime)
	}
	return b.String()
}
