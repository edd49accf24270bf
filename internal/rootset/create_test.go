package rootset

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"nbemu/internal/testsets"
)

const (
	master = "root::0:0::0:0:Charlie &:/root:/bin/sh\noperator:*:2:5::0:0:System &:/usr/guest/operator:/sbin/nologin\n" +
		"games:*:7:13::0:0:Games pseudo-user:/usr/games:/sbin/nologin\n"
	group = "wheel:*:0:root\ntty:*:4:root\noperator:*:5:root\ngames:*:13:\n"
)

var long = strings.Repeat("a-long-directory-name/", 6) + strings.Repeat("n", 90)

// base is a set with one of everything that NetBSD's have.
func base() []testsets.File {
	return []testsets.File{
		{Name: ".", Type: tar.TypeDir, Mode: 0o755},
		{Name: "bin", Type: tar.TypeDir, Mode: 0o755},
		{Name: "bin/sh", Mode: 0o555, Text: "not a program"},
		{Name: "bin/rcmd", Type: tar.TypeSymlink, Mode: 0o755, Link: "/usr/bin/rsh"},
		{Name: "usr", Type: tar.TypeDir, Mode: 0o755},
		{Name: "usr/bin", Type: tar.TypeDir, Mode: 0o755},
		{Name: "usr/bin/su", Mode: 0o4555, Text: "set-id"},
		{Name: "usr/bin/wall", Mode: 0o2555, Group: "tty", Text: "wall"},
		{Name: "usr/bin/passwd", Mode: 0o4555, Text: "passwd", Flags: "schg"},
		{Name: "usr/bin/yppasswd", Type: tar.TypeLink, Link: "usr/bin/passwd"},
		{Name: "usr/games/hide", Type: tar.TypeDir, Mode: 0o750, Group: "gamesgroup"},
		{Name: "var/games/score", Mode: 0o664, User: "games", Group: "gamesgroup"},
		{Name: "tmp", Type: tar.TypeDir, Mode: 0o1777},
		{Name: "var/empty", Type: tar.TypeDir, Mode: 0o555},
		{Name: "etc/secret", Mode: 0o000, Text: "none may"},
		{Name: "etc/with blank#", Mode: 0o644, Text: "vis", User: "daemon"},
		{Name: long, Mode: 0o444, Text: "long"},
		{Name: "dev/special", Type: tar.TypeChar, Mode: 0o640, Group: "kmem", Major: 7, Minor: 3},
		{Name: "dev/disk", Type: tar.TypeBlock, Mode: 0o640, Group: "operator", Major: 16, Minor: 0x12345},
		{Name: "var/fifo", Type: tar.TypeFifo, Mode: 0o600},
		{Name: "twice", Mode: 0o644, Text: "first"},
		{Name: "twice", Mode: 0o600, Text: "later"},
		{Name: "rescue/tar", Mode: 0o555, Text: "crunched"},
		{Name: "rescue/pax", Type: tar.TypeLink, Link: "rescue/tar"},
	}
}

func etc() []testsets.File {
	return []testsets.File{
		{Name: "etc", Type: tar.TypeDir, Mode: 0o755},
		{Name: "etc/master.passwd", Mode: 0o600, Text: master},
		{Name: "etc/passwd", Mode: 0o644, Text: strings.ReplaceAll(master, "::0:0:", ":")},
		{Name: "etc/group", Mode: 0o644, Text: group},
		{Name: "etc/skel", Type: tar.TypeDir, Mode: 0o755},
		{Name: "etc/skel/.profile", Mode: 0o644, Text: "PATH=/bin\n"},
	}
}

// sets writes base and etc, as a release has them.
func sets(t *testing.T, suffix string) string {
	t.Helper()
	dir := t.TempDir()
	for name, files := range map[string][]testsets.File{"base": base(), "etc": etc(), "debug": nil} {
		if err := testsets.Write(filepath.Join(dir, name+suffix), files); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func create(t *testing.T, arg string, paths []string, o *Options) (*Root, error) {
	t.Helper()
	found, err := FindSets(paths, nil)
	if err != nil {
		t.Fatal(err)
	}
	o.Sets = found
	return Create(context.Background(), arg, o)
}

func lines(t *testing.T, file string) map[string]string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]string{}
	for line := range strings.Lines(string(b)) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if _, twice := m[name]; twice {
			t.Errorf("%s: %s twice", file, name)
		}
		m[name] = rest
	}
	return m
}

