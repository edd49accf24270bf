package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"nbemu/internal/early"
	"nbemu/internal/rootset"
	"nbemu/machine"
)

const rootUsage = `usage: nbemu root create [flags] NAME|DIR SETS...
           makes a root of NetBSD's binary sets (base.tar.xz, etc.tar.xz, ...; files or directories of them)
       nbemu root add [flags] NAME|DIR SETS...
           unpacks more sets into a root
       nbemu root list
       nbemu root info NAME|DIR
       nbemu root share NAME|DIR
           lets all users of the host read a root, each with an overlay of his own
       nbemu root remove NAME|DIR
       nbemu root shell [flags of nbemu run] NAME|DIR [args]
           starts the user's shell in a root
       nbemu root run [flags of nbemu run] NAME|DIR program [args]
           runs a program of a root

A NAME is kept in $XDG_DATA_HOME/nbemu/roots (~/.local/share/nbemu/roots); a DIR is written with a slash.

flags of create and add:
  -sets list    which sets to take from directories: names separated by commas, or all
                (default: all but kernels, modules, X11, debug and tests)
  -net          copy resolv.conf and hosts from the host
  -no-user      do not make the user who runs nbemu known in the root
  -max-size n   largest size of one set, unpacked, in MiB
  -f            go on where a set does not agree with SHA512 or is there already
  -q            say nothing unless something is wrong
`

// rootCommand is "nbemu root"; the result is nbemu's exit status.
func rootCommand(args []string) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, rootUsage)
		return 126
	}
	var err error
	switch word, rest := args[0], args[1:]; word {
	case "create", "add":
		err = rootCreate(word, rest)
	case "list":
		err = rootList(rest)
	case "info":
		err = rootInfo(rest)
	case "remove":
		err = rootEach(word, rest, (*rootset.Root).Remove)
	case "share":
		err = rootEach(word, rest, func(r *rootset.Root) error { return r.Share(machine.ShareFiles) })
	case "shell", "run":
		var status int
		if status, err = rootRun(word, rest); err == nil {
			return status
		}
	case "help", "-help", "-h", "--help":
		fmt.Print(rootUsage)
		return 0
	default:
		words := []string{"create", "add", "list", "info", "share", "remove", "shell", "run"}
		err = fmt.Errorf("%s: not one of %s", word, strings.Join(words, ", "))
		if near := closest(word, words); near != "" {
			err = fmt.Errorf("%w; did you mean nbemu root %s?", err, near)
		}
	}
	if errors.Is(err, errHelp) {
		fmt.Print(rootUsage)
		return 0
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(stderr, "nbemu: root: interrupted; the same command again goes on")
		return 130
	}
	if err != nil {
		fmt.Fprintf(stderr, "nbemu: root: %v\n", err)
		return 1
	}
	return 0
}

// rootCreate is create and add.
func rootCreate(word string, args []string) error {
	fs := flag.NewFlagSet("nbemu root "+word, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	only := fs.String("sets", "", "")
	net, noUser := fs.Bool("net", false, ""), fs.Bool("no-user", false, "")
	maxMiB := fs.Int64("max-size", rootset.DefaultMaxBytes>>20, "")
	force, quiet := fs.Bool("f", false, ""), fs.Bool("q", false, "")
	if err := fs.Parse(args); err != nil {
		return unknownIn(err, fs)
	}
	if fs.NArg() < 2 {
		return fmt.Errorf("%s: a name and the sets are needed (nbemu root help)", word)
	}
	if *maxMiB <= 0 {
		return fmt.Errorf("-max-size %d: not a size", *maxMiB)
	}
	names := strings.FieldsFunc(*only, func(r rune) bool { return r == ',' || r == ' ' })
	sets, err := rootset.FindSets(fs.Args()[1:], names)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	p := newProgress(os.Stdout, *quiet)
	o := &rootset.Options{Sets: sets, MaxBytes: *maxMiB << 20, Net: *net, Force: *force, Add: word == "add",
		Progress: p.set, Report: p.say}
	if !*noUser {
		o.User = hostUser()
	}
	r, err := rootset.Create(ctx, fs.Arg(0), o)
	p.done()
	if err != nil {
		return err
	}
	if o.User != nil || word == "add" {
		makePasswdDB(r, p)
	}
	if !*quiet {
		fmt.Printf("%s: %s; nbemu root shell %s\n", r, describeRoot(&r.Info), r)
	}
	return nil
}

// hostUser is who runs nbemu, for the root's password file; nil for the host's root, who is in it already.
func hostUser() *rootset.User {
	uid, gid := os.Getuid(), os.Getgid()
	if uid == 0 {
		return nil
	}
	u := &rootset.User{Name: os.Getenv("USER"), UID: uint32(uid), GID: uint32(gid)}
	if h, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		u.Name = h.Username
		// A comma begins fields that NetBSD's finger(1) has other uses for.
		u.Gecos, _, _ = strings.Cut(h.Name, ",")
	}
	if g, err := user.LookupGroupId(strconv.Itoa(gid)); err == nil {
		u.Group = g.Name
	}
	if u.Name == "" {
		u.Name = "user" + strconv.Itoa(uid)
	}
	return u
}

