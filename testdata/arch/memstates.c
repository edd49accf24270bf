/*
 * Calls on memory by what is there: nothing, a hole, no access, a file that can only be read, locked pages; addresses within
 * pages, no length, lengths that wrap. The answers are those of uvm_mmap.c and uvm_map.c. The argument is a directory to
 * write in.
 */
#include "arch.h"

#define NR_munmap	73
#define NR_mprotect	74
#define NR_madvise	75
#define NR_mincore	78
#define NR_mlock	203
#define NR_munlock	204
#define NR_minherit	273
#define NR_msync	277

#define EINVAL		22
#define ENOMEM		12
#define EACCES		13
#define EFAULT		14
#define EBUSY		16

#define PAGE		8192	/* a multiple of every page size */
#define ALL		((size_t)-1)

static char path[1024];

static void is(const char *where, const char *what, i64 got, i64 want)
{
	if (got == want)
		return;
	print(where);
	print(", ");
	print(what);
	print(": WRONG");
	say(" result", got);
	say(" wanted", want);
}

static char *mapx(void *at, size_t len, int prot, int flags, int fd)
{
	return (char *)(long)nb_syscall8(SYS_mmap, REG(at), REG(len), REG(prot), REG(flags), REG(fd), REG(0), ARG64(0));
}

