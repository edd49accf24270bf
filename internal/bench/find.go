package main

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"nbemu/internal/npm"
	"nbemu/internal/testprog"
)

// bed is what programs are looked for.
type bed struct {
	arch testprog.Arch
	dir  string // for what is built
	root string // with Linux programs of the machine
}

var bothSystems = []testprog.OS{testprog.NetBSD, testprog.Linux}

// goProgram builds a package for both systems.
func (b *bed) goProgram(name, pkg string, args ...string) (map[testprog.OS][]string, error) {
	command := map[testprog.OS][]string{}
	for _, system := range bothSystems {
		path := filepath.Join(b.dir, name+"."+string(system))
		if err := testprog.Go(b.arch, system, path, pkg); err != nil {
			return nil, err
		}
		command[system] = append([]string{path}, args...)
	}
	return command, nil
}

// ours is a program of testdata/bench/programs.
func ours(name string) func(b *bed) (map[testprog.OS][]string, string, error) {
	return func(b *bed) (map[testprog.OS][]string, string, error) {
		command, err := b.goProgram("programs", "./testdata/bench/programs", name)
		return command, "", err
	}
}

// compiler is Go's.
func compiler(args ...string) func(b *bed) (map[testprog.OS][]string, string, error) {
	return func(b *bed) (map[testprog.OS][]string, string, error) {
		in := filepath.Join(b.dir, "functions.go")
		if err := os.WriteFile(in, compilerInput(), 0o666); err != nil {
			return nil, "", err
		}
		command, err := b.goProgram("compile", "cmd/compile", append(args, "-p", "functions", "-complete", "-o", os.DevNull, in)...)
		return command, "", err
	}
}

// esbuild is npm's builds.
func esbuild(b *bed) (map[testprog.OS][]string, string, error) {
	three, err := npm.Three()
	if err != nil {
		return nil, "", err
	}
	in := filepath.Join(three, "all.js")
	if err := os.WriteFile(in, []byte("export * from './package/src/Three.js'\n"), 0o666); err != nil {
		return nil, "", err
	}
	command := map[testprog.OS][]string{}
	for _, system := range bothSystems {
		program, err := npm.Esbuild(string(system), b.arch.GOARCH)
		if err != nil {
			return nil, "", err
		}
		command[system] = []string{program, in, "--bundle", "--minify"}
	}
	return command, "", nil
}

// hosts is a Linux program: the root's, or the host's, if that is such a machine.
func hosts(stdin, name string, args ...string) func(b *bed) (map[testprog.OS][]string, string, error) {
	return func(b *bed) (map[testprog.OS][]string, string, error) {
		program, err := b.linux(name)
		return forBoth(append(program, args...)), stdin, err
	}
}

// forBoth is a Linux program, which nbemu runs as it is.
func forBoth(command []string) map[testprog.OS][]string {
	return map[testprog.OS][]string{testprog.NetBSD: command, testprog.Linux: command}
}

// cc1 is what gcc compiles with.
func cc1(b *bed) (map[testprog.OS][]string, string, error) {
	if _, err := b.linux("gcc"); err != nil {
		return nil, "", err
	}
	var program []string
	if b.root != "" {
		all, _ := filepath.Glob(filepath.Join(b.root, "usr/lib/gcc/*/*/cc1"))
		if len(all) == 0 {
			return nil, "", fmt.Errorf("no cc1 in %s", b.root)
		}
		program = []string{"-L", b.root, all[0]}
	} else {
		out, err := exec.Command("gcc", "-print-prog-name=cc1").Output()
		if err != nil {
			return nil, "", err
		}
		program = []string{strings.TrimSpace(string(out))}
	}
	return forBoth(append(program, "-quiet", "-O2", "-o", "-", "-")), cInput(), nil
}

// cInput is a C file without headers.
func cInput() string {
	var b strings.Builder
	b.WriteString("struct table { const char *keys[64]; int n[64]; };\n")
	for i := range 40 {
		fmt.Fprintf(&b, `
int f%[1]d(struct table *t, int from, int to)
{
	int sum = 0;
	for (int i = from; i < to; i++) {
		const char *k = t->keys[i %% 64];
		switch (k[%[1]d %% 7]) {
		case 'x': t->n[i & 63]++; sum += i * %[1]d; break;
		case 'y': while (*k) sum = sum * 31 + *k++; break;
		default: sum ^= t->n[sum & 63] / (%[1]d + 1);
		}
	}
	return sum;
}
`, i)
	}
	return b.String()
}

// linux finds a Linux program of the machine.
func (b *bed) linux(name string) ([]string, error) {
	if b.root != "" {
		for _, dir := range []string{"usr/bin", "bin"} {
			path := filepath.Join(b.root, dir, name)
			if _, err := os.Stat(path); err == nil {
				return []string{"-L", b.root, path}, nil
			}
		}
		return nil, fmt.Errorf("no %s in %s", name, b.root)
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != b.arch.Native {
		return nil, errors.New("a program of the host's, which is another machine; -root names a directory with such programs")
	}
	path, err := hostProgram(name)
	return []string{path}, err
}

// hostProgram finds a program of the host's. A script that stands for it, as version managers have them, is not meant.
func hostProgram(name string) (string, error) {
	for _, dir := range append([]string{"/usr/bin", "/bin"}, filepath.SplitList(os.Getenv("PATH"))...) {
		path := filepath.Join(dir, name)
		if f, err := elf.Open(path); err == nil {
			f.Close()
			return path, nil
		}
	}
	return "", fmt.Errorf("no %s is installed", name)
}
