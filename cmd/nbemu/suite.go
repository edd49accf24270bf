package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"nbemu/internal/early"
	"nbemu/internal/suite"
	"nbemu/machine"
)

// suiteOptions are the flags of "nbemu suite".
type suiteOptions struct {
	labels     []string
	run        *regexp.Regexp
	out        string
	known      string
	shrink     bool
	shard      string
	resume     bool
	verbose    bool
	list       bool
	unprivUser string
	runner     suite.Options
}

const suiteUsage = `usage: nbemu suite [flags] [flags of nbemu run] DIR|KYUAFILE|LIST|PROGRAM...
           runs test programs on every machine that there is a build for
       nbemu suite merge [-o dir] RESULTS...
           puts the results of parts together, and writes the reports anew
       nbemu suite wrap [flags of nbemu run] DIR|KYUAFILE OUT
           makes a directory that kyua runs, with a Kyuafile and a script for each program

{arch} in names, and in the roots of -L and -chroot, stands for each machine. docs/SUITES.md says more.

`

// suiteTable has the flags that "nbemu suite" has besides those of "nbemu run".
var suiteTable = []flagRow{
	{"arch", "list", "", "machines, by names separated by commas (default: all that there is a build for)", func(o *options, s string) error {
		o.suite.labels = strings.Split(s, ",")
		return suite.CheckLabels(o.suite.labels)
	}},
	{"run", "regexp", "", "only cases whose \"machine program:case\" matches", func(o *options, s string) (err error) {
		o.suite.run, err = regexp.Compile(s)
		return err
	}},
	{"j", "n", "", "how many cases run at once (default: as many as processors)", num(func(o *options) *int { return &o.suite.runner.Jobs })},
	{"o", "dir", "", "where results go (default suite-results)", str(func(o *options) *string { return &o.suite.out })},
	{"v", "", "", "show every result", on(func(o *options) *bool { return &o.suite.verbose })},
	{"list", "", "", "show the cases, run none", on(func(o *options) *bool { return &o.suite.list })},
	{"shard", "i/n", "", "run the i-th of n parts; /n takes i from JOB_COMPLETION_INDEX", str(func(o *options) *string { return &o.suite.shard })},
	{"resume", "", "", "leave out cases that -o has results of", on(func(o *options) *bool { return &o.suite.resume })},
	{"known", "dir", "", "files of known failures, MACHINE.txt", str(func(o *options) *string { return &o.suite.known })},
	{"shrink", "", "", "take cases that pass, or are gone, out of them", on(func(o *options) *bool { return &o.suite.shrink })},
	{"timeout", "time", "", "of cases that have none of their own (default 5m)", dur(func(o *options) *time.Duration { return &o.suite.runner.Timeout })},
	{"timeout-factor", "x", "", "multiply all timeouts", func(o *options, s string) (err error) {
		o.suite.runner.TimeoutFactor, err = strconv.ParseFloat(s, 64)
		if err == nil && o.suite.runner.TimeoutFactor <= 0 {
			err = errors.New("not above 0")
		}
		return notNumber(err)
	}},
	{"retries", "n", "", "run cases that fail again, n times at most", num(func(o *options) *int { return &o.suite.runner.Retries })},
	{"repeat", "n", "", "run each case n times; with -deterministic with n seeds", num(func(o *options) *int { return &o.suite.runner.Repeat })},
	{"trace", "n", "", "system calls that are shown of a case that failed (default 200; 0: none)", num(func(o *options) *int { return &o.suite.runner.Trace })},
	{"var", "name=value", "", "configuration variable of test programs", func(o *options, s string) error {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return errors.New("not of the form name=value")
		}
		o.suite.runner.Vars[name] = value
		return nil
	}},
	{"limit", "name=n", "", "resource limit of programs: cputime=60, datasize=67108864, ...", (*options).addLimit},
	{"unprivileged-user", "name", "", "who runs cases that want no privileges (default nobody)", str(func(o *options) *string { return &o.suite.unprivUser })},
	{"work", "dir", "", "make work directories there, always with the same names", str(func(o *options) *string { return &o.suite.runner.Work })},
	{"keep", "", "", "leave work directories there", on(func(o *options) *bool { return &o.suite.runner.Keep })},
}

