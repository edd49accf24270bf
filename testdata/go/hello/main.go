// Hello says where it believes to run.
package main

import (
	"fmt"
	"os"
	"runtime"
)

func main() {
	name, err := os.Hostname()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("Hello from %s/%s on %s: process %d with %d CPUs, arguments %q\n",
		runtime.GOOS, runtime.GOARCH, name, os.Getpid(), runtime.NumCPU(), os.Args[1:])
}
