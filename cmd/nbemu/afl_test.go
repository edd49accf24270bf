package main_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"nbemu/internal/testprog"
)

// crasher is a program of testdata/arch for fuzzers.
func crasher(arch string) string {
	return filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", arch, "aflcrash")
}

// fuzzer is the other end of the fork server: what afl-fuzz does, one step at a time.
type fuzzer struct {
	t        *testing.T
	cmd      *exec.Cmd
	to, from *os.File
	edges    []byte
	cases    []byte // the shared test case, nil without
	input    *os.File
	stderr   bytes.Buffer
}

// segment makes shared memory of n bytes that is gone with the test, and returns its number.
func segment(t *testing.T, n int) ([]byte, string) {
	t.Helper()
	id, err := unix.SysvShmGet(unix.IPC_PRIVATE, n, unix.IPC_CREAT|0o600)
	if err != nil {
		t.Skip(err)
	}
	b, err := unix.SysvShmAttach(id, 0, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		_ = unix.SysvShmDetach(b)
		_, _ = unix.SysvShmCtl(id, unix.IPC_RMID, nil)
	})
	return b, fmt.Sprint(id)
}

// startFuzzer starts nbemu -afl with a program and does the older handshake. With shared, test cases go by memory.
func startFuzzer(t *testing.T, shared bool, env []string, args ...string) *fuzzer {
	t.Helper()
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	f := &fuzzer{t: t}
	var id string
	f.edges, id = segment(t, 1<<16)
	env = append(env, "__AFL_SHM_ID="+id)
	if shared {
		f.cases, id = segment(t, 1<<20+4)
		env = append(env, "__AFL_SHM_FUZZ_ID="+id)
	}
	if f.input, err = os.Create(filepath.Join(t.TempDir(), "input")); err != nil {
		t.Fatal(err)
	}
	control, to, err1 := os.Pipe()
	from, status, err2 := os.Pipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	f.to, f.from = to, from
	// Descriptors 198 and 199 are the shell's to make.
	f.cmd = exec.Command("/bin/sh", append([]string{"-c", `exec "$0" "$@" 198<&3 199>&4 3<&- 4>&-`, nbemu, "-afl"}, args...)...)
	f.cmd.Env, f.cmd.ExtraFiles, f.cmd.Stdin, f.cmd.Stderr = env, []*os.File{control, status}, f.input, &f.stderr
	if bash, err := exec.LookPath("bash"); err == nil { // dash knows descriptors of one digit only
		f.cmd.Path = bash
	} else {
		t.Skip(err)
	}
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	control.Close()
	status.Close()
	t.Cleanup(func() {
		to.Close() // afl-fuzz is gone
		if err := f.cmd.Wait(); err != nil {
			t.Errorf("nbemu: %v\n%s", err, f.stderr.String())
		}
	})
	hello := f.receive()
	want := uint32(0xc0000001 | 0xffff<<1)
	if shared {
		want |= 0x01000000
	}
	if slices.ContainsFunc(env, func(v string) bool { return strings.HasPrefix(v, "__AFL_CMPLOG_SHM_ID=") }) {
		want |= 0x02000000
	}
	if hello != want {
		t.Fatalf("hello %#x, want %#x\n%s", hello, want, f.stderr.String())
	}
	if shared {
		f.send(0x81000001)
	}
	return f
}

func (f *fuzzer) send(w uint32) {
	f.t.Helper()
	if _, err := f.to.Write(binary.NativeEndian.AppendUint32(nil, w)); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fuzzer) receive() uint32 {
	f.t.Helper()
	var b [4]byte
	if n, err := f.from.Read(b[:]); n != 4 {
		f.cmd.Process.Kill()
		f.t.Fatalf("%v\n%s", err, f.stderr.String())
	}
	return binary.NativeEndian.Uint32(b[:])
}

// put makes a test case.
func (f *fuzzer) put(input string) {
	f.t.Helper()
	if f.cases != nil {
		binary.NativeEndian.PutUint32(f.cases, uint32(len(input)))
		copy(f.cases[4:], input)
		return
	}
	if err := f.input.Truncate(0); err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.input.WriteAt([]byte(input), 0); err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.input.Seek(0, 0); err != nil {
		f.t.Fatal(err)
	}
}

// run executes the program once, and returns its status and the edges.
func (f *fuzzer) run(input string, killedBefore uint32) (status uint32, edges []byte) {
	f.t.Helper()
	f.put(input)
	clear(f.edges)
	f.send(killedBefore)
	if pid := f.receive(); pid == 0 {
		f.t.Fatal("no process")
	}
	status = f.receive()
	return status, bytes.Clone(f.edges)
}

