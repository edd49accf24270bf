package kern

import (
	"runtime"
	"testing"

	"nbemu/cpu"
	"nbemu/cpu/cputest"
	"nbemu/mem"
)

// runnerLWP makes an LWP on processors that execute nothing.
func runnerLWP(k *Kernel, a *cpu.Arch, vm *mem.Space) *LWP {
	p := &Proc{K: k, Arch: a, VM: vm}
	l := newLWP(p)
	sched.Lock()
	pool := l.poolFor()
	pool.free = append(pool.free, &engineSlot{eng: noEngine{arch: a}, pool: pool})
	sched.Unlock()
	return l
}

// waitRunner waits until what LWPs of r do in other goroutines has come so far.
func waitRunner(r *runner, far func() bool) {
	for {
		sched.Lock()
		ok := far()
		sched.Unlock()
		if ok {
			return
		}
		runtime.Gosched()
	}
}

// runnerKernel makes a kernel of four CPUs, a machine whose processors can run beside others, and a space.
func runnerKernel(t *testing.T, when Parallel) (*Kernel, *cpu.Arch, *mem.Space) {
	t.Helper()
	if !cpu.HostParallel {
		t.Skip("threads take turns on this host")
	}
	k := New()
	k.Config.NCPU, k.Config.Parallel = 4, when
	vm := mem.NewSpace(0x1000, 1<<40)
	t.Cleanup(vm.Unref)
	a := *cputest.AMD64
	a.Parallel = true
	return k, &a, vm
}

// TestRunner takes a group from one LWP to two that run at the same time, and back to turns.
func TestRunner(t *testing.T) {
	k, a, vm := runnerKernel(t, Always)
	l1, l2 := runnerLWP(k, a, vm), runnerLWP(k, a, vm)

	l1.acquireCPU(true)
	r := l1.runner
	if r.parallel || r.serial {
		t.Fatal("one LWP alone does not run as one that is alone")
	}
	done := make(chan bool)
	go func() {
		l2.acquireCPU(true)
		done <- true
	}()
	waitRunner(r, func() bool { return r.leaving == 1 })
	if !l1.preempt.Load() || l2.slot != nil {
		t.Fatal("the second began before the first gave way")
	}
	l1.releaseCPU()
	<-done
	l1.acquireCPU(false)
	if len(r.holders) != 2 || !r.parallel || r.leaving != 0 {
		t.Fatalf("two LWPs: %+v", r)
	}

	// One that cannot run beside others joins: it waits for all of them.
	b := *a
	b.Parallel = false
	l3 := runnerLWP(k, &b, vm)
	go func() {
		l3.acquireCPU(true)
		done <- true
	}()
	waitRunner(r, func() bool { return r.leaving == 2 })
	l1.releaseCPU()
	if len(r.holders) != 1 || l3.slot != nil {
		t.Fatalf("a third that must be alone: %+v", r)
	}
	l2.releaseCPU()
	<-done
	if !r.serial || r.open() {
		t.Fatalf("turns: %+v", r)
	}
	l3.releaseCPU()
}

// TestRunnerCrowded has two LWPs take turns until one that computes has waited long enough for the other, with a CPU idle.
func TestRunnerCrowded(t *testing.T) {
	k, a, vm := runnerKernel(t, WhenCrowded)
	l1, l2 := runnerLWP(k, a, vm), runnerLWP(k, a, vm)
	l1.acquireCPU(true)
	r := l1.runner
	done := make(chan bool)
	go func() {
		l2.acquireCPU(false)
		done <- true
	}()
	waitRunner(r, func() bool { return len(r.queue) == 1 || r.parallel })
	waitRunner(r, func() bool { return r.leaving == 1 })
	if !r.parallel || r.waited < crowded || l2.slot != nil {
		t.Fatalf("%+v", r)
	}
	l1.releaseCPU()
	<-done
	l1.acquireCPU(false)
	if len(r.holders) != 2 || r.leaving != 0 {
		t.Fatalf("two LWPs: %+v", r)
	}
	l1.releaseCPU()
	l2.releaseCPU()
}

// TestRunnerTurns has an LWP ask for turns, as one with restartable sequences does, while another runs beside it.
func TestRunnerTurns(t *testing.T) {
	k, a, vm := runnerKernel(t, Always)
	l1, l2 := runnerLWP(k, a, vm), runnerLWP(k, a, vm)
	sched.Lock()
	r := runnerOf(vm.Group)
	r.parallel = true
	sched.Unlock()
	l1.acquireCPU(true)
	l2.acquireCPU(true)
	if len(r.holders) != 2 {
		t.Fatalf("%+v", r)
	}
	done := make(chan bool)
	go func() {
		k.Lock()
		l1.takeTurns()
		k.Unlock()
		done <- true
	}()
	waitRunner(r, func() bool { return r.serial && len(r.holders) == 1 && r.leaving == 1 })
	if !l2.preempt.Load() {
		t.Fatal("the other was not asked to give way")
	}
	l2.releaseCPU()
	<-done
	if l1.slot == nil || len(r.holders) != 1 || r.open() {
		t.Fatalf("%+v", r)
	}
	l1.releaseCPU()
}

// TestHurry: who is hurried gets the next processor, before all that waited longer, and once only.
func TestHurry(t *testing.T) {
	k := New()
	k.Config.NCPU = 1
	var lwps []*LWP
	for range 6 {
		vm := mem.NewSpace(0x1000, 1<<40)
		defer vm.Unref()
		lwps = append(lwps, runnerLWP(k, cputest.AMD64, vm))
	}
	holder, last := lwps[0], lwps[5]
	last.Proc.LWPs = []*LWP{last}
	holder.acquireCPU(true)
	got := make(chan *LWP)
	for i, l := range lwps[1:] {
		go func() {
			l.acquireCPU(false)
			got <- l
		}()
		for sched.waiting.Load() != int32(i)+1 {
			runtime.Gosched()
		}
	}
	last.Proc.Hurry()
	holder.releaseCPU()
	if l := <-got; l != last {
		t.Fatal("another was first")
	}
	if last.rank != 0 || last.hurried {
		t.Errorf("rank %d afterwards", last.rank)
	}
	go func() {
		last.yield()
		got <- last
	}()
	for _, want := range lwps[1:5] {
		l := <-got
		if l != want {
			t.Error("not in turn")
		}
		l.releaseCPU()
	}
	<-got
	last.releaseCPU()
}

// TestManyWait: who comes to wait behind hundreds, and who then gets a processor, does not have all of them looked at.
func TestManyWait(t *testing.T) {
	const many = 300
	k := New()
	k.Config.NCPU = 1
	var lwps []*LWP
	for range many {
		vm := mem.NewSpace(0x1000, 1<<40)
		defer vm.Unref()
		lwps = append(lwps, runnerLWP(k, cputest.AMD64, vm))
	}
	lwps[0].acquireCPU(true)
	sched.Lock()
	sched.looks = 0
	sched.Unlock()
	got := make(chan *LWP)
	for i, l := range lwps[1:] {
		go func() {
			l.acquireCPU(false)
			got <- l
		}()
		for sched.waiting.Load() != int32(i)+1 {
			runtime.Gosched()
		}
	}
	lwps[0].releaseCPU()
	for _, want := range lwps[1:] {
		l := <-got
		if l != want {
			t.Fatal("not in turn")
		}
		l.releaseCPU()
	}
	sched.Lock()
	defer sched.Unlock()
	if sched.looks > 4*many || len(sched.wanting) != 0 {
		t.Errorf("%d groups were looked at for %d turns; %d machines want processors at the end", sched.looks, many, len(sched.wanting))
	}
}
