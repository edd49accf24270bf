package kern

import (
	"fmt"
	"runtime"
	"sync"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/mem"
)

// life is what a machine needs to know to end.
type life struct {
	lwps    sync.WaitGroup // goroutines of LWPs
	workers sync.WaitGroup // other goroutines: the poller, profclock, HostCall's
	closing bool           // Close was called: nothing new begins
	broken  error          // what Broken was told first

	emulated sync.Map // machines whose programs are emulated, contrary to Config.Engines
}

// Close ends the machine: its processes are killed, and what it holds of the host is given back. The file system and
// the exec switch have a Close of their own, which comes after. It must be called once, by no LWP, without the kernel
// lock.
func (k *Kernel) Close() {
	k.lock.Lock()
	k.closing = true
	k.Config.Strace, k.Hooks = nil, nil
	k.seeing()
	k.killAll()
	k.resume()
	k.Unlock()
	k.lwps.Wait()
	k.lock.Lock()
	k.KtraceFlush()
	if k.Accounting != nil {
		k.Accounting.Stop(nil)
		k.Accounting = nil
	}
	k.profTimer.Stop()
	close(k.sampleStop)
	k.limitTimer.Stop()
	k.hostPollStop()
	if k.det.on {
		k.det.close()
	}
	if k.system != nil {
		k.proc1.Cwdi.Free()
	}
	k.lock.Unlock()
	k.workers.Wait()
	if k.det.on {
		k.det.host.close()
	}
	forgetLWPs(k)
}

// killAll sends SIGKILL to every process, and lets a deterministic machine that has halted run again for it.
// Preconditions: kernel lock.
func (k *Kernel) killAll() {
	k.det.halted = false
	for _, p := range k.Procs() {
		if !p.Zombie {
			p.Psignal(abi.SIGKILL)
		}
	}
}

// forgetLWPs makes the processors, which are shared with other machines, forget the LWPs of k.
func forgetLWPs(k *Kernel) {
	sched.Lock()
	defer sched.Unlock()
	for _, p := range sched.pools {
		for _, s := range p.free {
			if s.last != nil && s.last.K == k {
				s.last, s.space = nil, nil
			}
		}
	}
}

// Broken ends the machine's processes because of a fault of nbemu's own outside of any process: in a timer, or on
// behalf of a host event. Preconditions: kernel lock.
func (k *Kernel) Broken(why any) {
	if k.broken == nil {
		k.broken = fmt.Errorf("internal error: %v", why)
		buf := make([]byte, 16<<10)
		k.Log("%v: the machine is stopped\n%s", k.broken, buf[:runtime.Stack(buf, false)])
	}
	k.killAll()
}

// Err returns why the machine was stopped by Broken, or nil. Preconditions: kernel lock.
func (k *Kernel) Err() error { return k.broken }

// callback runs f with the kernel lock held, for a goroutine that is no LWP's. A panic in it breaks the machine and
// nothing else.
func (k *Kernel) callback(f func()) {
	k.lock.Lock()
	defer k.Unlock()
	defer func() {
		if r := recover(); r != nil {
			k.Broken(r)
		}
	}()
	f()
}

// worker starts a goroutine that Close waits for. Preconditions: kernel lock.
func (k *Kernel) worker(f func()) {
	k.workers.Add(1)
	go func() {
		defer k.workers.Done()
		f()
	}()
}

// engineKind is what processors in the pool are told apart by. They are shared by machines.
type engineKind struct {
	src  cpu.Source // nil: emulated
	arch *cpu.Arch
}

// kindOf is the kind of processor that a machine's programs of a run on.
func (k *Kernel) kindOf(a *cpu.Arch) engineKind {
	src := k.Config.Engines
	if src == nil {
		return engineKind{nil, a}
	}
	if err := src.Runs(a); err != nil {
		if _, told := k.emulated.LoadOrStore(a, true); !told {
			go k.callback(func() { k.Log("%s programs are emulated: %v", a.Name, err) })
		}
		return engineKind{nil, a}
	}
	return engineKind{src, a}
}

// Begins tells where processors come from that p's space begins to run the program that p.TextPath names.
func (k *Kernel) Begins(p *Proc) {
	if c, ok := k.Config.Engines.(cpu.Chooser); ok {
		c.Begin(p.VM, p.TextPath)
	}
}

// newEngine makes a processor. Where the host cannot (no memory), the result is one that ends whoever runs on it.
func newEngine(kind engineKind) cpu.Engine {
	a := kind.arch
	var e cpu.Engine
	var err error
	if kind.src != nil {
		e, err = kind.src.New(a)
	} else {
		e, err = cpu.New(a)
	}
	if err != nil {
		return noEngine{a, err}
	}
	return e
}

// noEngine stands for a processor that the host could not give. A run on it is an internal fault of the process.
type noEngine struct {
	arch *cpu.Arch
	err  error
}

func (e noEngine) Arch() *cpu.Arch                    { return e.arch }
func (e noEngine) Run(*cpu.Context, *mem.Space)       { panic(e.err) }
func (e noEngine) Step(*cpu.Context, *mem.Space)      { panic(e.err) }
func (noEngine) SaveFP(*cpu.Context)                  {}
func (noEngine) LoadFP(*cpu.Context)                  {}
func (noEngine) FlushPage(*mem.Space, uint64, uint64) {}
func (noEngine) Stop()                                {}
func (noEngine) Close()                               {}
