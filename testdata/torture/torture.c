/*
 * torture: what internal/torture has a machine do, by the first argument.
 *   calls SCRIPT     makes the system calls of a script, each batch in a process of its own
 *   threads SCRIPT   the same by two threads, or for Linux by two processes, that share the memory of the arguments
 *   exec N           executes /m0 to /mN-1, one after another
 *   code SCRIPT      runs streams of instructions, each in a process of its own; says WRONG if another process feels one
 *   paths SEED N     does things with names that somebody else swaps; says LEAK if it read what is outside
 *   maps SEED N      stores to a shared mapping, writes to its file, cuts it and executes it, and holds all of that
 *                    against a model; says WRONG
 *   q N              exits with the byte that maps stored in this program's file
 * Each but the last says at the end what it has done: "did N".
 */
#include "../lib/nbsys.h"

#define BATCH		40
#define PATIENCE	30000000u	/* nanoseconds that a batch may take */

#define PAGE		65536
static unsigned char arena[8 * PAGE] __attribute__((aligned(PAGE)));

struct record {
	u32 number;
	unsigned char tag[8];	/* of the arguments: 0 a number, else where arena's address is added */
	u32 pad;
	u64 arg[6];
};

static struct record script[4096];
static u64 seed;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void num(u64 n)
{
	char b[24], *p = b + sizeof b;
	u32 v = n;

	*--p = 0;
	do
		*--p = '0' + v % 10;
	while ((v /= 10) != 0);
	print(p);
}

static u64 parse(const char *s)
{
	u64 n = 0;

	while (*s >= '0' && *s <= '9')
		n = n * 10 + (u64)(*s++ - '0');
	return n;
}

static void did(u64 n)
{
	print("did ");
	num(n);
	print("\n");
}

/* Waits for a child, which is killed when it takes too long. */
static int await(long pid)
{
	u64 start = nanoseconds();
	int status = 0;

	for (;;) {
		long r = sys4(SYS_wait4, pid, &status, 1, 0);	/* WNOHANG */

		if (r != 0)
			return r == pid ? status : -1;
		if (nanoseconds() - start > PATIENCE) {
			sys2(SYS_kill, pid, 9);
			sys4(SYS_wait4, pid, &status, 0, 0);
			return status;
		}
	}
}

