package kern

import "testing"

// TestSharedNotice: of those that share notices one is told, the first that takes it; all others are told always.
func TestSharedNotice(t *testing.T) {
	var list Klist
	told := ""
	add := func(name string, shared, takes bool) *Knote {
		kn := &Knote{shared: shared}
		kn.Attach(&list, func(*Knote, int64) bool { told += name; return takes })
		return kn
	}
	add("a", true, false)
	b := add("b", true, true)
	add("c", false, false)
	add("d", true, true)
	add("e", false, false)
	list.Knote(0)
	if told != "ecab" {
		t.Errorf("told %q", told)
	}
	told = ""
	list.remove(b)
	list.Knote(0)
	if told != "ecad" {
		t.Errorf("without the first that takes it, told %q", told)
	}
}
