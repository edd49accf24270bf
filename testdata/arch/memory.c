/* Memory calls beyond mmap: locks and their limit, minherit, mincore, msync, and files that shrink under a mapping. */
#include "arch.h"

#define NR_mincore	78
#define NR_setrlimit	195
#define NR_mlock	203
#define NR_munlock	204
#define NR_mlockall	242
#define NR_munlockall	243
#define NR_minherit	273
#define NR_msync	277
#define NR_getrlimit	194
#define NR_unlink	10
#define MEMLOCK		6

#define MAP_WIRED	0x0800
#define PAGE		8192	/* a multiple of every page size */

static char path[1024];

static char *mmapx(size_t len, int prot, int flags, int fd)
{
	return (char *)(long)nb_syscall8(SYS_mmap, REG(0), REG(len), REG(prot), REG(flags), REG(fd), REG(0), ARG64(0));
}

static int failed(const char *p)
{
	return (unsigned long)p > (unsigned long)-4096;
}

/* resident counts the resident pages; pages of 4 KiB and of 8 KiB alike fill 64 KiB. */
static int all_resident(char *p, size_t len)
{
	unsigned char vec[64] = { 0 };
	size_t i, n = len / PAGE;

	if (sys3(NR_mincore, p, len, vec) != 0)
		return -1;
	for (i = 0; i < n; i++)
		if (!vec[i])
			return 0;
	return 1;
}

static int status_of(long pid)
{
	int status = -1;

	if (sys4(SYS_wait4, pid, &status, 0, 0) != pid)
		return -1;
	return status;
}

static void locks(void)
{
	u64 lim[2];
	char *p = mmapx(4 * PAGE, 3, 0x1002, -1), *none;
	long pid;

	check("fresh memory is not resident", all_resident(p, 4 * PAGE) == 0);
	say("munlock of what is not locked", sys2(NR_munlock, p, PAGE));
	say("mlock", sys2(NR_mlock, p, 4 * PAGE));
	check("locked memory is resident", all_resident(p, 4 * PAGE) == 1);
	say("mlock again", sys2(NR_mlock, p, PAGE));
	say("munlock of a part", sys2(NR_munlock, p + PAGE, PAGE));
	say("munlock of all, a part being unlocked", sys2(NR_munlock, p, 4 * PAGE));
	sys2(SYS_munmap, p + PAGE, PAGE);
	say("mlock over a hole", sys2(NR_mlock, p, 4 * PAGE));
	say("mlock of a hole", sys2(NR_mlock, p + PAGE, PAGE));
	none = mmapx(PAGE, 0, 0x1002 | MAP_WIRED, -1);
	check("wired mapping without access", !failed(none));
	say("mlock without access", sys2(NR_mlock, none, PAGE));
	p = mmapx(4 * PAGE, 3, 0x1002 | MAP_WIRED, -1);
	check("wired mapping is resident", all_resident(p, 4 * PAGE) == 1);
	say("munlock of a wired mapping", sys2(NR_munlock, p, 4 * PAGE));

	say("munlockall", sys0(NR_munlockall));
	pid = fork();
	if (pid == 0) {
		/* Locks are not inherited, so that nothing counts. */
		sys2(NR_getrlimit, MEMLOCK, lim);
		lim[0] = 2 * PAGE;
		say("setrlimit", sys2(NR_setrlimit, MEMLOCK, lim));
		say("mlock beyond the limit", sys2(NR_mlock, p, 3 * PAGE));
		say("mlock up to the limit", sys2(NR_mlock, p, 2 * PAGE));
		say("and no more", sys2(NR_mlock, p + 2 * PAGE, PAGE));
		say("mmap beyond the limit", (long)mmapx(PAGE, 3, 0x1002 | MAP_WIRED, -1));
		say("mlockall", sys1(NR_mlockall, 1));
		exit(0);
	}
	say("status", status_of(pid));
	say("mlockall of nothing", sys1(NR_mlockall, 0));
}

