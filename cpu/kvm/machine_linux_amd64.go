package kvm

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"nbemu/cpu"
	"nbemu/mem"
)

const (
	sysBase = mem.ArenaSize // where ring 0's memory begins, in guest memory
	sysSize = 128 << 20

	chunkShift = 30 // log2 of the bytes of a memory slot for the arena
	physBits   = 37 // what a processor's physical addresses need for all of that

	sysSlotNo = 0 // the arena's follow
)

// Machine is a virtual machine: the arena, ring 0's memory, and the processors that were made of it.
type Machine struct {
	kvm, vm  int
	runSize  int
	maxVCPUs int
	cpuid    *cpuid2 // what programs see
	host     *cpuid2 // what KVM has
	xcr0     uint64
	quirks   quirks
	xstate   cpu.XState
	exitCost time.Duration
	once32   sync.Once
	err32    error

	sys []byte // host's view of ring 0's memory

	// running is held for reading by whoever is in the guest, for writing while ring 0's memory is renewed: renewing
	// says that somebody waits for that, epoch how often it has been.
	running  sync.RWMutex
	renewing atomic.Int32
	epoch    atomic.Uint64

	covered [mem.ArenaSize >> chunkShift]atomic.Bool // of the arena, by slots

	making sync.Mutex // of a space's tables

	mu      sync.Mutex
	next    uint64 // the first page of ring 0's memory that was not handed out for tables since renew
	low     uint64 // processors' own pages lie from here to its end
	limit   uint64 // of the pages for tables; less than low only in tests
	vcpus   int
	engines []*engine // all that were made
	spare   *engine   // one that nobody has
}

// Options are what a Machine is to be like.
type Options struct {
	// Basic hides from programs what an emulated processor does not have either, so that they can go on on one.
	Basic bool
	// Device is what the function Device has returned; 0: Open opens it itself.
	Device int
}

// Device opens /dev/kvm for a later Open, which takes it over: one that comes when the process may open nothing more.
func Device() (fd int, err error) {
	if fd, err = unix.Open("/dev/kvm", unix.O_RDWR|unix.O_CLOEXEC, 0); err != nil {
		return -1, fmt.Errorf("/dev/kvm: %w", err)
	}
	if v, err := ioctl(fd, ioGetAPIVersion, 0); err != nil || v != apiVersion {
		unix.Close(fd)
		return -1, fmt.Errorf("/dev/kvm: version %d of its interface (%v), not %d", v, err, apiVersion)
	}
	return fd, nil
}