// makePasswdDB has the root's own pwd_mkdb make pwd.db and spwd.db from master.passwd: NetBSD's libc looks users up
// there and nowhere else.
func makePasswdDB(r *rootset.Root, p *progress) {
	const mkdb = "usr/sbin/pwd_mkdb"
	if _, err := os.Lstat(filepath.Join(r.Files(), mkdb)); err != nil {
		p.say("no %s in the root: pwd.db is as the sets have it, without this user", mkdb)
		return
	}
	self, err := os.Executable()
	if err == nil {
		cmd := exec.Command(self, "root", "run", "-root-user", r.Dir+"/", "/"+mkdb, "-p", "/etc/master.passwd")
		var out []byte
		if out, err = cmd.CombinedOutput(); err == nil {
			return
		}
		if s := strings.TrimSpace(string(out)); s != "" {
			err = fmt.Errorf("%w: %s", err, s)
		}
	}
	p.say("pwd_mkdb: %v; pwd.db is as the sets have it, without this user", err)
}

func describeRoot(i *rootset.Info) string {
	s := "NetBSD"
	if i.Release != "" {
		s += " " + i.Release
	}
	if i.Machine != "" {
		s += "/" + i.Machine
	}
	return s + ", sets " + i.SetNames()
}

// progress shows how far the making of a root is: on a terminal a line that changes, else a line for each set.
type progress struct {
	out   *os.File
	tty   bool
	quiet bool
	open  bool // a line that is not finished
	last  time.Time
}

func newProgress(out *os.File, quiet bool) *progress {
	fi, err := out.Stat()
	return &progress{out: out, quiet: quiet, tty: err == nil && fi.Mode()&os.ModeCharDevice != 0}
}

// set is rootset's Progress.
func (p *progress) set(set rootset.Set, what string, read int64, files int) {
	if p.quiet {
		return
	}
	if what == "unpacked" {
		p.done()
		fmt.Fprintf(p.out, "%s: %d files\n", set.Name, files)
		return
	}
	if !p.tty || time.Since(p.last) < 100*time.Millisecond {
		return
	}
	p.last, p.open = time.Now(), true
	fmt.Fprintf(p.out, "\r\033[K%s: %s, %d%%", set.Name, what, read*100/max(set.Size, 1))
	if files > 0 {
		fmt.Fprintf(p.out, ", %d files", files)
	}
}

// say is rootset's Report.
func (p *progress) say(format string, args ...any) {
	p.done()
	fmt.Fprintf(stderr, "nbemu: root: "+format+"\n", args...)
}

// done ends a line that is not finished.
func (p *progress) done() {
	if p.open {
		fmt.Fprint(p.out, "\r\033[K")
		p.open = false
	}
}

func rootList(args []string) error {
	if len(args) > 0 {
		return errors.New("list: no arguments")
	}
	roots, err := rootset.List()
	if err != nil {
		return err
	}
	for _, r := range roots {
		what := describeRoot(&r.Info)
		switch {
		case r.Info.Version == 0:
			what = "damaged: root.json cannot be read"
		case !r.Info.Complete:
			what = "not finished; " + what
		}
		fmt.Printf("%-16s %s\n", r.Name, what)
	}
	return nil
}

func rootInfo(args []string) error {
	if len(args) != 1 {
		return errors.New("info: a name is needed")
	}
	r, err := rootset.Find(args[0])
	if err != nil {
		return err
	}
	bytes, files := r.Usage()
	fmt.Printf("root:      %s\nfiles:     %s\nmetadata:  %s\nmachine:   %s\nrelease:   %s\nmade:      %s\ncomplete:  %v\nsize:      %s in %d files\n",
		r, r.Files(), r.Metalog(), r.Info.Machine, r.Info.Release, r.Info.Created.Format(time.RFC3339), r.Info.Complete,
		rootset.Bytes(bytes), files)
	for _, s := range r.Info.Sets {
		state := "not checked"
		switch {
		case !s.Done:
			state = "not finished"
		case s.Checked:
			state = "checked against SHA512"
		}
		fmt.Printf("set:       %s, %d files, %s, %s\n", s.File, s.Files, rootset.Bytes(s.Bytes), state)
	}
	return nil
}

