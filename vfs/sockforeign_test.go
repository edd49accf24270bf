package vfs

import (
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// TestForeignListener: on a listening socket that blocks and that others listen on too, what poll promised can be gone.
// Then nobody waits in the host with the kernel lock, and a connection that comes later is not lost.
func TestForeignListener(t *testing.T) {
	dir := t.TempDir()
	l := testLWP(t, dir, "", "")
	at := &unix.SockaddrUnix{Name: filepath.Join(dir, "s")}
	fd, herr := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if herr != nil {
		t.Fatal(herr)
	}
	if herr := unix.Bind(fd, at); herr != nil {
		t.Fatal(herr)
	}
	if herr := unix.Listen(fd, 8); herr != nil {
		t.Fatal(herr)
	}
	f := tfs.AdoptHost(fd)
	s, err := SocketOf(f)
	if err != abi.OK || !s.foreign {
		t.Fatalf("adopted as %T, %v", f.Ops, err)
	}
	connect := func() int {
		t.Helper()
		c, herr := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if herr == nil {
			herr = unix.Connect(c, at)
		}
		if herr != nil {
			t.Fatal(herr)
		}
		return c
	}
	until := func(what string, ok func() bool) {
		t.Helper()
		for !ok() {
			tfs.K.Unlock()
			runtime.Gosched()
			tfs.K.Lock()
		}
	}

	// Somebody else has taken what poll promised: the goroutine finds nothing.
	if err := s.startAccept(l, f); err != abi.OK {
		t.Fatal(err)
	}
	if f.Ops.Poll(l, f, abi.POLLIN, nil) != 0 {
		t.Error("nothing is there, but poll says so")
	}
	c := connect()
	defer unix.Close(c)
	until("accepted", s.pending)
	if r := f.Ops.Poll(l, f, abi.POLLIN, nil); r != abi.POLLIN {
		t.Errorf("poll of a connection that waits here: %#x", r)
	}
	nf, _, err := s.Accept(l, f, 0, false)
	if err != abi.OK {
		t.Fatal(err)
	}
	if _, herr := unix.Write(c, []byte("x")); herr != nil {
		t.Fatal(herr)
	}
	b := make([]byte, 4)
	u := kern.KernUio(l, b, false)
	defer u.Free()
	until("sent", func() bool { return nf.Ops.Poll(l, nf, abi.POLLIN, nil) != 0 })
	if err := nf.Ops.Read(l, nf, u); err != abi.OK || b[0] != 'x' {
		t.Errorf("read %q, %v", b, err)
	}
	nf.Unref(l)

	// One that comes after the socket was closed is ended.
	if err := s.startAccept(l, f); err != abi.OK {
		t.Fatal(err)
	}
	f.Unref(l)
	d := connect()
	defer unix.Close(d)
	until("back", func() bool { return !s.slow.busy })
	if n, herr := unix.Read(d, b); n != 0 || herr != nil {
		t.Errorf("the other end reads %d, %v", n, herr)
	}
}
