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
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, at); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 8); err != nil {
		t.Fatal(err)
	}
	f := tfs.AdoptHost(fd)
	s, e := SocketOf(f)
	if e != abi.OK || !s.foreign {
		t.Fatalf("adopted as %T, %v", f.Ops, e)
	}
	connect := func() int {
		t.Helper()
		c, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err == nil {
			err = unix.Connect(c, at)
		}
		if err != nil {
			t.Fatal(err)
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
	if e := s.startAccept(l, f); e != abi.OK {
		t.Fatal(e)
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
	nf, _, e := s.Accept(l, f, 0, false)
	if e != abi.OK {
		t.Fatal(e)
	}
	if _, err := unix.Write(c, []byte("x")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 4)
	u := kern.KernUio(l, b, false)
	defer u.Free()
	until("sent", func() bool { return nf.Ops.Poll(l, nf, abi.POLLIN, nil) != 0 })
	if e := nf.Ops.Read(l, nf, u); e != abi.OK || b[0] != 'x' {
		t.Errorf("read %q, %v", b, e)
	}
	nf.Unref(l)

	// One that comes after the socket was closed is ended.
	if e := s.startAccept(l, f); e != abi.OK {
		t.Fatal(e)
	}
	f.Unref(l)
	d := connect()
	defer unix.Close(d)
	until("back", func() bool { return !s.slow.busy })
	if n, err := unix.Read(d, b); n != 0 || err != nil {
		t.Errorf("the other end reads %d, %v", n, err)
	}
}
