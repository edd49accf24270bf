/* The first store to each page of 128 MiB. */
#include "bench.h"

static volatile u8 memory[128 << 20];

static u64 work(int argc, char **argv, char **envp)
{
	u64 n = 0;

	for (size_t i = 0; i < sizeof memory; i += 4096, n++)
		memory[i] = 1;
	return n;
}
