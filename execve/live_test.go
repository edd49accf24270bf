package execve

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"nbemu/abi"
	"nbemu/cpu/cputest"
	"nbemu/kern"
	"nbemu/mem"
)

// memFS is a file system of files in memory for a real process.
type memFS struct{ *testEnv }

func (m memFS) Namei(_ *kern.LWP, path string, e *kern.Emul) (File, abi.Errno) {
	return m.testEnv.Namei(path, e)
}
func (m memFS) Fexec(_ *kern.LWP, fd int32) (File, string, abi.Errno) { return m.testEnv.Fexec(fd) }
func (m memFS) Access(_ *kern.LWP, f File, mode int) abi.Errno        { return m.testEnv.Access(f, mode) }
func (m memFS) Getcwd(*kern.LWP) (string, abi.Errno)                  { return m.Cwd() }
func (m memFS) Open(l *kern.LWP, f File) (int32, abi.Errno) {
	if err := failOp("fdalloc"); err != abi.OK {
		return -1, err
	}
	f.Ref()
	return l.Install(kern.NewFile(l, memFileOps{f: f}, abi.FREAD), false)
}
func (m memFS) EmulRoot(*kern.LWP, *kern.Emul) kern.Dir { return nil }
func (m memFS) OpenNull(l *kern.LWP) abi.Errno {
	if err := failOp("opennull"); err != abi.OK {
		return err
	}
	_, err := l.Install(kern.NewFile(l, nullOps{}, abi.FREAD|abi.FWRITE), false)
	return err
}

// memFileOps is an open file of memFS.
type memFileOps struct {
	nullOps
	f File
}

func (o memFileOps) Close(*kern.LWP, *kern.File) abi.Errno { o.f.Unref(); return abi.OK }

type nullOps struct{ kern.BadOps }

func (nullOps) Type() string                                     { return "vnode" }
func (nullOps) Read(*kern.LWP, *kern.File, *kern.Uio) abi.Errno  { return abi.OK }
func (nullOps) Write(*kern.LWP, *kern.File, *kern.Uio) abi.Errno { return abi.OK }

var bootOnce sync.Once

// boot makes a first process that can exec the given files. Preconditions: kernel lock.
func boot(t *testing.T, files ...*memFile) (*kern.LWP, memFS) {
	t.Helper()
	fs := memFS{newTestEnv(files...)}
	oldFS, oldSw := tsw.FS, tsw.added
	tsw.FS = fs
	tsw.added = nil
	tsw.Add(NetBSDElf(testAMD64, false)...)
	tsw.Add(ScriptEntry())
	var l *kern.LWP
	bootOnce.Do(func() {
		l = tsw.K.NewProc(cputest.AMD64, &kern.Cred{Ruid: 10, Euid: 10, Svuid: 10, Rgid: 20, Egid: 20, Svgid: 20})
	})
	if l == nil {
		l = tsw.K.NewProc(cputest.AMD64, &kern.Cred{Ruid: 10, Euid: 10, Svuid: 10, Rgid: 20, Egid: 20, Svgid: 20})
	}
	t.Cleanup(func() {
		tsw.FS = oldFS
		tsw.added = oldSw
		tsw.init()
	})
	return l, fs
}

func (f *memFile) setID(bits uint32, uid, gid uint32) *memFile {
	f.attr.Mode |= bits
	f.attr.Uid, f.attr.Gid = uid, gid
	return f
}

