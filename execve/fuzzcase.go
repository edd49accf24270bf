package execve

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/kern"
	"nbemu/mem"
)

// FuzzCase is everything that an exec depends on. It can be kept in a file and run again.
type FuzzCase struct {
	Kernel     string
	Path       string
	Fd         int32 // fexecve, if not negative
	Cwd        string
	Files      []FuzzFile
	Argv, Envp [][]byte
	NullArgv   bool `json:",omitempty"`
	ArgvFault  bool `json:",omitempty"` // a bad pointer after the last argument
	EnvpFault  bool `json:",omitempty"`
	Cred       kern.Cred
	Traced     bool   `json:",omitempty"`
	Stack      uint64 // RLIMIT_STACK
	Data       uint64 // RLIMIT_DATA
	Descr      uint64 // RLIMIT_NOFILE
	Scripts    bool   `json:",omitempty"` // set-id and unreadable scripts
	Pax        Pax
	Random     uint64
}

// Finding is a case that exec got wrong: Kind is the same for cases that are wrong in the same way.
type Finding struct{ Kind, Text string }

// Fuzzer runs cases on one process, which never runs its program.
type Fuzzer struct {
	l     *kern.LWP
	sw    *Switch
	fs    fuzzFS
	stamp uint64
	rng   *rand.Rand
	pcg   *rand.PCG
	extra func(x *execData) string // further invariants, for tests

	// Of the last case.
	Errno abi.Errno
	Late  bool // after the point of no return
	x     *execData
}

// fuzzErrnos are what exec may answer.
var fuzzErrnos = []abi.Errno{abi.OK, abi.E2BIG, abi.EACCES, abi.EAGAIN, abi.EBADF, abi.EFAULT, abi.EINVAL, abi.EIO, abi.EMFILE,
	abi.ENAMETOOLONG, abi.ENOENT, abi.ENOEXEC, abi.ENOMEM, abi.EPERM, abi.ERANGE}

// NewFuzzer makes the process, a program of machine a, on a kernel of its own, whose lock it takes. The entries of the
// exec switch are those of a few machines.
func NewFuzzer(a *cpu.Arch, entries ...*ExecSwitch) *Fuzzer {
	k := kern.New()
	k.Config.Log = func(string) {}
	z := &Fuzzer{sw: NewSwitch(k)}
	z.sw.Add(entries...)
	z.sw.Add(ScriptEntry())
	z.pcg = rand.NewPCG(0, 0)
	z.rng = rand.New(z.pcg)
	z.sw.Random = z.rng.Uint32
	z.sw.FS = &z.fs
	k.Lock()
	z.l = k.NewProc(a, &kern.Cred{})
	return z
}

// prepare makes the process what the case says.
func (z *Fuzzer) prepare(c *FuzzCase) {
	p := z.l.Proc
	for len(z.fs.files) < len(c.Files) {
		z.fs.files = append(z.fs.files, &fuzzVnode{})
	}
	z.fs.files = z.fs.files[:len(c.Files)]
	z.stamp++
	for i, v := range z.fs.files {
		// The text of the last case and the page cache still hold on to the old ones.
		if v.f != &c.Files[i] || v.refs != 0 {
			v = &fuzzVnode{key: mem.FileKey{Dev: 1 << 41, Ino: uint64(i + 1)}}
			z.fs.files[i] = v
		}
		v.f, v.stamp = &c.Files[i], z.stamp
	}
	z.fs.cwd = c.Cwd
	if p.Fd.Count() > 0 {
		p.Fd.CloseFrom(z.l, 0)
	}
	p.Cred = c.Cred.Clone()
	p.Flags &^= kern.PFSugid | kern.PFTraced
	if c.Traced {
		p.Flags |= kern.PFTraced
	}
	for _, lim := range []struct {
		which int
		cur   uint64
	}{{abi.RLIMIT_STACK, c.Stack}, {abi.RLIMIT_DATA, c.Data}, {abi.RLIMIT_NOFILE, c.Descr}} {
		p.PresetLimit(lim.which, abi.Rlimit{Cur: lim.cur, Max: max(lim.cur, p.Limits[lim.which].Max)})
	}
	z.sw.Profile = FindProfile(c.Kernel)
	z.sw.Pax = &c.Pax
	z.sw.FDScripts, z.sw.SetuidScripts = c.Scripts, c.Scripts
	z.pcg.Seed(c.Random, c.Random)
	z.Errno, z.Late = abi.OK, false
}

