package linux

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"nbemu/internal/testprog"
)

const allRows = "*"

// otherTargets are cells of testdata/linux/targets.txt where nbemu says something else, and why.
var otherTargets = []other{
	{allRows, "init", "process 1 is the machine itself, which has no memory, no files and no threads"},
	{allRows, "traced-by-another", "who is its parent, and when, is a race on Linux"},
	{"pidfd_open|pidfd_open nonblock|pidfd_open bad|pidfd kill 0|pidfd kill|pidfd kill info|pidfd kill user|pidfd kill tkill|pidfd kill flag|pidfd kill thread|pidfd kill group|pidfd kill pgrp|" +
		"pidfd kill both|pidfd kill pgrp info|pidfd kill 65|pidfd kill STOP|waitid pidfd|waitid nonblock|pidfd_getfd|pidfd_getfd none|process_mrelease|setns|setns pid|setns 0|setns fs",
		"thread", "a thread that does not lead its process is EINVAL before Linux 6.16, and uname says 6.12"},
	{"proc syscall|proc io|proc stack|proc timerslack", allRows, "these files are not there"},
	{allRows, "leader-gone", "a process whose first thread has ended still has its memory and files here"},
	{"proc *|setpgid *|setpriority|setpriority -1|capget|capset|kcmp|kcmp mine|owner|owner tid|owner pid|setns|setns pid|get_robust_list|pidfd_getfd|pidfd_getfd none|proc|vm_readv|cpu timer|process_mrelease",
		"zombie", "nothing is left to be asked or changed of a process that has ended, but that it did"},
	{"cpu timer|thread timer", allRows, "timers of other processes' time"},
	{"kill STOP|queue STOP|pidfd kill STOP|kill TSTP|kill TTIN|stop term|tkill STOP|attach",
		"stopped stopped-default stopped-blocks stopped-ignores", "a signal that would stop a stopped process is not kept"},
	{"tkill CONT|tkill STOP", allRows, "what stops and continues is kept for the process, not for one thread of it"},
	{"kill CONT|stop continue|stop usr1 cont|cont stop", "traced", "a tracer that seized hears of the signal, and not before of the end of a stop"},
	{"stop term", "vforks", "what ends a process ends one that waits in vfork, whatever else is pending"},
	{"ptrace listen", "held held-blocks", "a tracee that listens is shown as stopped"},
	{"proc environ|proc auxv|proc mem", "self", "a process that may not be dumped may read its own files"},
	{"proc task", "thread", "a directory cannot be read, whatever it is"},
	{"queue 65|tgqueue 65", "reaped 0 -1 no-group large most-negative", "which of two errors comes first"},
	{"waitid stopped", "zombie", "one that has ended could have stopped"},
}

// otherOrder are what depends on which of two signals has the lower number, which is the other way round on sparc.
var otherOrder = []other{{"stop usr1 cont", allRows, "SIGCONT comes first"}, {"user stop usr1 cont", allRows, "likewise"}}

func otherTarget(c cell) bool {
	c.call = strings.TrimPrefix(c.call, "user ")
	if otherAnswer(otherTargets, c) {
		return true
	}
	for _, o := range otherTargets {
		for _, call := range strings.Split(o.calls, "|") {
			if head, all := strings.CutSuffix(call, " *"); all && strings.HasPrefix(c.call, head+" ") && has(strings.Fields(o.objects), c.object) {
				return true
			}
		}
	}
	return false
}

// TestTargets: what each call that names a process says of one in each state, and what becomes of it, is what Linux 6.18
// says to root and to another user: everything on amd64, and on machines with numbers of their own what signals do.
func TestTargets(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	if !linuxHost() {
		t.Skip("the host's files are not Linux's")
	}
	dir, err := testprog.BuildDir("linux")
	if err != nil {
		t.Fatal(err)
	}
	src := filepath.Join(testprog.Root(), "testdata", "linux", "targets")
	text, err := os.ReadFile(src + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	want, kinds := readMatrix(string(text)), map[string]bool{}
	for c := range want {
		kinds[c.object] = true
	}
	some := map[string]bool{"handles": true, "waits": true, "held": true, "self": true}
	for _, m := range []*Machine{machAMD64, machMIPS64, machSPARC64, machARM} {
		compiler, which := compilers[m.Arch.Name], some
		if m == machAMD64 {
			compiler, which = "gcc", kinds
		}
		if _, err := exec.LookPath(compiler); err != nil {
			continue
		}
		t.Run(m.Arch.Name, func(t *testing.T) {
			out := filepath.Join(dir, "targets."+m.Arch.Name)
			if text, err := exec.Command(compiler, "-O1", "-w", "-static", "-o", out, src+".c", "-lpthread", "-lrt").CombinedOutput(); err != nil {
				t.Skipf("no static program can be built: %v\n%s", err, text)
			}
			var wg sync.WaitGroup
			room := make(chan struct{}, 6) // they mostly wait
			for kind := range which {
				if otherAnswer(otherTargets[:2], cell{object: kind}) {
					continue
				}
				wg.Add(1)
				go func() {
					defer wg.Done()
					room <- struct{}{}
					defer func() { <-room }()
					ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
					defer cancel()
					text, err := exec.CommandContext(ctx, nbemu, "-root-user", out, "alone", kind).Output()
					if err != nil {
						t.Errorf("%s: %v", kind, err)
						return
					}
					got := readMatrix(string(text))
					for c, answer := range want {
						if c.object == kind && got[c] != answer && !otherTarget(c) && !(m == machSPARC64 && otherAnswer(otherOrder, c)) {
							t.Errorf("%s of %s: %q, want %q", c.call, c.object, got[c], answer)
						}
					}
				}()
			}
			wg.Wait()
		})
	}
}
