package kern

import (
	"bytes"

	"nbemu/abi"
	"nbemu/mem"
)

// ProcArgs returns the arguments of a process, or its environment: each string with its NUL, as far as limit bytes
// have room (copy_procargs). Errors: EINVAL for a process that has none, EFAULT, EIO.
func (p *Proc) ProcArgs(env bool, limit uint64) ([]byte, abi.Errno) {
	vec, n, err := p.ArgVector(env)
	if err != abi.OK {
		return nil, err
	}
	return p.ProcStrings(vec, n, limit)
}

// ArgVector finds argv or envp through ps_strings.
func (p *Proc) ArgVector(env bool) (vec uint64, n int32, err abi.Errno) {
	if p.VM == nil || p.Zombie || p.PsStrings == 0 {
		return 0, 0, abi.EINVAL
	}
	var ps abi.PsStrings
	m := p.Model()
	b := make([]byte, m.Sizeof(ps))
	if err := p.VM.Copyin(b, p.PsStrings); err != abi.OK {
		return 0, 0, err
	}
	m.Unmarshal(b, &ps)
	if env {
		return uint64(ps.Envp), ps.Nenv, abi.OK
	}
	return uint64(ps.Argv), ps.Nargv, abi.OK
}

// ProcStrings reads the n strings of a vector in another process. A program may have shortened its own vector: a
// NULL ends it.
func (p *Proc) ProcStrings(vec uint64, n int32, limit uint64) ([]byte, abi.Errno) {
	if n < 0 {
		return nil, abi.EIO
	}
	m := p.Model()
	word := make([]byte, m.PtrSize)
	var out []byte
	for ; n > 0 && uint64(len(out)) < limit; n-- {
		if err := p.VM.Copyin(word, vec); err != abi.OK {
			return nil, err
		}
		vec += uint64(m.PtrSize)
		va := m.Ptr(word)
		if va == 0 {
			break
		}
		s, err := readString(p.VM, va, limit-uint64(len(out)))
		if err != abi.OK {
			return nil, err
		}
		out = append(out, s...)
	}
	return out, abi.OK
}

// readString reads a string with its NUL, or as much of it as limit allows.
func readString(vm *mem.Space, va, limit uint64) (s []byte, err abi.Errno) {
	var page [mem.PageSize]byte
	for uint64(len(s)) < min(limit, ArgMax) {
		b := page[:min(mem.PageSize-va%mem.PageSize, limit-uint64(len(s)))]
		if err = vm.Copyin(b, va); err != abi.OK {
			return nil, err
		}
		if i := bytes.IndexByte(b, 0); i >= 0 {
			return append(s, b[:i+1]...), abi.OK
		}
		s = append(s, b...)
		va += uint64(len(b))
	}
	return s, abi.OK
}
