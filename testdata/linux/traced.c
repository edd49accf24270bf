/*
 * What ptrace(2) and seccomp(2) do that is the same on every machine: stops, their wait statuses and messages, calls that
 * are interrupted and made again, memory, and the answers of filters.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/elf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

static volatile long word = 0x1234;

/* await waits for news of pid and says what they are. */
static int
await(const char *what, pid_t pid)
{
	int st = 0;
	pid_t got = waitpid(pid, &st, __WALL);

	if (got == -1)
		printf("%s: %s\n", what, strerror(errno));
	else if (WIFEXITED(st))
		printf("%s: exited with %d\n", what, WEXITSTATUS(st));
	else if (WIFSIGNALED(st))
		printf("%s: killed by %s\n", what, strsignal(WTERMSIG(st)));
	else
		printf("%s: stopped by %s, bit %d, event %d\n", what, strsignal(WSTOPSIG(st) & 0x7f),
		    WSTOPSIG(st) >> 7 & 1, st >> 16);
	fflush(stdout);
	return st;
}

static int
req(int r, pid_t pid, long addr, long data)
{
	errno = 0;
	return ptrace(r, pid, (void *)addr, (void *)data) == -1 ? errno : 0;
}

static pid_t
child(void (*f)(void))
{
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		f();
		fflush(stdout);
		_exit(3);
	}
	return pid;
}

static void
self(void)
{
	printf("traceme %d\n", req(PTRACE_TRACEME, 0, 0, 0));
	printf("again %d\n", req(PTRACE_TRACEME, 0, 0, 0) == EPERM);
	fflush(stdout);
	raise(SIGSTOP);
	raise(SIGUSR1);		/* the tracer keeps it */
	printf("word %lx\n", word);
	fflush(stdout);
	if (fork() == 0)
		_exit(4);
	wait(NULL);
}

static void
traceme(void)
{
	pid_t pid = child(self);
	siginfo_t si;
	unsigned long msg;
	struct { unsigned char b[4096]; } regs;
	struct iovec iov = { &regs, sizeof(regs) };
	int st;

	await("begin", pid);
	printf("options %d, ", req(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXIT | PTRACE_O_TRACESYSGOOD));
	printf("bad ones %d\n", req(PTRACE_SETOPTIONS, pid, 0, 1 << 25) == EINVAL);
	printf("siginfo %d: ", req(PTRACE_GETSIGINFO, pid, 0, (long)&si));
	printf("SIGSTOP %d, from itself %d\n", si.si_signo == SIGSTOP, si.si_pid == pid);
	errno = 0;
	printf("peek %lx\n", (long)ptrace(PTRACE_PEEKDATA, pid, (void *)&word, NULL));
	printf("poke %d, nowhere %d\n", req(PTRACE_POKEDATA, pid, (long)&word, 0x4321), req(PTRACE_POKEDATA, pid, 8, 1) == EIO);
	printf("registers %d", req(PTRACE_GETREGSET, pid, NT_PRSTATUS, (long)&iov));
	printf(", some %d", iov.iov_len > 40 && iov.iov_len < 600);
	printf(", no such set %d\n", req(PTRACE_GETREGSET, pid, 0x7777, (long)&iov) == EINVAL);
	printf("set %d\n", req(PTRACE_SETREGSET, pid, NT_PRSTATUS, (long)&iov));
	printf("no request %d, not mine %d\n", req(0x6666, pid, 0, 0) == EIO, req(PTRACE_CONT, getpid(), 0, 0) == ESRCH);
	req(PTRACE_CONT, pid, 0, 0);
	await("signal", pid);
	req(PTRACE_CONT, pid, 0, 0);
	await("fork", pid);
	req(PTRACE_GETEVENTMSG, pid, 0, (long)&msg);
	await("its child", msg);
	printf("parent and child %d\n", msg != pid && msg != 0);
	req(PTRACE_CONT, msg, 0, 0);
	await("its end", msg);
	pid_t grand = msg;
	req(PTRACE_GETEVENTMSG, grand, 0, (long)&msg);
	printf("status %lx\n", msg);
	req(PTRACE_CONT, grand, 0, 0);
	await("and", grand);
	req(PTRACE_CONT, pid, 0, 0);
	st = await("SIGCHLD", pid);
	req(PTRACE_CONT, pid, 0, WSTOPSIG(st));
	await("end", pid);
	req(PTRACE_CONT, pid, 0, 0);
	await("and", pid);
	await("gone", pid);
}

/* Calls: the number at the beginning, the result at the end. */
static void
caller(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	syscall(SYS_getppid);
	_exit(syscall(SYS_close, -1) == -1 && errno == EBADF ? 5 : 6);
}

struct callinfo {
	uint8_t op, pad[3];
	uint32_t arch;
	uint64_t ip, sp;
	union {
		struct { uint64_t nr, args[6]; } entry;
		struct { int64_t rval; uint8_t bad; } exit;
	} u;
};

