package linux

import (
	"os"
	"strings"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Two calls from before /proc: sysfs tells of the kinds of file systems, ustat of a mounted one.

// fsTypes are the kinds that /proc/filesystems lists, which is the host's, or a few where it has none.
func fsTypes() (names []string) {
	b, err := os.ReadFile("/proc/filesystems")
	if err != nil {
		return []string{"proc", "tmpfs", "devpts", "ext4"}
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 0 {
			names = append(names, f[len(f)-1])
		}
	}
	return names
}

// sysSysfs is sysfs(option, …): 1 gives the number of a kind, 2 stores the name of a number, 3 counts them. Errors: EINVAL,
// EFAULT.
func sysSysfs(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	types := fsTypes()
	switch int32(a[0]) {
	case 1:
		name, err := l.CopyinStr(a[1], pathMax)
		if err != abi.OK {
			return ret(err)
		}
		for i, t := range types {
			if t == name {
				return retInt(int64(i))
			}
		}
	case 2:
		if i := uint32(a[1]); uint64(i) < uint64(len(types)) {
			return ret(l.Copyout(append([]byte(types[i]), 0), a[2]))
		}
	case 3:
		return retInt(int64(len(types)))
	}
	return ret(abi.EINVAL)
}

// ustat is struct ustat; the number of free blocks is a long on mips.
type ustat struct {
	Tfree  int32
	Tinode abi.ULong
	_      [12]byte // names, empty
}

type ustatWide struct {
	Tfree  abi.Long
	Tinode abi.ULong
	_      [12]byte
}

// sysUstat is ustat(dev, buf). Errors: EINVAL where nothing that is mounted has the number, EFAULT.
func sysUstat(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	for _, m := range vfs.Getvfsstat(l) {
		on, _, _ := strings.Cut(string(m.Mntonname[:]), "\x00")
		var st abi.Stat
		var sv abi.Statvfs
		if vfs.Stat(l, abi.AT_FDCWD, on, true, &st) != abi.OK || devOut(st.Dev) != uint64(uint32(a[0])) || vfs.Statvfs(l, on, &sv) != abi.OK {
			continue
		}
		if mips := strings.HasPrefix(machineOf(l).Arch.Name, "mips"); mips {
			return ret(l.CopyoutStruct(a[1], &ustatWide{Tfree: abi.Long(sv.Bfree), Tinode: abi.ULong(sv.Ffree)}))
		}
		return ret(l.CopyoutStruct(a[1], &ustat{Tfree: int32(sv.Bfree), Tinode: abi.ULong(sv.Ffree)}))
	}
	return ret(abi.EINVAL)
}
