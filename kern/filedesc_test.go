package kern

import (
	"math/rand/v2"
	"testing"
	"time"

	"nbemu/abi"
	"nbemu/mem"
)

// fileLWP is an LWP that can call what does not sleep or touch guest memory.
func fileLWP(nofile uint64) *LWP {
	lim := new(Limits)
	lim[abi.RLIMIT_NOFILE] = abi.Rlimit{Cur: nofile, Max: nofile}
	return &LWP{K: tk, Proc: &Proc{K: tk, Fd: NewFileDesc(), Limits: lim, Cred: &Cred{}}}
}

type testOps struct {
	BadOps
	closed int
}

func (o *testOps) Type() string                     { return "test" }
func (o *testOps) Close(*LWP, *File) abi.Errno      { o.closed++; return abi.OK }
func (o *testOps) Kqfilter(*File, *Knote) abi.Errno { return abi.EINVAL }

func TestLowestDescriptor(t *testing.T) {
	l := fileLWP(20000)
	ops := &testOps{}
	open := map[int32]bool{}
	r := rand.New(rand.NewPCG(1, 2))
	lowest := func(want int32) int32 {
		for open[want] {
			want++
		}
		return want
	}
	for i := range 40000 {
		switch {
		case i < 9000 || r.IntN(2) == 0:
			want := int32(0)
			if r.IntN(3) == 0 {
				want = int32(r.IntN(10000))
			}
			fd, err := l.Proc.FdInstall(NewFile(l, ops, abi.FREAD), want, false)
			if err != abi.OK || fd != lowest(want) {
				t.Fatalf("step %d: got %d, %v; the lowest from %d is %d", i, fd, err, want, lowest(want))
			}
			open[fd] = true
		default:
			fd := int32(r.IntN(9000))
			err := l.Proc.Fd.Close(l, fd)
			if (err == abi.OK) != open[fd] {
				t.Fatalf("step %d: close %d: %v", i, fd, err)
			}
			delete(open, fd)
		}
		if l.Proc.Fd.Count() != len(open) {
			t.Fatalf("step %d: %d open, want %d", i, l.Proc.Fd.Count(), len(open))
		}
	}
	last := int32(-1)
	for fd := range open {
		last = max(last, fd)
	}
	if got := l.Proc.Fd.Last(); got != last {
		t.Errorf("last is %d, want %d", got, last)
	}
	c := l.Proc.Fd.Copy()
	if c.Count() != len(open) || c.Last() != last {
		t.Errorf("copy has %d descriptors up to %d", c.Count(), c.Last())
	}
	before := ops.closed
	l.Proc.Fd.Free(l)
	if ops.closed != before {
		t.Errorf("files were closed though a copy of the table has them")
	}
	l.Proc.Fd = c
	c.Free(l)
	if ops.closed-before != len(open) {
		t.Errorf("%d files closed, want %d", ops.closed-before, len(open))
	}
}

func TestDescriptorLimit(t *testing.T) {
	l := fileLWP(8)
	f := NewFile(l, &testOps{}, abi.FREAD)
	for want := int32(0); want < 8; want++ {
		if fd, err := l.Proc.FdInstall(f.Ref(), 0, false); fd != want || err != abi.OK {
			t.Fatalf("got %d, %v", fd, err)
		}
	}
	if err := l.Proc.FdRoom(); err != abi.EMFILE {
		t.Errorf("room: %v", err)
	}
	if _, err := l.Proc.FdInstall(f, 0, false); err != abi.EMFILE {
		t.Errorf("install: %v", err)
	}
	if _, err := l.Dup(0, 8, false); err != abi.EINVAL {
		t.Errorf("dup to 8: %v", err)
	}
	if err := l.Dup2(0, 8, false); err != abi.EBADF {
		t.Errorf("dup2 to 8: %v", err)
	}
	if err := l.Dup2(0, -1, false); err != abi.EBADF {
		t.Errorf("dup2 to -1: %v", err)
	}
	if err := l.Dup2(1, 3, true); err != abi.OK || !l.Proc.Fd.Cloexec(3) {
		t.Errorf("dup2: %v", err)
	}
	l.Proc.Fd.CloseExec(l)
	if l.Proc.Fd.Get(3) != nil || l.Proc.Fd.Get(2) == nil {
		t.Error("close on exec closed the wrong ones")
	}
	l.Proc.Fd.CloseFrom(l, 1)
	if l.Proc.Fd.Count() != 1 {
		t.Errorf("%d descriptors left", l.Proc.Fd.Count())
	}
}

