/*
 * ptrace(2) of a program of another width: executes its argument, traced, and tells what it sees of it at the first
 * instruction: how long struct reg is, or the error, and whether the pc in it is the entry's that the auxiliary vector has.
 */
#include "arch.h"

#define SYS_ptrace	26
#define SIGKILL		9

#define PT_TRACE_ME	0
#define PT_KILL		8

#include "ptregs.h"

static u8 buf[1024];

int main(int argc, char **argv, char **envp)
{
	long pid = fork(), err;
	int st = -1, n = sizeof buf, i;

	if (pid == 0) {
		sys4(SYS_ptrace, PT_TRACE_ME, 0, 0, 0);
		sys3(SYS_execve, argv[1], argv + 1, envp);
		return 99;
	}
	sys4(SYS_wait4, pid, &st, 0, 0);
	sayx("status", (u32)st);
	for (i = 0; i < n; i++)
		buf[i] = 0xa5;
	err = sys4(SYS_ptrace, GETREGS, pid, buf, 0);
	if (err != 0) {
		say("PT_GETREGS", err);
	} else {
		while (n > 0 && buf[n - 1] == 0xa5)
			n--;
		say("struct reg", n);
		sayx("pc", ((struct regs *)buf)->r[PC_AT]);
		say("PT_SETREGS", sys4(SYS_ptrace, GETREGS + 1, pid, buf, 0));
		for (i = 0; i < n; i++)
			buf[i] ^= 0xff;
		sys4(SYS_ptrace, GETREGS, pid, buf, 0);
		sayx("pc", ((struct regs *)buf)->r[PC_AT]);
	}
	sys4(SYS_ptrace, PT_KILL, pid, 0, 0);
	sys4(SYS_wait4, pid, &st, 0, 0);
	sayx("status", (u32)st);
	return 0;
}
