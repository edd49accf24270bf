package main

import (
	"archive/tar"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"nbemu/internal/testsets"
)

// script is what the shell in the root runs.
const script = `echo This is $0 in a root that any user can make. HOME is $HOME, SHELL is $SHELL.
/bin/ls /etc/motd /usr/bin/su /tmp /dev/null
hello from the root
`

// root makes a root of two sets, as a NetBSD release has them, and runs a shell in it.
func (s *stage) root() error {
	for _, name := range []string{"minish", "ls"} {
		if err := s.build(name, "./testdata/go/"+name); err != nil {
			return err
		}
	}
	text := map[string]string{}
	for _, name := range []string{"minish", "ls", "hello"} {
		b, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil {
			return err
		}
		text[name] = string(b)
	}
	sets := filepath.Join(s.dir, "sets")
	if err := os.RemoveAll(sets); err != nil {
		return err
	}
	if err := os.MkdirAll(sets, 0o755); err != nil {
		return err
	}
	err := testsets.Write(filepath.Join(sets, "base.tgz"), []testsets.File{
		{Name: ".", Type: tar.TypeDir, Mode: 0o755},
		{Name: "bin/sh", Mode: 0o555, Text: text["minish"]},
		{Name: "bin/ls", Mode: 0o555, Text: text["ls"]},
		{Name: "usr/bin/hello", Mode: 0o555, Text: text["hello"]},
		{Name: "usr/bin/su", Mode: 0o4555, Text: text["hello"], Flags: "schg"},
		{Name: "tmp", Type: tar.TypeDir, Mode: 0o1777},
	})
	if err == nil {
		err = testsets.Write(filepath.Join(sets, "etc.tgz"), []testsets.File{
			{Name: "etc/master.passwd", Mode: 0o600, Text: "root::0:0::0:0:Charlie &:/root:/bin/sh\n"},
			{Name: "etc/group", Mode: 0o644, Text: "wheel:*:0:root\n"},
			{Name: "etc/motd", Mode: 0o664, Text: "Welcome!\n"},
			{Name: "etc/demo", Mode: 0o644, Text: script},
		})
	}
	if err == nil {
		err = testsets.Sums(sets)
	}
	if err != nil {
		return err
	}
	// What an earlier demo left goes first.
	_, _ = s.output([]string{s.nbemu, "root", "remove", "./root"})
	if _, err := s.nbemuShows("root", "create", "-no-user", "./root", "sets"); err != nil {
		return err
	}
	out, err := s.nbemuShows("root", "shell", "./root", "/etc/demo")
	if err != nil {
		return err
	}
	for _, want := range []string{"ur-xr-xr-x     0     0", "2, 2  /dev/null", `arguments ["from" "the" "root"]`} {
		if !strings.Contains(string(out), want) {
			return fmt.Errorf("the shell in the root should have shown %q", want)
		}
	}
	return nil
}

// nbemuShows runs nbemu itself and shows what it says.
func (s *stage) nbemuShows(args ...string) ([]byte, error) {
	fmt.Printf("   $ bin/nbemu %s\n", strings.Join(args, " "))
	out, err := s.output(append([]string{s.nbemu}, args...))
	indent{os.Stdout}.Write(out)
	if err != nil {
		err = fmt.Errorf("nbemu %s: %w", strings.Join(args, " "), err)
	}
	return out, err
}
