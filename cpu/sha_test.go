package cpu_test

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"math/bits"
	"math/rand/v2"
	"testing"

	"nbemu/cpu"
)

// SHA's instructions of x86 against what FIPS 180-4 says of one round, and a whole block with them against crypto's.

// lanes are the doublewords of an XMM register, the lowest first.
type lanes [4]uint32

func sigma(v uint32, a, b, c int, shift bool) uint32 {
	last := bits.RotateLeft32(v, -c)
	if shift {
		last = v >> c
	}
	return bits.RotateLeft32(v, -a) ^ bits.RotateLeft32(v, -b) ^ last
}

func sha256Round(s [8]uint32, wk uint32) [8]uint32 {
	a, b, c, d, e, f, g, h := s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]
	t1 := h + sigma(e, 6, 11, 25, false) + (e&f ^ ^e&g) + wk
	t2 := sigma(a, 2, 13, 22, false) + (a&b ^ a&c ^ b&c)
	return [8]uint32{t1 + t2, a, b, c, d + t1, e, f, g}
}

func sha1Round(s [5]uint32, w uint32, kind int) [5]uint32 {
	a, b, c, d, e := s[0], s[1], s[2], s[3], s[4]
	f := [4]uint32{b&c ^ ^b&d, b ^ c ^ d, b&c ^ b&d ^ c&d, b ^ c ^ d}[kind]
	k := [4]uint32{0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6}[kind]
	return [5]uint32{bits.RotateLeft32(a, 5) + f + e + w + k, a, bits.RotateLeft32(b, 30), c, d}
}

// sha256K are the first bits of the fractions of the cube roots of the first primes.
var sha256K = func() (k [64]uint32) {
	n := 0
	for p := int64(2); n < len(k); p++ {
		if big.NewInt(p).ProbablyPrime(0) {
			// The root of p times 2 to the 96th is that of p times 2 to the 32nd.
			x := new(big.Int).Lsh(big.NewInt(p), 96)
			low, high := big.NewInt(0), new(big.Int).Lsh(big.NewInt(1), 40)
			for new(big.Int).Sub(high, low).Cmp(big.NewInt(1)) > 0 {
				mid := new(big.Int).Rsh(new(big.Int).Add(low, high), 1)
				if new(big.Int).Exp(mid, big.NewInt(3), nil).Cmp(x) <= 0 {
					low = mid
				} else {
					high = mid
				}
			}
			k[n] = uint32(low.Uint64())
			n++
		}
	}
	return k
}()

// shaOps are the instructions with xmm1 and xmm2; x is xmm0.
var shaOps = []struct {
	name, code string
	f          func(d, s, x lanes) lanes
}{
	{"sha1nexte", "0f38c8ca", func(d, s, _ lanes) lanes { s[3] += bits.RotateLeft32(d[3], 30); return s }},
	{"sha1msg1", "0f38c9ca", func(d, s, _ lanes) lanes { return lanes{d[0] ^ s[2], d[1] ^ s[3], d[2] ^ d[0], d[3] ^ d[1]} }},
	{"sha1msg2", "0f38caca", func(d, s, _ lanes) lanes {
		w16 := bits.RotateLeft32(d[3]^s[2], 1)
		return lanes{bits.RotateLeft32(d[0]^w16, 1), bits.RotateLeft32(d[1]^s[0], 1), bits.RotateLeft32(d[2]^s[1], 1), w16}
	}},
	{"sha1rnds4 0", "0f3accca00", func(d, s, _ lanes) lanes { return sha1Rounds(d, s, 0) }},
	{"sha1rnds4 1", "0f3accca01", func(d, s, _ lanes) lanes { return sha1Rounds(d, s, 1) }},
	{"sha1rnds4 2", "0f3accca02", func(d, s, _ lanes) lanes { return sha1Rounds(d, s, 2) }},
	{"sha1rnds4 3", "0f3accca03", func(d, s, _ lanes) lanes { return sha1Rounds(d, s, 3) }},
	{"sha1rnds4 255", "0f3acccaff", func(d, s, _ lanes) lanes { return sha1Rounds(d, s, 3) }},
	{"sha256msg1", "0f38ccca", func(d, s, _ lanes) lanes {
		next := [5]uint32{d[0], d[1], d[2], d[3], s[0]}
		for i := range d {
			d[i] += sigma(next[i+1], 7, 18, 3, true)
		}
		return d
	}},
	{"sha256msg2", "0f38cdca", func(d, s, _ lanes) lanes {
		d[0] += sigma(s[2], 17, 19, 10, true)
		d[1] += sigma(s[3], 17, 19, 10, true)
		d[2] += sigma(d[0], 17, 19, 10, true)
		d[3] += sigma(d[1], 17, 19, 10, true)
		return d
	}},
	{"sha256rnds2", "0f38cbca", func(d, s, x lanes) lanes {
		r := [8]uint32{s[3], s[2], d[3], d[2], s[1], s[0], d[1], d[0]}
		r = sha256Round(sha256Round(r, x[0]), x[1])
		return lanes{r[5], r[4], r[1], r[0]}
	}},
}

