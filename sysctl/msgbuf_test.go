package sysctl

import (
	"bytes"
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/kern/kerntest"
)

// TestMsgbuf: what dmesg(8) reads. The oldest byte comes first, bytes nobody wrote are NUL, and what does not fit is left
// out without an error (sysctl_msgbuf).
func TestMsgbuf(t *testing.T) {
	k := newKernel(t)
	k.Config.Log = func(string) {}
	l := kerntest.LWP(t, k, 1000)
	mib := []int32{abi.CTL_KERN, abi.KERN_MSGBUF}
	if n, err := Call(l, mib, 0, 0, 0, 0); n != kern.MsgbufSize || err != abi.OK {
		t.Errorf("size %d, %v", n, err)
	}
	k.Log("first")
	b := k.Msgbuf()
	text := strings.TrimLeft(string(b), "\x00")
	lines := strings.Split(text, "\n")
	if b[0] != 0 || !strings.Contains(lines[0], "NetBSD") || !strings.HasPrefix(lines[0], "[     0.000000] ") ||
		!strings.HasSuffix(text, "] first\n") {
		t.Errorf("buffer %q", text)
	}
	for range kern.MsgbufSize / 10 {
		k.Log("again")
	}
	k.Log("last")
	if b = k.Msgbuf(); bytes.IndexByte(b, 0) >= 0 || !bytes.HasSuffix(b, []byte("] last\n")) || bytes.Contains(b, []byte("first")) {
		t.Errorf("after a turn of the ring: %q … %q", b[:40], b[len(b)-40:])
	}
	poke(t, l, kerntest.Base, bytes.Repeat([]byte{'x'}, 20))
	if n, err := Call(l, mib, kerntest.Base, 16, 0, 0); n != 16 || err != abi.OK {
		t.Errorf("room for 16: %d, %v", n, err)
	}
	if got := peek(t, l, kerntest.Base, 17); !bytes.Equal(got, append(bytes.Clone(b[:16]), 'x')) {
		t.Errorf("read %q, want %q", got, b[:16])
	}
	if _, err := Call(l, mib, 0, 0, kerntest.Base, 4); err != abi.EPERM {
		t.Errorf("write: %v, want EPERM", err)
	}
}
