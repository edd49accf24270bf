package hostnet

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"

	"nbemu/abi"
)

var testIf = &Interface{Index: 3, Name: "wm0", MTU: 1500, Addr: []byte{2, 0, 0, 1, 2, 3},
	Flags: abi.IFF_UP | abi.IFF_BROADCAST | abi.IFF_RUNNING,
	Addrs: []netip.Prefix{netip.MustParsePrefix("10.1.2.3/20"), netip.MustParsePrefix("fe80::1/64")}}

type testMsg struct {
	typ   uint8
	addrs int32
	index uint16
	head  []byte
	sa    map[int][]byte
}

// splitMsgs takes messages apart as programs do: by the offsets of amd64's headers.
func splitMsgs(t *testing.T, b []byte) (out []testMsg) {
	t.Helper()
	le := binary.LittleEndian
	for len(b) > 0 {
		n := int(le.Uint16(b))
		if n == 0 || n > len(b) || n%8 != 0 {
			t.Fatalf("message of %d bytes, %d are left", n, len(b))
		}
		m := testMsg{typ: b[3], sa: map[int][]byte{}}
		if b[2] != 4 {
			t.Fatalf("version %d", b[2])
		}
		head := 0
		switch m.typ {
		case abi.RTM_IFINFO:
			head, m.addrs, m.index = 152, int32(le.Uint32(b[4:])), le.Uint16(b[12:])
		case abi.RTM_ONEWADDR:
			head, m.addrs, m.index = 24, int32(le.Uint32(b[4:])), le.Uint16(b[16:])
		case abi.RTM_NEWADDR:
			head, m.addrs, m.index = 32, int32(le.Uint32(b[12:])), le.Uint16(b[4:])
		case abi.RTM_GET:
			head, m.addrs, m.index = 120, int32(le.Uint32(b[12:])), le.Uint16(b[4:])
		default:
			t.Fatalf("type %#x", m.typ)
		}
		m.head = b[:head]
		body := b[head:n]
		for i := range abi.RTAX_MAX {
			if m.addrs&(1<<i) == 0 {
				continue
			}
			m.sa[i] = body[:body[0]]
			body = body[(int(body[0])+7)&^7:]
		}
		if len(body) != 0 {
			t.Errorf("%d bytes after the addresses of type %#x", len(body), m.typ)
		}
		out = append(out, m)
		b = b[n:]
	}
	return out
}

func TestIflist(t *testing.T) {
	for _, old := range []bool{false, true} {
		msgs := splitMsgs(t, testIf.IfList(nil, abi.LP64LE, 0, Form{Addr70: old}))
		if len(msgs) != 4 {
			t.Fatalf("%d messages", len(msgs))
		}
		m := msgs[0]
		dl := m.sa[abi.RTAX_IFP]
		if m.index != 3 || binary.LittleEndian.Uint64(m.head[24:]) != 1500 || m.head[16] != abi.IFT_ETHER {
			t.Errorf("interface: index %d, header %x", m.index, m.head)
		}
		if want := append([]byte{17, abi.AF_LINK, 3, 0, abi.IFT_ETHER, 3, 6, 0, 'w', 'm', '0'}, testIf.Addr...); !bytes.Equal(dl, want) {
			t.Errorf("link address %x, want %x", dl, want)
		}
		for _, m := range msgs[1:] {
			if m.index != 3 || !bytes.Equal(m.sa[abi.RTAX_IFP], dl) {
				t.Errorf("address: index %d, %x", m.index, m.sa)
			}
		}
		v4, v6 := msgs[2].sa, msgs[3].sa
		for i, want := range map[int]string{abi.RTAX_IFA: "10.1.2.3", abi.RTAX_NETMASK: "255.255.240.0", abi.RTAX_BRD: "10.1.15.255"} {
			if sa := v4[i]; len(sa) != 16 || sa[1] != abi.AF_INET || netip.AddrFrom4([4]byte(sa[4:8])).String() != want {
				t.Errorf("address %d: %x, want %s", i, sa, want)
			}
		}
		// The scope of a link-local address stands in the address itself.
		if sa := v6[abi.RTAX_IFA]; len(sa) != 28 || sa[1] != abi.AF_INET6 || netip.AddrFrom16([16]byte(sa[8:24])).String() != "fe80:3::1" {
			t.Errorf("IPv6 address %x", sa)
		}
	}
	if msgs := splitMsgs(t, testIf.IfList(nil, abi.LP64LE, abi.AF_INET, Form{})); len(msgs) != 2 || msgs[1].sa[abi.RTAX_BRD] == nil {
		t.Errorf("one family: %d messages", len(msgs))
	}
}

