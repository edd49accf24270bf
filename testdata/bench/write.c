/* A hundred thousand writes of one byte to /dev/null. */
#include "bench.h"

static u64 work(int argc, char **argv, char **envp)
{
	long fd = open("/dev/null", 1, 0);
	u64 written = 0;

	for (int i = 0; i < 100000; i++)
		written += (u64)sys3(SYS_write, fd, "x", 1);
	return written;
}
