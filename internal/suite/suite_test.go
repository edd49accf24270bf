package suite

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nbemu/internal/testprog"
	"nbemu/machine"
)

// atfWant is what becomes of the cases of testdata/guest/atf.c, by kyua's rules.
var atfWant = map[string]Verdict{
	"pass":             {Passed, ""},
	"fail":             {Failed, "arithmetic"},
	"skip":             {Skipped, "no time"},
	"liar":             {Broken, "Passed test case should have reported success but exited with code 3"},
	"coward":           {Broken, "Failed test case should have reported failure but exited with code 0"},
	"silent":           {Broken, "Premature exit; test case exited with code 4"},
	"killed":           {Broken, "Premature exit; test case received signal 15"},
	"two_lines":        {Broken, "Test result contains multiple lines: failed: one<<NEWLINE>>two"},
	"nonsense":         {Broken, "Unknown test result 'perhaps'"},
	"timeout":          {Broken, "Test case body timed out"},
	"x_failure":        {ExpectedFailure, "PR 1"},
	"x_failure_bad":    {Broken, "Expected failure should have reported success but exited with code 1"},
	"x_death":          {ExpectedFailure, "PR 3"},
	"x_exit":           {ExpectedFailure, "PR 4"},
	"x_exit_any":       {ExpectedFailure, "PR 5"},
	"x_exit_bad":       {Failed, "Test case expected to exit with code 7 but got code 8"},
	"x_signal":         {ExpectedFailure, "PR 7"},
	"x_signal_bad":     {Failed, "Test case expected to receive signal 15 but got 9"},
	"x_timeout":        {ExpectedFailure, "PR 9"},
	"x_timeout_bad":    {Broken, "Expected timeout but exited with code 0"},
	"root":             {Passed, ""},
	"nobody":           {Passed, ""},
	"no_arch":          {Skipped, "Current architecture 'ARCH' not supported"},
	"no_machine":       {Skipped, "Current platform 'MACHINE' not supported"},
	"no_file":          {Skipped, "Required file '/nonexistent/file' not found"},
	"no_prog":          {Skipped, "Required program 'nonexistent-program' not found in PATH"},
	"no_config":        {Skipped, "Required configuration property 'shape' not defined"},
	"no_memory":        {Skipped, "Requires"},
	"var":              {Passed, ""},
	"fresh_1":          {Passed, ""},
	"fresh_2":          {Passed, ""},
	"cleanup":          {Passed, ""},
	"cleanup_skip":     {Broken, "Test case cleanup did not terminate successfully"},
	"cleanup_bad":      {Broken, "Test case cleanup did not terminate successfully"},
	"cleanup_both_bad": {Failed, "arithmetic"},
}

// atfArchs are the machines that the program is built for: both sizes and byte orders.
var atfArchs = []struct{ label, arch, machine string }{
	{"amd64", "x86_64", "amd64"}, {"arm", "earmv7hf", "evbarm"}, {"mips", "mipseb", "evbmips"}, {"sparc64", "sparc64", "sparc64"},
}

