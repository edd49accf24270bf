package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nbemu/arch"
	"nbemu/arch/amd64"
	"nbemu/cpu"
	"nbemu/execve"
	"nbemu/machine"
)

// seedMost is how large a file may be that is changed at random, in bytes.
const seedMost = 16 << 20

// portOf finds a port by the name of its machine, or nil.
func portOf(name string) *arch.Port {
	ports := arch.Ports()
	if i := slices.IndexFunc(ports, func(p *arch.Port) bool { return p.Arch.Name == name }); i >= 0 {
		return ports[i]
	}
	return nil
}

// check says what is wrong with flags.
func (o *fuzzOptions) check() error {
	for _, r := range []string{o.kernel, o.against} {
		if r != "" && !slices.Contains(machine.Releases(), r) {
			return fmt.Errorf("%s is no release: %s", r, strings.Join(machine.Releases(), ", "))
		}
	}
	for _, m := range []string{o.machine, o.againstMachine} {
		if m != "" && portOf(m) == nil {
			return fmt.Errorf("%s is no machine: %s", m, strings.Join(machine.Machines(), ", "))
		}
	}
	if o.against != "" && o.againstMachine != "" {
		return errors.New("-against and -against-machine are two questions")
	}
	if o.against != "" && o.kernel == "" {
		return errors.New("-against says nothing without -kernel")
	}
	if o.againstMachine != "" && o.machine == "" {
		return errors.New("-against-machine says nothing without -machine")
	}
	return nil
}

// fuzzerOf makes a fuzzer with the exec switch of a port; "" is that of all.
func fuzzerOf(name string) *execve.Fuzzer {
	if p := portOf(name); p != nil {
		return execve.NewFuzzer(p.Arch, p.Execsw(true)...)
	}
	var entries []*execve.ExecSwitch
	for _, p := range arch.Ports() {
		entries = append(entries, p.Execsw(true)...)
	}
	return execve.NewFuzzer(amd64.Arch, entries...)
}

// corpus are the cases to begin with: the user's files, or made ones. Error: of a file, or there is none.
func (o *fuzzOptions) corpus() ([]*execve.FuzzCase, error) {
	if len(o.seeds) == 0 {
		var machines []*cpu.Arch
		for _, p := range arch.Ports() {
			if p.Arch.Name == o.machine || p.Arch.Name == o.againstMachine || o.machine == "" {
				machines = append(machines, p.Arch)
			}
		}
		return execve.FuzzSeeds(machines...), nil
	}
	release := o.kernel
	if release == "" {
		release = machine.DefaultRelease
	}
	var out []*execve.FuzzCase
	for _, s := range o.seeds {
		err := filepath.WalkDir(s, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			if i, err := d.Info(); err != nil || i.Size() > seedMost {
				return err
			}
			b, err := os.ReadFile(path)
			if err == nil {
				out = append(out, execve.FuzzSeed(release, b, nil))
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if len(out) == 0 {
		return nil, errors.New("there is no file to begin with")
	}
	return out, nil
}

// differ returns what runs a case twice: under the two releases, or on the two machines. Where the answers differ is a
// finding, if each is right by itself.
func (o *fuzzOptions) differ(z *execve.Fuzzer) func(c *execve.FuzzCase) *execve.Finding {
	other := z
	if o.againstMachine != "" {
		other = fuzzerOf(o.againstMachine)
	}
	return func(c *execve.FuzzCase) *execve.Finding {
		d := c.Clone()
		names := [2]string{o.machine, o.againstMachine}
		if o.against != "" {
			names = [2]string{o.kernel, o.against}
			d.Kernel = o.against
		}
		// z is run last: its outcome is what the caller looks at.
		if f := other.Run(d); f != nil {
			return f
		}
		there, why := other.Errno, other.Explain(d)
		if f := z.Run(c); f != nil {
			return f
		}
		if z.Errno == there {
			return nil
		}
		return &execve.Finding{Kind: fmt.Sprintf("%s answers %s, %s %s", names[0], z.Errno.Name(), names[1], there.Name()),
			Text: fmt.Sprintf("%s: %s\n%s: %s", names[0], z.Explain(c), names[1], why)}
	}
}

// keepFiles writes the files of a case as they are, and the commands that repeat it.
func keepFiles(dir, record string, o *fuzzOptions, c *execve.FuzzCase) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, f := range c.Files {
		name := filepath.Join(dir, strings.ReplaceAll(strings.Trim(f.Path, "/"), "/", "_"))
		if name == filepath.Clean(dir) {
			continue
		}
		if err := os.WriteFile(name, f.Data, 0o666); err != nil {
			return err
		}
		if err := os.Chmod(name, fs.FileMode(f.Mode&0o777)); err != nil {
			return err
		}
		if f.Size > int64(len(f.Data)) {
			if err := os.Truncate(name, f.Size); err != nil {
				return err
			}
		}
	}
	return os.WriteFile(filepath.Join(dir, "repeat.sh"), []byte(repeatScript(record, o, c)), 0o777)
}

// repeatScript are the commands that show a case again, from any directory: with this nbemu, or that of $NBEMU.
func repeatScript(record string, o *fuzzOptions, c *execve.FuzzCase) string {
	self, err := os.Executable()
	if err != nil {
		self = "nbemu"
	}
	flags, releases := "", []string{c.Kernel}
	for _, f := range [][2]string{{"machine", o.machine}, {"against-machine", o.againstMachine}} {
		if f[1] != "" {
			flags += " -" + f[0] + " " + f[1]
		}
	}
	if o.against != "" {
		flags += " -kernel " + c.Kernel + " -against " + o.against
		releases = append(releases, o.against)
	}
	text := fmt.Sprintf("#!/bin/sh\nnbemu=${NBEMU:-%s}\ncd \"$(dirname \"$0\")\" || exit\n", quoteWord(self))
	text += fmt.Sprintf("# The whole case, with its arguments, limits and credentials:\n\"$nbemu\" fuzz exec%s -replay %s\n",
		flags, quoteWord("../"+filepath.Base(record)))
	text += "# What exec decides of the file alone:\n"
	for _, r := range releases {
		text += fmt.Sprintf("\"$nbemu\" exec -n -kernel %s ./x\n", r)
	}
	return text
}
