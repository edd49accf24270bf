/* __futex, robust lists, semaphores, and both between processes (sys_futex.c, uipc_sem.c). */
#include "posix.h"

#define FUTEX_WAIT		0
#define FUTEX_WAKE		1
#define FUTEX_REQUEUE		3
#define FUTEX_CMP_REQUEUE	4
#define FUTEX_WAKE_OP		5
#define FUTEX_WAIT_BITSET	9
#define FUTEX_WAKE_BITSET	10
#define PRIVATE			128
#define REALTIME		256
#define WAITERS			0x80000000u
#define OWNER_DIED		0x40000000u

#define STACK 16384
static char stacks[8][STACK] __attribute__((aligned(16)));
static char context[8192] __attribute__((aligned(16)));
static volatile u32 word, word2, done;
static volatile u8 began[8], ended[8];
static volatile long results[8];
static volatile int wait_flags = PRIVATE;

static long futex(volatile u32 *a, int op, u32 val, struct timespec *ts, volatile u32 *b, int val2, u32 val3)
{
	return (long)nb_syscall8(SYS_futex, REG(a), REG(op), REG(val), REG(ts), REG(b), REG(val2), REG(val3), REG(0));
}

static long create(void (*f)(long), long arg, int stack)
{
	u32 *uc = (u32 *)context;
	int id = 0;

	EQ(sys1(SYS_getcontext, context), 0);
	UC_SP(context) = (unsigned long)(stacks[stack] + STACK - 256) - STACK_SKEW;
	UC_SET_PC(context, f);
	UC_ARG(context) = arg;
	*uc &= ~UC_TLSBASE;
	EQ(sys3(SYS_lwp_create, context, 0, &id), 0);
	return id;
}

static void __attribute__((noreturn)) leave(void)
{
	for (;;)
		sys0(SYS_lwp_exit);
}

static u32 sum(volatile u8 *a)
{
	u32 n = 0;

	for (int i = 0; i < 8; i++)
		n += a[i];
	return n;
}

static void lwp_wait(long id) { EQ(sys2(SYS_lwp_wait, id, 0), 0); }

static void arguments(void)
{
	struct timespec ts = { 0, 0 };

	word = 5;
	EQ(futex(&word, FUTEX_WAIT, 6, 0, 0, 0, 0), -EAGAIN);
	EQ(futex((u32 *)8, FUTEX_WAIT, 6, 0, 0, 0, 0), -EAGAIN);	/* no word is not the word */
	EQ(futex(&word, FUTEX_WAIT, 5, (struct timespec *)8, 0, 0, 0), -EFAULT);
	EQ(futex(&word, FUTEX_WAIT_BITSET, 5, 0, 0, 0, 0), -EINVAL);
	EQ(futex((u32 *)((char *)&word + 2), FUTEX_WAKE, 1, 0, 0, 0, 0), -EINVAL);
	EQ(futex(&word, FUTEX_WAKE, -1, 0, 0, 0, 0), -EINVAL);
	EQ(futex(&word, FUTEX_WAKE, 1, 0, 0, 0, 0), 0);
	EQ(futex(&word, FUTEX_REQUEUE, -1, 0, &word2, 1, 0), -EINVAL);
	EQ(futex(&word, FUTEX_REQUEUE, 1, 0, &word2, -1, 0), -EINVAL);
	EQ(futex(&word, FUTEX_REQUEUE, 1, 0, &word2, 1, 0), 0);
	EQ(futex(&word, 2, 1, 0, 0, 0, 0), -ENOSYS);		/* FUTEX_FD */
	for (int op = 6; op <= 8; op++)				/* priority inheritance */
		EQ(futex(&word, op, 1, 0, 0, 0, 0), -ENOSYS);
	EQ(futex(&word, 13, 1, 0, 0, 0, 0), -ENOSYS);
	ts.nsec = 1000000000;
	EQ(futex(&word, FUTEX_WAIT, 5, &ts, 0, 0, 0), -EINVAL);
	EQ(futex(&word, FUTEX_WAIT_BITSET, 5, &ts, 0, 0, -1), -EINVAL);
	ts.nsec = 0;
	ts.sec = -1;
	EQ(futex(&word, FUTEX_WAIT, 5, &ts, 0, 0, 0), -ETIMEDOUT);
	EQ(futex(&word, FUTEX_WAIT_BITSET, 5, &ts, 0, 0, -1), -EINVAL);
	EQ(futex(&word, FUTEX_WAIT, 6, &ts, 0, 0, 0), -EAGAIN);	/* the word counts first */
}

