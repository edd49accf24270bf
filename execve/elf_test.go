package execve

import (
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// Each way a program can be wrong, what exec answers, and the words that explain it.
func TestElfRefused(t *testing.T) {
	type change func(f *elfFile)
	tests := []struct {
		name   string
		change change
		errno  abi.Errno
		words  string
	}{
		{"header cut in ident", func(f *elfFile) { f.size = 10 }, abi.ENOEXEC, "cut short after 10 bytes"},
		{"header cut", func(f *elfFile) { f.size = 63 }, abi.ENOEXEC, "cut short after 63 bytes"},
		{"class 0", func(f *elfFile) { f.class = 0 }, abi.ENOEXEC, "unknown class (0)"},
		{"class 3", func(f *elfFile) { f.class = 3 }, abi.ENOEXEC, "unknown class (3)"},
		{"data 0", func(f *elfFile) { f.data = 0 }, abi.ENOEXEC, "unknown byte order (0)"},
		{"wrong class", func(f *elfFile) { f.class = ElfClass32 }, abi.ENOEXEC, "32-bit little-endian ELF executable for x86-64"},
		{"wrong order", func(f *elfFile) { f.data = ElfDataMSB }, abi.ENOEXEC, "64-bit big-endian ELF executable for x86-64"},
		{"machine", func(f *elfFile) { f.machine = 243 }, abi.ENOEXEC, "for RISC-V, which this machine (netbsd/amd64"},
		{"unknown machine", func(f *elfFile) { f.machine = 0xeeee }, abi.ENOEXEC, "unknown machine (number 61166)"},
		{"object file", func(f *elfFile) { f.typ = ElfTypeRel }, abi.ENOEXEC, "relocatable object for x86-64, not a program"},
		{"core", func(f *elfFile) { f.typ = ElfTypeCore }, abi.ENOEXEC, "core dump"},
		{"type 77", func(f *elfFile) { f.typ = 77 }, abi.ENOEXEC, "file of type 77"},
		{"no phdrs", func(f *elfFile) { f.phnum = 0 }, abi.ENOEXEC, "no program headers"},
		{"129 phdrs", func(f *elfFile) { f.phnum = 129 }, abi.ENOEXEC, "more program headers than the 128"},
		{"65535 phdrs", func(f *elfFile) { f.phnum = 65535 }, abi.ENOEXEC, "more program headers than the 128"},
		{"32769 shdrs", func(f *elfFile) { f.shnum = 32769 }, abi.ENOEXEC, "more section headers than the 32768"},
		{"phdrs beyond end", func(f *elfFile) { f.phoff = 1 << 20 }, abi.ENOEXEC, "program headers lie beyond the end of the file (offset 0x100000, 4 of 56 bytes"},
		{"phdrs partly beyond end", func(f *elfFile) { f.phoff = uint64(f.size) - 100 }, abi.ENOEXEC, "beyond the end"},
		{"phoff wraps", func(f *elfFile) { f.phoff = 1<<63 - 8 }, abi.ENOEXEC, "beyond the end"},
		{"phoff negative", func(f *elfFile) { f.phoff = 1<<64 - 8 }, abi.EINVAL, "beyond the end"},
		{"no note", func(f *elfFile) { f.ph = f.ph[:3] }, abi.ENOEXEC, "without a NetBSD note"},
		{"note beyond end", func(f *elfFile) { f.ph[3].Offset = 1 << 30 }, abi.ENOEXEC, "without a NetBSD note"},
		{"note too large", func(f *elfFile) { f.ph[3].Filesz = elfMaxNote + 1 }, abi.ENOEXEC, "without a NetBSD note"},
		{"note of another", func(f *elfFile) { f.chunks[0x800] = f.note("GNU\x00", 1, make([]byte, 16), 0); f.ph[3].Filesz = 32 }, abi.ENOEXEC, "made for Linux, not NetBSD"},
		{"note of FreeBSD", func(f *elfFile) { f.chunks[0x800] = f.note("FreeBSD\x00", 1, make([]byte, 4), 0) }, abi.ENOEXEC, "made for FreeBSD"},
		{"osabi", func(f *elfFile) { f.ph = f.ph[:3]; f.osabi = osabiFreeBSD }, abi.ENOEXEC, "made for FreeBSD"},
		{"only bits of notes", func(f *elfFile) { f.ph[3].Filesz = 11 }, abi.ENOEXEC, "without a NetBSD note"},
		{"interp empty", func(f *elfFile) { f.setInterp("") }, abi.ENOEXEC, "name of the interpreter is damaged"},
		{"interp too long", func(f *elfFile) { f.setInterp("/x"); f.ph[4].Filesz = abi.PATH_MAX + 1 }, abi.ENOEXEC, "damaged"},
		{"interp not terminated", func(f *elfFile) { f.setInterp("/x"); f.ph[4].Filesz = 2 }, abi.ENOEXEC, "damaged"},
		{"interp ends early", func(f *elfFile) { f.setInterp("/x\x00y") }, abi.ENOEXEC, "damaged"},
		{"interp beyond end", func(f *elfFile) { f.setInterp("/x"); f.ph[4].Offset = 1 << 40 }, abi.ENOEXEC, "damaged"},
		{"interp missing", func(f *elfFile) { f.setInterp("/libexec/ld.elf_so") }, abi.ENOENT, "needs interpreter /libexec/ld.elf_so, which does not exist; give a NetBSD root with -L (nbemu root create makes one)"},
		{"interp is a program", func(f *elfFile) { f.setInterp("/bin/static") }, abi.ENOEXEC, "interpreter /bin/static is not a shared object"},
		{"interp is no ELF", func(f *elfFile) { f.setInterp("/etc/text") }, abi.ENOEXEC, "interpreter cannot be used: /etc/text: a text file"},
		{"interp of another machine", func(f *elfFile) { f.setInterp("/lib/ld.sparc") }, abi.ENOEXEC, "but its interpreter is of another machine: /lib/ld.sparc: a 32-bit big-endian ELF shared object for SPARC;"},
		{"interp not executable", func(f *elfFile) { f.setInterp("/lib/noexec") }, abi.EACCES, "interpreter /lib/noexec is not executable"},
		{"interp directory", func(f *elfFile) { f.setInterp("/lib") }, abi.EACCES, "is not a regular file"},
		{"interp noexec mount", func(f *elfFile) { f.setInterp("/mnt/ld") }, abi.EACCES, "mounted noexec"},
		{"no segments", func(f *elfFile) { f.ph = f.ph[3:] }, abi.ENOEXEC, "no segment to load"},
		{"empty segments", func(f *elfFile) {
			for i := range f.ph {
				f.ph[i].Filesz, f.ph[i].Memsz = 0, 0
			}
			f.ph[3].Filesz = 24
		}, abi.ENOEXEC, "no segment to load"},
		{"no text", func(f *elfFile) { f.ph[1].Flags = PfR }, abi.ENOMEM, "no executable segment"},
		{"text too large", func(f *elfFile) { f.ph[1].Filesz = 16 << 30; f.ph[1].Memsz = 16 << 30 }, abi.ENOMEM, "text of 0x400000000 bytes, more than the limit"},
		{"data too large", func(f *elfFile) { f.ph[2].Memsz = 1 << 40 }, abi.ENOMEM, "data of 0x10000000000 bytes, more than the limit"},
		{"huge memsz", func(f *elfFile) { f.ph[2].Memsz = 1<<64 - 1 }, abi.ENOMEM, "data of"},
		{"entry too high", func(f *elfFile) { f.entry = 1 << 62 }, abi.ENOEXEC, "entry point 0x4000000000000000 is no address"},
		{"entry in page 0", func(f *elfFile) { f.entry = 8 }, abi.ENOEXEC, "entry point 0x8 is no address"},
		{"PIE with odd alignment", func(f *elfFile) { f.typ = ElfTypeDyn; f.ph[0].Align = 12345 }, abi.EINVAL, "not a power of two"},
	}
	static := prog(testAMD64).bytes()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := prog(testAMD64)
			tt.change(f)
			noexec := newMemFile("/lib/noexec", interp(testAMD64).bytes())
			noexec.attr.Mode = abi.S_IFREG | 0o644
			dir := newMemFile("/lib", nil)
			dir.attr.Mode = abi.S_IFDIR | 0o755
			mnt := newMemFile("/mnt/ld", interp(testAMD64).bytes())
			mnt.mnt = abi.MNT_NOEXEC
			env := newTestEnv(newMemFile("/x", f.bytes()), newMemFile("/bin/static", static), newMemFile("/etc/text", []byte("hello\n")),
				newMemFile("/lib/ld.sparc", interp(testSparc).bytes()), noexec, dir, mnt)
			x, err := load(env, newTestSwitch(false), "/x", HostStrings{"x"}, nil)
			if err != tt.errno {
				t.Errorf("got %s, want %s", err.Name(), tt.errno.Name())
			}
			if err == abi.OK {
				x.free()
				return
			}
			if msg := x.err("/x", nil, err).Text; !strings.Contains(msg, tt.words) || !strings.HasPrefix(msg, "/x: ") {
				t.Errorf("explanation %q does not have %q", msg, tt.words)
			}
			if n := env.refs(); n != 0 {
				t.Errorf("%d references left", n)
			}
		})
	}
}

