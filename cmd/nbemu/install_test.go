package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tool finds a program; the test is skipped where it is missing.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not there", name)
	}
	return path
}

// written puts what a generator writes into a file.
func written(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

func manText1(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := manPage(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The page has every flag and command. It is generated from the tables, but for what the page's own text says.
func TestManPage(t *testing.T) {
	page := manText1(t)
	for _, r := range slices.Concat(flagTable, execFlags, suiteTable) {
		if !strings.Contains(page, "\n.It Fl "+r.name) || r.env != "" && !strings.Contains(page, "Ev "+r.env+"\n") {
			t.Errorf("-%s is not in the page", r.name)
		}
	}
	for _, c := range commands {
		if !strings.Contains(page, "\n.It Cm "+c.name) {
			t.Errorf("%s is not in the page", c.name)
		}
	}
	for i, line := range strings.Split(page, "\n") {
		if len(line) > 80 && !strings.HasPrefix(line, ".It") {
			t.Errorf("line %d is long: %s", i+1, line)
		}
	}
}

func TestManLint(t *testing.T) {
	mandoc := tool(t, "mandoc")
	page := written(t, "nbemu.1", manText1(t))
	out, err := exec.Command(mandoc, "-Tlint", "-Wstyle", page).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		// Which other pages there are is the machine's business, and whose list mandoc has its build's.
		if !strings.Contains(line, "referenced manual not found") && !strings.Contains(line, "outdated mandoc.db") {
			t.Errorf("mandoc: %s", line)
		}
	}
	if err != nil && len(out) == 0 {
		t.Error(err)
	}
}

func bashText() string { var b bytes.Buffer; bashCompletion(&b); return b.String() }
func zshText1() string { var b bytes.Buffer; zshCompletion(&b); return b.String() }
func fishText() string { var b bytes.Buffer; fishCompletion(&b); return b.String() }

// completionCases are command lines, and words that must and must not be among what the last one is completed to.
var completionCases = []struct {
	line      string // ends in the word that is completed
	want, not string // separated by spaces
}{
	{"nbemu -mach", "-machine", "-memory"},
	{"nbemu -machine spa", "sparc sparc64", "amd64"},
	{"nbemu -strace -acc", "-accel", "-strace"},
	{"nbemu -accel ", "unicorn kvm auto", "-accel"},
	{"nbemu sui", "suite", "root"},
	{"nbemu suite -timeout", "-timeout -timeout-factor", "-n"},
	{"nbemu exec -js", "-json", "-shard"},
	{"nbemu root cr", "create", "exec"},
	{"nbemu help ve", "version", "exec"},
	{"nbemu -L /nonexistent/x -cpu", "-cpu -cpus", "-crash"},
	{"nbemu -L /us", "/usr", "-L"},
	{"nbemu true -mach", "", "-machine"}, // the program's own
}

func checkCompletion(t *testing.T, line, want, not string, out []byte) {
	t.Helper()
	var got []string
	for l := range strings.Lines(string(out)) {
		word, _, _ := strings.Cut(strings.TrimSpace(l), "\t")
		got = append(got, strings.TrimSuffix(word, "/"))
	}
	for _, w := range strings.Fields(want) {
		if !slices.Contains(got, w) {
			t.Errorf("%q: %s is not among %q", line, w, got)
		}
	}
	for _, w := range strings.Fields(not) {
		if slices.Contains(got, w) {
			t.Errorf("%q: %s is among %q", line, w, got)
		}
	}
}

func TestBashCompletion(t *testing.T) {
	bash := tool(t, "bash")
	file := written(t, "nbemu", bashText())
	for _, tt := range completionCases {
		words := strings.Split(tt.line, " ")
		script := "source " + file + "; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _nbemu; printf '%s\\n' \"${COMPREPLY[@]}\""
		out, err := exec.Command(bash, append([]string{"--norc", "-c", script, "bash"}, words...)...).Output()
		if err != nil {
			t.Fatalf("%q: %v", tt.line, err)
		}
		checkCompletion(t, tt.line, tt.want, tt.not, out)
	}
}

func TestFishCompletion(t *testing.T) {
	fish := tool(t, "fish")
	file := written(t, "nbemu.fish", fishText())
	for _, tt := range completionCases {
		cmd := exec.Command(fish, "--no-config", "-c", "source "+file+"; complete -C"+fishQuote(tt.line))
		cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%q: %v", tt.line, err)
		}
		checkCompletion(t, tt.line, tt.want, tt.not, out)
	}
}

// What zsh's own functions get told; they have no terminal here.
func TestZshCompletion(t *testing.T) {
	zsh := tool(t, "zsh")
	file := written(t, "_nbemu", zshText1())
	const stubs = `compdef() { }
_describe() { print -l -- ${(P)2%%:*} }
_arguments() { print -l -- ${${(M)@:#\**}/(#b)\*(-[^\[]#)*/$match[1]} }
compadd() { shift; print -l -- "$@" }
setopt extendedglob
source "$1"; shift
words=("$@") CURRENT=$#
_nbemu
`
	for _, tt := range []struct{ line, want, not string }{
		{"nbemu -mach", "-machine -L -strace", "suite"},
		{"nbemu sui", "suite root -L", "create"},
		{"nbemu suite -ti", "-timeout -machine", "-n"},
		{"nbemu exec -js", "-json -n", "-shard"},
		{"nbemu root cr", "create remove", "-L"},
	} {
		args := append([]string{"-f", "-c", stubs, "zsh", file}, strings.Split(tt.line, " ")...)
		out, err := exec.Command(zsh, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%q: %v\n%s", tt.line, err, out)
		}
		checkCompletion(t, tt.line, tt.want, tt.not, out)
	}
}
