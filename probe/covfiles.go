package probe

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"nbemu/internal/symbols"
)

// The forms that coverage is written in.
const (
	DRCov = "drcov" // DynamoRIO's, which Lighthouse and others read
	LCov  = "lcov"  // lines, for genhtml
	Edges = "edges" // text: blocks and the ways between them, with counts
)

// CoverageFormats are all of them.
var CoverageFormats = []string{DRCov, LCov, Edges}

// CoverageFormat is the form that a file's name asks for.
func CoverageFormat(name string) string {
	switch {
	case strings.HasSuffix(name, ".info"), strings.HasSuffix(name, ".lcov"):
		return LCov
	case strings.HasSuffix(name, ".edges"), strings.HasSuffix(name, ".txt"):
		return Edges
	}
	return DRCov
}

// Write writes what was executed. It can be called once. Errors: that of writing; there are no lines, for LCov.
func (c *Coverage) Write(w io.Writer, format string) error {
	c.finish()
	defer c.images.close()
	b := bufio.NewWriter(w)
	var err error
	switch format {
	case LCov:
		err = c.writeLCov(b)
	case Edges:
		c.writeEdges(b)
	default:
		c.writeDRCov(b)
	}
	if err != nil {
		return err
	}
	return b.Flush()
}

// modules are the files that blocks are in, numbered in the order of being seen.
func (c *Coverage) modules(blocks []block) (list []*image, number map[*image]int) {
	number = map[*image]int{}
	for _, b := range blocks {
		if _, ok := number[b.img]; !ok {
			number[b.img] = len(list)
			list = append(list, b.img)
		}
	}
	return list, number
}

// writeDRCov writes version 2 of drcov's format: a table of modules as text, one of blocks as structures of a
// little-endian host.
func (c *Coverage) writeDRCov(w *bufio.Writer) {
	blocks := c.sorted()
	list, number := c.modules(blocks)
	fmt.Fprintf(w, "DRCOV VERSION: 2\nDRCOV FLAVOR: nbemu\n")
	fmt.Fprintf(w, "Module Table: version 2, count %d\nColumns: id, base, end, entry, path\n", len(list))
	for i, m := range list {
		low, high, moved := m.bounds()
		entry := uint64(0)
		if m.file != nil && m.file.Entry() != 0 {
			entry = m.file.Entry() + moved
		}
		fmt.Fprintf(w, "%3d, %#016x, %#016x, %#016x, %s\n", i, low+moved, high+moved, entry, m.name)
	}
	type entry struct {
		start    uint32
		size, id uint16
	}
	var table []entry
	for _, b := range blocks {
		low, high, _ := b.img.bounds()
		at := b.addr - low
		if b.addr < low || b.addr >= high || at > 0xffffffff {
			continue
		}
		table = append(table, entry{uint32(at), uint16(min(b.size, 0xffff)), uint16(number[b.img])})
	}
	fmt.Fprintf(w, "BB Table: %d bbs\n", len(table))
	for _, e := range table {
		var r [8]byte
		binary.LittleEndian.PutUint32(r[:], e.start)
		binary.LittleEndian.PutUint16(r[4:], e.size)
		binary.LittleEndian.PutUint16(r[6:], e.id)
		_, _ = w.Write(r[:]) // the writer keeps the error
	}
}

// writeEdges writes lines: "module N PATH", "block N+ADDRESS SIZE COUNT", "edge N+FROM N+TO COUNT".
func (c *Coverage) writeEdges(w *bufio.Writer) {
	blocks := c.sorted()
	list, number := c.modules(blocks)
	for i, m := range list {
		fmt.Fprintf(w, "module %d %s\n", i, m.name)
	}
	for _, b := range blocks {
		fmt.Fprintf(w, "block %d+%#x %d %d\n", number[b.img], b.addr, b.size, b.n)
	}
	keys := make([]edgeKey, 0, len(c.edges))
	for k := range c.edges {
		if k.from.img != nil && k.to.img != nil {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b edgeKey) int {
		return cmp.Or(cmp.Compare(number[a.from.img], number[b.from.img]), cmp.Compare(a.from.addr, b.from.addr),
			cmp.Compare(number[a.to.img], number[b.to.img]), cmp.Compare(a.to.addr, b.to.addr))
	})
	for _, k := range keys {
		fmt.Fprintf(w, "edge %d+%#x %d+%#x %d\n", number[k.from.img], k.from.addr, number[k.to.img], k.to.addr, c.edges[k])
	}
}

