/* Timers of processor time: they stand still while the process sleeps, and only ITIMER_PROF counts the system's. */
#include "arch.h"

#define SYS_setitimer	425
#define SYS_getitimer	426
#define SYS_nanosleep	430

#define SIGVTALRM	26
#define SIGPROF		27
#define ITIMER_VIRTUAL	1
#define ITIMER_PROF	2

struct timeval { i64 sec; int usec; };
struct itimerval { struct timeval interval, value; };

static volatile int virtuals, profs;
static char buf[1 << 18];

static void tick(int sig, struct siginfo *si, void *uc)
{
	if (sig == SIGVTALRM)
		virtuals++;
	else
		profs++;
}

int main(int argc, char **argv, char **envp)
{
	struct itimerval it = { { 0, 0 }, { 0, 100000 } }, left;
	struct timespec ts = { 0, 250000000 };
	volatile u32 x = 0;
	int zero = (int)open("/dev/zero", 0, 0);

	on_signal(SIGVTALRM, tick, 0);
	on_signal(SIGPROF, tick, 0);
	check("setitimer", sys3(SYS_setitimer, ITIMER_VIRTUAL, &it, 0) == 0 && sys3(SYS_setitimer, ITIMER_PROF, &it, 0) == 0);
	sys2(SYS_nanosleep, &ts, 0);
	check("none while asleep", virtuals == 0 && profs == 0);
	left.value.sec = -1;
	sys2(SYS_getitimer, ITIMER_VIRTUAL, &left);
	check("what is left", left.value.sec == 0 && left.value.usec > 0 && left.value.usec <= 100000);

	while (profs == 0)
		sys3(SYS_read, zero, buf, sizeof buf);
	check("the system's time is not virtual", virtuals == 0);
	while (virtuals == 0)
		x++;
	check("the program's is", virtuals == 1 && profs == 1);
	sys2(SYS_getitimer, ITIMER_PROF, &left);
	check("no more", left.value.sec == 0 && left.value.usec == 0);

	it.interval.usec = it.value.usec = 5000;
	sys3(SYS_setitimer, ITIMER_PROF, &it, 0);
	while (profs < 5)
		x++;
	it.value.usec = 0;
	sys3(SYS_setitimer, ITIMER_PROF, &it, &left);
	check("again and again", profs >= 5 && left.interval.usec == 5000);
	return 0;
}
