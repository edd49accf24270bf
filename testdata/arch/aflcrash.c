/* For fuzzers: reads a file, or its standard input, and dies of a store to nowhere if that begins with five bytes, each of
 * which is looked at only if those before it are right. With "hang" in their place it computes for ever, with "exit" it
 * ends with status 3. */
#include "arch.h"

static u8 input[4096];
u8 parsed; /* inputs so far: for those who start parse several times */

/* Not inlined: harnesses call it. */
__attribute__((noinline)) int parse(const u8 *b, long n)
{
	/* Without a way for each letter, and without loops: fuzzers would keep inputs that lead nowhere. */
	u32 word = (u32)b[0] << 24 | (u32)b[1] << 16 | (u32)b[2] << 8 | b[3];
	int sum = b[0] + b[1] + b[2] + b[3] + b[4];

	parsed++;
	if (b[0] == 'c') {
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
	if (word == 0x68616e67) /* hang */
		for (;;)
			parsed++;
	if (word == 0x65786974) /* exit */
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
