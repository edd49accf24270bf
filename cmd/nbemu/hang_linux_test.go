package main_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"nbemu/internal/testprog"
)

// openPty makes a pseudo-terminal whose master nobody reads.
func openPty(t *testing.T) (master, slave *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skip("no pseudo-terminals: ", err)
	}
	master = os.NewFile(uintptr(fd), "master")
	t.Cleanup(func() { master.Close() })
	n, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		fd, err = unix.Open(fmt.Sprintf("/dev/pts/%d", n), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	}
	if err != nil {
		t.Skip("no pseudo-terminals: ", err)
	}
	slave = os.NewFile(uintptr(fd), "slave")
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

// blocked is nbemu with standard descriptors that may take no output, and a process inside that echoes.
type blocked struct {
	cmd  *exec.Cmd
	in   *os.File
	echo *os.File
}

func startBlocked(t *testing.T, stdout, stderr *os.File, args ...string) *blocked {
	t.Helper()
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	echo, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	b := &blocked{cmd: exec.Command(nbemu, args...), in: in, echo: echo}
	b.cmd.Stdout, b.cmd.Stderr = stdout, stderr
	b.cmd.ExtraFiles = []*os.File{w, r}
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	r.Close()
	t.Cleanup(func() {
		_ = b.cmd.Process.Kill()
		_ = b.cmd.Wait()
		in.Close()
		echo.Close()
	})
	return b
}

// answers wants one of the machine's processes to be alive for a while, and SIGTERM to end nbemu.
func (b *blocked) answers(t *testing.T) {
	t.Helper()
	_ = b.echo.SetReadDeadline(time.Now().Add(30 * time.Second))
	for i := range 50 {
		if _, err := b.in.Write([]byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
		var c [1]byte
		if _, err := io.ReadFull(b.echo, c[:]); err != nil || c[0] != byte(i) {
			t.Fatalf("nobody answers the %d. time: %v %v", i+1, c, err)
		}
		time.Sleep(2 * time.Millisecond)
	}
	_ = b.cmd.Process.Signal(syscall.SIGTERM)
	done := make(chan error, 1)
	go func() { done <- b.cmd.Wait() }()
	select {
	case <-done:
		if ws := b.cmd.ProcessState.Sys().(syscall.WaitStatus); !ws.Signaled() || ws.Signal() != syscall.SIGTERM {
			t.Errorf("SIGTERM: %v", b.cmd.ProcessState)
		}
	case <-time.After(30 * time.Second):
		t.Error("SIGTERM does not end nbemu")
	}
}

// A terminal that takes no more output holds up who writes to it, and nobody else.
func TestFullTerminal(t *testing.T) {
	prog := guestProgram(t, "walls")
	for _, c := range []struct {
		name        string
		out, err    bool // whether it is the terminal
		stop        bool // ^S was typed
		flags, word string
	}{
		{name: "stdout", out: true, word: "fill"},
		{name: "stdout stopped", out: true, stop: true, word: "fill"},
		{name: "strace", err: true, flags: "-strace", word: "fill"},
		{name: "both", out: true, err: true, flags: "-strace", word: "fill"},
		{name: "attributes", out: true, word: "setattr"},
		{name: "master of a guest's", word: "fillpty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			master, slave := openPty(t)
			null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer null.Close()
			pick := func(tty bool) *os.File {
				if tty {
					return slave
				}
				return null
			}
			if c.stop {
				if _, err := master.Write([]byte{'S' & 31}); err != nil {
					t.Fatal(err)
				}
			}
			args := append(strings.Fields(c.flags), prog, c.word)
			startBlocked(t, pick(c.out), pick(c.err), args...).answers(t)
		})
	}
	// The same with a terminal's other side: it cannot be opened a second time.
	t.Run("master as stdout", func(t *testing.T) {
		master, _ := openPty(t)
		startBlocked(t, master, os.Stderr, prog, "fill").answers(t)
	})
	t.Run("pipe", func(t *testing.T) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		defer w.Close()
		w.Fd() // blocking, as a shell's
		startBlocked(t, w, os.Stderr, prog, "fill").answers(t)
	})
}

// Signals that a fault causes too are the guest's when somebody sends them.
func TestSentSignals(t *testing.T) {
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	sigs := []struct {
		host  syscall.Signal
		guest int
	}{{syscall.SIGABRT, 6}, {syscall.SIGSEGV, 11}, {syscall.SIGBUS, 10}, {syscall.SIGFPE, 8}, {syscall.SIGILL, 4},
		{syscall.SIGSYS, 12}, {syscall.SIGTRAP, 5}, {syscall.SIGPIPE, 13}, {syscall.SIGPROF, 27}, {syscall.SIGVTALRM, 26},
		{syscall.SIGUSR1, 30}, {syscall.SIGHUP, 1}}
	prog := guestProgram(t, "walls")
	cmd := exec.Command(nbemu, prog, "signals", strconv.Itoa(len(sigs)))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatal(lines.Text(), stderr.String())
	}
	for _, s := range sigs {
		_ = cmd.Process.Signal(s.host)
		if want := fmt.Sprint(s.guest); !lines.Scan() || lines.Text() != want {
			t.Fatalf("%v: %q, want %q; %s", s.host, lines.Text(), want, stderr.String())
		}
	}
	if err := cmd.Wait(); err != nil || stderr.String() != "" {
		t.Error(err, stderr.String())
	}
}

// And they end a guest that does not expect them as anywhere, in a line about it and not about nbemu.
func TestSentSignalKills(t *testing.T) {
	prog := guestProgram(t, "walls")
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for _, sig := range []syscall.Signal{syscall.SIGSEGV, syscall.SIGABRT, syscall.SIGPROF} {
		b := startBlocked(t, null, os.Stderr, prog, "fill")
		// It is certainly running once somebody answers.
		if _, err := b.in.Write([]byte{1}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(b.echo, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		_ = b.cmd.Process.Signal(sig)
		_ = b.cmd.Wait()
		if ws := b.cmd.ProcessState.Sys().(syscall.WaitStatus); !ws.Signaled() || ws.Signal() != sig {
			t.Errorf("%v: %v", sig, b.cmd.ProcessState)
		}
	}
}

// More processors than a machine can have are refused in a line; as many as it can have work.
func TestCPUsLimit(t *testing.T) {
	prog := guestProgram(t, "exit")
	for _, n := range []string{"257", "9999", "-1"} {
		e := runNbemu(t, "-cpus", n, prog)
		checkStatus(t, e.status, nil)
		checkOneLine(t, e.stderr, "-cpus", n)
	}
	if e := runNbemu(t, "-cpus", "256", prog, "3"); e.status != 3 {
		t.Errorf("%+v", e)
	}
}
