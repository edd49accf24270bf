//go:build !linux

package main

// binfmtStart is Linux's.
type binfmtStart struct {
	program string
	args    []string
	fd      int
	secure  bool
}

func hostStart([]string) *binfmtStart { return nil }
func tellsArgv0() bool                { return true }
func hostELF() []uint16               { return nil }
