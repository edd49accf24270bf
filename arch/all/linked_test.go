package all

import (
	"encoding/hex"
	"slices"
	"testing"

	"nbemu/arch"
	"nbemu/arch/arm"
	"nbemu/kern"
)

// Where a piece of code ends that stores by a reservation: after the store, and where branches before it lead to.
func TestLinked(t *testing.T) {
	const pc = 0x10000
	for _, tt := range []struct {
		port, code string
		ends       []uint64
	}{
		{"riscv64", "2fa70516" + "6316b700" + "2fa6c51a" + "e5fa" + "0100", []uint64{pc + 16, pc + 12}}, // lr.w; bne +12; sc.w; c.bnez
		{"riscv64", "2fa70516" + "09e3" + "2fa6c51a" + "0100", []uint64{pc + 6, pc + 10}},               // lr.w; c.beqz +2; sc.w
		{"powerpc", "7d201828" + "7c094000" + "40820010" + "7d40192d" + "40c2fff0", []uint64{pc + 24, pc + 16}},
		{"mips", "c0620000" + "14430004" + "00000000" + "e0640000" + "1080fffb" + "00000000", []uint64{pc + 24, pc + 16}},
		{"mipsel", "000062c0" + "04004314" + "00000000" + "000064e0" + "fbff8010", []uint64{pc + 24, pc + 16}},
		{"aarch64", "417c5f88" + "3f00036b" + "81000054" + "447c0388", []uint64{pc + 24, pc + 16}}, // ldxr; cmp; b.ne +16; stxr
		{"arm", "9f1f92e1" + "030051e1" + "0100001a" + "900f82e1", []uint64{pc + 20, pc + 16}},     // ldrex; cmp; bne +12; strex
		{"riscv64", "03a70500" + "2fa6c51a", nil},
		{"powerpc", "7d201828" + "7c094000", nil}, // no store
	} {
		code, err := hex.DecodeString(tt.code)
		if err != nil {
			t.Fatal(err)
		}
		p := arch.ByName(tt.port)
		if ends := p.GDB().Linked.Ends(p.Arch.Model.ByteOrder(), code, pc); !slices.Equal(ends, tt.ends) {
			t.Errorf("%s %s ends at %#x, not %#x", tt.port, tt.code, ends, tt.ends)
		}
	}
}

// The same in Thumb code, whose instructions are of two sizes and made of halves.
func TestLinkedThumb(t *testing.T) {
	const pc = 0x10000
	for _, tt := range []struct {
		code string
		ends []uint64
	}{
		{"50e8003f" + "8b42" + "02d1" + "40e80012", []uint64{pc + 14, pc + 12}}, // ldrex; cmp; bne.n +8; strex
		// ldrexd; dmb; bne.w +12; cbz +6; strexd
		{"d0e87f23" + "bff35b8f" + "40f00480" + "0ab1" + "c0e87423", []uint64{pc + 20, pc + 18, pc + 18}},
		{"d0e8cf3f" + "bff4fbaf" + "c0e8c21f", []uint64{pc - 2, pc + 12}}, // ldaexb; bcs.w -6; stlexb
		{"d0e85f3f" + "fede" + "c0e8521f", []uint64{pc + 10}},             // ldrexh; udf; strexh
		{"d0e8af1f" + "40e80012", nil},                                    // lda
		{"50e8003f" + "c0e8af1f", nil},                                    // ldrex; stl
	} {
		code, err := hex.DecodeString(tt.code)
		if err != nil {
			t.Fatal(err)
		}
		p, l := arch.ByName("arm"), &kern.LWP{}
		l.Ctx.R[arm.CPSR] = arm.Thumb
		if ends := p.GDB().LinkedOf(l).Ends(p.Arch.Model.ByteOrder(), code, pc); !slices.Equal(ends, tt.ends) {
			t.Errorf("%s ends at %#x, not %#x", tt.code, ends, tt.ends)
		}
	}
}
