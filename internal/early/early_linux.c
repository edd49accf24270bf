#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include "early_linux.h"

#define KEEP(cap) (UINT64_C(1) << (cap))

/* What the guest's root needs of the host's: to be stopped by no file's mode or owner, to change both, to use the
 * network as root does. Loading modules, mounting, tracing, making devices and all others go. */
const uint64_t nb_kept_capabilities =
    KEEP(CAP_CHOWN) | KEEP(CAP_DAC_OVERRIDE) | KEEP(CAP_DAC_READ_SEARCH) | KEEP(CAP_FOWNER) | KEEP(CAP_FSETID) |
    KEEP(CAP_SETGID) | KEEP(CAP_SETUID) | KEEP(CAP_NET_BIND_SERVICE) | KEEP(CAP_NET_BROADCAST) | KEEP(CAP_NET_RAW) |
    KEEP(CAP_IPC_LOCK) | KEEP(CAP_SYS_RESOURCE);

int nb_walled;

/* Whether the command line surely runs a program behind the wall: no word of it has to do with -sandbox, the first is
 * no command but "run", and it is not that of nbemu's own tests. What is in doubt is left to Go, which has read the
 * flags. */
static int runs_a_program(void)
{
    char args[4096], *end, *s;
    ssize_t n;
    int i = 0, fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return 0;
    n = read(fd, args, sizeof args);
    close(fd);
    if (n <= 0 || n == sizeof args || args[n - 1])
        return 0;
    for (s = args, end = args + n; s < end; s += strlen(s) + 1, i++)
        if ((i == 1 && s[0] != '-' && !strchr(s, '/') && strcmp(s, "run")) || strstr(s, "sandbox") ||
            !strncmp(s, "-test.", 6))
            return 0;
    return i > 1 && !getenv("NBEMU_SANDBOX");
}

/* The variables that Go's runtime reads at its start are the program's: GOMAXPROCS is how many threads that has, and with
 * GODEBUG its garbage collections are told of, not nbemu's. NBEMU_GODEBUG and its like are for nbemu itself. The strings
 * are those which the runtime will read. */
__attribute__((constructor)) static void variables(void)
{
    static const char *const ours[] = {"GODEBUG=", "GOGC=", "GOMAXPROCS=", "GOMEMLIMIT=", "GOTRACEBACK="};
    char **e;
    size_t i;

    for (e = environ; e && *e; e++)
        for (i = 0; i < sizeof ours / sizeof ours[0]; i++) {
            if (!strncmp(*e, ours[i], strlen(ours[i])))
                **e = '\1';
            else if (!strncmp(*e, "NBEMU_", 6) && !strncmp(*e + 6, ours[i], strlen(ours[i])))
                *e += 6;
            else
                continue;
            break;
        }
}

/* Before Go's runtime has begun this is the only thread; those that come later have no more than it has. */
__attribute__((constructor)) static void wall(void)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct set[2];
    int i;

#ifdef __GLIBC__
    /* No heap for each thread: the engine allocates little once it runs. */
    mallopt(M_ARENA_MAX, 1);
#endif
    if (geteuid() || !runs_a_program() || syscall(SYS_capget, &head, set))
        return;
    for (i = 0; i < 2; i++) {
        uint32_t keep = (uint32_t)(nb_kept_capabilities >> 32 * i);
        set[i].effective &= keep;
        set[i].permitted &= keep;
        set[i].inheritable &= keep;
    }
    nb_walled = !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && !syscall(SYS_capset, &head, set);
}
