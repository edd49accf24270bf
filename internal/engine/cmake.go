package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"nbemu/internal/hosttools"
)

// cmakeLog is the file in the work directory that gets CMake's and the
// compiler's output.
const cmakeLog = "build.log"

// make builds the libraries and puts them into b.lib.
func (b *build) make(cache string) error {
	if err := needBuildTools(b.tools); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(b.shims, "CMakeLists.txt")); err != nil {
		return fmt.Errorf("our part of the engine: %w", err)
	}
	src, obj := filepath.Join(b.work, "src"), filepath.Join(b.work, "obj")
	if err := lock(cache); err != nil {
		return err
	}
	// CMake wants the sources of a work directory at one place for ever; with a
	// copy of ours there, checkouts can come and go.
	if err := syncDir(src, b.shims); err != nil {
		return err
	}
	if err := prepareObjects(obj); err != nil {
		return err
	}
	logFile, err := os.Create(filepath.Join(b.work, cmakeLog))
	if err != nil {
		return err
	}
	defer logFile.Close()

	start := time.Now()
	fmt.Printf("engine: building libunicorn for %s%s (once; kept in %s)\n", strings.Join(arches(), ", "), b.tools.where(), b.lib)
	configure := []string{"-S", src, "-B", obj, "-G", "Unix Makefiles",
		"-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_C_COMPILER=" + b.tools.cc,
		"-DUNICORN_SRC=" + b.unicorn, "-DUNICORN_ARCH=" + strings.Join(arches(), ";"),
		"-DBUILD_SHARED_LIBS=OFF", "-DUNICORN_LEGACY_STATIC_ARCHIVE=OFF",
		"-DUNICORN_BUILD_TESTS=OFF", "-DUNICORN_INSTALL=OFF", "-DNB_DEFINES=" + os.Getenv(definesVar), "--no-warn-unused-cli"}
	configure = append(configure, b.tools.cmakeArgs()...)
	headers := readHeaders(obj)
	if err := b.cmake(logFile, io.Discard, configure...); err != nil {
		return err
	}
	headers.restoreTimes()
	// A configuration that fails inside does not make CMake fail.
	if _, err := os.Stat(filepath.Join(obj, "config-host.h")); err != nil {
		text, _ := os.ReadFile(logFile.Name())
		return fmt.Errorf("configuring Unicorn failed; the end of %s:\n%s", logFile.Name(), failureLines(string(text)))
	}
	p := newProgress(os.Stdout)
	err = b.cmake(logFile, p, "--build", obj, "--parallel", fmt.Sprint(b.jobs))
	p.done()
	if err != nil {
		return err
	}
	if err := b.collect(obj); err != nil {
		return err
	}
	fmt.Printf("engine: built in %.0f s\n", time.Since(start).Seconds())
	return nil
}

// prepareObjects makes the directory of objects, or empties it when it was
// made at another place: CMake refuses a cache directory that was moved or copied.
func prepareObjects(obj string) error {
	text, err := os.ReadFile(filepath.Join(obj, "CMakeCache.txt"))
	if err == nil && !slices.Contains(strings.Split(string(text), "\n"), "CMAKE_CACHEFILE_DIR:INTERNAL="+obj) {
		if err := os.RemoveAll(obj); err != nil {
			return err
		}
	}
	return os.MkdirAll(obj, 0o777)
}

