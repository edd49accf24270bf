package suite

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nbemu/internal/testprog"
)

// tool finds a program, or the test is skipped.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("no %s", name)
	}
	return path
}

func nbemu(t *testing.T) string {
	t.Helper()
	path, err := testprog.Nbemu()
	if err != nil {
		t.Skip(err)
	}
	return path
}

// run runs a command in a directory, with a home of its own, and returns all that it wrote.
func run(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+t.TempDir())
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// someTests writes five programs, of which one fails.
func someTests(t *testing.T) string {
	dir := t.TempDir()
	files := map[string]string{"five.t*": "#!/bin/sh\necho 1..1; echo not ok 1 - five\n"}
	for _, n := range []string{"one", "two", "three", "four"} {
		files[n+".t*"] = "#!/bin/sh\necho 1..1; echo ok 1 - " + n + "\n"
	}
	write(t, dir, files)
	return dir
}

// The example of docs/SUITES.md: three parts by GNU parallel, put together.
func TestParallel(t *testing.T) {
	parallel, program := tool(t, "parallel"), nbemu(t)
	dir, tests := t.TempDir(), someTests(t)
	out, err := run(t, dir, parallel, "-j", "2", program, "suite", "-j", "1", "-shard", "{}/3", "-o", "part{}", tests, ":::", "1", "2", "3")
	if err == nil {
		t.Errorf("a test fails, and parallel does not: %s", out)
	}
	out, err = run(t, dir, program, "suite", "merge", "-o", "all", "part1", "part3")
	if err == nil || !strings.Contains(out, "parts are missing: [2/3]") {
		t.Errorf("merge of two parts: %v: %s", err, out)
	}
	out, err = run(t, dir, program, "suite", "merge", "-o", "all", "part1", "part2", "part3")
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 1 || !strings.Contains(out, "5 of 5: 4 passed, 1 failed") {
		t.Errorf("merge: %v: %s", err, out)
	}
	rep, err := ReadFile(filepath.Join(dir, "all", "results.json"))
	if err != nil || len(rep.Results) != 5 || !exists(filepath.Join(dir, "all", "index.html")) {
		t.Error(rep, err)
	}
}

// An interrupted run is gone on with, and parts of Bazel and Kubernetes are taken from the environment.
func TestCommand(t *testing.T) {
	program, dir, tests := nbemu(t), t.TempDir(), someTests(t)
	suite := func(want int, env string, args ...string) string {
		t.Helper()
		cmd := exec.Command(program, append([]string{"suite"}, args...)...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), strings.Fields(env)...)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != want {
			t.Errorf("%v: exit status %d, not %d: %s", args, code, want, out)
		}
		return string(out)
	}
	if out := suite(0, "", "-run", "one|two", tests); !strings.Contains(out, "2 of 2: 2 passed") {
		t.Errorf("%s", out)
	}
	if out := suite(1, "", "-resume", "-v", tests); !strings.Contains(out, "3 of 3: 2 passed, 1 failed") || strings.Contains(out, "one.t") {
		t.Errorf("%s", out)
	}
	if rep, err := ReadFile(filepath.Join(dir, "suite-results", "results.json")); err != nil || len(rep.Results) != 5 {
		t.Error(rep, err)
	}
	first := suite(0, "TEST_TOTAL_SHARDS=2 TEST_SHARD_INDEX=0 TEST_SHARD_STATUS_FILE="+dir+"/status", "-list", tests)
	second := suite(0, "JOB_COMPLETION_INDEX=1", "-list", "-shard", "/2", tests)
	if strings.Count(first, "\n")+strings.Count(second, "\n") != 5 || strings.Contains(second, strings.SplitAfter(first, "\n")[0]) {
		t.Errorf("%q and %q", first, second)
	}
	known := t.TempDir()
	write(t, known, map[string]string{"linux-amd64.txt": "five.t:main it is the fifth\n"})
	if strings.Contains(first, "linux-amd64") {
		suite(0, "", "-known", known, tests)
		write(t, known, map[string]string{"linux-amd64.txt": "five.t:main it is the fifth\none.t:main it was bad\nsix.t:main gone\n"})
		if out := suite(1, "", "-known", known, tests); !strings.Contains(out, "It passes; take it out of") || !strings.Contains(out, "no case six.t:main any more") {
			t.Errorf("%s", out)
		}
		suite(0, "", "-known", known, "-shrink", tests)
		if text, _ := os.ReadFile(filepath.Join(known, "linux-amd64.txt")); string(text) != "five.t:main it is the fifth\n" {
			t.Errorf("%s", text)
		}
	}
	suite(126, "", "nonexistent")
	if out := suite(126, "", tests, "-list"); !strings.Contains(out, "-list: flags come before the names of programs") {
		t.Errorf("a flag at the end: %s", out)
	}
	suite(126, "", "-arch", "vaxx", tests)
	suite(126, "", "-shard", "3/2", tests)
	suite(126, "")
}

