package vfs

import (
	"os"
	"testing"

	"nbemu/abi"
)

// TestLowPort: IP_PORTRANGE_LOW gives ports from 600 to 1023 to bind(2) of port 0 and to an unbound socket's connect(2)
// (in_pcb.c, portalgo), and EACCES to others than the superuser.
func TestLowPort(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("the host gives such ports to its root")
	}
	l := testLWP(t, "/", "", "")
	for family, level := range map[int32][2]int32{abi.AF_INET: {abi.IPPROTO_IP, abi.IP_PORTRANGE}, abi.AF_INET6: {abi.IPPROTO_IPV6, abi.IPV6_PORTRANGE}} {
		f, err := Socket(l, family, abi.SOCK_STREAM, 0)
		if err != abi.OK {
			continue // a host without IPv6
		}
		s, _ := SocketOf(f)
		if err := s.Setsockopt(l, f, level[0], level[1], l.Model().Bytes(int32(abi.IP_PORTRANGE_LOW))); err != abi.OK {
			t.Fatal(err)
		}
		cred := l.Proc.Cred
		user := *cred
		user.Euid, user.Ruid, user.Svuid = 7, 7, 7
		l.Proc.Cred = &user
		if err := s.bindLow(l); err != abi.EACCES {
			t.Errorf("a user's: %v", err)
		}
		l.Proc.Cred = cred
		for range 2 { // the second time it has one
			if err := s.bindLow(l); err != abi.OK {
				t.Fatalf("family %d: %v", family, err)
			}
		}
		sa, err := s.Getsockname(l)
		if port := int(sa[2])<<8 | int(sa[3]); err != abi.OK || port < lowPortMin || port > lowPortMax {
			t.Errorf("port %d, %v", port, err)
		}
		f.Unref(l)
	}
}
