package probe

import (
	"compress/gzip"
	"encoding/binary"
	"io"
)

// A pprofWriter writes a profile as pprof reads it: profile.proto of github.com/google/pprof, gzipped. That project's
// own package would do the same, but compiles its regular expressions at each start of nbemu, profile or not.
type pprofWriter struct {
	message
	strings             map[string]uint64
	table               []string
	mapped, funcs, locs uint64 // how many there are; numbers begin with 1
}

// message is a message of protocol buffers in the making.
type message []byte

// Kinds of a field's value on the wire.
const (
	wireVarint = 0
	wireBytes  = 2
)

// number appends a field, unless it has its default value.
func (m *message) number(field int, v uint64) {
	if v != 0 {
		*m = binary.AppendUvarint(append(*m, byte(field<<3|wireVarint)), v)
	}
}

func (m *message) bytes(field int, b []byte) {
	*m = append(binary.AppendUvarint(append(*m, byte(field<<3|wireBytes)), uint64(len(b))), b...)
}

// numbers appends a field with any number of values.
func (m *message) numbers(field int, vs []uint64) {
	var packed message
	for _, v := range vs {
		packed = binary.AppendUvarint(packed, v)
	}
	m.bytes(field, packed)
}

func (m *message) flag(field int, v bool) {
	if v {
		m.number(field, 1)
	}
}

// str is the number of a string in the profile's table, whose first is the empty one.
func (w *pprofWriter) str(s string) uint64 {
	if w.strings == nil {
		w.strings, w.table = map[string]uint64{"": 0}, []string{""}
	}
	n, ok := w.strings[s]
	if !ok {
		n = uint64(len(w.table))
		w.strings[s], w.table = n, append(w.table, s)
	}
	return n
}

// valueType is the message ValueType.
func (w *pprofWriter) valueType(kind, unit string) (m message) {
	m.number(1, w.str(kind))
	m.number(2, w.str(unit))
	return m
}

// head appends what a sample's two values are, when the profile began and how long it took, in nanoseconds.
func (w *pprofWriter) head(begun, took, period int64) {
	w.bytes(1, w.valueType("samples", "count"))
	w.bytes(1, w.valueType("cpu", "nanoseconds"))
	w.number(9, uint64(begun))
	w.number(10, uint64(took))
	w.bytes(11, w.valueType("cpu", "nanoseconds"))
	w.number(12, uint64(period))
	w.number(14, w.str("cpu"))
}

// label is a name and a value that a sample has besides its places.
type label struct{ key, value string }

// sample appends one, whose places are numbers that location returned, the innermost first.
func (w *pprofWriter) sample(locations []uint64, count, nanos int64, labels ...label) {
	var m message
	m.numbers(1, locations)
	m.numbers(2, []uint64{uint64(count), uint64(nanos)})
	for _, l := range labels {
		var lm message
		lm.number(1, w.str(l.key))
		lm.number(2, w.str(l.value))
		m.bytes(3, lm)
	}
	w.bytes(2, m)
}

// mapping appends a file that is mapped and returns its number.
func (w *pprofWriter) mapping(start, limit, offset uint64, file, buildID string, lines bool) uint64 {
	w.mapped++
	var m message
	m.number(1, w.mapped)
	m.number(2, start)
	m.number(3, limit)
	m.number(4, offset)
	m.number(5, w.str(file))
	m.number(6, w.str(buildID))
	m.flag(7, true)
	m.flag(8, lines)
	m.flag(9, lines)
	w.bytes(3, m)
	return w.mapped
}

// location appends a place and returns its number; mapping is 0 for none, function too.
func (w *pprofWriter) location(mapping, addr, function uint64, line int) uint64 {
	w.locs++
	var m message
	m.number(1, w.locs)
	m.number(2, mapping)
	m.number(3, addr)
	if function != 0 {
		var lm message
		lm.number(1, function)
		lm.number(2, uint64(line))
		m.bytes(4, lm)
	}
	w.bytes(4, m)
	return w.locs
}

// function appends one and returns its number.
func (w *pprofWriter) function(name, file string) uint64 {
	w.funcs++
	var m message
	m.number(1, w.funcs)
	m.number(2, w.str(name))
	m.number(3, w.str(name))
	m.number(4, w.str(file))
	w.bytes(5, m)
	return w.funcs
}

// writeTo appends the table of strings and writes the profile.
func (w *pprofWriter) writeTo(out io.Writer) error {
	for _, s := range w.table {
		w.bytes(6, []byte(s))
	}
	z := gzip.NewWriter(out)
	if _, err := z.Write(w.message); err != nil {
		return err
	}
	return z.Close()
}
