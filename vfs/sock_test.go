package vfs

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

func TestSockaddr(t *testing.T) {
	for _, m := range []*abi.Model{abi.LP64LE, abi.ILP32BE} {
		in6 := &unix.SockaddrInet6{Port: 0x1234, ZoneId: 7, Addr: [16]byte{0xfe, 0x80, 15: 1}}
		for _, sa := range []unix.Sockaddr{&unix.SockaddrInet4{Port: 8080, Addr: [4]byte{10, 0, 0, 1}}, in6} {
			b := tfs.sockaddrToGuest(m, sa)
			if int(b[0]) != len(b) {
				t.Errorf("%+v: length %d in %d bytes", sa, b[0], len(b))
			}
			back, err := inetToHost(m, b)
			if err != abi.OK {
				t.Errorf("%+v: %v", sa, err)
				continue
			}
			if !bytes.Equal(tfs.sockaddrToGuest(m, back), b) {
				t.Errorf("%+v came back as %+v", sa, back)
			}
		}
		var g abi.SockaddrIn6
		m.Unmarshal(tfs.sockaddrToGuest(m, in6), &g)
		if g.Family != abi.AF_INET6 || g.ScopeId != 7 || g.Port != [2]byte{0x12, 0x34} || g.Addr != in6.Addr {
			t.Errorf("%s: %+v", m.Name, g)
		}
	}
	for _, bad := range [][]byte{nil, {16}, {16, abi.AF_INET}, make([]byte, 16), {2, 99}, append([]byte{17, abi.AF_INET}, make([]byte, 15)...),
		append([]byte{16, abi.AF_INET6}, make([]byte, 14)...)} {
		if sa, err := inetToHost(abi.LP64LE, bad); err == abi.OK {
			t.Errorf("% x was taken as %+v", bad, sa)
		}
	}
	if b := tfs.sockaddrToGuest(abi.LP64LE, &unix.SockaddrUnix{Name: "/a/b"}); !bytes.Equal(b, []byte("\x07\x01/a/b\x00")) {
		t.Errorf("local address % x", b)
	}
	if b := tfs.sockaddrToGuest(abi.LP64LE, &unix.SockaddrUnix{}); !bytes.Equal(b, []byte{2, 1}) {
		t.Errorf("no local address % x", b)
	}
}

func unixAddr(path string) []byte {
	return append([]byte{byte(2 + len(path)), abi.AF_LOCAL}, path...)
}

// pair is a local stream socket pair of non-blocking sockets.
func pair(t *testing.T, l *kern.LWP) (a, b Sock, fa, fb *kern.File) {
	t.Helper()
	fa, fb, err := Socketpair(l, abi.AF_LOCAL, abi.SOCK_STREAM|abi.SOCK_NONBLOCK, 0)
	if err != abi.OK {
		t.Fatal(err)
	}
	a, _ = SocketOf(fa)
	b, _ = SocketOf(fb)
	return a, b, fa, fb
}

func rights(m *abi.Model, fds ...int32) []byte {
	return addCmsg(m, nil, abi.SOL_SOCKET, abi.SCM_RIGHTS, m.Bytes(fds))
}

