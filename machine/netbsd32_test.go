package machine

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/execve"
	"nbemu/kern"
	"nbemu/sysctl"
)

// start32 makes a process of a 32-bit program on a kernel of 64 bits, which does not run. The kernel lock is held.
func start32(t *testing.T, m *Machine, path string) *kern.Proc {
	t.Helper()
	p, err := m.prepare(&Command{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	m.k.Lock()
	t.Cleanup(func() {
		p.discard()
		m.k.Unlock()
	})
	if err := execve.ExecFirst(p.first, path, []string{"prog"}, nil); err != nil {
		t.Fatal(err)
	}
	return p.p
}

// A 32-bit program has its stack and ps_strings at the end of its own address space, the kernel's pages, and no more data
// and stack than fit.
func TestNetBSD32Process(t *testing.T) {
	const mb = 1 << 20
	for _, c := range []struct {
		machine, folder, emul, arch, march string
		top, page                          uint64
		data, stack                        abi.Rlimit
	}{
		{"amd64", "i386", "i386", "i386", "i386", 0xfffff000, 4096, abi.Rlimit{Cur: 256 * mb, Max: 3072 * mb}, abi.Rlimit{Cur: 4 * mb, Max: 64 * mb}},
		{"evbarm-aarch64", "arm", "arm", "evbarm", "earmv7hf", 0xfffff000, 4096, abi.Rlimit{Cur: 3072 * mb, Max: 3072 * mb}, abi.Rlimit{Cur: 8 * mb, Max: 64 * mb}},
		{"sparc64", "sparc", "sparc", "sparc", "sparc", 0xffffe000, 8192, abi.Rlimit{Cur: 128 * mb, Max: 512 * mb}, abi.Rlimit{Cur: 2 * mb, Max: 32 * mb}},
		{"evbmips-mips64eb", "mips", "mips", "evbmips", "mipseb", 0x7fff8000, 4096, abi.Rlimit{Cur: 256 * mb, Max: 1536 * mb}, abi.Rlimit{Cur: 16 * mb, Max: 120 * mb}},
		{"evbmips-mips64el", "mipsn32el", "mipsn32el", "evbmips", "mips64el", 0x7fff8000, 4096, abi.Rlimit{Cur: 256 * mb, Max: 1536 * mb}, abi.Rlimit{Cur: 16 * mb, Max: 120 * mb}},
	} {
		t.Run(c.machine+"/"+c.folder, func(t *testing.T) {
			p := start32(t, newKernel(t, Config{Machine: c.machine}), prebuilt(c.folder, "arith"))
			if p.Emul.Name != "netbsd32" || p.Emul.Path != "/emul/netbsd32" || p.Arch.Name != c.emul {
				t.Errorf("emulation %s of %s at %s", p.Emul.Name, p.Arch.Name, p.Emul.Path)
			}
			if p.Arch.Machine != c.arch || p.Arch.MachineArch != c.march {
				t.Errorf("hw.machine %s, hw.machine_arch %s", p.Arch.Machine, p.Arch.MachineArch)
			}
			if got, want := p.PsStrings, c.top-16; got != want {
				t.Errorf("ps_strings at %#x, want %#x", got, want)
			}
			if p.VM.Page != c.page {
				t.Errorf("pages of %d bytes, want %d", p.VM.Page, c.page)
			}
			if got := p.Limits[abi.RLIMIT_DATA]; got != c.data {
				t.Errorf("data %v, want %v", got, c.data)
			}
			if got := p.Limits[abi.RLIMIT_STACK]; got != c.stack {
				t.Errorf("stack %v, want %v", got, c.stack)
			}
		})
	}
}

// dynamicFile is an i386 program with a NetBSD note that asks for an interpreter or, without one, is a shared object.
func dynamicFile(interp string) []byte {
	if interp == "" {
		return noteFile(elf.ET_DYN, 0, "", "\xf4")
	}
	return noteFile(elf.ET_EXEC, 0x8048000, interp+"\x00", "\xf4")
}

// noteFile is an i386 program with a NetBSD note, of instructions that are linked to an address.
func noteFile(typ elf.Type, base uint32, interp, text string) []byte {
	const at = 52 + 3*32
	note := "\x07\x00\x00\x00\x04\x00\x00\x00\x01\x00\x00\x00NetBSD\x00\x00\x00\xca\x9a\x3b"
	size := uint32(at + len(note) + len(interp) + len(text))
	ident := [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS32), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)}
	var b bytes.Buffer
	put := func(h any) { binary.Write(&b, binary.LittleEndian, h) }
	put(elf.Header32{Ident: ident, Type: uint16(typ), Machine: uint16(elf.EM_386), Version: 1, Entry: base + size - uint32(len(text)), Phoff: 52, Ehsize: 52, Phentsize: 32, Phnum: 3})
	put(elf.Prog32{Type: uint32(elf.PT_LOAD), Vaddr: base, Filesz: size, Memsz: size, Flags: uint32(elf.PF_R | elf.PF_X), Align: 4096})
	put(elf.Prog32{Type: uint32(elf.PT_NOTE), Off: at, Vaddr: base + at, Filesz: uint32(len(note)), Memsz: uint32(len(note)), Flags: uint32(elf.PF_R), Align: 4})
	last := elf.Prog32{Type: uint32(elf.PT_NULL)}
	if interp != "" {
		last = elf.Prog32{Type: uint32(elf.PT_INTERP), Off: at + uint32(len(note)), Filesz: uint32(len(interp)), Memsz: uint32(len(interp)), Flags: uint32(elf.PF_R), Align: 1}
	}
	put(last)
	b.WriteString(note + interp + text)
	return b.Bytes()
}

