/* Calls about ranges of memory: holes in them, none of them, and mappings that are not meant. */
#include "say.h"
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/uio.h>

#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif
#define GROWSDOWN 0x01000000
#define GROWSUP 0x02000000

static long P;
static sigjmp_buf out;

static void caught(int sig) { siglongjmp(out, sig); }

static int store(volatile char *p)
{
	int sig = sigsetjmp(out, 1);

	if (!sig)
		*p = 1;
	return sig;
}

static char *pages(int prot, int flags, int fd)
{
	return mmap(NULL, 4 * P, prot, flags | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
}

static char *hole(void)
{
	char *p = pages(PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);

	munmap(p + P, P);
	return p;
}

static void protections(void)
{
	char *p = hole();

	say("a hole", mprotect(p, 4 * P, PROT_READ));
	printf("before it %d, after it %d\n", store(p) != 0, store(p + 3 * P) != 0);
	p = pages(PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
	say("down", mprotect(p, P, PROT_READ | GROWSDOWN));
	say("up", mprotect(p, P, PROT_READ | GROWSUP));
	say("both", mprotect(p, P, PROT_READ | GROWSDOWN | GROWSUP));
	say("nothing", mprotect(p, 0, PROT_READ));
	say("page 0", munmap(0, P));
}

static void synchronized(void)
{
	char *p = pages(PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);

	munmap(p, 4 * P);
	say("sync nothing", msync(p, 0, MS_SYNC));
	say("sync all there is", msync(p, -P, MS_SYNC));
	say("lock nothing", mlock(p, 0));
	say("lock what is not there", mlock(p, P));
	say("is nothing in core", mincore(p, 0, NULL));
	p = pages(PROT_NONE, MAP_PRIVATE, -1);
	say("lock what has no access", mlock(p, P));
	p = hole();
	say("lock a hole", mlock(p, 4 * P));
}

static void advice(void)
{
	char *p = pages(PROT_READ | PROT_WRITE, MAP_SHARED, -1), *q = pages(PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
	int w = open("ranges.file", O_RDWR | O_CREAT | O_TRUNC, 0600), r = open("ranges.file", O_RDONLY);
	char *f, buf[8];

	if (ftruncate(w, 4 * P) < 0)
		exit(1);
	f = pages(PROT_READ | PROT_WRITE, MAP_SHARED, w);
	memset(p, 'x', 4 * P);
	memset(f, 'x', 4 * P);
	say("remove of shared memory", madvise(p, 2 * P, MADV_REMOVE));
	printf("%d %c\n", p[P], p[2 * P]);
	say("remove of a file", madvise(f + P, P, MADV_REMOVE));
	say("the file", pread(w, buf, 1, P) == 1 ? buf[0] : -1);
	say("remove of one's own", madvise(q, P, MADV_REMOVE));
	say("remove of a copy", madvise(pages(PROT_READ | PROT_WRITE, MAP_PRIVATE, w), P, MADV_REMOVE));
	say("remove without the right", madvise(pages(PROT_READ, MAP_SHARED, r), P, MADV_REMOVE));
	if (mlock(q, P) == 0) {
		*q = 1;
		say("locked", madvise(q, P, MADV_DONTNEED));
		say("locked too", madvise(q, P, MADV_DONTNEED_LOCKED));
		printf("%d\n", *q);
	}
	unsigned char there = 7;
	q = pages(PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
	mincore(q, P, &there);
	printf("in core %d\n", there & 1);
	say("make", madvise(q, P, MADV_POPULATE_WRITE));
	mincore(q, P, &there);
	printf("in core %d\n", there & 1);
	say("make past the end", madvise(mmap(NULL, P, PROT_READ, MAP_SHARED, w, 64 * P), P, MADV_POPULATE_READ));
	say("make what cannot be read", madvise(pages(PROT_NONE, MAP_PRIVATE, -1), P, MADV_POPULATE_READ));
	say("make what cannot be stored to", madvise(pages(PROT_READ, MAP_PRIVATE, -1), P, MADV_POPULATE_WRITE));
	unlink("ranges.file");
}

static void others(void)
{
	static char big[1 << 18];
	struct iovec here = { big, 4 * P }, there = { hole(), 4 * P };

	say("as far as the hole", process_vm_readv(getpid(), &here, 1, &there, 1, 0) / P);
	say("no such operation", syscall(SYS_futex, 0, 77, 0, 0, 0, 0));
	say("no program", execve("", (char *[]){ "", NULL }, (char *[]){ NULL }));
}

int main(int argc, char **argv)
{
	P = sysconf(_SC_PAGESIZE);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2 || chdir(argv[1]) < 0)
		return 1;
	signal(SIGSEGV, caught);
	signal(SIGBUS, caught);
	protections();
	synchronized();
	advice();
	others();
	return 0;
}
