package rootset

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
)

// Spec is one file of an mtree(5) specification. Fields without their bit in Set were not given.
type Spec struct {
	Path       string // without "./"; "." is the top
	Set        uint8
	Type       string // file, dir, link, char, block, fifo, socket
	Mode       uint32
	UID, GID   uint32
	Major      uint32
	Minor      uint32
	Link       string
	Flags      string // of chflags(2), by name, separated by commas
	Size       int64
	Optional   bool
	Uname      string // as given; UID holds it once names are resolved
	Gname      string
	lineNumber int
}

// Bits of Spec.Set.
const (
	HasMode = 1 << iota
	HasUID
	HasGID
	HasDevice
	HasFlags
	HasSize
)

// maxSpecLine is more than any line of a specification has.
const maxSpecLine = 64 << 10

// ParseSpec reads a specification, in the form with full paths that NetBSD's build makes (mtree -C, METALOG) or in the
// older one that descends into directories and leaves them by "..". Errors: a line that cannot be understood.
func ParseSpec(r io.Reader, each func(s *Spec) error) error {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 4096), maxSpecLine)
	defaults := map[string]string{}
	cwd, depth, pending := ".", 0, ""
	for n := 1; in.Scan(); n++ {
		line := pending + strings.TrimSpace(in.Text())
		if rest, ok := strings.CutSuffix(line, "\\"); ok {
			if len(rest) > maxSpecLine {
				return fmt.Errorf("line %d: too long", n)
			}
			pending = rest + " "
			continue
		}
		pending = ""
		words := strings.Fields(line)
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		switch words[0] {
		case "/set":
			for _, w := range words[1:] {
				k, v, _ := strings.Cut(w, "=")
				defaults[k] = v
				// A number and a name of the same thing: what was said last holds.
				delete(defaults, map[string]string{"uid": "uname", "uname": "uid", "gid": "gname", "gname": "gid"}[k])
			}
			continue
		case "/unset":
			for _, k := range words[1:] {
				if k == "all" {
					clear(defaults)
				}
				delete(defaults, k)
			}
			continue
		case "..":
			if depth == 0 {
				return fmt.Errorf("line %d: .. without a directory", n)
			}
			depth--
			cwd = path.Dir(cwd)
			continue
		}
		s, err := parseSpecLine(words, defaults, cwd)
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		s.lineNumber = n
		if s.Type == "dir" && !strings.Contains(words[0], "/") && words[0] != "." {
			cwd = s.Path
			depth++
		}
		if err := each(s); err != nil {
			return err
		}
	}
	return in.Err()
}

