package gdbstub

import (
	"bufio"
	"bytes"
	"strings"
	"testing"
)

func TestPacketRoundTrip(t *testing.T) {
	for _, p := range []string{"", "OK", "m1000,4", "a$b#c}d*e", string([]byte{0, 1, 2, 0x7d, 0xff})} {
		var b bytes.Buffer
		if err := (&writer{w: &b}).write(p); err != nil {
			t.Fatal(err)
		}
		if got, err := readerOf(b.String()).read(); err != nil || got != p {
			t.Errorf("%q came back as %q, %v", p, got, err)
		}
	}
}

func readerOf(s string) *reader { return &reader{bufio.NewReader(strings.NewReader(s))} }

func TestPacketKnown(t *testing.T) {
	var b bytes.Buffer
	(&writer{w: &b}).write("OK")
	if b.String() != "$OK#9a" {
		t.Errorf("OK is sent as %q", b.String())
	}
}

// A packet with a wrong checksum is asked for again, and acknowledged when it is right; ^C is no packet.
func TestPacketRepeat(t *testing.T) {
	var out bytes.Buffer
	in, w := readerOf("+$OK#00\x03$OK#9a"), &writer{w: &out}
	for _, want := range []struct {
		packet string
		err    error
		ok     bool
		sent   string
	}{{"", errChecksum, false, "-"}, {interrupted, nil, true, "-"}, {"OK", nil, true, "-+"}} {
		p, err := in.read()
		if p != want.packet || err != want.err {
			t.Errorf("%q, %v; want %q, %v", p, err, want.packet, want.err)
		}
		ok, err := w.acknowledge(p, err)
		if ok != want.ok || err != nil || out.String() != want.sent {
			t.Errorf("%q: to be served %v, %v; acknowledged by %q", p, ok, err, out.String())
		}
	}
}

// Without acknowledgements nobody would send a damaged packet again.
func TestPacketDamagedNoAck(t *testing.T) {
	var out bytes.Buffer
	w := &writer{w: &out, noAck: true}
	if ok, err := w.acknowledge("", errChecksum); ok || err != errChecksum {
		t.Errorf("a damaged packet: %v, %v", ok, err)
	}
	if ok, err := w.acknowledge("OK", nil); !ok || err != nil || out.Len() != 0 {
		t.Errorf("a good packet: %v, %v, acknowledged by %q", ok, err, out.String())
	}
}

func TestPacketTooLong(t *testing.T) {
	if _, err := readerOf("$" + strings.Repeat("a", maxPacket+1) + "#00").read(); err == nil {
		t.Error("a packet longer than allowed was taken")
	}
}

func FuzzPacket(f *testing.F) {
	f.Add("$OK#9a")
	f.Add("$}]#00\x03")
	f.Fuzz(func(t *testing.T, in string) {
		c := readerOf(in)
		for {
			if _, err := c.read(); err != nil && err != errChecksum {
				return
			}
		}
	})
}
