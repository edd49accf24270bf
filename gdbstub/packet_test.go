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
		c := &wire{r: bufio.NewReader(&b), w: &b}
		if err := c.write(p); err != nil {
			t.Fatal(err)
		}
		c.w = new(bytes.Buffer)
		if got, err := c.read(); err != nil || got != p {
			t.Errorf("%q came back as %q, %v", p, got, err)
		}
	}
}

func TestPacketKnown(t *testing.T) {
	var b bytes.Buffer
	(&wire{w: &b}).write("OK")
	if b.String() != "$OK#9a" {
		t.Errorf("OK is sent as %q", b.String())
	}
}

// A packet with a wrong checksum is asked for again, and acknowledged when it is right.
func TestPacketRepeat(t *testing.T) {
	var out bytes.Buffer
	c := &wire{r: bufio.NewReader(strings.NewReader("+$OK#00$OK#9a")), w: &out}
	if p, err := c.read(); p != "OK" || err != nil {
		t.Errorf("%q, %v", p, err)
	}
	if out.String() != "-+" {
		t.Errorf("acknowledged by %q", out.String())
	}
}

func TestPacketTooLong(t *testing.T) {
	c := &wire{r: bufio.NewReader(strings.NewReader("$" + strings.Repeat("a", maxPacket+1) + "#00")), w: new(bytes.Buffer)}
	if _, err := c.read(); err == nil {
		t.Error("a packet longer than allowed was taken")
	}
}

func FuzzPacket(f *testing.F) {
	f.Add("$OK#9a")
	f.Add("$}]#00\x03")
	f.Fuzz(func(t *testing.T, in string) {
		c := &wire{r: bufio.NewReader(strings.NewReader(in)), w: new(bytes.Buffer)}
		for {
			if _, err := c.read(); err != nil {
				return
			}
		}
	})
}
