/*
 * A file's pages are one: for stores and loads through mappings, read and write, truncation, exec and other
 * processes. With a second argument: what becomes of mappings of a file that another process of the host cuts
 * short ("cut"), and stores that nobody writes back ("store").
 */
#include "arch.h"

#ifdef NETBSD
#define OPEN_NEW	0x602	/* O_RDWR | O_CREAT | O_TRUNC */
#define NR_msync	277
#define NR_unlink	10
#define EFAULT		14
#define pread(fd, p, n, off)	((long)nb_syscall8(SYS_pread, REG(fd), REG(p), REG(n), REG(0), ARG64(off)))
#define pwrite(fd, p, n, off)	((long)nb_syscall8(SYS_pwrite, REG(fd), REG(p), REG(n), REG(0), ARG64(off)))
#define truncate(fd, n)		((long)nb_syscall8(SYS_ftruncate, REG(fd), REG(0), ARG64(n)))
#else
#define OPEN_NEW	01102
#define NR_msync	26
#define NR_unlink	87
#define SYS_munmap	11
#define EFAULT		14
#undef SIGBUS
#define SIGBUS		7
#define pread(fd, p, n, off)	sys4(17, fd, p, n, off)
#define pwrite(fd, p, n, off)	sys4(18, fd, p, n, off)
#define truncate(fd, n)		sys2(77, fd, n)
#endif

#define PAGE	8192	/* a multiple of every page size */

static char path[1024], prog[1024], buf[2 * PAGE];

static volatile char *map_file(int fd, size_t len, int prot, int shared)
{
#ifdef NETBSD
	long p = (long)nb_syscall8(SYS_mmap, REG(0), REG(len), REG(prot), REG(shared ? 1 : 2), REG(fd), REG(0), ARG64(0));
#else
	long p = nb_syscall(9, 0, len, prot, shared ? 1 : 2, fd, 0);
#endif
	if (p < 0 && p > -4096) {
		say("mmap", p);
		exit(1);
	}
	return (volatile char *)p;
}

static int status_of(long pid)
{
	int status = -1;

	if (sys4(SYS_wait4, pid, &status, 0, 0) != pid)
		return -1;
	return status;
}

/* On these machines a fetch that fails is always SIGSEGV. */
#if defined(__arm__) || defined(__sparc__) && defined(__arch64__)
#define FETCHED		SIGSEGV
#else
#define FETCHED		SIGBUS
#endif

/* bus says whether an access ends a child with the right signal: 1 a load, 2 a store, 4 a call. */
static int bus(volatile char *p, int how)
{
	long pid = fork();

	if (pid == 0) {
		if (how == 1)
			(void)*p;
		else if (how == 2)
			*p = 1;
		else
			((void (*)(void))p)();
		exit(0);
	}
	return (status_of(pid) & 0x7f) == (how == 4 ? FETCHED : SIGBUS);
}

static void one_truth(void)
{
	int fd = (int)open(path, OPEN_NEW, 0600), fd2 = (int)open(path, 0, 0);
	volatile char *m, *again, *ro, *priv;
	long pid;

	truncate(fd, PAGE);
	m = map_file(fd, PAGE, 3, 1);
	again = map_file(fd, PAGE, 3, 1);
	ro = map_file(fd2, PAGE, 1, 1);
	priv = map_file(fd2, PAGE, 3, 0);
	m[0] = 'a';
	say("pwrite", pwrite(fd, "z", 1, 1));
	check("the store is still there", m[0] == 'a' && m[1] == 'z');
	say("pread", pread(fd2, buf, 2, 0));
	check("read sees both", buf[0] == 'a' && buf[1] == 'z');
	check("so do other mappings", again[0] == 'a' && ro[1] == 'z' && priv[0] == 'a' && priv[1] == 'z');
	again[2] = 'b';
	check("a store through another mapping", m[2] == 'b' && ro[2] == 'b' && priv[2] == 'b');
	priv[4096 + 1] = 'p';
	m[4096 + 1] = 's';
	m[4096 + 2] = 's';
	pid = fork();
	if (pid == 0) {
		m[3] = 'c';
		priv[4] = 'x';
		exit(0);
	}
	check("the child ends", status_of(pid) == 0);
	check("the child's store", m[3] == 'c' && priv[3] == 'c' && m[4] == 0 && priv[4] == 0);
	check("private stores are private", m[4096 + 1] == 's' && priv[4096 + 1] == 'p' && priv[4096 + 2] == 0);
	say("read into a mapping of the file itself", pread(fd, (void *)(m + 100), 4, 0));
	check("and what it read", m[100] == 'a' && m[103] == 'c');
	say("write from it", pwrite(fd, (void *)m, 4, 200));
	check("and what it wrote", m[200] == 'a' && m[203] == 'c');
	sys2(SYS_munmap, m, PAGE);
	sys1(SYS_close, fd);
	check("the others stay", again[203] == 'c' && ro[203] == 'c');
	say("msync", sys3(NR_msync, again, PAGE, 4));
	sys2(SYS_munmap, again, PAGE);
	check("the file has it all", pread(fd2, buf, PAGE, 0) == PAGE && buf[203] == 'c' && buf[4096 + 1] == 's');
	sys1(SYS_close, fd2);
}

