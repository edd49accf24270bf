//go:build !linux

package early

// moved: Go's runtime here has read the program's variables as its own.
const moved = false
