// Command demo shows what nbemu does: it builds a few programs for NetBSD, runs
// them under bin/nbemu, and holds what they say against the same programs built
// for the host. "make demo" runs it.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"nbemu/internal/testprog"
)

func main() {
	if err := demo(); err != nil {
		fmt.Fprintln(os.Stderr, "\ndemo:", err)
		os.Exit(1)
	}
}

const ugly = `package main
import "fmt"
func main() {
for i:=0;i<3;i++ { fmt.Println( i,"times" ) }
}
`

// plain is a program without imports, for a compiler without a library.
const plain = `package main

type point struct{ x, y int }

func sum(points []point) (s int) {
	for _, p := range points {
		s += p.x * p.y
	}
	return s
}

func main() { println(sum([]point{{1, 2}, {3, 4}})) }
`

type stage struct {
	nbemu string
	dir   string
	arch  testprog.Arch
	steps int
}

func demo() error {
	arch, err := testprog.Find("amd64")
	if err != nil {
		return err
	}
	nbemu, err := testprog.Nbemu()
	if err != nil {
		return err
	}
	dir, err := testprog.BuildDir("demo")
	if err != nil {
		return err
	}
	s := &stage{nbemu: nbemu, dir: dir, arch: arch}
	for name, text := range map[string]string{"ugly.go": ugly, "plain.go": plain} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			return err
		}
	}

	s.title("A Go program, built for NetBSD, that says where it is")
	if err := s.build("hello", "./testdata/go/hello"); err != nil {
		return err
	}
	out, err := s.run("hello", "one", "two words")
	if err != nil {
		return err
	}
	if !strings.Contains(string(out), "netbsd/") {
		return errors.New("it should know that it is on NetBSD")
	}

	s.title("Goroutines, channels, garbage collection, timers, a nil pointer")
	if err := s.compare("workers", "./testdata/go/workers"); err != nil {
		return err
	}

	s.title("gofmt, from the Go distribution, tidies a file")
	if err := s.compare("gofmt", "cmd/gofmt", "ugly.go"); err != nil {
		return err
	}

	s.title("The Go compiler itself compiles a program")
	if err := s.compare("compile", "cmd/compile", "-p", "main", "-complete", "-trimpath", "", "-o", "plain.o", "plain.go"); err != nil {
		return err
	}

	s.title("esbuild, as its makers ship it for NetBSD on npm, bundles a large package")
	cmd := exec.Command("go", "run", "./internal/esbuild")
	cmd.Dir = testprog.Root()
	cmd.Stdout, cmd.Stderr = indent{os.Stdout}, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("esbuild: %w", err)
	}

	s.title("A root of NetBSD's own: two binary sets unpacked by any user, and a shell in it")
	if err := s.root(); err != nil {
		return err
	}

	fmt.Printf("\nAll of this was NetBSD code. To run a program of your own: bin/nbemu PROGRAM [ARGUMENT...]\n")
	return nil
}

func (s *stage) title(text string) {
	s.steps++
	bold, plain := "", ""
	if fi, err := os.Stdout.Stat(); err == nil && fi.Mode()&os.ModeCharDevice != 0 {
		bold, plain = "\033[1m", "\033[0m"
	}
	fmt.Printf("\n%s%d. %s%s\n", bold, s.steps, text, plain)
}

// build makes a NetBSD program.
func (s *stage) build(name, pkg string) error {
	note := time.AfterFunc(3*time.Second, func() {
		fmt.Println("   (building it; this takes a minute the first time)")
	})
	defer note.Stop()
	return testprog.Go(s.arch, testprog.NetBSD, filepath.Join(s.dir, name), pkg)
}

// run runs a NetBSD program under nbemu and shows it as a person would type it.
func (s *stage) run(name string, args ...string) ([]byte, error) {
	fmt.Printf("   $ bin/nbemu %s\n", strings.Join(append([]string{name}, quoted(args)...), " "))
	start := time.Now()
	out, err := s.output(append([]string{s.nbemu, "./" + name}, args...))
	indent{os.Stdout}.Write(out)
	if err != nil {
		return out, fmt.Errorf("%s: %w", name, err)
	}
	fmt.Printf("   (%.2f s)\n", time.Since(start).Seconds())
	return out, nil
}

func (s *stage) output(command []string) ([]byte, error) {
	var out bytes.Buffer
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "GOOS=netbsd", "GOARCH="+s.arch.GOARCH)
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.Bytes(), err
}

// compare runs a program for NetBSD under nbemu, and the host's build of the
// same, which must say and write the same.
func (s *stage) compare(name, pkg string, args ...string) error {
	if err := s.build(name, pkg); err != nil {
		return err
	}
	hostArch := testprog.Arch{Name: runtime.GOARCH, GOARCH: runtime.GOARCH}
	if err := testprog.Go(hostArch, testprog.OS(runtime.GOOS), filepath.Join(s.dir, name+".host"), pkg); err != nil {
		return err
	}
	written := filepath.Join(s.dir, "plain.o")
	os.Remove(written)
	want, err := s.output(append([]string{"./" + name + ".host"}, args...))
	if err != nil {
		return fmt.Errorf("%s on the host: %w\n%s", name, err, want)
	}
	wantFile, _ := os.ReadFile(written)
	os.Remove(written)
	got, err := s.run(name, args...)
	if err != nil {
		return err
	}
	gotFile, _ := os.ReadFile(written)
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%s says something else than on the host:\n%s", name, want)
	}
	if !bytes.Equal(gotFile, wantFile) {
		return fmt.Errorf("%s writes something else than on the host (%d bytes, not %d)", name, len(gotFile), len(wantFile))
	}
	what := "same output"
	if wantFile != nil {
		what = fmt.Sprintf("same object file (%d bytes)", len(wantFile))
	}
	fmt.Printf("   %s as natively on %s\n", what, runtime.GOOS)
	return nil
}

func quoted(args []string) []string {
	var all []string
	for _, a := range args {
		if a == "" || strings.ContainsAny(a, " '\"") {
			a = "'" + a + "'"
		}
		all = append(all, a)
	}
	return all
}

// indent writes lines with some space before each.
type indent struct{ out *os.File }

func (w indent) Write(text []byte) (int, error) {
	for line := range bytes.Lines(text) {
		if len(bytes.TrimSpace(line)) > 0 {
			line = append([]byte("   "), line...)
		}
		if _, err := w.out.Write(line); err != nil {
			return 0, err
		}
	}
	return len(text), nil
}
