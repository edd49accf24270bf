package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"nbemu/machine"
	"nbemu/probe"
	"nbemu/strace"
)

// options is what flags and environment say.
type options struct {
	machine machine.Config
	argv0   string
	strace  bool
	tracing *strace.Options
	logfile string
	observe observers
	gdb     string
	core    string // with gdb: a core file to serve
	gops    bool
	version bool

	set, unset list     // -E, -U
	environ    []string // the program's
	cred       credOptions
	sandbox    sandbox
	det        bool
	hostClock  bool // -deterministic=false
	afl        bool
	target     target // of -afl
	clock      machine.Deterministic
	ofRoot     bool // of nbemu root run: -chroot comes with the root's name

	binfmt       *binfmtStart // nil: nbemu was started by its name
	dryRun, json bool         // exec -n, -json
	suite        suiteOptions
}

// command is the first word after "nbemu".
type command struct {
	name, args, what string
}

// commands are the words that are no program's name.
var commands = []command{
	{"run", "[flags] program [args]", "runs a NetBSD or Linux program; the word may be left out"},
	{"exec", "-n [-json] [flags] program [args]", "shows what exec would do with a program"},
	{"fuzz", "exec [flags]", "looks for files that exec gets wrong"},
	{"syscalls", "[-emul linux] [-support level] [-json]", "prints which system calls are supported, and how well"},
	{"kdump", "[-dENnRT] [-p pid] [-t trstr] [file]", "prints a file of -ktrace or ktrace(1), of any machine, as kdump(1) does"},
	{"help", "[command]", "prints this, or what a command takes; help man: the manual page"},
	{"version", "", "prints versions, as -version"},
	{"gdb", "[flags] program [args]", "runs a program under gdb"},
	{"lldb", "[flags] program [args]", "runs a program under LLDB"},
	{"suite", "[flags] DIR|KYUAFILE|LIST|PROGRAM...", "runs test programs on every machine that there is a build for; merge, wrap"},
	{"root", "create|add|list|info|remove|shell|run ...", "makes directories with NetBSD's userland, and runs what is in them"},
	{"binfmt", "print|install|remove [flags] [machine...]", "has the host start programs of other machines by nbemu"},
	{"completion", "bash|zsh|fish", "prints a script by which a shell completes nbemu's command line"},
}

var errHelp = flag.ErrHelp

// What is not an error, but a list that a flag was asked for.
var (
	errInsnsHelp   = errors.New("list of items")
	errMachineHelp = errors.New("list of machines")
	errCPUHelp     = errors.New("list of processors")
)

// flagRow is one flag: its name, argument, twin in the environment (binfmt_misc passes no flags, and children inherit
// the environment), what it does, and how it is read. A row without an argument is a switch; its value is "1".
type flagRow struct {
	name, arg, env, help string
	set                  func(o *options, value string) error
}

