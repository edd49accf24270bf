package execve

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"nbemu/abi"
	"nbemu/cpu/cputest"
	"nbemu/kern"
	"nbemu/mem"
)

// countedOps is a file that knows whether it is still open.
type countedOps struct {
	nullOps
	open *int
}

func (c countedOps) Close(*kern.LWP, *kern.File) abi.Errno { *c.open--; return abi.OK }

// world is everything outside of a process that an exec could leak into.
type world struct {
	frames, refs, fds int
	emulData          int
}

// observed is everything that can be seen of a process.
func observed(l *kern.LWP) map[string]any {
	p := l.Proc
	m := snapshot(l)
	var fds []string
	for _, fd := range p.Fd.Fds() {
		fds = append(fds, fmt.Sprintf("%d %p %v", fd, p.Fd.Get(fd), p.Fd.Cloexec(fd)))
	}
	m["fds"], m["fdtable"] = fds, fmt.Sprintf("%p %d", p.Fd, p.Fd.Refs())
	m["credptr"] = p.Cred
	m["vm"], m["brk"], m["stacklo"], m["arch"] = fmt.Sprintf("%p", p.VM), p.VM.Brk, p.VM.StackLo, p.Arch.Name
	m["sigmask"], m["sigstk"], m["pending"], m["actsptr"] = l.Sigmask, l.Sigstk, l.Pending(), fmt.Sprintf("%p", p.Sigacts)
	m["cwd"] = fmt.Sprintf("%p", p.Cwdi)
	m["limits"] = *p.Limits
	m["lwps"] = fmt.Sprint(len(p.LWPs), l.ID, l.LwpctlVA)
	m["misc"] = fmt.Sprint(p.PsStrings, p.SigcodeVA, p.Acflag, p.Nice, p.Xstat, p.Zombie)
	m["emuldata"] = p.EmulData
	delete(m, "frames") // with the rest of the world
	return m
}

func difference(a, b map[string]any) (s string) {
	for k := range a {
		if !reflect.DeepEqual(a[k], b[k]) {
			s += fmt.Sprintf("%s: %v, was %v; ", k, b[k], a[k])
		}
	}
	return s
}

// otherEmul is an emulation whose programs say so in their header, with data per process.
func otherEmul(live *int) (*kern.Emul, *ExecSwitch) {
	e := &kern.Emul{Name: "other", Arch: cputest.AMD64, Setregs: testSetregs, Sigcode: []byte{0x90, 0xcc},
		ProcExec: func(l *kern.LWP) {
			if l.Proc.EmulData == nil {
				*live++
			}
			l.Proc.EmulData = live
		},
		ProcExit: func(p *kern.Proc) { *live--; p.EmulData = nil },
	}
	sw := NetBSDElf(e, false)[0]
	sw.Probe = &ElfProbe{Name: "other", Func: func(epp *Package, h *ElfHeader, _ []ElfPhdr, _ string) (uint64, abi.Errno) {
		if h.OSABI != osabiSolaris {
			return NoAddr, abi.ENOEXEC
		}
		epp.Flags |= ForceAux
		return NoAddr, abi.OK
	}}
	return e, sw
}

// faultWorld is a process with something in every corner, and programs to exec.
type faultWorld struct {
	l        *kern.LWP
	fs       memFS
	openFds  int
	emulData int
}

