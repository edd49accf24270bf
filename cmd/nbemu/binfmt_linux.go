package main

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// Of the auxiliary vector (linux/auxvec.h, linux/binfmts.h).
const (
	atExecFD        = 2
	atFlags         = 8
	atSecure        = 23
	flagsKeepArgv0  = 1 // AT_FLAGS_PRESERVE_ARGV0
	firstTellsArgv0 = 5<<8 | 12
)

// binfmtStart is how binfmt_misc has started nbemu: by a rule with flag O, which gives the program's descriptor.
type binfmtStart struct {
	program string   // its path, as execve(2) got it
	args    []string // with argv[0]
	fd      int      // the program, open
	secure  bool     // its rights are not those of who started it
}

// startedByBinfmt finds out whether binfmt_misc has started nbemu; nil if not. Its command line is then nbemu's name,
// the program's, with flag P argv[0], and the arguments.
func startedByBinfmt(argv []string, auxv [][2]uintptr) *binfmtStart {
	b := &binfmtStart{fd: -1}
	keep := false
	for _, a := range auxv {
		switch a[0] {
		case atExecFD:
			b.fd = int(a[1])
		case atFlags:
			keep = a[1]&flagsKeepArgv0 != 0
		case atSecure:
			b.secure = a[1] != 0
		}
	}
	if b.fd < 0 || len(argv) < 2 {
		return nil
	}
	b.program, b.args = argv[1], argv[1:]
	if keep && len(argv) > 2 {
		b.args = argv[2:]
	}
	return b
}

// hostStart is startedByBinfmt for this process.
func hostStart(argv []string) *binfmtStart {
	auxv, err := unix.Auxv()
	if err != nil {
		return nil
	}
	return startedByBinfmt(argv, auxv)
}

// tellsArgv0 reports whether the kernel says in AT_FLAGS that argv[0] was kept: since Linux 5.12.
func tellsArgv0() bool {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return false
	}
	var major, minor int
	for i, part := 0, &major; i < len(u.Release) && part != nil; i++ {
		switch c := u.Release[i]; {
		case c >= '0' && c <= '9':
			*part = *part*10 + int(c-'0')
		case c == '.' && part == &major:
			part = &minor
		default:
			part = nil
		}
	}
	return major<<8|minor >= firstTellsArgv0
}

// hostELF are the ELF machine numbers of programs that the host runs itself.
func hostELF() []uint16 {
	return map[string][]uint16{"amd64": {62, 3}, "arm64": {183, 40}}[runtime.GOARCH]
}
