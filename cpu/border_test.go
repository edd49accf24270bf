package cpu_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// stores are instructions that store to (%rsi), which may be as many bytes.
var stores = []struct {
	name, code string
	bytes      int
	align      int
}{
	{"mov", "488906", 8, 1}, {"movups", "0f1106", 16, 1}, {"movupd", "660f1106", 16, 1}, {"movdqu", "f30f7f06", 16, 1}, {"movaps", "0f2906", 16, 16},
	{"movlps", "0f1306", 8, 1}, {"movhps", "0f1706", 8, 1}, {"movq", "660fd606", 8, 1}, {"movq mm", "0f7f06", 8, 1}, {"movntq", "0fe706", 8, 1},
	{"vmovups", "c5fc1106", 32, 1}, {"vmovdqu", "c5fe7f06", 32, 1}, {"vmovdqu xmm", "c5fa7f06", 16, 1},
	{"vextractf128", "c4e37d190601", 16, 1}, {"vextracti128", "c4e37d390601", 16, 1}, {"vmovhps", "c5f81706", 8, 1},
	{"vmaskmovps", "c4e27d2e06", 32, 1}, {"vmaskmovpd", "c4e27d2f06", 32, 1}, {"vpmaskmovd", "c4e27d8e06", 32, 1}, {"vpmaskmovq", "c4e2fd8e06", 32, 1},
	{"maskmovdqu", "4889f7 660ff7c0", 16, 1}, {"maskmovq", "4889f7 0ff7c0", 8, 1},
	{"vcvtps2ph", "c4e37d1d0600", 16, 1}, {"vcvtps2ph xmm", "c4e3791d0600", 8, 1},
	{"fstpt", "db3e", 10, 1}, {"fbstp", "df36", 10, 1}, {"fstpl", "dd1e", 8, 1}, {"fistpll", "df3e", 8, 1}, {"fnstenv", "d936", 28, 1}, {"fnstenv, 16 bits", "66d936", 14, 1},
	{"fnsave", "dd36", 108, 1}, {"fxsave", "0fae06", 512, 16}, {"fldenv", "d926", 28, 1}, {"frstor", "dd26", 108, 1}, {"fxrstor", "0fae0e", 512, 16},
	{"cmpxchg8b", "0fc70e", 8, 1}, {"xadd", "480fc106", 8, 1}, {"push", "4889f4 4883c408 53", 8, 8}, {"enter", "4889f4 4883c408 c8000000", 8, 1},
	{"stmxcsr", "0fae1e", 4, 1}, {"sse4 pextrq", "66480f3a160601", 8, 1}, {"movbe", "480f38f106", 8, 1},
}

// TestStoresOverBorder: of a store to a page and one after it that is not there nothing is stored, and no register changes.
func TestStoresOverBorder(t *testing.T) {
	g := newHostRig(t, 4)
	for _, s := range stores {
		for n := 1; n <= s.bytes; n++ {
			if n%s.align != 0 && n != s.bytes || s.bytes == 512 && n%64 != 0 {
				continue
			}
			v := newHostCase(64)
			v.fill(g.rnd)
			v.At = hostEnd
			for i := range v.Data {
				v.Data[i] = byte(i)
			}
			for i := range 16 {
				for j := range 16 {
					v.FX[fxXMM+16*i+j], v.High[16*i+j] = 0xff-byte(j), 0xff-byte(j)
				}
			}
			binary.LittleEndian.PutUint32(v.Data[24:], 0x1f80)
			v.FX[4] = 0xff
			copy(v.FX[fxST:], "\x00\x00\x00\x00\x00\x00\x00\xc0\x01\x40")
			v.R[nSI] = stackBase + stackSize - uint64(n)
			v.R[nSP] = stackBase + 0x8000
			v.operand = v.R[nSI]
			if s.name == "fxsave" || s.name == "fnsave" || strings.HasPrefix(s.name, "fnstenv") {
				v.ignore = [][2]int{{6, s.bytes}}
				if n < s.bytes {
					v.ignore = nil
				}
			}
			v.setText(code(t, s.code)...)
			v.what = fmt.Sprintf("%d bytes before the border", n)
			g.try(s.name, v)
		}
	}
}

// TestAlignmentCheck: with the flag for it, operands that are not aligned to their size are exceptions.
func TestAlignmentCheck(t *testing.T) {
	g := newHostRig(t, 5)
	for _, text := range []string{
		"8b06", "488b06", "668b06", "8a06", "8906", "488906", "ff06", "0fb706", "480fc106", "53 5b", "a5", "a4", "f3a4", "f3a5",
		"f30f1006", "f20f1006", "dd06", "d906", "8d06", "9c9d8b06",
	} {
		for at := range uint64(9) {
			v := newHostCase(64)
			v.fill(g.rnd)
			v.At = hostInside
			v.R[nSI], v.R[nDI], v.R[nCX], v.R[nSP] = hostInside+64+at, hostInside+128+at, 3, hostInside+200
			v.Flags |= 0x40000
			v.setText(code(t, text)...)
			v.what = fmt.Sprintf("at %d", at)
			g.try("with AC "+text, v)
		}
	}
}

// TestLongInstructions: fifteen bytes are the most, whatever the instruction; and bytes that are none are no instruction
// however many there are.
func TestLongInstructions(t *testing.T) {
	g := newHostRig(t, 6)
	for _, text := range []string{"90", "0f0b", "8b06", "f7c601020304", "0f1f8400000000000000", "48b80102030405060708", "8bc0"} {
		// Where there is no instruction, the manuals do not say how long it is.
		for n := range 18 {
			for _, prefix := range []string{"66", "3e", "2e", "40"} {
				v := newHostCase(64)
				v.fill(g.rnd)
				v.R[nSI] = v.At
				v.setText(code(t, strings.Repeat(prefix, n)+text)...)
				g.try(fmt.Sprintf("%s after %d of %s", text, n, prefix), v)
			}
		}
	}
	// The page of the next byte is not there.
	for n := range 14 {
		for _, prefix := range []string{"66", "40", "3e"} {
			v := newHostCase(64)
			v.fill(g.rnd)
			v.setText(code(t, strings.Repeat(prefix, n+1))...)
			v.RIP = textBase + 0x2000 - uint64(n+1)
			g.try(fmt.Sprintf("%d of %s before the border", n+1, prefix), v)
		}
	}
	for _, text := range []string{"0f", "0f0b", "0f1f", "0f1f84", "c5f8", "48b8010203", "e8", "e800", "f0", "0f38", "f7", "8b", "d8", "c4e2", "0f0f", "0fff"} {
		b := code(t, text)
		v := newHostCase(64)
		v.fill(g.rnd)
		v.setText(b...)
		v.RIP = textBase + 0x2000 - uint64(len(b))
		g.try(text+" before the border", v)
	}
}
