package sysctl

import (
	"testing"

	"nbemu/abi"
	"nbemu/kern/kerntest"
	"nbemu/vfs"
)

// TestMbufStats: kern.mbuf.stats, which netstat -m reads, is a struct mbstat: 7 longs and 256 shorts on amd64.
func TestMbufStats(t *testing.T) {
	l := kerntest.LWP(t, newKernel(t), 0)
	mib := []int32{abi.CTL_KERN, abi.KERN_MBUF, 6}
	if n, err := Call(l, mib, kerntest.Base, 1000, 0, 0); err != abi.OK || n != 7*8+256*2 {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// TestNetStats: what netstat -s reads. Lengths are those of a NetBSD kernel of 2016 (IP_NSTATS and so on in netinet), and
// what the sockets did is counted at the indexes of tcp_var.h and udp_var.h.
func TestNetStats(t *testing.T) {
	k := newKernel(t)
	vfs.New(k)
	l := kerntest.LWP(t, k, 0)
	read := func(family, proto string, want uint64) []uint64 {
		t.Helper()
		mib := leaf(t, l, "net", family, proto, "stats")
		n, err := Call(l, mib, 0, 0, 0, 0)
		if err != abi.OK || n != want {
			t.Errorf("net.%s.%s.stats has %d bytes, want %d: %v", family, proto, n, want, err)
			return make([]uint64, want/8)
		}
		if _, err := Call(l, mib, kerntest.Base, n, 0, 0); err != abi.OK {
			t.Fatal(err)
		}
		var v []uint64
		for b := peek(t, l, kerntest.Base, int(n)); len(b) > 0; b = b[8:] {
			v = append(v, l.Model().Uint(b, 8))
		}
		return v
	}
	for _, x := range []struct {
		family, proto string
		size          uint64
	}{{"inet", "ip", 240}, {"inet", "icmp", 784}, {"inet", "igmp", 80}, {"inet", "arp", 184}, {"inet6", "ip6", 3216}, {"inet6", "icmp6", 4336},
		{"inet6", "pim6", 56}, {"inet6", "raw6", 56}, {"inet6", "udp6", 80}, {"inet6", "tcp6", 608}} {
		read(x.family, x.proto, x.size)
	}
	listener, err := vfs.Socket(l, abi.AF_INET, abi.SOCK_STREAM, 0)
	if err != abi.OK {
		t.Fatal(err)
	}
	s, _, _ := install(t, l, listener)
	if err := s.Bind(l, []byte{16, abi.AF_INET, 0, 0, 127, 0, 0, 1, 15: 0}); err != abi.OK {
		t.Fatal(err)
	}
	if err := s.Listen(5); err != abi.OK {
		t.Fatal(err)
	}
	name, _ := s.Getsockname(l)
	client, err := vfs.Socket(l, abi.AF_INET, abi.SOCK_STREAM, 0)
	if err != abi.OK {
		t.Fatal(err)
	}
	c, cf, _ := install(t, l, client)
	if err := c.Connect(l, cf, name); err != abi.OK {
		t.Fatal(err)
	}
	v := read("inet", "tcp", 608)
	if v[0] != 1 || v[1] != 0 || v[2] != 1 || v[5] != 0 {
		t.Errorf("one connection: attempts %d, accepts %d, connects %d, closed %d", v[0], v[1], v[2], v[5])
	}
}

// What vmstat asks for: lists of counters that are empty, with the room that a kernel of 2016 says they need (sysctl_doevcnt,
// cache_stat_sysctl).
func TestVmstat(t *testing.T) {
	l := kerntest.LWP(t, newKernel(t), 1000)
	names := leaf(t, l, "vfs", "namecache_stats")
	evcnt := func(more ...int32) []int32 { return append([]int32{abi.CTL_KERN, abi.KERN_EVCNT}, more...) }
	for _, tt := range []struct {
		mib        []int32
		old        uint64
		room, want uint64
		err        abi.Errno
	}{
		{evcnt(-1, 1), 0, 0, 1024, abi.OK}, {evcnt(1, 0), kerntest.Base, 1024, 0, abi.OK}, {evcnt(2, 1), kerntest.Base, 0, 0, abi.OK},
		{evcnt(3, 0), 0, 0, 0, abi.EINVAL}, {evcnt(-2, 0), 0, 0, 0, abi.EINVAL}, {evcnt(0, 2), 0, 0, 0, abi.EINVAL},
		{evcnt(0), 0, 0, 0, abi.EINVAL}, {evcnt(), 0, 0, 0, abi.EINVAL}, {evcnt(0, 0, 0), 0, 0, 0, abi.EINVAL},
		{names, 0, 0, 80, abi.OK}, {names, kerntest.Base, 80, 80, abi.OK}, {names, kerntest.Base, 79, 0, abi.OK},
		{names, 0x800, 80, 80, abi.EFAULT},
	} {
		if n, err := Call(l, tt.mib, tt.old, tt.room, 0, 0); err != tt.err || err == abi.OK && n != tt.want {
			t.Errorf("%v into %d bytes at %#x: %d, %v; want %d, %v", tt.mib, tt.room, tt.old, n, err, tt.want, tt.err)
		}
	}
}