// buildATF builds the program for the machines that there is a compiler for, in folders of their names.
func buildATF(t *testing.T, dir string) (labels []string) {
	t.Helper()
	for _, d := range []string{dir, filepath.Dir(dir)} { // for the user without privileges
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range atfArchs {
		a, err := testprog.Find(m.label)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(filepath.Join(dir, m.label), 0o755); err != nil {
			t.Fatal(err)
		}
		src := filepath.Join(testprog.Root(), "testdata", "guest", "atf.c")
		err = testprog.C(a, testprog.NetBSD, filepath.Join(dir, m.label, "t_all"), src)
		if errors.Is(err, testprog.ErrNoCompiler) {
			_ = os.Remove(filepath.Join(dir, m.label))
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		labels = append(labels, m.label)
	}
	if len(labels) == 0 {
		t.Skip("no compiler")
	}
	return labels
}

// testOptions are options under which programs are root, as the suite's users mostly are.
func testOptions() Options {
	return Options{Config: func(string) machine.Config { return machine.Config{Cred: &machine.Cred{}} }, Env: os.Environ(), Jobs: 2,
		Vars: map[string]string{"colour": "green", unprivilegedVar: "nobody"}, Unprivileged: &machine.Cred{UID: 32767, GID: 39}, Trace: 50}
}

// runSuite loads, lists and runs.
func runSuite(t *testing.T, o Options, s *Source, args ...string) []*Result {
	t.Helper()
	programs, err := s.Load(args)
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewRunner(o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if exists(r.Base()) {
			t.Error(r.Base(), "is left")
		}
	}()
	cases, err := r.Cases(context.Background(), programs)
	if err != nil {
		t.Fatal(err)
	}
	var results []*Result
	if err := r.Run(context.Background(), cases, nil, func(res *Result) { results = append(results, res) }); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(r.Base()); len(left) != 0 {
		t.Error(len(left), "work directories are left")
	}
	return results
}

func TestATF(t *testing.T) {
	dir := t.TempDir()
	labels := buildATF(t, dir)
	t.Setenv("LANG", "de_DE.UTF-8")
	seen := 0
	for _, r := range runSuite(t, testOptions(), &Source{}, dir) {
		seen++
		want, ok := atfWant[r.Case]
		for _, m := range atfArchs {
			if m.label == r.Label {
				want.Reason = strings.NewReplacer("ARCH", m.arch, "MACHINE", m.machine).Replace(want.Reason)
			}
		}
		if !ok || r.Outcome != want.Outcome || !strings.EqualFold(r.Reason, want.Reason) && r.Case != "no_memory" {
			t.Errorf("%s: %q, not %q", r.ID(), r.Verdict, want)
		}
		if r.Program != "t_all" || r.Kind != ATF {
			t.Errorf("%s: %s, %s", r.ID(), r.Program, r.Kind)
		}
		if !r.Good() && r.Case != "timeout" && !strings.Contains(strings.Join(r.Trace, "\n"), "exit(") && !strings.Contains(strings.Join(r.Trace, "\n"), "kill(") {
			t.Errorf("%s: the trace does not show its end: %q", r.ID(), r.Trace)
		}
	}
	if seen != len(labels)*len(atfWant) {
		t.Errorf("%d results, not %d times %d", seen, len(labels), len(atfWant))
	}
}

// A case that waits is shown with the call that it waits in, and its output up to there.
func TestTimeoutTrace(t *testing.T) {
	dir := t.TempDir()
	buildATF(t, dir)
	o := testOptions()
	for _, r := range runSuite(t, o, &Source{Labels: []string{"amd64"}}, dir) {
		if last := strings.Join(r.Trace, "\n"); r.Case == "timeout" && !strings.Contains(last, "nanosleep50(") {
			t.Errorf("%s", last)
		}
	}
}

// kyuaOutcome is a line of kyua report --verbose or kyua test.
func kyuaResults(text string) map[string]Outcome {
	out := map[string]Outcome{}
	for line := range strings.Lines(text) {
		name, rest, ok := strings.Cut(strings.TrimSpace(line), "  ->  ")
		if !ok {
			continue
		}
		word, _, _ := strings.Cut(rest, "  [")
		word, _, _ = strings.Cut(word, ":")
		out[name] = Outcome(word)
	}
	return out
}

// kyua itself runs the same program, by wrappers, and comes to the same results.
func TestKyuaAgrees(t *testing.T) {
	kyua, err := exec.LookPath("kyua")
	if err != nil {
		t.Skip("no kyua")
	}
	nbemu, err := testprog.Nbemu()
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	labels := buildATF(t, dir)
	if err := os.WriteFile(filepath.Join(dir, labels[0], "data"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "wrapped")
	n, err := (&Source{}).Wrap(dir, out, nbemu, []string{"-root-user"})
	if err != nil || n != len(labels) {
		t.Fatal(n, err)
	}
	if len(labels) > 1 && !exists(filepath.Join(out, labels[0], "data")) {
		t.Error("what lies beside the program is not there")
	}
	cmd := exec.Command(kyua, "-v", "test_suites.nbemu.colour=green", "-v", "unprivileged_user=nobody", "test", "--results-file=none.db",
		"-k", filepath.Join(out, "Kyuafile"))
	cmd.Dir, cmd.Env = t.TempDir(), append(os.Environ(), "HOME="+t.TempDir())
	cmd.Args[6] = "--results-file=" + filepath.Join(cmd.Dir, "results.db")
	text, _ := cmd.CombinedOutput()
	got := kyuaResults(string(text))
	if len(got) == 0 {
		t.Fatalf("%s", text)
	}
	for _, l := range labels {
		for name, want := range atfWant {
			id := "t_all:" + name
			if len(labels) > 1 {
				id = l + "/" + id
			}
			// Users and their rights are the host's there, and Debian's kyua does not know how much memory there is.
			if got[id] != want.Outcome && name != "root" && name != "nobody" && name != "no_memory" {
				t.Errorf("%s: kyua says %q, not %q", id, got[id], want.Outcome)
			}
		}
	}
}

// kyua reads the results file that we write.
func TestKyuaReads(t *testing.T) {
	kyua, err := exec.LookPath("kyua")
	if err != nil {
		t.Skip("no kyua")
	}
	rep := sampleReport()
	file := filepath.Join(t.TempDir(), "kyua.db")
	var b bytes.Buffer
	if err := rep.WriteKyua(&b); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		cmd := exec.Command(kyua, append(args, "--results-file="+file)...)
		cmd.Dir, cmd.Env = t.TempDir(), append(os.Environ(), "HOME="+t.TempDir())
		text, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, text)
		}
		return string(text)
	}
	text := run("report", "--verbose", "--results-filter=")
	for _, want := range []string{"mips/t_x:bad", "amd64/t_x:bad", "Result:     failed: 2 is 3", "it is big (too big)", "hello from the test",
		"Test cases: 7 total, 1 skipped, 2 expected failures, 1 broken, 1 failed", "write(1, "} {
		if !strings.Contains(text, want) {
			t.Errorf("kyua report does not say %q:\n%s", want, text)
		}
	}
	if xml := run("report-junit"); !strings.Contains(xml, `name="bad"`) || strings.Count(xml, "<testcase") != len(rep.Results) {
		t.Errorf("kyua report-junit: %s", xml)
	}
}