static void run(struct record *r, struct record *end)
{
	for (; r < end; r++) {
		long a[6];

		for (int i = 0; i < 6; i++)
			a[i] = r->tag[i] ? (long)(arena + (unsigned long)r->arg[i]) : (long)r->arg[i];
		nb_syscall(r->number, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
}

#ifdef NETBSD
static struct record *half, *last;
static char stack[65536] __attribute__((aligned(16)));
static char context[8192] __attribute__((aligned(16)));

static void __attribute__((used)) thread(long n)
{
	run(half, last);
	sys0(SYS_lwp_exit);
}

/* Makes the calls of a batch by two threads at the same time. */
static void together(struct record *r, struct record *end)
{
	u32 *flags = (u32 *)context;
	int id = 0;

	half = r + (end - r) / 2;
	last = end;
	sys1(SYS_getcontext, context);
	UC_SP(context) = (unsigned long)(stack + sizeof stack - 256) - STACK_SKEW;
	UC_SET_PC(context, thread);
	UC_ARG(context) = 0;
	*flags &= ~UC_TLSBASE;
	sys3(SYS_lwp_create, context, 0, &id);
	run(r, half);
	sys2(SYS_lwp_wait, id, 0);
}
#define share()
#else
#ifdef __mips__
#define MAP_ANON	0x800
#else
#define MAP_ANON	0x20
#endif

/* Makes the arena memory that children share with their parent. */
static void share(void)
{
	nb_syscall(SYS_mmap, (long)arena, sizeof arena, 3, 1 | 0x10 | MAP_ANON, -1, 0);
}

static void together(struct record *r, struct record *end)
{
	struct record *half = r + (end - r) / 2;
	long pid = fork();

	if (pid == 0) {
		run(half, end);
		exit(0);
	}
	run(r, half);
	await(pid);
}
#endif

static long slurp(const char *name, void *to, long size)
{
	long fd = open(name, 0, 0), n = 0, k;

	if (fd < 0)
		return 0;
	while ((k = sys3(SYS_read, fd, (char *)to + n, size - n)) > 0)
		n += k;
	sys1(SYS_close, fd);
	return n;
}

static int calls(const char *name, int threads)
{
	static const char *const paths[] = { "/f", "/d/f", "..", "/proc/self/fd/3", "/d/../../x", "/dev/tty", "", "/l", "/proc/self/map", "/new" };
	long n = slurp(name, script, sizeof script) / sizeof script[0];
	u64 done = 0;

	if (threads)
		share();
	/* The arena: paths, numbers, addresses in it, noise. Its last part is out of reach. */
	seed = 88172645463325252ull;
	for (unsigned i = 0; i < sizeof arena; i++)
		arena[i] = rnd();
	for (unsigned i = 0; i < 10; i++) {
		const char *p = paths[i];
		unsigned char *to = arena + i * 64;

		while ((*to++ = *p++) != 0)
			;
	}
	for (unsigned i = 0; i < 512; i++)
		((long *)(arena + PAGE))[i] = (long)(arena + (rnd() % (2 * PAGE)));
	for (unsigned i = 0; i < 512; i++)
		((int *)(arena + 2 * PAGE))[i] = (int)(rnd() % 64);
	for (unsigned i = 0; i < PAGE; i++)
		arena[3 * PAGE + i] = 0;
#ifdef NETBSD
	sys2(SYS_munmap, arena + 7 * PAGE, PAGE);
	sys3(SYS_mprotect, arena + 6 * PAGE, PAGE, 1);
#endif
	for (struct record *r = script; r < script + n; ) {
		struct record *end = r + BATCH < script + n ? r + BATCH : script + n;
		long pid = fork();

		if (pid == 0) {
			if (threads)
				together(r, end);
			else
				run(r, end);
			exit(0);
		}
		if (pid < 0)
			break;
		await(pid);
		done += end - r;
		r = end;
	}
	did(done);
	return 0;
}

static int execs(u64 n, char **envp)
{
	for (u64 i = 0; i < n; i++) {
		char name[16] = "/m000", *argv[] = { name, "1", 0 };
		long pid;

		name[2] = '0' + i / 100;
		name[3] = '0' + i / 10 % 10;
		name[4] = '0' + i % 10;
		pid = fork();
		if (pid == 0) {
			sys3(SYS_execve, name, argv, envp);
			exit(1);
		}
		await(pid);
	}
	did(n);
	return 0;
}

#define STREAM		128	/* bytes of a stream in the script: which address of the first two is called, the instructions */

/* What another process must compute as before, whatever streams did to the modes of the processor. */
static u64 sum(void)
{
	static volatile double third = 3, root = 2;
	union { double d; u64 u; } r;
	u64 n = 0;

	r.d = 1 / third + root * 1e-300 * 1e-20;
	for (volatile u32 i = 1; i < 100; i++)
		n = n * 31 + i / 7 * (i << 3);
	return n ^ r.u;
}

static int code(const char *name)
{
	long n = slurp(name, script, sizeof script) / STREAM;
	u64 before = sum();

	for (long i = 0; i < n; i++) {
		unsigned char *stream = (unsigned char *)script + i * STREAM, *m;
		long pid = fork();

		if (pid == 0) {
#ifdef NETBSD
			m = (unsigned char *)(long)nb_syscall8(SYS_mmap, REG(0), REG(PAGE), REG(7), REG(0x1002), REG(-1), REG(0), ARG64(0));
#else
			m = (unsigned char *)nb_syscall(SYS_mmap, 0, PAGE, 7, 2 | MAP_ANON, -1, 0);
#endif
			if ((long)m < 0 && (long)m > -4096)
				exit(1);
			for (int k = 1; k < STREAM; k++)
				m[k - 1] = stream[k];
			((long (*)(void *, long, void *, long))(m + (stream[0] & 1)))(arena + PAGE, 1, m, -1);
			exit(0);
		}
		if (pid < 0)
			break;
		await(pid);
		if (sum() != before) {
			print("WRONG sum\n");
			return 1;
		}
	}
	did(n);
	return 0;
}

#ifdef NETBSD
static void path(char *to)
{
	static const char *const parts[] = { "a", "b", "x", "..", ".", "l", "f", "s", "x/..", "l/f" };

	for (int n = 1 + rnd() % 4; n > 0; n--) {
		const char *p = parts[rnd() % 10];

		if (rnd() % 3)
			*to++ = '/';
		while (*p)
			*to++ = *p++;
		*to++ = '/';
	}
	to[rnd() % 4 ? -1 : 0] = 0;
}

static int dopaths(u64 n)
{
	static char p[200], q[200], b[64];
	static unsigned char sun[110];

	for (u64 i = 0; i < n; i++) {
		long fd, k;

		path(p);
		path(q);
		switch (rnd() % 14) {
		case 0: case 1: case 2: case 3:
			fd = open(p, 0, 0);
			if (fd < 0)
				break;
			k = sys3(SYS_read, fd, b, sizeof b - 1);
			if (k >= 6 && b[0] == 'S' && b[1] == 'E' && b[2] == 'C' && b[3] == 'R') {
				print("LEAK ");
				print(p);
				print("\n");
			}
			sys1(SYS_close, fd);
			break;
		case 4:
			fd = open(p, 0x201, 0644);
			if (fd >= 0) {
				sys3(SYS_write, fd, "mine", 4);
				sys1(SYS_close, fd);
			}
			break;
		case 5: sys1(10, p); break;
		case 6: sys2(128, p, q); break;
		case 7: sys2(136, p, 0755); break;
		case 8: sys2(57, q, p); break;
		case 9: sys2(9, p, q); break;
		case 10: sys2(15, p, 0644 | rnd() % 8); break;
		case 11: sys1(12, p); break;
		case 12: sys1(137, p); break;
		case 13:
			fd = sys3(394, 1, 1, 0);
			sun[1] = 1;
			for (k = 0; k < 100 && p[k]; k++)
				sun[2 + k] = p[k];
			sun[0] = k + 2;
			sys3(104, fd, sun, k + 2);
			sys1(SYS_close, fd);
			break;
		}
	}
	did(n);
	return 0;
}

#define MAPPED	(4 * PAGE)

static unsigned char *mapfile(long fd, long size)
{
	unsigned char *m = (unsigned char *)(long)nb_syscall8(SYS_mmap, REG(0), REG(size), REG(3), REG(1), REG(fd), REG(0), ARG64(0));

	return (long)m < 0 && (long)m > -4096 ? 0 : m;
}

static volatile const unsigned char stamp[24] = "STAMP of torture";

/* Copies this program to /x by stores, and returns where in that mapping its stamp can be changed, or 0. */
static unsigned char *copyself(void)
{
	static unsigned char self[1 << 20];
	long n = slurp("/t", self, sizeof self), fd = open("/x", 0x602, 0755);
	unsigned char *m, *found = 0;

	if (n <= 0 || n == sizeof self || fd < 0 || (long)nb_syscall8(SYS_ftruncate, REG(fd), REG(0), ARG64(n)) != 0)
		return 0;
	m = mapfile(fd, n);
	sys1(SYS_close, fd);
	if (m == 0)
		return 0;
	for (long i = 0; i < n; i++) {
		unsigned k = 0;

		while (k < sizeof stamp && self[i + k] == stamp[k])
			k++;
		if (k == sizeof stamp)
			found = m + i + sizeof stamp - 1;
		m[i] = self[i];
	}
	return found;
}

/* Stores a byte in /x and executes it. */
static int runs(unsigned char *at, unsigned char c, char **envp)
{
	static char *argv[] = { "/x", "q", "0", 0 };
	int status = -1;
	long pid;

	*at = c;
	pid = fork();
	if (pid == 0) {
		sys3(SYS_execve, argv[0], argv, envp);
		exit((c ^ 0x55) & 255);
	}
	return pid > 0 && sys4(SYS_wait4, pid, &status, 0, 0) == pid && status == c << 8;
}

static int maps(u64 n, char **envp)
{
	static unsigned char model[MAPPED], b[4096];
	unsigned char *m, *at = copyself();
	long fd = open("/map", 0x602, 0644);
	u64 stores = 0;

	sys3(SYS_write, fd, model, MAPPED);
	m = mapfile(fd, MAPPED);
	if (m == 0 || at == 0)
		return 1;
	for (u64 i = 0; i < n; i++) {
		u32 off = rnd() % (MAPPED - sizeof b), len = 1 + rnd() % 64;
		unsigned char c = rnd();
		long pid;

		switch (rnd() % 10) {
		case 0: case 1: case 2:
			for (u32 k = 0; k < len; k++)
				m[off + k] = model[off + k] = c + k;
			stores++;
			break;
		case 3: case 4:
			for (u32 k = 0; k < len; k++)
				b[k] = model[off + k] = c ^ k;
			nb_syscall8(SYS_pwrite, REG(fd), REG(b), REG(len), REG(0), ARG64(off));
			break;
		case 5:
			if ((long)nb_syscall8(SYS_pread, REG(fd), REG(b), REG(len), REG(0), ARG64(off)) != (long)len)
				print("WRONG length\n");
			for (u32 k = 0; k < len; k++)
				if (b[k] != model[off + k]) {
					print("WRONG read\n");
					return 1;
				}
			break;
		case 6:
			for (u32 k = 0; k < len; k++)
				if (m[off + k] != model[off + k]) {
					print("WRONG load\n");
					return 1;
				}
			break;
		case 7:
			if (i % 16)
				break;
			pid = fork();
			if (pid == 0) {
				m[off] = c;
				exit(0);
			}
			model[off] = c;
			sys4(SYS_wait4, pid, 0, 0, 0);
			break;
		case 8:
			if (i % 4)
				sys3(SYS_msync, m + off / PAGE * PAGE, PAGE, 1 << rnd() % 3);
			else if (!runs(at, c, envp)) {
				print("WRONG program\n");
				return 1;
			}
			break;
		case 9:	/* what is cut off is zeroes when the file grows again */
			if (i % 8)
				break;
			nb_syscall8(SYS_ftruncate, REG(fd), REG(0), ARG64(off));
			nb_syscall8(SYS_ftruncate, REG(fd), REG(0), ARG64(MAPPED));
			for (u32 k = off; k < MAPPED; k++)
				model[k] = 0;
			break;
		}
	}
	did(stores);
	return 0;
}
#endif

int main(int argc, char **argv, char **envp)
{
	if (argc < 3)
		return 2;
	switch (argv[1][0]) {
	case 'c':
		return argv[1][1] == 'o' ? code(argv[2]) : calls(argv[2], 0);
	case 't':
		return calls(argv[2], 1);
	case 'e':
		return execs(parse(argv[2]), envp);
#ifdef NETBSD
	case 'p':
		seed = parse(argv[2]) + 1;
		return dopaths(parse(argv[3]));
	case 'm':
		seed = parse(argv[2]) + 1;
		return maps(parse(argv[3]), envp);
	case 'q':
		return stamp[sizeof stamp - 1];
#endif
	}
	return 2;
}
