/* A program to look at with a debugger: a list to walk along, a call to stop in, and a line of output. */
#include "../lib/nbsys.h"

static struct node {
	struct node *next;
	int value;
} list[3] = { { &list[1], 1 }, { &list[2], 2 }, { 0, 3 } };

static int __attribute__((noinline)) sum(struct node *n)
{
	int s = 0;

	for (; n; n = n->next)
		s += n->value;
	return s;
}

int main(int argc, char **argv, char **envp)
{
	int s = sum(list);

	print("the sum is known\n");
	return s;
}