func TestExecFirst(t *testing.T) {
	l, _ := boot(t, newMemFile("/bin/prog", prog(testAMD64).bytes()), newMemFile("/home/script", []byte("#!/bin/prog -x\n")))
	if err := ExecFirst(l, "script", []string{"script", "a", "b"}, []string{"HOME=/"}); err != nil {
		t.Fatal(err)
	}
	p, r := l.Proc, &l.Ctx.R
	if p.Comm != "prog" || p.TextPath != "/bin/prog" || p.Emul != testAMD64 || p.Flags&kern.PFExec == 0 {
		t.Errorf("%q %q", p.Comm, p.TextPath)
	}
	if want := []string{"/bin/prog", "-x", "script", "a", "b"}; !slices.Equal(p.ArgStrings, want) {
		t.Errorf("%q", p.ArgStrings)
	}
	// Today's tests/kernel/t_execregs: everything is 0 but what the kernel says something with.
	for i, v := range r {
		want := uint64(0)
		switch i {
		case cputest.PC:
			want = 0x401010
		case cputest.RBX:
			want = p.PsStrings
		case cputest.SP:
			want = v
		}
		if v != want {
			t.Errorf("register %d is %#x", i, v)
		}
	}
	if r[cputest.SP]%16 != 0 || l.Ctx.FP != [len(l.Ctx.FP)]byte{} {
		t.Errorf("sp %#x, fp % x", r[cputest.SP], l.Ctx.FP[:32])
	}
	var ps abi.PsStrings
	if l.CopyinStruct(p.PsStrings, &ps) != abi.OK || ps.Nargv != 5 || ps.Nenv != 1 || uint64(ps.Argv) != r[cputest.SP]+8 {
		t.Errorf("%+v", ps)
	}
	a := &args{}
	if n, err := a.copyin(GuestStrings{p.VM, p.Model(), uint64(ps.Argv)}, 0); n != 5 || err != abi.OK || !strings.HasPrefix(string(a.buf), "/bin/prog\x00-x\x00script\x00a\x00b\x00") {
		t.Errorf("%q %v", a.buf, err)
	}
	if p.VM.Brk.Base != 0x402000 || p.VM.Brk.Cur != 0x405000 {
		t.Errorf("%+v", p.VM.Brk)
	}
	stackLo := cputest.AMD64.StackTop - cputest.AMD64.MaxStack - 1<<20
	var names []string
	for _, e := range p.VM.Maps() {
		names = append(names, fmt.Sprintf("%x-%x %s %s", e.Start, e.End, protString(e.Prot), e.Name))
	}
	if p.VM.StackLo != stackLo || len(names) < 7 || !strings.Contains(strings.Join(names, "|"), "401000-402000 r-x /bin/prog") ||
		!strings.HasSuffix(names[len(names)-1], "rw- stack") {
		t.Errorf("%q", names)
	}

	for _, tt := range []struct {
		path  string
		errno abi.Errno
		text  string
	}{
		{"none", abi.ENOENT, "none: No such file or directory"},
		{"/none", abi.ENOENT, "/none: No such file or directory"},
	} {
		err := ExecFirst(l, tt.path, []string{"x"}, nil)
		if !errors.Is(err, tt.errno) || err.Error() != tt.text {
			t.Errorf("%q: %v", tt.path, err)
		}
	}
	if err := ExecFirst(l, "/bin/prog", []string{strings.Repeat("x", abi.ARG_MAX)}, nil); !errors.Is(err, abi.E2BIG) || !strings.Contains(err.Error(), "/bin/prog: argument list too long") {
		t.Error(err)
	}
	cut := prog(testAMD64)
	cut.size = 0x1800
	tsw.FS.(memFS).files["/cut"] = newMemFile("/cut", cut.bytes())
	if err := ExecFirst(l, "/cut", []string{"x"}, nil); !errors.Is(err, abi.ENOEXEC) || !strings.Contains(err.Error(), "/cut: program header 2 lies beyond the end of the file") {
		t.Error(err)
	}
	// What the last page of the file lacks is zero: such a program is no cut one.
	page := prog(testAMD64)
	page.size = 0x3010
	x := newExec(l)
	tsw.FS.(memFS).files["/page"] = newMemFile("/page", page.bytes())
	if err := x.loadVM("/page", -1, HostStrings{"x"}, nil); err != abi.OK || x.pack.Record.Truncated != "" {
		t.Errorf("%v: %s", err, x.pack.Record.Truncated)
	} else {
		x.free()
	}
	overlap := prog(testAMD64)
	overlap.ph[2].Vaddr = 0x401000
	tsw.FS.(memFS).files["/overlap"] = newMemFile("/overlap", overlap.bytes())
	x = newExec(l)
	x.spawn = true
	if err := x.loadVM("/overlap", -1, HostStrings{"x"}, nil); err != abi.OK {
		t.Fatal(err)
	}
	if err := x.runProc(); err != abi.ENOMEM || x.err("/overlap", nil, err).Text != "/overlap: the segment at 0x401000 (size 0x1000) overlaps another one" {
		t.Error(err, x.err("/overlap", nil, err))
	}
}

