package vfs

import (
	"bytes"
	"net/netip"
	"testing"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/kern/kerntest"
)

// TestInterfaceIoctls asks of the loopback interface what ifconfig(8) and programs with SIOCGIFCONF ask.
func TestInterfaceIoctls(t *testing.T) {
	k := kern.New()
	New(k)
	k.Lock()
	t.Cleanup(k.Unlock)
	l := kerntest.LWP(t, k, 0)
	open := func(domain int32) func(cmd uint32, data []byte) abi.Errno {
		f, err := Socket(l, domain, abi.SOCK_DGRAM, 0)
		if err != abi.OK {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Unref(l) })
		return func(cmd uint32, data []byte) abi.Errno { return f.Ops.Ioctl(l, f, cmd, data) }
	}
	inet, link := open(abi.AF_INET), open(abi.AF_LINK)

	ask := func(io func(uint32, []byte) abi.Errno, cmd uint32, in []byte) ([]byte, abi.Errno) {
		data := make([]byte, abi.IOCLen(cmd))
		copy(data, "lo0")
		copy(data[ifNameLen:], in)
		err := io(cmd, data)
		return data[ifNameLen:], err
	}
	addr4 := func(b []byte) string { return netip.AddrFrom4([4]byte(b[4:8])).String() }
	if u, err := ask(inet, abi.SIOCGIFADDR, nil); err != abi.OK || addr4(u) != "127.0.0.1" {
		t.Errorf("address: %v %s", err, addr4(u))
	}
	if u, err := ask(inet, abi.SIOCGIFNETMASK, nil); err != abi.OK || addr4(u) != "255.0.0.0" {
		t.Errorf("mask: %v %s", err, addr4(u))
	}
	alias := abi.IOWR('i', 27, 64)
	own := []byte{16, abi.AF_INET, 0, 0, 127, 0, 0, 1}
	if u, err := ask(inet, alias, own); err != abi.OK || addr4(u[32:]) != "255.0.0.0" {
		t.Errorf("alias: %v %s", err, addr4(u[32:]))
	}
	if _, err := ask(inet, alias, []byte{16, abi.AF_INET, 0, 0, 1, 2, 3, 4}); err != abi.EADDRNOTAVAIL {
		t.Errorf("alias of another address: %v", err)
	}
	if _, err := ask(inet, abi.SIOCGIFDSTADDR, nil); err != abi.EINVAL {
		t.Errorf("the other end of an interface that has none: %v", err)
	}
	if _, err := ask(inet, abi.SIOCSIFFLAGS, nil); err != abi.EPERM {
		t.Errorf("setting flags: %v", err)
	}
	if err := inet(abi.SIOCGIFFLAGS, append([]byte("nope0"), make([]byte, 139)...)); err != abi.ENXIO {
		t.Errorf("no such interface: %v", err)
	}
	// struct ifcapreq (net/if.h) is the name and two numbers of 64 bits. The host computes checksums; no interface of ours does.
	if u, err := ask(inet, abi.IOWR('i', 118, 16+2*8), bytes.Repeat([]byte{0xff}, 16)); err != abi.OK || !bytes.Equal(u, make([]byte, 16)) {
		t.Errorf("SIOCGIFCAP: %v %x", err, u)
	}
	conf(t, l, inet)
	oldIfioctl(t, l, inet)

	// ifconfig asks for each address of a link whether it is the active one (SIOCGLIFADDR).
	lladdr := abi.IOWR('i', 29, 16+8+256)
	sdl := []byte{11, abi.AF_LINK, 0, 0, abi.IFT_LOOP, 3, 0, 0, 'l', 'o', '0'}
	if u, err := ask(link, lladdr, make([]byte, 8)); err != abi.OK || u[8+1] != abi.AF_LINK || !bytes.Equal(u[8+8:8+11], sdl[8:]) {
		t.Errorf("link address: %v %x", err, u[:24])
	} else if flags := l.Model().Uint(u, 4); flags != iflrActive|iflrFactory {
		t.Errorf("flags of the link address: %#x", flags)
	}
}

// conf reads the whole list, after asking for its size, and as much as fits into too little room.
func conf(t *testing.T, l *kern.LWP, ioctl func(cmd uint32, data []byte) abi.Errno) {
	t.Helper()
	cmd := abi.IOWR('i', numGIFCONF, 16)
	data := make([]byte, 16)
	if err := ioctl(cmd, data); err != abi.OK {
		t.Fatal(err)
	}
	n := int(l.Model().Uint(data, 4))
	if n < 2*ifreqLen || n%ifreqLen != 0 {
		t.Fatalf("size of the list: %d", n)
	}
	l.Model().PutUint(data[8:], 8, kerntest.Base)
	if err := ioctl(cmd, data); err != abi.OK || int(l.Model().Uint(data, 4)) != n {
		t.Errorf("list: %v, %d bytes of %d", err, l.Model().Uint(data, 4), n)
	}
	list := make([]byte, n)
	if err := l.Copyin(list, kerntest.Base); err != abi.OK {
		t.Fatal(err)
	}
	found := false
	for req := list; len(req) > 0; req = req[ifreqLen:] {
		found = found || bytes.HasPrefix(req, []byte("lo0\x00")) && req[17] == abi.AF_INET && bytes.Equal(req[20:24], []byte{127, 0, 0, 1})
	}
	if !found {
		t.Error("the list lacks lo0's 127.0.0.1")
	}
	l.Model().PutUint(data, 4, ifreqLen+1)
	if err := ioctl(cmd, data); err != abi.OK || l.Model().Uint(data, 4) != ifreqLen {
		t.Errorf("room for one: %v, %d bytes", err, l.Model().Uint(data, 4))
	}
}

