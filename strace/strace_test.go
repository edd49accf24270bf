package strace

import (
	"strings"
	"testing"

	"nbemu/abi"
)

// fakeMemory is a few bytes at base, with nothing around them.
type fakeMemory struct {
	base uint64
	b    []byte
	m    *abi.Model
}

func newMemory(m *abi.Model) *fakeMemory {
	return &fakeMemory{base: 0x1000, b: make([]byte, 0, 4096), m: m}
}

func (f *fakeMemory) Copyin(dst []byte, va uint64) abi.Errno {
	if va < f.base || len(dst) > cap(f.b) || va-f.base > uint64(cap(f.b)-len(dst)) {
		return abi.EFAULT
	}
	copy(dst, f.b[:cap(f.b)][va-f.base:])
	return abi.OK
}

// put stores a guest value, aligned to 64, and gives its address.
func (f *fakeMemory) put(v any) uint64 {
	for len(f.b)%64 != 0 {
		f.b = append(f.b, 0)
	}
	va := f.base + uint64(len(f.b))
	switch v := v.(type) {
	case string:
		f.b = append(append(f.b, v...), 0)
	default:
		f.b = f.m.Append(f.b, v)
	}
	return va
}

func sig(name string, ret RetType, args ...Arg) *Sig { return &Sig{Name: name, Args: args, Ret: ret} }