// An exec by a running program: what is kept, what is reset, and set-id.
func TestExecve(t *testing.T) {
	prog64 := prog(testAMD64).bytes()
	l, fs := boot(t, newMemFile("/a", prog64), newMemFile("/b", prog64), newMemFile("/suid", prog64).setID(abi.S_ISUID|abi.S_ISGID, 0, 5))
	if herr := ExecFirst(l, "/a", []string{"a"}, nil); herr != nil {
		t.Fatal(herr)
	}
	p := l.Proc
	keep, gone := kern.NewFile(l, nullOps{}, abi.FREAD), kern.NewFile(l, nullOps{}, abi.FREAD)
	fd1, _ := l.Install(keep, false)
	fd2, _ := l.Install(gone, true)
	p.Sigacts.Act[abi.SIGINT].Handler = 0x1234
	p.Sigacts.Act[abi.SIGQUIT].Handler = kern.SigIgn
	l.Private = 7

	// Arguments in the old program's memory, written over nothing.
	sp := l.Ctx.R[cputest.SP] - 4096
	m := p.Model()
	l.Copyout([]byte("b\x00X=1\x00"), sp)
	l.Copyout(m.Bytes([]abi.Ptr{abi.Ptr(sp), 0, abi.Ptr(sp + 2), 0}), sp+64)
	guest := func(va uint64) Strings { return GuestStrings{p.VM, m, va} }

	// A failing exec changes nothing.
	before := snapshot(l)
	for _, tt := range []struct {
		path       string
		argv, envp Strings
		errno      abi.Errno
	}{
		{"/none", guest(sp + 64), nil, abi.ENOENT},
		{"/b", nil, nil, abi.EINVAL},
		{"/b", guest(8), nil, abi.EFAULT},
		{"/b", guest(sp + 64), guest(1 << 60), abi.EFAULT},
	} {
		if err := Execve(l, tt.path, -1, tt.argv, tt.envp); err != tt.errno {
			t.Errorf("%s: %s, want %s", tt.path, err.Name(), tt.errno.Name())
		}
		if after := snapshot(l); !reflect.DeepEqual(before, after) {
			t.Errorf("%s changed\n%v\n%v", tt.path, before, after)
		}
	}

	if err := Execve(l, "/b", -1, guest(sp+64), guest(sp+80)); err != abi.EJUSTRETURN {
		t.Fatal(err)
	}
	if p.Comm != "b" || !slices.Equal(p.ArgStrings, []string{"b"}) || l.Private != 0 || p.Fd.Get(fd1) != keep || p.Fd.Get(fd2) != nil ||
		p.Sigacts.Act[abi.SIGINT].Handler != kern.SigDfl || p.Sigacts.Act[abi.SIGQUIT].Handler != kern.SigIgn {
		t.Errorf("%s %q %d", p.Comm, p.ArgStrings, l.Private)
	}
	if n := fs.files["/a"].refs; n > 1 {
		t.Errorf("%d references to the old program", n)
	}
	if p.Cred.Euid != 10 || p.Flags&kern.PFSugid != 0 {
		t.Error("credentials")
	}

	// Set-id: effective and saved ids change, real ones do not; descriptors 0 to 2 are made sure of.
	_ = p.Fd.Close(l, fd1)
	old := p.Cred
	if err := Execve(l, "/suid", -1, HostStrings{"suid"}, nil); err != abi.EJUSTRETURN {
		t.Fatal(err)
	}
	if c := p.Cred; c.Ruid != 10 || c.Euid != 0 || c.Svuid != 0 || c.Rgid != 20 || c.Egid != 5 || c.Svgid != 5 || p.Flags&kern.PFSugid == 0 || old.Euid != 10 {
		t.Errorf("%+v", p.Cred)
	}
	for fd := range int32(3) {
		if p.Fd.Get(fd) == nil {
			t.Errorf("descriptor %d is closed", fd)
		}
	}
	// A program without set-id keeps the effective ids, and the flag as long as they differ.
	if err := Execve(l, "/b", -1, HostStrings{"b"}, nil); err != abi.EJUSTRETURN || p.Cred.Euid != 0 || p.Flags&kern.PFSugid == 0 {
		t.Errorf("%v %+v", err, p.Cred)
	}
	p.Cred = old
	if err := Execve(l, "/b", -1, HostStrings{"b"}, nil); err != abi.EJUSTRETURN || p.Flags&kern.PFSugid != 0 {
		t.Error(err)
	}
	// Traced, it is not set-id.
	p.Flags |= kern.PFTraced
	if err := Execve(l, "/suid", -1, HostStrings{"suid"}, nil); err != abi.EJUSTRETURN || p.Cred.Euid != 10 {
		t.Errorf("%v %+v", err, p.Cred)
	}
	p.Flags &^= kern.PFTraced

	// A user who has more processes than allowed may not exec after changing to it.
	p.Flags |= kern.PFSugid
	lim := p.Limits[abi.RLIMIT_NPROC].Cur
	p.Limits[abi.RLIMIT_NPROC].Cur = 0
	if err := Execve(l, "/b", -1, HostStrings{"b"}, nil); err != abi.EAGAIN {
		t.Error(err)
	}
	p.Limits[abi.RLIMIT_NPROC].Cur = lim
}

