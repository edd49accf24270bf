package main

import (
	"fmt"
	"slices"
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
	"o":  "strace's -o FILE is -strace='-o FILE', or -D FILE",
	"f":  "-strace always shows child processes and threads",
	"ff": "strace's options stand in one word: -strace='-ff -o FILE'",
	"e":  "strace's options stand in one word: -strace='-e trace=%file'; a variable for the program is -E",
	"c":  "strace's options stand in one word: -strace=-c",
	"C":  "strace's options stand in one word: -strace=-C",
	"T":  "strace's options stand in one word: -strace=-T",
	"tt": "strace's options stand in one word: -strace=-tt",
	"y":  "strace's options stand in one word: -strace=-y",
	"yy": "strace's options stand in one word: -strace=-yy",
	"k":  "strace's options stand in one word: -strace=-k; proot's release of the kernel is -r",
	"P":  "strace's options stand in one word: -strace='-P PATH'",
	"v":  "strace's options stand in one word: -strace=-v (proot's -v has nothing to say here)",
	"x":  "strace's options stand in one word: -strace=-x",
	"u":  "who the program is say -uid and -gid",
	"q":  "strace's notes of attaching are not there, and there is no other emulator to call as proot's -q does: programs of all machines run as they are",
	"qq": "strace's notes of attaching are not there: nothing is attached to",
	"a":  "strace's options stand in one word: -strace='-a COLUMN'",
	"A":  "strace's options stand in one word: -strace='-A -o FILE'",
	"O":  "strace's options stand in one word: -strace='-c -O OVERHEAD'",
	"S":  "strace's options stand in one word: -strace='-c -S NAME'; proot's -S is -chroot DIR -root-user",
	"w":  "strace's options stand in one word: -strace=-w; the working directory (proot's -w) is the one that nbemu is started in; with a root of nbemu's, nbemu root run",
	"z":  "strace's options stand in one word: -strace='-z'",
	"Z":  "strace's options stand in one word: -strace='-Z'",
	"Y":  "strace's options stand in one word: -strace='-Y'",
	"I":  "strace's options stand in one word: -strace='-I N'",
	"X":  "strace's options stand in one word: -strace='-X FORMAT'",
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

// qemuVars are what qemu-user reads of the environment, and what nbemu has in their places; "" for nothing.
var qemuVars = map[string]string{
	"QEMU_LD_PREFIX": "NBEMU_ROOT (-L)", "QEMU_SET_ENV": "NBEMU_SET_ENV", "QEMU_UNSET_ENV": "NBEMU_UNSET_ENV", "QEMU_ARGV0": "NBEMU_ARGV0",
	"QEMU_STRACE": "NBEMU_STRACE", "QEMU_LOG": "NBEMU_D", "QEMU_LOG_FILENAME": "NBEMU_LOG_FILENAME", "QEMU_DFILTER": "NBEMU_DFILTER",
	"QEMU_GDB": "NBEMU_GDB", "QEMU_CPU": "NBEMU_CPU", "QEMU_UNAME": "NBEMU_UNAME", "QEMU_STACK_SIZE": "NBEMU_STACK_SIZE", "QEMU_RAND_SEED": "NBEMU_SEED",
	"QEMU_SINGLESTEP": "NBEMU_ONE_INSN_PER_TB", "QEMU_ONE_INSN_PER_TB": "NBEMU_ONE_INSN_PER_TB",
	"QEMU_PERFMAP": "NBEMU_PERFMAP", "QEMU_JITDUMP": "NBEMU_JITDUMP",
}

// qemuHint names variables of qemu-user's that are set, to somebody whose program did not start: where they are set for
// good, other runs must not hear of it. "" if there are none.
func qemuHint(environ []string) string {
	var hints []string
	for _, v := range environ {
		name, _, _ := strings.Cut(v, "=")
		if own := qemuVars[name]; own != "" {
			hints = append(hints, fmt.Sprintf("%s is qemu-user's; %s is nbemu's", name, own))
		}
	}
	slices.Sort(hints)
	return strings.Join(hints, "; ")
}
