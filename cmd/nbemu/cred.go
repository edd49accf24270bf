package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"nbemu/internal/suite"
	"nbemu/machine"
)

// credOptions are the credentials that the program shall have. They are the guest's own: on the host everything
// is done as the user who runs nbemu.
type credOptions struct {
	uid, gid id
	groups   idList
	root     bool
}

// id is a user or group id that may be absent.
type id struct {
	n   uint32
	set bool
}

func (i *id) Set(s string) error {
	n, err := strconv.ParseUint(s, 10, 32)
	// -1 stands for "no change" in all calls that take an id.
	if err != nil || n == 1<<32-1 {
		return fmt.Errorf("%q is no id", s)
	}
	i.n, i.set = uint32(n), true
	return nil
}

type idList struct {
	ids []uint32
	set bool
}

func (l *idList) Set(s string) error {
	l.ids, l.set = nil, true
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' }) {
		var i id
		if err := i.Set(f); err != nil {
			return err
		}
		l.ids = append(l.ids, i.n)
	}
	return nil
}

// cred makes the program's credentials: the host's where nothing else was asked for; nil if nothing was.
func (o *credOptions) cred() *machine.Cred {
	if !o.root && !o.uid.set && !o.gid.set && !o.groups.set {
		return nil
	}
	c := machine.HostCred()
	if o.root {
		c = machine.Cred{Groups: []uint32{0}}
	}
	if o.uid.set {
		c.UID = o.uid.n
	}
	if o.gid.set {
		c.GID = o.gid.n
	}
	switch {
	case o.groups.set:
		c.Groups = o.groups.ids
	case o.uid.set || o.gid.set:
		// The host user's groups are not the other user's.
		c.Groups = []uint32{c.GID}
	}
	return &c
}

// straceUser gives the program the rights of the user of -strace='-u NAME', with the groups that the user has.
func (o *options) straceUser() error {
	if o.tracing == nil || o.tracing.User == "" {
		return nil
	}
	name, c := o.tracing.User, &o.machine
	if o.cred.uid.set || o.cred.root {
		return errors.New("-strace: -u: -uid and -root-user say already who runs the program")
	}
	cred, err := suite.FindUser(name, c.Chroot, c.Root)
	if err != nil {
		return fmt.Errorf("-strace: -u %s: %w", name, err)
	}
	dir := c.Chroot
	if dir == "" {
		dir = c.Root
	}
	if f, err := os.Open(filepath.Join("/", dir, "etc/group")); err == nil {
		defer f.Close()
		for in := bufio.NewScanner(f); in.Scan(); {
			fields := strings.Split(in.Text(), ":")
			var g id
			if len(fields) > 3 && slices.Contains(strings.Split(fields[3], ","), name) && g.Set(fields[2]) == nil && !slices.Contains(cred.Groups, g.n) {
				cred.Groups = append(cred.Groups, g.n)
			}
		}
	}
	c.Cred = cred
	return nil
}
