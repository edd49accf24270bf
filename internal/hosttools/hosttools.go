// Package hosttools gets the host's programs that nbemu's build and tests
// need: it installs them where it may (as root on Debian and its kin) and
// otherwise says which command to type.
package hosttools

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// Tool is something to have: its packages by package manager.
type Tool struct {
	What     string            // for messages
	Program  string            // what must be in PATH, or "" if it is no program
	Packages map[string]string // by the manager's program; a missing one is named like Program
}

var (
	CMake = Tool{What: "cmake", Program: "cmake"}
	Make  = Tool{What: "make", Program: "make", Packages: map[string]string{"pkg": "gmake"}}
	Qemu  = Tool{What: "qemu-user, to compare with", Packages: map[string]string{"apt-get": "qemu-user", "dnf": "qemu-user", "pacman": "qemu-user"}}
)

// Compiler is a C compiler and C library; program is the compiler's name.
func Compiler(what, program string) Tool {
	return Tool{What: what, Program: program, Packages: map[string]string{
		"apt-get": "gcc libc6-dev",
		"dnf":     "gcc glibc-devel",
		"zypper":  "gcc glibc-devel",
		"apk":     "gcc musl-dev linux-headers",
		"pacman":  "gcc",
		"pkg":     "gcc",
	}}
}

// managers are the package managers that we know. Only apt-get is ever run,
// and only by root; for the others the command is printed.
var managers = []struct{ program, command string }{
	{"apt-get", "apt-get install -y --no-install-recommends"},
	{"dnf", "dnf install -y"},
	{"brew", "brew install"},
	{"apk", "apk add"},
	{"pacman", "pacman -S --needed"},
	{"zypper", "zypper install -y"},
	{"pkg", "pkg install -y"},
}

// Missing is the error for a tool that has to be installed by a person.
type Missing struct{ What, Command string }

func (m *Missing) Error() string {
	if m.Command == "" {
		return m.What + " is missing; install it with your system's package manager and try again"
	}
	return m.What + " is missing; to install it, type:\n\n    " + m.Command + "\n"
}

// Need makes sure that a program is there.
func Need(t Tool) error {
	if _, err := exec.LookPath(t.Program); err == nil {
		return nil
	}
	return Install(t)
}

// Install installs a tool, or fails with *Missing.
func Install(t Tool) error {
	if runtime.GOOS == "darwin" && t.Packages["apt-get"] == "gcc libc6-dev" {
		return &Missing{t.What, "xcode-select --install"}
	}
	for _, m := range managers {
		if _, err := exec.LookPath(m.program); err != nil {
			continue
		}
		packages := t.Packages[m.program]
		if packages == "" {
			packages = t.Program
		}
		if packages == "" {
			break
		}
		command := m.command + " " + packages
		if m.program != "apt-get" || os.Getuid() != 0 {
			if m.program != "brew" && os.Getuid() != 0 {
				command = "sudo " + command
			}
			return &Missing{t.What, command}
		}
		fmt.Printf("installing %s: %s\n", t.What, command)
		if err := apt(command); err != nil {
			return err
		}
		if t.Program != "" {
			if _, err := exec.LookPath(t.Program); err != nil {
				return fmt.Errorf("%s is still missing after %q", t.Program, command)
			}
		}
		return nil
	}
	return &Missing{What: t.What}
}

// apt runs an apt-get command, and once more after updating the package lists,
// which a fresh machine or container may not have.
func apt(command string) error {
	if _, err := aptRun(command); err == nil {
		return nil
	}
	fmt.Println("updating the package lists: apt-get update")
	if out, err := aptRun("apt-get update"); err != nil {
		return fmt.Errorf("apt-get update: %w\n%s", err, Tail(out, 10))
	}
	if out, err := aptRun(command); err != nil {
		return fmt.Errorf("%s: %w\n%s", command, err, Tail(out, 20))
	}
	return nil
}

// aptRun waits for another apt-get, which most fresh machines run at first, to end.
func aptRun(command string) (string, error) {
	args := append(strings.Fields(command), "-o", "DPkg::Lock::Timeout=300")
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Tail returns the last n lines of a text.
func Tail(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
