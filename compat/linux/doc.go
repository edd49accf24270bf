// Package linux is the Linux emulation: it runs programs made for Linux on top of the native kernel.
//
// Its calls are those of Linux's own table. What they do is done by the native calls wherever the two systems
// agree; the handlers here translate numbers, flags and structures, and add what NetBSD has not got: futexes,
// epoll, threads as clone(2) makes them. Inside the kernel errors, signals and flags are NetBSD's; they become
// Linux's on the way out.
//
// It is a part of nbemu and not for other modules: those import package machine.
package linux

//go:generate go run nbemu/internal/mksyscalls -master linux.master -pkg linux -numprefix sysNo_ -title "Linux system calls" -doc ../../docs/SYSCALLS-linux.md
