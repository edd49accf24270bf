package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unicode"

	"nbemu/strace"
)

// kind is the second word of a row.
type kind struct {
	word   string // "std", "compat", "obsol", …
	compat string // "50" of compat_50
}

// row is one line of a master file. The head of syscalls/syscalls.master
// says what the words mean.
type row struct {
	line    int   // in the file, from 1
	num     int   // of the first machine; those that it has not are numbered on from its last
	nums    []int // of all machines, where the file is for several; -1: none
	kind    kind
	support string // "" where the kind has none
	name    string // as the handler is named for
	alias   string // the name shown, where it is another one
	sig     strace.Sig
	handler string // explicit, or ""
	outside string // "OutsideFd" and so on, "" for calls of the machine's own
	note    string
}

var kinds = map[string]bool{ // true: has a signature
	"std": true, "compat": true, "indir": true, "ignored": true, "extern": true,
	"obsol": false, "unimpl": false, "excl": false,
}

var supports = map[string]string{"none": "None", "partial": "Partial", "full": "Full"}

var rets = map[string]string{
	"int": "RetInt", "long": "RetLong", "ulong": "RetULong", "ptr": "RetPtr", "off": "RetOff", "mode": "RetMode",
	"void": "RetVoid", "none": "RetNone", "pair": "RetPair", "errno": "RetErrno",
}

// outsides are the marks of calls that are done outside of the machine.
var outsides = map[string]string{"@fd": "OutsideFd", "@path": "OutsidePath", "@open": "OutsideOpen"}

func readMaster(path string) ([]*row, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var rows []*row
	var errs errorList
	sc := bufio.NewScanner(f)
	for n := 1; sc.Scan(); n++ {
		text := strings.TrimSpace(sc.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		r, err := parseRow(text)
		if err != nil {
			errs.add(path, n, "%v", err)
			continue
		}
		r.line = n
		if r.foreign() {
			r.num = len(rows)
		}
		if len(rows) > 0 && rows[len(rows)-1].num >= r.num {
			errs.add(path, n, "number %d comes after %d", r.num, rows[len(rows)-1].num)
			continue
		}
		rows = append(rows, r)
	}
	if err := sc.Err(); err != nil {
		return nil, err
	}
	return rows, errs.err()
}

func parseRow(text string) (*row, error) {
	r := &row{}
	text, note, _ := strings.Cut(text, " ; ")
	r.note = strings.TrimSpace(note)
	word := func() string {
		text = strings.TrimLeft(text, " \t")
		w := text
		if i := strings.IndexAny(text, " \t"); i >= 0 {
			w = text[:i]
		}
		text = text[len(w):]
		return w
	}
	num := word()
	for s := range strings.SplitSeq(num, ",") {
		n, err := strconv.Atoi(s)
		switch {
		case s == "-" && num != "-":
			n = -1
		case err != nil || n < 0:
			return nil, fmt.Errorf("%q is not a number", s)
		}
		r.nums = append(r.nums, n)
	}
	r.num = r.nums[0]
	k := word()
	r.kind.word, r.kind.compat, _ = strings.Cut(k, "_")
	hasSig, ok := kinds[r.kind.word]
	if !ok || (r.kind.compat != "") != (r.kind.word == "compat") {
		return nil, fmt.Errorf("kind %q is not known", k)
	}
	if !hasSig {
		r.name = strings.TrimSpace(text)
		if r.name == "-" {
			r.name = ""
		}
		r.sig.Name = r.shownName()
		return r, nil
	}
	r.support = word()
	if supports[r.support] == "" {
		return nil, fmt.Errorf("support level %q is not known", r.support)
	}
	if err := r.checkSupport(); err != nil {
		return nil, err
	}
	return r, r.parseSig(strings.TrimSpace(text))
}

// foreign rows are those that only other machines than the first have.
func (r *row) foreign() bool { return r.nums[0] < 0 }

// checkSupport refuses rows that claim what they do not say or do.
func (r *row) checkSupport() error {
	switch {
	case r.support == "partial" && r.note == "":
		return fmt.Errorf("%d: a partial row needs a note that says what is missing", r.num)
	case r.kind.word == "ignored" && r.support != "full":
		return fmt.Errorf("%d: an ignored call succeeds: its support is full, and it has a handler", r.num)
	}
	return nil
}

// parseSig reads name/alias(type arg, …) ret @mark = handler.
func (r *row) parseSig(text string) error {
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return fmt.Errorf("%q is not a signature", text)
	}
	r.name, r.alias, _ = strings.Cut(strings.TrimSpace(text[:open]), "/")
	if r.name == "" {
		return fmt.Errorf("no name in %q", text)
	}
	tail := text[end+1:]
	tail, handler, explicit := strings.Cut(tail, "=")
	r.handler = strings.TrimSpace(handler)
	if explicit && r.handler == "" {
		return fmt.Errorf("no handler after =")
	}
	ret, mark, marked := strings.Cut(strings.TrimSpace(tail), " ")
	if rets[ret] == "" {
		return fmt.Errorf("result type %q is not known", ret)
	}
	if r.outside = outsides[strings.TrimSpace(mark)]; marked && r.outside == "" {
		return fmt.Errorf("mark %q is not known", mark)
	}
	r.sig.Name = r.shownName()
	for t := range strace.RetErrno + 1 {
		if retName(t) == rets[ret] {
			r.sig.Ret = t
		}
	}
	inner := strings.TrimSpace(text[open+1 : end])
	if inner == "" {
		return nil
	}
	lens := map[int]string{}
	for i, a := range strings.Split(inner, ",") {
		arg, length, err := parseArg(strings.TrimSpace(a))
		if err != nil {
			return err
		}
		if length != "" {
			lens[i] = length
		}
		r.sig.Args = append(r.sig.Args, arg)
	}
	for i, length := range lens {
		name := strings.TrimPrefix(length, "*")
		found := -1
		for j := range r.sig.Args {
			if r.sig.Args[j].Name == name {
				found = j
			}
		}
		if found < 0 {
			return fmt.Errorf("no argument %q gives the length of %q", name, r.sig.Args[i].Name)
		}
		r.sig.Args[i].Len = uint8(found + 1)
		r.sig.Args[i].LenPtr = name != length
	}
	return nil
}

