package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

type compilerInfo struct {
	path string // as cgo runs it
	id   string // name, version and target, for the hash
}

// compiler finds the C compiler that cgo uses, since the objects of both are
// linked together, and installs one where it may.
func compiler(root string) (compilerInfo, error) {
	name := goEnv(root, "CC")
	if _, err := exec.LookPath(name); err != nil {
		if err := install("a C compiler ("+name+")", name, "cc"); err != nil {
			return compilerInfo{}, err
		}
		name = goEnv(root, "CC")
	}
	version, err := exec.Command(name, "--version").Output()
	if err != nil {
		return compilerInfo{}, fmt.Errorf("%s --version: %w", name, err)
	}
	machine, err := exec.Command(name, "-dumpmachine").Output()
	if err != nil {
		return compilerInfo{}, fmt.Errorf("%s -dumpmachine: %w", name, err)
	}
	first, _, _ := strings.Cut(string(version), "\n")
	return compilerInfo{name, name + "\n" + first + "\n" + string(machine)}, nil
}

func goEnv(root, name string) string {
	cmd := exec.Command("go", "env", name)
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// needBuildTools makes sure that the programs of a build are there and work.
func needBuildTools(cc string) error {
	for _, tool := range []string{"cmake", "make"} {
		if _, err := exec.LookPath(tool); err != nil {
			if err := install(tool, tool, tool); err != nil {
				return err
			}
		}
	}
	// A compiler without the C library's headers is a usual half-installed state.
	if err := tryCompiler(cc); err != nil {
		if installErr := install("a C library to build with ("+err.Error()+")", "", "cc"); installErr != nil {
			return installErr
		}
		return tryCompiler(cc)
	}
	return nil
}

func tryCompiler(cc string) error {
	dir, err := os.MkdirTemp("", "nbemu-engine-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	src := filepath.Join(dir, "try.c")
	if err := os.WriteFile(src, []byte("#include <stdlib.h>\n#include <pthread.h>\nint main(void) { return 0; }\n"), 0o666); err != nil {
		return err
	}
	out, err := exec.Command(cc, "-o", filepath.Join(dir, "try"), src).CombinedOutput()
	if err != nil {
		first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		return fmt.Errorf("%s cannot compile a small program: %s", cc, first)
	}
	return nil
}

// managers are the package managers that we know, with the packages that have
// what a build needs. Only apt-get is ever run, and only by root; for the others
// the command is printed.
var managers = []struct {
	program, command string
	packages         map[string]string
}{
	{"apt-get", "apt-get install -y --no-install-recommends", map[string]string{"cmake": "cmake", "make": "make", "cc": "gcc libc6-dev"}},
	{"dnf", "dnf install -y", map[string]string{"cmake": "cmake", "make": "make", "cc": "gcc glibc-devel"}},
	{"brew", "brew install", map[string]string{"cmake": "cmake", "make": "make", "cc": "gcc"}},
	{"apk", "apk add", map[string]string{"cmake": "cmake", "make": "make", "cc": "gcc musl-dev linux-headers"}},
	{"pacman", "pacman -S --needed", map[string]string{"cmake": "cmake", "make": "make", "cc": "gcc"}},
	{"zypper", "zypper install -y", map[string]string{"cmake": "cmake", "make": "make", "cc": "gcc glibc-devel"}},
	{"pkg", "pkg install -y", map[string]string{"cmake": "cmake", "make": "gmake", "cc": "gcc"}},
}

// install gets a missing tool: itself as root on Debian and its kin, otherwise
// by telling the person what to type. program, if not empty, is what must be in
// PATH afterwards.
func install(what, program, kind string) error {
	if runtime.GOOS == "darwin" && kind == "cc" {
		return fmt.Errorf("%s is missing; to install it, type:\n\n    xcode-select --install\n", what)
	}
	for _, m := range managers {
		if _, err := exec.LookPath(m.program); err != nil {
			continue
		}
		command := m.command + " " + m.packages[kind]
		if m.program != "apt-get" || os.Getuid() != 0 {
			if m.program != "brew" && os.Getuid() != 0 {
				command = "sudo " + command
			}
			return fmt.Errorf("%s is missing; to install it, type:\n\n    %s\n", what, command)
		}
		fmt.Printf("engine: %s is missing; installing it: %s\n", what, command)
		if err := apt(command); err != nil {
			return err
		}
		if program != "" {
			if _, err := exec.LookPath(program); err != nil {
				return fmt.Errorf("%s is still missing after %q", what, command)
			}
		}
		return nil
	}
	return fmt.Errorf("%s is missing; install it with your system's package manager and try again", what)
}

// apt runs an apt-get command, and once more after updating the package lists,
// which a fresh machine or container may not have.
func apt(command string) error {
	out, err := aptRun(command)
	if err == nil {
		return nil
	}
	fmt.Println("engine: updating the package lists: apt-get update")
	if out, err := aptRun("apt-get update"); err != nil {
		return fmt.Errorf("apt-get update: %w\n%s", err, tail(out, 10))
	}
	if out, err = aptRun(command); err != nil {
		return fmt.Errorf("%s: %w\n%s", command, err, tail(out, 20))
	}
	return nil
}

func aptRun(command string) (string, error) {
	args := strings.Fields(command)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// tail returns the last n lines of a text.
func tail(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
