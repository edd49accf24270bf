package machine_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	"nbemu/abi"
	"nbemu/internal/testprog"
	"nbemu/machine"
)

// hello is a NetBSD/sparc64 program, as a user would have one; it prints its arguments.
func hello() string {
	return filepath.Join(testprog.Root(), "testdata", "arch", "prebuilt", "sparc64", "args")
}

func Example() {
	m, err := machine.New(machine.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	var out strings.Builder
	p, err := m.Start(machine.Command{Path: hello(), Args: []string{"hello", "world"}, Stdout: &out})
	if err != nil {
		log.Fatal(err)
	}
	status, err := p.Wait()
	if err != nil {
		log.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	fmt.Println(lines[0])
	fmt.Println(status)
	// Output:
	// argc: 2
	// exit status 0
}

// A trace of one program, without the calls that its start-up makes.
func ExampleConfig_trace() {
	m, err := machine.New(machine.Config{
		Trace: func(l machine.TraceLine) {
			if strings.HasPrefix(l.Text, "exit(") {
				fmt.Println(l.Text)
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	p, err := m.Start(machine.Command{Path: hello()})
	if err != nil {
		log.Fatal(err)
	}
	_, _ = p.Wait()
	// Output:
	// exit(0)                                 = ?
}

// Fault injection: the third write to the terminal fails.
func ExampleHooks() {
	writes := 0
	m, err := machine.New(machine.Config{Hooks: machine.Hooks{
		Before: func(c *machine.Call) *machine.Result {
			if c.Name == "write" {
				if writes++; writes == 3 {
					return &machine.Result{Errno: abi.ENOSPC}
				}
			}
			return nil
		},
		Exec: func(e *machine.Exec) { fmt.Println("a program for", e.Machine, "begins") },
		Exit: func(pid int, s machine.Status) { fmt.Println("it ends:", s) },
	}})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	p, err := m.Start(machine.Command{Path: hello()})
	if err != nil {
		log.Fatal(err)
	}
	_, _ = p.Wait()
	// Output:
	// a program for sparc64 begins
	// it ends: exit status 0
}

// The same seed, the same run, whenever and wherever it is.
func ExampleDeterministic() {
	run := func() (trace string) {
		m, err := machine.New(machine.Config{
			Deterministic: &machine.Deterministic{Seed: 42, Epoch: time.Unix(0, 0)},
			Trace:         func(l machine.TraceLine) { trace += l.Text + "\n" },
		})
		if err != nil {
			log.Fatal(err)
		}
		defer m.Close()
		p, err := m.Start(machine.Command{Path: hello(), Args: []string{"hello"}})
		if err != nil {
			log.Fatal(err)
		}
		_, _ = p.Wait()
		return trace
	}
	first, second := run(), run()
	fmt.Println(first == second)
	// Output:
	// true
}

func ExampleMachine_DryRun() {
	m, err := machine.New(machine.Config{Release: "5.99"})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	r, err := m.DryRun(machine.Command{Path: hello()})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Entry, "under the rules of", r.Profile)
	// Output:
	// elf64 netbsd/sparc64 under the rules of 5.99
}

func ExampleProcess_Signal() {
	m, err := machine.New(machine.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	r, w, err := os.Pipe()
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	p, err := m.Start(machine.Command{Path: filepath.Join(filepath.Dir(hello()), "waits"), Stdin: r})
	if err != nil {
		log.Fatal(err)
	}
	if err := p.Signal(abi.SIGKILL); err != nil {
		log.Fatal(err)
	}
	status, _ := p.Wait()
	fmt.Println(status)
	// Output:
	// signal: Killed
}
