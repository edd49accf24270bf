// Package gdbstub serves gdb's remote serial protocol for a guest process, as qemu-user's -g does: breakpoints,
// single steps, registers, memory, threads, signals, and the guest's files for symbols.
//
// The protocol is the one of the gdb manual's appendix "gdb Remote Serial Protocol". What is not implemented is
// answered with the empty packet, which tells gdb to do without.
//
// It is a part of nbemu and not for other modules: those import package machine.
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

// errChecksum is what a packet reader returns for a packet that was damaged on the way; the next one can be read.
var errChecksum = errors.New("packet with a wrong checksum")

// reader is the receiving side of a connection, where packets are framed as $data#checksum.
type reader struct{ r *bufio.Reader }

// read returns the next packet's content, or interrupted. It writes nothing: acknowledging is up to the writer's owner.
func (c *reader) read() (string, error) {
	for {
		b, err := c.r.ReadByte()
		if err != nil {
			return "", err
		}
		switch b {
		case 3:
			return interrupted, nil
		case '$':
			return c.body()
		}
		// Everything else is acknowledgements, and noise between packets.
	}
}

// body reads from after the $ to the end of the checksum, and undoes escapes.
func (c *reader) body() (string, error) {
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

// writer is the sending side of a connection. One goroutine owns it. Packets that arrive are acknowledged with + until
// gdb asks for no acknowledgements.
type writer struct {
	w     io.Writer
	noAck bool
}

// acknowledge answers for one packet of the reader's: p and err are what read returned. ok reports whether p can be
// served; a packet that was damaged is asked for again.
func (c *writer) acknowledge(p string, err error) (ok bool, _ error) {
	switch {
	case err == errChecksum && !c.noAck:
		_, err = io.WriteString(c.w, "-")
		return false, err
	case err != nil:
		return false, err
	case !c.noAck && p != interrupted:
		_, err = io.WriteString(c.w, "+")
	}
	return err == nil, err
}

// write sends one packet. A lost one cannot happen on a byte stream, so that gdb's + is not waited for: read skips
// it.
func (c *writer) write(p string) error {
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