// Open makes a virtual machine. The error says in one line what is missing.
func Open(o Options) (*Machine, error) {
	fd := o.Device
	if fd == 0 {
		var err error
		if fd, err = Device(); err != nil {
			return nil, err
		}
	}
	m := &Machine{kvm: fd, vm: -1, next: offTables, low: sysSize, limit: sysSize}
	if err := m.open(o); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

func (m *Machine) open(o Options) error {
	var err error
	for _, c := range []struct {
		n    uintptr
		name string
		min  int
	}{{capImmediateExit, "KVM_CAP_IMMEDIATE_EXIT", 1}, {capSyncRegs, "KVM_CAP_SYNC_REGS", 3}, {capXSave, "KVM_CAP_XSAVE", 1}, {capXCRs, "KVM_CAP_XCRS", 1}} {
		if v, _ := ioctl(m.kvm, ioCheckExtension, c.n); v&c.min != c.min {
			return fmt.Errorf("/dev/kvm has no %s: the kernel is too old", c.name)
		}
	}
	if m.runSize, err = ioctl(m.kvm, ioGetVCPUMmapSize, 0); err != nil {
		return err
	}
	m.maxVCPUs, _ = ioctl(m.kvm, ioCheckExtension, capMaxVCPUs)
	if m.host, err = supportedCPUID(m.kvm); err != nil {
		return err
	}
	c := *m.host
	m.cpuid = &c
	if n := m.cpuid.physBits(); n < physBits {
		return fmt.Errorf("the processor's physical addresses have %d bits, %d are needed", n, physBits)
	}
	m.xcr0 = m.cpuid.filter(o.Basic)
	if m.vm, err = ioctl(m.kvm, ioCreateVM, 0); err != nil {
		return fmt.Errorf("KVM_CREATE_VM: %w", err)
	}
	p, err := unix.MmapPtr(-1, 0, nil, sysSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return err
	}
	m.sys = unsafe.Slice((*byte)(p), sysSize)
	fillShared(m.sys, sysBase)
	if err := m.setSlot(sysSlotNo, sysBase, sysSize, uintptr(p)); err != nil {
		return err
	}
	return m.probe()
}

// Close gives the machine back. No engine of it is in use.
func (m *Machine) Close() {
	for _, e := range m.engines {
		e.dropVCPU()
	}
	for _, fd := range []int{m.vm, m.kvm} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
	if m.sys != nil {
		_ = unix.MunmapPtr(unsafe.Pointer(&m.sys[0]), sysSize)
		m.sys = nil
	}
}

func (m *Machine) setSlot(slot uint32, gpa, size uint64, host uintptr) error {
	r := memoryRegion{slot: slot, gpa: gpa, size: size, hostAddr: uint64(host)}
	if err := ioctlp(m.vm, ioSetUserMemoryRegion, &r); err != nil {
		return fmt.Errorf("KVM_SET_USER_MEMORY_REGION: %w", err)
	}
	return nil
}

// cover makes the part of the arena around pa the guest's. Hosts keep records of a memory slot for each of its pages,
// which is why there is not one for all of it.
func (m *Machine) cover(pa uint64) error {
	i := pa >> chunkShift
	if m.covered[i].Load() {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.covered[i].Load() {
		return nil
	}
	base, _, _ := mem.Arena()
	gpa := i << chunkShift
	if err := m.setSlot(uint32(i)+1, gpa, 1<<chunkShift, base+uintptr(gpa)); err != nil {
		return err
	}
	m.covered[i].Store(true)
	return nil
}

// errTables: ring 0's memory is used up by tables that are in use.
var errTables = errors.New("no memory for page tables is left")

// page takes a page of ring 0's memory that has not been a page table since renew, and returns its offset.
func (m *Machine) page() (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.next+mem.PageSize > min(m.low, m.limit) {
		return 0, errTables
	}
	p := m.next
	m.next += mem.PageSize
	return p, nil
}

// cpuPage takes pages for a processor, which it keeps.
func (m *Machine) cpuPage() (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	const n = cpuPages << mem.PageShift
	if m.low < m.next+n {
		return 0, errTables
	}
	m.low -= n
	return m.low, nil
}

// renew makes all pages that ever were page tables usable again, when none are left: KVM is told to forget ring 0's
// memory and given it anew, and every space begins with empty tables. Nobody is in the guest meanwhile.
func (m *Machine) renew(seen uint64) error {
	m.renewing.Add(1)
	defer m.renewing.Add(-1)
	m.mu.Lock()
	for _, e := range m.engines {
		e.kick()
	}
	m.mu.Unlock()
	m.running.Lock()
	defer m.running.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.epoch.Load() != seen {
		return nil // somebody else was first
	}
	host := uintptr(unsafe.Pointer(&m.sys[0]))
	if err := m.setSlot(sysSlotNo, sysBase, 0, host); err != nil {
		return err
	}
	if err := unix.Madvise(m.sys[offTables:m.next], unix.MADV_DONTNEED); err != nil {
		return err
	}
	m.next = offTables
	m.epoch.Add(1)
	return m.setSlot(sysSlotNo, sysBase, sysSize, host)
}

// New makes a processor for programs of a.
func (m *Machine) New(a *cpu.Arch) (cpu.Engine, error) {
	if err := m.Runs(a); err != nil {
		return nil, err
	}
	m.mu.Lock()
	e := m.spare
	if e != nil && !bits32(a) {
		m.spare = nil
		e.arch = a
		m.mu.Unlock()
		return e, nil
	}
	m.mu.Unlock()
	e = newEngine(m, a)
	if err := e.newVCPU(); err != nil {
		return nil, err
	}
	return e, nil
}

// Runs reports, with nil, that programs of a run here, or else why not.
func (m *Machine) Runs(a *cpu.Arch) error {
	switch {
	case a.Target != cpu.TargetX86:
	case bits32(a):
		return m.run32()
	default:
		return nil
	}
	return fmt.Errorf("KVM of an amd64 host runs amd64 and i386 programs, not %s", a.Name)
}