// notForSuites are flags of "nbemu run" that are for one program.
var notForSuites = []string{"0", "strace", "D", "g", "gops", "version"}

// suiteRows are all flags of "nbemu suite".
func suiteRows() []flagRow {
	rows := slices.DeleteFunc(slices.Clone(flagTable), func(r flagRow) bool { return slices.Contains(notForSuites, r.name) })
	return append(slices.Clone(suiteTable), rows...)
}

func dur(at func(*options) *time.Duration) func(*options, string) error {
	return func(o *options, s string) (err error) {
		if n, e := strconv.ParseUint(s, 10, 31); e == nil {
			s = fmt.Sprint(n, "s")
		}
		if *at(o), err = time.ParseDuration(s); err != nil || *at(o) <= 0 {
			return errors.New("not a length of time, as 90s or 5m")
		}
		return nil
	}
}

func (o *options) addLimit(s string) error {
	name, value, _ := strings.Cut(s, "=")
	n, err := strconv.ParseUint(value, 0, 64)
	if value == "unlimited" {
		n, err = machine.Infinity, nil
	}
	if err != nil {
		return errors.New("not of the form name=number")
	}
	if o.machine.Limits == nil {
		o.machine.Limits = map[string]machine.Limit{}
	}
	o.machine.Limits[name] = machine.Limit{Soft: n, Hard: n}
	return nil
}

// suiteCommand is "nbemu suite"; the result is nbemu's exit status: 1 if something is wrong with the programs, 126 if
// it could not do its work.
func suiteCommand(args []string) int {
	word := "run"
	if len(args) > 0 && (args[0] == "merge" || args[0] == "wrap") {
		word, args = args[0], args[1:]
	}
	status, err := 0, error(nil)
	switch word {
	case "merge":
		status, err = suiteMerge(args)
	case "wrap":
		err = suiteWrap(args)
	case "run":
		if !isWorker {
			return superviseSuite(args)
		}
		status, err = suiteRun(args)
	}
	switch {
	case errors.Is(err, errHelp):
		fmt.Print(suiteUsage)
		printFlags(os.Stdout, suiteRows())
		return 0
	case errors.Is(err, context.Canceled):
		return 130
	case err != nil:
		fmt.Fprintf(stderr, "nbemu: suite: %v\n", err)
		return 126
	}
	return status
}

// suiteFlags reads flags; the rest of the line are programs.
func suiteFlags(args []string) (*options, []string, error) {
	o, rest, err := parseFlags("suite", args, early.Environ(os.Environ()))
	if err != nil {
		return nil, nil, err
	}
	if len(rest) == 0 {
		return nil, nil, errors.New("what is to be run? nbemu suite -help shows how to say it")
	}
	for _, name := range rest {
		if _, err := os.Lstat(name); err != nil && len(name) > 1 && name[0] == '-' {
			return nil, nil, fmt.Errorf("%s: flags come before the names of programs", name)
		}
	}
	return o, rest, nil
}

// newSuiteOptions sets up what flags say nothing of.
func newSuiteOptions() suiteOptions {
	s := suiteOptions{unprivUser: "nobody", out: "suite-results"}
	s.runner = suite.Options{Jobs: runtime.NumCPU(), Trace: 200, Vars: map[string]string{}}
	if dir := os.Getenv("TEST_UNDECLARED_OUTPUTS_DIR"); dir != "" {
		s.out = dir // Bazel's
	}
	return s
}

