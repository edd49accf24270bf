/* Executes the program named by its first argument with the rest of them; the last one of the chain reports. */
#include "arch.h"

int main(int argc, char **argv, char **envp)
{
	int i;

	print(ARCH_NAME);
	if (argc > 1) {
		print(" ");
		sys3(SYS_execve, argv[1], argv + 1, envp);
		print("cannot execute ");
		print(argv[1]);
		print("\n");
		return 1;
	}
	print("\n");
	for (i = 0; envp[i]; i++) {
		print(envp[i]);
		print("\n");
	}
	return 0;
}
