package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Bits of userDesc's flags that are not in i386.go.
const (
	desc32Bit    = 1 << 0
	descContents = 3 << 1 // 0 data, 1 data that grows down, 2 code, 3 code that conforms
	descPages    = 1 << 4
	descUseable  = 1 << 6
)

// sysModifyLdt is modify_ldt(func, ptr, bytecount) of i386: 0 reads the table of local descriptors, 2 the one that
// programs begin with, 1 and 0x11 write one descriptor; the old way, 1, has no conforming code and clears what has no base
// and no limit. Errors: EFAULT; EINVAL; ENOMEM; ENOSYS for another function, and on amd64, whose programs have no such
// table here.
func sysModifyLdt(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if machineOf(l).column != machI386.column {
		return ret(abi.ENOSYS)
	}
	const defaultSize = 5 * 8
	switch int32(a[0]) {
	case 0:
		return readLdt(l, a[1], min(a[2], 8*mem.LDTMax))
	case 2:
		n := min(a[2], defaultSize)
		if err := l.Copyout(make([]byte, n), a[1]); err != abi.OK {
			return ret(err)
		}
		return retInt(int64(n))
	case 1, 0x11:
		return ret(writeLdt(l, a[1], a[2], int32(a[0]) == 1))
	}
	return ret(abi.ENOSYS)
}

func readLdt(l *kern.LWP, va, n uint64) (kern.Retval, abi.Errno) {
	have := l.Proc.VM.LDTLen()
	if have == 0 {
		return retInt(0)
	}
	set := make([]uint64, have)
	l.Proc.VM.LDT(set, 0)
	b := make([]byte, max(n, 8*uint64(have)))
	for i, d := range set {
		l.Model().PutUint(b[8*i:], 8, d)
	}
	if err := l.Copyout(b[:n], va); err != abi.OK {
		return ret(err)
	}
	return retInt(int64(n))
}

func writeLdt(l *kern.LWP, va, n uint64, old bool) abi.Errno {
	var d userDesc
	if n != 16 {
		return abi.EINVAL
	}
	if err := l.CopyinStruct(va, &d); err != abi.OK {
		return err
	}
	if d.Entry >= mem.LDTMax || d.Flags&descContents == descContents && (old || d.Flags&descNotPresent == 0) {
		return abi.EINVAL
	}
	return l.Proc.VM.SetLDT([]uint64{d.descriptor(old)}, int(d.Entry))
}

// descriptor is the processor's form (fill_ldt); 0 for what is to be cleared.
func (d *userDesc) descriptor(old bool) uint64 {
	const all = desc32Bit | descContents | descReadExecOnly | descPages | descNotPresent | descUseable
	if d.Base == 0 && d.Limit == 0 && (old || d.Flags&all == descEmpty) {
		return 0
	}
	f := d.Flags
	bit := func(mask uint32) uint64 { return uint64(boolInt(f&mask != 0)) }
	kind := uint64(f&descContents>>1)<<2 | (1-bit(descReadExecOnly))<<1 | 1
	useable := bit(descUseable)
	if old {
		useable = 0
	}
	high := uint64(d.Base>>16&0xff) | kind<<8 | 1<<12 | 3<<13 | (1-bit(descNotPresent))<<15 | uint64(d.Limit&0xf0000) |
		useable<<20 | bit(desc32Bit)<<22 | bit(descPages)<<23 | uint64(d.Base&0xff000000)
	return high<<32 | uint64(d.Base&0xffff)<<16 | uint64(d.Limit&0xffff)
}
