/*
 * bench.h: the frame of a benchmark. The program prints one line, a checksum
 * and the nanoseconds that its work took by its own clock, so that the time to
 * start is not in them and a wrong result is seen.
 */
#include "../lib/nbsys.h"

static u64 work(int argc, char **argv, char **envp);

int main(int argc, char **argv, char **envp)
{
	u64 start = nanoseconds();
	u64 sum = work(argc, argv, envp);
	u64 end = nanoseconds();

	print_number(sum);
	print(" ");
	print_number(end - start);
	print("\n");
	return 0;
}
