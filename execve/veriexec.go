package execve

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strings"
	"sync"

	"nbemu/abi"
	"nbemu/mem"
)

// Strict levels of veriexec.
const (
	VeriexecLearning = iota // nothing is refused
	VeriexecIDS             // what does not match is not run, what is monitored is not removed
	VeriexecIPS             // nothing without a fingerprint is run, monitored files are not written
	VeriexecLockdown        // nothing without a fingerprint is even opened
)

// VeriexecType says how a monitored file may be used.
type VeriexecType uint8

const (
	VeriexecDirect    VeriexecType = 1 << iota // as a program
	VeriexecIndirect                           // as the interpreter of a script
	VeriexecFile                               // as data
	VeriexecUntrusted                          // to be read again each time
)

// Veriexec is the table of monitored files with their fingerprints.
type Veriexec struct {
	Strict int
	Report func(msg string) // gets alarms

	mu   sync.Mutex
	ents map[mem.FileKey]*veriexecEntry
}

type veriexecEntry struct {
	path   string
	typ    VeriexecType
	hash   func() hash.Hash
	fp     []byte
	status fpStatus
}

type fpStatus uint8

const (
	fpNotEval fpStatus = iota
	fpValid
	fpNoMatch
)

// VeriexecLine is a line of a fingerprint file (signatures(5)).
type VeriexecLine struct {
	Path string
	Type VeriexecType
	hash func() hash.Hash
	fp   []byte
}

var fingerprints = map[string]func() hash.Hash{
	"SHA256": sha256.New, "SHA384": sha512.New384, "SHA512": sha512.New, "SHA1": sha1.New, "MD5": md5.New,
}

var veriexecTypes = map[string]VeriexecType{
	"direct": VeriexecDirect, "program": VeriexecDirect, "indirect": VeriexecIndirect, "interpreter": VeriexecIndirect,
	"file": VeriexecFile, "library": VeriexecFile, "untrusted": VeriexecUntrusted,
}

// ParseVeriexec reads a fingerprint file: path, kind of fingerprint, fingerprint, and flags, which are "direct"
// if there are none. Blanks in paths are escaped with a backslash. Errors name the line.
func ParseVeriexec(r io.Reader) ([]VeriexecLine, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	var out []VeriexecLine
	for i, line := range strings.Split(string(b), "\n") {
		f := veriexecWords(line)
		if len(f) == 0 {
			continue
		}
		if len(f) < 3 || len(f) > 4 {
			return nil, fmt.Errorf("line %d: not path, type, fingerprint and flags", i+1)
		}
		v := VeriexecLine{Path: f[0], Type: VeriexecDirect, hash: fingerprints[strings.ToUpper(f[1])]}
		if v.hash == nil {
			return nil, fmt.Errorf("line %d: fingerprints of type %q are not known", i+1, f[1])
		}
		if v.fp, err = hex.DecodeString(f[2]); err != nil || len(v.fp) != v.hash().Size() {
			return nil, fmt.Errorf("line %d: the fingerprint is not one of %s", i+1, f[1])
		}
		if len(f) == 4 {
			v.Type = 0
			for _, name := range strings.Split(f[3], ",") {
				t, ok := veriexecTypes[strings.ToLower(name)]
				if !ok {
					return nil, fmt.Errorf("line %d: unknown flag %q", i+1, name)
				}
				v.Type |= t
			}
			if v.Type&^VeriexecUntrusted == 0 {
				v.Type |= VeriexecDirect
			}
		}
		out = append(out, v)
	}
	return out, nil
}

// veriexecWords splits a line at blanks that are not escaped; '#' begins a comment.
func veriexecWords(line string) (out []string) {
	word, in := "", false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && i+1 < len(line):
			i++
			word, in = word+string(line[i]), true
		case c == '#':
			i = len(line)
		case c == ' ' || c == '\t' || c == '\r':
			if in {
				out, word, in = append(out, word), "", false
			}
		default:
			word, in = word+string(c), true
		}
	}
	if in {
		out = append(out, word)
	}
	return out
}