// oldIfioctl asks as programs of NetBSD 4 and older do, and of 4.3BSD, and with sizes that no request ever had.
func oldIfioctl(t *testing.T, l *kern.LWP, ioctl func(cmd uint32, data []byte) abi.Errno) {
	t.Helper()
	m := l.Model()
	oifreq := func(num uint8) uint32 { return abi.IOWR('i', num, 32) }
	for _, c := range []struct {
		name, what string
		cmd        uint32
		want       []byte
		err        abi.Errno
	}{
		{"lo0", "address of 4.3BSD", 0xc020690d, []byte{2, 0, 0, 0, 127, 0, 0, 1}, abi.OK},
		{"lo0", "mask of 4.3BSD", 0xc0206915, []byte{2, 0, 0, 0, 255, 0, 0, 0}, abi.OK},
		{"lo0", "other end of 4.3BSD", 0xc020690f, nil, abi.EINVAL},
		{"lo0", "broadcast address of 4.3BSD", 0xc0206912, nil, abi.EINVAL},
		{"lo0", "address", oifreq(33), []byte{16, 2, 0, 0, 127, 0, 0, 1}, abi.OK},
		{"lo0", "flags", oifreq(17), []byte{0x49}, abi.OK},
		{"nope0", "no interface", 0xc020690d, nil, abi.ENXIO},
		{"lo0", "index, which is younger", oifreq(140), nil, abi.EOPNOTSUPP},
		{"lo0", "flags with room for 100 bytes", abi.IOWR('i', 17, 100), nil, abi.EOPNOTSUPP},
		{"lo0", "flags that are only read", abi.SIOCGIFFLAGS &^ abi.IOC_IN, nil, abi.EOPNOTSUPP},
		{"lo0", "address of 4.3BSD, with today's room", abi.IOWR('i', 13, 144), nil, abi.EOPNOTSUPP},
		{"lo0", "counters", abi.IOWR('i', 128, 16+136), []byte{abi.IFT_LOOP}, abi.OK},
		{"lo0", "counters to be cleared", abi.IOWR('i', 129, 16+136), nil, abi.EPERM},
	} {
		data := make([]byte, abi.IOCLen(c.cmd))
		copy(data, c.name)
		if err := ioctl(c.cmd, data); err != c.err || !bytes.HasPrefix(data[ifNameLen:], c.want) {
			t.Errorf("%s: %v, %x", c.what, err, data[ifNameLen:min(ifNameLen+16, len(data))])
		}
	}
	for _, cmd := range []uint32{abi.IOWR('i', 36, 16), abi.IOWR('i', 20, 16)} {
		data := make([]byte, 16)
		if err := ioctl(cmd, data); err != abi.OK {
			t.Fatalf("%#x: %v", cmd, err)
		}
		n := int(m.Uint(data, 4))
		m.PutUint(data[8:], 8, kerntest.Base)
		if err := ioctl(cmd, data); err != abi.OK || int(m.Uint(data, 4)) != n {
			t.Errorf("%#x: %v, %d bytes of %d", cmd, err, m.Uint(data, 4), n)
		}
		list := make([]byte, n)
		if err := l.Copyin(list, kerntest.Base); err != abi.OK {
			t.Fatal(err)
		}
		lo := append([]byte("lo0"), make([]byte, 13)...)
		if uint8(cmd) == 20 {
			lo = append(lo, 2, 0, 0, 0, 127, 0, 0, 1)
		} else {
			lo = append(lo, 16, 2, 0, 0, 127, 0, 0, 1)
		}
		if !bytes.Contains(list, lo) {
			t.Errorf("%#x: the list lacks lo0's 127.0.0.1: %x", cmd, list)
		}
		m.PutUint(data, 4, oifreqLen+1)
		if err := ioctl(cmd, data); err != abi.OK || m.Uint(data, 4) < oifreqLen {
			t.Errorf("%#x, room for one: %v, %d bytes", cmd, err, m.Uint(data, 4))
		}
	}
}

// TestAddrPrefSize: struct if_addrprefreq (net/if.h) is a name, a short and a struct sockaddr_storage, which is aligned as
// numbers of 64 bits are: to 8 bytes on amd64, to 4 on i386.
func TestAddrPrefSize(t *testing.T) {
	for m, size := range map[*abi.Model]int{abi.LP64LE: 152, abi.ILP32LEi386: 148} {
		if q := (&ifQuery{m: m}); !q.fits(numGIFADDRPREF, size) || q.fits(numGIFADDRPREF, size+4) {
			t.Errorf("%s: %d bytes are not what it takes", m.Name, size)
		}
	}
}
