package execve

import (
	"encoding/binary"
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/mem"
)

// aoutFile builds an a.out program.
func aoutFile(o binary.AppendByteOrder, mid, magic uint32, text, data, bss, entry uint32) []byte {
	b := binary.BigEndian.AppendUint32(nil, mid<<16|magic)
	for _, v := range []uint32{text, data, bss, 0, entry, 0, 0} {
		b = o.AppendUint32(b, v)
	}
	return append(b, make([]byte, text+data)...)
}

func TestAout(t *testing.T) {
	const rx, rwx = mem.ProtRead | mem.ProtExec, mem.ProtAll
	const text, data, bss = 0x1800, 0x900, 0x3000
	le := binary.LittleEndian
	for _, tt := range []struct {
		name  string
		magic uint32
		want  []VMCmd
		daddr uint64
		dsize uint64
	}{
		{"ZMAGIC", zmagic, []VMCmd{
			{Proc: MapPagedVn, Len: 0x2000, Addr: 0x1000, Prot: rx},
			{Proc: MapPagedVn, Len: 0x1000, Addr: 0x3000, Offset: 0x1800, Prot: rwx},
			{Proc: MapZero, Len: 0x3000, Addr: 0x4000, Prot: rwx},
		}, 0x3000, data + bss},
		{"NMAGIC", nmagic, []VMCmd{
			{Proc: MapReadVn, Len: text, Addr: 0x1000, Offset: 32, Prot: rx},
			{Proc: MapReadVn, Len: data, Addr: 0x3000, Offset: 0x1820, Prot: rwx},
			{Proc: MapZero, Len: 0x3000, Addr: 0x4000, Prot: rwx},
		}, 0x3000, data + bss},
		{"OMAGIC", omagic, []VMCmd{
			{Proc: MapReadVn, Len: text + data, Addr: 0x1000, Offset: 32, Prot: rwx},
			{Proc: MapZero, Len: 0x3000, Addr: 0x4000, Prot: rwx},
		}, 0x2800, text + data + bss - 0x2000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sw := &Switch{K: tsw.K}
			sw.Add(AoutEntry(testI386), ScriptEntry())
			env := newTestEnv(newMemFile("/x", aoutFile(le, 134, tt.magic, text, data, bss, 0x1020)))
			x, err := load(env, sw, "/x", HostStrings{"x"}, HostStrings{"A=b"})
			if err != abi.OK {
				t.Fatal(x.err("/x", nil, err))
			}
			epp := &x.pack
			if epp.Entry != 0x1020 || epp.Taddr != 0x1000 || epp.Tsize != text || epp.Daddr != tt.daddr || epp.Dsize != tt.dsize {
				t.Errorf("%#x %#x %#x %#x %#x", epp.Entry, epp.Taddr, epp.Tsize, epp.Daddr, epp.Dsize)
			}
			for i, want := range tt.want {
				c := epp.VMCmds.Cmds[i]
				c.Vp = nil
				if c != want {
					t.Errorf("%d: %v, want %v", i, c, want)
				}
			}
			vm := mem.NewSpace(epp.VMMin, epp.VMMax)
			// ZMAGIC data need not begin on a page of the file: then NetBSD cannot map it.
			if err, f := epp.VMCmds.doVMCmds(vm, 4096, epp.VMMin, epp.VMMax, 0); (err == abi.OK) != (tt.magic != zmagic) {
				t.Error(err, f)
			}
			vm.Unref()
			// No auxiliary vector: the strings follow the pointers.
			if x.stack.Strings != x.stack.Extra {
				t.Error("room for a vector")
			}
			x.free()
			if n := env.files["/x"].refs; n > 1 {
				t.Errorf("%d references left", n)
			}
		})
	}
	testAoutNoMid(t)
	sw := newTestSwitch(false)
	sw.Add(AoutEntry(testI386))
	for words, b := range map[string][]byte{
		"an a.out (ZMAGIC, m68k) executable":                  aoutFile(binary.BigEndian, 135, zmagic, 64, 0, 0, 0x2000),
		"an a.out (NMAGIC, sparc) executable":                 aoutFile(binary.BigEndian, 138, nmagic, 64, 0, 0, 0x2000),
		"an a.out (OMAGIC, vax) executable":                   aoutFile(le, 150, omagic, 64, 0, 0, 0x2000),
		"an a.out file without text and data":                 aoutFile(le, 134, zmagic, 0, 0, 0, 0x1000),
		"a COFF executable for i386, which this machine":      append([]byte{0x4c, 1}, make([]byte, 40)...),
		"an ECOFF executable for big-endian MIPS, which":      append([]byte{1, 0x60}, make([]byte, 40)...),
		"an ECOFF executable for Alpha (Tru64), which this m": append([]byte{0x83, 1}, make([]byte, 40)...),
	} {
		env := newTestEnv(newMemFile("/x", b))
		x, err := load(env, sw, "/x", HostStrings{"x"}, nil)
		if msg := x.err("/x", nil, err).Text; err != abi.ENOEXEC || !strings.Contains(msg, words) || env.refs() != 0 {
			t.Errorf("%s: %v, %s; %d references", words, err, msg, env.refs())
		}
	}
}

