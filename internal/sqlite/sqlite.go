// Package sqlite writes SQLite databases (https://www.sqlite.org/fileformat2.html): tables with their rows, made once and
// in order. It knows neither indexes nor changes.
package sqlite

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

const (
	pageSize = 4096
	headSize = 100 // of the database, on the first page

	leafTable     = 0x0d
	interiorTable = 0x05
)

// Value is NULL (nil), an int64, a string or a []byte.
type Value any

// Table is a table with its rows.
type Table struct {
	Name string
	// SQL is its CREATE TABLE. An INTEGER PRIMARY KEY must be the column of number Key.
	SQL string
	// Key is the column, from 1 on, that is the row's number; 0 is none, and rows are numbered as they come.
	Key  int
	Rows [][]Value
}

// database is a database that is being built: pages are added behind each other, trees from their leaves up.
type database struct {
	pages [][]byte
}

// Write writes a database with the given tables. The numbers of rows must rise.
func Write(w io.Writer, tables []Table) error {
	d := &database{pages: [][]byte{nil}} // the first is made last
	var schema []cell
	for i, t := range tables {
		var cells []cell
		last := int64(math.MinInt64)
		for n, row := range t.Rows {
			id := int64(n) + 1
			values := row
			if t.Key != 0 {
				var ok bool
				if id, ok = row[t.Key-1].(int64); !ok {
					return fmt.Errorf("%s: the key of row %d is no integer", t.Name, n)
				}
				values = append([]Value(nil), row...)
				values[t.Key-1] = nil // the row's number stands for it
			}
			if id <= last {
				return fmt.Errorf("%s: row %d comes after row %d", t.Name, id, last)
			}
			last = id
			c, err := d.cell(id, values)
			if err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
			cells = append(cells, c)
		}
		root := d.tree(cells)
		c, err := d.cell(int64(i)+1, []Value{"table", t.Name, t.Name, int64(root), t.SQL})
		if err != nil {
			return err
		}
		schema = append(schema, c)
	}
	if err := d.first(schema); err != nil {
		return err
	}
	for _, p := range d.pages {
		if _, err := w.Write(p); err != nil {
			return err
		}
	}
	return nil
}

// cell is a row on a leaf: what stands there, and the row's number.
type cell struct {
	id   int64
	data []byte
}

// cell makes a row's cell; what is too long for a page goes to pages of its own.
func (d *database) cell(id int64, values []Value) (cell, error) {
	payload, err := record(values)
	if err != nil {
		return cell{}, err
	}
	// The limits are those of the format, for pages without reserved space.
	const most = pageSize - 35
	const least = (pageSize-12)*32/255 - 23
	local := len(payload)
	if local > most {
		if local = least + (len(payload)-least)%(pageSize-4); local > most {
			local = least
		}
	}
	data := varint(nil, uint64(len(payload)))
	data = varint(data, uint64(id))
	data = append(data, payload[:local]...)
	if rest := payload[local:]; len(rest) > 0 {
		data = binary.BigEndian.AppendUint32(data, uint32(len(d.pages)+1))
		for len(rest) > 0 {
			n := min(len(rest), pageSize-4)
			page := make([]byte, pageSize)
			if n < len(rest) {
				binary.BigEndian.PutUint32(page, uint32(len(d.pages)+2))
			}
			copy(page[4:], rest[:n])
			d.pages = append(d.pages, page)
			rest = rest[n:]
		}
	}
	return cell{id, data}, nil
}

// record encodes a row.
func record(values []Value) ([]byte, error) {
	var types, body []byte
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			types = varint(types, 0)
		case int64:
			types = varint(types, 6)
			body = binary.BigEndian.AppendUint64(body, uint64(v))
		case string:
			types = varint(types, uint64(len(v))*2+13)
			body = append(body, v...)
		case []byte:
			types = varint(types, uint64(len(v))*2+12)
			body = append(body, v...)
		default:
			return nil, fmt.Errorf("%T is no value", v)
		}
	}
	// The header's size counts itself.
	size := len(types) + 1
	if size > 127 {
		size++
	}
	return append(append(varint(nil, uint64(size)), types...), body...), nil
}

