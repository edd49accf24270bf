package main

import (
	"fmt"
	"hash/fnv"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"nbemu/internal/testprog"
)

// Programs of the host's own, for its own machine: what people run. Each is started once a round, and its whole time taken.

const (
	pythonScript = `
import json
def fib(n): return n if n < 2 else fib(n-1) + fib(n-2)
d = {}
for i in range(200000): d[str(i)] = i * i
print(fib(24), len(json.dumps(d)), sum(json.loads(json.dumps(d)).values()))`
	sqliteScript = `
import sqlite3
c = sqlite3.connect(":memory:")
c.execute("create table t(a integer, b text)")
c.executemany("insert into t values(?, ?)", ((i * 7919 % 200000, "row %d" % i) for i in range(200000)))
c.execute("create index i on t(a)")
print(c.execute("select count(*), sum(length(b)) from t where a between 1000 and 90000").fetchone())`
)

func goTool(name string) (string, error) {
	out, err := exec.Command("go", "env", "GOTOOLDIR").Output()
	return filepath.Join(strings.TrimSpace(string(out)), name), err
}

// compileUnicode compiles a package that imports nothing.
func compileUnicode(dir string) ([]string, error) {
	compile, err := goTool("compile")
	if err != nil {
		return nil, err
	}
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "src", "unicode", "*.go"))
	args := []string{compile, "-p", "unicode", "-c", "1", "-o", filepath.Join(dir, "unicode.o")}
	for _, f := range files {
		if !strings.HasSuffix(f, "_test.go") {
			args = append(args, f)
		}
	}
	return args, err
}

func gzipCompiler(string) ([]string, error) {
	compile, err := goTool("compile")
	return []string{"gzip", "-9", "-c", compile}, err
}

func script(text string) func(string) ([]string, error) {
	return func(string) ([]string, error) { return []string{"python3", "-c", text}, nil }
}

// hostCommand is a kernel's command; an error where the host has no such program, or it is one for another machine.
func (k *kernel) hostCommand(dir string, arch testprog.Arch) ([]string, error) {
	if runtime.GOOS != "linux" || runtime.GOARCH != arch.Native {
		return nil, fmt.Errorf("the host's programs are for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	args, err := k.host(dir)
	if err != nil {
		return nil, err
	}
	args[0], err = exec.LookPath(args[0])
	return args, err
}

// digest stands for what a program has written.
func digest(out []byte) string {
	h := fnv.New64a()
	h.Write(out)
	return fmt.Sprintf("%d bytes, %x", len(out), h.Sum64())
}
