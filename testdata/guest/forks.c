/* A program whose child a debugger can follow: each of them has a function to stop in, and a status to end with. */
#include "../lib/nbsys.h"

static int __attribute__((noinline)) child_work(int n)
{
	print("child\n");
	return n + 2;
}

static int __attribute__((noinline)) parent_work(int n)
{
	print("parent\n");
	return n + 4;
}

int main(int argc, char **argv, char **envp)
{
	int status = 0;
	long pid = fork();

	if (pid == 0)
		exit(child_work(argc));
	nb_syscall(SYS_wait4, pid, &status, 0, 0, 0, 0);
	return parent_work(argc);
}
