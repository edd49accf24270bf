package kern

import (
	"reflect"
	"slices"
	"testing"
)

// A new member of Proc or LWP is saved by snapshots, or it is named here: for what there is no need to.
var (
	procUnsaved = []string{
		"K", "PID", "watch", "Exited", // never change
		"sa", "Exiting", "trace", "Debug", "Aio", "timers", "tracep", "traceflag", "ktrEarly", "prof", "ticked",
		"tracees", "leadTracee", "groupStatus", "tracedLWPs", "groupStops", // refused, or not there at rest
		"lwpq", "lwpStopq", "waitq", "vforkq", "sigSel", "endSel", "Klist", // nobody waits
		"IPC", // there are no objects; see ipc.Tables.Save
	}
	lwpUnsaved = []string{
		"K", "Proc", "ID", "wake", "granted", // never change
		"sigwait", "sigwaited", "model", "Wmesg", "waitingFor", "inLwpWait", "waiter", "waitq", "parkq", "suspq", "traced", "resumed",
		"woken", "sleepIn", "killable", "sleeping", "urgent", "inKernel", "scratch", "blocked", "stopped", "stopCall", "resting", // of a call that is under way
		"Suspended", "Singlestep", "Sstep", "sysStep", "dbgSuspend", "settled", "birth", "traceSig", "first", "lwpSA",
		"tracee", "Redo", "traceIntr", "Again", "sleepUntil", "resumed", "Override", "SlowCalls", "ExitStatus", // refused
		"slot", "lastSlot", "runner", "fpStale", "preempt", "since", "leaving", "budget", "cpu", "hurried", "sinceCall", "pool", "profTick", "owed", "unsampled", "Watch", "ast", "atRest", // of a processor that it has, and of who counts what it does
	}
)

func TestSnapshotMembers(t *testing.T) {
	for _, c := range []struct {
		of, saved reflect.Type
		unsaved   []string
	}{
		{reflect.TypeFor[Proc](), reflect.TypeFor[procState](), procUnsaved},
		{reflect.TypeFor[LWP](), reflect.TypeFor[lwpState](), lwpUnsaved},
	} {
		for i := range c.of.NumField() {
			name := c.of.Field(i).Name
			_, saved := c.saved.FieldByName(name)
			if saved == slices.Contains(c.unsaved, name) {
				t.Errorf("%v: %s is to be saved by a snapshot, or named as one that is not", c.of, name)
			}
		}
	}
}
