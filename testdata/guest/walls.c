/*
 * walls: what tests of hangs and of the walls around a guest need, by the first argument.
 *   fill             writes to standard output without end, and echoes descriptor 4 to 3 in another process
 *   fillpty          two processes write to one pseudo-terminal's master without end; echoes as above
 *   setattr          changes a terminal's attributes after its output, again and again; echoes as above
 *   signals N        says which N signals come
 *   spin             computes
 */
#include "../lib/nbsys.h"

__asm__("	.text\n"
	"	.balign 4\n"
	"	.globl walls_tramp\n"
	"walls_tramp:\n"
	"	movq %r15,%rdi\n"
	"	movl $308,%eax\n"
	"	syscall\n"
	"	ud2\n");
extern char walls_tramp[];

static volatile int came;
static volatile int seen[64];

static void num(long n)
{
	char b[24], *p = b + sizeof b;

	*--p = 0;
	do
		*--p = '0' + n % 10;
	while ((n /= 10) != 0);
	print(p);
}

static void handler(int sig, int *si, void *uc)
{
	seen[came] = sig;
	came++;
}

static void echo(void)
{
	char c;

	while (sys3(SYS_read, 4, &c, 1) == 1)
		sys3(SYS_write, 3, &c, 1);
	exit(0);
}

static void fill(long fd)
{
	static char b[3000];

	for (int i = 0; i < (int)sizeof b; i++)
		b[i] = i % 60 == 59 ? '\n' : 'x';
	for (;;)
		sys3(SYS_write, fd, b, sizeof b);
}

int main(int argc, char **argv, char **envp)
{
	const char *cmd = argc > 1 ? argv[1] : "";

	if (cmd[0] == 'f' && cmd[4] == 'p') {
		long fd = open("/dev/ptmx", 2, 0);

		if (fd < 0)
			return 1;
		if (fork() == 0)
			fill(fd);
		if (fork() == 0)
			fill(fd);
		echo();
	}
	if (cmd[0] == 'f') {
		if (fork() == 0)
			echo();
		fill(1);
	}
	if (cmd[0] == 's' && cmd[1] == 'e') {
		static char tio[64];
		static char b[4000];

		if (fork() == 0)
			echo();
		for (;;) {
			sys3(54, 1, 0x402c7413, tio);	/* TIOCGETA, TIOCSETAW */
			sys3(SYS_write, 1, b, sizeof b);
			sys3(54, 1, 0x802c7415, tio);
		}
	}
	if (cmd[0] == 's' && cmd[1] == 'p')
		for (;;)
			came = 0;
	if (cmd[0] == 's') {
		int want = argv[2][0] - '0';

		if (argv[2][1] != 0)
			want = want * 10 + argv[2][1] - '0';
		for (int sig = 1; sig < 32; sig++) {
			struct {
				void *handler;
				u32 mask[4];
				int flags;
			} sa = { (void *)handler, { ~0u, ~0u, ~0u, ~0u }, 0x40 };	/* SA_SIGINFO */

			sys5(SYS_sigaction_sigtramp, sig, &sa, 0, walls_tramp, 2);
		}
		print("ready\n");
		for (int i = 0; i < want; ) {
			if (came == i)
				continue;
			num(seen[i]);
			print("\n");
			i++;
		}
		return 0;
	}
	return 99;
}
