package main

import (
	"encoding/json"
	"fmt"
	"os"

	"nbemu/execve"
	"nbemu/kern"
)

// dryRun shows what exec would do with a program (exec -n). A program that cannot be run has a report too, up to
// where exec gave up; the exit status is then that of running it.
func dryRun(l *kern.LWP, o *options, path string, argv []string) int {
	r, err := execve.DryRun(l, path, argv, o.environ)
	if o.json {
		enc := json.NewEncoder(os.Stdout)
		enc.SetIndent("", "  ")
		if err := enc.Encode(r); err != nil {
			fmt.Fprintf(stderr, "nbemu: %v\n", err)
			return 126
		}
	} else {
		r.WriteText(os.Stdout)
	}
	if err != nil {
		return execFailed(l, path, err)
	}
	return 0
}
