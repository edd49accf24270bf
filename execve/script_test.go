package execve

import (
	"slices"
	"strings"
	"testing"

	"nbemu/abi"
)

func TestParseScript(t *testing.T) {
	long := strings.Repeat("x", scriptHdrSize)
	for _, tt := range []struct {
		in   string
		want ScriptLine
		ok   bool
	}{
		{"#!/bin/sh\n", ScriptLine{Interp: "/bin/sh"}, true},
		{"#! \t /bin/sh \t \nmore", ScriptLine{Interp: "/bin/sh"}, true},
		{"#!/bin/sh -e -x\n", ScriptLine{"/bin/sh", "-e -x", true}, true},
		{"#!/bin/sh\t\t-e  \t\n", ScriptLine{"/bin/sh", "-e  \t", true}, true},
		{"#!/bin/sh\r\n", ScriptLine{Interp: "/bin/sh\r"}, true},
		{"#!/bin/sh -e\r\n", ScriptLine{"/bin/sh", "-e\r", true}, true},
		{"#!/bin/sh\x00 -e\n", ScriptLine{Interp: "/bin/sh"}, true},
		{"#!/bin/sh -e\x00f\n", ScriptLine{"/bin/sh", "-e", true}, true},
		{"#!/bin/sh \x00f\n", ScriptLine{Interp: "/bin/sh"}, true},
		{"#!\x00/bin/sh\n", ScriptLine{}, true},
		{"#!\n", ScriptLine{}, true},
		{"#! \t\n", ScriptLine{}, true},
		{"#!\v/bin/sh\n", ScriptLine{Interp: "\v/bin/sh"}, true},
		{"#!sh\n", ScriptLine{Interp: "sh"}, true},
		{"#!/bin/sh", ScriptLine{}, false},
		{"#", ScriptLine{}, false},
		{"", ScriptLine{}, false},
		{" #!/bin/sh\n", ScriptLine{}, false},
		{"#!" + long[:scriptHdrSize-3] + "\n", ScriptLine{Interp: long[:scriptHdrSize-3]}, true},
		{"#!" + long[:scriptHdrSize-2] + "\n", ScriptLine{}, false},
	} {
		got, ok := ParseScript([]byte(tt.in))
		if got != tt.want || ok != tt.ok {
			t.Errorf("%.40q: %+v %v, want %+v %v", tt.in, got, ok, tt.want, tt.ok)
		}
	}
}

func TestScript(t *testing.T) {
	sh := prog(testAMD64).bytes()
	for _, tt := range []struct {
		name, script, path string
		argv               []string
		errno              abi.Errno
		want               []string // arguments, or words of the explanation
	}{
		{"plain", "#!/bin/sh\n", "/s", []string{"s", "1"}, 0, []string{"/bin/sh", "/s", "1"}},
		{"argument", "#! /bin/sh -e x\n", "/s", []string{"s", "1", "2"}, 0, []string{"/bin/sh", "-e x", "/s", "1", "2"}},
		{"no argv[0]", "#!/bin/sh\n", "/s", []string{}, 0, []string{"/bin/sh", "/s"}},
		{"relative interpreter", "#!sh\n", "/s", []string{"s"}, 0, []string{"sh", "/s"}},
		{"relative script", "#!/bin/sh\n", "s", []string{"s"}, 0, []string{"/bin/sh", "s"}},
		{"missing", "#!/bin/none\n", "/s", []string{"s"}, abi.ENOENT, []string{"/s: its interpreter cannot be used: /bin/none: No such file"}},
		{"empty", "#! \n", "/s", []string{"s"}, abi.ENOEXEC, []string{"names no interpreter"}},
		{"script of a script", "#!/s2\n", "/s", []string{"s"}, abi.ENOEXEC, []string{"/s2 is itself a script"}},
		{"not executable", "#!/etc/motd\n", "/s", []string{"s"}, abi.EACCES, []string{"/etc/motd: no execute permission"}},
		{"directory", "#!/etc\n", "/s", []string{"s"}, abi.EACCES, []string{"/etc: is a directory"}},
		{"no program", "#!/etc/text\n", "/s", []string{"s"}, abi.ENOEXEC, []string{"/etc/text: a text file"}},
		{"other machine", "#!/riscv\n", "/s", []string{"s"}, abi.ENOEXEC, []string{"/riscv: a 64-bit little-endian ELF executable for RISC-V, which"}},
		{"interpreter without ld", "#!/dyn\n", "/s", []string{"s"}, abi.ENOENT, []string{"needs interpreter /ld, which does not exist"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			motd, etc := newMemFile("/etc/motd", []byte("hi\n")), newMemFile("/etc", nil)
			motd.attr.Mode = abi.S_IFREG | 0o644
			etc.attr.Mode = abi.S_IFDIR | 0o755
			riscv := prog(testAMD64)
			riscv.machine = 243
			env := newTestEnv(newMemFile("/s", []byte(tt.script)), newMemFile("/home/s", []byte(tt.script)), newMemFile("/bin/sh", sh), newMemFile("/home/sh", sh),
				newMemFile("/s2", []byte("#!/bin/sh\n")), newMemFile("/etc/text", []byte("text\n")), motd, etc,
				newMemFile("/riscv", riscv.bytes()), newMemFile("/dyn", prog(testAMD64).setInterp("/ld").bytes()))
			x, err := load(env, newTestSwitch(true), tt.path, HostStrings(tt.argv), nil)
			if err != tt.errno {
				t.Fatalf("got %s, want %s", err.Name(), tt.errno.Name())
			}
			if err != abi.OK {
				if msg := x.err(tt.path, nil, err).Text; !strings.Contains(msg, tt.want[0]) {
					t.Errorf("explanation %q does not have %q", msg, tt.want[0])
				}
			} else {
				if got := x.stack.Args(); !slices.Equal(got, tt.want) {
					t.Errorf("got %q, want %q", got, tt.want)
				}
				if tt.path != "s" && x.pack.ResolvedName != "/bin/sh" && x.pack.ResolvedName != "/home/sh" {
					t.Error(x.pack.ResolvedName)
				}
				x.free()
			}
			if n := env.refs(); n != 0 {
				t.Errorf("%d references left", n)
			}
		})
	}
}

