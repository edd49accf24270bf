package kern

import (
	"bytes"
	"fmt"
	"time"
)

// MsgbufSize is the length of the message buffer in bytes (MSGBUFSIZE, 16 pages, without its head of four words).
const MsgbufSize = 16<<12 - 32

// msgbuf is the kernel's message buffer (sys/sys/msgbuf.h): what Log said last, for dmesg(8). Guarded by the kernel lock.
type msgbuf struct {
	text []byte // MsgbufSize bytes, a ring; nil until something is in it or reads it
	next int    // where the next byte goes, which is where the oldest one is (msg_bufx)
}

// Msgbuf returns the message buffer, oldest byte first; bytes that nothing was written to yet are NUL, and come first.
// Preconditions: kernel lock.
func (k *Kernel) Msgbuf() []byte {
	m := &k.msgbuf
	m.start(k)
	return append(bytes.Clone(m.text[m.next:]), m.text[:m.next]...)
}

// logMsgbuf adds a line, after the time since the machine started, as log_ts_prefix in subr_prf.c has it.
func (k *Kernel) logMsgbuf(msg string) {
	k.msgbuf.start(k)
	k.msgbuf.line(k.Timenow().Sub(k.Boottime()), msg)
}

// start writes what a kernel says first.
func (m *msgbuf) start(k *Kernel) {
	if m.text == nil {
		m.text = make([]byte, MsgbufSize)
		m.line(0, k.OSVersion())
	}
}

func (m *msgbuf) line(at time.Duration, msg string) {
	at = max(at, 0)
	b := fmt.Appendf(nil, "[%6d.%06d] %s", at/time.Second, at%time.Second/time.Microsecond, bytes.TrimRight([]byte(msg), "\n"))
	for _, c := range append(b, '\n') {
		m.text[m.next] = c
		m.next = (m.next + 1) % len(m.text)
	}
}
