package suite

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What ATF programs say of their cases, and what becomes of it: kyua's answer, but for timeout 0, at which kyua ends a case
// before it begins, and which atf-test-case(4) says is no limit.
func TestATFList(t *testing.T) {
	const header = atfHeader + "\n\n"
	for _, c := range []struct{ list, want string }{
		{header + "ident: a\n", ""},
		{header + "ident: a\nX-colour: red\nrequire.progs: sh /bin/ls\n", ""},
		{atfHeader + "\nident: a\n", "expecting a blank line"},
		{"ident: a\n", "invalid header"},
		{header, "no test cases"},
		{header + "ident: a\nident: b\n", "duplicate value"},
		{header + "ident: a\n\nident: a\n", "duplicate test case"},
		{header + "descr: x\nident: a\n", "preceded by the identifier"},
		{header + "ident: a\ntimeout: soon\n", "property timeout"},
		{header + "ident: a\ncolour: red\n", `unknown test case metadata property "colour"`},
		{header + "ident: a\nX-: red\n", `unknown test case metadata property "X-"`},
		{header + "ident: a\nhas.cleanup: yes\n", "neither true nor false"},
		{header + "ident: a\nrequire.user: me\n", "neither root nor unprivileged"},
		{header + "ident: a\nrequire.memory: much\n", "not a size"},
		{header + "ident: a\nrequire.files: here\n", "not an absolute path"},
		{header + "ident: a\nrequire.progs: sh bin/ls\n", "bin/ls is not an absolute path"},
		{header + "ident: a\ndescr:\n", "invalid property line"},
	} {
		cases, err := parseATFList(c.list)
		switch {
		case c.want == "" && (err != nil || len(cases) != 1):
			t.Errorf("%q: %v", c.list, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%q: %v, want %s", c.list, err, c.want)
		}
	}
	cases, err := parseATFList(header + "ident: a\ntimeout: 0\n")
	if err != nil {
		t.Fatal(err)
	}
	r := &Runner{o: Options{Timeout: time.Second, TimeoutFactor: 3}}
	c := &Case{Program: &Program{}, Meta: cases[0].meta.over(Metadata{Timeout: time.Minute})}
	if d := r.timeout(c); d != noTimeout {
		t.Errorf("timeout 0 is %v", d)
	}
	if got := c.Meta.properties()["timeout"]; got != "0" {
		t.Errorf("timeout 0 is shown as %q", got)
	}
	if args := strings.Join(goTestArgs("TestA", noTimeout), " "); !strings.Contains(args, "-test.timeout=0s") {
		t.Errorf("a Go test without a limit: %s", args)
	}
}

// What Go's test programs write, and what is made of it.
func TestGoOutput(t *testing.T) {
	for _, c := range []struct {
		name, stdout, stderr string
		code                 int
		want                 Verdict
	}{
		{"TestA", "=== RUN   TestA\n--- PASS: TestA (0.00s)\nPASS\n", "", 0, Verdict{Passed, ""}},
		{"TestA", "=== RUN   TestA\nhalf a line--- PASS: TestA (0.00s)\nPASS\n", "", 0, Verdict{Passed, ""}},
		{"TestA", "=== RUN   TestA\nhalf a line--- FAIL: TestA (0.00s)\nFAIL\n", "", 1, Verdict{Failed, "TestA failed"}},
		{"TestA", "=== RUN   TestA\n=== RUN   TestA/x\n    a_test.go:4: bad 3\n--- FAIL: TestA (0.00s)\n    --- FAIL: TestA/x (0.00s)\nFAIL\n", "", 1,
			Verdict{Failed, "TestA/x: a_test.go:4: bad 3"}},
		{"TestA", "=== RUN   TestA\n--- FAIL: TestA (0.00s)\n", "panic: oh no [recovered]\n\tpanic: oh no\n", 2, Verdict{Failed, "panic: oh no [recovered]"}},
		{"TestA", "=== RUN   TestA\n", "panic: elsewhere\n", 2, Verdict{Failed, "Returned exit status 2: panic: elsewhere"}},
		{"TestA", "=== RUN   TestA\n", "", 3, Verdict{Failed, "Returned exit status 3: no test failed"}},
		{"TestA", "=== RUN   TestA\n    a_test.go:4: not now\n--- SKIP: TestA (0.00s)\nPASS\n", "", 0, Verdict{Skipped, "not now"}},
		{"ExampleA", "=== RUN   ExampleA\n--- FAIL: ExampleA (0.00s)\ngot:\nx\nwant:\ny\nFAIL\n", "", 1, Verdict{Failed, `got "x", want "y"`}},
		{"TestA", "testing: warning: no tests to run\nPASS\n", "", 0, Verdict{Broken, "TestA is listed, and not there"}},
	} {
		if got := judgeGoOutput(c.name, c.stdout, c.stderr, c.code); got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.stdout, c.stderr, got, c.want)
		}
	}
	list := strings.Join(parseGoList("TestA\nTestÜmlaut\nTest世界\nExample\nExample_x\nBenchmarkA\nFuzzA\nok  \tx\t0.01s\n"), " ")
	if want := "TestA TestÜmlaut Test世界 Example Example_x FuzzA"; list != want {
		t.Errorf("list: %s, want %s", list, want)
	}
}