// Scripts that the interpreter may not open by name.
func TestScriptFD(t *testing.T) {
	mk := func(mode uint32) (*testEnv, *Switch) {
		s := newMemFile("/s", []byte("#!/bin/sh\n"))
		s.attr.Mode = abi.S_IFREG | mode
		s.attr.Uid = 77
		return newTestEnv(s, newMemFile("/bin/sh", prog(testAMD64).bytes())), newTestSwitch(false)
	}
	args := func(env *testEnv, sw *Switch) ([]string, *execData) {
		x, err := load(env, sw, "/s", HostStrings{"s", "a"}, nil)
		if err != abi.OK {
			t.Fatal(err)
		}
		return x.stack.Args(), x
	}

	env, sw := mk(0o4755)
	got, x := args(env, sw)
	if got[1] != "/s" || x.pack.Attr.Mode&abi.S_ISUID != 0 {
		t.Error("set-id scripts are off by default:", got)
	}
	x.free()

	sw.SetuidScripts = true
	got, x = args(env, sw)
	if got[1] != "/dev/fd/0" || x.pack.Attr.Mode&abi.S_ISUID == 0 || x.pack.Attr.Uid != 77 {
		t.Error(got, x.pack.Attr)
	}
	x.free()

	env, sw = mk(0o711)
	env.files["/s"].attr.Mode = abi.S_IFREG | 0o111
	got, x = args(env, sw)
	if got[1] != "/s" {
		t.Error(got)
	}
	x.free()
	sw.FDScripts = true
	got, x = args(env, sw)
	if got[1] != "/dev/fd/0" {
		t.Error(got)
	}
	x.free()
	if n := env.refs(); n != 0 || env.fds[len(env.fds)-1] != nil {
		t.Errorf("%d references left", n)
	}

	env.fdErr = abi.EMFILE
	if x, err := load(env, sw, "/s", HostStrings{"s"}, nil); err != abi.EMFILE || env.refs() != 0 {
		t.Error(err, env.refs())
	} else if msg := x.err("/s", nil, err).Text; msg != "/s: no descriptor for the script" {
		t.Error(msg)
	}
	// An interpreter that does not work closes the descriptor.
	env.fdErr = abi.OK
	env.files["/bin/sh"].data[0] = 0
	if _, err := load(env, sw, "/s", HostStrings{"s"}, nil); err != abi.ENOEXEC || env.refs() != 0 {
		t.Error(err, env.refs())
	}
}
