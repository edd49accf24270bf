package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nbemu/strace"
)

const (
	someRows = `# comment
0 indir full syscall(int code, rest args) int
1 std full exit(int rval) none
2 std none pread(fd fd, >buf[nbyte] buf, size nbyte, pad, off offset) long
3 obsol execv
4 compat_50 partial kevent/okevent(fd fd) int ; half of it
5 unimpl - ; reserved
6 ignored full old() int = sysNullop
7 compat_30 none __stat13(path path, >stat13 ub) int
8 std none getsockname(fd s, >sockaddr[*alen] asa, <>uint* alen) int
`
	someCode = `package p

func sysExit(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) { return kern.Retval{}, abi.OK }
func sysNullop(l *LWP, _ *Args) (rv Retval, err abi.Errno)        { return }
func sysHelper(x int) int                                         { return x }

var sysCompat50Kevent = built(5)
var sysTable = 5
`
)

func setup(t *testing.T, master, code string) *options {
	t.Helper()
	dir := t.TempDir()
	o := &options{master: filepath.Join(dir, "m"), dir: dir, pkg: "p", out: "zz_t.go", num: "zz_n.go", variable: "T",
		prefix: "sys", numPrefix: "SYS_", doc: filepath.Join(dir, "doc.md"), title: "Calls"}
	for name, text := range map[string]string{"m": master, "code.go": code} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func text(t *testing.T, o *options, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(o.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestGenerate(t *testing.T) {
	o := setup(t, someRows, someCode)
	o.check = true
	if err := run(o); err == nil || !strings.Contains(err.Error(), "zz_t.go is out of date") {
		t.Errorf("check: %v", err)
	}
	o.check = false
	if err := run(o); err != nil {
		t.Fatal(err)
	}
	o.check = true
	if err := run(o); err != nil {
		t.Errorf("check: %v", err)
	}
	table := text(t, o, "zz_t.go")
	for _, want := range []string{
		`2: {Name: "pread", Narg: 5, Sig: strace.Sig{Name: "pread", Args: []strace.Arg{` +
			`{Name: "fd", Type: strace.Fd}, {Name: "buf", Type: strace.Buf, Dir: strace.Out, Len: 3}, ` +
			`{Name: "nbyte", Type: strace.Size}, {Pad: true}, {Name: "offset", Type: strace.Off, Size64: true}}, Ret: strace.RetLong}},`,
		`3: {Name: "#3 (obsolete execv)", Sig: strace.Sig{Name: "#3 (obsolete execv)"}},`,
		`4: {Name: "compat_50_okevent", Narg: 1,`,
		`Support: kern.Partial, Note: "half of it"},`,
		`5: {Name: "#5 (unimplemented)", Sig: strace.Sig{Name: "#5 (unimplemented)"}, Note: "reserved"},`,
		`{Name: "asa", Type: strace.Sockaddr, Dir: strace.Out, Len: 3, LenPtr: true}, {Name: "alen", Type: strace.UintPtr, Dir: strace.InOut}`,
		"Call: sysExit",
		"Call: sysCompat50Kevent, Support",
		"Call: sysNullop",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("table lacks %s\n%s", want, table)
		}
	}
	if n := strings.Count(table, "Call: "); n != 3 {
		t.Errorf("%d calls with a handler:\n%s", n, table)
	}
	if num := text(t, o, "zz_n.go"); !strings.Contains(num, "SYS_compat_50_okevent  = 4\n") || !strings.Contains(num, "SYS_MAXSYSCALL = 9") ||
		strings.Contains(num, "execv") {
		t.Errorf("numbers:\n%s", num)
	}
	if doc := text(t, o, "doc.md"); !strings.Contains(doc, "9 numbers, 7 of them calls: 3 supported in full, 1 in part, 3 not yet") ||
		!strings.Contains(doc, "| 4 | `compat_50_okevent` | partial | half of it |") {
		t.Errorf("page:\n%s", doc)
	}
}

func TestMark(t *testing.T) {
	o := setup(t, strings.Replace(someRows, "1 std full exit", "1    std        none    exit", 1), someCode)
	if err := run(o); err == nil || !strings.Contains(err.Error(), "the row says none, but there is a sysExit") {
		t.Fatalf("unmarked: %v", err)
	}
	o.mark = "full"
	if err := run(o); err != nil {
		t.Fatal(err)
	}
	if m := text(t, o, "m"); !strings.Contains(m, "\n1    std        full    exit(int rval) none\n2 std none pread") {
		t.Errorf("master:\n%s", m)
	}
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct{ row, want string }{
		{"9 std full write(int fd) int", "9 write: the row says full, but there is no sysWrite"},
		{"9 std none write(strange fd) int", `type "strange" is not known`},
		{"9 std none write(int) int", `argument "int" has no name`},
		{"9 std none write(>int x) int", `"int" is no pointer`},
		{"9 std none write(buf[n] x) int", `no argument "n"`},
		{"9 std none write() thing", `result type "thing" is not known`},
		{"9 std none write() int @moon", `mark "@moon" is not known`},
		{"9 std some write() int", `support level "some" is not known`},
		{"9 compat none write() int", `kind "compat" is not known`},
		{"9 std partial write() int", "9: a partial row needs a note"},
		{"9 ignored none write() int", "9: an ignored call succeeds"},
		{"5 std none write() int", "number 5 comes after 8"},
		{"x std none write() int", `"x" is not a number`},
		{"9 std none pread() int", "have the same handler sysPread"},
	} {
		o := setup(t, someRows+tt.row+"\n", someCode)
		if err := run(o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.row, err, tt.want)
		}
	}
	o := setup(t, someRows, someCode+"func sysLost(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno)\n")
	if err := run(o); err == nil || !strings.Contains(err.Error(), "sysLost is the handler of no row") {
		t.Errorf("orphan: %v", err)
	}
	// Another master of the same package may have the row.
	o.also = filepath.Join(o.dir, "m2")
	os.WriteFile(o.also, []byte("0 std full lost() int\n"), 0o666)
	if err := run(o); err != nil {
		t.Errorf("also: %v", err)
	}
}

// TestTypeNames sees to it that the Go names the generator derives exist.
func TestTypeNames(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "../../strace/types.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			for _, id := range v.Names {
				names[id.Name] = true
			}
		}
		return true
	})
	for ty := strace.Int; ty.String() != "type("+strings.TrimPrefix(ty.String(), "type("); ty++ {
		if !names[typeConst(ty)] {
			t.Errorf("type %s: no constant %s", ty, typeConst(ty))
		}
	}
}