// Each machine's program is run with test cases by file and by memory; results and edges follow from the input alone.
func TestAflForkServer(t *testing.T) {
	for _, a := range testprog.Arches {
		for _, shared := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%v", a.Name, shared), func(t *testing.T) {
				f := startFuzzer(t, shared, nil, crasher(a.Name))
				seen := map[string][]byte{}
				for round := range 3 {
					for _, c := range []struct {
						in     string
						status uint32
					}{{"abc", 0}, {"cbc__", 0}, {"exit", 3 << 8}, {"crash", uint32(unix.SIGSEGV)}} {
						status, edges := f.run(c.in, 0)
						if status != c.status {
							t.Errorf("%q: status %#x, want %#x", c.in, status, c.status)
						}
						if round == 0 {
							seen[c.in] = edges
						} else if !bytes.Equal(edges, seen[c.in]) {
							t.Errorf("%q: other edges in round %d", c.in, round)
						}
					}
				}
				if bytes.Equal(seen["abc"], seen["cbc__"]) || bytes.Count(seen["abc"], []byte{0}) == len(seen["abc"]) {
					t.Error("different ways have the same edges")
				}
			})
		}
	}
}

// What is compared is told to the fork server of afl-fuzz -c: of "hello" its first letters, as bytes and as a word.
func TestAflCompares(t *testing.T) {
	const headers, entries, size = 8 << 16, 32 << 16, 32
	for _, a := range testprog.Arches {
		if a.Name == "m68k" {
			continue // nothing is told there
		}
		t.Run(a.Name, func(t *testing.T) {
			log, id := segment(t, headers+entries*size)
			env := []string{"__AFL_CMPLOG_SHM_ID=" + id, "___AFL_EINS_ZWEI_POLIZEI___=1"}
			f := startFuzzer(t, true, env, crasher(a.Name))
			compared := func(input string) map[[2]uint32]bool {
				clear(log)
				if status, _ := f.run(input, 0); status != 0 {
					t.Errorf("%q: status %#x", input, status)
				}
				found := map[[2]uint32]bool{}
				for i := range 1 << 16 {
					hits := min(binary.NativeEndian.Uint32(log[8*i:])&0xffffff, 32)
					for k := range int(hits) {
						e := log[headers+(32*i+k)*size:]
						found[[2]uint32{binary.NativeEndian.Uint32(e), binary.NativeEndian.Uint32(e[8:])}] = true
						found[[2]uint32{binary.NativeEndian.Uint32(e[8:]), binary.NativeEndian.Uint32(e)}] = true
					}
				}
				return found
			}
			for _, round := range []struct {
				input string
				want  [][2]uint32
			}{
				{"hello", [][2]uint32{{'h', 'c'}, {0x68656c6c, 0x68616e67}, {0x68656c6c, 0x65786974}}},
				{"cab", [][2]uint32{{'c', 'c'}, {'a', 'r'}}},
				{"hello", [][2]uint32{{'h', 'c'}}},
			} {
				got := compared(round.input)
				for _, w := range round.want {
					swapped := [2]uint32{bits.ReverseBytes32(w[0]), bits.ReverseBytes32(w[1])} // as little-endian machines load it
					if w[1] == 0x68616e67 && a.Name == "powerpc" {
						continue // which subtracts a half before it compares the other
					}
					if !got[w] && !got[swapped] {
						t.Errorf("%q: %#x is not among %d comparisons", round.input, w, len(got)/2)
					}
				}
			}
		})
	}
}