/* What each call says of a place. */
static const struct place {
	const char *name;
	int from, pages;
	/* normal, random, willneed, dontneed, free, other advice; protect to nothing, to rw; share, other inheritance; sync, invalidate; lock, unlock */
	short normal, willneed, dontneed, free, odd, none, rw, inherit, oddly, sync, invalidate, incore;
} places[] = {
	{ "memory", 0, 2, 0, 0, 0, 0, -EINVAL, 0, 0, 0, -EINVAL, 0, 0, 0 },
	{ "nothing", 2, 1, 0, 0, -EFAULT, -EFAULT, -EINVAL, 0, 0, 0, -EINVAL, -EFAULT, -EFAULT, -ENOMEM },
	{ "a hole behind", 1, 2, 0, 0, -EFAULT, -EFAULT, -EINVAL, 0, 0, 0, -EINVAL, -EFAULT, -EFAULT, -ENOMEM },
	{ "a hole before", 2, 2, 0, 0, -EFAULT, -EFAULT, -EINVAL, 0, 0, 0, -EINVAL, -EFAULT, -EFAULT, -ENOMEM },
	{ "a hole within", 1, 3, 0, 0, -EFAULT, -EFAULT, -EINVAL, 0, 0, 0, -EINVAL, -EFAULT, -EFAULT, -ENOMEM },
	{ "no access", 4, 1, 0, 0, 0, 0, -EINVAL, 0, 0, 0, -EINVAL, 0, 0, 0 },
	{ "a file to read", 5, 1, 0, 0, 0, 0, -EINVAL, 0, -EACCES, 0, -EINVAL, 0, 0, 0 },
	{ "memory and a file to read", 3, 3, 0, 0, 0, 0, -EINVAL, 0, -EACCES, 0, -EINVAL, 0, 0, 0 },
	{ "a hole and a file to read", 2, 4, 0, 0, -EFAULT, -EFAULT, -EINVAL, 0, -EACCES, 0, -EINVAL, -EFAULT, -EFAULT, -ENOMEM },
	{ "locked", 6, 1, 0, 0, 0, -EBUSY, -EINVAL, 0, 0, 0, -EINVAL, 0, -EBUSY, 0 },
	{ "locked and not", 6, 2, 0, 0, 0, -EBUSY, -EINVAL, 0, 0, 0, -EINVAL, 0, -EBUSY, 0 },
	{ "no length", 0, 0, 0, 0, 0, 0, -EINVAL, 0, 0, 0, -EINVAL, 0, 0, -EINVAL },
	{ "no length of nothing", 2, 0, 0, 0, -EFAULT, -EFAULT, -EINVAL, 0, 0, 0, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
};

/* Two pages of memory, a hole, memory, no access, a file to read, a locked page, memory: each is made anew. */
static char *make(int fd)
{
	char *p = mapx(0, 8 * PAGE, 3, 0x1002, -1);

	p[0] = p[3 * PAGE] = p[6 * PAGE] = 1;
	sys2(NR_munmap, p + 2 * PAGE, PAGE);
	mapx(p + 4 * PAGE, PAGE, 0, 0x1012, -1);
	mapx(p + 5 * PAGE, PAGE, 1, 0x11, fd);
	sys2(NR_mlock, p + 6 * PAGE, PAGE);
	return p;
}

static void table(int fd)
{
	static unsigned char vec[64];

	for (u32 i = 0; i < sizeof places / sizeof places[0]; i++) {
		const struct place *w = &places[i];
		char *p = make(fd), *a = p + w->from * PAGE;
		size_t n = w->pages * PAGE;

		is(w->name, "MADV_NORMAL", sys3(NR_madvise, a, n, 0), w->normal);
		is(w->name, "MADV_RANDOM", sys3(NR_madvise, a, n, 1), w->normal);
		is(w->name, "MADV_WILLNEED", sys3(NR_madvise, a, n, 3), w->willneed);
		is(w->name, "MADV_DONTNEED", sys3(NR_madvise, a, n, 4), w->dontneed);
		is(w->name, "MADV_SPACEAVAIL", sys3(NR_madvise, a, n, 5), -EINVAL);
		is(w->name, "other advice", sys3(NR_madvise, a, n, 99), w->odd);
		is(w->name, "mincore", sys3(NR_mincore, a, n, vec), w->incore);
		is(w->name, "mincore to no address", sys3(NR_mincore, a, n, 16), n == 0 ? -EINVAL : -EFAULT);
		is(w->name, "mincore of a part", sys3(NR_mincore, a + 1, n, vec), -EINVAL);
		is(w->name, "msync", sys3(NR_msync, a, n, 4), w->sync);
		is(w->name, "msync later", sys3(NR_msync, a, n, 1), w->sync);
		is(w->name, "msync both ways", sys3(NR_msync, a, n, 5), -EINVAL);
		is(w->name, "msync and forget", sys3(NR_msync, a, n, 6), w->invalidate);
		is(w->name, "msync within a page", sys3(NR_msync, a + 1, n == 0 ? 0 : n - 1, 4), n == 0 && w->from == 2 ? -EFAULT : w->sync);
		is(w->name, "inherit", sys3(NR_minherit, a, n, 1), w->inherit);
		is(w->name, "inherit oddly", sys3(NR_minherit, a, n, 77), w->oddly);
		is(w->name, "MADV_FREE", sys3(NR_madvise, a, n, 6), w->free);
		is(w->name, "mprotect to nothing", sys3(NR_mprotect, a, n, 0), w->none);
		is(w->name, "mprotect to write", sys3(NR_mprotect, a, n, 3), w->rw);
		is(w->name, "munmap", sys2(NR_munmap, a, n), 0);
		is(w->name, "munmap again", sys2(NR_munmap, a, n), 0);
		sys2(NR_munmap, p, 8 * PAGE);
	}
}

/* Lengths that make a round of all addresses, and addresses that are none. */
static void lengths(int fd)
{
	static const struct { const char *name; int call; long third; } calls[] = { { "munmap", NR_munmap, 0 },
		{ "mprotect", NR_mprotect, 1 }, { "madvise", NR_madvise, 0 }, { "minherit", NR_minherit, 1 }, { "mlock", NR_mlock, 0 },
		{ "munlock", NR_munlock, 0 } };
	char *p = make(fd);

	for (u32 i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		int call = calls[i].call, lock = call == NR_mlock || call == NR_munlock;

		if (!lock)
			is(calls[i].name, "a length that becomes none", sys3(call, p, ALL, calls[i].third), 0);
		is(calls[i].name, "a length that wraps", sys3(call, p, ALL - 2 * PAGE, calls[i].third), -EINVAL);
		is(calls[i].name, "the last page", sys3(call, (size_t)0 - PAGE, PAGE, calls[i].third), -EINVAL);
	}
	check("nothing has happened", p[0] == 1);
	is("mmap", "no length", mapx(p, 0, 3, 0x1012, -1) == p ? 0 : -1, 0);
	is("mmap", "a length that becomes none", (long)mapx(0, ALL, 3, 0x1002, -1), -ENOMEM);
	is("mmap", "shared and private", (long)mapx(0, PAGE, 3, 0x1003, -1), -EINVAL);
	is("mmap", "within a page", (long)mapx(p + 1, PAGE, 3, 0x1012, -1), -EINVAL);
	is("mmap", "memory of a file", (long)mapx(0, PAGE, 3, 0x1002, fd), -EINVAL);
	is("mmap", "no file", (long)mapx(0, PAGE, 3, 2, 99), -9);
	is("mmap", "to write to what is read", (long)mapx(0, PAGE, 3, 1, fd), -EACCES);
}

int main(int argc, char **argv, char **envp)
{
	char *to = path, *from = argv[1];
	int fd;

	while (*from)
		*to++ = *from++;
	for (from = "/states"; (*to++ = *from++) != 0; )
		continue;
	fd = (int)open(path, 0x602, 0600);
	sys3(SYS_write, fd, path, sizeof path);
	sys1(SYS_close, fd);
	fd = (int)open(path, 0, 0);
	table(fd);
	lengths(fd);
	return 0;
}