// flagTable has all flags but those of the commands fuzz and exec, in the order of the help text.
var flagTable = []flagRow{
	{"L", "root", "NBEMU_ROOT", "look for files under root first, then on the host", str(func(o *options) *string { return &o.machine.Root })},
	{"chroot", "dir", "NBEMU_CHROOT", "let the program see dir and nothing else", str(func(o *options) *string { return &o.machine.Chroot })},
	{"E", "VAR=value", "NBEMU_SET_ENV", "set a variable for the program (in the environment: separated by commas)", (*options).setVar},
	{"U", "VAR", "NBEMU_UNSET_ENV", "remove a variable", func(o *options, s string) error { return o.unset.Set(s) }},
	{"0", "name", "NBEMU_ARGV0", "argv[0] of the program", str(func(o *options) *string { return &o.argv0 })},
	{"strace", "", "NBEMU_STRACE", "print system calls, as strace -f does; -strace='-e trace=%file -T' takes strace's options", (*options).setStrace},
	{"D", "file", "NBEMU_LOG_FILENAME", "write what -strace and -d print to file", str(func(o *options) *string { return &o.logfile })},
	{"ktrace", "file", "NBEMU_KTRACE", "write ktrace(2)'s records of all programs to file, for nbemu kdump or NetBSD's", str(func(o *options) *string { return &o.observe.ktrace })},
	{"prof", "file", "NBEMU_PROF", "write a profile of the programs' processor time to file, for go tool pprof", str(func(o *options) *string { return &o.observe.profile })},
	{"prof-period", "time", "NBEMU_PROF_PERIOD", "of -prof: how much processor time there is between two samples (default 2ms)", func(o *options, s string) (err error) {
		o.observe.period, err = time.ParseDuration(s)
		return err
	}},
	{"coverage", "file", "NBEMU_COVERAGE", "write which blocks were executed to file: drcov; lcov if it ends in .info; edges with counts if in .edges", str(func(o *options) *string { return &o.observe.coverage })},
	{"coverage-format", "name", "NBEMU_COVERAGE_FORMAT", "of -coverage: drcov, lcov or edges, whatever the file's name", str(func(o *options) *string { return &o.observe.format })},
	{"d", "item,item", "NBEMU_D", "log instructions: in_asm, exec, cpu, int (-d help explains them)", (*options).setInsns},
	{"dfilter", "range,range", "NBEMU_DFILTER", "of -d: only what lies in low..high, start+size, end-size, or a function", func(o *options, s string) error {
		_, err := probe.ParseRanges(s)
		o.observe.filter = s
		return err
	}},
	{"one-insn-per-tb", "", "NBEMU_ONE_INSN_PER_TB", "of -d: log each instruction by itself, with its registers if cpu is among the items", on(func(o *options) *bool { return &o.observe.single })},
	{"perfmap", "", "NBEMU_PERFMAP", "write /tmp/perf-PID.map, for perf to know translated code", on(func(o *options) *bool { return &o.observe.perfmap })},
	{"jitdump", "", "NBEMU_JITDUMP", "write jit-PID.dump, for perf inject --jit", on(func(o *options) *bool { return &o.observe.jitdump })},
	{"core", "file", "", "with -g, or under nbemu gdb: serve a core file of the program's in place of running it", str(func(o *options) *string { return &o.core })},
	{"g", "port", "NBEMU_GDB", "wait for gdb's target remote on port, or on a socket if it is a path", str(func(o *options) *string { return &o.gdb })},
	{"crash", "", "NBEMU_CRASH", "show registers, instruction and mapping of a crash", on(func(o *options) *bool { return &o.machine.Crash })},
	{"machine", "name", "NBEMU_MACHINE", "be that machine's GENERIC kernel, and run what it runs: " + strings.Join(machine.MachineNames(), ", ") + " (any: programs of all; default)", (*options).setMachine},
	{"modules", "how", "NBEMU_MODULES", "emulations are linked into the kernel (builtin; default), modules that exec loads (auto), or not there (none)", str(func(o *options) *string { return &o.machine.Modules })},
	{"kernel", "release", "NBEMU_KERNEL", "follow the rules of another NetBSD, 0.8 to 11 (default: 10)", (*options).setKernel},
	{"r", "release", "NBEMU_UNAME", "what uname -r says (the rules stay -kernel's)", (*options).setOsrelease},
	{"s", "size", "NBEMU_STACK_SIZE", "size of the program's stack, up to the machine's largest: bytes, or a number with K, M or G", (*options).setStack},
	{"uid", "n", "NBEMU_UID", "user id of the program (default: the host's)", func(o *options, s string) error { return o.cred.uid.Set(s) }},
	{"gid", "n", "NBEMU_GID", "group id of the program", func(o *options, s string) error { return o.cred.gid.Set(s) }},
	{"groups", "n,n", "NBEMU_GROUPS", "supplementary groups of the program", func(o *options, s string) error { return o.cred.groups.Set(s) }},
	{"root-user", "", "NBEMU_ROOT_USER", "let the program be root, whoever runs nbemu", on(func(o *options) *bool { return &o.cred.root })},
	{"sandbox", "how", "NBEMU_SANDBOX", "take from nbemu what the program may not have: auto (default), require or off; see docs/SECURITY.md", func(o *options, s string) error { return o.sandbox.Set(s) }},
	{"metadata", "file", "NBEMU_METADATA", "keep owners, modes and devices in file where the host does not allow them", str(func(o *options) *string { return &o.machine.Metadata })},
	{"overlay", "dir", "NBEMU_OVERLAY", "keep in dir what the program changes below -chroot or -L; - forgets it at the end", str(func(o *options) *string { return &o.machine.Overlay })},
	{"bind", "host[:guest][:ro]", "NBEMU_BIND", "show the directory host at the path guest, read-only with ro", (*options).addBind},
	{"mount", "dir:flags", "NBEMU_MOUNT", "treat everything below dir as mounted with flags: noexec, nosuid, nocoredump", (*options).addMount},
	{"veriexec", "file", "NBEMU_VERIEXEC", "check programs against the fingerprints in file", str(func(o *options) *string { return &o.machine.Veriexec })},
	{"strict", "level", "NBEMU_STRICT", "strict level of -veriexec, 0 to 3", num(func(o *options) *int { return &o.machine.StrictLevel })},
	{"segvguard", "n/t", "NBEMU_SEGVGUARD", "suspend a program that crashes n times within t seconds", (*options).setSegvguard},
	{"pax", "list", "NBEMU_PAX", "turn on aslr, mprotect, segvguard for programs that ask; name:global for all; default: the release's", func(o *options, s string) error {
		o.machine.Pax = strings.FieldsFunc(s, func(r rune) bool { return r == ',' })
		return nil
	}},
	{"memory", "size", "NBEMU_MEMORY", "memory that programs may have in all: bytes, or a number with K, M or G", (*options).setMemory},
	{"cpu", "model", "NBEMU_CPU", "the processor that the program must have, by QEMU's name (-cpu help lists them)", (*options).setCPU},
	{"cpus", "n", "NBEMU_CPUS", "processors to run on (default: the host's)", (*options).setCPUs},
	{"parallel", "", "NBEMU_PARALLEL", "threads that share memory run at the same time from the start, not just once they have waited for each other; -parallel=never: they take turns", (*options).setParallel},
	{"accel", "kind", "NBEMU_ACCEL", "what programs run on: unicorn (default), kvm or auto; see docs/KVM.md", str(func(o *options) *string { return &o.machine.Accel })},
	{"deterministic", "", "NBEMU_DETERMINISTIC", "the same run each time: one processor, virtual clock, seeded randomness", func(o *options, s string) error {
		o.det = s != "0" && s != "false"
		o.hostClock = !o.det
		return nil
	}},
	{"afl", "", "NBEMU_AFL", "be what afl-fuzz runs: speak AFL++'s fork server; see docs/FUZZING.md", on(func(o *options) *bool { return &o.afl })},
	{"seed", "n", "NBEMU_SEED", "of -deterministic: what random numbers and time slices come from (default 1)", func(o *options, s string) (err error) {
		o.clock.Seed, err = strconv.ParseUint(s, 0, 64)
		return notNumber(err)
	}},
	{"epoch", "seconds", "NBEMU_EPOCH", "of -deterministic: when the clock starts (default: 2026-01-01)", func(o *options, s string) error {
		sec, err := strconv.ParseInt(s, 0, 64)
		o.clock.Epoch = time.Unix(sec, 0)
		return notNumber(err)
	}},
	{"gops", "", "NBEMU_GOPS", "start a gops agent in nbemu", on(func(o *options) *bool { return &o.gops })},
	{"version", "", "", "print versions", on(func(o *options) *bool { return &o.version })},
}

