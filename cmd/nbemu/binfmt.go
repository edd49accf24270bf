package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nbemu/arch"
)

const binfmtUsage = `usage: nbemu binfmt print [flags] [machine...]
           prints rules as binfmt_misc takes them
       nbemu binfmt install [flags] [machine...]
           gives them to the running kernel
       nbemu binfmt remove [-dir dir]
           takes nbemu's rules away again

The host's kernel then starts programs of other machines by nbemu. Without machines there are rules for all. A rule sees
the first bytes of a file, which say NetBSD only where the linker wrote so: in Go's programs, and in a.out files. What a C
compiler makes for NetBSD says so beyond them. Such programs start by their name's extension, .netbsd, or with -all by
their machine. docs/BINFMT.md says more.

flags:
  -all           all ELF programs of machines that are not the host's, Linux' too
  -interpreter f nbemu's own file (default: the one that runs)
  -dir dir       where binfmt_misc is mounted (default /proc/sys/fs/binfmt_misc)
  -credentials   set-id programs get their rights: nbemu then runs with them (flag C)
  -no-fix        open nbemu at each start, by its name in the program's root, and not once (no flag F)
  -argv0 how     keep argv[0] (flag P): auto (if the kernel tells nbemu of it, Linux 5.12; default), on or off
`

const binfmtDir = "/proc/sys/fs/binfmt_misc"

var binfmtWords = []string{"print", "install", "remove", "help"}

// binfmtOptions are the flags of "nbemu binfmt".
type binfmtOptions struct {
	all, creds, noFix       bool
	interpreter, dir, argv0 string
}

// binfmtRule is one rule. Magic and mask are bytes at the start of a file; a rule with an extension has none.
type binfmtRule struct {
	name        string
	magic, mask []byte
	extension   string
}

// binfmtPrefix begins the names of nbemu's rules.
const binfmtPrefix = "nbemu-"

// binfmt is "nbemu binfmt"; the result is the exit status.
func binfmt(args []string) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, binfmtUsage)
		return 126
	}
	err := binfmtRun(args[0], args[1:], os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Print(binfmtUsage)
	case err != nil:
		fmt.Fprintf(stderr, "nbemu: binfmt: %v\n", err)
		return 1
	}
	return 0
}

func binfmtRun(word string, args []string, out io.Writer) error {
	var o binfmtOptions
	fs := flag.NewFlagSet("nbemu binfmt", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&o.dir, "dir", binfmtDir, "")
	if word != "remove" {
		fs.BoolVar(&o.all, "all", false, "")
		fs.BoolVar(&o.creds, "credentials", false, "")
		fs.BoolVar(&o.noFix, "no-fix", false, "")
		fs.StringVar(&o.interpreter, "interpreter", "", "")
		fs.StringVar(&o.argv0, "argv0", "auto", "")
	}
	switch word {
	case "print", "install", "remove":
	case "help", "-help", "--help", "-h":
		return flag.ErrHelp
	default:
		err := fmt.Errorf("%s: not one of %s", word, strings.Join(binfmtWords[:3], ", "))
		if near := closest(word, binfmtWords); near != "" {
			err = fmt.Errorf("%w; did you mean nbemu binfmt %s?", err, near)
		}
		return err
	}
	if err := fs.Parse(args); err != nil {
		return unknownIn(err, fs)
	}
	if word == "remove" {
		if fs.NArg() > 0 {
			return fmt.Errorf("remove: what is %q?", fs.Arg(0))
		}
		return binfmtRemove(o.dir, out)
	}
	rules, err := binfmtRules(fs.Args(), o.all)
	if err != nil {
		return err
	}
	if err := o.complete(); err != nil {
		return err
	}
	if word == "print" {
		for _, r := range rules {
			fmt.Fprintln(out, r.line(&o))
		}
		return nil
	}
	return o.install(rules, out)
}

// complete sets up what flags have left open.
func (o *binfmtOptions) complete() (err error) {
	if o.interpreter == "" {
		if o.interpreter, err = os.Executable(); err != nil {
			return err
		}
	}
	if o.interpreter, err = filepath.Abs(o.interpreter); err != nil {
		return err
	}
	if strings.ContainsAny(o.interpreter, ":\n") || len(o.interpreter) > 127 {
		return fmt.Errorf("-interpreter %s: binfmt_misc takes no name with a colon, and none of more than 127 bytes", o.interpreter)
	}
	switch o.argv0 {
	case "auto":
		o.argv0 = "off"
		if tellsArgv0() {
			o.argv0 = "on"
		}
	case "on", "off":
	default:
		return fmt.Errorf("-argv0 %s: not auto, on or off", o.argv0)
	}
	return nil
}

