package cpu

/*
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
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

// DieBySignal ends nbemu itself as the host signal sig does by default, so that a shell sees how the guest
// died. It returns if the signal does not end a process.
func DieBySignal(sig int) { C.die_by(C.int(sig)) }
