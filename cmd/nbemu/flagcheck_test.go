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
		{"-strace=-q prog", "", "-strace -q: -q: not an option"},
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

func TestClosest(t *testing.T) {
	words := []string{"syscalls", "run", "exec", "root"}
	for word, want := range map[string]string{"syscals": "syscalls", "sycsalls": "syscalls", "exce": "exec", "ls": "", "make": "", "rm": ""} {
		if got := closest(word, words); got != want {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
	}
}
