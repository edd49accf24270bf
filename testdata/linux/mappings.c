/*
 * What mappings are like after something was done with them: what loads, stores and jumps find page by page, what /proc says, and
 * what calls answer that memory.c does not make. The arguments are a directory, the first kind, and steps.
 */
#define WORDS 300
#define CALLS_MAX 400
#define OBJECTS_MAX 100
#include "areas.h"
#include <linux/futex.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/uio.h>

#define GUARD 102
#define UNGUARD 103
#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 8
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x10
#endif

static sigjmp_buf out;
static volatile int why, trying;
static char *volatile fault;

static void caught(int sig, siginfo_t *info, void *context)
{
	if (!trying)
		_exit(2);
	why = sig == SIGBUS ? 10 + info->si_code : info->si_code;
	fault = info->si_addr;
	siglongjmp(out, 1);
}

/* What a page can be used for. */
enum { LOAD, STORE, LAST, JUMP };

static int use(char *p, int how)
{
	char *at = how == LAST ? p + P - 1 : p;

	why = 0;
	fault = at;
	trying = 1;
	if (!sigsetjmp(out, 1))
		switch (how) {
		case LOAD: (void)*(volatile char *)at; break;
		case STORE: *(volatile char *)at = 'X'; break;
		case LAST: *(volatile char *)at = 'X'; break;
		case JUMP: ((void (*)(void))at)(); break;
		}
	trying = 0;
	return why + (fault != at) * 100;
}

