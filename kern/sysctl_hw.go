package kern

import (
	"math"

	"nbemu/abi"
	"nbemu/mem"
)

// physMem is the machine's memory in bytes: the host's, as far as guests can have it.
func physMem() uint64 {
	if physMemory == 0 {
		physMemory = min(hostMemory(), mem.ArenaSize)
		if physMemory == 0 {
			physMemory = 1 << 30
		}
	}
	return min(physMemory, mem.Limit())
}

var physMemory uint64

// clampInt is how NetBSD shows a size in an int: all ones if it does not fit.
func clampInt(n uint64) int32 {
	if n > math.MaxUint32 {
		return -1
	}
	return int32(n)
}

func (k *Kernel) sysctlHW() []*SysctlNode {
	physmem := func(l *LWP) uint64 { return physMem() }
	ncpuInt := func(*LWP) int32 { return int32(k.ncpu()) }
	return []*SysctlNode{
		ctlString(abi.HW_MACHINE, "machine", "Class of the machine", func(l *LWP) string { return l.Proc.Arch.Machine }),
		ctlString(abi.HW_MODEL, "model", "Model of the machine", func(l *LWP) string { return "nbemu " + l.Proc.Arch.Name }),
		ctlInt(abi.HW_NCPU, "ncpu", "CPUs configured", ncpuInt),
		ctlInt(abi.HW_NCPUONLINE, "ncpuonline", "CPUs in use", ncpuInt),
		ctlInt(abi.HW_BYTEORDER, "byteorder", "Byte order: 1234 or 4321", func(l *LWP) int32 {
			if l.Model().BigEndian {
				return 4321
			}
			return 1234
		}).with(abi.CTLFLAG_IMMEDIATE),
		ctlInt(abi.HW_PHYSMEM, "physmem", "Bytes of memory", func(l *LWP) int32 { return clampInt(physmem(l)) }).with(abi.CTLFLAG_IMMEDIATE),
		ctlInt(abi.HW_USERMEM, "usermem", "Bytes of memory for programs", func(l *LWP) int32 { return clampInt(physmem(l)) }),
		ctlInt(abi.HW_PAGESIZE, "pagesize", "Bytes of a page", func(l *LWP) int32 { return int32(l.Proc.Arch.PageSize) }).with(abi.CTLFLAG_IMMEDIATE),
		ctlText(abi.HW_DISKNAMES, "disknames", "Disks", ""),
		ctlText(abi.HW_IOSTATNAMES, "iostatnames", "Devices with I/O statistics", ""),
		ctlStructFunc(abi.HW_IOSTATS, "iostats", "I/O statistics", hwIostats),
		ctlString(abi.HW_MACHINE_ARCH, "machine_arch", "Processor of the machine", func(l *LWP) string { return l.Proc.Arch.MachineArch }),
		ctlInt(abi.HW_ALIGNBYTES, "alignbytes", "Alignment of all types, less one",
			func(l *LWP) int32 { return int32(l.Proc.Arch.StackAlign) - 1 }).with(abi.CTLFLAG_IMMEDIATE),
		ctlText(abi.HW_CNMAGIC, "cnmagic", "Keys that call the debugger", "+++++").with(abi.CTLFLAG_HEX),
		ctlQuad(abi.HW_PHYSMEM64, "physmem64", "Bytes of memory", physmem).with(abi.CTLFLAG_IMMEDIATE),
		ctlQuad(abi.HW_USERMEM64, "usermem64", "Bytes of memory for programs", physmem),
	}
}

// hwIostats is an empty array: there are no disks. The size of an element follows the name.
func hwIostats(r *SysctlReq) abi.Errno {
	if r.isQuery() {
		return r.Query()
	}
	if len(r.Name) > 1 {
		return abi.EINVAL
	}
	r.OldLen = 0
	return abi.OK
}

