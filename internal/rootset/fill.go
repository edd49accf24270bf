package rootset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// User is somebody whom the root is to know.
type User struct {
	Name, Gecos string
	UID, GID    uint32
	Group       string // name of GID
}

// dirs are what a NetBSD machine has and a lone base set may not.
var dirs = []struct {
	name string
	mode uint32
}{
	{"dev", 0o755}, {"dev/fd", 0o755}, {"dev/pts", 0o755}, {"etc", 0o755}, {"home", 0o755}, {"kern", 0o755}, {"mnt", 0o755},
	{"proc", 0o755}, {"root", 0o755}, {"tmp", 0o1777}, {"var", 0o755}, {"var/run", 0o755}, {"var/tmp", 0o1777},
}

// fill makes what a root needs beside its sets.
func (u *unpacker) fill(o *Options) error {
	for _, d := range dirs {
		if _, err := u.t.lstat(d.name); err == nil {
			continue
		}
		if err := u.t.mkdir(d.name, hostMode(d.mode, true), u.made); err != nil {
			return err
		}
		u.meta[d.name] = &Meta{Type: "dir", Mode: d.mode, HostMode: hostMode(d.mode, true)}
	}
	for _, d := range devices() {
		d.name = "dev/" + d.name
		if _, err := u.t.lstat(d.name); err == nil {
			continue
		}
		if err := u.device(d, "char", 0, 0); err != nil {
			return err
		}
	}
	// Without one ld.elf_so would look for the host's where the host's files can be seen.
	if err := u.once("etc/ld.so.conf", "", 0o644); err != nil {
		return err
	}
	if o.Net {
		if err := u.hostNet(o); err != nil {
			return err
		}
	}
	if o.User != nil {
		return u.addUser(o.User, o)
	}
	return nil
}

// once writes a file if it is not there.
func (u *unpacker) once(name, text string, mode uint32) error {
	if _, err := u.t.lstat(name); err == nil {
		return nil
	}
	return u.write(name, text, mode, 0, 0)
}

// write makes or replaces a file.
func (u *unpacker) write(name, text string, mode, uid, gid uint32) error {
	err := u.t.file(name, hostMode(mode, false), time.Now(), int64(len(text)), strings.NewReader(text), u.made)
	if err != nil {
		return err
	}
	u.meta[name] = &Meta{Type: "file", Mode: mode, HostMode: hostMode(mode, false), UID: uid, GID: gid}
	return nil
}

// hostNet takes over how the host finds names. Linux' resolv.conf has NetBSD's form.
func (u *unpacker) hostNet(o *Options) error {
	if b, err := os.ReadFile("/etc/resolv.conf"); err != nil {
		o.Report("%v", err)
	} else if err := u.write("etc/resolv.conf", string(b), 0o644, 0, 0); err != nil {
		return err
	}
	b, err := os.ReadFile("/etc/hosts")
	if err != nil {
		o.Report("%v", err)
		return nil
	}
	return u.write("etc/hosts", string(b), 0o644, 0, 0)
}

// addUser lets the root know a user: password files, group, home. A root that has no master.passwd gets none: then the
// etc set is not there, and a half of one would break more.
func (u *unpacker) addUser(w *User, o *Options) error {
	if w.UID == 0 {
		return nil
	}
	master, err := u.t.read("etc/master.passwd", maxText)
	if err != nil {
		if errors.Is(err, unix.ENOENT) {
			o.Report("no etc/master.passwd (the etc set has it): the user %s is not known in the root", w.Name)
			return nil
		}
		return err
	}
	if owner, home, taken := lookUser(string(master), w); taken {
		if owner != w.Name {
			o.Report("user %d is called %s in the root (%s)", w.UID, owner, home)
		}
		return nil
	}
	if strings.ContainsAny(w.Name+w.Gecos+w.Group, ":\n") || w.Name == "" {
		return fmt.Errorf("%q: not a user's name", w.Name)
	}
	users := map[string]uint32{}
	if addNames(users, string(master)); hasKey(users, w.Name) {
		o.Report("the root has another user %s (%d): user %d is not known there", w.Name, users[w.Name], w.UID)
		return nil
	}
	home := "/home/" + w.Name
	line := fmt.Sprintf("%s:*:%d:%d::0:0:%s:%s:/bin/sh\n", w.Name, w.UID, w.GID, w.Gecos, home)
	if err := u.t.append("etc/master.passwd", line, 0o600, u.made); err != nil {
		return err
	}
	line = fmt.Sprintf("%s:*:%d:%d:%s:%s:/bin/sh\n", w.Name, w.UID, w.GID, w.Gecos, home)
	if err := u.t.append("etc/passwd", line, 0o644, u.made); err != nil {
		return err
	}
	if err := u.addGroup(w); err != nil {
		return err
	}
	return u.makeHome(w, home[1:])
}

func hasKey(m map[string]uint32, k string) bool { _, ok := m[k]; return ok }

// lookUser finds who has a user's number in a master.passwd.
func lookUser(text string, w *User) (name, home string, found bool) {
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) < 10 {
			continue
		}
		if id, err := strconv.ParseUint(f[2], 10, 32); err == nil && uint32(id) == w.UID {
			return f[0], f[8], true
		}
	}
	return "", "", false
}

// addGroup makes a group for the user's unless the number, or the name, is there.
func (u *unpacker) addGroup(w *User) error {
	groups := map[string]uint32{}
	b, err := u.t.read("etc/group", maxText)
	if err != nil && !errors.Is(err, unix.ENOENT) {
		return err
	}
	addNames(groups, string(b))
	for _, id := range groups {
		if id == w.GID {
			return nil
		}
	}
	name := w.Group
	if name == "" || hasKey(groups, name) {
		name = "g" + itoa(w.GID)
	}
	return u.t.append("etc/group", fmt.Sprintf("%s:*:%d:\n", name, w.GID), 0o644, u.made)
}

// makeHome makes a home with what useradd(8) copies into it.
func (u *unpacker) makeHome(w *User, home string) error {
	if _, err := u.t.lstat(home); err == nil {
		return nil
	}
	if err := u.t.mkdir(home, 0o755, u.made); err != nil {
		return err
	}
	u.meta[home] = &Meta{Type: "dir", Mode: 0o755, HostMode: 0o755, UID: w.UID, GID: w.GID}
	fd, err := u.t.dir("etc/skel", nil)
	if err != nil {
		return nil
	}
	list, err := readNamesAt(fd)
	if err != nil {
		return err
	}
	for _, n := range list {
		b, err := u.t.read("etc/skel/"+n, 1<<20)
		if err != nil {
			continue // directories, and what is no file
		}
		if err := u.write(home+"/"+n, string(b), 0o644, w.UID, w.GID); err != nil {
			return err
		}
	}
	return nil
}

// readNamesAt lists an open directory.
func readNamesAt(fd int) ([]string, error) {
	dup, err := unix.Openat(fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	d := os.NewFile(uintptr(dup), "skel")
	defer d.Close()
	ents, err := d.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	ents = slices.DeleteFunc(ents, func(e fs.DirEntry) bool { return !e.Type().IsRegular() })
	var list []string
	for _, e := range ents {
		list = append(list, e.Name())
	}
	slices.Sort(list)
	return list, nil
}
