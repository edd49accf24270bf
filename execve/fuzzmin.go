package execve

import (
	"bytes"
	"reflect"
	"slices"

	"nbemu/kern"
)

// Minimize makes a case with a finding smaller, as long as it has a finding of the same kind.
func (z *Fuzzer) Minimize(c *FuzzCase, kind string) *FuzzCase {
	tries := 0
	try := func(change func(d *FuzzCase)) bool {
		d := c.Clone()
		change(d)
		if tries++; tries > 20000 || reflect.DeepEqual(c, d) {
			return false
		}
		if f := z.Run(d); f == nil || f.Kind != kind {
			return false
		}
		c = d
		return true
	}
	for progress := true; progress; {
		progress = false
		for _, change := range []func(d *FuzzCase){
			func(d *FuzzCase) { d.Argv = d.Argv[:len(d.Argv)/2] },
			func(d *FuzzCase) { d.Envp = d.Envp[:len(d.Envp)/2] },
			func(d *FuzzCase) { d.Files = d.Files[:max(len(d.Files)-1, 1)] },
			func(d *FuzzCase) { d.ArgvFault, d.EnvpFault, d.NullArgv = false, false, false },
			func(d *FuzzCase) { d.Traced, d.Scripts, d.Pax = false, false, Pax{} },
			func(d *FuzzCase) { d.Kernel = NetBSD10.Name },
			func(d *FuzzCase) { d.Cred = kern.Cred{Ruid: 10, Euid: 10, Svuid: 10, Rgid: 20, Egid: 20, Svgid: 20} },
			func(d *FuzzCase) { d.Stack, d.Data, d.Descr, d.Random = 2<<20, 256<<20, 64, 1 },
			func(d *FuzzCase) { d.Path, d.Fd, d.Cwd = "/x", -1, "/" },
		} {
			progress = try(change) || progress
		}
		for _, list := range []func(d *FuzzCase) [][]byte{func(d *FuzzCase) [][]byte { return d.Argv }, func(d *FuzzCase) [][]byte { return d.Envp }} {
			for i := range list(c) {
				progress = try(func(d *FuzzCase) { list(d)[i] = list(d)[i][:len(list(d)[i])/2] }) || progress
			}
		}
		for i := 0; i < len(c.Files); i++ {
			progress = try(func(d *FuzzCase) { d.Files[i].Size = 0 }) || progress
			for try(func(d *FuzzCase) { f := &d.Files[i]; f.Data = f.Data[:len(f.Data)/2] }) {
				progress = true
			}
			for try(func(d *FuzzCase) { f := &d.Files[i]; f.Data = f.Data[:max(len(f.Data)-len(f.Data)/8, 0)] }) {
				progress = true
			}
			// What does not matter becomes zeros.
			for n := len(c.Files[i].Data); n > 0; n /= 2 {
				for at := 0; at < len(c.Files[i].Data); at += n {
					try(func(d *FuzzCase) {
						b := d.Files[i].Data
						end := min(at+n, len(b))
						if bytes.Count(b[at:end], []byte{0}) == end-at {
							return
						}
						b = slices.Clone(b)
						clear(b[at:end])
						d.Files[i].Data = b
					})
				}
			}
		}
	}
	return c
}