// childOf is the number of a process's only child, or "".
func childOf(pid int) string {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	var all []byte
	for _, t := range tasks { // a child is its thread's
		text, _ := os.ReadFile(t)
		all = append(all, text...)
	}
	return strings.TrimSpace(string(all))
}

// The end of the process that runs cases is not the end of the suite: a case that is there each time is broken, all others
// have their results.
func TestWorkerEnds(t *testing.T) {
	program, dir, tests := nbemu(t), t.TempDir(), someTests(t)
	write(t, tests, map[string]string{"deadly.t*": "#!/bin/sh\nsleep 1000\n"})
	cmd := exec.Command(program, "suite", "-j", "2", "-o", dir, tests)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	results := filepath.Join(dir, "results.json")
	killed := map[string]bool{}
	defer cmd.Process.Kill()
	for running := true; running; {
		select {
		case <-done:
			running = false
		case <-time.After(20 * time.Millisecond):
			rep, err := ReadFile(results)
			if err != nil {
				continue
			}
			for id, alone := range rep.Begun {
				if worker := childOf(cmd.Process.Pid); strings.Contains(id, "deadly") && alone == (len(killed) == 1) && worker != "" && !killed[worker] {
					killed[worker] = true
					_ = exec.Command("kill", "-KILL", worker).Run()
				}
			}
		}
	}
	rep, err := ReadFile(results)
	if err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	if code := cmd.ProcessState.ExitCode(); code != 1 || len(killed) != 2 || len(rep.Results) != 6 || rep.Count()["passed"] != 4 {
		t.Errorf("exit status %d, %d ends, %v: %s", code, len(killed), rep.Count(), out.String())
	}
	for _, r := range rep.Results {
		if r.Program == "deadly.t" && r.Verdict != (Verdict{Broken, "nbemu itself came to an end while it ran"}) {
			t.Errorf("%+v", r)
		}
	}
}

// bazelStubs stand for repositories that Bazel 2 fetches from the network, and that a test of a script has no use for.
var bazelStubs = map[string]string{
	"rules_cc/WORKSPACE": "", "rules_cc/cc/BUILD": "",
	"rules_cc/cc/defs.bzl":            "cc_binary = native.cc_binary\ncc_library = native.cc_library\ncc_test = native.cc_test\ncc_import = native.cc_import\ncc_toolchain = native.cc_toolchain\ncc_toolchain_suite = native.cc_toolchain_suite\n",
	"rules_java/WORKSPACE":            "",
	"rules_java/java/BUILD":           "",
	"rules_java/java/defs.bzl":        "java_binary = native.java_binary\njava_library = native.java_library\njava_import = native.java_import\njava_test = native.java_test\njava_toolchain = native.java_toolchain\njava_runtime = native.java_runtime\njava_plugin = native.java_plugin\njava_package_configuration = native.java_package_configuration\n",
	"remote_coverage_tools/WORKSPACE": "",
	"remote_coverage_tools/BUILD":     "filegroup(name = \"coverage_report_generator\", srcs = [], visibility = [\"//visibility:public\"])\n",
}