func TestKqueueOfClosedDescriptor(t *testing.T) {
	l := fileLWP(100)
	kq := NewKqueue(l, 0)
	rd, wr := NewPipe(l, abi.O_NONBLOCK)
	for _, f := range []*File{kq, rd, wr} {
		if _, err := l.Install(f, false); err != abi.OK {
			t.Fatal(err)
		}
	}
	q := kq.Ops.(*Kqueue)
	for _, c := range []abi.Kevent{
		{Ident: 1, Filter: abi.EVFILT_READ, Flags: abi.EV_ADD},
		{Ident: 2, Filter: abi.EVFILT_WRITE, Flags: abi.EV_ADD | abi.EV_CLEAR},
		{Ident: 7, Filter: abi.EVFILT_USER, Flags: abi.EV_ADD | abi.EV_CLEAR},
	} {
		if err := q.Register(l, &c); err != abi.OK {
			t.Fatalf("%+v: %v", c, err)
		}
	}
	scan := func(want ...abi.Kevent) {
		t.Helper()
		got, err := q.Scan(l, kq, 10, time.Time{}, true)
		if err != abi.OK || len(got) != len(want) {
			t.Fatalf("got %+v, %v; want %+v", got, err, want)
		}
		for i := range want {
			g := abi.Kevent{Ident: got[i].Ident, Filter: got[i].Filter, Flags: got[i].Flags & abi.EV_EOF, Fflags: got[i].Fflags, Data: got[i].Data}
			if g != want[i] {
				t.Errorf("event %d is %+v, want %+v", i, g, want[i])
			}
		}
	}
	scan(abi.Kevent{Ident: 2, Filter: abi.EVFILT_WRITE, Data: pipeSize})
	scan()
	if err := wr.Ops.Write(l, wr, KernUio(l, []byte("abc"), true)); err != abi.OK {
		t.Fatal(err)
	}
	// Without EV_CLEAR the event stays true. What is written is told to who waits for room too.
	scan(abi.Kevent{Ident: 1, Filter: abi.EVFILT_READ, Data: 3}, abi.Kevent{Ident: 2, Filter: abi.EVFILT_WRITE, Data: pipeSize - 3})
	scan(abi.Kevent{Ident: 1, Filter: abi.EVFILT_READ, Data: 3})
	trigger := abi.Kevent{Ident: 7, Filter: abi.EVFILT_USER, Fflags: abi.NOTE_TRIGGER | abi.NOTE_FFOR | 5, Data: 9}
	if err := q.Register(l, &trigger); err != abi.OK {
		t.Fatal(err)
	}
	scan(abi.Kevent{Ident: 1, Filter: abi.EVFILT_READ, Data: 3}, abi.Kevent{Ident: 7, Filter: abi.EVFILT_USER, Fflags: 5, Data: 9})
	if err := l.Proc.Fd.Close(l, 1); err != abi.OK {
		t.Fatal(err)
	}
	// The reader is gone: its knote with it, the writer's says so.
	scan(abi.Kevent{Ident: 2, Filter: abi.EVFILT_WRITE, Flags: abi.EV_EOF})
	del := abi.Kevent{Ident: 1, Filter: abi.EVFILT_READ, Flags: abi.EV_DELETE}
	if err := q.Register(l, &del); err != abi.EBADF {
		t.Errorf("delete of a closed descriptor's event: %v", err)
	}
	del = abi.Kevent{Ident: 8, Filter: abi.EVFILT_USER, Flags: abi.EV_DELETE}
	if err := q.Register(l, &del); err != abi.ENOENT {
		t.Errorf("delete of an event that is not there: %v", err)
	}
	if err := l.Proc.Fd.Close(l, 0); err != abi.OK {
		t.Fatal(err)
	}
	if err := l.Proc.Fd.Close(l, 2); err != abi.OK {
		t.Fatal(err)
	}
}