// Add has a file monitored.
func (v *Veriexec) Add(key mem.FileKey, line VeriexecLine) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.ents == nil {
		v.ents = map[mem.FileKey]*veriexecEntry{}
	}
	v.ents[key] = &veriexecEntry{path: line.Path, typ: line.Type, hash: line.hash, fp: line.fp}
}

// Verify reports whether a file may be used as flag says (veriexec_verify). Errors: EPERM, EIO.
func (v *Veriexec) Verify(f mem.Backing, name string, flag VeriexecType) abi.Errno {
	v.mu.Lock()
	defer v.mu.Unlock()
	e := v.ents[f.Key()]
	if e == nil {
		if v.Strict >= VeriexecLockdown || v.Strict >= VeriexecIPS && flag != VeriexecFile {
			v.report("No entry.", name)
			return abi.EPERM
		}
		return abi.OK
	}
	if e.status == fpNotEval || e.typ&VeriexecUntrusted != 0 {
		if err := e.evaluate(f); err != abi.OK {
			v.report("Fingerprint calculation error.", e.path)
			return err
		}
	}
	if e.typ&flag == 0 {
		v.report("Incorrect access type.", e.path)
		if v.Strict >= VeriexecIPS {
			return abi.EPERM
		}
	}
	if e.status == fpNoMatch {
		v.report("Mismatch.", e.path)
		if v.Strict >= VeriexecIDS {
			return abi.EPERM
		}
	}
	return abi.OK
}

func (e *veriexecEntry) evaluate(f mem.Backing) abi.Errno {
	size, err := f.Size()
	h := e.hash()
	if err == nil {
		_, err = io.Copy(h, io.NewSectionReader(f, 0, size))
	}
	if err != nil {
		return abi.EIO
	}
	e.status = fpNoMatch
	if bytes.Equal(h.Sum(nil), e.fp) {
		e.status = fpValid
	}
	return abi.OK
}

func (v *Veriexec) report(msg, name string) {
	if v.Report != nil {
		v.Report(fmt.Sprintf("Veriexec: %s [%s]", msg, quote(name)))
	}
}

// OpenCheck judges an open (veriexec_openchk); f is nil for a file to be made. Error: EPERM.
func (v *Veriexec) OpenCheck(f mem.Backing, name string, write bool) abi.Errno {
	if f == nil {
		if v.Strict >= VeriexecLockdown {
			return abi.EPERM
		}
		return abi.OK
	}
	if err := v.Verify(f, name, VeriexecFile); err != abi.OK || !write {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	e := v.ents[f.Key()]
	if e == nil {
		return abi.OK
	}
	v.report("Write access request.", e.path)
	if v.Strict >= VeriexecIPS {
		return abi.EPERM
	}
	// What it is will be seen when it is used next.
	e.status = fpNotEval
	return abi.OK
}

// RemoveCheck judges the removal of a file (veriexec_removechk). Error: EPERM.
func (v *Veriexec) RemoveCheck(key mem.FileKey) abi.Errno {
	v.mu.Lock()
	defer v.mu.Unlock()
	e := v.ents[key]
	if e == nil {
		if v.Strict >= VeriexecLockdown {
			return abi.EPERM
		}
		return abi.OK
	}
	v.report("Remove request.", e.path)
	if v.Strict >= VeriexecIDS {
		return abi.EPERM
	}
	delete(v.ents, key)
	return abi.OK
}

// RenameCheck judges a rename; to is what the new name stands for now, or nil (veriexec_renamechk). Error: EPERM.
func (v *Veriexec) RenameCheck(from mem.FileKey, to *mem.FileKey) abi.Errno {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.Strict >= VeriexecLockdown {
		return abi.EPERM
	}
	known := v.ents[from] != nil || to != nil && v.ents[*to] != nil
	if !known {
		return abi.OK
	}
	if v.Strict >= VeriexecIPS {
		return abi.EPERM
	}
	if to != nil {
		delete(v.ents, *to)
	}
	return abi.OK
}
