package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// permRoot is a guest's root with files and directories of several owners; each line is a name with what the
// overlay says of it, directories end in a slash.
func permRoot(t *testing.T) (dir string, flags []string) {
	t.Helper()
	dir, flags = guestRoot(t)
	meta := "./x mode=0755 uid=0 gid=0\n. mode=0755 uid=0 gid=0\n"
	for _, f := range []struct{ name, meta string }{
		{"priv/", "mode=0700 uid=0 gid=0"}, {"priv/f", "mode=0644 uid=0 gid=0"},
		{"pub/", "mode=1777 uid=0 gid=0"}, {"pub/of-root", "mode=0666 uid=0 gid=0"}, {"pub/own", "mode=0600 uid=100 gid=100"},
		{"mine/", "mode=0755 uid=100 gid=100"}, {"mine/f", "mode=0600 uid=0 gid=0"}, {"mine/sub/", "mode=0755 uid=0 gid=0"},
		{"grp/", "mode=0770 uid=0 gid=200"}, {"ro", "mode=0644 uid=0 gid=0"}, {"ww", "mode=0666 uid=0 gid=0"},
		{"blind/", "mode=0711 uid=0 gid=0"}, {"blind/f", "mode=0644 uid=0 gid=0"},
	} {
		path := filepath.Join(dir, f.name)
		if strings.HasSuffix(f.name, "/") {
			if err := os.Mkdir(path, 0o755); err != nil {
				t.Fatal(err)
			}
		} else {
			writeFile(t, path, []byte("text\n"), 0o666)
		}
		meta += "./" + strings.TrimSuffix(f.name, "/") + " " + f.meta + "\n"
	}
	if err := os.Symlink("/priv/f", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "METALOG"), []byte(meta), 0o644)
	return dir, flags
}

