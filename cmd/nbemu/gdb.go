package main

import (
	"fmt"

	"nbemu/gdbstub"
	"nbemu/kern"
)

// waitForGDB has p wait for gdb if where is not empty. Preconditions: kernel lock; p has not been started.
func waitForGDB(p *kern.Proc, where string) (*gdbstub.Session, error) {
	if where == "" {
		return nil, nil
	}
	s, err := gdbstub.Listen(where, p)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(stderr, "nbemu: waiting for gdb: target remote %s\n", s.Addr())
	go func() {
		if err := s.Serve(); err != nil {
			fmt.Fprintf(stderr, "nbemu: -g: %v\n", err)
		}
	}()
	return s, nil
}
