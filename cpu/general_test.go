package cpu_test

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// Flags by their letters.
var flagBits = map[rune]uint64{'O': 0x800, 'S': 0x80, 'Z': 0x40, 'A': 0x10, 'P': 4, 'C': 1}

// generalForms are instructions of the general registers: the opcode (behind a prefix that is a part of it and a dash), /r or
// /number for a ModRM byte, its immediate operand, then what is special: m or r for forms with memory or registers alone, 32
// or 64 for code of that size alone, the letters of flags that are left undefined after a slash, = and what registers have.
const generalForms = `
84/r\A 85/r\A a8ib\A a9iz\A f6/0ib\A f7/0iz\A f6/1ib\A f7/1iz\A
86/r 87/r 88/r 89/r 8a/r 8b/r c6/0ib c7/0iz b0iv8 b1iv8 b4iv8 b7iv8 b8iv b9iv bdiv bfiv
8d/r,m 8d/r,r 8f/0 fe/0 fe/1 ff/0 ff/1 ff/2 ff/4 ff/6 f6/2 f6/3 f7/2 f7/3 fe/2 fe/7 ff/7 8f/1,r c6/1ib,m c7/7iz,m
f6/4\SZAP f7/4\SZAP f6/5\SZAP f7/5\SZAP 69/riz\SZAP 6b/rib\SZAP 0faf/r\SZAP
f6/6\OSZAPC=div f7/6\OSZAPC=div f6/7\OSZAPC=div f7/7\OSZAPC=div
40,32 41,32 44,32 48,32 4c,32 50 51 54 58 59 5c 5d 60,32 61,32 62/r,32,m 63/r,64 68iz 6aib 9c 9d=popf 9e 9f 98 99 9b c8iw1=enter c9=leave
90 91 94 97 a0io a1io a2io a3io d7=xlat cc cd04 ce,32 d4ib,32\OAC d5ib,32\OAC 27,32\O 2f,32\O 37,32\OSZP 3f,32\OSZP d6,32 f5 f8 f9 fc fd
a4=string a5=string a6=string a7=string aa=string ab=string ac=string ad=string ae=string af=string
f3-a4=string f3-a5=string f3-aa=string f3-ab=string f3-ac=string f3-ad=string f2-a4=string f2-ab=string
f3-a6=string f3-a7=string f3-ae=string f3-af=string f2-a6=string f2-a7=string f2-ae=string f2-af=string
70ib 71ib 72ib 73ib 74ib 75ib 76ib 77ib 78ib 79ib 7aib 7bib 7cib 7dib 7eib 7fib e0ib e1ib e2ib e3ib ebib e8iz,32 e9iz,32 c3=ret c2iw=ret
0f80iz,32 0f85iz,32 0f8fiz,32
0f40/r 0f41/r 0f42/r 0f43/r 0f44/r 0f45/r 0f46/r 0f47/r 0f48/r 0f49/r 0f4a/r 0f4b/r 0f4c/r 0f4d/r 0f4e/r 0f4f/r
0f90/r 0f91/r 0f92/r 0f93/r 0f94/r 0f95/r 0f96/r 0f97/r 0f98/r 0f99/r 0f9a/r 0f9b/r 0f9c/r 0f9d/r 0f9e/r 0f9f/r
0fa3/r\OSAP 0fab/r\OSAP 0fb3/r\OSAP 0fbb/r\OSAP 0fa3/r\OSAP=bits 0fab/r\OSAP=bits 0fb3/r\OSAP=bits 0fbb/r\OSAP=bits
0fba/4ib\OSAP 0fba/5ib\OSAP 0fba/6ib\OSAP 0fba/7ib\OSAP 0fba/0ib
0fb0/r 0fb1/r 0fb0/r=cmpxchg 0fb1/r=cmpxchg 0fc0/r 0fc1/r 0fc7/1,m 0fc7/1,m=cmpxchg16 0fc7/1,r
0fb6/r 0fb7/r 0fbe/r 0fbf/r 0fbc/r\OSAPC 0fbd/r\OSAPC f3-0fbc/r\OSAP f3-0fbd/r\OSAP f3-0fb8/r 0fc8=wide 0fc9=wide 0fcc=wide 0fcf=wide 0fc3/r
0f38f0/r,m 0f38f1/r,m f2-0f38f0/r f2-0f38f1/r 0f38f0/r,r
0f0b 0fb9/r 0fff/r 0f0d/1,m 0f18/1,m 0f1f/0 0f1e/r 0f19/r 06,64 07,64 0e,64 16,64 17,64 1e,64 1f,64 27,64 2f,64 37,64 3f,64 60,64 61,64 82/0ib,64 9a,64 ce,64 d4ib,64 d5ib,64 d6,64 ea,64
f4 fa fb e4ib e5ib e6ib e7ib ec ed ee ef 6c 6d 6e 6f 0f06 0f08 0f09 0f20c0 0f22c0 0f21c0 0f23c0 0f30 0f32 0f00/2 0f00/3 0f01/2,m 0f01/3,m 0f01/6 0f01/7,m 0f07
0f04 0f0a 0f0c 0f24 0f25 0f26 0f27 0f36 0f39 0f3b 0f3c 0f3d 0f3e 0f3f 0fa6 0fa7
`

