package main_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// framed is a packet as it goes over the wire.
func framed(p string) string {
	var sum byte
	for i := range len(p) {
		sum += p[i]
	}
	return fmt.Sprintf("$%s#%02x", p, sum)
}

// debugging is a program that waits for a debugger.
type debugging struct {
	cmd    *exec.Cmd
	socket string
	stderr bytes.Buffer
}

// underDebug starts a program that waits at a socket.
func underDebug(t *testing.T, flags ...string) *debugging {
	t.Helper()
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Skip(err)
	}
	d := &debugging{socket: filepath.Join(t.TempDir(), "s")}
	d.cmd = exec.Command(nbemu, append([]string{"-g", d.socket}, flags...)...)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	d.cmd.Stderr = io.MultiWriter(&d.stderr, w)
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(r).ReadString('\n'); err != nil { // it waits
		t.Fatal(err)
	}
	go io.Copy(io.Discard, r)
	return d
}

func (d *debugging) connect(t *testing.T) net.Conn {
	t.Helper()
	c, err := net.Dial("unix", d.socket)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ended waits for the program, which must end by itself with a status, and for no fault of nbemu's.
func (d *debugging) ended(t *testing.T, what string, status int) {
	t.Helper()
	_ = d.cmd.Wait()
	if got := d.cmd.ProcessState.ExitCode(); got != status || strings.Contains(d.stderr.String(), "goroutine") || strings.Contains(d.stderr.String(), "internal") {
		t.Errorf("%s: status %d, want %d\n%s", what, got, status, d.stderr.String())
	}
}

// conversation is what a debugger says to stop at a breakpoint and look around.
func conversation() []string {
	return []string{framed("qSupported:multiprocess+;swbreak+;vfork-events+;exec-events+"), framed("QStartNoAckMode"), framed("?"),
		framed("qXfer:features:read:target.xml:0,ffb"), framed("g"), framed("Z0,10,4"), framed("m0,40"), framed("vCont;s:p-1.-1"),
		framed("qXfer:auxv:read::0,1000"), framed("vFile:open:2f2f2f,0,0"), framed("vCont;c")}
}

// A debugger may go at every moment, in the middle of a packet too: the program goes on by itself, with the status that it has.
func TestDebuggerGoes(t *testing.T) {
	for _, how := range []string{"amd64", "sparc64", "mips -deterministic"} {
		words := strings.Fields(how)
		a, err := testprog.Find(words[0])
		if err != nil {
			t.Fatal(err)
		}
		program := hot(t, a)
		all := strings.Join(conversation(), "")
		step := len(strings.Join(conversation()[:8], "")) // the step may be asked for, and not yet made
		for _, upTo := range []int{0, 1, len(framed("x")), 30, step, step, step, len(all) / 3, len(all) / 2, len(all) - 12, len(all) - 2, len(all)} {
			d := underDebug(t, append(words[1:], program)...)
			c := d.connect(t)
			if _, err := io.WriteString(c, all[:upTo]); err != nil {
				t.Errorf("%s: %v", how, err)
			}
			if second, err := net.Dial("unix", d.socket); err == nil {
				if _, err := second.Read(make([]byte, 1)); err == nil {
					t.Errorf("%s: a second debugger is let in", how)
				}
				second.Close()
			}
			c.Close()
			d.ended(t, fmt.Sprintf("%s: %d bytes of %q", how, upTo, all), 3)
		}
	}
}

// Packets with numbers that are not there, or are too large, are answered, and so is what comes after them.
func TestHostileDebugger(t *testing.T) {
	words := []string{"vCont;s:999999", "vCont;c:p77.1", "vCont;C77:p1.1", "vCont", "Hgp99.1", "Hg7fffffff", "m0,ffffffffffffffff", "mffffffffffffff00,200",
		"Mffffffffffffffff,2:0000", "X0,ffffffff:", "Z0,0,1", "Z0,ffffffffffffffff,4", "Z2,0,1000", "Z2,fffffffffffffff0,100", "Z4,1,8", "z0,1,1", "z2,0,8",
		"P0=", "P1=ffffffffffffffff", "Pffff=00", "G00", "qXfer:features:read:target.xml:ffffffff,ffff", "qXfer:auxv:read::ffffffffffffffff,1",
		"qXfer:exec-file:read:ffffffff:0,10", "qXfer:threads:read::0,0", "vFile:open:2f6465762f6e756c6c,0,0", "vFile:pread:0,ffffffff,ffffffffffffffff",
		"vFile:pread:3f,1,0", "vFile:close:77", "qThreadExtraInfo,ffffffff", "T0", "T-1", "QCatchSyscalls:1;ffff", "QPassSignals:ff", "D;77", "vKill;77", "bs", "S0b;zz"}
	for _, how := range []string{"amd64", "i386", "arm", "aarch64", "mips64", "sparc", "powerpc", "m68k", "riscv64", "sparc64 -deterministic"} {
		fields := strings.Fields(how)
		a, err := testprog.Find(fields[0])
		if err != nil {
			t.Fatal(err)
		}
		d := underDebug(t, append(fields[1:], hot(t, a))...)
		c := d.connect(t)
		r := bufio.NewReader(c)
		_, _ = io.WriteString(c, framed("qSupported:multiprocess+")) // or else any number of a process would do
		_, _ = r.ReadString('#')
		_, _ = r.Discard(2)
		rnd := rand.New(rand.NewPCG(1, 2))
		for range 400 {
			p := []byte(words[rnd.IntN(len(words))])
			if rnd.IntN(3) == 0 && p[0] != 'v' && p[0] != 'D' && p[0] != 'P' && p[0] != 'M' {
				p[1+rnd.IntN(len(p)-1)] = "0123456789abcdef,;:="[rnd.IntN(20)]
			}
			if bytes.HasPrefix(p, []byte("S")) || bytes.HasPrefix(p, []byte("P")) {
				continue // the program would do something else then
			}
			if _, err := io.WriteString(c, framed(string(p))); err != nil {
				t.Fatalf("%s: %q: %v\n%s", how, p, err, d.stderr.String())
			}
			if _, err := r.ReadString('#'); err != nil {
				t.Fatalf("%s: %q: %v\n%s", how, p, err, d.stderr.String())
			}
			_, _ = r.Discard(2)
		}
		c.Close()
		d.ended(t, how, 3)
	}
}
