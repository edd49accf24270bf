package execve

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/mem"
)

// The errors that exec may answer for any contents of files.
var documented = []abi.Errno{abi.OK, abi.ENOEXEC, abi.ENOMEM, abi.EINVAL, abi.ENOENT, abi.EACCES, abi.ENAMETOOLONG, abi.ERANGE, abi.E2BIG}

// exec takes a program as far as its address space, and checks that failures are explained and leave nothing.
func fuzzExec(t *testing.T, env *testEnv, path string) {
	x, err := load(env, newTestSwitch(true), path, HostStrings{path, "arg"}, HostStrings{"A=b"})
	if !slices.Contains(documented, err) {
		t.Errorf("errno %s", err.Name())
	}
	if err != abi.OK {
		if msg := x.err(path, nil, err).Text; msg == "" || strings.ContainsAny(msg, "\n\r\x00") {
			t.Errorf("explanation %q", msg)
		}
		if n := env.refs(); n != 0 {
			t.Errorf("%s: %d references left", err.Name(), n)
		}
		return
	}
	epp := &x.pack
	if epp.Entry < epp.VMMin || epp.Entry >= epp.VMMax {
		t.Errorf("entry %#x", epp.Entry)
	}
	if len(epp.VMCmds.Cmds) > 3*2*elfMaxPhnum+3 {
		t.Errorf("%d commands", len(epp.VMCmds.Cmds))
	}
	for _, c := range epp.VMCmds.Cmds {
		_ = c.String()
	}
	vm := mem.NewSpace(epp.VMMin, epp.VMMax)
	err, fail := epp.VMCmds.doVMCmds(vm, epp.page(), epp.VMMin, epp.VMMax, epp.PaxFlags)
	switch {
	case err == abi.OK:
		if f := epp.Esch.Copyargs; f(epp, x.stack) != abi.OK || x.stack.bad {
			t.Error("copyargs")
		}
		if vm.Copyout(x.stack.Data, x.stack.Base) != abi.OK {
			t.Error("stack is not there")
		}
	case fail == nil || fail.why == "" || !slices.Contains([]abi.Errno{abi.ENOMEM, abi.EINVAL, abi.EIO, abi.ENOEXEC}, err):
		t.Errorf("%s %+v", err.Name(), fail)
	}
	vm.Unref()
	x.free()
	for _, f := range env.files {
		// The page cache keeps a few files for the next exec.
		if f.refs > 1 {
			t.Errorf("%d references left", f.refs)
		}
	}
	if n := mem.InUse(); n > 4096 {
		t.Errorf("%d frames in use", n)
	}
}

func FuzzELF(f *testing.F) {
	for i, e := range testEmuls {
		f.Add(prog(e).bytes(), uint8(i))
		f.Add(prog(e).setInterp("/ld").bytes(), uint8(i))
		f.Add(interp(e).bytes(), uint8(i))
		f.Add(prog(e).bytes()[:100], uint8(i))
	}
	var lds [4][]byte
	for i, e := range testEmuls {
		lds[i] = interp(e).bytes()
	}
	f.Fuzz(func(t *testing.T, b []byte, ld uint8) {
		fuzzExec(t, newTestEnv(newMemFile("/x", b), newMemFile("/ld", lds[ld&3])), "/x")
		// The same file as an interpreter.
		p := prog(testEmuls[ld&3]).setInterp("/ld")
		fuzzExec(t, newTestEnv(newMemFile("/x", p.bytes()), newMemFile("/ld", b)), "/x")
	})
}

