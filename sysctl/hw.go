package sysctl

import (
	"math"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// clampInt is how NetBSD shows a size in an int: all ones if it does not fit.
func clampInt(n uint64) int32 {
	if n > math.MaxUint32 {
		return -1
	}
	return int32(n)
}

func sysctlHW(k *kern.Kernel) []*Node {
	physmem := func(l *kern.LWP) uint64 { return kern.PhysMem() }
	ncpuInt := func(*kern.LWP) int32 { return int32(k.NCPU()) }
	return []*Node{
		String(abi.HW_MACHINE, "machine", "Class of the machine", func(l *kern.LWP) string { return l.Proc.Arch.Machine }),
		String(abi.HW_MODEL, "model", "Model of the machine", CPUModel),
		Int(abi.HW_NCPU, "ncpu", "CPUs configured", ncpuInt),
		Int(abi.HW_NCPUONLINE, "ncpuonline", "CPUs in use", ncpuInt),
		Int(abi.HW_BYTEORDER, "byteorder", "Byte order: 1234 or 4321", func(l *kern.LWP) int32 {
			if l.Model().BigEndian {
				return 4321
			}
			return 1234
		}).with(abi.CTLFLAG_IMMEDIATE),
		Int(abi.HW_PHYSMEM, "physmem", "Bytes of memory", func(l *kern.LWP) int32 { return clampInt(physmem(l)) }).with(abi.CTLFLAG_IMMEDIATE),
		Int(abi.HW_USERMEM, "usermem", "Bytes of memory for programs", func(l *kern.LWP) int32 { return clampInt(physmem(l)) }),
		Int(abi.HW_PAGESIZE, "pagesize", "Bytes of a page", func(l *kern.LWP) int32 { return int32(l.Proc.Native().PageSize) }).with(abi.CTLFLAG_IMMEDIATE),
		Text(abi.HW_DISKNAMES, "disknames", "Disks", ""),
		Text(abi.HW_IOSTATNAMES, "iostatnames", "Devices with I/O statistics", ""),
		StructFunc(abi.HW_IOSTATS, "iostats", "I/O statistics", hwIostats),
		String(abi.HW_MACHINE_ARCH, "machine_arch", "Processor of the machine", func(l *kern.LWP) string { return l.Proc.Arch.MachineArch }),
		Int(abi.HW_ALIGNBYTES, "alignbytes", "Alignment of all types, less one",
			func(l *kern.LWP) int32 { return int32(l.Proc.Arch.Align) - 1 }).with(abi.CTLFLAG_IMMEDIATE),
		Text(abi.HW_CNMAGIC, "cnmagic", "Keys that call the debugger", "+++++").with(abi.CTLFLAG_HEX),
		Quad(abi.HW_PHYSMEM64, "physmem64", "Bytes of memory", physmem).with(abi.CTLFLAG_IMMEDIATE),
		Quad(abi.HW_USERMEM64, "usermem64", "Bytes of memory for programs", physmem),
	}
}

// hwIostats is an empty array: there are no disks. The size of an element follows the name.
func hwIostats(r *Req) abi.Errno {
	if r.isQuery() {
		return r.Query()
	}
	if len(r.Name) > 1 {
		return abi.EINVAL
	}
	r.OldLen = 0
	return abi.OK
}

// VM_GUARD_SIZE and VM_THREAD_GUARD_SIZE.
const (
	vmGuardSize       = 17
	vmThreadGuardSize = 18
)

// guardSize makes n a node of kernels with guarded stacks: NetBSD 8 and later.
func guardSize(n *Node) *Node {
	n.Flags |= abi.CTLFLAG_UNSIGNED
	n.Only = func(l *kern.LWP) bool { return l.K.Config.StackGuard != 0 }
	return n
}

func sysctlVM(k *kern.Kernel) []*Node {
	nodes := []*Node{
		Struct(abi.VM_METER, "vmmeter", "Memory in a few numbers", func(*kern.LWP) any { return vmMeter(k) }),
		Struct(abi.VM_LOADAVG, "loadavg", "Load averages", func(*kern.LWP) any {
			v := &abi.Loadavg{Scale: kern.FScale}
			for i, x := range kern.HostLoad() {
				v.Avg[i] = uint32(x * kern.FScale)
			}
			return v
		}).overlaid(),
		StructFunc(abi.VM_UVMEXP, "uvmexp", "Memory in the kernel's own structure", notAvail),
		StructFunc(abi.VM_UVMEXP2, "uvmexp2", "Memory in many numbers", vmUvmexp2),
		Const(abi.VM_MAXSLP, "maxslp", "Seconds of sleep before a process is swapped out", 20),
		Const(abi.VM_USPACE, "uspace", "Bytes of a kernel stack", 16384),
		guardSize(Int(vmGuardSize, "guard_size", "Bytes below the largest stack that nothing is mapped in",
			func(l *kern.LWP) int32 { return int32(l.K.Config.StackGuard) })),
		guardSize(Var(vmThreadGuardSize, "thread_guard_size", "Bytes below the stacks of other threads, for the threads library", &k.ThreadGuard, 0, math.MaxInt32)),
		Bool(Create, "idlezero", "Whether idle CPUs clear pages", false),
		Long(abi.VM_MINADDRESS, "minaddress", "Lowest address of programs", func(l *kern.LWP) uint64 { return l.Proc.Native().MinAddr }),
		Long(abi.VM_MAXADDRESS, "maxaddress", "Highest address of programs", func(l *kern.LWP) uint64 { return l.Proc.Native().UserMax }),
		StructFunc(abi.VM_PROC, "proc", "Memory of processes", vmProc),
		// There is no cache of blocks: the host has it.
		Quad(Create, "bufmem", "Bytes of memory in the buffer cache", func(*kern.LWP) uint64 { return 0 }),
		Quad(Create, "bufmem_lowater", "Bytes that the buffer cache keeps", func(*kern.LWP) uint64 { return 0 }),
		Quad(Create, "bufmem_hiwater", "Bytes that the buffer cache may have", func(*kern.LWP) uint64 { return kern.PhysMem() / 100 * 15 }),
		Int(Create, "user_va0_disable", "Whether page 0 cannot be mapped", func(*kern.LWP) int32 {
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
		{Create, "inactivepct", 33}, {Create, "bufcache", 15}} {
		nodes = append(nodes, Const(p.num, p.name, "Percentage of memory", p.pct))
	}
	return nodes
}

// pagesUsed estimates the pages in use: what processes have faulted in.
func pagesUsed(k *kern.Kernel) (n uint64) {
	for _, p := range k.AllProcs() {
		if p.VM != nil && !p.Zombie {
			n += p.VM.MinFlt.Load()
		}
	}
	return min(n, kern.PhysMem()/mem.PageSize)
}

func vmMeter(k *kern.Kernel) any {
	v := &abi.Vmtotal{}
	for _, p := range k.AllProcs() {
		for _, l := range p.LWPs {
			switch l.Stat() {
			case abi.LSRUN, abi.LSONPROC:
				v.Rq++
			case abi.LSSLEEP, abi.LSSTOP:
				v.Sl++
			}
		}
	}
	used := int32(pagesUsed(k))
	v.Vm, v.Avm, v.Rm, v.Arm = used, used, used, used
	v.Free = int32(kern.PhysMem()/mem.PageSize) - used
	return v
}

func vmUvmexp2(r *Req) abi.Errno {
	n, used := int64(kern.PhysMem()/mem.PageSize), int64(pagesUsed(r.L.K))
	v := &abi.UvmexpSysctl{Pagesize: mem.PageSize, Pagemask: mem.PageSize - 1, Pageshift: mem.PageShift,
		Npages: n, Free: n - used, Active: used, Anonpages: used, Ncolors: 1, Freemin: 256, Freetarg: 341, Wiredmax: n / 3}
	for _, p := range r.L.K.AllProcs() {
		if p.VM != nil {
			v.Faults += int64(p.VM.MinFlt.Load())
		}
		v.Swtch += p.Switches()
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
func vmProc(r *Req) abi.Errno {
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

func sysctlVFS() []*Node {
	return []*Node{
		NewNode(0, "generic", "All file systems",
			Const(1, "maxtypenum", "Highest number of an old file system type", 20),
			Const(3, "usermount", "Whether users can mount", 0),
			Const(4, "magiclinks", "Whether @ words in symbolic links are replaced", 0),
			Text(Create, "fstypes", "Types of file systems", "ffs ext2fs tmpfs null union fdesc kernfs procfs ptyfs")),
		StructFunc(Create, "namecache_stats", "Statistics of the cache of names", vfsNamecacheStats),
		NewNode(Create, "sync", "Delays before data are written, in seconds",
			Quad(Create, "delay", "Most of them", func(*kern.LWP) uint64 { return 30 }),
			Quad(Create, "filedelay", "Files", func(*kern.LWP) uint64 { return 30 }),
			Quad(Create, "dirdelay", "Directories", func(*kern.LWP) uint64 { return 15 }),
			Quad(Create, "metadelay", "Inodes", func(*kern.LWP) uint64 { return 10 })),
	}
}

// vfsNamecacheStats is struct nchstats. The host caches names; here there are no hits, and no misses. Into too little room
// nothing is written, which is no error (cache_stat_sysctl).
func vfsNamecacheStats(r *Req) abi.Errno {
	const size = 10 * 8
	if r.Old != 0 && r.OldLen < size {
		r.OldLen = 0
		return abi.OK
	}
	r.OldLen = size
	if r.Old == 0 {
		return abi.OK
	}
	return r.L.Copyout(make([]byte, size), r.Old)
}

func sysctlDDB() []*Node {
	return []*Node{
		Const(1, "radix", "Base of numbers", 16),
		Const(2, "maxoff", "Largest offset from a symbol", 0x10000000),
		Const(3, "maxwidth", "Columns of a line", 80),
		Const(4, "lines", "Lines of a page", 24),
		Const(5, "tabstops", "Columns of a tab", 8),
		Const(6, "onpanic", "Whether a panic enters the debugger", 0),
		Const(7, "fromconsole", "Whether the console can enter it", 0),
	}
}

func sysctlSecurity(k *kern.Kernel) []*Node {
	model := func(name, title string, more ...*Node) *Node {
		return NewNode(Create, name, "A security model", append(more, Text(Create, "name", "Its name", title))...)
	}
	anyInt := func(name, desc string, v *int32) *Node {
		return Var(Create, name, desc, v, math.MinInt32, math.MaxInt32)
	}
	// The same setting has three names, two of them of older releases.
	curtain := func() *Node { return anyInt("curtain", "Whether users see only their own processes", &k.Curtain) }
	return []*Node{
		curtain(),
		sysctlPax(k),
		NewNode(Create, "models", "Security models",
			model("suser", "Traditional NetBSD: Superuser"),
			model("securelevel", "Traditional NetBSD: Securelevel", Const(Create, "securelevel", "Security level", -1)),
			model("bsd44", "Traditional NetBSD: 4.4BSD", curtain()),
			model("extensions", "Traditional NetBSD: Extensions", curtain(),
				Const(Create, "usermount", "Whether users can mount", 0),
				anyInt("user_set_cpu_affinity", "Whether users can bind their processes to CPUs", &k.UserAffinity))),
	}
}

// CPUModel is hw.model.
func CPUModel(l *kern.LWP) string { return "nbemu " + l.Proc.Native().Name }
