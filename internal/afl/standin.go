package afl

import (
	"io"
	"os"
	"os/exec"
	"sync"
)

// StandInName is argv[0] of a process that only waits: afl-fuzz ends a run that takes too long by killing the process that
// executes it, and the programs' processes are none of the host's.
const StandInName = "nbemu-afl-run"

// StandIn is main of that process. It ends with the one that started it.
func StandIn() int {
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// Child is a stand-in that runs.
type Child struct {
	cmd  *exec.Cmd
	end  io.Closer
	done chan struct{} // closed at its end

	mu         sync.Mutex // guards what follows, and is held while hang is called
	busy, dead bool       // a run is under way; it has been killed
}

// NewChild starts a stand-in. hang is called when it is killed in a run.
func NewChild(hang func()) (*Child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &Child{cmd: &exec.Cmd{Path: self, Args: []string{StandInName}, Env: []string{}}, done: make(chan struct{})}
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	c.end = in
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = c.cmd.Wait()
		close(c.done)
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.dead = true; c.busy {
			hang()
		}
	}()
	return c, nil
}

// PID is its number.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Wait waits for its end: somebody has killed it.
func (c *Child) Wait() { <-c.done }

// Begin says that a run is to begin, and reports whether that makes sense: not after the stand-in was killed, which may come
// as soon as its number is known.
func (c *Child) Begin() (alive bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = true
	return !c.dead
}

// End says that the run is over, and reports whether the stand-in was killed meanwhile. hang is not called any more.
func (c *Child) End() (killed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = false
	return c.dead
}

// Close ends it.
func (c *Child) Close() { c.end.Close() }
