package execve

import (
	"testing"

	"nbemu/abi"
	"nbemu/cpu/cputest"
	"nbemu/kern"
	"nbemu/mem"
)

// BenchmarkLoad is what a case of an exec fuzzer costs: everything up to a complete address space.
func BenchmarkLoad(b *testing.B) {
	env := newTestEnv(newMemFile("/x", prog(testAMD64).setInterp("/ld").bytes()), newMemFile("/ld", interp(testAMD64).bytes()))
	sw := newTestSwitch(true)
	b.ReportAllocs()
	for b.Loop() {
		x, err := load(env, sw, "/x", HostStrings{"x", "arg"}, HostStrings{"HOME=/", "PATH=/bin"})
		if err != abi.OK {
			b.Fatal(err)
		}
		vm := mem.NewSpace(x.pack.VMMin, x.pack.VMMax)
		if err, f := x.pack.VMCmds.doVMCmds(vm, 4096, x.pack.VMMin, x.pack.VMMax, 0); err != abi.OK {
			b.Fatal(err, f)
		}
		vm.Unref()
		x.free()
	}
}

// BenchmarkExecve is execve of a running process, without host files.
func BenchmarkExecve(b *testing.B) {
	tsw.FS = memFS{newTestEnv(newMemFile("/x", prog(testAMD64).bytes()))}
	defer func() { tsw.FS = nil }()
	tsw.added = nil
	tsw.Add(NetBSDElf(testAMD64, false)...)
	l := tsw.K.NewProc(cputest.AMD64, &kern.Cred{})
	if herr := ExecFirst(l, "/x", []string{"x"}, nil); herr != nil {
		b.Fatal(herr)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := Execve(l, "/x", -1, HostStrings{"x", "arg"}, HostStrings{"HOME=/", "PATH=/bin"}); err != abi.EJUSTRETURN {
			b.Fatal(err)
		}
	}
}
