// Command esbuild runs a real program as its makers ship it: the NetBSD build
// of esbuild (a JavaScript bundler) from npm, under nbemu, on a large real
// package, and compares every byte it writes with what the host's build of the
// same version writes.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"nbemu/internal/hosttools"
	"nbemu/internal/npm"
	"nbemu/internal/testprog"
)

func main() {
	archName := flag.String("arch", "amd64", "architecture of the guest")
	flag.Parse()
	err := run(*archName, os.Stdout)
	if errors.Is(err, npm.ErrNone) {
		fmt.Println("skipped:", err)
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "esbuild:", err)
		os.Exit(1)
	}
}

// A check is one command line, run with both builds in the same directory.
type check struct {
	name   string
	args   []string
	stdin  string // file to read from, relative to the directory
	status int
}

var checks = []check{
	{name: "version", args: []string{"--version"}},
	{name: "bundle and minify three", args: []string{"three.js", "--bundle", "--minify", "--sourcemap", "--format=esm", "--outdir=out", "--log-level=warning"}},
	{name: "bundle, not minified", args: []string{"three.js", "--bundle", "--target=es2017", "--metafile=out/meta.json", "--outdir=out", "--log-level=warning"}},
	{name: "a large file from standard input", args: []string{"--minify", "--loader=js"}, stdin: "package/build/three.module.js"},
	{name: "TypeScript from standard input", args: []string{"--loader=ts"}, stdin: "small.ts"},
	{name: "syntax error", args: []string{"wrong.js", "--bundle", "--outdir=out"}, status: 1},
	{name: "syntax error from standard input", args: []string{"--minify"}, stdin: "wrong.js", status: 1},
	{name: "missing module", args: []string{"missing.js", "--bundle", "--outdir=out"}, status: 1},
	{name: "missing file", args: []string{"no-such-file.js", "--outdir=out"}, status: 1},
}

// inputs are the small files to work on.
var inputs = map[string]string{
	"three.js":   "export * from './package/src/Three.js'\n",
	"small.ts":   "enum Colour { Red, Green = 5 }\nexport const f = <T,>(x: T): T[] => [x]\nconsole.log(Colour.Green, f('ü'))\n",
	"wrong.js":   "let a = 1\nlet a = 2\nfunction broken( {\n  return 1 +\n}\n",
	"missing.js": "import { nothing } from './nowhere/at-all'\nconsole.log(nothing)\n",
}

func run(archName string, w io.Writer) error {
	arch, err := testprog.Find(archName)
	if err != nil {
		return err
	}
	nbemu, err := testprog.Nbemu()
	if err != nil {
		return err
	}
	guest, err := npm.Esbuild("netbsd", arch.GOARCH)
	if err != nil {
		return err
	}
	native, err := npm.Esbuild(runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return err
	}
	three, err := npm.Three()
	if err != nil {
		return err
	}
	for name, text := range inputs {
		if err := os.WriteFile(filepath.Join(three, name), []byte(text), 0o666); err != nil {
			return err
		}
	}

	fmt.Fprintf(w, "esbuild %s for NetBSD/%s under nbemu, and for %s\n\n", npm.EsbuildVersion, arch.Name, runtime.GOOS)
	fmt.Fprintf(w, "%-34s %10s %10s %10s\n", "", "native", "nbemu", "output")
	var bad []string
	for _, c := range checks {
		want := c.run(three, []string{native})
		got := c.run(three, []string{nbemu, guest})
		verdict := "identical"
		if want.status != c.status {
			verdict = fmt.Sprintf("the host's esbuild ended with status %d, not %d", want.status, c.status)
			bad = append(bad, fmt.Sprintf("%s: %s\n%s", c.name, verdict, want.stderr))
		} else if diff := got.differs(want); diff != "" {
			verdict = "DIFFERENT"
			bad = append(bad, c.name+": "+diff)
		}
		fmt.Fprintf(w, "%-34s %8.0fms %8.0fms %10s  %s\n", c.name, ms(want.elapsed), ms(got.elapsed), size(want.bytes()), verdict)
	}
	if bad != nil {
		return errors.New(strings.Join(bad, "\nesbuild: "))
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func size(n int) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f kB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}

// outcome is all that a run leaves behind.
type outcome struct {
	status         int
	stdout, stderr string
	files          map[string][]byte
	elapsed        time.Duration
}

func (o outcome) bytes() int {
	n := len(o.stdout) + len(o.stderr)
	for _, data := range o.files {
		n += len(data)
	}
	return n
}

func (c check) run(dir string, command []string) outcome {
	out := filepath.Join(dir, "out")
	os.RemoveAll(out)
	defer os.RemoveAll(out)
	var stdout, stderr bytes.Buffer
	command = append(slices.Clone(command), c.args...)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if c.stdin != "" {
		in, err := os.Open(filepath.Join(dir, c.stdin))
		if err != nil {
			return outcome{status: -1, stderr: err.Error()}
		}
		defer in.Close()
		cmd.Stdin = in
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return outcome{status: -1, stderr: err.Error()}
	}
	// A hang must not hang us.
	kill := time.AfterFunc(5*time.Minute, func() { cmd.Process.Kill() })
	cmd.Wait()
	kill.Stop()
	o := outcome{status: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String(),
		files: map[string][]byte{}, elapsed: time.Since(start)}
	filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if data, err := os.ReadFile(path); err == nil {
				o.files[strings.TrimPrefix(path, out)] = data
			}
		}
		return nil
	})
	return o
}

// differs tells the first difference from what is wanted, or nothing.
func (o outcome) differs(want outcome) string {
	switch {
	case o.status != want.status:
		return fmt.Sprintf("exit status %d, want %d\n%s", o.status, want.status, hosttools.Tail(o.stderr, 20))
	case o.stderr != want.stderr:
		return fmt.Sprintf("standard error:\n%s\nwant:\n%s", o.stderr, want.stderr)
	case o.stdout != want.stdout:
		return "standard output: " + firstDifference([]byte(o.stdout), []byte(want.stdout))
	}
	for name, data := range want.files {
		got, ok := o.files[name]
		if !ok {
			return "no file " + name
		}
		if !bytes.Equal(got, data) {
			return "file " + name + ": " + firstDifference(got, data)
		}
	}
	if len(o.files) != len(want.files) {
		return fmt.Sprintf("%d files, want %d", len(o.files), len(want.files))
	}
	return ""
}

func firstDifference(got, want []byte) string {
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	around := func(b []byte) []byte { return b[max(0, min(i-20, len(b))):min(len(b), i+40)] }
	return fmt.Sprintf("%d bytes, want %d; at byte %d: %q, want %q", len(got), len(want), i, around(got), around(want))
}