// cmake runs CMake with its output in the log; on failure the error holds the
// part of the log that tells why.
func (b *build) cmake(log *os.File, progress io.Writer, args ...string) error {
	cmd := exec.Command("cmake", args...)
	for _, v := range os.Environ() {
		// A make above us has its own idea of jobs and flags.
		if !strings.HasPrefix(v, "MAKE") && !strings.HasPrefix(v, "MFLAGS=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	// Unicorn's configuration insists on pkg-config and asks it nothing that a
	// build without extras needs; any program that says nothing will do.
	cmd.Env = append(cmd.Env, "PKG_CONFIG=true")
	cmd.Env = append(cmd.Env, b.tools.cmakeEnv()...)
	var out bytes.Buffer
	sinks := []io.Writer{log, &out, progress}
	if b.verbose {
		sinks = []io.Writer{log, &out, os.Stdout}
	}
	cmd.Stdout = io.MultiWriter(sinks...)
	cmd.Stderr = cmd.Stdout
	if err := cmd.Run(); err != nil {
		// The person knows the files in the checkout, not their copy.
		text := strings.ReplaceAll(out.String(), filepath.Join(b.work, "src"), b.shims)
		return fmt.Errorf("cmake failed (%w); the end of %s:\n%s", err, log.Name(), failureLines(text))
	}
	return nil
}

var compileError = regexp.MustCompile(`(?i)\berror\b[ :]|undefined reference|No rule to make`)
var makeLine = regexp.MustCompile(`^g?make(\[\d+\])?: .*Error \d+$`)

// failureLines picks what matters from the output of a failed build: with
// several compilers running, the message is often far above the end.
func failureLines(text string) string {
	const context, most = 4, 40
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	var picked []string
	last := -1
	for i, line := range lines {
		if !compileError.MatchString(line) || makeLine.MatchString(line) {
			continue
		}
		for j := max(i, last+1); j < min(i+context, len(lines)) && len(picked) < most; j++ {
			picked = append(picked, "  "+lines[j])
			last = j
		}
	}
	if len(picked) == 0 {
		return "  " + strings.ReplaceAll(hosttools.Tail(text, 20), "\n", "\n  ")
	}
	return strings.Join(picked, "\n")
}

// headers are generated headers as they were before CMake's configuration step.
// Unicorn's writes all of them anew each time; with their old times given back
// to those that did not change, a build compiles only what it must.
type headers map[string]header

type header struct {
	data []byte
	time time.Time
}

func readHeaders(dir string) headers {
	found := headers{}
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".h" {
			return nil
		}
		fi, err := d.Info()
		if err != nil {
			return nil
		}
		if data, err := os.ReadFile(path); err == nil {
			found[path] = header{data, fi.ModTime()}
		}
		return nil
	})
	return found
}

func (h headers) restoreTimes() {
	for path, old := range h {
		if data, err := os.ReadFile(path); err == nil && bytes.Equal(data, old.data) {
			os.Chtimes(path, old.time, old.time)
		}
	}
}

// syncDir makes dst a copy of src, writing only files that differ, so that make
// sees the time of the last real change.
func syncDir(dst, src string) error {
	names, err := shimFiles(src)
	if err != nil {
		return err
	}
	want := map[string]bool{}
	for _, name := range names {
		want[name] = true
		data, err := os.ReadFile(filepath.Join(src, name))
		if err != nil {
			return err
		}
		to := filepath.Join(dst, name)
		if old, err := os.ReadFile(to); err == nil && bytes.Equal(old, data) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(to, data, 0o666); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dst, 0o777); err != nil {
		return err
	}
	have, err := shimFiles(dst)
	if err != nil {
		return err
	}
	for _, name := range have {
		if !want[name] {
			os.Remove(filepath.Join(dst, name))
		}
	}
	return nil
}

// progress shows make's percentages: on one line of a terminal, or as a line
// every ten per cent elsewhere.
type progress struct {
	out      *os.File
	terminal bool
	pipe     *io.PipeWriter
	ended    chan struct{}
}

var percent = regexp.MustCompile(`^\[ *(\d+)%\]`)

func newProgress(out *os.File) *progress {
	r, w := io.Pipe()
	fi, err := out.Stat()
	p := &progress{out: out, terminal: err == nil && fi.Mode()&os.ModeCharDevice != 0, pipe: w, ended: make(chan struct{})}
	go p.follow(r)
	return p
}

func (p *progress) Write(b []byte) (int, error) { return p.pipe.Write(b) }

func (p *progress) done() {
	p.pipe.Close()
	<-p.ended
}

func (p *progress) follow(r io.Reader) {
	defer close(p.ended)
	shown := 0
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		m := percent.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		var n int
		fmt.Sscan(m[1], &n)
		switch {
		case p.terminal && n > shown:
			fmt.Fprintf(p.out, "\rengine: %3d %%", n)
			shown = n
		case !p.terminal && n >= shown+10:
			fmt.Fprintf(p.out, "engine: %d %%\n", n)
			shown = n
		}
	}
	io.Copy(io.Discard, r) // a line too long to scan must not block the build
	if p.terminal && shown > 0 {
		fmt.Fprint(p.out, "\r\033[K")
	}
}
