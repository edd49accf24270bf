package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// inNamespace runs a script of sh's in namespaces of its own: since Linux 6.7 each user namespace has its own rules of
// binfmt_misc. The test is skipped where that cannot be.
func inNamespace(t *testing.T, script string, args ...string) string {
	t.Helper()
	unshare, err := exec.LookPath("unshare")
	if err != nil {
		t.Skip(err)
	}
	const begin = "mount -t binfmt_misc binfmt_misc \"$2\" && [ -w \"$2/register\" ] && echo mounted || exit 0\n"
	dir := filepath.Join(t.TempDir(), "misc")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	words := append([]string{"-U", "-r", "-m", "sh", "-c", begin + script, "sh", nbemu, dir}, args...)
	cmd := exec.Command(unshare, words...)
	cmd.Env = append(os.Environ(), "NBEMU_SANDBOX=off")
	cmd.Stdin = nil
	out, err := cmd.CombinedOutput()
	if !strings.Contains(string(out), "mounted\n") {
		t.Skipf("binfmt_misc cannot be mounted in a namespace: %v: %s", err, out)
	}
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	return string(out)
}

// The kernel itself starts programs of all machines by their names: those whose header says NetBSD, those with the
// extension, and with -all those of other machines than the host's.
func TestBinfmtKernel(t *testing.T) {
	dir := t.TempDir()
	var programs []string
	for _, a := range testprog.Arches {
		b, err := os.ReadFile(filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", a.Name, "args"))
		if err != nil {
			t.Fatal(err)
		}
		put := func(name string) {
			file := filepath.Join(dir, name)
			if err := os.WriteFile(file, b, 0o777); err != nil {
				t.Fatal(err)
			}
			programs = append(programs, file)
		}
		put(a.Name + ".netbsd")
		if a.Name != "amd64" && a.Name != "i386" {
			put(a.Name + "-all")
		}
		b[7] = 2 // ELFOSABI_NETBSD
		put(a.Name)
	}
	out := inNamespace(t, `nbemu=$1 misc=$2; shift 2
$nbemu binfmt install -all -dir $misc || exit 1
for p; do
	echo "$p: $($p one two | head -3 | tr '\n' ' ')"
done
$nbemu binfmt remove -dir $misc
ls $misc
`, programs...)
	for _, p := range programs {
		if !strings.Contains(out, p+": argc: 3 one two ") {
			t.Errorf("%s did not run", p)
		}
	}
	if !strings.HasSuffix(out, " rules removed\nregister\nstatus\n") || t.Failed() {
		t.Errorf("%s", out)
	}
}

// argv[0] stays what the caller said, a program that cannot be read runs, and by an nbemu that was opened with the rule
// also where there is none.
func TestBinfmtKernelFlags(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "proc"), 0o777); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", "mips", "args"))
	if err != nil {
		t.Fatal(err)
	}
	b[7] = 2
	if err := os.WriteFile(filepath.Join(root, "prog"), b, 0o111); err != nil {
		t.Fatal(err)
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	out := inNamespace(t, fmt.Sprintf(`nbemu=$1 root=$3
$nbemu binfmt install -dir $2 mips || exit 1
NBEMU_STRACE='-e trace=execve' %s -c 'exec -a other $0/prog x' $root 2>&1 | grep execve
mount --rbind /proc $root/proc && chroot $root /prog in the root | head -4 | tr '\n' ' '
`, bash), root)
	for _, want := range []string{`["other", "x"]`, "argc: 4 in the root "} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in:\n%s", want, out)
		}
	}
}

// In a PID namespace with the /proc of the one outside nbemu does not wait for threads of other processes, which would be
// for ever.
func TestOtherProc(t *testing.T) {
	unshare, err := exec.LookPath("unshare")
	if err != nil {
		t.Skip(err)
	}
	if out, err := exec.Command(unshare, "-U", "-r", "-p", "--fork", "true").CombinedOutput(); err != nil {
		t.Skipf("%v: %s", err, out)
	}
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	b, err := os.ReadFile(filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", "mips", "args"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "args"), b, 0o755); err != nil {
		t.Fatal(err)
	}
	// Of the first numbers there are processes outside.
	out, err := exec.Command(unshare, "-U", "-r", "-p", "--fork", "sh", "-c", `"$0" -chroot "$1" /args one; exit $?`, nbemu, root).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "argc: 2\none\n") || !strings.Contains(string(out), "-sandbox: /proc is another PID namespace's") {
		t.Errorf("%v: %s", err, out)
	}
}
