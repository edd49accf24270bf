package cpu

/*
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <unistd.h>

static int sent_fd = -1;
static struct sigaction sent_next[65];

// sent passes on what another process sent, by the number, and leaves everything else to who was there before.
static void sent(int sig, siginfo_t *si, void *uc) {
	unsigned char b = sig;
	int e = errno;
	ssize_t n;
	if ((si->si_code == SI_USER || si->si_code == SI_QUEUE) && si->si_pid != getpid()) {
		n = write(sent_fd, &b, 1);
		(void)n;
		errno = e;
	} else if (sent_next[sig].sa_flags & SA_SIGINFO)
		sent_next[sig].sa_sigaction(sig, si, uc);
	else if (sent_next[sig].sa_handler != SIG_IGN) {
		// A fault comes again when the instruction is repeated.
		signal(sig, SIG_DFL);
		if (si->si_code <= 0)
			raise(sig);
	}
}

// catch_sent installs sent. SIG_IGN stays what it is.
static int catch_sent(int sig, int fd) {
	struct sigaction sa;
	sent_fd = fd;
	if (sigaction(sig, NULL, &sent_next[sig]) != 0)
		return errno;
	if (!(sent_next[sig].sa_flags & SA_SIGINFO) && sent_next[sig].sa_handler == SIG_IGN)
		return 0;
	sa = sent_next[sig];
	sa.sa_sigaction = sent;
	sa.sa_flags |= SA_SIGINFO | SA_ONSTACK | SA_RESTART;
	return sigaction(sig, &sa, NULL) != 0 ? errno : 0;
}

// die_by ends the host process with a signal's default action and without a core file of ours.
static void die_by(int sig) {
	struct rlimit none = {0, 0};
	sigset_t s;
	setrlimit(RLIMIT_CORE, &none);
	signal(sig, SIG_DFL);
	sigemptyset(&s);
	sigaddset(&s, sig);
	pthread_sigmask(SIG_UNBLOCK, &s, NULL);
	raise(sig);
}
*/
import "C"

import (
	"os"
	"syscall"
)

// CatchSent has signals that a fault causes too (SIGSEGV and so on) told apart: one that another process sent is read
// from the file returned, as a byte with its number, and has no other effect; everything else goes to whom it went
// before, which is the Go runtime's reports. Errors: the host's. Call it once.
func CatchSent(sigs []int) (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	// The handler must not wait; os.Pipe's descriptors do not, unless Fd is asked for them.
	conn, err := w.SyscallConn()
	if err != nil {
		return nil, err
	}
	_ = conn.Control(func(fd uintptr) {
		for _, sig := range sigs {
			if e := C.catch_sent(C.int(sig), C.int(fd)); e != 0 && err == nil {
				err = syscall.Errno(e)
			}
		}
	})
	sentTo = w
	return r, err
}

// sentTo keeps the writing end from being closed.
var sentTo *os.File

// DieBySignal ends nbemu itself as the host signal sig does by default, so that a shell sees how the guest
// died. It returns if the signal does not end a process.
func DieBySignal(sig int) { C.die_by(C.int(sig)) }
