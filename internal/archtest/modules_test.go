package archtest

import (
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// linuxRelease is what emul.linux.kern.osrelease is at first, whichever that is.
var linuxRelease = regexp.MustCompile(`(?m)^\d+\.\d+\.\d+$`)

// TestModules: modctl(2) on kernels whose emulation of Linux is a module, linked in, or not there.
func TestModules(t *testing.T) {
	for _, name := range []string{"amd64", "i386"} {
		a, err := testprog.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) { testModules(t, a) })
	}
}

func testModules(t *testing.T, a testprog.Arch) {
	path := program(t, a, "modules")
	build, err := testprog.BuildDir("arch", a.Name)
	if err != nil {
		t.Fatal(err)
	}
	linux := filepath.Join(build, "modules.linux")
	switch err := testprog.C(a, testprog.Linux, linux, dir("modules.c"), "-s"); {
	case errors.Is(err, testprog.ErrNoCompiler):
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	native := "exec_elf64"
	if a.Name == "i386" {
		native = "exec_elf32"
	}
	for _, c := range []struct{ modules, args, want string }{
		{"auto", "exists linux? run:LINUX linux? auto=0 FIRST -compat_linux -compat_linux linux? run:LINUX +compat_linux +compat_linux !compat_linux linux=2.0 linux? run:LINUX",
			"load: 0\nautoload: 0\nneither: -22\nno command: -22\nproperties without address: -22\nno address: -14\nlong name: -63\n" +
				"none\nstatus: 7\nRELEASE\nautoload: 0\nFIRST: 0\n-compat_linux: 0\n-compat_linux: -2\nnone\nstatus: 108\n" +
				"+compat_linux: 0\n+compat_linux: -17\n!compat_linux: -17\nRELEASE\n2.0\nstatus: 7\n"},
		{"auto", "start:LINUX FIRST -compat_linux end -compat_linux -NATIVE +nothing",
			"FIRST: 0\n-compat_linux: -16\nstatus: 7\n-compat_linux: 0\n-NATIVE: -16\n+nothing: -2\n"},
		{"builtin", "start:LINUX FIRST -compat_linux -NATIVE end -compat_linux linux? run:LINUX +compat_linux run:LINUX !compat_linux run:LINUX",
			"FIRST: 0\n-compat_linux: -16\n-NATIVE: -16\nstatus: 7\n-compat_linux: 0\nnone\nstatus: 108\n+compat_linux: -1\nstatus: 108\n!compat_linux: 0\nstatus: 7\n"},
		{"none", "run:LINUX +compat_linux -compat_linux exists",
			"status: 108\n+compat_linux: -45\n-compat_linux: -2\nload: -78\nautoload: -78\nneither: -78\nno command: -22\nproperties without address: -22\nno address: -14\nlong name: -63\n"},
	} {
		r := strings.NewReplacer("LINUX", linux, "NATIVE", native, "FIRST", "-compat_linux32")
		if a.Name == "i386" { // where there is no other emulation, which would need this one
			r = strings.NewReplacer("LINUX", linux, "NATIVE", native, "FIRST: 0\n", "", "FIRST ", "")
		}
		args := append([]string{"-root-user", "-machine", a.Name, "-modules", c.modules, path, "time=0"}, strings.Fields(r.Replace(c.args))...)
		want := "autotime: 0\n" + r.Replace(c.want)
		if got := linuxRelease.ReplaceAllString(run(t, args...), "RELEASE"); got != want {
			t.Errorf("%s, %s: %s\n%s", a.Name, c.modules, firstDifference(want, got), got)
		}
	}
	// The list, in the order of coming, the last first; what is linked in and off comes last.
	got := run(t, "-root-user", "-modules", "builtin", path, "-compat_linux", "=")
	want := "-compat_linux: 0\nexec_script builtin, compat_aoutm68k builtin needs exec_aout, exec_elf64 builtin needs coredump, exec_elf32 builtin needs coredump, " +
		"exec_ecoff builtin needs coredump, exec_coff builtin, exec_m68k4k builtin needs coredump, exec_aout builtin needed needs coredump, ksem builtin, sysv_ipc builtin, " +
		"compat_ossaudio builtin, compat builtin, coredump builtin needed, " +
		"compat_linux builtin off forced needs compat,compat_ossaudio,sysv_ipc,exec_elf32,exec_elf64,exec_aout\n"
	if got != want {
		t.Error(firstDifference(want, got))
	}
	// A user may look, and no more.
	got = run(t, "-uid", "100", path, "+compat_linux", "+nothing", "-compat_linux", "auto=0", "exists")
	if !strings.HasPrefix(got, "+compat_linux: -17\n+nothing: -1\n-compat_linux: -1\nautoload: -1\nload: -1\nautoload: 0\n") {
		t.Error(got)
	}
	// The first program of a machine brings what it needs, too.
	if got := run(t, "-modules", "auto", linux, "x"); got != "!" {
		t.Errorf("%q", got)
	}
}

// TestModuleRequirements: a module brings those that it needs, which are busy as long as it is there.
func TestModuleRequirements(t *testing.T) {
	a, err := testprog.Find("amd64")
	if err != nil {
		t.Fatal(err)
	}
	path := program(t, a, "modules")
	if path == "" {
		t.Skip("no cross compiler, and no prebuilt program")
	}
	native := "exec_script builtin, exec_elf64 builtin needs coredump, exec_elf32 builtin needed needs coredump, exec_aout builtin " +
		"needs coredump, ksem builtin needed, sysv_ipc builtin needed, compat_ossaudio builtin needed, compat builtin needed, coredump builtin needed\n"
	for _, c := range []struct{ modules, args, want string }{
		{"auto", "auto=0 +compat_linux32 = -compat_linux -compat_netbsd32 -compat_netbsd32_sysvipc -exec_elf32 -compat -sysv_ipc -ksem",
			"autoload: 0\n+compat_linux32: 0\n" +
				"compat_linux32 filesys needs compat_linux,exec_elf32,compat_netbsd32,compat_netbsd32_sysvipc, " +
				"compat_netbsd32_sysvipc filesys needed auto needs sysv_ipc,compat_netbsd32, " +
				"compat_netbsd32 filesys needed auto needs compat,sysv_ipc,ksem,exec_elf32, " +
				"compat_linux filesys needed auto needs compat,compat_ossaudio,sysv_ipc,exec_elf64, " +
				strings.Replace(native, "exec_elf64 builtin", "exec_elf64 builtin needed", 1) +
				"-compat_linux: -16\n-compat_netbsd32: -16\n-compat_netbsd32_sysvipc: -16\n-exec_elf32: -16\n-compat: -16\n-sysv_ipc: -16\n-ksem: -16\n"},
		{"builtin", "-compat_linux -compat_linux32 -compat_linux -compat_netbsd32 -compat_netbsd32_sysvipc -compat_netbsd32 -sysv_ipc +compat_netbsd32 !compat_netbsd32 !compat_linux32",
			"-compat_linux: -16\n-compat_linux32: 0\n-compat_linux: 0\n-compat_netbsd32: -16\n-compat_netbsd32_sysvipc: 0\n" +
				"-compat_netbsd32: 0\n-sysv_ipc: 0\n+compat_netbsd32: -1\n!compat_netbsd32: 0\n!compat_linux32: 0\n"},
		{"none", "+compat_linux32 -sysv_ipc calls +sysv_ipc !sysv_ipc calls queue -sysv_ipc -ksem calls -compat calls",
			"+compat_linux32: -45\n-sysv_ipc: 0\nshmget: -78, ksem: 0, wait4: -10\n+sysv_ipc: -1\n!sysv_ipc: 0\nshmget: -2, ksem: 0, wait4: -10\n" +
				"-sysv_ipc: -16\n-ksem: 0\nshmget: -2, ksem: -78, wait4: -10\n-compat: 0\nshmget: -2, ksem: -78, wait4: -78\n"},
	} {
		args := append([]string{"-root-user", "-machine", "amd64", "-modules", c.modules, path}, strings.Fields(c.args)...)
		if got := run(t, args...); got != c.want {
			t.Errorf("%s: %s\n%s", c.modules, firstDifference(c.want, got), got)
		}
	}
}