func TestCreate(t *testing.T) {
	for _, suffix := range []string{".tgz", ".tar.xz"} {
		t.Run(suffix, func(t *testing.T) {
			dir := sets(t, suffix)
			if err := testsets.Sums(dir); err != nil {
				t.Fatal(err)
			}
			to := filepath.Join(t.TempDir(), "nb")
			r, err := create(t, to, []string{dir}, &Options{User: &User{Name: "me", Gecos: "Me", UID: 4711, GID: 4712, Group: "mine"}})
			if err != nil {
				t.Fatal(err)
			}
			checkFiles(t, r)
			checkMetalog(t, r)
			if got := r.Info.SetNames(); got != "base etc" {
				t.Errorf("sets %q: debug is for those who name it", got)
			}
			if !r.Info.Complete || !r.Info.Sets[0].Checked || len(r.Info.Sets[0].SHA512) != 128 {
				t.Errorf("%+v", r.Info)
			}
			again, err := Find(to)
			if err != nil || again.Info.SetNames() != "base etc" {
				t.Errorf("found again: %v %v", again, err)
			}
		})
	}
}

func checkFiles(t *testing.T, r *Root) {
	t.Helper()
	for name, text := range map[string]string{"bin/sh": "not a program", "etc/secret": "none may", "etc/with blank#": "vis",
		long: "long", "twice": "later", "usr/bin/yppasswd": "passwd", "etc/ld.so.conf": "", "home/me/.profile": "PATH=/bin\n"} {
		b, err := os.ReadFile(filepath.Join(r.Files(), name))
		if err != nil || string(b) != text {
			t.Errorf("%s: %q %v", name, b, err)
		}
	}
	for name, mode := range map[string]uint32{"bin/sh": 0o555, "usr/bin/su": 0o555, "tmp": 0o755, "var/empty": 0o755,
		"etc/secret": 0o400, "var/games/score": 0o644, "dev/null": 0o600, "twice": 0o600} {
		var st unix.Stat_t
		if err := unix.Lstat(filepath.Join(r.Files(), name), &st); err != nil || uint32(st.Mode)&0o7777 != mode {
			t.Errorf("%s: mode %o on the host, want %o (%v)", name, st.Mode&0o7777, mode, err)
		}
	}
	var a, b unix.Stat_t
	_ = unix.Lstat(filepath.Join(r.Files(), "usr/bin/passwd"), &a)
	_ = unix.Lstat(filepath.Join(r.Files(), "usr/bin/yppasswd"), &b)
	if a.Ino != b.Ino || a.Nlink != 2 {
		t.Errorf("hard link: inodes %d and %d", a.Ino, b.Ino)
	}
	if to, _ := os.Readlink(filepath.Join(r.Files(), "bin/rcmd")); to != "/usr/bin/rsh" {
		t.Errorf("symbolic link to %q", to)
	}
	fi, err := os.Stat(filepath.Join(r.Files(), "usr/bin/su"))
	if err != nil || !fi.ModTime().Equal(testsets.Time) {
		t.Errorf("time %v %v", fi, err)
	}
	if fi, err = os.Lstat(filepath.Join(r.Files(), "var/fifo")); err != nil || fi.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("fifo: %v %v", fi, err)
	}
	if fi, err = os.Stat(filepath.Join(r.Files(), "usr/bin")); err != nil || !fi.ModTime().Equal(testsets.Time) {
		t.Errorf("directory's time %v %v", fi, err)
	}
	if fi, err = os.Stat(r.Dir); err != nil || fi.Mode().Perm() != 0o700 {
		t.Errorf("others of the host can look in: %v %v", fi, err)
	}
	for file, want := range map[string]string{"etc/master.passwd": master + "me:*:4711:4712::0:0:Me:/home/me:/bin/sh\n", "etc/group": group + "mine:*:4712:\n"} {
		if b, _ := os.ReadFile(filepath.Join(r.Files(), file)); string(b) != want {
			t.Errorf("%s:\n%s", file, b)
		}
	}
}

