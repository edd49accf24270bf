package kvm

import (
	"fmt"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"

	"nbemu/cpu"
)

// vcpu is a processor of the virtual machine.
type vcpu struct {
	fd    int
	run   *runPage
	size  int
	off   uint64 // its own pages, in ring 0's memory
	addr  uint64 // where ring 0 sees them
	pages []byte // where we do
}

const (
	cr0Run      = 1<<0 | 1<<1 | 1<<4 | 1<<5 | 1<<16 | 1<<18 | 1<<31 // PE MP ET NE WP AM PG
	cr4Run      = 1<<3 | 1<<5 | 1<<9 | 1<<10                        // DE PAE OSFXSR OSXMMEXCPT
	cr4FSGSBase = 1 << 16
	cr4OSXSave  = 1 << 18
	eferRun     = 1<<0 | 1<<8 | 1<<10 | 1<<11 // SCE LME LMA NXE

	msrSysenterCS = 0x174
	msrSTAR       = 0xc0000081
	msrLSTAR      = 0xc0000082
	msrCSTAR      = 0xc0000083
	msrSFMask     = 0xc0000084

	// What a program may change of its flags, those that are always as they are, and all that a call clears.
	flagsUser   = 0x240dd5
	flagsFixed  = 0x202
	flagTF      = 1 << 8
	flagRF      = 1 << 16
	flagsSFMask = 0x257fd5

	tscGroup, tscOffset = 0, 0
)

// noOffset is between the host's cycle counter and programs'.
var noOffset uint64

// newVCPU gives e a processor in the state of ring 0 that Run expects.
func (e *engine) newVCPU() error {
	m := e.m
	m.mu.Lock()
	id := m.vcpus
	m.vcpus++
	m.mu.Unlock()
	fd, err := ioctl(m.vm, ioCreateVCPU, uintptr(id))
	if err != nil {
		return fmt.Errorf("KVM_CREATE_VCPU: %w", err)
	}
	v := &vcpu{fd: fd, size: m.runSize}
	e.v = v
	if err = v.create(m); err == nil {
		err = e.reset()
	}
	if err != nil {
		e.dropVCPU()
		return err
	}
	m.mu.Lock()
	m.engines = append(m.engines, e)
	m.mu.Unlock()
	return nil
}

func (v *vcpu) create(m *Machine) error {
	p, err := unix.MmapPtr(v.fd, 0, nil, uintptr(v.size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	v.run = (*runPage)(p)
	if v.off, err = m.cpuPage(); err != nil {
		return err
	}
	v.pages = m.sys[v.off:][:cpuPages<<12]
	v.addr = kernBase + v.off
	if err := ioctlp(v.fd, ioSetCPUID2, m.cpuid); err != nil {
		return fmt.Errorf("KVM_SET_CPUID2: %w", err)
	}
	return nil
}

// reset brings the processor into the state of ring 0 that Run expects, whatever has become of it.
func (e *engine) reset() error {
	e.cr3, e.epoch, e.tables, e.segsKnown, e.fsbase, e.gsbase = 0, ^uint64(0), nil, false, 0, 0
	e.inUser, e.debug = false, cpu.Debug{Past: 1}
	v := e.v
	clear(v.pages)
	fillCPU(v.pages, v.addr, e.segs)
	if err := v.setup(e.m, e.bits32); err != nil {
		return err
	}
	v.run.dirtyRegs = 0
	e.setWant()
	return nil
}

func (v *vcpu) setup(m *Machine, bits32 bool) error {
	s := &v.run.sregs
	if err := ioctlp(v.fd, ioGetSregs, s); err != nil {
		return err
	}
	s.cs, s.ss = kernCS(), kernSS()
	null := segmentOf(0, 0)
	s.ds, s.es, s.fs, s.gs = null, null, null, null
	s.ldt = segment{typ: 2, unusable: 1}
	if bits32 {
		s.ldt = segment{typ: 2, present: 1, base: v.addr + cpuGDT + ldtOff, limit: ldtLen*8 - 1}
	}
	s.tr = segment{selector: gdtTSS * 8, typ: 0xb, present: 1, base: v.addr + cpuTSS, limit: tssLen - 1}
	s.gdt = dtable{base: v.addr + cpuGDT, limit: gdtLen*8 - 1}
	s.idt = dtable{base: kernBase + offIDT, limit: 0xfff}
	s.cr0, s.cr3, s.cr4, s.efer = cr0Run, sysBase+offBoot, cr4Run, eferRun
	if m.xcr0 != 0 {
		s.cr4 |= cr4OSXSave
	}
	if m.quirks.fsgsbase {
		s.cr4 |= cr4FSGSBase
	}
	if err := ioctlp(v.fd, ioSetSregs, s); err != nil {
		return fmt.Errorf("KVM_SET_SREGS: %w", err)
	}
	if m.xcr0 != 0 {
		x := xcrs{n: 1}
		x.xcrs[0].value = m.xcr0
		if err := ioctlp(v.fd, ioSetXCRs, &x); err != nil {
			return fmt.Errorf("KVM_SET_XCRS: %w", err)
		}
	}
	if err := v.setMSRs(); err != nil {
		return err
	}
	if err := v.clearEvents(); err != nil {
		return err
	}
	// All processors count cycles as the host does. Where that cannot be set they are off by some, no more.
	_ = ioctlp(v.fd, ioSetDeviceAttr, &deviceAttr{group: tscGroup, attr: tscOffset, addr: uint64(uintptr(unsafe.Pointer(&noOffset)))})
	return nil
}

func (v *vcpu) setMSRs() error {
	var s msrs
	for _, x := range []msrEntry{
		{index: msrSTAR, data: selKernCode<<32 | (selUserData64-8)<<48},
		{index: msrLSTAR, data: kernBase + entSyscall},
		{index: msrCSTAR, data: kernBase + entSysc32},
		{index: msrSFMask, data: flagsSFMask},
		{index: msrSysenterCS, data: 0},
	} {
		s.entries[s.n] = x
		s.n++
	}
	n, err := ioctlpn(v.fd, ioSetMSRs, &s)
	if err == nil && n != int(s.n) {
		err = fmt.Errorf("MSR %#x is refused", s.entries[n].index)
	}
	if err != nil {
		return fmt.Errorf("KVM_SET_MSRS: %w", err)
	}
	return nil
}

// dropVCPU gives e's processor back.
func (e *engine) dropVCPU() {
	v := e.v
	if v == nil {
		return
	}
	e.v = nil
	if v.run != nil {
		_ = unix.MunmapPtr(unsafe.Pointer(v.run), uintptr(v.size))
	}
	unix.Close(v.fd)
}

// clearEvents forgets exceptions that were about to be delivered: the program is at the instruction that raises them.
func (v *vcpu) clearEvents() error {
	if err := ioctlp(v.fd, ioSetVCPUEvents, &vcpuEvents{}); err != nil {
		return fmt.Errorf("KVM_SET_VCPU_EVENTS: %w", err)
	}
	return nil
}

// Close is cpu.Engine's. KVM keeps a virtual processor until its machine is gone.
func (e *engine) Close() {
	e.detach()
	e.m.mu.Lock()
	e.m.engines = slices.DeleteFunc(e.m.engines, func(x *engine) bool { return x == e })
	e.m.mu.Unlock()
	e.dropVCPU()
}
