package kern

import (
	"nbemu/abi"
	"nbemu/mem"
)

// lwpctl blocks: one page per process, an entry per LWP {curcpu, pctr} (kern_lwp.c, lwp_ctl_alloc).

const lwpctlSize = 8

// LwpCtlAlloc gives the LWP its entry in the shared page and returns its address. Error: ENOMEM.
func (l *LWP) LwpCtlAlloc() (uint64, abi.Errno) {
	p := l.Proc
	if l.LwpctlVA != 0 {
		return l.LwpctlVA, abi.OK
	}
	c := &p.lwpctl
	if len(c.free) == 0 {
		va, err := p.VM.Map(mem.MapArgs{Addr: p.VM.Max - p.Arch.MaxStack, Len: p.Arch.PageSize, Prot: mem.ProtRead | mem.ProtWrite, TopDown: true, Name: "lwpctl"})
		if err != abi.OK {
			return 0, err
		}
		for off := p.Arch.PageSize; off > 0; off -= lwpctlSize {
			c.free = append(c.free, va+off-lwpctlSize)
		}
	}
	va := c.free[len(c.free)-1]
	c.free = c.free[:len(c.free)-1]
	l.LwpctlVA = va
	l.pctr = 0
	return va, l.CopyoutStruct(va, &abi.LwpCtl{})
}

// lwpctlSwitch tells the program that the LWP now has a processor or has given it away (mi_switch,
// lwp_startup): the threads library spins on a lock only while its owner runs, and the counter shows restarts.
func (l *LWP) lwpctlSwitch(running bool) {
	c := abi.LwpCtl{Curcpu: abi.LWPCTL_CPU_NONE, Pctr: l.pctr}
	if running {
		l.pctr++
		c = abi.LwpCtl{Curcpu: l.cpu, Pctr: l.pctr}
	}
	_ = l.CopyoutStruct(l.LwpctlVA, &c)
}

type lwpctl struct{ free []uint64 }

func lwpctlExit(l *LWP) {
	if l.LwpctlVA != 0 {
		_ = l.CopyoutInt32(l.LwpctlVA, abi.LWPCTL_CPU_EXITED)
		l.Proc.lwpctl.free = append(l.Proc.lwpctl.free, l.LwpctlVA)
		l.LwpctlVA = 0
	}
}

// LwpCtlExec forgets the page, which is gone with the address space.
func (l *LWP) LwpCtlExec() {
	l.LwpctlVA = 0
	l.Proc.lwpctl = lwpctl{}
}