func sha1Rounds(d, s lanes, kind int) lanes {
	r := [5]uint32{d[3], d[2], d[1], d[0], 0}
	for i := range 4 {
		r = sha1Round(r, s[3-i], kind)
	}
	return lanes{r[3], r[2], r[1], r[0]}
}

func TestSHA(t *testing.T) {
	for _, name := range []string{"amd64", "i386"} {
		only(t, name, func(t *testing.T, m *machine) {
			e := m.engine(t)
			rnd := rand.New(rand.NewPCG(1, 1))
			for _, o := range shaOps {
				s, c := m.load(t, o.code+m.Call)
				for range 50 {
					m.start(c)
					c.FP = m.fresh().FP
					var r [3]lanes
					for i := range r {
						for j := range r[i] {
							r[i][j] = rnd.Uint32()
							binary.LittleEndian.PutUint32(c.FP[160+16*i+4*j:], r[i][j])
						}
					}
					e.LoadFP(c)
					run(e, c, s)
					e.SaveFP(c)
					var got lanes
					for j := range got {
						got[j] = binary.LittleEndian.Uint32(c.FP[176+4*j:])
					}
					if c.Trap != cpu.TrapSyscall {
						if m.kvm && c.Vector == 6 {
							t.Skip("the host's processor has no such instructions")
						}
						t.Fatalf("%s: trap %d, vector %d", o.name, c.Trap, c.Vector)
					}
					if want := o.f(r[1], r[2], r[0]); got != want {
						t.Fatalf("%s of %x, %x and %x: %x, not %x", o.name, r[1], r[2], r[0], got, want)
					}
				}
			}
		})
	}
}

// The definitions above, put together, are the algorithms.
func TestSHADefinitions(t *testing.T) {
	op := func(name string, d, s, x lanes) lanes {
		for _, o := range shaOps {
			if o.name == name {
				return o.f(d, s, x)
			}
		}
		panic(name)
	}
	// The one block that "abc" is.
	block := append([]byte("abc\x80"), make([]byte, 60)...)
	block[63] = 24
	var w [20]lanes // the message's words, four by four
	word := func(i int) uint32 { return w[i/4][i%4] }
	for i := range 16 {
		w[i/4][i%4] = binary.BigEndian.Uint32(block[4*i:])
	}
	for i := 4; i < 16; i++ {
		d := op("sha256msg1", w[i-4], w[i-3], lanes{})
		for j := range d {
			d[j] += word(4*i + j - 7)
		}
		w[i] = op("sha256msg2", d, w[i-1], lanes{})
	}
	r := [8]uint32{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}
	first := r
	for i := 0; i < 64; i += 2 {
		x := lanes{word(i) + sha256K[i], word(i+1) + sha256K[i+1]}
		next := op("sha256rnds2", lanes{r[7], r[6], r[3], r[2]}, lanes{r[5], r[4], r[1], r[0]}, x)
		r = [8]uint32{next[3], next[2], r[0], r[1], next[1], next[0], r[4], r[5]}
	}
	var sum []byte
	for i := range r {
		sum = binary.BigEndian.AppendUint32(sum, r[i]+first[i])
	}
	if want := sha256.Sum256([]byte("abc")); hex.EncodeToString(sum) != hex.EncodeToString(want[:]) {
		t.Errorf("SHA-256 of abc: %x, not %x", sum, want)
	}

	// SHA-1 has its words the other way about.
	for i := range 16 {
		w[i/4][3-i%4] = binary.BigEndian.Uint32(block[4*i:])
	}
	for i := 4; i < 20; i++ {
		d := op("sha1msg1", w[i-4], w[i-3], lanes{})
		for j := range d {
			d[j] ^= w[i-2][j]
		}
		w[i] = op("sha1msg2", d, w[i-1], lanes{})
	}
	abcd, e := lanes{0x10325476, 0x98badcfe, 0xefcdab89, 0x67452301}, lanes{3: 0xc3d2e1f0}
	begin, in := abcd, lanes{3: w[0][3] + e[3], 2: w[0][2], 1: w[0][1], 0: w[0][0]}
	for i := range 20 {
		old := abcd
		abcd = sha1Rounds(abcd, in, i/5)
		if i < 19 {
			in = op("sha1nexte", old, w[i+1], lanes{})
		} else {
			e = op("sha1nexte", old, e, lanes{})
		}
	}
	sum = nil
	for i := 3; i >= 0; i-- {
		sum = binary.BigEndian.AppendUint32(sum, abcd[i]+begin[i])
	}
	sum = binary.BigEndian.AppendUint32(sum, e[3])
	if want := sha1.Sum([]byte("abc")); hex.EncodeToString(sum) != hex.EncodeToString(want[:]) {
		t.Errorf("SHA-1 of abc: %x, not %x", sum, want)
	}
}
