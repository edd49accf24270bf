package main

import (
	"fmt"
	"strings"

	"nbemu/strace"
)

// foreignFlag says of a flag that is not nbemu's what to use in its place; "" if it is nobody's.
func foreignFlag(name string) string {
	if why := foreignFlags[name]; why != "" {
		return why
	}
	// A letter of strace's with its value in the same word, or a long name.
	word := "-" + name
	if len(name) > 2 && !strings.Contains(name, "=") && strings.IndexByte("eosab", name[0]) < 0 {
		word = "--" + name
	}
	if o, err := strace.ParseOptions(word + " 1"); err == nil && o.Check() == nil {
		return fmt.Sprintf("strace's options stand in one word: -strace='%s'", word)
	}
	if o, err := strace.ParseOptions(word); err == nil && o.Check() == nil {
		return fmt.Sprintf("strace's options stand in one word: -strace='%s'", word)
	}
	return ""
}

// foreignFlags are flags that users of qemu-user, strace and proot know, and nbemu has not: what to say instead of a
// guess at a name that looks like theirs.
var foreignFlags = map[string]string{
	// qemu-user's
	"B":                "qemu-user moves a program by it where the host's addresses are taken; a program of nbemu has all of its addresses",
	"R":                "qemu-user reserves addresses of the host by it; a program of nbemu has all of its addresses (-memory limits how much it may have, -s its stack); proot's -R is -L DIR, or -chroot DIR with -bind",
	"t":                "qemu-user's cache of translations is nbemu's own business",
	"p":                "pages have the size of the machine that is emulated; strace's -p is for processes of the host",
	"singlestep":       "its name is -one-insn-per-tb",
	"plugin":           "there are no plug-ins of QEMU's; hooks for system calls are in the Go package nbemu/machine",
	"trace":            "QEMU's trace events are not there; -strace shows system calls",
	"tb-size":          "the cache of translations has a fixed size",
	"h":                "nbemu -help lists the flags",
	"xtensa-abi-call0": "there is no machine of that name",
	"interp-prefix":    "its name is -L",
	"ld-prefix":        "its name is -L",
	"enable-kvm":       "its name is -accel kvm",
	"smp":              "its name is -cpus",
	"m":                "its name is -memory",
	"M":                "its name is -machine",
	"icount":           "-deterministic has a clock that goes by what is executed",
	// strace's
	"o":           "strace's -o FILE is -strace='-o FILE', or -D FILE",
	"f":           "-strace always shows child processes and threads",
	"ff":          "strace's options stand in one word: -strace='-ff -o FILE'",
	"e":           "strace's options stand in one word: -strace='-e trace=%file'; a variable for the program is -E",
	"c":           "strace's options stand in one word: -strace=-c",
	"C":           "strace's options stand in one word: -strace=-C",
	"T":           "strace's options stand in one word: -strace=-T",
	"tt":          "strace's options stand in one word: -strace=-tt",
	"y":           "strace's options stand in one word: -strace=-y",
	"yy":          "strace's options stand in one word: -strace=-yy",
	"k":           "strace's options stand in one word: -strace=-k; proot's release of the kernel is -r",
	"P":           "strace's options stand in one word: -strace='-P PATH'",
	"v":           "strace's options stand in one word: -strace=-v (proot's -v has nothing to say here)",
	"x":           "strace's options stand in one word: -strace=-x",
	"u":           "who the program is say -uid and -gid",
	"q":           "strace's notes of attaching are not there, and there is no other emulator to call as proot's -q does: programs of all machines run as they are",
	"qq":          "strace's notes of attaching are not there: nothing is attached to",
	"a":           "the column of results is not aligned",
	"A":           "-D writes a new file each time",
	"O":           "the cost of tracing is not taken off: times are those of the calls",
	"S":           "strace's order of -c's table is by time; proot's -S is -chroot DIR -root-user",
	"w":           "-strace=-c counts time as it passes; the working directory (proot's -w) is the one that nbemu is started in; with a root of nbemu's, nbemu root run",
	"z":           "failed calls are left out by nothing; -strace='-e trace=...' chooses calls",
	"Z":           "calls that succeed are left out by nothing; -strace='-e trace=...' chooses calls",
	"Y":           "names of processes are in /proc of the guest; -strace=-ff has a file for each",
	"I":           "signals are the program's",
	"seccomp-bpf": "no call is slower for not being traced",
	// proot's, chroot's and bwrap's
	"b":            "proot's -b is -bind",
	"H":            "files with any names are shown",
	"l":            "symbolic links stay what they are",
	"link2symlink": "hard links are the host's; where it has none, -overlay and -metadata keep what it does not allow",
	"V":            "its name is -version",
	"i":            "who the program is say -uid and -gid",
	"rootfs":       "a directory that the program cannot leave is -chroot",
	"cwd":          "the working directory is the one that nbemu is started in",
	"userspec":     "who the program is say -uid and -gid",
	"ro-bind":      "its form is -bind host:guest:ro",
	"root-id":      "its name is -root-user",
	"kill-on-exit": "programs never outlive the first one",
}
