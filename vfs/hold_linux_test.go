package vfs

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"nbemu/abi"
	"nbemu/kern"
)

// stranger is an LWP of a user who is not nbemu's, in dir.
func stranger(t *testing.T, dir, root string) *kern.LWP {
	t.Helper()
	host := HostCred()
	tfs.SetUsers(host, host)
	t.Cleanup(func() { tfs.SetUsers(nil, nil) })
	l := testLWP(t, dir, root, "")
	l.Proc.Cred = &kern.Cred{Ruid: 4242, Euid: 4242, Svuid: 4242, Rgid: 4242, Egid: 4242, Svgid: 4242}
	return l
}

// swapping puts the files of names in the place of dir/x, one after another, until the end of f.
func swapping(t *testing.T, dir string, names []string, f func()) {
	t.Helper()
	var stop atomic.Bool
	done := make(chan bool)
	tmp, x := filepath.Join(dir, "tmp"), filepath.Join(dir, "x")
	go func() {
		defer close(done)
		for i := 0; !stop.Load(); i++ {
			_ = os.Link(filepath.Join(dir, names[i%len(names)]), tmp)
			_ = os.Rename(tmp, x)
			_ = os.Remove(tmp) // two names of one file are left alone by rename
		}
	}()
	f()
	stop.Store(true)
	<-done
}

func attempts() int {
	if testing.Short() {
		return 2000
	}
	return 6000
}

// A name that leads to another file while it is judged gives nobody access to that one.
func TestSwappedLinks(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, filepath.Join(dir, "mine"), "mine")
	secret := filepath.Join(dir, "secret")
	mustWrite(t, secret, "secret")
	_ = os.Chmod(secret, 0o600)
	_ = os.Chmod(filepath.Join(dir, "mine"), 0o666)
	if os.Getuid() == 0 {
		_ = os.Chown(filepath.Join(dir, "mine"), 4242, 4242)
	}
	l := stranger(t, dir, "")
	now := [2]abi.Timespec{{Nsec: abi.UTIME_NOW}, {Sec: 1}}
	seen := 0
	swapping(t, dir, []string{"mine", "secret"}, func() {
		for range attempts() {
			s, err := readPath(l, "x")
			if s == "secret" {
				t.Fatal("the secret is read")
			}
			if err == abi.OK {
				seen++
			}
			if f, err := OpenFile(l, abi.AT_FDCWD, "x", abi.O_WRONLY|abi.O_CREAT, 0600); err == abi.OK {
				u := kern.KernUio(l, []byte("mine"), true)
				_ = f.Ops.Write(l, f, u)
				u.Free()
				f.Unref(l)
			}
			_ = Truncate(l, "x", 4)
			_ = Chmod(l, abi.AT_FDCWD, "x", 0666, true)
			_ = Utimens(l, abi.AT_FDCWD, "x", &now, true)
			if a, err := AttrPath(l, "x", true); err == abi.OK {
				_ = a.Set("user.of", []byte("stranger"), 0)
				a.Release()
			}
		}
	})
	if seen == 0 {
		t.Error("one's own file was never read: nothing was tried")
	}
	st, herr := os.Stat(secret)
	if herr != nil {
		t.Fatal(herr)
	}
	if b, _ := os.ReadFile(secret); string(b) != "secret" || st.Mode().Perm() != 0o600 || st.ModTime().Unix() == 1 {
		t.Errorf("the secret was changed: %q, mode %v, %v", b, st.Mode(), st.ModTime())
	}
	if n, _ := unix.Getxattr(secret, "user.of", make([]byte, 100)); n > 0 {
		t.Error("the secret has an attribute")
	}
}

// What is made under a name that somebody else takes is not given to a guest's user in its place.
func TestSwappedNewDirectory(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root gives files away")
	}
	dir := t.TempDir()
	_ = os.Chmod(dir, 0o777)
	mustWrite(t, filepath.Join(dir, "old", "file"), "")
	old := filepath.Join(dir, "old")
	time.Sleep(50 * time.Millisecond) // it must be older than what is new
	l := stranger(t, dir, "")
	var stop atomic.Bool
	done := make(chan bool)
	x := filepath.Join(dir, "x")
	go func() {
		defer close(done)
		for !stop.Load() {
			if os.Remove(x) == nil && os.Rename(old, x) == nil {
				_ = os.Rename(x, old)
			}
		}
	}()
	for range attempts() / 4 {
		_ = Mkdir(l, abi.AT_FDCWD, "x", 0755)
		_ = os.Remove(x)
	}
	stop.Store(true)
	<-done
	_ = os.Rename(x, old)
	var st unix.Stat_t
	if err := unix.Stat(filepath.Join(old, "file"), &st); err != nil {
		t.Skip(err)
	}
	if err := unix.Stat(old, &st); err != nil || st.Uid != 0 {
		t.Errorf("the old directory belongs to %d, %v", st.Uid, err)
	}
}

