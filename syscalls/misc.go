package syscalls

import (
	"nbemu/abi"
	"nbemu/arch"
	"nbemu/kern"
)

// Calls that are about the machine: randomness, identifiers, and what only an administrator of a real machine
// could do.

const (
	grndNonblock = 1
	grndRandom   = 2
	grndInsecure = 4
)

// sysNullop does nothing and succeeds (sys_nullop).
func sysNullop(*kern.LWP, *kern.Args) (kern.Retval, abi.Errno) { return kern.Retval{}, abi.OK }

// sysGetrandom is getrandom(buf, size, flags). The host's generator never blocks. Errors: EINVAL, EFAULT.
func sysGetrandom(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	flags := uint32(a[2])
	if flags&^(grndNonblock|grndRandom|grndInsecure) != 0 || flags&(grndRandom|grndInsecure) == grndRandom|grndInsecure || int64(a[1]) < 0 {
		return retErr(abi.EINVAL)
	}
	n := a[1]
	if flags&grndRandom != 0 {
		// The most that programs which ask for the best randomness are given at once.
		n = min(n, 512)
	}
	var buf [4096]byte
	for done := uint64(0); done < n; {
		b := buf[:min(n-done, uint64(len(buf)))]
		l.K.Random(b)
		if err := l.Copyout(b, a[0]+done); err != abi.OK {
			return retErr(err)
		}
		done += uint64(len(b))
	}
	return kern.Retval{R0: n}, abi.OK
}

// maxUUIDs is how many identifiers one call makes.
const maxUUIDs = 2048

// sysUuidgen is uuidgen(struct uuid *, n): random identifiers (version 4). Errors: EINVAL, EFAULT.
func sysUuidgen(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	n := int32(a[1])
	if n < 1 || n > maxUUIDs {
		return retErr(abi.EINVAL)
	}
	m := l.Model()
	out := make([]abi.UUID, n)
	for i := range out {
		var b [16]byte
		l.K.Random(b[:])
		b[8] = b[8]&0x3f | 0x80
		m.Unmarshal(b[:], &out[i])
		out[i].TimeHiAndVersion = out[i].TimeHiAndVersion&0x0fff | 0x4000
	}
	return retErr(l.CopyoutStruct(a[0], out))
}

// sysReboot is reboot(2), which not even the super-user of a guest may: the machine is the host's. Error: EPERM.
func sysReboot(*kern.LWP, *kern.Args) (kern.Retval, abi.Errno) { return retErr(abi.EPERM) }

func sysCompat12Reboot(*kern.LWP, *kern.Args) (kern.Retval, abi.Errno) { return retErr(abi.EPERM) }

// Operations of rasctl(2).
const (
	rasInstall  = 0
	rasPurge    = 1
	rasPurgeAll = 2
)

// sysRasctl is rasctl(addr, len, op): restartable sequences. Errors: EINVAL, EEXIST, ESRCH;
// EOPNOTSUPP on machines whose kernels have none (__HAVE_RAS).
func sysRasctl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if !arch.Of(l.Proc.Arch).Ras {
		return retErr(abi.EOPNOTSUPP)
	}
	switch int32(a[2]) {
	case rasInstall:
		return retErr(l.RasInstall(a[0], a[1]))
	case rasPurge:
		return retErr(l.RasPurge(a[0], a[1]))
	case rasPurgeAll:
		l.RasPurgeAll()
		return retErr(abi.OK)
	}
	return retErr(abi.EINVAL)
}

// sysProfil is profil(samples, size, offset, scale). Error: EINVAL.
func sysProfil(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	return retErr(l.Proc.Profil(a[0], a[1], a[2], uint32(a[3])))
}