static void timeouts(void)
{
	static const int clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME };

	word = 5;
	for (int i = 0; i < 2; i++) {
		struct timespec ts = { 0, 3000000 }, then, now;

		EQ(futex(&word, FUTEX_WAIT | (i ? REALTIME : 0), 5, &ts, 0, 0, 0), -ETIMEDOUT);
		EQ(sys2(SYS_clock_gettime, clocks[i], &then), 0);
		EQ(futex(&word, FUTEX_WAIT_BITSET | (i ? REALTIME : 0), 5, &then, 0, 0, -1), -ETIMEDOUT);
		then.nsec += 5000000;
		if (then.nsec >= 1000000000)
			then.nsec -= 1000000000, then.sec++;
		EQ(futex(&word, FUTEX_WAIT_BITSET | (i ? REALTIME : 0), 5, &then, 0, 0, -1), -ETIMEDOUT);
		EQ(sys2(SYS_clock_gettime, clocks[i], &now), 0);
		OK(now.sec > then.sec || (now.sec == then.sec && now.nsec >= then.nsec));
	}
}

static void __attribute__((used)) waiter(long n)
{
	began[n] = 1;
	results[n] = futex(&word, FUTEX_WAIT_BITSET | wait_flags, 0, 0, 0, 0, 1u << n) + 1;
	ended[n] = 1;
	leave();
}

/* Makes n waiters and returns when they wait: each is woken if it is asked for often enough, so let it go on. */
static void waiters(int n)
{
	for (int i = 0; i < n; i++)
		create(waiter, i, i);
	while (sum(began) < (u32)n)
		yield();
	nap(20);
	for (int i = 0; i < 100; i++)
		yield();
}

/* wake until somebody was there: a waiter may not have come to its wait yet on a busy host. */
static void wake_one(u32 bits)
{
	long n;

	while ((n = futex(&word, FUTEX_WAKE_BITSET | wait_flags, 1, 0, 0, 0, bits)) == 0)
		yield();
	EQ(n, 1);
}

static void wake_counts(void)
{
	word = 0;
	waiters(4);
	wake_one(-1);
	while (sum(ended) < 1)
		yield();
	u32 n = 1;
	while (n < 4) {
		long got = futex(&word, FUTEX_WAKE | PRIVATE, 100, 0, 0, 0, 0);

		OK(got >= 0 && got <= 3);
		n += got;
		yield();
	}
	while (sum(ended) < 4)
		yield();
	for (int i = 0; i < 4; i++)
		EQ(results[i], 1);
	EQ(futex(&word, FUTEX_WAKE | PRIVATE, 100, 0, 0, 0, 0), 0);
}

static void bitsets(void)
{
	word = 0;
	waiters(3);
	EQ(futex(&word, FUTEX_WAKE_BITSET | PRIVATE, 100, 0, 0, 0, 8), 0);	/* nobody's bit */
	wake_one(4);
	while (sum(ended) < 1)
		yield();
	EQ(results[2], 1);
	EQ(results[0], 0);
	wake_one(1);
	while (sum(ended) < 2)
		yield();
	EQ(results[0], 1);
	wake_one(-1);
	while (sum(ended) < 3)
		yield();
}

static void private_and_shared(void)
{
	/* The two kinds do not meet. */
	word = 0;
	waiters(1);
	EQ(futex(&word, FUTEX_WAKE | PRIVATE, 0, 0, 0, 0, 0), 0);
	wake_one(-1);
	while (sum(ended) < 1)
		yield();
}

static void requeue(void)
{
	word = 0;
	waiters(3);
	long got = 0;
	/* All to the second word, none woken. */
	while (got < 3) {
		long n = futex(&word, FUTEX_CMP_REQUEUE | PRIVATE, 0, 0, &word2, 100, 0);

		OK(n >= 0);	/* those moved count */
		got += n;
		yield();
	}
	EQ(futex(&word, FUTEX_WAKE | PRIVATE, 100, 0, 0, 0, 0), 0);
	EQ(sum(ended), 0);
	EQ(futex(&word2, FUTEX_CMP_REQUEUE | PRIVATE, 1, 0, &word, 100, 77), -EAGAIN);
	EQ(futex(&word2, FUTEX_REQUEUE | PRIVATE, 1, 0, &word, 1, 0), 1);	/* one woken, one moved back */
	while (sum(ended) < 1)
		yield();
	EQ(futex(&word2, FUTEX_WAKE | PRIVATE, 100, 0, 0, 0, 0), 1);
	EQ(futex(&word, FUTEX_WAKE | PRIVATE, 100, 0, 0, 0, 0), 1);
	while (sum(ended) < 3)
		yield();
}

