/* Calls and returns: Fibonacci and Takeuchi. */
#include "bench.h"

__attribute__((noinline, noclone, optimize("no-optimize-sibling-calls", "O1")))
static int fib(int n)
{
	return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

__attribute__((noinline, noclone, optimize("no-optimize-sibling-calls", "O1")))
static int tak(int x, int y, int z)
{
	if (y >= x)
		return z;
	return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y));
}

static u64 work(int argc, char **argv, char **envp)
{
	return (u64)fib(33 + argc) * 1000 + (u64)tak(17 + argc, 12, 6);
}
