package gdbstub

import (
	"bytes"
	"debug/elf"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"nbemu/abi"
)

// query serves the q packets.
func (s *Server) query(q string) string {
	name, arg, _ := strings.Cut(q, ":")
	switch {
	case name == "Supported":
		s.execEvents = strings.Contains(arg, "exec-events+")
		s.multi = slices.Contains(strings.Split(arg, ";"), "multiprocess+")
		features := ""
		if s.multi {
			features = "multiprocess+;"
		}
		if _, ok := s.t.(Reverser); ok {
			features += "ReverseStep+;ReverseContinue+;"
		} else if s.multi && strings.Contains(arg, "vfork-events+") {
			features += "fork-events+;vfork-events+;"
			s.t.FollowForks(true)
		}
		return fmt.Sprintf("PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;qXfer:auxv:read+;qXfer:exec-file:read+;"+
			"qXfer:threads:read+;qXfer:osdata:read+;qXfer:siginfo:read+;vContSupported+;swbreak+;hwbreak+;exec-events+;%sQCatchSyscalls+;QPassSignals+", maxPacket, features)
	case strings.HasPrefix(name, "Attached"):
		return "0" // quitting gdb ends the program
	case name == "C":
		return "QC" + s.threadID(s.t, s.thread())
	case name == "HostInfo":
		return s.hostInfo()
	case name == "ProcessInfo":
		return fmt.Sprintf("pid:%x;%s", s.t.PID(), s.hostInfo())
	case name == "Offsets":
		return s.offsets()
	case name == "Symbol":
		return "OK"
	case name == "fThreadInfo":
		s.threads = nil
		for _, t := range s.t.Processes() {
			for _, tid := range t.Threads() {
				s.threads = append(s.threads, s.threadID(t, tid))
			}
		}
		return s.nextThreads()
	case name == "sThreadInfo":
		return s.nextThreads()
	case strings.HasPrefix(q, "ThreadExtraInfo,"):
		t, tid, ok := s.parseThread(q[len("ThreadExtraInfo,"):])
		if !ok {
			return "E01"
		}
		return hex.EncodeToString([]byte(t.ThreadName(tid)))
	case name == "GetTLSAddr":
		return s.tlsAddr(arg)
	case name == "Xfer":
		return s.xfer(arg)
	case strings.HasPrefix(q, "Rcmd,"):
		return s.monitor(q[len("Rcmd,"):])
	}
	return ""
}

// offsets tells LLDB that a program is where its file says. Of some machines LLDB has nobody who would find that out
// otherwise, and sets no breakpoint then. A program that was moved is for it to find by auxv.
func (s *Server) offsets() string {
	if !s.lldb {
		return ""
	}
	f, err := s.t.Open(s.t.ExecFile())
	if err != nil {
		return ""
	}
	defer f.Close()
	const eType = 16 // of Elf32_Ehdr and Elf64_Ehdr
	var b [eType + 2]byte
	if n, _ := f.ReadAt(b[:], 0); n != len(b) || string(b[:4]) != elf.ELFMAG || elf.Type(s.t.Arch().Model.Uint(b[eType:], 2)) != elf.ET_EXEC {
		return ""
	}
	return "Text=0;Data=0;Bss=0"
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
		b.WriteString(s.threads[0])
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
		data = targetXML(s.m, s.lldb)
	case "auxv":
		data = string(auxv(s.t.Arch().Model, s.t.Auxv()))
	case "exec-file":
		t := s.t
		if f[2] != "" {
			if t = s.process(f[2]); t == nil {
				return "E01"
			}
		}
		data = t.ExecFile()
	case "threads":
		data = s.threadsXML()
	case "siginfo":
		t, ok := s.t.(interface{ Siginfo(tid int) ([]byte, bool) })
		if !ok {
			return ""
		}
		info, ok := t.Siginfo(s.thread())
		if !ok {
			return "E01"
		}
		data = string(info)
	case "osdata":
		var ok bool
		if data, ok = s.osdata(f[2]); !ok {
			return "E00"
		}
	default:
		return ""
	}
	return part(data, off, n)
}

