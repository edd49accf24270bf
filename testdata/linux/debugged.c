/* What TestDebugger debugs. */
#include <pthread.h>
#include <stdio.h>

int
twice(int x)
{
	int y = x * 2;
	return y;
}

static void
in_thread(int x)
{
	printf("thread %d\n", twice(x));
}

static void *
thread(void *arg)
{
	in_thread(*(int *)arg);
	return NULL;
}

int
main(void)
{
	pthread_t t;
	int n = twice(21);

	printf("main %d\n", n);
	fflush(stdout);
	pthread_create(&t, NULL, thread, &n);
	pthread_join(t, NULL);
	return 7;
}
