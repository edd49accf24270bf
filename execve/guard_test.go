package execve

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"nbemu/abi"
	"nbemu/kern"
)

func TestVeriexecParse(t *testing.T) {
	sum := strings.Repeat("ab", 32)
	lines, err := ParseVeriexec(strings.NewReader("# comment\n\n/bin/sh sha256 " + sum + " direct,indirect\n/a\\ b SHA256 " + sum + "\n/lib/x SHA256 " + sum + " FILE,untrusted # x\n"))
	if err != nil || len(lines) != 3 || lines[0].Type != VeriexecDirect|VeriexecIndirect || lines[1].Path != "/a b" || lines[1].Type != VeriexecDirect ||
		lines[2].Type != VeriexecFile|VeriexecUntrusted {
		t.Error(lines, err)
	}
	for _, bad := range []string{"/x sha256", "/x sha256 00", "/x rot13 " + sum, "/x sha256 " + sum + " often", "/x sha256 " + sum + " direct y"} {
		if _, err := ParseVeriexec(strings.NewReader(bad)); err == nil || !strings.Contains(err.Error(), "line 1: ") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// What each strict level does with each way to use a file, right and wrong fingerprints, and none.
func TestVeriexecLevels(t *testing.T) {
	good, bad, none := newMemFile("/good", []byte("good")), newMemFile("/bad", []byte("bad")), newMemFile("/none", nil)
	sum := func(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }
	for strict := range 4 {
		v := &Veriexec{Strict: strict}
		lines, herr := ParseVeriexec(strings.NewReader(fmt.Sprintf("/good SHA256 %s direct\n/bad SHA256 %s file,direct,indirect\n", sum("good"), sum("other"))))
		if herr != nil {
			t.Fatal(herr)
		}
		v.Add(good.key, lines[0])
		v.Add(bad.key, lines[1])
		ok := func(what string, err abi.Errno, allowed bool) {
			t.Helper()
			if want := abi.EPERM; allowed != (err == abi.OK) || !allowed && err != want {
				t.Errorf("strict %d: %s: %v", strict, what, err)
			}
		}
		ok("good, direct", v.Verify(good, "", VeriexecDirect), true)
		ok("good, indirect", v.Verify(good, "", VeriexecIndirect), strict < VeriexecIPS)
		ok("good, file", v.Verify(good, "", VeriexecFile), strict < VeriexecIPS)
		ok("bad, direct", v.Verify(bad, "", VeriexecDirect), strict < VeriexecIDS)
		ok("none, direct", v.Verify(none, "", VeriexecDirect), strict < VeriexecIPS)
		ok("none, file", v.Verify(none, "", VeriexecFile), strict < VeriexecLockdown)
		ok("new file", v.OpenCheck(nil, "", true), strict < VeriexecLockdown)
		ok("write none", v.OpenCheck(none, "", true), strict < VeriexecLockdown)
		ok("write good", v.OpenCheck(good, "", true), strict < VeriexecIPS)
		ok("rename", v.RenameCheck(good.key, &bad.key), strict < VeriexecIPS)
		ok("remove", v.RemoveCheck(good.key), strict < VeriexecIDS)
		ok("remove none", v.RemoveCheck(none.key), strict < VeriexecLockdown)
	}
	// A file that was open for writing is looked at again.
	v := &Veriexec{Strict: VeriexecIDS}
	lines, _ := ParseVeriexec(strings.NewReader("/good SHA256 " + sum("good") + " direct,file"))
	v.Add(good.key, lines[0])
	if v.Verify(good, "", VeriexecDirect) != abi.OK || v.OpenCheck(good, "", true) != abi.OK {
		t.Error("refused")
	}
	good.data = []byte("evil")
	if v.Verify(good, "", VeriexecDirect) != abi.EPERM {
		t.Error("changed file runs")
	}
}

func TestSegvguard(t *testing.T) {
	now := time.Unix(1000, 0)
	conf := tsw.K.GuardConf
	expiry, suspend := time.Duration(conf.Expiry)*time.Second, time.Duration(conf.Suspend)*time.Second
	g := NewSegvguard(&conf, tsw.K.Timenow)
	g.Now = func() time.Time { return now }
	f, other := newMemFile("/f", nil), newMemFile("/g", nil)
	for i := range 4 {
		if g.Crashed(f, 10) || g.Check(f, 10) != abi.OK {
			t.Fatal(i)
		}
	}
	if !g.Crashed(f, 10) || g.Check(f, 10) != abi.EPERM {
		t.Error("not suspended")
	}
	if g.Check(f, 11) != abi.OK || g.Check(other, 10) != abi.OK {
		t.Error("others suspended")
	}
	now = now.Add(suspend)
	if g.Check(f, 10) != abi.OK || g.Crashed(f, 10) {
		t.Error("still suspended")
	}
	for range 10 {
		// Crashes far apart do not matter.
		now = now.Add(expiry + time.Second)
		if g.Crashed(f, 10) {
			t.Error("suspended")
		}
	}

	// Only programs with the flag are refused one.
	env := newTestEnv(newMemFile("/x", prog(testAMD64).bytes()))
	sw := newTestSwitch(false)
	conf.MaxCrashes = 2
	sw.Segvguard = g
	g.Crashed(env.files["/x"], 10)
	g.Crashed(env.files["/x"], 10)
	if x, err := load(env, sw, "/x", HostStrings{"x"}, nil); err != abi.OK {
		t.Error(err)
	} else {
		x.free()
	}
	env.pax = PaxGuard
	if x, err := load(env, sw, "/x", HostStrings{"x"}, nil); err != abi.EPERM || env.refs() != 0 || !strings.Contains(x.err("/x", nil, err).Text, "suspended") {
		t.Error(err, env.refs())
	}
}

// What a note and the switches make of each feature.
func TestPaxNotes(t *testing.T) {
	for _, f := range []struct {
		flag, force, refuse uint32
		of                  func(p *Pax) *PaxFeature
	}{
		{PaxMprotect, 0x01, 0x02, func(p *Pax) *PaxFeature { return &p.Mprotect }},
		{PaxGuard, 0x04, 0x08, func(p *Pax) *PaxFeature { return &p.Guard }},
		{PaxASLR, 0x10, 0x20, func(p *Pax) *PaxFeature { return &p.ASLR }},
	} {
		for _, c := range []struct {
			enabled, global bool
			note            uint32
			want            uint32
		}{
			{false, false, f.force, 0}, {false, true, f.force, 0}, {false, true, 0, 0},
			{true, false, 0, 0}, {true, false, f.force, f.flag}, {true, false, f.refuse, 0}, {true, false, ^f.force, 0},
			{true, true, 0, f.flag}, {true, true, f.force, f.flag}, {true, true, f.refuse, 0}, {true, true, ^f.refuse, f.flag},
			{true, true, f.force | f.refuse, 0},
		} {
			p := Pax{}
			*f.of(&p) = PaxFeature{Enabled: c.enabled, Global: c.global}
			if got := paxFlags(&p, c.note); got != c.want {
				t.Errorf("%+v, note %#x: %#x, want %#x", p, c.note, got, c.want)
			}
		}
	}
	// Of damaged or foreign notes nothing is taken, and without one nothing is, not even what is global.
	for _, c := range []struct {
		name string
		typ  uint32
		size int
		want uint32
	}{{"PaX\x00", notePax, 4, PaxMprotect}, {"PaX\x00", notePax, 8, 0}, {"PaY\x00", notePax, 4, 0}, {"PaX\x00", 4, 4, 0}, {"PaX\x00\x00\x00\x00\x00", notePax, 4, 0}} {
		g := prog(testAMD64)
		n := append(g.chunks[0x800], g.note(c.name, c.typ, make([]byte, c.size), 0)[:]...)
		g.chunks[0x800] = n
		g.ph[3].Filesz = uint64(len(n))
		sw := newTestSwitch(false)
		sw.Pax = &Pax{Mprotect: PaxFeature{Enabled: true, Global: true}}
		x, err := load(newTestEnv(newMemFile("/x", g.bytes())), sw, "/x", HostStrings{"x"}, nil)
		if err != abi.OK || x.pack.PaxFlags != c.want {
			t.Errorf("%+v: %v %#x", c, err, x.pack.PaxFlags)
			continue
		}
		x.free()
	}
}

// The probe points, in order, of an exec that works, one refused and one that fails too late; and exec hooks.
func TestProbePoints(t *testing.T) {
	l, _ := boot(t, newMemFile("/a", prog(testAMD64).bytes()), newMemFile("/s", []byte("#!/a -x\n")))
	if err := ExecFirst(l, "/a", []string{"a"}, nil); err != nil {
		t.Fatal(err)
	}
	oldSDT := tsw.SDT
	defer func() { tsw.SDT, tsw.Hooks, tsw.Fault = oldSDT, nil, nil }()
	var got []string
	tsw.SDT.Exec = func(_ *kern.LWP, path string) { got = append(got, "exec "+path) }
	tsw.SDT.ExecSuccess = func(_ *kern.LWP, path string) { got = append(got, "success "+path) }
	tsw.SDT.ExecFailure = func(_ *kern.LWP, err abi.Errno) { got = append(got, "failure "+err.Name()) }
	tsw.SDT.ExecArg = func(_ *kern.LWP, s string, env bool) { got = append(got, fmt.Sprint("arg ", s, " ", env)) }
	tsw.SDT.Emul = func(_ *kern.LWP, e *kern.Emul) { got = append(got, "emul "+e.Name) }
	tsw.Hooks = append(tsw.Hooks, func(p *kern.Proc) { got = append(got, "hook "+p.Comm) })
	if err := Execve(l, "/s", -1, HostStrings{"s", "y"}, HostStrings{"E=1"}); err != abi.EJUSTRETURN {
		t.Fatal(err)
	}
	want := []string{"exec /s", "arg /a false", "arg -x false", "arg /s false", "arg y false", "arg E=1 true", "hook a", "success /s", "emul netbsd"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	got = nil
	if err := Execve(l, "/none", -1, HostStrings{"s"}, nil); err != abi.ENOENT || !slices.Equal(got, []string{"exec /none", "failure ENOENT"}) {
		t.Errorf("%v %q", err, got)
	}
	got = nil
	x := newExec(l)
	x.spawn = true
	if err := x.loadVM("/a", -1, HostStrings{"a"}, nil); err != abi.OK {
		t.Fatal(err)
	}
	tsw.Fault = func(step string) abi.Errno {
		if step == "setregs" {
			return abi.EIO
		}
		return abi.OK
	}
	if err := x.runProc(); err != abi.EIO || !slices.Equal(got, []string{"exec /a", "arg a false", "hook a", "failure EIO"}) {
		t.Errorf("%v %q", err, got)
	}
}
