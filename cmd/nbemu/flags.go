package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"nbemu/execve"
)

// options is what flags and environment say.
type options struct {
	root, chroot string
	argv0        string
	strace       bool
	logfile      string
	gdb          string
	crash        bool
	gops         bool
	version      bool
	cpus         int
	environ      []string // the guest's
	setEnv       []string // what -E set of it

	deterministic bool
	seed          uint64
	epoch         int64

	kernel    string // release whose rules hold
	cred      credOptions
	metadata  string
	mounts    list
	veriexec  string
	strict    int
	segvguard string
	pax       string
	dryRun    bool // exec -n
	json      bool
}

// command is the first word after "nbemu".
type command struct {
	name, args, what string
}

// commands are the words that are no program's name.
var commands = []command{
	{"run", "[flags] program [args]", "runs a NetBSD program; the word may be left out"},
	{"exec", "-n [-json] [flags] program [args]", "shows what exec would do with a program"},
	{"fuzz", "exec [flags]", "looks for files that exec gets wrong"},
	{"syscalls", "[-emul linux] [-support level] [-json]", "prints which system calls are supported, and how well"},
	{"root", "create|add|list|info|remove|shell|run ...", "makes directories with NetBSD's userland, and runs what is in them"},
}

var errHelp = flag.ErrHelp

// flagDoc is one flag for the usage text; env is its twin in the environment, because binfmt_misc passes no
// flags.
type flagDoc struct{ name, arg, env, help string }

var flagDocs = []flagDoc{
	{"L", "root", "NBEMU_ROOT", "look for files under root first, then on the host"},
	{"chroot", "dir", "NBEMU_CHROOT", "let the program see dir and nothing else"},
	{"E", "VAR=value", "NBEMU_SET_ENV", "set a variable for the program (in the environment: separated by commas)"},
	{"U", "VAR", "NBEMU_UNSET_ENV", "remove a variable"},
	{"0", "name", "NBEMU_ARGV0", "argv[0] of the program"},
	{"strace", "", "NBEMU_STRACE", "print system calls, as strace -f does"},
	{"D", "file", "NBEMU_LOG_FILENAME", "write what -strace prints to file"},
	{"g", "port", "NBEMU_GDB", "wait for gdb's target remote on port, or on a socket if it is a path"},
	{"crash", "", "NBEMU_CRASH", "show registers, instruction and mapping of a crash"},
	{"kernel", "release", "NBEMU_KERNEL", "follow the rules of NetBSD 2.0, 5.99 or 10 (default)"},
	{"uid", "n", "NBEMU_UID", "user id of the program (default: the host's)"},
	{"gid", "n", "NBEMU_GID", "group id of the program"},
	{"groups", "n,n", "NBEMU_GROUPS", "supplementary groups of the program"},
	{"root-user", "", "NBEMU_ROOT_USER", "let the program be root, whoever runs nbemu"},
	{"metadata", "file", "NBEMU_METADATA", "keep owners, modes and devices in file where the host does not allow them"},
	{"mount", "dir:flags", "NBEMU_MOUNT", "treat everything below dir as mounted with flags: noexec, nosuid, nocoredump"},
	{"veriexec", "file", "NBEMU_VERIEXEC", "check programs against the fingerprints in file"},
	{"strict", "level", "NBEMU_STRICT", "strict level of -veriexec, 0 to 3"},
	{"segvguard", "n/t", "NBEMU_SEGVGUARD", "suspend a program that crashes n times within t seconds"},
	{"pax", "list", "NBEMU_PAX", "turn on aslr, mprotect, segvguard for programs that ask; name:global for all"},
	{"cpus", "n", "NBEMU_CPUS", "processors to run on (default: the host's)"},
	{"deterministic", "", "NBEMU_DETERMINISTIC", "the same run each time: one processor, virtual clock, seeded randomness"},
	{"seed", "n", "NBEMU_SEED", "of -deterministic: what random numbers and time slices come from (default 1)"},
	{"epoch", "seconds", "NBEMU_EPOCH", "of -deterministic: when the clock starts (default: 2026-01-01)"},
	{"gops", "", "NBEMU_GOPS", "start a gops agent in nbemu"},
	{"version", "", "", "print versions"},
}

func usage(w io.Writer) {
	fmt.Fprint(w, "usage: nbemu [flags] program [args]\n")
	for _, c := range commands {
		fmt.Fprintf(w, "       nbemu %s %s\n           %s\n", c.name, c.args, c.what)
	}
	fmt.Fprintln(w)
	for _, d := range flagDocs {
		fmt.Fprintf(w, "  -%-16s %s", strings.TrimSpace(d.name+" "+d.arg), d.help)
		if d.env != "" {
			fmt.Fprintf(w, " [%s]", d.env)
		}
		fmt.Fprintln(w)
	}
}

type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

