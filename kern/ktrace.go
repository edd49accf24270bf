package kern

import (
	"io"
	"slices"
	"time"

	"nbemu/abi"
	"nbemu/mem"
)

// ktrace(2): what traced processes do is written to a file, record by record (kern_ktrace.c). The records are in
// ktrrec.go. Everything here runs with the kernel lock held.

// ktrDesc is a trace file in use (struct ktr_desc).
type ktrDesc struct {
	k     *Kernel
	f     *File     // nil once it is closed
	out   io.Writer // in place of f: where KtraceTo's records go
	ref   int       // processes that are traced to it
	queue []byte
	timer *Timer
	lost  int // records that found no room since the last message
}

const (
	ktdDelay = 100 * time.Millisecond // how long a record may wait for others
	ktdBatch = 32 << 10               // but no longer than until there are so many bytes
	ktdMax   = 4 << 20                // what is queued for a reader that does not read
	ktdRetry = 10 * time.Millisecond
)

// ktrState is what a machine has of ktrace.
type ktrState struct {
	ktrDescs []*ktrDesc // the trace files in use; while there are none, tracing costs a look at the length
}

// ktrpoint reports whether l's process has records of this type written (KTRPOINT).
func (l *LWP) ktrpoint(typ int) bool {
	return len(l.K.ktrDescs) != 0 && l.Proc.traceflag&(1<<typ) != 0
}

// Ktracing reports whether any process is traced: where finding out what to record is work.
func (k *Kernel) Ktracing() bool { return len(k.ktrDescs) != 0 }

func sameTraceFile(a, b *File) bool {
	if a == b || a.Ops == b.Ops {
		return true
	}
	type keyed interface{ Key() mem.FileKey }
	ka, ok := a.Ops.(keyed)
	kb, ok2 := b.Ops.(keyed)
	return ok && ok2 && ka.Key() == kb.Key()
}

func ktdLookup(f *File) *ktrDesc {
	for _, d := range f.K.ktrDescs {
		if d.f != nil && sameTraceFile(d.f, f) {
			return d
		}
	}
	return nil
}

// ktdRel drops a reference; after the last one what is queued is written and the file closed.
func (d *ktrDesc) rel() {
	if d.ref--; d.ref > 0 {
		return
	}
	d.k.ktrDescs = slices.DeleteFunc(d.k.ktrDescs, func(e *ktrDesc) bool { return e == d })
	d.k.seeing()
	d.flush()
}

// ktrderef ends the tracing of p.
func (p *Proc) ktrderef() {
	d := p.tracep
	p.tracep, p.traceflag, p.ktrEarly = nil, 0, nil
	if d != nil {
		d.rel()
	}
}

// ktrFork makes a child traced like its parent, if that is wanted.
func (c *Proc) ktrFork(p *Proc) {
	if p.tracep == nil || p.traceflag&abi.KTRFAC_INHERIT == 0 {
		return
	}
	c.tracep, c.traceflag = p.tracep, p.traceflag
	c.tracep.ref++
	if p.traceflag&abi.KTRFAC_EMUL != 0 {
		c.traceflag |= abi.KTRFAC_TRC_EMUL
	}
}

// KtrSetid ends the tracing of a process that is about to execute a set-id program, unless root asked for it.
func (p *Proc) KtrSetid() {
	if p.traceflag&abi.KTRFAC_PERSISTENT == 0 {
		p.ktrderef()
	}
}

// ktrCanSet is ktrcanset: root may trace everybody; others their own processes, if these have been nothing else.
func (c *Cred) ktrCanSet(p *Proc) bool {
	if c.IsRoot() {
		return true
	}
	t := p.Cred
	return p.traceflag&abi.KTRFAC_PERSISTENT == 0 && p.Flags&PFSugid == 0 &&
		c.Euid == t.Ruid && c.Ruid == t.Svuid && c.Rgid == t.Rgid && c.Rgid == t.Svgid
}

// Ktrace is ktrace(2) with an open file, which may be nil for KTROP_CLEAR. The file is referred to for as long as it
// is in use. Errors: EINVAL for no trace points or an unknown version, ESRCH, EPERM.
func (l *LWP) Ktrace(ops int32, facs uint32, pid int32, f *File) abi.Errno {
	c := l.Proc.Cred
	op := ops & abi.KTROP_MASK
	facs &^= abi.KTRFAC_PERSISTENT
	if op == abi.KTROP_CLEARFILE {
		d := ktdLookup(f)
		if d == nil {
			return abi.OK
		}
		return d.derefAll(c)
	}
	if facs == 0 {
		return abi.EINVAL
	}
	var todo []*Proc
	if pid < 0 {
		g := l.K.pgrps[-pid]
		if g == nil {
			return abi.ESRCH
		}
		todo = slices.Clone(g.Members)
	} else if p := l.K.Pfind(pid); p != nil {
		todo = []*Proc{p}
	} else {
		return abi.ESRCH
	}
	if ops&ktrflagDescend != 0 {
		for i := 0; i < len(todo); i++ {
			todo = append(todo, todo[i].Children...)
		}
	}
	var d *ktrDesc
	if op == abi.KTROP_SET {
		if d = ktdLookup(f); d == nil {
			d = &ktrDesc{k: l.K, f: f.Ref()}
			l.K.ktrDescs = append(l.K.ktrDescs, d)
			l.K.seeing()
		}
		d.ref++
		defer d.rel()
	}
	done := false
	for _, p := range todo {
		if !p.Zombie && c.ktrCanSet(p) && p.ktrops(c, ops, facs, d) {
			done = true
		}
	}
	if !done {
		// Where nothing was allowed NetBSD's ktrops says that something was done; its manual says this.
		return abi.EPERM
	}
	return abi.OK
}