// A run that takes too long is ended by killing the process that afl-fuzz was told of; the next one is as usual.
func TestAflHang(t *testing.T) {
	f := startFuzzer(t, false, nil, crasher("amd64"))
	killed := uint32(0)
	for range 2 {
		f.put("hang")
		f.send(killed)
		pid := int(f.receive())
		if err := unix.Kill(pid, unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if status := f.receive(); status != uint32(unix.SIGKILL) {
			t.Errorf("status %#x", status)
		}
		killed = 1
		if status, _ := f.run("exit", killed); status != 3<<8 {
			t.Errorf("after a hang: %#x", status)
		}
		killed = 0
	}
}

// Deferred start, and persistent mode with test cases that are stored where a function has its argument.
func TestAflPersistent(t *testing.T) {
	for _, c := range []struct{ arch, input string }{
		{"amd64", "rdi,rsi"}, {"aarch64", "x0,x1"}, {"mips", "a0,a1"}, {"sparc64", "o0,o1"}, {"riscv64", "a0,a1"}, {"thumb", "r0,r1"}, {"powerpc", "r3,r4"},
	} {
		t.Run(c.arch, func(t *testing.T) {
			deferred := startFuzzer(t, false, []string{"AFL_ENTRYPOINT=main"}, crasher(c.arch))
			if status, _ := deferred.run("exit", 0); status != 3<<8 {
				t.Errorf("deferred: %#x", status)
			}
			f := startFuzzer(t, true, []string{"AFL_QEMU_PERSISTENT_ADDR=parse", "NBEMU_AFL_PERSISTENT_INPUT=" + c.input}, crasher(c.arch))
			for range 3 {
				for in, want := range map[string]uint32{"abc": 0, "exit": 3 << 8, "crash": uint32(unix.SIGSEGV), "": 0} {
					if status, _ := f.run(in, 0); status != want {
						t.Errorf("%q: status %#x, want %#x", in, status, want)
					}
				}
			}
		})
	}
}

// The newer handshake, of AFL++ 4.21.
func TestAflNewHandshake(t *testing.T) {
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	_, id := segment(t, 1<<16)
	control, to, _ := os.Pipe()
	from, status, _ := os.Pipe()
	cmd := exec.Command("bash", "-c", `exec "$0" -afl "$1" 198<&3 199>&4 3<&- 4>&-`, nbemu, crasher("amd64"))
	cmd.Env, cmd.ExtraFiles = []string{"__AFL_SHM_ID=" + id, "NBEMU_AFL_NEW_FORKSERVER=1"}, []*os.File{control, status}
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	control.Close()
	status.Close()
	f := &fuzzer{t: t, cmd: cmd, to: to, from: from}
	version := f.receive()
	if version != 0x41464c01 {
		t.Fatalf("version %#x", version)
	}
	f.send(^version)
	for i, want := range []uint32{1, 1 << 16, version} {
		if w := f.receive(); w != want {
			t.Errorf("word %d: %#x, want %#x", i, w, want)
		}
	}
	to.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// aflExecs is how many runs afl-fuzz gets to find the crash; it needs some 16,000.
const aflExecs = 100000

// afl-fuzz itself finds the crash that lies behind five comparisons.
func TestAflFindsCrash(t *testing.T) {
	afl, err := exec.LookPath("afl-fuzz")
	if err != nil {
		t.Skip("afl-fuzz is not installed")
	}
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	for _, arch := range []string{"amd64", "aarch64", "mips", "sparc64"} {
		t.Run(arch, func(t *testing.T) {
			dir := t.TempDir()
			in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
			if err := os.Mkdir(in, 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(in, "seed"), []byte("hello\n"), 0o666); err != nil {
				t.Fatal(err)
			}
			// Untrimmed: what is cut off the seed makes no difference until the last of the five comparisons.
			cmd := exec.Command(afl, "-D", "-i", in, "-o", out, "-E", fmt.Sprint(aflExecs), "-s", "1", "-t", "10000", "--", nbemu, "-afl", crasher(arch), "@@")
			cmd.Env = append(os.Environ(), "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1", "AFL_SKIP_CPUFREQ=1", "AFL_NO_UI=1", "AFL_NO_AFFINITY=1", "AFL_BENCH_UNTIL_CRASH=1", "AFL_DISABLE_TRIM=1", "NO_COLOR=1")
			log, err := cmd.CombinedOutput()
			found, _ := filepath.Glob(filepath.Join(out, "default", "crashes", "id*"))
			if len(found) == 0 {
				t.Fatalf("no crash was found: %v\n%s", err, log)
			}
			b, err := os.ReadFile(found[0])
			if err != nil || !strings.HasPrefix(string(b), "crash") {
				t.Errorf("%q, %v", b, err)
			}
			stats, _ := os.ReadFile(filepath.Join(out, "default", "fuzzer_stats"))
			for _, line := range strings.Split(string(stats), "\n") {
				if strings.HasPrefix(line, "execs_") {
					t.Log(strings.Join(strings.Fields(line), " "))
				}
			}
		})
	}
}

// Two instances of afl-fuzz share what they find, as docs/FUZZING.md has it: the second one begins with the input that the
// first one has no way to (it is not told what is compared), and takes it over.
func TestAflSync(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes its time")
	}
	afl, err := exec.LookPath("afl-fuzz")
	if err != nil {
		t.Skip("afl-fuzz is not installed")
	}
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	instance := func(role, name, seed string, execs int, more ...string) {
		t.Helper()
		in := filepath.Join(dir, "in-"+name)
		if err := os.MkdirAll(in, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(in, "seed"), []byte(seed), 0o666); err != nil {
			t.Fatal(err)
		}
		args := append([]string{role, name, "-i", in, "-o", filepath.Join(dir, "sync"), "-E", fmt.Sprint(execs), "-s", "1", "-t", "10000"}, more...)
		cmd := exec.Command(afl, append(args, "--", nbemu, "-afl", crasher("mips"), "@@")...)
		cmd.Env = append(os.Environ(), "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1", "AFL_SKIP_CPUFREQ=1", "AFL_NO_UI=1", "AFL_NO_AFFINITY=1", "AFL_DISABLE_TRIM=1", "NO_COLOR=1")
		if log, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, log)
		}
	}
	instance("-S", "two", "exit", 200)
	instance("-M", "one", "hello", 8000)
	found, _ := filepath.Glob(filepath.Join(dir, "sync", "one", "queue", "*sync:two*"))
	if len(found) == 0 {
		all, _ := filepath.Glob(filepath.Join(dir, "sync", "*", "queue", "id*"))
		t.Fatalf("nothing came over: %q", all)
	}
	// With -c the letters of the word come out of what is compared, at once.
	instance("-S", "three", "hello", 300, "-c", "0")
	inputs, _ := filepath.Glob(filepath.Join(dir, "sync", "three", "queue", "*op:its*"))
	if !slices.ContainsFunc(inputs, func(name string) bool {
		b, err := os.ReadFile(name)
		return err == nil && strings.HasPrefix(string(b), "exit")
	}) {
		t.Errorf("-c found %q", inputs)
	}
}
