package sqlite

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Numbers as the format has them, at each border.
func TestVarint(t *testing.T) {
	for _, c := range []struct {
		n    uint64
		want string
	}{{0, "00"}, {127, "7f"}, {128, "8100"}, {1<<14 - 1, "ff7f"}, {1 << 14, "818000"}, {1<<56 - 1, "ffffffffffffff7f"},
		{1 << 56, "80c080808080808000"}, {math.MaxUint64, "ffffffffffffffffff"}} {
		if got := hex.EncodeToString(varint(nil, c.n)); got != c.want {
			t.Errorf("%#x is %s, not %s", c.n, got, c.want)
		}
	}
}

// sqlite runs SQLite's own program on a database.
func sqlite(t *testing.T, tables []Table, query string) string {
	t.Helper()
	program, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Skip("no sqlite3 to read with")
	}
	var b bytes.Buffer
	if err := Write(&b, tables); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, name, "pragma integrity_check; "+query).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, ok := strings.CutPrefix(string(out), "ok\n")
	if !ok {
		t.Fatalf("integrity_check: %s", out)
	}
	return text
}

func TestValues(t *testing.T) {
	got := sqlite(t, []Table{{Name: "v", SQL: "CREATE TABLE v (id INTEGER PRIMARY KEY, a, b)", Key: 1, Rows: [][]Value{
		{int64(3), "text", nil}, {int64(7), int64(-1 << 40), []byte{0, 255}}, {int64(1 << 40), "", "ä'"}}},
		{Name: "empty", SQL: "CREATE TABLE empty (x)"}},
		"select id, quote(a), quote(b) from v order by id; select count(*) from empty;")
	want := "3|'text'|NULL\n7|-1099511627776|X'00FF'\n1099511627776|''|'ä'''\n0\n"
	if got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

// Trees of three levels, and rows of all lengths around those that need pages of their own.
func TestManyAndLong(t *testing.T) {
	var many, long [][]Value
	for i := range 200000 {
		many = append(many, []Value{int64(i)})
	}
	sum := 0
	for _, n := range []int{0, 1, 100, 4000, 4050, 4051, 4052, 4053, 4054, 4055, 4056, 4057, 4058, 4059, 4060, 4061, 4062, 8000, 8140,
		8192, 12000, 12276, 12277, 1 << 20} {
		long = append(long, []Value{strings.Repeat("x", n)})
		sum += n
	}
	got := sqlite(t, []Table{{Name: "many", SQL: "CREATE TABLE many (n)", Rows: many}, {Name: "long", SQL: "CREATE TABLE long (s)", Rows: long}},
		"select count(*), sum(n), sum(n = rowid - 1) from many; select n from many where rowid = 199999; select sum(length(s)) from long;")
	want := fmt.Sprintf("200000|19999900000|200000\n199998\n%d\n", sum)
	if got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

// What cannot be written is an error.
func TestErrors(t *testing.T) {
	for _, table := range []Table{
		{Name: "order", SQL: "CREATE TABLE x (id INTEGER PRIMARY KEY)", Key: 1, Rows: [][]Value{{int64(2)}, {int64(1)}}},
		{Name: "key", SQL: "CREATE TABLE x (id INTEGER PRIMARY KEY)", Key: 1, Rows: [][]Value{{"one"}}},
		{Name: "type", SQL: "CREATE TABLE x (a)", Rows: [][]Value{{3.5}}},
	} {
		if err := Write(&bytes.Buffer{}, []Table{table}); err == nil {
			t.Errorf("%s: no error", table.Name)
		}
	}
}