// parseArg reads one argument: pad, or type[len] name, with > or <> in front
// of what the kernel fills in.
func parseArg(text string) (a strace.Arg, length string, err error) {
	if text == "pad" {
		return strace.Arg{Pad: true}, "", nil
	}
	typ, name, ok := strings.Cut(text, " ")
	if !ok || strings.TrimSpace(name) == "" {
		return a, "", fmt.Errorf("argument %q has no name", text)
	}
	a.Name = strings.TrimSpace(name)
	switch {
	case strings.HasPrefix(typ, "<>"):
		a.Dir, typ = strace.InOut, typ[2:]
	case strings.HasPrefix(typ, ">"):
		a.Dir, typ = strace.Out, typ[1:]
	}
	if i := strings.IndexByte(typ, '['); i >= 0 && strings.HasSuffix(typ, "]") {
		length, typ = typ[i+1:len(typ)-1], typ[:i]
	}
	a.Type, ok = strace.TypeByName(typ)
	if !ok {
		return a, "", fmt.Errorf("type %q is not known", typ)
	}
	if a.Dir != strace.In && !a.Type.IsPtr() && a.Type != strace.IoctlData {
		return a, "", fmt.Errorf("%q is no pointer", typ)
	}
	a.Size64 = a.Type.Is64()
	return a, length, nil
}

// shownName is what the table and traces call the row.
func (r *row) shownName() string {
	name := r.name
	if r.alias != "" {
		name = r.alias
	}
	switch r.kind.word {
	case "compat":
		return "compat_" + r.kind.compat + "_" + name
	case "obsol", "unimpl", "excl":
		word := map[string]string{"obsol": "obsolete", "unimpl": "unimplemented", "excl": "excluded"}[r.kind.word]
		if name != "" {
			word += " " + name
		}
		return fmt.Sprintf("#%d (%s)", r.num, word)
	}
	return name
}

// handlerName is the Go function for the row: prefix, CompatNN for compat
// rows whose name has no version of its own, and the name without its leading
// underscores in CamelCase.
func (r *row) handlerName(prefix string) string {
	if r.handler != "" {
		return r.handler
	}
	s := prefix
	if r.kind.word == "compat" && !versioned(r.name) {
		s += "Compat" + r.kind.compat
	}
	return s + camel(r.name)
}

// versioned tells names like __stat30.
func versioned(name string) bool {
	return strings.HasPrefix(name, "__") && unicode.IsDigit(rune(name[len(name)-1]))
}

func camel(s string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(s, "_") {
		if part == "" {
			continue
		}
		r := []rune(part)
		r[0] = unicode.ToUpper(r[0])
		b.WriteString(string(r))
	}
	return b.String()
}

// typeConst is the Go name of an argument type.
func typeConst(t strace.ArgType) string {
	return camel(strings.ReplaceAll(t.String(), "*", "_ptr"))
}

func retName(t strace.RetType) string {
	return [...]string{"RetInt", "RetLong", "RetULong", "RetPtr", "RetOff", "RetMode", "RetVoid", "RetNone", "RetPair", "RetErrno"}[t]
}

// narg counts the words the arguments take on a machine of 64 bits, padding
// and all.
func (r *row) narg() int {
	n := len(r.sig.Args)
	for i := range r.sig.Args {
		if r.sig.Args[i].Type == strace.Rest {
			n += maxArgs - 1
		}
	}
	return n
}

// maxArgs is the most any call takes (SYS_MAXSYSARGS).
const maxArgs = 8