// junitSchema is what Jenkins' xunit plugin and Surefire allow of what is written here, as RELAX NG.
const junitSchema = `<grammar xmlns="http://relaxng.org/ns/structure/1.0" datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
<start><element name="testsuites">
 <attribute name="name"/><attribute name="tests"><data type="nonNegativeInteger"/></attribute>
 <attribute name="failures"><data type="nonNegativeInteger"/></attribute><attribute name="errors"><data type="nonNegativeInteger"/></attribute>
 <attribute name="time"><data type="decimal"/></attribute>
 <zeroOrMore><ref name="suite"/></zeroOrMore>
</element></start>
<define name="suite"><element name="testsuite">
 <attribute name="name"><data type="token"><param name="minLength">1</param></data></attribute>
 <attribute name="tests"><data type="nonNegativeInteger"/></attribute><attribute name="failures"><data type="nonNegativeInteger"/></attribute>
 <attribute name="errors"><data type="nonNegativeInteger"/></attribute><attribute name="skipped"><data type="nonNegativeInteger"/></attribute>
 <attribute name="time"><data type="decimal"/></attribute>
 <attribute name="timestamp"><data type="dateTime"><param name="pattern">[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}</param></data></attribute>
 <attribute name="hostname"><data type="token"><param name="minLength">1</param></data></attribute>
 <element name="properties"><zeroOrMore><element name="property"><attribute name="name"/><attribute name="value"/></element></zeroOrMore></element>
 <zeroOrMore><ref name="case"/></zeroOrMore>
</element></define>
<define name="case"><element name="testcase">
 <attribute name="name"/><attribute name="classname"/><attribute name="time"><data type="decimal"/></attribute>
 <optional><choice>
  <element name="failure"><ref name="message"/></element><element name="error"><ref name="message"/></element>
  <element name="skipped"><ref name="message"/></element>
 </choice></optional>
 <zeroOrMore><element name="flakyFailure"><ref name="message"/></element></zeroOrMore>
 <zeroOrMore><element name="rerunFailure"><ref name="message"/></element></zeroOrMore>
 <optional><element name="system-out"><text/></element></optional><optional><element name="system-err"><text/></element></optional>
</element></define>
<define name="message"><attribute name="message"/><attribute name="type"><data type="token"><param name="minLength">1</param></data></attribute><text/></define>
</grammar>
`

func TestJUnitSchema(t *testing.T) {
	lint, dir := tool(t, "xmllint"), t.TempDir()
	rep := sampleReport()
	rep.Results[0].Case, rep.Results[0].Program = "odd \x01 <&> \"name\"", "t\x02x"
	var b bytes.Buffer
	if err := rep.WriteJUnit(&b); err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{"junit.rng": junitSchema, "junit.xml": b.String()})
	out, err := exec.Command(lint, "--noout", "--relaxng", filepath.Join(dir, "junit.rng"), filepath.Join(dir, "junit.xml")).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s\n%s", err, out, b.Bytes())
	}
}

// kyua makes its own page of our results.
func TestKyuaReportHTML(t *testing.T) {
	kyua, dir := tool(t, "kyua"), t.TempDir()
	var b bytes.Buffer
	if err := sampleReport().WriteKyua(&b); err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{"kyua.db": b.String()})
	if out, err := run(t, dir, kyua, "report-html", "--results-file="+filepath.Join(dir, "kyua.db"), "--output="+filepath.Join(dir, "html"), "--results-filter="); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for name, want := range map[string]string{"index.html": "t_x:bad", "mips_t_x_bad.html": "2 is 3"} {
		text, err := os.ReadFile(filepath.Join(dir, "html", name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: no %s, %v", name, want, err)
		}
	}
}
