package all

import (
	"encoding/json"
	"testing"

	"nbemu/arch"
	"nbemu/cpu"
	"nbemu/execve"
)

// FuzzExec runs the exec path on cases of all machines, which Go's fuzzing engine changes by what of the path they reach:
//
//	go test ./arch/all -run '^$' -fuzz FuzzExec -parallel 2
func FuzzExec(f *testing.F) {
	var entries []*execve.ExecSwitch
	var machines []*cpu.Arch
	for _, p := range arch.Ports() {
		entries = append(entries, p.Execsw(true)...)
		machines = append(machines, p.Arch)
	}
	seeds := execve.FuzzSeeds(machines...)
	z := execve.NewFuzzer(arch.ByName("amd64").Arch, entries...)
	ran := map[string]bool{}
	for i := range seeds {
		f.Add(uint16(i), []byte{})
		f.Add(uint16(i), []byte{byte(i), 0, 0, 128, byte(i >> 3), 7, byte(i), 200, 64})
		if found := z.Run(seeds[i]); found != nil {
			f.Errorf("seed %d: %+v", i, *found)
		} else if z.Errno == 0 {
			ran[z.Machine()] = true
		}
	}
	for _, a := range machines {
		if !ran[a.Name] {
			f.Errorf("no seed for %s runs", a.Name)
		}
	}
	f.Fuzz(func(t *testing.T, seed uint16, choices []byte) {
		if len(choices) > 256 {
			return
		}
		c := seeds[int(seed)%len(seeds)].Clone()
		c.MutateBy(choices)
		if found := z.Run(c); found != nil {
			b, err := json.Marshal(map[string]any{"Finding": found, "Case": c})
			t.Errorf("%s\n%s\nfor nbemu fuzz exec -replay: %s %v", found.Kind, found.Text, b, err)
		}
	})
}
