/* Code that changes: after each way of changing it, the new code runs. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static long page;

/* code puts a function that returns n at p, and returns its length. */
static size_t code(void *p, int n)
{
#if defined(__x86_64__) || defined(__i386__)
	unsigned char c[] = {0xb8, n, 0, 0, 0, 0xc3};
#elif defined(__aarch64__)
	uint32_t c[] = {0x52800000 | n << 5, 0xd65f03c0};
#elif defined(__arm__)
	uint32_t c[] = {0xe3a00000 | n, 0xe12fff1e};
#elif defined(__mips__)
	uint32_t c[] = {0x03e00008, 0x24020000 | n};
#elif defined(__riscv)
	uint32_t c[] = {0x00000513 | n << 20, 0x00008067};
#elif defined(__powerpc__)
	uint32_t c[] = {0x38600000 | n, 0x4e800020};
#elif defined(__sparc__)
	uint32_t c[] = {0x81c3e008, 0x90102000 | n};
#elif defined(__m68k__)
	uint16_t c[] = {0x7000 | n, 0x4e75};
#endif
	memcpy(p, c, sizeof c);
	return sizeof c;
}

static char fresh[64]; /* the code to come */
static size_t len;

static void prepare(int n) { len = code(fresh, n); }

static void flush(void *p) { __builtin___clear_cache((char *)p, (char *)p + 64); }

/* call runs the code at p, often enough for it to be translated and chained. */
static int call(void *p)
{
	int r = 0;

	for (int i = 0; i < 3; i++)
		r = ((int (*)(void))p)();
	return r;
}

/* file returns a descriptor of a file with one page of code that returns n. */
static int file(int n)
{
	char name[] = "/tmp/stalecodeXXXXXX";
	int fd = mkstemp(name);

	unlink(name);
	if (ftruncate(fd, page) < 0)
		exit(1);
	prepare(n);
	if (pwrite(fd, fresh, len, 0) != (ssize_t)len)
		exit(1);
	return fd;
}

static void *map(int prot, int flags, int fd)
{
	void *p = mmap(NULL, page, prot, flags, fd, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return p;
}

#define ALL (PROT_READ | PROT_WRITE | PROT_EXEC)
static void *anon(int n, int flags)
{
	void *p = map(ALL, flags | MAP_ANONYMOUS, -1);

	code(p, n);
	flush(p);
	return p;
}

static void check(const char *way, void *p, int want)
{
	int got;

	flush(p);
	got = call(p);
	if (got == want)
		printf("%s: new code\n", way);
	else
		printf("%s: %d in place of %d\n", way, got, want);
	fflush(stdout);
}

static void in_memory(void)
{
	char *p = anon(1, MAP_PRIVATE);
	struct iovec to, from;
	int fd[2], i;

	call(p);
	code(p, 2);
	check("stored", p, 2);

	prepare(3);
	to.iov_base = p, from.iov_base = fresh, to.iov_len = from.iov_len = len;
	i = process_vm_writev(getpid(), &from, 1, &to, 1, 0);
	check("process_vm_writev", p, i == (int)len ? 3 : -1);

	prepare(4);
	if (pipe(fd) < 0 || write(fd[1], fresh, len) < 0 || readv(fd[0], &to, 1) < 0)
		perror("pipe");
	check("readv", p, 4);

	prepare(5);
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fd) < 0 || send(fd[1], fresh, len, 0) < 0) {
		perror("socketpair");
	} else {
		struct msghdr m = {.msg_iov = &to, .msg_iovlen = 1};

		if (recvmsg(fd[0], &m, 0) < 0)
			perror("recvmsg");
	}
	check("recvmsg", p, 5);

	i = file(6);
	if (pread(i, p, len, 0) < 0)
		perror("pread");
	check("pread", p, 6);

	/* Another page comes to lie there. */
	char *q = anon(7, MAP_PRIVATE);

	call(q);
	if (mremap(q, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, p) != p)
		perror("mremap");
	check("mremap", p, 7);
	if (mmap(p, page, ALL, MAP_PRIVATE | MAP_FIXED, i, 0) != p)
		perror("mmap");
	check("mmap of a file", p, 6);
	code(p, 8);
	check("stored in a private page of a file", p, 8);
	madvise(p, page, MADV_DONTNEED);
	check("MADV_DONTNEED", p, 6);
	prepare(9);
	mprotect(p, page, PROT_READ | PROT_EXEC);
	call(p);
	mprotect(p, page, PROT_READ | PROT_WRITE);
	memcpy(p, fresh, len);
	mprotect(p, page, PROT_READ | PROT_EXEC);
	check("mprotect", p, 9);
}

