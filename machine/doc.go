// Package machine runs NetBSD and Linux programs inside a Go program: unmodified executables, for any of the
// architectures that nbemu knows, on a kernel written in Go. There is nothing to boot.
//
//	m, err := machine.New(machine.Config{})
//	if err != nil { … }
//	defer m.Close()
//	p, err := m.Start(machine.Command{Path: "./hello", Stdout: os.Stdout})
//	if err != nil { … }
//	status, err := p.Wait()
//
// A Machine is what a booted NetBSD system is: a process table with process 1 as everybody's ancestor, a file system,
// a clock, System V and POSIX objects, sysctl variables. Programs that are started in one machine see each other;
// those of two machines have nothing in common but what the host shows both of them. Any number of machines can run
// at the same time in one host process. They share processors, with the code that was translated for them, and the
// memory that programs are in, so that starting a program in a process that is already warm costs little.
//
// # Files
//
// Without Config.Chroot programs see the host's files, with the host's permissions; Config.Root is looked into first,
// for libraries and other files of a NetBSD system. With Config.Chroot they see nothing outside of that directory.
// /dev and /proc are the machine's own.
//
// These limits are nbemu's own checks. What the host process itself may not do, no program inside can be made to do by
// a fault in them: give it no more rights than programs shall have, by Landlock and a user of its own for example, at
// the latest in Command.Confine. The command nbemu does so (-sandbox); a library cannot, for it does not know what else
// the process is for.
//
// # What a machine does to the host process
//
//   - The umask of the host process becomes 0 when the first machine is made, because what guests create has their
//     own umask. Files that the embedding program itself creates from then on need explicit permissions.
//   - Guest memory is reserved in one piece (address space, not memory) at the first program.
//   - Signals that the host process gets are the embedding program's own; use Process.Signal to pass them on.
//   - A fault of nbemu's own while it works for a process ends that process, with a report in the log. One in the
//     machine's timers or on behalf of the host's events ends the machine (Process.Wait tells of it), never the host
//     process.
//
// # Hooks and traces
//
// Config.Trace gets a line per system call, as strace prints it. Config.Hooks see calls before and after they are
// done, and may answer them in the kernel's place; they also see execs and exits. With Config.Deterministic the same
// program with the same input makes the same calls in the same order, to the byte of its trace.
//
// This is the package that other modules import. All others of the module are its parts; they may change at any time.
package machine
