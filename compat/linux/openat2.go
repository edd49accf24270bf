package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// openHowArg is struct open_how of the first version.
type openHowArg struct{ Flags, Mode, Resolve uint64 }

const openHowSize = 24

// resolveBits are the flags of openat2 for lookups; RESOLVE_CACHED asks for what is known without waiting.
var resolveBits = []struct {
	linux uint64
	how   vfs.Resolve
}{{1, vfs.ResolveNoXdev}, {2, vfs.ResolveNoMagicLinks}, {4, vfs.ResolveNoSymlinks}, {8, vfs.ResolveBeneath}, {16, vfs.ResolveInRoot}}

const (
	resolveAll    = 0x3f
	resolveCached = 0x20

	openAllFlags = oAccmode | oCreat | oExcl | oNoctty | oTrunc | oAppend | oNonblock | oDsync | oAsync | oDirect | oLargefile |
		oDirectory | oNofollow | oNoatime | oCloexec | oSync | oPath | oTmpfile
)

// sysOpenat2 is openat2(dirfd, path, how, size): openat that refuses flags that it does not know.
func sysOpenat2(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	size := a[3]
	switch {
	case size < openHowSize:
		return ret(abi.EINVAL)
	case size > mem4k:
		return ret(abi.E2BIG)
	}
	b := make([]byte, size)
	if err := l.Copyin(b, a[2]); err != abi.OK {
		return ret(err)
	}
	for _, x := range b[openHowSize:] {
		if x != 0 {
			return ret(abi.E2BIG)
		}
	}
	var h openHowArg
	l.Model().Unmarshal(b[:openHowSize], &h)
	flags := machineOf(l).openIn(int32(h.Flags))
	makes := flags&oCreat != 0 || flags&oTmpfile == oTmpfile
	const pathFlags = oDirectory | oNofollow | oPath | oCloexec
	switch {
	case h.Flags>>32 != 0, uint32(flags)&^openAllFlags != 0, h.Resolve&^resolveAll != 0, h.Resolve&(8|16) == 8|16,
		makes && h.Mode&^abi.ALLPERMS != 0, !makes && h.Mode != 0, flags&oPath != 0 && flags&^pathFlags != 0:
		return ret(abi.EINVAL)
	case h.Resolve&resolveCached != 0:
		return ret(abi.EAGAIN)
	}
	var how vfs.Resolve
	for _, r := range resolveBits {
		if h.Resolve&r.linux != 0 {
			how |= r.how
		}
	}
	return openHow(l, int32(a[0]), a[1], flags, uint32(h.Mode), how)
}
