package sysctl

import (
	"encoding/binary"
	"testing"

	"nbemu/abi"
	"nbemu/kern/kerntest"
)

func TestRtable(t *testing.T) {
	l := kerntest.LWP(t, newKernel(t), 1000)
	mib := func(af, op, arg int32) []int32 { return []int32{abi.CTL_NET, abi.AF_ROUTE, 0, af, op, arg} }
	for _, op := range []int32{abi.NET_RT_IFLIST, abi.NET_RT_OIFLIST, abi.NET_RT_OOIFLIST, abi.NET_RT_OOOIFLIST} {
		size, err := Call(l, mib(0, op, 0), 0, 0, 0, 0)
		if err != abi.OK || size == 0 {
			t.Fatalf("%d: size %d, %v", op, size, err)
		}
		n, err := Call(l, mib(0, op, 0), kerntest.Base, size, 0, 0)
		if err != abi.OK || n > size {
			t.Fatalf("%d: %d of %d bytes, %v", op, n, size, err)
		}
		whole(t, peek(t, l, kerntest.Base, int(n)))
		if n, err = Call(l, mib(0, op, 0), kerntest.Base, 100, 0, 0); err != abi.ENOMEM || n > 100 {
			t.Errorf("%d: too little room: %d bytes, %v", op, n, err)
		}
		if n, err = Call(l, mib(0, op, 9999), kerntest.Base, 100, 0, 0); err != abi.OK || n != 0 {
			t.Errorf("%d: no such interface: %d bytes, %v", op, n, err)
		}
	}
	if n, err := Call(l, mib(0, abi.NET_RT_DUMP, 0), kerntest.Base, kerntest.Size, 0, 0); err != abi.OK {
		t.Errorf("routes: %v", err)
	} else {
		whole(t, peek(t, l, kerntest.Base, int(n)))
	}
	for _, bad := range [][]int32{mib(0, 77, 0), mib(0, abi.NET_RT_FLAGS, 0), mib(0, 1, 0)[:5]} {
		if _, err := Call(l, bad, 0, 0, 0, 0); err != abi.EINVAL {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

// TestOldRtable: net.oroute is where programs of NetBSD 5 and older look, for the list by the number that it had then.
func TestOldRtable(t *testing.T) {
	l := kerntest.LWP(t, newKernel(t), 1000)
	for op, first := range map[int32]byte{4: abi.RTM_OIFINFO, 3: abi.RTM_OOIFINFO, 1: abi.RTM_GET} {
		n, err := Call(l, []int32{abi.CTL_NET, 17, 0, 0, op, 0}, kerntest.Base, kerntest.Size, 0, 0)
		if err != abi.OK || n == 0 && op != 1 {
			t.Errorf("%d: %d bytes, %v", op, n, err)
			continue
		}
		b := peek(t, l, kerntest.Base, int(n))
		if whole(t, b); len(b) > 0 && (b[2] != 3 || b[3] != first) {
			t.Errorf("%d: version %d, type %#x", op, b[2], b[3])
		}
	}
}

// whole checks that b is a sequence of whole messages, each of which begins with its length.
func whole(t *testing.T, b []byte) {
	t.Helper()
	for len(b) > 0 {
		n := int(binary.LittleEndian.Uint16(b))
		if n < 4 || n > len(b) {
			t.Fatalf("message of %d bytes, %d are left", n, len(b))
		}
		b = b[n:]
	}
}
