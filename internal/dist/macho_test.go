package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Programs that Go's own linker makes for macOS are well, and one with a byte changed is not.
func TestCheckMachO(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.go"), []byte("package main\nfunc main() { println(1) }\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, goarch := range []string{"arm64", "amd64"} {
		cmd := exec.Command("go", "build", "-o", "x", "x.go")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOOS=darwin", "GOARCH="+goarch, "CGO_ENABLED=0", "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		data, err := os.ReadFile(filepath.Join(dir, "x"))
		if err != nil {
			t.Fatal(err)
		}
		if err := checkMachO(data, goarch); err != nil {
			t.Errorf("%s: %v", goarch, err)
		}
		other := map[string]string{"arm64": "amd64", "amd64": "arm64"}[goarch]
		if err := checkMachO(data, other); err == nil || !strings.Contains(err.Error(), "not a program for "+other) {
			t.Errorf("%s for %s: %v", goarch, other, err)
		}
		if goarch == "arm64" {
			data[0x5000]++
			if err := checkMachO(data, goarch); err == nil || !strings.Contains(err.Error(), "page 1 is not what was signed") && !strings.Contains(err.Error(), "page 5 is not") {
				t.Errorf("a byte is changed: %v", err)
			}
		}
	}
}
