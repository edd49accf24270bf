package vfs

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// bound is an LWP with a root of its own, in which a directory from elsewhere is seen at /m.
func bound(t *testing.T, readOnly bool) (l *kern.LWP, host string) {
	t.Helper()
	root, host := t.TempDir(), t.TempDir()
	mustWrite(t, filepath.Join(host, "f"), "as it was")
	mustWrite(t, filepath.Join(host, "dir", "f"), "as it was")
	l = procLWP(t, root)
	dir := testLWP(t, root, root, "").Proc.Cwdi.Rdir
	dir.Ref()
	l.Proc.Cwdi.SetRdir(dir)
	old := tfs.root
	tfs.root = l.Proc.Cwdi.Rdir.(*Dir)
	if err := tfs.Bind(host, "/m", readOnly); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tfs.UnmountAll(); tfs.root = old })
	return l, host
}

func procFdName(fd int32) string { return "/proc/self/fd/" + strconv.Itoa(int(fd)) }

// overSocket sends an open file to its own process and returns what arrives.
func overSocket(t *testing.T, l *kern.LWP, f *kern.File) *kern.File {
	t.Helper()
	a, b, fa, fb := pair(t, l)
	defer fa.Unref(l)
	defer fb.Unref(l)
	fd, err := l.Install(f.Ref(), false)
	if err != abi.OK {
		t.Fatal(err)
	}
	if err := a.Send(l, fa, kern.KernUio(l, []byte("x"), true), &Msg{Control: rights(l.Model(), fd)}); err != abi.OK {
		t.Fatal(err)
	}
	msg := &Msg{}
	if err := b.Recv(l, fb, kern.KernUio(l, make([]byte, 1), false), msg, 200); err != abi.OK || len(msg.Control) == 0 {
		t.Fatalf("nothing arrived: %v", err)
	}
	return l.Proc.Fd.Get(int32(l.Model().Uint(msg.Control[l.Model().CmsgLen(0):], 4)))
}

// What is read-only by its path is so by any descriptor that leads there.
func TestReadOnlyByDescriptor(t *testing.T) {
	l, host := bound(t, true)
	install := func(f *kern.File, err abi.Errno) int32 {
		t.Helper()
		if err != abi.OK {
			t.Fatal(err)
		}
		fd, err := l.Install(f, false)
		if err != abi.OK {
			t.Fatal(err)
		}
		return fd
	}
	open := func(path string) *kern.File {
		t.Helper()
		f, err := OpenFile(l, abi.AT_FDCWD, path, abi.O_RDONLY, 0)
		if err != abi.OK {
			t.Fatal(err)
		}
		return f
	}
	dirs := map[string]int32{
		"open":     install(open("/m/dir"), abi.OK),
		"path":     install(OpenPath(l, abi.AT_FDCWD, "/m/dir", true, true, 0)),
		"received": install(overSocket(t, l, open("/m/dir")).Ref(), abi.OK),
	}
	dirs["path of a descriptor"] = install(OpenPath(l, abi.AT_FDCWD, procFdName(dirs["open"]), true, true, 0))
	dirs["descriptor opened again"] = install(open(procFdName(dirs["open"])), abi.OK)
	for how, fd := range dirs {
		if f, err := OpenFile(l, fd, "f", abi.O_WRONLY, 0); err != abi.EROFS {
			t.Errorf("%s: a file is opened for writing: %v, %v", how, f, err)
		}
		if err := Mkdir(l, fd, "new", 0755); err != abi.EROFS {
			t.Errorf("%s: mkdir: %v", how, err)
		}
	}
	path := procFdName(install(open("/m/f"), abi.OK))
	for _, flags := range []int32{abi.O_RDWR, abi.O_WRONLY, abi.O_WRONLY | abi.O_TRUNC, abi.O_RDONLY | abi.O_TRUNC} {
		if _, err := OpenFile(l, abi.AT_FDCWD, path, flags, 0); err != abi.EROFS {
			t.Errorf("%s with flags %#x: %v", path, flags, err)
		}
	}
	if err := Truncate(l, path, 0); err != abi.EROFS {
		t.Errorf("truncate of %s: %v", path, err)
	}
	if err := Fchmod(l, overSocket(t, l, open("/m/f")), 0600); err != abi.EROFS {
		t.Errorf("fchmod of what was received: %v", err)
	}
	if f, err := OpenTmpfile(l, abi.AT_FDCWD, "/m", abi.O_RDWR, false, 0600); err != abi.EROFS {
		t.Errorf("a file without a name: %v, %v", f, err)
	}
	if err := AccessAt(l, abi.AT_FDCWD, "/m/f", abi.W_OK, false, true); err != abi.EROFS {
		t.Errorf("access: %v", err)
	}
	for _, f := range []string{"f", "dir/f"} {
		if b, herr := os.ReadFile(filepath.Join(host, f)); string(b) != "as it was" {
			t.Errorf("%s is %q, %v", f, b, herr)
		}
	}
	// A fifo's contents are not the file system's.
	if herr := unix.Mkfifo(filepath.Join(host, "fifo"), 0666); herr != nil {
		t.Fatal(herr)
	}
	rd, err := OpenFile(l, abi.AT_FDCWD, "/m/fifo", abi.O_RDONLY|abi.O_NONBLOCK, 0)
	if err != abi.OK {
		t.Fatal(err)
	}
	defer rd.Unref(l)
	wr, err := OpenFile(l, abi.AT_FDCWD, "/m/fifo", abi.O_WRONLY|abi.O_NONBLOCK, 0)
	if err != abi.OK {
		t.Fatalf("a fifo cannot be written to: %v", err)
	}
	wr.Unref(l)
}

