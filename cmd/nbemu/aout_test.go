package main_test

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// Magic numbers of a.out.
const (
	omagic = 0o407
	nmagic = 0o410
	zmagic = 0o413
	qmagic = 0o314
)

// aoutProgram assembles testdata/guest/aout.S and makes an a.out file of it, as the linkers of the time did for pages
// of size ldpgsz: text begins on the first page, after the header in ZMAGIC, and data on the next. Without a machine id,
// mid 0, it begins at address 0, after a page of the file in ZMAGIC; QMAGIC is then what ZMAGIC is otherwise.
func aoutProgram(t *testing.T, arch testprog.Arch, o binary.AppendByteOrder, mid, magic uint32, ldpgsz uint64, flags ...string) string {
	t.Helper()
	base, off := ldpgsz, uint64(0)
	paged := magic == zmagic || magic == qmagic
	old := mid == 0 && magic != qmagic
	if old {
		base = 0
	} else if paged {
		off = 32
	}
	name := filepath.Join(t.TempDir(), "aout")
	flags = append(flags, fmt.Sprintf("-Wl,-Ttext=%#x", base+off), fmt.Sprintf("-Wl,-Tdata=%#x", base+ldpgsz))
	switch err := testprog.C(arch, testprog.NetBSD, name+".elf", filepath.Join(testprog.Root(), "testdata", "guest", "aout.S"), flags...); {
	case errors.Is(err, testprog.ErrNoCompiler):
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	f, err := elf.Open(name + ".elf")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	section := func(name string) (*elf.Section, []byte) {
		s := f.Section(name)
		if s == nil {
			t.Fatalf("no %s", name)
		}
		if s.Type == elf.SHT_NOBITS {
			return s, nil
		}
		b, err := s.Data()
		if err != nil {
			t.Fatal(err)
		}
		return s, b
	}
	_, code := section(".text")
	dataSection, data := section(".data")
	bss, _ := section(".bss")
	if dataSection.Addr != base+ldpgsz || uint64(len(code)) > ldpgsz-off {
		t.Fatalf("data at %#x, %d bytes of text", dataSection.Addr, len(code))
	}
	if paged {
		data = append(data, make([]byte, ldpgsz-uint64(len(data)))...) // paged
	} else {
		data = append(data, make([]byte, bss.Addr-dataSection.Addr-uint64(len(data)))...)
	}
	bssEnd := bss.Addr + bss.Size
	b := binary.BigEndian.AppendUint32(nil, mid<<16|magic)
	if mid == 0 {
		b = o.AppendUint32(nil, magic)
	}
	for _, v := range []uint64{ldpgsz, uint64(len(data)), bssEnd - dataSection.Addr - uint64(len(data)), 0, f.Entry, 0, 0} {
		b = o.AppendUint32(b, uint32(v))
	}
	text := make([]byte, ldpgsz)
	copy(text[off:], code)
	if old && paged {
		b = append(b, make([]byte, ldpgsz-32)...)
	}
	if off != 0 {
		copy(text, b)
		b = text
	} else {
		b = append(b, text...)
	}
	writeFile(t, name, append(b, data...), 0o755)
	return name
}

// TestAoutM68KNative: without compat_aoutm68k, a.out programs of m68k are native ones, whose struct stat is an ELF program's.
func TestAoutM68KNative(t *testing.T) {
	m68k, err := testprog.Find("m68k")
	if err != nil {
		t.Fatal(err)
	}
	prog := aoutProgram(t, m68k, binary.BigEndian, 135, zmagic, 8192)
	const otherStat = 8 // what the program ends with
	if e := runNbemu(t, "-machine", "hp300", "-modules", "none", prog, "an argument"); e.status != otherStat || e.stdout != "an argument" {
		t.Errorf("%+v", e)
	}
}

// Programs in NetBSD's first format run: on i386 by both ways into the kernel, on sparc and on m68k.
func TestAoutRuns(t *testing.T) {
	i386, err := testprog.Find("i386")
	if err != nil {
		t.Fatal(err)
	}
	sparc, err := testprog.Find("sparc")
	if err != nil {
		t.Fatal(err)
	}
	m68k, err := testprog.Find("m68k")
	if err != nil {
		t.Fatal(err)
	}
	for _, magic := range []uint32{omagic, nmagic, zmagic} {
		for call, flag := range map[string]string{"int": "", "lcall": "-DCALL=lcall $7,$0", "lcallBSDI": "-DCALL=lcall $0x87,$0"} {
			t.Run(fmt.Sprintf("i386/%o/%s", magic, call), func(t *testing.T) {
				var flags []string
				if flag != "" {
					flags = []string{flag}
				}
				prog := aoutProgram(t, i386, binary.LittleEndian, 134, magic, 4096, flags...)
				if e := runNbemu(t, prog, "an argument"); e.status != 42 || e.stdout != "an argument" {
					t.Errorf("%+v", e)
				}
			})
		}
		for _, machine := range []string{"any", "hp300"} {
			t.Run(fmt.Sprintf("m68k/%s/%o", machine, magic), func(t *testing.T) {
				prog := aoutProgram(t, m68k, binary.BigEndian, 135, magic, 8192)
				if e := runNbemu(t, "-machine", machine, prog, "an argument"); e.status != 42 || e.stdout != "an argument" {
					t.Errorf("%+v", e)
				}
			})
		}
		t.Run(fmt.Sprintf("sparc/%o", magic), func(t *testing.T) {
			prog := aoutProgram(t, sparc, binary.BigEndian, 138, magic, 8192)
			if e := runNbemu(t, prog, "an argument"); e.status != 42 || e.stdout != "an argument" {
				t.Errorf("%+v", e)
			}
		})
	}
	// QMAGIC with a machine id is for other systems' kernels.
	prog := aoutProgram(t, i386, binary.LittleEndian, 134, qmagic, 4096)
	if e := runNbemu(t, prog, "x"); e.status != 126 || !strings.Contains(e.stderr, "QMAGIC") {
		t.Errorf("%+v", e)
	}
}

// Programs without a machine id, of NetBSD 0.8 and 0.9, run where page 0 can be had: on the kernel for all machines, and on
// those of releases that have it. Others refuse those that begin there, and run QMAGIC.
func TestAoutNoMid(t *testing.T) {
	i386, err := testprog.Find("i386")
	if err != nil {
		t.Fatal(err)
	}
	for _, magic := range []uint32{omagic, nmagic, zmagic, qmagic} {
		prog := aoutProgram(t, i386, binary.LittleEndian, 0, magic, 4096, "-DCALL=lcall $7,$0")
		for _, flags := range []string{"-machine any", "-machine i386 -kernel 0.8", "-machine amd64 -kernel 0.9", "-machine i386", "-machine amd64"} {
			t.Run(fmt.Sprintf("%o/%s", magic, flags), func(t *testing.T) {
				e := runNbemu(t, append(strings.Fields(flags), prog, "an argument")...)
				runs := strings.Contains(flags, "any") || strings.Contains(flags, "-kernel") || magic == qmagic
				switch {
				case runs && strings.Contains(flags, "-kernel"):
					// Its wait4 is that of today's table, which these kernels do not have.
					if e.stdout != "an argument" || !strings.Contains(e.stderr, "SIGSYS") {
						t.Errorf("%+v", e)
					}
				case runs:
					if e.status != 42 || e.stdout != "an argument" {
						t.Errorf("%+v", e)
					}
				case e.status != 126 || !strings.Contains(e.stderr, "vm.user_va0_disable"):
					t.Errorf("%+v", e)
				}
			})
		}
	}
}