func TestPipe(t *testing.T) {
	l := fileLWP(100)
	rd, wr := NewPipe(l, abi.O_NONBLOCK)
	write := func(n int) (int, abi.Errno) {
		u := KernUio(l, make([]byte, n), true)
		defer u.Free()
		err := wr.Ops.Write(l, wr, u)
		return n - int(u.Resid), err
	}
	read := func(n int) (int, abi.Errno) {
		u := KernUio(l, make([]byte, n), false)
		defer u.Free()
		err := rd.Ops.Read(l, rd, u)
		return n - int(u.Resid), err
	}
	if n, err := read(1); n != 0 || err != abi.EAGAIN {
		t.Errorf("empty: %d, %v", n, err)
	}
	if n, err := write(pipeSize - 100); n != pipeSize-100 || err != abi.OK {
		t.Errorf("filling: %d, %v", n, err)
	}
	// What is not longer than PIPE_BUF goes in as a whole or not at all; longer writes as far as they can.
	if n, err := write(PIPE_BUF); n != 0 || err != abi.EAGAIN {
		t.Errorf("atomic: %d, %v", n, err)
	}
	if wr.Ops.Poll(l, wr, abi.POLLOUT, nil) != 0 {
		t.Error("it says it is writable")
	}
	if n, err := write(PIPE_BUF + 1); n != 100 || err != abi.EAGAIN {
		t.Errorf("long: %d, %v", n, err)
	}
	if n, err := read(300); n != 300 || err != abi.OK {
		t.Errorf("read: %d, %v", n, err)
	}
	if n, err := write(300); n != 300 || err != abi.OK {
		t.Errorf("write round the end: %d, %v", n, err)
	}
	if n, err := read(2 * pipeSize); n != pipeSize || err != abi.OK {
		t.Errorf("read all: %d, %v", n, err)
	}
	// A large write makes a large buffer.
	if n, err := write(1 << 20); n != bigPipeSize || err != abi.EAGAIN {
		t.Errorf("large: %d, %v", n, err)
	}
	if n, _ := read(1 << 20); n != bigPipeSize {
		t.Errorf("read large: %d", n)
	}
	var st abi.Stat
	if wr.Ops.Stat(l, wr, &st); st.Mode&abi.S_IFMT != abi.S_IFIFO {
		t.Errorf("mode %o", st.Mode)
	}
	_, _ = write(3)
	wr.Unref(l)
	if ev := rd.Ops.Poll(l, rd, abi.POLLIN, nil); ev != abi.POLLIN|abi.POLLHUP {
		t.Errorf("poll after the writer has closed: %#x", ev)
	}
	if n, err := read(10); n != 3 || err != abi.OK {
		t.Errorf("last bytes: %d, %v", n, err)
	}
	if n, err := read(10); n != 0 || err != abi.OK {
		t.Errorf("end of file: %d, %v", n, err)
	}
	rd, wr = NewPipe(l, 0)
	rd.Unref(l)
	if n, err := write(1); n != 0 || err != abi.EPIPE {
		t.Errorf("without a reader: %d, %v", n, err)
	}
}

// TestPipesWithoutRoom: pipes stay small when the kernel has no memory for more, and give back what they had.
func TestPipesWithoutRoom(t *testing.T) {
	mem.SetLimit(16 << 20)
	defer mem.SetLimit(0)
	l := fileLWP(100)
	fill := func() (big int) {
		var files []*File
		for n := bigPipeSize; n == bigPipeSize; big++ {
			rd, wr := NewPipe(l, abi.O_NONBLOCK)
			files = append(files, rd, wr)
			u := KernUio(l, make([]byte, 1<<20), true)
			if err := wr.Ops.Write(l, wr, u); err != abi.EAGAIN || big > 1000 {
				t.Fatalf("pipe %d: %v", big, err)
			}
			n = 1<<20 - int(u.Resid)
			u.Free()
			if n != bigPipeSize && n != pipeSize {
				t.Errorf("pipe %d takes %d bytes", big, n)
			}
		}
		for _, f := range files {
			f.Unref(l)
		}
		return big
	}
	n := fill()
	if n < 2 || n > 16<<20/bigPipeSize {
		t.Errorf("%d big pipes in 16 MiB", n)
	}
	if again := fill(); again != n {
		t.Errorf("first %d big pipes, then %d", n, again)
	}
}

func TestPipeKeepsOrder(t *testing.T) {
	l := fileLWP(100)
	rd, wr := NewPipe(l, abi.O_NONBLOCK)
	r := rand.New(rand.NewPCG(3, 4))
	var in, out byte
	for range 20000 {
		b := make([]byte, r.IntN(3000))
		if r.IntN(2) == 0 {
			for i := range b {
				b[i] = in + byte(i)
			}
			u := KernUio(l, b, true)
			_ = wr.Ops.Write(l, wr, u)
			in += byte(len(b) - int(u.Resid))
			u.Free()
			continue
		}
		u := KernUio(l, b, false)
		_ = rd.Ops.Read(l, rd, u)
		n := len(b) - int(u.Resid)
		u.Free()
		for i := range n {
			if b[i] != out {
				t.Fatalf("byte %d is %d, want %d", i, b[i], out)
			}
			out++
		}
	}
}

// TestKnotesWithoutEnd: events that need no descriptor are counted as what the machine may take, and given back.
func TestKnotesWithoutEnd(t *testing.T) {
	mem.SetLimit(16 << 20)
	defer mem.SetLimit(0)
	l := fileLWP(100)
	f := NewKqueue(l, 0)
	q := f.Ops.(*Kqueue)
	fill := func() uint64 {
		for n := uint64(0); ; n++ {
			switch err := q.Register(l, &abi.Kevent{Ident: abi.ULong(n), Filter: abi.EVFILT_USER, Flags: abi.EV_ADD}); {
			case err == abi.ENOMEM:
				return n
			case err != abi.OK || n > 1<<20:
				t.Fatalf("event %d: %v", n, err)
			}
		}
	}
	n := fill()
	if err := q.Close(l, f); err != abi.OK {
		t.Fatal(err)
	}
	if again := fill(); again != n {
		t.Errorf("first %d events, then %d", n, again)
	}
	_ = q.Close(l, f)
}