#define OP(op, cmp, arg, with) ((u32)(op) << 28 | (u32)(cmp) << 24 | ((arg) & 0xfff) << 12 | ((with) & 0xfff))

static void wake_op(void)
{
	static const struct { u32 old, op, new; } t[] = {
		{ 5, OP(0, 0, 7, 5), 7 },		/* set */
		{ 5, OP(1, 0, 7, 5), 12 },		/* add */
		{ 5, OP(2, 0, 10, 5), 15 },		/* or */
		{ 7, OP(3, 0, 2, 5), 5 },		/* and not */
		{ 7, OP(4, 0, 12, 5), 11 },		/* xor */
		{ 5, OP(8, 0, 9, 5), 512 },		/* set to a bit */
		{ 0xffffffff, OP(1, 0, 1, 5), 0 },
	};

	for (unsigned i = 0; i < sizeof t / sizeof t[0]; i++) {
		word2 = t[i].old;
		EQ(futex(&word, FUTEX_WAKE_OP | PRIVATE, 1, 0, &word2, 1, t[i].op), 0);
		EQ(word2, t[i].new);
	}
	EQ(futex(&word, FUTEX_WAKE_OP, 1, 0, &word2, 1, OP(5, 0, 1, 1)), -EINVAL);
	EQ(futex(&word, FUTEX_WAKE_OP, 1, 0, &word2, 1, OP(0, 6, 1, 1)), -EINVAL);
	EQ(futex(&word, FUTEX_WAKE_OP, 1, 0, &word2, 1, OP(8, 0, 32, 1)), -EINVAL);
	EQ(futex(&word, FUTEX_WAKE_OP, -1, 0, &word2, 1, 0), -EINVAL);
	EQ(futex(&word, FUTEX_WAKE_OP, 1, 0, (u32 *)8, 1, 0), -EFAULT);
	/* The comparison is with the old value, and decides about the second word's waiters. */
	word = 0;
	waiters(1);
	word2 = 3;
	EQ(futex(&word2, FUTEX_WAKE_OP | PRIVATE, 1, 0, &word, 1, OP(0, 4, 0, 0)), 0);	/* 0 > 0 is not so */
	EQ(sum(ended), 0);
	while (futex(&word2, FUTEX_WAKE_OP | PRIVATE, 1, 0, &word, 1, OP(0, 5, 0, 0)) == 0)	/* 0 >= 0 */
		yield();
	while (sum(ended) < 1)
		yield();
}

#if defined(__sparc__) && !defined(__arch64__)
/* No compare and swap on this processor: an exchange must do, with 2 whenever it is not free. */
static u32 exchange(volatile u32 *p, u32 v)
{
	__asm__ volatile("swap [%2],%0" : "=r"(v), "+m"(*p) : "r"(p), "0"(v) : "memory");
	return v;
}
#define mutex_lock(m) do { while (exchange(m, 2) != 0) futex(m, FUTEX_WAIT, 2, 0, 0, 0, 0); } while (0)
#define mutex_unlock(m) do { exchange(m, 0); futex(m, FUTEX_WAKE, 1, 0, 0, 0, 0); } while (0)
#else
static void mutex_lock(volatile u32 *m)
{
	u32 v;

	while ((v = __sync_val_compare_and_swap(m, 0, 1)) != 0)
		if (v == 2 || __sync_val_compare_and_swap(m, 1, 2) != 0) {
			futex(m, FUTEX_WAIT, 2, 0, 0, 0, 0);
			while (__sync_val_compare_and_swap(m, 0, 2) != 0)
				futex(m, FUTEX_WAIT, 2, 0, 0, 0, 0);
			return;
		}
}

#define mutex_unlock(m) do { if (__sync_lock_test_and_set(m, 0) == 2) futex(m, FUTEX_WAKE, 1, 0, 0, 0, 0); } while (0)
#endif

struct shared {
	u32 lock, counter, flag, sem[2];
};