// flags are those of the rules. O is always there: the descriptor tells nbemu that binfmt_misc has started it, and the
// program need not be readable.
func (o *binfmtOptions) flags() string {
	f := "O"
	if o.argv0 == "on" {
		f = "P" + f
	}
	if o.creds {
		f += "C"
	}
	if !o.noFix {
		f += "F"
	}
	return f
}

// line is the rule as the file register takes it.
func (r *binfmtRule) line(o *binfmtOptions) string {
	if r.extension != "" {
		return fmt.Sprintf(":%s:E::%s::%s:%s", r.name, r.extension, o.interpreter, o.flags())
	}
	return fmt.Sprintf(":%s:M::%s:%s:%s:%s", r.name, hexEscape(r.magic), hexEscape(r.mask), o.interpreter, o.flags())
}

func hexEscape(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		fmt.Fprintf(&s, `\x%02x`, c)
	}
	return s.String()
}

// binfmtRules are the rules for some machines; nil is all.
func binfmtRules(machines []string, all bool) ([]binfmtRule, error) {
	var rules []binfmtRule
	var known []string
	host := hostELF()
	for _, p := range arch.Ports() {
		a := p.Arch
		known = append(known, a.Name)
		if len(machines) > 0 && !slices.Contains(machines, a.Name) {
			continue
		}
		for _, m := range append([]uint16{a.ELFMachine}, a.ELFMachines...) {
			r := elfRule(a.ELFClass, a.ELFData, m)
			r.name = binfmtPrefix + "netbsd-" + a.Name
			if m != a.ELFMachine {
				r.name = fmt.Sprintf("%s-%d", r.name, m)
			}
			rules = append(rules, r)
			if all && !slices.Contains(host, m) {
				r = elfRule(a.ELFClass, a.ELFData, m)
				r.magic[7], r.mask[7] = 0, 0
				r.name = strings.Replace(rules[len(rules)-1].name, "netbsd-", "elf-", 1)
				rules = append(rules, r)
			}
		}
	}
	for _, name := range machines {
		if !slices.Contains(known, name) && name != "aout" {
			return nil, fmt.Errorf("%s: not one of %s, aout", name, strings.Join(known, ", "))
		}
	}
	if len(machines) == 0 || slices.Contains(machines, "aout") {
		rules = append(rules, aoutRule("i386", 134), aoutRule("sparc", 138))
	}
	rules = append(rules, binfmtRule{name: binfmtPrefix + "extension", extension: "netbsd"})
	return firstOfEach(rules), nil
}

// firstOfEach leaves out rules for the same bytes: machines that e_flags tell apart are one to the host.
func firstOfEach(rules []binfmtRule) []binfmtRule {
	var out []binfmtRule
	for _, r := range rules {
		same := func(o binfmtRule) bool { return slices.Equal(o.magic, r.magic) && o.extension == r.extension }
		if !slices.ContainsFunc(out, same) {
			out = append(out, r)
		}
	}
	// The kernel asks the newest rule first: what is said of all systems has to come before what is said of one.
	slices.SortStableFunc(out, func(a, b binfmtRule) int { return general(&b) - general(&a) })
	return out
}

// general is 1 for a rule that looks at the machine only.
func general(r *binfmtRule) int {
	if len(r.mask) > 7 && r.mask[7] == 0 && r.mask[0] != 0 && len(r.mask) == elfRuleLen {
		return 1
	}
	return 0
}

// elfRuleLen is how much of an ELF header a rule looks at: up to e_machine.
const elfRuleLen = 20

// elfRule is for executables and shared objects of NetBSD's (ELFOSABI_NETBSD is 2) for one machine.
func elfRule(class, data byte, machine uint16) binfmtRule {
	magic, mask := make([]byte, elfRuleLen), make([]byte, elfRuleLen)
	copy(magic, []byte{0x7f, 'E', 'L', 'F', class, data, 1, 2})
	for i := range 8 {
		mask[i] = 0xff
	}
	low, high := 0, 1
	if data == 2 { // ELFDATA2MSB
		low, high = 1, 0
	}
	magic[16+low], mask[16+low], mask[16+high] = 2, 0xfe, 0xff // ET_EXEC, ET_DYN
	magic[18+low], magic[18+high] = byte(machine), byte(machine>>8)
	mask[18], mask[19] = 0xff, 0xff
	return binfmtRule{magic: magic, mask: mask}
}