// testAoutNoMid: programs without a machine id begin at address 0, but for QMAGIC; the first word is in the machine's order,
// or in network order.
func testAoutNoMid(t *testing.T) {
	const rx, rwx = mem.ProtRead | mem.ProtExec, mem.ProtAll
	const text, data, bss = 0x2000, 0x900, 0x3000
	for _, tt := range []struct {
		magic uint32
		want  []VMCmd
	}{
		{zmagic, []VMCmd{
			{Proc: MapPagedVn, Len: 0x2000, Addr: 0, Offset: 0x1000, Prot: rx},
			{Proc: MapPagedVn, Len: 0x1000, Addr: 0x2000, Offset: 0x3000, Prot: rwx},
			{Proc: MapZero, Len: 0x3000, Addr: 0x3000, Prot: rwx},
		}},
		{qmagic, []VMCmd{
			{Proc: MapPagedVn, Len: 0x2000, Addr: 0x1000, Prot: rx},
			{Proc: MapPagedVn, Len: 0x1000, Addr: 0x3000, Offset: 0x2000, Prot: rwx},
			{Proc: MapZero, Len: 0x3000, Addr: 0x4000, Prot: rwx},
		}},
		{nmagic, []VMCmd{
			{Proc: MapReadVn, Len: text, Addr: 0, Offset: 32, Prot: rx},
			{Proc: MapReadVn, Len: data, Addr: 0x2000, Offset: 0x2020, Prot: rwx},
			{Proc: MapZero, Len: 0x3000, Addr: 0x3000, Prot: rwx},
		}},
		{omagic, []VMCmd{
			{Proc: MapReadVn, Len: text + data, Addr: 0, Offset: 32, Prot: rwx},
			{Proc: MapZero, Len: 0x3000, Addr: 0x3000, Prot: rwx},
		}},
	} {
		for _, network := range []bool{false, true} {
			b := aoutFile(binary.LittleEndian, 0, tt.magic, text, data, bss, 0x1020)
			if !network {
				binary.LittleEndian.PutUint32(b, tt.magic)
			}
			e := AoutEntry(testI386)
			e.Page0 = true
			sw := &Switch{K: tsw.K}
			sw.Add(e)
			env := newTestEnv(newMemFile("/x", b))
			x, err := load(env, sw, "/x", HostStrings{"x"}, HostStrings{"A=b"})
			if err != abi.OK {
				t.Fatal(x.err("/x", nil, err))
			}
			if x.pack.VMMin != 0 || x.pack.Flags&TopdownVM != 0 {
				t.Errorf("%o: addresses from %#x on, flags %#x", tt.magic, x.pack.VMMin, x.pack.Flags)
			}
			for i, want := range tt.want {
				c := x.pack.VMCmds.Cmds[i]
				c.Vp = nil
				if c != want {
					t.Errorf("%o, %d: %v, want %v", tt.magic, i, c, want)
				}
			}
			x.free()
		}
	}
	// sparc's kernels have no COMPAT_NOMID, and QMAGIC with a machine id is nobody's.
	b := aoutFile(binary.LittleEndian, 134, qmagic, 64, 0, 0, 0x1020)
	sw := &Switch{K: tsw.K}
	sw.Add(AoutEntry(testI386))
	if _, err := load(newTestEnv(newMemFile("/x", b)), sw, "/x", HostStrings{"x"}, nil); err != abi.ENOEXEC {
		t.Error(err)
	}
}

// Nothing takes a file: modules are asked for once per generation, the native ones while there is no format.
func TestAutoloadGenerations(t *testing.T) {
	env := newTestEnv(newMemFile("/x", aoutFile(binary.LittleEndian, 134, omagic, 64, 0, 0, 0x1020)))
	sw := &Switch{K: tsw.K}
	var asked [][]string
	sw.Autoload = func(names []string) {
		asked = append(asked, names)
		switch len(asked) {
		case 1:
			sw.Add(NetBSDElf(testAMD64, false)...)
		case 2:
			sw.Add(AoutEntry(testI386))
		}
	}
	x, err := load(env, sw, "/x", HostStrings{"x"}, nil)
	if err != abi.OK || len(asked) != 2 || len(asked[0]) != len(nativeModules) || len(asked[1]) != len(compatModules) {
		t.Fatal(err, asked)
	}
	x.free()
	// A third generation, and nothing new in it: asked once, then it is ENOEXEC.
	env.files["/x"].data[0] = 0xff
	asked = asked[:2]
	if _, err := load(env, sw, "/x", HostStrings{"x"}, nil); err != abi.ENOEXEC || len(asked) != 3 || env.refs() != 0 {
		t.Error(err, len(asked))
	}
	// Other errors are no reason.
	if _, err := load(env, sw, "/y", HostStrings{"x"}, nil); err != abi.ENOENT || len(asked) != 3 {
		t.Error(err, len(asked))
	}
}
