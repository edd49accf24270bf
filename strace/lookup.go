package strace

import "nbemu/abi"

// What kdump prints of numbers. Each returns "" for a number without a name.

func nameIn(tab []sym, v uint64) string {
	for i := range tab {
		if tab[i].v == v {
			return tab[i].s
		}
	}
	return ""
}

// LookupIoctl is a request of ioctl(2), LookupFcntl a command of fcntl(2), LookupPtrace a request of ptrace(2).
func LookupIoctl(v uint64) string  { return nameIn(ioctlNames, v) }
func LookupFcntl(v uint64) string  { return nameIn(fcntlNames, v) }
func LookupPtrace(v uint64) string { return nameIn(ptraceNames, v) }

// LookupSockLevel is a level of getsockopt(2), LookupSockopt an option at that level.
func LookupSockLevel(v uint64) string {
	if v == abi.SOL_SOCKET {
		return "SOL_SOCKET"
	}
	return nameIn(ipprotoNames, v)
}

// LookupSockopt is an option of getsockopt(2) at a level.
func LookupSockopt(level, v uint64) string {
	switch level {
	case abi.SOL_SOCKET:
		return nameIn(sockoptNames, v)
	case abi.IPPROTO_IP:
		return nameIn(ipoptNames, v)
	case abi.IPPROTO_TCP:
		return nameIn(tcpoptNames, v)
	}
	return ""
}

// LookupProt is a protection of mmap(2), in words.
func LookupProt(v uint64) string {
	c := &ctx{p: &Printer{}, m: abi.LP64LE}
	c.flags(v, protNames, "")
	return string(c.b)
}

// LookupSigCode is si_code of a signal.
func LookupSigCode(sig abi.Signal, code int32) string {
	return nameIn(sigCodes(sig, code), uint64(uint32(code)))
}