// aoutRule is for NetBSD's a.out: a_midmag is big-endian; six bits of flags, ten of the machine's id, and ZMAGIC. The
// flags do not matter.
func aoutRule(name string, mid uint16) binfmtRule {
	return binfmtRule{name: binfmtPrefix + "aout-" + name,
		magic: []byte{byte(mid >> 8), byte(mid), 0x01, 0x0b}, mask: []byte{0x03, 0xff, 0xff, 0xff}}
}

// installed are binfmt_misc's files of rules that are there: name and content.
func installed(dir string) (map[string]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, e := range entries {
		if e.Name() == "register" || e.Name() == "status" || !e.Type().IsRegular() {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		out[e.Name()] = string(b)
	}
	return out, nil
}

// field is what a file of binfmt_misc's says behind a word; "" if nothing.
func field(text, word string) string {
	for line := range strings.Lines(text) {
		if s, ok := strings.CutPrefix(strings.TrimSpace(line), word+" "); ok {
			return s
		}
	}
	return ""
}

// ours reports whether a rule that is there starts nbemu.
func ours(name, text string) bool {
	return strings.HasPrefix(name, binfmtPrefix) && strings.Contains(filepath.Base(field(text, "interpreter")), "nbemu")
}

// install gives rules to the kernel. A rule of nbemu's of that name is replaced, one of somebody else's is an error. Rules
// of others that the same files fit are named: the newest one counts, ours.
func (o *binfmtOptions) install(rules []binfmtRule, out io.Writer) error {
	if _, err := os.Stat(filepath.Join(o.dir, "register")); err != nil {
		return fmt.Errorf("binfmt_misc is not mounted on %s (mount -t binfmt_misc binfmt_misc %s)", o.dir, o.dir)
	}
	have, err := installed(o.dir)
	if err != nil {
		return err
	}
	for _, r := range rules {
		if text, there := have[r.name]; there && !ours(r.name, text) {
			return fmt.Errorf("%s is registered for %s already; nothing was changed", r.name, field(text, "interpreter"))
		}
	}
	for _, r := range rules {
		if _, there := have[r.name]; there {
			if err := writeRule(filepath.Join(o.dir, r.name), "-1"); err != nil {
				return err
			}
		}
		if err := writeRule(filepath.Join(o.dir, "register"), r.line(o)); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		for name, text := range have {
			if !ours(name, text) && strings.HasPrefix(text, "enabled") && r.meets(text) {
				fmt.Fprintf(out, "%s comes before %s (%s) for the files that both fit\n", r.name, name, field(text, "interpreter"))
			}
		}
	}
	fmt.Fprintf(out, "%d rules; nbemu binfmt remove takes them away\n", len(rules))
	return nil
}

// meets reports whether there are files that r fits and a rule that is there, too.
func (r *binfmtRule) meets(text string) bool {
	if r.extension != "" {
		return field(text, "extension") == "."+r.extension
	}
	var magic, mask []byte
	if _, err := fmt.Sscanf(field(text, "magic"), "%x", &magic); err != nil || field(text, "offset") != "0" {
		return false
	}
	if _, err := fmt.Sscanf(field(text, "mask"), "%x", &mask); err != nil {
		mask = slices.Repeat([]byte{0xff}, len(magic))
	}
	for i := range min(len(magic), len(r.magic), len(mask)) {
		if (magic[i]^r.magic[i])&mask[i]&r.mask[i] != 0 {
			return false
		}
	}
	return true
}

// writeRule writes to one of binfmt_misc's files in one write.
func writeRule(file, text string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, text+"\n")
	return errors.Join(err, f.Close())
}

// binfmtRemove takes nbemu's rules away.
func binfmtRemove(dir string, out io.Writer) error {
	have, err := installed(dir)
	if err != nil {
		return err
	}
	n := 0
	for name, text := range have {
		if !ours(name, text) {
			continue
		}
		if err := writeRule(filepath.Join(dir, name), "-1"); err != nil {
			return err
		}
		n++
	}
	fmt.Fprintf(out, "%d rules removed\n", n)
	return nil
}
