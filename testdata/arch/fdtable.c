/* All descriptors that the host gives to nbemu: ENFILE, and exec and lookups go on. */
#include "arch.h"

#define NR_socket	394
#define NR_chdir	12
#define ENFILE		23

int main(int argc, char **argv, char **envp)
{
	char *again[3] = { argv[0], "child", 0 };
	int i, status = -1;
	long e, pid;

	if (argc > 1) {
		print("a program runs\n");
		return 0;
	}
	for (i = 0; (e = open(argv[0], 0, 0)) >= 0; i++)
		continue;
	check("so many", i > 20);
	say("and then", e);
	say("socket", sys3(NR_socket, 2, 1, 0));
	say("chdir", sys1(NR_chdir, "/"));
	pid = fork();
	if (pid == 0) {
		say("execve", sys3(SYS_execve, argv[0], again, envp));
		exit(1);
	}
	sys4(SYS_wait4, pid, &status, 0, 0);
	say("status", status);
	sys1(SYS_close, i + 2);
	check("after a close", open(argv[0], 0, 0) >= 0);
	return 0;
}