func newFaultWorld(t *testing.T) *faultWorld {
	w := &faultWorld{}
	f := prog(testAMD64).setInterp("/ld")
	// The 100 bytes after the last whole page of data are read, not mapped.
	f.sh = []ElfShdr{{}, {Type: shtNote, Offset: 0x800, Size: 24}}
	w.l, w.fs = boot(t, newMemFile("/a", f.bytes()), newMemFile("/ld", interp(testAMD64).bytes()),
		newMemFile("/suid", f.bytes()).setID(abi.S_ISUID|abi.S_ISGID, 0, 7), newMemFile("/home/script", []byte("#!/a -x\n")),
		newMemFile("/setid-script", []byte("#!/a\n")).setID(abi.S_ISUID, 0, 0))
	// Older releases look a relative name up as it is.
	w.fs.files["script"] = w.fs.files["/home/script"]
	g := prog(testAMD64)
	g.sh = f.sh
	g.osabi = osabiSolaris
	w.fs.files["/other"] = newMemFile("/other", g.bytes())
	_, sw := otherEmul(&w.emulData)
	tsw.Add(sw)
	tsw.SetuidScripts = true
	t.Cleanup(func() { tsw.SetuidScripts = false; tsw.Profile = nil; tsw.Fault, opFault = nil, nil })
	if err := ExecFirst(w.l, "/a", []string{"a"}, []string{"X=1"}); err != nil {
		t.Fatal(err)
	}
	return w
}

// fill gives a process descriptors, handlers, a mask and pending signals.
func (w *faultWorld) fill(l *kern.LWP) {
	p := l.Proc
	for i := range 6 {
		w.openFds++
		_, _ = l.Install(kern.NewFile(l, countedOps{open: &w.openFds}, abi.FREAD), i%2 == 1)
	}
	_ = p.Fd.Close(l, 1) // one for a set-id program to be made sure of
	p.Sigacts.Act[abi.SIGINT].Handler = 0x1234
	p.Sigacts.Act[abi.SIGQUIT].Handler = kern.SigIgn
	l.Sigstk = abi.StackT{Sp: 0x1000, Size: 0x4000}
	l.Sigmask = abi.SigsetOf(abi.SIGUSR1)
	l.Private = 7
}

func (w *faultWorld) world() world {
	return world{mem.InUse(), w.fs.refs(), w.openFds, w.emulData}
}

// faultCases are execs that between them do everything exec can do.
var faultCases = []struct{ name, path string }{
	{"dynamic", "/a"}, {"set-id", "/suid"}, {"script", "script"}, {"set-id script", "/setid-script"}, {"other emulation", "/other"},
}

// nth makes the n-th thing asked about fail. It returns a function that tells what that was, "" if it was never
// reached.
func nth(n int, only func(string) bool) (what func() string) {
	name, i := "", 0
	ask := func(op string) abi.Errno {
		if !only(op) {
			return abi.OK
		}
		if i++; i == n+1 {
			name = op
			return abi.EIO
		}
		return abi.OK
	}
	tsw.Fault, opFault = ask, ask
	return func() string { tsw.Fault, opFault = nil, nil; return name }
}

func anyOp(string) bool { return true }

// Before the point of no return: whatever fails, in whatever order, the process and the world are as they were.
func TestFaultsBefore(t *testing.T) {
	w := newFaultWorld(t)
	w.fill(w.l)
	for _, prof := range Profiles {
		tsw.Profile = prof
		for _, c := range faultCases {
			// Once without a fault, up to the point: what caches keep is kept.
			x := newExec(w.l)
			if err := x.loadVM(c.path, -1, HostStrings{"x", "y"}, HostStrings{"A=b"}); err != abi.OK {
				t.Fatal(prof.Name, c.name, x.err(c.path, nil, err))
			}
			x.free()
			before, out := observed(w.l), w.world()
			reached := map[string]bool{}
			for n := 0; ; n++ {
				what := nth(n, anyOp)
				x := newExec(w.l)
				err := x.loadVM(c.path, -1, HostStrings{"x", "y"}, HostStrings{"A=b"})
				name := what()
				if name == "" {
					// Nothing is left to fail.
					if err != abi.OK {
						t.Errorf("%s, %s: %s", prof.Name, c.name, err.Name())
					}
					x.free()
					break
				}
				reached[name] = true
				// A script that cannot be read by others is no reason to fail.
				if err == abi.OK {
					// Nor is it if another format takes the file.
					if name != "access" && c.path != "/other" {
						t.Errorf("%s, %s: %s failed and nothing came of it", prof.Name, c.name, name)
					}
					x.free()
				} else if msg := x.err(c.path, nil, err).Text; msg == "" {
					t.Errorf("%s, %s, %s: not explained", prof.Name, c.name, name)
				}
				if after := observed(w.l); !reflect.DeepEqual(before, after) {
					t.Errorf("%s, %s, %s: the process changed: %s", prof.Name, c.name, name, difference(before, after))
				}
				if now := w.world(); now != out {
					t.Errorf("%s, %s, %s: %+v, was %+v", prof.Name, c.name, name, now, out)
				}
			}
			for _, must := range []string{"makepathbuf", "check_exec", "namei", "getattr", "access", "read", "copyinargs", "calcstack"} {
				if !reached[must] {
					t.Errorf("%s, %s: %s never failed", prof.Name, c.name, must)
				}
			}
		}
	}
}