static void in_file(void)
{
	int fd = file(1), other;
	char *x = map(PROT_READ | PROT_EXEC, MAP_SHARED, fd), *w = map(PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	off_t off = 0;

	call(x);
	code(w, 2);
	check("stored through another mapping", x, 2);
	prepare(3);
	if (pwrite(fd, fresh, len, 0) < 0)
		perror("pwrite");
	check("pwrite", x, 3);
	other = file(4);
	lseek(fd, 0, SEEK_SET);
	if (sendfile(fd, other, &off, len) < 0)
		perror("sendfile");
	check("sendfile", x, 4);
	other = file(5);
	off = 0;
	lseek(fd, 0, SEEK_SET);
	if (syscall(SYS_copy_file_range, other, &(long long){0}, fd, &(long long){0}, (size_t)len, 0) < 0)
		perror("copy_file_range");
	check("copy_file_range", x, 5);
	if (ftruncate(fd, 0) < 0 || ftruncate(fd, page) < 0)
		perror("ftruncate");
	code(w, 6);
	check("ftruncate and stored", x, 6);
	if (fork() == 0) {
		code(w, 7);
		_exit(0);
	}
	wait(NULL);
	check("stored by a child", x, 7);

	int id = shmget(IPC_PRIVATE, page, 0700);
	char *a = shmat(id, NULL, 0), *b = shmat(id, NULL, SHM_EXEC | SHM_RDONLY);

	shmctl(id, IPC_RMID, NULL);
	code(a, 1);
	call(b);
	code(a, 2);
	check("System V memory", b, 2);
	if (fork() == 0) {
		code(a, 3);
		_exit(0);
	}
	wait(NULL);
	check("System V memory, by a child", b, 3);
}

/* in_child changes what another process executes. */
static void in_child(void)
{
	int ask[2], answer[2], status;
	char *p = anon(1, MAP_PRIVATE);
	char c = 0;

	if (pipe(ask) < 0 || pipe(answer) < 0)
		exit(1);
	pid_t pid = fork();

	if (pid == 0) {
		close(ask[1]);
		while (read(ask[0], &c, 1) == 1) {
			flush(p);
			c = call(p);
			if (write(answer[1], &c, 1) < 0)
				_exit(1);
		}
		_exit(0);
	}
	struct iovec to = {p, 0}, from = {fresh, 0};

	for (int n = 1; n <= 3; n++) {
		prepare(n);
		to.iov_len = from.iov_len = len;
		switch (n) {
		case 2:
			process_vm_writev(pid, &from, 1, &to, 1, 0);
			break;
		case 3:
			ptrace(PTRACE_ATTACH, pid, NULL, NULL);
			waitpid(pid, &status, 0);
			for (size_t i = 0; i < (len + sizeof(long) - 1) / sizeof(long); i++) {
				long v;

				memcpy(&v, fresh + i * sizeof v, sizeof v);
				if (ptrace(PTRACE_POKETEXT, pid, (long *)p + i, v) < 0)
					perror("PTRACE_POKETEXT");
			}
			ptrace(PTRACE_DETACH, pid, NULL, NULL);
		}
		if (write(ask[1], "", 1) < 0 || read(answer[0], &c, 1) < 0)
			exit(1);
		printf("child, way %d: %s\n", n, c == n ? "new code" : "old code");
	}
	close(ask[1]);
	waitpid(pid, &status, 0);
	printf("own: %d\n", call(p));
}

int main(void)
{
	page = sysconf(_SC_PAGESIZE);
	in_memory();
	in_file();
	in_child();
	return 0;
}