// Local sockets are made where the walk led to, though a directory on the way, or the root itself, is replaced by a
// link meanwhile.
func TestSocketRace(t *testing.T) {
	top, r := jail(t)
	outside := filepath.Join(top, "outside")
	for _, name := range []string{"/s", "/a/s", "/x/s", "/x/" + strings.Repeat("n", 95)} {
		l := testLWP(t, r, r, "")
		var stop atomic.Bool
		done := make(chan bool)
		go func() {
			defer close(done)
			away, x := filepath.Join(top, "away"), filepath.Join(r, "x")
			for !stop.Load() {
				if os.Rename(r, away) == nil {
					_ = os.Symlink(outside, r)
					_ = os.Remove(r)
					_ = os.Rename(away, r)
				}
				_ = os.Mkdir(x, 0o755)
				time.Sleep(100 * time.Microsecond)
				_ = os.RemoveAll(x)
				_ = os.Symlink(outside, x)
				_ = os.Remove(x)
			}
		}()
		bound := 0
		for range attempts() / 4 {
			f, err := Socket(l, abi.AF_LOCAL, abi.SOCK_STREAM, 0)
			if err != abi.OK {
				t.Fatal(err)
			}
			s, _ := SocketOf(f)
			if s.Bind(l, unixAddr(name)) == abi.OK {
				bound++
			}
			f.Unref(l)
			_ = Unlink(l, abi.AT_FDCWD, name, false)
		}
		stop.Store(true)
		<-done
		if bound == 0 {
			t.Errorf("%.5s: nothing was bound", name)
		}
		ents, herr := os.ReadDir(outside)
		if herr != nil {
			t.Fatal(herr)
		}
		for _, ent := range ents {
			if ent.Name() != "file" {
				t.Fatalf("%.5s: %s is outside", name, ent.Name())
			}
		}
	}
}

// A descriptor that was opened for reading is not a way to write what one may not.
func TestReopenDescriptor(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	mustWrite(t, file, "text")
	like := stranger(t, dir, "")
	l := procLWP(t, dir)
	l.Proc.Cred = like.Proc.Cred
	f, err := OpenFile(l, abi.AT_FDCWD, "file", abi.O_RDONLY, 0)
	if err != abi.OK {
		t.Fatal(err)
	}
	fd, err := l.Install(f, false)
	if err != abi.OK {
		t.Fatal(err)
	}
	name := "/proc/self/fd/" + string(rune('0'+fd))
	for oflags, want := range map[int32]abi.Errno{abi.O_RDONLY: abi.OK, abi.O_WRONLY: abi.EACCES, abi.O_RDWR: abi.EACCES,
		abi.O_RDONLY | abi.O_TRUNC: abi.EACCES} {
		f, err := OpenFile(l, abi.AT_FDCWD, name, oflags, 0)
		if err != want {
			t.Errorf("flags %#x: %v, want %v", oflags, err, want)
		}
		if err == abi.OK {
			f.Unref(l)
		}
	}
	if b, _ := os.ReadFile(file); string(b) != "text" {
		t.Errorf("%q", b)
	}
}