static void between_processes(void)
{
	volatile struct shared *s = map_shared(4096);
	long pid[4];

	for (int i = 0; i < 4; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			for (int k = 0; k < 500; k++) {
				mutex_lock(&s->lock);
				u32 v = s->counter;
				if (k % 50 == 0)
					yield();
				s->counter = v + 1;
				mutex_unlock(&s->lock);
			}
			exit(0);
		}
	}
	for (int i = 0; i < 4; i++)
		EQ(wait_for(pid[i]), 0);
	EQ(s->counter, 2000);
}

static void other_address(void)
{
	/* One word at two addresses, of one process even. */
	char name[32] = "/tmp/nbemu-futex-";
	long n = getpid();

	for (int i = 17; i < 27; i++, n /= 10)
		name[i] = (char)('0' + n % 10);
	long fd = open(name, O_RDWR | O_CREAT, 0600);
	OK(fd >= 0);
	sys1(10, name);
	EQ((long)nb_syscall8(SYS_ftruncate, REG(fd), REG(0), ARG64(65536)), 0);
	volatile u32 *a = (void *)(long)nb_syscall8(SYS_mmap, REG(0), REG(65536), REG(3), REG(1), REG(fd), REG(0), ARG64(0));
	volatile u32 *b = (void *)(long)nb_syscall8(SYS_mmap, REG(0), REG(65536), REG(3), REG(1), REG(fd), REG(0), ARG64(0));
	OK(a != b);
	long pid = fork();
	if (pid == 0) {
		while (*a == 0)
			futex(a, FUTEX_WAIT, 0, 0, 0, 0, 0);
		exit(0);
	}
	nap(20);
	*b = 1;
	futex(b, FUTEX_WAKE, 1, 0, 0, 0, 0);
	EQ(wait_for(pid), 0);
}

struct lock {
	struct lock *next;
	u32 word;
};

static struct {
	struct lock *list;
	long offset;
	struct lock *pending;
} robust;
static volatile struct lock locks[3];

static void __attribute__((used)) dies_with_locks(long n)
{
	u32 me = (u32)sys0(SYS_lwp_self);

	robust.list = (struct lock *)&locks[0];
	robust.offset = (long)((char *)&locks[0].word - (char *)&locks[0]);
	locks[0].next = (struct lock *)&locks[1];
	locks[1].next = (struct lock *)&robust;
	robust.pending = (struct lock *)&locks[2];
	locks[0].word = me;
	locks[1].word = 12345;		/* somebody else's */
	locks[2].word = me | WAITERS;
	results[n] = (long)sys2(SYS_futex_set_robust, &robust, sizeof robust);
	while (!done)
		yield();
	leave();
}

static void robust_list(void)
{
	void *head = &head;
	size_t len = 0;

	EQ(sys2(SYS_futex_set_robust, &robust, 4), -EINVAL);
	EQ(sys2(SYS_futex_set_robust, (char *)&robust + 1, sizeof robust), -EINVAL);
	EQ(sys3(SYS_futex_get_robust, 0, &head, &len), 0);
	OK(head == 0);
	EQ(len, sizeof robust);
	EQ(sys3(SYS_futex_get_robust, 4000, &head, &len), -ESRCH);
	results[0] = -1;
	long a = create(dies_with_locks, 0, 0);
	while (results[0] == -1)
		yield();
	EQ(results[0], 0);
	EQ(sys3(SYS_futex_get_robust, a, &head, &len), 0);
	OK(head == &robust);
	done = 1;
	lwp_wait(a);
	EQ(locks[0].word, (u32)a | OWNER_DIED);
	EQ(locks[1].word, 12345);
	EQ(locks[2].word, (u32)a | WAITERS | OWNER_DIED);
}

static void robust_wakes(void)
{
	struct rl {
		struct { struct lock *list; long offset; struct lock *pending; } head;
		struct lock lock;
	} *volatile s = map_shared(4096);
	int fd[2];

	mkpipe(fd);
	/* A process dies with a lock in shared memory; another one waits for it. */
	long owner = fork();
	if (owner == 0) {
		s->head.list = &s->lock;
		s->head.offset = (long)((char *)&s->lock.word - (char *)&s->lock);
		s->lock.next = (struct lock *)&s->head;
		s->lock.word = (u32)sys0(SYS_lwp_self) | WAITERS;
		EQ(sys2(SYS_futex_set_robust, &s->head, sizeof s->head), 0);
		put(fd[1], 'r');
		for (;;)
			nap(1000);
	}
	EQ(get(fd[0]), 'r');
	u32 v = *(volatile u32 *)&s->lock.word;
	long waiter = fork();
	if (waiter == 0) {
		while (*(volatile u32 *)&s->lock.word == v)
			futex(&s->lock.word, FUTEX_WAIT, v, 0, 0, 0, 0);
		exit(*(volatile u32 *)&s->lock.word == (v | OWNER_DIED) ? 0 : 1);
	}
	nap(20);
	kill(owner, SIGKILL);
	EQ(wait_for(owner), SIGKILL);
	EQ(wait_for(waiter), 0);
}