func TestPassingDescriptors(t *testing.T) {
	dir := t.TempDir()
	l := testLWP(t, dir, "", "")
	m := l.Model()
	a, b, fa, fb := pair(t, l)
	rd, wr := kern.NewPipe(l, abi.O_NONBLOCK)
	file, err := OpenFile(l, abi.AT_FDCWD, "f", abi.O_RDWR|abi.O_CREAT, 0644)
	if err != abi.OK {
		t.Fatal(err)
	}
	u := kern.KernUio(l, []byte("hello"), true)
	if err := file.Ops.Write(l, file, u); err != abi.OK {
		t.Fatal(err)
	}
	var fds []int32
	for _, f := range []*kern.File{rd, file, fa} {
		fd, err := l.Install(f.Ref(), false)
		if err != abi.OK {
			t.Fatal(err)
		}
		fds = append(fds, fd)
	}
	send := func(ctl []byte) abi.Errno {
		return a.Send(l, fa, kern.KernUio(l, []byte("x"), true), &Msg{Control: ctl})
	}
	recv := func(room int) (*Msg, []int32) {
		t.Helper()
		msg := &Msg{Flags: abi.MSG_CMSG_CLOEXEC}
		if err := b.Recv(l, fb, kern.KernUio(l, make([]byte, 10), false), msg, room); err != abi.OK {
			t.Fatal(err)
		}
		if len(msg.Control) == 0 {
			return msg, nil
		}
		n := int(m.Uint(msg.Control, 4)) - m.CmsgLen(0)
		got := make([]int32, n/4)
		m.Unmarshal(msg.Control[m.CmsgLen(0):], got)
		return msg, got
	}

	if err := send(rights(m, fds...)); err != abi.OK {
		t.Fatal(err)
	}
	msg, got := recv(200)
	if len(got) != 3 || msg.Flags != 0 {
		t.Fatalf("received %v, flags %#x", got, msg.Flags)
	}
	if f := l.Proc.Fd.Get(got[0]); f != rd {
		t.Errorf("the pipe came as another file: %T", f.Ops)
	}
	if f := l.Proc.Fd.Get(got[2]); f != fa {
		t.Errorf("the socket came as another file")
	}
	if !l.Proc.Fd.Cloexec(got[0]) {
		t.Error("not closed on exec")
	}
	// The offset is shared with the one who sent it.
	nf := l.Proc.Fd.Get(got[1])
	if off, err := nf.Ops.Seek(l, nf, 0, abi.SEEK_CUR); off != 5 || err != abi.OK {
		t.Errorf("offset %d, %v", off, err)
	}
	if _, err := file.Ops.Seek(l, file, 2, abi.SEEK_SET); err != abi.OK {
		t.Error(err)
	}
	if off, _ := nf.Ops.Seek(l, nf, 0, abi.SEEK_CUR); off != 2 {
		t.Errorf("offset %d after a seek by the sender", off)
	}
	for _, fd := range got {
		_ = l.Proc.Fd.Close(l, fd)
	}

	// With room for one of two NetBSD delivers none, and closes both.
	if err := send(rights(m, fds[1], fds[2])); err != abi.OK {
		t.Fatal(err)
	}
	if msg, got := recv(m.CmsgLen(4)); len(msg.Control) != 0 || got != nil || msg.Flags&abi.MSG_CTRUNC == 0 {
		t.Errorf("received %v with room for one of two, flags %#x", got, msg.Flags)
	}
	// So it does without room in the table, and says EMSGSIZE.
	if err := send(rights(m, fds[1], fds[2])); err != abi.OK {
		t.Fatal(err)
	}
	lim := l.Proc.Limits[abi.RLIMIT_NOFILE]
	open := l.Proc.Fd.Count()
	l.Proc.Limits[abi.RLIMIT_NOFILE].Cur = uint64(l.Proc.Fd.Last()) + 2
	if err := b.Recv(l, fb, kern.KernUio(l, make([]byte, 10), false), &Msg{}, 200); err != abi.EMSGSIZE || l.Proc.Fd.Count() != open {
		t.Errorf("with room for one of two in the table: %v, %d open, not %d", err, l.Proc.Fd.Count(), open)
	}
	l.Proc.Limits[abi.RLIMIT_NOFILE] = lim

	// Without any room NetBSD says nothing of it; Linux does, and it delivers as many as there is room for.
	for _, room := range []int{0, -1} {
		if err := send(rights(m, fds[1], fds[2])); err != abi.OK {
			t.Fatal(err)
		}
		if msg, got := recv(room); len(msg.Control) != 0 || got != nil || msg.Flags != 0 {
			t.Errorf("with room %d: received %v, flags %#x", room, got, msg.Flags)
		}
	}
	native := l.Proc.Emul
	l.Proc.Emul = &kern.Emul{SomeRights: true}
	for _, c := range []struct{ room, fds int }{{0, 0}, {m.CmsgLen(4) - 1, 0}, {m.CmsgLen(4), 1}, {m.CmsgLen(8), 2}} {
		if err := send(rights(m, fds[1], fds[2])); err != abi.OK {
			t.Fatal(err)
		}
		msg, got := recv(c.room)
		if len(got) != c.fds || (msg.Flags&abi.MSG_CTRUNC != 0) != (c.fds < 2) {
			t.Errorf("Linux with room %d: received %v, flags %#x", c.room, got, msg.Flags)
		}
		for _, fd := range got {
			_ = l.Proc.Fd.Close(l, fd)
		}
	}
	l.Proc.Emul = native

	// Without enough they are dropped, and nothing stays open: the pipe's writer notices.
	if err := send(rights(m, fds[0])); err != abi.OK {
		t.Fatal(err)
	}
	_ = l.Proc.Fd.Close(l, fds[0])
	rd.Unref(l)
	if wr.Ops.Poll(l, wr, abi.POLLOUT, nil)&abi.POLLHUP != 0 {
		t.Error("the pipe in flight is closed")
	}
	if msg, got := recv(4); got != nil || msg.Flags&abi.MSG_CTRUNC == 0 {
		t.Errorf("received %v without room, flags %#x", got, msg.Flags)
	}
	for range 100 {
		if wr.Ops.Poll(l, wr, abi.POLLOUT, nil)&abi.POLLHUP != 0 {
			break
		}
		tfs.K.Unlock()
		time.Sleep(5 * time.Millisecond)
		tfs.K.Lock()
	}
	if wr.Ops.Poll(l, wr, abi.POLLOUT, nil)&abi.POLLHUP == 0 {
		t.Error("a dropped descriptor was never closed")
	}
	if len(tfs.passing) != 0 {
		t.Errorf("%d files still on their way", len(tfs.passing))
	}

	for _, bad := range [][]byte{
		rights(m, 999),
		{1, 2, 3},
		{0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0},
		{0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0},
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0},
		addCmsg(m, nil, abi.IPPROTO_IP, abi.IP_PKTINFO, []byte{1}),
		addCmsg(m, nil, 12345, 99, []byte{1}),
	} {
		if err := send(bad); err == abi.OK && len(bad) >= 12 {
			t.Errorf("% x was accepted", bad)
		}
	}
	fa.Unref(l)
	fb.Unref(l)
	wr.Unref(l)
	file.Unref(l)
}