func checkMetalog(t *testing.T, r *Root) {
	t.Helper()
	got := lines(t, r.Metalog())
	want := map[string]string{
		"/set":                    "uid=0 gid=0",
		"./usr/bin/su":            "mode=4555 uid=0 gid=0",
		"./usr/bin/wall":          "mode=2555 uid=0 gid=4",
		"./usr/bin/passwd":        "mode=4555 uid=0 gid=0 flags=schg",
		"./usr/bin/yppasswd":      "mode=4555 uid=0 gid=0 flags=schg",
		"./usr/games/hide":        "uid=0 gid=13",
		"./var/games/score":       "mode=0664 uid=7 gid=13",
		"./tmp":                   "mode=1777 uid=0 gid=0",
		"./var/empty":             "mode=0555 uid=0 gid=0",
		"./etc/secret":            "mode=0000 uid=0 gid=0",
		`./etc/with\040blank\043`: "uid=1 gid=0",
		"./dev/special":           "type=char device=netbsd,7,3 mode=0640 uid=0 gid=2",
		"./dev/disk":              "type=block device=netbsd,16,74565 mode=0640 uid=0 gid=5",
		"./dev/null":              "type=char device=netbsd,2,2 mode=0666 uid=0 gid=0",
		"./dev/fd/63":             "type=char device=netbsd,22,63 mode=0666 uid=0 gid=0",
		"./home/me":               "uid=4711 gid=4712",
		"./home/me/.profile":      "uid=4711 gid=4712",
		"./bin/sh":                "",
		"./twice":                 "",
	}
	for name, line := range want {
		if got[name] != line {
			t.Errorf("METALOG: %s %q, want %q", name, got[name], line)
		}
	}
}

// hostile are archives whose unpacking must fail; nothing may appear outside.
func TestHostile(t *testing.T) {
	outside := t.TempDir()
	dir := func(n string) testsets.File { return testsets.File{Name: n, Type: tar.TypeDir, Mode: 0o755} }
	link := func(n, to string) testsets.File {
		return testsets.File{Name: n, Type: tar.TypeSymlink, Mode: 0o755, Link: to}
	}
	raw := func(n string) testsets.File { return testsets.File{Name: n, Mode: 0o644, Text: "x", Raw: true} }
	for name, c := range map[string]struct {
		files []testsets.File
		say   string
	}{
		"dotdot":          {[]testsets.File{raw("../escaped")}, "would leave the root"},
		"dotdot inside":   {[]testsets.File{dir("a"), raw("./a/../../escaped")}, "would leave the root"},
		"absolute":        {[]testsets.File{raw(outside + "/escaped")}, "absolute"},
		"through link":    {[]testsets.File{link("l", outside), raw("l/escaped")}, "l is a symbolic link"},
		"through link up": {[]testsets.File{link("l", ".."), raw("l/escaped")}, "l is a symbolic link"},
		"link in a link":  {[]testsets.File{dir("d"), link("d/l", outside), dir("d/l/sub")}, "d/l is a symbolic link"},
		"dir over a link": {[]testsets.File{link("l", outside), dir("l")}, "l is a symbolic link"},
		"hard link out": {[]testsets.File{{Name: "h", Type: tar.TypeLink, Link: "../../../../etc/passwd", Raw: true}},
			"would leave the root"},
		"hard link to a host's file": {[]testsets.File{{Name: "h", Type: tar.TypeLink, Link: "/etc/passwd", Raw: true}}, "absolute"},
		"hard link through a link": {[]testsets.File{link("l", "/etc"), {Name: "h", Type: tar.TypeLink, Link: "l/passwd"}},
			"l is a symbolic link"},
		"hard link to nothing": {[]testsets.File{{Name: "h", Type: tar.TypeLink, Link: "nothing"}}, "not there"},
		"hard link to itself":  {[]testsets.File{{Name: "h", Type: tar.TypeLink, Link: "h"}}, "itself"},
		"file over directory":  {[]testsets.File{dir("d"), dir("d/e"), raw("d")}, "d is a directory already"},
		"through a file":       {[]testsets.File{raw("f"), raw("f/x")}, "f is not a directory"},
		"the root a file":      {[]testsets.File{{Name: ".", Mode: 0o644}}, "the root itself"},
		"unknown type":         {[]testsets.File{{Name: "v", Type: 'V', Mode: 0o644, Raw: true}}, "type 'V'"},
	} {
		t.Run(name, func(t *testing.T) {
			set := filepath.Join(t.TempDir(), "base.tgz")
			if err := testsets.Write(set, c.files); err != nil {
				t.Fatal(err)
			}
			parent := t.TempDir()
			r, err := create(t, filepath.Join(parent, "r"), []string{set}, &Options{})
			if err == nil || !strings.Contains(err.Error(), c.say) {
				t.Errorf("%v, want …%s…", err, c.say)
			}
			if r == nil || r.Info.Complete {
				t.Errorf("root %+v", r)
			}
			for _, d := range []string{outside, parent, filepath.Join(parent, "r")} {
				ents, _ := os.ReadDir(d)
				if slices.ContainsFunc(ents, func(e os.DirEntry) bool { return e.Name() == "escaped" || e.Name() == "sub" }) {
					t.Errorf("written into %s", d)
				}
			}
		})
	}
}