func TestCall(t *testing.T) {
	neg1 := ^uint64(0)
	var (
		open  = sig("open", RetInt, Arg{Type: Path}, Arg{Type: Oflags}, Arg{Type: OpenMode})
		read  = sig("read", RetLong, Arg{Type: Fd}, Arg{Type: Buf, Dir: Out, Len: 3}, Arg{Type: Size})
		write = sig("write", RetLong, Arg{Type: Fd}, Arg{Type: Buf, Len: 3}, Arg{Type: Size})
		stat  = sig("__stat50", RetInt, Arg{Type: Path}, Arg{Type: Stat, Dir: Out})
		mmap  = sig("mmap", RetPtr, Arg{Type: Ptr}, Arg{Type: Size}, Arg{Type: Prot}, Arg{Type: MapFlags}, Arg{Type: Fd},
			Arg{Pad: true}, Arg{Type: Off, Size64: true})
		wait4 = sig("__wait450", RetInt, Arg{Type: Pid}, Arg{Type: WaitStatus, Dir: Out}, Arg{Type: WaitOptions},
			Arg{Type: Rusage, Dir: Out})
		fcntl  = sig("fcntl", RetInt, Arg{Type: Fd}, Arg{Type: FcntlCmd}, Arg{Type: FcntlArg})
		ioctl  = sig("ioctl", RetInt, Arg{Type: Fd}, Arg{Type: IoctlCmd}, Arg{Type: IoctlData, Dir: Out})
		exit   = sig("exit", RetNone, Arg{Type: Int})
		pipe   = sig("pipe", RetPair)
		ptrace = sig("ptrace", RetInt, Arg{Type: PtraceReq}, Arg{Type: Pid}, Arg{Type: Ptr}, Arg{Type: Int})
		execve = sig("execve", RetInt, Arg{Type: Path}, Arg{Type: Argv}, Arg{Type: Envp})
		act    = sig("sigaction", RetInt, Arg{Type: Signo}, Arg{Type: Sigaction}, Arg{Type: Sigaction, Dir: Out})
		mask   = sig("sigprocmask", RetInt, Arg{Type: Sighow}, Arg{Type: Sigset}, Arg{Type: Sigset, Dir: Out})
		sleep  = sig("nanosleep", RetInt, Arg{Type: Timespec}, Arg{Type: Timespec, Dir: Out})
		sysctl = sig("__sysctl", RetInt, Arg{Type: SysctlName, Len: 2}, Arg{Type: Uint},
			Arg{Type: SysctlOld, Dir: Out, Len: 4, LenPtr: true}, Arg{Type: SizePtr, Dir: InOut}, Arg{Type: Buf, Len: 6}, Arg{Type: Size})
		poll    = sig("poll", RetInt, Arg{Type: Pollfds, Dir: InOut, Len: 2}, Arg{Type: Uint}, Arg{Type: Int})
		sel     = sig("select", RetInt, Arg{Type: Int}, Arg{Name: "in", Type: Fdset, Dir: InOut, Len: 1}, Arg{Name: "out", Type: Fdset, Dir: InOut, Len: 1})
		kevent  = sig("kevent", RetInt, Arg{Type: Fd}, Arg{Type: Kevents, Len: 3}, Arg{Type: Size}, Arg{Type: Kevents, Dir: Out, Len: 5}, Arg{Type: Size}, Arg{Type: Timespec})
		accept  = sig("accept", RetInt, Arg{Type: Fd}, Arg{Type: Sockaddr, Dir: Out, Len: 3, LenPtr: true}, Arg{Type: UintPtr, Dir: InOut})
		bind    = sig("bind", RetInt, Arg{Type: Fd}, Arg{Type: Sockaddr, Len: 3}, Arg{Type: Uint})
		socket  = sig("socket", RetInt, Arg{Type: AddrFamily}, Arg{Type: SockType}, Arg{Type: SockProto})
		writev  = sig("writev", RetLong, Arg{Type: Fd}, Arg{Type: Iovec, Len: 3}, Arg{Type: Int})
		recvmsg = sig("recvmsg", RetLong, Arg{Type: Fd}, Arg{Type: Msghdr, Dir: Out}, Arg{Type: MsgFlags})
		fadvise = sig("__posix_fadvise50", RetErrno, Arg{Type: Fd}, Arg{Pad: true}, Arg{Type: Off}, Arg{Type: Off}, Arg{Type: Fadvise})
		setopt  = sig("setsockopt", RetInt, Arg{Type: Fd}, Arg{Type: SockLevel}, Arg{Type: SockoptName}, Arg{Type: Sockopt, Len: 5}, Arg{Type: Uint})
	)
	for _, m := range []*abi.Model{abi.LP64LE, abi.ILP32BE} {
		f := newMemory(m)
		hello := f.put("hello, \"world\"\n")
		argv := f.put([]abi.Ptr{abi.Ptr(hello), abi.Ptr(hello), 0})
		length := f.put(abi.Size(4))
		length32 := f.put(uint32(16))
		inet := f.put(abi.SockaddrIn{Len: 16, Family: abi.AF_INET, Port: [2]byte{0, 80}, Addr: [4]byte{10, 0, 0, 1}})
		iov := f.put([]abi.Iovec{{Base: abi.Ptr(hello), Len: 5}, {Base: 0xdead, Len: 3}})
		cm := abi.Cmsghdr{Len: uint32(m.CmsgLen(8)), Level: abi.SOL_SOCKET, Type: abi.SCM_RIGHTS}
		control := f.put(cm)
		for len(f.b) < int(control-f.base)+m.CmsgLen(0) {
			f.b = append(f.b, 0)
		}
		f.b = m.Append(f.b, [2]int32{5, 6})
		msg := f.put(abi.Msghdr{Iov: abi.Ptr(iov), Iovlen: 1, Control: abi.Ptr(control), Controllen: cm.Len})
		tests := []struct {
			sig  *Sig
			args []uint64
			res  Result
			want string
		}{
			{open, []uint64{f.put("/etc/passwd"), 0, 0o7777}, Result{Val: 3}, `open("/etc/passwd", O_RDONLY) = 3`},
			{open, []uint64{f.put("/x"), abi.O_RDWR | abi.O_CREAT | 1<<30, 0644}, Result{Err: abi.ENOENT},
				`open("/x", O_RDWR|O_CREAT|0x40000000, 0644) = -1 ENOENT (No such file or directory)`},
			{open, []uint64{0x10, 0, 0}, Result{Err: abi.EFAULT}, `open(0x10, O_RDONLY) = -1 EFAULT (Bad address)`},
			{open, []uint64{0, 0, 0}, Result{Err: abi.EFAULT}, `open(NULL, O_RDONLY) = -1 EFAULT (Bad address)`},
			{read, []uint64{neg1, hello, 100}, Result{Val: 5}, `read(-1, "hello", 100) = 5`},
			{read, []uint64{0, hello, 100}, Result{Val: 0}, `read(0, "", 100) = 0`},
			{read, []uint64{0, 0x1000, 100}, Result{Err: abi.ERESTART}, `read(0, 0x1000, 100) = ? ERESTART (To be restarted)`},
			{write, []uint64{1, hello, 15}, Result{Val: 15}, `write(1, "hello, \"world\"\n", 15) = 15`},
			{write, []uint64{1, f.put(strings.Repeat("x", 40)), 40}, Result{Val: 40},
				`write(1, "` + strings.Repeat("x", 32) + `"..., 40) = 40`},
			{write, []uint64{1, f.put("\x01\x012\xff"), 4}, Result{Val: 4}, `write(1, "\1\0012\377", 4) = 4`},
			{stat, []uint64{hello, f.put(abi.Stat{Mode: abi.S_IFREG | 0644, Size: 5})}, Result{},
				`__stat50("hello, \"world\"\n", {st_mode=S_IFREG|0644, st_size=5, ...}) = 0`},
			{mmap, []uint64{0, 4096, 3, abi.MAP_ANON | abi.MAP_PRIVATE | 12<<24, neg1, 7, 0}, Result{Val: 0x7f00},
				`mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANON|MAP_ALIGNED(12), -1, 0) = 0x7f00`},
			{wait4, []uint64{neg1, f.put(abi.W_EXITCODE(3, 0)), abi.WNOHANG, 0}, Result{Val: 77},
				`__wait450(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], WNOHANG, NULL) = 77`},
			{wait4, []uint64{neg1, f.put(int32(abi.SIGSEGV) | abi.WCOREFLAG), 0, 0}, Result{Val: 77},
				`__wait450(-1, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)}], 0, NULL) = 77`},
			{fcntl, []uint64{3, abi.F_GETFL, 99}, Result{Val: 6}, `fcntl(3, F_GETFL) = 6 (flags O_RDWR|O_NONBLOCK)`},
			{fcntl, []uint64{3, abi.F_SETFD, 1}, Result{}, `fcntl(3, F_SETFD, FD_CLOEXEC) = 0`},
			{fcntl, []uint64{3, abi.F_SETLK, f.put(abi.Flock{Type: abi.F_WRLCK})}, Result{},
				`fcntl(3, F_SETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=0, l_len=0}) = 0`},
			{ioctl, []uint64{0, abi.TIOCGWINSZ, f.put(abi.Winsize{Row: 24, Col: 80})}, Result{},
				`ioctl(0, TIOCGWINSZ, {ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0}) = 0`},
			{ioctl, []uint64{0, abi.TIOCGWINSZ, 0x1000}, Result{Err: abi.ENOTTY},
				`ioctl(0, TIOCGWINSZ, 0x1000) = -1 ENOTTY (Inappropriate ioctl for device)`},
			{ioctl, []uint64{0, uint64(abi.IOWR('Q', 7, 24)), 0x1000}, Result{}, `ioctl(0, _IOWR('Q', 7, 24), 0x1000) = 0`},
			{exit, []uint64{1}, Result{}, `exit(1) = ?`},
			{pipe, nil, Result{Val: 3, Val2: 4}, `pipe() = [3, 4]`},
			{ptrace, []uint64{abi.PT_LWPSTATUS, 5, 0, 0}, Result{Val: neg1, Err: abi.EINVAL}, `ptrace(PT_LWPSTATUS, 5, NULL, 0) = -1 EINVAL (Invalid argument)`},
			{ptrace, []uint64{abi.PT_FIRSTMACH + 1, 5, 0x1234, 1}, Result{}, `ptrace(PT_FIRSTMACH+1, 5, 0x1234, 1) = 0`},
			{execve, []uint64{hello, argv, argv}, Result{Err: abi.EJUSTRETURN}, `execve("hello, \"world\"\n", ` +
				`["hello, \"world\"\n", "hello, \"world\"\n"], @ARGV /* 2 vars */) = ?`},
			{act, []uint64{11, f.put(abi.Sigaction{Handler: 0x400, Mask: abi.SigsetOf(abi.SIGINT), Flags: abi.SA_SIGINFO}), 0}, Result{},
				`sigaction(SIGSEGV, {sa_handler=0x400, sa_mask=[INT], sa_flags=SA_SIGINFO}, NULL) = 0`},
			{mask, []uint64{1, f.put(abi.Sigset{^uint32(1), ^uint32(0), ^uint32(0), ^uint32(0)}), f.put(abi.SigsetOf(1, 35))}, Result{},
				`sigprocmask(SIG_BLOCK, ~[HUP], [HUP RTMIN+2]) = 0`},
			{mask, []uint64{3, f.put(abi.Sigset{^uint32(0), ^uint32(0), ^uint32(0), ^uint32(0)}), f.put(abi.SigsetOf(1, 35))}, Result{},
				`sigprocmask(SIG_SETMASK, ~[], [HUP RTMIN+2]) = 0`},
			{sleep, []uint64{f.put(abi.Timespec{Sec: 1}), f.put(abi.Timespec{Nsec: 5})}, Result{Err: abi.EINTR},
				`nanosleep({tv_sec=1, tv_nsec=0}, {tv_sec=0, tv_nsec=5}) = -1 EINTR (Interrupted system call)`},
			{sysctl, []uint64{f.put([2]int32{abi.CTL_KERN, abi.KERN_ARND}), 2, f.put(uint32(7)), length, 0, 0}, Result{},
				`__sysctl([CTL_KERN, KERN_ARND], 2, [7], [4], NULL, 0) = 0`},
			{sysctl, []uint64{f.put([2]int32{abi.CTL_HW, abi.HW_MACHINE}), 2, f.put("vax"), length, 0, 0}, Result{},
				`__sysctl([CTL_HW, HW_MACHINE], 2, "vax", [4], NULL, 0) = 0`},
			{poll, []uint64{f.put([]abi.Pollfd{{Fd: 3, Events: 1, Revents: 1}, {Fd: -1}}), 2, neg1}, Result{Val: 1},
				`poll([{fd=3, events=POLLIN}, {fd=-1}], 2, -1) = 1 ([{fd=3, revents=POLLIN}])`},
			{poll, []uint64{f.put([]abi.Pollfd{{Fd: 3, Events: 1}}), 1, 5}, Result{}, `poll([{fd=3, events=POLLIN}], 1, 5) = 0 (Timeout)`},
			{sel, []uint64{40, f.put([2]uint32{1 << 3, 1 << 7}), 0}, Result{Val: 2}, `select(40, [3 39], NULL) = 2 (in [3 39])`},
			{kevent, []uint64{4, f.put(abi.Kevent{Ident: 5, Filter: abi.EVFILT_READ, Flags: abi.EV_ADD}), 1,
				f.put(abi.Kevent{Ident: 5, Data: 9}), 8, 0}, Result{Val: 1},
				`kevent(4, [{ident=5, filter=EVFILT_READ, flags=EV_ADD, fflags=0, data=0, udata=0}], 1, ` +
					`[{ident=5, filter=EVFILT_READ, flags=0, fflags=0, data=9, udata=0}], 8, NULL) = 1`},
			{accept, []uint64{3, inet, length32}, Result{Val: 4},
				`accept(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr="10.0.0.1"}, [16]) = 4`},
			{bind, []uint64{3, f.put("\x00\x01/tmp/s"), 9}, Result{}, `bind(3, {sa_family=AF_UNIX, sun_path="/tmp/s"}, 9) = 0`},
			{socket, []uint64{abi.AF_INET6, abi.SOCK_STREAM | abi.SOCK_CLOEXEC, 6}, Result{Val: 3},
				`socket(AF_INET6, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 3`},
			{writev, []uint64{1, iov, 2}, Result{Val: 8},
				`writev(1, [{iov_base="hello", iov_len=5}, {iov_base=0xdead, iov_len=3}], 2) = 8`},
			{recvmsg, []uint64{1, msg, 0}, Result{Val: 4}, `recvmsg(1, {msg_name=NULL, msg_namelen=0, ` +
				`msg_iov=[{iov_base="hell", iov_len=5}], msg_iovlen=1, msg_control=[{cmsg_len=@LEN, ` +
				`cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[5, 6]}], msg_controllen=@LEN, msg_flags=0}, 0) = 4`},
			{fadvise, []uint64{1, 0, 0, 0, 1}, Result{Val: 29}, `__posix_fadvise50(1, 0, 0, POSIX_FADV_RANDOM) = 29 ESPIPE (Illegal seek)`},
			{setopt, []uint64{3, abi.SOL_SOCKET, abi.SO_REUSEADDR, f.put(int32(1)), 4}, Result{},
				`setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0`},
		}
		p := Printer{Model: m, Align: -1}
		for _, tt := range tests {
			want := strings.ReplaceAll(tt.want, "@ARGV", "0x"+hexOf(argv))
			want = strings.ReplaceAll(want, "@LEN", decOf(uint64(cm.Len)))
			got := p.Call(f, tt.sig, tt.args, tt.res)
			if got != want {
				t.Errorf("%s:\n got %s\nwant %s", m.Name, got, want)
			}
			c := p.Begin(f, tt.sig, tt.args)
			if head := c.Head(); head+c.End(tt.res, len(head)) != got {
				t.Errorf("%s:\nparts differ from %s", m.Name, got)
			}
		}
	}
}

