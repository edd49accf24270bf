package suite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"nbemu/abi"
	"nbemu/machine"
)

const (
	// maxWritten is how much a case may write to its output before it is ended.
	maxWritten = 256 << 20
	// maxKept is how much of each of stdout and stderr results keep.
	maxKept = 512 << 10
	// patience is how long a killed program, or a closed machine, may take to end.
	patience = 20 * time.Second
	// maxLog is how many lines of the kernel's log are kept.
	maxLog = 100
)

// An execution is one machine with what a case runs in it.
type execution struct {
	r       *Runner
	c       *Case
	cfg     machine.Config
	site    *site
	m       *machine.Machine
	log     tail
	trace   *recorder
	tooMuch bool // it was ended because it wrote too much
}

// output is what is left of an execution.
type output struct {
	stdout, stderr string
	log, trace     []string
}

// errStuck is the end of programs that cannot be ended.
var errStuck = errors.New("it was killed and did not end; it waits for the host")

// newExecution makes the machine of a case. Its work directory is named after id.
func (r *Runner) newExecution(c *Case, id string, seed uint64) (*execution, error) {
	x := &execution{r: r, c: c, cfg: r.o.Config(c.Label), log: tail{most: maxLog}}
	cfg := &x.cfg
	if c.Meta.User == "unprivileged" && isRoot(cfg) {
		cfg.Cred = r.o.Unprivileged
	}
	var err error
	if x.site, err = newSite(r.base, id, cfg.Cred); err != nil {
		return nil, err
	}
	cfg.Dir = x.site.work
	if c.Kind == GoTest && exists(filepath.Join(filepath.Dir(c.Path), "testdata")) {
		cfg.Dir = filepath.Dir(c.Path) // as "go test" does
	}
	if cfg.Deterministic != nil {
		d := *cfg.Deterministic
		d.Seed = seed
		cfg.Deterministic = &d
	}
	if cfg.Limits == nil {
		cfg.Limits = map[string]machine.Limit{}
	}
	if _, given := cfg.Limits["coredumpsize"]; !given {
		cfg.Limits["coredumpsize"] = machine.Limit{Soft: machine.Infinity, Hard: machine.Infinity}
	}
	cfg.Log = x.log.Line
	if r.o.Trace > 0 {
		if x.trace, err = newRecorder(cfg, r.o.Trace); err != nil {
			return nil, err
		}
	}
	if cfg.Chroot != "" && !below(c.Path, cfg.Chroot) {
		cfg.Binds = append(slices.Clone(cfg.Binds), machine.Bind{Host: filepath.Dir(c.Path), ReadOnly: true})
	}
	if x.m, err = machine.New(*cfg); err != nil {
		x.site.close(r.o.Keep)
		return nil, err
	}
	return x, nil
}

// below reports whether a path is in a directory.
func below(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}

// guest is the name that programs have for a file of the host's.
func (x *execution) guest(path string) string {
	if x.cfg.Chroot != "" && below(path, x.cfg.Chroot) {
		rel, _ := filepath.Rel(x.cfg.Chroot, path)
		return "/" + rel
	}
	return path
}

// env is the environment of programs: the suite's, with what kyua sets and removes.
func (x *execution) env() []string {
	work := x.guest(x.site.work)
	set := []string{"HOME=" + work, "TMPDIR=" + work, "TZ=UTC"}
	if x.c.Kind == ATF {
		set = append(set, "__RUNNING_INSIDE_ATF_RUN=internal-yes-value")
	} else {
		for _, name := range sortedKeys(x.r.vars) {
			set = append(set, "TEST_ENV_"+name+"="+x.r.vars[name])
		}
	}
	env := slices.DeleteFunc(slices.Clone(x.r.o.Env), func(s string) bool {
		name, _, _ := strings.Cut(s, "=")
		return name == "LANG" || strings.HasPrefix(name, "LC_") || slices.ContainsFunc(set, func(t string) bool { return strings.HasPrefix(t, name+"=") })
	})
	return append(env, set...)
}

// run runs the program with arguments until it ends or its time is over. Errors: it cannot be run at all; errStuck; the
// context's.
func (x *execution) run(ctx context.Context, timeout time.Duration, args ...string) (ending, error) {
	path := x.guest(x.c.Path)
	p, err := x.m.Start(machine.Command{Path: path, Args: append([]string{path}, args...), Env: x.env(),
		Stdout: x.site.stdout, Stderr: x.site.stderr})
	if err != nil {
		return ending{}, err
	}
	type end struct {
		status machine.Status
		err    error
	}
	done := make(chan end, 1)
	go func() {
		status, err := p.Wait()
		done <- end{status, err}
	}()
	timer, look := time.NewTimer(timeout), time.NewTicker(time.Second)
	defer timer.Stop()
	defer look.Stop()
	var e ending
	for {
		select {
		case d := <-done:
			return ending{status: d.status}, d.err
		case <-look.C:
			if x.site.written() <= maxWritten {
				continue
			}
			x.tooMuch = true
		case <-timer.C:
			e.timedOut = true
		case <-ctx.Done():
		}
		break
	}
	_ = p.Signal(abi.SIGKILL)
	select {
	case d := <-done:
		e.status, err = d.status, d.err
	case <-time.After(patience):
		return e, errStuck
	}
	if ctx.Err() != nil {
		return e, ctx.Err()
	}
	return e, err
}

