package sysctl

import (
	"bytes"
	"slices"
	"testing"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/kern/kerntest"
)

func TestSysctlLengths(t *testing.T) {
	tk := newKernel(t)
	l := kerntest.LWP(t, tk, 1000)
	ostype := []int32{abi.CTL_KERN, abi.KERN_OSTYPE}
	for _, tt := range []struct {
		name      string
		mib       []int32
		old, room uint64
		size      uint64
		err       abi.Errno
		want      []byte
	}{
		{"size only", ostype, 0, 0, 7, abi.OK, nil},
		{"fits", ostype, kerntest.Base, 7, 7, abi.OK, []byte("NetBSD\x00")},
		{"more room", ostype, kerntest.Base, 100, 7, abi.OK, []byte("NetBSD\x00")},
		{"cut off", ostype, kerntest.Base, 3, 7, abi.OK, []byte("Net\xff")},
		{"no room", ostype, kerntest.Base, 0, 7, abi.OK, []byte{0xff}},
		{"bad pointer", ostype, 0x800, 7, 7, abi.EFAULT, nil},
		{"int", []int32{abi.CTL_HW, abi.HW_PAGESIZE}, kerntest.Base, 4, 4, abi.OK, []byte{0, 0x10, 0, 0, 0xff}},
		{"below a leaf", append(ostype, 1), 0, 0, 0, abi.ENOTDIR, nil},
		{"a node", []int32{abi.CTL_KERN}, 0, 0, 0, abi.EINVAL, nil},
		{"no such leaf", []int32{abi.CTL_KERN, 999}, 0, 0, 0, abi.ENOENT, nil},
		{"no such top", []int32{77}, 0, 0, 0, abi.ENOENT, nil},
		{"unknown question", []int32{abi.CTL_KERN, -9}, 0, 0, 0, abi.EOPNOTSUPP, nil},
		{"query of a leaf", append(ostype, abi.CTL_QUERY), 0, 0, 0, abi.ENOTDIR, nil},
		{"create without a node", []int32{abi.CTL_KERN, abi.CTL_CREATE}, 0, 0, 0, abi.EINVAL, nil},
		{"arandom's size", []int32{abi.CTL_KERN, abi.KERN_ARND}, 0, 0, 0, abi.OK, nil},
		{"too much arandom", []int32{abi.CTL_KERN, abi.KERN_ARND}, kerntest.Base, 257, 257, abi.E2BIG, nil},
	} {
		poke(t, l, kerntest.Base, bytes.Repeat([]byte{0xff}, 64))
		size, err := Call(l, tt.mib, tt.old, tt.room, 0, 0)
		if err != tt.err || (err == abi.OK || err == abi.E2BIG) && size != tt.size {
			t.Errorf("%s: %d, %v; want %d, %v", tt.name, size, err, tt.size, tt.err)
		}
		if got := peek(t, l, kerntest.Base, len(tt.want)); !bytes.Equal(got, tt.want) {
			t.Errorf("%s: wrote %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestSysctlWrite(t *testing.T) {
	tk := newKernel(t)
	user, root := kerntest.LWP(t, tk, 1000), kerntest.LWP(t, tk, 0)
	hostname := []int32{abi.CTL_KERN, abi.KERN_HOSTNAME}
	old := tk.Hostname()
	t.Cleanup(func() { tk.SetHostname(old) })
	tk.SetHostname("before")

	for _, tt := range []struct {
		name string
		l    *kern.LWP
		mib  []int32
		v    any
		err  abi.Errno
		want string
	}{
		{"not by a user", user, hostname, "evil", abi.EPERM, "before"},
		{"with NUL", root, hostname, "first", abi.OK, "first"},
		{"without NUL", root, hostname, []byte("second"), abi.OK, "second"},
		{"too long", root, hostname, bytes.Repeat([]byte("x"), 257), abi.EINVAL, "second"},
		{"no room for the NUL", root, hostname, bytes.Repeat([]byte("x"), 256), abi.EINVAL, "second"},
		{"read-only", root, []int32{abi.CTL_KERN, abi.KERN_OSTYPE}, "GNU", abi.EPERM, "second"},
		{"wrong size", root, []int32{abi.CTL_KERN, abi.KERN_FORKFSLEEP}, uint64(1), abi.EINVAL, "second"},
		{"out of range", root, []int32{abi.CTL_KERN, abi.KERN_FORKFSLEEP}, int32(-1), abi.EINVAL, "second"},
		{"a new node", root, []int32{abi.CTL_VENDOR, abi.CTL_CREATE}, abi.Sysctlnode{}, abi.EPERM, "second"},
	} {
		n := poke(t, tt.l, kerntest.Base, tt.v)
		if _, err := Call(tt.l, tt.mib, 0, 0, kerntest.Base, n); err != tt.err {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.err)
		}
		if tk.Hostname() != tt.want {
			t.Errorf("%s: hostname %q, want %q", tt.name, tk.Hostname(), tt.want)
		}
	}

	// Old and new value in one call.
	n := poke(t, root, kerntest.Base, "third")
	size, err := Call(root, hostname, kerntest.Base+0x100, 64, kerntest.Base, n)
	if got := peek(t, root, kerntest.Base+0x100, 7); err != abi.OK || size != 7 || string(got) != "second\x00" || tk.Hostname() != "third" {
		t.Errorf("exchange: %q, %d, %v; hostname %q", got, size, err, tk.Hostname())
	}
}

// query asks for the children of a node as sysctl(8) does.
func query(t *testing.T, l *kern.LWP, mib ...int32) []abi.Sysctlnode {
	t.Helper()
	mib = append(mib, abi.CTL_QUERY)
	n := poke(t, l, kerntest.Base, &abi.Sysctlnode{Flags: abi.SYSCTL_VERSION})
	size, err := Call(l, mib, 0, 0, kerntest.Base, n)
	if err != abi.OK {
		t.Fatalf("%v: %v", mib, err)
	}
	const at = kerntest.Base + 0x1000
	if size, err = Call(l, mib, at, size, kerntest.Base, n); err != abi.OK {
		t.Fatalf("%v: %v", mib, err)
	}
	nodes := make([]abi.Sysctlnode, size/n)
	if err := l.CopyinStruct(at, nodes); err != abi.OK {
		t.Fatal(err)
	}
	return nodes
}

func nodeName(n *abi.Sysctlnode) string {
	name, _, _ := bytes.Cut(n.Name[:], []byte{0})
	return string(name)
}

// TestSysctlTree walks the whole tree as sysctl -a does and reads every leaf.
func TestSysctlTree(t *testing.T) {
	tk := newKernel(t)
	l := kerntest.LWP(t, tk, 0)
	names := map[string]int{}
	var walk func(prefix string, mib []int32)
	walk = func(prefix string, mib []int32) {
		last := int32(-1)
		for _, n := range query(t, l, mib...) {
			name := prefix + nodeName(&n)
			names[name]++
			if n.Num <= last {
				t.Errorf("%s: number %d after %d", name, n.Num, last)
			}
			last = n.Num
			sub := append(append([]int32{}, mib...), n.Num)
			if n.Flags&abi.SYSCTL_TYPEMASK == abi.CTLTYPE_NODE {
				if n.Func == 0 {
					walk(name+".", sub)
				}
				continue
			}
			size, err := Call(l, sub, 0, 0, 0, 0)
			if err == abi.EOPNOTSUPP || err == abi.ENXIO || n.Func != 0 && err == abi.EINVAL {
				continue
			}
			if err != abi.OK {
				t.Errorf("%s: size: %v", name, err)
				continue
			}
			got, err := Call(l, sub, kerntest.Base+0x20000, max(size, 4), 0, 0)
			if err != abi.OK || got > max(size, 4) {
				t.Errorf("%s: %d of %d bytes, %v", name, got, size, err)
			}
			if typ := n.Flags & abi.SYSCTL_TYPEMASK; typ == abi.CTLTYPE_INT && got != 4 || typ == abi.CTLTYPE_QUAD && got != 8 {
				t.Errorf("%s: type %d has %d bytes", name, typ, got)
			}
		}
	}
	walk("", nil)
	for name, n := range names {
		if n > 1 {
			t.Errorf("%s is there %d times", name, n)
		}
	}
	for _, name := range []string{"kern.hostname", "hw.ncpuonline", "vm.loadavg", "net.route.rtable", "proc.curproc.rlimit.stacksize.hard"} {
		if names[name] == 0 {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestSysctlQueryVersions(t *testing.T) {
	tk := newKernel(t)
	l := kerntest.LWP(t, tk, 1000)
	mib := []int32{abi.CTL_KERN, abi.CTL_QUERY}
	for _, tt := range []struct {
		name string
		q    abi.Sysctlnode
		cut  uint64
		err  abi.Errno
	}{
		{"any version", abi.Sysctlnode{Flags: abi.SYSCTL_VERSION}, 0, abi.OK},
		{"the present version", abi.Sysctlnode{Flags: abi.SYSCTL_VERSION, Ver: sysctlVersion}, 0, abi.OK},
		{"another version", abi.Sysctlnode{Flags: abi.SYSCTL_VERSION, Ver: 99}, 0, abi.EINVAL},
		{"old structure", abi.Sysctlnode{Flags: abi.SYSCTL_VERS_0}, 0, abi.EINVAL},
		{"wrong size", abi.Sysctlnode{Flags: abi.SYSCTL_VERSION}, 8, abi.EINVAL},
	} {
		n := poke(t, l, kerntest.Base, &tt.q)
		if _, err := Call(l, mib, 0, 0, kerntest.Base, n-tt.cut); err != tt.err {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.err)
		}
	}
	if _, err := Call(l, mib, 0, 0, 0, 0); err != abi.EINVAL {
		t.Errorf("without a node: %v", err)
	}
}

func TestSysctlDescribe(t *testing.T) {
	tk := newKernel(t)
	l := kerntest.LWP(t, tk, 1000)
	mib := []int32{abi.CTL_HW, abi.CTL_DESCRIBE}
	n := poke(t, l, kerntest.Base, &abi.Sysctlnode{Flags: abi.SYSCTL_VERSION, Num: abi.HW_NCPU})
	size, err := Call(l, mib, kerntest.Base+0x1000, 256, kerntest.Base, n)
	var h abi.SysctldescHead
	b := peek(t, l, kerntest.Base+0x1000, int(size))
	l.Model().Unmarshal(b, &h)
	if want := "CPUs configured\x00"; err != abi.OK || h.Num != abi.HW_NCPU || string(b[12:12+h.Len]) != want || size%4 != 0 {
		t.Errorf("%+v %q, %d, %v", h, b, size, err)
	}
	n = poke(t, l, kerntest.Base, &abi.Sysctlnode{Flags: abi.SYSCTL_VERSION, Num: 999})
	if _, err = Call(l, mib, kerntest.Base+0x1000, 256, kerntest.Base, n); err != abi.ENOENT {
		t.Errorf("no such node: %v", err)
	}
}

func TestSysctlProc2(t *testing.T) {
	tk := newKernel(t)
	l, _ := kerntest.LWP(t, tk, 1000), kerntest.LWP(t, tk, 0)
	size := uint64(l.Model().Sizeof(abi.KinfoProc2{}))
	mib := func(op, arg, elem, count int32) []int32 {
		return []int32{abi.CTL_KERN, abi.KERN_PROC2, op, arg, elem, count}
	}
	all, one := mib(abi.KERN_PROC_ALL, 0, int32(size), 10), mib(abi.KERN_PROC_PID, 101, int32(size), 1)
	if n, err := Call(l, all, 0, 0, 0, 0); err != abi.OK || n != (3+slop)*size {
		t.Errorf("size of all: %d, %v", n, err)
	}
	var k abi.KinfoProc2
	n, err := Call(l, one, kerntest.Base, size, 0, 0)
	if e := l.CopyinStruct(kerntest.Base, &k); err != abi.OK || e != abi.OK || n != size || k.Pid != 101 || k.Pgid != 101 || k.Comm != [24]byte{'t', 'e', 's', 't'} {
		t.Errorf("one: %d, %v, %v, %+v", n, err, e, k)
	}
	if n, err = Call(l, all, kerntest.Base, size, 0, 0); err != abi.ENOMEM || n != size {
		t.Errorf("too little room: %d, %v", n, err)
	}
	// Init started with the machine (proc0's p_stats->p_start is boottime, kern/init_main.c).
	boot := tk.Boottime()
	if n, err = Call(l, mib(abi.KERN_PROC_PID, 1, int32(size), 1), kerntest.Base, size, 0, 0); err != abi.OK || n != size {
		t.Errorf("init: %d, %v", n, err)
	}
	if e := l.CopyinStruct(kerntest.Base, &k); e != abi.OK || k.Uvalid != 1 || int64(k.UstartSec) != boot.Unix() {
		t.Errorf("init started at %d, want %d: %v", k.UstartSec, boot.Unix(), e)
	}
	// A program that knows fewer members gets only those.
	poke(t, l, kerntest.Base, bytes.Repeat([]byte{0xff}, 200))
	if n, err = Call(l, mib(abi.KERN_PROC_PID, 101, 128, 1), kerntest.Base, 1000, 0, 0); err != abi.OK || n != 128 || peek(t, l, kerntest.Base+128, 1)[0] != 0xff {
		t.Errorf("old structure: %d, %v", n, err)
	}
	for _, bad := range [][]int32{mib(99, 0, 1, 1), {abi.CTL_KERN, abi.KERN_PROC2, 0}} {
		if _, err = Call(l, bad, 0, 0, 0, 0); err != abi.EINVAL {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

func TestSysctlProcArgs(t *testing.T) {
	tk := newKernel(t)
	l, other := kerntest.LWP(t, tk, 1000), kerntest.LWP(t, tk, 0)
	for _, x := range []*kern.LWP{l, other} {
		m := x.Model()
		poke(t, x, kerntest.Base+0x100, &abi.PsStrings{Argv: kerntest.Base + 0x200, Nargv: 2, Envp: kerntest.Base + 0x300, Nenv: 1})
		poke(t, x, kerntest.Base+0x200, m.Bytes([]abi.Ptr{kerntest.Base + 0x400, kerntest.Base + 0x500, 0}))
		poke(t, x, kerntest.Base+0x300, m.Bytes([]abi.Ptr{kerntest.Base + 0x600, 0}))
		poke(t, x, kerntest.Base+0x400, "prog")
		poke(t, x, kerntest.Base+0x500, "arg")
		poke(t, x, kerntest.Base+0x600, "HOME=/")
		x.Proc.PsStrings = kerntest.Base + 0x100
		x.Proc.TextPath = "/bin/prog"
	}
	args := func(pid, what int32, room uint64) (string, uint64, abi.Errno) {
		n, err := Call(l, []int32{abi.CTL_KERN, abi.KERN_PROC_ARGS, pid, what}, kerntest.Base+0x1000, room, 0, 0)
		return string(peek(t, l, kerntest.Base+0x1000, int(min(n, room)))), n, err
	}
	for _, tt := range []struct {
		pid, what int32
		room      uint64
		want      string
		n         uint64
		err       abi.Errno
	}{
		{101, abi.KERN_PROC_ARGV, 100, "prog\x00arg\x00", 9, abi.OK},
		{101, abi.KERN_PROC_ARGV, 7, "prog\x00ar", 7, abi.OK},
		{101, abi.KERN_PROC_NARGV, 4, "\x02\x00\x00\x00", 4, abi.OK},
		{100, abi.KERN_PROC_ENV, 100, "HOME=/\x00", 7, abi.OK},
		{101, abi.KERN_PROC_PATHNAME, 100, "/bin/prog\x00", 10, abi.OK},
		{-1, abi.KERN_PROC_PATHNAME, 100, "/bin/prog\x00", 10, abi.OK},
		{-1, abi.KERN_PROC_PATHNAME, 4, "/bin", 10, abi.ENOSPC},
	} {
		if s, n, err := args(tt.pid, tt.what, tt.room); s != tt.want || n != tt.n || err != tt.err {
			t.Errorf("%d.%d: %q, %d, %v; want %q, %d, %v", tt.pid, tt.what, s, n, err, tt.want, tt.n, tt.err)
		}
	}
	if _, _, err := args(101, abi.KERN_PROC_ENV, 100); err != abi.EPERM {
		t.Errorf("another's environment: %v", err)
	}
	if n, err := Call(l, []int32{abi.CTL_KERN, abi.KERN_PROC_ARGS, -1, abi.KERN_PROC_PATHNAME}, 0, 0, 0, 0); n != 10 || err != abi.OK {
		t.Errorf("size of the path: %d, %v", n, err)
	}
}

func TestOsrevision(t *testing.T) {
	for s, want := range map[string]int32{"10.0": 1000000000, "9.3": 903000000, "10.1_STABLE": 1001000000, "9.99.81": 999008100, "": 0} {
		if got := osrevision(s); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
}

func peek(t *testing.T, l *kern.LWP, va uint64, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	if err := l.Copyin(b, va); err != abi.OK {
		t.Fatal(err)
	}
	return b
}

func poke(t *testing.T, l *kern.LWP, va uint64, v any) uint64 {
	t.Helper()
	b := encodeSysctl(l.Model(), v)
	if err := l.Copyout(b, va); err != abi.OK {
		t.Fatal(err)
	}
	return uint64(len(b))
}

// newKernel makes a kernel for a test, which holds its lock.
func newKernel(t *testing.T) *kern.Kernel {
	k := kern.New()
	k.FirstPID(100)
	k.Lock()
	t.Cleanup(k.Unlock)
	return k
}

// leaf finds a node by its name, as sysctlbyname(3) does.
func leaf(t *testing.T, l *kern.LWP, path ...string) []int32 {
	t.Helper()
	var mib []int32
	for _, name := range path {
		i := slices.IndexFunc(query(t, l, mib...), func(n abi.Sysctlnode) bool { return nodeName(&n) == name })
		if i < 0 {
			t.Fatalf("no %s in %v", name, path)
		}
		mib = append(mib, query(t, l, mib...)[i].Num)
	}
	return mib
}

// TestAioLimits: one limit never passes the other (sysctl_aio_max, sysctl_aio_listio_max).
func TestAioLimits(t *testing.T) {
	l := kerntest.LWP(t, newKernel(t), 0)
	listio, all := leaf(t, l, "kern", "aio_listio_max"), leaf(t, l, "kern", "aio_max")
	for _, tt := range []struct {
		mib  []int32
		v    int32
		err  abi.Errno
		a, b int32
	}{
		{listio, 0, abi.EINVAL, 512, 8192},
		{listio, 8193, abi.EINVAL, 512, 8192},
		{all, 511, abi.EINVAL, 512, 8192},
		{all, 512, abi.OK, 512, 512},
		{listio, 513, abi.EINVAL, 512, 512},
		{listio, 1, abi.OK, 1, 512},
	} {
		n := poke(t, l, kerntest.Base, tt.v)
		if _, err := Call(l, tt.mib, 0, 0, kerntest.Base, n); err != tt.err || l.K.Aio.Listio != tt.a || l.K.Aio.Max != tt.b {
			t.Errorf("%v=%d: %v, limits %d, %d", tt.mib, tt.v, err, l.K.Aio.Listio, l.K.Aio.Max)
		}
	}
}

// TestCurtain: behind it users see their own processes alone (secmodel_extensions).
func TestCurtain(t *testing.T) {
	tk := newKernel(t)
	root, user, other := kerntest.LWP(t, tk, 0), kerntest.LWP(t, tk, 1000), kerntest.LWP(t, tk, 1001)
	size := int32(user.Model().Sizeof(abi.KinfoProc2{}))
	seen := func(l *kern.LWP) (pids []int32) {
		n, err := Call(l, []int32{abi.CTL_KERN, abi.KERN_PROC2, abi.KERN_PROC_ALL, 0, size, 20}, kerntest.Base, uint64(20*size), 0, 0)
		if err != abi.OK {
			t.Fatal(err)
		}
		k := make([]abi.KinfoProc2, n/uint64(size))
		if err := l.CopyinStruct(kerntest.Base, k); err != abi.OK {
			t.Fatal(err)
		}
		for i := range k {
			pids = append(pids, k[i].Pid)
		}
		return pids
	}
	if !slices.Contains(seen(user), other.Proc.PID) {
		t.Error("without it some are hidden")
	}
	for _, path := range [][]string{{"security", "curtain"}, {"security", "models", "bsd44", "curtain"}, {"security", "models", "extensions", "curtain"}} {
		mib := leaf(t, root, path...)
		n := poke(t, user, kerntest.Base, int32(1))
		if _, err := Call(user, mib, 0, 0, kerntest.Base, n); err != abi.EPERM {
			t.Errorf("%v set by a user: %v", path, err)
		}
		poke(t, root, kerntest.Base, int32(1))
		if _, err := Call(root, mib, 0, 0, kerntest.Base, n); err != abi.OK {
			t.Errorf("%v: %v", path, err)
		}
		if got := seen(user); !slices.Equal(got, []int32{user.Proc.PID}) {
			t.Errorf("%v: a user sees %v", path, got)
		}
		if len(seen(root)) < 3 {
			t.Errorf("%v: root does not see all", path)
		}
		args := []int32{abi.CTL_KERN, abi.KERN_PROC_ARGS, other.Proc.PID, abi.KERN_PROC_NARGV}
		if _, err := Call(user, args, 0, 0, 0, 0); err != abi.EPERM {
			t.Errorf("%v: arguments of another user's: %v", path, err)
		}
		poke(t, root, kerntest.Base, int32(0))
		_, _ = Call(root, mib, 0, 0, kerntest.Base, n)
	}
}

// value reads an int.
func value(t *testing.T, l *kern.LWP, mib ...int32) (int32, abi.Errno) {
	t.Helper()
	if _, err := Call(l, mib, kerntest.Base, 4, 0, 0); err != abi.OK {
		return 0, err
	}
	v, err := l.CopyinInt32(kerntest.Base)
	return v, err
}

// What the threads library and sanitizers ask for: numbers of uvm_param.h and sysctl.h.
func TestGuardAndPax(t *testing.T) {
	tk := newKernel(t)
	l, root := kerntest.LWP(t, tk, 1000), kerntest.LWP(t, tk, 0)
	if _, err := value(t, l, abi.CTL_VM, 18); err != abi.ENOENT {
		t.Errorf("vm.thread_guard_size of a kernel without guarded stacks: %v", err)
	}
	tk.Config.StackGuard = 1 << 20
	if v, err := value(t, l, abi.CTL_VM, 17); v != 1<<20 || err != abi.OK {
		t.Errorf("vm.guard_size is %d, %v", v, err)
	}
	if v, err := value(t, l, abi.CTL_VM, 18); v != 64<<10 || err != abi.OK {
		t.Errorf("vm.thread_guard_size is %d, %v", v, err)
	}
	l.Proc.Pax = kern.PaxASLR | kern.PaxMprotect
	for _, pid := range []int32{l.Proc.PID, abi.PROC_CURPROC} {
		if v, err := value(t, l, abi.CTL_PROC, pid, 6); v != 3 || err != abi.OK {
			t.Errorf("proc.%d.paxflags is %d, %v", pid, v, err)
		}
	}
	if _, err := value(t, l, abi.CTL_PROC, 29999, 6); err != abi.ESRCH {
		t.Errorf("paxflags of no process: %v", err)
	}
	needed := leaf(t, root, "kern", "entropy", "needed")
	if _, err := value(t, l, needed...); err != abi.EPERM {
		t.Errorf("kern.entropy.needed for a user: %v", err)
	}
	if v, err := value(t, root, needed...); v != 0 || err != abi.OK {
		t.Errorf("kern.entropy.needed is %d, %v", v, err)
	}
}
