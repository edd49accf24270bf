/* Arithmetic: floating point in both widths, 64-bit division, shifts, conversions. */
#include "arch.h"

static volatile double one = 1.0, three = 3.0;
static volatile float fone = 1.0f, fthree = 3.0f;
static volatile u64 big = 0xfedcba9876543210ull;
static volatile i64 neg = -1234567890123456789ll;
static volatile u32 small = 12345;
static volatile int shift = 13;

static u64 bits(double d)
{
	union { double d; u64 u; } x = { d };

	return x.u;
}

static u32 fbits(float f)
{
	union { float f; u32 u; } x = { f };

	return x.u;
}

int main(int argc, char **argv, char **envp)
{
	double x = 0, s = 1;
	float f = 0;
	int i;

	sayx("third", bits(one / three));
	sayx("float third", fbits(fone / fthree));
	for (i = 0; i < 100; i++) {
		x += s / (2 * i + 1);
		s = -s;
	}
	sayx("pi", bits(4 * x));
	for (i = 1; i < 50; i++)
		f += fone / (float)(i * i);
	sayx("float sum", fbits(f));
	for (x = three, i = 0; i < 10; i++)
		x = (x + three / x) / 2;
	sayx("square root", bits(x));
	sayx("to int", (u64)(i64)(-one * 1e15 / three));
	sayx("from int", bits((double)neg));
	sayx("from unsigned", bits((double)big));
	sayx("narrowed", fbits((float)(one / three)));
	check("compare", one < three && !(three < one) && one != three);
	check("infinity", one / (three - three) > 1e308);
	check("not a number", (three - three) / (one - one) != (three - three) / (one - one));
	sayx("quotient", big / small);
	sayx("remainder", big % small);
	say("signed quotient", neg / (i64)small);
	say("signed remainder", neg % (i64)small);
	sayx("product", big * small);
	sayx("left", big << shift);
	sayx("right", big >> shift);
	sayx("arithmetic right", (u64)(neg >> shift));
	say("32-bit quotient", (int)(big >> 33) / (int)small);
	return 0;
}
