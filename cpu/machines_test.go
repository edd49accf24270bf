package cpu_test

import (
	"encoding/hex"
	"sync"
	"testing"

	. "nbemu/cpu"
	"nbemu/cpu/kvm"
)

// machine is what the tests need of one architecture: small programs in its own code, assembled at 0x400000.
// Each ends in a system call; reg is the register that holds the result then.
type machine struct {
	name string
	arch *Arch
	init func(c *Context)
	reg  int
	// call sets reg to 20 and makes a system call, after which the pc is at callPC, then a nop and another
	// call, after which it is at call2PC.
	call            string
	callPC, call2PC uint64
	// stays: the pc after a system call is that of the instruction, and the next one's is in this register.
	stays int
	// store stores to storeAddr, where nothing is, with the instruction at storePC.
	store     string
	storeAddr uint64
	storePC   uint64
	// incr adds one to the word at 0x500000 and leaves it in reg.
	incr string
	// call21 is call with 21.
	call21 string
	nop    string
	// loop is an endless loop at its first instruction.
	loop string
	excs []exc
	kvm  bool // on the host's own processor
}

// exc is an instruction that raises an exception; the pc is afterwards at the code's start plus pc.
type exc struct {
	name   string
	code   string
	vector uint32
	pc     uint64
}

func x86Start(c *Context) {
	c.FP[1], c.FP[0], c.FP[24], c.FP[25] = 3, 0x7f, 0x80, 0x1f
}