// rootEach does something with each root that is named.
func rootEach(word string, args []string, do func(*rootset.Root) error) error {
	if len(args) == 0 {
		return fmt.Errorf("%s: a name is needed", word)
	}
	for _, arg := range args {
		r, err := rootset.Find(arg)
		if err == nil {
			err = do(r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// rootRun is shell and run.
func rootRun(word string, args []string) (int, error) {
	// NBEMU_ROOT and NBEMU_CHROOT are for programs without a root of their own.
	environ := slices.DeleteFunc(early.Environ(os.Environ()), func(s string) bool {
		return strings.HasPrefix(s, "NBEMU_ROOT=") || strings.HasPrefix(s, "NBEMU_CHROOT=")
	})
	o, rest, err := parseFlags("root", args, environ)
	if err != nil {
		return 0, err
	}
	if len(rest) == 0 || word == "run" && len(rest) == 1 {
		return 0, fmt.Errorf("%s: %s needed", word, map[string]string{"run": "the name of a root and a program are", "shell": "the name of a root is"}[word])
	}
	if o.machine.Chroot != "" || o.machine.Root != "" {
		return 0, fmt.Errorf("%s: -chroot and -L are for those without a root", word)
	}
	r, err := rootset.Find(rest[0])
	if err != nil {
		return 0, err
	}
	if !r.Info.Complete {
		return 0, fmt.Errorf("%s was not finished: nbemu root create again, with the same sets", r)
	}
	if err := useRoot(o, r); err != nil {
		return 0, err
	}
	cred := machine.HostCred()
	if o.machine.Cred != nil {
		cred = *o.machine.Cred
	}
	a := r.Account(cred.UID)
	o.environ = a.Environ(o.environ, o.set)
	if err := absolutePaths(o); err != nil {
		return 0, err
	}
	// The directory that nbemu is in becomes the program's.
	if err := r.Chdir(a.Home); err != nil {
		return 0, err
	}
	argv := rest[1:]
	if word == "shell" {
		argv = append([]string{a.Shell}, argv...)
		if o.argv0 == "" && len(argv) == 1 {
			o.argv0 = "-" + filepath.Base(a.Shell) // a login shell reads .profile
		}
	} else if argv[0], err = r.LookPath(argv[0], a.Home, getenv(o.environ, "PATH")); err != nil {
		fmt.Fprintf(stderr, "nbemu: %v\n", err)
		return 127, nil
	}
	return run(o, argv), nil
}

// absolutePaths makes what the command line names independent of the directory that nbemu is in.
func absolutePaths(o *options) error {
	paths := []*string{&o.machine.Metadata, &o.machine.Veriexec, &o.logfile}
	if o.machine.Overlay != machine.OverlayNone {
		paths = append(paths, &o.machine.Overlay)
	}
	for i := range o.machine.Binds {
		paths = append(paths, &o.machine.Binds[i].Host)
	}
	for i := range o.machine.Mounts {
		paths = append(paths, &o.machine.Mounts[i].Dir)
	}
	if filepath.Base(o.gdb) != o.gdb {
		paths = append(paths, &o.gdb)
	}
	for _, p := range paths {
		if *p == "" {
			continue
		}
		abs, err := filepath.Abs(*p)
		if err != nil {
			return err
		}
		*p = abs
	}
	return nil
}

// useRoot has the first process live in a root, with its overlay.
func useRoot(o *options, r *rootset.Root) error {
	if _, err := r.Lock(false); err != nil {
		return err
	}
	o.machine.Chroot = r.Files()
	if o.machine.Metadata == "" {
		o.machine.Metadata = r.Metalog()
	}
	return nil
}

// namedRoots replaces the names of roots in -chroot and -L (and their twins in the environment) by directories. A
// directory of that name comes first. With -chroot the root's overlay is used too. Error: of the root.
func namedRoots(o *options) error {
	if o.machine.Chroot != "" {
		r, err := namedRoot(o.machine.Chroot)
		if err != nil {
			return err
		}
		if r != nil {
			return useRoot(o, r)
		}
	}
	if o.machine.Root != "" {
		r, err := namedRoot(o.machine.Root)
		if err != nil {
			return err
		}
		if r != nil {
			o.machine.Root = r.Files()
		}
	}
	return nil
}

// namedRoot is the root of a name, or of a directory that has one; nil for any other directory.
func namedRoot(arg string) (*rootset.Root, error) {
	fi, err := os.Stat(arg)
	if err == nil && fi.IsDir() {
		r, err := rootset.Find(arg + "/")
		if errors.Is(err, rootset.ErrNoRoot) {
			return nil, nil
		}
		return r, err
	}
	if strings.Contains(arg, "/") {
		return nil, nil // said by who opens it
	}
	r, err := rootset.Find(arg)
	if errors.Is(err, rootset.ErrNoRoot) {
		return nil, fmt.Errorf("%s: neither a directory nor the name of a root (nbemu root list)", arg)
	}
	return r, err
}
