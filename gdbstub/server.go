package gdbstub

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"nbemu/abi"
	"nbemu/arch"
	"nbemu/arch/gdb"
	"nbemu/cpu"
)

// Server is one gdb's session.
type Server struct {
	t    Target
	m    *gdb.Machine
	wire writer
	// packets has what gdb sends; the goroutine that reads it touches nothing else of the session.
	packets <-chan received
	lost    error // why there is nobody to talk to any more

	// general is the thread that g, p and their like mean; last is the one that the last event came from.
	general, last int
	steps         int // the thread that bs means
	event         Event
	execEvents    bool
	lldb          bool              // it is LLDB that talks
	multi         bool              // gdb wants the process's number before a thread's: p1.2
	calls         map[int]bool      // system calls that gdb hears of, if of any; all if it is empty
	places        map[breakAt]kinds // breakpoint instructions that gdb has set
	files         map[int]File
	threads       []string          // not yet told of by qsThreadInfo
	allocated     map[uint64]uint64 // memory of the debugger's, by address: how much
}

// ErrArch is what Serve returns for a machine whose registers gdb is not told of.
var ErrArch = errors.New("gdb's registers for this machine are not known")

// Serve talks to gdb over conn until the program is gone, or gdb is. first is how the program stopped.
func Serve(conn io.ReadWriter, t Target, first Event) error {
	s := &Server{t: t, m: machineOf(t.Arch()), event: first, last: first.TID,
		wire: writer{w: conn}, files: map[int]File{}}
	if s.m == nil {
		return ErrArch
	}
	defer s.closeFiles()
	done := make(chan struct{})
	defer close(done)
	s.packets = receive(&reader{bufio.NewReader(conn)}, done)
	for s.lost == nil {
		in := <-s.packets
		if !s.accept(in) {
			continue
		}
		over, err := s.packet(in.packet)
		if over {
			return err
		}
		if s.lost == nil {
			s.lost = err
		}
	}
	s.letGo()
	if s.lost == io.EOF {
		return nil
	}
	return s.lost
}

// received is what reader.read returned.
type received struct {
	packet string
	err    error
}

// receive reads packets, until the connection fails or done is closed. Nothing comes after the error that ended it.
func receive(r *reader, done <-chan struct{}) <-chan received {
	packets := make(chan received)
	go func() {
		for {
			p, err := r.read()
			select {
			case packets <- received{p, err}:
			case <-done:
				return
			}
			if err != nil && err != errChecksum {
				return
			}
		}
	}()
	return packets
}

// accept acknowledges what has arrived and reports whether there is something to serve in it.
func (s *Server) accept(in received) bool {
	ok, err := s.wire.acknowledge(in.packet, in.err)
	s.lost = err
	return ok
}

// letGo is for a gdb that has gone without a word, perhaps while the program ran: that goes on, as after detach.
func (s *Server) letGo() {
	for _, t := range s.t.Processes() {
		s.detach(t)
	}
}

// detach lets one process go, without breakpoints in its memory.
func (s *Server) detach(t Target) {
	s.use(t)
	s.removeBreaks()
	t.Detach()
}

// use makes t the process that requests are for.
func (s *Server) use(t Target) {
	if s.t == t {
		return
	}
	s.t = t
	if m := machineOf(t.Arch()); m != nil {
		s.m = m
	}
}

// process finds a process by its number in hexadecimal; nil if gdb has no such one.
func (s *Server) process(number string) Target {
	pid, err := strconv.ParseInt(number, 16, 32)
	if err != nil {
		return nil
	}
	all := s.t.Processes()
	for _, t := range all {
		if int64(t.PID()) == pid {
			return t
		}
	}
	if !s.multi && len(all) == 1 {
		return all[0] // a debugger that was told no number has made one up
	}
	return nil
}

// leave is what follows a process that is gdb's no more; over ends the session with the last one.
func (s *Server) leave() (over bool) {
	rest := s.t.Processes()
	if len(rest) == 0 {
		return true
	}
	s.use(rest[0])
	return false
}

