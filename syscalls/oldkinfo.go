package syscalls

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/sysctl"
)

// getkerninfo(2), sysctl's predecessor (compat/common/kern_info_43.c).

// What getkerninfo can be asked for, in bits 8 to 15 of its first argument (KINFO_).
const (
	kinfoProc      = 0
	kinfoRt        = 1
	kinfoVnode     = 2
	kinfoFile      = 3
	kinfoMeter     = 4
	kinfoLoadavg   = 5
	kinfoClockrate = 6
	kinfoBSDI      = 101
)

// kinfoName is the sysctl that answers a question; nil if none does.
func kinfoName(op, arg int32) []int32 {
	switch op >> 8 & 0xff {
	case kinfoProc:
		return []int32{abi.CTL_KERN, abi.KERN_PROC, op & 0xff, arg}
	case kinfoRt:
		return []int32{abi.CTL_NET, abi.AF_ROUTE, 0, op >> 16 & 0xff, op & 0xff, arg}
	case kinfoVnode:
		return []int32{abi.CTL_KERN, abi.KERN_VNODE}
	case kinfoFile:
		return []int32{abi.CTL_KERN, abi.KERN_FILE}
	case kinfoMeter:
		return []int32{abi.CTL_VM, abi.VM_METER}
	case kinfoLoadavg:
		return []int32{abi.CTL_VM, abi.VM_LOADAVG}
	case kinfoClockrate:
		return []int32{abi.CTL_KERN, abi.KERN_CLOCKRATE}
	}
	return nil
}

// sysCompat43Getkerninfo is getkerninfo(op, where, size *, arg). It returns the size of the answer, which *size, a
// size_t, is set to as well. Errors: EOPNOTSUPP for what there is no answer to, ENOMEM if it does not fit, EFAULT, those
// of sysctl.
func sysCompat43Getkerninfo(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	var room, size uint64
	var err abi.Errno
	if a[2] != 0 {
		if room, err = l.CopyinWord(a[2]); err != abi.OK {
			return retErr(err)
		}
	}
	op := int32(a[0])
	if op>>8&0xff == kinfoBSDI {
		size, err = bsdiSysinfo(l, a[1])
	} else {
		name := kinfoName(op, int32(a[3]))
		if name == nil {
			return retErr(abi.EOPNOTSUPP)
		}
		size, err = sysctl.Call(l, name, a[1], room, 0, 0)
		if err == abi.OK && a[1] != 0 && room < size {
			err = abi.ENOMEM
		}
	}
	if err == abi.OK && a[2] != 0 {
		err = l.CopyoutStruct(a[2], abi.ULong(size))
	}
	if err != abi.OK {
		return retErr(err)
	}
	return kern.Retval{R0: size}, abi.OK
}

// bsdiSI is struct bsdi_si, what BSDI's systems told of themselves; its strings follow it, and are given as offsets.
type bsdiSI struct {
	Machine, Model             abi.Ptr
	NCPU, CPUSpeed, HWFlags    abi.Long
	Physmem, Usermem, Pagesize abi.ULong
	Ostype, Osrelease          abi.Ptr
	OSRevision, Posix1Version  abi.Long
	Version                    abi.Ptr
	Hz, Profhz                 abi.Long
	NgroupsMax                 int32
	ArgMax, OpenMax, ChildMax  abi.Long
	Boottime                   abi.Timeval50
	Hostname                   abi.Ptr
}

// bsdiSysinfo stores a struct bsdi_si and returns its size with the strings; how much room there is it is not told.
func bsdiSysinfo(l *kern.LWP, va uint64) (uint64, abi.Errno) {
	m, k := l.Model(), l.K
	mem := abi.ULong(kern.PhysMem())
	si := bsdiSI{
		NCPU: abi.Long(k.NCPU()), CPUSpeed: 40, Physmem: mem, Usermem: mem, Pagesize: abi.ULong(l.Proc.Arch.PageSize),
		OSRevision: bsdiRevision, Posix1Version: sysctl.PosixVersion, Hz: kern.ClockHz, Profhz: kern.ClockHz,
		NgroupsMax: kern.NGroups, ArgMax: kern.ArgMax, OpenMax: bsdiOpenMax, ChildMax: bsdiChildMax,
		Boottime: timeval50(abi.TimevalAt(k.Boottime())),
	}
	b := m.Bytes(&si)
	for _, s := range []struct {
		at   *abi.Ptr
		text string
	}{{&si.Machine, l.Proc.Arch.Machine}, {&si.Model, sysctl.CPUModel(l)}, {&si.Ostype, "NetBSD"}, {&si.Osrelease, k.Release()},
		{&si.Version, k.OSVersion()}, {&si.Hostname, k.Hostname()}} {
		*s.at = abi.Ptr(len(b))
		b = append(append(b, s.text...), 0)
	}
	m.Marshal(b, &si)
	if va == 0 {
		return uint64(len(b)), abi.OK
	}
	return uint64(len(b)), l.Copyout(b, va)
}

// Constants of NetBSD's headers (sys/param.h, sys/syslimits.h).
const (
	bsdiRevision = 199905 // NetBSD
	bsdiOpenMax  = 128    // OPEN_MAX
	bsdiChildMax = 160    // CHILD_MAX
)
