package main

import (
	"errors"

	"nbemu/gdbstub"
	"nbemu/machine"
)

// serveCore is -g with -core: a debugger looks at what a program has left.
func serveCore(o *options, program string) int {
	if o.gdb == "" {
		return say(errors.New("-core: only with -g, or under nbemu gdb"))
	}
	s, err := gdbstub.OpenCore(o.gdb, o.core, program)
	if err != nil {
		return say(err)
	}
	tellWaiting(s.Addr(), program, &machine.Config{})
	if err := s.Serve(); err != nil {
		return say(err)
	}
	return 0
}
