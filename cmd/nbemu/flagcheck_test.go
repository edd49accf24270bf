package main

import (
	"strings"
	"testing"
)

// A flag that would be ignored is an error, and so is one that does not exist, with the nearest one that does.
func TestFlagErrors(t *testing.T) {
	for _, tt := range []struct {
		args, env string
		want      string // "" if all is well
	}{
		{"-seed 3 prog", "", "-seed: says nothing without -deterministic"},
		{"-epoch 3 prog", "", "-epoch: says nothing without -deterministic"},
		{"-D log prog", "", "-D: says nothing without -strace"},
		{"-strict 2 prog", "", "-strict: says nothing without -veriexec"},
		{"-deterministic -seed 3 prog", "", ""},
		{"-seed 3 prog", "NBEMU_DETERMINISTIC=1", ""},
		{"prog", "NBEMU_SEED=3", ""},
		{"-strace -D log prog", "", ""},
		{"-starce prog", "", "-starce: there is no such flag; did you mean -strace?"},
		{"--determinstic prog", "", "did you mean -deterministic?"},
		{"-frobnicate prog", "", "-frobnicate: there is no such flag"},
		{"-overlay dir prog", "", "-overlay: says nothing without -chroot or -L"},
		{"-overlay dir -L root prog", "", ""},
		{"-cpus -4 prog", "", "-cpus -4: not a number of processors"},
		{"-cpus 0 prog", "", "-cpus 0: not a number of processors"},
		{"-cpus 1 -parallel prog", "", "-parallel: not with -cpus 1"},
		{"-deterministic -g 1234 -coverage f prog", "", "-coverage: not with -deterministic -g"},
		{"-deterministic -g 1234 -d exec prog", "", "-d: not with -deterministic -g"},
		{"-s 1x prog", "", "-s 1x: not a size"},
		{"-s 16M -r 9.3 prog", "", ""},
		{"-b /src prog", "", "-b: there is no such flag: proot's -b is -bind"},
		{"-A prog", "", "-strace='-A -o FILE'"},
		{"-O 5 prog", "", "-strace='-c -O OVERHEAD'"},
		{"-I 2 prog", "", "-strace='-I N'"},
		{"-X raw prog", "", "strace's options stand in one word"},
		{"-f prog", "", "-f: there is no such flag: -strace always shows child processes"},
		{"-o file prog", "", "-strace='-o FILE'"},
		{"-one-insn-per-tb prog", "", "-one-insn-per-tb: says nothing without -d"},
		{"-one-insn-per-tb -d exec prog", "", ""},
		{"-singlestep prog", "", "-singlestep: there is no such flag: its name is -one-insn-per-tb"},
		{"-etrace=file prog", "", "strace's options stand in one word: -strace='-etrace"},
		{"-s100 prog", "", "-strace='-s100'"},
		{"--decode-fds prog", "", "-strace='--decode-fds'"},
		{"-link2symlink prog", "", "hard links are the host's"},
		{"-plugin x.so prog", "", "no plug-ins"},
		{"-g", "", "-g: what? -g port is how it is written"},
		{"-kernel 10.1 prog", "", "-kernel 10.1: there is 10, and -r 10.1 has uname say the rest"},
		{"-kernel 2.1 prog", "", "-kernel 2.1: there is 2.0, and -r 2.1 has"},
		{"-kernel 5.99 prog", "", ""},
		{"-kernel 3.0 prog", "", ""},
		{"-kernel 1.6.1 prog", "", "-kernel 1.6.1: there is 1.6, and -r 1.6.1 has"},
		{"-r /root prog", "", "-r /root: a release is meant, such as 9.3; proot's -r DIR is -chroot DIR"},
		{"-strace=-j prog", "", "-strace -j: -j: not an option"},
	} {
		_, _, err := parseFlags("run", strings.Fields(tt.args), strings.Fields(tt.env))
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s %s: %v", tt.env, tt.args, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s %s: %v, want %s", tt.env, tt.args, err, tt.want)
		}
	}
	if _, _, err := parseFlags("exec", []string{"-json", "prog"}, nil); err == nil || !strings.Contains(err.Error(), "without -n") {
		t.Errorf("exec -json: %v", err)
	}
}

// What is said of other programs' flags is for flags that nbemu has not.
func TestForeignFlags(t *testing.T) {
	for _, rows := range [][]flagRow{flagTable, execFlags} {
		for _, r := range rows {
			if why := foreignFlags[r.name]; why != "" {
				t.Errorf("-%s is a flag, and is said not to be one: %s", r.name, why)
			}
		}
	}
	_, _, err := parseFlags("run", []string{"-strace=-o x", "-D", "y", "prog"}, nil)
	if err == nil || !strings.Contains(err.Error(), "-D: not with -strace='-o") {
		t.Errorf("two places for a trace: %v", err)
	}
	for _, flags := range [][]string{{"-n", "-g", "1"}, {"-n", "-strace"}} {
		if _, _, err := parseFlags("exec", append(flags, "prog"), nil); err == nil || !strings.Contains(err.Error(), "not with -n: nothing runs") {
			t.Errorf("exec %v: %v", flags, err)
		}
	}
}

// A flag that took the program as its value is named, and how it is written.
func TestNoProgram(t *testing.T) {
	for line, want := range map[string]string{
		"-g ./prog":              "which program? ./prog is -g's value: nbemu -g port PROGRAM",
		"-strace --L ./prog":     "which program? ./prog is -L's value: nbemu -L root PROGRAM",
		"-strace":                "which program? There is nothing after the flags",
		"-deterministic -strace": "which program? There is nothing after the flags",
		"-L=root -g=1":           "which program? There is nothing after the flags",
	} {
		_, rest, err := parseFlags("run", strings.Fields(line), nil)
		if err != nil || len(rest) != 0 {
			t.Errorf("%s: %v, %v", line, rest, err)
		}
		if got := noProgram(strings.Fields(line)).Error(); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

func TestClosest(t *testing.T) {
	words := []string{"syscalls", "run", "exec", "root"}
	for word, want := range map[string]string{"syscals": "syscalls", "sycsalls": "syscalls", "exce": "exec", "ls": "", "make": "", "rm": ""} {
		if got := closest(word, words); got != want {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
}

// Variables of qemu-user's that have a place here are named.
func TestQemuHint(t *testing.T) {
	hint := qemuHint([]string{"PATH=/bin", "QEMU_STRACE=1", "QEMU_LD_PREFIX=/x", "QEMU_GUEST_BASE=1", "MY_QEMU_CPU=1"})
	if want := "QEMU_LD_PREFIX is qemu-user's; NBEMU_ROOT (-L) is nbemu's; QEMU_STRACE is qemu-user's; NBEMU_STRACE is nbemu's"; hint != want {
		t.Errorf("%s, want %s", hint, want)
	}
}