static void sizes(void)
{
	int fd = (int)open(path, OPEN_NEW, 0600);
	volatile char *m = map_file(fd, 4 * PAGE, 3, 1), *priv;

	check("an empty file", bus(m, 1));
	pwrite(fd, "12345", 5, PAGE);
	check("has grown", m[PAGE] == '1' && m[0] == 0);
	check("but not farther", bus(m + 2 * PAGE, 2));
	say("longer", truncate(fd, 4 * PAGE));
	m[3 * PAGE] = 'e';
	priv = map_file(fd, 4 * PAGE, 3, 0);
	priv[2 * PAGE] = 'p';
	check("private view", priv[3 * PAGE] == 'e');
	say("shorter", truncate(fd, PAGE + 2));
	check("the rest of the page is zero", m[PAGE + 1] == '2' && m[PAGE + 2] == 0 && m[PAGE + 4] == 0);
	check("load past the end", bus(m + 3 * PAGE, 1));
	check("store past the end", bus(m + 2 * PAGE, 2));
	check("private load past the end", bus(priv + 3 * PAGE, 1));
#ifdef NETBSD
	check("a page of one's own stays", priv[2 * PAGE] == 'p');
#else
	check("a page of one's own stays", bus(priv + 2 * PAGE, 1)); /* Linux cuts that too */
#endif
	say("write from there", pwrite(fd, (void *)(m + 2 * PAGE), 1, 0));
	say("read to there", pread(fd, (void *)(m + 3 * PAGE), 1, 0));
	say("longer again", truncate(fd, 4 * PAGE));
	check("zeros", m[3 * PAGE] == 0 && priv[3 * PAGE] == 0 && m[PAGE + 2] == 0);
	sys1(SYS_close, fd);
	sys2(SYS_munmap, m, 4 * PAGE);
	sys2(SYS_munmap, priv, 4 * PAGE);
}

/* A program that is stored through a mapping can be executed at once. */
static void stored_program(char *self)
{
	char *argv[3] = { prog, "child", 0 }, *envp[1] = { 0 };
	int in = (int)open(self, 0, 0), out = (int)open(prog, OPEN_NEW, 0700);
	long size = 0, size0, n, pid;
	volatile char *m;

	while ((n = pread(in, buf, sizeof buf, size)) > 0)
		size += n;
	size0 = size;
	truncate(out, size0);
	m = map_file(out, (size_t)size0, 3, 1);
	for (size = 0; (n = pread(in, buf, sizeof buf, size)) > 0; size += n)
		memcpy((void *)(m + size), buf, (size_t)n);
	sys1(SYS_close, in);
	sys1(SYS_close, out);
#ifndef NETBSD
	sys2(SYS_munmap, m, size0); /* Linux does not execute what can be stored to */
#endif
	pid = fork();
	if (pid == 0) {
		say("execve", sys3(SYS_execve, prog, argv, envp));
		exit(1);
	}
	say("status", status_of(pid) >> 8);
	sys1(NR_unlink, prog);
}

static void wait_for_byte(const char *what)
{
	char c;

	print(what);
	print("\n");
	sys3(SYS_read, 0, &c, 1);
}

#ifdef NETBSD
static volatile char *expected;

static void on_bus(int sig, struct siginfo *si, void *uc)
{
	exit((char *)si->u.fault.addr == expected ? 5 : 6);
}
#endif

/* Another process of the host cuts the file short to a byte. */
static void cut(void)
{
	int fd = (int)open(path, 2, 0);
	volatile char *m = map_file(fd, 4 * PAGE, 7, 1), *priv = map_file(fd, 4 * PAGE, 7, 0);
	int i, sum = 0;
	long pid;

	for (i = 0; i < 4; i++)
		sum += m[i * PAGE] + priv[i * PAGE];
	say("sum", sum);
	wait_for_byte("cut");
#ifdef NETBSD
	for (i = 0; i < 3; i++) {
		pid = fork();
		if (pid == 0) {
			on_signal(SIGBUS, on_bus, 0);
			expected = m + 2 * PAGE + 64 * i;
			if (i == 1)
				*expected = 1;
			else if (i == 2)
				__sync_lock_test_and_set((int *)expected, 1);
			else
				(void)*expected;
			exit(0);
		}
		say("the handler of SIGBUS", status_of(pid) >> 8);
	}
#endif
	check("load", bus(m + PAGE, 1));
	check("store", bus(m + PAGE, 2));
	check("execution", bus(m + 2 * PAGE, 4));
	check("private load", bus(priv + PAGE, 1));
	check("private store", bus(priv + PAGE, 2));
	check("private execution", bus(priv + 3 * PAGE, 4));
	check("write", pwrite(fd, (void *)(m + PAGE), 1, 0) == -EFAULT);
	check("read", pread(fd, (void *)(m + PAGE), 1, 0) == -EFAULT);
	check("a path", open((char *)(m + PAGE), 0, 0) == -EFAULT);
	check("a structure", sys2(SYS_clock_gettime, CLOCK_MONOTONIC, m + PAGE) == -EFAULT);
	wait_for_byte("grow");
	check("zeros after that", m[PAGE] == 0 && priv[2 * PAGE] == 0);
	m[PAGE] = 'G';
	print("stored\n");
}

static void store(void)
{
	int i, fd = (int)open(path, 2, 0);
	volatile char *m = map_file(fd, 4 * PAGE, 3, 1);

	for (i = 0; i < 4 * PAGE; i++)
		m[i] = (char)(i % 251);
	print("stored\n");
	for (;;)
		sys1(SYS_read, 0);
}

static void in_dir(char *to, const char *dir, const char *name)
{
	while (*dir)
		*to++ = *dir++;
	while ((*to++ = *name++) != 0)
		continue;
}

int main(int argc, char **argv, char **envp)
{
	if (argc > 1 && same(argv[1], "child")) {
		print("the stored program runs\n");
		return 7;
	}
	in_dir(path, argv[1], "/filemap.tmp");
	in_dir(prog, argv[1], "/filemap.prog");
	if (argc > 2) {
		if (same(argv[2], "cut"))
			cut();
		else
			store();
		return 0;
	}
	one_truth();
	sizes();
	stored_program(argv[0]);
	sys1(NR_unlink, path);
	return 0;
}
