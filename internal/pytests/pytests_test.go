//go:build linux

package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nbemu/internal/measured"
)

const report = `<testsuites tests="4" errors="0" failures="1"><testsuite start="2026-01-01 00:00:00" tests="4" errors="0" failures="1">
<testcase name="test.test_os.A.one" status="run" result="completed" time="0.1" />
<testcase name="test.test_os.A.two" status="run" result="completed" time="0.1"><failure type="AssertionError">1 != 2</failure></testcase>
<testcase name="test.test_os.A.three" status="run" result="skipped" time="0.1"><skipped>no reason</skipped></testcase>
<testcase name="test.test_os.A.four" status="run" result="completed" time="0.1"><error>oh</error></testcase>
<testcase name="test.test_os.A.four" status="run" result="completed" time="0.1" />
</testsuite></testsuites>`

func TestParseReport(t *testing.T) {
	got, err := parseReport([]byte(report))
	want := map[string]string{"test.test_os.A.one": pass, "test.test_os.A.two": fail, "test.test_os.A.three": skipped, "test.test_os.A.four": fail}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v %v", got, err)
	}
	if _, err := parseReport([]byte("<testsuites>")); err == nil {
		t.Error("half a report is taken")
	}
}

// TestFaults: what passes natively must pass here or have a reason, and a reason has a failure.
func TestFaults(t *testing.T) {
	native := map[string]string{"test.test_os.A.a": pass, "test.test_os.A.b": pass, "test.test_os.A.c": pass, "test.test_os.A.d": fail, "test.test_os.A.e": pass}
	here := map[string]string{"test.test_os.A.a": pass, "test.test_os.A.b": skipped, "test.test_os.A.c": fail}
	m := compare(native, here)
	if m.Native != 4 || len(m.Lost) != 3 || m.Lost["test.test_os.A.e"] != "no result" {
		t.Errorf("%+v", m)
	}
	r := &results{Python: "3", Modules: map[string]*module{"test_os": m}}
	known := map[string]string{"test.test_os.A.a": "why", "test.test_os.A.b": "why", "test.test_os.A.e": "why", "test.test_io.A": "why"}
	text := strings.Join(r.faults([]string{"test_os"}, known), "\n")
	if text != "test.test_os.A.c: fail, and known.txt has no reason\ntest.test_os.A.a passes, and known.txt has a reason why it does not" {
		t.Error(text)
	}
	if got := string(r.markdown()); !strings.Contains(got, "| test_os | 4 | 1 | A.b, A.c, A.e |\n") {
		t.Error(got)
	}
}

func TestKnown(t *testing.T) {
	if _, err := measured.Known(knownText); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"one\n", "one a\none b\n"} {
		if _, err := measured.Known(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestReplace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "doc.md")
	if err := os.WriteFile(path, []byte("head\n"+begin+"old\n"+end+"tail\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := measured.Replace(path, begin, end, []byte("new\n")); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "head\n"+begin+"new\n"+end+"tail\n" {
		t.Errorf("%q", got)
	}
}