// What exec does for those who watch the process: a debugger, a stop on exec, a parent in vfork.
func TestExecWatchers(t *testing.T) {
	for _, prof := range Profiles {
		t.Run(prof.Name, func(t *testing.T) {
			f := prog(testAMD64)
			f.sh = []ElfShdr{{}, {Type: shtNote, Offset: 0x800, Size: 24}}
			l, _ := boot(t, newMemFile("/a", f.bytes()))
			tsw.Profile = prof
			defer func() { tsw.Profile = nil }()
			if herr := ExecFirst(l, "/a", []string{"a"}, nil); herr != nil {
				t.Fatal(herr)
			}
			p := l.Proc
			p.Flags |= kern.PFTraced | kern.PFStopExec | kern.PFPpwait
			p.Acflag = aFork
			if err := Execve(l, "/a", -1, HostStrings{"a"}, nil); err != abi.EJUSTRETURN {
				t.Fatal(err)
			}
			if p.Flags&kern.PFPpwait != 0 || p.Acflag != 0 || p.Flags&kern.PFExec == 0 {
				t.Errorf("flags %#x %#x", p.Flags, p.Acflag)
			}
			if !l.Pending().Has(abi.SIGTRAP) || p.Flags&kern.PFStopped == 0 {
				t.Errorf("not trapped or stopped: %#x", p.Flags)
			}
		})
	}
}

// snapshot is what a failing exec must not change.
func snapshot(l *kern.LWP) map[string]any {
	p := l.Proc
	return map[string]any{
		"maps": fmt.Sprint(p.VM.Maps()), "frames": mem.InUse(), "fds": p.Fd.Fds(), "cred": *p.Cred, "regs": l.Ctx.R,
		"acts": *p.Sigacts, "flags": p.Flags, "comm": p.Comm, "text": p.TextPath, "vnode": p.TextVnode, "args": p.ArgStrings,
		"private": l.Private, "emul": p.Emul, "sw": p.Execsw, "refs": tsw.FS.(memFS).refs(),
	}
}