func FuzzScript(f *testing.F) {
	for _, s := range []string{"#!/bin/sh\n", "#! /bin/sh -e x \n", "#!\n", "#!/s\n", "#!sh\x00\n", "#!/bin/sh", "#!/none \t\n"} {
		f.Add([]byte(s))
	}
	sh := prog(testAMD64).bytes()
	f.Fuzz(func(t *testing.T, b []byte) {
		line, ok := ParseScript(b)
		if ok {
			if strings.ContainsAny(line.Interp, " \t\n\x00") || strings.ContainsAny(line.Arg, "\n\x00") || strings.HasPrefix(line.Arg, " ") ||
				strings.HasPrefix(line.Arg, "\t") || line.HasArg != (line.Arg != "") || len(line.Interp)+len(line.Arg) > scriptHdrSize-3 {
				t.Errorf("%+v", line)
			}
			if !bytes.Contains(b, []byte(line.Interp)) || !bytes.Contains(b, []byte(line.Arg)) {
				t.Errorf("%+v is not in the file", line)
			}
		}
		fuzzExec(t, newTestEnv(newMemFile("/s", b), newMemFile("/bin/sh", sh), newMemFile("/home/sh", sh)), "/s")
	})
}

func FuzzStack(f *testing.F) {
	f.Add([]byte("prog\x00-x\x00"), []byte("A=b\x00"), uint8(0), uint16(4))
	f.Add([]byte(""), []byte("\x00\x00"), uint8(1), uint16(0))
	f.Add(bytes.Repeat([]byte("x\x00"), 3000), []byte{}, uint8(2), uint16(1000))
	f.Add([]byte("prog\x00"), bytes.Repeat([]byte("y"), 10000), uint8(3), uint16(17))
	f.Fuzz(func(t *testing.T, argv, envp []byte, which uint8, pathLen uint16) {
		e := testEmuls[which&3]
		split := func(b []byte) HostStrings {
			if len(b) == 0 {
				return HostStrings{}
			}
			return strings.Split(strings.TrimSuffix(string(b), "\x00"), "\x00")
		}
		a, v := split(argv), split(envp)
		path := "/" + strings.Repeat("p", int(pathLen%1000))
		env := newTestEnv(newMemFile(path, prog(e).bytes()))
		sw := newTestSwitch(false)
		sw.Profile = Profiles[int(which>>2)%len(Profiles)]
		if sw.Profile.SectionNotes {
			p := prog(e)
			p.sh = []ElfShdr{{}, {Type: shtNote, Offset: 0x800, Size: uint64(len(p.chunks[0x800]))}}
			env = newTestEnv(newMemFile(path, p.bytes()))
		}
		x, err := load(env, sw, path, a, v)
		size := 0
		for _, s := range slices.Concat(a, v) {
			size += len(s) + 1
		}
		if size > abi.ARG_MAX {
			if err != abi.E2BIG {
				t.Errorf("%d bytes: %s", size, err.Name())
			}
			return
		}
		if err != abi.OK {
			t.Fatal(x.err(path, nil, err))
		}
		defer x.free()
		s := x.stack
		if err := x.pack.Esch.Copyargs(&x.pack, s); err != abi.OK {
			t.Fatal(err)
		}
		s.copyPsStrings()
		d := decode(s, true)
		if s.bad || d.argc != uint64(len(a)) || !slices.Equal(d.argv, a) || !slices.Equal(d.envp, v) ||
			int(d.ps.Nargv) != len(a) || int(d.ps.Nenv) != len(v) || uint64(d.ps.Argv) != s.Argv || uint64(d.ps.Envp) != s.Envp {
			t.Errorf("%+v", d)
		}
		align := uint64(e.Arch.Model.PtrSize)
		if sw.Profile.StackAligned {
			align = e.Arch.StackAlign
		}
		if s.Base%align != 0 || s.Base+s.Size() != e.Arch.StackTop || s.Size() > 4<<20 {
			t.Errorf("base %#x, size %#x", s.Base, s.Size())
		}
		for _, x := range d.aux {
			if x.Type == abi.AT_SUN_EXECNAME && s.str(uint64(x.Value)) != path {
				t.Errorf("path is %q", s.str(uint64(x.Value)))
			}
		}
	})
}
