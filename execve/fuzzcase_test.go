package execve

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"nbemu/abi"
	"nbemu/cpu"
	"nbemu/cpu/cputest"
	"nbemu/kern"
)

var fuzzARM64, fuzzARM = func() (cpu.Arch, cpu.Arch) {
	arm64, arm := *cputest.AMD64, *cputest.I386
	arm64.Name, arm64.ELFMachine = "aarch64", 183
	arm.Name, arm.ELFMachine, arm.Model, arm.StackAlign = "arm", 40, abi.ILP32LE, 8
	return arm64, arm
}()

func fuzzSeeds() []*FuzzCase { return FuzzSeeds(cputest.AMD64, cputest.I386, &fuzzARM64, &fuzzARM) }

// fuzzer makes a fuzzer for a test.
func fuzzer(t testing.TB) *Fuzzer {
	i386 := &kern.Emul{Name: "netbsd", Arch: cputest.I386, Setregs: testSetregs, Sigcode: []byte{0xcc}}
	entries := []*ExecSwitch{AoutEntry(i386)}
	for _, e := range []*kern.Emul{testAMD64, i386, {Name: "netbsd", Arch: &fuzzARM64, Setregs: testSetregs},
		{Name: "netbsd", Arch: &fuzzARM, Setregs: testSetregs}} {
		entries = append(entries, NetBSDElf(e, true)...)
	}
	z := NewFuzzer(cputest.AMD64, entries...)
	t.Cleanup(z.sw.K.Unlock)
	return z
}

// Nothing is found, and a case kept in a file goes the same way again.
func TestFuzzCases(t *testing.T) {
	z := fuzzer(t)
	r := rand.New(rand.NewPCG(5, 0))
	seeds := fuzzSeeds()
	ran := 0
	for _, c := range seeds {
		if f := z.Run(c); f != nil {
			t.Errorf("%+v", f)
		}
		if z.Errno == 0 {
			ran++
		}
	}
	if ran < len(seeds)/2 {
		t.Errorf("%d of %d seeds run", ran, len(seeds))
	}
	for i := range 4000 {
		c := seeds[i%len(seeds)].Clone()
		c.Mutate(r)
		if f := z.Run(c); f != nil {
			t.Fatalf("%+v", f)
		}
		if i%50 != 0 {
			continue
		}
		err, late, outcome := z.Errno, z.Late, z.Outcome()
		b, herr := json.Marshal(c)
		if herr != nil {
			t.Fatal(herr)
		}
		var d FuzzCase
		if herr := json.Unmarshal(b, &d); herr != nil {
			t.Fatal(herr)
		}
		if f := z.Run(&d); f != nil || z.Errno != err || z.Late != late || z.Outcome() != outcome {
			t.Errorf("%v: %v %v, was %v %v", f, z.Errno, z.Late, err, late)
		}
	}
}

// A planted mistake, and one that panics, are found and made small.
func TestFuzzFinds(t *testing.T) {
	z := fuzzer(t)
	for _, kind := range []string{"planted", "panic in nbemu/execve.TestFuzzFinds.func2"} {
		z.extra = func(x *execData) string {
			if x.pack.Attr.Mode&0o4000 != 0 && len(x.stack.Args()) > 2 {
				if kind == "planted" {
					return kind
				}
				panic("planted")
			}
			return ""
		}
		r := rand.New(rand.NewPCG(1, 0))
		seeds := fuzzSeeds()
		var found *Finding
		var c *FuzzCase
		for range 200000 {
			c = seeds[r.IntN(len(seeds))].Clone()
			c.Mutate(r)
			if found = z.Run(c); found != nil {
				break
			}
		}
		if found == nil || !strings.HasPrefix(found.Kind, kind[:7]) {
			t.Fatalf("%s: %+v", kind, found)
		}
		before := len(c.Files[0].Data)
		d := z.Minimize(c, found.Kind)
		if f := z.Run(d); f == nil || f.Kind != found.Kind {
			t.Fatalf("%s: the small case gives %+v", kind, f)
		}
		if len(d.Files) > 2 || len(d.Files[0].Data) > before || len(d.Envp) != 0 || len(d.Argv) > 3 {
			t.Errorf("%s: %d files, %d bytes, %q %q", kind, len(d.Files), len(d.Files[0].Data), d.Argv, d.Envp)
		}
		if reflect.DeepEqual(c, d) {
			t.Error("nothing became smaller")
		}
	}
}

// BenchmarkFuzz is what a case costs, with making it.
func BenchmarkFuzz(b *testing.B) {
	z := fuzzer(b)
	r := rand.New(rand.NewPCG(1, 0))
	seeds := fuzzSeeds()
	b.ReportAllocs()
	for b.Loop() {
		c := seeds[r.IntN(len(seeds))].Clone()
		c.Mutate(r)
		if f := z.Run(c); f != nil {
			b.Fatal(f)
		}
		z.Outcome()
	}
}