// sampleReport has a result of each kind.
func sampleReport() *Report {
	at := time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)
	one := func(label, name string, v Verdict, more func(*Result)) *Result {
		r := &Result{Label: label, Program: "t_x", Case: name, Kind: ATF, Suite: "NetBSD", Verdict: v, Start: at, Took: Duration(1500 * time.Millisecond)}
		if more != nil {
			more(r)
		}
		return r
	}
	rep := &Report{Header: Header{Nbemu: "test", Started: at, Shard: "1/1", Cases: 7, Args: []string{"dir"}, Dir: "/suite"}, Shards: []string{"1/1"}}
	rep.Results = []*Result{
		one("amd64", "bad", Verdict{Passed, ""}, func(r *Result) { r.Stdout = "hello from the test\n" }),
		one("mips", "bad", Verdict{Failed, "2 is 3"}, func(r *Result) {
			r.Stdout, r.Stderr, r.Trace = "out <b>&\x01\n", "err\n", []string{`write(1, "out", 3) = 3`, "exit(1) = ?"}
		}),
		one("amd64", "big", Verdict{Broken, "too big"}, func(r *Result) { r.Known = "it is big" }),
		one("mips", "big", Verdict{Broken, "too big"}, func(r *Result) { r.Failed = []Verdict{{Broken, "too big, too"}} }),
		one("amd64", "later", Verdict{Skipped, "not now"}, nil),
		one("mips", "later", Verdict{Passed, ""}, func(r *Result) { r.Flaky, r.Failed = true, []Verdict{{Failed, "at first"}} }),
		one("mips", "pr", Verdict{ExpectedFailure, "PR 1"}, func(r *Result) { r.Seed = 3 }),
	}
	return rep
}

// The same seed gives the same trace, wherever the case comes in the order; another seed may give another.
func TestDeterministic(t *testing.T) {
	dir := t.TempDir()
	buildATF(t, dir)
	o := testOptions()
	o.Work = t.TempDir()
	o.Config = func(string) machine.Config {
		return machine.Config{Cred: &machine.Cred{}, Deterministic: &machine.Deterministic{Seed: 7, Epoch: time.Unix(1e9, 0)}}
	}
	traces := map[string][]string{}
	for jobs := 1; jobs <= 2; jobs++ {
		o.Jobs = jobs
		for _, r := range runSuite(t, o, &Source{Labels: []string{"amd64"}}, dir) {
			if r.Seed != 7 {
				t.Errorf("%s: seed %d", r.ID(), r.Seed)
			}
			if r.Case == "timeout" {
				continue // ended by the host's clock
			}
			if old, again := traces[r.Case]; again && !slices.Equal(old, r.Trace) {
				t.Errorf("%s: %q\nand %q", r.Case, old, r.Trace)
			}
			traces[r.Case] = r.Trace
		}
	}
}
