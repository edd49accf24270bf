/*
 * Scheduler activations of NetBSD 2 to 6: a library of two threads, the program's own and the one that runs in upcalls when
 * that sleeps: it waits too, or computes. Then the program executes itself.
 */
#include "arch.h"

#define SYS_sa_register		330
#define SYS_sa_stacks		331
#define SYS_sa_enable		332
#define SYS_sa_setconcurrency	333
#define SYS_sa_yield		334
#define SYS_sa_preempt		335

enum { NEWPROC, PREEMPTED, BLOCKED, UNBLOCKED, SIGNAL, SIGEV, USER };

struct sa {
	void *context;
	int id, cpu;
};

struct stack {
	char *sp;
	size_t size;
	int flags;
};

#define STACKS	6
#define SIZE	32768

static char stacks[STACKS][SIZE] __attribute__((aligned(64)));
static int fds[2];
static volatile int computes, done, spins, interrupted_id;

static void release(void *p)
{
	for (int i = 0; i < STACKS; i++)
		if ((char *)p >= stacks[i] && (char *)p < stacks[i] + SIZE)
			++*(volatile u32 *)stacks[i];
}

static void __attribute__((noreturn)) go(void *context)
{
	char here;

	release(&here);
	sys1(SYS_setcontext, context);
	print("setcontext: WRONG\n");
	exit(1);
}

static void __attribute__((noreturn)) upcall(int type, struct sa **sas, int events, int interrupted, void *arg)
{
	static const char *const names[] = { "newproc", "preempted", "blocked", "unblocked", "signal", "sigev", "user" };

	print("upcall: ");
	print(names[type]);
	say(", events", events);
	if (sas[0]->id != sys0(SYS_lwp_self) || sas[0]->cpu != 0)
		print("own LWP: WRONG\n");
	switch (type) {
	case BLOCKED:
		if (interrupted != 0 || sas[1]->id == sas[0]->id)
			print("who has blocked: WRONG\n");
		sys3(SYS_write, fds[1], "x", 1);
		while (computes)
			spins++;
		for (;;)
			sys0(SYS_sa_yield);
	case UNBLOCKED:
		if (interrupted != 1 || sas[2]->id != sas[0]->id)
			print("who is interrupted: WRONG\n");
		release(sas[2]->context);
		go(sas[1]->context);
	case SIGNAL:
		say("signal", ((struct siginfo *)arg)->signo);
		if (events != 0 || interrupted != 1)
			print("who is interrupted: WRONG\n");
		done++;
		go(sas[1]->context);
	}
	go(sas[1]->context);
}

static void never(int sig, struct siginfo *si, void *uc) { print("handler: WRONG\n"); }

static void block(const char *what)
{
	char c = 0;

	print(what);
	print("\n");
	say("read", sys3(SYS_read, fds[0], &c, 1));
	check("what was written", c == 'x');
}

int main(int argc, char **argv, char **envp)
{
	char *again[] = { argv[0], "again", 0 };
	struct stack st[STACKS];
	void *old = st;

	if (argc > 1) {
		say("after exec", sys0(SYS_sa_yield));
		return 0;
	}
	for (int i = 0; i < STACKS; i++) {
		st[i].sp = stacks[i];
		st[i].size = SIZE;
		st[i].flags = 0;
	}
	say("stacks without activations", sys2(SYS_sa_stacks, STACKS, st));
	say("register", sys4(SYS_sa_register, upcall, &old, 2, 0));
	check("there was none", old == 0);
	say("enable without stacks", sys0(SYS_sa_enable));
	say("stacks", sys2(SYS_sa_stacks, STACKS, st));
	say("stacks that are free", sys2(SYS_sa_stacks, 1, st));
	say("yield without activations", sys0(SYS_sa_yield));
	say("concurrency without activations", sys1(SYS_sa_setconcurrency, 1));
	sys0(SYS_pipe);
	sys0(SYS_pipe);
	fds[1] = (int)nb_rv1;
	fds[0] = fds[1] - 1;
	say("enable", sys0(SYS_sa_enable));
	say("enable again", sys0(SYS_sa_enable));
	say("concurrency", sys1(SYS_sa_setconcurrency, 1));
	say("no concurrency", sys1(SYS_sa_setconcurrency, 0));

	block("the other waits");
	block("once more");
	computes = 1;
	block("the other computes");
	check("it did", spins > 0);
	computes = 0;

	on_signal(SIGUSR1, never, 0);
	say("kill", sys2(SYS_kill, sys0(SYS_getpid), SIGUSR1));
	say("signals", done);
	say("preempt", sys1(SYS_sa_preempt, sys0(SYS_lwp_self)));
	say("preempt nobody", sys1(SYS_sa_preempt, 9999));
	for (int i = 0; i < 5; i++) {
		char c;

		if (sys3(SYS_read, fds[0], &c, 1) != 1)
			print("read: WRONG\n");
	}
	sys3(SYS_execve, argv[0], again, envp);
	return 1;
}
