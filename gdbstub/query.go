package gdbstub

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// query serves the q packets.
func (s *Server) query(q string) string {
	name, arg, _ := strings.Cut(q, ":")
	switch {
	case name == "Supported":
		s.execEvents = strings.Contains(arg, "exec-events+")
		return fmt.Sprintf("PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;qXfer:auxv:read+;"+
			"qXfer:exec-file:read+;qXfer:threads:read+;vContSupported+;swbreak+;exec-events+", maxPacket)
	case name == "Attached":
		return "0" // quitting gdb ends the program
	case name == "C":
		return fmt.Sprintf("QC%x", s.thread())
	case name == "Symbol":
		return "OK"
	case name == "fThreadInfo":
		s.threads = s.t.Threads()
		return s.nextThreads()
	case name == "sThreadInfo":
		return s.nextThreads()
	case strings.HasPrefix(q, "ThreadExtraInfo,"):
		tid, err := strconv.ParseInt(q[len("ThreadExtraInfo,"):], 16, 32)
		if err != nil {
			return "E01"
		}
		return hex.EncodeToString([]byte(s.t.ThreadName(int(tid))))
	case name == "Xfer":
		return s.xfer(arg)
	}
	return ""
}

// nextThreads lists as many threads as go into one packet.
func (s *Server) nextThreads() string {
	if len(s.threads) == 0 {
		return "l"
	}
	var b strings.Builder
	for len(s.threads) > 0 && b.Len() < maxPacket/2 {
		sep := byte(',')
		if b.Len() == 0 {
			sep = 'm'
		}
		b.WriteByte(sep)
		fmt.Fprintf(&b, "%x", s.threads[0])
		s.threads = s.threads[1:]
	}
	return b.String()
}

// xfer serves object:read:annex:offset,length.
func (s *Server) xfer(arg string) string {
	f := strings.Split(arg, ":")
	if len(f) != 4 || f[1] != "read" {
		return ""
	}
	off, n, ok := addrLen(f[3])
	if !ok {
		return "E01"
	}
	var data string
	switch f[0] {
	case "features":
		if f[2] != "target.xml" {
			return "E00"
		}
		data = targetXML(s.m)
	case "auxv":
		data = string(s.t.Auxv())
	case "exec-file":
		data = s.t.ExecFile()
	case "threads":
		data = s.threadsXML()
	default:
		return ""
	}
	return part(data, off, n)
}

// part is a piece of an object: m if more follows, l for the last.
func part(data string, off, n uint64) string {
	if off >= uint64(len(data)) {
		return "l"
	}
	data = data[off:]
	// Half, because each byte may have to be escaped.
	if n = min(n, maxPacket/2); uint64(len(data)) > n {
		return "m" + data[:n]
	}
	return "l" + data
}

func (s *Server) threadsXML() string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><threads>`)
	for _, tid := range s.t.Threads() {
		fmt.Fprintf(&b, `<thread id="%x"`, tid)
		if name := s.t.ThreadName(tid); name != "" {
			fmt.Fprintf(&b, ` name="%s"`, escapeXML(name))
		}
		b.WriteString("/>")
	}
	b.WriteString("</threads>")
	return b.String()
}

var escapeXML = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace
