package linux

import (
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/strace"
)

// guestMemory is a few bytes at 0x1000, with nothing around them.
type guestMemory struct {
	b []byte
	m *abi.Model
}

const guestBase = 0x1000

func (g *guestMemory) Copyin(dst []byte, va uint64) abi.Errno {
	if va < guestBase || va-guestBase+uint64(len(dst)) > uint64(len(g.b)) {
		return abi.EFAULT
	}
	copy(dst, g.b[va-guestBase:])
	return abi.OK
}

// put stores values, one after the other, and gives the address of the first.
func (g *guestMemory) put(values ...any) uint64 {
	for len(g.b)%64 != 0 {
		g.b = append(g.b, 0)
	}
	va := guestBase + uint64(len(g.b))
	for _, v := range values {
		if s, ok := v.(string); ok {
			g.b = append(append(g.b, s...), 0)
		} else {
			g.b = g.m.Append(g.b, v)
		}
	}
	return va
}

// shown is a call as strace shows it, with what was in memory before and after.
func (g *guestMemory) shown(t *testing.T, m *Machine, name string, r strace.Result, after func(), args ...uint64) string {
	t.Helper()
	for i := range sysent {
		if sysent[i].Name != name {
			continue
		}
		g.b = append(g.b, make([]byte, 4096)...)
		p := strace.Printer{Model: m.model(), Linux: m, Align: -1}
		c := p.Begin(g, &sysent[i].Sig, args)
		head := c.Head()
		if after != nil {
			after()
		}
		return head + c.End(r, len(head))
	}
	t.Fatalf("no call %s", name)
	return ""
}

