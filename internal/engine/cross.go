package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// toolchain is what objects are made with: for the host, cgo's compiler; for other systems, what -for and -cc say.
type toolchain struct {
	goos, goarch  string
	cc, ar, index string // commands; ar and index (ranlib) are "" where CMake finds its own
	id            string // for the hash
	release       bool   // nothing of the host's directories is to be in the libraries
}

// cross reports whether the objects are for another system than the host's.
func (t *toolchain) cross() bool { return t.goos != runtime.GOOS || t.goarch != runtime.GOARCH }

// processors are CMake's names of what a system of Go's name runs on.
var processors = map[string]string{"amd64": "x86_64", "arm64": "aarch64"}

// crossToolchain is the toolchain of releases for target, "linux/arm64" say (the host's own system, too), with the
// compiler cc: a command with its arguments, as "zig cc -target aarch64-macos". One with arguments stands in scripts
// below dir, since CMake and Unicorn's configure want one word.
func crossToolchain(target, cc, dir string) (*toolchain, error) {
	goos, goarch, ok := strings.Cut(target, "/")
	words := strings.Fields(cc)
	if !ok || processors[goarch] == "" || goos != "linux" && goos != "darwin" {
		return nil, fmt.Errorf("-for %s: not linux or darwin with amd64 or arm64", target)
	}
	if len(words) == 0 {
		return nil, fmt.Errorf("-for %s: which compiler? -cc names it", target)
	}
	path, err := exec.LookPath(words[0])
	if err != nil {
		return nil, fmt.Errorf("-cc: %w", err)
	}
	words[0] = path
	version, err := exec.Command(path, append(words[1:], "--version")...).Output()
	if err != nil {
		return nil, fmt.Errorf("%s --version: %w", cc, err)
	}
	first, _, _ := strings.Cut(string(version), "\n")
	t := &toolchain{goos: goos, goarch: goarch, cc: path, release: true, id: "for " + target + "\n" + strings.Join(words[1:], " ") + "\n" + first}
	if len(words) == 1 {
		return t, nil
	}
	// CMake keeps the names of its tools in the directory that it builds in, which is that of t.id. So the scripts are where
	// they were for the same compiler, wherever the compiler itself is now.
	t.id += "\nin scripts"
	dir = filepath.Join(dir, "tools-"+shortHash(t.id))
	if goos == "darwin" && runtime.GOOS != "darwin" {
		if err := frameworks(dir); err != nil {
			return nil, err
		}
		words = append(words, "-F"+dir)
	}
	if t.cc, err = script(dir, "cc", words); err != nil {
		return nil, err
	}
	if words[1] == "cc" { // one program that is all tools
		if t.ar, err = script(dir, "ar", []string{path, "ar"}); err != nil {
			return nil, err
		}
		t.index, err = script(dir, "ranlib", []string{path, "ranlib"})
	}
	return t, err
}

// framework is what a linker has to know of a framework of macOS that is not there: where it lies at run time. Unicorn's
// configure and Go's runtime name frameworks, and use nothing of them.
const framework = `--- !tapi-tbd
tbd-version: 4
targets: [ x86_64-macos, arm64-macos ]
install-name: '/System/Library/Frameworks/%[1]s.framework/Versions/A/%[1]s'
current-version: 1
compatibility-version: 1
...
`

// frameworks writes stubs of the frameworks that are named, for -F.
func frameworks(dir string) error {
	for _, name := range []string{"CoreFoundation", "IOKit"} {
		d := filepath.Join(dir, name+".framework")
		if err := os.MkdirAll(d, 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(d, name+".tbd"), fmt.Appendf(nil, framework, name), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// script writes a shell script that is words with more arguments after them.
func script(dir, name string, words []string) (string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	var quoted []string
	for _, w := range words {
		quoted = append(quoted, "'"+strings.ReplaceAll(w, "'", `'\''`)+"'")
	}
	path := filepath.Join(dir, name)
	return path, os.WriteFile(path, []byte("#!/bin/sh\nexec "+strings.Join(quoted, " ")+` "$@"`+"\n"), 0o777)
}

// cmakeArgs tell CMake what it would find out by itself on that system.
func (t *toolchain) cmakeArgs() []string {
	if !t.release {
		return nil
	}
	args := []string{"-DNB_RELEASE=ON"}
	if !t.cross() {
		return args
	}
	system := map[string]string{"linux": "Linux", "darwin": "Darwin"}[t.goos]
	args = append(args, "-DCMAKE_SYSTEM_NAME="+system, "-DCMAKE_SYSTEM_PROCESSOR="+processors[t.goarch])
	if t.ar != "" {
		args = append(args, "-DCMAKE_AR="+t.ar, "-DCMAKE_RANLIB="+t.index)
	}
	if t.goos == "darwin" {
		args = append(args, "-DCMAKE_OSX_SYSROOT=", "-DCMAKE_OSX_DEPLOYMENT_TARGET=")
	}
	return args
}

// cmakeEnv is what of the environment Unicorn's files ask for.
func (t *toolchain) cmakeEnv() []string {
	switch {
	case t.goos == "darwin" && t.cross():
		return []string{"ARCHFLAGS="} // the compiler knows
	case t.goos == "darwin":
		// Unicorn builds for both Mac architectures unless told.
		return []string{"ARCHFLAGS=-arch " + map[string]string{"amd64": "x86_64", "arm64": "arm64"}[t.goarch]}
	}
	return nil
}

// where names the system in messages, unless it is the host's.
func (t *toolchain) where() string {
	if !t.cross() {
		return ""
	}
	return " on " + t.goos + "/" + t.goarch
}
