package suite

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// example is the indented text under a heading of docs/SUITES.md.
func example(t *testing.T, heading string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testprog.Root(), "docs", "SUITES.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text2, ok := strings.Cut(string(text), "\n### "+heading+"\n")
	text2, _, _ = strings.Cut(text2, "\n### ")
	var b strings.Builder
	for line := range strings.Lines(text2) {
		if code, ok := strings.CutPrefix(line, "    "); ok {
			b.WriteString(code)
		}
	}
	if !ok || b.Len() == 0 {
		t.Fatalf("no example of %s", heading)
	}
	return b.String()
}

// asJSON reads YAML by Python's reader, if there is one.
func asJSON(t *testing.T, text string, v any) {
	t.Helper()
	cmd := exec.Command("python3", "-c", "import json, sys, yaml; json.dump(yaml.load(sys.stdin, Loader=yaml.BaseLoader), sys.stdout)")
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.Output()
	if err != nil {
		t.Skip("no reader of YAML: ", err)
	}
	if err := json.Unmarshal(out, v); err != nil {
		t.Fatal(err)
	}
}

// shell runs a command of an example in a directory, and reports whether it succeeded.
func shell(t *testing.T, dir, command string, env ...string) bool {
	t.Helper()
	cmd := exec.Command("sh", "-ec", command)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), append(env, "HOME="+dir, "PATH="+filepath.Dir(nbemu(t))+":"+os.Getenv("PATH"))...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() > 1 {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return err == nil
}

// whole checks the results that the parts were put together to: of someTests one fails.
func whole(t *testing.T, dir string) {
	t.Helper()
	rep, err := ReadFile(filepath.Join(dir, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	bad := 0
	for _, r := range rep.Results {
		if !r.Good() {
			bad++
		}
	}
	if len(rep.Results) != 5 || bad != 1 {
		t.Errorf("%d results, of which %d are bad", len(rep.Results), bad)
	}
}

// The indexed job of docs/SUITES.md: each of its pods' commands, with the index that Kubernetes gives it, and what is said
// for afterwards. A part with a failure is no failed pod.
func TestKubernetesExample(t *testing.T) {
	var job struct {
		APIVersion, Kind string
		Spec             struct {
			CompletionMode, Completions, Parallelism string
			Template                                 struct {
				Spec struct {
					RestartPolicy string
					Containers    []struct {
						Command      []string
						VolumeMounts []struct{ Name, MountPath string }
					}
					Volumes []struct{ Name string }
				}
			}
		}
	}
	asJSON(t, example(t, "Kubernetes"), &job)
	pod := job.Spec.Template.Spec
	if job.APIVersion != "batch/v1" || job.Kind != "Job" || job.Spec.CompletionMode != "Indexed" || pod.RestartPolicy != "Never" ||
		len(pod.Containers) != 1 || len(pod.Volumes) != 1 || pod.Volumes[0].Name != pod.Containers[0].VolumeMounts[0].Name {
		t.Fatalf("%+v", job)
	}
	c, parts := pod.Containers[0], 0
	if _, err := fmt.Sscan(job.Spec.Completions, &parts); err != nil || !strings.Contains(c.Command[2], "-shard /"+job.Spec.Completions+" ") || strings.Join(c.Command[:2], " ") != "sh -c" {
		t.Fatalf("%q does not go with %s completions", c.Command, job.Spec.Completions)
	}
	dir, tests := t.TempDir(), someTests(t)
	mounted := strings.NewReplacer(c.VolumeMounts[0].MountPath+"/", dir+"/", "/tests", tests)
	for i := range parts {
		if !shell(t, dir, mounted.Replace(c.Command[2]), fmt.Sprint("JOB_COMPLETION_INDEX=", i)) {
			t.Errorf("the pod of part %d fails", i)
		}
	}
	text, _ := os.ReadFile(filepath.Join(testprog.Root(), "docs", "SUITES.md"))
	merge := regexp.MustCompile("`(nbemu suite merge -o all /results/\\*)`").FindSubmatch(text)
	if merge == nil {
		t.Fatal("no merge")
	}
	if shell(t, dir, strings.Replace(string(merge[1]), "-o all /results/*", "-o ../all *", 1)) {
		t.Error("the whole does not fail")
	}
	whole(t, filepath.Join(dir, "..", "all"))
}

// The workflow of docs/SUITES.md: the commands of its jobs, with the values of its matrix, and artifacts as GitHub keeps them.
func TestGitHubExample(t *testing.T) {
	type step struct {
		Uses, Run string
		With      struct{ Name, Path string }
	}
	var flow struct {
		Jobs map[string]struct {
			Strategy struct{ Matrix map[string][]string }
			Needs    string
			Steps    []step
		}
	}
	asJSON(t, example(t, "GitHub"), &flow)
	suite, report := flow.Jobs["suite"], flow.Jobs["report"]
	parts := suite.Strategy.Matrix["part"]
	if len(parts) != 4 || report.Needs != "suite" {
		t.Fatalf("%+v", flow)
	}
	artifacts, tests := t.TempDir(), someTests(t)
	for _, part := range parts {
		dir := t.TempDir()
		if err := os.Symlink(tests, filepath.Join(dir, "tests")); err != nil {
			t.Fatal(err)
		}
		value := func(s string) string { return strings.ReplaceAll(s, "${{ matrix.part }}", part) }
		for _, s := range suite.Steps {
			switch {
			case s.Run != "":
				shell(t, dir, value(s.Run))
			case strings.HasPrefix(s.Uses, "actions/upload-artifact@"):
				if err := os.CopyFS(filepath.Join(artifacts, value(s.With.Name)), os.DirFS(filepath.Join(dir, value(s.With.Path)))); err != nil {
					t.Error(err)
				}
			}
		}
	}
	for _, s := range report.Steps {
		if s.Run != "" && shell(t, artifacts, s.Run) { // where download-artifact has put all of them
			t.Errorf("%s: does not fail", s.Run)
		}
	}
	whole(t, filepath.Join(artifacts, "all"))
}