var machines = []machine{
	{
		name: "amd64", arch: AMD64, reg: AMD64_RAX, nop: "90", init: x86Start,
		call: "b814000000 0f05 90 f9 0f05", callPC: 7, call2PC: 11, // mov $20,%eax; syscall; nop; stc; syscall
		store: "b823016000 90 8908", storeAddr: 0x600123, storePC: 6, // mov $0x600123,%eax; nop; mov %ecx,(%rax)
		incr:   "b800005000 ff00 8b00 0f05",
		call21: "b815000000 0f05",
		loop:   "ebfe",
		excs: []exc{
			{"divide", "31c9 f7f1", 0, 2}, {"ud2", "90 0f0b", 6, 1}, {"int3", "90 cc", 3, 2}, {"hlt", "f4", 13, 0},
		},
	},
	{
		name: "i386", arch: I386, reg: AMD64_RAX, nop: "90", init: func(c *Context) {
			x86Start(c)
			c.R[AMD64_CS], c.R[AMD64_DS], c.R[AMD64_ES], c.R[AMD64_SS] = 0x17, 0x1f, 0x1f, 0x1f
			c.R[AMD64_FS], c.R[AMD64_GS] = 0xab, 0xb3
			c.R[AMD64_GSBASE] = 0x500000
		},
		call: "b814000000 cd80 90 f9 cd80", callPC: 7, call2PC: 11,
		store: "b823016000 90 8908", storeAddr: 0x600123, storePC: 6,
		incr:   "b800005000 ff00 8b00 cd80",
		call21: "b815000000 cd80",
		loop:   "ebfe",
		excs: []exc{
			{"divide", "31c9 f7f1", 0, 2}, {"ud2", "90 0f0b", 6, 1}, {"int3", "90 cc", 3, 2}, {"hlt", "f4", 13, 0},
			{"lcall", "9a000000000700", 13, 0},
		},
	},
	{
		name: "arm", arch: ARM, reg: 7, nop: "00f020e3", init: func(c *Context) { c.R[ARM_CPSR] = 0x10 },
		call: "1470a0e3 1400a0ef 00f020e3 0000a0ef", callPC: 8, call2PC: 16, // mov r7,#20; svc; nop; svc
		store: "04009fe5 00f020e3 001080e5 24016000", storeAddr: 0x600124, storePC: 8,
		incr:   "0506a0e3 007090e5 017087e2 007080e5 1400a0ef",
		call21: "1570a0e3 1400a0ef",
		loop:   "feffffea",
		excs: []exc{
			{"udf", "00f020e3 f000f0e7", 1, 4}, {"bkpt", "00f020e3 710020e1", 7, 4}, {"mrc sctlr", "100f11ee", 1, 0},
			{"ldrexd, misaligned", "0506a0e3 020080e2 9f2fb0e1", VectorAlign, 8},
		},
	},
	{
		name: "thumb", arch: ARM, reg: 7, nop: "00bf", init: func(c *Context) { c.R[ARM_CPSR] = 0x10 | ARMThumb },
		call: "1427 00df 00bf 05df", callPC: 4, call2PC: 8,
		store: "40f22410 c0f26000 00bf 0160", storeAddr: 0x600124, storePC: 10,
		// With the load and the store in IT blocks: the faults there must leave the rest of the block right.
		incr:   "4ff4a000 0028 14bf 0768 4d27 0137 002f 18bf 0760 00df",
		call21: "1527 00df",
		loop:   "fee7",
		excs:   []exc{{"udf", "00bf 00de", 1, 2}, {"bkpt", "00bf 01be", 7, 2}},
	},
	{
		name: "aarch64", arch: ARM64, reg: 7, nop: "1f2003d5",
		call: "870280d2 810200d4 1f2003d5 e13f00d4", callPC: 8, call2PC: 16, // movz x7,#20; svc #20; nop; svc #0x1ff
		store: "802480d2 000ca0f2 010000b9", storeAddr: 0x600124, storePC: 8,
		incr:   "000aa0d2 070040b9 e7040011 070000b9 210000d4",
		call21: "a70280d2 810200d4",
		loop:   "00000014",
		excs: []exc{
			{"udf", "1f2003d5 00000000", 1, 4}, {"brk", "1f2003d5 200020d4", 7, 4}, {"mrs sctlr_el1", "001038d5", 1, 0},
			{"ldxr, misaligned", "000aa0d2 00080091 027c5fc8", VectorAlign, 8},
		},
	},
	{
		name: "mips", arch: MIPS, reg: 16, nop: "00000000",
		call: "24100014 0000000c 00000000 0000000c", callPC: 8, call2PC: 16, // li $16,20; syscall; nop; syscall
		// In the delay slot of a branch.
		store: "3c040060 10000001 ac850124 00000000", storeAddr: 0x600124, storePC: 8,
		incr:   "3c040050 c0900000 26100001 02001025 e0820000 1040fffb 00000000 0000000c", // with ll and sc
		call21: "24100015 0000000c",
		loop:   "1000ffff 00000000",
		excs: []exc{
			{"reserved", "00000000 0000003d", 20, 4},
			{"break", "00000000 0000000d", 18, 4},
			{"teq", "000001f4", 22, 0},
			{"lw, misaligned", "3c040050 8c850002", VectorAlign, 4},
			{"add, overflow", "3c047fff 3484ffff 00842020", 21, 8},
			{"mfc0", "40046000", 19, 0},
		},
	},
	{
		name: "mipsel", arch: MIPSEL, reg: 16, nop: "00000000",
		call: "14001024 0c000000 00000000 0c000000", callPC: 8, call2PC: 16, // li $16,20; syscall; nop; syscall
		// In the delay slot of a branch.
		store: "6000043c 01000010 240185ac 00000000", storeAddr: 0x600124, storePC: 8,
		incr:   "5000043c 000090c0 01001026 25100002 000082e0 fbff4010 00000000 0c000000", // with ll and sc
		call21: "15001024 0c000000",
		loop:   "ffff0010 00000000",
		excs: []exc{
			{"reserved", "00000000 3d000000", 20, 4},
			{"break", "00000000 0d000000", 18, 4},
			{"teq", "f4010000", 22, 0},
			{"lw, misaligned", "5000043c 0200858c", VectorAlign, 4},
			{"add, overflow", "ff7f043c ffff8434 20208400", 21, 8},
			{"mfc0", "00600440", 19, 0},
		},
	},
	{
		name: "mips64", arch: MIPS64, reg: 16, nop: "00000000",
		call: "24100014 0000000c 00000000 0000000c", callPC: 8, call2PC: 16, // li $16,20; syscall; nop; syscall
		// In the delay slot of a branch.
		store: "3c040060 10000001 ac850124 00000000", storeAddr: 0x600124, storePC: 8,
		incr:   "3c040050 c0900000 26100001 02001025 e0820000 1040fffb 00000000 0000000c", // with ll and sc
		call21: "24100015 0000000c",
		loop:   "1000ffff 00000000",
		excs: []exc{
			{"reserved", "00000000 0000003d", 20, 4},
			{"break", "00000000 0000000d", 18, 4},
			{"teq", "000001f4", 22, 0},
			{"lw, misaligned", "3c040050 8c850002", VectorAlign, 4},
			{"add, overflow", "3c047fff 3484ffff 00842020", 21, 8},
			{"mfc0", "40046000", 19, 0},
		},
	},
	{
		name: "mipsn32", arch: MIPSN32, reg: 16, nop: "00000000",
		call: "24100014 0000000c 00000000 0000000c", callPC: 8, call2PC: 16, // li $16,20; syscall; nop; syscall
		// In the delay slot of a branch.
		store: "3c040060 10000001 ac850124 00000000", storeAddr: 0x600124, storePC: 8,
		incr:   "3c040050 c0900000 26100001 02001025 e0820000 1040fffb 00000000 0000000c", // with ll and sc
		call21: "24100015 0000000c",
		loop:   "1000ffff 00000000",
		excs: []exc{
			{"reserved", "00000000 0000003d", 20, 4},
			{"break", "00000000 0000000d", 18, 4},
			{"teq", "000001f4", 22, 0},
			{"lw, misaligned", "3c040050 8c850002", VectorAlign, 4},
			{"add, overflow", "3c047fff 3484ffff 00842020", 21, 8},
			{"mfc0", "40046000", 19, 0},
		},
	},
	{
		name: "mips64el", arch: MIPS64EL, reg: 16, nop: "00000000",
		call: "14001024 0c000000 00000000 0c000000", callPC: 8, call2PC: 16, // li $16,20; syscall; nop; syscall
		// In the delay slot of a branch.
		store: "6000043c 01000010 240185ac 00000000", storeAddr: 0x600124, storePC: 8,
		incr:   "5000043c 000090c0 01001026 25100002 000082e0 fbff4010 00000000 0c000000", // with ll and sc
		call21: "15001024 0c000000",
		loop:   "ffff0010 00000000",
		excs: []exc{
			{"reserved", "00000000 3d000000", 20, 4},
			{"break", "00000000 0d000000", 18, 4},
			{"teq", "f4010000", 22, 0},
			{"lw, misaligned", "5000043c 0200858c", VectorAlign, 4},
			{"add, overflow", "ff7f043c ffff8434 20208400", 21, 8},
			{"mfc0", "00600440", 19, 0},
		},
	},
	{
		name: "mipsn32el", arch: MIPSN32EL, reg: 16, nop: "00000000",
		call: "14001024 0c000000 00000000 0c000000", callPC: 8, call2PC: 16, // li $16,20; syscall; nop; syscall
		// In the delay slot of a branch.
		store: "6000043c 01000010 240185ac 00000000", storeAddr: 0x600124, storePC: 8,
		incr:   "5000043c 000090c0 01001026 25100002 000082e0 fbff4010 00000000 0c000000", // with ll and sc
		call21: "15001024 0c000000",
		loop:   "ffff0010 00000000",
		excs: []exc{
			{"reserved", "00000000 3d000000", 20, 4},
			{"break", "00000000 0d000000", 18, 4},
			{"teq", "f4010000", 22, 0},
			{"lw, misaligned", "5000043c 0200858c", VectorAlign, 4},
			{"add, overflow", "ff7f043c ffff8434 20208400", 21, 8},
			{"mfc0", "00600440", 19, 0},
		},
	},
	{
		name: "sparc", arch: SPARC, reg: SPARC_L0, nop: "01000000", stays: SPARC_NPC,
		call: "a0102014 91d02000 01000000 91d02000", callPC: 4, call2PC: 12, // mov 20,%l0; ta 0; nop; ta 0
		// In the delay slot of a branch.
		store: "11001800 10800002 d2222124 01000000", storeAddr: 0x600124, storePC: 8,
		incr:   "11001400 e0020000 a0042001 e0220000 91d02000",
		call21: "a0102015 91d02000",
		loop:   "10800000 01000000",
		excs: []exc{
			{"illegal", "01000000 00000000", 0x02, 4},
			{"ta 1", "01000000 91d02001", 0x81, 4},
			{"ld, misaligned", "11001400 d2022002", VectorAlign, 4},
			{"udiv", "11001400 92720000", 0x2a, 4},
		},
	},
	{
		name: "sparc64", arch: SPARC64, reg: SPARC_L0, nop: "01000000", stays: SPARC_NPC,
		call: "a0102014 91d02000 01000000 91d02000", callPC: 4, call2PC: 12, // mov 20,%l0; ta 0; nop; ta 0
		// In the delay slot of a branch.
		store: "11001800 10800002 d2222124 01000000", storeAddr: 0x600124, storePC: 8,
		incr:   "11001400 e0020000 a0042001 e0220000 91d02000",
		call21: "a0102015 91d02000",
		loop:   "10800000 01000000",
		excs: []exc{
			{"illegal", "01000000 00000000", 0x10, 4},
			{"ta 1", "01000000 91d02001", 0x101, 4},
			{"ld, misaligned", "11001400 d2022002", VectorAlign, 4},
			{"udiv", "11001400 92720000", 0x28, 4},
		},
	},
	{
		name: "powerpc", arch: PPC, reg: 14, nop: "60000000",
		call: "39c00014 44000002 60000000 44000002", callPC: 8, call2PC: 16, // li 14,20; sc; nop; sc
		store: "3d200060 60000000 91490124", storeAddr: 0x600124, storePC: 8,
		incr:   "3d200050 7dc04828 39ce0001 7dc0492d 40a2fff4 81c90000 44000002", // with lwarx and stwcx.
		call21: "39c00015 44000002",
		loop:   "48000000",
		excs: []exc{
			{"illegal", "60000000 00000000", 96, 4}, {"trap", "60000000 7fe00008", 6, 4},
			{"mfmsr", "7c6000a6", 6, 0}, {"mtmsr", "60000000 7c600124", 6, 4}, {"mfpvr", "7c7f42a6", 6, 0},
			{"rfi", "60000000 4c000064", 6, 4},
			{"lwarx, misaligned", "3d200050 39290002 7d404828", VectorAlign, 8},
		},
	},
	{
		name: "riscv64", arch: RISCV64, reg: 8, nop: "0100",
		call: "d144 73000000 0100 73000000", callPC: 6, call2PC: 12, // li s1,20; ecall; nop; ecall
		store: "b7076000 13000000 23a2b712", storeAddr: 0x600124, storePC: 8,
		incr:   "b7075000 afa40710 8504 2fa79718 7dfb 8443 73000000", // with lr and sc
		call21: "d544 73000000",
		loop:   "01a0",
		excs: []exc{
			{"illegal, two bytes", "0100 0000", 2, 2}, {"illegal", "0100 ffffffff", 2, 2},
			{"ebreak", "0100 73001000", 3, 2}, {"c.ebreak", "0100 0290", 3, 2},
			{"csrr sstatus", "73250010", 2, 0}, {"csrw cycle", "0100 731005c0", 2, 2},
			{"sfence.vma", "73000012", 2, 0}, {"wfi", "0100 73005010", 2, 2}, {"sret", "73002010", 2, 0}, {"mret", "73002030", 2, 0},
			{"lr.w, misaligned", "b7075000 8907 2fa50710", VectorAlign, 6},
			{"amoadd.w, misaligned", "b7075000 8907 2fa5b700", VectorAlign, 6},
		},
	},
}

