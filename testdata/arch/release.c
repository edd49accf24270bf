/*
 * What a program sees of the release of its kernel: which calls there are, how many resource limits, where mappings go,
 * whether page 0 is one. Only calls of 4.3BSD are made beside those that are looked for.
 */
#include "arch.h"

extern char _end[];

static const struct {
	const char *release;
	int call;
} calls[] = {
	{ "1.0", 199 }, { "1.1", 225 }, { "1.2", 206 }, { "1.3", 209 }, { "1.4", 286 }, { "1.5", 305 }, { "1.6", 306 }, { "2.0", 311 },
	{ "3", 358 }, { "4", 394 }, { "5", 258 }, { "5.99", 440 }, { "6", 469 }, { "7", 477 }, { "8", 482 }, { "9", 193 }, { "10", 485 }, { "11", 500 },
};

static char *ommap(void)
{
	return (char *)nb_syscall(71, 0, 8192, 6, 2, -1, 0);
}

int main(int argc, char **argv, char **envp)
{
	static struct { char sysname[32], nodename[32], release[32], version[32], machine[32]; } name;
	u64 limit[2];
	char *a, *b;
	int n;

	sys1(109, 1u << 11);	/* blocks SIGSYS */
	if (sys1(164, &name) == -78) {
		print("no uname");
	} else {
		print(name.sysname);
		print(" ");
		print(name.release);
	}
	print("\n");

	print("calls:");
	for (n = 0; n < (int)(sizeof calls / sizeof *calls); n++)
		if (nb_syscall(calls[n].call, -1, 0, 0, 0, 0, 0) != -78) {
			print(" ");
			print(calls[n].release);
		} else if ((u32)sys0(52) != 1u << 11)
			print(" no signal");
	print("\n");

	for (n = 0; n < 100 && (n < 9 ? sys2(144, n, limit) : sys2(194, n, limit)) == 0; n++)
		continue;
	say("limits", n);

	a = ommap();
	b = ommap();
	print(a < b && a > _end ? "mappings go up\n" : "mappings go down\n");
	print((long)nb_syscall(71, 0, 4096, 6, 0x102, -1, 0) == 0 ? "page 0 can be mapped\n" : "page 0 cannot be mapped\n");
	n = sys0(311);	/* _lwp_self */
	print(n < 0 ? "no LWPs\n" : n == 1 ? "LWPs are counted\n" : n == sys0(20) ? "the first LWP is the process\n" : "WRONG\n");
	return 0;
}