// varint appends a number as the format has it: seven bits in each byte, the most significant first; nine bytes have 64.
func varint(b []byte, n uint64) []byte {
	if n >= 1<<56 {
		for shift := 57; shift >= 8; shift -= 7 {
			b = append(b, byte(n>>shift)&0x7f|0x80)
		}
		return append(b, byte(n))
	}
	started := false
	for shift := 49; shift > 0; shift -= 7 {
		if c := byte(n>>shift) & 0x7f; c != 0 || started {
			b = append(b, c|0x80)
			started = true
		}
	}
	return append(b, byte(n)&0x7f)
}

// page makes a page of a tree, whose header begins at the offset head.
func page(kind byte, head int, cells [][]byte, right uint32) []byte {
	p := make([]byte, pageSize)
	size := 8
	if kind == interiorTable {
		size = 12
		binary.BigEndian.PutUint32(p[head+8:], right)
	}
	p[head] = kind
	binary.BigEndian.PutUint16(p[head+3:], uint16(len(cells)))
	end := pageSize
	for i, c := range cells {
		end -= len(c)
		copy(p[end:], c)
		binary.BigEndian.PutUint16(p[head+size+2*i:], uint16(end))
	}
	binary.BigEndian.PutUint16(p[head+5:], uint16(end))
	return p
}

// fit returns how many cells go on one page.
func fit[T any](cells []T, room int, size func(T) int) int {
	n := 0
	for _, c := range cells {
		if room -= size(c) + 2; room < 0 {
			break
		}
		n++
	}
	return n
}

// child is a page of a tree, with the largest number of a row in it.
type child struct {
	page uint32
	last int64
}

// leaves writes cells on leaves.
func (d *database) leaves(cells []cell) (out []child) {
	for {
		n := fit(cells, pageSize-8, func(c cell) int { return len(c.data) })
		var data [][]byte
		last := int64(0)
		for _, c := range cells[:n] {
			data = append(data, c.data)
			last = c.id
		}
		d.pages = append(d.pages, page(leafTable, 0, data, 0))
		out = append(out, child{uint32(len(d.pages)), last})
		if cells = cells[n:]; len(cells) == 0 {
			return out
		}
	}
}

// tree writes a table; the result is the number of its root.
func (d *database) tree(cells []cell) uint32 {
	level := d.leaves(cells)
	for len(level) > 1 {
		level = d.above(level)
	}
	return level[0].page
}

// above writes the pages that lead to those of a level.
func (d *database) above(level []child) (out []child) {
	for len(level) > 0 {
		// The last child of a page has no cell.
		n := fit(level, pageSize-12, func(c child) int { return 4 + len(varint(nil, uint64(c.last))) })
		if len(level)-n == 1 {
			n-- // a page must have a cell at least: two children
		}
		var data [][]byte
		for _, c := range level[:n-1] {
			data = append(data, varint(binary.BigEndian.AppendUint32(nil, c.page), uint64(c.last)))
		}
		d.pages = append(d.pages, page(interiorTable, 0, data, level[n-1].page))
		out = append(out, child{uint32(len(d.pages)), level[n-1].last})
		level = level[n:]
	}
	return out
}

// first writes the first page: the database's header, and the table of tables.
func (d *database) first(schema []cell) error {
	var data [][]byte
	for _, c := range schema {
		data = append(data, c.data)
	}
	if fit(schema, pageSize-headSize-8, func(c cell) int { return len(c.data) }) != len(schema) {
		return fmt.Errorf("the tables' definitions are too long for one page")
	}
	p := page(leafTable, headSize, data, 0)
	copy(p, "SQLite format 3\x00")
	binary.BigEndian.PutUint16(p[16:], pageSize)
	p[18], p[19] = 1, 1                                      // to be read and written by the oldest versions
	p[21], p[22], p[23] = 64, 32, 32                         // fixed
	binary.BigEndian.PutUint32(p[24:], 1)                    // changes
	binary.BigEndian.PutUint32(p[28:], uint32(len(d.pages))) // pages
	binary.BigEndian.PutUint32(p[40:], 1)                    // changes of the schema
	binary.BigEndian.PutUint32(p[44:], 4)                    // format of the schema
	binary.BigEndian.PutUint32(p[56:], 1)                    // UTF-8
	binary.BigEndian.PutUint32(p[92:], 1)                    // as [24:]
	binary.BigEndian.PutUint32(p[96:], 3040001)              // of SQLite, whoever may look
	d.pages[0] = p
	return nil
}