/* Kinds of mapping, and what became of them. */
static void none(void) {}
static void own(void) { fixed(0, N, RW, ANON, -1, 0); fill(0, N); }
static void fresh(void) { fixed(0, N, RW, ANON, -1, 0); }
static void shared(void) { fixed(0, N, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0); fill(0, N); }
static void file_rw(void) { fixed(0, N, RW, MAP_SHARED, file, 0); }
static void copy(void) { fixed(0, N, RW, MAP_PRIVATE, file, 0); }
static void copy_written(void) { copy(); fill(0, N); }
static void looked(void) { fresh(); for (int i = 0; i < N; i++) (void)*(volatile char *)(base + i * P); }
static void populated(void) { fixed(0, N, RW, ANON | MAP_POPULATE, -1, 0); }
static void grows(void) { fixed(0, N, RW, ANON | MAP_GROWSDOWN, -1, 0); fill(0, N); }
static void grown_down(void) { grows(); use(base - 1, STORE); }
static void stack_flag(void) { fixed(0, N, RW, ANON | MAP_STACK, -1, 0); fill(0, N); }
static void noreserve(void) { fixed(0, N, RW, ANON | MAP_NORESERVE, -1, 0); fill(0, N); }
static void droppable(void) { if (fixed(0, N, RW, MAP_DROPPABLE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) fill(0, N); }
static void own_w(void) { own(); mprotect(base, N * P, PROT_WRITE); }
static void none_made(void) { fixed(0, N, PROT_NONE, ANON, -1, 0); }
static void ro_made(void) { fixed(0, N, PROT_READ, ANON, -1, 0); }
static void middle_r(void) { own(); mprotect(base + P, 2 * P, PROT_READ); }
static void middle_back(void) { middle_r(); mprotect(base + P, 2 * P, RW); }
static void advise(int advice) { madvise(base, N * P, advice); }
static void discarded(void) { own(); advise(MADV_DONTNEED); }
static void half_discarded(void) { own(); madvise(base, 2 * P, MADV_DONTNEED); }
static void cold(void) { own(); advise(MADV_COLD); }
static void paged_out(void) { own(); advise(MADV_PAGEOUT); }
static void pop_read(void) { fresh(); advise(22); }
static void pop_write(void) { fresh(); advise(23); }
static void removed(void) { shared(); madvise(base + P, P, MADV_REMOVE); }
static void file_removed(void) { file_rw(); madvise(base + P, P, MADV_REMOVE); }
static void guarded(void) { own(); madvise(base + P, P, GUARD); }
static void all_guarded(void) { fresh(); advise(GUARD); }
static void unguarded(void) { guarded(); madvise(base + P, P, UNGUARD); }
static void file_guarded(void) { file_rw(); madvise(base + P, P, GUARD); }
static void copy_guarded(void) { copy_written(); madvise(base + P, P, GUARD); }
static void guard_moved(void) { mmap(other, N * P, RW, ANON | MAP_FIXED, -1, 0); other[0] = 'a'; madvise(other + P, P, GUARD); mremap(other, N * P, N * P, MREMAP_MAYMOVE | MREMAP_FIXED, base); }
static void nofork(void) { own(); advise(MADV_DONTFORK); }
static void dofork(void) { nofork(); advise(MADV_DOFORK); }
static void wiped(void) { own(); advise(MADV_WIPEONFORK); }
static void kept_on(void) { wiped(); advise(MADV_KEEPONFORK); }
static void nodump(void) { own(); advise(MADV_DONTDUMP); }
static void sequential(void) { own(); advise(MADV_SEQUENTIAL); }
static void random_(void) { own(); advise(MADV_RANDOM); }
static void half_random(void) { own(); madvise(base, 2 * P, MADV_RANDOM); }
static void huge(void) { own(); advise(MADV_HUGEPAGE); }
static void nohuge(void) { own(); advise(MADV_NOHUGEPAGE); }
static void mergeable(void) { own(); advise(MADV_MERGEABLE); }
static void moved(void) { mmap(other, N * P, RW, ANON | MAP_FIXED, -1, 0); for (int i = 0; i < N; i++) other[i * P] = 'a' + i; mremap(other, N * P, N * P, MREMAP_MAYMOVE | MREMAP_FIXED, base); }
static void hollow(void) { own(); mremap(base, N * P, N * P, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, other); }
static void grown(void) { fixed(0, 2, RW, ANON, -1, 0); fill(0, 2); mremap(base, 2 * P, N * P, 0); }
static void file_grown(void) { fixed(0, 2, RW, MAP_SHARED, file, 0); mremap(base, 2 * P, N * P, 0); }
static void twin(void) { shared(); mremap(base, 0, N * P, MREMAP_MAYMOVE | MREMAP_FIXED, other); base[0] = 'A'; }
static void locked(void) { own(); mlock(base, N * P); }
static void lock_later(void) { fresh(); mlock2(base, N * P, MLOCK_ONFAULT); base[0] = 'a'; }
static void map_locked(void) { fixed(0, N, RW, ANON | MAP_LOCKED, -1, 0); }
static void middle_unlocked(void) { locked(); munlock(base + P, 2 * P); }
static void locked_grows(void) { grows(); mlock(base, N * P); }

static int temporary(const char *text)
{
	int fd = open(".", O_TMPFILE | O_RDWR, 0600);

	if (fd < 0)
		fd = open("gone", O_RDWR | O_CREAT | O_TRUNC, 0600), unlink("gone");
	ftruncate(fd, N * P);
	for (int i = 0; text[i]; i++)
		pwrite(fd, text + i, 1, i * P);
	return fd;
}
static void of_file(int flags, long cut, long again)
{
	int fd = temporary("GHIJ");

	fixed(0, N, RW, flags, fd, 0);
	if (flags == MAP_PRIVATE)
		base[3 * P] = 'z', base[P] = 'x';
	else
		base[3 * P] = 'Z';
	if (cut >= 0)
		ftruncate(fd, cut);
	if (again >= 0)
		ftruncate(fd, again);
	close(fd);
}
static void gone(void) { of_file(MAP_SHARED, -1, -1); }
static void cut(void) { of_file(MAP_SHARED, P + P / 2, -1); }
static void cut_all(void) { of_file(MAP_SHARED, 0, -1); }
static void cut_copy(void) { of_file(MAP_PRIVATE, P + P / 2, -1); }
static void cut_grown(void) { of_file(MAP_SHARED, P + P / 2, N * P); }
static void cut_grown_copy(void) { of_file(MAP_PRIVATE, P / 2, N * P); }
static void behind(void) { fixed(0, N, RW, MAP_SHARED, file, 8); }
static void behind_copy(void) { fixed(0, N, RW, MAP_PRIVATE, file, 8); }
static void file_hole(void) { int fd = temporary(""); fixed(0, N, RW, MAP_SHARED, fd, 0); close(fd); }
static void memfd_of(int flags, int seals)
{
	int fd = memfd_create("m", MFD_ALLOW_SEALING);

	ftruncate(fd, N * P);
	pwrite(fd, "K", 1, 0);
	if (seals & F_SEAL_FUTURE_WRITE)
		fixed(0, N, RW, flags, fd, 0);
	if (seals)
		fcntl(fd, F_ADD_SEALS, seals);
	if (!(seals & F_SEAL_FUTURE_WRITE))
		fixed(0, N, seals ? PROT_READ : RW, flags, fd, 0);
	close(fd);
}
static void memfd(void) { memfd_of(MAP_SHARED, 0); }
static void memfd_copy(void) { memfd_of(MAP_PRIVATE, 0); }
static void memfd_sealed(void) { memfd_of(MAP_SHARED, F_SEAL_WRITE); }
static void memfd_future(void) { memfd_of(MAP_SHARED, F_SEAL_FUTURE_WRITE); }
static void exec_file(void) { fixed(0, N, RX, MAP_PRIVATE, rdonly, 0); }
static void segment(void)
{
	int id = shmget(IPC_PRIVATE, 16384 > N * P ? 16384 : N * P, 0600);

	shmat(id, base, 0);
	fill(0, N);
	shmctl(id, IPC_RMID, NULL);
}
static void zero(void) { int fd = open("/dev/zero", O_RDWR); fixed(0, N, RW, MAP_PRIVATE, fd, 0); close(fd); fill(0, N); }

/* child: calls are made by a child that is forked when the mapping is there; with: a child is there that has it too. */
static const struct { const char *name; void (*make)(void); int child, with; } kinds[] = {
	{ "none", none }, { "own", own }, { "fresh", fresh }, { "shared", shared }, { "file", file_rw }, { "copy", copy },
	{ "copy-written", copy_written }, { "looked", looked }, { "populated", populated }, { "grows", grows }, { "grown-down", grown_down },
	{ "stack", stack_flag }, { "noreserve", noreserve }, { "droppable", droppable }, { "own-w", own_w }, { "none-made", none_made },
	{ "ro-made", ro_made }, { "middle-r", middle_r }, { "middle-back", middle_back }, { "discarded", discarded },
	{ "half-discarded", half_discarded }, { "cold", cold }, { "paged-out", paged_out }, { "pop-read", pop_read },
	{ "pop-write", pop_write }, { "removed", removed }, { "file-removed", file_removed }, { "guarded", guarded },
	{ "all-guarded", all_guarded }, { "unguarded", unguarded }, { "file-guarded", file_guarded }, { "copy-guarded", copy_guarded },
	{ "guard-moved", guard_moved }, { "nofork", nofork }, { "dofork", dofork }, { "wiped", wiped }, { "kept", kept_on },
	{ "nodump", nodump }, { "sequential", sequential }, { "random", random_ }, { "half-random", half_random }, { "huge", huge },
	{ "nohuge", nohuge }, { "mergeable", mergeable }, { "moved", moved }, { "hollow", hollow }, { "grown", grown },
	{ "file-grown", file_grown }, { "twin", twin }, { "locked", locked }, { "lock-later", lock_later }, { "map-locked", map_locked },
	{ "middle-unlocked", middle_unlocked }, { "locked-grows", locked_grows }, { "gone", gone }, { "cut", cut }, { "cut-all", cut_all },
	{ "cut-copy", cut_copy }, { "cut-grown", cut_grown }, { "cut-grown-copy", cut_grown_copy }, { "behind", behind },
	{ "behind-copy", behind_copy }, { "file-hole", file_hole }, { "memfd", memfd }, { "memfd-copy", memfd_copy },
	{ "memfd-sealed", memfd_sealed }, { "memfd-future", memfd_future }, { "exec", exec_file }, { "segment", segment }, { "zero", zero },
	{ "own-child", own, 1 }, { "shared-child", shared, 1 }, { "copy-child", copy_written, 1 }, { "nofork-child", nofork, 1 },
	{ "wiped-child", wiped, 1 }, { "locked-child", locked, 1 }, { "guarded-child", guarded, 1 }, { "grows-child", grows, 1 },
	{ "fresh-child", fresh, 1 }, { "droppable-child", droppable, 1 }, { "random-child", random_, 1 }, { "own-with", own, 0, 1 },
	{ "copy-with", copy_written, 0, 1 }, { "file-with", file_rw, 0, 1 },
};

static int in_children, with_child, answer[2];
static pid_t holder;

static void holders(void)
{
	if (holder) {
		kill(holder, SIGKILL);
		waitpid(holder, NULL, 0);
		holder = 0;
	}
}

/* made makes the mapping, and reports whether it is somebody else who asks. */
static int made(void)
{
	pid_t pid;

	holders();
	setup(making);
	if (with_child && !(holder = fork()))
		for (;;)
			pause();
	if (!in_children)
		return 0;
	fflush(stdout);
	if ((pid = fork())) {
		waitpid(pid, NULL, 0);
		return 1;
	}
	close(maps);
	close(status);
	maps = open("/proc/self/maps", O_RDONLY);
	status = open("/proc/self/status", O_RDONLY);
	state(before, area, AREA);
	held = locks();
	return 0;
}

static void done(const char *call, int others)
{
	char text[WORDS];
	int i;

	for (i = 0; i < ncalls && strcmp(calls[i], call); i++)
		;
	if (others) {
		text[read(answer[0], text, sizeof text)] = 0;
		note(call, "%s", text);
	} else if (in_children) {
		write(answer[1], said[i][nobjects - 1], strlen(said[i][nobjects - 1]));
		_exit(0);
	}
}

#undef C
#undef M
#define C(op, call) do { int o_ = made(); errno = 0; if (!o_) number(op, (long)(call)); done(op, o_); } while (0)
#define M(op, call, pages) do { int o_ = made(); errno = 0; if (!o_) address(op, call, pages); done(op, o_); } while (0)
#define N(op, call) do { int o_ = made(); if (!o_) call; done(op, o_); } while (0)

/* touch tells of each page what becomes of it: 0, what SIGSEGV has as its code, or 10 more than SIGBUS has, 100 more for a wrong address. */
static void touch(const char *call, int how, int from, int to)
{
	char text[100] = "";

	for (int i = from; i != to; i += from < to ? 1 : -1)
		sprintf(text + strlen(text), "%d,", use(base + i * P, how));
	after(call, text, NULL, 0);
}

/* entries writes the lines of /proc/self/smaps that are about the area. */
static void entries(const char *call, const char *member)
{
	static char text[1 << 18];
	char out[WORDS] = "", *line, *next;
	long n = 0, r;
	int fd = open("/proc/self/smaps", O_RDONLY), of_area = 0;
	size_t len = strlen(member);

	while ((r = read(fd, text + n, sizeof text - 1 - n)) > 0)
		n += r;
	text[n] = 0;
	close(fd);
	for (line = text; *line; line = next) {
		unsigned long a, b, off;
		char p[5];

		next = strchr(line, '\n');
		*next++ = 0;
		if (sscanf(line, "%lx-%lx %4s %lx", &a, &b, p, &off) == 4) {
			of_area = a < (unsigned long)(area + AREA * P) && b > (unsigned long)area;
			if (of_area)
				sprintf(out + strlen(out), "%s%ld+%ld ", *out ? "; " : "", ((long)a - (long)base) / P, (long)(b - a) / P);
			if (of_area && !*member)
				sprintf(out + strlen(out), "%s %ld%s", p, (long)(off / P), strchr(line, '/') ? " path" : strchr(line, '[') ? " [" : "");
		} else if (of_area && *member && !strncmp(line, member, len) && line[len] == ':') {
			char *v = line + len + 1;

			if (!strcmp(member, "VmFlags")) {
				for (; *v; v++)
					if (*v != ' ')
						sprintf(out + strlen(out), "%c", *v);
			} else
				sprintf(out + strlen(out), "%ld", atol(v) * 1024 / P);
		}
	}
	note(call, "%s", *out ? out : "-");
}

/* pages tells what /proc/self/pagemap has of each page: p present, f of a file or shared, g a guard. */
static void pages(const char *call)
{
	char out[60] = "";
	int fd = open("/proc/self/pagemap", O_RDONLY);

	for (int i = -1; i <= N; i++) {
		uint64_t w = 0;

		if (pread(fd, &w, 8, (off_t)((unsigned long)(base + i * P) / P) * 8) != 8)
			strcat(out, "?");
		sprintf(out + strlen(out), "%s%s%s,", w >> 63 ? "p" : "", w >> 61 & 1 ? "f" : "", w >> 58 & 1 ? "g" : "");
	}
	close(fd);
	note(call, "%s", out);
}

static void in_core(const char *call)
{
	char out[20] = "";

	for (int i = 0; i < N; i++) {
		unsigned char v = 8;

		if (mincore(base + i * P, P, &v) < 0)
			strcat(out, ".");
		else
			sprintf(out + strlen(out), "%d", v & 1);
	}
	note(call, "%s", out);
}

static void looks(void)
{
	N("maps", entries("maps", ""));
	N("flags", entries("flags", "VmFlags"));
	N("anonymous", entries("anonymous", "Anonymous"));
	N("resident", entries("resident", "Rss"));
	N("locked", entries("locked", "Locked"));
	N("swap", entries("swap", "Swap"));
	N("pagemap", pages("pagemap"));
	N("in core", in_core("in core"));
	N("load", touch("load", LOAD, -1, N + 1));
	N("store", touch("store", STORE, -1, N + 1));
	N("store last", touch("store last", LAST, 0, N + 1));
	N("store down", touch("store down", STORE, N, -2));
	N("store far below", touch("store far below", STORE, -2, -1));
	/* Where pages can be jumped to they would have to hold code. */
#if defined __x86_64__ || defined __i386__
	if (making != exec_file)
		N("jump", touch("jump", JUMP, -1, N + 1));
#endif
	N("store, then flags", (touch("store", STORE, 0, 1), entries("store, then flags", "VmFlags")));
	N("store, then resident", (touch("store", STORE, 0, 1), entries("store, then resident", "Rss")));
	N("store, then anonymous", (touch("store", STORE, 0, 1), entries("store, then anonymous", "Anonymous")));
}

/* A call, and what flags mappings have after it. */
#define F(op, call) N(op, ({ char text_[20]; errno = 0; long r_ = (long)(call); entries(op, "VmFlags"); \
	char all_[WORDS]; int i_; for (i_ = 0; strcmp(calls[i_], op); i_++) ; strcpy(all_, said[i_][nobjects - 1]); \
	note(op, "%s %.270s", r_ < 0 ? strerrorname_np(errno) : "0", all_); }))

