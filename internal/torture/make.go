package main

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"nbemu/internal/testprog"
)

// programs are the built torture programs, by architecture and system.
var programs sync.Map

func program(arch testprog.Arch, system testprog.OS) ([]byte, error) {
	key := arch.Name + "/" + string(system)
	if b, ok := programs.Load(key); ok {
		return b.([]byte), nil
	}
	dir, err := os.MkdirTemp("", "nbemu-torture")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "t")
	if err := testprog.C(arch, system, out, filepath.Join(testprog.Root(), "testdata", "torture", "torture.c")); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(out)
	if err == nil {
		programs.Store(key, b)
	}
	return b, err
}

// script is the case's calls as the program reads them.
func (c *Case) script(arch testprog.Arch) []byte {
	var o binary.AppendByteOrder = binary.LittleEndian
	if arch.BigEndian {
		o = binary.BigEndian
	}
	var b []byte
	for _, r := range c.Calls {
		b = o.AppendUint32(b, r.Number)
		b = append(b, r.Tag[:]...)
		b = append(b, 0, 0)
		b = append(b, 0, 0, 0, 0) // to a multiple of 8
		for _, a := range r.Arg {
			b = o.AppendUint64(b, a)
		}
	}
	return b
}

// interesting are numbers that arguments are often wrong about.
var interesting = []uint64{0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 63, 64, 100, 255, 256, 4095, 4096, 4097, 65535, 65536, 1 << 20, 1<<31 - 1, 1 << 31,
	1<<32 - 1, 1 << 32, 1<<47 - 1, 1 << 47, 1<<63 - 1, 1 << 63, ^uint64(0), ^uint64(1), ^uint64(99), 0xffffffff80000000, 0x7f7fffffe000}

// makeRecord makes a call. base is where the system's numbers begin.
func makeRecord(r *rand.Rand, base uint32) (c record) {
	c.Number = base + r.Uint32N(520)
	if r.IntN(40) == 0 {
		c.Number = r.Uint32()
	}
	for i := range c.Arg {
		switch r.IntN(10) {
		case 0, 1, 2:
			c.Arg[i] = interesting[r.IntN(len(interesting))]
		case 3, 4:
			c.Arg[i] = uint64(r.IntN(12))
		case 5, 6, 7, 8: // a path, pointers, numbers, zeroes, noise
			c.Tag[i] = 1
			c.Arg[i] = uint64(r.IntN(8))*65536 + uint64(r.IntN(10))*64
			if r.IntN(8) == 0 {
				c.Arg[i] += 65536 - uint64(r.IntN(20))
			}
		default:
			c.Arg[i] = r.Uint64()
		}
	}
	return c
}

// callBase is where the numbers of Linux's calls begin on an architecture.
func callBase(arch string, system testprog.OS) uint32 {
	if system == testprog.Linux {
		switch arch {
		case "mips", "mipsel":
			return 4000
		case "mips64", "mips64el":
			return 5000
		case "mipsn32", "mipsn32el":
			return 6000
		}
	}
	return 0
}

// flagSets are the flags that cases are run with.
var flagSets = []string{"", "", "", "-strace -D /dev/null", "-deterministic", "-cpus 1", "-cpus 8", "-uid 4242 -gid 4242", "-root-user",
	"-uid 4242 -gid 4242 -metadata D/METALOG", "-metadata D/METALOG -root-user", "-crash", "-sandbox off", "-sandbox off -uid 4242 -gid 4242",
	"-kernel 0.8", "-kernel 2.0", "-kernel 5.99", "-kernel 11", "-pax aslr,mprotect", "-mount D:nosuid", "-segvguard 2/60", "-E A=b -U PATH", "-accel auto", "-memory 256m", "-memory 16m", "-overlay -", "-overlay D/../overlay -root-user", "-bind D/d:/a", "-bind D/d:/a:ro", "-modules none",
	"-modules auto", "-parallel", "-parallel -cpus 4", "-0 name -groups 1,2 -gid 3", "-deterministic -seed 7 -strace -D /dev/null", "-gops", "-sandbox require"}

var worldNames = []string{"", "", "", "", "", "", "descriptors", "filesize", "nowhere", "killed", "blocked", "disk"}

// mayMount reports whether there can be a small disk for a case.
var mayMount = sync.OnceValue(func() bool {
	return exec.Command("unshare", "-m", "mount", "-t", "tmpfs", "torture", "/tmp").Run() == nil
})

