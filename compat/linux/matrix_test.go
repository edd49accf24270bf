package linux

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"nbemu/internal/matrix"
	"nbemu/internal/testprog"
)

// otherAnswers are cells of the matrix where nbemu says something else, and why.
var otherAnswers = []matrix.Except{
	{"*", "mqueue", "Linux has message queues as files of a file system, with a text to be read and events of their own; here they are NetBSD's"},
	{"flags", "dir", "O_DIRECTORY is not kept"},
	{"set direct", "memfd memfd-seal", "memory of the host's, which knows better"},
	{"pipe size|splice files|tee from|tee to", "fifo", "a FIFO is the host's, and not a pipe to these calls"},
	{"preadv|pwritev", "dir proc-dir full", "the file is asked although the buffers are empty"},
	{"lseek end", "dir proc-dir", "directories have no end"},
	{"fchmod|fchown|futimens", "ptmx netlink", "the first is the host's device, the second keeps nothing"},
	{"futimens|fsetxattr odd|fremovexattr|sendfile from 0|sendfile at 0", "proc proc-dir dir pidfd", "of no use to anybody"},
	{"fgetxattr trusted", "*", "devices have no attributes here"},
	{"lease read|lease none", "proc pidfd", "of no use to anybody"},
	{"map shared r|map shared w|map private w|map validate|map none", "tcp tcp6 tcp-listening tcp-connected", "TCP's zero-copy receive is not there"},
	{"sendfile to 0", "pipe-w pipe-alone", "a write of nothing does not look for readers"},
	{"copy_file_range from|copy_file_range to|ftruncate|readahead", "pidfd proc", "these are made when they are read"},
	{"splice to", "full", "can be spliced to"},
	{"name_to_handle_at", "null zero full urandom ptmx pidfd", "no handles of devices"},
	{"SO_PEERCRED|write 0|send 0|send oob|sendto none|sendto in|sendto un|sendmsg 0|recv oob|send shut", "netlink", "an empty message is no error"},
	{"recv errors", "unix unix-listening unix-seqpacket", "they have no queue of errors"},
	{"bind un", "unix-listening", "a name is bound once"},
	{"send shut", "tcp tcp-connected", "the host's error was taken by the attempt to connect"},
}

// eachTable builds testdata/linux/NAME.c for the machines that there is a compiler of, and calls f with the program and with
// the table that Linux printed.
func eachTable(t *testing.T, name string, machines []*Machine, f func(t *testing.T, m *Machine, program string, want map[matrix.Cell]string)) {
	if !linuxHost() {
		t.Skip("the host's files are not Linux's")
	}
	dir, err := testprog.BuildDir("linux")
	if err != nil {
		t.Fatal(err)
	}
	src := filepath.Join(testprog.Root(), "testdata", "linux", name)
	text, err := os.ReadFile(src + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	want := matrix.Read(string(text))
	for _, m := range machines {
		compiler := compilers[m.Arch.Name]
		if m == machAMD64 {
			compiler = "gcc"
		}
		if _, err := exec.LookPath(compiler); err != nil {
			continue
		}
		t.Run(m.Arch.Name, func(t *testing.T) {
			out := filepath.Join(dir, name+"."+m.Arch.Name)
			if text, err := exec.Command(compiler, "-O1", "-w", "-static", "-o", out, src+".c", "-lpthread", "-lrt", "-lm").CombinedOutput(); err != nil {
				t.Skipf("no static program can be built: %v\n%s", err, text)
			}
			f(t, m, out, want)
		})
	}
}

// unneeded reports exceptions that nothing needs any more.
func unneeded(t *testing.T, list []matrix.Except, got, want map[matrix.Cell]string) {
	t.Helper()
	for _, x := range matrix.Unneeded(list, got, want) {
		t.Errorf("not needed any more: %q %q (%s)", x[0], x[1], x[2])
	}
}

// TestMatrix: what each call says of each kind of open file is what Linux 6.18 says to root, on every machine.
func TestMatrix(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	eachTable(t, "matrix", Machines, func(t *testing.T, m *Machine, program string, want map[matrix.Cell]string) {
		got := matrix.Read(output(t, nbemu, "-root-user", program, t.TempDir()))
		matrix.Compare(t, got, want, otherAnswers)
		if m == machAMD64 {
			unneeded(t, otherAnswers, got, want)
		}
	})
}

// otherMemory are cells of the table of mappings where nbemu says something else, and why.
var otherMemory = []matrix.Except{
	{"grow|grow may|grow last|move grow|lock, then grow|remap file all", "shared shared-fresh shared-r zero-shared segment segment-ro", "shared memory without a file has no size: what it grows by is zeros"},
	{"remap file *", "segment", "a segment that is removed is not mapped again"},
	{"remap file *", "sealed-r", "what a seal forbids to write is as what was opened to be read"},
	{"mem write", "shared-r shared-none file-none file-r", "a tracer may store wherever the program could make itself a right to"},
}

// TestMemory: what calls about memory say of each kind of mapping, and what it is like after them, is what Linux 6.18 says to
// root: all kinds on amd64, and every fourth on the other machines.
func TestMemory(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	eachTable(t, "memory", Machines, func(t *testing.T, m *Machine, program string, want map[matrix.Cell]string) {
		excepts := [][]matrix.Except{otherMemory}
		if !m.hasKeys() {
			excepts = append(excepts, []matrix.Except{{"key *|no such key", "*", "Linux has no protection keys on this machine"}})
		}
		if m.Arch.Name == "sparc64" {
			excepts = append(excepts, []matrix.Except{
				{"mem read|mem write", "*", "addresses are negative as offsets, and pread64 refuses those"},
				{"too large", "*", "nearly all numbers are addresses"},
			})
		}
		if m == machAMD64 {
			got := matrix.Read(output(t, nbemu, "-root-user", program, t.TempDir()))
			matrix.Compare(t, got, want, excepts...)
			unneeded(t, otherMemory, got, want)
			return
		}
		first := strconv.Itoa(m.column % 4)
		got := matrix.Read(output(t, nbemu, "-root-user", program, t.TempDir(), first, "4"))
		objects := map[string]bool{}
		for c := range got {
			objects[c.Object] = true
		}
		if len(objects) < 10 {
			t.Fatalf("%d kinds", len(objects))
		}
		maps.DeleteFunc(want, func(c matrix.Cell, _ string) bool { return !objects[c.Object] })
		matrix.Compare(t, got, want, excepts...)
	})
}
