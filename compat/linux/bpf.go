package linux

import "nbemu/abi"

// Classic BPF as seccomp's filters have it (net/core/filter.c: bpf_check_classic, kernel/seccomp.c: seccomp_check_filter).
// Loads are of words of struct seccomp_data, in the machine's byte order.

// bpfInsn is struct sock_filter.
type bpfInsn struct {
	Code   uint16
	Jt, Jf uint8
	K      uint32
}

// Parts of an instruction's code.
const (
	bpfLd, bpfLdx, bpfSt, bpfStx, bpfAlu, bpfJmp, bpfRet, bpfMisc = 0, 1, 2, 3, 4, 5, 6, 7

	bpfW                             = 0
	bpfImm, bpfAbs, bpfMem, bpfLen   = 0, 0x20, 0x60, 0x80
	bpfX                             = 8
	bpfA                             = 0x10 // of a return
	bpfAdd, bpfSub, bpfMul, bpfDiv   = 0, 0x10, 0x20, 0x30
	bpfOr, bpfAnd, bpfLsh, bpfRsh    = 0x40, 0x50, 0x60, 0x70
	bpfNeg, bpfXor                   = 0x80, 0xa0
	bpfJa, bpfJeq, bpfJgt, bpfJge    = 0, 0x10, 0x20, 0x30
	bpfJset                          = 0x40
	bpfTax, bpfTxa                   = 0, 0x80
	bpfMaxInsns                      = 4096
	bpfMemWords                      = 16
	seccompDataSize                  = 64
	seccompMaxPath, seccompFilterTax = 32768, 4
)

// bpfCheck says whether a program ends, stays within itself and its data, and has only what seccomp allows. Error: EINVAL.
func bpfCheck(prog []bpfInsn) abi.Errno {
	n := len(prog)
	if n == 0 || n > bpfMaxInsns {
		return abi.EINVAL
	}
	for pc, in := range prog {
		if !bpfKnown(in, uint32(n-pc-1)) {
			return abi.EINVAL
		}
	}
	if last := prog[n-1].Code; last != bpfRet && last != bpfRet|bpfA {
		return abi.EINVAL
	}
	return bpfCheckMemory(prog)
}

// bpfKnown reports whether an instruction is one of those that there are; left is how many follow it.
func bpfKnown(in bpfInsn, left uint32) bool {
	op := in.Code &^ 7
	switch in.Code & 7 {
	case bpfLd:
		switch op {
		case bpfImm, bpfLen:
			return true
		case bpfAbs:
			return in.K < seccompDataSize && in.K&3 == 0
		case bpfMem:
			return in.K < bpfMemWords
		}
	case bpfLdx:
		return op == bpfImm || op == bpfLen || op == bpfMem && in.K < bpfMemWords
	case bpfSt, bpfStx:
		return op == 0 && in.K < bpfMemWords
	case bpfAlu:
		switch op &^ bpfX {
		case bpfAdd, bpfSub, bpfMul, bpfAnd, bpfOr, bpfXor:
			return true
		case bpfDiv:
			return op&bpfX != 0 || in.K != 0
		case bpfLsh, bpfRsh:
			return op&bpfX != 0 || in.K < 32
		case bpfNeg:
			return op&bpfX == 0
		}
	case bpfJmp:
		switch op &^ bpfX {
		case bpfJa:
			return op&bpfX == 0 && in.K < left
		case bpfJeq, bpfJge, bpfJgt, bpfJset:
			return uint32(in.Jt) < left && uint32(in.Jf) < left
		}
	case bpfRet:
		return op == 0 || op == bpfA
	case bpfMisc:
		return op == bpfTax || op == bpfTxa
	}
	return false
}

// bpfCheckMemory says whether words of memory are stored before they are loaded, on each way (check_load_and_stores).
func bpfCheckMemory(prog []bpfInsn) abi.Errno {
	masks := make([]uint16, len(prog))
	for i := range masks {
		masks[i] = 1<<16 - 1
	}
	valid := uint16(0)
	for pc, in := range prog {
		valid &= masks[pc]
		switch in.Code {
		case bpfSt, bpfStx:
			valid |= 1 << in.K
		case bpfLd | bpfMem, bpfLdx | bpfMem:
			if valid&(1<<in.K) == 0 {
				return abi.EINVAL
			}
		case bpfJmp | bpfJa:
			masks[pc+1+int(in.K)] &= valid
			valid = 1<<16 - 1
		default:
			if in.Code&7 == bpfJmp {
				masks[pc+1+int(in.Jt)] &= valid
				masks[pc+1+int(in.Jf)] &= valid
				valid = 1<<16 - 1
			}
		}
	}
	return abi.OK
}

// bpfRun runs a program that bpfCheck has passed over data, 16 words. A division by zero ends it with 0.
func bpfRun(prog []bpfInsn, data *[seccompDataSize / 4]uint32) uint32 {
	var a, x uint32
	var mem [bpfMemWords]uint32
	for pc := 0; ; pc++ {
		in := prog[pc]
		switch in.Code & 7 {
		case bpfLd:
			a = bpfLoad(in, data, &mem)
		case bpfLdx:
			x = bpfLoad(in, data, &mem)
		case bpfSt:
			mem[in.K] = a
		case bpfStx:
			mem[in.K] = x
		case bpfAlu:
			v := in.K
			if in.Code&bpfX != 0 {
				v = x
			}
			if in.Code&^(7|bpfX) == bpfDiv && v == 0 {
				return 0
			}
			a = bpfCompute(in.Code&^(7|bpfX), a, v)
		case bpfJmp:
			pc += bpfJump(in, a, x)
		case bpfRet:
			if in.Code&bpfA != 0 {
				return a
			}
			return in.K
		case bpfMisc:
			if in.Code&^7 == bpfTax {
				x = a
			} else {
				a = x
			}
		}
	}
}

func bpfLoad(in bpfInsn, data *[seccompDataSize / 4]uint32, mem *[bpfMemWords]uint32) uint32 {
	switch in.Code &^ 7 {
	case bpfAbs:
		return data[in.K/4]
	case bpfMem:
		return mem[in.K]
	case bpfLen:
		return seccompDataSize
	}
	return in.K
}

func bpfCompute(op uint16, a, v uint32) uint32 {
	switch op {
	case bpfAdd:
		return a + v
	case bpfSub:
		return a - v
	case bpfMul:
		return a * v
	case bpfDiv:
		return a / v
	case bpfOr:
		return a | v
	case bpfAnd:
		return a & v
	case bpfLsh:
		return a << (v & 31)
	case bpfRsh:
		return a >> (v & 31)
	case bpfXor:
		return a ^ v
	}
	return -a
}

// bpfJump is how many instructions are left out.
func bpfJump(in bpfInsn, a, x uint32) int {
	v := in.K
	if in.Code&bpfX != 0 {
		v = x
	}
	yes := false
	switch in.Code &^ (7 | bpfX) {
	case bpfJa:
		return int(in.K)
	case bpfJeq:
		yes = a == v
	case bpfJgt:
		yes = a > v
	case bpfJge:
		yes = a >= v
	case bpfJset:
		yes = a&v != 0
	}
	if yes {
		return int(in.Jt)
	}
	return int(in.Jf)
}