// execFlags are those of "nbemu exec".
var execFlags = []flagRow{
	{"n", "", "", "do not run the program", on(func(o *options) *bool { return &o.dryRun })},
	{"json", "", "", "as JSON", on(func(o *options) *bool { return &o.json })},
}

// defaultEpoch is when the clock of -deterministic starts.
var defaultEpoch = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

func str(at func(*options) *string) func(*options, string) error {
	return func(o *options, s string) error { *at(o) = s; return nil }
}

func on(at func(*options) *bool) func(*options, string) error {
	return func(o *options, s string) error { *at(o) = s != "0" && s != "false"; return nil }
}

func num(at func(*options) *int) func(*options, string) error {
	return func(o *options, s string) (err error) {
		*at(o), err = strconv.Atoi(s)
		return notNumber(err)
	}
}

func notNumber(err error) error {
	if err != nil {
		return errors.New("not a number")
	}
	return nil
}

func (o *options) setVar(s string) error {
	if !strings.Contains(s, "=") {
		return errors.New("not of the form VAR=value")
	}
	return o.set.Set(s)
}

func (o *options) addMount(s string) error {
	dir, flags, ok := strings.Cut(s, ":")
	if !ok {
		return errors.New("not of the form dir:flags")
	}
	o.machine.Mounts = append(o.machine.Mounts, machine.Mount{Dir: dir, Flags: strings.Split(flags, ",")})
	return nil
}

// setParallel takes a switch's values, and those of machine.Config.Parallel.
func (o *options) setParallel(s string) error {
	switch s {
	case "0", "false":
		s = "never"
	case "1", "true":
		s = "always"
	}
	o.machine.Parallel = s
	return nil
}

