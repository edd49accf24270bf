package gdbstub

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/arch"
)

// hostile are packets that a debugger in its right mind does not send, and some that it does.
var hostile = []string{
	"", "g", "G", "G00", "Gxx", "p", "p-1", "pffff", "p10000", "P", "P0", "P0=", "P0=zz", "P0=00", "P10=" + strings.Repeat("00", 8000),
	"m", "m,", "m0,", "m1000,0", "m1000,ffffffffffffffff", "mffffffffffffffff,ffffffffffffffff", "m10ff,2", "m-1,1", "m1000,10,10",
	"M1000,1:", "M1000,1:0", "M1000,ffffffffffffffff:00", "Mffffffffffffffff,2:0000", "M1000", "M1000,0:", "X1000,0:", "X1000,2:a",
	"Xffffffffffffffff,4:abcd", "X,:", "Z", "Z0", "Z0,1000", "Z0,1000,0", "Z0,1000,ffffffffffffffff", "Z0,10ff,4", "Z0,fffffffffffffffe,4",
	"Z0,1000,4", "Z0,1002,4", "z0,1000,4", "z0,dead,4", "Z1,1000,1", "Z2,1000,0", "Z2,1000,ffffffff", "Z3,0,8", "Z4,ffffffffffffffff,8",
	"Z5,1000,4", "Z0,1000,4;cond", "H", "Hg", "Hgp", "Hgp.", "Hgp-1.-1", "Hgffffffffffffffff", "Hg-1", "Hc0", "Hx1", "Hgp2a.1", "T", "T-1", "Tp1.1",
	"c-1", "cffffffffffffffff", "C", "Cff", "C100", "C05;zz", "s1000", "S05;1000", "vCont", "vCont;", "vCont;;", "vCont;x", "vCont;c:", "vCont;c:9",
	"vCont;C:1", "vCont;Czz:1", "vCont;s:p2a.1;c:p-1.-1", "vCont;c:p0.0", "vCont;C05;C05;C05", "vCont;t", "vCont;r0,10:1", "vKill;", "vKill;zz",
	"vAttach;1", "vRun;", "vFile", "vFile:", "vFile:open", "vFile:open:,,", "vFile:open:zz,0,0", "vFile:open:2f62696e2f78,0,0", "vFile:pread:0,1,ffffffffffffffff",
	"vFile:pread:0,ffffffffffffffff,0", "vFile:pread:0,10,7fffffffffffffff", "vFile:fstat:0", "vFile:fstat:ffffffff", "vFile:close:", "vFile:close:0", "vFile:close:0",
	"vFile:readlink:2f", "vFile:unlink:2f62696e2f78", "qXfer", "qXfer:", "qXfer:features:read:target.xml:0,0", "qXfer:features:read:target.xml:ffffffffffffffff,10",
	"qXfer:features:read:x:0,10", "qXfer:auxv:read::8,10", "qXfer:auxv:read::ffffffffffffffff,ffffffffffffffff", "qXfer:auxv:write::0:00",
	"qXfer:exec-file:read:zz:0,10", "qXfer:threads:read::1,", "qXfer:threads:read::0,ffffffffffffffff", "qXfer:memory-map:read::0,10", "qSupported", "qSupported:multiprocess+",
	"qSupported:multiprocess+;fork-events+;vfork-events+;exec-events+", "qThreadExtraInfo,", "qThreadExtraInfo,ffff", "qsThreadInfo", "qfThreadInfo", "qC", "qOffsets", "qCRC:0,ffffffffffffffff",
	"qRcmd,zz", "qAttached:zz", "QCatchSyscalls", "QCatchSyscalls:2", "QCatchSyscalls:1;zz", "QCatchSyscalls:1;ffffffffffff", "QCatchSyscalls:1", "QPassSignals:", "QPassSignals:zz;100",
	"QPassSignals:ff;0", "QThreadSuffixSupported", "QStartNoAckMode", "QNonStop:1", "bs", "bc", "b", "D;", "D;zz", "D;0", "R00", "r", "!", "i", "?", "_M10,rwx",
	"jThreadsInfo", "x0,0", "\x00", "\xff\xff", interrupted,
}

// serveAll has a session serve what a debugger sends until that ends, and returns what it says.
func serveAll(machine byte, in []byte) (said []byte, f *fake) {
	ports := arch.Ports()
	f = newFake(ports[int(machine)%len(ports)].Arch)
	var out bytes.Buffer
	_ = Serve(struct {
		io.Reader
		io.Writer
	}{bytes.NewReader(in), &out}, f, Event{Signal: int(abi.SIGTRAP), TID: 1, First: true})
	return out.Bytes(), f
}

// wellFormed reads all packets of what a session has said; between them there are acknowledgements only.
func wellFormed(said []byte) error {
	r := &reader{bufio.NewReader(bytes.NewReader(said))}
	for {
		b, err := r.r.ReadByte()
		if err == io.EOF {
			return nil
		}
		switch {
		case b == '+' || b == '-':
		case b != '$':
			return fmt.Errorf("%q between packets", b)
		default:
			if p, err := r.body(); err != nil {
				return fmt.Errorf("%q: %w", p, err)
			}
		}
	}
}

// FuzzServe sends a session lines, each as a packet with a right checksum, to machines of all kinds. It must end when the debugger
// does, answer in packets, and leave no breakpoint in memory.
func FuzzServe(f *testing.F) {
	for i := range arch.Ports() {
		f.Add(byte(i), strings.Join(hostile, "\n"))
	}
	f.Fuzz(func(t *testing.T, machine byte, text string) {
		var in bytes.Buffer
		w := writer{w: &in}
		for p := range strings.SplitSeq(text, "\n") {
			if p == interrupted {
				in.WriteString(p)
				continue
			}
			if len(p) <= maxPacket {
				_ = w.write(p)
			}
		}
		said, target := serveAll(machine, in.Bytes())
		if err := wellFormed(said); err != nil {
			t.Errorf("%v in %q", err, said)
		}
		if !target.killed && len(target.Breaks()) != 0 {
			t.Errorf("breakpoints are left: %v", target.Breaks())
		}
	})
}

// FuzzServeBytes sends what is not even a packet.
func FuzzServeBytes(f *testing.F) {
	for _, s := range []string{"$", "$#", "$g#67", "$g#00", "+-+$g#67", "$QStartNoAckMode#b0+$g#00", "$}", "$m1000,4#8e$m", "\x03\x03\x03$c#63\x03", "$g#zz$?#3f",
		"$" + strings.Repeat("a", maxPacket+1), "$X1000,2:}\x03}\x04#00"} {
		f.Add(byte(0), []byte(s))
	}
	f.Fuzz(func(t *testing.T, machine byte, in []byte) {
		if said, _ := serveAll(machine, in); wellFormed(said) != nil {
			t.Errorf("%q", said)
		}
	})
}

// Each hostile packet has one answer: a debugger that waits for it does not wait for ever.
func TestAnswers(t *testing.T) {
	for _, p := range hostile {
		if p == "" || p == interrupted || slices.Contains([]string{"c", "C", "s", "S"}, p[:1]) || strings.HasPrefix(p, "D;") || strings.HasPrefix(p, "vCont") || p == "QStartNoAckMode" {
			continue // see FuzzServe
		}
		for i := range arch.Ports() {
			var in bytes.Buffer
			_ = (&writer{w: &in}).write(p)
			said, _ := serveAll(byte(i), in.Bytes())
			if n := bytes.Count(said, []byte("$")); n != 1 {
				t.Errorf("%.60q: %d answers: %.100q", p, n, said)
			}
		}
	}
}