static void
calls(void)
{
	pid_t pid = child(caller);
	struct callinfo ci;
	int seen = 0, i;

	await("caller", pid);
	req(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
	for (i = 0; i < 40; i++) {
		int st = 0;
		req(PTRACE_SYSCALL, pid, 0, 0);
		waitpid(pid, &st, 0);
		if (!WIFSTOPPED(st)) {
			printf("calls: exited with %d\n", WEXITSTATUS(st));
			break;
		}
		memset(&ci, 0, sizeof(ci));
		ptrace(0x420e, pid, (void *)sizeof(ci), &ci);
		if (ci.op == 1 && (ci.u.entry.nr == SYS_getppid || ci.u.entry.nr == SYS_close)) {
			seen = ci.u.entry.nr;
			printf("%s, stack %d, pc %d\n", seen == SYS_close ? "close" : "getppid", ci.sp != 0, ci.ip != 0);
			if (seen == SYS_close)
				printf("of %d\n", (int)ci.u.entry.args[0]);
		} else if (ci.op == 2 && seen != 0) {
			printf("result %d, error %d\n", seen == SYS_close ? (int)ci.u.exit.rval : ci.u.exit.rval == getpid(), ci.u.exit.bad);
			seen = 0;
		}
	}
}

static int ready[2];

static void
sleeper(void)
{
	struct timespec t = { 0, 300000000 };

	write(ready[1], "x", 1);
	errno = 0;
	int r = nanosleep(&t, NULL);
	printf("sleep %d, %s\n", r, strerror(errno));
	fflush(stdout);
	pause();
}

static void
seized(void)
{
	pid_t pid;
	char c;
	siginfo_t si;

	pipe(ready);
	pid = child(sleeper);
	read(ready[0], &c, 1);
	usleep(50000);		/* it sleeps, most likely */
	printf("seize with an address %d\n", req(PTRACE_SEIZE, pid, 1, 0) == EIO);
	printf("seize %d, ", req(PTRACE_SEIZE, pid, 0, PTRACE_O_EXITKILL));
	printf("again %d\n", req(PTRACE_SEIZE, pid, 0, 0) == EPERM);
	printf("not stopped %d\n", req(PTRACE_CONT, pid, 0, 0) == ESRCH);
	printf("interrupt %d\n", req(PTRACE_INTERRUPT, pid, 0, 0));
	await("seized", pid);
	req(PTRACE_CONT, pid, 0, 0);
	usleep(600000);
	kill(pid, SIGSTOP);
	await("SIGSTOP", pid);
	req(PTRACE_CONT, pid, 0, SIGSTOP);
	await("group stop", pid);
	printf("listen %d\n", req(PTRACE_LISTEN, pid, 0, 0));
	kill(pid, SIGCONT);
	await("continued", pid);
	req(PTRACE_CONT, pid, 0, 0);
	await("SIGCONT", pid);
	printf("siginfo %d, ", req(PTRACE_GETSIGINFO, pid, 0, (long)&si));
	printf("%d\n", si.si_signo == SIGCONT);
	printf("kill %d\n", req(PTRACE_KILL, pid, 0, 0));
	await("killed", pid);
}

static int
filter(int nr, unsigned answer, unsigned flags)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { 4, f };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &p) == 0 ? 0 : errno;
}

static void
trapped(int sig, siginfo_t *si, void *uc)
{
	printf("SIGSYS %d, code %d, call %d, data %d, address %d\n", sig == SIGSYS, si->si_code, si->si_syscall == SYS_getpgid,
	    si->si_errno, si->si_call_addr != NULL);
}

static void *
thread(void *arg)
{
	read(ready[0], arg, 1);
	int r = syscall(SYS_getsid, 0);
	printf("thread: %d, %s\n", r, strerror(errno));
	return NULL;
}

static void
filtered(void)
{
	struct sigaction sa = { .sa_sigaction = trapped, .sa_flags = SA_SIGINFO };
	unsigned action = SECCOMP_RET_TRAP, bad = 0x12340000;
	struct sock_filter end = BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1);
	struct sock_fprog p = { 1, &end };
	pthread_t t;
	char c;

	printf("TRAP %ld, nonsense %d\n", syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action),
	    syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &bad) == -1 && errno == EOPNOTSUPP);
	printf("new privileges %d\n", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	printf("no end %d\n", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p) == -1 && errno == EINVAL);
	pipe(ready);
	pthread_create(&t, NULL, thread, &c);
	printf("errno %d\n", filter(SYS_getsid, SECCOMP_RET_ERRNO | EDOM, SECCOMP_FILTER_FLAG_TSYNC));
	int r = syscall(SYS_getsid, 0);
	printf("getsid %d, %s\n", r, strerror(errno));
	write(ready[1], "x", 1);
	pthread_join(t, NULL);
	sigaction(SIGSYS, &sa, NULL);
	printf("trap %d\n", filter(SYS_getpgid, SECCOMP_RET_TRAP | 77, 0));
	syscall(SYS_getpgid, 0);
	printf("trace %d\n", filter(SYS_setpgid, SECCOMP_RET_TRACE | 9, 0));
	r = syscall(SYS_setpgid, 0, 0);
	printf("setpgid %d, %s\n", r, strerror(errno));
	printf("mode %d, strict %d\n", prctl(PR_GET_SECCOMP, 0, 0, 0, 0), prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0) == -1 && errno == EINVAL);
	printf("kill %d\n", filter(SYS_getpriority, SECCOMP_RET_KILL_PROCESS, 0));
	fflush(stdout);
	syscall(SYS_getpriority, 0, 0);
	printf("still here\n");
}

int
main(void)
{
	setvbuf(stdout, NULL, _IOFBF, 4096);
	traceme();
	calls();
	seized();
	await("filtered", child(filtered));
	return 0;
}
