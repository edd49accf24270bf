/* Reads and writes at random places of MEGABYTES MiB. */
#include "bench.h"
#include "system.h"

#define WORDS (MEGABYTES * (1u << 20) / 8)

static u64 work(int argc, char **argv, char **envp)
{
	u64 x = 2463534242u + (u64)argc, sum = 0;
	u64 *memory = map(WORDS * sizeof *memory);

	if (!memory)
		return 0;
	for (u32 i = 0; i < WORDS; i++)
		memory[i] = i;
	for (u32 i = 0; i < 20000000; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		u64 *p = &memory[(x >> 33) % WORDS];
		sum += *p;
		*p = sum ^ x;
	}
	return sum;
}