// makeCase makes a case of kind k.
func makeCase(r *rand.Rand, k kind, arch testprog.Arch, size int) (*Case, error) {
	c := &Case{Kind: k, Arch: arch.Name, OS: testprog.NetBSD, Seed: r.Uint64(), Count: size}
	c.Flags = strings.Fields(flagSets[r.IntN(len(flagSets))])
	if c.Under = worldNames[r.IntN(len(worldNames))]; c.Under == "disk" && !mayMount() {
		c.Under = "filesize"
	}
	switch k {
	case kindCalls:
		c.Twice = r.IntN(3) == 0
		if err := c.chooseOS(r, arch); err != nil {
			return nil, err
		}
		for range size {
			c.Calls = append(c.Calls, makeRecord(r, callBase(arch.Name, c.OS)))
		}
	case kindExec:
		good, err := program(arch, c.OS)
		if err != nil {
			return nil, err
		}
		for range max(size/20, 2) {
			c.Files = append(c.Files, mutate(r, good))
		}
	case kindCode:
		if err := c.chooseOS(r, arch); err != nil {
			return nil, err
		}
		good, err := program(arch, c.OS)
		if err != nil {
			return nil, err
		}
		for range max(size/20, 2) {
			c.Files = append(c.Files, makeStream(r, good, arch.Name == "amd64" || arch.Name == "i386"))
		}
	case kindMaps:
		c.Flags, c.Under = nil, ""
	}
	return c, nil
}

// chooseOS makes every third case one of Linux's, where that can be.
func (c *Case) chooseOS(r *rand.Rand, arch testprog.Arch) error {
	if r.IntN(3) != 0 {
		return nil
	}
	switch _, err := program(arch, testprog.Linux); {
	case err == nil:
		c.OS = testprog.Linux
	case !cannot(err):
		return err
	}
	return nil
}

// streamLen is the length of a stream as testdata/torture/torture.c reads it: a byte whose lowest bit is added to the
// address of the code, where machines have a second set of instructions, and the code.
const streamLen = 128

// prefixes are x86's, and the first bytes of instructions of several.
var prefixes = []byte{0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x40, 0x41, 0x44, 0x48, 0x4c, 0x4f, 0x0f, 0xc4, 0xc5, 0x62, 0x8f, 0xd9, 0xdf}

