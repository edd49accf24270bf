package execve

import (
	"encoding/json"
	"fmt"

	"nbemu/kern"
)

// The JSON form of a report has addresses as numbers and everything else by the names that the text form uses.
type (
	jsonReport struct {
		Path      string      `json:"path,omitempty"`
		Entry     string      `json:"entry,omitempty"`
		Emul      string      `json:"emulation,omitempty"`
		Kernel    string      `json:"kernel"`
		Probes    []jsonProbe `json:"probes"`
		Notes     []string    `json:"notes,omitempty"`
		VMCmds    []jsonVMCmd `json:"vmcmds,omitempty"`
		Map       []string    `json:"map,omitempty"`
		Argv      []string    `json:"argv,omitempty"`
		Envp      []string    `json:"envp,omitempty"`
		Auxv      []jsonAux   `json:"auxv,omitempty"`
		Stack     []StackPart `json:"stack,omitempty"`
		PsStrings uint64      `json:"psStrings,omitempty"`
		Registers []Reg       `json:"registers,omitempty"`
		Cred      *kern.Cred  `json:"credentials,omitempty"`
	}
	jsonProbe struct {
		Entry string `json:"entry"`
		File  string `json:"file"`
		Errno string `json:"errno"`
		Why   string `json:"why,omitempty"`
	}
	jsonVMCmd struct {
		Proc   string `json:"proc"`
		Addr   uint64 `json:"addr"`
		Len    uint64 `json:"len"`
		Prot   string `json:"prot"`
		File   string `json:"file,omitempty"`
		Offset uint64 `json:"offset"`
		Flags  uint8  `json:"flags"`
	}
	jsonAux struct {
		Type  uint32 `json:"type"`
		Name  string `json:"name"`
		Value uint64 `json:"value"`
	}
)

// MarshalJSON is the report for programs.
func (r *Report) MarshalJSON() ([]byte, error) {
	j := jsonReport{Path: r.Path, Entry: r.Entry, Emul: r.Emul, Kernel: r.Profile, Probes: []jsonProbe{}, Notes: r.Notes, Map: r.Maps, Registers: r.Regs}
	if r.Truncated != "" {
		j.Notes = append(j.Notes, r.Truncated)
	}
	for _, p := range r.Probes {
		j.Probes = append(j.Probes, jsonProbe{p.Entry, p.File, p.Errno.Name(), p.Why})
	}
	for _, c := range r.VMCmds {
		v := jsonVMCmd{Proc: c.Proc.String(), Addr: c.Addr, Len: c.Len, Prot: protString(c.Prot), Offset: c.Offset, Flags: uint8(c.Flags)}
		if c.Vp != nil {
			v.File = c.Vp.Path()
		}
		j.VMCmds = append(j.VMCmds, v)
	}
	for _, a := range r.Auxv {
		j.Auxv = append(j.Auxv, jsonAux{a.Type, auxName(a.Type), uint64(a.Value)})
	}
	if s := r.Stack; s != nil {
		j.Argv, j.Envp, j.PsStrings, j.Stack = s.Args(), s.Env(), s.PsStrings, s.Picture(r.Auxv)
	}
	if r.Entry != "" {
		j.Cred = &r.Cred
	}
	b, err := json.Marshal(j)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return b, nil
}