// vexForms of general registers: map, prefix and opcode.
const generalVEX = `2-0-f2/r\AP 2-0-f3/1\AP 2-0-f3/2\AP 2-0-f3/3\AP 2-0-f3/0 2-0-f3/4 2-0-f5/r\AP 2-2-f5/r 2-3-f5/r 2-3-f6/r 2-0-f7/r\ASP 2-1-f7/r 2-2-f7/r 2-3-f7/r 3-3-f0/rib`

// parseForms reads such a list.
func parseForms(t *testing.T, list string) (all []hostForm) {
	for _, text := range strings.Fields(list) {
		f := hostForm{ext: formNone}
		rest := text
		rest, f.special, _ = strings.Cut(rest, "=")
		var undef, options string
		rest, undef, _ = strings.Cut(rest, `\`)
		rest, options, _ = strings.Cut(rest, ",")
		for _, c := range undef {
			f.undef |= flagBits[c]
		}
		for _, o := range strings.Split(options, ",") {
			switch o {
			case "m":
				f.memory = formMemory
			case "r":
				f.memory = formRegister
			case "32", "64":
				n, _ := strconv.Atoi(o)
				f.bits = uint32(n)
			}
		}
		if i := strings.IndexByte(rest, 'i'); i >= 0 {
			switch rest[i:] {
			case "ib", "iv8":
				f.imm = 1
			case "iw":
				f.imm = 2
			case "iw1":
				f.imm = 3
			case "iz":
				f.imm = immZ
			case "iv":
				f.imm = immV
			case "io":
				f.special = "offset"
			default:
				t.Fatal(text)
			}
			rest = rest[:i]
		}
		if op, ext, ok := strings.Cut(rest, "/"); ok {
			rest = op
			if f.ext = formReg; ext != "r" {
				f.ext, _ = strconv.Atoi(ext)
			}
		}
		if p := strings.Split(rest, "-"); len(p) == 3 {
			f.vex, _ = strconv.Atoi(p[0])
			n, _ := strconv.Atoi(p[1])
			f.vexPP, rest = byte(n), p[2]
		} else if len(p) == 2 {
			f.must, rest = code(t, p[0])[0], p[1]
		}
		f.op = code(t, rest)
		all = append(all, f)
	}
	return all
}

// arithmetic has the instructions whose opcodes are regular.
func arithmeticForms(t *testing.T) []hostForm {
	var b strings.Builder
	for op := range 8 {
		undef := ""
		if op == 1 || op == 4 || op == 6 {
			undef = `\A`
		}
		for _, kind := range []string{"0/r", "1/r", "2/r", "3/r", "4ib", "5iz"} {
			fmt.Fprintf(&b, "%02x%s%s ", op*8+int(kind[0]-'0'), kind[1:], undef)
		}
		for _, kind := range []string{"80/%dib", "81/%diz", "83/%dib"} {
			fmt.Fprintf(&b, kind+"%s ", op, undef)
		}
		for _, kind := range []string{"c0/%dib", "c1/%dib", "d0/%d", "d1/%d", "d2/%d", "d3/%d"} {
			fmt.Fprintf(&b, kind+"=shift ", op)
		}
	}
	b.WriteString("0fa4/rib=double 0fa5/r=double 0facib/r=double 0fad/r=double")
	return parseForms(t, strings.ReplaceAll(b.String(), "0facib/r", "0fac/rib"))
}

// prepare gives registers what the form needs to do something, and says what the instruction leaves undefined.
func (f *hostForm) prepare(g *hostRig, v *hostCase) {
	rnd := g.rnd
	switch f.special {
	case "div":
		switch rnd.IntN(3) {
		case 0:
			v.R[nDX] = 0
		case 1:
			v.R[nDX] = uint64(int64(v.R[nAX]) >> 63)
		}
	case "string":
		v.R[nCX] = uint64(rnd.IntN(20))
		v.R[nSI], v.R[nDI] = v.place(rnd), v.place(rnd)
		v.Flags |= uint64(rnd.IntN(2)) << 10
		if rnd.IntN(3) == 0 {
			copy(v.Data[256:], v.Data[:256])
			v.At = hostInside
			v.R[nSI], v.R[nDI] = v.At+64, v.At+64+256
		}
	case "popf":
		at := v.R[nSP] - v.At
		if at < 504 {
			binary.LittleEndian.PutUint64(v.Data[at:], rnd.Uint64()&^0x34100) // no VM, NT, TF, RF
		}
	case "leave":
		v.R[nBP] = v.place(rnd)
	case "enter": // the frames before it are not where the new one is
		v.R[nBP], v.R[nSP] = v.At+500, v.At+240
	case "xlat":
		v.R[nBX] = v.place(rnd)
		v.R[nAX] &= ^uint64(0xff) | 0x7f
	case "cmpxchg", "cmpxchg16":
		for i := 0; i < 512; i += 16 {
			binary.LittleEndian.PutUint64(v.Data[i:], v.R[nAX])
			if rnd.IntN(4) > 0 {
				binary.LittleEndian.PutUint64(v.Data[i+8:], v.R[nDX])
			}
		}
	case "ret":
		for i := 0; i < 512; i += 8 {
			binary.LittleEndian.PutUint64(v.Data[i:], textBase+uint64(rnd.IntN(0x1000)))
		}
	}
}

// undefinedFlags of shifts depend on the count.
func (f *hostForm) undefinedFlags(v *hostCase) uint64 {
	if f.special != "shift" && f.special != "double" {
		return f.undef
	}
	text := v.text()
	size, i := 32, 0
	for ; ; i++ {
		if text[i] == 0x66 && size != 64 {
			size = 16
		} else if v.Bits == 64 && text[i]&0xf0 == 0x40 {
			if text[i]&8 != 0 {
				size = 64
			}
		} else if text[i] != 0x67 && text[i] != 0xf0 && text[i] != 0x26 && text[i] != 0x36 && text[i] != 0x3e {
			break
		}
	}
	op := text[i]
	count := int(v.R[nCX])
	switch {
	case op == 0xc0 || op == 0xc1 || op == 0x0f && text[i+1]&1 == 0:
		count = int(text[len(text)-1])
	case op == 0xd0 || op == 0xd1:
		count = 1
	}
	if op&1 == 0 && op != 0x0f {
		size = 8
	}
	if count &= 31; size == 64 {
		count = int(v.R[nCX]) & 63
		if op == 0xc0 || op == 0xc1 || op == 0x0f && text[i+1]&1 == 0 {
			count = int(text[len(text)-1]) & 63
		} else if op == 0xd0 || op == 0xd1 {
			count = 1
		}
	}
	if count == 0 {
		return 0
	}
	var undef uint64
	if count != 1 {
		undef = flagBits['O']
	}
	if f.special == "double" {
		undef |= flagBits['A']
		if count > size {
			undef |= 0x8d5
		}
		return undef
	}
	if f.ext >= 4 {
		undef |= flagBits['A']
		if count >= size && f.ext != 7 {
			undef |= flagBits['C']
		}
	}
	return undef
}

// control reports whether the instruction is a mov of a control or debug register.
func (f *hostForm) control() bool { return len(f.op) > 1 && f.op[0] == 0x0f && f.op[1]&0xfc == 0x20 }

// branch reports whether the instruction goes where a register or memory says.
func (f *hostForm) branch() bool { return f.op[0] == 0xff && (f.ext == 2 || f.ext == 4) }

// TestGeneral holds what instructions of the general registers do, with operands of all kinds, against the host's processor.
func TestGeneral(t *testing.T) {
	g := newHostRig(t, 1)
	forms := append(arithmeticForms(t), parseForms(t, generalForms)...)
	forms = append(forms, parseForms(t, generalVEX)...)
	for _, f := range forms {
		for range hostRounds(40) {
			v := newHostCase(64 - uint32(g.rnd.IntN(2))*32)
			if f.bits != 0 {
				v.Bits = f.bits
			}
			if v.Bits == 32 && !g.narrow {
				continue
			}
			v.fill(g.rnd)
			v.branch = f.branch()
			if f.special != "" {
				f.prepare(g, v)
			}
			f.make(g.rnd, v)
			switch f.special {
			case "enter":
				v.Text[v.Len-1] &= 0xe3
			case "offset":
				n := 4
				if v.Bits == 64 {
					n = 8
				}
				at := v.place(g.rnd)
				if strings.Contains(string(v.text()), "\x67") {
					n = map[uint32]int{64: 4, 32: 2}[v.Bits]
				}
				b := append([]byte{}, v.text()...)
				for range n {
					b, at = append(b, byte(at)), at>>8
				}
				v.setText(b...)
			}
			if v.undefined = f.undefinedFlags(v); v.undefined == 0x8d5 {
				continue // the result is undefined as well
			}
			if f.op[0]&0xfe == 0xf6 && f.ext == 3 && v.text()[0] == 0xf0 {
				v.undefined = 0x8d5 // neg with lock
			}
			if f.control() && v.text()[0] == 0xf0 {
				continue // of these AMD's processors make others
			}
			g.try(fmt.Sprintf("%x/%d%s", f.op, f.ext, f.special), v)
		}
	}
	t.Logf("%d cases, %d fault", g.cases, g.faults)
}
