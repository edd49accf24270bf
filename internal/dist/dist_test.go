package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nbemu/internal/testprog"
)

var someTime = stamp{time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)}

func somePackages(t *testing.T) []file {
	t.Helper()
	common := []file{{"share/man/man1/nbemu.1", []byte(".Dd\n"), 0o644}, {"share/zsh/site-functions/_nbemu", []byte("#compdef\n"), 0o644},
		{"share/doc/nbemu/LICENSE", []byte("GPL\n"), 0o644}, {"share/doc/nbemu/docs/EXEC.md", []byte("odd\n\n"), 0o644}}
	made, err := someTime.packages(&targets[0], "1.2.0", []byte("the program"), common)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// names lists an archive.
func names(t *testing.T, data []byte) (out []string) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || !h.ModTime.Equal(someTime.Time) {
			t.Errorf("%s: %d/%d, %v", h.Name, h.Uid, h.Gid, h.ModTime)
		}
		out = append(out, h.Name)
	}
}

func TestPackages(t *testing.T) {
	made, again := somePackages(t), somePackages(t)
	for i := range made {
		if !bytes.Equal(made[i].data, again[i].data) {
			t.Errorf("%s: the second time it is another", made[i].name)
		}
	}
	if made[0].name != "nbemu-1.2.0-linux-amd64.tar.gz" || made[1].name != "nbemu_1.2.0_amd64.deb" {
		t.Errorf("names: %s, %s", made[0].name, made[1].name)
	}
	got := strings.Join(names(t, made[0].data), " ")
	const base = "nbemu-1.2.0-linux-amd64/"
	if !strings.HasPrefix(got, base+"bin/ "+base+"bin/nbemu "+base+"share/ ") || !strings.Contains(got, base+"share/doc/nbemu/docs/EXEC.md") {
		t.Errorf("archive: %s", got)
	}
}

// dpkg itself takes the package, and finds the files.
func TestDeb(t *testing.T) {
	dpkg, err := exec.LookPath("dpkg-deb")
	if err != nil {
		t.Skip("dpkg-deb is not there")
	}
	deb := filepath.Join(t.TempDir(), "x.deb")
	if err := os.WriteFile(deb, somePackages(t)[1].data, 0o666); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"--field Version":      "1.2.0\n",
		"--field Architecture": "amd64\n",
		"--contents":           "-rwxr-xr-x root/root        11 2026-03-01 12:00 ./usr/bin/nbemu\n",
	} {
		words := strings.Fields(args)
		cmd := exec.Command(dpkg, append([]string{words[0], deb}, words[1:]...)...)
		cmd.Env = append(os.Environ(), "TZ=UTC")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v, %s", args, err, out)
		}
	}
	dir := t.TempDir()
	if out, err := exec.Command(dpkg, "--extract", deb, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{"bin/nbemu", "share/man/man1/nbemu.1.gz", "share/zsh/vendor-completions/_nbemu", "share/doc/nbemu/copyright"} {
		if _, err := os.Stat(filepath.Join(dir, "usr", name)); err != nil {
			t.Error(err)
		}
	}
	// dpkg installs it, into a root of its own.
	root := t.TempDir()
	for _, name := range []string{"info", "updates"} {
		if err := os.MkdirAll(filepath.Join(root, "var/lib/dpkg", name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"status", "available"} {
		if err := os.WriteFile(filepath.Join(root, "var/lib/dpkg", name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if os.Getuid() == 0 {
		cmd := exec.Command("dpkg", "--root="+root, "--force-architecture", "--log=/dev/null", "--install", deb)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		out, err := exec.Command("dpkg", "--root="+root, "--status", "nbemu").CombinedOutput()
		if err != nil || !strings.Contains(string(out), "Status: install ok installed") {
			t.Errorf("%v: %s", err, out)
		}
		if b, err := os.ReadFile(filepath.Join(root, "usr/bin/nbemu")); err != nil || string(b) != "the program" {
			t.Errorf("%q, %v", b, err)
		}
	}
	// What is installed is what the sums say.
	if out, err := exec.Command(dpkg, "--control", deb, filepath.Join(dir, "DEBIAN")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command("md5sum", "--check", "--strict", "--quiet", filepath.Join("DEBIAN", "md5sums"))
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// Debian's own checker finds nothing wrong but what is known: nobody has an address, and the test's program is none.
func TestLintian(t *testing.T) {
	lintian, err := exec.LookPath("lintian")
	if err != nil {
		t.Skip("lintian is not there")
	}
	root := testprog.Root()
	page, err := os.ReadFile(filepath.Join(root, "cmd", "nbemu", "nbemu.1"))
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	common := []file{{"share/man/man1/nbemu.1", page, 0o644}, {"share/doc/nbemu/README.md", []byte("# nbemu\n"), 0o644},
		{"share/doc/nbemu/LICENSE", []byte("GPL\n"), 0o644}, {"share/bash-completion/completions/nbemu", []byte("complete -F _nbemu nbemu\n"), 0o644}}
	made, err := someTime.packages(&targets[0], "1.2.0", program, common)
	if err != nil {
		t.Fatal(err)
	}
	deb := filepath.Join(t.TempDir(), made[1].name)
	if err := os.WriteFile(deb, made[1].data, 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(lintian, "--allow-root", "--no-cfg", "--tag-display-limit", "0", deb).CombinedOutput()
	if _, ran := err.(*exec.ExitError); err != nil && !ran {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		known := strings.Contains(line, "bogus-mail-host") || strings.Contains(line, "[usr/bin/nbemu]")
		if (strings.HasPrefix(line, "E: ") || strings.HasPrefix(line, "W: ")) && !known {
			t.Error(strings.TrimSpace(line))
		}
	}
	if !strings.Contains(string(out), "bogus-mail-host") {
		t.Errorf("lintian has not looked: %s", out)
	}
}

func TestDebVersion(t *testing.T) {
	for v, want := range map[string]string{"v1.2.0": "1.2.0", "v1.2.0-3-gabc1234": "1.2.0+3.gabc1234", "v0.1.0-dirty": "0.1.0+dirty"} {
		if got := debVersion(v); got != want {
			t.Errorf("%s: %s, want %s", v, got, want)
		}
	}
}
