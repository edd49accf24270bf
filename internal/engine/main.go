// Command engine builds the CPU emulator that nbemu links: libunicorn from the
// module that go.mod pins, together with our own C files in cpu/engine, as
// static libraries in the user's cache directory. It then writes cpu/zz_lib.go,
// which tells cgo where they are.
//
// A build is identified by a hash over everything that goes into it (module,
// C files, compiler, architectures), and the directory of the finished
// libraries carries that hash in its name. So a run with nothing to do only
// computes the hash, several checkouts can share the cache, and a changed
// library always has a changed path, without which the Go build cache would
// not notice that it has to link again.
package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// module is the Go module that carries Unicorn's C source; go.mod has its version.
const module = "github.com/unicorn-engine/unicorn"

// targets lists the guest architectures to build, by Unicorn's names, each
// with the libraries that Unicorn makes for it. A new guest architecture
// needs a line here and nothing else in this program. Unicorn makes the
// libraries of an architecture together, and its own library wants all of them.
var targets = []struct {
	arch string
	libs []string
}{
	{"x86", []string{"x86_64-softmmu"}},
	{"arm", []string{"arm-softmmu"}},
	{"aarch64", []string{"aarch64-softmmu"}},
	{"mips", []string{"mips-softmmu", "mipsel-softmmu", "mips64-softmmu", "mips64el-softmmu"}},
	{"sparc", []string{"sparc-softmmu", "sparc64-softmmu"}},
	{"ppc", []string{"ppc-softmmu", "ppc64-softmmu"}},
	{"riscv", []string{"riscv32-softmmu", "riscv64-softmmu"}},
	{"m68k", []string{"m68k-softmmu"}},
}

// recipe is part of the hash: raise it when this program builds differently.
const recipe = "2"

func main() {
	log := flag.Bool("v", false, "show the whole output of the build instead of its progress")
	jobs := flag.Int("j", runtime.NumCPU(), "number of compilers to run at the same time")
	dir := flag.String("dir", "", "root of the nbemu source tree (default: the one around the current directory)")
	keep := flag.Int("keep", 30, "remove builds in the cache that were not used for this many days")
	target := flag.String("for", "", "build a release for `system`, as linux/arm64, with the compiler of -cc")
	cc := flag.String("cc", "", "C compiler for -for, a `command` with its arguments")
	out := flag.String("o", "", "write what cgo needs to `file` instead of "+goFile+", and print the compiler for cgo")
	flag.Parse()
	b := build{jobs: *jobs, verbose: *log, goFile: *out}
	if err := b.run(*dir, *target, *cc, *keep); err != nil {
		fmt.Fprintln(os.Stderr, "engine:", err)
		os.Exit(1)
	}
}

// build is one engine: what goes into it and where it comes to lie.
type build struct {
	root    string // nbemu's source tree
	shims   string // cpu/engine in it: our CMakeLists.txt and C files
	unicorn string // directory of the Unicorn module
	tools   *toolchain
	goFile  string // what is written for cgo
	work    string // CMake's directory, kept between builds
	lib     string // finished libraries
	jobs    int
	verbose bool
}

func (b *build) run(root, target, cc string, keepDays int) error {
	root, err := sourceRoot(root)
	if err != nil {
		return err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return fmt.Errorf("no cache directory: %w", err)
	}
	cache = filepath.Join(cache, "nbemu")
	if target != "" {
		b.tools, err = crossToolchain(target, cc, cache)
	} else {
		b.tools, err = hostToolchain(root)
	}
	if err != nil {
		return err
	}
	mod, err := download(root)
	if err != nil {
		return err
	}
	b.root, b.shims, b.unicorn = root, filepath.Join(root, "cpu", "engine"), mod.Dir
	hash, err := b.hash(mod)
	if err != nil {
		return err
	}
	b.lib = filepath.Join(cache, "engine-"+hash)
	// The work directory is shared by all builds of one Unicorn with one
	// compiler, so that a change of our own C files compiles those alone.
	b.work = filepath.Join(cache, "build-"+shortHash(mod.Sum, b.tools.id))

	if _, err := os.Stat(filepath.Join(b.lib, stampName)); errors.Is(err, fs.ErrNotExist) {
		if err := b.make(cache); err != nil {
			return err
		}
		prune(cache, keepDays, b.lib, b.work)
	} else if err != nil {
		return err
	}
	now := time.Now()
	os.Chtimes(filepath.Join(b.lib, stampName), now, now)
	if b.goFile != "" {
		fmt.Println(b.tools.cc)
	}
	return b.writeGo()
}