static void advised(void)
{
	static const struct { const char *name; int advice; } all[] = {
		{ "normal", 0 }, { "random", 1 }, { "sequential", 2 }, { "willneed", 3 }, { "dontneed", 4 }, { "dontfork", 10 }, { "dofork", 11 },
		{ "mergeable", 12 }, { "unmergeable", 13 }, { "huge", 14 }, { "nohuge", 15 }, { "dontdump", 16 }, { "dodump", 17 }, { "wipe", 18 },
		{ "keep", 19 }, { "guard", GUARD }, { "unguard", UNGUARD },
	};

	for (int i = 0; i < sizeof all / sizeof *all; i++) {
		F(named(all[i].name, "all"), madvise(base, N * P, all[i].advice));
		F(named(all[i].name, "middle"), madvise(base + P, 2 * P, all[i].advice));
		F(named(all[i].name, "over"), madvise(base + 2 * P, N * P, all[i].advice));
	}
	C("put guard first", madvise(base, P, GUARD));
	C("put guard middle", madvise(base + P, 2 * P, GUARD));
	C("put guard under", madvise(base - P, 2 * P, GUARD));
	C("take guard middle", madvise(base + P, 2 * P, UNGUARD));
	C("guard, unguard", madvise(base, N * P, GUARD) ?: madvise(base, N * P, UNGUARD));
	N("guard, load", (madvise(base + P, P, GUARD), touch("guard, load", LOAD, -1, N + 1)));
	N("guard, store", (madvise(base + P, P, GUARD), touch("guard, store", STORE, -1, N + 1)));
	C("guard, discard", madvise(base + P, P, GUARD) ?: madvise(base, N * P, MADV_DONTNEED));
	C("guard, populate", madvise(base + P, P, GUARD) ?: madvise(base, N * P, 23));
	C("guard, lock", madvise(base + P, P, GUARD) ?: mlock(base, N * P));
	C("guard, none, rw", madvise(base + P, P, GUARD) ?: mprotect(base, N * P, PROT_NONE) ?: mprotect(base, N * P, RW));
	C("guard, remap", madvise(base + P, P, GUARD) ?: mmap(base + P, P, RW, ANON | MAP_FIXED, -1, 0) == MAP_FAILED);
	M("guard, move", madvise(base + P, P, GUARD) ? MAP_FAILED : mremap(base, N * P, N * P, MREMAP_MAYMOVE | MREMAP_FIXED, other), N);
	C("guard, remove", madvise(base + P, P, GUARD) ?: madvise(base, N * P, MADV_REMOVE));
	N("guard, flags", (madvise(base + P, P, GUARD), entries("guard, flags", "VmFlags")));
	N("guard, resident", (madvise(base + P, P, GUARD), entries("guard, resident", "Rss")));
	N("guard, in core", (madvise(base + P, P, GUARD), in_core("guard, in core")));
	N("guard, pagemap", (madvise(base + P, P, GUARD), pages("guard, pagemap")));
	F("two advices", madvise(base, N * P, MADV_RANDOM) ?: madvise(base + P, P, MADV_SEQUENTIAL));
	F("dump, then grow", madvise(base, N * P, MADV_DONTDUMP) ?: mremap(base, N * P, (N + 1) * P, 0) == MAP_FAILED);
	F("lock", mlock(base, N * P));
	F("lock middle", mlock(base + P, 2 * P));
	F("lock touched", mlock2(base, N * P, MLOCK_ONFAULT));
	F("lock touched, lock", mlock2(base, N * P, MLOCK_ONFAULT) ?: mlock(base, N * P));
	F("lock, lock touched", mlock(base, N * P) ?: mlock2(base + P, P, MLOCK_ONFAULT));
	F("none", mprotect(base, N * P, PROT_NONE));
	F("none middle", mprotect(base + P, 2 * P, PROT_NONE));
	F("r, then rw", mprotect(base, N * P, PROT_READ) ?: mprotect(base, N * P, RW));
	F("rx", mprotect(base, N * P, RX));
	F("grows down", mprotect(base + P, P, RW | PROT_GROWSDOWN));
	F("grows up", mprotect(base + P, P, RW | PROT_GROWSUP));
	F("grows both", mprotect(base + P, P, RW | PROT_GROWSDOWN | PROT_GROWSUP));
	C("grows down r", mprotect(base + P, P, PROT_READ | PROT_GROWSDOWN));
	F("unmap middle", munmap(base + P, P));
	F("name", prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, base + P, P, "named"));
	F("lock all", mlockall(MCL_CURRENT));
	munlockall();
	held = -1;
	F("lock all touched", mlockall(MCL_CURRENT | 4));
	munlockall();
	F("lock all, not", mlockall(MCL_CURRENT) ?: munlockall());
	munlockall();
	C("lock all, unlock", mlockall(MCL_CURRENT) ?: munlockall());
	N("lock future", (mlockall(MCL_FUTURE), munmap(base, P), mmap(base, P, RW, ANON | MAP_FIXED, -1, 0), entries("lock future", "VmFlags"), munlockall()));
	N("lock future touched", (mlockall(MCL_FUTURE | 4), munmap(base, P), mmap(base, P, RW, ANON | MAP_FIXED, -1, 0), entries("lock future touched", "VmFlags"), munlockall()));
	N("lock future grow", (mlockall(MCL_FUTURE), mremap(base, N * P, (N + 1) * P, 0), entries("lock future grow", "VmFlags"), munlockall()));
	munlockall();
	held = -1;
}