static void ksem_basics(void)
{
	long id = 0;
	int v = -1;

	EQ(sys2(SYS_ksem_init, 2, &id), 0);
	EQ(sys2(SYS_ksem_getvalue, id, &v), 0);
	EQ(v, 2);
	EQ(sys1(SYS_ksem_wait, id), 0);
	EQ(sys1(SYS_ksem_trywait, id), 0);
	EQ(sys1(SYS_ksem_trywait, id), -EAGAIN);
	struct timespec ts;
	EQ(sys2(SYS_clock_gettime, CLOCK_REALTIME, &ts), 0);
	EQ(sys2(SYS_ksem_timedwait, id, &ts), -ETIMEDOUT);
	EQ(sys1(SYS_ksem_post, id), 0);
	EQ(sys2(SYS_ksem_timedwait, id, &ts), 0);	/* it is to be had at once */
	EQ(sys1(SYS_ksem_close, id), -EINVAL);		/* is for named ones */
	EQ(sys1(SYS_ksem_destroy, id), 0);
	EQ(sys1(SYS_ksem_destroy, id), -EINVAL);
	EQ(sys1(SYS_ksem_post, id), -EINVAL);
	EQ(sys2(SYS_ksem_init, 0x80000000u, &id), -EINVAL);
}

static void ksem_named(void)
{
	char name[24] = "/nbemu-";
	long n = getpid(), id = 0, other = 0;

	for (int i = 7; i < 14; i++, n /= 10)
		name[i] = (char)('0' + n % 10);
	EQ(sys5(SYS_ksem_open, name, 0, 0600, 0, &id), -ENOENT);
	EQ(sys5(SYS_ksem_open, name, O_CREAT, 0600, 0, &id), 0);
	EQ(sys5(SYS_ksem_open, name, O_CREAT | 0x800, 0600, 0, &other), -EEXIST);
	long pid = fork();
	if (pid == 0) {
		long mine = 0;

		EQ(sys5(SYS_ksem_open, name, 0, 0, 0, &mine), 0);
		nap(20);
		EQ(sys1(SYS_ksem_post, mine), 0);
		exit(0);
	}
	EQ(sys1(SYS_ksem_wait, id), 0);
	EQ(wait_for(pid), 0);
	EQ(sys1(SYS_ksem_destroy, id), -EINVAL);
	EQ(sys1(SYS_ksem_unlink, name), 0);
	EQ(sys1(SYS_ksem_unlink, name), -ENOENT);
	EQ(sys1(SYS_ksem_close, id), 0);
}

static void ksem_inherited(void)
{
	long id = 0;

	EQ(sys2(SYS_ksem_init, 0, &id), 0);
	long pid = fork();
	if (pid == 0) {
		nap(20);
		EQ(sys1(SYS_ksem_post, id), 0);
		exit(0);
	}
	EQ(sys1(SYS_ksem_wait, id), 0);
	EQ(wait_for(pid), 0);
}

int main(int argc, char **argv, char **envp)
{
	static const struct tcase cases[] = {
		{ "__futex-arguments", arguments },
		{ "__futex-timeouts", timeouts },
		{ "FUTEX_WAKE", wake_counts },
		{ "FUTEX_WAKE_BITSET", bitsets },
		{ "FUTEX_PRIVATE_FLAG", private_and_shared },
		{ "FUTEX_REQUEUE", requeue },
		{ "FUTEX_WAKE_OP", wake_op },
		{ "__futex-between-processes", between_processes },
		{ "__futex-two-addresses", other_address },
		{ "robust-list", robust_list },
		{ "robust-list-wakes", robust_wakes },
		{ "_ksem", ksem_basics },
		{ "_ksem-named", ksem_named },
		{ "_ksem-between-processes", ksem_inherited },
	};

	return RUN_CASES(cases, argv);
}
