/*
 * Host exceptions in the engine: a null pointer, a division, a trap in a translator, a helper or translated code. They
 * are the guest's illegal instruction (cpu/engine/nb_fail.inc.c). The handlers go before those of the Go runtime, which
 * gets all other signals.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include "nb.h"
#include "hostpc.h"

static struct {
    int sig;
    struct sigaction next;
} handlers[] = {{SIGSEGV}, {SIGFPE}, {SIGILL}};

/* In place of the instruction that failed; the context that is left here is never gone back to. */
static void __attribute__((noreturn)) leave(void)
{
    nb_running.o->crash(nb_running.e, nb_running.pc);
    __builtin_unreachable();
}

static void on_crash(int sig, siginfo_t *si, void *context)
{
    ucontext_t *uc = context;
    struct sigaction *next = NULL;
    unsigned i;

    if (si->si_code > 0 && nb_running.e && nb_running.o->crashes(nb_running.e)) {
        nb_running.pc = UC_PC(uc);
        UC_SP(uc) = ((UC_SP(uc) - 512) & ~(uintptr_t)15) - RETURN_ADDRESS;
        UC_PC(uc) = (uintptr_t)leave;
        return;
    }
    for (i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
        if (handlers[i].sig == sig)
            next = &handlers[i].next;
    if (next && next->sa_flags & SA_SIGINFO) {
        next->sa_sigaction(sig, si, context);
    } else if (next && next->sa_handler != SIG_DFL && next->sa_handler != SIG_IGN) {
        next->sa_handler(sig);
    } else {
        signal(sig, SIG_DFL);
    }
}

int nb_crash_init(void)
{
    struct sigaction sa;
    unsigned i;

    memset(&sa, 0, sizeof sa);
    sa.sa_sigaction = on_crash;
    sa.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigfillset(&sa.sa_mask);
    for (i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
        if (sigaction(handlers[i].sig, &sa, &handlers[i].next))
            return -1;
    return 0;
}
