package archtest

import (
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// TestCPUs: affinity, processor sets, classes and nice values do something. How turns are shared is looked at on the
// deterministic machine alone, where it does not depend on what else the host does.
func TestCPUs(t *testing.T) {
	for _, a := range testprog.Arches {
		t.Run(a.Name, func(t *testing.T) {
			path := program(t, a, "cpus")
			if path == "" {
				t.Skip("no cross compiler, and no prebuilt program")
			}
			for _, c := range []struct{ name, on string }{
				{"affinity", "-cpus=4"}, {"affinity_errors", "-cpus=4"}, {"psets", "-cpus=4"}, {"pset_errors", "-cpus=4"},
				{"nice_errors", "-cpus=4"}, {"fifo", "-cpus=4"}, {"fifo", "-deterministic"}, {"nice", "-deterministic"},
			} {
				if out := run(t, "-root-user", c.on, path, c.name); strings.TrimSpace(out) != c.name+": ok" {
					t.Errorf("%s: %s", c.on, out)
				}
			}
		})
	}
}
