/* What a kqueue says of processes that it follows, and which flags and values it keeps (NetBSD 10's kern_event.c). */
#include "arch.h"

#define NR_setuid	23
#define NR_kqueue	344
#define NR_kevent	435
#define NR_pipe2	453

#define EVFILT_PROC	4
#define EVFILT_TIMER	6
#define EVFILT_USER	8
#define EV_ADD		1
#define EV_ENABLE	4
#define EV_DISABLE	8
#define EV_ONESHOT	0x10
#define EV_CLEAR	0x20
#define NOTE_TRACK	1
#define NOTE_EXIT	0x80000000
#define NOTE_FORK	0x40000000
#define NOTE_TRIGGER	0x01000000
#define NOTE_FFCOPY	0xc0000000
#define NOTE_ABSTIME	0x10

struct event {
	unsigned long ident;
	u32 filter, flags, fflags;
	i64 data;
	void *udata;
};

static long kq;

static long add(unsigned long ident, u32 filter, u32 flags, u32 fflags, i64 data, void *udata)
{
	struct event ev = { ident, filter, flags, fflags, data, udata };

	return nb_syscall(NR_kevent, kq, (long)&ev, 1, 0, 0, 0);
}

static int next(struct event *ev)
{
	u64 now[2] = { 0, 0 };

	return nb_syscall(NR_kevent, kq, 0, 0, (long)ev, 1, (long)now) == 1;
}

/* follow watches a child that makes a child, which ends at once. uid is who the child is by then. */
static void follow(long uid)
{
	struct event ev;
	int gate[2], status = 0, i;
	char c;
	long child, pid;

	kq = (long)sys0(NR_kqueue);
	sys2(NR_pipe2, gate, 0);
	child = fork();
	if (child == 0) {
		sys3(SYS_read, gate[0], &c, 1);
		if (uid != 0)
			sys1(NR_setuid, uid);
		pid = fork();
		if (pid == 0)
			exit(3);
		sys4(SYS_wait4, pid, &status, 0, 0);
		exit(0);
	}
	say("watch", add((unsigned long)child, EVFILT_PROC, EV_ADD | EV_ENABLE, NOTE_EXIT | NOTE_FORK | NOTE_TRACK, 0, &ev));
	sys3(SYS_write, gate[1], "x", 1);
	sys4(SYS_wait4, child, &status, 0, 0);
	for (i = 0; i < 6 && next(&ev); i++) {
		print((long)ev.ident == child ? "the child:" : "its child:");
		if (ev.fflags & NOTE_FORK)
			print(" fork");
		if (ev.fflags & NOTE_EXIT)
			print(" exit");
		if (ev.fflags & 2)
			print(" trackerr");
		if (ev.fflags & 4)
			print(" child");
		print("\n");
		say("flags", ev.flags);
		if (ev.fflags & 4)
			check("its parent", ev.data == child);
		else
			say("data", ev.data);
		check("udata", ev.udata == &ev);
	}
	sys1(SYS_close, kq);
}

static void values(void)
{
	struct event ev;
	char a, b;

	kq = (long)sys0(NR_kqueue);
	say("change of nothing", add(1, EVFILT_USER, EV_ENABLE, 0, 0, &a));
	say("user event", add(1, EVFILT_USER, EV_ADD | EV_CLEAR, NOTE_TRIGGER | 1, 5, &a));
	say("is not triggered by its making", next(&ev));
	say("trigger", add(1, EVFILT_USER, 0, NOTE_TRIGGER | NOTE_FFCOPY | 2, 6, &b));
	check("an event", next(&ev));
	say("flags", ev.flags);
	say("fflags", ev.fflags);
	say("data", ev.data);
	check("the new udata", ev.udata == &b);
	say("trigger and clear", add(1, EVFILT_USER, EV_CLEAR, NOTE_TRIGGER, 0, &b));
	say("is nothing", next(&ev));

	say("timer of no time", add(2, EVFILT_TIMER, EV_ADD, 0, 0, &a));
	say("in the past", add(2, EVFILT_TIMER, EV_ADD | EV_ONESHOT, NOTE_ABSTIME, 0, &a));
	say("which is now", nb_syscall(NR_kevent, kq, 0, 0, (long)&ev, 1, 0));
	say("flags", ev.flags);
	say("data", ev.data);
	say("a long one", add(3, EVFILT_TIMER, EV_ADD | EV_ONESHOT, 1, 1000000, &a));
	say("changed without EV_ADD", add(3, EVFILT_TIMER, EV_DISABLE, 2, 1, &a));
	say("shorter, and enabled", add(3, EVFILT_TIMER, EV_ADD | EV_ENABLE | EV_ONESHOT, 2, 1, &b));
	say("ends", nb_syscall(NR_kevent, kq, 0, 0, (long)&ev, 1, 0));
	say("flags", ev.flags);
	check("the new udata", ev.udata == &b);
	say("unit that there is not", add(3, EVFILT_TIMER, EV_ADD, 0x100, 1, &a));
	sys1(SYS_close, kq);
}

int main(int argc, char **argv, char **envp)
{
	values();
	print("-- followed\n");
	follow(0);
	print("-- of another user by then\n");
	follow(1000);
	return 0;
}
