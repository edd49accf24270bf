package strace

import (
	"io"
	"strings"
	"testing"
	"time"
)

// written is what an Output makes of events with options.
func written(t *testing.T, options string, events []*Event) string {
	t.Helper()
	o, err := ParseOptions(options)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	out := NewOutput(o, &b, func(int) (io.Writer, error) { return &b, nil })
	for _, e := range events {
		out.Write(e)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// call is one that has returned.
func call(pid, ppid int, name, args, result string, at time.Time, took time.Duration) *Event {
	text := args + ")"
	return &Event{Kind: CallEvent, PID: pid, LWP: 1, PPID: ppid, Alone: true, Name: name, Head: name + "(", Text: text + " = " + result, Pad: len(text), At: at, Took: took}
}

// Precisions are strace's, in all of its words.
func TestPrecision(t *testing.T) {
	at := time.Unix(1e9, 123456789).UTC()
	for options, want := range map[string]string{
		"-T":                                "close(3) = 0 <0.012345>",
		"--syscall-times":                   "close(3) = 0 <0.012345>",
		"--syscall-times=s":                 "close(3) = 0 <0>",
		"--syscall-times=ms":                "close(3) = 0 <0.012>",
		"--syscall-times=ns":                "close(3) = 0 <0.012345678>",
		"-r":                                "     0.000000 close(3) = 0",
		"--relative-timestamps=ms":          "     0.000 close(3) = 0",
		"--relative-timestamps=precision:s": "     0 close(3) = 0",
		"-ttt":                              "1000000000.123456 close(3) = 0",
		"--absolute-timestamps=unix":        "1000000000 close(3) = 0",
		"--absolute-timestamps=format:unix,precision:ns": "1000000000.123456789 close(3) = 0",
		"--timestamps=unix,ms":                           "1000000000.123 close(3) = 0",
		"--absolute-timestamps=ms":                       at.Local().Format("15:04:05") + ".123 close(3) = 0",
		"--absolute-timestamps":                          at.Local().Format("15:04:05") + " close(3) = 0",
		"-tt --absolute-timestamps=none":                 "close(3) = 0",
		"--always-show-pid":                              "[pid     7] close(3) = 0",
	} {
		got := written(t, "-a 0 "+options, []*Event{call(7, 1, "close", "3", "0", at, 12345678)})
		if got != want+"\n" {
			t.Errorf("%s: %q, want %q", options, got, want)
		}
	}
}

// The table has the columns that -U names, sorted by what -S names; -O is taken off each call.
func TestSummary(t *testing.T) {
	at := time.Unix(1e9, 0)
	bad := call(7, 1, "open", "", "-1 ENOENT", at, 4*time.Millisecond)
	bad.Errno = "ENOENT"
	events := []*Event{call(7, 1, "read", "", "1", at, time.Millisecond), call(7, 1, "read", "", "1", at, 3*time.Millisecond), bad, call(7, 1, "close", "", "0", at, 0)}
	for options, want := range map[string]string{
		"-c": "% time     seconds  usecs/call     calls    errors syscall\n" +
			"------ ----------- ----------- --------- --------- ----------------\n" +
			" 50.00    0.004000        4000         1         1 open\n" +
			" 50.00    0.004000        2000         2           read\n" +
			"  0.00    0.000000           0         1           close\n" +
			"------ ----------- ----------- --------- --------- ----------------\n" +
			"100.00    0.008000        2000         4         1 total\n",
		"-c -S calls -U name,calls,min-time,max-time": "syscall              calls shortest  longest\n" +
			"---------------- --------- -------- --------\n" +
			"read                     2 0.001000 0.003000\n" +
			"close                    1 0.000000 0.000000\n" +
			"open                     1 0.004000 0.004000\n" +
			"---------------- --------- -------- --------\n" +
			"total                    4 0.000000 0.004000\n",
		"-c -U total-time -S nothing -O 1ms": "    seconds syscall\n" +
			"----------- ----------------\n" +
			"   0.002000 read\n" +
			"   0.003000 open\n" +
			"   0.000000 close\n" +
			"----------- ----------------\n" +
			"   0.005000 total\n",
	} {
		if got := written(t, options, events); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", options, got, want)
		}
	}
}

// -b execve lets a process go that has executed another program, with the children that it has then.
func TestDetach(t *testing.T) {
	at := time.Unix(1e9, 0)
	failed := call(8, 7, "execve", `"/no"`, "-1 ENOENT", at, 0)
	failed.Errno = "ENOENT"
	got := written(t, "-a 0 -b execve", []*Event{
		call(7, 1, "execve", `"/bin/sh"`, "0", at, 0),
		call(7, 1, "fork", "", "8", at, 0),
		failed,
		call(8, 7, "execve", `"/bin/ls"`, "0", at, 0),
		call(8, 7, "open", `"."`, "3", at, 0),
		call(9, 8, "getpid", "", "9", at, 0),
		{Kind: ExitEvent, PID: 8, LWP: 1, PPID: 7, Alone: true, Text: "+++ exited with 0 +++", At: at},
		call(7, 1, "wait4", "", "8", at, 0),
	})
	want := "execve(\"/bin/sh\") = 0\nfork() = 8\nexecve(\"/no\") = -1 ENOENT\nexecve(\"/bin/ls\" <detached ...>\nwait4() = 8\n"
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