func hexOf(v uint64) string { c := ctx{}; c.hex(v); return string(c.b[2:]) }
func decOf(v uint64) string { c := ctx{}; c.uint(v); return string(c.b) }

func TestEnter(t *testing.T) {
	f := newMemory(abi.LP64LE)
	p := Printer{}
	read := sig("read", RetLong, Arg{Type: Fd}, Arg{Type: Buf, Dir: Out, Len: 3}, Arg{Type: Size})
	args := []uint64{0, f.put("x"), 1}
	c := p.Begin(f, read, args)
	if got := c.Head(); got != "read(0, " {
		t.Errorf("head: %q", got)
	}
	if got := c.End(Result{Val: 1}, len(c.Head())); got != `"x", 1)`+strings.Repeat(" ", 24)+" = 1" {
		t.Errorf("end: %q", got)
	}
}

func TestSiginfoText(t *testing.T) {
	si := &abi.Siginfo{Signo: abi.SIGSEGV, Code: abi.SEGV_ACCERR, Addr: 0x10}
	if got := SiginfoText(si); got != "{si_signo=SIGSEGV, si_code=SEGV_ACCERR, si_addr=0x10}" {
		t.Error(got)
	}
	si = &abi.Siginfo{Signo: abi.SIGUSR1, Code: abi.SI_LWP, Pid: 5, Uid: 6}
	if got := SiginfoText(si); got != "{si_signo=SIGUSR1, si_code=SI_LWP, si_pid=5, si_uid=6}" {
		t.Error(got)
	}
}

