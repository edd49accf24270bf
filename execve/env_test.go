package execve

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/cpu/cputest"
	"nbemu/kern"
	"nbemu/mem"
)

// opFault, when set, is asked before each thing a file or the file system does, and may make it fail.
var opFault func(op string) abi.Errno

func failOp(op string) abi.Errno {
	if opFault == nil {
		return abi.OK
	}
	return opFault(op)
}

// memFile is a File in memory.
type memFile struct {
	path string
	data []byte
	attr Vattr
	mnt  uint32
	refs int
	key  mem.FileKey
	size int64 // if larger than the data, zeros follow
}

var nextKey uint64

func newMemFile(path string, data []byte) *memFile {
	nextKey++
	return &memFile{path: path, data: data, attr: Vattr{Mode: abi.S_IFREG | 0o755, Uid: 10, Gid: 20, Size: int64(len(data))},
		key: mem.FileKey{Dev: 1 << 40, Ino: nextKey}, size: int64(len(data))}
}

func (f *memFile) ReadAt(b []byte, off int64) (int, error) {
	if err := failOp("read"); err != abi.OK {
		return 0, err
	}
	if off >= f.size {
		return 0, io.EOF
	}
	n := len(b)
	if int64(n) > f.size-off {
		n = int(f.size - off)
	}
	clear(b[:n])
	if off < int64(len(f.data)) {
		copy(b[:n], f.data[off:])
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}
func (f *memFile) WriteAt(b []byte, off int64) (int, error) { return 0, io.ErrClosedPipe }
func (f *memFile) Size() (int64, error)                     { return f.size, nil }
func (f *memFile) Writable() bool                           { return false }
func (f *memFile) Stamp() uint64                            { return 1 }
func (f *memFile) Key() mem.FileKey                         { return f.key }
func (f *memFile) Ref()                                     { f.refs++ }
func (f *memFile) Unref()                                   { f.refs-- }
func (f *memFile) Getattr() (Vattr, abi.Errno) {
	f.attr.Size = f.size
	return f.attr, failOp("getattr")
}
func (f *memFile) MarkText() abi.Errno { return failOp("marktext") }
func (f *memFile) MountFlags() uint32  { return f.mnt }
func (f *memFile) Path() string        { return f.path }

// testEnv is a process that exists only as what exec asks of it.
type testEnv struct {
	files  map[string]*memFile
	cred   kern.Cred
	limits map[int]uint64
	cwd    string
	fds    []*memFile
	fdErr  abi.Errno
	random uint32
	pax    uint32
}

func newTestEnv(files ...*memFile) *testEnv {
	e := &testEnv{files: map[string]*memFile{}, cwd: "/home", cred: kern.Cred{Ruid: 10, Euid: 10, Svuid: 10, Rgid: 20, Egid: 20, Svgid: 20},
		limits: map[int]uint64{abi.RLIMIT_STACK: 4 << 20, abi.RLIMIT_DATA: 256 << 20}}
	for _, f := range files {
		e.files[f.path] = f
	}
	return e
}

func (e *testEnv) Namei(path string, _ *kern.Emul) (File, abi.Errno) {
	f := e.files[path]
	if f == nil {
		return nil, abi.ENOENT
	}
	if err := failOp("namei"); err != abi.OK {
		return nil, err
	}
	f.refs++
	return f, abi.OK
}
func (e *testEnv) Fexec(fd int32) (File, string, abi.Errno) {
	if int(fd) >= len(e.fds) || e.fds[fd] == nil {
		return nil, "", abi.EBADF
	}
	e.fds[fd].refs++
	return e.fds[fd], e.fds[fd].path, abi.OK
}
func (e *testEnv) Access(f File, mode int) abi.Errno {
	if f.(*memFile).attr.Mode&uint32(mode) == 0 {
		return abi.EACCES
	}
	return failOp("access")
}
func (e *testEnv) Cwd() (string, abi.Errno) { return e.cwd, failOp("cwd") }
func (e *testEnv) Cred() *kern.Cred         { return &e.cred }
func (e *testEnv) Pax() uint32              { return e.pax }
func (e *testEnv) AdoptMachine(*cpu.Arch)   {}
func (e *testEnv) Rlimit(which int) uint64  { return e.limits[which] }
func (e *testEnv) FdAlloc(f File) (int32, abi.Errno) {
	if e.fdErr != abi.OK {
		return -1, e.fdErr
	}
	if err := failOp("fdalloc"); err != abi.OK {
		return -1, err
	}
	f.Ref()
	e.fds = append(e.fds, f.(*memFile))
	return int32(len(e.fds) - 1), abi.OK
}
func (e *testEnv) FdClose(fd int32) { e.fds[fd].refs--; e.fds[fd] = nil }
func (e *testEnv) Random() uint32   { e.random = e.random*1664525 + 1013904223; return e.random }

// refs counts all references to the environment's files.
func (e *testEnv) refs() (n int) {
	for _, f := range e.files {
		n += f.refs
	}
	return n
}

// Machines that the tests load programs for.
var (
	testAMD64   = &kern.Emul{Name: "netbsd", Arch: cputest.AMD64, Setregs: testSetregs}
	testI386    = &kern.Emul{Name: "netbsd", Arch: &cpu.Arch{Name: "t-i386", ELFMachine: 3, ELFMachines: []uint16{6}, ELFClass: 1, ELFData: 1, PageSize: 4096, Model: abi.ILP32LEi386, UserMax: 0xbfc00000, StackTop: 0xbfc00000, MaxText: 256 << 20, MaxData: 3 << 30, MaxStack: 64 << 20, StackAlign: 16, Align: 4}}
	testSparc   = &kern.Emul{Name: "netbsd", Arch: &cpu.Arch{Name: "t-sparc", ELFMachine: 2, ELFClass: 1, ELFData: 2, PageSize: 4096, Model: abi.ILP32BE, UserMax: 0xf0000000, StackTop: 0xf0000000, MaxText: 64 << 20, MaxData: 512 << 20, MaxStack: 32 << 20, StackAlign: 8, Align: 8}}
	testSparc64 = &kern.Emul{Name: "netbsd", Arch: &cpu.Arch{Name: "t-sparc64", ELFMachine: 43, ELFClass: 2, ELFData: 2, PageSize: 8192, Model: abi.LP64BE, UserMax: 1 << 43, StackTop: 1 << 43, MaxText: 4 << 30, MaxData: 1 << 39, MaxStack: 128 << 20, StackAlign: 16, Align: 16}}
	testEmuls   = []*kern.Emul{testAMD64, testI386, testSparc, testSparc64}
)

// testSetregs sets what each machine's does: where to begin, the stack, and ps_strings.
func testSetregs(l *kern.LWP, entry, stack, psStrings uint64) {
	l.Ctx.R[cputest.PC], l.Ctx.R[cputest.SP], l.Ctx.R[cputest.RBX] = entry, stack, psStrings
}

func newTestSwitch(noteless bool) *Switch {
	sw := &Switch{K: tsw.K}
	for _, e := range testEmuls {
		sw.Add(NetBSDElf(e, noteless)...)
	}
	sw.Add(ScriptEntry())
	return sw
}

// load runs the part of exec before the point of no return.
func load(env Env, sw *Switch, path string, argv, envp Strings) (*execData, abi.Errno) {
	x := &execData{sw: sw}
	x.pack.env = env
	err := x.loadVM(path, -1, argv, envp)
	return x, err
}

// elfFile describes an ELF file for tests. Zero fields become sensible values.
type elfFile struct {
	class, data, osabi byte
	typ, machine       uint16
	entry              uint64
	phoff, shoff       uint64
	phentsize          uint16
	phnum, shnum       int // -1: as many as there are
	ph                 []ElfPhdr
	sh                 []ElfShdr
	chunks             map[uint64][]byte // contents by file offset
	size               int               // pad or cut to this
}

// prog is a small static NetBSD program for a machine, to be changed by tests.
func prog(e *kern.Emul) *elfFile {
	page := e.Arch.PageSize
	f := &elfFile{class: e.Arch.ELFClass, data: e.Arch.ELFData, machine: e.Arch.ELFMachine, typ: ElfTypeExec, phnum: -1, shnum: -1,
		entry: 0x400000 + page + 16, size: int(3*page) + 100, chunks: map[uint64][]byte{}}
	f.chunks[0x800] = f.note("NetBSD\x00", noteNetBSD, []byte{0, 0, 0, 0}, 1000000000)
	f.ph = []ElfPhdr{
		{Type: PtLoad, Flags: PfR, Offset: 0, Vaddr: 0x400000, Filesz: page, Memsz: page, Align: page},
		{Type: PtLoad, Flags: PfR | PfX, Offset: page, Vaddr: 0x400000 + page, Filesz: page, Memsz: page, Align: page},
		{Type: PtLoad, Flags: PfR | PfW, Offset: 2 * page, Vaddr: 0x400000 + 2*page, Filesz: page + 100, Memsz: 3 * page, Align: page},
		{Type: PtNote, Flags: PfR, Offset: 0x800, Vaddr: 0x400800, Filesz: uint64(len(f.chunks[0x800])), Memsz: uint64(len(f.chunks[0x800])), Align: 4},
	}
	return f
}

type appendOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

func (f *elfFile) order() appendOrder {
	if f.data == ElfDataMSB {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// note builds a note; a 4-byte desc is replaced by v in the file's byte order.
func (f *elfFile) note(name string, typ uint32, desc []byte, v uint32) []byte {
	o := f.order()
	if len(desc) == 4 {
		o.PutUint32(desc, v)
	}
	var b []byte
	b = o.AppendUint32(b, uint32(len(name)))
	b = o.AppendUint32(b, uint32(len(desc)))
	b = o.AppendUint32(b, typ)
	pad := func(p []byte) {
		b = append(b, p...)
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
	}
	pad([]byte(name))
	pad(desc)
	return b
}

func (f *elfFile) bytes() []byte {
	o := f.order()
	wide := f.class == ElfClass64
	var b []byte
	half := func(v uint16) { b = o.AppendUint16(b, v) }
	word := func(v uint64) {
		if wide {
			b = o.AppendUint64(b, v)
		} else {
			b = o.AppendUint32(b, uint32(v))
		}
	}
	b = append(b, 0x7f, 'E', 'L', 'F', f.class, f.data, 1, f.osabi, 0, 0, 0, 0, 0, 0, 0, 0)
	half(f.typ)
	half(f.machine)
	b = o.AppendUint32(b, 1)
	hdr, phsize, shsize := uint64(elf64HdrSize), elf64PhdrSize, elf64ShdrSize
	if !wide {
		hdr, phsize, shsize = elf32HdrSize, elf32PhdrSize, elf32ShdrSize
	}
	phoff, shoff := f.phoff, f.shoff
	if phoff == 0 {
		phoff = hdr
	}
	if shoff == 0 && len(f.sh) > 0 {
		shoff = 0xc00
	}
	word(f.entry)
	word(phoff)
	word(shoff)
	b = o.AppendUint32(b, 0)
	half(uint16(hdr))
	if f.phentsize == 0 {
		f.phentsize = uint16(phsize)
	}
	half(f.phentsize)
	n := func(n, dflt int) uint16 {
		if n < 0 {
			n = dflt
		}
		return uint16(n)
	}
	half(n(f.phnum, len(f.ph)))
	half(uint16(shsize))
	half(n(f.shnum, len(f.sh)))
	half(0)
	head := b
	b = nil
	for _, p := range f.ph {
		b = o.AppendUint32(b, p.Type)
		if wide {
			b = o.AppendUint32(b, p.Flags)
		}
		for _, v := range []uint64{p.Offset, p.Vaddr, p.Paddr, p.Filesz, p.Memsz} {
			word(v)
		}
		if !wide {
			b = o.AppendUint32(b, p.Flags)
		}
		word(p.Align)
	}
	phdrs := b
	b = nil
	for _, s := range f.sh {
		b = o.AppendUint32(b, s.Name)
		b = o.AppendUint32(b, s.Type)
		word(s.Flags)
		word(s.Addr)
		word(s.Offset)
		word(s.Size)
		b = o.AppendUint32(b, s.Link)
		b = o.AppendUint32(b, s.Info)
		word(s.Addralign)
		word(s.Entsize)
	}
	out := make([]byte, f.size)
	put := func(off uint64, p []byte) {
		if off < uint64(len(out)) {
			copy(out[off:], p)
		}
	}
	put(0, head)
	put(phoff, phdrs)
	put(shoff, b)
	if len(f.sh) == 0 {
		put(0, head)
	}
	for off, c := range f.chunks {
		put(off, c)
	}
	return out
}

// interp is a small shared object to be somebody's interpreter.
func interp(e *kern.Emul) *elfFile {
	f := prog(e)
	f.typ = ElfTypeDyn
	page := e.Arch.PageSize
	f.entry = page + 0x40
	for i := range f.ph {
		f.ph[i].Vaddr -= 0x400000
	}
	return f
}

func (f *elfFile) setInterp(name string) *elfFile {
	f.chunks[0xa00] = append([]byte(name), 0)
	f.ph = append(f.ph, ElfPhdr{Type: PtInterp, Offset: 0xa00, Filesz: uint64(len(name) + 1), Memsz: uint64(len(name) + 1)})
	return f
}

func TestElfFileHelper(t *testing.T) {
	for _, e := range testEmuls {
		b := prog(e).bytes()
		h, ok := ParseElfHeader(b)
		if !ok || h.Machine != e.Arch.ELFMachine || h.Phnum != 4 || h.Entry != 0x400000+e.Arch.PageSize+16 {
			t.Fatalf("%s: %+v %v", e.Arch.Name, h, ok)
		}
		ph, err := h.ReadPhdrs(bytes.NewReader(b))
		if err != abi.OK || ph[2].Memsz != 3*e.Arch.PageSize || ph[1].Flags != PfR|PfX {
			t.Fatalf("%s: %v %+v", e.Arch.Name, err, ph)
		}
	}
}