// counts tells how often each address of a file was executed: from[i] to from[i+1] n[i] times.
type counts struct {
	from []uint64
	n    []uint64
}

func newCounts(blocks []block) *counts {
	type change struct {
		at uint64
		d  int64
	}
	var all []change
	for _, b := range blocks {
		all = append(all, change{b.addr, int64(b.n)}, change{b.addr + uint64(b.size), -int64(b.n)})
	}
	slices.SortFunc(all, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	c, sum := &counts{}, int64(0)
	for i, e := range all {
		sum += e.d
		if i+1 < len(all) && all[i+1].at == e.at {
			continue
		}
		c.from, c.n = append(c.from, e.at), append(c.n, uint64(sum))
	}
	return c
}

func (c *counts) at(addr uint64) uint64 {
	i, found := slices.BinarySearch(c.from, addr)
	if !found {
		i--
	}
	if i < 0 {
		return 0
	}
	return c.n[i]
}

// source is what lcov says of one source file.
type source struct {
	lines map[int]uint64
	funcs map[string]*function
}

type function struct {
	line int
	n    uint64
}

// writeLCov writes a tracefile of lcov's: of every line that has code in a file that was executed, how often the code
// that it begins with was.
func (c *Coverage) writeLCov(w *bufio.Writer) error {
	sources := map[string]*source{}
	blocks := c.sorted()
	for i := 0; i < len(blocks); {
		k := i
		for k < len(blocks) && blocks[k].img == blocks[i].img {
			k++
		}
		if f := blocks[i].img.file; f != nil {
			addSources(sources, f, newCounts(blocks[i:k]))
		}
		i = k
	}
	if len(sources) == 0 {
		return errors.New("no program that was run has a table of lines (they have it when compiled with -g)")
	}
	names := make([]string, 0, len(sources))
	for n := range sources {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		sources[n].write(w, n)
	}
	return nil
}

func addSources(sources map[string]*source, f *symbols.File, n *counts) {
	lines := f.Lines()
	get := func(name string) *source {
		s := sources[name]
		if s == nil {
			s = &source{map[int]uint64{}, map[string]*function{}}
			sources[name] = s
		}
		return s
	}
	for _, l := range lines {
		if !l.Stmt {
			continue
		}
		s := get(l.File)
		s.lines[l.Line] = max(s.lines[l.Line], n.at(l.Start))
	}
	if len(lines) == 0 {
		return
	}
	for _, fn := range f.Funcs() {
		if file, line := f.Line(fn.Start); line > 0 {
			s := get(file)
			if s.funcs[fn.Name] == nil {
				s.funcs[fn.Name] = &function{line: line}
			}
			s.funcs[fn.Name].n += n.at(fn.Start)
		}
	}
}

func (s *source) write(w *bufio.Writer, name string) {
	fmt.Fprintf(w, "TN:\nSF:%s\n", name)
	funcs := make([]string, 0, len(s.funcs))
	for n := range s.funcs {
		funcs = append(funcs, n)
	}
	slices.SortFunc(funcs, func(a, b string) int {
		return cmp.Or(cmp.Compare(s.funcs[a].line, s.funcs[b].line), cmp.Compare(a, b))
	})
	hit := 0
	for _, n := range funcs {
		fmt.Fprintf(w, "FN:%d,%s\n", s.funcs[n].line, n)
	}
	for _, n := range funcs {
		fmt.Fprintf(w, "FNDA:%d,%s\n", s.funcs[n].n, n)
		if s.funcs[n].n > 0 {
			hit++
		}
	}
	fmt.Fprintf(w, "FNF:%d\nFNH:%d\n", len(funcs), hit)
	lines := make([]int, 0, len(s.lines))
	for n := range s.lines {
		lines = append(lines, n)
	}
	slices.Sort(lines)
	hit = 0
	for _, n := range lines {
		fmt.Fprintf(w, "DA:%d,%d\n", n, s.lines[n])
		if s.lines[n] > 0 {
			hit++
		}
	}
	fmt.Fprintf(w, "LF:%d\nLH:%d\nend_of_record\n", len(lines), hit)
}
