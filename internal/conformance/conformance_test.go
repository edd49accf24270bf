package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// TestStandardLibrary runs the tests of the fast subset of the standard library
// under nbemu. "make conformance-go" runs all of it.
func TestStandardLibrary(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes; not run with -short")
	}
	for _, name := range []string{"amd64", "aarch64", "arm", "i386"} {
		t.Run(name, func(t *testing.T) {
			arch, err := testprog.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			o, err := newOptions(arch, testprog.NetBSD, false)
			if err != nil {
				t.Fatal(err)
			}
			o.packages = fastPackages
			o.control = controlOnFailure
			rep, err := o.run(os.Stdout)
			if err != nil {
				t.Fatal(err)
			}
			if err := rep.verdict(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

const sample = "\x16=== RUN   TestGood\n" +
	"some output\n" +
	"\x16--- PASS: TestGood (0.00s)\n" +
	"\x16=== RUN   TestSub\n" +
	"\x16=== RUN   TestSub/a\n" +
	"no newline before the mark\x16=== RUN   TestSub/b\n" +
	"    x_test.go:1: what went wrong\n" +
	"\n" +
	"\x16--- FAIL: TestSub (0.10s)\n" +
	"\x16    --- PASS: TestSub/a (0.00s)\n" +
	"\x16    --- FAIL: TestSub/b (0.10s)\n" +
	"\x16=== RUN   TestSkipped\n" +
	"\x16--- SKIP: TestSkipped (0.00s)\n" +
	"--- PASS: TestForged (0.00s)\n" +
	"\x16=== RUN   TestWaiting\n" +
	"\x16=== PAUSE TestWaiting\n" +
	"\x16=== RUN   TestDies\n" +
	"panic: out of luck\n"

func TestParse(t *testing.T) {
	o := parse(strings.NewReader(sample))
	want := map[string]status{
		"TestGood": pass, "TestSub": fail, "TestSub/a": pass, "TestSub/b": fail,
		"TestSkipped": skip, "TestWaiting": running, "TestDies": running,
	}
	for name, s := range want {
		if o.tests[name] != s {
			t.Errorf("%s: got %q, want %q", name, o.tests[name], s)
		}
	}
	if len(o.tests) != len(want) {
		t.Errorf("got %d tests, want %d: %v", len(o.tests), len(want), o.tests)
	}
	if got, want := o.failures(), []string{"TestDies", "TestSub/b"}; !slices.Equal(got, want) {
		t.Errorf("failures: got %q, want %q", got, want)
	}
	if got, want := o.died(), []string{"TestDies"}; !slices.Equal(got, want) {
		t.Errorf("died: got %q, want %q", got, want)
	}
	if got, want := o.ended(), []string{"TestGood", "TestSkipped", "TestSub"}; !slices.Equal(got, want) {
		t.Errorf("ended: got %q, want %q", got, want)
	}
	if got := strings.Join(o.text["TestSub/b"], "|"); !strings.Contains(got, "what went wrong") {
		t.Errorf("output of TestSub/b: %q", got)
	}
	if got := strings.Join(o.text["TestDies"], "|"); !strings.Contains(got, "out of luck") {
		t.Errorf("output of TestDies: %q", got)
	}
}

// A test that -cpu has run twice has failed if it failed once.
func TestParseTwice(t *testing.T) {
	const text = "\x16=== RUN   TestTwice\n\x16--- FAIL: TestTwice (0.00s)\n\x16=== RUN   TestTwice\n\x16--- PASS: TestTwice (0.00s)\n"
	if o := parse(strings.NewReader(text)); o.tests["TestTwice"] != fail {
		t.Errorf("got %q", o.tests["TestTwice"])
	}
}

func TestJudge(t *testing.T) {
	known := []knownFailure{
		{"p", "TestSub", "subtest b is hard"},
		{"p", "TestGood", "was broken once"},
		{"p", "TestHuge", "hang: waits for ever"},
	}
	r := &row{Package: "p"}
	r.judge(&result{outcome: parse(strings.NewReader(sample)), died: []string{"TestDies"}}, known, nil)
	if !slices.Equal(r.Known, []string{"TestSub/b"}) || !slices.Equal(r.Unexpected, []string{"TestDies"}) ||
		!slices.Equal(r.Fixed, []string{"TestGood"}) || !slices.Equal(r.NotRun, []string{"TestHuge"}) || r.Verdict != "CRASH" {
		t.Errorf("judged %+v", r)
	}
	// The same with a control that fails in the same way.
	r.judge(&result{outcome: parse(strings.NewReader(sample))}, nil, &result{outcome: parse(strings.NewReader(sample))})
	if r.Verdict != "native" || len(r.Unexpected) != 0 || len(r.Native) != 2 {
		t.Errorf("judged with a control %+v", r)
	}
}

func TestKnownList(t *testing.T) {
	name := filepath.Join(t.TempDir(), "list")
	const text = "# about the list\n\nnet TestA flaky: now and then\nnet TestB/sub no such thing here\n\nos TestC crash: takes all with it\n"
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	list, err := readKnown(name)
	if err != nil {
		t.Fatal(err)
	}
	if len(list.entries) != 3 || !list.entries[0].flaky() || !list.entries[2].notRun() || list.entries[1].reason != "no such thing here" {
		t.Fatalf("read %+v", list.entries)
	}
	if !list.entries[1].covers("TestB/sub") || !list.entries[1].covers("TestB/sub/deeper") || list.entries[1].covers("TestB/subway") || list.entries[1].covers("TestB") {
		t.Error("covers is wrong")
	}
	list = list.update([]*row{{Package: "net", Fixed: []string{"TestB/sub"}}, {Package: "io", Unexpected: []string{"TestD", "TestE"}, Died: []string{"TestE"}}})
	if err := list.write(name); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	const want = "# about the list\n\nio TestD TODO\nio TestE crash: TODO\n\nnet TestA flaky: now and then\n\nos TestC crash: takes all with it\n"
	if string(got) != want {
		t.Errorf("wrote\n%s\nwant\n%s", got, want)
	}
	for _, bad := range []string{"net TestA\n", "net\n", "net TestA x\nnet TestA y\n"} {
		if err := os.WriteFile(name, []byte(bad), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := readKnown(name); err == nil {
			t.Errorf("no error for %q", bad)
		}
	}
}

func TestMirror(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(from+"/a", "one")
	write(from+"/d/b", "two")
	if err := os.Symlink("a", from+"/link"); err != nil {
		t.Fatal(err)
	}
	if err := mirror(to, from); err != nil {
		t.Fatal(err)
	}
	// A test run damages the copy in all ways.
	write(to+"/a", "changed by a test")
	write(to+"/left/behind", "x")
	os.RemoveAll(to + "/d")
	os.Remove(to + "/link")
	write(to+"/link", "no link")
	if err := mirror(to, from); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "one", "d/b": "two", "link": "one"} {
		if got, err := os.ReadFile(filepath.Join(to, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := os.Lstat(to + "/left"); err == nil {
		t.Error("a left-over is still there")
	}
	if target, err := os.Readlink(to + "/link"); err != nil || target != "a" {
		t.Errorf("link: %q, %v", target, err)
	}
}
