package ipc

import (
	"testing"
	"time"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/kern/kerntest"
	"nbemu/sysctl"
)

func TestIPCSet(t *testing.T) {
	var s ipcSet[*int]
	a, b := new(int), new(int)
	id1, _ := s.add(a, 2)
	id2, _ := s.add(b, 2)
	if _, ok := s.add(new(int), 2); ok {
		t.Error("a third object")
	}
	if s.get(id1) != a || s.get(id2) != b || s.get(-1) != nil || s.get(99) != nil {
		t.Error("objects are not found")
	}
	s.del(id1)
	id3, _ := s.add(b, 2)
	if s.get(id1) != nil || s.get(id3) != b || id1&0xffff != id3&0xffff {
		t.Errorf("ids %#x and %#x of one slot", id1, id3)
	}
}

func TestIPCAccess(t *testing.T) {
	p := &abi.IpcPerm{Uid: 100, Gid: 10, Cuid: 101, Cgid: 11, Mode: 0640}
	user := func(uid, gid uint32, groups ...uint32) *kern.Cred {
		return &kern.Cred{Ruid: uid, Euid: uid, Svuid: uid, Egid: gid, Groups: groups}
	}
	for _, tt := range []struct {
		name string
		c    *kern.Cred
		mode uint32
		err  abi.Errno
	}{
		{"owner", user(100, 1), abi.IPC_R | abi.IPC_W, abi.OK},
		{"creator", user(101, 1), abi.IPC_M, abi.OK},
		{"group reads", user(7, 1, 11), abi.IPC_R, abi.OK},
		{"group writes", user(7, 10), abi.IPC_W, abi.EACCES},
		{"another reads", user(7, 1), abi.IPC_R, abi.EACCES},
		{"another controls", user(7, 1), abi.IPC_M, abi.EPERM},
		{"root", user(0, 0), abi.IPC_W, abi.OK},
	} {
		if err := ipcAccess(tt.c, p, tt.mode); err != tt.err {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.err)
		}
	}
}

func TestSemop(t *testing.T) {
	tk := newKernel(t)
	l := kerntest.LWP(t, tk, 1000)
	id, err := Semget(l, abi.IPC_PRIVATE, 2, 0600)
	if err != abi.OK {
		t.Fatal(err)
	}
	t.Cleanup(func() { SemRemove(l, id) })
	const no = abi.IPC_NOWAIT
	for _, tt := range []struct {
		name string
		ops  []abi.Sembuf
		err  abi.Errno
		a, b int32
	}{
		{"up", []abi.Sembuf{{Num: 0, Op: 3}}, abi.OK, 3, 0},
		{"all or none", []abi.Sembuf{{Num: 0, Op: -2}, {Num: 1, Op: -1, Flg: no}}, abi.EAGAIN, 3, 0},
		{"both", []abi.Sembuf{{Num: 0, Op: -2}, {Num: 1, Op: 1}}, abi.OK, 1, 1},
		{"zero", []abi.Sembuf{{Num: 0, Op: -1}, {Num: 0, Op: 0, Flg: no}}, abi.OK, 0, 1},
		{"not zero", []abi.Sembuf{{Num: 1, Op: 0, Flg: no}}, abi.EAGAIN, 0, 1},
		{"no such semaphore", []abi.Sembuf{{Num: 2, Op: 1}}, abi.EFBIG, 0, 1},
		{"too large", []abi.Sembuf{{Num: 0, Op: 32767}, {Num: 0, Op: 1}}, abi.ERANGE, 0, 1},
		{"undo", []abi.Sembuf{{Num: 1, Op: 4, Flg: abi.SEM_UNDO}}, abi.OK, 0, 5},
		{"more undo", []abi.Sembuf{{Num: 1, Op: -1, Flg: abi.SEM_UNDO}}, abi.OK, 0, 4},
	} {
		if err := Semop(l, id, tt.ops, time.Time{}); err != tt.err {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.err)
		}
		if v, _ := SemAll(l, id); int32(v[0]) != tt.a || int32(v[1]) != tt.b {
			t.Errorf("%s: %v, want %d and %d", tt.name, v, tt.a, tt.b)
		}
	}
	semExit(l.Proc)
	if v, _ := SemAll(l, id); v[1] != 1 {
		t.Errorf("after the end: %v", v)
	}
	if err := SemSetValue(l, id, 0, 32768); err != abi.ERANGE {
		t.Errorf("SETVAL: %v", err)
	}
}

func TestMsg(t *testing.T) {
	tk := newKernel(t)
	l := kerntest.LWP(t, tk, 1000)
	id, err := Msgget(l, abi.IPC_PRIVATE, 0600)
	if err != abi.OK {
		t.Fatal(err)
	}
	t.Cleanup(func() { MsgRemove(l, id) })
	send := func(typ int64, body string) abi.Errno {
		return Msgsnd(l, id, uint64(len(body)), abi.IPC_NOWAIT, func() (int64, []byte, abi.Errno) { return typ, []byte(body), abi.OK })
	}
	for i, body := range []string{"three", "one", "two", "one again"} {
		if err := send([]int64{3, 1, 2, 1}[i], body); err != abi.OK {
			t.Fatal(err)
		}
	}
	if err := send(0, "x"); err != abi.EINVAL {
		t.Errorf("type 0: %v", err)
	}
	if err := send(1, string(make([]byte, 2040))); err != abi.EAGAIN {
		t.Errorf("full: %v", err)
	}
	for _, tt := range []struct {
		typ  int64
		size uint64
		flg  int32
		want string
		err  abi.Errno
	}{
		{1, 2, 0, "", abi.E2BIG},
		{1, 2, abi.MSG_NOERROR, "on", abi.OK},
		{-2, 100, 0, "two", abi.OK},
		{9, 100, abi.IPC_NOWAIT, "", abi.ENOMSG},
		{0, 100, 0, "three", abi.OK},
		{0, 100, 0, "one again", abi.OK},
	} {
		if _, body, err := Msgrcv(l, id, tt.size, tt.typ, tt.flg); string(body) != tt.want || err != tt.err {
			t.Errorf("type %d: %q, %v; want %q, %v", tt.typ, body, err, tt.want, tt.err)
		}
	}
}

