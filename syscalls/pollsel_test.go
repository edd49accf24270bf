package syscalls

import (
	"testing"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/kern/kerntest"
)

// rows are files of no kind.
type rows struct{ kern.BadOps }

func (rows) Type() string                               { return "row" }
func (rows) Close(*kern.LWP, *kern.File) abi.Errno      { return abi.OK }
func (rows) Kqfilter(*kern.File, *kern.Knote) abi.Errno { return abi.EINVAL }

// TestTableSize: select does not look beyond the table of descriptors, which grows from NDFILE (20) by NDEXTENT (50) and then
// doubles, and which a child has as small as what is open allows (fd_tryexpand and fd_copy of kern_descrip.c).
func TestTableSize(t *testing.T) {
	k := kern.New()
	k.Lock()
	t.Cleanup(k.Unlock)
	l := kerntest.LWP(t, k, 0)
	l.Proc.Limits[abi.RLIMIT_NOFILE] = abi.Rlimit{Cur: 1 << 16, Max: 1 << 16}
	open := func(fd int32) {
		if got, err := l.Proc.FdInstall(kern.NewFile(l, rows{}, abi.FREAD), fd, false); got != fd || err != abi.OK {
			t.Fatalf("%d: got %d, %v", fd, got, err)
		}
	}
	is := func(when string, want int32) {
		t.Helper()
		if got := tableSize(l.Proc.Fd); got != want {
			t.Errorf("%s: %d rows, want %d", when, got, want)
		}
	}
	is("nothing was open", 20)
	for _, c := range []struct{ fd, rows int32 }{{0, 20}, {19, 20}, {20, 50}, {49, 50}, {50, 100}, {99, 100}, {100, 200}, {1000, 1600}} {
		open(c.fd)
		is("another is open", c.rows)
	}
	if err := l.Proc.Fd.Close(l, 1000); err != abi.OK {
		t.Fatal(err)
	}
	is("the last is closed", 1600)
	l.Proc.Fd = l.Proc.Fd.Copy()
	is("a child's", 200)
}
