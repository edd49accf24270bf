/*
 * ptrace used wrongly: addresses that are nobody's, requests at the wrong time, of oneself, of what has ended. It prints
 * what is the same on every machine.
 */
#include "say.h"
#include <elf.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#define ptrace(req, pid, addr, data) syscall(SYS_ptrace, (long)(req), (long)(pid), (long)(addr), (long)(data))

static pid_t stopped(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(7);
	}
	waitpid(pid, &status, 0);
	return pid;
}

static void ended(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	waitpid(pid, &status, __WALL);
}

static void addresses(void)
{
	long page = sysconf(_SC_PAGESIZE), v;
	char *none = mmap(NULL, 2 * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static const long constant = 0x1234;
	pid_t pid;

	munmap(none + page, page);
	pid = stopped();
	say("nowhere", ptrace(PTRACE_PEEKDATA, pid, 0, &v));
	say("the highest word", ptrace(PTRACE_PEEKDATA, pid, -(long)sizeof(long), &v));
	say("over the end of all", ptrace(PTRACE_PEEKDATA, pid, -1l, &v));
	say("poke there", ptrace(PTRACE_POKEDATA, pid, -1l, 5));
	say("over the end of a page", ptrace(PTRACE_PEEKDATA, pid, none + page - 1, &v));
	say("read-only", ptrace(PTRACE_POKEDATA, pid, none, 5));
	say("there", ptrace(PTRACE_PEEKDATA, pid, none, &v) == 0 && v == 5 && none[0] == 0);
	say("constant", ptrace(PTRACE_POKETEXT, pid, &constant, 6));
	say("ours is as it was", constant == 0x1234);
	say("no room for the answer", ptrace(PTRACE_PEEKDATA, pid, &constant, 1));
	ended(pid);
}

static void requests(void)
{
	struct iovec iov = { (void *)1, 1 << 20 };
	siginfo_t si;
	unsigned long v;
	pid_t pid = stopped();

	say("no such request", ptrace(0x7777, pid, 0, 0));
	say("no such option", ptrace(PTRACE_SETOPTIONS, pid, 0, 1 << 30));
	say("no such set", ptrace(PTRACE_GETREGSET, pid, 0x7777, &iov));
	say("no iovec", ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, 1));
	say("nowhere to", ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov));
	iov.iov_len = 3;
	say("half a register", ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov));
	say("no such signal", ptrace(PTRACE_CONT, pid, 0, 1000));
	say("still stopped", ptrace(PTRACE_GETSIGINFO, pid, 0, &si));
	say("siginfo from nowhere", ptrace(PTRACE_SETSIGINFO, pid, 0, 1));
	say("message to nowhere", ptrace(PTRACE_GETEVENTMSG, pid, 0, 1));
	say("mask of another size", ptrace(PTRACE_GETSIGMASK, pid, 3, &v));
	say("interrupt what was attached to", ptrace(PTRACE_INTERRUPT, pid, 0, 0));
	say("listen to it", ptrace(PTRACE_LISTEN, pid, 0, 0));
	say("attach again", ptrace(PTRACE_ATTACH, pid, 0, 0));
	ended(pid);
	say("after its end", ptrace(PTRACE_CONT, pid, 0, 0));
	say("attach then", ptrace(PTRACE_ATTACH, pid, 0, 0));
}

static void *elsewhere(void *arg)
{
	long v;

	say("another thread's", ptrace(PTRACE_PEEKDATA, *(pid_t *)arg, &stopped, &v));
	return NULL;
}

static void *sleeps(void *arg)
{
	*(pid_t *)arg = syscall(SYS_gettid);
	pause();
	return NULL;
}

static void whose(void)
{
	pthread_t t;
	volatile pid_t tid = 0;
	int status;
	pid_t pid = stopped(), other;
	long v;

	pthread_create(&t, NULL, elsewhere, &pid);
	pthread_join(t, NULL);
	ended(pid);
	say("oneself", ptrace(PTRACE_ATTACH, getpid(), 0, 0));
	pthread_create(&t, NULL, sleeps, (void *)&tid);
	while (tid == 0)
		usleep(1000);
	say("one's own thread", ptrace(PTRACE_ATTACH, tid, 0, 0));
	say("seize with an address", ptrace(PTRACE_SEIZE, getppid(), 1, 0));
	say("nobody", ptrace(PTRACE_ATTACH, 999999, 0, 0));
	if ((pid = fork()) == 0)
		for (;;)
			pause();
	say("not traced", ptrace(PTRACE_PEEKDATA, pid, &stopped, &v));
	say("seize", ptrace(PTRACE_SEIZE, pid, 0, 0));
	say("it runs", ptrace(PTRACE_PEEKDATA, pid, &stopped, &v));
	say("detach it", ptrace(PTRACE_DETACH, pid, 0, 0));
	say("interrupt", ptrace(PTRACE_INTERRUPT, pid, 0, 0));
	say("wait", waitpid(pid, &status, 0) == pid);
	printf("event %x\n", status >> 16);
	say("twice", ptrace(PTRACE_SEIZE, pid, 0, 0));
	say("go on", ptrace(PTRACE_CONT, pid, 0, 0));
	say("twice", ptrace(PTRACE_CONT, pid, 0, 0));
	ended(pid);
	if ((pid = fork()) == 0)
		_exit(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0 ? ptrace(PTRACE_TRACEME, 0, 0, 0) == -1 ? errno : 0 : 99);
	waitpid(pid, &status, 0);
	printf("traced twice: %s\n", strerrorname_np(WEXITSTATUS(status)));
	/* A zombie, and one that ends while it is stopped. */
	if ((pid = fork()) == 0)
		_exit(3);
	waitid(P_PID, pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	say("a zombie", ptrace(PTRACE_ATTACH, pid, 0, 0));
	waitpid(pid, &status, 0);
	pid = stopped();
	kill(pid, SIGKILL);
	waitid(P_PID, pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	say("killed", ptrace(PTRACE_CONT, pid, 0, 0));
	say("wait", waitpid(pid, &status, 0) == pid);
	printf("signal %s\n", signal_name(WTERMSIG(status)));
	/* The tracer ends: what it traces goes on, or is killed. */
	if ((pid = fork()) == 0) {
		other = stopped();
		ptrace(PTRACE_SETOPTIONS, other, 0, PTRACE_O_EXITKILL);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	printf("tracer's status %d\n", status);
}

int main(void)
{
	addresses();
	requests();
	whose();
	return 0;
}
