// Package ipc is communication between processes by objects that outlive them: System V semaphores, message queues and
// shared memory (sysv_sem.c and its kin), POSIX message queues (sys_mqueue.c) and semaphores (uipc_sem.c).
//
// It is a part of nbemu and not for other modules: those import package machine.
package ipc

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
	"nbemu/sysctl"
)

// Tables are a machine's objects for communication between processes. The kernel lock protects them.
type Tables struct {
	ksemTable
	semTable
	msgTable
	shmTable
	mqueues map[string]*mqueue
	refs    int // of a namespace's: who uses them
}

// New makes the tables of k, which finds them from then on, and has k tell of processes that begin and end.
func New(k *kern.Kernel) *Tables {
	t := newTables()
	k.IPC = t
	k.ForkHooks = append(k.ForkHooks, ipcFork)
	k.SpaceHooks = append(k.SpaceHooks, ipcExec)
	k.ExitHooks = append(k.ExitHooks, ipcExit)
	return t
}

func newTables() *Tables {
	return &Tables{
		ksemTable: ksemTable{ksems: map[string]*ksem{}, ksemsPshared: map[int64]*ksem{}},
		semTable:  semTable{semMni: 10, semMns: 60},
		msgTable:  msgTable{msgMni: 40},
		shmTable:  shmTable{shmMni: 128, shmSeg: 128},
		mqueues:   map[string]*mqueue{},
	}
}

// kernelTables are the machine's tables.
func kernelTables(k *kern.Kernel) *Tables { return k.IPC.(*Tables) }

// tablesOf are the tables that p uses: the machine's, or those of a namespace.
func tablesOf(p *kern.Proc) *Tables {
	if x, ok := p.IPC.(*procIPC); ok && x.tables != nil {
		return x.tables
	}
	return kernelTables(p.K)
}

// NewSpace makes tables without objects, with the limits of those that p uses: a namespace of Linux's. Use takes them,
// and a reference.
func NewSpace(p *kern.Proc) *Tables {
	t, was := newTables(), tablesOf(p)
	t.semMni, t.semMns, t.msgMni, t.shmMni, t.shmSeg = was.semMni, was.semMns, was.msgMni, was.shmMni, was.shmSeg
	return t
}

// Use has p use other tables, nil for the machine's. What it has attached stays; what it was to undo is done.
func Use(p *kern.Proc, t *Tables) {
	x := procOf(p)
	semExit(p)
	if t != nil {
		t.Hold()
	}
	if x.tables != nil {
		x.tables.Drop()
	}
	x.tables = t
}

// Hold and Drop count who uses the tables of a namespace; with the last one the objects are gone.
func (t *Tables) Hold() { t.refs++ }
func (t *Tables) Drop() {
	if t.refs--; t.refs > 0 {
		return
	}
	t.shmSegs.all(func(s *shmSegment) {
		s.ds.Perm.Mode |= shmRemoved
		s.reap()
	})
}

// Close gives the memory of System V segments back that nobody removed. No process may be left.
func (t *Tables) Close() {
	t.shmSegs.all(func(s *shmSegment) { mem.Release(s.obj) })
	t.shmSegs = ipcSet[*shmSegment]{}
}

// procOf is what a process has of it.
func procOf(p *kern.Proc) *procIPC {
	x, ok := p.IPC.(*procIPC)
	if !ok {
		x = &procIPC{}
		p.IPC = x
	}
	return x
}

// Nodes of sysctl.
func init() {
	sysctl.RegisterKern(func(k *kern.Kernel) []*sysctl.Node {
		if k.IPC == nil {
			return nil // a machine without such objects
		}
		return []*sysctl.Node{
			sysctl.NewNode(abi.KERN_SYSVIPC, "ipc", "System V IPC", sysctlIPC(k)...),
			sysctl.NewNode(sysctl.Create, "mqueue", "Message queues", sysctlMqueue()...),
			sysctl.NewNode(sysctl.Create, "posix", "POSIX semaphores", sysctlKsem(k)...),
		}
	})
}

// SysvInUse reports whether there is anything of System V's IPC, KsemInUse whether there is a POSIX semaphore.
// Preconditions: kernel lock.
func SysvInUse(k *kern.Kernel) (used bool) {
	t := kernelTables(k)
	t.shmSegs.all(func(*shmSegment) { used = true })
	t.semSets.all(func(*semSet) { used = true })
	t.msgQueues.all(func(*msgQueue) { used = true })
	return used
}

func KsemInUse(k *kern.Kernel) bool { return kernelTables(k).ksemCount > 0 }
