package suite

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// write makes files of a name and content each, in a directory; names that end in * are executable.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name, program := strings.CutSuffix(name, "*")
		path := filepath.Join(dir, name)
		mode := os.FileMode(0o644)
		if program {
			mode = 0o755
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTAP(t *testing.T) {
	for _, tt := range []struct {
		out  string
		exit int
		want Verdict
	}{
		{"1..2\nok 1\nok 2 - fine\n", 0, Verdict{Passed, ""}},
		{"ok\nok\n1..2\n", 0, Verdict{Passed, ""}},
		{"1..1\nok 1\n", 3, Verdict{Broken, "Dubious test program: reported all tests as passed but returned exit code 3"}},
		{"1..2\nok 1\nnot ok 2 - it is so\n", 1, Verdict{Failed, "1 of 2 tests failed: 2 - it is so"}},
		{"1..2\nok 1\nnot ok 2 # TODO later\n", 0, Verdict{Passed, ""}},
		{"1..2\nok 1\nnot ok 2 # skip no such thing\n", 0, Verdict{Passed, ""}},
		{"1..0 # SKIP no network\n", 0, Verdict{Skipped, "no network"}},
		{"1..0\n", 0, Verdict{Skipped, "No reason specified"}},
		{"1..3\nok 1\nBail out! the disk is full\n", 255, Verdict{Failed, "Bailed out: the disk is full"}},
		{"1..3\nok 1\nok 2\n", 0, Verdict{Broken, "TAP test program yielded invalid data: the plan was 3 tests, 2 were run"}},
		{"ok 1\n", 0, Verdict{Broken, "TAP test program yielded invalid data: output did not contain any TAP plan and the program did not bail out"}},
		{"1..1\n1..1\nok 1\n", 0, Verdict{Broken, "TAP test program yielded invalid data: found duplicate plan 1..1 (saw 1..1 earlier)"}},
		{"3..1\n", 0, Verdict{Broken, "TAP test program yielded invalid data: found reversed plan 3..1"}},
		{"1..0 # SKIP all\nok 1\n", 0, Verdict{Broken, "TAP test program yielded invalid data: the plan was to skip all, 1 were run"}},
		{"okay then\n1..1\nok 1\n", 0, Verdict{Passed, ""}},
	} {
		dir := t.TempDir()
		write(t, dir, map[string]string{"x.t*": "#!/bin/sh\nprintf '%s' '" + tt.out + "'\nexit " + fmt.Sprint(tt.exit) + "\n"})
		rs := runSuite(t, testOptions(), &Source{}, dir)
		if len(rs) != 1 || rs[0].Verdict != tt.want || rs[0].Kind != TAP {
			t.Errorf("%q: %q, not %q", tt.out, rs[0].Verdict, tt.want)
		}
	}
}

func TestKyuafile(t *testing.T) {
	dir := t.TempDir()
	program := "#!/bin/sh\nexit 0\n"
	write(t, dir, map[string]string{
		"Kyuafile": `syntax(2)
test_suite("top")
plain_test_program{name="one", timeout=7, ["custom.bug"]="PR " .. 12}
for file in fs.files(".") do
	local sub = fs.join(file, "Kyuafile")
	if file ~= "." and file ~= ".." and fs.exists(sub) then
		include(sub)
	end
end
if fs.basename(current_kyuafile()) ~= "Kyuafile" then error("current_kyuafile") end
`,
		"one*":         program,
		"sub/Kyuafile": "syntax(2)\ntest_suite('below')\ntap_test_program{name='two.t', is_exclusive=true, required_user='root'}\n",
		"sub/two.t*":   program,
	})
	programs, err := (&Source{}).Load([]string{dir})
	if err != nil || len(programs) != 2 {
		t.Fatal(programs, err)
	}
	one, two := programs[0], programs[1]
	if one.Name != "one" || one.Kind != Plain || one.Suite != "top" || one.Meta.Timeout != 7*time.Second || one.Meta.Custom["bug"] != "PR 12" {
		t.Errorf("%+v", one)
	}
	if two.Name != "sub/two.t" || two.Kind != TAP || two.Suite != "below" || !two.Meta.Exclusive || two.Meta.User != "root" {
		t.Errorf("%+v", two)
	}
	for text, want := range map[string]string{
		"":                       "begin with syntax",
		"syntax(3)\n":            "unsupported file version 3",
		"syntax(2)\nsyntax(2)\n": "once",
		"syntax(2)\nplain_test_program{name='one'}\n":                                      "no test suite defined",
		"syntax(2)\ntest_suite('x')\nplain_test_program{name='sub/two.t'}\n":               "not the name of a file",
		"syntax(2)\ntest_suite('x')\nplain_test_program{name='three'}\n":                   "non-existent test program",
		"syntax(2)\ntest_suite('x')\nplain_test_program{name='one', colour='red'}\n":       "unknown property",
		"syntax(2)\ntest_suite('x')\nplain_test_program{name='one', required_user='me'}\n": "neither root nor unprivileged",
		"syntax(2)\ninclude('/etc/passwd')\n":                                              "absolute",
		"syntax(2)\nos.execute('true')\n":                                                  "attempt to index",
	} {
		write(t, dir, map[string]string{"Kyuafile": text})
		if _, err := (&Source{}).Load([]string{dir}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestList(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"list": `# what is to be run
plain prog/args expect=args.txt name=arguments -- one 'two words' ""
tap  prog/x.t timeout=9 suite=mine   # a comment
auto prog/y.t
`,
		"args.txt":   "3: two words\n",
		"prog/args*": "#!/bin/sh\necho $#: $2\n",
		"prog/x.t*":  "#!/bin/sh\necho 1..1; echo ok\n",
		"prog/y.t*":  "#!/bin/sh\necho 1..1; echo not ok\n",
	})
	rs := runSuite(t, testOptions(), &Source{}, filepath.Join(dir, "list"))
	got := map[string]Outcome{}
	for _, r := range rs {
		got[r.Key()+" "+r.Suite] = r.Outcome
	}
	if want := map[string]Outcome{"arguments:main ": Passed, "prog/x.t:main mine": Passed, "prog/y.t:main ": Failed}; !maps.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
	write(t, dir, map[string]string{"args.txt": "3: two\n"})
	for _, r := range runSuite(t, testOptions(), &Source{}, filepath.Join(dir, "list")) {
		if r.Program == "arguments" && r.Verdict != (Verdict{Failed, `line 1 of the output is "3: two words\n", not "3: two\n"`}) {
			t.Errorf("%q", r.Verdict)
		}
	}
	for text, want := range map[string]string{
		"perl prog/x.t\n":              "list:1: \"perl\" is none of",
		"tap\n":                        "the program is missing",
		"\ntap prog/none.t\n":          "list:2: ",
		"tap prog/x.t one\n":           "arguments come after --",
		"tap 'prog/x.t\n":              "a quote is not closed",
		"tap prog/x.t expect=none\n":   "there is no such file",
		"tap prog/x.t\ntap prog/x.t\n": "the same program",
	} {
		write(t, dir, map[string]string{"list": text})
		if _, err := (&Source{}).Load([]string{filepath.Join(dir, "list")}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// Directories of programs, and of machines, may be links.
func TestLinkedDirectories(t *testing.T) {
	dir, tests := t.TempDir(), someTests(t)
	for _, name := range []string{"tests", "builds/linux-amd64"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(tests, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"tests", "tests/", "tests/.", "builds"} {
		found, err := new(Source).Load([]string{filepath.Join(dir, "x")[:len(dir)+1] + name})
		if err != nil || len(found) != 5 || found[0].Name != "five.t" {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
}

// A case that fails and then does well is flaky; one that fails each time has failed.
func TestRetries(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	write(t, dir, map[string]string{
		"third*":  "#!/bin/sh\necho try >>" + state + "/n\n[ $(wc -l <" + state + "/n) = 3 ]\n",
		"always*": "#!/bin/sh\nexit 5\n",
	})
	o := testOptions()
	o.Retries = 2
	for _, r := range runSuite(t, o, &Source{}, dir) {
		switch {
		case r.Program == "third" && (r.Outcome != Passed || !r.Flaky || len(r.Failed) != 2):
			t.Errorf("third: %+v", r)
		case r.Program == "always" && (r.Outcome != Failed || r.Flaky || len(r.Failed) != 2):
			t.Errorf("always: %+v", r)
		}
	}
	o.Retries, o.Repeat = 0, 3
	runs := map[int]bool{}
	for _, r := range runSuite(t, o, &Source{}, filepath.Join(dir, "always")) {
		runs[r.Run] = true
	}
	if len(runs) != 3 {
		t.Errorf("runs %v", runs)
	}
}

// What a program leaves running, and directories that it cannot enter itself, do not outlive the case.
func TestLeftovers(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"leaves*": "#!/bin/sh\nsleep 1000 &\nmkdir -p a/b; chmod 0 a; exit 0\n"})
	rs := runSuite(t, testOptions(), &Source{}, dir)
	if len(rs) != 1 || rs[0].Outcome != Passed {
		t.Errorf("%+v", rs[0])
	}
}

// Results name files from the directories of the suite and of the case, whose own names are others each time.
func TestRelative(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"/src/kern/a.c:1", "a.c:1"}, {"cd /src/kern; ls", "cd .; ls"}, {"/src/kern:/src/kern/b:/src/kern", ".:b:."},
		{"-r/src/kern/x", "-rx"}, {`["-v", "-r/src/kern/x"]`, `["-v", "-rx"]`}, {"-d /src/kern", "-d ."},
		{"/src/kernel/a", "/src/kernel/a"}, {"/other/src/kern/a", "/other/src/kern/a"}, {"a/src/kern", "a/src/kern"},
		{`open("/src/ker"..., 0)`, `open(""..., 0)`}, {`"/src/kern/long"...`, `"long"...`}, {`"/src/ker"`, `"/src/ker"`},
	} {
		if got := relative(c.text, "/src/kern"); got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
	dir := t.TempDir()
	t.Chdir(dir)
	write(t, dir, map[string]string{"names*": "#!/bin/sh\necho $0; pwd; echo $PWD/file >&2; cd $PWD/sub; exit 1\n"})
	r := runSuite(t, testOptions(), &Source{}, dir)[0]
	trace := strings.Join(r.Trace, "\n")
	if want := "names\nwork\n"; r.Stdout != want || !strings.HasPrefix(r.Stderr, "work/file\n") || !strings.Contains(trace, `"names"`) {
		t.Errorf("%+v", r)
	}
	for _, name := range []string{dir, basePrefix} {
		if strings.Contains(r.Stdout+r.Stderr+trace, name) {
			t.Errorf("%s is in the result:\n%s%s%s", name, r.Stdout, r.Stderr, trace)
		}
	}
}

func TestKnown(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"mips.txt": "# what is known\nt:a  it is so\n? t:b  sometimes\nt:gone  was removed\nt:c  was bad\n"})
	k, err := LoadKnown(dir, "mips")
	if err != nil {
		t.Fatal(err)
	}
	judge := func(name string, v Verdict, shrinking bool) *Result {
		r := &Result{Label: "mips", Program: "t", Case: name, Verdict: v}
		k.Judge(r, shrinking)
		return r
	}
	if r := judge("a", Verdict{Failed, "x"}, false); r.Known != "it is so" || r.Unexpected() {
		t.Errorf("a: %+v", r)
	}
	if r := judge("b", Verdict{Passed, ""}, false); r.Unexpected() {
		t.Errorf("b: %+v", r)
	}
	if r := judge("d", Verdict{Failed, "x"}, false); !r.Unexpected() {
		t.Errorf("d: %+v", r)
	}
	if r := judge("c", Verdict{Passed, ""}, false); !r.Unexpected() || !strings.Contains(r.Reason, "take it out") {
		t.Errorf("c: %+v", r)
	}
	if stale := k.Stale(); len(stale) != 1 || stale[0] != "t:gone" {
		t.Errorf("stale: %v", stale)
	}
	if err := k.Shrink(append(k.Passing(), k.Stale()...)); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "mips.txt")); string(text) != "# what is known\nt:a  it is so\n? t:b  sometimes\n" {
		t.Errorf("%s", text)
	}
	for _, bad := range []string{"t:a\n", "t why\n", "t:a why\nt:a why\n"} {
		write(t, dir, map[string]string{"mips.txt": bad})
		if _, err := LoadKnown(dir, "mips"); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
	if k, err := LoadKnown(dir, "vax"); err != nil || len(k.Stale()) != 0 {
		t.Error(k, err)
	}
}

func TestShards(t *testing.T) {
	for _, tt := range []struct{ text, env, want string }{
		{"", "", "1/1"},
		{"2/5", "", "2/5"},
		{"", "TEST_SHARD_INDEX=0 TEST_TOTAL_SHARDS=3", "1/3"},
		{"/4", "JOB_COMPLETION_INDEX=3", "4/4"},
		{"2/5", "TEST_SHARD_INDEX=0 TEST_TOTAL_SHARDS=3", "2/5"},
		{"", "JOB_COMPLETION_INDEX=3", "1/1"},
		{"0/5", "", ""}, {"6/5", "", ""}, {"5", "", ""}, {"a/b", "", ""}, {"/4", "", ""}, {"/4", "JOB_COMPLETION_INDEX=4", ""},
		{"", "TEST_SHARD_INDEX=3 TEST_TOTAL_SHARDS=3", ""},
	} {
		s, err := ParseShard(tt.text, func(name string) string { return getenv(strings.Fields(tt.env), name) })
		if got := s.String(); err == nil && got != tt.want || err != nil && tt.want != "" {
			t.Errorf("%q, %q: %s, %v", tt.text, tt.env, got, err)
		}
	}
	var cases []*Case
	for i := range 11 {
		cases = append(cases, &Case{Name: fmt.Sprint(i)})
	}
	seen := map[string]int{}
	for i := range 4 {
		for _, c := range (Shard{i, 4}).Of(cases) {
			seen[c.Name]++
		}
	}
	if len(seen) != len(cases) {
		t.Errorf("%v", seen)
	}
}

// Results survive being written and read, also when the writer was ended within a line; parts make a whole.
func TestFileAndMerge(t *testing.T) {
	rep, dir := sampleReport(), t.TempDir()
	var parts []*Report
	for i := range 2 {
		name := filepath.Join(dir, fmt.Sprint(i))
		h := rep.Header
		h.Shard = Shard{i, 2}.String()
		h.Cases = 0
		w, err := CreateFile(name, h)
		if err != nil {
			t.Fatal(err)
		}
		for j, r := range rep.Results {
			if j%2 == i {
				if err := w.Add(r); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.Close()
		if i == 1 {
			f, _ := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
			f.WriteString(`{"machine": "mi`)
			f.Close()
		}
		part, err := ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, part)
	}
	all, err := Merge(parts)
	if err != nil {
		t.Fatal(err)
	}
	all.Sort()
	if want := fmt.Sprint(rep.Count()); fmt.Sprint(all.Count()) != want || len(all.Results) != len(rep.Results) {
		t.Errorf("%v, not %s", all.Count(), want)
	}
	for i, r := range all.Results {
		if r.ID() != rep.Results[i].ID() || r.Took != rep.Results[i].Took || strings.Join(r.Trace, "|") != strings.Join(rep.Results[i].Trace, "|") {
			t.Errorf("%+v, not %+v", r, rep.Results[i])
		}
	}
	if _, err := Merge(parts[:1]); err == nil || !strings.Contains(err.Error(), "2/2") {
		t.Errorf("a part is missing: %v", err)
	}
	if all, err := Merge([]*Report{parts[0], parts[0]}); all != nil || err == nil {
		t.Error("a case twice is no error")
	}
}

func TestJUnit(t *testing.T) {
	var b bytes.Buffer
	if err := sampleReport().WriteJUnit(&b); err != nil {
		t.Fatal(err)
	}
	var all junitSuites
	if err := xml.Unmarshal(b.Bytes(), &all); err != nil {
		t.Fatalf("%v\n%s", err, b.Bytes())
	}
	if all.Tests != 7 || all.Failures != 1 || all.Errors != 1 || len(all.Suites) != 2 || all.Suites[0].Skipped+all.Suites[1].Skipped != 3 {
		t.Errorf("%+v", all)
	}
	for _, want := range []string{`<failure message="2 is 3" type="failed">`, "<flakyFailure", "<rerunFailure", `classname="mips.t_x"`,
		"out &lt;b&gt;&amp;\uFFFD", "write(1, &#34;out&#34;, 3) = 3"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in\n%s", want, b.Bytes())
		}
	}
}

// A browser shows the page: the filter works, and a case that failed is shown with its output and its calls.
func TestHTML(t *testing.T) {
	dir := t.TempDir()
	var b bytes.Buffer
	if err := sampleReport().WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); strings.Contains(text, "out <b>") || strings.Index(text, "t_x:bad") > strings.Index(text, "t_x:pr") {
		t.Error("what differs does not come first, or text is not escaped")
	}
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "chromium-headless-shell", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
		}
	}
	if browser == "" {
		t.Skip("no Chromium to look at the page with")
	}
	file := filepath.Join(dir, "index.html")
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	look := func(query string) string {
		cmd := exec.Command(browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(), "--dump-dom", "file://"+file+query)
		out, err := cmd.Output()
		if err != nil {
			t.Skipf("%s does not run here: %v", browser, err)
		}
		return string(out)
	}
	shown := regexp.MustCompile(`id="shown">([^<]*)<`)
	for query, want := range map[string]string{
		"": "4 of 4 cases", "?show=differences": "3 of 4 cases", "?show=failures": "2 of 4 cases", "?q=BAD": "1 of 4 cases",
	} {
		if m := shown.FindStringSubmatch(look(query)); m == nil || m[1] != want {
			t.Errorf("%q shows %q, not %q", query, m, want)
		}
	}
	if dom := look("#d1"); !strings.Contains(dom, "write(1, \"out\", 3) = 3\nexit(1) = ?") || !strings.Contains(dom, "mips t_x:bad") {
		t.Error("the trace is not there")
	}
}
