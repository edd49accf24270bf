package linux

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestEmulRootAfterChroot has programs of both systems change the root and start each other. Emulation roots are looked
// for anew by each exec (emulexec), below the root that the process has by then: the directory of -L is outside of it.
func TestEmulRootAfterChroot(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	top := t.TempDir()
	outer, inner := filepath.Join(top, "outer"), filepath.Join(top, "inner")
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(outer, "outer"), "")
	write(filepath.Join(inner, "emul", "linux", "inlinux"), "")
	for _, system := range []string{"netbsd", "linux"} {
		b, err := os.ReadFile(chainProgram(t, "hop", system+"/amd64"))
		if err != nil {
			t.Fatal(err)
		}
		write(filepath.Join(inner, system), string(b))
	}
	no := "no such file or directory"
	for _, c := range []struct {
		first, args string
		want        []string
	}{
		{"netbsd", "has=/outer root=" + inner + " has=/outer has=/inlinux exec=/netbsd has=/outer has=/inlinux exec=/linux has=/outer has=/inlinux exec=/netbsd has=/outer has=/inlinux",
			[]string{"netbsd: has=/outer: <nil>", "netbsd: root: <nil>", "netbsd: has=/outer: " + no, "netbsd: has=/inlinux: " + no,
				"netbsd: has=/outer: " + no, "netbsd: has=/inlinux: " + no,
				"linux: has=/outer: " + no, "linux: has=/inlinux: <nil>",
				"netbsd: has=/outer: " + no, "netbsd: has=/inlinux: " + no}},
		{"linux", "root=" + inner + " has=/outer has=/inlinux exec=/linux has=/outer has=/inlinux exec=/netbsd has=/outer",
			[]string{"linux: root: <nil>", "linux: has=/outer: " + no, "linux: has=/inlinux: " + no,
				"linux: has=/outer: " + no, "linux: has=/inlinux: <nil>", "netbsd: has=/outer: " + no}},
	} {
		t.Run(c.first, func(t *testing.T) {
			args := append([]string{"-root-user", "-L", outer, filepath.Join(inner, c.first)}, strings.Fields(c.args)...)
			out, err := exec.Command(nbemu, args...).CombinedOutput()
			got := strings.ReplaceAll(string(out), "stat ", "")
			for _, name := range []string{"/outer", "/inlinux"} {
				got = strings.ReplaceAll(got, ": "+name+": ", ": ")
			}
			got = strings.ReplaceAll(got, "root="+inner, "root")
			if want := strings.Join(c.want, "\n") + "\n"; err != nil || got != want {
				t.Errorf("%v\n%swant\n%s", err, got, want)
			}
		})
	}
}

// TestLinuxRoot: -L is where programs of Linux look first, too, as qemu-user's is; an emulation root comes before it, and
// is looked for in it.
func TestLinuxRoot(t *testing.T) {
	nbemu, hop := nbemuOrSkip(t), chainProgram(t, "hop", "linux/amd64")
	root := t.TempDir()
	write := func(name string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	has := func(name string, want bool) {
		t.Helper()
		out, err := exec.Command(nbemu, "-L", root, hop, "has="+name).CombinedOutput()
		if got := strings.Contains(string(out), "<nil>"); err != nil || got != want {
			t.Errorf("%s: %v %s", name, err, out)
		}
	}
	write("/first")
	has("/first", true)
	has("/etc/passwd", true) // the host's
	if _, err := os.Stat("/etc/ld.so.cache"); err == nil {
		has("/etc/ld.so.cache", true)
		write("/lib/ld-linux-x86-64.so.2") // from here on it is a Linux machine's root
		has("/etc/ld.so.cache", false)
	}
	write("/emul/linux/second")
	has("/second", true)
	has("/first", false)
	has("/etc/passwd", true)
}
