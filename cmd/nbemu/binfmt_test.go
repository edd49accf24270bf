package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nbemu/arch"
)

// fits is the kernel's comparison of a rule with a file's first bytes (search_binfmt_handler in binfmt_misc.c).
func (r *binfmtRule) fits(head []byte) bool {
	if r.magic == nil || len(head) < len(r.magic) {
		return false
	}
	for i := range r.magic {
		if (head[i]^r.magic[i])&r.mask[i] != 0 {
			return false
		}
	}
	return true
}

// elfHead is the start of an executable, of at least 128 bytes.
func elfHead(class, data, osabi byte, kind, machine uint16) []byte {
	b := make([]byte, 128)
	copy(b, []byte{0x7f, 'E', 'L', 'F', class, data, 1, osabi})
	var o binary.ByteOrder = binary.LittleEndian
	if data == 2 {
		o = binary.BigEndian
	}
	o.PutUint16(b[16:], kind)
	o.PutUint16(b[18:], machine)
	return b
}

// Each machine's programs that say NetBSD have one rule, and Linux' and core files have none.
func TestBinfmtRules(t *testing.T) {
	rules, err := binfmtRules(nil, false)
	if err != nil {
		t.Fatal(err)
	}
	count := func(head []byte) (n int) {
		for _, r := range rules {
			if r.fits(head) {
				n++
			}
		}
		return n
	}
	for _, p := range arch.Ports() {
		a := p.Arch
		for kind, want := range map[uint16]int{1: 0, 2: 1, 3: 1, 4: 0} {
			if n := count(elfHead(a.ELFClass, a.ELFData, 2, kind, a.ELFMachine)); n != want {
				t.Errorf("%s: %d rules for a file of type %d", a.Name, n, kind)
			}
		}
		for _, osabi := range []byte{0, 3, 9} {
			if n := count(elfHead(a.ELFClass, a.ELFData, osabi, 2, a.ELFMachine)); n != 0 {
				t.Errorf("%s: %d rules for programs of system %d", a.Name, n, osabi)
			}
		}
	}
	if n := count([]byte("\x00\x86\x01\x0b" + strings.Repeat("\x00", 124))); n != 1 {
		t.Errorf("%d rules for a.out of i386", n)
	}
	for _, r := range rules {
		if o := (&binfmtOptions{interpreter: strings.Repeat("x", 127), argv0: "on", creds: true}); len(r.line(o)) > 1919 {
			t.Errorf("%s: longer than the kernel takes", r.name)
		}
	}
}

// With -all there are rules for all systems' programs, but for those that the host runs itself, and they are registered
// first: the kernel asks the newest first.
func TestBinfmtAll(t *testing.T) {
	rules, err := binfmtRules(nil, true)
	if err != nil {
		t.Fatal(err)
	}
	special := false
	for _, r := range rules {
		special = special || strings.Contains(r.name, "netbsd")
		if special && strings.Contains(r.name, "-elf-") {
			t.Errorf("%s comes too late", r.name)
		}
	}
	for _, m := range hostELF() {
		for _, class := range []byte{1, 2} {
			head := elfHead(class, 1, 0, 2, m)
			if slices.ContainsFunc(rules, func(r binfmtRule) bool { return r.fits(head) }) {
				t.Errorf("the host's own programs (machine %d) have a rule", m)
			}
		}
	}
	if _, err := binfmtRules([]string{"vax"}, false); err == nil || !strings.Contains(err.Error(), "vax: not one of") {
		t.Errorf("%v", err)
	}
}

// fakeMisc is a directory as binfmt_misc's, with what somebody else has registered.
func fakeMisc(t *testing.T, others map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	others["register"], others["status"] = "", "enabled\n"
	for name, text := range others {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const qemuAarch64 = "enabled\ninterpreter /usr/bin/qemu-aarch64\nflags: OCF\noffset 0\n" +
	"magic 7f454c460201010000000000000000000200b700\nmask ffffffffffffff00fffffffffffffffffeffffff\n"

func TestBinfmtInstall(t *testing.T) {
	dir := fakeMisc(t, map[string]string{"qemu-aarch64": qemuAarch64})
	var out strings.Builder
	if err := binfmtRun("install", []string{"-dir", dir, "-interpreter", "/opt/nbemu", "-argv0", "on", "aarch64"}, &out); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "register"))
	if err != nil {
		t.Fatal(err)
	}
	want := `:nbemu-netbsd-aarch64:M::\x7f\x45\x4c\x46\x02\x01\x01\x02\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:` +
		`\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\xfe\xff\xff\xff:/opt/nbemu:POF` + "\n" +
		":nbemu-extension:E::netbsd::/opt/nbemu:POF\n"
	if string(b) != want {
		t.Errorf("registered:\n%s\nwant:\n%s", b, want)
	}
	if !strings.Contains(out.String(), "nbemu-netbsd-aarch64 comes before qemu-aarch64 (/usr/bin/qemu-aarch64)") {
		t.Errorf("said: %s", out.String())
	}
}

// A rule of somebody else's stays, and then nothing is done.
func TestBinfmtKeepsOthers(t *testing.T) {
	const others = "enabled\ninterpreter /usr/bin/other\nflags: \nextension .netbsd\n"
	dir := fakeMisc(t, map[string]string{"nbemu-extension": others, "nbemu-netbsd-mips": "enabled\ninterpreter /usr/bin/nbemu\n"})
	err := binfmtRun("install", []string{"-dir", dir}, &strings.Builder{})
	if err == nil || !strings.Contains(err.Error(), "nbemu-extension is registered for /usr/bin/other already") {
		t.Fatalf("%v", err)
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "register")); len(b) != 0 {
		t.Errorf("registered all the same: %s", b)
	}
	var out strings.Builder
	if err := binfmtRun("remove", []string{"-dir", dir}, &out); err != nil || out.String() != "1 rules removed\n" {
		t.Errorf("%v, %s", err, out.String())
	}
	for name, want := range map[string]string{"nbemu-extension": others, "nbemu-netbsd-mips": "enabled\ninterpreter /usr/bin/nbemu\n-1\n"} {
		if b, _ := os.ReadFile(filepath.Join(dir, name)); string(b) != want {
			t.Errorf("%s: %q", name, b)
		}
	}
	if err := binfmtRun("install", []string{"-dir", t.TempDir()}, &out); err == nil || !strings.Contains(err.Error(), "mount -t binfmt_misc") {
		t.Errorf("%v", err)
	}
	if err := binfmtRun("instal", nil, &out); err == nil || !strings.Contains(err.Error(), "did you mean nbemu binfmt install?") {
		t.Errorf("%v", fmt.Sprint(err))
	}
}