func code(t testing.TB, s string) []byte {
	var b []byte
	for _, c := range s {
		if c != ' ' {
			b = append(b, byte(c))
		}
	}
	out, err := hex.DecodeString(string(b))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// host is the virtual machine for the tests of KVM.
var host = sync.OnceValues(func() (*kvm.Machine, error) { return kvm.Open(kvm.Options{}) })

// open is what makes processors for m.
func (m *machine) open() func(*Arch) (Engine, error) {
	if !m.kvm {
		return New
	}
	h, err := host()
	if err != nil {
		return func(*Arch) (Engine, error) { return nil, err }
	}
	return h.New
}

// variants are the kinds of processors for m: the emulated one, and the host's if it is of the kind.
func variants(m *machine) []*machine {
	v := []*machine{m}
	if h, err := host(); err == nil && h.Runs(m.arch) == nil {
		k := *m
		k.kvm = true
		k.name += "-kvm"
		v = append(v, &k)
	}
	return v
}

// each runs a test for every machine.
func each(t *testing.T, f func(t *testing.T, m *machine)) {
	for i := range machines {
		for _, m := range variants(&machines[i]) {
			t.Run(m.name, func(t *testing.T) { f(t, m) })
		}
	}
	if _, err := host(); err != nil {
		t.Run("kvm", func(t *testing.T) { t.Skip(err) })
	}
}

// only runs a test for one machine.
func only(t *testing.T, name string, f func(t *testing.T, m *machine)) {
	each(t, func(t *testing.T, m *machine) {
		if m.name == name || m.name == name+"-kvm" {
			f(t, m)
		}
	})
}