// suiteRun loads, runs and reports.
func suiteRun(args []string) (int, error) {
	debug.SetGCPercent(400)
	o, names, err := suiteFlags(args)
	if err != nil {
		return 0, err
	}
	s := &o.suite
	shard, err := suite.ParseShard(s.shard, os.Getenv)
	if err != nil {
		return 0, fmt.Errorf("-shard %s: %w", s.shard, err)
	}
	source := &suite.Source{Labels: s.labels, Root: o.machine.Root}
	programs, err := source.Load(names)
	if err != nil {
		return 0, err
	}
	if err := o.suiteMachines(programs); err != nil {
		return 0, err
	}
	known, err := loadKnown(s.known, programs)
	if err != nil {
		return 0, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if dir := os.Getenv("TEST_TMPDIR"); dir != "" {
		os.Setenv("TMPDIR", dir) // Bazel's
	}
	r, err := suite.NewRunner(s.runner)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err := r.Close(); err != nil {
			fmt.Fprintf(stderr, "nbemu: suite: %v\n", err)
		}
	}()
	all, err := r.Cases(ctx, programs)
	if err != nil {
		return 0, err
	}
	cases := shard.Of(s.chosen(all))
	if s.list {
		for _, c := range cases {
			fmt.Println(c.ID())
		}
		return 0, nil
	}
	if err := suite.TellBazel(os.Getenv); err != nil {
		return 0, err
	}
	rep, err := o.runCases(ctx, r, cases, shard, known, args)
	if rep == nil {
		return 0, err
	}
	if err := errors.Join(err, writeReports(s.out, rep)); err != nil {
		return 0, err
	}
	return o.finish(rep, known, len(cases) == len(all))
}

// chosen are the cases that -run, or Bazel's --test_filter, leaves.
func (s *suiteOptions) chosen(cases []*suite.Case) []*suite.Case {
	run := s.run
	if filter := os.Getenv("TESTBRIDGE_TEST_ONLY"); run == nil && filter != "" {
		if re, err := regexp.Compile(filter); err == nil {
			run = re
		}
	}
	if run == nil {
		return cases
	}
	return slices.DeleteFunc(slices.Clone(cases), func(c *suite.Case) bool { return !run.MatchString(c.ID()) })
}

// suiteMachines finds out which machines programs need: for each its root, and the user without privileges.
func (o *options) suiteMachines(programs []suite.Program) error {
	s := &o.suite
	configs := map[string]machine.Config{"": o.machine}
	for _, p := range programs {
		if _, done := configs[p.Label]; done {
			continue
		}
		one := *o
		for _, dir := range []*string{&one.machine.Root, &one.machine.Chroot, &one.machine.Metadata} {
			*dir = forLabel(*dir, p.Label)
		}
		if err := namedRoots(&one); err != nil {
			return err
		}
		if one.machine.Chroot != "" {
			var err error
			if one.machine.Chroot, err = filepath.Abs(one.machine.Chroot); err != nil {
				return err
			}
		}
		configs[p.Label] = one.machine
	}
	s.runner.Config = func(label string) machine.Config {
		c := configs[label]
		c.Limits = maps.Clone(c.Limits)
		return c
	}
	s.runner.Env, s.runner.Chroot = o.environ, configs[programs[0].Label].Chroot
	cred, err := suite.FindUser(s.unprivUser, configs[programs[0].Label].Chroot, configs[programs[0].Label].Root)
	if err != nil {
		return fmt.Errorf("-unprivileged-user %s: %w", s.unprivUser, err)
	}
	s.runner.Unprivileged = cred
	if _, given := s.runner.Vars["unprivileged-user"]; !given {
		s.runner.Vars["unprivileged-user"] = s.unprivUser
	}
	return nil
}

// forLabel puts a machine into a name: the label, or where there is no such directory, the machine's own name.
func forLabel(name, label string) string {
	of := strings.ReplaceAll(name, "{arch}", label)
	if _, err := os.Stat(of); err != nil && of != name {
		return strings.ReplaceAll(name, "{arch}", suite.MachineOf(label))
	}
	return of
}