static void inherit(void)
{
	char *copy = mmapx(PAGE, 3, 0x1001, -1), *share = mmapx(PAGE, 3, 0x1002, -1);
	long pid;

	copy[0] = share[0] = 'p';
	say("minherit copy of shared memory", sys3(NR_minherit, copy, PAGE, 1));
	say("minherit share of private memory", sys3(NR_minherit, share, PAGE, 0));
	say("minherit of no kind", sys3(NR_minherit, share, PAGE, 99));
	pid = fork();
	if (pid == 0) {
		check("the child sees both", copy[0] == 'p' && share[0] == 'p');
		copy[0] = share[0] = 'c';
		exit(0);
	}
	say("status", status_of(pid));
	check("the parent's copy is its own", copy[0] == 'p');
	check("the share is the child's too", share[0] == 'c');
}

static void sync(void)
{
	char *p = mmapx(2 * PAGE, 3, 0x1002, -1);

	say("msync", sys3(NR_msync, p, PAGE, 4));
	sys2(SYS_munmap, p + PAGE, PAGE);
	say("msync over a hole", sys3(NR_msync, p, 2 * PAGE, 4));
	sys2(SYS_munmap, p, PAGE);
	say("msync of nothing", sys3(NR_msync, p, PAGE, 4));
	say("msync of no length", sys3(NR_msync, p, 0, 4));
	say("msync without flags", sys3(NR_msync, p, PAGE, 0));
}

static void onbus(int sig, struct siginfo *si, void *uc)
{
	exit(sig == SIGBUS ? 10 : 11);
}

static void shrinking(const char *name)
{
	char *priv, *shared;
	volatile char c;
	int i, fd = (int)open(name, 0x602, 0600), wfd;
	long pid;

	for (i = 0; i < 4 * PAGE / 16; i++)
		sys3(SYS_write, fd, "0123456789abcdef", 16);
	priv = mmapx(4 * PAGE, 3, 2, fd);
	shared = mmapx(4 * PAGE, 3, 1, fd);
	c = priv[0] + priv[PAGE] + priv[3 * PAGE] + shared[PAGE];
	priv[PAGE + 4096 / 2] = 'x';	/* that page is our own now */
	say("ftruncate", nb_syscall8(SYS_ftruncate, REG(fd), REG(0), ARG64(100)));
	check("what is left", priv[99] == '3' && shared[99] == '3');
	check("the rest of the page is zero", shared[100] == 0 && shared[4095] == 0);
	check("an own copy stays", priv[PAGE + 4096 / 2] == 'x' && priv[PAGE] == '0');
	for (i = 0; i < 2; i++) {
		pid = fork();
		if (pid == 0) {
			on_signal(SIGBUS, onbus, 0);
			on_signal(SIGSEGV, onbus, 0);
			c = i ? shared[PAGE] : priv[3 * PAGE];
			exit(c);
		}
		say(i ? "past the end, shared" : "past the end, private", status_of(pid) >> 8);
	}
	say("ftruncate, longer", nb_syscall8(SYS_ftruncate, REG(fd), REG(0), ARG64(4 * PAGE)));
	check("zeros come back", shared[PAGE] == 0 && priv[3 * PAGE] == 0);

	wfd = (int)open(name, 1, 0);
	say("read mapping of a write-only file", (long)mmapx(PAGE, 1, 2, wfd));
	check("write mapping of it", !failed(mmapx(PAGE, 2, 2, wfd)));
	say("shared mapping of it", (long)mmapx(PAGE, 3, 1, wfd));
	sys1(NR_unlink, name);
}

int main(int argc, char **argv, char **envp)
{
	char *p, *m;

	locks();
	inherit();
	sync();
	for (p = path, m = argc > 1 ? argv[1] : "."; *m; )
		*p++ = *m++;
	for (m = "/memory.tmp"; (*p++ = *m++) != 0; )
		continue;
	shrinking(path);
	return 0;
}