// inChild runs f in a new process and waits until that has ended.
func inChild(t *testing.T, l *kern.LWP, f func(c *kern.LWP)) *kern.Proc {
	t.Helper()
	p, err := l.Spawn(false, func(c *kern.LWP) abi.Errno {
		f(c)
		return abi.EIO // exit status 127, if f comes back
	})
	if err != abi.OK {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); !p.Zombie; {
		if time.Now().After(deadline) {
			t.Fatal("the child did not end")
		}
		tsw.K.Unlock()
		time.Sleep(100 * time.Microsecond)
		tsw.K.Lock()
	}
	return p
}

// After the point of no return: whatever fails, the process ends as if by SIGABRT, with the error as its exit
// status, and nothing of it is left, while its parent is as it was.
func TestFaultsAfter(t *testing.T) {
	w := newFaultWorld(t)
	w.l.Proc.Flags |= kern.PFNoCldWait // children leave no zombies to their parent
	for _, prof := range Profiles {
		tsw.Profile = prof
		for _, c := range faultCases {
			late := false
			afterPoint := func(op string) bool {
				if op == prof.stepList()[0].name {
					late = true
				}
				return late
			}
			run := func(n int) (name string, p *kern.Proc) {
				late = false
				var what func() string
				p = inChild(t, w.l, func(l *kern.LWP) {
					if err := Execve(l, "/other", -1, HostStrings{"o"}, nil); err != abi.EJUSTRETURN {
						t.Error(err)
						return
					}
					w.fill(l)
					what = nth(n, afterPoint)
					if err := Execve(l, c.path, -1, HostStrings{"x", "y"}, HostStrings{"A=b"}); err != abi.EJUSTRETURN {
						t.Errorf("%s, %s: exec returned %v", prof.Name, c.name, err)
					}
				})
				return what(), p
			}
			if name, _ := run(1 << 20); name != "" {
				t.Fatal(name)
			}
			before, out := observed(w.l), w.world()
			reached := map[string]bool{}
			for n := 0; ; n++ {
				name, p := run(n)
				if name == "" {
					break
				}
				reached[name] = true
				if want := int(abi.W_EXITCODE(int(abi.EIO), abi.SIGABRT)); p.Xstat != want {
					t.Errorf("%s, %s, %s: status %#x, want %#x", prof.Name, c.name, name, p.Xstat, want)
				}
				if after := observed(w.l); !reflect.DeepEqual(before, after) {
					t.Errorf("%s, %s, %s: the parent changed: %s", prof.Name, c.name, name, difference(before, after))
				}
				if now := w.world(); now != out {
					t.Errorf("%s, %s, %s: %+v, was %+v", prof.Name, c.name, name, now, out)
				}
			}
			for _, s := range prof.stepList() {
				if !reached[s.name] {
					t.Errorf("%s, %s: %s never failed", prof.Name, c.name, s.name)
				}
			}
			if c.name == "set-id" && !reached["opennull"] {
				t.Error("descriptors were not made sure of")
			}
		}
	}
}
