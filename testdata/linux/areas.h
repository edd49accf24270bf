/* An area of some pages that calls are made about, what it is like, and what has changed: for tables of calls about memory. */
#include "table.h"
#include <sys/mman.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif
#define RW (PROT_READ | PROT_WRITE)
#define RX (PROT_READ | PROT_EXEC)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

/* The object is pages BEFORE to BEFORE+N of an area; what is around it is not mapped. */
enum { BEFORE = 2, N = 4, AREA = 10, ROOM = 64 };
static long P;
static char *area, *base, *other; /* other: where mremap moves to */
static char *view, *shortview;    /* the files, to put them right again */
static int file, plain, rdonly, truncated, sealed, toread[2], maps, status;

static void *fixed(int at, int n, int prot, int flags, int fd, int page)
{
	return mmap(base + at * P, n * P, prot, flags | MAP_FIXED, fd, page * P);
}

static void fill(int at, int n)
{
	for (int i = at; i < at + n; i++)
		base[i * P] = 'a' + i;
}

/* state writes what the pages of an area are like: access, s for shared, and what they begin with. */
static int state(char *out, char *from, int pages)
{
	static char text[1 << 16];
	char *start = out, *line;
	long n = 0, r;

	lseek(maps, 0, SEEK_SET);
	while ((r = read(maps, text + n, sizeof text - 1 - n)) > 0)
		n += r;
	text[n] = 0;
	for (int i = 0; i < pages; i++) {
		unsigned long page = (unsigned long)(from + i * P), a, b;
		char p[5], c = '!';

		for (line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
			if (sscanf(line, "%lx-%lx %4s", &a, &b, p) == 3 && a <= page && page < b)
				break;
		if (!line || !*line) {
			*out++ = '.';
			continue;
		}
		if (write(toread[1], (void *)page, 1) == 1)
			read(toread[0], &c, 1);
		out += sprintf(out, "%d%s%c", (p[0] == 'r') * 4 + (p[1] == 'w') * 2 + (p[2] == 'x'), p[3] == 's' ? "s" : "", c ? c : '0');
	}
	*out = 0;
	return out - start;
}

/* locks tells how many pages are locked. */
static long locks(void)
{
	char text[4096], *p;
	long n = pread(status, text, sizeof text - 1, 0);

	text[n > 0 ? n : 0] = 0;
	p = strstr(text, "VmLck:");
	return p ? atol(p + 6) * 1024 / P : -1;
}

static void restore(void)
{
	munmap(area, ROOM * P);
	munmap(other, ROOM * P);
	for (int i = 0; i < 8; i++)
		view[i * P] = 'A' + i;
	for (int i = 0; i < 2; i++)
		shortview[i * P] = 'A' + i;
}

static char before[WORDS];
static long held = -1;

static void setup(void (*make)(void))
{
	restore();
	make();
	if (held < 0) { /* the same each time, for a kind */
		state(before, area, AREA);
		held = locks();
	}
}

static const char *where(char *p)
{
	return p == base ? "there" : p == base + P ? "there+1" : p == other ? "other" : "moved";
}

/* after notes a result, and what has changed. */
static void after(const char *call, const char *result, char *moved, int pages)
{
	char now[WORDS], there[WORDS] = "", lock[20] = "";
	long h = locks();

	state(now, area, AREA);
	if (moved && (moved < area || moved >= area + AREA * P))
		state(there, moved, pages);
	if (h != held)
		sprintf(lock, " locked %+ld", h - held);
	note(call, "%s%s%s%s%s%s", result, strcmp(now, before) ? " " : "", strcmp(now, before) ? now : "", *there ? " at " : "", there, lock);
	if (moved && (moved < area || moved >= area + ROOM * P))
		munmap(moved, pages * P);
}

static void number(const char *call, long r)
{
	char text[40];

	if (r < 0)
		sprintf(text, "%s", strerrorname_np(errno));
	else
		sprintf(text, "%ld", r);
	after(call, text, NULL, 0);
}

static void address(const char *call, void *p, int pages)
{
	if (p == MAP_FAILED)
		after(call, strerrorname_np(errno), NULL, 0);
	else
		after(call, where(p), p, pages);
}

static void (*making)(void);

/* A call on a fresh object: one with a number as its result, and one with an address and a length. */
#define C(op, call) do { setup(making); errno = 0; number(op, (long)(call)); } while (0)
#define M(op, call, pages) do { setup(making); errno = 0; address(op, call, pages); } while (0)

static const struct range { const char *name; int at, n, odd, more; } ranges[] = {
	{ "all", 0, 4, 0, 0 }, { "first", 0, 1, 0, 0 }, { "middle", 1, 2, 0, 0 }, { "over", 2, 4, 0, 0 }, { "under", -1, 3, 0, 0 },
	{ "nothing", 0, 0, 0, 0 }, { "odd", 0, 2, 1, 0 }, { "half", 0, 2, 2, 0 }, { "long", 1, 1, 0, 1 },
};

static char names[4000][28];
static int nnames;

static const char *named(const char *op, const char *range)
{
	for (int i = 0; i < nnames; i++)
		if (!strncmp(names[i], op, strlen(op)) && names[i][strlen(op)] == ' ' && !strcmp(names[i] + strlen(op) + 1, range))
			return names[i];
	snprintf(names[nnames], sizeof names[0], "%s %s", op, range);
	return names[nnames++];
}

#define EACH(op, call) do { for (const struct range *r = ranges; r < ranges + sizeof ranges / sizeof *ranges; r++) { \
	char *a = base + r->at * P + (r->odd == 1 ? 1 : r->odd == 2 ? P / 2 : 0); long n = r->n * P + r->more; C(named(op, r->name), call); } } while (0)

/* begin makes the files that are mapped, in a directory, and finds room for the area. */
static void begin(const char *dir)
{
	P = sysconf(_SC_PAGESIZE);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!dir || chdir(dir) < 0 || pipe(toread) < 0)
		exit(1);
	file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	rdonly = open("file", O_RDONLY);
	plain = open("plain", O_RDWR | O_CREAT | O_TRUNC, 0600);
	truncated = open("short", O_RDWR | O_CREAT | O_TRUNC, 0600);
	sealed = memfd_create("sealed", MFD_ALLOW_SEALING);
	if (ftruncate(file, 8 * P) < 0 || ftruncate(plain, 8 * P) < 0 || ftruncate(truncated, P + P / 2) < 0 || ftruncate(sealed, 4 * P) < 0)
		exit(1);
	view = mmap(NULL, 8 * P, RW, MAP_SHARED, file, 0);
	shortview = mmap(NULL, 2 * P, RW, MAP_SHARED, truncated, 0);
	for (int i = 0; i < 4; i++)
		if (pwrite(sealed, "QRST" + i, 1, i * P) < 0 || pwrite(plain, "ABCD" + i, 1, i * P) < 0)
			exit(1);
	fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE);
	maps = open("/proc/self/maps", O_RDONLY);
	status = open("/proc/self/status", O_RDONLY);
	/* Where segments may be, on all machines: mips wants 256 KiB. */
	area = mmap(NULL, 3 * ROOM * P + 0x80000, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
	base = (char *)((unsigned long)area + BEFORE * P + 0x3ffff & ~0x3ffffUL);
	area = base - BEFORE * P;
	other = area + (ROOM + 16) * P;
}
