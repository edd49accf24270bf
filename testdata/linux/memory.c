/* What calls about memory say of each kind of mapping, and what it is like after them: a table for Linux and nbemu. */
#define WORDS 120
#define CALLS_MAX 600
#include "areas.h"
#include <setjmp.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/uio.h>

/* Kinds of mapping. */
static void none(void) {}
static void own(void) { fixed(0, N, RW, ANON, -1, 0); fill(0, N); }
static void fresh(void) { fixed(0, N, RW, ANON, -1, 0); }
static void own_r(void) { own(); mprotect(base, N * P, PROT_READ); }
static void own_none(void) { own(); mprotect(base, N * P, PROT_NONE); }
static void own_x(void) { own(); mprotect(base, N * P, RX); }
static void noreserve(void) { fixed(0, N, RW, ANON | MAP_NORESERVE, -1, 0); fill(0, N); }
static void shared(void) { fixed(0, N, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0); fill(0, N); }
static void shared_fresh(void) { fixed(0, N, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0); }
static void shared_r(void) { shared(); mprotect(base, N * P, PROT_READ); }
static void shared_none(void) { shared(); mprotect(base, N * P, PROT_NONE); }
static void file_rw(void) { fixed(0, N, RW, MAP_SHARED, file, 0); }
static void file_r(void) { fixed(0, N, PROT_READ, MAP_SHARED, file, 0); }
static void file_none(void) { fixed(0, N, PROT_NONE, MAP_SHARED, file, 0); }
static void file_ro(void) { fixed(0, N, PROT_READ, MAP_SHARED, rdonly, 0); }
static void file_at(void) { fixed(0, N, RW, MAP_SHARED, file, 2); }
static void file_short(void) { fixed(0, N, RW, MAP_SHARED, truncated, 0); }
static void copy(void) { fixed(0, N, RW, MAP_PRIVATE, file, 0); }
static void copy_written(void) { copy(); fill(0, 2); }
static void copy_r(void) { fixed(0, N, PROT_READ, MAP_PRIVATE, rdonly, 0); }
static void copy_x(void) { fixed(0, N, RX, MAP_PRIVATE, rdonly, 0); }
static void copy_short(void) { fixed(0, N, RW, MAP_PRIVATE, truncated, 0); }
static void sealed_r(void) { fixed(0, N, PROT_READ, MAP_SHARED, sealed, 0); }
static void sealed_copy(void) { fixed(0, N, RW, MAP_PRIVATE, sealed, 0); }
static void zero(void) { int fd = open("/dev/zero", O_RDWR); fixed(0, N, RW, MAP_PRIVATE, fd, 0); close(fd); fill(0, N); }
static void zero_shared(void) { int fd = open("/dev/zero", O_RDWR); fixed(0, N, RW, MAP_SHARED, fd, 0); close(fd); fill(0, N); }

static void sysv(int flags)
{
	int id = shmget(IPC_PRIVATE, 16384 > N * P ? 16384 : N * P, 0600);
	char *at = shmat(id, NULL, 0);

	if (at == (char *)-1) {
		note("attach", "%s", strerrorname_np(errno));
		return;
	}
	for (int i = 0; i < N; i++)
		at[i * P] = 'a' + i;
	shmdt(at);
	/* SHMLBA is more than a page on some machines; what is attached by kind alone goes where the area is. */
	if (shmat(id, base, flags) == (void *)-1)
		note("attach", "%s", strerrorname_np(errno));
	shmctl(id, IPC_RMID, NULL);
}

