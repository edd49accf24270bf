package vfs

import (
	"testing"

	"nbemu/abi"
	"nbemu/kern"
)

// TestPairTells: what one end of a pair does is told at the other at once and without the host's poller, until a
// descriptor may have got out; then both are watched.
func TestPairTells(t *testing.T) {
	l := testLWP(t, t.TempDir(), "", "")
	a, b, fa, fb := pair(t, l)
	var told int64
	var kn kern.Knote
	kn.Attach(&fb.Sel.Klist, func(_ *kern.Knote, hint int64) bool { told |= hint; return false })
	took := func() int64 { h := told; told = 0; return h }

	buf := make([]byte, 64<<10)
	if err := b.Recv(l, fb, kern.KernUio(l, buf, false), &Msg{}, 0); err != abi.EAGAIN {
		t.Fatal(err)
	}
	if err := a.Send(l, fa, kern.KernUio(l, []byte("x"), true), &Msg{}); err != abi.OK || took() != kern.HostIn {
		t.Errorf("send: %v", err)
	}
	if b.watch != nil {
		t.Error("the host is asked about a pair of ours")
	}
	// b fills the way to a; when a reads, b hears that there is room.
	for {
		if err := b.Send(l, fb, kern.KernUio(l, buf, true), &Msg{}); err == abi.EAGAIN {
			break
		} else if err != abi.OK {
			t.Fatal(err)
		}
	}
	took()
	if err := a.Recv(l, fa, kern.KernUio(l, buf, false), &Msg{}, 0); err != abi.OK || took() != kern.HostOut {
		t.Errorf("room: %v", err)
	}
	if err := a.Shutdown(abi.SHUT_WR); err != abi.OK || took()&kern.HostHup == 0 {
		t.Errorf("shutdown: %v", err)
	}

	_, _, fc, fd := pair(t, l)
	c, _ := SocketOf(fc)
	d, _ := SocketOf(fd)
	n, err := l.Install(fc.Ref(), false)
	if err != abi.OK {
		t.Fatal(err)
	}
	if err := b.Send(l, fb, kern.KernUio(l, []byte("y"), true), &Msg{Control: rights(l.Model(), n)}); err != abi.OK && err != abi.EAGAIN {
		t.Fatal(err)
	}
	if c.peer != nil || d.peer != nil || c.watch == nil || d.watch == nil {
		t.Error("a socket that was sent away is not watched")
	}
	if err := fa.Ops.Close(l, fa); err != abi.OK || took()&kern.HostHup == 0 || b.peer != nil {
		t.Errorf("close: %v", err)
	}
}
