package execve

import (
	"bytes"
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"slices"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
)

// fuzzPage is a multiple of all machines' page sizes.
const fuzzPage = 0x10000

// fuzzHeaders is as much of a program as has something in it, fuzzSize its size in all.
const fuzzHeaders, fuzzSize = 0xd00, 3*fuzzPage + 100

// fuzzProg builds the beginning of a small program: an ELF file with a note, three segments and perhaps an
// interpreter.
func fuzzProg(a *cpu.Arch, typ uint16, interp string) []byte {
	const page = fuzzPage
	class, data := a.ELFClass, a.ELFData
	var o interface {
		binary.ByteOrder
		binary.AppendByteOrder
	} = binary.LittleEndian
	if data == ElfDataMSB {
		o = binary.BigEndian
	}
	wide := class == ElfClass64
	out := make([]byte, fuzzHeaders)
	word := func(b []byte, v uint64) []byte {
		if wide {
			return o.AppendUint64(b, v)
		}
		return o.AppendUint32(b, uint32(v))
	}
	base := uint64(0x400000)
	if typ == ElfTypeDyn {
		base = 0
	}
	hdr, phsize, shsize := uint64(elf64HdrSize), elf64PhdrSize, elf64ShdrSize
	if !wide {
		hdr, phsize, shsize = elf32HdrSize, elf32PhdrSize, elf32ShdrSize
	}
	ph := []ElfPhdr{
		{Type: PtLoad, Flags: PfR, Vaddr: base, Filesz: page, Memsz: page, Align: page},
		{Type: PtLoad, Flags: PfR | PfX, Offset: page, Vaddr: base + page, Filesz: page, Memsz: page, Align: page},
		{Type: PtLoad, Flags: PfR | PfW, Offset: 2 * page, Vaddr: base + 2*page, Filesz: page + 100, Memsz: 3 * page, Align: page},
		{Type: PtNote, Flags: PfR, Offset: 0x800, Vaddr: base + 0x800, Filesz: 48, Memsz: 48, Align: 4},
		{Type: PtPhdr, Flags: PfR, Offset: hdr, Vaddr: base + hdr},
	}
	if interp != "" {
		copy(out[0xa00:], interp)
		ph = append(ph, ElfPhdr{Type: PtInterp, Offset: 0xa00, Filesz: uint64(len(interp) + 1), Memsz: uint64(len(interp) + 1)})
	}
	b := []byte{0x7f, 'E', 'L', 'F', class, data, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	b = o.AppendUint16(o.AppendUint16(b, typ), a.ELFMachine)
	b = word(word(word(o.AppendUint32(b, 1), base+page+16), hdr), 0xc00)
	b = o.AppendUint16(o.AppendUint32(b, a.ELFFlags), uint16(hdr))
	b = o.AppendUint16(o.AppendUint16(b, uint16(phsize)), uint16(len(ph)))
	b = o.AppendUint16(o.AppendUint16(o.AppendUint16(b, uint16(shsize)), 2), 0)
	for _, p := range ph {
		b = o.AppendUint32(b, p.Type)
		if wide {
			b = o.AppendUint32(b, p.Flags)
		}
		for _, v := range []uint64{p.Offset, p.Vaddr, p.Paddr, p.Filesz, p.Memsz} {
			b = word(b, v)
		}
		if !wide {
			b = o.AppendUint32(b, p.Flags)
		}
		b = word(b, p.Align)
	}
	copy(out, b)
	note := o.AppendUint32(o.AppendUint32(o.AppendUint32(nil, 7), 4), noteNetBSD)
	note = o.AppendUint32(append(note, "NetBSD\x00\x00"...), 1000000000)
	note = o.AppendUint32(o.AppendUint32(o.AppendUint32(note, 4), 4), notePax)
	note = o.AppendUint32(append(note, "PaX\x00"...), notePaxASLR|notePaxMprotect)
	copy(out[0x800:], note)
	// Section 1 is the first note, for releases that look there.
	sh := make([]byte, shsize)
	sh = word(word(word(word(o.AppendUint32(o.AppendUint32(sh, 0), shtNote), 0), base+0x800), 0x800), 24)
	copy(out[0xc00:], sh)
	return out
}

// newFuzzCase is an exec of /x by a user, under a release.
func newFuzzCase(release string) *FuzzCase {
	return &FuzzCase{Kernel: release, Path: "/x", Fd: -1, Cwd: "/home", Argv: [][]byte{[]byte("x"), []byte("arg")}, Envp: [][]byte{[]byte("HOME=/")},
		Cred: kern.Cred{Ruid: 10, Euid: 10, Svuid: 10, Rgid: 20, Egid: 20, Svgid: 20}, Stack: 2 << 20, Data: 256 << 20, Descr: 64, Random: 1}
}

// FuzzSeed is a case of one's own: the executable b under a release. others, by path, are there too: interpreters.
func FuzzSeed(release string, b []byte, others map[string][]byte) *FuzzCase {
	c := newFuzzCase(release)
	c.Files = []FuzzFile{{Path: "/x", Data: b, Mode: abi.S_IFREG | 0o755}}
	for _, path := range slices.Sorted(maps.Keys(others)) {
		c.Files = append(c.Files, FuzzFile{Path: path, Data: others[path], Mode: abi.S_IFREG | 0o755})
	}
	return c
}

// FuzzSeeds are the cases that others are made from: programs of machines, each under today's release and an older one,
// and a.out files.
func FuzzSeeds(machines ...*cpu.Arch) []*FuzzCase {
	var out []*FuzzCase
	add := func(files ...FuzzFile) {
		for _, k := range []*Profile{NetBSD10, Profiles[len(out)/2%len(Profiles)]} {
			c := newFuzzCase(k.Name)
			for _, f := range files {
				if len(f.Data) == fuzzHeaders {
					f.Size = fuzzSize
				}
				f.Mode |= abi.S_IFREG | 0o755
				c.Files = append(c.Files, f)
			}
			out = append(out, c)
		}
	}
	for _, a := range machines {
		ld := FuzzFile{Path: "/ld", Data: fuzzProg(a, ElfTypeDyn, "")}
		static := fuzzProg(a, ElfTypeExec, "")
		add(FuzzFile{Path: "/x", Data: static})
		add(FuzzFile{Path: "/x", Data: fuzzProg(a, ElfTypeExec, "/ld")}, ld)
		add(FuzzFile{Path: "/x", Data: fuzzProg(a, ElfTypeDyn, "/ld")}, ld)
		add(FuzzFile{Path: "/x", Data: static, Mode: abi.S_ISUID | abi.S_ISGID, Uid: 0, Gid: 5})
		add(FuzzFile{Path: "/x", Data: []byte("#!/sh -x\n"), Mode: abi.S_ISUID}, FuzzFile{Path: "/sh", Data: static})
	}
	for _, magic := range []uint32{omagic, nmagic, zmagic} {
		b := binary.BigEndian.AppendUint32(nil, 134<<16|magic)
		for _, v := range []uint32{0x1000, 0x1000, 0x2000, 0, 0x1020, 0, 0} {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		add(FuzzFile{Path: "/x", Data: append(b, make([]byte, 0x2000)...)})
	}
	return out
}

// Clone copies a case so that it can be changed.
func (c *FuzzCase) Clone() *FuzzCase {
	d := *c
	d.Files, d.Argv, d.Envp = slices.Clone(c.Files), slices.Clone(c.Argv), slices.Clone(c.Envp)
	return &d
}

// Small reports whether a case is worth being made others from: large ones cost time and find no more.
func (c *FuzzCase) Small() bool {
	n := 0
	for i := range c.Files {
		n += len(c.Files[i].Data)
	}
	for _, s := range slices.Concat(c.Argv, c.Envp) {
		n += len(s) + 8
	}
	return n < 16<<10
}

// Numbers that headers meet trouble with.
var oddNumbers = []uint64{0, 1, 2, 7, 16, 0x7f, 0x80, 0xff, 0xfff, 0x1000, 0x1001, 0x7fff, 0x8000, 0xffff, 0x10000, 1<<31 - 1, 1 << 31,
	1<<32 - 1, 1 << 32, 1 << 47, 1<<47 - 0x1000, 1<<63 - 1, 1 << 63, 1<<64 - 0x1000, 1<<64 - 1}

// choices are random numbers that somebody else has chosen: a fuzzing engine, which learns which of them lead where.
type choices struct {
	left []byte
	n    uint64 // how many numbers were taken
}

// Uint64 takes three bytes for a number: those that matter are its highest bits. The rest tells numbers apart, also when
// no choices are left: whoever draws until he has one in a range must come to an end.
func (c *choices) Uint64() uint64 {
	var b [8]byte
	c.left = c.left[copy(b[:3], c.left):]
	c.n++
	return binary.BigEndian.Uint64(b[:]) | c.n*0x9e3779b97f4a7c15>>24
}

// MutateBy changes a case by choices instead of at random, until there are no more.
func (c *FuzzCase) MutateBy(b []byte) {
	src := choices{left: b}
	for r := rand.New(&src); len(src.left) > 0; {
		c.Mutate(r)
	}
}

func pick[T any](r *rand.Rand, s []T) T { return s[r.IntN(len(s))] }

// Mutate changes a case in a few places.
func (c *FuzzCase) Mutate(r *rand.Rand) {
	for range 1 + r.IntN(4) {
		switch n := r.IntN(32); {
		case n < 24:
			i := r.IntN(len(c.Files))
			c.Files[i].Data = mutateFile(r, c.Files[i].Data)
			if r.IntN(16) == 0 {
				c.Files[i].Size = 0
			}
		case n < 26:
			c.mutateStrings(r)
		case n < 28:
			f := &c.Files[r.IntN(len(c.Files))]
			switch r.IntN(6) {
			case 0:
				f.Mode ^= 1 << r.IntN(12)
			case 1:
				f.Mode = f.Mode&^abi.S_IFMT | uint32(r.IntN(16))<<12
			case 2:
				f.Uid, f.Gid = uint32(r.IntN(30)), uint32(r.IntN(30))
			case 3:
				f.Mount ^= pick(r, []uint32{abi.MNT_NOEXEC, abi.MNT_NOSUID})
			case 4:
				f.Size = int64(pick(r, oddNumbers) >> 2)
			case 5:
				f.Path = pick(r, []string{"/x", "/ld", "/sh", "/home/x", ""})
			}
		case n < 29:
			id := func() uint32 { return pick(r, []uint32{0, 10, 20, 5, 1<<32 - 2}) }
			c.Cred = kern.Cred{Ruid: id(), Euid: id(), Svuid: id(), Rgid: id(), Egid: id(), Svgid: id(), Groups: []uint32{id()}}
			c.Traced = r.IntN(4) == 0
		case n < 30:
			switch r.IntN(3) {
			case 0:
				c.Stack = pick(r, oddNumbers) >> r.IntN(40)
			case 1:
				c.Data = pick(r, oddNumbers) >> r.IntN(40)
			case 2:
				c.Descr = uint64(r.IntN(5))
			}
		case n < 31:
			c.Path = pick(r, []string{"/x", "x", "", "/", "/none", "./x", "/x/", string(bytes.Repeat([]byte("y"), r.IntN(1100)))})
			c.Fd = int32(r.IntN(4)) - 1
			c.Cwd = pick(r, []string{"/home", "/", "/" + string(bytes.Repeat([]byte("d"), r.IntN(1100)))})
		default:
			c.Kernel = pick(r, Profiles).Name
			c.Scripts = r.IntN(2) == 0
			c.Pax = Pax{ASLR: PaxFeature{Enabled: r.IntN(2) == 0, Global: r.IntN(2) == 0}, Mprotect: PaxFeature{Enabled: r.IntN(2) == 0, Global: r.IntN(2) == 0}}
			c.Random = r.Uint64()
		}
	}
}

func (c *FuzzCase) mutateStrings(r *rand.Rand) {
	s := &c.Argv
	if r.IntN(2) == 0 {
		s = &c.Envp
	}
	switch r.IntN(6) {
	case 0:
		*s = nil
	case 1:
		*s = append(*s, bytes.Repeat([]byte{byte(r.Uint32())}, r.IntN(300)))
	case 2:
		if r.IntN(20) == 0 {
			*s = append(*s, make([]byte, abi.ARG_MAX-r.IntN(40)))
			for i := range (*s)[len(*s)-1] {
				(*s)[len(*s)-1][i] = 'a'
			}
		}
	case 3:
		for range r.IntN(60) {
			*s = append(*s, nil)
		}
	case 4:
		c.ArgvFault, c.EnvpFault = r.IntN(2) == 0, r.IntN(2) == 0
	case 5:
		c.NullArgv = r.IntN(4) == 0
	}
}

// mutateFile returns a changed copy of a file. Most changes are where headers are.
func mutateFile(r *rand.Rand, b []byte) []byte {
	b = slices.Clone(b)
	if len(b) == 0 {
		return []byte("#!")
	}
	where := func(n int) int {
		end := len(b)
		switch r.IntN(8) {
		case 0:
		case 1:
			end = min(end, 0xd00)
		default:
			end = min(end, 64+6*56)
		}
		return r.IntN(max(end-n+1, 1))
	}
	switch r.IntN(12) {
	case 0, 1:
		b[where(1)] ^= 1 << r.IntN(8)
	case 2, 3:
		b[where(1)] = byte(r.Uint32())
	case 4, 5, 6, 7:
		size := pick(r, []int{2, 4, 8})
		at := where(size) &^ 1
		var w [8]byte
		v := pick(r, oddNumbers)
		if r.IntN(4) == 0 {
			v += uint64(r.IntN(65)) - 32
		}
		binary.LittleEndian.PutUint64(w[:], v)
		copy(b[at:], w[:size])
	case 8:
		b = b[:r.IntN(len(b)+1)]
	case 9:
		at := where(56)
		n := min(56, len(b)-at)
		copy(b[where(n):], b[at:at+n])
	case 10:
		b = append(b, bytes.Repeat([]byte{byte(r.Uint32())}, r.IntN(5000))...)
	case 11:
		s := pick(r, []string{"#!/sh\n", "#! \t/sh  a b \n", "#!/ld\n", "#!/x\n", "#!\n", "#!" + string(bytes.Repeat([]byte("z"), r.IntN(1100))) + "\n", "\x7fELF", "/ld\x00", "NetBSD\x00"})
		copy(b[where(len(s)):], s)
	}
	return b
}
