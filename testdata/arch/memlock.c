/* mlock and RLIMIT_MEMLOCK: what may be locked, and what is said when it may not. */
#include "arch.h"

#define SYS_setrlimit	195
#define SYS_mlock	203
#define SYS_munlock	204
#define SYS_mlockall	242
#define SYS_munlockall	243
#define SYS_mincore	78
#define KB		1024UL

static void limit(u64 cur)
{
	u64 lim[2] = { cur, 1ull << 40 };

	if (sys2(SYS_setrlimit, 6, lim) != 0)
		print("setrlimit failed\n");
}

int main(int argc, char **argv, char **envp)
{
	char *p = map(256 * KB, 3), *q, vec[64];
	long r;

	sys3(SYS_mincore, p, 8192, vec);
	check("not there", vec[0] == 0);
	limit(64 * KB);
	say("too much", sys2(SYS_mlock, p, 128 * KB));
	say("some", sys2(SYS_mlock, p, 32 * KB));
	sys3(SYS_mincore, p, 8192, vec);
	check("there", vec[0] == 1);
	say("and more", sys2(SYS_mlock, p + 64 * KB, 48 * KB));
	say("as much as there is", sys2(SYS_mlock, p + 64 * KB, 32 * KB));
	say("unlock", sys2(SYS_munlock, p, 32 * KB));
	say("once more", sys2(SYS_munlock, p, 32 * KB));
	say("room again", sys2(SYS_mlock, p, 16 * KB));
	say("nothing there", sys2(SYS_mlock, 0x4000, 8 * KB));
	say("unlock nothing", sys2(SYS_munlock, 0x4000, 8 * KB));
	say("everything", sys1(SYS_mlockall, 1));
	say("no flags", sys1(SYS_mlockall, 0));
	say("unlock all", sys0(SYS_munlockall));
	say("nothing is left", sys2(SYS_munlock, p, 16 * KB));
	say("future", sys1(SYS_mlockall, 2));
	r = (long)map(128 * KB, 3);
	say("too large", r);
	q = map(16 * KB, 3);
	sys3(SYS_mincore, q, 8192, vec);
	check("locked at once", vec[0] == 1);
	say("really", sys2(SYS_munlock, q, 16 * KB));
	sys0(SYS_munlockall);
	limit(1ull << 40);
	say("everything, without a limit", sys1(SYS_mlockall, 1));
	return 0;
}
