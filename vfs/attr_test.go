package vfs

import (
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