static void grown_down_with(void)
{
	M("fixed grows", mmap(base + P, P, RW, ANON | MAP_FIXED | MAP_GROWSDOWN, -1, 0), 1);
	N("below grows", (mmap(base - P, P, RW, ANON | MAP_FIXED | MAP_GROWSDOWN, -1, 0), touch("below grows", STORE, N, -3)));
	M("grows shared", mmap(base + P, P, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, -1, 0), 1);
	M("grows file", mmap(base + P, P, RW, MAP_PRIVATE | MAP_FIXED | MAP_GROWSDOWN, file, 0), 1);
	M("dropped", mmap(base + P, P, RW, MAP_DROPPABLE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), 1);
	M("dropped file", mmap(base + P, P, RW, MAP_DROPPABLE | MAP_FIXED, file, 0), 1);
	M("dropped locked", mmap(base + P, P, RW, MAP_DROPPABLE | MAP_ANONYMOUS | MAP_FIXED | MAP_LOCKED, -1, 0), 1);
	M("hugetlb", mmap(base, P, RW, ANON | MAP_FIXED | MAP_HUGETLB, -1, 0), 1);
	M("populate", mmap(base + P, P, RW, ANON | MAP_FIXED | MAP_POPULATE, -1, 0), 1);
	M("populate none", mmap(base + P, P, PROT_NONE, ANON | MAP_FIXED | MAP_POPULATE, -1, 0), 1);
	M("same file beside", mmap(base + N * P, P, RW, MAP_SHARED | MAP_FIXED, file, N * P), 1);
	F("beside", mmap(base + N * P, P, RW, ANON | MAP_FIXED, -1, 0) == MAP_FAILED);
	F("below", mmap(base - P, P, RW, ANON | MAP_FIXED, -1, 0) == MAP_FAILED);
	F("file beside", mmap(base + N * P, P, RW, MAP_SHARED | MAP_FIXED, file, N * P) == MAP_FAILED);
	F("hole filled", munmap(base + P, P) ?: mmap(base + P, P, RW, ANON | MAP_FIXED, -1, 0) == MAP_FAILED);
}