// setMachine is -machine, whose list is as easily asked for as -cpu's.
func (o *options) setMachine(s string) error {
	if s == "help" || s == "?" {
		return errMachineHelp
	}
	o.machine.Machine = s
	return nil
}

// setCPU is qemu-user's -cpu.
func (o *options) setCPU(s string) error {
	if s == "help" || s == "?" {
		return errCPUHelp
	}
	o.machine.CPU = s
	return nil
}

func (o *options) setCPUs(s string) (err error) {
	if o.machine.CPUs, err = strconv.Atoi(s); err == nil && o.machine.CPUs < 1 {
		return errors.New("not a number of processors")
	}
	return notNumber(err)
}

func (o *options) setMemory(s string) (err error) {
	o.machine.Memory, err = parseSize(s)
	return err
}

// setKernel is -kernel. There are rules for each major release alone, which may be called 3 or 3.0, and for 5.99.
func (o *options) setKernel(s string) error {
	known := machine.Releases()
	for r := s; r != "" && !slices.Contains(known, s) && !slices.Contains(known, strings.TrimSuffix(s, ".0")); {
		r = r[:max(strings.LastIndex(r, "."), 0)]
		for _, major := range []string{r, r + ".0"} {
			if slices.Contains(known, major) {
				return fmt.Errorf("there is %s, and -r %s has uname say the rest", major, s)
			}
		}
	}
	o.machine.Release = s
	return nil
}

// setOsrelease is qemu-user's -r; proot's has a directory.
func (o *options) setOsrelease(s string) error {
	if strings.Contains(s, "/") {
		return errors.New("a release is meant, such as 9.3; proot's -r DIR is -chroot DIR")
	}
	o.machine.Osrelease = s
	return nil
}

// setStack is qemu-user's -s. The program may ask for more later, as far as its machine allows.
func (o *options) setStack(s string) error {
	n, err := parseSize(s)
	if o.machine.Limits == nil {
		o.machine.Limits = map[string]machine.Limit{}
	}
	o.machine.Limits["stacksize"] = machine.Limit{Soft: n, Hard: machine.Infinity}
	return err
}

// parseSize reads a number of bytes, or of KiB, MiB or GiB.
func parseSize(s string) (uint64, error) {
	digits, shift := s, 0
	if i := strings.IndexAny(s, "KMGkmg"); i >= 0 && i == len(s)-1 {
		digits, shift = s[:i], 10*(1+strings.IndexByte("KMG", s[i]&^0x20))
	}
	n, err := strconv.ParseUint(digits, 0, 64)
	if err != nil || n == 0 || n > 1<<63>>shift {
		return 0, errors.New("not a size")
	}
	return n << shift, nil
}

// setStrace takes strace's options, or a switch's values.
func (o *options) setStrace(s string) error {
	switch s {
	case "0", "false":
		o.strace = false
		return nil
	case "1", "true":
		s = ""
	}
	opts, err := strace.ParseOptions(s)
	if err == nil {
		err = opts.Check()
	}
	if err != nil {
		return err
	}
	o.strace, o.tracing, o.machine.TraceOptions = true, opts, s
	for _, v := range opts.Env {
		if strings.Contains(v, "=") {
			err = errors.Join(err, o.setVar(v))
		} else {
			err = errors.Join(err, o.unset.Set(v))
		}
	}
	return err
}

// setInsns is -d, with strace among the items as qemu-user has it.
func (o *options) setInsns(s string) error {
	if s == "help" {
		return errInsnsHelp
	}
	items := slices.DeleteFunc(strings.Split(s, ","), func(w string) bool {
		if w == "strace" {
			o.strace = true
			if o.tracing == nil {
				o.tracing = &strace.Options{}
			}
		}
		return w == "strace"
	})
	if len(items) == 0 {
		return nil
	}
	o.observe.insns = strings.Join(items, ",")
	_, err := probe.ParseInsns(o.observe.insns)
	return err
}

// addBind is -bind host[:guest][:ro].
func (o *options) addBind(s string) error {
	host, guest, _ := strings.Cut(s, ":")
	ro := false
	if g, ok := strings.CutSuffix(":"+guest, ":ro"); ok {
		guest, ro = strings.TrimPrefix(g, ":"), true
	}
	if host == "" || guest != "" && !strings.HasPrefix(guest, "/") {
		return errors.New("not of the form host[:/guest][:ro]")
	}
	o.machine.Binds = append(o.machine.Binds, machine.Bind{Host: host, Guest: guest, ReadOnly: ro})
	return nil
}