// auxv is an auxiliary vector as debuggers read it, with types that are as long as values. NetBSD's have 32 bits, with as many
// of padding after them: to a 64-bit machine of big-endian order the type is in the wrong half.
func auxv(m *abi.Model, b []byte) []byte {
	if m.PtrSize != 8 || !m.BigEndian {
		return b
	}
	b = slices.Clone(b)
	for at := 0; at+16 <= len(b); at += 16 {
		if typ := b[at : at+4]; !bytes.Equal(typ, make([]byte, 4)) {
			copy(b[at+4:at+8], typ)
			clear(typ)
		}
	}
	return b
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
	for _, t := range s.t.Processes() {
		for _, tid := range t.Threads() {
			fmt.Fprintf(&b, `<thread id="%s"`, s.threadID(t, tid))
			if name := t.ThreadName(tid); name != "" {
				fmt.Fprintf(&b, ` name="%s"`, escapeXML(name))
			}
			b.WriteString("/>")
		}
	}
	b.WriteString("</threads>")
	return b.String()
}

var escapeXML = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace

// setting serves the Q packets.
func (s *Server) setting(q string) string {
	name, arg, _ := strings.Cut(q, ":")
	switch name {
	case "CatchSyscalls":
		return s.catchCalls(arg)
	case "PassSignals":
		return s.passSignals(arg)
	case "EnableErrorStrings", "ThreadSuffixSupported":
		// LLDB's, which gdb has never heard of.
		s.lldb = true
		// LLDB takes a SIGTRAP at the program's entry for the breakpoint that it has
		// set there itself, and goes on without a word; the first stop is a SIGSTOP for it, as of its own servers.
		if s.event.First {
			s.event.Signal = int(abi.SIGSTOP)
		}
	}
	return ""
}

// catchCalls serves 0, or 1 with the numbers of system calls; none are all.
func (s *Server) catchCalls(arg string) string {
	on, list, _ := strings.Cut(arg, ";")
	calls := map[int]bool{}
	for n := range strings.SplitSeq(list, ";") {
		if n == "" {
			continue
		}
		number, err := strconv.ParseUint(n, 16, 31)
		if err != nil {
			return "E01"
		}
		calls[int(number)] = true
	}
	if on != "0" && on != "1" {
		return "E01"
	}
	s.calls = calls
	s.t.CatchCalls(on == "1")
	return "OK"
}

// passSignals serves a list of signals, in gdb's numbers, that the program gets without a stop.
func (s *Server) passSignals(list string) string {
	var set abi.Sigset
	for n := range strings.SplitSeq(list, ";") {
		if n == "" {
			continue
		}
		sig, err := strconv.ParseUint(n, 16, 8)
		if err != nil {
			return "E01"
		}
		if sig := fromGDB(int(sig)); sig != 0 {
			set.Add(abi.Signal(sig))
		}
	}
	if t, ok := s.t.(interface{ PassSignals(abi.Sigset) }); ok { // not a core file
		t.PassSignals(set)
	}
	return "OK"
}

// llvmNames are LLVM's names of machines, where they are not ours.
var llvmNames = map[string]string{"amd64": "x86_64", "arm": "armv7", "sparc64": "sparcv9", "mipsn32": "mips64", "mipsn32el": "mips64el"}

// hostInfo is LLDB's: which machine and system it is.
func (s *Server) hostInfo() string {
	a := s.t.Arch()
	name, endian := a.Name, "little"
	if llvm := llvmNames[name]; llvm != "" {
		name = llvm
	}
	if a.Model.BigEndian {
		endian = "big"
	}
	return fmt.Sprintf("triple:%s;ostype:netbsd;vendor:unknown;endian:%s;ptrsize:%d;", hex.EncodeToString([]byte(name+"-unknown-netbsd")), endian, a.Model.PtrSize)
}
