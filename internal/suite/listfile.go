package suite

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A list is a text file with a line for each program:
//
//	kind program [property=value ...] [-- argument ...]
//
// kind is atf, tap, plain, gotest or auto. Names are relative to the list; {arch} in them makes one program for each
// machine. Properties are those of kyuafile(5), expect (a file with what the program must write), suite and name. In
// arguments {work} is the case's work directory. Words may stand in quotes; # begins a comment.

// listLine is a line that was read.
type listLine struct {
	kind    Kind
	program string
	props   map[string]string
	args    []string
}

// loadList reads a list.
func (s *Source) loadList(file string) ([]Program, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []Program
	in := bufio.NewScanner(f)
	for n := 1; in.Scan(); n++ {
		found, err := s.listed(filepath.Dir(file), in.Text())
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		all = append(all, found...)
	}
	return all, in.Err()
}

// listed are the programs of one line.
func (s *Source) listed(dir, text string) ([]Program, error) {
	line, err := parseListLine(text)
	if err != nil || line == nil {
		return nil, err
	}
	path := line.program
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	paths := map[string]string{"": path}
	if strings.Contains(path, placeholder) {
		if paths = s.expand(path); len(paths) == 0 && len(s.Labels) == 0 {
			return nil, fmt.Errorf("%s: there is no such program for any machine", line.program)
		}
	}
	var all []Program
	for _, label := range sortedKeys(paths) {
		p := Program{Path: paths[label], Kind: line.kind, Args: line.args, Name: filepath.Base(line.program)}
		if label == "" {
			p.Name = line.program
		}
		id, ok := identify(p.Path)
		if !ok {
			return nil, fmt.Errorf("%s: there is no such program", p.Path)
		}
		if p.Kind == "auto" {
			p.Kind = kindOf(p.Path, id)
		}
		if err := p.setProps(line.props, dir, label); err != nil {
			return nil, err
		}
		found, err := s.label([]Program{p}, label, nil)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// setProps sets what a list says with property=value.
func (p *Program) setProps(props map[string]string, dir, label string) error {
	for _, name := range sortedKeys(props) {
		value := props[name]
		switch name {
		case "name":
			p.Name = value
		case "suite":
			p.Suite = value
		case "expect":
			p.Expect = filepath.Join(dir, strings.ReplaceAll(value, placeholder, label))
			// A machine can have a file of its own: name.mips.txt beside name.txt.
			ext := filepath.Ext(p.Expect)
			if own := strings.TrimSuffix(p.Expect, ext) + "." + label + ext; label != "" && exists(own) {
				p.Expect = own
			}
			if !exists(p.Expect) {
				return fmt.Errorf("%s: there is no such file", p.Expect)
			}
		default:
			if err := p.Meta.set(name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// parseListLine reads a line; nil is a line that says nothing.
func parseListLine(text string) (*listLine, error) {
	words, err := splitWords(text)
	if err != nil || len(words) == 0 {
		return nil, err
	}
	line := &listLine{kind: Kind(words[0]), props: map[string]string{}}
	switch line.kind {
	case ATF, TAP, Plain, GoTest, "auto":
	default:
		return nil, fmt.Errorf("%q is none of atf, tap, plain, gotest, auto", words[0])
	}
	if len(words) < 2 {
		return nil, errors.New("the program is missing")
	}
	line.program = words[1]
	for i, w := range words[2:] {
		if w == "--" {
			line.args = words[2+i+1:]
			break
		}
		name, value, ok := strings.Cut(w, "=")
		if !ok {
			return nil, fmt.Errorf("%q is not of the form property=value; arguments come after --", w)
		}
		line.props[name] = value
	}
	return line, nil
}

// splitWords splits a line at blanks, with quotes, up to a comment.
func splitWords(text string) (words []string, err error) {
	var word strings.Builder
	in, quote := false, rune(0)
	for _, r := range text {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '"' || r == '\'':
			quote, in = r, true
		case r == ' ' || r == '\t':
			if in {
				words = append(words, word.String())
				word.Reset()
			}
			in = false
		case r == '#' && !in:
			return words, nil
		default:
			word.WriteRune(r)
			in = true
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote is not closed")
	}
	if in {
		words = append(words, word.String())
	}
	return words, nil
}
