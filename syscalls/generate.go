// Package syscalls is the native system call table and its handlers, one file
// per subject.
//
// It is a part of nbemu and not for other modules: those import package machine.
package syscalls

//go:generate go run nbemu/internal/mksyscalls -master syscalls.master -pkg syscalls -doc ../docs/SYSCALLS.md