// parseFlags reads the command line after "nbemu" and its command word and the environment; the rest of the
// line is the program and its arguments.
func parseFlags(word string, args, environ []string) (*options, []string, error) {
	o := &options{}
	var set, unset list
	fs := flag.NewFlagSet("nbemu", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&o.root, "L", os.Getenv("NBEMU_ROOT"), "")
	fs.StringVar(&o.chroot, "chroot", os.Getenv("NBEMU_CHROOT"), "")
	fs.StringVar(&o.argv0, "0", os.Getenv("NBEMU_ARGV0"), "")
	fs.BoolVar(&o.strace, "strace", envBool("NBEMU_STRACE"), "")
	fs.StringVar(&o.logfile, "D", os.Getenv("NBEMU_LOG_FILENAME"), "")
	fs.StringVar(&o.gdb, "g", os.Getenv("NBEMU_GDB"), "")
	fs.BoolVar(&o.crash, "crash", envBool("NBEMU_CRASH"), "")
	fs.BoolVar(&o.gops, "gops", envBool("NBEMU_GOPS"), "")
	fs.BoolVar(&o.version, "version", false, "")
	cpus := 0
	if s := os.Getenv("NBEMU_CPUS"); s != "" {
		var err error
		if cpus, err = strconv.Atoi(s); err != nil {
			return nil, nil, fmt.Errorf("NBEMU_CPUS=%s: not a number", s)
		}
	}
	fs.IntVar(&o.cpus, "cpus", cpus, "")
	if err := o.determFlags(fs); err != nil {
		return nil, nil, err
	}
	for _, e := range []struct {
		name string
		to   *list
	}{{"NBEMU_SET_ENV", &set}, {"NBEMU_UNSET_ENV", &unset}} {
		if s := os.Getenv(e.name); s != "" {
			*e.to = strings.Split(s, ",")
		}
	}
	if s := os.Getenv("NBEMU_MOUNT"); s != "" {
		o.mounts = strings.Fields(s)
	}
	fs.Var(&o.mounts, "mount", "")
	fs.Var(&set, "E", "")
	fs.Var(&unset, "U", "")
	fs.StringVar(&o.kernel, "kernel", os.Getenv("NBEMU_KERNEL"), "")
	fs.StringVar(&o.metadata, "metadata", os.Getenv("NBEMU_METADATA"), "")
	fs.StringVar(&o.veriexec, "veriexec", os.Getenv("NBEMU_VERIEXEC"), "")
	fs.StringVar(&o.segvguard, "segvguard", os.Getenv("NBEMU_SEGVGUARD"), "")
	fs.StringVar(&o.pax, "pax", os.Getenv("NBEMU_PAX"), "")
	strict := 0
	if s := os.Getenv("NBEMU_STRICT"); s != "" {
		var err error
		if strict, err = strconv.Atoi(s); err != nil {
			return nil, nil, fmt.Errorf("NBEMU_STRICT=%s: not a number", s)
		}
	}
	fs.IntVar(&o.strict, "strict", strict, "")
	if err := o.cred.flags(fs); err != nil {
		return nil, nil, err
	}
	if word == "exec" {
		fs.BoolVar(&o.dryRun, "n", false, "")
		fs.BoolVar(&o.json, "json", false, "")
	}
	if err := fs.Parse(args); err != nil {
		return nil, nil, err
	}
	for _, s := range set {
		if !strings.Contains(s, "=") {
			return nil, nil, errors.New("-E " + s + ": not of the form VAR=value")
		}
	}
	if execve.FindProfile(o.kernel) == nil && o.kernel != "" {
		return nil, nil, fmt.Errorf("-kernel %s: not 2.0, 5.99 or 10", o.kernel)
	}
	if o.deterministic && o.gdb != "" {
		return nil, nil, errors.New("-g: a machine under -deterministic does not wait for anybody")
	}
	if o.deterministic && o.cpus > 1 {
		return nil, nil, fmt.Errorf("-cpus %d: -deterministic runs on one processor", o.cpus)
	}
	if o.strict < 0 || o.strict > 3 {
		return nil, nil, fmt.Errorf("-strict %d: not 0 to 3", o.strict)
	}
	o.environ, o.setEnv = guestEnv(environ, set, unset), set
	return o, fs.Args(), nil
}

func envBool(name string) bool {
	s := os.Getenv(name)
	return s != "" && s != "0"
}

// guestEnv is the host's environment after -U and -E.
func guestEnv(environ []string, set, unset []string) []string {
	name := func(s string) string { n, _, _ := strings.Cut(s, "="); return n }
	out := slices.DeleteFunc(slices.Clone(environ), func(s string) bool {
		return slices.Contains(unset, name(s)) ||
			slices.ContainsFunc(set, func(e string) bool { return name(e) == name(s) })
	})
	return append(out, set...)
}