// loadKnown reads the known failures of the machines of programs.
func loadKnown(dir string, programs []suite.Program) (map[string]*suite.Known, error) {
	known := map[string]*suite.Known{}
	if dir == "" {
		return known, nil
	}
	for _, p := range programs {
		if known[p.Label] == nil {
			k, err := suite.LoadKnown(dir, p.Label)
			if err != nil {
				return nil, err
			}
			known[p.Label] = k
		}
	}
	return known, nil
}

// resultsFile is the file of results in the directory of -o.
const resultsFile = "results.json"

// runCases runs what has not been run, and writes results as they come. The report has the results of an earlier run
// that is gone on with.
func (o *options) runCases(ctx context.Context, r *suite.Runner, cases []*suite.Case, shard suite.Shard, known map[string]*suite.Known, args []string) (*suite.Report, error) {
	s := &o.suite
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return nil, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	name := filepath.Join(s.out, resultsFile)
	before, err := suite.ReadFile(name)
	if err != nil && (s.resume || !errors.Is(err, os.ErrNotExist)) {
		before = nil
	}
	rep := &suite.Report{Header: suite.Header{Nbemu: versionString(), Started: time.Now(), Shard: shard.String(), Cases: len(cases), Args: args, Dir: dir}}
	rep.Shards = []string{rep.Shard}
	if s.resume && before != nil {
		if before.Shard != rep.Shard {
			return nil, fmt.Errorf("-resume: %s is of part %s, not %s", name, before.Shard, rep.Shard)
		}
		rep.Started, rep.Results, rep.Begun = before.Started, before.Results, before.Begun
		runs := map[string]int{}
		for _, x := range before.Results {
			runs[x.ID()]++
		}
		// A case that has not been repeated as often as it is to be begins anew.
		done := func(id string) bool { return runs[id] >= max(s.runner.Repeat, 1) }
		rep.Results = slices.DeleteFunc(rep.Results, func(x *suite.Result) bool { return !done(x.ID()) })
		cases = slices.DeleteFunc(slices.Clone(cases), func(c *suite.Case) bool { return done(c.ID()) })
		for _, c := range cases {
			if alone, begun := before.Begun[c.ID()]; begun {
				c.Suspect(alone)
			}
		}
	}
	w, err := suite.RewriteFile(name, rep)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	p := suite.NewProgress(stderr, isTerminal(2), s.verbose, s.runner.Repeat, cases, before)
	var writing error
	begin := func(c *suite.Case) {
		if err := w.Begin(c); err != nil && writing == nil {
			writing = err
		}
		p.Begin(c)
	}
	ran := r.Run(ctx, cases, begin, func(x *suite.Result) {
		if k := known[x.Label]; k != nil {
			k.Judge(x, s.shrink)
		}
		rep.Results = append(rep.Results, x)
		if err := w.Add(x); err != nil && writing == nil {
			writing = err
		}
		p.Done(x)
	})
	p.End()
	return rep, errors.Join(writing, ran)
}

// finish says what came of it, shrinks the files of known failures, and returns the exit status.
func (o *options) finish(rep *suite.Report, known map[string]*suite.Known, whole bool) (int, error) {
	s := &o.suite
	status := 0
	if rep.Unexpected() {
		status = 1
	}
	for _, label := range slices.Sorted(maps.Keys(known)) {
		var gone []string
		if whole {
			gone = known[label].Stale()
		}
		passing := known[label].Passing()
		if s.shrink && len(gone)+len(passing) > 0 {
			if err := known[label].Shrink(append(gone, passing...)); err != nil {
				return 0, err
			}
			fmt.Fprintf(stderr, "%s: %d cases taken out\n", known[label].File(), len(gone)+len(passing))
		} else {
			for _, key := range gone {
				fmt.Fprintf(stderr, "%s: there is no case %s any more; take it out (-shrink does)\n", known[label].File(), key)
				status = 1
			}
		}
	}
	fmt.Fprintf(stderr, "results: %s\n", filepath.Join(s.out, "index.html"))
	return status, nil
}