// The dynamic linker of a 32-bit program is the one with the machine's name, then what is below /emul/netbsd32, then the
// kernel's own, which is of another machine.
func TestNetBSD32Interp(t *testing.T) {
	root := t.TempDir()
	store := func(path string, b []byte) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	const linker = "/usr/libexec/ld.elf_so"
	store("/prog", dynamicFile(linker))
	try := func(want string) {
		t.Helper()
		r, err := newKernel(t, Config{Machine: "amd64", Chroot: root}).DryRun(Command{Path: "/prog"})
		text := ""
		if err != nil {
			text = err.Error()
		} else {
			for _, line := range r.Maps {
				text += line + "\n"
			}
		}
		if !strings.Contains(text, want) {
			t.Errorf("%s: not %s", text, want)
		}
	}
	try("needs interpreter " + linker)
	amd64, err := os.ReadFile(prebuilt("amd64", "arith"))
	if err != nil {
		t.Fatal(err)
	}
	store(linker, amd64)
	try("its interpreter is of another machine")
	store("/emul/netbsd32"+linker, dynamicFile(""))
	try("r-x/rwx " + linker + "\n") // as it is called there
	store(linker+"-i386", dynamicFile(""))
	try(linker + "-i386")
}

// amd64's kernel has fewer operations of sysarch(2) for programs of i386 than that machine's own.
func TestNetBSD32Sysarch(t *testing.T) {
	for _, c := range []struct {
		op          byte
		i386, amd64 abi.Errno
	}{
		{0, abi.EFAULT, abi.ENOSYS},  // I386_GET_LDT
		{1, abi.EFAULT, abi.ENOSYS},  // I386_SET_LDT
		{2, abi.EPERM, abi.EPERM},    // I386_IOPL
		{3, abi.EPERM, abi.EINVAL},   // I386_GET_IOPERM
		{11, abi.EPERM, abi.EPERM},   // X86_GET_MTRR
		{14, abi.EFAULT, abi.EINVAL}, // X86_GET_GSBASE
		{16, abi.EFAULT, abi.EINVAL}, // X86_SET_GSBASE
	} {
		// sysarch(op, NULL); exit(what that left in eax)
		text := "\x6a\x00\x6a" + string([]byte{c.op}) + "\x50\xb8\xa5\x00\x00\x00\xcd\x80\x50\x50\xb8\x01\x00\x00\x00\xcd\x80"
		path := filepath.Join(t.TempDir(), "prog")
		if herr := os.WriteFile(path, noteFile(elf.ET_EXEC, 0x8048000, "", text), 0o755); herr != nil {
			t.Fatal(herr)
		}
		for name, want := range map[string]abi.Errno{"i386": c.i386, "amd64": c.amd64} {
			p, herr := newKernel(t, Config{Machine: name}).Start(Command{Path: path})
			if herr != nil {
				t.Fatal(herr)
			}
			if s, herr := p.Wait(); herr != nil || s.Code() != int(want) {
				t.Errorf("%s: operation %d: %v, %v, want %d", name, c.op, s, herr, want)
			}
		}
	}
}