func TestRouteMessage(t *testing.T) {
	rt := &Route{Dst: netip.MustParsePrefix("0.0.0.0/0"), Gateway: netip.MustParseAddr("10.1.0.1"), Index: 3, Flags: abi.RTF_UP | abi.RTF_GATEWAY}
	m := splitMsgs(t, rt.Message(nil, abi.LP64LE, testIf, Form{}))[0]
	if m.index != 3 || binary.LittleEndian.Uint32(m.head[8:]) != abi.RTF_UP|abi.RTF_GATEWAY {
		t.Errorf("header %x", m.head)
	}
	if sa := m.sa[abi.RTAX_GATEWAY]; len(sa) != 16 || !bytes.Equal(sa[4:8], []byte{10, 1, 0, 1}) {
		t.Errorf("gateway %x", sa)
	}
	if m.sa[abi.RTAX_NETMASK] == nil || m.sa[abi.RTAX_IFA] == nil {
		t.Errorf("addresses %#x", m.addrs)
	}
	host := &Route{Dst: netip.MustParsePrefix("::1/128"), Index: 3, Flags: abi.RTF_UP | abi.RTF_HOST}
	m = splitMsgs(t, host.Message(nil, abi.LP64LE, testIf, Form{}))[0]
	if m.sa[abi.RTAX_NETMASK] != nil || m.sa[abi.RTAX_GATEWAY][1] != abi.AF_LINK {
		t.Errorf("host route: %x", m.sa)
	}
}

// TestOldForms: the messages of NetBSD 5 and 1.4, whose headers are shorter and whose addresses are aligned to a long.
func TestOldForms(t *testing.T) {
	for _, c := range []struct {
		m      *abi.Model
		form   Form
		typ    uint8
		header int // of the interface's message
	}{
		{abi.LP64LE, Form{Route5: true, If: 50}, abi.RTM_OIFINFO, 152},
		{abi.LP64LE, Form{Route5: true, If: 14}, abi.RTM_OOIFINFO, 152},
		{abi.ILP32LEi386, Form{Route5: true, If: 50}, abi.RTM_OIFINFO, 144},
		{abi.ILP32LEi386, Form{Route5: true, If: 14}, abi.RTM_OOIFINFO, 84},
	} {
		b := testIf.IfList(nil, c.m, abi.AF_INET, c.form)
		n := int(c.m.Uint(b, 2))
		round := func(n int) int { return (n + c.m.PtrSize - 1) &^ (c.m.PtrSize - 1) }
		if b[2] != 3 || b[3] != c.typ || n != c.header+round(17) || b[c.header+1] != abi.AF_LINK || b[16] != abi.IFT_ETHER {
			t.Errorf("%s, %d: %x", c.m.Name, c.form.If, b[:n])
		}
		mtu := 24
		if c.form.If == 14 {
			mtu = 16 + c.m.PtrSize
		}
		if got := c.m.Ptr(b[mtu:]); got != 1500 {
			t.Errorf("%s, %d: a packet has %d bytes", c.m.Name, c.form.If, got)
		}
		const header = 20 // struct ifa_msghdr
		b = b[n:]
		if b[2] != 3 || b[3] != abi.RTM_ONEWADDR || len(b) != header+3*16 || c.m.Uint(b[4:], 4) != 1<<abi.RTAX_NETMASK|1<<abi.RTAX_IFA|1<<abi.RTAX_BRD ||
			!bytes.Equal(b[header+16+4:header+16+8], []byte{10, 1, 2, 3}) {
			t.Errorf("%s: address %x", c.m.Name, b)
		}
	}
	rt := &Route{Dst: netip.MustParsePrefix("0.0.0.0/0"), Gateway: netip.MustParseAddr("10.1.0.1"), Index: 3, Flags: abi.RTF_UP, MTU: 1400}
	for m, header := range map[*abi.Model]int{abi.LP64LE: 120, abi.ILP32LEi386: 76} {
		b := rt.Message(nil, m, testIf, Form{Route5: true})
		if b[2] != 3 || b[3] != abi.RTM_GET || b[header] != 16 || b[header+1] != abi.AF_INET || m.Ptr(b[32+2*m.PtrSize:]) != 1400 {
			t.Errorf("%s: route %x", m.Name, b)
		}
	}
}
