package matrix

import (
	"maps"
	"testing"
)

func TestRead(t *testing.T) {
	got := Read("read:\n\t0: file null\n\t-1 EBADF: none\nwrite 0:\n\t0: file\n")
	want := map[Cell]string{{"read", "file"}: "0", {"read", "null"}: "0", {"read", "none"}: "-1 EBADF", {"write 0", "file"}: "0"}
	if !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

func TestUnneeded(t *testing.T) {
	want := map[Cell]string{{"read", "file"}: "0", {"read", "tty"}: "1"}
	got := map[Cell]string{{"read", "file"}: "0", {"read", "tty"}: "2"}
	list := []Except{{"read", "tty", "needed"}, {"read", "file", "not needed"}, {"read", "none", "not asked"}}
	if out := Unneeded(list, got, want); len(out) != 1 || out[0] != list[1] {
		t.Errorf("%v", out)
	}
}

func TestExcused(t *testing.T) {
	list := []Except{{"read|poll*", "file null", "why"}, {"*", "tty", "why"}}
	for c, want := range map[Cell]bool{
		{"read", "file"}: true, {"read", "none"}: false, {"reads", "file"}: false, {"pollts", "null"}: true, {"xpoll", "null"}: false,
		{"any", "tty"}: true, {"any", "ttys"}: false,
	} {
		if Excused(list, c) != want {
			t.Errorf("%v: %v", c, !want)
		}
	}
}

func TestSettled(t *testing.T) {
	a, b, c := Cell{"poll", "tcp"}, Cell{"poll", "pipe"}, Cell{"poll", "tty"}
	want := map[Cell]string{a: "1", b: "1", c: "1"}
	asked := 0
	got := Settled(want, []Except{{"poll", "tty", "late for ever"}}, func() map[Cell]string {
		asked++
		if asked == 1 {
			return map[Cell]string{a: "0", b: "1", c: "0"}
		}
		return map[Cell]string{a: "1", b: "0", c: "0"}
	})
	if asked != 2 || got[a] != "1" || got[b] != "1" || got[c] != "0" {
		t.Errorf("asked %d times: %v", asked, got)
	}
	asked = 0
	if got := Settled(want, nil, func() map[Cell]string { asked++; return map[Cell]string{a: "0"} }); asked != 3 || got[a] != "0" {
		t.Errorf("asked %d times for what never comes: %v", asked, got)
	}
}
