/* modify_ldt of i386: descriptors are written, read and used. Limits are not looked at: the emulated processor has none. */
#include "say.h"
#include <asm/ldt.h>

static int words[4] = { 11, 22, 33, 44 };

static long ldt(int func, void *p, unsigned long n) { return syscall(SYS_modify_ldt, func, p, n); }

static long set(int func, unsigned entry, unsigned base, unsigned limit, int contents, int absent)
{
	struct user_desc d = { .entry_number = entry, .base_addr = base, .limit = limit, .seg_32bit = 1, .contents = contents,
		.seg_not_present = absent };

	return ldt(func, &d, sizeof(d));
}

static int fs(unsigned selector, int at)
{
	int v;

	__asm__ volatile("movw %w1, %%fs; movl %%fs:(%2), %0" : "=r"(v) : "r"(selector), "r"(at));
	return v;
}

static void dies(const char *what, unsigned selector, int at)
{
	int status;

	if (fork() == 0)
		_exit(fs(selector, at));
	wait(&status);
	printf("%s: %d %d\n", what, WIFSIGNALED(status) ? WTERMSIG(status) : 0, WEXITSTATUS(status));
}

int main(void)
{
	unsigned char b[64];
	unsigned long long d[4];

	setvbuf(stdout, 0, _IONBF, 0);
	memset(b, 0xff, sizeof(b));
	say("none yet", ldt(0, b, sizeof(b)));
	say("another function", ldt(3, b, 16));
	say("size", ldt(1, b, 15));
	say("nowhere", ldt(1, (void *)16, 16));
	say("too far", set(1, 8192, 0, 1, 0, 0));
	say("conforming, old", set(1, 0, 0, 1, 3, 1));
	say("conforming, present", set(0x11, 0, 0, 1, 3, 0));
	say("conforming, absent", set(0x11, 5, 0, 1, 3, 1));
	say("data", set(1, 0, (unsigned)words, sizeof(words) - 1, 0, 0));
	say("more data", set(0x11, 2, (unsigned)(words + 2), 3, 0, 0));
	printf("%d %d %d\n", fs(7, 0), fs(7, 12), fs(2 * 8 + 7, 0));
	dies("inherited", 7, 4);
	dies("an absent one", 5 * 8 + 7, 0);
	dies("none", 3 * 8 + 7, 0);
	say("read", ldt(0, d, sizeof(d)));
	printf("%04llx %llx %llx\n", d[0] >> 40 & 0xf0ff, d[0] & 0xffff, d[1]);
	say("nowhere", ldt(0, (void *)16, 16));
	__asm__ volatile("movw %w0, %%fs" : : "r"(0));
	say("cleared", set(1, 0, 0, 0, 0, 0));
	dies("cleared", 7, 0);
	say("read", ldt(0, d, 8));
	printf("%llx\n", d[0]);
	return 0;
}
