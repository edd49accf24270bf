package main_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// snapshot describes a directory of the host's.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := d.Info()
		if err == nil {
			out = append(out, fmt.Sprint(p, fi.Mode(), fi.Size(), fi.ModTime()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "\n")
}

// -overlay: one root that is only read, with its METALOG, under machines that each have their own changes, run by its
// owner and by somebody else.
func TestOverlay(t *testing.T) {
	prog, err := os.ReadFile(guestProgram(t, "execer"))
	if err != nil {
		t.Fatal(err)
	}
	runners := map[string]func(args ...string) ended{"the owner": func(args ...string) ended { t.Helper(); return runNbemu(t, args...) }}
	if os.Getuid() == 0 {
		runners["another user"] = asNobody(t)
	}
	for who, run := range runners {
		t.Run(who, func(t *testing.T) {
			dir, err := os.MkdirTemp("", "nbemu-overlay-test")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			_ = os.Chmod(dir, 0o777)
			low := filepath.Join(dir, "low")
			for _, d := range []string{low, filepath.Join(low, "etc"), filepath.Join(low, "tmp")} {
				if err := os.Mkdir(d, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			writeFile(t, filepath.Join(low, "x"), prog, 0o755)
			writeFile(t, filepath.Join(low, "etc/f"), []byte("first\n"), 0o644)
			writeFile(t, filepath.Join(low, "etc/private"), []byte("private\n"), 0o644)
			writeFile(t, filepath.Join(dir, "METALOG"), []byte("/set uid=0 gid=0\n./etc/private uid=7 gid=8 mode=0640\n./tmp mode=1777\n"), 0o644)
			before := snapshot(t, low)
			metalog, _ := os.ReadFile(filepath.Join(dir, "METALOG"))
			const user = "-uid 5 -gid 5"
			for _, c := range []struct{ overlay, flags, words, want string }{
				{"one", "-root-user", "cat /etc/f", "first"},
				{"one", "-root-user", "write /etc/f", ""},
				{"one", "-root-user", "y 128 /etc/f /etc/g", "result 0"},
				{"one", "-root-user", "cat /etc/g", "first"},
				{"two", "-root-user", "cat /etc/f", "first"},
				{"two", "-root-user", "unlink /etc/f", ""},
				{"two", "-root-user", "cat /etc/f", "error 2"},
				{"one", "-root-user", "cat /etc/f", "error 2"},
				{"one", "-root-user", "y 128 /etc/g /etc/f", "result 0"},
				{"one", user, "cat /etc/private", "error 13"},
				{"one", user, "write /etc/f", "error 13"},
				{"one", user, "unlink /etc/f", "error 13"},
				{"one", user, "y 136 /tmp/mine 0700", "result 0"},
				{"one", "-uid 6 -gid 6", "y 137 /tmp/mine", "error 1"},
				{"one", "-uid 6 -gid 6", "y 136 /tmp/mine/x 0700", "error 13"},
				{"one", user, "y 137 /tmp/mine", "result 0"},
				{"one", "-root-user", "y 15 /etc/private 0600", "result 0"},
				{"one", "-uid 7 -gid 7", "cat /etc/private", "private"},
				{"one", "-uid 9 -gid 8", "cat /etc/private", "error 13"},
				{"two", "-uid 9 -gid 8", "cat /etc/private", "private"},
				{"-", "-root-user", "unlink /etc/f", ""},
				{"-", "-root-user", "cat /etc/f", "first"},
			} {
				overlay := c.overlay
				if overlay != "-" {
					overlay = filepath.Join(dir, overlay)
				}
				args := append([]string{"-chroot", low, "-metadata", filepath.Join(dir, "METALOG"), "-overlay", overlay}, strings.Fields(c.flags)...)
				e := run(append(append(args, "/x"), strings.Fields(c.words)...)...)
				if !strings.Contains(e.stdout+e.stderr, c.want) {
					t.Errorf("-overlay %s %s: %s: %+v, want %s", c.overlay, c.flags, c.words, e, c.want)
				}
			}
			if after := snapshot(t, low); after != before {
				t.Errorf("the root was changed:\n%s\nit was\n%s", after, before)
			}
			if now, _ := os.ReadFile(filepath.Join(dir, "METALOG")); string(now) != string(metalog) {
				t.Errorf("METALOG was changed: %s", now)
			}
		})
	}
}

// With -L the root is what is kept from changes; the user's own files are the user's.
func TestOverlayL(t *testing.T) {
	dir, _ := guestRoot(t)
	host := t.TempDir()
	before := snapshot(t, dir)
	overlay := filepath.Join(t.TempDir(), "changes")
	run := func(words string) string {
		t.Helper()
		e := runNbemu(t, append([]string{"-L", dir, "-overlay", overlay, "/x"}, strings.Fields(words)...)...)
		return e.stdout + e.stderr
	}
	for _, c := range []struct{ words, want string }{
		{"y 136 /only-here 0755", "result 0"}, {"y 137 /only-here", "result 0"},
		{"y 136 " + dir + "/by-its-path 0755", "result 0"}, {"y 137 /by-its-path", "result 0"},
		{"y 136 " + host + "/real 0755", "result 0"}, {"unlink /x", ""}, {"cat /x", "/x: No such file"},
	} {
		if got := run(c.words); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %s", c.words, got, c.want)
		}
	}
	if after := snapshot(t, dir); after != before {
		t.Errorf("the root was changed:\n%s\nit was\n%s", after, before)
	}
	if _, err := os.Stat(filepath.Join(host, "real")); err != nil {
		t.Error(err)
	}
}

// What is asked for in vain is said in a line.
func TestOverlayErrors(t *testing.T) {
	dir, _ := guestRoot(t)
	file := filepath.Join(t.TempDir(), "file")
	writeFile(t, file, nil, 0o644)
	for _, c := range []struct {
		args []string
		word string
	}{
		{[]string{"-overlay", t.TempDir(), "/x"}, "root"},
		{[]string{"-chroot", dir, "-overlay", filepath.Join(dir, "in"), "/x"}, "is in the root"},
		{[]string{"-chroot", dir, "-overlay", filepath.Dir(dir), "/x"}, "the root is in"},
		{[]string{"-chroot", dir, "-overlay", file, "/x"}, "-overlay"},
		{[]string{"-chroot", dir, "-overlay", "/no/such/place", "/x"}, "/no/such/place"},
	} {
		e := runNbemu(t, c.args...)
		if e.status != 126 {
			t.Errorf("%q: status %d", c.args, e.status)
		}
		checkOneLine(t, e.stderr, c.word)
	}
}
