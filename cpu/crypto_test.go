package cpu_test

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
	"math/rand/v2"
	"testing"

	"nbemu/cpu"
)

// The instructions for AES, carry-less multiplication and CRC32 against the definitions of what they do.

type block = [16]byte

// gmul multiplies in the field of AES.
func gmul(a, b byte) (p byte) {
	for ; b != 0; b >>= 1 {
		if b&1 != 0 {
			p ^= a
		}
		high := a & 0x80
		if a <<= 1; high != 0 {
			a ^= 0x1b
		}
	}
	return p
}

var sbox, isbox = func() (s, inv [256]byte) {
	for x := range 256 {
		r := byte(0)
		for y := range 256 {
			if gmul(byte(x), byte(y)) == 1 {
				r = byte(y)
			}
		}
		v := r ^ bits.RotateLeft8(r, 1) ^ bits.RotateLeft8(r, 2) ^ bits.RotateLeft8(r, 3) ^ bits.RotateLeft8(r, 4) ^ 0x63
		s[x], inv[v] = v, byte(x)
	}
	return
}()

func xor(a, b block) block {
	for i := range a {
		a[i] ^= b[i]
	}
	return a
}

// subShift is SubBytes and ShiftRows, or with inverse what undoes them.
func subShift(a block, inverse bool) (out block) {
	for i := range a {
		if inverse {
			out[(i+4*(i%4))%16] = isbox[a[i]]
		} else {
			out[i] = sbox[a[(i+4*(i%4))%16]]
		}
	}
	return out
}

// mix is MixColumns with the polynomial p, whose first coefficient belongs to a byte itself.
func mix(a block, p [4]byte) (out block) {
	for i := range a {
		for k := range 4 {
			out[i] ^= gmul(a[i&^3|(i+k)&3], p[k])
		}
	}
	return out
}

var (
	forward = [4]byte{2, 3, 1, 1}
	back    = [4]byte{14, 11, 13, 9}
)

func clmul(a, b uint64) (out block) {
	var hi, lo uint64
	for i := range 64 {
		if b>>i&1 != 0 {
			lo ^= a << i
			hi ^= a >> 1 >> (63 - i)
		}
	}
	binary.LittleEndian.PutUint64(out[:], lo)
	binary.LittleEndian.PutUint64(out[8:], hi)
	return out
}

func half(a block, i int) uint64 { return binary.LittleEndian.Uint64(a[8*i:]) }

func TestCrypto(t *testing.T) {
	type op struct {
		name, code string
		f          func(a, b block) block
	}
	arm := func(aese, aesd, aesmc, aesimc string) []op {
		return []op{
			{"aese", aese, func(a, b block) block { return subShift(xor(a, b), false) }},
			{"aesd", aesd, func(a, b block) block { return subShift(xor(a, b), true) }},
			{"aesmc", aesmc, func(_, b block) block { return mix(b, forward) }},
			{"aesimc", aesimc, func(_, b block) block { return mix(b, back) }},
		}
	}
	x86 := []op{
		{"aesenc", "660f38dcc1", func(a, b block) block { return xor(mix(subShift(a, false), forward), b) }},
		{"aesenclast", "660f38ddc1", func(a, b block) block { return xor(subShift(a, false), b) }},
		{"aesdec", "660f38dec1", func(a, b block) block { return xor(mix(subShift(a, true), back), b) }},
		{"aesdeclast", "660f38dfc1", func(a, b block) block { return xor(subShift(a, true), b) }},
		{"aesimc", "660f38dbc1", func(_, b block) block { return mix(b, back) }},
		{"pclmullqlqdq", "660f3a44c100", func(a, b block) block { return clmul(half(a, 0), half(b, 0)) }},
		{"pclmulhqlqdq", "660f3a44c101", func(a, b block) block { return clmul(half(a, 1), half(b, 0)) }},
		{"pclmullqhqdq", "660f3a44c110", func(a, b block) block { return clmul(half(a, 0), half(b, 1)) }},
		{"pclmulhqhqdq", "660f3a44c111", func(a, b block) block { return clmul(half(a, 1), half(b, 1)) }},
	}
	a64 := append(arm("2048284e", "2058284e", "2068284e", "2078284e"),
		op{"pmull", "00e0e10e", func(a, b block) block { return clmul(half(a, 0), half(b, 0)) }},
		op{"pmull2", "00e0e14e", func(a, b block) block { return clmul(half(a, 1), half(b, 1)) }})
	a32 := append(arm("0203b0f3", "4203b0f3", "8203b0f3", "c203b0f3"),
		op{"vmull.p64", "020ea0f2", func(a, b block) block { return clmul(half(a, 0), half(b, 0)) }})
	for _, x := range []struct {
		machine string
		first   int // of the two registers in the context
		ops     []op
	}{{"amd64", 160, x86}, {"i386", 160, x86}, {"aarch64", 0, a64}, {"arm", 0, a32}} {
		only(t, x.machine, func(t *testing.T, m *machine) {
			e := m.engine(t)
			rnd := rand.New(rand.NewPCG(1, 1))
			for _, o := range x.ops {
				s, c := m.load(t, o.code+m.Call)
				for range 50 {
					m.start(c)
					var a, b, got block
					for i := range a {
						a[i], b[i] = byte(rnd.Uint32()), byte(rnd.Uint32())
					}
					copy(c.FP[x.first:], a[:])
					copy(c.FP[x.first+16:], b[:])
					e.LoadFP(c)
					run(e, c, s)
					e.SaveFP(c)
					copy(got[:], c.FP[x.first:])
					if want := o.f(a, b); c.Trap != cpu.TrapSyscall || got != want {
						t.Fatalf("%s of %x and %x: trap %d, %x, not %x", o.name, a, b, c.Trap, got, want)
					}
				}
			}
		})
	}
}

func TestCRC32(t *testing.T) {
	for _, x := range []struct {
		machine, code string
		bytes         int
	}{
		{"amd64", "f20f38f0c1", 1}, {"amd64", "66f20f38f1c1", 2}, {"amd64", "f20f38f1c1", 4}, {"amd64", "f2480f38f1c1", 8},
		{"i386", "f20f38f0c1", 1}, {"i386", "66f20f38f1c1", 2}, {"i386", "f20f38f1c1", 4},
	} {
		only(t, x.machine, func(t *testing.T, m *machine) {
			e := m.engine(t)
			rnd := rand.New(rand.NewPCG(1, 1))
			// mov %eax,%edx, before the call takes the register
			s, c := m.load(t, x.code+"89c2"+m.Call)
			for range 50 {
				m.start(c)
				crc, data := rnd.Uint32(), rnd.Uint64()
				if x.machine == "i386" {
					data &= 1<<32 - 1
				}
				c.R[m.Reg], c.R[m.StoreReg] = uint64(crc), data
				e.LoadFP(c)
				run(e, c, s)
				var b [8]byte
				binary.LittleEndian.PutUint64(b[:], data)
				// The instruction neither begins nor ends with a complement.
				want := ^crc32.Update(^crc, crc32.MakeTable(crc32.Castagnoli), b[:x.bytes])
				if c.Trap != cpu.TrapSyscall || uint32(c.R[2]) != want {
					t.Fatalf("%d bytes of %x with %#x: trap %d, %#x, not %#x", x.bytes, data, crc, c.Trap, c.R[2], want)
				}
			}
		})
	}
}
