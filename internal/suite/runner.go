package suite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"sync"
	"time"

	"nbemu/machine"
)

// unprivilegedVar is the configuration variable with the name of the user without privileges, for ATF's programs.
const unprivilegedVar = "unprivileged-user"

// Options say how cases are run.
type Options struct {
	// Config is the machine of a label's cases, without what the case itself decides (directory, log, trace).
	Config func(label string) machine.Config
	// Env is the environment of programs, which is changed as kyua changes it.
	Env []string
	// Vars are configuration variables: -v of ATF's programs, TEST_ENV_NAME of others.
	Vars map[string]string
	// Unprivileged is the user of cases that require one without privileges, when the others are root; its name is the
	// variable unprivileged-user.
	Unprivileged *machine.Cred
	// Jobs is how many cases run at once.
	Jobs int
	// Timeout is for cases that have none of their own; 0 is kyua's 300 seconds. TimeoutFactor multiplies both.
	Timeout       time.Duration
	TimeoutFactor float64
	// Retries is how often a case that failed is run again. Repeat is how often each is run, with seeds that follow each
	// other on deterministic machines.
	Retries, Repeat int
	// Trace is how many of the last lines of a case's trace are kept; 0 is no trace.
	Trace int
	// Work is where work directories are made, always with the same names; "" is below the host's directory for
	// temporary files, or the chroot's /tmp.
	Work string
	// Chroot is that of Config for all labels, if it is the same.
	Chroot string
	// Keep leaves work directories there.
	Keep bool
}

// Runner runs cases.
type Runner struct {
	o    Options
	vars map[string]string
	base string
	dir  string // the process's
}

// NewRunner makes a runner; Close must be called at the end. Error: there is no place for work directories.
func NewRunner(o Options) (*Runner, error) {
	r := &Runner{o: o, vars: maps.Clone(o.Vars)}
	if r.vars == nil {
		r.vars = map[string]string{}
	}
	var err error
	if r.dir, err = os.Getwd(); err != nil {
		return nil, err
	}
	if r.base, err = makeBase(o.Work, o.Chroot); err != nil {
		return nil, fmt.Errorf("work directory: %w", err)
	}
	return r, nil
}

// Close removes what is left of work directories.
func (r *Runner) Close() error {
	if r.o.Keep {
		return nil
	}
	return removeAll(r.base)
}

// Base is the directory that work directories are in.
func (r *Runner) Base() string { return r.base }

// timeout is how long a case may take, or noTimeout.
func (r *Runner) timeout(c *Case) time.Duration {
	t := c.Meta.Timeout
	if t == 0 {
		t = r.o.Timeout
	}
	if t == 0 {
		t = defaultTimeout
	}
	if r.o.TimeoutFactor > 0 && t != noTimeout {
		t = time.Duration(float64(t) * r.o.TimeoutFactor)
	}
	return t
}

// seed is that of the n-th run on a deterministic machine, from 1 on.
func (r *Runner) seed(n int) uint64 {
	if d := r.o.Config("").Deterministic; d != nil {
		return d.Seed + uint64(n-1)
	}
	return 0
}

// each calls f for the numbers below n, at most jobs at once. It stops at the context's end.
func each(ctx context.Context, n, jobs int, f func(i int)) error {
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(max(jobs, 1), n) {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	defer wg.Wait()
	defer close(next)
	for i := range n {
		select {
		case next <- i:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Cases asks all programs for their cases. A program that cannot tell them has one case, which is broken.
func (r *Runner) Cases(ctx context.Context, programs []Program) ([]*Case, error) {
	lists := make([][]*Case, len(programs))
	err := each(ctx, len(programs), r.o.Jobs, func(i int) {
		p := &programs[i]
		cases, err := r.list(ctx, p)
		if err != nil {
			cases = []*Case{{Program: p, Name: listCase, broken: err.Error()}}
		}
		lists[i] = cases
	})
	if err != nil {
		return nil, err
	}
	var all []*Case
	for _, l := range lists {
		all = append(all, l...)
	}
	return all, ctx.Err()
}

// Run runs cases and calls report for each that has ended, one at a time; begin, if set, when one begins. Cases that
// want no others beside them come last. Error: the context's; the cases that it has ended are not reported.
func (r *Runner) Run(ctx context.Context, cases []*Case, begin func(*Case), report func(*Result)) error {
	var together, alone []*Case
	for _, c := range cases {
		if c.Meta.Exclusive {
			alone = append(alone, c)
		} else {
			together = append(together, c)
		}
	}
	var mu sync.Mutex // makes begin and report come one at a time
	group := func(cases []*Case, jobs int) error {
		repeat := max(r.o.Repeat, 1)
		return each(ctx, len(cases)*repeat, jobs, func(i int) {
			c, run := cases[i/repeat], i%repeat+1
			if begin != nil {
				mu.Lock()
				begin(c)
				mu.Unlock()
			}
			res, err := r.runCase(ctx, c, run)
			if err != nil {
				return
			}
			if repeat > 1 {
				res.Run = run
			}
			mu.Lock()
			defer mu.Unlock()
			report(res)
		})
	}
	return errors.Join(group(together, r.o.Jobs), group(alone, 1))
}

// runCase runs a case until it does well, or has had all its tries.
func (r *Runner) runCase(ctx context.Context, c *Case, run int) (*Result, error) {
	res := &Result{Label: c.Label, Program: c.Program.Name, Case: c.Name, Kind: c.Kind, Suite: c.Suite, Start: time.Now(), Seed: r.seed(run)}
	for try := 0; ; try++ {
		v, out, err := r.attempt(ctx, c, fmt.Sprintf("%s %d", c.ID(), run), res.Seed)
		if err != nil {
			return nil, err
		}
		res.Verdict = v
		if res.Flaky = v.Outcome.Good() && len(res.Failed) > 0; res.Flaky {
			break // with the output of the try that failed
		}
		res.Stdout, res.Stderr, res.Log = out.stdout, out.stderr, out.log
		if !v.Outcome.Good() {
			res.Trace = out.trace
		}
		if v.Outcome.Good() || try >= r.o.Retries || c.broken != "" {
			break
		}
		res.Failed = append(res.Failed, v)
	}
	res.Took = Duration(time.Since(res.Start))
	return res, nil
}
