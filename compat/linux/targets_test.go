package linux

import (
	"context"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"nbemu/internal/matrix"
)

const allRows = "*"

// otherTargets are cells of testdata/linux/targets.txt where nbemu says something else, and why.
var otherTargets = []matrix.Except{
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
}

// otherOrder are what depends on which of two signals has the lower number, which is the other way round on sparc.
var otherOrder = []matrix.Except{{"stop usr1 cont", allRows, "SIGCONT comes first"}, {"user stop usr1 cont", allRows, "likewise"}}

// TestTargets: what each call that names a process says of one in each state, and what becomes of it, is what Linux 6.18
// says to root and to another user: everything on amd64, and on machines with numbers of their own what signals do.
func TestTargets(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	some := []string{"handles", "waits", "held", "self"}
	machines := []*Machine{machAMD64, machMIPS64, machSPARC64, machARM}
	eachTable(t, "targets", machines, func(t *testing.T, m *Machine, program string, want map[matrix.Cell]string) {
		kinds := map[string]map[matrix.Cell]string{}
		for c, answer := range want {
			if m != machAMD64 && !slices.Contains(some, c.Object) || matrix.Excused(otherTargets[:2], matrix.Cell{Object: c.Object}) {
				continue
			}
			if kinds[c.Object] == nil {
				kinds[c.Object] = map[matrix.Cell]string{}
			}
			kinds[c.Object][c] = answer
		}
		excepts := [][]matrix.Except{otherTargets, asUser(otherTargets)}
		if m == machSPARC64 {
			excepts = append(excepts, otherOrder)
		}
		answers := map[matrix.Cell]string{}
		var all sync.Mutex
		var wg sync.WaitGroup
		room := make(chan struct{}, 6) // they mostly wait
		for kind, want := range kinds {
			wg.Add(1)
			go func() {
				defer wg.Done()
				room <- struct{}{}
				defer func() { <-room }()
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				text, err := exec.CommandContext(ctx, nbemu, "-root-user", program, "alone", kind).Output()
				if err != nil {
					t.Errorf("%s: %v", kind, err)
					return
				}
				got := matrix.Read(string(text))
				matrix.Compare(t, got, want, excepts...)
				all.Lock()
				maps.Copy(answers, got)
				all.Unlock()
			}()
		}
		wg.Wait()
		if m == machAMD64 { // the one that is asked everything
			for c := range want {
				if _, asked := answers[c]; !asked {
					delete(want, c)
				}
			}
			user := asUser(otherTargets)
			for _, x := range matrix.Unneeded(otherTargets, answers, want) {
				i := slices.Index(otherTargets, x)
				unneeded(t, user[i:i+1], answers, want) // one list serves both
			}
		}
	})
}

// asUser are the same cells of the calls that another user makes.
func asUser(list []matrix.Except) []matrix.Except {
	user := slices.Clone(list)
	for i, x := range user {
		user[i][0] = "user " + strings.ReplaceAll(x[0], "|", "|user ")
	}
	return user
}
