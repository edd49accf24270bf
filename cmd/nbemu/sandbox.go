package main

import (
	"errors"
	"fmt"
	"os"

	"nbemu/machine"
)

// The second wall. What nbemu checks itself is the first; once everything is open that it was told to open, it takes
// from itself what no program inside may have, so that a fault in the first wall leads nowhere. docs/SECURITY.md has
// the table of what is left.

// sandbox says what becomes of the second wall (-sandbox).
type sandbox int

const (
	sandboxAuto    sandbox = iota // as much of it as the host can do
	sandboxRequire                // all of it, or nothing runs
	sandboxOff
)

func (s *sandbox) Set(v string) error {
	switch v {
	case "auto":
		*s = sandboxAuto
	case "require":
		*s = sandboxRequire
	case "off":
		*s = sandboxOff
	default:
		return errors.New("none of auto, require and off")
	}
	return nil
}

// enter puts up the wall around a machine. What the host cannot do is said in a line, or is the error where all of it
// is required.
func (s sandbox) enter(c *machine.Config, gdb string) error {
	if s == sandboxOff {
		return nil
	}
	missing := giveUp(c, gdb)
	if s == sandboxRequire && missing == nil && realUser(c) && os.Geteuid() != int(c.Cred.UID) {
		missing = fmt.Errorf("-uid %d: only root can be another user on the host", c.Cred.UID)
	}
	switch {
	case missing == nil:
	case s == sandboxRequire:
		return fmt.Errorf("-sandbox=require: %w", missing)
	default:
		fmt.Fprintf(stderr, "nbemu: -sandbox: %v: only nbemu's own checks stand between the program and the host\n", missing)
	}
	return nil
}

// realUser reports whether nbemu can be the program's user itself from now on: then the host knows what it may. With an
// overlay the guest's owners are not the host's, and who may be root inside needs the rights of whoever runs nbemu.
func realUser(c *machine.Config) bool {
	return c.Cred != nil && c.Cred.UID != 0 && c.Metadata == "" && (c.Overlay == "" || c.Chroot == "")
}
