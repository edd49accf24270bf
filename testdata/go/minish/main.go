// Minish is a shell for the scripts of tests, which are started by their "#!" line. A line is a comment, an
// assignment (NAME=value, which is exported) or a command; words are separated by blanks, quoted by "…", and $NAME,
// $0 to $9, $? and "$@" in them are replaced. It knows echo, exec and exit; whatever else is a program to be run.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

type shell struct {
	args   []string // $0 and on
	status int
}

// words splits a line.
func (sh *shell) words(line string) (out []string) {
	for line = strings.TrimLeft(line, " \t"); line != ""; line = strings.TrimLeft(line, " \t") {
		if rest, ok := strings.CutPrefix(line, `"$@"`); ok {
			out, line = append(out, sh.args[1:]...), rest
			continue
		}
		var w strings.Builder
		quoted := false
		for ; line != "" && (quoted || line[0] != ' '); line = line[1:] {
			switch line[0] {
			case '"':
				quoted = !quoted
			case '$':
				line = line[1:]
				n := strings.IndexFunc(line, func(r rune) bool { return r != '_' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') })
				if n < 0 {
					n = len(line)
				}
				n = max(n, 1)
				w.WriteString(sh.value(line[:n]))
				line = line[n-1:]
			default:
				w.WriteByte(line[0])
			}
		}
		out = append(out, w.String())
	}
	return out
}

func (sh *shell) value(name string) string {
	if name == "?" {
		return strconv.Itoa(sh.status)
	}
	if n, err := strconv.Atoi(name); err == nil {
		if n < len(sh.args) {
			return sh.args[n]
		}
		return ""
	}
	return os.Getenv(name)
}

func (sh *shell) run(w []string) {
	if name, value, ok := strings.Cut(w[0], "="); ok && !strings.Contains(name, "/") {
		_ = os.Setenv(name, value)
		return
	}
	switch w[0] {
	case "echo":
		fmt.Println(strings.Join(w[1:], " "))
		sh.status = 0
	case "exit":
		n, _ := strconv.Atoi(w[1])
		os.Exit(n)
	case "exec":
		fmt.Println("exec:", syscall.Exec(w[1], w[1:], os.Environ()))
		os.Exit(126)
	default:
		cmd := exec.Command(w[0], w[1:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		err := cmd.Run()
		var e *exec.ExitError
		switch {
		case err == nil:
			sh.status = 0
		case errors.As(err, &e):
			sh.status = e.ExitCode()
		default:
			fmt.Println(err)
			sh.status = 127
		}
	}
}

func main() {
	args := os.Args[1:]
	if len(args) > 0 && args[0] == "-v" {
		fmt.Printf("minish for %s/%s: %q\n", runtime.GOOS, runtime.GOARCH, args[1:])
		args = args[1:]
	}
	if len(args) == 0 {
		os.Exit(2)
	}
	text, err := os.ReadFile(args[0])
	if err != nil {
		fmt.Println(err)
		os.Exit(127)
	}
	sh := &shell{args: args}
	for _, line := range strings.Split(string(text), "\n") {
		if w := sh.words(line); len(w) > 0 && line[0] != '#' {
			sh.run(w)
		}
	}
	os.Exit(sh.status)
}
