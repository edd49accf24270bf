// Hop does what its arguments say, one after the other, and says what came of it: "root=DIR" is chroot(2), "has=FILE"
// looks for a file, "exec=FILE" replaces this program by another, which gets the arguments that are left.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
)

func main() {
	for i, arg := range os.Args[1:] {
		verb, name, _ := strings.Cut(arg, "=")
		var err error
		switch verb {
		case "root":
			err = syscall.Chroot(name)
		case "has":
			_, err = os.Stat(name)
		case "exec":
			err = syscall.Exec(name, append([]string{name}, os.Args[i+2:]...), os.Environ())
		}
		fmt.Printf("%s: %s: %v\n", runtime.GOOS, arg, err)
	}
}
