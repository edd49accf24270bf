/* The smallest program that does something: for the time to start one. */
#include "../lib/nbsys.h"

int main(int argc, char **argv, char **envp)
{
	print("hello\n");
	return 0;
}
