/*
 * environ: its environment, one variable in each line.
 */
#include "../lib/nbsys.h"

int main(int argc, char **argv, char **envp)
{
	for (; *envp; envp++) {
		print(*envp);
		print("\n");
	}
	return 0;
}
