// Package early does what has to be done before anything else. Only a command imports it, for what it changes is the
// whole process's.
//
// Before Go's runtime starts there is one thread. Started by the host's root, a command line that runs a program loses
// all capabilities then that docs/SECURITY.md does not leave it. With threads each of them has to be made to do that by
// a signal, which is a tenth of what a short program costs.
//
// And Go's runtime reads its environment at its start: a GOMAXPROCS or GODEBUG there is meant for the program that nbemu runs.
package early

import "runtime"

// Other packages are initialized after this one, which imports none of them.
func init() { runtime.MemProfileRate = 0 }

// ProfileMemory has allocations sampled from now on, as Go does by default: a start needs no samples of its own.
func ProfileMemory() { runtime.MemProfileRate = 512 * 1024 }

// mark is what the first letter of a variable became that Go's runtime of nbemu itself must not see (early_linux.c).
const mark = "\x01"

// ours are the variables of Go's runtime. Without "NBEMU_" before them they are the program's.
var ours = [...]string{"GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK"}

// Environ is the environment that nbemu was started with, from that which Go's runtime knows (os.Environ).
func Environ(known []string) []string {
	out := make([]string, 0, len(known))
	for _, s := range known {
		for _, name := range ours {
			switch n := len(name); {
			case len(s) <= n || s[n] != '=' || s[1:n] != name[1:]:
			case s[:1] == mark:
				s = name[:1] + s[1:]
			case s[:1] == name[:1] && moved:
				s = "NBEMU_" + s
			}
		}
		out = append(out, s)
	}
	return out
}
