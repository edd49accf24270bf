package main

import (
	"crypto/md5"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// maintainer is whom Debian's tools name. There is no address to write to.
const maintainer = "The nbemu developers <nbemu@localhost>"

// control is the Debian package's own description.
const control = `Package: nbemu
Version: %s
Architecture: %s
Maintainer: @MAINTAINER@
Installed-Size: @SIZE@
Section: otherosfs
Priority: optional
@DEPENDS@Suggests: gdb-multiarch
Description: runs NetBSD and Linux programs of other machines
 nbemu runs executables of NetBSD and Linux, unmodified. An emulated processor
 executes their instructions; nbemu itself is the kernel. Nothing is booted.
`

// copyright is Debian's file of that name, in its form; the licenses themselves are in Debian's base system.
const copyright = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: nbemu

Files: *
Copyright: The nbemu developers
License: GPL-2

Files: usr/bin/nbemu
Copyright: The nbemu developers
 The authors of Unicorn and of QEMU, which it is built on
 The Go authors
License: GPL-2 and LGPL-2 and BSD-3-clause
Comment: Unicorn's and QEMU's files are under the GPL or the LGPL, Go's library is
 under a BSD license; the program as a whole is under the GPL, version 2.

License: GPL-2
 On Debian systems the text of the GNU General Public License, version 2, is in
 /usr/share/common-licenses/GPL-2.

License: LGPL-2
 On Debian systems the text of the GNU Library General Public License, version
 2, is in /usr/share/common-licenses/LGPL-2.

License: BSD-3-clause
`

// goLicense is Go's license, whose text must go with its library, as a field of copyright.
func goLicense() (string, error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "LICENSE"))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(string(text)) + "\n") {
		if line == "\n" {
			line = ".\n" // an empty line
		}
		b.WriteString(" " + line)
	}
	return b.String(), nil
}

// overrides tell lintian what is meant to be so.
const overrides = `# It is started in chroots and containers, where there are no libraries of this system's (binfmt_misc's flag F).
nbemu: statically-linked-binary [usr/bin/nbemu]
`

// changelog is Debian's file of that name. What has changed is in CHANGELOG.md.
func (s stamp) changelog(version string) string {
	return fmt.Sprintf("nbemu (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md in this directory.\n\n -- %s  %s\n",
		version, maintainer, s.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
}

// debian is the Debian package of a system's files, which lie where Debian wants them.
func (s stamp) debian(t *target, version string, files []file) ([]byte, error) {
	log, err := gz([]byte(s.changelog(version)))
	if err != nil {
		return nil, err
	}
	license, err := goLicense()
	if err != nil {
		return nil, err
	}
	usr := []file{{"usr/share/doc/nbemu/changelog.gz", log, 0o644}, {"usr/share/doc/nbemu/copyright", []byte(copyright + license), 0o644}}
	for _, f := range files {
		f.name = strings.Replace("usr/"+f.name, "share/zsh/site-functions", "share/zsh/vendor-completions", 1)
		if strings.HasPrefix(f.name, "usr/share/man/") {
			f.name += ".gz"
			if f.data, err = gz(f.data); err != nil {
				return nil, err
			}
		}
		if f.name != "usr/share/doc/nbemu/LICENSE" {
			usr = append(usr, f)
		}
	}
	depends := "Depends: libc6 (>= 2.34)\n"
	if t.static() {
		depends = ""
		usr = append(usr, file{"usr/share/lintian/overrides/nbemu", []byte(overrides), 0o644})
	}
	text := strings.NewReplacer("@DEPENDS@", depends, "@MAINTAINER@", maintainer).Replace(fmt.Sprintf(control, version, t.goarch))
	return s.deb(text, usr)
}

// deb writes a Debian package of files.
func (s stamp) deb(control string, files []file) ([]byte, error) {
	var sums strings.Builder
	size := 0
	for _, f := range files {
		fmt.Fprintf(&sums, "%x  %s\n", md5.Sum(f.data), f.name)
		size += (len(f.data) + 1023) / 1024
	}
	control = strings.Replace(control, "@SIZE@", fmt.Sprint(size), 1)
	meta, err := s.tarball("./", []file{{"control", []byte(control), 0o644}, {"md5sums", []byte(sums.String()), 0o644}})
	if err != nil {
		return nil, err
	}
	data, err := s.tarball("./", files)
	if err != nil {
		return nil, err
	}
	return s.ar([]file{{"debian-binary", []byte("2.0\n"), 0o644}, {"control.tar.gz", meta, 0o644}, {"data.tar.gz", data, 0o644}}), nil
}
