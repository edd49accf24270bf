package execve

import (
	"nbemu/abi"
	"nbemu/kern"
)

// Spawn makes a child of l's process that runs the file called path (do_posix_spawn). The file is checked and
// the arguments are collected by the parent, with its working directory and credentials; prepare then changes
// the child. With wait the parent hears of errors of the child; without, the child just ends with exit status
// 127. Preconditions: kernel lock.
//
// Errors: those of Execve that change nothing; EAGAIN; with wait, those of prepare and of running the commands.
func Spawn(l *kern.LWP, path string, argv, envp Strings, wait bool, prepare func(child *kern.LWP) abi.Errno) (*kern.Proc, abi.Errno) {
	x := newExec(l)
	x.spawn = true
	err := x.loadVM(path, -1, argv, envp)
	if err != abi.OK {
		return nil, err
	}
	started := false
	child, err := l.Spawn(wait, func(c *kern.LWP) abi.Errno {
		started = true
		x.l, x.pack.env = c, lwpEnv{c}
		if err := prepare(c); err != abi.OK {
			x.free()
			return err
		}
		return x.runProc()
	})
	if child == nil && !started {
		x.free()
	}
	return child, err
}
