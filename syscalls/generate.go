// Package syscalls is the native system call table and its handlers, one file
// per subject.
package syscalls

//go:generate go run nbemu/internal/mksyscalls -master syscalls.master -pkg syscalls -doc ../docs/SYSCALLS.md
