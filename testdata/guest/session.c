/* A program for what people type into a debugger: functions to call, to return from early and to jump over, numbers of all
 * kinds, memory to watch, a signal with a handler, a child. */
#include "../lib/nbsys.h"

#ifdef NETBSD
#define SIGUSR1 30
#endif

static volatile int total, handled, seen;
static volatile double fraction;
static char text[32] = "to be found";

static int __attribute__((noinline)) add(int a, int b)
{
	int sum = a + b;

	return sum;
}

static double __attribute__((noinline)) half(double d)
{
	double h = d / 2;

	return h;
}

static int __attribute__((noinline)) quick(int n)
{
	total = total + n;
	return 100;
}

static void handler(int sig)
{
	handled = handled + 1;
}

static int __attribute__((noinline)) loop(int n)
{
	int i;

	for (i = 0; i < n; i++)
		total = add(total, i);
	seen = total;
	return total;
}

int main(int argc, char **argv, char **envp)
{
	int status = 0, r;
	long pid;

#ifdef NETBSD
	struct { void (*f)(int); u32 mask[4]; int flags; } sa = { handler, { 0 }, 0 };

	nb_syscall(SYS_sigaction_sigtramp, SIGUSR1, (long)&sa, 0, (long)nb_sigtramp, 2, 0);
#endif
	fraction = half(9.0);
	r = loop(5);
	r += quick(1);
	pid = fork();
	if (pid == 0)
		exit(add(3, 4));
	nb_syscall(SYS_wait4, pid, (long)&status, 0, 0, 0, 0);
	print(text);
	print("\n");
	return r + handled;
}
