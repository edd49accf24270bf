/*
 * names: kern.osrelease, kern.osrevision and the stack's limits, as sysctl(2) and getrlimit(2) tell them.
 */
#include "../lib/nbsys.h"

#define SYS_getrlimit	194
#define SYS_sysctl	202
#define RLIMIT_STACK	3

int main(int argc, char **argv, char **envp)
{
	int name[2] = {1, 2};	/* CTL_KERN, KERN_OSRELEASE */
	char text[300];
	unsigned long len = sizeof text;
	int revision;
	unsigned long limit[2];

	if (nb_syscall(SYS_sysctl, name, 2, text, &len, 0, 0) != 0)
		return 1;
	print(text);
	print("\n");
	name[1] = 3;		/* KERN_OSREV */
	len = sizeof revision;
	if (nb_syscall(SYS_sysctl, name, 2, &revision, &len, 0, 0) != 0)
		return 2;
	print_number(revision);
	print("\n");
	if (nb_syscall(SYS_getrlimit, RLIMIT_STACK, limit, 0, 0, 0, 0) != 0)
		return 3;
	print_number(limit[0]);
	print("\n");
	print_number(limit[1]);
	print("\n");
	return 0;
}