// TestStraceCalls has a line for each kind of call, as strace(1) 6.1 shows it of amd64's programs.
func TestStraceCalls(t *testing.T) {
	m := machAMD64
	neg := ^uint64(0)
	ok := strace.Result{}
	value := func(v uint64) strace.Result { return strace.Result{Val: v} }
	fails := func(e abi.Errno) strace.Result { return strace.Result{Err: e} }
	for _, tt := range []struct {
		name string
		res  strace.Result
		args func(g *guestMemory) []uint64
		want string
	}{
		{"pipe2", ok, func(g *guestMemory) []uint64 { return []uint64{g.put([2]int32{4, 5}), 0} }, `pipe2([4, 5], 0) = 0`},
		{"umask", value(0o22), func(g *guestMemory) []uint64 { return []uint64{0o22} }, `umask(022) = 022`},
		{"umask", value(0o22), func(g *guestMemory) []uint64 { return []uint64{0} }, `umask(000) = 022`},
		{"dup3", value(31), func(g *guestMemory) []uint64 { return []uint64{6, 31, 0x80000} }, `dup3(6, 31, O_CLOEXEC) = 31`},
		{"openat", value(3), func(g *guestMemory) []uint64 { return []uint64{neg - 99, g.put("/x"), 0x241, 0o600} },
			`openat(AT_FDCWD, "/x", O_WRONLY|O_CREAT|O_TRUNC, 0600) = 3`},
		{"fcntl", value(0x800), func(g *guestMemory) []uint64 { return []uint64{6, 3, 99} }, `fcntl(6, F_GETFL) = 0x800 (flags O_RDONLY|O_NONBLOCK)`},
		{"fcntl", ok, func(g *guestMemory) []uint64 { return []uint64{6, 4, 0x800} }, `fcntl(6, F_SETFL, O_RDONLY|O_NONBLOCK) = 0`},
		{"fcntl", value(20), func(g *guestMemory) []uint64 { return []uint64{6, 1030, 20} }, `fcntl(6, F_DUPFD_CLOEXEC, 20) = 20`},
		{"fcntl", ok, func(g *guestMemory) []uint64 { return []uint64{1, 6, g.put(&flock{Type: 1})} },
			`fcntl(1, F_SETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=0, l_len=0}) = 0`},
		{"fcntl", fails(abi.EINVAL), func(g *guestMemory) []uint64 { return []uint64{3, 77, 1} }, `fcntl(3, 0x4d /* F_??? */, 0x1) = -1 EINVAL (Invalid argument)`},
		{"lseek", fails(abi.EINVAL), func(g *guestMemory) []uint64 { return []uint64{3, 0, 99} }, `lseek(3, 0, 0x63 /* SEEK_??? */) = -1 EINVAL (Invalid argument)`},
		{"pselect6", ok, func(g *guestMemory) []uint64 {
			return []uint64{7, g.put(uint64(0x40)), 0, 0, g.put([2]int64{0, 1000000}), 0}
		}, `pselect6(7, [6], NULL, NULL, {tv_sec=0, tv_nsec=1000000}, NULL) = 0 (Timeout)`},
		{"rt_sigaction", ok, func(g *guestMemory) []uint64 {
			return []uint64{10, g.put([]uint64{0x400000, 0x14000000, 0x401000, 1 << 11}), 0, 8}
		},
			`rt_sigaction(SIGUSR1, {sa_handler=0x400000, sa_mask=[USR2], sa_flags=SA_RESTORER|SA_RESTART, sa_restorer=0x401000}, NULL, 8) = 0`},
		{"rt_sigprocmask", ok, func(g *guestMemory) []uint64 { return []uint64{2, g.put(^uint64(3 << 31)), 0, 8} },
			`rt_sigprocmask(SIG_SETMASK, ~[RTMIN RT_1], NULL, 8) = 0`},
		{"rt_sigsuspend", fails(abi.EINTR), func(g *guestMemory) []uint64 { return []uint64{g.put(uint64(0)), 8} },
			`rt_sigsuspend([], 8) = ? ERESTARTNOHAND (To be restarted if no handler)`},
		{"rt_sigtimedwait", value(10), func(g *guestMemory) []uint64 {
			return []uint64{g.put(uint64(1 << 9)), g.put([]int32{10, 0, 0, 0, 77, 5}), 0, 8}
		}, `rt_sigtimedwait([USR1], {si_signo=SIGUSR1, si_code=SI_USER, si_pid=77, si_uid=5}, NULL, 8) = 10 (SIGUSR1)`},
		{"epoll_create1", value(8), func(g *guestMemory) []uint64 { return []uint64{0x80000} }, `epoll_create1(EPOLL_CLOEXEC) = 8`},
		{"epoll_ctl", ok, func(g *guestMemory) []uint64 { return []uint64{8, 1, 6, g.put([]uint32{0x80000001, 77, 0})} },
			`epoll_ctl(8, EPOLL_CTL_ADD, 6, {events=EPOLLIN|EPOLLET, data={u32=77, u64=77}}) = 0`},
		{"epoll_wait", value(1), func(g *guestMemory) []uint64 { return []uint64{8, g.put([]uint32{1, 77, 0}), 4, neg} },
			`epoll_wait(8, [{events=EPOLLIN, data={u32=77, u64=77}}], 4, -1) = 1`},
		{"socket", value(9), func(g *guestMemory) []uint64 { return []uint64{2, 0x80001, 0} }, `socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 9`},
		{"socket", value(9), func(g *guestMemory) []uint64 { return []uint64{16, 3, 0} }, `socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) = 9`},
		{"connect", ok, func(g *guestMemory) []uint64 { return []uint64{9, g.put(uint16(2), "\x00\x01\x7f\x00\x00\x01"), 16} },
			`connect(9, {sa_family=AF_INET, sin_port=htons(1), sin_addr=inet_addr("127.0.0.1")}, 16) = 0`},
		{"bind", ok, func(g *guestMemory) []uint64 { return []uint64{5, g.put(uint16(1), "\x00abs"), 6} }, `bind(5, {sa_family=AF_UNIX, sun_path=@"abs"}, 6) = 0`},
		{"setsockopt", ok, func(g *guestMemory) []uint64 { return []uint64{9, 1, 2, g.put(int32(1)), 4} }, `setsockopt(9, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0`},
		{"setsockopt", ok, func(g *guestMemory) []uint64 { return []uint64{9, 1, 13, g.put([2]int32{1, 5}), 8} },
			`setsockopt(9, SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=5}, 8) = 0`},
		{"clone", value(77), func(g *guestMemory) []uint64 { return []uint64{0x1200011, 0, 0, 0x7000, 0} },
			`clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7000) = 77`},
		{"wait4", value(77), func(g *guestMemory) []uint64 { return []uint64{neg, g.put(int32(0x8b)), 1, 0} },
			`wait4(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)}], WNOHANG, NULL) = 77`},
		{"prlimit64", ok, func(g *guestMemory) []uint64 { return []uint64{0, 3, 0, g.put([2]uint64{8 << 20, neg})} },
			`prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0`},
		{"futex", fails(abi.EWOULDBLOCK), func(g *guestMemory) []uint64 { return []uint64{0x7000, 0x189, 3, g.put([2]int64{0, 5}), 0, neg} },
			`futex(0x7000, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 3, {tv_sec=0, tv_nsec=5}, FUTEX_BITSET_MATCH_ANY) = -1 EAGAIN (Resource temporarily unavailable)`},
		{"prctl", ok, func(g *guestMemory) []uint64 { return []uint64{15, g.put("foo"), 1, 2, 3} }, `prctl(PR_SET_NAME, "foo") = 0`},
		{"sched_getaffinity", value(8), func(g *guestMemory) []uint64 { return []uint64{0, 128, g.put(uint64(3))} }, `sched_getaffinity(0, 128, [0 1]) = 8`},
		{"getresuid", ok, func(g *guestMemory) []uint64 { a := g.put([3]uint32{0, 1, 2}); return []uint64{a, a + 4, a + 8} }, `getresuid([0], [1], [2]) = 0`},
		{"ioctl", ok, func(g *guestMemory) []uint64 { return []uint64{3, 0x541b, g.put(int32(7))} }, `ioctl(3, FIONREAD, [7]) = 0`},
		{"ioctl", fails(abi.ENOTTY), func(g *guestMemory) []uint64 { return []uint64{3, 0x12345678, 0x7000} },
			`ioctl(3, _IOC(_IOC_NONE, 0x56, 0x78, 0x1234), 0x7000) = -1 ENOTTY (Inappropriate ioctl for device)`},
		{"shmget", value(5), func(g *guestMemory) []uint64 { return []uint64{0, 4096, 0o1600} }, `shmget(IPC_PRIVATE, 4096, IPC_CREAT|0600) = 5`},
		{"semop", ok, func(g *guestMemory) []uint64 { return []uint64{5, g.put([3]uint16{0, 0xffff, 0x1000}), 1} },
			`semop(5, [{sem_num=0, sem_op=-1, sem_flg=SEM_UNDO}], 1) = 0`},
		{"msgsnd", ok, func(g *guestMemory) []uint64 { return []uint64{5, g.put(uint64(3), "hello"), 5, 0x800} },
			`msgsnd(5, {mtype=3, mtext="hello"}, 5, IPC_NOWAIT) = 0`},
		{"mremap", value(0x9000), func(g *guestMemory) []uint64 { return []uint64{0x7000, 4096, 8192, 1, 5} }, `mremap(0x7000, 4096, 8192, MREMAP_MAYMOVE) = 0x9000`},
		{"msync", ok, func(g *guestMemory) []uint64 { return []uint64{0x7000, 4096, 6} }, `msync(0x7000, 4096, MS_SYNC|MS_INVALIDATE) = 0`},
		{"getrandom", value(2), func(g *guestMemory) []uint64 { return []uint64{g.put("Aa"), 2, 1} }, `getrandom("\x41\x61", 2, GRND_NONBLOCK) = 2`},
		{"clock_nanosleep", ok, func(g *guestMemory) []uint64 { return []uint64{1, 1, g.put([2]int64{0, 1}), 0} },
			`clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, {tv_sec=0, tv_nsec=1}, NULL) = 0`},
		{"mount", fails(abi.EPERM), func(g *guestMemory) []uint64 { return []uint64{g.put("a"), g.put("/b"), g.put("tmpfs"), 3, 0} },
			`mount("a", "/b", "tmpfs", MS_RDONLY|MS_NOSUID, NULL) = -1 EPERM (Operation not permitted)`},
		{"capget", ok, func(g *guestMemory) []uint64 {
			return []uint64{g.put([2]uint32{0x20080522, 0}), g.put([6]uint32{1, 1, 0})}
		},
			`capget({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=1<<CAP_CHOWN, permitted=1<<CAP_CHOWN, inheritable=0}) = 0`},
		{"keyctl", ok, func(g *guestMemory) []uint64 { return []uint64{0, neg - 2, 0, 9, 9} }, `keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) = 0`},
		{"ptrace", fails(abi.EPERM), func(g *guestMemory) []uint64 { return []uint64{0, 5, 6, 7} }, `ptrace(PTRACE_TRACEME) = -1 EPERM (Operation not permitted)`},
		{"ptrace", ok, func(g *guestMemory) []uint64 { return []uint64{0x4200, 5, 0, 0x100001} },
			`ptrace(PTRACE_SETOPTIONS, 5, NULL, PTRACE_O_TRACESYSGOOD|PTRACE_O_EXITKILL) = 0`},
		{"getpeername", fails(abi.ENOTCONN), func(g *guestMemory) []uint64 { return []uint64{4, 0x7000, g.put(int32(16))} },
			`getpeername(4, 0x7000, [16]) = -1 ENOTCONN (Transport endpoint is not connected)`},
	} {
		g := &guestMemory{m: m.model()}
		args := tt.args(g)
		if got := g.shown(t, m, tt.name, tt.res, nil, args...); got != tt.want {
			t.Errorf("\n got %s\nwant %s", got, tt.want)
		}
	}
}

