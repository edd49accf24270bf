package gdbstub

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"nbemu/abi"
	"nbemu/arch"
	_ "nbemu/arch/all"
	"nbemu/arch/amd64"
	"nbemu/arch/arm"
	"nbemu/arch/sparc"
	"nbemu/arch/x86"
	"nbemu/cpu"
)

// fake is a process with 256 bytes of memory at 0x1000 and threads 1 and 2.
type fake struct {
	arch        *cpu.Arch
	mem         [256]byte
	tp          uint64
	regs, fp    []byte
	event       Event
	actions     []Action
	interrupted chan struct{}
	block       bool
	detached    bool
	breaks      map[uint64][]byte
	killed      bool
	catching    bool
}

func newFake(a *cpu.Arch) *fake {
	f := &fake{arch: a, regs: make([]byte, 1024), fp: make([]byte, 1024), interrupted: make(chan struct{}, 1)}
	for i := range f.mem {
		f.mem[i] = byte(i)
	}
	for i := range f.regs {
		f.regs[i] = byte(i * 7)
	}
	f.event = Event{Signal: int(abi.SIGTRAP), TID: 2}
	return f
}

func (f *fake) Arch() *cpu.Arch { return f.arch }
func (f *fake) PID() int        { return 42 }
func (f *fake) Processes() []Target {
	if f.killed || f.detached || f.event.Kind != Stopped {
		return nil
	}
	return []Target{f}
}
func (f *fake) FollowForks(bool)            {}
func (f *fake) Threads() []int              { return []int{1, 2} }
func (f *fake) ThreadName(tid int) string   { return map[int]string{2: "a<b"}[tid] }
func (f *fake) ReadRegs(int) (r, fp []byte) { return slices.Clone(f.regs), slices.Clone(f.fp) }
func (f *fake) WriteRegs(_ int, r, fp []byte) error {
	copy(f.regs, r)
	copy(f.fp, fp)
	return nil
}
func (f *fake) ThreadPointer(int) uint64 { return f.tp }
func (f *fake) ReadMem(addr uint64, b []byte) int {
	if addr < 0x1000 || addr >= 0x1100 {
		return 0
	}
	return copy(b, f.mem[addr-0x1000:])
}
func (f *fake) WriteMem(addr uint64, b []byte) error {
	if addr < 0x1000 || addr > 0x1100 || addr+uint64(len(b)) > 0x1100 {
		return errors.New("bad address")
	}
	copy(f.mem[addr-0x1000:], b)
	return nil
}
func (f *fake) SetPC(_ int, pc uint64) error {
	binary.LittleEndian.PutUint64(f.regs[8*x86.RIP:], pc)
	return nil
}
func (f *fake) Resume(a []Action) Event {
	f.actions = a
	if f.block {
		<-f.interrupted
		return Event{Signal: int(abi.SIGINT), TID: 1}
	}
	return f.event
}
func (f *fake) Interrupt() {
	select {
	case f.interrupted <- struct{}{}:
	default: // it is already
	}
}
func (f *fake) Auxv() []byte     { return []byte{6, 0, 0, 0, 0, 0, 0, 0} }
func (f *fake) ExecFile() string { return "/bin/x" }
func (f *fake) Kill()            { f.killed = true }
func (f *fake) Watch(kind WatchKind, addr uint64, n int) bool {
	return kind == WatchWrite && addr == 0x1000
}
func (f *fake) Unwatch(WatchKind, uint64, int) {}
func (f *fake) CatchCalls(on bool)             { f.catching = on }
func (f *fake) Breaks() map[uint64][]byte {
	if f.breaks == nil {
		f.breaks = map[uint64][]byte{}
	}
	return f.breaks
}
func (f *fake) Detach() { f.detached = true }
func (f *fake) Open(path string) (File, error) {
	if path != "/bin/x" {
		return nil, errors.New("no such file")
	}
	return fakeFile{strings.NewReader("contents")}, nil
}

type fakeFile struct{ *strings.Reader }

func (f fakeFile) Close() error { return nil }

// client is gdb's side of a session.
type client struct {
	t *testing.T
	*reader
	writer
	conn net.Conn
	err  chan error
}

func start(t *testing.T, f *fake) *client {
	here, there := net.Pipe()
	c := &client{t: t, reader: &reader{bufio.NewReader(here)},
		writer: writer{w: here, noAck: true}, conn: here, err: make(chan error, 1)}
	go func() {
		c.err <- Serve(there, f, Event{Signal: int(abi.SIGTRAP), TID: 1})
		there.Close()
	}()
	t.Cleanup(func() { here.Close() })
	io.WriteString(here, "$QStartNoAckMode#b0")
	if _, err := c.r.ReadByte(); err != nil { // +
		t.Fatal(err)
	}
	c.expect("OK")
	return c
}

