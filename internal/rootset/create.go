package rootset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Options are the user's wishes about a root that is made.
type Options struct {
	Sets     []Set
	MaxBytes int64 // of one set; 0 for the default
	User     *User // who is to be known in the root beside NetBSD's users, or nil
	Net      bool  // take resolv.conf and hosts from the host
	Force    bool  // also what would be refused: a sum that differs, a set that is there, a file system that folds case
	Add      bool  // to a root that is there

	// Report tells the user of something, in one line.
	Report func(format string, args ...any)
	// Progress says how far a set is; read and size are bytes of its file.
	Progress func(set Set, what string, read int64, files int)
}

// Create makes a root, or goes on with one whose making was interrupted, or adds sets to one. Errors: it is there
// already; a set cannot be read, is not what SHA512 says, or would write outside; the host's; ctx's, when it ended.
func Create(ctx context.Context, arg string, o *Options) (*Root, error) {
	r, err := place(arg)
	if err != nil {
		return nil, err
	}
	if o.Report == nil {
		o.Report = func(string, ...any) {}
	}
	if err := r.begin(o); err != nil {
		return nil, err
	}
	unlock, err := r.Lock(true)
	if err != nil {
		return nil, err
	}
	defer unlock()
	t, err := openTree(r.Files())
	if err != nil {
		return nil, err
	}
	defer t.Close()
	if err := t.foldsCase(); err != nil {
		if !o.Force {
			return nil, fmt.Errorf("%s: %w", r.Dir, err)
		}
		o.Report("%s: %v", r.Dir, err)
	}
	for _, set := range o.Sets {
		if err := r.addSet(ctx, t, set, o); err != nil {
			return r, err
		}
	}
	if err := r.complete(t, o); err != nil {
		return r, err
	}
	return r, nil
}

// begin makes the directories of a new root, or sees that the one there may be worked on.
func (r *Root) begin(o *Options) error {
	err := r.load()
	switch {
	case err == nil && o.Add && r.Info.Complete, err == nil && !o.Add && !r.Info.Complete:
		return nil
	case err == nil && o.Add:
		return fmt.Errorf("%s was not finished: nbemu root create again, with the same sets", r)
	case err == nil:
		return fmt.Errorf("%s is there already: nbemu root add puts sets into it, nbemu root remove deletes it", r)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case o.Add:
		return fmt.Errorf("%s: %w", r, ErrNoRoot)
	}
	if ents, err := os.ReadDir(r.Dir); err == nil && len(ents) > 0 {
		return fmt.Errorf("%s: not empty, and not a root", r.Dir)
	}
	// Files of all users of the guest belong to one user of the host: others stay out.
	if err := os.MkdirAll(filepath.Dir(r.Dir), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(r.Dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := os.Mkdir(r.Files(), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	r.Info.Created = time.Now().UTC().Truncate(time.Second)
	return r.save()
}

// addSet unpacks one set and writes down that it is there.
func (r *Root) addSet(ctx context.Context, t *tree, set Set, o *Options) error {
	i := slices.IndexFunc(r.Info.Sets, func(s SetInfo) bool { return s.Name == set.Name })
	if i >= 0 && r.Info.Sets[i].Done && !o.Force {
		if o.Add {
			return fmt.Errorf("%s: the set %s is there already (-f unpacks it over what is there)", r, set.Name)
		}
		o.Report("%s: unpacked before", set.Name)
		return nil
	}
	si := SetInfo{Name: set.Name, File: filepath.Base(set.File), Time: time.Now().UTC().Truncate(time.Second)}
	if err := checkSum(ctx, set, &si, o); err != nil {
		return err
	}
	if i < 0 {
		i = len(r.Info.Sets)
		r.Info.Sets = append(r.Info.Sets, si)
	}
	r.Info.Sets[i] = si
	if err := r.save(); err != nil {
		return err
	}
	u := newUnpacker(t)
	u.resume = !o.Force
	if o.MaxBytes > 0 {
		u.max = o.MaxBytes
	}
	err := u.unpack(ctx, set.File, func(read int64, files int) {
		if o.Progress != nil {
			o.Progress(set, "unpacking", read, files)
		}
	})
	if err != nil {
		return err
	}
	if err := u.applySpecs([]string{set.Name}, o.Report); err != nil {
		return err
	}
	if err := writeMetalog(r.Metalog(), u.meta); err != nil {
		return err
	}
	si.Files, si.Bytes, si.Done = u.files, u.bytes, true
	r.Info.Sets[i] = si
	if o.Progress != nil {
		o.Progress(set, "unpacked", set.Size, u.files)
	}
	return r.save()
}

// checkSum holds a set against the SHA512 file beside it.
func checkSum(ctx context.Context, set Set, si *SetInfo, o *Options) error {
	sums, err := readSums(filepath.Dir(set.File))
	if err != nil || sums == nil {
		return err
	}
	want, ok := sums[si.File]
	if !ok {
		o.Report("%s: SHA512 beside it does not name it: not checked", set.File)
		return nil
	}
	got, err := Sum(ctx, set.File, func(read int64) {
		if o.Progress != nil {
			o.Progress(set, "checking", read, 0)
		}
	})
	if err != nil {
		return err
	}
	si.SHA512, si.Checked = got, got == want
	if got != want {
		err := &ErrSum{set.File, want, got}
		if !o.Force {
			return err
		}
		o.Report("%v", err)
	}
	return nil
}

// complete gives the root what the sets lack and looks at what machine it is for.
func (r *Root) complete(t *tree, o *Options) error {
	u := newUnpacker(t)
	if err := u.fill(o); err != nil {
		return err
	}
	if err := writeMetalog(r.Metalog(), u.meta); err != nil {
		return err
	}
	if p, err := GuessMachine(r.Files()); err != nil {
		o.Report("%v", err)
	} else {
		r.Info.Machine, r.Info.Release = p.Arch, p.Release
		if !p.Runs {
			o.Report("%s: its programs are for %s, which nbemu does not run", r, p.Arch)
		} else if !p.NetBSD {
			o.Report("%s: %s does not say that it is NetBSD's", r, p.Path)
		}
	}
	r.Info.Complete = true
	return r.save()
}

// foldsCase says if the file system takes two names for one that differ in case only, as macOS' usual one does: NetBSD's
// sets have such names.
func (t *tree) foldsCase() error {
	const a, b = ".nbemu-Case", ".nbemu-cASE"
	if err := t.file(a, 0o600, time.Now(), 0, strings.NewReader(""), nil); err != nil {
		return err
	}
	defer func() { _ = clearAt(t.fd, a, a) }()
	if _, err := t.lstat(b); err == nil {
		return errors.New("the file system takes Makefile and makefile for one file, NetBSD has both (-f goes on)")
	}
	return nil
}

// SetNames are the sets that were unpacked, in a line.
func (i *Info) SetNames() string {
	m := map[string]bool{}
	for _, s := range i.Sets {
		if s.Done {
			m[s.Name] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(m)), " ")
}
