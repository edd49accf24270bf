package archtest

import (
	"bufio"
	"bytes"
	"context"
	"debug/elf"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nbemu/internal/testprog"
)

// gdb is the debugger's side of a session with nbemu -g.
type gdb struct {
	t *testing.T
	r *bufio.Reader
	w net.Conn
}

// debugged starts a program under -g; output tells what it wrote when it has ended.
func debugged(t *testing.T, path string) (g *gdb, output func() string) {
	t.Helper()
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "gdb") // short: it is a socket's name
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	where := filepath.Join(dir, "s")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	cmd := exec.CommandContext(ctx, nbemu, "-g", where, path)
	var out bytes.Buffer
	cmd.Stdout = &out
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); cmd.Wait() })
	// It says so when it listens.
	if line, err := bufio.NewReader(stderr).ReadString('\n'); err != nil || !strings.Contains(line, where) {
		t.Fatalf("nbemu -g: %q, %v", line, err)
	}
	conn, err := net.Dial("unix", where)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &gdb{t, bufio.NewReader(conn), conn}, func() string {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
		return out.String()
	}
}

// ask sends a packet and returns the answer.
func (g *gdb) ask(p string) string {
	g.t.Helper()
	sum := byte(0)
	for i := range len(p) {
		sum += p[i]
	}
	fmt.Fprintf(g.w, "$%s#%02x", p, sum)
	if _, err := g.r.ReadString('$'); err != nil {
		g.t.Fatalf("%s: %v", p, err)
	}
	s, err := g.r.ReadString('#')
	if err == nil {
		_, err = io.ReadFull(g.r, make([]byte, 2))
	}
	if err != nil {
		g.t.Fatalf("%s: %v", p, err)
	}
	return strings.TrimSuffix(s, "#")
}

func (g *gdb) expect(p, want string) {
	g.t.Helper()
	if got := g.ask(p); got != want {
		g.t.Fatalf("%s: %q, not %q", p, got, want)
	}
}

// pcNumber finds the program counter in the description of the registers.
func (g *gdb) pcNumber() int {
	var x struct {
		Regs []struct {
			Name string `xml:"name,attr"`
			Num  int    `xml:"regnum,attr"`
		} `xml:"feature>reg"`
	}
	var text string
	for {
		part := g.ask(fmt.Sprintf("qXfer:features:read:target.xml:%x,1000", len(text)))
		if part == "" || part[0] != 'm' && part[0] != 'l' {
			g.t.Fatalf("target.xml: %.40q", part)
		}
		if text += part[1:]; part[0] == 'l' {
			break
		}
	}
	if err := xml.Unmarshal([]byte(text), &x); err != nil {
		g.t.Fatal(err)
	}
	for _, r := range x.Regs {
		if r.Name == "pc" || r.Name == "rip" || r.Name == "eip" {
			return r.Num
		}
	}
	g.t.Fatal("no pc among the registers")
	return 0
}

func (g *gdb) pc(num int, f *elf.File) uint64 {
	b, err := hex.DecodeString(g.ask(fmt.Sprintf("p%x", num)))
	if err != nil {
		g.t.Fatal(err)
	}
	if f.Data == elf.ELFDATA2LSB {
		slices.Reverse(b)
	}
	v := uint64(0)
	for _, x := range b {
		v = v<<8 | uint64(x)
	}
	return v
}

// text reads n bytes of a program's file by address.
func text(f *elf.File, addr uint64, n int) string {
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && addr >= p.Vaddr && addr+uint64(n) <= p.Vaddr+p.Filesz {
			b := make([]byte, n)
			p.ReadAt(b, int64(addr-p.Vaddr))
			return hex.EncodeToString(b)
		}
	}
	return ""
}

// TestGDB: a session of gdb's protocol with a program of each architecture.
func TestGDB(t *testing.T) {
	for _, a := range testprog.Arches {
		t.Run(a.Name, func(t *testing.T) {
			path := program(t, a, "arith")
			if path == "" {
				t.Skipf("no cross compiler, and no prebuilt programs")
			}
			f, err := elf.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()

			// Stepped from the start, each instruction once.
			g, output := debugged(t, path)
			// One thread, which has its process's number.
			stopped := g.ask("?")
			id, ok := strings.CutPrefix(stopped, "T05thread:")
			if id = strings.TrimSuffix(id, ";"); !ok || id == "" {
				t.Fatalf("?: %q", stopped)
			}
			g.expect("qfThreadInfo", "m"+id)
			num := g.pcNumber()
			start := g.pc(num, f)
			if want := f.Entry &^ 1; start != want { // bit 0 tells Thumb
				t.Fatalf("it starts at %#x, not %#x", start, want)
			}
			g.expect(fmt.Sprintf("m%x,4", start), text(f, start, 4))
			var pcs []uint64
			for range 8 {
				if got := g.ask("vCont;s:" + id); got != stopped {
					t.Fatalf("step: %q", got)
				}
				pcs = append(pcs, g.pc(num, f))
			}
			g.expect("D", "OK")
			want, err := os.ReadFile(dir("expected", "arith.txt"))
			if err != nil {
				t.Fatal(err)
			}
			if got := output(); got != string(want) {
				t.Error("detached:", firstDifference(string(want), got))
			}

			// A breakpoint at one of those places, then to the end.
			at := pcs[len(pcs)-1]
			if i := slices.Index(pcs, at); i < len(pcs)-1 || at == start {
				t.Fatalf("the first instructions are a loop: %#x", pcs)
			}
			kind := 4
			switch a.Name {
			case "amd64", "i386":
				kind = 1
			case "thumb":
				kind = 2
			case "riscv64":
				kind = 2
			}
			g, output = debugged(t, path)
			g.expect(fmt.Sprintf("Z0,%x,%d", at, kind), "OK")
			g.expect(fmt.Sprintf("m%x,4", at), text(f, at, 4))
			if got := g.ask("vCont;c"); !strings.HasPrefix(got, "T05thread:") || !strings.HasSuffix(got, ";swbreak:;") {
				t.Errorf("breakpoint: %q", got)
			}
			if pc := g.pc(num, f); pc != at {
				t.Errorf("stopped at %#x, not %#x", pc, at)
			}
			g.expect(fmt.Sprintf("z0,%x,%d", at, kind), "OK")
			g.expect("vCont;c", "W00")
			if got := output(); got != string(want) {
				t.Error("continued:", firstDifference(string(want), got))
			}

			g, _ = debugged(t, path)
			g.expect("vKill;1", "OK")
		})
	}
}
