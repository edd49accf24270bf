/* A program that runs until a debugger lets it end. */
#include "../lib/nbsys.h"

static volatile int go, turns;

int main(int argc, char **argv, char **envp)
{
	while (!go)
		turns = 1;
	return 7;
}