static void segment(void) { sysv(0); }
static void segment_ro(void) { sysv(SHM_RDONLY); }
static void locked(void) { own(); mlock(base, N * P); }
static void locked_fresh(void) { fresh(); mlock2(base, N * P, MLOCK_ONFAULT); }
static void locked_part(void) { own(); mlock(base + P, 2 * P); }
static void locked_file(void) { file_rw(); mlock(base, N * P); }
static void nofork(void) { own(); madvise(base, N * P, MADV_DONTFORK); }
static void wiped(void) { own(); madvise(base, N * P, MADV_WIPEONFORK); }
static void holed(void) { own(); munmap(base + P, P); }
static void hole_first(void) { own(); munmap(base, P); }
static void rights(void) { own(); mprotect(base + P, P, PROT_READ); mprotect(base + 2 * P, P, PROT_NONE); }
static void first_none(void) { own(); mprotect(base, P, PROT_NONE); }
static void last_r(void) { own(); mprotect(base + 3 * P, P, PROT_READ); }
static void two_kinds(void) { own(); fixed(2, 2, RW, MAP_SHARED, file, 2); }
static void kinds_back(void) { file_rw(); fixed(2, 2, RW, ANON, -1, 0); fill(2, 2); }
static void two_files(void) { file_rw(); fixed(2, 2, RW, MAP_SHARED, truncated, 0); }
static void ro_then_rw(void) { file_ro(); fixed(2, 2, RW, ANON, -1, 0); fill(2, 2); }
static void neighbours(void) { own(); fixed(-1, 1, RW, ANON, -1, 0); fixed(N, 1, RW, ANON, -1, 0); base[-P] = 'y'; base[N * P] = 'z'; }

static const struct { const char *name; void (*make)(void); } kinds[] = {
	{ "none", none }, { "own", own }, { "fresh", fresh }, { "own-r", own_r }, { "own-none", own_none }, { "own-x", own_x },
	{ "noreserve", noreserve }, { "shared", shared }, { "shared-fresh", shared_fresh }, { "shared-r", shared_r },
	{ "shared-none", shared_none }, { "file", file_rw }, { "file-r", file_r }, { "file-none", file_none }, { "file-ro", file_ro },
	{ "file-at", file_at }, { "file-short", file_short }, { "copy", copy }, { "copy-written", copy_written }, { "copy-r", copy_r },
	{ "copy-x", copy_x }, { "copy-short", copy_short }, { "sealed-r", sealed_r }, { "sealed-copy", sealed_copy }, { "zero", zero },
	{ "zero-shared", zero_shared }, { "segment", segment }, { "segment-ro", segment_ro }, { "locked", locked },
	{ "locked-fresh", locked_fresh }, { "locked-part", locked_part }, { "locked-file", locked_file }, { "nofork", nofork },
	{ "wiped", wiped }, { "holed", holed }, { "hole-first", hole_first }, { "rights", rights }, { "first-none", first_none },
	{ "last-r", last_r }, { "two-kinds", two_kinds }, { "kinds-back", kinds_back }, { "two-files", two_files },
	{ "ro-then-rw", ro_then_rw }, { "neighbours", neighbours },
};

static void protections(void)
{
	EACH("none", mprotect(a, n, PROT_NONE));
	EACH("r", mprotect(a, n, PROT_READ));
	EACH("rw", mprotect(a, n, RW));
	C("w all", mprotect(base, N * P, PROT_WRITE));
	C("x all", mprotect(base, N * P, PROT_EXEC));
	C("rx all", mprotect(base, N * P, RX));
	C("rwx middle", mprotect(base + P, 2 * P, RW | PROT_EXEC));
	C("odd bits", mprotect(base, P, 0x80));
	C("wraps", mprotect(base, -P, PROT_READ));
	EACH("key", syscall(SYS_pkey_mprotect, a, n, PROT_READ, -1));
	C("no such key", syscall(SYS_pkey_mprotect, base, P, PROT_READ, 14));
}