// sourceRoot returns the directory with nbemu's go.mod.
func sourceRoot(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for d := dir; ; d = filepath.Dir(d) {
		if data, err := os.ReadFile(filepath.Join(d, "go.mod")); err == nil {
			if strings.HasPrefix(strings.TrimSpace(string(data)), "module nbemu\n") {
				return d, nil
			}
		}
		if d == filepath.Dir(d) {
			return "", fmt.Errorf("%s is not in nbemu's source tree", dir)
		}
	}
}

type moduleInfo struct{ Version, Dir, Sum, Error string }

// download makes sure that Unicorn's source is in the module cache.
func download(root string) (moduleInfo, error) {
	var mod moduleInfo
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Dir = root
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if jsonErr := json.Unmarshal(out, &mod); jsonErr != nil && err == nil {
		err = jsonErr
	}
	if mod.Error != "" {
		return mod, fmt.Errorf("cannot download %s: %s", module, mod.Error)
	}
	if err != nil {
		return mod, fmt.Errorf("go mod download %s: %v\n%s", module, err, errs.String())
	}
	return mod, nil
}

// hash identifies the build by everything that goes into it.
func (b *build) hash(mod moduleInfo) (string, error) {
	parts := []string{recipe, mod.Version, mod.Sum, b.tools.id, strings.Join(arches(), ";")}
	for _, v := range flagVars {
		parts = append(parts, v+"="+os.Getenv(v))
	}
	names, err := shimFiles(b.shims)
	if err != nil {
		return "", err
	}
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(b.shims, name))
		if err != nil {
			return "", err
		}
		parts = append(parts, name, string(data))
	}
	return shortHash(parts...), nil
}

// flagVars are the environment variables that change what CMake builds.
var flagVars = []string{"CFLAGS", "CPPFLAGS", "LDFLAGS", "MACOSX_DEPLOYMENT_TARGET", definesVar}

// definesVar has names that x86's part of the engine is to be compiled with: make check-soft.
const definesVar = "NBEMU_ENGINE_DEFINES"

// shimFiles lists the files of cpu/engine, sorted. Editors' leavings don't count.
func shimFiles(dir string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(d.Name(), ".") || strings.HasSuffix(d.Name(), "~")
		switch {
		case d.IsDir() && hidden:
			return fs.SkipDir
		case d.Type().IsRegular() && !hidden:
			rel, err := filepath.Rel(dir, path)
			if err != nil {
				return err
			}
			names = append(names, rel)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("our part of the engine: %w", err)
	}
	return names, nil
}

func arches() []string {
	var names []string
	for _, t := range targets {
		names = append(names, t.arch)
	}
	return names
}

func shortHash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

// lock keeps two builds in one cache from getting into each other's way. It
// is given back when the process ends.
func lock(cache string) error {
	// Not an os.File, whose collection would close it and so release the lock.
	fd, err := syscall.Open(filepath.Join(cache, "lock"), syscall.O_CREAT|syscall.O_RDWR|syscall.O_CLOEXEC, 0o666)
	if err != nil {
		return err
	}
	if syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		return nil
	}
	fmt.Println("engine: waiting for another build of the engine to end")
	return syscall.Flock(fd, syscall.LOCK_EX)
}

// prune removes what was not used for so many days, except the named directories.
func prune(cache string, days int, except ...string) {
	var old []string
	for _, pattern := range []string{"engine-*/" + stampName, "build-*/" + cmakeLog} {
		found, _ := filepath.Glob(filepath.Join(cache, pattern))
		old = append(old, found...)
	}
next:
	for _, stamp := range old {
		dir := filepath.Dir(stamp)
		for _, e := range except {
			if dir == e {
				continue next
			}
		}
		if fi, err := os.Stat(stamp); err == nil && time.Since(fi.ModTime()) > time.Duration(days)*24*time.Hour {
			os.RemoveAll(dir)
		}
	}
}
