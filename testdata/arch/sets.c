/*
 * Pages that a translation look-aside buffer keeps in one set, because their distance is a multiple of what it covers:
 * each drives the other ones out. Accesses to them in turn, of each size, over the borders of pages too; then one of them
 * changes its protection, is written after fork, or has code.
 */
#include "arch.h"

#define WAYS	12
#define APART	(2 << 20)
#define PAGE	8192	/* a multiple of every page size */

typedef unsigned long long u64;
typedef unsigned short __attribute__((may_alias)) m16;
typedef u32 __attribute__((may_alias)) m32;
typedef u64 __attribute__((may_alias)) m64;
struct any16 { unsigned short v; } __attribute__((packed, may_alias));
struct any32 { u32 v; } __attribute__((packed, may_alias));
struct any64 { u64 v; } __attribute__((packed, may_alias));

static char *way[WAYS];

static void fill(void)
{
	int i, k;

	for (i = 0; i < WAYS; i++)
		for (k = 0; k < 2 * PAGE; k++)
			way[i][k] = i * 31 + k * 7;
}

static u32 sum(void)
{
	u32 s = 0;
	int i, k;

	for (i = 0; i < WAYS; i++)
		for (k = 0; k < 2 * PAGE; k++)
			s = s * 33 + (unsigned char)way[i][k];
	return s;
}

/* Whether the bytes from and to a place of each way are those of the first way, changed by each way before. */
static int handed_on(int from, int to)
{
	int i, k, change = 0;

	for (i = 0; i < WAYS; i++) {
		change ^= i;
		for (k = 0; k < 2 * PAGE; k++) {
			int was = k >= from && k < to ? k * 7 ^ change : i * 31 + k * 7;
			if ((way[i][k] ^ was) & 0xff)
				return 0;
		}
	}
	return 1;
}

/* What is at one place of each way goes to the next way, each byte changed by the way's number. */
#define TURNS(name, type) \
static int name(void) \
{ \
	int i, k; \
	fill(); \
	for (k = 0; k < 2 * PAGE; k += sizeof(type)) \
		for (i = 1; i < WAYS; i++) \
			*(volatile type *)(way[i] + k) = *(volatile type *)(way[i - 1] + k) ^ (type)(0x0101010101010101ull * i); \
	return handed_on(0, 2 * PAGE); \
}

TURNS(turns8, unsigned char)
TURNS(turns16, m16)
TURNS(turns32, m32)
TURNS(turns64, m64)

/* The same at each distance from the border of two pages that lets the access lie over it. */
#define BORDER(name, type, size) \
static int name(void) \
{ \
	int i, before; \
	for (before = 1; before < size; before++) { \
		int k = PAGE - before; \
		fill(); \
		for (i = 1; i < WAYS; i++) \
			((volatile type *)(way[i] + k))->v = ((volatile type *)(way[i - 1] + k))->v ^ 0x0101010101010101ull * i; \
		if (!handed_on(k, k + size)) \
			return 0; \
	} \
	return 1; \
}

BORDER(border16, struct any16, 2)
BORDER(border32, struct any32, 4)
BORDER(border64, struct any64, 8)

/* Whether a child that stores there, between stores to the other ways, dies of SIGSEGV and not before. */
static int refused(char *place)
{
	int i, status = 0;
	long pid = fork();

	if (pid == 0) {
		for (i = 0; i < WAYS * 4; i++)
			if (way[i % WAYS] != place)
				*(volatile char *)(way[i % WAYS] + 5) = *(volatile char *)(place + 5) + i;
		*(volatile char *)(place + 5) = 1;
		exit(0);
	}
	sys4(SYS_wait4, pid, &status, 0, 0);
	return (status & 0x7f) == SIGSEGV;
}

/* A store over the border of two pages, where the second may not be written: where the machine makes it one store,
 * nothing of it is done. */
static int half(void)
{
	int status = 0, i;
	long pid;
	volatile struct any64 *over = (volatile struct any64 *)(way[2] + PAGE - 3);
	volatile char *shared = (volatile char *)(long)nb_syscall8(SYS_mmap, REG(way[2]), REG(2 * PAGE), REG(3), REG(0x1011), REG(-1), REG(0), ARG64(0));

	shared[PAGE - 1] = 'a';
	shared[PAGE] = 'b';
	sys3(SYS_mprotect, way[2] + PAGE, PAGE, 1);
	if ((pid = fork()) == 0) {
		for (i = 0; i < 4 * WAYS; i++)
			if (i % WAYS != 2)
				*(volatile char *)(way[i % WAYS] + PAGE - 1) = shared[PAGE - 1] + shared[PAGE];
		over->v = 0;
		exit(0);
	}
	sys4(SYS_wait4, pid, &status, 0, 0);
#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__)
	if (shared[PAGE - 1] != 'a')
		return 0;
#endif
	return (status & 0x7f) == SIGSEGV && shared[PAGE] == 'b';
}

static int own_after_fork(void)
{
	int i, status = 0;
	u32 before;
	long pid;

	fill();
	before = sum();
	if ((pid = fork()) == 0) {
		for (i = 0; i < WAYS * 8; i++)
			*(volatile u32 *)(way[i % WAYS] + i / WAYS * 4) += i;
		exit(sum() != before ? 3 : 4);
	}
	sys4(SYS_wait4, pid, &status, 0, 0);
	return status >> 8 == 3 && sum() == before;
}

int main(int argc, char **argv, char **envp)
{
	char *all = map((WAYS + 1) * APART, 3);
	int i;

	for (i = 0; i < WAYS; i++)
		way[i] = all + i * APART;
	check("bytes", turns8());
	check("halves", turns16());
	check("words", turns32());
	check("doubles", turns64());
	check("halves over a border", border16());
	check("words over a border", border32());
	check("doubles over a border", border64());
	check("own after fork", own_after_fork());
	sys3(SYS_mprotect, way[5], PAGE, 1);
	check("read only", refused(way[5]));
	sys3(SYS_mprotect, way[5], PAGE, 3);
	check("writable again", !refused(way[5]));
	check("half of a store", half());
	return 0;
}
