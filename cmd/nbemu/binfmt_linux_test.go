package main

import (
	"slices"
	"testing"
)

// What the kernel hands over: AT_EXECFD says that it was binfmt_misc, AT_FLAGS that argv[0] comes third.
func TestStartedByBinfmt(t *testing.T) {
	argv := []string{"/usr/bin/nbemu", "./prog", "-prog", "x"}
	if b := startedByBinfmt(argv, [][2]uintptr{{atFlags, flagsKeepArgv0}}); b != nil {
		t.Errorf("without a descriptor: %+v", b)
	}
	b := startedByBinfmt(argv, [][2]uintptr{{atExecFD, 3}, {atFlags, flagsKeepArgv0}})
	if b == nil || b.program != "./prog" || !slices.Equal(b.args, []string{"-prog", "x"}) || b.fd != 3 || b.secure {
		t.Errorf("with flag P: %+v", b)
	}
	b = startedByBinfmt(argv, [][2]uintptr{{atExecFD, 0}, {atFlags, 0}, {atSecure, 1}})
	if b == nil || !slices.Equal(b.args, []string{"./prog", "-prog", "x"}) || b.fd != 0 || !b.secure {
		t.Errorf("without: %+v", b)
	}
}
