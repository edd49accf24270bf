package strace

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"nbemu/abi"
)

func TestOptions(t *testing.T) {
	file := &Sig{Name: "open", Args: []Arg{{Type: Path}}}
	close := &Sig{Name: "close", Args: []Arg{{Type: Fd}}}
	wait := &Sig{Name: "compat_50_wait4"}
	stat := &Sig{Name: "__stat50", Args: []Arg{{Type: Path}}}
	for _, tt := range []struct {
		options                string
		open, close, wait, sta bool
	}{
		{"", true, true, true, true},
		{"-f -e trace=%file", true, false, false, true},
		{"-etrace=file,close", true, true, false, true},
		{"-e open", true, false, false, false},
		{"-e trace=!%desc", true, false, true, true},
		{"-e trace=%process", false, false, true, false},
		{"-e trace=wait4,stat", false, false, true, true},
		{"--trace=%stat", false, false, false, true},
		{"-D --trace=%%stat", false, false, false, true},
		{"--daemonize=session -e trace=%pure,%fstatfs,%%statfs", false, false, false, false},
		{"-e trace=none", false, false, false, false},
		{"-e trace=all", true, true, true, true},
		{"-e !all", false, false, false, false},
	} {
		o, err := ParseOptions(tt.options)
		if err != nil {
			t.Errorf("%s: %v", tt.options, err)
			continue
		}
		if o.Wants(file) != tt.open || o.Wants(close) != tt.close || o.Wants(wait) != tt.wait || o.Wants(stat) != tt.sta {
			t.Errorf("%s: open %v, close %v, wait %v, stat %v", tt.options, o.Wants(file), o.Wants(close), o.Wants(wait), o.Wants(stat))
		}
	}
	if _, err := ParseOptions("-e signal=int,!quit"); err == nil {
		t.Error("a signal !QUIT was taken")
	}
	o, err := ParseOptions("-e signal=!int,9 -s 5 -tt -T -o x")
	if err != nil {
		t.Fatal(err)
	}
	if o.WantsSignal(abi.SIGINT) || o.WantsSignal(abi.SIGKILL) || !o.WantsSignal(abi.SIGQUIT) {
		t.Error("the wrong signals")
	}
	if o.MaxStr != 5 || o.Time != 2 || !o.Took || o.File != "x" {
		t.Errorf("%+v", o)
	}
	for _, bad := range []string{"-P", "-E =b", "-S", "-S what", "-U what", "-U calls,count", "-O x", "-O 5m", "-b open", "-X what", "-I 5", "-u", "-p 1", "-l 3", "-N", "--daemonize=what", "-e trace=read@64", "-e trace=4", "--syscall-times=min",
		"--absolute-timestamps=format:us", "--relative-timestamps=precision:h", "--strings-in-hex=what", "--stack-traces=source", "--decode-pids=pidns", "-e kvm=vcpu", "-e fds=1", "--secontext", "-e status=what", "-s", "-s x", "-e trace=%nothing", "-e inject=open:error=EIO:retval=1", "-e what=x", "ls"} {
		if _, err := ParseOptions(bad); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
	for _, bad := range []string{"-ff", "-c --json", "-A", "-A -o |cat"} {
		if o, err := ParseOptions(bad); err != nil || o.Check() == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

// events is a read that waits while another process runs, and one that waits alone.
func events() []*Event {
	at := time.Unix(1e9, 0).UTC()
	return []*Event{
		{Kind: BeginEvent, PID: 7, LWP: 1, Alone: true, Name: "read", Head: "read(0, ", At: at},
		{Kind: CallEvent, PID: 7, LWP: 1, Alone: true, Name: "read", Head: "read(0, ", Text: `"x", 1) = 1`, At: at, Took: time.Second},
		{Kind: BeginEvent, PID: 7, LWP: 1, Name: "wait4", Head: "wait4(-1, ", At: at.Add(2 * time.Second)},
		{Kind: CallEvent, PID: 8, LWP: 1, Name: "exit", Head: "exit(3", Text: ") = ?", At: at.Add(2 * time.Second)},
		{Kind: ExitEvent, PID: 8, LWP: 1, Text: "+++ exited with 3 +++", At: at.Add(2 * time.Second)},
		{Kind: SignalEvent, PID: 7, LWP: 1, Name: "SIGCHLD", Text: "--- SIGCHLD {} ---", At: at.Add(3 * time.Second)},
		{Kind: CallEvent, PID: 7, LWP: 1, Name: "wait4", Head: "wait4(-1, ", Text: "NULL) = -1 EINTR", Errno: "EINTR", At: at.Add(2 * time.Second), Took: time.Second},
		{Kind: BeginEvent, PID: 7, LWP: 1, Name: "pause", Head: "pause(", At: at.Add(4 * time.Second)},
	}
}

func write(t *testing.T, options string) string {
	t.Helper()
	o, err := ParseOptions(options)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	out := NewOutput(o, &all, func(pid int) (io.Writer, error) { return &all, nil })
	for _, e := range events() {
		out.Write(e)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func TestOutput(t *testing.T) {
	for _, tt := range []struct{ options, want string }{
		{"", `read(0, "x", 1) = 1
[pid     7] wait4(-1,  <unfinished ...>
[pid     8] exit(3) = ?
[pid     8] +++ exited with 3 +++
[pid     7] --- SIGCHLD {} ---
[pid     7] <... wait4 resumed>NULL) = -1 EINTR
[pid     7] pause( <unfinished ...>
`},
		{"-r -T", `     0.000000 read(0, "x", 1) = 1 <1.000000>
[pid     7]      2.000000 wait4(-1,  <unfinished ...>
[pid     8]      0.000000 exit(3) = ? <0.000000>
[pid     8]      0.000000 +++ exited with 3 +++
[pid     7]      1.000000 --- SIGCHLD {} ---
[pid     7]      0.000000 <... wait4 resumed>NULL) = -1 EINTR <1.000000>
[pid     7]      1.000000 pause( <unfinished ...>
`},
		{"-c", `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 50.00    1.000000     1000000         1           read
 50.00    1.000000     1000000         1         1 wait4
  0.00    0.000000           0         1           exit
------ ----------- ----------- --------- --------- ----------------
100.00    2.000000      666666         3         1 total
`},
	} {
		if got := write(t, tt.options); got != tt.want {
			t.Errorf("%q:\n%s", tt.options, got)
		}
	}
}

func TestOutputTimes(t *testing.T) {
	if got := write(t, "-ttt"); !strings.HasPrefix(got, "1000000000.000000 read(0, ") {
		t.Errorf("%.60s", got)
	}
}

func TestOutputJSON(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(write(t, "--json")), "\n")
	if len(lines) != len(events()) {
		t.Fatalf("%d lines", len(lines))
	}
	var e jsonEvent
	if err := json.Unmarshal([]byte(lines[6]), &e); err != nil {
		t.Fatal(err)
	}
	if e.Kind != "call" || e.Errno != "EINTR" || e.Text != "wait4(-1, NULL) = -1 EINTR" || e.Took != 1 || e.PID != 7 {
		t.Errorf("%+v", e)
	}
}

// With -ff each process has its file, where no other interrupts it.
func TestOutputPerProcess(t *testing.T) {
	files := map[int]*strings.Builder{}
	out := NewOutput(&Options{PerProc: true, File: "x"}, nil, func(pid int) (io.Writer, error) {
		files[pid] = &strings.Builder{}
		return files[pid], nil
	})
	out.shared.w = io.Discard
	for _, e := range events() {
		out.Write(e)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	want := map[int]string{7: `read(0, "x", 1) = 1
wait4(-1,  <unfinished ...>
--- SIGCHLD {} ---
<... wait4 resumed>NULL) = -1 EINTR
pause( <unfinished ...>
`, 8: "exit(3) = ?\n+++ exited with 3 +++\n"}
	for pid, text := range want {
		if files[pid] == nil || files[pid].String() != text {
			t.Errorf("process %d:\n%s", pid, files[pid])
		}
	}
}

// TestStatusAndSort are -z, -Z, -qq, and the orders of -c.
func TestStatusAndSort(t *testing.T) {
	call := func(name, errno string, took time.Duration) *Event {
		text := ") = 0"
		if errno != "" {
			text = ") = -1 " + errno
		}
		return &Event{Kind: CallEvent, PID: 1, LWP: 1, Alone: true, Name: name, Head: name + "(", Text: text, Errno: errno, Took: took}
	}
	run := func(options string) string {
		o, err := ParseOptions(options)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		out := NewOutput(o, &b, nil)
		for _, e := range []*Event{call("b", "", 2e6), call("a", "ENOENT", 1e6), call("a", "", 0),
			{Kind: CallEvent, PID: 1, LWP: 1, Alone: true, Name: "exit", Head: "exit(", Text: ") = ?"},
			{Kind: ExitEvent, PID: 1, LWP: 1, Alone: true, Text: "+++ exited with 0 +++"}} {
			out.Write(e)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for options, want := range map[string]string{
		"-z":                       "b() = 0\na() = 0\n+++ exited with 0 +++\n",
		"-Z -qq":                   "a() = -1 ENOENT\n",
		"-e status=!successful -q": "a() = -1 ENOENT\nexit() = ?\n+++ exited with 0 +++\n",
	} {
		if got := run(options); got != want {
			t.Errorf("%s:\n%s\nwant:\n%s", options, got, want)
		}
	}
	for options, want := range map[string]string{"-c": "b a exit total", "-c -S calls": "a b exit total", "-c -S name -w": "a b exit total",
		"-c -S nothing": "b a exit total", "-c -S errors": "a b exit total"} {
		var names []string
		for _, line := range strings.Split(run(options), "\n") {
			if f := strings.Fields(line); len(f) > 3 && f[0] != "%" && !strings.HasPrefix(f[0], "-") {
				names = append(names, f[len(f)-1])
			}
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %s, want %s", options, got, want)
		}
	}
}
