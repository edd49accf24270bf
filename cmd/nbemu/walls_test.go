package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The metadata file lies where the guest can write. A link that it puts there has nothing outside overwritten.
func TestMetadataFileIsNoWayOut(t *testing.T) {
	dir, flags := guestRoot(t)
	victim := filepath.Join(t.TempDir(), "victim")
	writeFile(t, victim, []byte("mine\n"), 0o644)
	for _, name := range []string{"/METALOG.new", "/METALOG.tmp", "/METALOG~"} {
		guest(t, append(flags, "-root-user"), "y 57 "+victim+" "+name, 0, "result 0\n")
	}
	guest(t, append(flags, "-root-user"), "chmod 0700 /x", 0, "")
	b, err := os.ReadFile(filepath.Join(dir, "METALOG"))
	if err != nil || !strings.Contains(string(b), "./x mode=0700") {
		t.Errorf("%q, %v", b, err)
	}
	if b, err := os.ReadFile(victim); err != nil || string(b) != "mine\n" {
		t.Errorf("the victim is now %q, %v", b, err)
	}
}

// The table of docs/SECURITY.md: what a program reaches, by flags and by who runs nbemu. /x is the program itself,
// secret a file of root's that nobody else may read, inside of the root.
func TestReach(t *testing.T) {
	prog, err := os.ReadFile(guestProgram(t, "execer"))
	if err != nil {
		t.Fatal(err)
	}
	runners := map[string]func(args ...string) ended{
		"user": func(args ...string) ended { t.Helper(); return runNbemu(t, args...) },
	}
	if os.Getuid() == 0 {
		runners["root"] = runners["user"]
		runners["user"] = asNobody(t)
	}
	const yes, noFile, noAccess, noPerm = "reached", "error 2", "error 13", "error 1"
	for _, c := range []struct {
		flags, who                  string
		outside, secret, write, dev string // the host's /etc/passwd; reading secret; writing it; making a device
	}{
		{"", "user", yes, noAccess, noAccess, noPerm},
		{"", "root", yes, yes, yes, yes},
		{"-L D", "user", yes, noAccess, noAccess, noPerm},
		{"-L D", "root", yes, yes, yes, yes},
		{"-chroot D", "user", noFile, noAccess, noAccess, noPerm},
		{"-chroot D", "root", noFile, yes, yes, yes},
		{"-uid 4242 -gid 4242", "user", yes, noAccess, noAccess, noPerm},
		{"-uid 4242 -gid 4242", "root", yes, noAccess, noAccess, noPerm},
		{"-chroot D -uid 4242 -gid 4242", "user", noFile, noAccess, noAccess, noPerm},
		{"-chroot D -uid 4242 -gid 4242", "root", noFile, noAccess, noAccess, noPerm},
		{"-chroot D -uid 4242 -gid 4242 -sandbox off", "root", noFile, noAccess, noAccess, noPerm},
		{"-chroot D -uid 4242 -gid 4242 -metadata D/METALOG", "root", noFile, noAccess, noAccess, noPerm},
		{"-chroot D -overlay -", "user", noFile, noAccess, noAccess, noPerm},
		{"-chroot D -overlay -", "root", noFile, yes, yes, yes},
	} {
		run := runners[c.who]
		if run == nil {
			continue
		}
		t.Run(c.who+" "+c.flags, func(t *testing.T) {
			dir, err := os.MkdirTemp("", "nbemu-reach")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			_ = os.Chmod(dir, 0o777)
			writeFile(t, filepath.Join(dir, "x"), prog, 0o755)
			secret := filepath.Join(dir, "secret")
			writeFile(t, secret, []byte("secret\n"), 0o600)
			if os.Getuid() != 0 {
				_ = os.Chmod(secret, 0) // the test's user would own it
			}
			at, flags := dir, strings.Fields(strings.ReplaceAll(c.flags, "D", dir))
			if strings.Contains(c.flags, "chroot") {
				at = ""
			}
			for what, want := range map[string]string{
				"cat /etc/passwd": c.outside, "cat " + at + "/secret": c.secret, "y 5 " + at + "/secret 1": c.write,
				"y 450 " + at + "/null 020666 0514": c.dev,
			} {
				e := run(append(append([]string{}, flags...), strings.Fields(at+"/x "+what)...)...)
				got := yes
				if i := strings.Index(e.stdout, "error "); i >= 0 {
					got = strings.TrimSpace(e.stdout[i:])
				}
				if got != want {
					t.Errorf("%s: %s, want %s (%.200q %s)", what, got, want, e.stdout, e.stderr)
				}
			}
			if strings.Contains(c.flags, "overlay") && os.Getuid() == 0 {
				if b, err := os.ReadFile(secret); string(b) != "secret\n" {
					t.Errorf("below the overlay: %q %v", b, err)
				}
			}
			if fi, err := os.Lstat(filepath.Join(dir, "null")); err == nil && !fi.Mode().IsRegular() {
				t.Errorf("a device on the host: %v", fi.Mode())
			}
		})
	}
}

// What nbemu cannot do for a user is said in a line, or keeps programs from running.
func TestSandboxRequire(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs a user without privileges beside the one that runs it")
	}
	dir, _ := guestRoot(t)
	_ = os.Chmod(dir, 0o755)
	if e := runNbemu(t, "-chroot", dir, "-sandbox", "require", "/x", "ids"); e.status != 0 && !strings.Contains(e.stderr, "Landlock") {
		t.Errorf("%+v", e)
	}
	e := runNbemu(t, "-chroot", dir, "-sandbox", "require", "-uid", "4242", "-gid", "4242", "/x", "ids")
	if e.status == 0 && !strings.HasPrefix(e.stdout, "uid 4242/4242 gid 4242/4242") || e.status != 0 && !strings.Contains(e.stderr, "-sandbox=require") {
		t.Errorf("%+v", e)
	}
}
