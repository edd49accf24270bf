package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/cap"
	"kernel.org/pub/linux/libs/security/libcap/psx"

	"nbemu/internal/early"
	"nbemu/machine"
)

// giveUp takes from all threads of nbemu what programs may not have. Error: what this host cannot do.
func giveUp(c *machine.Config, gdb string) error {
	var errs []error
	root := os.Geteuid() == 0
	user := realUser(c) && root
	if c.Chroot == "" && (!root || early.Walled() && !user) {
		return nil // everything is the host user's own already, or gone
	}
	if err := ownProc(); err != nil {
		errs = append(errs, err)
		if user {
			errs = append(errs, become(c.Cred))
		}
		return errors.Join(errs...)
	}
	if !early.Walled() {
		if _, _, e := psx.Syscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0); e != 0 {
			errs = append(errs, fmt.Errorf("no new privileges: %w", e))
		}
	}
	if c.Chroot != "" {
		if err := landlockTo(c, gdb); err != nil {
			errs = append(errs, fmt.Errorf("with Landlock: %w", err))
		}
	}
	switch {
	case user:
		if err := become(c.Cred); err != nil {
			errs = append(errs, fmt.Errorf("-uid %d: %w", c.Cred.UID, err))
		}
	case root && !early.Walled():
		if err := dropCapabilities(); err != nil {
			errs = append(errs, fmt.Errorf("capabilities: %w", err))
		}
	}
	return errors.Join(errs...)
}

// ownProc reports why /proc does not tell of this process's threads; nil if it does. The library that has all of them do
// something looks for them there. It ends the process if there is nothing, and waits for ever for those of another process:
// in a PID namespace with the /proc of the one outside, where processes have other numbers.
func ownProc() error {
	self, err := os.Readlink("/proc/self")
	if err != nil {
		return errors.New("there is no /proc")
	}
	if self != strconv.Itoa(os.Getpid()) {
		return errors.New("/proc is another PID namespace's")
	}
	return nil
}

// landlockVersion is the first version of Landlock that knows of truncation, without which the wall has a hole.
const landlockVersion = 3

// landlockTo leaves nbemu the program's root, what it needs itself and what was named on the command line.
func landlockTo(c *machine.Config, gdb string) error {
	v, _, e := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if e != 0 {
		return e
	}
	if v < landlockVersion {
		return fmt.Errorf("version %d of it is too old", v)
	}
	root := landlock.RWDirs(c.Chroot).WithRefer().WithIoctlDev()
	if c.Overlay != "" {
		root = landlock.RODirs(c.Chroot).WithIoctlDev()
	}
	rules := []landlock.Rule{
		root,
		landlock.RWFiles("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx",
			"/dev/kvm").WithIoctlDev().IgnoreIfMissing(),
		landlock.RWDirs("/dev/pts").WithIoctlDev().IgnoreIfMissing(),
		landlock.RODirs("/proc/self").IgnoreIfMissing(),
		landlock.ROFiles("/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/loadavg").IgnoreIfMissing(),
	}
	if c.Overlay != "" {
		rules = append(rules, landlock.RWDirs(c.Overlay).WithRefer().WithIoctlDev())
	} else if c.Metadata != "" {
		rules = append(rules, landlock.RWDirs(filepath.Dir(c.Metadata)))
	}
	for _, b := range c.Binds {
		if b.ReadOnly {
			rules = append(rules, landlock.RODirs(b.Host))
		} else {
			rules = append(rules, landlock.RWDirs(b.Host).WithRefer().WithIoctlDev())
		}
	}
	if filepath.Base(gdb) != gdb {
		rules = append(rules, landlock.RWDirs(filepath.Dir(gdb)))
	}
	all := landlock.V6
	return landlock.Config{HandledAccessFS: all.HandledAccessFS, Scoped: all.Scoped}.BestEffort().Restrict(rules...)
}

// become makes nbemu the program's user for good.
func become(c *machine.Cred) error {
	groups := make([]int, len(c.Groups))
	for i, g := range c.Groups {
		groups[i] = int(g)
	}
	if err := syscall.Setgroups(groups); err != nil {
		return err
	}
	if err := syscall.Setresgid(int(c.GID), int(c.GID), int(c.GID)); err != nil {
		return err
	}
	if err := syscall.Setresuid(int(c.UID), int(c.UID), int(c.UID)); err != nil {
		return err
	}
	// Or its own /proc/self would be root's.
	return unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0)
}

// dropCapabilities takes all other capabilities from nbemu.
func dropCapabilities() error {
	set := cap.GetProc()
	for v := range cap.MaxBits() {
		if early.Kept()>>v&1 != 0 {
			continue
		}
		for _, f := range []cap.Flag{cap.Effective, cap.Permitted, cap.Inheritable} {
			if err := set.SetFlag(f, false, v); err != nil {
				return err
			}
		}
	}
	return set.SetProc()
}