static void attached(void)
{
	int id = shmget(IPC_PRIVATE, 16384, 0600);

	C("detach", shmdt(base));
	C("detach middle", shmdt(base + P));
	M("attach", shmat(id, base, 0), 0);
	M("attach over", shmat(id, base, SHM_REMAP), 0);
	M("attach odd", shmat(id, base + 1, 0), 0);
	C("attach rounded", shmat(id, base + 1, SHM_RND | SHM_REMAP) == (void *)-1 ? -1 : 0);
	shmctl(id, IPC_RMID, NULL);
}

static void others(void)
{
	char buf[64], *all = malloc(N * P);
	struct iovec here = { all, N * P }, there = { base, N * P }, below = { base - P, 2 * P };
	struct timespec soon = { 0, 1000 };
	uint32_t *w = (uint32_t *)base, *w1 = (uint32_t *)(base + P);
	void *p[N];
	int nodes[N], s[N], fd[2], n;

	C("wait", syscall(SYS_futex, w, FUTEX_WAIT, 77, &soon, NULL, 0));
	C("wait private", syscall(SYS_futex, w, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 77, &soon, NULL, 0));
	C("wait last", syscall(SYS_futex, base + 3 * P, FUTEX_WAIT, 77, &soon, NULL, 0));
	C("wake", syscall(SYS_futex, w, FUTEX_WAKE, 1, NULL, NULL, 0));
	C("wake private", syscall(SYS_futex, w, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0));
	C("wake odd", syscall(SYS_futex, base + 1, FUTEX_WAKE, 1, NULL, NULL, 0));
	C("wake second", syscall(SYS_futex, w1, FUTEX_WAKE, 1, NULL, NULL, 0));
	C("wake op", syscall(SYS_futex, w, FUTEX_WAKE_OP, 1, 1, w1, FUTEX_OP(FUTEX_OP_SET, 0, FUTEX_OP_CMP_EQ, 0)));
	C("requeue", syscall(SYS_futex, w, FUTEX_CMP_REQUEUE, 1, 1, w1, 77));
	C("lock pi", ({ long r = syscall(SYS_futex, base + 4, FUTEX_LOCK_PI, 0, NULL, NULL, 0); int e = errno; if (!r) syscall(SYS_futex, base + 4, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0); errno = e; r; }));
	C("process read", process_vm_readv(getpid(), &here, 1, &there, 1, 0) / (P / 2));
	C("process write", process_vm_writev(getpid(), &(struct iovec){ buf, 1 }, 1, &there, 1, 0));
	C("process read below", process_vm_readv(getpid(), &here, 1, &below, 1, 0));
	pipe(fd);
	fcntl(fd[1], F_SETFL, O_NONBLOCK);
	fcntl(fd[0], F_SETFL, O_NONBLOCK);
	C("to pipe", write(fd[1], base, N * P) / (P / 2));
	while (read(fd[0], buf, sizeof buf) > 0)
		;
	C("spliced", ({ long r = vmsplice(fd[1], &there, 1, SPLICE_F_NONBLOCK); int e = errno; char b; while (read(fd[0], &b, 1) > 0 || errno == EFAULT) ; errno = e; r < 0 ? r : r / (P / 2); }));
	C("from pipe", ({ write(fd[1], "pqrs", 4); long r = read(fd[0], base + P - 2, 4); int e = errno; while (read(fd[0], buf, sizeof buf) > 0) ; errno = e; r; }));
	close(fd[0]);
	close(fd[1]);
	for (int i = 0; i < N; i++)
		p[i] = base + i * P;
	N("nodes", ({ char t[60]; memset(s, -1, sizeof s); long r = syscall(SYS_move_pages, 0, N, p, NULL, s, 0); n = sprintf(t, "%s ", r < 0 ? strerrorname_np(errno) : "0");
		for (int i = 0; i < N; i++) n += sprintf(t + n, "%s,", s[i] < 0 ? strerrorname_np(-s[i]) : "0"); note("nodes", "%s", t); }));
	C("node of", syscall(SYS_get_mempolicy, nodes, NULL, 0, base, 3));
	C("policy of", syscall(SYS_get_mempolicy, nodes, NULL, 0, base, 2));
	C("bind", syscall(SYS_mbind, base, N * P, 2, &(unsigned long){ 1 }, 8, 0));
	C("bind over", syscall(SYS_mbind, base + 2 * P, N * P, 2, &(unsigned long){ 1 }, 8, 0));
	C("sync async invalidate", msync(base, N * P, MS_ASYNC | MS_INVALIDATE));
	C("sync 8", msync(base, P, 8));
	C("sync nothing", msync(base, P, 0));
	free(all);
}

