package syscalls

import (
	"testing"

	"nbemu/abi"
	"nbemu/kern"
)

// The table's rows do what their support says: a call that is there has a handler, one that is not has none, and one
// that is there in part has a note that says so.
func TestSupportIsTrue(t *testing.T) {
	for num := range Sysent {
		row := &Sysent[num]
		indirect := num == SYS_syscall || num == SYS___syscall
		if has := row.Call != nil; has != (row.Support != kern.None) && !indirect {
			t.Errorf("%d %s: a handler: %v, support %d", num, row.Name, has, row.Support)
		}
		if row.Support == kern.Partial && row.Note == "" {
			t.Errorf("%d %s is there in part, and no note says in which", num, row.Name)
		}
	}
}

// The posix_fadvise of 4.99, which is gone, still succeeds: the number is IGNORED in NetBSD's table.
func TestIgnoredCallSucceeds(t *testing.T) {
	row := &Sysent[391]
	if row.Name != "posix_fadvise" || row.Call == nil {
		t.Fatalf("row 391 is %q, handler %v", row.Name, row.Call != nil)
	}
	if rv, err := row.Call(nil, nil); err != abi.OK || rv.R0 != 0 {
		t.Errorf("answered %d, %v", rv.R0, err)
	}
}
