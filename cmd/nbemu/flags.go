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
)

// options is what flags and environment say.
type options struct {
	root, chroot string
	argv0        string
	strace       bool
	logfile      string
	crash        bool
	gops         bool
	version      bool
	cpus         int
	environ      []string // the guest's
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
	{"crash", "", "NBEMU_CRASH", "show registers, instruction and mapping of a crash"},
	{"cpus", "n", "NBEMU_CPUS", "processors to run on (default: the host's)"},
	{"gops", "", "NBEMU_GOPS", "start a gops agent in nbemu"},
	{"version", "", "", "print versions"},
}

func usage(w io.Writer) {
	fmt.Fprint(w, "usage: nbemu [flags] program [args]\n       nbemu run [flags] program [args]\n\nRuns a NetBSD program.\n\n")
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

// parseFlags reads the command line after "nbemu" and the environment; the rest of the line is the program
// and its arguments.
func parseFlags(args, environ []string) (*options, []string, error) {
	o := &options{}
	var set, unset list
	fs := flag.NewFlagSet("nbemu", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&o.root, "L", os.Getenv("NBEMU_ROOT"), "")
	fs.StringVar(&o.chroot, "chroot", os.Getenv("NBEMU_CHROOT"), "")
	fs.StringVar(&o.argv0, "0", os.Getenv("NBEMU_ARGV0"), "")
	fs.BoolVar(&o.strace, "strace", envBool("NBEMU_STRACE"), "")
	fs.StringVar(&o.logfile, "D", os.Getenv("NBEMU_LOG_FILENAME"), "")
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
	for _, e := range []struct {
		name string
		to   *list
	}{{"NBEMU_SET_ENV", &set}, {"NBEMU_UNSET_ENV", &unset}} {
		if s := os.Getenv(e.name); s != "" {
			*e.to = strings.Split(s, ",")
		}
	}
	fs.Var(&set, "E", "")
	fs.Var(&unset, "U", "")
	if len(args) > 0 && args[0] == "run" {
		args = args[1:]
	}
	if err := fs.Parse(args); err != nil {
		return nil, nil, err
	}
	for _, s := range set {
		if !strings.Contains(s, "=") {
			return nil, nil, errors.New("-E " + s + ": not of the form VAR=value")
		}
	}
	o.environ = guestEnv(environ, set, unset)
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
