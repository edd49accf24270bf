/* Recursion: deep, mutual with twelve arguments, and much of it. */
#include "arch.h"

#define NOINLINE __attribute__((noinline, noclone))

static NOINLINE int deep(int n, volatile int *sum)
{
	volatile int here = n;

	if (n == 0)
		return 0;
	*sum += n & 3;
	n = deep(n - 1, sum);
	return n + (here & 1);
}

typedef long L;
static NOINLINE L even(L a, L b, L c, L d, L e, L f, L g, L h, L i, L j, L k, L n);

static NOINLINE L odd(L a, L b, L c, L d, L e, L f, L g, L h, L i, L j, L k, L n)
{
	L r = n == 0 ? a + b : even(b, c, d, e, f, g, h, i, j, k, a, n - 1);

	return r + (a ^ k) % 7;
}

static NOINLINE L even(L a, L b, L c, L d, L e, L f, L g, L h, L i, L j, L k, L n)
{
	L r = n == 0 ? a + b : odd(k, a, b, c, d, e, f, g, h, i, j, n - 1);

	return r + (b & h) % 5;
}

static NOINLINE int ackermann(int m, int n)
{
	if (m == 0)
		return n + 1;
	if (n == 0)
		return ackermann(m - 1, 1);
	return ackermann(m - 1, ackermann(m, n - 1));
}

static NOINLINE int tak(int x, int y, int z)
{
	return y >= x ? z : tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y));
}

static NOINLINE double fsum(int n, double x)
{
	return n == 0 ? x : fsum(n - 1, x + 1.0 / n) - 0.5;
}

int main(int argc, char **argv, char **envp)
{
	volatile int sum = 0;

	say("deep", deep(5000, &sum));
	say("sum", sum);
	say("mutual", even(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1001));
	say("ackermann", ackermann(2, 300));
	say("tak", tak(18, 12, 6));
	say("with doubles", (i64)(fsum(1000, 3.0) * 1000000));
	say("deeper", deep(9000, &sum));
	return 0;
}