const ktrflagDescend = 4

// ktrops turns trace points of one process on or off; false if the version is none.
func (p *Proc) ktrops(c *Cred, ops int32, facs uint32, d *ktrDesc) bool {
	vers := uint32(ops) & abi.KTRFAC_VER_MASK
	if vers>>abi.KTRFAC_VER_SHIFT > 2 {
		return false
	}
	if d != nil {
		if p.tracep != d {
			d.ref++
			p.ktrderef()
			p.tracep = d
		}
		p.traceflag |= facs
		if c.IsRoot() {
			p.traceflag |= abi.KTRFAC_PERSISTENT
		}
	} else if p.traceflag &^= facs; p.traceflag&abi.KTRFAC_MASK == 0 {
		p.ktrderef()
	}
	if p.traceflag != 0 {
		p.traceflag |= vers
	}
	if p.traceflag&abi.KTRFAC_EMUL != 0 {
		// Whoever reads the file must know whose calls these are.
		p.traceflag |= abi.KTRFAC_TRC_EMUL
	}
	return true
}

// derefAll ends all tracing to d; of processes that c may not trace only with c nil. Error: EPERM.
func (d *ktrDesc) derefAll(c *Cred) (err abi.Errno) {
	d.ref++
	for _, p := range d.k.allproc {
		if p.tracep != d {
			continue
		}
		if c != nil && !c.ktrCanSet(p) {
			err = abi.EPERM
			continue
		}
		p.ktrderef()
	}
	d.rel()
	return err
}

// add queues a record.
func (d *ktrDesc) add(b []byte) {
	if len(d.queue)+len(b) > ktdMax {
		d.lost++
		return
	}
	d.queue = append(d.queue, b...)
	if len(d.queue) >= ktdBatch && (d.timer == nil || d.out != nil) {
		d.flush()
	} else {
		d.later(ktdDelay)
	}
}

// later has the queue written in a while.
func (d *ktrDesc) later(t time.Duration) {
	if d.timer == nil {
		d.timer = d.k.AfterFunc(t, func() {
			d.timer = nil
			d.flush()
		})
	}
}

// flush writes what is queued, as far as the file takes it without waiting. After the last reference the file is
// closed when all is written.
func (d *ktrDesc) flush() {
	if d.out != nil {
		d.flushOut()
		return
	}
	if d.f == nil {
		return
	}
	if d.lost > 0 {
		d.k.Log("ktrace: %d records lost", d.lost)
		d.lost = 0
	}
	for len(d.queue) > 0 {
		u := KernUio(d.k.system, d.queue, true)
		flag := d.f.Flag
		d.f.Flag |= abi.O_NONBLOCK
		err := d.f.Ops.Write(d.k.system, d.f, u)
		d.f.Flag = flag
		d.queue = d.queue[uint64(len(d.queue))-u.Resid:]
		u.Free()
		if err == abi.EAGAIN {
			d.later(ktdRetry)
			return
		}
		if err != abi.OK {
			d.queue = nil
			if err != abi.EPIPE {
				d.k.Log("ktrace write failed: %v, tracing stopped", err)
			}
			_ = d.derefAll(nil)
		}
	}
	if d.ref <= 0 && d.f != nil {
		f := d.f
		d.f = nil
		f.Unref(f.K.system)
	}
}

// flushOut writes what is queued to a writer of the host's.
func (d *ktrDesc) flushOut() {
	b := d.queue
	d.queue = nil
	if len(b) == 0 {
		return
	}
	if _, err := d.out.Write(b); err != nil {
		d.k.Log("ktrace write failed: %v, tracing stopped", err)
		d.out = io.Discard
		_ = d.derefAll(nil)
	}
}

// KtraceTo has everything that p and its descendants do recorded to w, as root's ktrace -i would: a program cannot end
// it. vers is the version of the header, 0 to 2. Preconditions: kernel lock; p runs nothing yet.
func (p *Proc) KtraceTo(w io.Writer, vers int) {
	k := p.K
	var d *ktrDesc
	for _, e := range k.ktrDescs {
		if e.out == w {
			d = e
		}
	}
	if d == nil {
		d = &ktrDesc{k: k, out: w, ref: 1} // one more than there are processes: it stays for the next program
		k.ktrDescs = append(k.ktrDescs, d)
		k.seeing()
	}
	d.ref++
	p.ktrderef()
	p.tracep = d
	p.traceflag = ktrEverything | abi.KTRFAC_INHERIT | abi.KTRFAC_PERSISTENT | uint32(vers)<<abi.KTRFAC_VER_SHIFT
}

// ktrEverything are all trace points but changes of the processor's owner, of which there are many.
const ktrEverything = abi.KTRFAC_SYSCALL | abi.KTRFAC_SYSRET | abi.KTRFAC_NAMEI | abi.KTRFAC_GENIO | abi.KTRFAC_PSIG |
	abi.KTRFAC_EMUL | abi.KTRFAC_USER | abi.KTRFAC_EXEC_ARG | abi.KTRFAC_EXEC_ENV | abi.KTRFAC_MIB | abi.KTRFAC_EXEC_FD

// KtraceFlush writes what is queued, when the machine stops.
func (k *Kernel) KtraceFlush() {
	for _, d := range slices.Clone(k.ktrDescs) {
		d.flush()
	}
}
