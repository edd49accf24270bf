package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"nbemu/internal/early"
	"nbemu/internal/suite"
)

// A suite runs in a process of its own, because one case may be the end of it: by a fault of nbemu's, or for lack of
// memory. Then it is started again, and goes on: cases that had begun run alone, and those that were alone are broken.

// suiteWorker is in the environment of the process that runs cases.
const suiteWorker = "NBEMU_SUITE_WORKER"

// isWorker reports whether this is that process. Programs do not see it.
var isWorker = func() bool {
	_, there := os.LookupEnv(suiteWorker)
	os.Unsetenv(suiteWorker)
	return there
}()

// goPanic is the exit status of a Go program that ends by a panic.
const goPanic = 2

// superviseSuite runs "nbemu suite" with arguments until it ends by itself; the result is its exit status.
func superviseSuite(args []string) int {
	self, err := os.Executable()
	if err != nil {
		return say(err)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	results := ""
	if o, _, err := suiteFlags(args); err == nil { // else the worker says what is wrong
		results = filepath.Join(o.suite.out, resultsFile)
	}
	for before := ""; ; {
		cmd := exec.Command(self, append([]string{"suite"}, args...)...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		cmd.Env = append(early.Environ(os.Environ()), suiteWorker+"=1")
		if err := cmd.Start(); err != nil {
			return say(err)
		}
		if ended := waitFor(cmd, signals); ended {
			return 130
		}
		code := cmd.ProcessState.ExitCode()
		if code >= 0 && code != goPanic {
			return code
		}
		for _, dir := range suite.Bases(cmd.Process.Pid) {
			_ = os.RemoveAll(dir)
		}
		came := howFar(results)
		if came == "" || came == before {
			return say(fmt.Errorf("suite: the process that runs it has come to an end (%v), and not in a case", cmd.ProcessState))
		}
		before = came
		fmt.Fprintf(stderr, "nbemu: suite: the process that runs it has come to an end (%v); it goes on\n", cmd.ProcessState)
		if !slices.Contains(args, "-resume") {
			args = append([]string{"-resume"}, args...)
		}
	}
}

// howFar is how far a run has come: its results, and the cases that have begun. "" is not even that.
func howFar(results string) string {
	rep, err := suite.ReadFile(results)
	if err != nil || len(rep.Begun) == 0 {
		return ""
	}
	return fmt.Sprint(len(rep.Results), rep.Begun)
}

// waitFor waits for the end of the worker and passes signals on; it reports whether there was one.
func waitFor(cmd *exec.Cmd, signals <-chan os.Signal) (ended bool) {
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case <-done:
			return ended
		case s := <-signals:
			ended = true
			_ = cmd.Process.Signal(s) // a second time, if a terminal has told both
		}
	}
}
