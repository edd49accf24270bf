package symbols

import (
	"debug/dwarf"
	"debug/gosym"
	"io"
	"slices"
	"sort"
)

// Line is where in a source the code of [Start, End) comes from.
type Line struct {
	Start, End uint64
	File       string
	Line       int
	Stmt       bool // the recommended place of a breakpoint: a statement begins
}

// Lines are the lines of the file's DWARF tables, or of a Go program without them nothing, by address.
func (f *File) Lines() []Line {
	f.lineOnce.Do(func() { f.lines = f.readLines() })
	return f.lines
}

func (f *File) readLines() (lines []Line) {
	defer func() { _ = recover() }() // of a broken file, what could be read
	d, err := f.elf.DWARF()
	if err != nil {
		return nil
	}
	r := d.Reader()
	for {
		unit, err := r.Next()
		if err != nil || unit == nil {
			break
		}
		if unit.Tag != dwarf.TagCompileUnit {
			r.SkipChildren()
			continue
		}
		r.SkipChildren()
		lr, err := d.LineReader(unit)
		if err != nil || lr == nil {
			continue
		}
		lines = appendUnit(lines, lr)
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return cmp(a.Start, b.Start) })
	return lines
}

// appendUnit adds the rows of one unit's line table.
func appendUnit(lines []Line, lr *dwarf.LineReader) []Line {
	var before, row dwarf.LineEntry
	open := false
	for {
		if err := lr.Next(&row); err != nil {
			if err != io.EOF {
				return lines
			}
			break
		}
		if open && before.File != nil && before.Address <= row.Address && before.Line > 0 {
			lines = append(lines, Line{before.Address, row.Address, before.File.Name, before.Line, before.IsStmt})
		}
		// Sections that the linker has thrown away begin at 0.
		before, open = row, !row.EndSequence && row.Address != 0
	}
	return lines
}

// Line returns where the code at an address comes from.
func (f *File) Line(addr uint64) (file string, line int) {
	all := f.Lines()
	i := sort.Search(len(all), func(i int) bool { return all[i].Start > addr })
	if i > 0 && addr < all[i-1].End {
		return all[i-1].File, all[i-1].Line
	}
	if f.pcln != nil && len(all) == 0 {
		_, _ = f.goFunc(func() *gosym.Func { file, line, _ = f.pcln.PCToLine(addr); return nil })
	}
	return file, line
}
