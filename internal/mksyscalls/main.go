// Mksyscalls makes a system call table and what goes with it from a master
// file (whose format the head of syscalls/syscalls.master describes):
//
//   - the table, a variable of type [...]kern.Sysent,
//   - the numbers as constants,
//   - the page that says which calls are supported, and how well.
//
// Whether a call has a handler it finds by reading the package: a function
//
//	func sysOpen(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno)
//
// (or a variable of that name, for handlers that are built) is the handler of
// the row "open". A row that claims support without a handler, a handler
// whose row says "none", and a handler without a row are errors. So:
//
//   - to add a call, write the handler, say in the master how complete it is,
//     run go generate;
//   - go run nbemu/internal/mksyscalls -check reports whether all is in order.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"nbemu/strace"
)

type options struct {
	master, also string
	dir, pkg     string
	out, num     string
	variable     string
	prefix       string
	numPrefix    string
	doc, title   string
	imports      string
	check        bool
	like         string
	mark         string
}

func main() {
	var o options
	flag.StringVar(&o.master, "master", "syscalls.master", "master `file`")
	flag.StringVar(&o.also, "also", "", "further master `files` whose rows use this package's handlers (comma-separated)")
	flag.StringVar(&o.dir, "dir", ".", "`directory` of the package with the handlers")
	flag.StringVar(&o.pkg, "pkg", "syscalls", "`name` of that package")
	flag.StringVar(&o.out, "out", "zz_sysent.go", "table to write, in dir")
	flag.StringVar(&o.num, "num", "zz_sysnum.go", "constants to write, in dir; empty for none")
	flag.StringVar(&o.variable, "var", "Sysent", "`name` of the table")
	flag.StringVar(&o.prefix, "prefix", "sys", "`prefix` of handlers")
	flag.StringVar(&o.numPrefix, "numprefix", "SYS_", "`prefix` of the constants")
	flag.StringVar(&o.doc, "doc", "", "page of supported calls to write; empty for none")
	flag.StringVar(&o.title, "title", "NetBSD system calls", "title of that page")
	flag.StringVar(&o.imports, "imports", "", "packages that handlers named in rows come from (comma-separated)")
	flag.StringVar(&o.like, "like", "", "the master is of the short form: its rows are those of this native `master` (see like.go)")
	flag.BoolVar(&o.check, "check", false, "write nothing; report what is wrong or out of date")
	flag.StringVar(&o.mark, "mark", "", "in the master, give rows that have a handler and say \"none\" this `level` first")
	flag.Parse()
	if err := run(&o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// errorList collects complaints, each with its place.
type errorList []string

func (e *errorList) add(file string, line int, f string, args ...any) {
	*e = append(*e, fmt.Sprintf("%s:%d: %s", file, line, fmt.Sprintf(f, args...)))
}

func (e errorList) err() error {
	if len(e) == 0 {
		return nil
	}
	return fmt.Errorf("%s", strings.Join(e, "\n"))
}

func run(o *options) error {
	if o.mark != "" && o.mark != "full" {
		return fmt.Errorf("-mark %s: say full, or write the row by hand with a note of what is missing", o.mark)
	}
	if o.like != "" {
		return runLike(o)
	}
	h, err := scanPackage(o.dir, o.prefix)
	if err != nil {
		return err
	}
	rows, err := readMaster(o.master)
	if err != nil {
		return err
	}
	if o.mark != "" && !o.check {
		if err := mark(o, rows, h); err != nil {
			return err
		}
	}
	used := map[string]bool{}
	if o.also != "" {
		for file := range strings.SplitSeq(o.also, ",") {
			more, err := readMaster(file)
			if err != nil {
				return err
			}
			for _, r := range more {
				used[r.handlerName(o.prefix)] = true
			}
		}
	}
	if err := verify(o, rows, h, used); err != nil {
		return err
	}
	files := map[string][]byte{}
	table, err := format.Source(sysentFile(o, rows))
	if err != nil {
		return err
	}
	files[filepath.Join(o.dir, o.out)] = table
	if o.num != "" {
		num, err := format.Source(sysnumFile(o, rows))
		if err != nil {
			return err
		}
		files[filepath.Join(o.dir, o.num)] = num
	}
	if o.doc != "" {
		files[o.doc] = docFile(o, rows)
	}
	return write(o, files)
}

// hasCall reports whether the row's handler goes into the table.
func (r *row) hasCall() bool {
	return r.support != "" && r.support != "none" && r.kind.word != "indir"
}

// verify holds the rows against the handlers there are.
func verify(o *options, rows []*row, h *handlers, used map[string]bool) error {
	var errs errorList
	owner := map[string]*row{}
	for _, r := range rows {
		if r.support == "" || r.kind.word == "indir" {
			continue
		}
		name := r.handlerName(o.prefix)
		used[name] = true
		if other := owner[name]; other != nil && r.handler == "" && other.handler == "" {
			errs.add(o.master, r.line, "%s and the row for %d have the same handler %s", r.name, other.num, name)
		}
		owner[name] = r
		foreign := strings.Contains(name, ".")
		switch {
		case r.support != "none" && !foreign && !h.has(name):
			errs.add(o.master, r.line, "%d %s: the row says %s, but there is no %s", r.num, r.name, r.support, name)
		case r.support == "none" && h.has(name) && r.handler == "":
			errs.add(o.master, r.line, "%d %s: the row says none, but there is a %s", r.num, r.name, name)
		}
	}
	var orphans []string
	for name := range h.funcs {
		if !used[name] {
			orphans = append(orphans, name)
		}
	}
	sort.Strings(orphans)
	for _, name := range orphans {
		errs = append(errs, fmt.Sprintf("%s: %s is the handler of no row", h.funcs[name], name))
	}
	return errs.err()
}

// mark rewrites the support level of rows that gained a handler.
func mark(o *options, rows []*row, h *handlers) error {
	text, err := os.ReadFile(o.master)
	if err != nil {
		return err
	}
	lines := strings.Split(string(text), "\n")
	changed := false
	for _, r := range rows {
		if r.support != "none" || r.kind.word == "indir" || !h.has(r.handlerName(o.prefix)) {
			continue
		}
		l := lines[r.line-1]
		head, sig := l, ""
		if i := strings.Index(l, r.name); i >= 0 {
			head, sig = l[:i], l[i:]
		}
		// Keep the columns where they were.
		old := "none" + strings.Repeat(" ", len(o.mark)-len("none"))
		if strings.Contains(head, old+" ") {
			head = strings.Replace(head, old, o.mark, 1)
		} else {
			head = strings.Replace(head, "none", o.mark, 1)
		}
		lines[r.line-1] = head + sig
		r.support = o.mark
		changed = true
	}
	if !changed {
		return nil
	}
	return os.WriteFile(o.master, []byte(strings.Join(lines, "\n")), 0o666)
}

// writeGo is write for one file of Go.
func writeGo(o *options, b *bytes.Buffer) error {
	text, err := format.Source(b.Bytes())
	if err != nil {
		return err
	}
	return write(o, map[string][]byte{filepath.Join(o.dir, o.out): text})
}

// write puts the files in place, or with -check says which are out of date.
func write(o *options, files map[string][]byte) error {
	var errs errorList
	for name, text := range files {
		old, err := os.ReadFile(name)
		if err == nil && bytes.Equal(old, text) {
			continue
		}
		if o.check {
			errs = append(errs, name+" is out of date: run go generate")
			continue
		}
		if err := os.WriteFile(name, text, 0o666); err != nil {
			return err
		}
	}
	sort.Strings(errs)
	return errs.err()
}

func header(o *options, b *bytes.Buffer) {
	fmt.Fprintf(b, "// Code generated by mksyscalls from %s. DO NOT EDIT.\n\n", filepath.Base(o.master))
	fmt.Fprintf(b, "package %s\n\n", o.pkg)
}

func sysentFile(o *options, rows []*row) []byte {
	var b bytes.Buffer
	header(o, &b)
	b.WriteString("import (\n")
	if o.imports != "" {
		for p := range strings.SplitSeq(o.imports, ",") {
			fmt.Fprintf(&b, "\t%q\n", p)
		}
	}
	b.WriteString("\t\"nbemu/kern\"\n\t\"nbemu/strace\"\n)\n\n")
	fmt.Fprintf(&b, "// %s is the system call table. The linker fills it in, so that a start writes none of it.\n", o.variable)
	fmt.Fprintf(&b, "var %s = [...]kern.Sysent{\n", o.variable)
	for _, r := range rows {
		fmt.Fprintf(&b, "\t%d: {Name: %q", r.num, r.shownName())
		if n := r.narg(); n > 0 {
			fmt.Fprintf(&b, ", Narg: %d", n)
		}
		b.WriteString(", Sig: ")
		sigLiteral(&b, &r.sig)
		if r.hasCall() {
			fmt.Fprintf(&b, ", Call: %s", r.handlerName(o.prefix))
		}
		if r.support != "" && r.support != "none" {
			fmt.Fprintf(&b, ", Support: kern.%s", supports[r.support])
		}
		if r.outside != "" {
			fmt.Fprintf(&b, ", Outside: kern.%s", r.outside)
		}
		if r.note != "" {
			fmt.Fprintf(&b, ", Note: %q", r.note)
		}
		b.WriteString("},\n")
	}
	b.WriteString("}\n")
	machineNumbers(o, &b, rows)
	return b.Bytes()
}

// machineNumbers writes, for a file that is for several machines, the number that each row has on each.
func machineNumbers(o *options, b *bytes.Buffer, rows []*row) {
	n := 0
	for _, r := range rows {
		n = max(n, len(r.nums))
	}
	if n < 2 {
		return
	}
	fmt.Fprintf(b, "\n// %sNumbers has the number of each row on each of the master's machines; -1: none.\n", o.variable)
	fmt.Fprintf(b, "var %sNumbers = [%d][%d]int16{\n", o.variable, n, len(rows))
	for m := range n {
		b.WriteString("\t{")
		for i, r := range rows {
			num := -1
			if m < len(r.nums) {
				num = r.nums[m]
			}
			if i%20 == 0 {
				b.WriteString("\n\t\t")
			}
			fmt.Fprintf(b, "%d, ", num)
		}
		b.WriteString("\n\t},\n")
	}
	b.WriteString("}\n")
}

func sigLiteral(b *bytes.Buffer, s *strace.Sig) {
	fmt.Fprintf(b, "strace.Sig{Name: %q", s.Name)
	if len(s.Args) > 0 {
		b.WriteString(", Args: []strace.Arg{")
		for i := range s.Args {
			if i > 0 {
				b.WriteString(", ")
			}
			argLiteral(b, &s.Args[i])
		}
		b.WriteString("}")
	}
	if s.Ret != strace.RetInt {
		fmt.Fprintf(b, ", Ret: strace.%s", retName(s.Ret))
	}
	b.WriteString("}")
}

func argLiteral(b *bytes.Buffer, a *strace.Arg) {
	if a.Pad {
		b.WriteString("{Pad: true}")
		return
	}
	fmt.Fprintf(b, "{Name: %q", a.Name)
	if a.Type != strace.Int {
		fmt.Fprintf(b, ", Type: strace.%s", typeConst(a.Type))
	}
	switch a.Dir {
	case strace.Out:
		b.WriteString(", Dir: strace.Out")
	case strace.InOut:
		b.WriteString(", Dir: strace.InOut")
	}
	if a.Len != 0 {
		fmt.Fprintf(b, ", Len: %d", a.Len)
	}
	if a.LenPtr {
		b.WriteString(", LenPtr: true")
	}
	if a.Size64 {
		b.WriteString(", Size64: true")
	}
	b.WriteString("}")
}

func sysnumFile(o *options, rows []*row) []byte {
	var b bytes.Buffer
	header(o, &b)
	b.WriteString("// The numbers of the system calls.\nconst (\n")
	last := 0
	for _, r := range rows {
		if r.foreign() {
			continue
		}
		last = r.num
		if r.support == "" || r.kind.word == "ignored" {
			continue
		}
		fmt.Fprintf(&b, "\t%s%s = %d\n", o.numPrefix, r.shownName(), r.num)
	}
	fmt.Fprintf(&b, "\n\t%sMAXSYSCALL = %d // one more than the last\n", o.numPrefix, last+1)
	b.WriteString(")\n")
	return b.Bytes()
}
