// Package testprog builds guest programs for tests and benchmarks: small C
// programs without a C library (see testdata/lib/nbsys.h), and Go programs.
package testprog

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// ErrNoCompiler is returned (wrapped) where no C compiler for the guest's
// architecture is installed, or only half of one.
var ErrNoCompiler = errors.New("no C compiler for the architecture")

// Arch says how to build for one architecture and how qemu-user calls it.
type Arch struct {
	Name      string   // as NetBSD's port and GOARCH have it
	GOARCH    string   // "" if Go has no port
	Compilers []string // commands to try, best first
	Native    string   // GOARCH of hosts that execute it themselves
	BigEndian bool
	Qemu      string // qemu-user's program
}

// Arches are the architectures that programs can be built for.
var Arches = []Arch{
	{Name: "amd64", GOARCH: "amd64", Compilers: []string{"x86_64-linux-gnu-gcc -m64"}, Native: "amd64", Qemu: "qemu-x86_64"},
	{Name: "i386", GOARCH: "386", Compilers: []string{"i686-linux-gnu-gcc -msse2 -mfpmath=sse"}, Native: "386", Qemu: "qemu-i386"},
	{Name: "aarch64", GOARCH: "arm64", Compilers: []string{"aarch64-linux-gnu-gcc -mno-outline-atomics"}, Native: "arm64", Qemu: "qemu-aarch64"},
	{Name: "arm", GOARCH: "arm", Compilers: []string{"arm-linux-gnueabihf-gcc -marm"}, Native: "arm", Qemu: "qemu-arm"},
	{Name: "mips", Compilers: []string{"mips-linux-gnu-gcc -mno-abicalls -G0"}, BigEndian: true, Native: "mips", Qemu: "qemu-mips"},
	{Name: "mipsel", Compilers: []string{"mipsel-linux-gnu-gcc -mno-abicalls -G0"}, Native: "mipsle", Qemu: "qemu-mipsel"},
	{Name: "mips64", Compilers: []string{"mips64-linux-gnuabi64-gcc -mno-abicalls -G0"}, BigEndian: true, Native: "mips64", Qemu: "qemu-mips64"},
	{Name: "mipsn32", Compilers: []string{"mips64-linux-gnuabi64-gcc -mabi=n32 -mno-abicalls -G0"}, BigEndian: true, Native: "mips64", Qemu: "qemu-mipsn32"},
	{Name: "mips64el", Compilers: []string{"mips64el-linux-gnuabi64-gcc -mno-abicalls -G0"}, Native: "mips64le", Qemu: "qemu-mips64el"},
	{Name: "mipsn32el", Compilers: []string{"mips64el-linux-gnuabi64-gcc -mabi=n32 -mno-abicalls -G0"}, Native: "mips64le", Qemu: "qemu-mipsn32el"},
	{Name: "sparc", Compilers: []string{"sparc64-linux-gnu-gcc -m32 -mcpu=v8"}, BigEndian: true, Native: "sparc", Qemu: "qemu-sparc"},
	{Name: "sparc64", Compilers: []string{"sparc64-linux-gnu-gcc"}, BigEndian: true, Native: "sparc64", Qemu: "qemu-sparc64"},
	{Name: "riscv64", Compilers: []string{"riscv64-linux-gnu-gcc"}, Native: "riscv64", Qemu: "qemu-riscv64"},
	{Name: "powerpc", Compilers: []string{"powerpc-linux-gnu-gcc"}, BigEndian: true, Native: "ppc", Qemu: "qemu-ppc"},
	{Name: "m68k", Compilers: []string{"m68k-linux-gnu-gcc -m68040 -malign-int"}, BigEndian: true, Native: "m68k", Qemu: "qemu-m68k"},
	{Name: "thumb", Compilers: []string{"arm-linux-gnueabihf-gcc -mthumb"}, Native: "arm", Qemu: "qemu-arm"},
}

// Find returns the architecture of a name.
func Find(name string) (Arch, error) {
	var names []string
	for _, a := range Arches {
		if a.Name == name || a.GOARCH == name {
			return a, nil
		}
		names = append(names, a.Name)
	}
	return Arch{}, fmt.Errorf("unknown architecture %q; known: %s", name, strings.Join(names, ", "))
}

