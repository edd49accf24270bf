package main

import (
	"fmt"
	"strconv"
	"strings"

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