/* What a child does to memory, and its parent meanwhile. */
static void forked(const char *call, int who)
{
	int go[2], back[2];
	pid_t pid;
	char c = '-', r[60];

	pipe(go);
	pipe(back);
	if (!(pid = fork())) {
		read(go[0], &c, 1);
		int first = use(base, who ? STORE : LOAD), second = who ? use(base + P, STORE) : 0;

		sprintf(r, "child %d %d %c, ", first, second, first ? '-' : *base ? *base : '0');
		write(back[1], r, strlen(r));
		_exit(0);
	}
	close(back[1]);
	if (!who)
		use(base, STORE);
	write(go[1], &c, 1);
	r[read(back[0], r, sizeof r - 1)] = 0;
	waitpid(pid, NULL, 0);
	close(go[0]); close(go[1]); close(back[0]);
	after(call, r, NULL, 0);
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO };

	begin(argv[1]);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	pipe(answer);
	for (int i = argc > 2 ? atoi(argv[2]) : 0; i < sizeof kinds / sizeof *kinds; i += argc > 3 ? atoi(argv[3]) : 1) {
		objects[nobjects++] = kinds[i].name;
		making = kinds[i].make;
		in_children = kinds[i].child;
		with_child = kinds[i].with;
		held = -1;
		looks();
		advised();
		grown_down_with();
		attached();
		others();
		N("child stores", forked("child stores", 1));
		N("stores before child", forked("stores before child", 0));
		holders();
	}
	print();
	return 0;
}