func parseSpecLine(words []string, defaults map[string]string, cwd string) (*Spec, error) {
	name, err := Unvis(words[0])
	if err != nil {
		return nil, err
	}
	if !strings.Contains(words[0], "/") && words[0] != "." {
		name = cwd + "/" + name
	}
	s := &Spec{}
	if s.Path, err = clean(name); err != nil {
		return nil, err
	}
	for k, v := range defaults {
		if err := s.keyword(k, v); err != nil {
			return nil, err
		}
	}
	for _, w := range words[1:] {
		k, v, _ := strings.Cut(w, "=")
		if err := s.keyword(k, v); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// keyword takes in one of mtree(5)'s; those that do not matter here are skipped.
func (s *Spec) keyword(k, v string) (err error) {
	switch k {
	case "type":
		s.Type = v
	case "mode":
		s.Mode, err = parseNumber(v, 8)
		s.Mode &= 0o7777
		s.Set |= HasMode
	case "uid":
		s.UID, err = parseNumber(v, 10)
		s.Set |= HasUID
		s.Uname = ""
	case "gid":
		s.GID, err = parseNumber(v, 10)
		s.Set |= HasGID
		s.Gname = ""
	case "uname":
		s.Uname, s.Set = v, s.Set&^HasUID
	case "gname":
		s.Gname, s.Set = v, s.Set&^HasGID
	case "device":
		s.Major, s.Minor, err = parseDevice(v)
		s.Set |= HasDevice
	case "link":
		s.Link, err = Unvis(v)
	case "flags":
		if v != "none" && v != "-" {
			s.Flags = v
		} else {
			s.Flags = ""
		}
		s.Set |= HasFlags
	case "size":
		s.Size, err = strconv.ParseInt(v, 10, 64)
		s.Set |= HasSize
	case "optional":
		s.Optional = true
	}
	if err != nil {
		return fmt.Errorf("%s=%s: %w", k, v, err)
	}
	return nil
}

// resolve finds the numbers of names. Errors: a name that neither the root's files nor NetBSD's own know.
func (s *Spec) resolve(n *names) error {
	if s.Uname != "" {
		id, ok := n.users[s.Uname]
		if !ok {
			return fmt.Errorf("line %d: uname=%s: no such user", s.lineNumber, s.Uname)
		}
		s.UID, s.Set = id, s.Set|HasUID
	}
	if s.Gname != "" {
		id, ok := n.groups[s.Gname]
		if !ok {
			return fmt.Errorf("line %d: gname=%s: no such group", s.lineNumber, s.Gname)
		}
		s.GID, s.Set = id, s.Set|HasGID
	}
	return nil
}

func parseNumber(s string, base int) (uint32, error) {
	n, err := strconv.ParseUint(s, base, 32)
	if err != nil {
		return 0, fmt.Errorf("not a number")
	}
	return uint32(n), nil
}

// parseDevice understands "netbsd,major,minor", "native,major,minor" and a plain number, which has the form of
// NetBSD's dev_t.
func parseDevice(s string) (major, minor uint32, err error) {
	f := strings.Split(s, ",")
	if len(f) == 3 && (f[0] == "netbsd" || f[0] == "native") {
		if major, err = parseNumber(f[1], 0); err == nil {
			minor, err = parseNumber(f[2], 0)
		}
		return major, minor, err
	}
	n, err := strconv.ParseUint(s, 0, 32)
	if err != nil {
		return 0, 0, fmt.Errorf("not a device")
	}
	dev := uint32(n)
	return dev >> 8 & 0xfff, dev>>12&0xfff00 | dev&0xff, nil
}

// Unvis undoes what vis(3) does to a name, in any of the forms that mtree has used. Errors: an escape that is none.
func Unvis(s string) (string, error) {
	if !strings.Contains(s, "\\") {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		if i++; i == len(s) {
			return "", fmt.Errorf("%s: incomplete escape", s)
		}
		rest := s[i:]
		switch c := rest[0]; {
		case octalAt(s, i):
			b.WriteByte((c-'0')<<6 | (s[i+1]-'0')<<3 | (s[i+2] - '0'))
			i += 2
		case strings.IndexByte("abfnrstv", c) >= 0:
			b.WriteByte("\a\b\f\n\r \t\v"[strings.IndexByte("abfnrstv", c)])
		case strings.IndexByte("\\# ", c) >= 0:
			b.WriteByte(c)
		case c == '^' && len(rest) > 1:
			b.WriteByte(rest[1] & 0x1f)
			i++
		case strings.HasPrefix(rest, "M-") && len(rest) > 2:
			b.WriteByte(rest[2] | 0x80)
			i += 2
		case strings.HasPrefix(rest, "M^") && len(rest) > 2:
			b.WriteByte(rest[2]&0x1f | 0x80)
			i += 2
		default:
			return "", fmt.Errorf("%s: no escape of vis(3)", s)
		}
	}
	return b.String(), nil
}

// octalAt reports whether three octal digits of one byte stand at i.
func octalAt(s string, i int) bool {
	if i+2 >= len(s) || s[i] > '3' {
		return false
	}
	for _, c := range []byte(s[i : i+3]) {
		if c < '0' || c > '7' {
			return false
		}
	}
	return true
}

// Vis writes a name so that blanks and what mtree gives a meaning do not break a line.
func Vis(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c <= ' ' || c == '\\' || c == '#' || c >= 0x7f {
			fmt.Fprintf(&b, "\\%03o", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
