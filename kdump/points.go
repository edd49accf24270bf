package kdump

import (
	"fmt"

	"nbemu/abi"
)

// pointLetters are the letters of ktrace's and kdump's -t.
var pointLetters = map[rune]uint32{
	'A': All,
	'a': abi.KTRFAC_EXEC_ARG,
	'c': abi.KTRFAC_SYSCALL | abi.KTRFAC_SYSRET,
	'e': abi.KTRFAC_EMUL,
	'f': abi.KTRFAC_EXEC_FD,
	'i': abi.KTRFAC_GENIO,
	'l': abi.KTRFAC_MIB,
	'n': abi.KTRFAC_NAMEI,
	's': abi.KTRFAC_PSIG,
	'S': 1 << abi.KTR_SAUPCALL,
	'u': abi.KTRFAC_USER,
	'v': abi.KTRFAC_EXEC_ENV,
	'w': abi.KTRFAC_CSW,
}

const (
	// All are all trace points.
	All = abi.KTRFAC_SYSCALL | abi.KTRFAC_SYSRET | abi.KTRFAC_NAMEI | abi.KTRFAC_GENIO | abi.KTRFAC_PSIG |
		abi.KTRFAC_CSW | abi.KTRFAC_EMUL | abi.KTRFAC_USER | abi.KTRFAC_EXEC_ARG | abi.KTRFAC_EXEC_ENV |
		1<<abi.KTR_SAUPCALL | abi.KTRFAC_MIB | abi.KTRFAC_EXEC_FD
	// Default are those that "+" stands for.
	Default = abi.KTRFAC_SYSCALL | abi.KTRFAC_SYSRET | abi.KTRFAC_NAMEI | abi.KTRFAC_GENIO | abi.KTRFAC_PSIG |
		abi.KTRFAC_EMUL | abi.KTRFAC_USER | abi.KTRFAC_EXEC_ARG | abi.KTRFAC_EXEC_ENV | abi.KTRFAC_EXEC_FD
)

// Points reads what -t takes: letters, of which those after a "-" are taken away. Error: for people.
func Points(s string) (uint32, error) {
	points, add := uint32(0), true
	if len(s) > 0 && s[0] == '-' {
		points = Default
	}
	for _, c := range s {
		fac := pointLetters[c]
		switch {
		case c == '-':
			add = false
			continue
		case c == '+' && !add:
			add = true
			continue
		case c == '+':
			fac = Default
		case fac == 0:
			return 0, fmt.Errorf("unknown trace point %c in %s", c, s)
		}
		if add {
			points |= fac
		} else {
			points &^= fac
		}
	}
	return points, nil
}