func (c *client) expect(want string) {
	c.t.Helper()
	if got, err := c.read(); err != nil || got != want {
		c.t.Fatalf("got %q, %v; want %q", got, err, want)
	}
}

func (c *client) ask(p, want string) {
	c.t.Helper()
	if err := c.write(p); err != nil {
		c.t.Fatal(err)
	}
	c.expect(want)
}

func TestRequests(t *testing.T) {
	f := newFake(amd64.Arch)
	c := start(t, f)
	c.ask("?", "T05thread:1;")
	c.ask("qfThreadInfo", "m1,2")
	c.ask("qsThreadInfo", "l")
	c.ask("qThreadExtraInfo,2", hex.EncodeToString([]byte("a<b")))
	c.ask("m1002,3", "020304")
	c.ask("m10fe,8", "feff")
	c.ask("m2000,4", "E0e")
	c.ask("M1002,2:aabb", "OK")
	c.ask("m1002,3", "aabb04")
	c.ask("X1003,2:\x7d\x01", "OK")
	c.ask("m1002,3", "aa7d01")
	c.ask("M1002,3:aabb", "E01")
	c.ask("Hg2", "OK")
	c.ask("Hg9", "E01")
	c.ask("T2", "OK")
	c.ask("T3", "E01")
	c.ask("P0=0102030405060708", "OK")
	c.ask("p0", "0102030405060708")
	c.ask("p7777", "E01")
	c.ask("qXfer:auxv:read::0,100", "l\x06\x00\x00\x00\x00\x00\x00\x00")
	c.ask("qXfer:exec-file:read:2a:0,3", "m/bi")
	c.ask("qXfer:exec-file:read:2a:3,100", "ln/x")
	c.ask("Z2,1000,4", "OK")
	c.ask("Z2,1008,4", "E0e")
	c.ask("z2,1000,4", "OK")
	c.ask("Z3,1000,4", "")
	c.ask("vMustReplyEmpty", "")
	c.ask("vFile:setfs:0", "F0")
	c.ask("vFile:open:"+hex.EncodeToString([]byte("/bin/x"))+",0,0", "F0")
	c.ask("vFile:open:"+hex.EncodeToString([]byte("/bin/x"))+",1,0", "F-1,1e")
	c.ask("vFile:open:"+hex.EncodeToString([]byte("/bin/y"))+",0,0", "F-1,2")
	c.ask("vFile:pread:0,100,3", "F5;tents")
	c.ask("vFile:close:0", "F0")
	c.ask("vFile:pread:0,100,3", "F-1,9")
}

func TestBreakpoints(t *testing.T) {
	f := newFake(amd64.Arch)
	c := start(t, f)
	c.ask("Z0,1010,1", "OK")
	if f.mem[0x10] != 0xcc {
		t.Errorf("no breakpoint in memory: %#x", f.mem[0x10])
	}
	c.ask("m100f,3", "0f1011")
	// Writing over it changes what it hides, not itself.
	c.ask("M100f,3:a1a2a3", "OK")
	if f.mem[0xf] != 0xa1 || f.mem[0x10] != 0xcc || f.mem[0x11] != 0xa3 {
		t.Errorf("memory after the write: %x", f.mem[0xf:0x12])
	}
	c.ask("m100f,3", "a1a2a3")
	// The machine stops after the instruction; gdb wants the pc on it.
	f.event = Event{Signal: int(abi.SIGTRAP), TID: 2, Breakpoint: true}
	f.SetPC(2, 0x1011)
	c.ask("vCont;c", "T05thread:2;swbreak:;")
	c.ask("p10", "1010000000000000")
	// A breakpoint of the program's own is left alone.
	f.SetPC(2, 0x1021)
	c.ask("c", "T05thread:2;")
	c.ask("p10", "2110000000000000")
	c.ask("z0,1010,1", "OK")
	if f.mem[0x10] != 0xa2 {
		t.Errorf("after removal: %#x", f.mem[0x10])
	}
}