// TestNetBSDStructures has a line for each of types_ipc.go's kinds.
func TestNetBSDStructures(t *testing.T) {
	f := newMemory(abi.LP64LE)
	p := Printer{Align: -1}
	shm := f.put(abi.ShmidDs{Perm: abi.IpcPerm{Uid: 3, Mode: 0o600}, Segsz: 4096, Cpid: 5, Nattch: 2})
	msg := f.put(abi.Long(3))
	f.b = append(f.b, "hello"...)
	attr := f.put(abi.MqAttr{Flags: abi.O_NONBLOCK, Maxmsg: 3, Msgsize: 10})
	sem := f.put(abi.Ptr(f.put(abi.SemidDs{Perm: abi.IpcPerm{Gid: 4, Mode: 0o640}, Nsems: 2})))
	for _, tt := range []struct {
		sig  *Sig
		args []uint64
		want string
	}{
		{sig("__shmctl50", RetInt, Arg{Type: Int}, Arg{Type: ShmCmd}, Arg{Type: ShmidBuf}), []uint64{7, abi.IPC_STAT, shm},
			`__shmctl50(7, IPC_STAT, {shm_perm={uid=3, gid=0, mode=0600, ...}, shm_segsz=4096, shm_lpid=0, shm_cpid=5, shm_nattch=2, ...}) = 0`},
		{sig("____semctl50", RetInt, Arg{Type: Int}, Arg{Type: Int}, Arg{Type: SemCmd}, Arg{Type: SemArg}), []uint64{7, 0, abi.IPC_STAT, sem},
			`____semctl50(7, 0, IPC_STAT, [{sem_perm={uid=0, gid=4, mode=0640, ...}, sem_nsems=2, sem_otime=0, sem_ctime=0}]) = 0`},
		{sig("msgsnd", RetInt, Arg{Type: Int}, Arg{Type: Message, Len: 3}, Arg{Type: Size}, Arg{Type: MsgopFlags}), []uint64{7, msg, 5, 0o4000},
			`msgsnd(7, {mtype=3, mtext="hello"}, 5, IPC_NOWAIT) = 0`},
		{sig("mq_setattr", RetInt, Arg{Type: Fd}, Arg{Type: MqAttr}, Arg{Type: MqAttr, Dir: Out}), []uint64{3, attr, 0},
			`mq_setattr(3, {mq_flags=O_NONBLOCK, mq_maxmsg=3, mq_msgsize=10, mq_curmsgs=0}, NULL) = 0`},
		{sig("_sched_setaffinity", RetInt, Arg{Type: Pid}, Arg{Type: Lwpid}, Arg{Type: Size}, Arg{Type: Cpuset, Len: 3}), []uint64{0, 1, 4, f.put(uint32(5))},
			`_sched_setaffinity(0, 1, 4, [0 2]) = 0`},
		{sig("__settimeofday50", RetInt, Arg{Type: Timeval}, Arg{Type: Timezone}), []uint64{0, f.put([2]int32{60, 1})},
			`__settimeofday50(NULL, {tz_minuteswest=60, tz_dsttime=1}) = 0`},
	} {
		if got := p.Call(f, tt.sig, tt.args, Result{}); got != tt.want {
			t.Errorf("\n got %s\nwant %s", got, tt.want)
		}
	}
}