func (k *Kernel) sysctlVM() []*SysctlNode {
	nodes := []*SysctlNode{
		ctlStruct(abi.VM_METER, "vmmeter", "Memory in a few numbers", k.vmMeter),
		ctlStruct(abi.VM_LOADAVG, "loadavg", "Load averages", func(*LWP) any {
			v := &abi.Loadavg{Scale: fscale}
			for i, x := range hostLoad() {
				v.Avg[i] = uint32(x * fscale)
			}
			return v
		}),
		ctlStructFunc(abi.VM_UVMEXP, "uvmexp", "Memory in the kernel's own structure", notAvail),
		ctlStructFunc(abi.VM_UVMEXP2, "uvmexp2", "Memory in many numbers", vmUvmexp2),
		ctlConst(abi.VM_MAXSLP, "maxslp", "Seconds of sleep before a process is swapped out", 20),
		ctlConst(abi.VM_USPACE, "uspace", "Bytes of a kernel stack", 16384),
		ctlBool(ctlCreate, "idlezero", "Whether idle CPUs clear pages", false),
		ctlLong(abi.VM_MINADDRESS, "minaddress", "Lowest address of programs", func(l *LWP) uint64 { return l.Proc.Arch.MinAddr }),
		ctlLong(abi.VM_MAXADDRESS, "maxaddress", "Highest address of programs", func(l *LWP) uint64 { return l.Proc.Arch.UserMax }),
		ctlStructFunc(abi.VM_PROC, "proc", "Memory of processes", vmProc),
		ctlInt(ctlCreate, "user_va0_disable", "Whether page 0 cannot be mapped", func(*LWP) int32 {
			if k.Config.Page0 {
				return 0
			}
			return 1
		}),
	}
	// Percentages that steer the page daemon, which there is none of.
	for _, p := range []struct {
		num  int32
		name string
		pct  int32
	}{{abi.VM_ANONMIN, "anonmin", 10}, {abi.VM_EXECMIN, "execmin", 5}, {abi.VM_FILEMIN, "filemin", 10},
		{abi.VM_ANONMAX, "anonmax", 80}, {abi.VM_EXECMAX, "execmax", 30}, {abi.VM_FILEMAX, "filemax", 50},
		{ctlCreate, "inactivepct", 33}, {ctlCreate, "bufcache", 15}} {
		nodes = append(nodes, ctlConst(p.num, p.name, "Percentage of memory", p.pct))
	}
	return nodes
}

// pagesUsed estimates the pages in use: what processes have faulted in.
func (k *Kernel) pagesUsed() (n uint64) {
	for _, p := range k.allproc {
		if p.VM != nil && !p.Zombie {
			n += p.VM.MinFlt.Load()
		}
	}
	return min(n, physMem()/mem.PageSize)
}

func (k *Kernel) vmMeter(*LWP) any {
	v := &abi.Vmtotal{}
	for _, p := range k.allproc {
		for _, l := range p.LWPs {
			switch l.stat() {
			case abi.LSRUN, abi.LSONPROC:
				v.Rq++
			case abi.LSSLEEP, abi.LSSTOP:
				v.Sl++
			}
		}
	}
	used := int32(k.pagesUsed())
	v.Vm, v.Avm, v.Rm, v.Arm = used, used, used, used
	v.Free = int32(physMem()/mem.PageSize) - used
	return v
}

func vmUvmexp2(r *SysctlReq) abi.Errno {
	n, used := int64(physMem()/mem.PageSize), int64(r.L.K.pagesUsed())
	v := &abi.UvmexpSysctl{Pagesize: mem.PageSize, Pagemask: mem.PageSize - 1, Pageshift: mem.PageShift,
		Npages: n, Free: n - used, Active: used, Anonpages: used, Ncolors: 1, Freemin: 256, Freetarg: 341, Wiredmax: n / 3}
	for _, p := range r.L.K.allproc {
		if p.VM != nil {
			v.Faults += int64(p.VM.MinFlt.Load())
		}
		v.Swtch += p.ru.Nvcsw + p.ru.Nivcsw
	}
	b := r.L.Model().Bytes(v)
	// Programs built for an older release know fewer members.
	if r.Old != 0 {
		b = b[:min(uint64(len(b)), r.OldLen)]
	}
	_, err := r.Lookup(b, false)
	return err
}

