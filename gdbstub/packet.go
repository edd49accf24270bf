// Package gdbstub serves gdb's remote serial protocol for a guest process, as qemu-user's -g does: breakpoints,
// single steps, registers, memory, threads, signals, and the guest's files for symbols.
//
// The protocol is the one of the gdb manual's appendix "gdb Remote Serial Protocol". What is not implemented is
// answered with the empty packet, which tells gdb to do without.
package gdbstub

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxPacket is the longest packet that we take, in bytes without frame; gdb is told (PacketSize).
const maxPacket = 16 << 10

// interrupted is what a packet reader returns for the byte that ^C in gdb sends.
const interrupted = "\x03"

// wire is one connection: packets are framed as $data#checksum and acknowledged with + until gdb asks for no
// acknowledgements.
type wire struct {
	r     *bufio.Reader
	w     io.Writer
	noAck bool
}

var errChecksum = errors.New("packet with a wrong checksum")

// read returns the next packet's content, or interrupted.
func (c *wire) read() (string, error) {
	for {
		b, err := c.r.ReadByte()
		if err != nil {
			return "", err
		}
		switch b {
		case 3:
			return interrupted, nil
		case '$':
		default: // acknowledgements, and noise between packets
			continue
		}
		p, err := c.body()
		if err == errChecksum && !c.noAck {
			if _, err := io.WriteString(c.w, "-"); err != nil {
				return "", err
			}
			continue
		}
		if err == nil && !c.noAck {
			_, err = io.WriteString(c.w, "+")
		}
		return p, err
	}
}

// body reads from behind the $ to the end of the checksum, and undoes escapes.
func (c *wire) body() (string, error) {
	var p []byte
	var sum byte
	for {
		b, err := c.r.ReadByte()
		if err != nil {
			return "", err
		}
		if b == '#' {
			break
		}
		sum += b
		if b == '}' {
			if b, err = c.r.ReadByte(); err != nil {
				return "", err
			}
			sum += b
			b ^= 0x20
		}
		if len(p) >= maxPacket {
			return "", fmt.Errorf("packet longer than %d bytes", maxPacket)
		}
		p = append(p, b)
	}
	var digits [2]byte
	if _, err := io.ReadFull(c.r, digits[:]); err != nil {
		return "", err
	}
	want, err := hex.DecodeString(string(digits[:]))
	if err != nil || want[0] != sum {
		return "", errChecksum
	}
	return string(p), nil
}

// write sends one packet. A lost one cannot happen on a byte stream, so that gdb's + is not waited for: read skips
// it.
func (c *wire) write(p string) error {
	var b strings.Builder
	b.WriteByte('$')
	var sum byte
	for i := range len(p) {
		switch x := p[i]; x {
		case '$', '#', '}', '*':
			b.WriteByte('}')
			b.WriteByte(x ^ 0x20)
			sum += '}' + (x ^ 0x20)
		default:
			b.WriteByte(x)
			sum += x
		}
	}
	fmt.Fprintf(&b, "#%02x", sum)
	_, err := io.WriteString(c.w, b.String())
	return err
}
