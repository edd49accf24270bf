package rootset

import "fmt"

// fifo cannot be made safely: macOS has no mkfifo(2) relative to an open directory.
func (t *tree) fifo(name string, _ uint32, _ func(string)) error {
	return fmt.Errorf("%s: named pipes are not unpacked on macOS", name)
}