// What users inside may do goes by their credentials and the overlay, whoever runs nbemu.
func TestPermissions(t *testing.T) {
	dir, flags := permRoot(t)
	root := append(flags, "-root-user")
	user := append(flags, "-uid", "100", "-gid", "100")
	const ok, eperm, enoent, eacces, eexist, eisdir = "result 0", "error 1", "error 2", "error 13", "error 17", "error 21"
	do := func(flags []string, words, want string) {
		t.Helper()
		e := runNbemu(t, append(append([]string{}, flags...), strings.Fields("/x "+words)...)...)
		if got := strings.TrimSpace(e.stdout); got != want {
			t.Errorf("%s: %q %s, want %q", words, got, e.stderr, want)
		}
	}
	for _, c := range []struct{ words, want string }{
		// Lookups: every directory on the way must be searchable, behind links too.
		{"stat /priv/f", "stat: " + eacces}, {"stat /link", "stat: " + eacces}, {"y 57 /ro /priv/l", eacces},
		{"stat /priv/../ro", "stat: " + eacces}, {"cat /blind/f", "text"}, {"y 5 /blind 0", eacces}, {"y 12 /priv", eacces},
		{"y 12 /blind", ok},
		// Opening.
		{"y 5 /ro 1", eacces}, {"y 5 /ro 0x0", ok}, {"y 5 /ro 02000", eacces}, {"y 5 /mine/f 0", eacces}, {"y 5 /pub/own 2", ok},
		{"y 5 /new 01001 0644", eacces}, {"y 5 /ro 05001 0644", eexist}, {"y 5 /pub 1", eisdir},
		{"y 200 /ro 0 0", eacces}, {"y 33 /ro 2", eacces}, {"y 33 /ro 4", ok}, {"y 33 /priv/f 0", eacces},
		// Making: what is there already is so whatever the permissions are.
		{"y 136 /d 0755", eacces}, {"y 136 /ro 0755", eexist}, {"y 136 /priv/d 0755", eacces}, {"y 136 /pub/d 0755", ok},
		{"y 136 /grp/d 0755", eacces}, {"y 57 t /l", eacces}, {"y 57 t /pub/l", ok}, {"y 9 /ro /l2", eacces}, {"y 9 /ro /pub/ro", ok},
		{"y 132 /fifo 0644", eacces}, {"y 132 /pub/fifo 0644", ok}, {"y 450 /pub/fifo2 010644 0", eperm},
		// Removing and renaming.
		{"y 10 /ro", eacces}, {"y 10 /none", enoent}, {"y 10 /pub/of-root", eperm}, {"y 10 /mine/f", ok}, {"y 137 /pub/d", ok},
		{"y 128 /ro /pub/x", eacces}, {"y 128 /pub/own /z", eacces}, {"y 128 /pub/of-root /pub/x", eperm}, {"y 128 /pub/own /pub/of-root", eperm},
		{"y 128 /mine/sub /pub/sub", eacces}, {"y 128 /mine/sub /mine/sub2", ok}, {"y 128 /pub/own /pub/own2", ok},
		// Attributes.
		{"y 15 /ro 0777", eperm}, {"y 15 /pub/own2 0640", ok}, {"y 15 /pub/own2 01640", "error 79"}, {"y 16 /ro 100 100", eperm},
		{"y 16 /pub/own2 0 -1", eperm}, {"y 16 /pub/own2 100 200", eperm}, {"y 420 /ro 0", eacces}, {"y 420 /ww 0", ok}, {"y 420 /pub/own2 0", ok},
	} {
		do(user, c.words, c.want)
	}
	do(append(user, "-groups", "100,200"), "y 136 /grp/d 0755", ok)
	do(append(user, "-groups", "100,200"), "y 16 /pub/own2 100 200", ok)
	do(root, "stat /pub/own2", "mode 0100640 uid 100 gid 200")
	// Root may, and who was root before may not.
	do(root, "y 136 /priv/d 0755", ok)
	do(root, "setuid 100 y 136 /priv/e 0755", eacces)
	do(root, "setuid 100 y 5 /pub/late 01001 0600", ok)
	do(root, "stat /pub/late", "mode 0100600 uid 100 gid 0")
	do(root, "setuid 101 cat /pub/late", "open: "+eacces)
	do(root, "setuid 100 cat /pub/late", "")
	do(root, "setuid 100 y 15 /ro 0777", eperm)
	// What the overlay knows of a file stays with it when names come and go, and readdir sees its devices.
	do(root, "mknod 020666 514 /pub/null", "")
	if e := runNbemu(t, append(root, "/x", "dents", "/pub")...); !strings.Contains(e.stdout, "null 2\n") || !strings.Contains(e.stdout, "own2 8\n") {
		t.Errorf("%q", e.stdout)
	}
	do(root, "y 128 /mine /mine2", ok)
	do(root, "y 9 /pub/own2 /mine2/other", ok)
	do(root, "y 10 /pub/own2", ok)
	do(root, "stat /mine2/other", "mode 0100640 uid 100 gid 200")
	b := string(mustRead(t, filepath.Join(dir, "METALOG")))
	for _, want := range []string{"./mine2/sub2 ", "./mine2 ", "./pub/null type=char device=netbsd,2,2 "} {
		if !strings.Contains(b, want) {
			t.Errorf("no %q in\n%s", want, b)
		}
	}
}

// Without an overlay: a program that gives up its rights has none of those of nbemu's user.
func TestPermissionsDropped(t *testing.T) {
	dir, flags := guestRoot(t)
	root := []string{flags[0], flags[1], "-root-user"}
	for name, mode := range map[string]os.FileMode{"priv": 0o700, "pub": 0o777} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "secret"), []byte("secret\n"), 0o600)
	guest := func(words, want string) {
		t.Helper()
		e := runNbemu(t, append(append([]string{}, root...), strings.Fields("/x "+words)...)...)
		if e.stdout != want {
			t.Errorf("%s: %q %s, want %q", words, e.stdout, e.stderr, want)
		}
	}
	guest("cat /secret", "secret\n")
	guest("setuid 100 cat /secret", "open: error 13\n")
	guest("setuid 100 y 136 /priv/d 0755", "error 13\n")
	guest("setuid 100 y 10 /secret", "error 13\n")
	guest("setuid 100 y 15 /secret 0777", "error 1\n")
	guest("setuid 100 y 136 /pub/d 0755", "result 0\n")
	if os.Geteuid() == 0 {
		// nbemu could give it away.
		guest("stat /pub/d", "mode 040755 uid 100 gid 0 rdev 0\n")
	}
}