// Port returns the GOARCH of Go's port of a system to the architecture, or "": Linux has more of them than NetBSD.
func (a Arch) Port(system OS) string {
	if a.GOARCH == "" && system == Linux {
		switch a.Name {
		case "mips", "mipsel", "mips64", "mips64el", "riscv64":
			return a.Native
		}
	}
	return a.GOARCH
}

// OS is the kind of program to make.
type OS string

const (
	NetBSD OS = "netbsd"
	Linux  OS = "linux"
)

// cflags make a static program of one source file and no C library.
var cflags = []string{"-O2", "-Wall", "-Wextra", "-Wno-unused-function", "-Wno-unused-parameter",
	"-ffreestanding", "-nostdlib", "-static", "-fno-pie", "-fno-stack-protector",
	"-fno-asynchronous-unwind-tables", "-ffp-contract=off", "-fno-optimize-sibling-calls", "-Wl,--build-id=none", "-Wl,-z,noexecstack", "-Wl,-e,_start"}

// C compiles one C source file into a static program.
func C(arch Arch, system OS, out, src string, flags ...string) error {
	cc, err := compiler(arch)
	if err != nil {
		return err
	}
	args := append(cc[1:], cflags...)
	if system == NetBSD {
		args = append(args, "-DNETBSD")
	}
	args = append(append(args, flags...), "-o", out, src, "-lgcc")
	if text, err := exec.Command(cc[0], args...).CombinedOutput(); err != nil {
		if bytes.Contains(text, []byte("cannot find -lgcc")) {
			// Half a toolchain: the compiler can make such code, but its library for it is not installed.
			return fmt.Errorf("%w: %s has no library for %s", ErrNoCompiler, cc[0], arch.Name)
		}
		return fmt.Errorf("%s %s: %w\n%s", cc[0], strings.Join(args, " "), err, text)
	}
	return nil
}

func compiler(arch Arch) ([]string, error) {
	candidates := arch.Compilers
	if runtime.GOOS == "linux" && runtime.GOARCH == arch.Native {
		candidates = append(candidates, "gcc", "cc")
	}
	for _, c := range candidates {
		cc := strings.Fields(c)
		if _, err := exec.LookPath(cc[0]); err == nil {
			return cc, nil
		}
	}
	return nil, fmt.Errorf("%w: %s (tried %s)", ErrNoCompiler, arch.Name, strings.Join(candidates, ", "))
}

// Go builds a Go package, by import path or directory, as a static program.
func Go(arch Arch, system OS, out, pkg string) error {
	goarch := arch.Port(system)
	if goarch == "" {
		return fmt.Errorf("there is no port of Go to %s", arch.Name)
	}
	cmd := exec.Command("go", "build", "-o", out, pkg)
	cmd.Dir = Root()
	cmd.Env = append(os.Environ(), "GOOS="+string(system), "GOARCH="+goarch, "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("GOOS=%s GOARCH=%s go build %s: %w\n%s", system, goarch, pkg, err, text)
	}
	return nil
}

// Root returns the root of nbemu's source tree, found from the current
// directory upwards.
func Root() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	for d := dir; ; d = filepath.Dir(d) {
		if data, err := os.ReadFile(filepath.Join(d, "go.mod")); err == nil && strings.HasPrefix(string(data), "module nbemu\n") {
			return d
		}
		if d == filepath.Dir(d) {
			panic(dir + " is not in nbemu's source tree")
		}
	}
}

// Nbemu returns the emulator to test: $NBEMU, or bin/nbemu.
func Nbemu() (string, error) {
	path := os.Getenv("NBEMU")
	if path == "" {
		path = filepath.Join(Root(), "bin", "nbemu")
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%w; \"make build\" makes it", err)
	}
	takeSignals()
	return filepath.Abs(path)
}

// takeSignals has programs that are started start with the default actions of SIGHUP and SIGINT, which nohup and a
// shell's & have ignored: guests inherit that, and tests of signals would find it. What ignored them ignores them still.
func takeSignals() {
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
}

// BuildDir makes and returns a directory for built programs, ignored by git.
func BuildDir(name ...string) (string, error) {
	dir := filepath.Join(append([]string{Root(), "testdata", "build"}, name...)...)
	return dir, os.MkdirAll(dir, 0o777)
}
