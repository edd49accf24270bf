package i386

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/arch/x86"
	"nbemu/kern"
	"nbemu/mem"
)

// Local descriptor tables of i386 programs (x86_get_ldt and x86_set_ldt in sys/arch/x86/x86/sys_machdep.c, as with
// options USER_LDT, which i386's GENERIC has; on amd64 there are none).

// ldtArgs is struct i386_get_ldt_args and struct i386_set_ldt_args.
type ldtArgs struct {
	Start int32
	Desc  abi.Ptr
	Num   int32
}

// Types of descriptors (sys/arch/i386/include/segments.h). Those from sdtMemRO on are memory, from sdtMemE on code,
// from sdtMemEC on conforming code.
const (
	sdtSysNull   = 0
	sdtSysLDT    = 2
	sdtSys286CGT = 4
	sdtSys386CGT = 12
	sdtMemRO     = 16
	sdtMemEC     = 28

	selUPL = 3
)

type descriptor uint64

func (d descriptor) kind() int     { return int(d >> 40 & 31) }
func (d descriptor) dpl() int      { return int(d >> 45 & 3) }
func (d descriptor) present() bool { return d&descPresent != 0 }

const descPresent descriptor = 1 << 47

// kernelGate stands for a call gate into the kernel in the table that the processor has. No program can store it, and
// calls through it fault: see trapsig.
const kernelGate = descPresent | selUPL<<45 | sdtSysLDT<<40

// ldtGate is what a program reads there: a gate to the kernel's code segment for one word of arguments.
const ldtGate = descPresent | selUPL<<45 | sdtSys386CGT<<40 | 1<<32 | 1<<3<<16 | 0xc000<<48

// ldtDefault is the table of programs that have set none.
var ldtDefault = [17]uint64{
	lsys5calls >> 3:  uint64(kernelGate),
	2:                0x00cffb000000ffff, // LUCODE_SEL
	3:                0x00cff3000000ffff, // LUDATA_SEL
	lsol26calls >> 3: uint64(kernelGate),
	5:                0x00cffb000000ffff, // LUCODEBIG_SEL
	lbsdicalls >> 3:  uint64(kernelGate),
}

// gdtUser are the entries of the global table that are programs'.
var gdtUser = map[int]bool{3: true, 4: true, 20: true, 21: true, 22: true}

func getLDT(l *kern.LWP, parms uint64) (kern.Retval, abi.Errno) {
	var ua ldtArgs
	if err := l.CopyinStruct(parms, &ua); err != abi.OK {
		return kern.Retval{}, err
	}
	if !ua.ok() {
		return kern.Retval{}, abi.EINVAL
	}
	own := l.Proc.VM.LDTLen()
	n := own
	if own == 0 {
		n = len(ldtDefault)
	}
	if int(ua.Start) > n {
		return kern.Retval{}, abi.EINVAL
	}
	d := make([]uint64, min(int(ua.Num), n-int(ua.Start)))
	if own == 0 {
		copy(d, ldtDefault[ua.Start:])
	} else {
		l.Proc.VM.LDT(d, int(ua.Start))
	}
	b := make([]byte, 8*len(d))
	for i, v := range d {
		if descriptor(v) == kernelGate {
			v = uint64(ldtGate)
		}
		binary.LittleEndian.PutUint64(b[8*i:], v)
	}
	return kern.Retval{R0: uint64(len(d))}, l.Copyout(b, uint64(ua.Desc))
}

func setLDT(l *kern.LWP, parms uint64) (kern.Retval, abi.Errno) {
	var ua ldtArgs
	if err := l.CopyinStruct(parms, &ua); err != abi.OK {
		return kern.Retval{}, err
	}
	if ua.Num < 0 || ua.Num > mem.LDTMax {
		return kern.Retval{}, abi.EINVAL
	}
	b := make([]byte, 8*int(ua.Num))
	if err := l.Copyin(b, uint64(ua.Desc)); err != abi.OK {
		return kern.Retval{}, err
	}
	if !ua.ok() {
		return kern.Retval{}, abi.EINVAL
	}
	d := make([]uint64, ua.Num)
	for i := range d {
		x := descriptor(binary.LittleEndian.Uint64(b[8*i:]))
		if x.kind() == sdtSysNull {
			x &^= descPresent
		}
		if !x.allowed() {
			return kern.Retval{}, abi.EACCES
		}
		d[i] = uint64(x)
	}
	vm := l.Proc.VM
	if vm.LDTLen() == 0 {
		if err := vm.SetLDT(ldtDefault[:], 0); err != abi.OK {
			return kern.Retval{}, err
		}
	}
	return kern.Retval{R0: uint64(ua.Start)}, vm.SetLDT(d, int(ua.Start))
}

func (a *ldtArgs) ok() bool {
	return a.Start >= 0 && a.Num >= 0 && a.Start <= mem.LDTMax && a.Num <= mem.LDTMax && a.Start+a.Num <= mem.LDTMax
}

// allowed reports whether a program may have the descriptor: what is present must be its own level's, gates may lead to
// its own segments only, conforming code must be present, and of what is not memory or a gate nothing may be.
func (d descriptor) allowed() bool {
	switch k := d.kind(); {
	case k == sdtSysNull:
	case k == sdtSys286CGT || k == sdtSys386CGT:
		sel := int(d >> 16 & 0xffff)
		if d.present() && sel&4 == 0 && !gdtUser[sel>>3] {
			return false
		}
	case k >= sdtMemEC:
		if !d.present() {
			return false
		}
	case k < sdtMemRO && d.present():
		return false
	}
	return !d.present() || d.dpl() == selUPL
}

// ldtGateAt reports whether a far call through the selector enters the kernel.
func ldtGateAt(vm *mem.Space, sel int) bool {
	i, d := sel>>3, ldtDefault[:]
	if n := vm.LDTLen(); n != 0 && i < n {
		d, i = make([]uint64, 1), 0
		vm.LDT(d, sel>>3)
	}
	return sel&4 != 0 && i < len(d) && descriptor(d[i]) == kernelGate
}

// sysarch does what only i386 has, and leaves the rest to x86.
func sysarch(l *kern.LWP, op int32, parms uint64) (kern.Retval, abi.Errno) {
	if l.Proc.Arch == ArchAMD64 {
		return sysarchAMD64(l, op, parms)
	}
	switch op {
	case x86.SysarchGetLDT:
		return getLDT(l, parms)
	case x86.SysarchSetLDT:
		return setLDT(l, parms)
	}
	return x86.Sysarch(l, op, parms)
}
