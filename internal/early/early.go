// Package early does what has to be done before anything else. Only a command imports it, for what it changes is the
// whole process's.
//
// Before Go's runtime starts there is one thread. Started by the host's root, a command line that runs a program loses
// all capabilities then that docs/SECURITY.md does not leave it. With threads each of them has to be made to do that by
// a signal, which is a tenth of what a short program costs.
package early

import "runtime"

// Other packages are initialized after this one, which imports none of them.
func init() { runtime.MemProfileRate = 0 }

// ProfileMemory has allocations sampled from now on, as Go does by default: a start needs no samples of its own.
func ProfileMemory() { runtime.MemProfileRate = 512 * 1024 }
