/* Ends with the status that its first argument tells. */
#include "../lib/nbsys.h"

int main(int argc, char **argv, char **envp)
{
	return argc > 1 ? number(argv[1]) : 0;
}
