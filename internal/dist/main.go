// Command dist makes what people install: for each system an archive, for Linux a Debian package besides, and their
// sums. The same commit makes the same bytes, whatever directory it lies in. The version is that of the tag.
//
// With -test it runs tests of packages for a system instead, under qemu-user where that is another machine.
package main

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func main() {
	names := flag.String("for", "linux/amd64,linux/arm64,darwin/arm64,darwin/amd64", "`systems` to make packages for")
	zig := flag.String("zig", "zig", "zig, the compiler for macOS")
	out := flag.String("o", "dist", "`directory` for the packages")
	test := flag.String("test", "", "run tests for a `system`; arguments are go test's")
	flag.Parse()
	if err := run(*names, *zig, *out, *test, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

func run(names, zig, out, test string, args []string) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "nbemu-dist-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	b := &builder{root: root, work: work, zig: zig, version: version()}
	if test != "" {
		t, err := find(test)
		if err != nil {
			return err
		}
		return b.test(t, args)
	}
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	s, err := when()
	if err != nil {
		return err
	}
	common, err := commonFiles(root)
	if err != nil {
		return err
	}
	var sums strings.Builder
	for _, name := range strings.Split(names, ",") {
		t, err := find(name)
		if err != nil {
			return err
		}
		program, err := b.build(t)
		if err != nil {
			return err
		}
		made, err := s.packages(t, b.version, program, common)
		if err != nil {
			return err
		}
		for _, f := range made {
			if err := os.WriteFile(filepath.Join(out, f.name), f.data, 0o666); err != nil {
				return err
			}
			fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(f.data), f.name)
		}
	}
	fmt.Print(sums.String())
	return os.WriteFile(filepath.Join(out, "SHA256SUMS"), []byte(sums.String()), 0o666)
}

// version is the newest tag's, with what git says of commits after it; without tags that of CHANGELOG.md's top.
func version() string {
	out, err := exec.Command("git", "describe", "--tags", "--match", "v[0-9]*", "--dirty").Output()
	if v := strings.TrimSpace(string(out)); err == nil && v != "" {
		return debVersion(v)
	}
	text, _ := os.ReadFile("CHANGELOG.md")
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "## "); ok {
			v, more, _ := strings.Cut(strings.TrimSpace(rest), " ")
			if more != "" {
				v += "~dev" // before the release, to dpkg
			}
			return v
		}
	}
	return "0"
}

// debVersion makes git's description a version that sorts as it should: v1.2.0-3-gabc is 1.2.0+3.gabc.
func debVersion(v string) string {
	v = strings.TrimPrefix(v, "v")
	v, dirty := strings.CutSuffix(v, "-dirty")
	if tag, rest, ok := strings.Cut(v, "-"); ok {
		v = tag + "+" + strings.ReplaceAll(rest, "-", ".")
	}
	if dirty {
		v += "+dirty"
	}
	return v
}

// when is the time of the packages: SOURCE_DATE_EPOCH, or the commit's.
func when() (stamp, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		out, err := exec.Command("git", "log", "-1", "--format=%ct").Output()
		if err != nil {
			return stamp{}, fmt.Errorf("SOURCE_DATE_EPOCH is not set, and git does not know: %w", err)
		}
		text = string(bytes.TrimSpace(out))
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return stamp{time.Unix(n, 0).UTC()}, err
}

// commonFiles are those that are the same for all systems, as they lie below a prefix.
func commonFiles(root string) ([]file, error) {
	var files []file
	for name, args := range map[string][]string{
		"share/man/man1/nbemu.1":                     {"help", "man"},
		"share/bash-completion/completions/nbemu":    {"completion", "bash"},
		"share/zsh/site-functions/_nbemu":            {"completion", "zsh"},
		"share/fish/vendor_completions.d/nbemu.fish": {"completion", "fish"},
	} {
		out, err := exec.Command(filepath.Join(root, "bin", "nbemu"), args...).Output()
		if err != nil {
			return nil, fmt.Errorf("bin/nbemu %s: %w", strings.Join(args, " "), err)
		}
		files = append(files, file{name, out, 0o644})
	}
	docs, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		return nil, err
	}
	for _, path := range append(docs, filepath.Join(root, "README.md"), filepath.Join(root, "CHANGELOG.md"), filepath.Join(root, "LICENSE")) {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return nil, err
		}
		files = append(files, file{"share/doc/nbemu/" + filepath.ToSlash(rel), data, 0o644})
	}
	return files, nil
}

// packages are those of one system.
func (s stamp) packages(t *target, version string, program []byte, common []file) ([]file, error) {
	files := append([]file{{"bin/nbemu", program, 0o755}}, common...)
	base := fmt.Sprintf("nbemu-%s-%s-%s", version, t.goos, t.goarch)
	data, err := s.tarball(base+"/", files)
	if err != nil {
		return nil, err
	}
	made := []file{{base + ".tar.gz", data, 0o644}}
	if t.goos != "linux" {
		return made, nil
	}
	deb, err := s.debian(t, version, files)
	return append(made, file{fmt.Sprintf("nbemu_%s_%s.deb", version, t.goarch), deb, 0o644}), err
}
