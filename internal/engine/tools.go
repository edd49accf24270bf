package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"nbemu/internal/hosttools"
)

// hostToolchain finds the C compiler that cgo uses, since the objects of both are
// linked together, and installs one where it may.
func hostToolchain(root string) (*toolchain, error) {
	name := goEnv(root, "CC")
	if err := hosttools.Need(hosttools.Compiler("a C compiler ("+name+")", name)); err != nil {
		return nil, err
	}
	version, err := exec.Command(name, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("%s --version: %w", name, err)
	}
	machine, err := exec.Command(name, "-dumpmachine").Output()
	if err != nil {
		return nil, fmt.Errorf("%s -dumpmachine: %w", name, err)
	}
	first, _, _ := strings.Cut(string(version), "\n")
	return &toolchain{goos: runtime.GOOS, goarch: runtime.GOARCH, cc: name, id: name + "\n" + first + "\n" + string(machine)}, nil
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
func needBuildTools(t *toolchain) error {
	for _, tool := range []hosttools.Tool{hosttools.CMake, hosttools.Make} {
		if err := hosttools.Need(tool); err != nil {
			return err
		}
	}
	if t.cross() {
		return tryCompiler(t.cc)
	}
	// A compiler without the C library's headers is a usual half-installed state.
	if err := tryCompiler(t.cc); err != nil {
		tool := hosttools.Compiler("a C library to build with ("+err.Error()+")", "")
		if installErr := hosttools.Install(tool); installErr != nil {
			return installErr
		}
		return tryCompiler(t.cc)
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