func TestLocalSocketNames(t *testing.T) {
	old := unix.Umask(0)
	defer unix.Umask(old)
	top := t.TempDir()
	long := filepath.Join(top, "a-rather-long-directory-name-so-that-the-path-of-the-socket-is-longer-than-the-host-can-take-in-one-piece")
	if herr := os.MkdirAll(long, 0755); herr != nil {
		t.Fatal(herr)
	}
	for _, tt := range []struct{ name, cwd, root, bind, connect string }{
		{"relative", top, "", "sock", "./sock"},
		{"long", long, "", "sock", "../" + filepath.Base(long) + "/sock"},
		{"chroot", long, top, "/sock2", "../sock2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := testLWP(t, tt.cwd, tt.root, "")
			lf, err := Socket(l, abi.AF_LOCAL, abi.SOCK_STREAM|abi.SOCK_NONBLOCK, 0)
			if err != abi.OK {
				t.Fatal(err)
			}
			defer lf.Unref(l)
			ls, _ := SocketOf(lf)
			if err := ls.Bind(l, unixAddr(tt.bind)); err != abi.OK {
				t.Fatal(err)
			}
			if err := ls.Bind(l, unixAddr("other")); err != abi.EINVAL {
				t.Errorf("second bind: %v", err)
			}
			if err := ls.Listen(5); err != abi.OK {
				t.Fatal(err)
			}
			var st abi.Stat
			if err := Stat(l, abi.AT_FDCWD, tt.bind, true, &st); err != abi.OK || st.Mode != abi.S_IFSOCK|0755 {
				t.Errorf("%v, mode %o", err, st.Mode)
			}
			cf, err := Socket(l, abi.AF_LOCAL, abi.SOCK_STREAM|abi.SOCK_NONBLOCK, 0)
			if err != abi.OK {
				t.Fatal(err)
			}
			defer cf.Unref(l)
			cs, _ := SocketOf(cf)
			if cs.Poll(l, cf, abi.POLLIN|abi.POLLOUT, nil) != 0 {
				t.Error("a new socket is ready for something")
			}
			if err := cs.Connect(l, cf, unixAddr(tt.connect)); err != abi.OK {
				t.Fatal(err)
			}
			af, _, err := ls.Accept(l, lf, 0, true)
			if err != abi.OK {
				t.Fatal(err)
			}
			defer af.Unref(l)
			if _, _, err := ls.Accept(l, lf, 0, true); err != abi.EAGAIN {
				t.Errorf("second accept: %v", err)
			}
			// Names are as the one who bound them said.
			if sa, err := cs.Getpeername(l); string(sa[2:]) != tt.bind || err != abi.OK {
				t.Errorf("peer is % q, %v", sa, err)
			}
			if sa, err := cs.Getsockname(l); len(sa) != 2 || err != abi.OK {
				t.Errorf("own name is % q, %v", sa, err)
			}
		})
	}
}

