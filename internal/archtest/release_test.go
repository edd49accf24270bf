package archtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// releases are what a program can tell of each, from the oldest on.
var releases = []struct {
	kernel, release string
	limits          int
	maps            string
	page0           bool
}{
	{"0.8", "0.8", 9, "up", true},
	{"0.9", "0.9", 9, "up", true},
	{"1.0", "1.0", 9, "up", true},
	{"1.1", "1.1", 9, "up", true},
	{"1.2", "1.2", 9, "up", true},
	{"1.3", "1.3", 9, "up", true},
	{"1.4", "1.4", 9, "up", true},
	{"1.5", "1.5", 9, "up", true},
	{"1.6", "1.6", 9, "up", true},
	{"2.0", "2.0", 10, "down", true},
	{"3", "3.0", 10, "down", true},
	{"4", "4.0", 10, "down", true},
	{"5", "5.0", 10, "down", true},
	{"5.99", "5.99.48", 11, "down", true},
	{"6", "6.0", 11, "down", false},
	{"7", "7.0", 12, "down", false},
	{"8", "8.0", 12, "down", false},
	{"9", "9.0", 12, "down", false},
	{"10", "10.0", 12, "down", false},
	{"11", "11.0", 12, "down", false},
}

// TestReleases: -kernel, as a program sees it. Each release has the calls of those before it and its own.
func TestReleases(t *testing.T) {
	for _, a := range testprog.Arches {
		if !slices.Contains([]string{"amd64", "i386", "sparc64", "m68k"}, a.Name) {
			continue
		}
		t.Run(a.Name, func(t *testing.T) {
			path := program(t, a, "release")
			if path == "" {
				t.Skip("no cross compiler, and no prebuilt program")
			}
			calls := "calls:"
			for i, r := range releases {
				if i > 1 {
					calls += " " + r.kernel
				}
				not := "cannot"
				if r.page0 {
					not = "can"
				}
				lwps := "the first LWP is the process"
				switch {
				case i < 9:
					lwps = "no LWPs"
				case i < 18:
					lwps = "LWPs are counted"
				}
				name := "NetBSD " + r.release
				if i == 0 {
					name = "no uname"
				}
				want := fmt.Sprintf("%s\n%s\nlimits: %d\nmappings go %s\npage 0 %s be mapped\n%s\n", name, calls, r.limits, r.maps, not, lwps)
				if got := run(t, "-kernel", r.kernel, path); got != want {
					t.Errorf("%s: %s\n%s", r.kernel, firstDifference(want, got), got)
				}
			}
			if got := run(t, path); !strings.HasPrefix(got, "NetBSD 10.0\n"+calls+"\n") {
				t.Error("without -kernel:", got)
			}
		})
	}
}
