package vfs

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/kern"
)

// keepOwners makes a process of user 1000 in a directory of its own where an overlay keeps owners and modes, and the
// superuser's credentials.
func keepOwners(t *testing.T) (l *kern.LWP, root *kern.Cred) {
	t.Helper()
	dir := t.TempDir()
	l = testLWP(t, dir, dir, "")
	l.Proc.Cred = &kern.Cred{Ruid: 1000, Euid: 1000, Rgid: 1000, Egid: 1000}
	m, overlay, guest := tfs.metadata, tfs.Overlay, tfs.guest
	t.Cleanup(func() { tfs.metadata, tfs.Overlay, tfs.guest = m, overlay, guest })
	tfs.SetUsers(HostCred(), l.Proc.Cred)
	tfs.newMetadata("", "/").begin()
	root = &kern.Cred{}
	as(l, root, func() {
		if err := Chmod(l, abi.AT_FDCWD, "/", 0777, true); err != abi.OK {
			t.Fatal(err)
		}
	})
	return l, root
}

// as calls f with other credentials.
func as(l *kern.LWP, c *kern.Cred, f func()) {
	old := l.Proc.Cred
	l.Proc.Cred = c
	f()
	l.Proc.Cred = old
}

func newFile(t *testing.T, l *kern.LWP, name string) *kern.File {
	t.Helper()
	f, err := OpenFile(l, abi.AT_FDCWD, name, abi.O_RDWR|abi.O_CREAT|abi.O_EXCL, 0600)
	if err != abi.OK {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Unref(l) })
	return f
}

// TestKeptModes: where an overlay keeps modes, Linux's programs have Linux's rules for them too.
func TestKeptModes(t *testing.T) {
	for _, linux := range []bool{false, true} {
		l, root := keepOwners(t)
		l.Proc.Emul = &kern.Emul{LinuxModes: linux}
		f := newFile(t, l, "/f")
		is := func(what string, err abi.Errno, netbsdErr abi.Errno, netbsd, linuxMode uint32) {
			t.Helper()
			wantErr, want := netbsdErr, netbsd
			if linux {
				wantErr, want = abi.OK, linuxMode
			}
			var st abi.Stat
			if serr := f.Ops.Stat(l, f, &st); serr != abi.OK || err != wantErr || st.Mode&abi.ALLPERMS != want {
				t.Errorf("Linux %t: %s: %v, mode %o; want %v, %o", linux, what, err, st.Mode, wantErr, want)
			}
		}
		is("sticky", Chmod(l, abi.AT_FDCWD, "/f", 01640, true), abi.EFTYPE, 0600, 01640)
		is("fchmod, sticky", Fchmod(l, f, 01620), abi.EFTYPE, 0600, 01620)
		as(l, root, func() { is("chown", Chown(l, abi.AT_FDCWD, "/f", ^uint32(0), 77, true), abi.OK, 0600, 01620) })
		is("set-group-id for a foreign group", Chmod(l, abi.AT_FDCWD, "/f", 02700, true), abi.EPERM, 0600, 0700)
		as(l, root, func() {
			is("root's chmod", Fchmod(l, f, 06755), abi.OK, 06755, 06755)
			is("root's fchown", Fchown(l, f, ^uint32(0), 78), abi.OK, 06755, 0755)
			is("root's chmod", Fchmod(l, f, 06745), abi.OK, 06745, 06745)
			is("root's chown", Chown(l, abi.AT_FDCWD, "/f", ^uint32(0), 1000, true), abi.OK, 06745, 02745)
		})
		is("an owner's chown", Chown(l, abi.AT_FDCWD, "/f", ^uint32(0), 1000, true), abi.OK, 0745, 02745)
	}
}