func TestSocketOptions(t *testing.T) {
	l := testLWP(t, "/", "", "")
	m := l.Model()
	f, err := Socket(l, abi.AF_INET, abi.SOCK_STREAM, 0)
	if err != abi.OK {
		t.Fatal(err)
	}
	defer f.Unref(l)
	s, _ := SocketOf(f)
	get := func(level, name int32) (int32, abi.Errno) {
		b, err := s.Getsockopt(l, level, name, 100)
		if len(b) < 4 {
			return 0, err
		}
		return int32(m.Uint(b, 4)), err
	}
	for _, tt := range []struct{ level, name, set, want int32 }{
		{abi.SOL_SOCKET, abi.SO_REUSEADDR, 7, 1},
		{abi.SOL_SOCKET, abi.SO_KEEPALIVE, 0, 0},
		{abi.SOL_SOCKET, abi.SO_SNDBUF, 20000, 20000},
		{abi.SOL_SOCKET, abi.SO_NOSIGPIPE, 1, 1},
		{abi.IPPROTO_IP, abi.IP_TTL, 33, 33},
		{abi.IPPROTO_TCP, abi.TCP_NODELAY, 1, 4}, // TF_NODELAY (tcp_ctloutput)
		{abi.IPPROTO_TCP, abi.TCP_KEEPIDLE, 77, 77},
		{abi.IPPROTO_IP, abi.IP_PORTRANGE, 1, 0}, // high ports are the default (ip_ctloutput)
		{abi.IPPROTO_IP, abi.IP_PORTRANGE, 2, 2},
	} {
		if err := s.Setsockopt(l, f, tt.level, tt.name, m.Bytes(tt.set)); err != abi.OK {
			t.Errorf("set %d/%#x: %v", tt.level, tt.name, err)
		}
		if v, err := get(tt.level, tt.name); v != tt.want || err != abi.OK {
			t.Errorf("get %d/%#x: %d, %v; want %d", tt.level, tt.name, v, err, tt.want)
		}
	}
	if err := s.Setsockopt(l, f, abi.SOL_SOCKET, abi.SO_LINGER, m.Bytes(&abi.Linger{Onoff: 1, Linger: 9})); err != abi.OK {
		t.Error(err)
	}
	b, err := s.Getsockopt(l, abi.SOL_SOCKET, abi.SO_LINGER, 8)
	var li abi.Linger
	if m.Unmarshal(b, &li); err != abi.OK || li.Onoff == 0 || li.Linger != 9 {
		t.Errorf("linger %+v, %v", li, err)
	}
	if err := s.Setsockopt(l, f, abi.SOL_SOCKET, abi.SO_RCVTIMEO, m.Bytes(&abi.Timeval{Sec: 1, Usec: 1e6})); err != abi.EDOM {
		t.Errorf("bad time: %v", err)
	}
	for bad, want := range map[int32]abi.Errno{0x7777: abi.ENOPROTOOPT, abi.SO_ACCEPTFILTER: abi.EINVAL} { // nobody listens
		if err := s.Setsockopt(l, f, abi.SOL_SOCKET, bad, m.Bytes(int32(1))); err != want {
			t.Errorf("option %#x: %v", bad, err)
		}
	}
	if err := s.Setsockopt(l, f, abi.IPPROTO_TCP, abi.TCP_NODELAY, []byte{1}); err != abi.EINVAL {
		t.Errorf("short value: %v", err)
	}
	for _, tt := range []struct {
		domain, typ, proto int32
		want               abi.Errno
	}{
		{99, abi.SOCK_STREAM, 0, abi.EAFNOSUPPORT},
		{abi.AF_APPLETALK, abi.SOCK_DGRAM, 0, abi.EAFNOSUPPORT},
		{abi.AF_INET, 77, 0, abi.EPROTOTYPE},
		{abi.AF_INET, abi.SOCK_STREAM, abi.IPPROTO_UDP, abi.EPROTONOSUPPORT},
	} {
		if _, err := Socket(l, tt.domain, tt.typ, tt.proto); err != tt.want {
			t.Errorf("socket(%d, %d, %d): %v, want %v", tt.domain, tt.typ, tt.proto, err, tt.want)
		}
	}
}

