package linux

import (
	"context"
	"maps"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"nbemu/internal/matrix"
)

// someWaits are what machines but amd64 are asked: they differ in numbers and layouts.
var someWaits = []string{"exited", "dumped", "stopped", "continued", "user-exited", "rt-killed", "thread-exited", "trapped"}

// eachObject runs a program that takes a directory and the name of one of its objects with each of them, and compares what
// it prints with the table; some is which objects are asked about, nil for all.
func eachObject(t *testing.T, program string, want map[matrix.Cell]string, some []string, excepts ...[]matrix.Except) map[matrix.Cell]string {
	t.Helper()
	nbemu := nbemuOrSkip(t)
	objects := map[string]map[matrix.Cell]string{}
	for c, answer := range want {
		if some != nil && !slices.Contains(some, c.Object) {
			continue
		}
		if objects[c.Object] == nil {
			objects[c.Object] = map[matrix.Cell]string{}
		}
		objects[c.Object][c] = answer
	}
	answers := map[matrix.Cell]string{}
	var lock sync.Mutex
	var wg sync.WaitGroup
	room := make(chan struct{}, 4) // they mostly wait
	for object, want := range objects {
		dir := t.TempDir()
		wg.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
			defer cancel()
			text, err := exec.CommandContext(ctx, nbemu, "-root-user", program, dir, object).Output()
			if err != nil {
				t.Errorf("%s: %v", object, err)
				return
			}
			got := matrix.Read(string(text))
			matrix.Compare(t, got, want, excepts...)
			lock.Lock()
			maps.Copy(answers, got)
			lock.Unlock()
		})
	}
	wg.Wait()
	return answers
}

// TestWaits: what each way to wait says of children in each state, and what SIGCHLD does, is what Linux 6.18 says, on amd64
// everything and on the others what differs there.
func TestWaits(t *testing.T) {
	eachTable(t, "waits", Machines, func(t *testing.T, m *Machine, program string, want map[matrix.Cell]string) {
		some := someWaits
		if m == machAMD64 {
			some = nil
		}
		eachObject(t, program, want, some)
	})
}