// TestRootReadOnly: mount -u -o ro / (MNT_UPDATE of a root, ffs_mount): EBUSY while a file is open for writing, EROFS
// afterwards for all that changes something, and back.
func TestRootReadOnly(t *testing.T) {
	l, _ := bound(t, false)
	root, perr := fdPath(tfs.root.fd)
	if perr != abi.OK {
		t.Fatal(perr)
	}
	mustWrite(t, filepath.Join(root, "f"), "as it was")
	l.Proc.Cred = &kern.Cred{}
	t.Cleanup(func() { tfs.rootFlags = 0 })
	update := func(flags uint64) abi.Errno {
		at, err := LookupMount(l, "/")
		if err != abi.OK {
			return err
		}
		defer at.Release()
		return DoMount(l, at, &MountArgs{Type: abi.MOUNT_FFS, Flags: abi.MNT_UPDATE | flags})
	}
	f, err := OpenFile(l, abi.AT_FDCWD, "/f", abi.O_WRONLY, 0)
	if err != abi.OK {
		t.Fatal(err)
	}
	fd, err := l.Install(f, false)
	if err != abi.OK {
		t.Fatal(err)
	}
	if err := update(abi.MNT_RDONLY); err != abi.EBUSY {
		t.Errorf("with a file open for writing: %v", err)
	}
	if err := l.Proc.Fd.Close(l, fd); err != abi.OK {
		t.Fatal(err)
	}
	if err := update(abi.MNT_RDONLY | abi.MNT_NOSUID); err != abi.OK {
		t.Fatal(err)
	}
	var sv abi.Statvfs
	if err := Statvfs(l, "/", &sv); err != abi.OK || sv.Flag&abi.MNT_RDONLY == 0 || sv.Flag&abi.MNT_NOSUID == 0 {
		t.Errorf("statvfs: %v, flags %#x", err, sv.Flag)
	}
	for name, try := range map[string]func() abi.Errno{
		"write": func() abi.Errno { _, err := OpenFile(l, abi.AT_FDCWD, "/f", abi.O_WRONLY, 0); return err },
		"create": func() abi.Errno {
			_, err := OpenFile(l, abi.AT_FDCWD, "/g", abi.O_WRONLY|abi.O_CREAT, 0o600)
			return err
		},
		"mkdir":  func() abi.Errno { return Mkdir(l, abi.AT_FDCWD, "/d", 0o700) },
		"unlink": func() abi.Errno { return Unlink(l, abi.AT_FDCWD, "/f", false) },
	} {
		if err := try(); err != abi.EROFS {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Other mounts are not concerned, nor are devices.
	for _, p := range []string{"/m/f", "/dev/null"} {
		f, err := OpenFile(l, abi.AT_FDCWD, p, abi.O_WRONLY, 0)
		if err != abi.OK {
			t.Errorf("%s: %v", p, err)
			continue
		}
		f.Unref(l)
	}
	if err := update(0); err != abi.OK {
		t.Fatal(err)
	}
	if err := Unlink(l, abi.AT_FDCWD, "/f", false); err != abi.OK {
		t.Errorf("writable again: %v", err)
	}
}