// TestNetBSD32Selectors: segment registers of a program of 32 bits when it begins, and in a thread with a pointer of
// its own, on i386 and on amd64's kernel (segments.h of both).
func TestNetBSD32Selectors(t *testing.T) {
	const exitAX = "\x50\x50\xb8\x01\x00\x00\x00\xcd\x80" // exit(eax)
	// _lwp_setprivate(0x8049000)
	const setprivate = "\x68\x00\x90\x04\x08\x50\xb8\x3d\x01\x00\x00\xcd\x80"
	for _, c := range []struct {
		what, text  string
		i386, amd64 int
	}{
		{"cs", "\x8c\xc8", 0x17, 0x37},
		{"ss", "\x8c\xd0", 0x1f, 0x4f},
		{"ds", "\x8c\xd8", 0x1f, 0x4f},
		{"es", "\x8c\xc0", 0x1f, 0x4f},
		{"fs", "\x8c\xe0", 0xab, 0x4f},
		{"gs", "\x8c\xe8", 0xb3, 0x4f},
		{"gs of a thread", setprivate + "\x8c\xe8", 0xb3, 0x8b},
	} {
		path := filepath.Join(t.TempDir(), "prog")
		if herr := os.WriteFile(path, noteFile(elf.ET_EXEC, 0x8048000, "", c.text+exitAX), 0o755); herr != nil {
			t.Fatal(herr)
		}
		for name, want := range map[string]int{"i386": c.i386, "amd64": c.amd64} {
			p, herr := newKernel(t, Config{Machine: name}).Start(Command{Path: path})
			if herr != nil {
				t.Fatal(herr)
			}
			if s, herr := p.Wait(); herr != nil || s.Code() != want {
				t.Errorf("%s: %s: %v, %v, want %#x", name, c.what, s, herr, want)
			}
		}
	}
}

// TestNetBSD32Sysctl: nodes that the emulation has not of its own are the kernel's, in its layout.
func TestNetBSD32Sysctl(t *testing.T) {
	p := start32(t, newKernel(t, Config{Machine: "amd64"}), prebuilt("i386", "arith"))
	l := p.LWPs[0]
	for _, c := range []struct {
		what string
		name []int32
		size uint64
	}{
		{"kern.oboottime", []int32{abi.CTL_KERN, abi.KERN_OBOOTTIME}, 16},
		{"kern.boottime", []int32{abi.CTL_KERN, abi.KERN_BOOTTIME}, 12},
		{"vm.loadavg", []int32{abi.CTL_VM, abi.VM_LOADAVG}, 16},
		{"vm.minaddress", []int32{abi.CTL_VM, abi.VM_MINADDRESS}, 8},
	} {
		if size, err := sysctl.Call(l, c.name, 0, 0, 0, 0); err != abi.OK || size != c.size {
			t.Errorf("%s: %d bytes, %v", c.what, size, err)
		}
	}
}