// Attributes, flags, ports and raw sockets are for whom the guest's user is, not for whom nbemu's is.
func TestHostsRootIsNotTheGuests(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("what is asked is what root could do")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	mustWrite(t, file, "text")
	l := stranger(t, dir, "")
	a, err := AttrPath(l, "file", true)
	if err != abi.OK {
		t.Fatal(err)
	}
	defer a.Release()
	for name, want := range map[string]abi.Errno{"user.a": abi.EACCES, "trusted.a": abi.EPERM, "security.a": abi.EPERM,
		"security.capability": abi.EPERM, "system.posix_acl_access": abi.EPERM} {
		if err := a.Set(name, []byte{1, 2, 3, 4}, 0); err != want {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
		if err := a.Remove(name); err != want {
			t.Errorf("removing %s: %v, want %v", name, err, want)
		}
	}
	if names, _ := a.List(); len(names) != 0 {
		t.Error(names)
	}
	if err := Chflags(l, abi.AT_FDCWD, "file", abi.UF_NODUMP, true); err != abi.EPERM {
		t.Errorf("chflags: %v", err)
	}
	for _, domain := range []int32{abi.AF_INET, abi.AF_INET6} {
		if _, err := Socket(l, domain, abi.SOCK_RAW, 1); err != abi.EPERM {
			t.Errorf("raw socket: %v", err)
		}
	}
	f, err := Socket(l, abi.AF_INET, abi.SOCK_STREAM, 0)
	if err != abi.OK {
		t.Fatal(err)
	}
	defer f.Unref(l)
	s, _ := SocketOf(f)
	if err := s.Bind(l, tfs.sockaddrToGuest(l.Model(), &unix.SockaddrInet4{Port: 1023, Addr: [4]byte{127, 0, 0, 1}})); err != abi.EACCES {
		t.Errorf("port 1023: %v", err)
	}
}

// A device that a guest makes is none of the host's, whoever runs nbemu.
func TestMknodMakesNoDevice(t *testing.T) {
	dir := t.TempDir()
	l := testLWP(t, dir, dir, "")
	old := tfs.metadata
	defer func() { tfs.metadata, tfs.Overlay = old, nil }()
	if err := Mknod(l, abi.AT_FDCWD, "/null", abi.S_IFCHR|0666, abi.Makedev(2, 2)); err != abi.OK {
		t.Fatal(err)
	}
	var st unix.Stat_t
	if herr := unix.Stat(filepath.Join(dir, "null"), &st); herr != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		t.Errorf("on the host it is of mode %o, %v", st.Mode, herr)
	}
	var g abi.Stat
	if err := Stat(l, abi.AT_FDCWD, "/null", true, &g); err != abi.OK || g.Mode != abi.S_IFCHR|0644 || g.Rdev != abi.Makedev(2, 2) {
		t.Errorf("inside: mode %o device %#x, %v", g.Mode, g.Rdev, err)
	}
}

// A local socket's other end is the guest's user, not nbemu's.
func TestPeerIDs(t *testing.T) {
	dir := t.TempDir()
	_ = os.Chmod(dir, 0o777)
	server, client := stranger(t, dir, ""), testLWP(t, dir, "", "")
	client.Proc.PID, client.Proc.Cred = 78, &kern.Cred{Euid: 4343, Egid: 43}
	if os.Getuid() != 0 {
		client.Proc.Cred = server.Proc.Cred
	}
	sf, err := Socket(server, abi.AF_LOCAL, abi.SOCK_STREAM, 0)
	if err != abi.OK {
		t.Fatal(err)
	}
	defer sf.Unref(server)
	s, _ := SocketOf(sf)
	if err := s.Bind(server, unixAddr("s")); err != abi.OK {
		t.Fatal(err)
	}
	_ = os.Chmod(filepath.Join(dir, "s"), 0o777)
	if err := s.Listen(5); err != abi.OK {
		t.Fatal(err)
	}
	cf, _ := Socket(client, abi.AF_LOCAL, abi.SOCK_STREAM, 0)
	defer cf.Unref(client)
	c, _ := SocketOf(cf)
	if err := c.Connect(client, cf, unixAddr("s")); err != abi.OK {
		t.Fatal(err)
	}
	af, _, err := s.Accept(server, sf, 0, false)
	if err != abi.OK {
		t.Fatal(err)
	}
	defer af.Unref(server)
	a, _ := SocketOf(af)
	for _, x := range []struct {
		s    Sock
		want *kern.LWP
	}{{a, client}, {c, server}} {
		var id abi.Unpcbid
		b, err := x.s.Getsockopt(server, abi.IPPROTO_IP, abi.LOCAL_PEEREID, 12)
		if err != abi.OK {
			t.Fatal(err)
		}
		server.Model().Unmarshal(b, &id)
		if id != idOf(x.want) {
			t.Errorf("%+v, want %+v", id, idOf(x.want))
		}
	}
}

// A process with a root is told nothing of what the host has mounted.
func TestMountsOfRoot(t *testing.T) {
	dir := t.TempDir()
	l := procLWP(t, dir)
	like := testLWP(t, dir, dir, "")
	l.Proc.Cwdi = like.Proc.Cwdi
	old := tfs.root
	tfs.root = l.Proc.Cwdi.Rdir.(*Dir)
	defer func() { tfs.root = old }()
	for _, name := range hostProcFiles {
		got, err := readPath(l, "/proc/self/"+name)
		host, _ := os.ReadFile("/proc/self/" + name)
		if err != abi.OK || got == "" || strings.HasPrefix(string(host), got) && name != "cgroup" || strings.Contains(got, dir) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