// What looks odd but runs in NetBSD.
func TestElfAccepted(t *testing.T) {
	tests := []struct {
		name   string
		change func(f *elfFile)
		check  func(t *testing.T, x *execData)
	}{
		{"as it is", func(f *elfFile) {}, func(t *testing.T, x *execData) {
			if x.pack.OSVersion != 1000000000 || x.pack.Entry != 0x401010 || x.pack.Taddr != 0x401000 || x.pack.Tsize != 0x1000 ||
				x.pack.Daddr != 0x402000 || x.pack.Dsize != 0x3000 {
				t.Errorf("%+v", x.pack)
			}
		}},
		{"phentsize is not looked at", func(f *elfFile) { f.phentsize = 7 }, func(t *testing.T, x *execData) {
			if x.pack.EmulArg.Phentsize != 7 {
				t.Error(x.pack.EmulArg)
			}
		}},
		{"128 phdrs", func(f *elfFile) {
			f.chunks[0x800+0x1800] = f.chunks[0x800]
			f.ph[3].Offset += 0x1800
			for len(f.ph) < 128 {
				f.ph = append(f.ph, ElfPhdr{Type: PtNull})
			}
		}, nil},
		{"several notes", func(f *elfFile) {
			n := append(f.note("GNU\x00", 3, make([]byte, 20), 0), f.note("NetBSD\x00", noteMarch, []byte("x86_64\x00"), 0)...)
			n = append(n, f.note("PaX\x00", notePax, make([]byte, 4), 0x20)...)
			n = append(n, f.note("NetBSD\x00", noteNetBSD, make([]byte, 4), 599000000)...)
			f.chunks[0x800] = n
			f.ph[3].Filesz = uint64(len(n))
		}, func(t *testing.T, x *execData) {
			if x.pack.OSVersion != 599000000 || x.pack.MachineArch != "x86_64" {
				t.Error(x.pack.OSVersion, x.pack.MachineArch)
			}
		}},
		{"truncated data", func(f *elfFile) { f.size = 0x2800 }, func(t *testing.T, x *execData) {
			if !strings.Contains(x.pack.Record.Truncated, "program header 2 lies beyond the end of the file (offset 0x2000, size 0x1064; the file has 0x2800)") {
				t.Error(x.pack.Record.Truncated)
			}
		}},
		{"filesz larger than memsz", func(f *elfFile) { f.ph[2].Memsz = 10 }, func(t *testing.T, x *execData) {
			if len(x.pack.Record.Notes) != 1 {
				t.Error(x.pack.Record.Notes)
			}
		}},
		{"PIE", func(f *elfFile) {
			f.typ = ElfTypeDyn
			for i := range f.ph {
				f.ph[i].Vaddr -= 0x400000
				f.ph[i].Align = 0x200000
			}
			f.ph[1].Vaddr, f.ph[2].Vaddr = 0x201000, 0x402000
			f.entry = 0x201010
		}, func(t *testing.T, x *execData) {
			if x.pack.Entry != 0x401010 || x.pack.VMCmds.Cmds[0].Addr != 0x200000 || x.pack.EmulArg.Phaddr != 0x200040 {
				t.Errorf("%#x %v %#x", x.pack.Entry, x.pack.VMCmds.Cmds, x.pack.EmulArg.Phaddr)
			}
		}},
		{"PT_PHDR", func(f *elfFile) { f.ph = append(f.ph, ElfPhdr{Type: PtPhdr, Vaddr: 0x400123}) }, func(t *testing.T, x *execData) {
			if x.pack.EmulArg.Phaddr != 0x400123 {
				t.Errorf("%#x", x.pack.EmulArg.Phaddr)
			}
		}},
		{"interpreter", func(f *elfFile) { f.setInterp("/libexec/ld.elf_so") }, func(t *testing.T, x *execData) {
			a := testAMD64.Arch
			base := (a.StackTop - a.MaxStack - 5*4096 - NetBSD10.Guard) &^ 4095
			if x.pack.EmulArg.Interp != base || x.pack.Entry != base+0x1040 || x.pack.EmulArg.Entry != 0x401010 {
				t.Errorf("base %#x, entry %#x", x.pack.EmulArg.Interp, x.pack.Entry)
			}
		}},
		{"small alignment is read", func(f *elfFile) {
			f.ph[1].Align = 16
			f.ph[1].Vaddr = 0x401010
			f.ph[1].Filesz = 0x500
			f.ph[1].Memsz = 0x500
		}, func(t *testing.T, x *execData) {
			if c := x.pack.VMCmds.Cmds[1]; c.Proc != MapReadVn || c.Addr != 0x401010 || c.Len != 0x500 || c.Offset != 0x1000 {
				t.Error(c)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := prog(testAMD64)
			tt.change(f)
			env := newTestEnv(newMemFile("/x", f.bytes()), newMemFile("/libexec/ld.elf_so", interp(testAMD64).bytes()))
			x, err := load(env, newTestSwitch(false), "/x", HostStrings{"x"}, nil)
			if err != abi.OK {
				t.Fatal(x.err("/x", nil, err))
			}
			if tt.check != nil {
				tt.check(t, x)
			}
			x.free()
			if n := env.refs(); n != 0 {
				t.Errorf("%d references left", n)
			}
		})
	}
}

// The commands of an ordinary program on every machine.
func TestElfVMCmds(t *testing.T) {
	for _, e := range testEmuls {
		t.Run(e.Arch.Name, func(t *testing.T) {
			env := newTestEnv(newMemFile("/x", prog(e).bytes()))
			x, err := load(env, newTestSwitch(false), "/x", HostStrings{"x"}, nil)
			if err != abi.OK {
				t.Fatal(x.err("/x", nil, err))
			}
			defer x.free()
			if x.pack.Emul() != e {
				t.Fatalf("taken for %s", x.pack.Esch.Name)
			}
			page := e.Arch.PageSize
			const base, rw = 0x400000, mem.ProtRead | mem.ProtWrite
			top, limit := e.Arch.StackTop, uint64(4<<20)
			maxs := top - e.Arch.MaxStack
			want := []VMCmd{
				{Proc: MapPagedVn, Len: page, Addr: base, Prot: mem.ProtRead, Flags: VMFixed},
				{Proc: MapPagedVn, Len: page, Addr: base + page, Offset: page, Prot: mem.ProtRead | mem.ProtExec, Flags: VMFixed},
				{Proc: MapPagedVn, Len: page, Addr: base + 2*page, Offset: 2 * page, Prot: rw, Flags: VMFixed},
				{Proc: MapReadVn, Len: 100, Addr: base + 3*page, Offset: 3 * page, Prot: rw},
				{Proc: MapZero, Len: page, Addr: base + 4*page, Prot: rw},
				{Proc: MapZero, Len: 1 << 20, Addr: maxs - 1<<20, Flags: VMStack},
				{Proc: MapZero, Len: e.Arch.MaxStack - limit, Addr: maxs, Flags: VMStack},
				{Proc: MapZero, Len: limit, Addr: top - limit, Prot: rw, Flags: VMStack},
			}
			if len(x.pack.VMCmds.Cmds) != len(want) {
				t.Fatalf("%v", x.pack.VMCmds.Cmds)
			}
			for i, c := range x.pack.VMCmds.Cmds {
				c.Vp = nil
				if c != want[i] {
					t.Errorf("%d: %v, want %v", i, c, want[i])
				}
			}
		})
	}
}

// Running the commands, with what only shows then.
func TestDoVMCmds(t *testing.T) {
	const page = 4096
	f := prog(testAMD64)
	f.chunks[page] = []byte("text")
	f.chunks[3*page] = []byte(strings.Repeat("d", 100))
	run := func(change func(f *elfFile)) (*mem.Space, abi.Errno, *vmFailure) {
		g := *f
		g.ph = append([]ElfPhdr(nil), f.ph...)
		change(&g)
		env := newTestEnv(newMemFile("/x", g.bytes()), newMemFile("/ld", interp(testAMD64).bytes()))
		x, err := load(env, newTestSwitch(false), "/x", HostStrings{"x"}, nil)
		if err != abi.OK {
			t.Fatal(x.err("/x", nil, err))
		}
		defer x.free()
		vm := mem.NewSpace(x.pack.VMMin, x.pack.VMMax)
		err, fail := x.pack.VMCmds.doVMCmds(vm, page, x.pack.VMMin, x.pack.VMMax, 0)
		return vm, err, fail
	}
	vm, err, fail := run(func(f *elfFile) { f.chunks[0xa00] = []byte("/ld\x00"); f.setInterp("/ld") })
	if err != abi.OK {
		t.Fatal(err, fail)
	}
	var b [200]byte
	if vm.Copyin(b[:4], 0x401000) != abi.OK || string(b[:4]) != "text" {
		t.Errorf("text is %q", b[:4])
	}
	if vm.Copyin(b[:], 0x403000) != abi.OK || string(b[:100]) != strings.Repeat("d", 100) || !allZero(b[100:]) {
		t.Errorf("data is %q", b[:])
	}
	if vm.Copyin(b[:], 0x404f00) != abi.OK || !allZero(b[:]) {
		t.Error("bss")
	}
	if vm.Copyout(b[:1], 0x401000) != abi.EFAULT || vm.Copyout(b[:1], 0x403000) != abi.OK {
		t.Error("protection")
	}
	vm.Unref()

	for _, tt := range []struct {
		name   string
		change func(f *elfFile)
		errno  abi.Errno
		words  string
	}{
		{"overlap", func(f *elfFile) { f.ph[2].Vaddr = 0x401000 }, abi.ENOMEM, "overlaps"},
		{"page 0", func(f *elfFile) { f.ph[0].Vaddr = 0 }, abi.ENOMEM, "does not lie within"},
		{"above the top", func(f *elfFile) { f.ph[0].Vaddr = 1 << 50 }, abi.ENOMEM, "does not lie within"},
		{"wraps", func(f *elfFile) { f.ph[0].Vaddr = 1<<64 - 4096; f.ph[0].Memsz = 1 << 20 }, abi.ENOMEM, "does not lie within"},
		{"offset not congruent", func(f *elfFile) { f.ph[1].Offset = 0x1008 }, abi.EINVAL, "not aligned"},
		{"data beyond the end", func(f *elfFile) { f.size = 3*page + 50 }, abi.EIO, "beyond the end"},
		{"negative length", func(f *elfFile) { f.ph[2].Memsz = 1 }, abi.ENOMEM, "does not lie within"},
		{"offset negative", func(f *elfFile) { f.ph[2].Offset = 1<<63 - 4096 }, abi.EINVAL, "beyond the end"},
	} {
		vm, err, fail := run(tt.change)
		if err != tt.errno || fail == nil || !strings.Contains(fail.why, tt.words) {
			t.Errorf("%s: %s %+v", tt.name, err.Name(), fail)
		}
		vm.Unref()
	}
}

// A program whose note says another release gets what that release would do.
func TestProfiles(t *testing.T) {
	f := prog(testAMD64)
	f.ph = f.ph[:3]
	f.sh = []ElfShdr{{}, {Type: shtNote, Offset: 0x800, Size: 24}}
	env := newTestEnv(newMemFile("/x", f.bytes()))
	sw := newTestSwitch(false)
	if _, err := load(env, sw, "/x", HostStrings{"x"}, nil); err != abi.ENOEXEC {
		t.Error("10 took a note in a section:", err)
	}
	sw.Profile = NetBSD599
	x, err := load(env, sw, "/x", HostStrings{"x"}, nil)
	if err != abi.OK {
		t.Fatal("5.99:", err)
	}
	x.free()
	if FindProfile("5.99") != NetBSD599 || FindProfile("6.0").Name != "6" || FindProfile("3.5") != nil {
		t.Error("FindProfile")
	}
}

func TestNoteless(t *testing.T) {
	f := prog(testAMD64)
	f.ph = f.ph[:3]
	env := newTestEnv(newMemFile("/x", f.bytes()))
	x, err := load(env, newTestSwitch(true), "/x", HostStrings{"x"}, nil)
	if err != abi.OK {
		t.Fatal(err)
	}
	if x.pack.EmulArg != nil || !strings.HasSuffix(x.pack.Esch.Name, "without note") {
		t.Error(x.pack.Esch.Name, x.pack.EmulArg)
	}
	x.free()
	f.setInterp("/lib64/ld-linux-x86-64.so.2")
	env = newTestEnv(newMemFile("/x", f.bytes()))
	if x, err := load(env, newTestSwitch(true), "/x", HostStrings{"x"}, nil); err != abi.ENOEXEC ||
		!strings.Contains(x.err("/x", nil, err).Text, "made for another system (interpreter /lib64/ld-linux-x86-64.so.2)") {
		t.Error(x.err("/x", nil, err))
	}
}

func TestDescribe(t *testing.T) {
	be := func(b ...byte) []byte { return append(b, make([]byte, 32)...) }
	for _, tt := range []struct{ file, want string }{
		{"", "x: empty file"},
		{string(be(0, 0x87, 1, 8)), "x: an a.out (NMAGIC, m68k) executable of NetBSD, which this machine cannot run"},
		{string(be(0x80, 0x86, 1, 0x0b)), "a.out (ZMAGIC, i386) dynamically linked"},
		{string(be(0x0b, 1, 0x64, 0)), "a.out (ZMAGIC, i386) executable of Linux"},
		{string(be(0, 2, 1, 0x0b)), "(ZMAGIC, sun3) executable of SunOS"},
		{string(be(0x07, 1, 0, 0)), "OMAGIC) executable of 386BSD"},
		{string(be(0x4c, 1, 3, 0)), "COFF executable for i386"},
		{string(be(0x62, 1, 3, 0)), "ECOFF executable for little-endian MIPS"},
		{"MZ\x90", "a program for Windows or DOS"},
		{"hello world\n", "text file without a \"#!\" line"},
		{string(be(0, 0, 0, 0)), "x: not an ELF file or script (first bytes 00 00 00 00 00 00 00 00)"},
		{"#!/bin/sh", "does not end in a newline"},
		{"#!" + strings.Repeat("a", 2000) + "\n", "longer than 1027 bytes"},
		{"#! \n", "names no interpreter"},
	} {
		if got := describe("x", []byte(tt.file)); !strings.Contains(got, tt.want) {
			t.Errorf("%q: %q does not have %q", tt.file, got, tt.want)
		}
	}
	if got := quote("a\nb"); got != `"a\nb"` {
		t.Error(got)
	}
}

func TestSwitch(t *testing.T) {
	sw := &Switch{K: tsw.K}
	e := NetBSDElf(testAMD64, true)
	if err := sw.Add(ScriptEntry()); err != abi.OK {
		t.Fatal(err)
	}
	if err := sw.Add(e[1], e[0]); err != abi.OK {
		t.Fatal(err)
	}
	if err := sw.Add(NetBSDElf(testAMD64, false)...); err != abi.EEXIST {
		t.Error("duplicate:", err)
	}
	var names []string
	for _, x := range sw.Entries() {
		names = append(names, x.Name)
	}
	if got := strings.Join(names, "|"); got != "elf64 netbsd/amd64|script|elf64 netbsd/amd64 without note" {
		t.Error(got)
	}
	if sw.maxHdrSize() != scriptHdrSize {
		t.Error(sw.maxHdrSize())
	}
	busy := e[0]
	sw.InUse = func(x *ExecSwitch) bool { return x == busy }
	if err := sw.Remove(e...); err != abi.EBUSY || len(sw.Entries()) != 3 {
		t.Error("busy:", err)
	}
	busy = nil
	if err := sw.Remove(e...); err != abi.OK || len(sw.Entries()) != 1 {
		t.Error(err)
	}
	linux := &kern.Emul{Name: "linux", Arch: testAMD64.Arch}
	if sw.EmulRegister(testAMD64, true) != abi.OK || sw.EmulRegister(linux, false) != abi.OK || sw.EmulRegister(linux, false) != abi.EEXIST {
		t.Error("register")
	}
	if sw.EmulSearch("linux", "amd64") != linux || sw.EmulSearch("linux", "i386") != nil {
		t.Error("search")
	}
	sw.EmulInUse = func(x *kern.Emul) bool { return x == linux }
	if sw.EmulUnregister("netbsd", "amd64") != abi.EBUSY || sw.EmulUnregister("linux", "amd64") != abi.EBUSY || sw.EmulUnregister("x", "y") != abi.ENOENT {
		t.Error("unregister")
	}
	sw.EmulInUse = nil
	if sw.EmulUnregister("linux", "amd64") != abi.OK {
		t.Error("unregister free")
	}
}

// Modules are asked for once per generation, and the exec tried again.
func TestAutoload(t *testing.T) {
	sw := &Switch{K: tsw.K}
	asked := 0
	sw.Autoload = func(names []string) {
		asked++
		if names[0] != "exec_elf32" || len(names) != 3 {
			t.Error(names)
		}
		sw.Add(NetBSDElf(testAMD64, false)...)
	}
	env := newTestEnv(newMemFile("/x", prog(testAMD64).bytes()))
	x, err := load(env, sw, "/x", HostStrings{"x"}, nil)
	if err != abi.OK || asked != 1 {
		t.Fatal(err, asked)
	}
	x.free()
	sw.Autoload = func(names []string) { asked++ }
	env.files["/x"].data[0] = 0
	if _, err := load(env, sw, "/x", HostStrings{"x"}, nil); err != abi.ENOEXEC || asked != 2 {
		t.Error(err, asked)
	}
}
