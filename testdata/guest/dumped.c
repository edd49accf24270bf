/* A program that leaves a core file, from two calls deep and with something in its memory. */
#include "../lib/nbsys.h"

static volatile int known = 42;
static int *volatile nowhere;

static int __attribute__((noinline)) fall(int depth)
{
	if (depth > 0)
		return fall(depth - 1) + 1;
	return *nowhere + known;
}

int main(int argc, char **argv, char **envp)
{
	return fall(2);
}