// Run runs a case; the result is nil if nothing is wrong.
func (z *Fuzzer) Run(c *FuzzCase) (found *Finding) {
	z.prepare(c)
	x := newExec(z.l)
	x.sw, x.spawn = z.sw, true
	z.x = x
	defer func() {
		if r := recover(); r != nil {
			found = &Finding{Kind: fmt.Sprintf("panic in %s", panicPlace(string(debug.Stack()))), Text: fmt.Sprintf("panic: %v\n%s", r, debug.Stack())}
		}
	}()
	p := z.l.Proc
	vm, cred, fds, emul, text, comm := p.VM, p.Cred, p.Fd.Count(), p.Emul, p.TextVnode, p.Comm
	var argv, envp Strings = fuzzStrings{c.Argv, c.ArgvFault}, fuzzStrings{c.Envp, c.EnvpFault}
	if c.NullArgv {
		argv = nil
	}
	path := c.Path
	if c.Fd >= 0 {
		path = ""
	}
	z.Errno = x.loadVM(path, c.Fd, argv, envp)
	if z.Errno != abi.OK {
		for i, v := range z.fs.files {
			if v.refs != 0 {
				return &Finding{"reference leaked before the point of no return", fmt.Sprintf("%s: %d references to file %d", z.Errno.Name(), v.refs, i)}
			}
		}
		if p.VM != vm || p.Cred != cred || p.Fd.Count() != fds || p.Emul != emul || p.TextVnode != text || p.Comm != comm {
			return &Finding{"process changed before the point of no return", z.Errno.Name()}
		}
		return z.checkErrno(c)
	}
	if f := z.checkPackage(c); f != nil {
		x.free()
		return f
	}
	if z.Errno = x.runProc(); z.Errno != abi.OK {
		z.Late = true
		if x.pack.Vp != nil || len(x.pack.VMCmds.Cmds) != 0 || x.pack.Flags&HasFD != 0 {
			return &Finding{"still held after the point of no return", z.Errno.Name()}
		}
		return z.checkErrno(c)
	}
	if f := z.checkProcess(c); f != nil {
		return f
	}
	if z.extra != nil {
		if s := z.extra(x); s != "" {
			return &Finding{s, s}
		}
	}
	return nil
}

// panicPlace finds the first function of ours below a panic.
func panicPlace(stack string) string {
	_, below, ok := strings.Cut(stack, "panic(")
	if !ok {
		below = stack
	}
	for _, line := range strings.Split(below, "\n") {
		if strings.HasPrefix(line, "nbemu/") {
			if i := strings.LastIndexByte(line, '('); i > 0 {
				line = line[:i]
			}
			return line
		}
	}
	return "?"
}

func (z *Fuzzer) checkErrno(c *FuzzCase) *Finding {
	if !slices.Contains(fuzzErrnos, z.Errno) {
		return &Finding{"undocumented errno " + z.Errno.Name(), z.Errno.Name()}
	}
	// Words cost more than the exec.
	if z.stamp%32 == 0 {
		if s := z.Explain(c); s == "" || strings.ContainsAny(s, "\n\r\x00") {
			return &Finding{"bad explanation", fmt.Sprintf("%q", s)}
		}
	}
	for i, v := range z.fs.files {
		if v.refs < 0 || v.refs > 3 {
			return &Finding{"references", fmt.Sprintf("%d references to file %d", v.refs, i)}
		}
	}
	return nil
}

// Explain is what nbemu would say about the last case.
func (z *Fuzzer) Explain(c *FuzzCase) string {
	if z.Errno == abi.OK {
		return "runs"
	}
	return z.x.err(c.Path, nil, z.Errno).Text
}

// Machine names the machine of the program that the process has become.
func (z *Fuzzer) Machine() string { return z.l.Proc.Arch.Name }

// Probes are the answers of the switch entries in the last case.
func (z *Fuzzer) Probes() []Probe { return z.x.pack.Record.Probes }

// maxFuzzFrames bounds the memory in use between cases: the page cache keeps some.
const maxFuzzFrames = 1 << 16