// What an archive says of a file cannot become another line of the METALOG.
func TestHostileMetadata(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "base.tar"))
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(f)
	for _, name := range []string{"./a\n./bin/x mode=4755", "./b"} {
		err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o4755, Format: tar.FormatPAX, ModTime: testsets.Time,
			PAXRecords: map[string]string{"SCHILY.fflags": "schg,simmutable,x\n./bin/y mode=4755,uappend"}})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, _ = w.Close(), f.Close()
	r, err := create(t, filepath.Join(dir, "r"), []string{f.Name()}, &Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := lines(t, r.Metalog())
	if want := "mode=4755 uid=0 gid=0 flags=schg,uappnd"; got["./b"] != want || got[`./a\012./bin/x\040mode=4755`] != want {
		t.Errorf("%q", got)
	}
	for name := range got {
		if strings.HasPrefix(name, "./bin/") {
			t.Errorf("made up: %s", name)
		}
	}
}

// A link that lay there before the archive came is not followed either.
func TestPlantedLink(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	set := filepath.Join(dir, "base.tgz")
	if err := testsets.Write(set, []testsets.File{{Name: "etc/x", Text: "x", Mode: 0o644}}); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dir, "r")
	if _, err := create(t, to, []string{set}, &Options{}); err != nil {
		t.Fatal(err)
	}
	comp := filepath.Join(dir, "comp.tgz")
	if err := testsets.Write(comp, []testsets.File{{Name: "usr/x", Text: "x", Mode: 0o644}, {Name: "f", Text: "new", Mode: 0o644}}); err != nil {
		t.Fatal(err)
	}
	victim := filepath.Join(outside, "victim")
	if err := os.WriteFile(victim, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	_ = os.Symlink(victim, filepath.Join(to, "root", "f"))
	_ = os.Symlink(outside, filepath.Join(to, "root", "usr"))
	if _, err := create(t, to, []string{comp}, &Options{Add: true}); err == nil || !strings.Contains(err.Error(), "usr is a symbolic link") {
		t.Errorf("%v", err)
	}
	_ = os.Remove(filepath.Join(to, "root", "usr"))
	if _, err := create(t, to, []string{comp}, &Options{Add: true}); err != nil {
		t.Error(err)
	}
	if b, _ := os.ReadFile(victim); string(b) != "old" {
		t.Errorf("written through a link: %q", b)
	}
	if b, _ := os.ReadFile(filepath.Join(to, "root", "f")); string(b) != "new" {
		t.Errorf("f: %q", b)
	}
}