static void mapped(void)
{
	EACH("unmap", munmap(a, n));
	C("unmap wraps", munmap(base, -P));
	for (const struct range *r = ranges; r < ranges + sizeof ranges / sizeof *ranges; r++) {
		char *a = base + r->at * P + (r->odd == 1 ? 1 : r->odd == 2 ? P / 2 : 0);
		long n = r->n * P + r->more;

		M(named("fixed", r->name), mmap(a, n, RW, ANON | MAP_FIXED, -1, 0), r->n);
		M(named("noreplace", r->name), mmap(a, n, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), r->n);
		M(named("file", r->name), mmap(a, n, PROT_READ, MAP_SHARED | MAP_FIXED, file, P), r->n);
		if (r->n)
			M(named("hint", r->name), mmap(a, n, RW, ANON, -1, 0), r->n + r->more);
	}
	M("fixed locked", mmap(base + P, P, RW, ANON | MAP_FIXED | MAP_LOCKED, -1, 0), 1);
	M("fixed none locked", mmap(base + P, P, PROT_NONE, ANON | MAP_FIXED | MAP_LOCKED, -1, 0), 1);
	M("bad file", mmap(base, P, RW, MAP_PRIVATE | MAP_FIXED, -1, 0), 1);
	M("not written", mmap(base, P, RW, MAP_SHARED | MAP_FIXED, rdonly, 0), 1);
	M("odd offset", mmap(base, P, RW, MAP_PRIVATE | MAP_FIXED, file, 1), 1);
	M("half offset", mmap(base, P, RW, MAP_PRIVATE | MAP_FIXED, file, P / 2), 1);
}

static void resized(void)
{
	const int may = MREMAP_MAYMOVE, fix = MREMAP_MAYMOVE | MREMAP_FIXED, dont = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;

	M("same", mremap(base, N * P, N * P, 0), N);
	M("grow", mremap(base, N * P, (N + 1) * P, 0), N + 1);
	M("grow may", mremap(base, N * P, (N + 1) * P, may), N + 1);
	M("shrink", mremap(base, N * P, 2 * P, 0), 2);
	M("shrink may", mremap(base, N * P, 2 * P, may), 2);
	M("shrink first", mremap(base, 2 * P, P, 0), 1);
	M("grow first", mremap(base, P, 2 * P, 0), 2);
	M("grow first may", mremap(base, P, 2 * P, may), 2);
	M("grow middle may", mremap(base + P, 2 * P, 3 * P, may), 3);
	M("grow last", mremap(base + 3 * P, P, 2 * P, 0), 2);
	M("grow over", mremap(base + 2 * P, 4 * P, 5 * P, may), 5);
	M("shrink over", mremap(base + 2 * P, 4 * P, P, may), 1);
	M("same over", mremap(base + 2 * P, 4 * P, 4 * P, may), 4);
	M("from before", mremap(base - P, 3 * P, 2 * P, may), 2);
	M("move", mremap(base, N * P, N * P, fix, other), N);
	M("move first", mremap(base, P, P, fix, other), 1);
	M("move middle", mremap(base + P, 2 * P, 2 * P, fix, other), 2);
	M("move grow", mremap(base, N * P, 6 * P, fix, other), 6);
	M("move shrink", mremap(base, N * P, P, fix, other), 1);
	M("move over", mremap(base + 2 * P, 4 * P, 4 * P, fix, other), 4);
	M("move under", mremap(base - P, 3 * P, 3 * P, fix, other), 3);
	M("move onto", mremap(base, P, P, fix, base + P), 1);
	M("move overlaps", mremap(base, 2 * P, 2 * P, fix, base + P), 2);
	M("move odd", mremap(base, P, P, fix, other + 1), 1);
	M("move half", mremap(base, P, P, fix, other + P / 2), 1);
	M("fixed without may", mremap(base, P, P, MREMAP_FIXED, other), 1);
	M("odd", mremap(base + 1, P, 2 * P, may), 2);
	M("half", mremap(base + P / 2, P, 2 * P, may), 2);
	M("long", mremap(base, P + 1, 3 * P, may), 3);
	M("to nothing", mremap(base, P, 0, may), 1);
	M("from nothing", mremap(base, 0, P, may), 1);
	M("from nothing two", mremap(base + P, 0, 2 * P, may), 2);
	M("from nothing without", mremap(base, 0, P, 0), 1);
	M("from nothing fixed", mremap(base, 0, P, fix, other), 1);
	M("leave", mremap(base, N * P, N * P, dont, 0), N);
	held = -1;
	M("leave first", mremap(base, P, P, dont, 0), 1);
	held = -1;
	M("leave fixed", mremap(base, 2 * P, 2 * P, dont | MREMAP_FIXED, other), 2);
	held = -1;
	M("leave grow", mremap(base, P, 2 * P, dont, 0), 2);
	held = -1;
	M("leave without", mremap(base, P, P, MREMAP_DONTUNMAP, 0), 1);
	held = -1; /* Linux counts what it moved and left twice from here on */
	M("odd flags", mremap(base, P, P, 8), 1);
	M("from all there is", mremap(base, -P, P, may), 1);
	M("too large", mremap(base, P, -P, may), 1);
}