// TestMaster reads the table of NetBSD: it is whole, and as it was in 1993
// where it has not changed.
func TestMaster(t *testing.T) {
	rows, err := readMaster("../../syscalls/syscalls.master")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for i, r := range rows {
		if r.num != i {
			t.Fatalf("row %d has number %d", i, r.num)
		}
		if other, ok := seen[r.handlerName("sys")]; ok && r.support != "" && r.kind.word != "indir" {
			t.Errorf("%d and %d have the same handler %s", other, i, r.handlerName("sys"))
		}
		if r.support != "" {
			seen[r.handlerName("sys")] = i
		}
		if r.kind.word != "indir" && r.narg() > maxArgs {
			t.Errorf("%d %s takes %d words", i, r.name, r.narg())
		}
	}
	for num, want := range map[int]string{0: "syscall", 4: "write", 7: "compat_50_wait4", 8: "compat_43_ocreat", 11: "#11 (obsolete execv)",
		17: "break", 151: "#151 (unimplemented)", 197: "mmap", 301: "compat_50_____semctl13", 439: "__stat50", 506: "semtimedop"} {
		if got := rows[num].shownName(); got != want {
			t.Errorf("%d: %s, want %s", num, got, want)
		}
	}
	if n := rows[197].narg(); n != 7 {
		t.Errorf("mmap takes %d words", n)
	}
	if h := rows[345].handlerName("sys"); h != "sysCompat50Kevent" {
		t.Error(h)
	}
	if h := rows[278].handlerName("sys"); h != "sysStat13" {
		t.Error(h)
	}
}

// A master of the short form says which of the native calls are there.
func TestLike(t *testing.T) {
	short := `# comment
0 indir syscall
1 std exit
2 excl pread
3 obsol execv
4 compat_50 kevent
5 unimpl -
6 ignored old
7 compat_30 __stat13
8 std getsockname
`
	o := setup(t, someRows, "package p\n")
	o.like, o.master = o.master, filepath.Join(o.dir, "short")
	try := func(text string) error {
		if err := os.WriteFile(o.master, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return run(o)
	}
	if err := try(short); err != nil {
		t.Fatal(err)
	}
	got := text(t, o, o.out)
	for _, want := range []string{"const maxSyscall = 9", `{2, "#2 (excluded pread)"}`, `{3, "#3 (obsolete execv)"}`, `{5, "#5 (unimplemented)"}`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in\n%s", want, got)
		}
	}
	for _, c := range []struct{ from, to, want string }{
		{"1 std exit", "1 std quit", "quit"},
		{"1 std exit", "1 compat_50 exit", "compat_50"},
		{"3 obsol execv", "3 std execv", "no such call"},
		{"8 std getsockname\n", "", "has 9 numbers"},
		{"1 std exit\n", "", "not the next one"},
		{"1 std exit", "1 odd exit", "is no row"},
	} {
		if err := try(strings.Replace(short, c.from, c.to, 1)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q: %v", c.to, c.from, err)
		}
	}
}