// TestKeptWithoutName: an overlay keeps what it knows of an open file that has no name (any more) until it is closed,
// and beyond that if it gets one.
func TestKeptWithoutName(t *testing.T) {
	l, root := keepOwners(t)
	is := func(what string, f *kern.File, uid, mode uint32) {
		t.Helper()
		var st abi.Stat
		if err := f.Ops.Stat(l, f, &st); err != abi.OK || st.Uid != uid || st.Mode&abi.ALLPERMS != mode {
			t.Errorf("%s: %v, user %d, mode %o; want %d, %o", what, err, st.Uid, st.Mode, uid, mode)
		}
	}
	use := func(what string, f *kern.File) {
		t.Helper()
		is(what, f, 1000, 0600)
		if err := Fchmod(l, f, 0640); err != abi.OK {
			t.Errorf("%s: fchmod: %v", what, err)
		}
		as(l, root, func() {
			if err := Fchown(l, f, 5, 6); err != abi.OK {
				t.Errorf("%s: fchown: %v", what, err)
			}
		})
		is(what+", changed", f, 5, 0640)
	}
	removed, replaced := newFile(t, l, "/removed"), newFile(t, l, "/replaced")
	newFile(t, l, "/other")
	if err := Unlink(l, abi.AT_FDCWD, "/removed", false); err != abi.OK {
		t.Fatal(err)
	}
	if err := Rename(l, abi.AT_FDCWD, "/other", abi.AT_FDCWD, "/replaced", true); err != abi.OK {
		t.Fatal(err)
	}
	use("a removed file", removed)
	use("a replaced file", replaced)
	tmp, err := OpenTmpfile(l, abi.AT_FDCWD, "/", abi.O_RDWR, false, 0600)
	if err == abi.EOPNOTSUPP {
		t.Skip("the host has no files without names")
	}
	if err != abi.OK {
		t.Fatal(err)
	}
	use("a temporary file", tmp)
	if err := LinkFile(l, tmp, abi.AT_FDCWD, "/named"); err != abi.OK {
		t.Fatal(err)
	}
	tmp.Unref(l)
	var st abi.Stat
	if err := Stat(l, abi.AT_FDCWD, "/named", true, &st); err != abi.OK || st.Uid != 5 {
		t.Errorf("with a name: %v, user %d", err, st.Uid)
	}
	if text := string(tfs.metadata.text()); !strings.Contains(text, "/named ") || strings.Contains(text, "/removed") {
		t.Errorf("the file of the overlay: %s", text)
	}
	gone, err := OpenTmpfile(l, abi.AT_FDCWD, "/", abi.O_RDWR, false, 0600)
	if err != abi.OK {
		t.Fatal(err)
	}
	before := len(tfs.metadata.ents)
	gone.Unref(l)
	if n := len(tfs.metadata.ents); n != before-1 {
		t.Errorf("a file that is gone is still known: %d entries, %d before", n, before)
	}
}

// TestWrittenSetID: whoever stores to a file without being root takes its set-id bits away; on Linux by changing its length
// too, but not a set-group-id bit that does not mean execution, of a group of one's own.
func TestWrittenSetID(t *testing.T) {
	for _, linux := range []bool{false, true} {
		l, root := keepOwners(t)
		l.Proc.Emul = &kern.Emul{LinuxModes: linux}
		f := newFile(t, l, "/f")
		write := func() {
			if err := f.Ops.Write(l, f, kern.KernUio(l, []byte("x"), true)); err != abi.OK {
				t.Fatal(err)
			}
		}
		truncate := func() {
			if err := Ftruncate(l, f, 1); err != abi.OK {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			what          string
			who           *kern.Cred
			f             func()
			mode          uint32
			netbsd, linux uint32
		}{
			{"written by the owner", l.Proc.Cred, write, 0o6755, 0o755, 0o755},
			{"written by root", root, write, 0o6755, 0o6755, 0o6755},
			{"a group without execution", l.Proc.Cred, write, 0o2644, 0o644, 0o2644},
			{"another length", l.Proc.Cred, truncate, 0o4755, 0o4755, 0o755},
			{"nothing to take", l.Proc.Cred, write, 0o755, 0o755, 0o755},
		} {
			as(l, root, func() {
				if err := Fchmod(l, f, c.mode); err != abi.OK {
					t.Fatal(err)
				}
			})
			as(l, c.who, c.f)
			want := c.netbsd
			if linux {
				want = c.linux
			}
			var st abi.Stat
			if err := f.Ops.Stat(l, f, &st); err != abi.OK || st.Mode&abi.ALLPERMS != want {
				t.Errorf("Linux %v, %s: mode %o, %v, want %o", linux, c.what, st.Mode&abi.ALLPERMS, err, want)
			}
		}
	}
}

// TestLinkMode: lchmod(2) of a link, whose mode the host cannot change, succeeds with the mode that it has.
func TestLinkMode(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("nowhere", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	l := testLWP(t, dir, "", "")
	var st abi.Stat
	if err := Stat(l, abi.AT_FDCWD, "link", false, &st); err != abi.OK {
		t.Fatal(err)
	}
	for _, c := range []struct {
		mode  uint32
		linux bool
		want  abi.Errno
	}{{st.Mode, false, abi.OK}, {st.Mode ^ 0o100, false, abi.EOPNOTSUPP}, {st.Mode, true, abi.EOPNOTSUPP}} {
		l.Proc.Emul = &kern.Emul{LinuxModes: c.linux}
		if err := Chmod(l, abi.AT_FDCWD, "link", c.mode, false); err != c.want && runtime.GOOS == "linux" {
			t.Errorf("%o, Linux %v: %v, want %v", c.mode, c.linux, err, c.want)
		}
	}
}