// TestStraceChanged shows what a call found in memory and what it left there.
func TestStraceChanged(t *testing.T) {
	g := &guestMemory{m: machAMD64.model()}
	addr := g.put(uint16(1), "\x00abs", [20]uint64{})
	size := g.put(uint32(110))
	got := g.shown(t, machAMD64, "getsockname", strace.Result{}, func() { g.b[size-guestBase] = 6 }, 5, addr, size)
	if want := `getsockname(5, {sa_family=AF_UNIX, sun_path=@"abs"}, [110 => 6]) = 0`; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	off := g.put(uint64(0))
	got = g.shown(t, machAMD64, "sendfile", strace.Result{Val: 10}, func() { g.b[off-guestBase] = 10 }, 5, 3, off, 10)
	if want := `sendfile(5, 3, [0] => [10], 10) = 10`; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// TestStraceMachines has memory in the machines' own form: structures, signals, options, and what is in them.
func TestStraceMachines(t *testing.T) {
	for _, m := range Machines {
		model := m.model()
		g := &guestMemory{m: model}
		stat := m.stat(&abi.Stat{Mode: abi.S_IFREG | 0o644, Size: 5})
		call := "fstat"
		if m.stat64 != nil {
			call, stat = "fstat64", m.stat64(&abi.Stat{Mode: abi.S_IFREG | 0o644, Size: 5})
		}
		va := g.put(stat)
		if got, want := g.shown(t, m, call, strace.Result{}, nil, 3, va), call+"(3, {st_mode=S_IFREG|0644, st_size=5, ...}) = 0"; got != want {
			t.Errorf("%s: %s, want %s", m.Arch.Name, got, want)
		}
		status := g.put(m.sigOwn(10) | 0x80)
		if got := g.shown(t, m, "wait4", strace.Result{Val: 7}, nil, 7, status, 0, 0); !strings.Contains(got, "WTERMSIG(s) == SIGUSR1 && WCOREDUMP(s)") {
			t.Errorf("%s: %s", m.Arch.Name, got)
		}
		level, name := m.controlLevel(), int32(2)
		for own, generic := range m.sockopts {
			if generic == soReuseaddr {
				name = own
			}
		}
		one := g.put(int32(1))
		if got := g.shown(t, m, "setsockopt", strace.Result{}, nil, 3, uint64(level), uint64(name), one, 4); got != "setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0" {
			t.Errorf("%s: %s", m.Arch.Name, got)
		}
		lock := m.newFlock()
		lock.set(m.firstLock()+1, 0, 3, 4, 0)
		fl := g.put(lock)
		if got := g.shown(t, m, "fcntl", strace.Result{}, nil, 3, 6, fl); got != "fcntl(3, F_SETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=3, l_len=4}) = 0" {
			t.Errorf("%s: %s", m.Arch.Name, got)
		}
		data := [2]uint32{77, 0}
		if model.BigEndian {
			data = [2]uint32{0, 77}
		}
		ev := g.put(m.appendEvent(model, nil, &event{Events: 1, Data: data}))
		if got := g.shown(t, m, "epoll_ctl", strace.Result{}, nil, 8, 1, 6, ev); !strings.Contains(got, "u64=77}}") {
			t.Errorf("%s: %s", m.Arch.Name, got)
		}
		g.b = g.b[:len(g.b)/64*64]
		shm := g.put(m.shmBytes(&abi.ShmidDs{Perm: abi.IpcPerm{Uid: 3, Mode: 0o600}, Segsz: 4096, Nattch: 2, Ctime: 9}))
		got := g.shown(t, m, "shmctl", strace.Result{}, nil, 3, 2, shm)
		if !strings.Contains(got, "uid=3, ") || !strings.Contains(got, "shm_segsz=4096, ") || !strings.Contains(got, "shm_nattch=2, ") || !strings.Contains(got, "shm_ctime=9}") {
			t.Errorf("%s: %s", m.Arch.Name, got)
		}
	}
}