func (z *Fuzzer) checkPackage(c *FuzzCase) *Finding {
	epp := &z.x.pack
	switch {
	case epp.Entry < epp.VMMin || epp.Entry >= epp.VMMax:
		return &Finding{"entry point out of range", fmt.Sprintf("%#x", epp.Entry)}
	case len(epp.VMCmds.Cmds) > 6*elfMaxPhnum+3:
		return &Finding{"too many commands", fmt.Sprint(len(epp.VMCmds.Cmds))}
	case len(z.x.args.buf) > abi.ARG_MAX:
		return &Finding{"more than ARG_MAX", fmt.Sprint(len(z.x.args.buf))}
	case z.x.stack.Size() > max(c.Stack, c.Stack+epp.page()):
		return &Finding{"stack over the limit", fmt.Sprintf("%#x", z.x.stack.Size())}
	}
	return nil
}

// checkProcess looks at the new program as it would see itself.
func (z *Fuzzer) checkProcess(c *FuzzCase) *Finding {
	x, p := z.x, z.l.Proc
	m, s := p.Model(), x.stack
	bad := func(kind, format string, a ...any) *Finding { return &Finding{kind, fmt.Sprintf(format, a...)} }
	// Machines with instructions of two or four bytes leave the bits below out.
	if pc := z.l.Ctx.R[p.Arch.PC]; pc != x.pack.Entry && pc != x.pack.Entry&^1 && pc != x.pack.Entry&^3 {
		return bad("program counter", "%#x, entry %#x", pc, x.pack.Entry)
	}
	// Machines whose functions find a frame of their caller's begin with one below the arguments.
	const firstFrame = 256
	if sp := z.l.Ctx.R[p.Arch.SP] + p.Arch.StackBias; sp > s.Base || s.Base-sp > firstFrame || s.Base+s.Size() != x.pack.MinSaddr {
		return bad("stack pointer", "%#x, base %#x", sp, s.Base)
	}
	argc, err := z.l.CopyinWord(s.Base)
	if err != abi.OK || argc != uint64(x.args.argc) {
		return bad("argc", "%d, want %d: %v", argc, x.args.argc, err)
	}
	var ps abi.PsStrings
	if err := z.l.CopyinStruct(p.PsStrings, &ps); err != abi.OK || int(ps.Nargv) != x.args.argc || int(ps.Nenv) != x.args.envc {
		return bad("ps_strings", "%+v: %v", ps, err)
	}
	a := &args{}
	n, err := a.copyin(GuestStrings{p.VM, m, uint64(ps.Argv)}, 0)
	if err == abi.OK && n == x.args.argc {
		n, err = a.copyin(GuestStrings{p.VM, m, uint64(ps.Envp)}, 0)
	}
	if err != abi.OK || string(a.buf) != string(x.args.buf) {
		return bad("strings", "%d strings, %v", n, err)
	}
	if cr := p.Cred; cr.Svuid != cr.Euid || cr.Svgid != cr.Egid || cr.Ruid != c.Cred.Ruid || cr.Rgid != c.Cred.Rgid {
		return bad("credentials", "%+v", *cr)
	}
	if cr := p.Cred; (cr.Euid != c.Cred.Euid || cr.Egid != c.Cred.Egid) && (c.Traced || p.Flags&kern.PFSugid == 0) {
		return bad("set-id", "%+v", *cr)
	}
	for i, v := range z.fs.files {
		// The process's text, the page cache, a script's descriptor.
		if v.refs < 0 || v.refs > 3 {
			return bad("references", "%d references to file %d", v.refs, i)
		}
	}
	if n := mem.InUse(); n > maxFuzzFrames {
		return bad("frames", "%d in use", n)
	}
	return nil
}

// Outcome is a number for how the last case went, as far as exec can be seen from outside: cases with new ones are
// worth changing further.
func (z *Fuzzer) Outcome() uint64 {
	h := fnv.New64a()
	epp := &z.x.pack
	fmt.Fprint(h, z.Errno, z.Late, epp.Flags, min(len(epp.Record.VMCmds), 12), len(epp.Record.Notes) > 0, epp.Record.Truncated != "", epp.PaxFlags, epp.OSVersion != 0)
	for _, p := range epp.Record.Probes {
		fmt.Fprint(h, p.Entry, p.Errno, p.depth)
	}
	if f := z.x.failed; f != nil {
		fmt.Fprint(h, f.cmd.Proc, f.why[:min(len(f.why), 12)])
	}
	return h.Sum64()
}