func TestBroken(t *testing.T) {
	dir := sets(t, ".tgz")
	whole, err := os.ReadFile(filepath.Join(dir, "base.tgz"))
	if err != nil {
		t.Fatal(err)
	}
	xzDir := sets(t, ".tar.xz")
	wholeXZ, err := os.ReadFile(filepath.Join(xzDir, "base.tar.xz"))
	if err != nil {
		t.Fatal(err)
	}
	flip := func(b []byte, i int) []byte { b = bytes.Clone(b); b[i] ^= 0x55; return b }
	for name, b := range map[string][]byte{
		"half.tgz":     whole[:len(whole)/2],
		"crc.tgz":      flip(whole, len(whole)-5),
		"end.tgz":      whole[:len(whole)-4],
		"half.tar.xz":  wholeXZ[:len(wholeXZ)/2],
		"end.tar.xz":   wholeXZ[:len(wholeXZ)-8],
		"bits.tar.xz":  flip(wholeXZ, len(wholeXZ)/2),
		"empty.tgz":    {},
		"nothing.tgz":  []byte("<html>404 not found</html>"),
		"head.tar.xz":  wholeXZ[:5],
		"magic.tgz":    whole[:2],
		"magic.tar.xz": wholeXZ[:12],
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(file, b, 0o644); err != nil {
				t.Fatal(err)
			}
			r, err := create(t, filepath.Join(t.TempDir(), "r"), []string{file}, &Options{})
			if err == nil || !strings.Contains(err.Error(), file) {
				t.Errorf("%v does not name %s", err, file)
			}
			if r != nil && r.Info.Complete {
				t.Error("complete")
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// 2 GiB of zeros are a hole; more than the limit is refused before it is written.
func TestLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("2 GiB are packed and unpacked")
	}
	dir := t.TempDir()
	set := filepath.Join(dir, "base.tgz")
	const size = 2<<30 + 5
	err := testsets.Write(set, []testsets.File{
		{Name: "large", Mode: 0o644, Size: size, Data: io.MultiReader(io.LimitReader(zeros{}, size-4), strings.NewReader("tail"))},
		{Name: "hole", Mode: 0o644, Size: 1 << 20, Data: zeros{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := create(t, filepath.Join(dir, "r"), []string{set}, &Options{})
	if err != nil {
		t.Fatal(err)
	}
	var st unix.Stat_t
	if err := unix.Stat(filepath.Join(r.Files(), "large"), &st); err != nil || st.Size != size {
		t.Errorf("size %d %v", st.Size, err)
	}
	if st.Blocks*512 > 1<<20 {
		t.Errorf("%d bytes of disk for zeros", st.Blocks*512)
	}
	f, err := os.Open(filepath.Join(r.Files(), "large"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var tail [5]byte
	if _, err := f.ReadAt(tail[:], size-5); err != nil || string(tail[:]) != "\x00tail" {
		t.Errorf("tail %q %v", tail, err)
	}
	if st, err := os.Stat(filepath.Join(r.Files(), "hole")); err != nil || st.Size() != 1<<20 {
		t.Errorf("hole: %v %v", st, err)
	}
	_, err = create(t, filepath.Join(dir, "small"), []string{set}, &Options{MaxBytes: 1 << 30})
	if err == nil || !strings.Contains(err.Error(), "-max-size") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "small", "root", "large")); err == nil {
		t.Error("written all the same")
	}
}

// A bomb whose headers are honest is met by the limit of sizes, one of headers alone by that of bytes.
func TestBombOfHeaders(t *testing.T) {
	dir := t.TempDir()
	var files []testsets.File
	for i := range 4000 {
		files = append(files, testsets.File{Name: fmt.Sprintf("d/%d", i), Mode: 0o644, NoSpec: true})
	}
	set := filepath.Join(dir, "base.tgz")
	if err := testsets.Write(set, files); err != nil {
		t.Fatal(err)
	}
	_, err := create(t, filepath.Join(dir, "r"), []string{set}, &Options{MaxBytes: 1 << 20})
	if err == nil || !strings.Contains(err.Error(), "-max-size") {
		t.Errorf("%v", err)
	}
}

// An interrupted making is repeated: what is whole stays, what is not is written anew.
func TestRepeat(t *testing.T) {
	dir := sets(t, ".tgz")
	to := filepath.Join(t.TempDir(), "r")
	ctx, cancel := context.WithCancel(context.Background())
	found, err := FindSets([]string{dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	o := &Options{Sets: found, Progress: func(s Set, what string, _ int64, files int) {
		if s.Name == "etc" {
			cancel()
		}
	}}
	if _, err := Create(ctx, to, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	r, err := Find(to)
	if err != nil || r.Info.Complete {
		t.Fatalf("%+v %v", r, err)
	}
	if _, err := create(t, to, []string{dir}, &Options{Add: true}); err == nil || !strings.Contains(err.Error(), "not finished") {
		t.Errorf("%v", err)
	}
	// As if the power had gone in the middle of base.
	r.Info.Sets[0].Done = false
	if err := r.save(); err != nil {
		t.Fatal(err)
	}
	sh := filepath.Join(to, "root", "bin/sh")
	_ = os.Chmod(sh, 0o600)
	if err := os.WriteFile(sh, []byte("half a prog"), 0o600); err != nil {
		t.Fatal(err)
	}
	su := filepath.Join(to, "root", "usr/bin/su")
	before, _ := os.Stat(su)
	var reports []string
	r, err = create(t, to, []string{dir}, &Options{Report: func(f string, a ...any) { reports = append(reports, fmt.Sprintf(f, a...)) }})
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(sh); string(b) != "not a program" {
		t.Errorf("bin/sh: %q", b)
	}
	if after, _ := os.Stat(su); !os.SameFile(before, after) {
		t.Error("what was whole was written again")
	}
	if b, _ := os.ReadFile(filepath.Join(to, "root", "twice")); string(b) != "later" {
		t.Errorf("twice: %q", b)
	}
	if _, err = create(t, to, []string{dir}, &Options{}); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("a second time: %v", err)
	}
	checkLinks(t, r)
}

func checkLinks(t *testing.T, r *Root) {
	t.Helper()
	a, _ := os.Stat(filepath.Join(r.Files(), "rescue/tar"))
	b, _ := os.Stat(filepath.Join(r.Files(), "rescue/pax"))
	if !os.SameFile(a, b) {
		t.Error("hard link lost")
	}
}

func TestSums(t *testing.T) {
	dir := sets(t, ".tgz")
	if err := testsets.Sums(dir); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "etc.tgz"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.WriteString("x")
	_ = f.Close()
	to := filepath.Join(t.TempDir(), "r")
	r, err := create(t, to, []string{dir}, &Options{})
	var sum *ErrSum
	if !errors.As(err, &sum) || !strings.HasSuffix(sum.File, "etc.tgz") {
		t.Errorf("%v", err)
	}
	if r == nil || r.Info.SetNames() != "base" {
		t.Errorf("%+v", r)
	}
	if _, err := os.Stat(filepath.Join(to, "root", "etc/master.passwd")); err == nil {
		t.Error("unpacked although it was changed")
	}
}

func TestStore(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	dir := sets(t, ".tgz")
	for _, bad := range []string{"", "-x", ".hidden", "a b", "ü"} {
		if _, err := create(t, bad, []string{dir}, &Options{}); err == nil {
			t.Errorf("%q is no name", bad)
		}
	}
	r, err := create(t, "nb10", []string{dir}, &Options{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := List()
	if err != nil || len(list) != 1 || list[0].Name != "nb10" || list[0].Info.SetNames() != "base etc" {
		t.Errorf("list %v %v", list, err)
	}
	unlock, err := r.Lock(false)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Remove(); !errors.Is(err, ErrBusy) {
		t.Errorf("removed under a program: %v", err)
	}
	unlock()
	// Who holds it to the end does not keep unlock.
	other := &Root{Dir: filepath.Join(t.TempDir(), "held")}
	if err := os.Mkdir(other.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Lock(false); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	if err := other.Remove(); !errors.Is(err, ErrBusy) {
		t.Errorf("after garbage was collected: %v", err)
	}
	if err := os.Chmod(filepath.Join(r.Files(), "bin"), 0); err != nil {
		t.Fatal(err)
	}
	if err := r.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := Find("nb10"); !errors.Is(err, ErrNoRoot) {
		t.Errorf("%v", err)
	}
	if ents, _ := os.ReadDir(filepath.Dir(r.Dir)); len(ents) != 0 {
		t.Errorf("left: %v", ents)
	}
	if _, err := create(t, filepath.Dir(dir), []string{dir}, &Options{}); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("%v", err)
	}
}