// packet serves one request; over ends the session. Packets that come while the program runs are looked at by
// resume.
func (s *Server) packet(p string) (over bool, err error) {
	if p == "" || p == interrupted {
		return false, nil
	}
	arg := p[1:]
	switch p[0] {
	case '?':
		return false, s.wire.write(s.stopReply())
	case 'c', 'C', 's', 'S':
		actions, ok := s.oldResume(p)
		if !ok {
			return false, s.wire.write("E01")
		}
		return s.resume(actions)
	case 'b':
		return s.reverse(arg)
	case 'k':
		for _, t := range s.t.Processes() {
			t.Kill()
		}
		if s.lldb { // gdb wants no answer
			return true, s.wire.write(fmt.Sprintf("X%02x", toGDB(int(abi.SIGKILL))))
		}
		return true, nil
	case 'D':
		if _, number, one := strings.Cut(arg, ";"); one {
			t := s.process(number)
			if t == nil {
				return false, s.wire.write("E01")
			}
			s.detach(t)
			return s.leave(), s.wire.write("OK")
		}
		s.letGo()
		return true, s.wire.write("OK")
	case 'v':
		if list, ok := strings.CutPrefix(p, "vCont;"); ok {
			actions, ok := s.vCont(list)
			if !ok {
				return false, s.wire.write("E01")
			}
			return s.resume(actions)
		}
		if number, ok := strings.CutPrefix(p, "vKill;"); ok {
			t := s.process(number)
			if t == nil {
				return false, s.wire.write("E01")
			}
			t.Kill()
			return s.leave(), s.wire.write("OK")
		}
		return false, s.wire.write(s.vPacket(p))
	case 'Q':
		if p == "QStartNoAckMode" {
			err := s.wire.write("OK")
			s.wire.noAck = true
			return false, err
		}
		return false, s.wire.write(s.setting(arg))
	}
	return false, s.wire.write(s.answer(p[0], arg))
}

// answer serves the requests that do not let the program run.
func (s *Server) answer(c byte, arg string) string {
	switch c {
	case 'g':
		return s.readAll()
	case 'G':
		return s.writeAll(arg)
	case 'p':
		return s.readOne(arg)
	case 'P':
		return s.writeOne(arg)
	case 'm':
		return s.readMem(arg)
	case 'M', 'X':
		return s.writeMem(c, arg)
	case 'Z', 'z':
		return s.breakpoint(c == 'Z', arg)
	case 'H':
		return s.setThread(arg)
	case 'T':
		if t, tid, ok := s.parseThread(arg); ok && slices.Contains(t.Threads(), tid) {
			return "OK"
		}
		return "E01"
	case 'q':
		return s.query(arg)
	case '_':
		switch {
		case strings.HasPrefix(arg, "M"):
			return s.allocate(arg[1:])
		case strings.HasPrefix(arg, "m"):
			return s.free(arg[1:])
		}
	}
	return ""
}

// thread is the one that register requests mean.
func (s *Server) thread() int {
	threads := s.t.Threads()
	for _, tid := range []int{s.general, s.last} {
		if slices.Contains(threads, tid) {
			return tid
		}
	}
	if len(threads) == 0 {
		return 0
	}
	return threads[0]
}

func (s *Server) setThread(arg string) string {
	if arg == "" {
		return "E01"
	}
	t, tid, ok := s.parseThread(arg[1:])
	if !ok || tid > 0 && !slices.Contains(t.Threads(), tid) {
		return "E01"
	}
	if arg[0] == 'g' {
		s.use(t)
		s.general = max(tid, 0)
	} else {
		s.steps = max(tid, 0)
	}
	return "OK"
}

// parseThread reads a thread's number: hexadecimal, 0 for any, -1 for all, perhaps after the process's (p1.2), which is
// the current one otherwise. Numbers may have zeros in front. ok is false for a process that gdb has not.
func (s *Server) parseThread(text string) (t Target, tid int, ok bool) {
	t = s.t
	if rest, multi := strings.CutPrefix(text, "p"); multi {
		process, thread, _ := strings.Cut(rest, ".")
		pid, err := strconv.ParseInt(process, 16, 64)
		if err != nil {
			return t, 0, false
		}
		if pid > 0 {
			if t = s.process(process); t == nil {
				return s.t, 0, false
			}
		}
		if text = thread; text == "" {
			text = "-1"
		}
	}
	n, err := strconv.ParseInt(text, 16, 32)
	return t, int(n), err == nil
}