func (o *options) setSegvguard(s string) error {
	crashes, seconds, more := strings.Cut(s, "/")
	n, err := strconv.Atoi(crashes)
	t := 0
	if more && err == nil {
		t, err = strconv.Atoi(seconds)
	}
	if err != nil || n < 1 || t < 0 {
		return errors.New("not of the form crashes/seconds")
	}
	o.machine.Segvguard = machine.Segvguard{MaxCrashes: n, Expiry: time.Duration(t) * time.Second}
	return nil
}

// printFlags lists flags.
func printFlags(w io.Writer, rows []flagRow) {
	for _, r := range rows {
		fmt.Fprintf(w, "  -%-16s %s", strings.TrimSpace(r.name+" "+r.arg), r.help)
		if r.env != "" {
			fmt.Fprintf(w, " [%s]", r.env)
		}
		fmt.Fprintln(w)
	}
}

type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

// values splits what a variable of the environment says for flags that can be given several times.
func (r *flagRow) values(s string) []string {
	switch r.name {
	case "E", "U":
		return strings.Split(s, ",")
	case "mount", "bind":
		return strings.Fields(s)
	}
	return []string{s}
}

// fromEnv takes the flag's twin from the environment.
func (r *flagRow) fromEnv(o *options, getenv func(string) string) error {
	s := getenv(r.env)
	if r.env == "" || s == "" {
		return nil
	}
	for _, v := range r.values(s) {
		if err := r.set(o, v); err != nil {
			return fmt.Errorf("%s=%s: %w", r.env, s, err)
		}
	}
	return nil
}

// parseFlags reads the command line after "nbemu" and its command word and the environment; the rest of the
// line is the program and its arguments.
func parseFlags(word string, args, environ []string) (*options, []string, error) {
	o := &options{clock: machine.Deterministic{Seed: 1, Epoch: defaultEpoch}, suite: newSuiteOptions(), ofRoot: word == "root"}
	fs := flag.NewFlagSet("nbemu", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	rows := flagTable
	switch word {
	case "exec":
		rows = slices.Concat(rows, execFlags)
	case "suite":
		rows = suiteRows()
	}
	var bad error // as the flag package would say it, but in our words
	for _, r := range rows {
		if err := r.fromEnv(o, func(name string) string { return getenv(environ, name) }); err != nil {
			return nil, nil, err
		}
		set := func(s string) error {
			if err := r.set(o, s); err != nil {
				bad = fmt.Errorf("-%s %s: %w", r.name, s, err)
				return err
			}
			return nil
		}
		if r.arg == "" {
			fs.BoolFunc(r.name, "", set)
		} else {
			fs.Func(r.name, "", set)
		}
	}
	err := fs.Parse(args)
	if bad != nil {
		return nil, nil, bad
	}
	if err != nil {
		return nil, nil, unknownFlag(err, rows)
	}
	if err := checkNeeds(o, fs); err != nil {
		return nil, nil, err
	}
	o.machine.Cred = o.cred.cred()
	if o.afl && !o.hostClock {
		o.det = true
	}
	if o.det {
		o.machine.Deterministic = &o.clock
	}
	o.environ = guestEnv(environ, o.set, o.unset)
	return o, fs.Args(), nil
}

// getenv finds a variable in a list of NAME=value; the last one counts.
func getenv(environ []string, name string) string {
	for _, s := range slices.Backward(environ) {
		if n, v, _ := strings.Cut(s, "="); n == name {
			return v
		}
	}
	return ""
}

// flagOf names the flag that a member of machine.Config comes from.
var flagOf = map[string]string{"Mounts": "mount", "Binds": "bind", "Metadata": "metadata", "Overlay": "overlay", "Release": "kernel", "Osrelease": "r", "Modules": "modules", "Machine": "machine", "CPU": "cpu", "CPUs": "cpus", "Parallel": "parallel", "Accel": "accel", "Cred": "groups",
	"Pax": "pax", "Segvguard": "segvguard", "Veriexec": "veriexec", "StrictLevel": "strict", "TraceOptions": "strace", "Profile": "prof-period", "Coverage": "coverage", "Instructions": "d", "PerfMap": "perfmap", "JITDump": "jitdump"}

// explain puts a configuration's error in terms of flags.
func explain(err error) error {
	var c *machine.ConfigError
	if errors.As(err, &c) && flagOf[c.Member] != "" {
		return fmt.Errorf("-%s: %w", flagOf[c.Member], c.Err)
	}
	return err
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
