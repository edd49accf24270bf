package suite

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"nbemu/internal/sqlite"
)

// Tables of kyua's results files, in version 3 of their schema (store/schema_v3.sql), without the indexes, which
// readers do not need.
var kyuaTables = map[string]string{
	"metadata":        "(schema_version INTEGER PRIMARY KEY, timestamp TIMESTAMP NOT NULL)",
	"contexts":        "(cwd TEXT NOT NULL)",
	"env_vars":        "(var_name TEXT NOT NULL, var_value TEXT NOT NULL)",
	"metadatas":       "(metadata_id INTEGER NOT NULL, property_name TEXT NOT NULL, property_value TEXT)",
	"test_programs":   "(test_program_id INTEGER PRIMARY KEY, absolute_path TEXT NOT NULL, root TEXT NOT NULL, relative_path TEXT NOT NULL, test_suite_name TEXT NOT NULL, metadata_id INTEGER, interface TEXT NOT NULL)",
	"test_cases":      "(test_case_id INTEGER PRIMARY KEY, test_program_id INTEGER REFERENCES test_programs, name TEXT NOT NULL, metadata_id INTEGER)",
	"test_results":    "(test_case_id INTEGER PRIMARY KEY REFERENCES test_cases, result_type TEXT NOT NULL, result_reason TEXT, start_time TIMESTAMP NOT NULL, end_time TIMESTAMP NOT NULL)",
	"test_case_files": "(test_case_id INTEGER NOT NULL REFERENCES test_cases, file_name TEXT NOT NULL, file_id INTEGER NOT NULL REFERENCES files)",
	"files":           "(file_id INTEGER PRIMARY KEY, contents BLOB NOT NULL)",
}

const kyuaSchema = 3

// kyuaDB collects the rows of a results file.
type kyuaDB struct {
	rows map[string][][]sqlite.Value
}

func (d *kyuaDB) add(table string, values ...sqlite.Value) {
	d.rows[table] = append(d.rows[table], values)
}

// next is the number of a table's next row.
func (d *kyuaDB) next(table string) int64 { return int64(len(d.rows[table])) + 1 }

// metadata adds a set of properties, and returns its number.
func (d *kyuaDB) metadata(id int64, props map[string]string) int64 {
	for _, name := range sortedKeys(props) {
		d.add("metadatas", id, name, props[name])
	}
	return id
}

// WriteKyua writes results as a results file that kyua(1) reads: kyua report --results-file, report-html and
// report-junit. The machines are folders there: mips/t_exec. Failures that are known are written as expected.
func (rep *Report) WriteKyua(w io.Writer) error {
	d := &kyuaDB{rows: map[string][][]sqlite.Value{}}
	d.add("metadata", int64(kyuaSchema), rep.Started.Unix())
	d.add("contexts", rep.Dir)
	d.add("env_vars", "NBEMU", rep.Nbemu)
	programs, metadatas := map[string]int64{}, int64(0)
	for _, r := range rep.Results {
		name := filepath.Join(r.Label, r.Program)
		if programs[name] == 0 {
			metadatas++
			programs[name] = d.next("test_programs")
			suite, kind := r.Suite, r.Kind
			if suite == "" {
				suite = "nbemu"
			}
			if kind == GoTest {
				kind = Plain // kyua knows no others
			}
			d.add("test_programs", programs[name], filepath.Join(rep.Dir, name), rep.Dir, name, suite,
				d.metadata(metadatas, map[string]string{"custom.machine": r.Label}), string(kind))
		}
		metadatas++
		props := map[string]string{}
		if r.Seed != 0 {
			props["custom.seed"] = strconv.FormatUint(r.Seed, 10)
		}
		d.result(r, programs[name], d.metadata(metadatas, props))
	}
	var tables []sqlite.Table
	for _, name := range sortedKeys(kyuaTables) {
		t := sqlite.Table{Name: name, SQL: "CREATE TABLE " + name + " " + kyuaTables[name], Rows: d.rows[name]}
		if first, _, _ := strings.Cut(kyuaTables[name], ","); strings.Contains(first, "PRIMARY KEY") {
			t.Key = 1
		}
		tables = append(tables, t)
	}
	return sqlite.Write(w, tables)
}

// result adds one result.
func (d *kyuaDB) result(r *Result, program, metadata int64) {
	id := d.next("test_cases")
	name := r.Case
	if r.Run != 0 {
		name += fmt.Sprintf("#%d", r.Run)
	}
	d.add("test_cases", id, program, name, metadata)
	outcome, reason := r.Outcome, sqlite.Value(r.Reason)
	switch {
	case !r.Good() && r.Known != "":
		outcome, reason = ExpectedFailure, r.Known+" ("+r.Reason+")"
	case outcome == Passed:
		reason = nil // kyua insists
	}
	d.add("test_results", id, string(outcome), reason, r.Start.UnixMicro(), r.Start.UnixMicro()+int64(r.Took.Seconds()*1e6))
	stderr := r.Stderr
	if extra := append(append([]string(nil), r.Log...), r.Trace...); len(extra) > 0 {
		stderr += strings.Join(extra, "\n") + "\n"
	}
	for _, f := range []struct{ name, text string }{{"__STDOUT__", r.Stdout}, {"__STDERR__", stderr}} {
		if f.text != "" {
			file := d.next("files")
			d.add("files", file, []byte(f.text))
			d.add("test_case_files", id, f.name, file)
		}
	}
}
