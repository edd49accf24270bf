/*
 * Futexes whose waiters inherit (FUTEX_TRYLOCK_PI, LOCK_PI): by who owns the word, and when an owner ends; and sleeps that a tracer
 * interrupts, which end when they would have.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_futex
#define SYS_futex SYS_futex_time64
#endif

static unsigned *word;

static const char *futex(int op, unsigned *w)
{
	static char text[80];
	long r = syscall(SYS_futex, w, op, 0, NULL, NULL, 0);

	if (r < 0)
		snprintf(text, sizeof text, "%s", strerrorname_np(errno));
	else
		snprintf(text, sizeof text, "%ld", r);
	return text;
}

static const char *owner(unsigned v)
{
	static char text[80];
	unsigned who = v & FUTEX_TID_MASK;

	snprintf(text, sizeof text, "%s%s%s", who == 0 ? "nobody" : who == (unsigned)gettid() ? "us" : "another",
		 v & FUTEX_WAITERS ? ", waiters" : "", v & FUTEX_OWNER_DIED ? ", died" : "");
	return text;
}

static void say(const char *what, int op)
{
	const char *r = futex(op, word);

	printf("%s: %s, %s\n", what, r, owner(*word));
}

static void *ends(void *arg)
{
	syscall(SYS_futex, word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
	__atomic_store_n((int *)arg, 1, __ATOMIC_RELEASE);
	usleep(200000);
	return NULL; /* and owns the word */
}

static void *locks(void *arg)
{
	pthread_mutex_lock(arg);
	return NULL;
}

static void mutexes(void)
{
	pthread_mutexattr_t a;
	pthread_mutex_t m;
	pthread_t t;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&m, &a);
	printf("trylock: %d\n", pthread_mutex_trylock(&m));
	printf("lock: %d\n", pthread_mutex_lock(&m));
	printf("unlock: %d\n", pthread_mutex_unlock(&m));
	printf("unlock again: %d\n", pthread_mutex_unlock(&m));
	pthread_create(&t, NULL, locks, &m);
	pthread_join(t, NULL);
	printf("its owner ended: %s\n", pthread_mutex_lock(&m) == EOWNERDEAD ? "EOWNERDEAD" : "no");
	printf("consistent: %d\n", pthread_mutex_consistent(&m));
	printf("unlock: %d\n", pthread_mutex_unlock(&m));
}

static void sleeps(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* A sleep of two turns, interrupted by a tracer after the first one and made again: how many turns it takes. */
static void interrupted(void)
{
	enum { TURN = 1200 };
	struct timespec from, to;
	int status;
	pid_t pid;

	clock_gettime(CLOCK_MONOTONIC, &from);
	if ((pid = fork()) == 0) {
		sleeps(2 * TURN);
		_exit(0);
	}
	sleeps(TURN);
	ptrace(PTRACE_SEIZE, pid, 0, 0);
	ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	waitpid(pid, &status, 0);
	ptrace(PTRACE_DETACH, pid, 0, 0);
	waitpid(pid, &status, 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("turns: %ld\n", ((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000) / TURN);
}

int main(void)
{
	pthread_t t;
	int owns = 0;

	word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	say("trylock", FUTEX_TRYLOCK_PI);
	say("trylock again", FUTEX_TRYLOCK_PI);
	say("lock again", FUTEX_LOCK_PI);
	say("unlock", FUTEX_UNLOCK_PI);
	say("unlock again", FUTEX_UNLOCK_PI);
	*word = 0x3ffffff0;
	say("trylock of nobody's", FUTEX_TRYLOCK_PI);
	say("lock of nobody's", FUTEX_LOCK_PI);
	say("unlock of nobody's", FUTEX_UNLOCK_PI);
	*word = FUTEX_OWNER_DIED;
	say("lock after a death", FUTEX_LOCK_PI);
	say("unlock", FUTEX_UNLOCK_PI);
	*word = 0;
	pthread_create(&t, NULL, ends, &owns);
	while (!__atomic_load_n(&owns, __ATOMIC_ACQUIRE))
		usleep(1000);
	say("trylock of another's", FUTEX_TRYLOCK_PI);
	say("unlock of another's", FUTEX_UNLOCK_PI);
	say("lock until its end", FUTEX_LOCK_PI);
	pthread_join(t, NULL);
	say("unlock", FUTEX_UNLOCK_PI);
	printf("not aligned: %s\n", futex(FUTEX_LOCK_PI, (unsigned *)((char *)word + 1)));
	mutexes();
	fflush(stdout);
	interrupted();
	return 0;
}
