/* A program that loads with a reservation and stores if it still holds, while a debugger watches its memory. */
#include "../lib/nbsys.h"

static int counter, watched;

int main(int argc, char **argv, char **envp)
{
	for (int i = 0; i < 3; i++) {
		int old = 1 + i;

		__sync_fetch_and_add(&counter, 1);
		__sync_bool_compare_and_swap(&counter, old, old); /* one with a way out in the middle */
		__sync_bool_compare_and_swap(&counter, 77, 78);
	}
	watched = counter;
	return watched + 4;
}
