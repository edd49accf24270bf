/* Integer arithmetic in registers: multiply, shift, xor, compare, branch. */
#include "bench.h"

static u64 work(int argc, char **argv, char **envp)
{
	u64 x = 88172645463325252u + (u64)argc, sum = 0;

	for (u32 i = 0; i < 100000000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		if (x & 64)
			sum += x * 5;
		else
			sum -= i;
	}
	return sum;
}
