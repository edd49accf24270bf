/*
 * System V IPC of NetBSD 1.0: one call for each of the three, with ints for arguments. There is none where pointers are
 * wider.
 */
#include "arch.h"

typedef unsigned short u16;

#ifndef __LP64__
int main(int argc, char **argv, char **envp)
{
	struct { u16 num; short op, flags; } up = { 0, 5, 0 };
	struct { u16 cuid, cgid, uid, gid, mode, seq; long key; void *base; u16 nsems; int pad[16]; } ds;
	struct { long type; char text[8]; } msg = { 7, "message" }, got = { 0 };
	int sem = (int)nb_syscall(169, 1, 0, 2, 0600, 0, 0), q, shm;
	char *p, *at;

	check("semsys: semget", sem >= 0);
	say("semop", nb_syscall(169, 2, sem, (long)&up, 1, 0, 0));
	say("its value", nb_syscall(169, 0, sem, 0, 5, 0, 0));	/* GETVAL */
	say("SETVAL", nb_syscall(169, 0, sem, 1, 8, 42, 0));
	say("its value", nb_syscall(169, 0, sem, 1, 5, 0, 0));
	say("IPC_STAT", nb_syscall(169, 0, sem, 0, 2, (long)&ds, 0));
	say("semaphores", ds.nsems);
	sayx("mode", ds.mode & 0777);
	say("semconfig", nb_syscall(169, 3, 0, 0, 0, 0, 0));
	say("IPC_RMID", nb_syscall(169, 0, sem, 0, 0, 0, 0));
	say("semsys of nothing", nb_syscall(169, 4, 0, 0, 0, 0, 0));

	q = (int)nb_syscall(170, 1, 0, 0600, 0, 0, 0);
	check("msgsys: msgget", q >= 0);
	say("msgsnd", nb_syscall(170, 2, q, (long)&msg, 8, 0, 0));
	say("msgrcv", nb_syscall(170, 3, q, (long)&got, 8, -9, 0));
	check("the message", got.type == 7 && same(got.text, "message"));
	say("msgctl", nb_syscall(170, 0, q, 0, 0, 0, 0));
	say("msgsys of nothing", nb_syscall(170, 4, 0, 0, 0, 0, 0));

	shm = (int)nb_syscall(171, 3, 0, 10000, 0600, 0, 0);
	check("shmsys: shmget", shm >= 0);
	p = (char *)nb_syscall(171, 0, shm, 0, 0, 0, 0);
	at = (char *)nb_syscall(171, 0, shm, 0, 0, 0, 0);
	p[9999] = 'm';
	check("shmat", p != at && at[9999] == 'm');
	say("shmdt", nb_syscall(171, 2, (long)at, 0, 0, 0, 0));
	say("shmctl", nb_syscall(171, 1, shm, 0, 0, 0, 0));
	say("shmsys of nothing", nb_syscall(171, 4, 0, 0, 0, 0, 0));
	return 0;
}
#else
int main(int argc, char **argv, char **envp)
{
	struct sigset sys = { { 1u << 11 } }, pending = { { 0 } };

	sys3(SYS_sigprocmask, 1, &sys, 0);
	for (int i = 169; i <= 171; i++)
		say("where pointers are no ints", nb_syscall(i, 1, 0, 0, 0, 0, 0));
	sys1(292, &pending);
	check("SIGSYS", pending.bits[0] == 1u << 11);
	return 0;
}
#endif