// Every step after the point of no return, made to fail: the error comes out and nothing is held but what the
// process will give back at its end.
func TestStepFaults(t *testing.T) {
	defer func() { tsw.Fault = nil }()
	l, fs := boot(t, newMemFile("/a", prog(testAMD64).setInterp("/ld").bytes()), newMemFile("/ld", interp(testAMD64).bytes()))
	for _, prof := range Profiles {
		tsw.Profile = prof
		defer func() { tsw.Profile = nil }()
		if prof.SectionNotes {
			f := prog(testAMD64).setInterp("/ld")
			f.sh = []ElfShdr{{}, {Type: shtNote, Offset: 0x800, Size: 24}}
			fs.files["/a"] = newMemFile("/a", f.bytes())
		}
		for _, s := range prof.stepList() {
			tsw.Fault = nil
			x := newExec(l)
			x.spawn = true
			if err := x.loadVM("/a", -1, HostStrings{"a"}, nil); err != abi.OK {
				t.Fatal(prof.Name, err)
			}
			tsw.Fault = func(step string) abi.Errno {
				if step == s.name {
					return abi.EIO
				}
				return abi.OK
			}
			if err := x.runProc(); err != abi.EIO {
				t.Errorf("%s, %s: %v", prof.Name, s.name, err)
			}
			if x.pack.Vp != nil || x.pack.VMCmds.Cmds != nil {
				t.Errorf("%s, %s: still holds files", prof.Name, s.name)
			}
			// At most: the process's text, and the page cache, for each of the two files.
			if n := fs.refs(); n > 3 {
				t.Errorf("%s, %s: %d references", prof.Name, s.name, n)
			}
			// The process is beyond use; make it whole for the next round.
			l.Proc.Emul = nil
			if herr := execAgain(l); herr != nil {
				t.Fatal(herr)
			}
		}
	}
}

func execAgain(l *kern.LWP) error {
	old := tsw.Fault
	tsw.Fault = nil
	defer func() { tsw.Fault = old }()
	return ExecFirst(l, "/a", []string{"a"}, nil)
}

func TestDryRun(t *testing.T) {
	l, _ := boot(t, newMemFile("/a", prog(testAMD64).setInterp("/ld").bytes()), newMemFile("/ld", interp(testAMD64).bytes()))
	r, err := DryRun(l, "/a", []string{"a", "b c"}, []string{"HOME=/"})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	r.WriteText(&b)
	for _, want := range []string{
		"elf64 netbsd/amd64: /a: accepted", "emulation: netbsd/amd64, NetBSD 10", "  pagedvn 0x401000/0x1000 r-x /a@0x1000 fixed\n",
		"r-x /ld@0x1000 relative\n", "rw-/rwx stack\n", "AT_SUN_EXECNAME = 0x", "AT_PHNUM = 0x5\n", "ps_strings: argv 0x", "argc = 2\n",
		"argv[1] = 0x", "\"b c\"\n", "  rbx      0x", "credentials: uid 10/10/10",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	// The parts lie one below the other without a gap.
	parts := r.Stack.Picture(r.Auxv)
	for i := 1; i < len(parts); i++ {
		if parts[i].Addr+parts[i].Len != parts[i-1].Addr {
			t.Errorf("%+v is not below %+v", parts[i], parts[i-1])
		}
	}
	if parts[len(parts)-1].Addr != r.Stack.Base {
		t.Error("does not end at the stack pointer")
	}
	if r, err := DryRun(l, "/none", []string{"a"}, nil); err == nil || len(r.Probes) != 1 || r.Probes[0].Errno != abi.ENOENT {
		t.Error(err, r.Probes)
	}
}
