/*
 * torture: what internal/torture has a machine do, by the first argument.
 *   calls SCRIPT     makes the system calls of a script, each batch in a process of its own
 *   exec N           executes /m0 to /mN-1, one after another
 *   paths SEED N     does things with names that somebody else swaps; says LEAK if it read what is outside
 *   maps SEED N      stores to a shared mapping and writes to its file, and holds both against a model; says WRONG
 * Each says at the end what it has done: "did N".
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

static void batch(struct record *r, struct record *end)
{
	for (; r < end; r++) {
		long a[6];

		for (int i = 0; i < 6; i++)
			a[i] = r->tag[i] ? (long)(arena + (unsigned long)r->arg[i]) : (long)r->arg[i];
		nb_syscall(r->number, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
	exit(0);
}

static int calls(const char *name)
{
	static const char *const paths[] = { "/f", "/d/f", "..", "/proc/self/fd/3", "/d/../../x", "/dev/tty", "", "/l", "/proc/self/map", "/new" };
	long fd = open(name, 0, 0), n = 0, k;
	u64 done = 0;

	if (fd < 0)
		return 1;
	while ((k = sys3(SYS_read, fd, (char *)script + n, sizeof script - n)) > 0)
		n += k;
	sys1(SYS_close, fd);
	n /= sizeof script[0];
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

		if (pid == 0)
			batch(r, end);
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
static int maps(u64 n)
{
	static unsigned char model[MAPPED], b[4096];
	unsigned char *m;
	long fd = open("/map", 0x602, 0644);
	u64 stores = 0;

	sys3(SYS_write, fd, model, MAPPED);
	m = (unsigned char *)(long)nb_syscall8(SYS_mmap, REG(0), REG(MAPPED), REG(3), REG(1), REG(fd), REG(0), ARG64(0));
	if ((long)m < 0 && (long)m > -4096)
		return 1;
	for (u64 i = 0; i < n; i++) {
		u32 off = rnd() % (MAPPED - sizeof b), len = 1 + rnd() % 64;
		unsigned char c = rnd();
		long pid;

		switch (rnd() % 8) {
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
		return calls(argv[2]);
	case 'e':
		return execs(parse(argv[2]), envp);
#ifdef NETBSD
	case 'p':
		seed = parse(argv[2]) + 1;
		return dopaths(parse(argv[3]));
	case 'm':
		seed = parse(argv[2]) + 1;
		return maps(parse(argv[3]));
#endif
	}
	return 2;
}