// The example of docs/SUITES.md, by Bazel itself: its parts, its XML, its directory of outputs.
func TestBazel(t *testing.T) {
	bazel, program := tool(t, "bazel"), nbemu(t)
	tests, dir, stubs, home := someTests(t), t.TempDir(), t.TempDir(), t.TempDir()
	write(t, stubs, bazelStubs)
	write(t, dir, map[string]string{
		"WORKSPACE": "",
		"BUILD":     "sh_test(name = 'suite', srcs = ['run.sh'], args = ['$(location nbemu)', 'programs'], data = ['nbemu'] + glob(['programs/**']), shard_count = 3)\n",
		"run.sh*":   "#!/bin/sh\nexec \"$1\" suite \"$2\"\n",
	})
	if err := os.CopyFS(filepath.Join(dir, "programs"), os.DirFS(tests)); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "nbemu"), data, 0o755); err != nil {
		t.Fatal(err)
	}
	args := []string{bazel, "--output_user_root=" + home, "--batch", "test", "--test_output=all", "//:suite"}
	for _, name := range []string{"rules_cc", "rules_java", "remote_coverage_tools"} {
		args = append(args, "--override_repository="+name+"="+filepath.Join(stubs, name))
	}
	out, _ := run(t, dir, args...)
	defer run(t, dir, "chmod", "-R", "u+w", home) // so that it can be removed
	if strings.Contains(out, "Analysis of target '//:suite' failed") || !strings.Contains(out, "shard 1 of 3") {
		t.Skipf("this Bazel cannot test a script without the network:\n%s", out)
	}
	if !strings.Contains(out, "FAILED in 1 out of 3") || !strings.Contains(out, "five.t:main  ->  failed") {
		t.Errorf("%s", out)
	}
	logs, err := filepath.Glob(filepath.Join(dir, "bazel-testlogs", "suite", "shard_*", "test.xml"))
	if err != nil || len(logs) != 3 {
		t.Fatal(logs, err)
	}
	cases := 0
	for _, l := range logs {
		text, err := os.ReadFile(l)
		if err != nil {
			t.Fatal(err)
		}
		cases += bytes.Count(text, []byte("<testcase name="))
	}
	if cases != 5 {
		t.Errorf("Bazel has %d cases", cases)
	}
}

