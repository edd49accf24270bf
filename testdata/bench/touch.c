/* The first store to each page of 128 MiB. */
#include "bench.h"
#include "system.h"

#define SIZE (128 << 20)

static u64 work(int argc, char **argv, char **envp)
{
	volatile u8 *memory = map(SIZE);
	u64 n = 0;

	if (!memory)
		return 0;
	for (size_t i = 0; i < SIZE; i += 4096, n++)
		memory[i] = 1;
	return n;
}
