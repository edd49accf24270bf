/* For fuzzers: reads a file, or its standard input, and dies of a store to nowhere if that begins with five bytes, each of
 * which is looked at only if those before it are right. With "hang" in their place it computes for ever, with "exit" it
 * ends with status 3. */
#include "arch.h"

static u8 input[4096];
u8 parsed; /* inputs so far: for those who start parse several times */

/* Not inlined: harnesses call it. */
__attribute__((noinline)) int parse(const u8 *b, long n)
{
	long i;
	int sum = 0;

	parsed++;
	for (i = 0; i < n; i++)
		sum += b[i];
	if (n >= 5 && b[0] == 'c') {
		sum ^= 1;
		if (b[1] == 'r') {
			sum ^= 2;
			if (b[2] == 'a') {
				sum ^= 4;
				if (b[3] == 's') {
					sum ^= 8;
					if (b[4] == 'h')
						*(volatile int *)8 = sum;
				}
			}
		}
	}
	if (n >= 4 && b[0] == 'h' && b[1] == 'a' && b[2] == 'n' && b[3] == 'g')
		for (;;)
			parsed++;
	if (n >= 4 && b[0] == 'e' && b[1] == 'x' && b[2] == 'i' && b[3] == 't')
		exit(3);
	return sum & 0x7fffffff;
}

int main(int argc, char **argv, char **envp)
{
	long fd = 0, n, got = 0;

	if (argc > 1) {
		fd = open(argv[1], 0, 0);
		if (fd < 0)
			exit(2);
	}
	while (got < (long)sizeof input && (n = sys3(SYS_read, fd, (long)(input + got), (long)sizeof input - got)) > 0)
		got += n;
	say("sum", parse(input, got));
	return 0;
}
