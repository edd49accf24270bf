package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"nbemu/kern"
	"nbemu/vfs"
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

func (i *id) String() string { return strconv.FormatUint(uint64(i.n), 10) }
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

// maxGroups is NGROUPS_MAX.
const maxGroups = 16

func (l *idList) String() string { return fmt.Sprint(l.ids) }
func (l *idList) Set(s string) error {
	l.ids, l.set = nil, true
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' }) {
		var i id
		if err := i.Set(f); err != nil {
			return err
		}
		l.ids = append(l.ids, i.n)
	}
	if len(l.ids) > maxGroups {
		return fmt.Errorf("more than %d groups", maxGroups)
	}
	return nil
}

// flags defines the flags, with what the environment says as their defaults.
func (o *credOptions) flags(fs *flag.FlagSet) error {
	for _, f := range []struct {
		name, env string
		v         flag.Value
	}{{"uid", "NBEMU_UID", &o.uid}, {"gid", "NBEMU_GID", &o.gid}, {"groups", "NBEMU_GROUPS", &o.groups}} {
		if s := os.Getenv(f.env); s != "" {
			if err := f.v.Set(s); err != nil {
				return fmt.Errorf("%s=%s: %v", f.env, s, err)
			}
		}
		fs.Var(f.v, f.name, "")
	}
	fs.BoolVar(&o.root, "root-user", envBool("NBEMU_ROOT_USER"), "")
	return nil
}

// cred makes the first process's credentials: the host's where nothing else was asked for.
func (o *credOptions) cred() *kern.Cred {
	c := vfs.HostCred()
	if o.root {
		*c = kern.Cred{Groups: []uint32{0}}
	}
	if o.uid.set {
		c.Ruid, c.Euid, c.Svuid = o.uid.n, o.uid.n, o.uid.n
	}
	if o.gid.set {
		c.Rgid, c.Egid, c.Svgid = o.gid.n, o.gid.n, o.gid.n
	}
	switch {
	case o.groups.set:
		c.Groups = o.groups.ids
	case o.uid.set || o.gid.set:
		// The host user's groups are not the other user's.
		c.Groups = []uint32{c.Rgid}
	}
	return c
}