func TestMqueue(t *testing.T) {
	tk := newKernel(t)
	l := kerntest.LWP(t, tk, 1000)
	fd, err := MqOpen(l, "/q", abi.O_RDWR|abi.O_CREAT|abi.O_NONBLOCK, 0600, &abi.MqAttr{Maxmsg: 3, Msgsize: 8})
	if err != abi.OK {
		t.Fatal(err)
	}
	for i, body := range []string{"low", "high", "high2"} {
		if err := MqSend(l, fd, []byte(body), []uint32{1, 9, 9}[i], nil); err != abi.OK {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		body string
		prio uint32
		err  abi.Errno
	}{{"x", 1, abi.EAGAIN}, {"too long!", 1, abi.EMSGSIZE}, {"", 1, abi.EMSGSIZE}, {"x", 32, abi.EINVAL}} {
		if err := MqSend(l, fd, []byte(tt.body), tt.prio, nil); err != tt.err {
			t.Errorf("send %q: %v, want %v", tt.body, err, tt.err)
		}
	}
	if _, _, err := MqReceive(l, fd, 7, nil); err != abi.EMSGSIZE {
		t.Errorf("little room: %v", err)
	}
	for _, want := range []string{"high", "high2", "low", ""} {
		if body, _, err := MqReceive(l, fd, 8, nil); string(body) != want || (want == "") != (err == abi.EAGAIN) {
			t.Errorf("received %q, %v; want %q", body, err, want)
		}
	}
	if a, err := MqAttr(l, fd, &abi.MqAttr{}); a.Maxmsg != 3 || a.Flags&abi.O_NONBLOCK == 0 || err != abi.OK {
		t.Errorf("attributes %+v, %v", a, err)
	}
	if _, err := MqOpen(l, "/q", abi.O_CREAT|abi.O_EXCL, 0600, nil); err != abi.EEXIST {
		t.Errorf("exclusive: %v", err)
	}
	if err := MqUnlink(l, "/q"); err != abi.OK {
		t.Error(err)
	}
	if _, err := MqOpen(l, "/q", abi.O_RDWR, 0, nil); err != abi.ENOENT {
		t.Errorf("after unlink: %v", err)
	}
	l.Proc.Fd.Close(l, fd)
}

func TestKsem(t *testing.T) {
	tk := newKernel(t)
	l := kerntest.LWP(t, tk, 1000)
	before := kernelTables(tk).ksemCount
	id, err := KsemInit(l, 1, ksemPshared)
	if err != abi.OK {
		t.Fatal(err)
	}
	if uint32(id)&ksemMarkerMask != ksemPsharedMarker {
		t.Errorf("id %#x", id)
	}
	if err := KsemWait(l, id, true, time.Time{}); err != abi.OK {
		t.Errorf("wait: %v", err)
	}
	if err := KsemWait(l, id, true, time.Time{}); err != abi.EAGAIN {
		t.Errorf("wait for nothing: %v", err)
	}
	if err := KsemClose(l, id); err != abi.EINVAL {
		t.Errorf("close of an unnamed one: %v", err)
	}
	if err := KsemDestroy(l, id); err != abi.OK {
		t.Errorf("destroy: %v", err)
	}
	if err := KsemPost(l, id); err != abi.EINVAL {
		t.Errorf("post after destroy: %v", err)
	}
	for name, want := range map[string]abi.Errno{"x": abi.EINVAL, "/": abi.EINVAL, "/a/b": abi.EINVAL, "": abi.EINVAL} {
		if _, err := KsemOpen(l, name, abi.O_CREAT, 0600, 0); err != want {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
	id, err = KsemOpen(l, "/s", abi.O_CREAT, 0600, 2)
	if err != abi.OK {
		t.Fatal(err)
	}
	if v, err := KsemValue(l, id); v != 2 || err != abi.OK {
		t.Errorf("value %d, %v", v, err)
	}
	if err := KsemDestroy(l, id); err != abi.EINVAL {
		t.Errorf("destroy of a named one: %v", err)
	}
	if err := KsemUnlink(l, "/s"); err != abi.OK {
		t.Errorf("unlink: %v", err)
	}
	if err := KsemClose(l, id); err != abi.OK {
		t.Errorf("close: %v", err)
	}
	if kernelTables(tk).ksemCount != before {
		t.Errorf("%d semaphores are left", kernelTables(tk).ksemCount-before)
	}
}

// newKernel makes a kernel for a test, which holds its lock.
func newKernel(t *testing.T) *kern.Kernel {
	k := kern.New()
	k.FirstPID(100)
	k.Lock()
	t.Cleanup(k.Unlock)
	New(k)
	return k
}

// The nodes below kern are in the tree of a machine with such objects.
func TestNodes(t *testing.T) {
	l := kerntest.LWP(t, newKernel(t), 0)
	for _, name := range [][]int32{{abi.CTL_KERN, abi.KERN_SYSVIPC}} {
		if _, err := sysctl.Call(l, append(name, abi.CTL_QUERY), 0, 0, 0, 0); err != abi.EINVAL {
			t.Errorf("%v: %v, want EINVAL for a query without a version", name, err)
		}
	}
}
