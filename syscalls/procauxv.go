package syscalls

import (
	"nbemu/execve"
	"nbemu/vfs"
)

func init() { vfs.AuxvAt = execve.Auxv }