// hostile are instructions of x86 that a program must not be able to do anything with: ring 0's, ports, the processor's own
// registers, those for virtual machines, of system management, and returns to where nobody may return.
var hostile = [][]byte{
	{0xf4}, {0xfa}, {0xfb}, {0xec}, {0xee}, {0xe4, 0x60}, {0xe6, 0x80}, {0x6c}, {0x6e}, {0xf3, 0x6d}, {0xf3, 0x6f}, // hlt cli sti in out ins outs
	{0x0f, 0x30}, {0x0f, 0x32}, {0x0f, 0x33}, {0x0f, 0x31}, {0x0f, 0x01, 0xf9}, // wrmsr rdmsr rdpmc rdtsc rdtscp
	{0x0f, 0x20, 0xc0}, {0x0f, 0x22, 0xd8}, {0x0f, 0x22, 0xe0}, {0x0f, 0x21, 0xf8}, {0x0f, 0x23, 0xf8}, {0x0f, 0x01, 0xf0}, {0x0f, 0x06}, // mov cr, dr, lmsw clts
	{0x0f, 0x01, 0x14, 0x24}, {0x0f, 0x01, 0x1c, 0x24}, {0x0f, 0x00, 0xd0}, {0x0f, 0x00, 0xd8}, {0x0f, 0x01, 0x04, 0x24}, {0x0f, 0x01, 0x0c, 0x24}, // lgdt lidt lldt ltr sgdt sidt
	{0x0f, 0x08}, {0x0f, 0x09}, {0x0f, 0x01, 0x3c, 0x24}, {0x0f, 0x01, 0xf8}, {0x0f, 0x07}, {0x48, 0x0f, 0x07}, {0x0f, 0x34}, {0x0f, 0x35}, // invd wbinvd invlpg swapgs sysret sysenter sysexit
	{0x0f, 0x01, 0xc1}, {0x0f, 0x01, 0xc2}, {0x0f, 0x01, 0xc3}, {0x0f, 0x01, 0xc4}, {0xf3, 0x0f, 0xc7, 0x34, 0x24}, {0x0f, 0x78, 0xc0}, {0x0f, 0x79, 0xc0}, {0x0f, 0x01, 0xd4}, // vmcall vmlaunch vmresume vmxoff vmxon vmread vmwrite vmfunc
	{0x0f, 0x01, 0xd8}, {0x0f, 0x01, 0xd9}, {0x0f, 0x01, 0xda}, {0x0f, 0x01, 0xdb}, {0x0f, 0x01, 0xdc}, {0x0f, 0x01, 0xdd}, {0x0f, 0x01, 0xde}, {0x0f, 0x01, 0xdf}, // vmrun vmmcall vmload vmsave stgi clgi skinit invlpga
	{0x0f, 0xaa}, {0x0f, 0x01, 0xd1}, {0x0f, 0x01, 0xd0}, {0x0f, 0x01, 0xc8}, {0x0f, 0x01, 0xc9}, {0x0f, 0x01, 0xca}, {0x0f, 0x01, 0xee}, {0x0f, 0x01, 0xef}, // rsm xsetbv xgetbv monitor mwait clac rdpkru wrpkru
	{0xcd, 0x02}, {0xcd, 0x08}, {0xcd, 0x0e}, {0xcd, 0x12}, {0xcd, 0x81}, {0xcd, 0xff}, {0xf1}, {0xcc}, {0xcf}, {0x48, 0xcf}, {0xcb}, {0x48, 0xcb}, // int n icebp int3 iret retf
	{0x6a, 0x08, 0x6a, 0x00, 0x48, 0xcb}, {0x66, 0xb8, 0x10, 0x00, 0x8e, 0xd0}, {0x8e, 0xd0}, {0x8e, 0xe0}, {0x8e, 0xe8}, {0x17}, {0x0f, 0xa1}, {0x0f, 0xa9}, // to ring 0, its stack, segments
	{0x9c, 0x81, 0x0c, 0x24, 0x00, 0x73, 0x26, 0x00, 0x9d},                                                                  // pushf; or $0x267300,(sp); popf: trace, I/O privilege, nested task, virtual 8086 mode
	{0xf3, 0x0f, 0xae, 0xd0}, {0xf3, 0x0f, 0xae, 0xd8}, {0x0f, 0xa2}, {0x0f, 0xc7, 0x3c, 0x24}, {0x9a, 0, 0, 0, 0, 0x07, 0}, // wrfsbase wrgsbase cpuid vmptrst lcall
}

// makeStream makes instructions: noise, or pieces of a program with a few bits changed, and for x86 with prefixes between
// them.
func makeStream(r *rand.Rand, prog []byte, x86 bool) []byte {
	b := make([]byte, streamLen)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	if r.IntN(3) != 0 {
		for i := 1; i < len(b); {
			at := r.IntN(len(prog)) &^ 3
			i += copy(b[i:], prog[at:min(at+4*(1+r.IntN(8)), len(prog))])
		}
		for range r.IntN(12) {
			b[1+r.IntN(len(b)-1)] ^= 1 << r.IntN(8)
		}
	}
	if x86 {
		for range r.IntN(12) {
			b[1+r.IntN(len(b)-1)] = prefixes[r.IntN(len(prefixes))]
		}
		if r.IntN(2) == 0 {
			for range 1 + r.IntN(3) {
				copy(b[1+r.IntN(40):], hostile[r.IntN(len(hostile))])
			}
		}
	}
	return b
}

// mutate changes an executable, mostly where it says how it is to be loaded.
func mutate(r *rand.Rand, good []byte) []byte {
	b := append([]byte{}, good...)
	for range 1 + r.IntN(6) {
		at := r.IntN(min(len(b), 512))
		if r.IntN(4) == 0 {
			at = r.IntN(len(b))
		}
		switch r.IntN(4) {
		case 0:
			b[at] ^= 1 << r.IntN(8)
		case 1:
			b[at] = byte(r.Uint32())
		case 2:
			v := interesting[r.IntN(len(interesting))]
			for i := range min(8, len(b)-at) {
				b[at+i] = byte(v >> (8 * i))
			}
		case 3:
			if r.IntN(6) == 0 {
				b = b[:max(at, 1)]
			}
		}
	}
	return b
}

// cannot reports whether an error only says that programs for a machine cannot be built here.
func cannot(err error) bool { return errors.Is(err, testprog.ErrNoCompiler) }

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }
