// Package kdump reads the files that ktrace(2) writes and prints them as NetBSD's kdump(1) does. It reads those of every
// machine: byte order, width and version of the records are found from the file.
//
// It is a part of nbemu and not for other modules.
package kdump

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"nbemu/abi"
)

// Record is one record of a file.
type Record struct {
	Type    int
	PID     int32
	LWP     int32 // 0 in files of version 0, which do not say
	Comm    string
	Sec     int64
	Nsec    int64
	Data    []byte
	Version int
}

// File is a file under way.
type File struct {
	r     *bufio.Reader
	Model *abi.Model
	// Reg is the size of register_t in bytes; 0 as long as no record has shown it.
	Reg     int
	version int
}

// ErrFormat is the error for what is no file of ktrace's.
var ErrFormat = errors.New("not a trace file of ktrace(2)")

// models are the layouts that records come in. Those of other machines are the same as far as records go.
var models = []*abi.Model{abi.LP64LE, abi.LP64BE, abi.ILP32LE, abi.ILP32BE, abi.ILP32LEi386}

// probe is how much of a file is looked at to find its layout.
const probe = 1 << 20

// Open finds out what a file looks like. Error: ErrFormat, or that of reading.
func Open(r io.Reader) (*File, error) {
	b := bufio.NewReaderSize(r, probe)
	head, err := b.Peek(probe)
	if err != nil && err != io.EOF {
		return nil, err
	}
	whole := err == io.EOF
	for _, m := range models {
		for version := range 3 {
			f := &File{r: b, Model: m, version: version}
			if f.fits(head, whole) {
				return f, nil
			}
		}
	}
	return nil, ErrFormat
}

// fits reports whether all of head are records of this layout, the last of which may be cut off.
func (f *File) fits(head []byte, whole bool) bool {
	n := 0
	for ; len(head) > 0; n++ {
		size := f.headerSize()
		if len(head) < size {
			break
		}
		rec, length, ok := f.header(head)
		if !ok {
			return false
		}
		if len(head)-size < length {
			break
		}
		if !f.plausible(rec.Type, head[size:size+length]) {
			return false
		}
		head = head[size+length:]
	}
	return n > 0 || whole && len(head) == 0
}

// plausible holds a record's length against the structures of the layout.
func (f *File) plausible(typ int, b []byte) bool {
	m := f.Model
	switch typ {
	case abi.KTR_SYSCALL:
		return len(b) >= 8 && int(int32(m.Uint(b[4:], 4))) == len(b)-8
	case abi.KTR_SYSRET:
		size, wide := m.Sizeof(abi.KtrSysret{}), m.Sizeof(abi.KtrSysret64{})
		if m.LP64() {
			wide = size
		}
		if len(b) != size && len(b) != wide {
			return false
		}
		f.Reg = (len(b) - 8) / 2
	case abi.KTR_PSIG:
		n := m.Sizeof(abi.KtrPsig{})
		return len(b) == n || len(b) == f.siginfoAt()+abi.SiginfoSize
	case abi.KTR_CSW, abi.KTR_EXEC_FD:
		return len(b) == 8
	}
	return true
}

// siginfoAt is where the siginfo_t of a KTR_PSIG record is.
func (f *File) siginfoAt() int {
	n, a := f.Model.Sizeof(abi.KtrPsig{}), f.Model.Alignof(uint64(0))
	return (n + a - 1) &^ (a - 1)
}

func (f *File) headerSize() int {
	m := f.Model
	n := m.Sizeof(abi.KtrHeader{})
	if f.version == 2 {
		return n + m.Sizeof(abi.KtrPart2{})
	}
	return n + max(m.Sizeof(abi.KtrPart0{}), m.Sizeof(abi.KtrPart1{}))
}

// maxRecord is more than any kernel writes in one record.
const maxRecord = 64 << 20

// header reads a header, and reports whether it can be one.
func (f *File) header(b []byte) (r Record, length int, ok bool) {
	m := f.Model
	var h abi.KtrHeader
	m.Unmarshal(b, &h)
	rest := b[m.Sizeof(h):]
	r = Record{Type: int(h.TypeVersion & 0xffff), Version: int(h.TypeVersion >> 16), PID: h.Pid}
	switch f.version {
	case 0:
		var p abi.KtrPart0
		m.Unmarshal(rest, &p)
		r.Sec, r.Nsec = int64(p.Sec), int64(p.Usec)*1000
	case 1:
		var p abi.KtrPart1
		m.Unmarshal(rest, &p)
		r.Sec, r.Nsec, r.LWP = int64(p.Sec), int64(p.Nsec), p.Lid
	case 2:
		var p abi.KtrPart2
		m.Unmarshal(rest, &p)
		r.Sec, r.Nsec, r.LWP = p.Time.Sec, int64(p.Time.Nsec), p.Lid
	}
	for i, c := range h.Comm {
		if c == 0 {
			r.Comm = string(h.Comm[:i])
			break
		}
		if i == len(h.Comm)-1 {
			return r, 0, false
		}
	}
	ok = r.Version == f.version && r.Type >= abi.KTR_SYSCALL && r.Type <= abi.KTR_EXEC_FD &&
		h.Len >= 0 && h.Len <= maxRecord && h.Pid >= 0 && r.Nsec >= 0 && r.Nsec < 1e9 && r.Sec >= 0 && r.Sec < 1<<34
	return r, int(h.Len), ok
}

// Next returns the next record; its data is good until the one after. Errors: io.EOF at the end,
// io.ErrUnexpectedEOF in the middle of a record, ErrFormat.
func (f *File) Next() (*Record, error) {
	b := make([]byte, f.headerSize())
	if _, err := io.ReadFull(f.r, b); err != nil {
		return nil, err
	}
	r, length, ok := f.header(b)
	if !ok {
		return nil, fmt.Errorf("%w: a record's header makes no sense", ErrFormat)
	}
	r.Data = make([]byte, length)
	if _, err := io.ReadFull(f.r, r.Data); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	if !f.plausible(r.Type, r.Data) {
		return nil, fmt.Errorf("%w: a record of type %d has %d bytes", ErrFormat, r.Type, length)
	}
	return &r, nil
}

// reg is the size of register_t: that of a long where no record has shown another.
func (f *File) reg() int {
	if f.Reg != 0 {
		return f.Reg
	}
	return f.Model.PtrSize
}
