package rootset

import (
	"strings"
	"testing"
)

func parse(t *testing.T, text string) (map[string]Spec, error) {
	t.Helper()
	m := map[string]Spec{}
	n := usualNames()
	err := ParseSpec(strings.NewReader(text), func(s *Spec) error {
		if err := s.resolve(n); err != nil {
			return err
		}
		m[s.Path] = *s
		return nil
	})
	return m, err
}

func TestParseSpec(t *testing.T) {
	got, err := parse(t, `#mtree
/set uname=root gname=wheel mode=0755
. type=dir tags=base-sys-root
./bin/rcp type=file uname=root mode=04555 flags=schg,uappnd size=123 \
    tags=base
./usr/games type=dir gname=games
./a\040b\043c type=link link=x\134y
/set type=file uid=3
./n
/unset all
./dev/x type=char device=netbsd,7,65536 gid=2
./dev/y type=block device=0x1007
./none flags=none optional
`)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]Spec{
		".":         {Type: "dir", Mode: 0o755},
		"bin/rcp":   {Type: "file", Mode: 0o4555, Flags: "schg,uappnd", Size: 123},
		"usr/games": {Type: "dir", Mode: 0o755, GID: 13},
		"a b#c":     {Type: "link", Mode: 0o755, Link: `x\y`},
		"n":         {Type: "file", Mode: 0o755, UID: 3},
		"dev/x":     {Type: "char", Major: 7, Minor: 65536, GID: 2},
		"dev/y":     {Type: "block", Major: 0x10, Minor: 7},
		"none":      {Optional: true},
	} {
		s := got[name]
		s.Path, s.Set, s.Uname, s.Gname, s.lineNumber = "", 0, "", "", 0
		if s != want {
			t.Errorf("%s: %+v, want %+v", name, s, want)
		}
	}
	if got["none"].Set != HasFlags {
		t.Errorf("what is not said: %b", got["none"].Set)
	}
	// A uid that a line gives by number is not undone by a name that /set gave.
	if got["n"].UID != 3 {
		t.Errorf("n: uid %d", got["n"].UID)
	}
}

// The older form, as etc/mtree/special had it before NetBSD 1.6 and others still have.
func TestParseNestedSpec(t *testing.T) {
	got, err := parse(t, `/set type=file mode=0644
.               type=dir mode=0755
bin             type=dir mode=0755
    sh          mode=0555
..
usr             type=dir mode=0755
    lib         type=dir mode=0750
        libc.a
    ..
    x
..
top
`)
	if err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]uint32{".": 0o755, "bin/sh": 0o555, "usr/lib": 0o750, "usr/lib/libc.a": 0o644, "usr/x": 0o644, "top": 0o644} {
		if s, ok := got[name]; !ok || s.Mode != mode {
			t.Errorf("%s: %v %o, want %o", name, ok, s.Mode, mode)
		}
	}
}

func TestParseSpecErrors(t *testing.T) {
	for text, say := range map[string]string{
		"./a mode=9":        "mode=9",
		"..":                "without a directory",
		"../x":              "leave the root",
		"/x mode=1":         "absolute",
		"./a device=a,b":    "not a device",
		"./a\\q":            "no escape",
		"./a\\":             "",
		"./a uname=nowho":   "no such user",
		"./a gname=nowho":   "no such group",
		"./a/../../b":       "leave the root",
		"./x\\056\\056/..":  "leave the root",
		"./x uid=-1":        "not a number",
		"x\ny type=dir\n..": "",
	} {
		_, err := parse(t, text)
		if say == "" && err != nil || say != "" && (err == nil || !strings.Contains(err.Error(), say)) {
			t.Errorf("%q: %v, want …%s…", text, err, say)
		}
	}
	if _, err := parse(t, "./"+strings.Repeat("x", 2*maxSpecLine)); err == nil {
		t.Error("a line without an end")
	}
}

func TestVis(t *testing.T) {
	for _, s := range []string{"plain", "a b", "#", `back\slash`, "new\nline", "\x01\xff\x80", "tab\t"} {
		if got, err := Unvis(Vis(s)); err != nil || got != s {
			t.Errorf("%q: %q %v", s, got, err)
		}
	}
	for in, want := range map[string]string{`a\sb`: "a b", `\M-a\M^A\^A`: "\xe1\x81\x01", `\\`: `\`, `\n`: "\n", `\#`: "#"} {
		if got, err := Unvis(in); err != nil || got != want {
			t.Errorf("%s: %q %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{`a\`, `\9`, `\M`, `\x41`} {
		if got, err := Unvis(in); err == nil {
			t.Errorf("%s: %q", in, got)
		}
	}
}

func FuzzParseSpec(f *testing.F) {
	f.Add("/set type=file\n./a mode=0644 \\\n uid=1\nd type=dir\n x\n..\n")
	f.Add("./a\\040b device=netbsd,1,2\n/unset all")
	f.Fuzz(func(t *testing.T, text string) {
		_ = ParseSpec(strings.NewReader(text), func(s *Spec) error {
			if name, err := clean(s.Path); err != nil || name != s.Path {
				t.Errorf("%q: %q %v", s.Path, name, err)
			}
			return nil
		})
	})
}
