/* A table of what each call says of each object: programs fill it, and print it so that two can be compared. */
#include "say.h"
#include <stdarg.h>

#ifndef WORDS
#define WORDS 40 /* the longest answer, with its zero */
#endif

/* Calls down, objects across, and what each says in words. */
#ifndef OBJECTS_MAX
#define OBJECTS_MAX 64
#endif
#ifndef CALLS_MAX
#define CALLS_MAX 400
#endif
enum { CALLS = CALLS_MAX, OBJECTS = OBJECTS_MAX };
static const char *calls[CALLS], *objects[OBJECTS];
static char said[CALLS][OBJECTS][WORDS];
static int ncalls, nobjects;

static void note(const char *call, const char *format, ...)
{
	va_list ap;
	int i;

	for (i = 0; i < ncalls && strcmp(calls[i], call); i++)
		;
	if (i == CALLS || nobjects > OBJECTS) {
		dprintf(2, "%s: more calls or objects than the table has room for\n", call);
		_exit(3);
	}
	if (i == ncalls)
		calls[ncalls++] = call;
	va_start(ap, format);
	vsnprintf(said[i][nobjects - 1], sizeof said[i][0], format, ap);
	va_end(ap);
}

static void tell(const char *call, long r)
{
	if (r < 0 && strerrorname_np(errno))
		note(call, "%s", strerrorname_np(errno));
	else
		note(call, "%ld", r);
}

/* Prints a line for each call: each answer, and which objects gave it. */
static void print(void)
{
	for (int i = 0; i < ncalls; i++) {
		printf("%s:", calls[i]);
		for (int j = 0; j < nobjects; j++) {
			char *answer = said[i][j];
			int first = !*answer;

			for (int k = 0; k < j; k++)
				first |= !strcmp(said[i][k], answer);
			if (first)
				continue;
			printf("\n\t%s:", answer);
			for (int k = j; k < nobjects; k++)
				if (!strcmp(said[i][k], answer))
					printf(" %s", objects[k]);
		}
		putchar('\n');
	}
}

/* What is done with a copy of the descriptor; errno is looked at where the call failed. */
#define T(op, call) do { errno = 0; tell(op, (long)(call)); } while (0)
/* A call whose result is a number of its own: 0 for any. */
#define Z(op, call) do { errno = 0; tell(op, (call) < 0 ? -1 : 0); } while (0)
