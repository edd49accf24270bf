package hostnet

import (
	"encoding/binary"
	"testing"

	"nbemu/abi"
)

// TestCounters: the numbers of /proc/net/dev (proc_net(5)) are where struct if_data of NetBSD 10 has them on amd64, which
// is at offset 16 of struct if_msghdr (net/if.h).
func TestCounters(t *testing.T) {
	counts := parseCounters(`Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
wm0:5000000000      21    3    4    0     0          0         8        9000000000      10    11    0    0     14       0          0
`)
	if c := counts["lo"]; c != (Counters{Ibytes: 1, Ipackets: 2, Ierrors: 3, Iqdrops: 4, Imcasts: 8, Obytes: 9, Opackets: 10, Oerrors: 11, Collisions: 14}) {
		t.Errorf("lo: %+v", c)
	}
	ifp := *testIf
	ifp.Count = counts["wm0"]
	m := splitMsgs(t, ifp.IfList(nil, abi.LP64LE, 0, Form{}))[0]
	// After type, addrlen, hdrlen, link_state, mtu, metric and baudrate.
	for i, want := range []uint64{21, 3, 10, 11, 14, 5000000000, 9000000000, 8, 0, 4, 0} {
		if got := binary.LittleEndian.Uint64(m.head[16+32+8*i:]); got != want {
			t.Errorf("counter %d: %d, want %d", i, got, want)
		}
	}
	if d := ifp.data14(); d.Ibytes != 5000000000 || d.Opackets != 10 {
		t.Errorf("if_data of 1.4: %+v", d)
	}
}
