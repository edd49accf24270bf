package rootset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Account is what a root's password file says of a user.
type Account struct {
	Name, Home, Shell string
	UID               uint32
}

// Account looks a user up. One whom the root does not know has "/" and "/bin/sh".
func (r *Root) Account(uid uint32) *Account {
	a := &Account{UID: uid, Home: "/", Shell: "/bin/sh"}
	t, err := openTree(r.Files())
	if err != nil {
		return a
	}
	defer t.Close()
	for _, file := range []string{"etc/master.passwd", "etc/passwd"} {
		b, err := t.read(file, maxText)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			f := strings.Split(strings.TrimRight(line, "\n"), ":")
			if len(f) != 10 && len(f) != 7 {
				continue
			}
			if id, err := strconv.ParseUint(f[2], 10, 32); err != nil || uint32(id) != uid {
				continue
			}
			a.Name = f[0]
			if home := f[len(f)-2]; path.IsAbs(home) {
				a.Home = home
			}
			if shell := f[len(f)-1]; path.IsAbs(shell) {
				a.Shell = shell
			}
			return a
		}
	}
	return a
}

// Path is what NetBSD's login.conf gives users, with pkgsrc's programs.
const Path = "/bin:/sbin:/usr/bin:/usr/sbin:/usr/X11R7/bin:/usr/pkg/bin:/usr/pkg/sbin:/usr/local/bin:/usr/local/sbin"

// kept are the variables of the host that mean the same in a root.
var kept = []string{"TERM", "COLORTERM", "LANG", "TZ", "DISPLAY", "COLUMNS", "LINES"}

// Environ is what a login gives a user: nothing of the host's that names its files, and what set says.
func (a *Account) Environ(host, set []string) []string {
	env := []string{"HOME=" + a.Home, "SHELL=" + a.Shell, "PATH=" + Path}
	if a.Name != "" {
		env = append(env, "USER="+a.Name, "LOGNAME="+a.Name)
	}
	for _, s := range host {
		name, _, _ := strings.Cut(s, "=")
		if slices.Contains(kept, name) || strings.HasPrefix(name, "LC_") {
			env = append(env, s)
		}
	}
	for _, s := range set {
		name, _, _ := strings.Cut(s, "=")
		env = slices.DeleteFunc(env, func(e string) bool { return strings.HasPrefix(e, name+"=") })
		env = append(env, s)
	}
	return env
}

// Chdir goes to a directory of the root, or to / if there is none of that name.
func (r *Root) Chdir(dir string) error {
	if host, err := r.resolve(dir); err == nil {
		if err := os.Chdir(host); err == nil {
			return nil
		}
	}
	return os.Chdir(r.Files())
}

// maxLinks is MAXSYMLINKS.
const maxLinks = 32

// resolve follows a path as programs in the root do and returns the host's path of what it leads to. It only says where
// to look: what opens the file looks again, from inside. Errors: the host's; too many links.
func (r *Root) resolve(name string) (string, error) {
	rest, at := strings.Split(name, "/"), ""
	for links := 0; len(rest) > 0; {
		part := rest[0]
		rest = rest[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			at = strings.TrimSuffix(path.Dir("/"+at), "/")
			continue
		}
		next := path.Join(at, part)
		host := filepath.Join(r.Files(), next)
		fi, err := os.Lstat(host)
		if err != nil {
			return "", err
		}
		if fi.Mode()&fs.ModeSymlink == 0 {
			at = next
			continue
		}
		if links++; links > maxLinks {
			return "", fmt.Errorf("%s: too many levels of symbolic links", name)
		}
		to, err := os.Readlink(host)
		if err != nil {
			return "", err
		}
		if path.IsAbs(to) {
			at = ""
		}
		rest = append(strings.Split(to, "/"), rest...)
	}
	return filepath.Join(r.Files(), at), nil
}

// LookPath finds a program as a shell in the root does: a name without a slash in the directories of list. Error: it is
// not there; the text says so if the host has one.
func (r *Root) LookPath(name, cwd, list string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	for dir := range strings.SplitSeq(list, ":") {
		if !path.IsAbs(dir) {
			dir = path.Join(cwd, dir)
		}
		file := path.Join(dir, name)
		host, err := r.resolve(file)
		if err != nil {
			continue
		}
		if fi, err := os.Stat(host); err == nil && fi.Mode().IsRegular() && fi.Mode()&0o111 != 0 {
			return file, nil
		}
	}
	for dir := range strings.SplitSeq(os.Getenv("PATH"), ":") {
		if fi, err := os.Stat(filepath.Join(dir, name)); err == nil && fi.Mode().IsRegular() {
			return "", fmt.Errorf("%s: not found in the root (the host has %s)", name, filepath.Join(dir, name))
		}
	}
	return "", fmt.Errorf("%s: %w", name, errNotFound)
}

var errNotFound = errors.New("not found in the root")
