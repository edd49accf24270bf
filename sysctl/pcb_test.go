package sysctl

import (
	"encoding/binary"
	"math"
	"testing"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/kern/kerntest"
	"nbemu/vfs"
)

// TestPcblist: the lists of sockets that sockstat(1) and netstat(1) read, and that a descriptor of kern.file2 is found in
// them, which is how sockstat knows whose a socket is.
func TestPcblist(t *testing.T) {
	k := newKernel(t)
	vfs.New(k)
	l := kerntest.LWP(t, k, 0)
	open := func(domain, typ int32) (vfs.Sock, *kern.File, int32) {
		t.Helper()
		f, err := vfs.Socket(l, domain, typ, 0)
		if err != abi.OK {
			t.Fatal(err)
		}
		return install(t, l, f)
	}
	tcp, tcpFile, tcpFd := open(abi.AF_INET, abi.SOCK_STREAM)
	loopback := []byte{16, abi.AF_INET, 0, 0, 127, 0, 0, 1, 15: 0}
	if err := tcp.Bind(l, loopback); err != abi.OK {
		t.Fatal(err)
	}
	if err := tcp.Listen(5); err != abi.OK {
		t.Fatal(err)
	}
	name, _ := tcp.Getsockname(l)
	client, clientFile, _ := open(abi.AF_INET, abi.SOCK_STREAM)
	if err := client.Connect(l, clientFile, name); err != abi.OK {
		t.Fatal(err)
	}
	_, udpFile, _ := open(abi.AF_INET, abi.SOCK_DGRAM)
	fa, fb, err := vfs.Socketpair(l, abi.AF_LOCAL, abi.SOCK_STREAM, 0)
	if err != abi.OK {
		t.Fatal(err)
	}
	install(t, l, fa)
	install(t, l, fb)

	pcbs := pcblistOf(t, l, "inet", "tcp")
	if len(pcbs) != 2 {
		t.Fatalf("tcp has %d sockets, want 2", len(pcbs))
	}
	listener, conn := pcbs[0], pcbs[1]
	if listener.Tstate != abi.TCPS_LISTEN || listener.Prstate != abi.INP_BOUND || listener.Sockaddr != tcpFile.Serial {
		t.Errorf("listener: state %d, %d, socket %d", listener.Tstate, listener.Prstate, listener.Sockaddr)
	}
	port := binary.BigEndian.Uint16(name[2:])
	if got := binary.BigEndian.Uint16(listener.Src[2:]); got != port || listener.Src[1] != abi.AF_INET {
		t.Errorf("listener's address: family %d port %d, want port %d", listener.Src[1], got, port)
	}
	if conn.Tstate != abi.TCPS_ESTABLISHED || conn.Prstate != abi.INP_CONNECTED || conn.Sostate&abi.SS_ISCONNECTED == 0 ||
		binary.BigEndian.Uint16(conn.Dst[2:]) != port || conn.Protocol != abi.IPPROTO_TCP {
		t.Errorf("connection: %+v", conn)
	}
	if udp := pcblistOf(t, l, "inet", "udp"); len(udp) != 1 || udp[0].Sockaddr != udpFile.Serial || udp[0].Type != abi.SOCK_DGRAM {
		t.Errorf("udp: %+v", udp)
	}
	if l6 := pcblistOf(t, l, "inet6", "tcp6"); len(l6) != 0 {
		t.Errorf("tcp6 has %d sockets", len(l6))
	}
	if pair := pcblistOf(t, l, "local", "stream"); len(pair) != 2 || pair[0].Conn != pair[1].Sockaddr || pair[1].Conn != pair[0].Sockaddr {
		t.Errorf("local: %+v", pair)
	}
	for _, f := range filesOf(t, l) {
		if f.Fd == tcpFd && f.Fdata != listener.Sockaddr {
			t.Errorf("kern.file2 has socket %d, pcblist %d", f.Fdata, listener.Sockaddr)
		}
	}
	mib := append(leaf(t, l, "net", "inet", "tcp", "pcblist"), abi.PCB_ALL, 0, 8, math.MaxInt32)
	if _, err := Call(l, mib, kerntest.Base, 4096, 0, 0); err != abi.EINVAL {
		t.Errorf("another size of an element: %v", err)
	}
}

func install(t *testing.T, l *kern.LWP, f *kern.File) (vfs.Sock, *kern.File, int32) {
	t.Helper()
	fd, err := l.Install(f, false)
	if err != abi.OK {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Proc.Fd.Close(l, fd) })
	s, err := vfs.SocketOf(f)
	if err != abi.OK {
		t.Fatal(err)
	}
	return s, f, fd
}

// pcblistOf reads net.<family>.<protocol>.pcblist.
func pcblistOf(t *testing.T, l *kern.LWP, path ...string) []abi.KinfoPcb {
	t.Helper()
	mib := leaf(t, l, append(append([]string{"net"}, path...), "pcblist")...)
	size := int32(l.Model().Sizeof(abi.KinfoPcb{}))
	mib = append(mib, abi.PCB_ALL, 0, size, math.MaxInt32)
	need, err := Call(l, mib, 0, 0, 0, 0)
	if err != abi.OK {
		t.Fatal(err)
	}
	n, err := Call(l, mib, kerntest.Base, need, 0, 0)
	if err != abi.OK || need != n+abi.PCB_SLOP*uint64(size) {
		t.Fatalf("%v: %v, %d bytes, %d said to be needed", path, err, n, need)
	}
	list := make([]abi.KinfoPcb, n/uint64(size))
	if err := l.CopyinStruct(kerntest.Base, list); err != abi.OK {
		t.Fatal(err)
	}
	return list
}

func filesOf(t *testing.T, l *kern.LWP) []abi.KinfoFile {
	t.Helper()
	size := int32(l.Model().Sizeof(abi.KinfoFile{}))
	mib := []int32{abi.CTL_KERN, abi.KERN_FILE2, abi.KERN_FILE_BYPID, 0, size, math.MaxInt32}
	n, err := Call(l, mib, kerntest.Base, 8192, 0, 0)
	if err != abi.OK {
		t.Fatal(err)
	}
	list := make([]abi.KinfoFile, n/uint64(size))
	if err := l.CopyinStruct(kerntest.Base, list); err != abi.OK {
		t.Fatal(err)
	}
	return list
}
