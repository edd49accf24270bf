package machine_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"nbemu/internal/testprog"
)

// Another module imports the package, builds and runs with it.
func TestImport(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", fmt.Sprintf("module example.com/embedder\n\ngo 1.26\n\nrequire nbemu v0.0.0\n\nreplace nbemu => %s\n", testprog.Root()))
	write("main.go", `package main

import (
	"fmt"
	"os"

	"nbemu/machine"
)

func main() {
	m, err := machine.New(machine.Config{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	defer m.Close()
	p, err := m.Start(machine.Command{Path: os.Args[1], Args: []string{"prog", "one"}, Stdout: os.Stdout})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(p.Wait())
}
`)
	for _, args := range [][]string{{"mod", "tidy"}, {"build", "-o", "embedder", "."}} {
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %v: %v\n%s", args, err, out)
		}
	}
	out, err := exec.Command(filepath.Join(dir, "embedder"), guest("riscv64", "args")).CombinedOutput()
	want := "exit status 0 <nil>\n"
	if err != nil || len(out) < len(want) || string(out[len(out)-len(want):]) != want {
		t.Errorf("%v\n%s", err, out)
	}
}
