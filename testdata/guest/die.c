/*
 * Dies: "die kill N" by signal N sent to itself, "die null" by a store through
 * a null pointer, "die text" by a store into its own code, "die jump" by
 * executing its own data, "die illegal" by an illegal instruction. The word is
 * told by its first letter.
 */
#include "../lib/nbsys.h"

static int data[4] = { 0x90, 0x90, 0x90, 0xc3 };

int main(int argc, char **argv, char **envp)
{
	const char *how = argc > 1 ? argv[1] : "";

	print("about to die\n");
	switch (how[0]) {
	case 'k':
		sys2(SYS_kill, sys0(SYS_getpid), argc > 2 ? number(argv[2]) : 0);
		break;
	case 'n':
		*(volatile int *)0 = 1;
		break;
	case 't':
		*(volatile char *)(unsigned long)&main = 1;
		break;
	case 'j':
		((void (*)(void))(unsigned long)data)();
		break;
	case 'i':
		__asm__ volatile(ILLEGAL_INSTRUCTION);
		break;
	}
	print("still alive\n");
	return 99;
}
