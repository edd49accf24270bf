/*
 * The host's SIGBUS: a page of a host file that guests have mapped is gone, because the file was cut short, or the
 * host has no room for what is stored in a hole, or cannot read. What of translated code does such an access leaves
 * it with NB_TRAP_BUS, at the exact instruction. For any other code, C or Go, zeros take the page's place, the log
 * tells mem/ about it (mem/bus.go), and a processor that was running stops soon.
 *
 * The handler goes before that of the Go runtime, which gets all signals that are not about windows.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "nb.h"

#include "hostpc.h"

/* As mem/bus.go has it. */
struct nb_buslog {
    uint32_t hits, claimed;
    uint64_t frames[64];
};

static struct {
    uintptr_t base;
    uint64_t size;
    const uint8_t *flags;
    struct nb_buslog *log;
    size_t page;
    struct sigaction next;
} bus;

__thread struct nb_running nb_running;

/* In place of the access: leaves translated code. The context that is left here is never gone back to. */
static void __attribute__((noreturn)) leave(void)
{
    nb_running.o->bus(nb_running.e, nb_running.pc, nb_running.pa);
    __builtin_unreachable();
}

static void note(uint64_t frame)
{
    uint32_t n = __atomic_fetch_add(&bus.log->claimed, 1, __ATOMIC_RELAXED);

    while (__atomic_load_n(&bus.log->hits, __ATOMIC_ACQUIRE) != n)
        continue; /* another thread's handler is about to count */
    bus.log->frames[n % 64] = frame;
    __atomic_store_n(&bus.log->hits, n + 1, __ATOMIC_RELEASE);
}

static void pass_on(int sig, siginfo_t *si, void *context)
{
    struct sigaction dfl;

    if (bus.next.sa_flags & SA_SIGINFO) {
        bus.next.sa_sigaction(sig, si, context);
    } else if (bus.next.sa_handler != SIG_DFL && bus.next.sa_handler != SIG_IGN) {
        bus.next.sa_handler(sig);
    } else {
        memset(&dfl, 0, sizeof dfl);
        dfl.sa_handler = SIG_DFL;
        sigaction(sig, &dfl, NULL);
    }
}

static void on_bus(int sig, siginfo_t *si, void *context)
{
    uintptr_t addr = (uintptr_t)si->si_addr;
    ucontext_t *uc = context;

    if (si->si_code <= 0 || addr - bus.base >= bus.size || !(bus.flags[(addr - bus.base) >> 12] & NB_FRAME_FILE)) {
        pass_on(sig, si, context);
        return;
    }
    if (nb_running.e && nb_running.o->inside(nb_running.e, UC_PC(uc))) {
        nb_running.pc = UC_PC(uc);
        nb_running.pa = addr - bus.base;
        UC_SP(uc) = ((UC_SP(uc) - 512) & ~(uintptr_t)15) - RETURN_ADDRESS;
        UC_PC(uc) = (uintptr_t)leave;
        return;
    }
    if (mmap((void *)(addr & ~(uintptr_t)(bus.page - 1)), bus.page, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0) == MAP_FAILED) {
        pass_on(sig, si, context);
        return;
    }
    note((addr - bus.base) >> 12);
    if (nb_running.e) {
        nb_running.hit = addr - bus.base + 1;
        nb_running.o->stop(nb_running.e);
    }
}

int nb_bus_init(uintptr_t base, uint64_t size, uintptr_t flags, uintptr_t log)
{
    struct sigaction sa;

    bus.base = base;
    bus.size = size;
    bus.flags = (const uint8_t *)flags;
    bus.log = (struct nb_buslog *)log;
    bus.page = sysconf(_SC_PAGESIZE);
    memset(&sa, 0, sizeof sa);
    sa.sa_sigaction = on_bus;
    sa.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigfillset(&sa.sa_mask);
    return sigaction(SIGBUS, &sa, &bus.next);
}