static void advised(void)
{
	static const struct { const char *name; int advice; } all[] = {
		{ "normal", 0 }, { "random", 1 }, { "willneed", 3 }, { "dontneed", 4 }, { "free", 8 }, { "remove", 9 }, { "dontfork", 10 },
		{ "dofork", 11 }, { "dontdump", 16 }, { "dodump", 17 }, { "wipe", 18 }, { "keep", 19 }, { "cold", 20 }, { "pageout", 21 },
		{ "populate", 22 }, { "populate write", 23 }, { "dontneed locked", 24 },
	};
	static const int some[] = { 0, 1, 3, 5, 6, 7, 8 };

	for (int i = 0; i < sizeof all / sizeof *all; i++)
		for (int j = 0; j < sizeof some / sizeof *some; j++) {
			const struct range *r = ranges + some[j];
			char *a = base + r->at * P + (r->odd == 1 ? 1 : r->odd == 2 ? P / 2 : 0);

			/* What is free goes when Linux wants it. */
			if (all[i].advice == 8 && (j < 3 || j == 6))
				continue;
			C(named(all[i].name, r->name), madvise(a, r->n * P + r->more, all[i].advice));
		}
	C("no such advice", madvise(base, P, 77));
	C("advice wraps", madvise(base, -P, 0));
}

static void kept(void)
{
	unsigned char there[16];

	EACH("lock", mlock(a, n));
	EACH("lock touched", mlock2(a, n, MLOCK_ONFAULT));
	EACH("unlock", munlock(a, n));
	C("lock wraps", mlock(base, -P));
	EACH("sync", msync(a, n, MS_SYNC));
	EACH("sync later", msync(a, n, MS_ASYNC));
	EACH("invalidate", msync(a, n, MS_INVALIDATE));
	C("sync both", msync(base, P, MS_SYNC | MS_ASYNC));
	C("sync wraps", msync(base, -P, MS_SYNC));
	EACH("in core", mincore(a, n, there));
	C("in core nowhere", mincore(base, P, NULL));
	EACH("remap file", remap_file_pages(a, n, 0, 1, 0));
}

static sigjmp_buf out;
static volatile int why, trying;

static void caught(int sig, siginfo_t *info, void *context)
{
	if (!trying)
		_exit(2);
	why = sig == SIGBUS ? 10 + info->si_code : info->si_code;
	siglongjmp(out, 1);
}

/* touch tells of each page what a load or a store does: 0, what SIGSEGV has as its code, or 10 more than SIGBUS has. */
static void touch(const char *call, int write)
{
	char text[40] = "";

	setup(making);
	for (int i = -1; i <= N; i++) {
		volatile char *p = base + i * P;

		why = 0;
		trying = 1;
		if (!sigsetjmp(out, 1)) {
			if (write)
				*p = 'X';
			else
				(void)*p;
		}
		trying = 0;
		sprintf(text + strlen(text), "%d,", why);
	}
	after(call, text, NULL, 0);
}