// threadID is the number of a thread of t's as packets have it.
func (s *Server) threadID(t Target, tid int) string {
	if s.multi {
		return fmt.Sprintf("p%x.%x", t.PID(), tid)
	}
	return strconv.FormatInt(int64(tid), 16)
}

// stopReply tells the last event.
func (s *Server) stopReply() string {
	switch e := &s.event; e.Kind {
	case Exited:
		return fmt.Sprintf("W%02x", e.Status&0xff) + s.ofProcess()
	case Signaled:
		return fmt.Sprintf("X%02x", toGDB(e.Signal)) + s.ofProcess()
	default:
		b := fmt.Sprintf("T%02xthread:%s;", toGDB(e.Signal), s.threadID(s.t, e.TID))
		if e.Call {
			b += fmt.Sprintf("%s:%x;", map[bool]string{false: "syscall_entry", true: "syscall_return"}[e.Return], e.Number)
		}
		if e.Breakpoint {
			b += "swbreak:;"
		}
		if e.History != "" {
			b += "replaylog:" + e.History + ";"
		}
		switch {
		case e.Watch == WatchExec:
			b += "hwbreak:;"
		case e.Watch != 0:
			b += fmt.Sprintf("%s:%x;", e.Watch.stopReason(), e.WatchAddr)
		}
		if c := e.NewProcess; c != nil {
			what := "fork"
			if e.Vfork {
				what = "vfork"
			}
			b += fmt.Sprintf("%s:%s;", what, s.threadID(c, c.Threads()[0]))
		}
		if e.VforkDone {
			b += "vforkdone:;"
		}
		if e.Exec && s.execEvents {
			b += "exec:" + hex.EncodeToString([]byte(s.t.ExecFile())) + ";"
		}
		return b
	}
}

// ofProcess says whose end it was.
func (s *Server) ofProcess() string {
	if s.multi {
		return fmt.Sprintf(";process:%x", s.t.PID())
	}
	return ""
}

// resume lets the program run and reports how it stopped. Of what gdb sends meanwhile only ^C means anything.
func (s *Server) resume(actions []Action) (over bool, err error) {
	return s.run(func() Event { return s.resumeToCall(actions) })
}

// reverse serves bs and bc.
func (s *Server) reverse(how string) (over bool, err error) {
	t, ok := s.t.(Reverser)
	if !ok || how != "s" && how != "c" {
		return false, s.wire.write("")
	}
	tid := s.steps
	if !slices.Contains(t.Threads(), tid) {
		tid = s.thread()
	}
	return s.run(func() Event { return t.Reverse(tid, how == "s") })
}

// run has something done that lets the program run, while gdb may interrupt it, and reports how it stopped.
func (s *Server) run(do func() Event) (over bool, err error) {
	events := make(chan Event, 1)
	s.event.First = false
	go func() { events <- do() }()
	packets := s.packets
	for {
		select {
		case e := <-events:
			err := s.stopped(e)
			return e.Kind != Stopped && s.leave(), err
		case in := <-packets:
			s.accept(in)
			if s.lost != nil {
				packets = nil // gdb has gone; stop once more to take out its breakpoints
			}
			if s.lost != nil || in.packet == interrupted {
				s.t.Interrupt()
			}
		}
	}
}

// resumeToCall lets the program run, past the system calls that gdb does not want to hear of.
func (s *Server) resumeToCall(actions []Action) Event {
	for {
		e := s.t.Resume(actions)
		if e.Kind != Stopped || !e.Call || len(s.calls) == 0 || s.calls[e.Number] {
			return e
		}
		for i := range actions {
			actions[i].Signal, actions[i].Again = 0, true
		}
	}
}