// Runners that take a command to start programs with need no more than its name.
func TestProve(t *testing.T) {
	prove, program := tool(t, "prove"), nbemu(t)
	tests := someTests(t)
	out, err := run(t, tests, prove, "--exec", program, "one.t", "two.t")
	if err != nil || !strings.Contains(out, "All tests successful") {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := run(t, tests, prove, "--exec", program, "five.t"); err == nil {
		t.Errorf("%s", out)
	}
}

// crossProgram is a C program for NetBSD on mips that needs no C library, with how to compile it.
func crossProgram(t *testing.T) (source string, compiler string, flags []string) {
	t.Helper()
	compiler = tool(t, "mips-linux-gnu-gcc")
	source = "#include \"" + filepath.Join(testprog.Root(), "testdata/lib/nbsys.h") + "\"\n" +
		"int main(int argc, char **argv, char **envp) { print(\"on mips\\n\"); return argc > 1 ? number(argv[1]) : 0; }\n"
	flags = []string{"-DNETBSD", "-O1", "-ffreestanding", "-fno-stack-protector", "-fno-pie", "-mno-abicalls", "-G0"}
	return source, compiler, flags
}

var crossLink = []string{"-nostdlib", "-static", "-Wl,-e,_start", "-no-pie"}

func TestCTest(t *testing.T) {
	cmake, ctest, program := tool(t, "cmake"), tool(t, "ctest"), nbemu(t)
	source, compiler, flags := crossProgram(t)
	dir := t.TempDir()
	write(t, dir, map[string]string{"t.c": source, "CMakeLists.txt": `cmake_minimum_required(VERSION 3.13)
project(x C)
enable_testing()
add_executable(t t.c)
target_compile_options(t PRIVATE ` + strings.Join(flags, " ") + `)
target_link_options(t PRIVATE ` + strings.Join(crossLink, " ") + `)
target_link_libraries(t gcc)
add_test(NAME good COMMAND t)
add_test(NAME bad COMMAND t 3)
`})
	build := filepath.Join(dir, "build")
	if out, err := run(t, dir, cmake, "-S", dir, "-B", build, "-DCMAKE_SYSTEM_NAME=NetBSD", "-DCMAKE_SYSTEM_PROCESSOR=mips", "-DCMAKE_C_COMPILER="+compiler,
		"-DCMAKE_C_COMPILER_WORKS=1", "-DCMAKE_CROSSCOMPILING_EMULATOR="+program); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := run(t, dir, cmake, "--build", build); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := run(t, build, ctest, "--output-on-failure")
	if err == nil || !strings.Contains(out, "on mips") || !strings.Contains(out, "50% tests passed, 1 tests failed out of 2") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestMeson(t *testing.T) {
	meson, program := tool(t, "meson"), nbemu(t)
	source, compiler, flags := crossProgram(t)
	dir := t.TempDir()
	quote := func(words []string) string { return "['" + strings.Join(words, "', '") + "']" }
	write(t, dir, map[string]string{"t.c": source,
		"meson.build": "project('x', 'c')\nt = executable('t', 't.c', c_args: " + quote(flags) + ", link_args: " + quote(append(crossLink, "-lgcc")) + ")\ntest('good', t)\ntest('bad', t, args: ['3'])\n",
		"cross": "[binaries]\nc = '" + compiler + "'\nexe_wrapper = '" + program + "'\n[host_machine]\nsystem = 'netbsd'\ncpu_family = 'mips'\ncpu = 'mips'\nendian = 'big'\n" +
			"[properties]\nskip_sanity_check = true\n"})
	if out, err := run(t, dir, meson, "setup", "--cross-file", "cross", "build"); err != nil {
		t.Skipf("meson does not set up: %v: %s", err, out)
	}
	out, err := run(t, dir, meson, "test", "-C", "build", "-v")
	if err == nil || !strings.Contains(out, "on mips") || !strings.Contains(out, "Ok:                 1") || !strings.Contains(out, "Fail:               1") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestGoTestExec(t *testing.T) {
	program := nbemu(t)
	dir := t.TempDir()
	write(t, dir, map[string]string{"go.mod": "module x\n", "x_test.go": "package x\nimport (\"runtime\"; \"testing\")\n" +
		"func TestGood(t *testing.T) { t.Log(\"on\", runtime.GOOS, runtime.GOARCH) }\nfunc TestBad(t *testing.T) { t.Fatal(\"bad\") }\nfunc TestLater(t *testing.T) { t.Skip(\"not now\") }\n"})
	cmd := exec.Command("go", "test", "-v", "-exec", program, ".")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOOS=netbsd", "GOARCH=arm", "CGO_ENABLED=0", "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "on netbsd arm") || !strings.Contains(string(out), "--- FAIL: TestBad") {
		t.Errorf("%v: %s", err, out)
	}
	// And the same program as a suite of its own.
	cmd = exec.Command("go", "test", "-c", "-o", "x-arm.test", ".")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOOS=netbsd", "GOARCH=arm", "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got := map[string]Verdict{}
	for _, r := range runSuite(t, testOptions(), &Source{}, dir) {
		got[r.ID()] = r.Verdict
	}
	for id, want := range map[string]Verdict{"arm x.test:TestGood": {Passed, ""}, "arm x.test:TestBad": {Failed, "x_test.go:4: bad"},
		"arm x.test:TestLater": {Skipped, "not now"}} {
		if got[id] != want {
			t.Errorf("%s: %q, not %q", id, got[id], want)
		}
	}
}
