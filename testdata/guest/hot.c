/* A program whose time goes where its names say: for profiles, coverage and stacks. */
#include "../lib/nbsys.h"

#define NOINLINE __attribute__((noinline, noclone))

static volatile unsigned sink;

static NOINLINE unsigned hot(unsigned n)
{
	unsigned i, x = n;

	for (i = 0; i < 1000; i++)
		x = x * 1103515245 + 12345;
	return x;
}

static NOINLINE unsigned warm(unsigned n)
{
	unsigned x = hot(n) + 1;

	return x + hot(n + 1);
}

static NOINLINE void never(void)
{
	print("this is not printed\n");
}

static NOINLINE void outer(unsigned rounds)
{
	unsigned i;

	for (i = 0; i < rounds; i++)
		sink += warm(i);
	print("done\n");
}

int main(int argc, char **argv, char **envp)
{
	if (argc > 5)
		never();
	outer(argc > 1 ? 20000 : 5);
	return 3;
}