func TestResume(t *testing.T) {
	f := newFake(amd64.Arch)
	c := start(t, f)
	check := func(p, answer string, want ...Action) {
		t.Helper()
		c.ask(p, answer)
		for i := range want {
			want[i].Target = f
		}
		if !slices.Equal(f.actions, want) {
			t.Errorf("%s: %+v, want %+v", p, f.actions, want)
		}
	}
	check("vCont;s:2;c", "T05thread:2;", Action{TID: 2, Step: true}, Action{TID: 1})
	check("vCont;s:1", "T05thread:2;", Action{TID: 1, Step: true})
	check("vCont;C1e:2", "T05thread:2;", Action{TID: 2, Signal: 30})
	c.ask("Hg1", "OK")
	check("C8e", "T05thread:2;", Action{TID: 1, Signal: int(abi.SIGINFO)}, Action{TID: 2})
	f.block = true
	if err := c.write("vCont;c"); err != nil {
		t.Fatal(err)
	}
	c.conn.Write([]byte{3})
	c.expect("T02thread:1;")
	f.block = false
	f.event = Event{Kind: Exited, Status: 3}
	c.ask("c", "W03")
	if err := <-c.err; err != nil {
		t.Error(err)
	}
}

// When gdb goes away, the program runs on without breakpoints.
func TestGone(t *testing.T) {
	f := newFake(amd64.Arch)
	c := start(t, f)
	c.ask("Z0,1010,1", "OK")
	c.conn.Close()
	<-c.err
	if !f.detached || f.mem[0x10] != 0x10 {
		t.Errorf("detached %v, memory %#x", f.detached, f.mem[0x10])
	}
}

// So it does when gdb goes away while the program runs: it is stopped once more for that.
func TestGoneRunning(t *testing.T) {
	f := newFake(amd64.Arch)
	c := start(t, f)
	c.ask("Z0,1010,1", "OK")
	f.block = true
	if err := c.write("vCont;c"); err != nil {
		t.Fatal(err)
	}
	c.conn.Close()
	<-c.err
	if !f.detached || f.mem[0x10] != 0x10 {
		t.Errorf("detached %v, memory %#x", f.detached, f.mem[0x10])
	}
}

// Every machine's description is well-formed, has unique names and numbers, and g gives as many bytes as it says.
func TestDescriptions(t *testing.T) {
	for _, p := range arch.Ports() {
		a, m := p.Arch, p.GDB()
		var x struct {
			Features []struct {
				Regs []struct {
					Name string `xml:"name,attr"`
					Bits int    `xml:"bitsize,attr"`
					Num  int    `xml:"regnum,attr"`
				} `xml:"reg"`
			} `xml:"feature"`
		}
		if err := xml.NewDecoder(strings.NewReader(targetXML(m, true))).Decode(&x); err != nil {
			t.Errorf("%s: %v", a.Name, err)
			continue
		}
		bits := 0
		seen := map[any]bool{}
		for _, f := range x.Features {
			for _, r := range f.Regs {
				if seen[r.Name] || seen[r.Num] {
					t.Errorf("%s: %s (%d) twice", a.Name, r.Name, r.Num)
				}
				seen[r.Name], seen[r.Num] = true, true
				bits += r.Bits
			}
		}
		for i, r := range m.Regs {
			if r.Name == "" && i < len(m.Regs) && !seen[i] && a != arm.Arch {
				t.Errorf("%s: no register %d", a.Name, i)
			}
		}
		f := newFake(a)
		s := &Server{t: f, m: m}
		if got := len(s.readAll()) * 4; got != bits {
			t.Errorf("%s: g has %d bits, the description %d", a.Name, got, bits)
		}
		// Written back unchanged they are the same.
		before := slices.Clone(f.regs)
		if r := s.writeAll(s.readAll()); r != "OK" && m.SPOff == 0 {
			t.Errorf("%s: G: %s", a.Name, r)
		}
		if !slices.Equal(before, f.regs) {
			t.Errorf("%s: g then G changes registers", a.Name)
		}
	}
}

func TestSignals(t *testing.T) {
	for sig := 1; sig < int(abi.NSIG); sig++ {
		if got := fromGDB(toGDB(sig)); got != sig {
			t.Errorf("signal %d is %d after the way there and back", sig, got)
		}
	}
}

// No sequence of packets makes the server panic.
func FuzzSession(f *testing.F) {
	f.Add("g")
	f.Add("m1000,10\nZ0,1010,1\nc")
	f.Add("vFile:open:2f62696e2f78,0,0\nvFile:pread:0,ffffffffffffffff,8000000000000000")
	f.Add("qXfer:features:read:target.xml:0,fff\nP1=00\nG00")
	f.Fuzz(func(t *testing.T, in string) {
		for _, a := range []*cpu.Arch{amd64.Arch, sparc.SPARC64} {
			var b strings.Builder
			out := &writer{w: &b}
			for p := range strings.SplitSeq(in, "\n") {
				out.write(p)
			}
			rw := struct {
				io.Reader
				io.Writer
			}{iotest.OneByteReader(strings.NewReader(b.String())), io.Discard}
			Serve(rw, newFake(a), Event{TID: 1})
		}
	})
}