// TestSocketEvents is what the network poller of a Go program rests on: edge-triggered events of both filters.
func TestSocketEvents(t *testing.T) {
	l := testLWP(t, "/", "", "")
	ln, herr := net.Listen("tcp", "127.0.0.1:0")
	if herr != nil {
		t.Skip(herr)
	}
	defer ln.Close()
	conns := make(chan net.Conn, 1)
	go func() {
		c, _ := ln.Accept()
		conns <- c
	}()
	f, err := Socket(l, abi.AF_INET, abi.SOCK_STREAM|abi.SOCK_NONBLOCK, 0)
	if err != abi.OK {
		t.Fatal(err)
	}
	s, _ := SocketOf(f)
	fd, _ := l.Install(f, false)
	kqf := kern.NewKqueue(l, 0)
	if _, err := l.Install(kqf, false); err != abi.OK {
		t.Fatal(err)
	}
	kq := kqf.Ops.(*kern.Kqueue)
	for _, filter := range []uint32{abi.EVFILT_READ, abi.EVFILT_WRITE} {
		kev := abi.Kevent{Ident: abi.ULong(fd), Filter: filter, Flags: abi.EV_ADD | abi.EV_CLEAR}
		if err := kq.Register(l, &kev); err != abi.OK {
			t.Fatal(err)
		}
	}
	// events waits until some event has come.
	events := func(d time.Duration) (read, write, eof bool) {
		for end := time.Now().Add(d); time.Now().Before(end); {
			got, _ := kq.Scan(l, kqf, 10, time.Time{}, true)
			for _, k := range got {
				read = read || k.Filter == abi.EVFILT_READ
				write = write || k.Filter == abi.EVFILT_WRITE
				eof = eof || k.Flags&abi.EV_EOF != 0
			}
			if len(got) > 0 {
				return
			}
			tfs.K.Unlock()
			time.Sleep(time.Millisecond)
			tfs.K.Lock()
		}
		return
	}
	if r, w, _ := events(20 * time.Millisecond); r || w {
		t.Errorf("a new socket has events: read %v, write %v", r, w)
	}
	to := tfs.sockaddrToGuest(l.Model(), &unix.SockaddrInet4{Port: ln.Addr().(*net.TCPAddr).Port, Addr: [4]byte{127, 0, 0, 1}})
	if err := s.Connect(l, f, to); err != abi.EINPROGRESS && err != abi.OK {
		t.Fatal(err)
	}
	if _, w, _ := events(2 * time.Second); !w {
		t.Fatal("no event when the connection was made")
	}
	tfs.K.Unlock()
	peer := <-conns
	tfs.K.Lock()
	if r, w, _ := events(20 * time.Millisecond); r || w {
		t.Errorf("idle: read %v, write %v", r, w)
	}
	for range 3 {
		_, _ = peer.Write([]byte("x"))
		if r, _, _ := events(2 * time.Second); !r {
			t.Fatal("no event for data")
		}
	}
	// Fill the way out; then room is news.
	big := make([]byte, 1<<20)
	for {
		u := kern.KernUio(l, big, true)
		err := s.Write(l, f, u)
		u.Free()
		if err == abi.EAGAIN {
			break
		}
		if err != abi.OK {
			t.Fatal(err)
		}
	}
	events(20 * time.Millisecond)
	go func() {
		b := make([]byte, 1<<20)
		for {
			if n, herr := peer.Read(b); n == 0 || herr != nil {
				return
			}
		}
	}()
	if _, w, _ := events(2 * time.Second); !w {
		t.Error("no event for room")
	}
	time.Sleep(20 * time.Millisecond)
	events(50 * time.Millisecond)
	peer.Close()
	sawEOF := false
	for range 5 {
		r, _, eof := events(time.Second)
		if sawEOF = r && eof; sawEOF {
			break
		}
	}
	if !sawEOF {
		t.Error("no event for the end")
	}
}
