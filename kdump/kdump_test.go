package kdump

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"nbemu/abi"
)

// file makes a file of one record in a layout.
func file(m *abi.Model, version, typ int, data []byte) []byte {
	h := abi.KtrHeader{Len: int32(len(data)), TypeVersion: int32(version<<16 | typ), Pid: 12}
	copy(h.Comm[:], "ls")
	b := m.Bytes(&h)
	size := m.Sizeof(abi.KtrHeader{}) + max(m.Sizeof(abi.KtrPart0{}), m.Sizeof(abi.KtrPart1{}))
	switch version {
	case 0:
		b = m.Append(b, &abi.KtrPart0{Sec: 1e9, Usec: 5})
	case 1:
		b = m.Append(b, &abi.KtrPart1{Sec: 1e9, Nsec: 5000, Lid: 3})
	default:
		b = m.Append(b, &abi.KtrPart2{Time: abi.Timespec{Sec: 1e9, Nsec: 5000}, Lid: 3})
		size = len(b)
	}
	b = append(b, make([]byte, size-len(b))...)
	return append(b, data...)
}

// The layout is found from the file, whatever machine and release it is of.
func TestLayouts(t *testing.T) {
	names := map[string][]string{"netbsd": {"syscall", "exit", "fork", "read", "write"}}
	for _, m := range []*abi.Model{abi.LP64LE, abi.LP64BE, abi.ILP32LE, abi.ILP32BE, abi.ILP32LEi386} {
		for version := range 3 {
			call := m.Bytes(&abi.KtrSyscall{Code: 4, Argsize: int32(3 * m.PtrSize)})
			for _, v := range []uint64{1, 0x1234, 5} {
				call = m.Append(call, abi.ULong(v))
			}
			ret := m.Bytes(&abi.KtrSysret{Code: 4, Retval: 5})
			b := append(file(m, version, abi.KTR_SYSCALL, call), file(m, version, abi.KTR_SYSRET, ret)...)
			f, err := Open(bytes.NewReader(b))
			if err != nil {
				t.Errorf("%s, version %d: %v", m.Name, version, err)
				continue
			}
			var out bytes.Buffer
			if err := Print(&out, f, Options{PID: -1, Points: All, Absolute: true}, names); err != nil {
				t.Errorf("%s, version %d: %v", m.Name, version, err)
			}
			want := map[int]string{
				0: "    12 ls       1000000000.000005 CALL  write(1,0x1234,5)\n    12 ls       1000000000.000005 RET   write 5\n",
				1: "    12      3 ls       1000000000.000005000 CALL  write(1,0x1234,5)\n    12      3 ls       1000000000.000005000 RET   write 5\n",
			}[min(version, 1)]
			if out.String() != want {
				t.Errorf("%s, version %d:\n%swant\n%s", m.Name, version, out.String(), want)
			}
		}
	}
	if _, err := Open(strings.NewReader("no such file, but long enough to be mistaken for one of ktrace's records")); !errors.Is(err, ErrFormat) {
		t.Error(err)
	}
}

// Text is folded and encoded as vis(3) does it; bytes stand in words of the machine's order.
func TestText(t *testing.T) {
	var out bytes.Buffer
	m := abi.LP64LE
	io := append(m.Bytes(&abi.KtrGenio{Fd: 1, Rw: 1}), "a\"\n\t\x00\x001\xe9\x1b\\ and so on until the end of the line, where it is folded"...)
	f, err := Open(bytes.NewReader(file(m, 2, abi.KTR_GENIO, io)))
	if err != nil {
		t.Fatal(err)
	}
	if err := Print(&out, f, Options{PID: -1, Points: All, MaxData: -1}, nil); err != nil {
		t.Fatal(err)
	}
	want := "    12      3 ls       GIO   fd 1 wrote 66 bytes\n       \"a\\\"\\n\t\\0\\0001\\M-i\\^[\\\\ and so on until the end of the line, where it\\\n\t is folded\"\n"
	if out.String() != want {
		t.Errorf("%q\nwant\n%q", out.String(), want)
	}
}

// FuzzPrint: files come from anywhere.
func FuzzPrint(f *testing.F) {
	f.Add(file(abi.LP64LE, 2, abi.KTR_PSIG, make([]byte, 32)))
	f.Add(file(abi.ILP32BE, 0, abi.KTR_USER, []byte("x")))
	f.Add(file(abi.ILP32LE, 1, abi.KTR_SYSRET, make([]byte, 24)))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Open(bytes.NewReader(b))
		if err != nil {
			return
		}
		_ = Print(&bytes.Buffer{}, file, Options{PID: -1, Points: All, MaxData: -1, Word: len(b) & 4}, nil)
	})
}
