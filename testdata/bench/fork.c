/*
 * fork, exit and wait of a process that has stored to MEGABYTES MiB; with COPY the child stores to every page of
 * them before it exits.
 */
#include "bench.h"
#include "system.h"

#define PAGE 4096
#define SIZE ((size_t)MEGABYTES << 20)

static u64 work(int argc, char **argv, char **envp)
{
	volatile u8 *memory = map(SIZE);
	u64 good = 0;

	if (!memory)
		return 0;
	for (size_t i = 0; i < SIZE; i += PAGE)
		memory[i] = 1;
	for (int i = 0; i < TIMES; i++) {
		long pid = fork();

		if (pid == 0) {
#ifdef COPY
			for (size_t k = 0; k < SIZE; k += PAGE)
				memory[k]++;
#endif
			exit(memory[i % MEGABYTES << 20] & 1);
		}
		good += pid > 0 && wait_for(pid) >= 0;
	}
	return good;
}