// close ends the machine, and everything that still runs in it, and says what is left.
func (x *execution) close() output {
	var out output
	closed := make(chan error, 1)
	go func() { closed <- x.m.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			x.log.Line(err.Error())
		}
	case <-time.After(patience):
		x.log.Line("the machine does not end: something in it waits for the host")
	}
	out.stdout, out.stderr = readOutput(x.site.stdout, maxKept), readOutput(x.site.stderr, maxKept)
	var err error
	if out.trace, err = x.trace.end(); err == nil {
		err = x.site.close(x.r.o.Keep)
	}
	if err != nil {
		x.log.Line(err.Error())
	}
	out.log, _ = x.log.all()
	return out
}

// list asks a program for its cases.
func (r *Runner) list(ctx context.Context, p *Program) ([]*Case, error) {
	if p.Kind == Plain || p.Kind == TAP {
		return []*Case{{Program: p, Name: mainCase, Meta: p.Meta}}, nil
	}
	c := &Case{Program: p, Name: listCase, Meta: p.Meta}
	x, err := r.newExecution(c, c.ID(), r.seed(1))
	if err != nil {
		return nil, err
	}
	arg := []string{"-test.list=."}
	if p.Kind == ATF {
		arg = append(r.atfVars(), "-l")
	}
	e, err := x.run(ctx, r.timeout(c), append(slices.Clone(p.Args), arg...)...)
	out := x.close()
	switch {
	case err != nil:
		return nil, err
	case e.timedOut:
		return nil, errors.New("test case list timed out")
	case !e.exitedWith(0):
		return nil, fmt.Errorf("test program did not exit cleanly: it %s\n%s", e, x.relative(out.stderr))
	}
	var cases []*Case
	if p.Kind == GoTest {
		for _, name := range parseGoList(out.stdout) {
			cases = append(cases, &Case{Program: p, Name: name, Meta: p.Meta})
		}
		return cases, nil
	}
	listed, err := parseATFList(out.stdout)
	if err == nil && out.stderr != "" {
		err = fmt.Errorf("test case list wrote to stderr: %s", x.relative(out.stderr))
	}
	for _, l := range listed {
		cases = append(cases, &Case{Program: p, Name: l.name, Meta: l.meta.over(p.Meta)})
	}
	return cases, err
}

func (r *Runner) atfVars() (args []string) {
	for _, name := range sortedKeys(r.vars) {
		args = append(args, "-v"+name+"="+r.vars[name])
	}
	return args
}

// args are a case's own arguments.
func (x *execution) args() []string {
	args := slices.Clone(x.c.Args)
	for i, a := range args {
		args[i] = strings.ReplaceAll(a, "{work}", x.guest(x.site.work))
	}
	switch x.c.Kind {
	case ATF:
		return append(append(args, x.r.atfVars()...), "-r"+x.guest(x.site.result), x.c.Name)
	case GoTest:
		return append(goTestArgs(x.c.Name, x.r.timeout(x.c)), args...)
	}
	return args
}

// attempt runs a case once. Error: the context's; what else goes wrong is the verdict.
func (r *Runner) attempt(ctx context.Context, c *Case, id string, seed uint64) (Verdict, output, error) {
	if c.broken != "" {
		return Verdict{Broken, c.broken}, output{}, nil
	}
	cfg := r.o.Config(c.Label)
	if why := r.unmet(c, &cfg); why != "" {
		return Verdict{Skipped, why}, output{}, nil
	}
	x, err := r.newExecution(c, id, seed)
	if err != nil {
		return Verdict{Broken, err.Error()}, output{}, nil
	}
	e, err := x.run(ctx, r.timeout(c), x.args()...)
	v := x.judge(e, err)
	if c.Kind == ATF && c.Meta.HasCleanup && ctx.Err() == nil {
		v = x.cleanup(ctx, v)
	}
	v.Reason = x.relative(v.Reason)
	return v, x.relativeOutput(x.close()), ctx.Err()
}

// judge is the verdict on what has run.
func (x *execution) judge(e ending, err error) Verdict {
	switch {
	case err != nil:
		return Verdict{Broken, err.Error()}
	case x.tooMuch:
		return verdict(Broken, "It wrote more than %d MiB", maxWritten>>20)
	case x.c.Kind == ATF:
		return judgeATF(x.site.result, e)
	}
	stdout := readOutput(x.site.stdout, maxWritten)
	switch x.c.Kind {
	case TAP:
		return judgeTAP(stdout, e)
	case GoTest:
		return judgeGoTest(x.c.Name, stdout, readOutput(x.site.stderr, maxKept), e)
	}
	return judgePlain(x.c.Program, stdout, e)
}

// cleanupTimeout is kyua's.
const cleanupTimeout = 60 * time.Second

// cleanup runs a case's cleanup part in the machine that its body has left. It counts only where the body did well.
func (x *execution) cleanup(ctx context.Context, body Verdict) Verdict {
	args := append(slices.Clone(x.c.Args), x.r.atfVars()...)
	e, err := x.run(ctx, cleanupTimeout, append(args, x.c.Name+":cleanup")...)
	switch {
	case !body.Outcome.Good():
		return body
	case err != nil:
		return verdict(Broken, "Test case cleanup: %v", err)
	case e.timedOut:
		return verdict(Broken, "Test case cleanup timed out")
	case !e.exitedWith(0):
		return verdict(Broken, "Test case cleanup did not terminate successfully")
	}
	return body
}