// writeReports writes results in all forms.
func writeReports(dir string, rep *suite.Report) error {
	rep.Sort()
	forms := []struct {
		name  string
		write func(io.Writer) error
	}{
		{filepath.Join(dir, "junit.xml"), rep.WriteJUnit},
		{filepath.Join(dir, "kyua.db"), rep.WriteKyua},
		{filepath.Join(dir, "index.html"), rep.WriteHTML},
	}
	if name := os.Getenv("XML_OUTPUT_FILE"); name != "" { // Bazel's
		forms = append(forms, forms[0])
		forms[len(forms)-1].name = name
	}
	for _, f := range forms {
		out, err := os.Create(f.name)
		if err != nil {
			return err
		}
		if err := errors.Join(f.write(out), out.Chmod(0o644), out.Close()); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}

// suiteMerge is "nbemu suite merge": names are files of results, or directories that have one.
func suiteMerge(args []string) (int, error) {
	o, names, err := suiteFlags(args)
	if err != nil {
		return 0, err
	}
	var reports []*suite.Report
	for _, name := range names {
		if st, err := os.Stat(name); err == nil && st.IsDir() {
			name = filepath.Join(name, resultsFile)
		}
		rep, err := suite.ReadFile(name)
		if err != nil {
			return 0, err
		}
		reports = append(reports, rep)
	}
	all, incomplete := suite.Merge(reports)
	if all == nil {
		return 0, incomplete
	}
	if err := os.MkdirAll(o.suite.out, 0o755); err != nil {
		return 0, err
	}
	all.Sort()
	w, err := suite.CreateFile(filepath.Join(o.suite.out, resultsFile), all.Header)
	if err != nil {
		return 0, err
	}
	for _, r := range all.Results {
		err = errors.Join(err, w.Add(r))
	}
	if err := errors.Join(err, w.Close(), writeReports(o.suite.out, all)); err != nil {
		return 0, err
	}
	fmt.Fprintf(stderr, "%d of %d: %s\n", len(all.Results), all.Cases, suite.Counts(all.Count()))
	status := 0
	if incomplete != nil {
		fmt.Fprintf(stderr, "nbemu: suite: %v\n", incomplete)
		status = 1
	}
	if all.Unexpected() || len(all.Results) < all.Cases {
		status = 1
	}
	return status, nil
}

// suiteWrap is "nbemu suite wrap".
func suiteWrap(args []string) error {
	o, names, err := suiteFlags(args)
	if err != nil {
		return err
	}
	if len(names) != 2 {
		return errors.New("wrap: what, and where to, is needed")
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	flags, err := flagsForWrapper(args[:len(args)-2])
	if err != nil {
		return err
	}
	source := &suite.Source{Labels: o.suite.labels, Root: o.machine.Root}
	n, err := source.Wrap(names[0], names[1], self, flags)
	if err == nil {
		fmt.Printf("%s: %d programs; kyua test -k %s\n", names[1], n, filepath.Join(names[1], "Kyuafile"))
	}
	return err
}

// flagsForWrapper leaves the flags of "nbemu run" of those of "nbemu suite wrap", with names of files that hold in any
// directory.
func flagsForWrapper(args []string) (out []string, err error) {
	files := []string{"L", "chroot", "metadata", "veriexec"}
	for i := 0; i < len(args); i++ {
		name, value, joined := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		row := slices.IndexFunc(flagTable, func(r flagRow) bool { return r.name == name })
		switch {
		case args[i] == "--":
			continue
		case name == "arch" && joined:
			continue
		case name == "arch":
			i++
			continue
		case row < 0 || slices.Contains(notForSuites, name):
			return nil, fmt.Errorf("wrap: -%s is no flag for the wrapped programs", name)
		}
		if !joined && flagTable[row].arg != "" {
			i++
			value, joined = args[i], true
		}
		if slices.Contains(files, name) {
			if value, err = filepath.Abs(value); err != nil {
				return nil, err
			}
		}
		if joined {
			name += "=" + value
		}
		out = append(out, "-"+name)
	}
	return out, nil
}

func isTerminal(fd int) bool {
	_, err := unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ)
	return err == nil
}
