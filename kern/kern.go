// Package kern is the machine-independent kernel: processes, LWPs, credentials, descriptors, scheduling,
// signals, time. It knows no system-call table: those reach it through Emul.
//
// Locks, outermost first: a processor (an LWP in the kernel keeps the one it ran on), the kernel lock, the
// scheduler's lock, a space's lock. The kernel lock is NetBSD's big lock: every system call and every
// callback from a host event runs with it held, and Sleep gives it away.
package kern

import (
	"fmt"
	"os"
	"sync"
)

var kernelLock sync.Mutex

// KernelLock takes the kernel lock, for code that is not an LWP: host pollers and timers.
func KernelLock() { kernelLock.Lock() }

// KernelUnlock releases it.
func KernelUnlock() {
	if det.on {
		det.resume()
	}
	kernelLock.Unlock()
}

// Config is what the command line decides about the machine. It is set once, before the first process.
var Config struct {
	Strace  func(l *LWP, line string) // gets each traced call, if set
	Crash   bool                      // report registers and mapping of a crash
	Release string                    // kern.osrelease
	Hostname,
	OSVersion string
	Page0 bool // page 0 can be mapped (vm.user_va0_disable is 0)
	NCPU  int
	Log   func(msg string) // the kernel's log: one line each
}

// logOnce prints a message to the kernel's log the first time.
var logged = map[string]bool{}

// Log writes a line to the kernel's log. Preconditions: kernel lock.
func Log(format string, a ...any) {
	msg := fmt.Sprintf(format, a...)
	if Config.Log != nil {
		Config.Log(msg)
		return
	}
	fmt.Fprintln(os.Stderr, "nbemu: "+msg)
}

// LogOnce is Log for messages that are the same each time. Preconditions: kernel lock.
func LogOnce(format string, a ...any) {
	msg := fmt.Sprintf(format, a...)
	if !logged[msg] {
		logged[msg] = true
		Log("%s", msg)
	}
}