// stopped takes note of an event and tells gdb.
func (s *Server) stopped(e Event) error {
	if e.Target != nil {
		s.use(e.Target)
	}
	s.event, s.last, s.general = e, e.TID, e.TID
	if e.Kind == Stopped && e.Exec {
		if m := machineOf(s.t.Arch()); m != nil {
			s.m = m
		}
	}
	if e.Note != "" {
		if err := s.wire.write("O" + hex.EncodeToString([]byte(e.Note))); err != nil {
			return err
		}
	}
	if e.Kind == Stopped && e.Breakpoint && !e.Placed {
		s.event.Breakpoint = s.backUp(e.TID)
	}
	return s.wire.write(s.stopReply())
}

// backUp puts the pc on the breakpoint that has just been met, where the machine leaves it after the instruction. It says
// whether the breakpoint is ours.
func (s *Server) backUp(tid int) bool {
	st := s.state(tid)
	pc, ok := st.pc()
	if !ok {
		return false
	}
	if _, ours := s.t.Breaks()[pc-s.m.BreakBack]; !ours {
		return false
	}
	return s.m.BreakBack == 0 || s.t.SetPC(tid, pc-s.m.BreakBack) == nil
}

func (st *state) pc() (uint64, bool) {
	for i := range st.m.Regs {
		r := &st.m.Regs[i]
		if r.Name == "pc" || r.Name == "rip" || r.Name == "eip" {
			v, ok := st.get(r)
			return st.t.Arch().Model.Uint(v, len(v)), ok
		}
	}
	return 0, false
}

// oldResume reads c, C, s and S: all threads go on, or the general one makes a step.
func (s *Server) oldResume(p string) ([]Action, bool) {
	step, sig, addr := p[0]|0x20 == 's', 0, p[1:]
	if p[0] == 'C' || p[0] == 'S' {
		var code string
		code, addr, _ = strings.Cut(p[1:], ";")
		n, err := strconv.ParseUint(code, 16, 8)
		if err != nil {
			return nil, false
		}
		sig = fromGDB(int(n))
	}
	cur := s.thread()
	if addr != "" {
		pc, err := strconv.ParseUint(addr, 16, 64)
		if err != nil || s.t.SetPC(cur, pc) != nil {
			return nil, false
		}
	}
	var actions []Action
	for _, tid := range s.t.Threads() {
		switch {
		case tid == cur:
			actions = append(actions, Action{Target: s.t, TID: tid, Step: step, Signal: sig})
		case !step:
			actions = append(actions, Action{Target: s.t, TID: tid})
		}
	}
	return actions, true
}

// vCont reads a list of actions; the first that names a thread, or names none, is a thread's.
func (s *Server) vCont(list string) ([]Action, bool) {
	var actions []Action
	done := map[Target]map[int]bool{}
	for item := range strings.SplitSeq(list, ";") {
		what, who, named := strings.Cut(item, ":")
		if what == "" || !strings.Contains("cCsS", what[:1]) {
			return nil, false
		}
		a := Action{Step: what[0]|0x20 == 's'}
		if len(what) > 1 {
			n, err := strconv.ParseUint(what[1:], 16, 8)
			if err != nil {
				return nil, false
			}
			a.Signal = fromGDB(int(n))
		}
		wanted, ok := -1, true
		processes := s.t.Processes()
		if named {
			if a.Target, wanted, ok = s.parseThread(who); !ok {
				continue
			}
			if !strings.HasPrefix(who, "p-1") && who != "-1" {
				processes = []Target{a.Target}
			}
		}
		for _, t := range processes {
			if done[t] == nil {
				done[t] = map[int]bool{}
			}
			for _, tid := range t.Threads() {
				if wanted > 0 && wanted != tid || done[t][tid] {
					continue
				}
				done[t][tid] = true
				a.Target, a.TID = t, tid
				actions = append(actions, a)
				a.Signal = 0 // to one thread only
			}
		}
	}
	return actions, len(actions) > 0
}

// Supported reports whether gdb can be told of a machine's registers.
func Supported(a *cpu.Arch) bool { return machineOf(a) != nil }

func machineOf(a *cpu.Arch) *gdb.Machine {
	if p := arch.Of(a); p != nil {
		return p.GDB()
	}
	return nil
}
