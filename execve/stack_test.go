package execve

import (
	"slices"
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// decoded is a stack read back as a program would.
type decoded struct {
	argc       uint64
	argv, envp []string
	aux        []abi.AuxEntry
	ps         abi.PsStrings
}

func (s *StackImage) at(va uint64, n int) []byte { return s.Data[va-s.Base:][:n] }

func (s *StackImage) word(va uint64) uint64 { return s.Model.Ptr(s.at(va, s.Model.PtrSize)) }

func (s *StackImage) str(va uint64) string {
	b := s.Data[va-s.Base:]
	return string(b[:indexNUL(b)])
}

func decode(s *StackImage, aux bool) (d decoded) {
	ptr := uint64(s.Model.PtrSize)
	va := s.Base
	next := func() uint64 { va += ptr; return s.word(va - ptr) }
	d.argc = next()
	for p := next(); p != 0; p = next() {
		d.argv = append(d.argv, s.str(p))
	}
	for p := next(); p != 0; p = next() {
		d.envp = append(d.envp, s.str(p))
	}
	for aux {
		var e abi.AuxEntry
		s.Model.Unmarshal(s.at(va, auxSize(s.Model)), &e)
		va += uint64(auxSize(s.Model))
		if e.Type == abi.AT_NULL {
			break
		}
		d.aux = append(d.aux, e)
	}
	s.Model.Unmarshal(s.at(s.PsStrings, s.Model.Sizeof(d.ps)), &d.ps)
	return d
}

func TestStackLayout(t *testing.T) {
	argv := []string{"prog", "", "a b", strings.Repeat("x", 5000)}
	envp := []string{"PATH=/bin", "E="}
	for _, e := range testEmuls {
		t.Run(e.Arch.Name, func(t *testing.T) {
			env := newTestEnv(newMemFile("/bin/prog", prog(e).setInterp("/ld").bytes()), newMemFile("/ld", interp(e).bytes()))
			env.files["/bin/prog"].attr.Mode |= abi.S_ISUID
			x, err := load(env, newTestSwitch(false), "/bin/prog", HostStrings(argv), HostStrings(envp))
			if err != abi.OK {
				t.Fatal(x.err("", nil, err))
			}
			defer x.free()
			ap := *x.pack.EmulArg
			s := x.stack
			if err := elfCopyargs(&x.pack, s); err != abi.OK {
				t.Fatal(err)
			}
			s.copyPsStrings()
			if s.bad {
				t.Fatal("does not fit")
			}
			m, a := e.Arch.Model, e.Arch
			ptr := uint64(m.PtrSize)
			if s.Base%a.StackAlign != 0 || s.Base+s.Size() != a.StackTop || s.PsStrings != a.StackTop-uint64(m.Sizeof(abi.PsStrings{})) {
				t.Errorf("base %#x, size %#x, ps_strings %#x", s.Base, s.Size(), s.PsStrings)
			}
			// Today's formula, spelled out: pointers, 15 entries and a path for the vector, the strings.
			strs := 0
			for _, v := range slices.Concat(argv, envp) {
				strs += len(v) + 1
			}
			want := ptr*uint64(1+len(argv)+1+len(envp)+1) + 15*2*ptr + 1024 + a.Align + roundup(uint64(strs), a.Align) + uint64(m.Sizeof(abi.PsStrings{}))
			if want = roundup(want, a.StackAlign); s.Size() != want || x.pack.Ssize != want {
				t.Errorf("size %d, want %d", s.Size(), want)
			}
			d := decode(s, true)
			if d.argc != 4 || !slices.Equal(d.argv, argv) || !slices.Equal(d.envp, envp) {
				t.Errorf("%d %q %q", d.argc, d.argv, d.envp)
			}
			if !slices.Equal(s.Args(), argv) || !slices.Equal(s.Env(), envp) {
				t.Errorf("%q %q", s.Args(), s.Env())
			}
			if d.ps != (abi.PsStrings{Argv: abi.Ptr(s.Base + ptr), Nargv: 4, Envp: abi.Ptr(s.Base + 6*ptr), Nenv: 2}) {
				t.Errorf("%+v", d.ps)
			}
			cred := env.cred
			types := []uint64{abi.AT_PHDR, ap.Phaddr, abi.AT_PHENT, ap.Phentsize, abi.AT_PHNUM, 5, abi.AT_PAGESZ, a.PageSize, abi.AT_BASE, ap.Interp,
				abi.AT_FLAGS, 0, abi.AT_ENTRY, 0x400000 + a.PageSize + 16, abi.AT_EUID, 10, abi.AT_RUID, uint64(cred.Ruid), abi.AT_EGID, uint64(cred.Egid),
				abi.AT_RGID, uint64(cred.Rgid), abi.AT_STACKBASE, a.StackTop, abi.AT_SUN_EXECNAME, 0}
			for i, got := range d.aux {
				if i*2 >= len(types) || uint64(got.Type) != types[2*i] || got.Type != abi.AT_SUN_EXECNAME && uint64(got.Value) != types[2*i+1] {
					t.Errorf("entry %d is %+v", i, got)
				}
			}
			if n := len(d.aux); n != 13 || s.str(uint64(d.aux[n-1].Value)) != "/bin/prog" {
				t.Errorf("%d entries", n)
			}
		})
	}
}

// The sizes of the two older releases, by the formulas of kern_exec.c 1.185 and 1.313.
func TestStackSizeOld(t *testing.T) {
	a := &args{}
	a.add("prog")
	a.add("HOME=/")
	a.argc, a.envc = 1, 1
	align := func(n uint64) uint64 { return (n + 7) &^ 7 }
	strs := align(5 + 7)
	const top = 1 << 40
	arglen599 := uint64(14*16/8 + 1024 + 8)
	want599 := align((1+1+2+arglen599)*8 + 4 + strs + 32)
	s := newStackImage(NetBSD599, abi.LP64LE, top, a, NetBSD599.auxArgLen(abi.LP64LE, 8), 0, 8, 16, 0)
	if s.Size() != want599 {
		t.Errorf("5.99: %d, want %d", s.Size(), want599)
	}
	arglen20 := uint64(14 * 16 / 8)
	want20 := align((1+1+2+arglen20)*8 + 4 + strs + 400 + 32)
	s = newStackImage(NetBSD20, abi.LP64LE, top, a, NetBSD20.auxArgLen(abi.LP64LE, 8), 0, 8, 16, 0)
	if s.Size() != want20 {
		t.Errorf("2.0: %d, want %d", s.Size(), want20)
	}
	s.Copyargs()
	s.copyPsStrings()
	if d := decode(s, false); s.bad || !slices.Equal(d.argv, []string{"prog"}) || !slices.Equal(d.envp, []string{"HOME=/"}) {
		t.Errorf("%+v", d)
	}
}

// failing gives strings until its error.
type failing struct {
	n     int
	error abi.Errno
}

func (f failing) Fetch(i, _ int) (string, bool, abi.Errno) {
	if i < f.n {
		return "x", true, abi.OK
	}
	return "", false, f.error
}

func TestCopyinArgs(t *testing.T) {
	exact := func(n int) Strings { return HostStrings{strings.Repeat("a", n-1)} }
	many := make(HostStrings, abi.ARG_MAX)
	for _, tt := range []struct {
		name       string
		argv, envp Strings
		errno      abi.Errno
	}{
		{"null argv", nil, nil, abi.EINVAL},
		{"empty argv", HostStrings{}, nil, abi.OK},
		{"null envp", HostStrings{"a"}, nil, abi.OK},
		{"exactly ARG_MAX", exact(abi.ARG_MAX), nil, abi.OK},
		{"one more", exact(abi.ARG_MAX + 1), nil, abi.E2BIG},
		{"full, then environment", exact(abi.ARG_MAX), HostStrings{""}, abi.E2BIG},
		{"full, empty environment", exact(abi.ARG_MAX), HostStrings{}, abi.OK},
		{"ARG_MAX empty strings", many, nil, abi.OK},
		{"one empty string more", append(many, ""), nil, abi.E2BIG},
		{"bad first argument", failing{0, abi.EFAULT}, nil, abi.EFAULT},
		{"bad tenth argument", failing{9, abi.EFAULT}, nil, abi.EFAULT},
		{"bad environment", HostStrings{"a"}, failing{3, abi.EFAULT}, abi.EFAULT},
		{"bad environment after none", failing{0, abi.OK}, failing{0, abi.EFAULT}, abi.EFAULT},
	} {
		env := newTestEnv(newMemFile("/x", prog(testAMD64).bytes()))
		env.limits[abi.RLIMIT_STACK] = 64 << 20
		x, err := load(env, newTestSwitch(false), "/x", tt.argv, tt.envp)
		if err != tt.errno {
			t.Errorf("%s: %s, want %s", tt.name, err.Name(), tt.errno.Name())
		}
		if err == abi.OK {
			x.free()
		}
		if n := env.refs(); n != 0 {
			t.Errorf("%s: %d references left", tt.name, n)
		}
	}
	env := newTestEnv(newMemFile("/x", prog(testAMD64).bytes()))
	env.limits[abi.RLIMIT_STACK] = 8192
	x, err := load(env, newTestSwitch(false), "/x", exact(8192), nil)
	if err != abi.ENOMEM || env.refs() != 0 || !strings.Contains(x.err("/x", nil, err).Text, "arguments and environment need") {
		t.Error(err, x.err("/x", nil, err))
	}
}

func TestGuestStrings(t *testing.T) {
	for _, m := range []*abi.Model{abi.LP64LE, abi.ILP32BE} {
		vm := mem.NewSpace(4096, 1<<31)
		if _, err := vm.Map(mem.MapArgs{Addr: 0x10000, Len: 8192, Prot: mem.ProtRead | mem.ProtWrite, Fixed: true}); err != abi.OK {
			t.Fatal(err)
		}
		ptrs := func(p ...uint64) {
			var b []byte
			for _, v := range p {
				b = append(b, make([]byte, m.PtrSize)...)
				m.PutPtr(b[len(b)-m.PtrSize:], v)
			}
			vm.Copyout(b, 0x10000)
		}
		vm.Copyout([]byte("one\x00two\x00"), 0x10800)
		get := func(addr uint64) ([]byte, int, abi.Errno) {
			a := &args{}
			n, err := a.copyin(GuestStrings{vm, m, addr}, 0)
			return a.buf, n, err
		}
		ptrs(0x10800, 0x10804, 0)
		if b, n, err := get(0x10000); string(b) != "one\x00two\x00" || n != 2 || err != abi.OK {
			t.Errorf("%q %d %v", b, n, err)
		}
		ptrs(0x10800, 0x50000, 0)
		if _, _, err := get(0x10000); err != abi.EFAULT {
			t.Error(err)
		}
		// A string and an array that run off the end of the mapping.
		vm.Copyout([]byte("xxxx"), 0x11ffc)
		ptrs(0x11ffc, 0)
		if _, _, err := get(0x10000); err != abi.EFAULT {
			t.Error(err)
		}
		if _, _, err := get(0x11ffc); err != abi.EFAULT {
			t.Error(err)
		}
		if _, _, err := get(1 << 40); err != abi.EFAULT {
			t.Error(err)
		}
		vm.Unref()
	}
}

func TestCheckExecOrder(t *testing.T) {
	file := func(change func(f *memFile)) *testEnv {
		f := newMemFile("/x", prog(testAMD64).bytes())
		change(f)
		return newTestEnv(f)
	}
	in := func(dir string, e *testEnv) *testEnv { e.cwd = dir; return e }
	veriexec := func(sw *Switch) {
		sw.Verify = func(_ Env, _ File, path string, indirect bool) abi.Errno {
			if path != "/x" || indirect {
				t.Error(path, indirect)
			}
			return abi.EPERM
		}
	}
	for _, tt := range []struct {
		name  string
		env   *testEnv
		sw    func(*Switch)
		path  string
		errno abi.Errno
	}{
		{"not there", file(func(f *memFile) {}), nil, "/y", abi.ENOENT},
		{"a directory that may not be entered", file(func(f *memFile) { f.attr.Mode = abi.S_IFDIR; f.mnt = abi.MNT_NOEXEC }), nil, "/x", abi.EACCES},
		{"not executable, noexec, refused", file(func(f *memFile) { f.attr.Mode = abi.S_IFREG; f.mnt = abi.MNT_NOEXEC }), veriexec, "/x", abi.EACCES},
		{"noexec, refused", file(func(f *memFile) { f.mnt = abi.MNT_NOEXEC }), veriexec, "/x", abi.EACCES},
		{"refused, no program", file(func(f *memFile) { f.data[0] = 0 }), veriexec, "/x", abi.EPERM},
		{"no program", file(func(f *memFile) { f.data[0] = 0 }), nil, "/x", abi.ENOEXEC},
		{"name too long", file(func(f *memFile) {}), nil, "/" + strings.Repeat("x", 1023), abi.ENAMETOOLONG},
		{"relative name too long", file(func(f *memFile) {}), nil, strings.Repeat("x", 1021), abi.ENAMETOOLONG},
		{"relative name of full length", in("/", file(func(f *memFile) {})), nil, strings.Repeat("x", 1020), abi.ENOENT},
		{"no room for the working directory", in("/home/me", file(func(f *memFile) {})), nil, strings.Repeat("x", 1014), abi.ERANGE},
		{"just room for the working directory", in("/home/me", file(func(f *memFile) {})), nil, strings.Repeat("x", 1013), abi.ENOENT},
		{"empty file", file(func(f *memFile) { f.size = 0 }), nil, "/x", abi.ENOEXEC},
		{"4 GiB of nothing", file(func(f *memFile) { f.data = nil; f.size = 4 << 30 }), nil, "/x", abi.ENOEXEC},
	} {
		sw := newTestSwitch(false)
		if tt.sw != nil {
			tt.sw(sw)
		}
		x, err := load(tt.env, sw, tt.path, HostStrings{"x"}, nil)
		if err != tt.errno || tt.env.refs() != 0 {
			t.Errorf("%s: %s, want %s; %d references", tt.name, err.Name(), tt.errno.Name(), tt.env.refs())
		}
		if err == abi.OK {
			x.free()
		} else if msg := x.err(tt.path, nil, err).Text; !strings.Contains(msg, ": ") || strings.Contains(msg, "\n") {
			t.Error(msg)
		}
	}
	// nosuid takes the bits away.
	env := file(func(f *memFile) { f.attr.Mode |= abi.S_ISUID | abi.S_ISGID; f.mnt = abi.MNT_NOSUID })
	x, err := load(env, newTestSwitch(false), "/x", HostStrings{"x"}, nil)
	if err != abi.OK || x.pack.Attr.Mode&(abi.S_ISUID|abi.S_ISGID) != 0 {
		t.Error(err, x.pack.Attr)
	}
	x.free()
}

func TestFexec(t *testing.T) {
	f := newMemFile("/bin/prog", prog(testAMD64).bytes())
	env := newTestEnv(f)
	env.fds = []*memFile{nil, f}
	x := &execData{sw: newTestSwitch(false)}
	x.pack.env = env
	if err := x.loadVM("", 1, HostStrings{"p"}, nil); err != abi.OK || x.pack.ResolvedName != "/bin/prog" || x.pack.Kname != "prog" {
		t.Fatal(err, x.pack.ResolvedName, x.pack.Kname)
	}
	x.free()
	if err := x.loadVM("", 0, HostStrings{"p"}, nil); err != abi.EBADF || f.refs != 0 {
		t.Error(err, f.refs)
	}
}

// Failures before the point of no return, forced one after the other, leave nothing behind.
func TestFaults(t *testing.T) {
	for _, name := range []string{"makepathbuf", "check_exec", "copyinargs", "calcstack"} {
		env := newTestEnv(newMemFile("/x", prog(testAMD64).setInterp("/ld").bytes()), newMemFile("/ld", interp(testAMD64).bytes()))
		sw := newTestSwitch(false)
		sw.Fault = func(step string) abi.Errno {
			if step == name {
				return abi.ENOMEM
			}
			return abi.OK
		}
		if _, err := load(env, sw, "/x", HostStrings{"x"}, nil); err != abi.ENOMEM || env.refs() != 0 {
			t.Errorf("%s: %v, %d references", name, err, env.refs())
		}
	}
}

func TestPax(t *testing.T) {
	f := prog(testAMD64)
	n := append(f.chunks[0x800], f.note("PaX\x00", notePax, make([]byte, 4), notePaxASLR|notePaxMprotect)...)
	f.chunks[0x800] = n
	f.ph[3].Filesz = uint64(len(n))
	f.typ = ElfTypeDyn
	for i := range f.ph {
		f.ph[i].Vaddr -= 0x400000
	}
	f.entry = 0x1010
	env := newTestEnv(newMemFile("/x", f.bytes()))
	sw := newTestSwitch(false)
	x, err := load(env, sw, "/x", HostStrings{"x"}, nil)
	if err != abi.OK || x.pack.PaxFlags != 0 || x.pack.VMCmds.Cmds[0].Addr != 0x1000 || x.pack.MinSaddr != testAMD64.Arch.StackTop {
		t.Fatal(err, x.pack.PaxFlags)
	}
	x.free()
	sw.Pax = &Pax{ASLR: PaxFeature{Enabled: true}, Mprotect: PaxFeature{Enabled: true, Global: true}}
	seen := map[uint64]bool{}
	for range 20 {
		x, err = load(env, sw, "/x", HostStrings{"x"}, nil)
		if err != abi.OK || x.pack.PaxFlags != PaxASLR|PaxMprotect {
			t.Fatal(err, x.pack.PaxFlags)
		}
		addr := x.pack.VMCmds.Cmds[0].Addr
		if addr&4095 != 0 || x.pack.MinSaddr&4095 != 0 || x.stack.Base&15 != 0 || x.pack.MinSaddr > testAMD64.Arch.StackTop {
			t.Errorf("%#x %#x %#x", addr, x.pack.MinSaddr, x.stack.Base)
		}
		seen[addr] = true
		x.free()
	}
	if len(seen) < 10 {
		t.Error("not random:", seen)
	}
	if p, mp := kern.PaxMprotectAdjust(PaxMprotect, mem.ProtAll, mem.ProtAll); p != mem.ProtRead|mem.ProtWrite || mp != p {
		t.Error(p, mp)
	}
	if p, mp := kern.PaxMprotectAdjust(PaxMprotect, mem.ProtRead|mem.ProtExec, mem.ProtAll); p != mem.ProtRead|mem.ProtExec || mp != p {
		t.Error(p, mp)
	}
}
