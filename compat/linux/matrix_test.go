package linux

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// cell is what one call said of one kind of open file.
type cell struct{ call, object string }

// readMatrix reads what testdata/linux/matrix.c prints.
func readMatrix(text string) map[cell]string {
	m := map[cell]string{}
	call := ""
	for _, line := range strings.Split(text, "\n") {
		answer, ok := strings.CutPrefix(line, "\t")
		if !ok {
			call = strings.TrimSuffix(line, ":")
			continue
		}
		answer, objects, _ := strings.Cut(answer, ": ")
		for _, o := range strings.Fields(objects) {
			m[cell{call, o}] = answer
		}
	}
	return m
}

type other struct{ calls, objects, why string }

// otherAnswers are cells of the matrix, as calls and objects, where nbemu says something else, and why. A * is for all.
var otherAnswers = []other{
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
	{"select", "path", "Linux takes a descriptor that is none for ready"},
	{"name_to_handle_at", "null zero full urandom ptmx pidfd", "no handles of devices"},
	{"SO_PEERCRED|write 0|send 0|send oob|sendto none|sendto in|sendto un|sendmsg 0|recv oob|send shut", "netlink", "an empty message is no error"},
	{"recv errors", "unix unix-listening unix-seqpacket", "they have no queue of errors"},
	{"bind un", "unix-listening", "a name is bound once"},
	{"send shut", "tcp tcp-connected", "the host's error was taken by the attempt to connect"},
}

func otherAnswer(list []other, c cell) bool {
	for _, o := range list {
		if (o.calls == "*" || has(strings.Split(o.calls, "|"), c.call)) && (o.objects == "*" || has(strings.Fields(o.objects), c.object)) {
			return true
		}
	}
	return false
}

func has(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// TestMatrix: what each call says of each kind of open file is what Linux 6.18 says to root, on every machine.
func TestMatrix(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	if !linuxHost() {
		t.Skip("the host's files are not Linux's")
	}
	dir, err := testprog.BuildDir("linux")
	if err != nil {
		t.Fatal(err)
	}
	src := filepath.Join(testprog.Root(), "testdata", "linux", "matrix")
	text, err := os.ReadFile(src + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	want := readMatrix(string(text))
	for _, m := range Machines {
		compiler := compilers[m.Arch.Name]
		if m == machAMD64 {
			compiler = "gcc"
		}
		if _, err := exec.LookPath(compiler); err != nil {
			continue
		}
		t.Run(m.Arch.Name, func(t *testing.T) {
			out := filepath.Join(dir, "matrix."+m.Arch.Name)
			if text, err := exec.Command(compiler, "-O1", "-w", "-static", "-o", out, src+".c", "-lrt").CombinedOutput(); err != nil {
				t.Skipf("no static program can be built: %v\n%s", err, text)
			}
			got := readMatrix(output(t, nbemu, "-root-user", out, t.TempDir()))
			if len(got) < len(want)*9/10 {
				t.Fatalf("%d cells of %d", len(got), len(want))
			}
			for c, answer := range want {
				if got[c] != answer && !otherAnswer(otherAnswers, c) {
					t.Errorf("%s of %s: %s, want %s", c.call, c.object, got[c], answer)
				}
			}
		})
	}
}