// Auxiliary vectors have types of 64 bits for a debugger of a 64-bit machine, in Linux' form and in NetBSD's.
func TestAuxv(t *testing.T) {
	netbsd := []byte{0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	linux := []byte{0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	for _, b := range [][]byte{netbsd, linux} {
		if got := auxv(abi.LP64BE, b); !slices.Equal(got, linux) {
			t.Errorf("%x is %x", b, got)
		}
	}
	if got := auxv(abi.LP64LE, netbsd); !slices.Equal(got, netbsd) {
		t.Errorf("little-endian: %x", got)
	}
}

// Breakpoints of both kinds can be at one place: the instruction is there until both are gone. A machine without registers
// for them takes instructions for both.
func TestHardwareBreakpoint(t *testing.T) {
	f := newFake(arch.ByName("riscv64").Arch)
	c := start(t, f)
	old := slices.Clone(f.mem[0x10:0x14])
	there := func(want bool) {
		t.Helper()
		if got := !slices.Equal(f.mem[0x10:0x14], old); got != want {
			t.Errorf("the instruction is there: %v, want %v", got, want)
		}
	}
	for _, p := range []struct {
		packet string
		there  bool
	}{{"Z1,1010,4", true}, {"Z0,1010,4", true}, {"Z0,1010,4", true}, {"z1,1010,4", true}, {"z1,1010,4", true}, {"z0,1010,4", false}, {"z0,1010,4", false}, {"Z1,1010,4", true}, {"z1,1010,4", false}} {
		c.ask(p.packet, "OK")
		there(p.there)
	}
	c.ask("Z1,ffffffffff,4", "E0e")
	c.ask("Z1,ffffffffff,4", "E0e")
}

// monitor's commands; a target that cannot be asked says so.
func TestMonitor(t *testing.T) {
	c := start(t, newFake(amd64.Arch))
	for command, want := range map[string]string{
		"help": monitorHelp, "": monitorHelp, "ps": "there are no processes: this is a core file\n",
		"syscall write": "there is no program whose calls could be told\n", "syscall": "monitor syscall: of which? A name, a part of one, or a number\n",
		"frob": "monitor frob: there is no such command\n" + monitorHelp,
	} {
		c.ask("qRcmd,"+hex.EncodeToString([]byte(command)), hex.EncodeToString([]byte(want)))
	}
	c.ask("qRcmd,zz", "E01")
	c.ask("qXfer:osdata:read:processes:0,100", "E00")
	c.ask("qXfer:osdata:read::0,200", `l<?xml version="1.0"?><!DOCTYPE target SYSTEM "osdata.dtd"><osdata type="types"></osdata>`)
	c.ask("vFile:readlink:2f70", "F-1,16")
}

// siginfo_t of Linux, of both sizes.
func TestSiginfo(t *testing.T) {
	fault := &abi.Siginfo{Signo: abi.SIGSEGV, Code: 2, Addr: 0x1234}
	child := &abi.Siginfo{Signo: abi.SIGCHLD, Code: 1, Pid: 7, Uid: 8, Status: 9, Utime: 10, Stime: 11}
	sent := &abi.Siginfo{Signo: abi.SIGUSR1, Code: 0, Pid: 7, Uid: 8, Value: 5}
	for _, c := range []struct {
		m    *abi.Model
		k    *abi.Siginfo
		want []uint32 // words that are not 0, each after its place
	}{
		{abi.LP64LE, fault, []uint32{0, 11, 8, 2, 16, 0x1234}},
		{abi.LP64BE, fault, []uint32{0, 11, 8, 2, 20, 0x1234}},
		{abi.LP64LE, child, []uint32{0, 20, 8, 1, 16, 7, 20, 8, 24, 9, 32, 10, 40, 11}},
		{abi.LP64LE, sent, []uint32{0, 30, 16, 7, 20, 8, 24, 5}},
		{arch.ByName("arm").Arch.Model, fault, []uint32{0, 11, 8, 2, 12, 0x1234}},
		{arch.ByName("arm").Arch.Model, child, []uint32{0, 20, 8, 1, 12, 7, 16, 8, 20, 9, 24, 10, 28, 11}},
	} {
		b := siginfo(c.m, int32(c.k.Signo), c.k)
		want := make([]byte, siginfoSize)
		for i := 0; i < len(c.want); i += 2 {
			c.m.PutUint(want[c.want[i]:], 4, uint64(c.want[i+1]))
		}
		if !slices.Equal(b, want) {
			t.Errorf("%+v: %x, want %x", c.k, b, want)
		}
	}
}