/* child tells what a process finds that is forked now. */
static void child(const char *call)
{
	char text[WORDS] = "";
	int p[2];

	if (pipe(p) < 0)
		exit(1);
	fflush(stdout);
	if (fork() == 0) {
		char now[WORDS];
		int n;

		maps = open("/proc/self/maps", O_RDONLY);
		status = open("/proc/self/status", O_RDONLY);
		n = state(now, area, AREA);
		n += sprintf(now + n, " locked %ld", locks());
		write(p[1], now, n);
		_exit(0);
	}
	wait(NULL);
	text[read(p[0], text, sizeof text - 1)] = 0;
	close(p[0]);
	close(p[1]);
	note(call, "%s", text);
}

static void used(void)
{
	char buf[64];
	struct iovec here = { buf, 1 }, there = { base, 1 }, many[2] = { { base, 2 }, { base + 2 * P, 2 } };
	int zero = open("/dev/zero", O_RDONLY), full = open("out", O_RDWR | O_CREAT | O_TRUNC, 0600);

	touch("load", 0);
	touch("store", 1);
	EACH("read", read(zero, a, n) / (P / 2));
	EACH("read file", pread(plain, a, n, 0) / (P / 2));
	EACH("write file", pwrite(full, a, n, 0) / (P / 2));
	C("readv", preadv(plain, many, 2, 0));
	C("writev", pwritev(full, many, 2, 0));
	C("process_vm_readv", process_vm_readv(getpid(), &here, 1, &there, 1, 0));
	C("process_vm_writev", process_vm_writev(getpid(), &here, 1, &there, 1, 0));
	setup(making);
	child("fork");
	setup(making);
	madvise(base, N * P, MADV_DONTFORK);
	child("fork without");
	setup(making);
	madvise(base, N * P, MADV_WIPEONFORK);
	child("fork wiped");
	C("mem read", ({ int m = open("/proc/self/mem", O_RDWR); long r = pread(m, buf, 1, (unsigned long)base); int e = errno; close(m); errno = e; r; }));
	C("mem write", ({ int m = open("/proc/self/mem", O_RDWR); long r = pwrite(m, "Z", 1, (unsigned long)base); int e = errno; close(m); errno = e; r; }));
	close(zero);
	close(full);
	/* Two calls after each other. */
	C("lock, then none", mlock(base, N * P) ?: mprotect(base, P, PROT_NONE));
	C("lock, then unmap", mlock(base, N * P) ?: munmap(base + P, P));
	M("lock, then grow", mlock(base, N * P) ? MAP_FAILED : mremap(base, N * P, 5 * P, 0), 5);
	M("lock, then move", mlock(base, N * P) ? MAP_FAILED : mremap(base, P, P, MREMAP_MAYMOVE | MREMAP_FIXED, other), 1);
	M("lock, then fixed", mlock(base, N * P) ? MAP_FAILED : mmap(base, P, RW, ANON | MAP_FIXED, -1, 0), 1);
	C("lock twice, unlock", mlock(base, N * P) ?: mlock(base, N * P) ?: munlock(base, N * P));
	C("none, then rw", mprotect(base, N * P, PROT_NONE) ?: mprotect(base, N * P, RW));
	C("none, then lock", mprotect(base, N * P, PROT_NONE) ?: mlock(base, N * P));
	M("none, then grow", mprotect(base, N * P, PROT_NONE) ? MAP_FAILED : mremap(base, N * P, 5 * P, 0), 5);
	C("discard, then r", madvise(base, N * P, MADV_DONTNEED) ?: mprotect(base, N * P, PROT_READ));
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO };

	begin(argv[1]);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	/* Of the kinds those from one on, with steps: all take long. */
	for (int i = argc > 2 ? atoi(argv[2]) : 0; i < sizeof kinds / sizeof *kinds; i += argc > 3 ? atoi(argv[3]) : 1) {
		objects[nobjects++] = kinds[i].name;
		making = kinds[i].make;
		held = -1;
		protections();
		mapped();
		resized();
		advised();
		kept();
		used();
	}
	print();
	return 0;
}
