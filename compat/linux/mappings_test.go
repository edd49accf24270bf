package linux

import (
	"maps"
	"strconv"
	"strings"
	"testing"

	"nbemu/internal/matrix"
)

// otherMappings are cells of the table of what becomes of mappings where nbemu says something else, and why.
var otherMappings = []matrix.Except{
	{"anonymous|resident|locked|pagemap|in core|guard, resident|guard, in core|guard, pagemap|nodes", "guard-moved lock-later", "a first touch makes up to sixteen pages"},
	{"none|none middle|rx", "discarded all-guarded guard-moved", "that there has been a page is not remembered"},
	{"beside|below|hole filled", "moved own-child locked-child guard-moved guarded-child", "mappings that are alike become one, whoever made their pages"},
	{"from pipe", "middle-r guarded file-guarded copy-guarded guard-moved guarded-child", "what a pipe has is moved as far as can be"},
}

// TestMappings: what mappings are like after something was done with them, and what /proc says of them, is what Linux 6.18 says
// to root: all on amd64, and every eighth on the other machines.
func TestMappings(t *testing.T) {
	nbemu := nbemuOrSkip(t)
	eachTable(t, "mappings", Machines, func(t *testing.T, m *Machine, program string, want map[matrix.Cell]string) {
		excepts := [][]matrix.Except{otherMappings}
		if !m.Arch.Model.LP64() {
			excepts = append(excepts, []matrix.Except{
				{"*", "droppable droppable-child", "Linux has no such memory on machines of 32 bits"},
				{"dropped|dropped locked", "*", "likewise"},
			})
		}
		if m == machAMD64 {
			got := matrix.Read(output(t, nbemu, "-root-user", program, t.TempDir()))
			matrix.Compare(t, got, want, excepts...)
			unneeded(t, otherMappings, got, want)
			return
		}
		got := matrix.Read(output(t, nbemu, "-root-user", program, t.TempDir(), strconv.Itoa(m.column%8), "8"))
		objects := map[string]bool{}
		for c := range got {
			objects[c.Object] = true
		}
		if len(objects) < 10 {
			t.Fatalf("%d kinds", len(objects))
		}
		maps.DeleteFunc(want, func(c matrix.Cell, _ string) bool {
			_, asked := got[c]
			return !objects[c.Object] || strings.HasPrefix(c.Call, "jump") && !asked
		})
		matrix.Compare(t, got, want, excepts...)
	})
}