// vmProc is vm.proc.map.<pid>.<size of an element>: the map of a process's address space. Errors: EINVAL,
// ESRCH, E2BIG for too much room, ENOSPC for too little.
func vmProc(r *SysctlReq) abi.Errno {
	if r.isQuery() {
		return r.Query()
	}
	if len(r.Name) != 3 || r.Name[0] != abi.VM_PROC_MAP || r.Name[2] <= 0 {
		return abi.EINVAL
	}
	if r.Old != 0 && r.OldLen > 1<<20 {
		return abi.E2BIG
	}
	p, err := r.findProc(r.Name[1])
	if err != abi.OK {
		return err
	}
	if p.VM == nil || p.Zombie {
		return abi.EINVAL
	}
	w := r.array(uint64(r.Name[2]), math.MaxUint64)
	for _, e := range p.VM.Maps() {
		k := &abi.KinfoVmentry{Start: e.Start, End: e.End, Offset: e.Off, Type: abi.KVME_TYPE_UNKNOWN,
			Protection: uint32(e.Prot), MaxProtection: uint32(e.MaxProt), Inheritance: uint32(e.Inherit), Flags: abi.KVME_FLAG_GROWS_DOWN}
		switch {
		case e.Obj != nil && e.Name != "":
			k.Type = abi.KVME_TYPE_VNODE
			copy(k.Path[:len(k.Path)-1], e.Name)
		case e.Obj != nil:
			k.Type = abi.KVME_TYPE_ANON
		}
		if !e.Shared || e.Dup {
			k.Flags |= abi.KVME_FLAG_COW
		}
		if err = w.put(k); err != abi.OK {
			return err
		}
	}
	if err = w.end(0); err == abi.ENOMEM {
		r.OldLen = w.needed
		return abi.ENOSPC
	}
	return err
}

func sysctlVFS() []*SysctlNode {
	return []*SysctlNode{
		ctlNode(0, "generic", "All file systems",
			ctlConst(1, "maxtypenum", "Highest number of an old file system type", 20),
			ctlConst(3, "usermount", "Whether users can mount", 0),
			ctlConst(4, "magiclinks", "Whether @ words in symbolic links are replaced", 0),
			ctlText(ctlCreate, "fstypes", "Types of file systems", "ffs procfs ptyfs")),
		ctlNode(ctlCreate, "sync", "Delays before data are written, in seconds",
			ctlQuad(ctlCreate, "delay", "Most of them", func(*LWP) uint64 { return 30 }),
			ctlQuad(ctlCreate, "filedelay", "Files", func(*LWP) uint64 { return 30 }),
			ctlQuad(ctlCreate, "dirdelay", "Directories", func(*LWP) uint64 { return 15 }),
			ctlQuad(ctlCreate, "metadelay", "Inodes", func(*LWP) uint64 { return 10 })),
	}
}

func sysctlDDB() []*SysctlNode {
	return []*SysctlNode{
		ctlConst(1, "radix", "Base of numbers", 16),
		ctlConst(2, "maxoff", "Largest offset from a symbol", 0x10000000),
		ctlConst(3, "maxwidth", "Columns of a line", 80),
		ctlConst(4, "lines", "Lines of a page", 24),
		ctlConst(5, "tabstops", "Columns of a tab", 8),
		ctlConst(6, "onpanic", "Whether a panic enters the debugger", 0),
		ctlConst(7, "fromconsole", "Whether the console can enter it", 0),
	}
}

func (k *Kernel) sysctlSecurity() []*SysctlNode {
	model := func(name, title string, more ...*SysctlNode) *SysctlNode {
		return ctlNode(ctlCreate, name, "A security model", append(more, ctlText(ctlCreate, "name", "Its name", title))...)
	}
	return []*SysctlNode{
		ctlConst(ctlCreate, "curtain", "Whether users see only their own processes", 0),
		k.sysctlPax(),
		ctlNode(ctlCreate, "models", "Security models",
			model("suser", "Traditional NetBSD: Superuser"),
			model("securelevel", "Traditional NetBSD: Securelevel", ctlConst(ctlCreate, "securelevel", "Security level", -1)),
			model("bsd44", "Traditional NetBSD (derived from 4.4BSD)")),
	}
}
