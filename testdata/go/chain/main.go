// Chain runs the programs that NEXT names, one in another: it says what it was given, adds its system to CHAIN,
// and starts the first of them with arguments of its own. A name that begins with "=" takes this program's place;
// of the others the exit status plus one becomes its own. The last exits with 40.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
)

const system = runtime.GOOS + "/" + runtime.GOARCH

func main() {
	fmt.Printf("%s %q CHAIN=%s\n", system, os.Args[1:], os.Getenv("CHAIN"))
	_ = os.Setenv("CHAIN", os.Getenv("CHAIN")+system+";")
	next, rest, _ := strings.Cut(os.Getenv("NEXT"), ":")
	if next == "" {
		os.Exit(40)
	}
	_ = os.Setenv("NEXT", rest)
	args := []string{"chain", "from " + system, "", "ü\n"}
	if name, ok := strings.CutPrefix(next, "="); ok {
		fmt.Println(syscall.Exec(name, args, os.Environ()))
		os.Exit(99)
	}
	cmd := exec.Command(next)
	cmd.Args = args
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	var e *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &e) {
		fmt.Println(next, err)
		os.Exit(98)
	}
	os.Exit(e.ExitCode() + 1)
}
