/*
 * Every call that can wait, and what interrupts it: whether it fails, goes on waiting or starts over, and what it says of the time
 * that is left. Needs root, for another process's files; the argument is a directory, a second one the interruption to look at, a
 * third the call.
 */
#define WORDS 80
#include "table.h"
#include <arpa/inet.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <termios.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* Time of calls that take it in 64 bits everywhere. */
struct kernel_time { int64_t sec, nsec; };

static struct shared {
	volatile int ready, done, handled, err, set;
	volatile long result;
	volatile pid_t child;
	volatile unsigned word[4];	/* futexes */
	char left[20];			/* what a call says of the time that is left */
	char said[CALLS][WORDS];
} *sh;

static struct timespec tmo, began;	/* how long calls wait that take a time */
static int has_left;
static int a, b, id;		/* what the call at hand is about */
static char buf[1 << 16];
static struct sockaddr_un name;
static pid_t target;

static struct timespec later(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	if (tmo.tv_sec == 0 && tmo.tv_nsec == 0)
		t = tmo;
	else if (tmo.tv_sec < 0 || tmo.tv_nsec >= 1000000000)
		t = tmo;
	else if (tmo.tv_sec > 1000000)
		t.tv_sec = INT32_MAX;
	else {
		t.tv_sec += tmo.tv_sec;
		if ((t.tv_nsec += tmo.tv_nsec) >= 1000000000)
			t.tv_nsec -= 1000000000, t.tv_sec++;
	}
	return t;
}

/* Says of a time that a call has written whether it tells what is left. Targets are interrupted after 20 ms and later. */
static void left(long sec, long nsec)
{
	double d = sec + nsec / 1e9, all = tmo.tv_sec + tmo.tv_nsec / 1e9;

	strcpy(sh->left, d == all ? " all left" : d == 0 ? " none left" : d > 0 && d <= all - 0.02 ? " left" : " ?");
}

static int milliseconds(void) { return tmo.tv_sec > 1000000 ? INT32_MAX : tmo.tv_sec * 1000 + tmo.tv_nsec / 1000000; }

/* Pipes and FIFOs. */
static void make_pipe(void) { int p[2]; pipe(p); a = p[0]; b = p[1]; }
static void fill(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	while (write(fd, buf, 4096) > 0)
		;
	while (write(fd, buf, 1) > 0)
		;
	fcntl(fd, F_SETFL, flags);
}
static void full_pipe(void) { make_pipe(); fill(b); }
static void write_1(void) { write(b, "x", 1); }
static void drain(void) { read(a, buf, sizeof buf); }
static long read_a(void) { return read(a, buf, 10); }
static long readv_a(void) { struct iovec v = { buf, 10 }; return readv(a, &v, 1); }
static long write_b(void) { return write(b, buf, 5); }
static long write_much(void) { return write(b, buf, 4096 * 3); }
static void make_fifo(void) { mkfifo("fifo", 0600); }
static long open_r(void) { return open("fifo", O_RDONLY) < 0 ? -1 : 0; }
static long open_w(void) { return open("fifo", O_WRONLY) < 0 ? -1 : 0; }
static void opened_w(void) { open("fifo", O_WRONLY); }
static void opened_r(void) { open("fifo", O_RDONLY); }
static int other[2];
static void two_pipes(void) { make_pipe(); pipe(other); }
static void one_full(void) { full_pipe(); pipe(other); write(other[1], buf, 5); }
static long splice_in(void) { return splice(a, NULL, other[1], NULL, 10, 0); }
static long splice_out(void) { return splice(other[0], NULL, b, NULL, 10, 0); }
static long tee_in(void) { return tee(a, other[1], 10, 0); }
static long tee_out(void) { return tee(other[0], b, 10, 0); }
static long vmsplice_b(void) { struct iovec v = { buf, 10 }; return vmsplice(b, &v, 1, 0); }
static void file_full(void) { full_pipe(); other[0] = open("file", O_RDWR | O_CREAT, 0600); write(other[0], buf, 100); }
static long sendfile_b(void) { off_t o = 0; return sendfile(b, other[0], &o, 10); }
static long splice_file(void) { off64_t o = 0; return splice(other[0], &o, b, NULL, 10, 0); }

/* Sockets. */
static void make_pair(void) { int p[2]; socketpair(AF_UNIX, SOCK_STREAM, 0, p); a = p[0]; b = p[1]; }
static void full_pair(void) { make_pair(); fill(b); }
static void drain_all(void)
{
	int flags = fcntl(a, F_GETFL);

	fcntl(a, F_SETFL, flags | O_NONBLOCK);
	while (read(a, buf, sizeof buf) > 0)
		;
}
static void dgrams(void) { int p[2]; socketpair(AF_UNIX, SOCK_DGRAM, 0, p); a = p[0]; b = p[1]; }
static void full_dgrams(void)
{
	dgrams();
	while (send(b, "x", 1, MSG_DONTWAIT) > 0)
		;
}
static void inet(int type, int backlog)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof in;

	a = socket(AF_INET, type, 0);
	bind(a, (struct sockaddr *)&in, len);
	getsockname(a, (struct sockaddr *)&in, &len);
	if (type == SOCK_STREAM)
		listen(a, backlog);
	b = socket(AF_INET, type, 0);
	if (backlog)
		return;
	connect(b, (struct sockaddr *)&in, len);
	if (type == SOCK_STREAM)
		a = accept(a, NULL, NULL);
}
static struct sockaddr_in where;
static void tcp_listening(void) { socklen_t len = sizeof where; inet(SOCK_STREAM, 5); getsockname(a, (struct sockaddr *)&where, &len); }
static void tcp_pair(void) { inet(SOCK_STREAM, 0); }
static void udp_pair(void) { inet(SOCK_DGRAM, 0); }
static void tcp_connects(void) { fcntl(b, F_SETFL, O_NONBLOCK); connect(b, (struct sockaddr *)&where, sizeof where); }
static long recv_a(void) { return recv(a, buf, 10, 0); }
static long recv_peek(void) { return recv(a, buf, 10, MSG_PEEK); }
static long recv_all(void) { return recv(a, buf, 10, MSG_WAITALL); }
static void part_sent(void) { make_pair(); write(b, "xyz", 3); }
static void tcp_part_sent(void) { tcp_pair(); write(b, "xyz", 3); }
static void rest_sent(void) { write(b, "0123456", 7); }
static long recvmsg_a(void) { struct iovec v = { buf, 10 }; struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 }; return recvmsg(a, &m, 0); }
static long recvmmsg_of(struct timespec *t)
{
	struct iovec v = { buf, 10 };
	struct mmsghdr m[2] = { { { .msg_iov = &v, .msg_iovlen = 1 } }, { { .msg_iov = &v, .msg_iovlen = 1 } } };

	return recvmmsg(a, m, 2, MSG_WAITFORONE, t);
}
static long recvmmsg_a(void) { return recvmmsg_of(NULL); }
static long send_b(void) { return send(b, buf, 5, 0); }
static long sendmsg_b(void) { struct iovec v = { buf, 10 }; struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 }; return sendmsg(b, &m, 0); }
static void unix_listening(void)
{
	name.sun_family = AF_UNIX;
	strcpy(name.sun_path, "listening");
	a = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(a, (struct sockaddr *)&name, sizeof name);
	listen(a, 0);
	b = socket(AF_UNIX, SOCK_STREAM, 0);
}
static void unix_full(void)
{
	unix_listening();
	for (;;) {
		int s = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

		if (connect(s, (struct sockaddr *)&name, sizeof name) < 0)
			break;
	}
}
static long connect_b(void) { return connect(b, (struct sockaddr *)&name, sizeof name); }
static void connects(void) { connect(b, (struct sockaddr *)&name, sizeof name); }
static void accepts(void) { accept(a, NULL, NULL); }
static long accept_a(void) { return accept(a, NULL, NULL) < 0 ? -1 : 0; }
static long timed(int fd, int which)
{
	struct timeval t = { tmo.tv_sec, tmo.tv_nsec / 1000 };

	return setsockopt(fd, SOL_SOCKET, which, &t, sizeof t) < 0 ? sh->set = 1, -1 : 0;
}
static long recv_timed(void) { return timed(a, SO_RCVTIMEO) < 0 ? -1 : recv_a(); }
static long read_timed(void) { return timed(a, SO_RCVTIMEO) < 0 ? -1 : read_a(); }
static long recvmsg_timed(void) { return timed(a, SO_RCVTIMEO) < 0 ? -1 : recvmsg_a(); }
static long recvmmsg_timed(void) { return timed(a, SO_RCVTIMEO) < 0 ? -1 : recvmmsg_a(); }
static long accept_timed(void) { return timed(a, SO_RCVTIMEO) < 0 ? -1 : accept_a(); }
static long send_timed(void) { return timed(b, SO_SNDTIMEO) < 0 ? -1 : send_b(); }
static long write_timed(void) { return timed(b, SO_SNDTIMEO) < 0 ? -1 : write_b(); }
static long connect_timed(void) { return timed(b, SO_SNDTIMEO) < 0 ? -1 : connect_b(); }

/* Terminals. */
static void terminal(void)
{
	struct termios t;

	a = posix_openpt(O_RDWR | O_NOCTTY);
	unlockpt(a);
	b = open(ptsname(a), O_RDWR | O_NOCTTY);
	tcgetattr(b, &t);
	cfmakeraw(&t);
	tcsetattr(b, TCSANOW, &t);
}
static void halted(void) { terminal(); tcflow(b, TCOOFF); }
static void goes_on(void) { tcflow(b, TCOON); }
static long read_b(void) { return read(b, buf, 10); }
static void type_a(void) { write(a, "y", 1); }

/* Waiting for several. */
static void event(void) { a = b = eventfd(0, 0); }
static void news(void) { eventfd_write(b, 1); }
static long poll_for(int ms) { struct pollfd p = { a, POLLIN }; return poll(&p, 1, ms); }
static long poll_a(void) { return poll_for(milliseconds()); }
static long poll_ever(void) { return poll_for(-1); }
static long poll_none(void) { return poll(NULL, 0, milliseconds()); }
static sigset_t everything, nothing;
static long ppoll_of(struct timespec *t, sigset_t *s)
{
	struct pollfd p = { a, POLLIN };

	return ppoll(&p, 1, t, s);
}
static long ppoll_a(void) { struct timespec t = tmo; return ppoll_of(&t, NULL); }
static long ppoll_raw(void)
{
	struct pollfd p = { a, POLLIN };
	struct timespec t = tmo;
	long r = syscall(SYS_ppoll, &p, 1, &t, NULL, 0);
	int e = errno;

	left(t.tv_sec, t.tv_nsec);
	errno = e;
	return r;
}
static long ppoll_ever(void) { return ppoll_of(NULL, NULL); }
static long ppoll_masked(void) { return ppoll_of(NULL, &everything); }
static long ppoll_open(void) { return ppoll_of(NULL, &nothing); }
static long select_of(struct timeval *t)
{
	fd_set s;

	FD_ZERO(&s);
	FD_SET(a, &s);
	return select(a + 1, &s, NULL, NULL, t);
}
static long select_a(void)
{
	struct timeval t = { tmo.tv_sec, tmo.tv_nsec / 1000 };
	long r = select_of(&t);
	int e = errno;

	left(t.tv_sec, t.tv_usec * 1000);
	errno = e;
	return r;
}
static long select_ever(void) { return select_of(NULL); }
static long pselect_of(struct timespec *t, sigset_t *m)
{
	fd_set s;

	FD_ZERO(&s);
	FD_SET(a, &s);
	return pselect(a + 1, &s, NULL, NULL, t, m);
}
static long pselect_a(void) { struct timespec t = tmo; return pselect_of(&t, NULL); }
static long pselect_masked(void) { return pselect_of(NULL, &everything); }
static long pselect_open(void) { return pselect_of(NULL, &nothing); }
static int ep;
static void epolled(void)
{
	struct epoll_event e = { EPOLLIN };

	event();
	ep = epoll_create1(0);
	epoll_ctl(ep, EPOLL_CTL_ADD, a, &e);
}
static struct epoll_event ev;
static long epoll_a(void) { return epoll_wait(ep, &ev, 1, milliseconds()); }
static long epoll_ever(void) { return epoll_wait(ep, &ev, 1, -1); }
static long epoll_masked(void) { return epoll_pwait(ep, &ev, 1, -1, &everything); }
static long epoll_open(void) { return epoll_pwait(ep, &ev, 1, -1, &nothing); }
static long epoll_2(void) { struct kernel_time t = { tmo.tv_sec, tmo.tv_nsec }; return syscall(SYS_epoll_pwait2, ep, &ev, 1, &t, NULL, 0); }
static long poll_epoll(void) { struct pollfd p = { ep, POLLIN }; return poll(&p, 1, -1); }

/* Time. */
static long nanosleep_a(void)
{
	struct timespec t = { 7, 7 };
	long r = nanosleep(&tmo, &t);
	int e = errno;

	if (r < 0 && e == EINTR)
		left(t.tv_sec, t.tv_nsec);
	errno = e;
	return r;
}
static long sleep_on(clockid_t clock)
{
	struct timespec t = { 7, 7 };
	int e = clock_nanosleep(clock, 0, &tmo, &t);

	if (e == EINTR)
		left(t.tv_sec, t.tv_nsec);
	errno = e;
	return e ? -1 : 0;
}
static long sleep_monotonic(void) { return sleep_on(CLOCK_MONOTONIC); }
static long sleep_realtime(void) { return sleep_on(CLOCK_REALTIME); }
static long sleep_boottime(void) { return sleep_on(CLOCK_BOOTTIME); }
static long sleep_tai(void) { return sleep_on(CLOCK_TAI); }
static long sleep_until(clockid_t clock)
{
	struct timespec t = later(clock), rem = { 7, 7 };

	errno = clock_nanosleep(clock, TIMER_ABSTIME, &t, &rem);
	if (rem.tv_sec != 7)
		strcpy(sh->left, " written");
	return errno ? -1 : 0;
}
static long until_monotonic(void) { return sleep_until(CLOCK_MONOTONIC); }
static long until_realtime(void) { return sleep_until(CLOCK_REALTIME); }
static void make_timer(void) { struct itimerspec t = { .it_value = { 1000 } }; a = timerfd_create(CLOCK_MONOTONIC, 0); timerfd_settime(a, 0, &t, NULL); }
static void make_idle_timer(void) { a = timerfd_create(CLOCK_MONOTONIC, 0); }
static void expire(void) { struct itimerspec t = { .it_value = { 0, 1 } }; timerfd_settime(a, 0, &t, NULL); }

/* Futexes. */
static long futex(volatile unsigned *w, int op, unsigned val, void *t, volatile unsigned *w2, unsigned val3) { return syscall(SYS_futex, w, op, val, t, w2, val3); }
static long futex_ever(void) { return futex(sh->word, FUTEX_WAIT, 0, NULL, NULL, 0); }
static long futex_for(void) { return futex(sh->word, FUTEX_WAIT, 0, &tmo, NULL, 0); }
static long futex_until(void) { struct timespec t = later(CLOCK_MONOTONIC); return futex(sh->word, FUTEX_WAIT_BITSET, 0, &t, NULL, ~0); }
static long futex_real(void) { struct timespec t = later(CLOCK_REALTIME); return futex(sh->word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &t, NULL, ~0); }
static void wake(void) { futex(sh->word, FUTEX_WAKE, 1, NULL, NULL, 0); }
static void own(void) { sh->word[1] = 0; futex(sh->word + 1, FUTEX_LOCK_PI, 0, NULL, NULL, 0); }
static void disown(void) { futex(sh->word + 1, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0); }
static long lock_pi(void) { return futex(sh->word + 1, FUTEX_LOCK_PI, 0, NULL, NULL, 0); }
static long lock_pi_until(void) { struct timespec t = later(CLOCK_REALTIME); return futex(sh->word + 1, FUTEX_LOCK_PI, 0, &t, NULL, 0); }
static long lock_pi_2(void) { struct timespec t = later(CLOCK_MONOTONIC); return futex(sh->word + 1, FUTEX_LOCK_PI2, 0, &t, NULL, 0); }
static long requeue_pi(void) { return futex(sh->word, FUTEX_WAIT_REQUEUE_PI, 0, NULL, sh->word + 1, 0); }
static long requeue_pi_until(void) { struct timespec t = later(CLOCK_MONOTONIC); return futex(sh->word, FUTEX_WAIT_REQUEUE_PI, 0, &t, sh->word + 1, 0); }
static void requeue(void) { sh->word[1] = 0; futex(sh->word, FUTEX_CMP_REQUEUE_PI, 1, (void *)1, sh->word + 1, 0); }
struct waiter { uint64_t val, addr; uint32_t flags, pad; };
static long waitv_of(void *t)
{
	struct waiter w[2] = { { 0, (unsigned long)sh->word, 2 }, { 0, (unsigned long)(sh->word + 2), 2 } };

	return syscall(SYS_futex_waitv, w, 2, 0, t, CLOCK_MONOTONIC);
}
static long waitv_ever(void) { return waitv_of(NULL); }
static long waitv_until(void) { struct timespec l = later(CLOCK_MONOTONIC); struct kernel_time t = { l.tv_sec, l.tv_nsec }; return waitv_of(&t); }

/* System V's and POSIX' objects. */
static void make_sem(void) { id = semget(IPC_PRIVATE, 1, 0600); }
static void no_sem(void) { semctl(id, 0, IPC_RMID); }
static long semop_a(void) { struct sembuf s = { 0, -1, 0 }; return semop(id, &s, 1); }
static long semop_0(void) { struct sembuf s = { 0, 0, 0 }; return semop(id, &s, 1); }
static void make_sem_1(void) { struct sembuf s = { 0, 1, 0 }; make_sem(); semop(id, &s, 1); }
static long semtimedop_a(void) { struct sembuf s = { 0, -1, 0 }; return semtimedop(id, &s, 1, &tmo); }
static void sem_up(void) { struct sembuf s = { 0, 1, 0 }; semop(id, &s, 1); }
static void make_msg(void) { id = msgget(IPC_PRIVATE, 0600); }
static void no_msg(void) { msgctl(id, IPC_RMID, NULL); }
struct message { long type; char text[500]; };
static void full_msg(void)
{
	struct message m = { 1 };

	make_msg();
	while (msgsnd(id, &m, 400, IPC_NOWAIT) == 0)
		;
}
static long msgrcv_a(void) { struct message m; return msgrcv(id, &m, 100, 0, 0); }
static long msgsnd_a(void) { struct message m = { 1 }; return msgsnd(id, &m, 400, 0); }
static void msg_sent(void) { struct message m = { 1 }; msgsnd(id, &m, 4, 0); }
static void msg_got(void) { struct message m; msgrcv(id, &m, 500, 0, 0); }
static void make_mq(void)
{
	struct mq_attr at = { .mq_maxmsg = 1, .mq_msgsize = 10 };
	char n[40];

	sprintf(n, "/interrupts.%d", getpid());
	a = mq_open(n, O_RDWR | O_CREAT | O_EXCL, 0600, &at);
	mq_unlink(n);
}
static void full_mq(void) { make_mq(); mq_send(a, "x", 1, 0); }
static long mq_receive_a(void) { return mq_receive(a, buf, 10, NULL); }
static long mq_receive_until(void) { struct timespec t = later(CLOCK_REALTIME); return mq_timedreceive(a, buf, 10, NULL, &t); }
static long mq_send_a(void) { return mq_send(a, "x", 1, 0); }
static long mq_send_until(void) { struct timespec t = later(CLOCK_REALTIME); return mq_timedsend(a, "x", 1, 0, &t); }
static void mq_sent(void) { mq_send(a, "x", 1, 0); }
static void mq_got(void) { mq_receive(a, buf, 10, NULL); }

/* Children and signals. */
static void child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	sh->child = pid;
}
static void child_ends(void) { kill(sh->child, SIGKILL); }
static long of_child(pid_t r) { return r == sh->child ? 1 : r; }
static long wait4_a(void) { return of_child(waitpid(sh->child, NULL, 0)); }
static long wait4_any(void) { return of_child(wait4(-1, NULL, 0, NULL)); }
static long waitid_a(void) { siginfo_t si; return waitid(P_PID, sh->child, &si, WEXITED); }
static long waitid_pidfd(void) { siginfo_t si; return waitid(P_PIDFD, syscall(SYS_pidfd_open, sh->child, 0), &si, WEXITED); }
static long poll_pidfd(void) { struct pollfd p = { syscall(SYS_pidfd_open, sh->child, 0), POLLIN }; return poll(&p, 1, -1); }
static long pause_a(void) { return pause(); }
static long suspend(void) { return sigsuspend(&nothing); }
static sigset_t own_signals;
static void rt(void) { kill(target, SIGRTMIN + 1); }
static long sigwait_ever(void) { return sigwaitinfo(&own_signals, NULL) == SIGRTMIN + 1 ? 1 : -1; }
static long sigwait_for(void) { return sigtimedwait(&own_signals, NULL, &tmo) == SIGRTMIN + 1 ? 1 : -1; }
static void make_signalfd(void) { a = signalfd(-1, &own_signals, 0); }
static long read_signalfd(void) { return read(a, buf, sizeof buf) > 0 ? 1 : -1; }

/* Files. */
static void locked(void) { a = open("lock", O_RDWR | O_CREAT, 0600); flock(a, LOCK_EX); }
static void unlocked(void) { flock(a, LOCK_UN); }
static long flock_a(void) { return flock(open("lock", O_RDWR), LOCK_EX); }
static long flock_shared(void) { return flock(open("lock", O_RDWR), LOCK_SH); }
static long record(int fd, int op, int type) { struct flock l = { .l_type = type, .l_whence = SEEK_SET }; return fcntl(fd, op, &l); }
static void record_locked(void) { a = open("lock", O_RDWR | O_CREAT, 0600); record(a, F_SETLK, F_WRLCK); }
static void record_unlocked(void) { record(a, F_SETLK, F_UNLCK); }
static long setlkw(void) { return record(open("lock", O_RDWR), F_SETLKW, F_WRLCK); }
static long ofd_setlkw(void) { return record(open("lock", O_RDWR), F_OFD_SETLKW, F_WRLCK); }
static void leased(void) { signal(SIGIO, SIG_IGN); a = open("lease", O_RDWR | O_CREAT, 0600); fcntl(a, F_SETLEASE, F_WRLCK); }
static void unleased(void) { fcntl(a, F_SETLEASE, F_UNLCK); }
static long open_leased(void) { return open("lease", O_RDWR) < 0 ? -1 : 0; }
static void watched(void) { a = inotify_init(); inotify_add_watch(a, ".", IN_CREATE); }
static void create(void) { close(open("created", O_CREAT | O_RDWR, 0600)); unlink("created"); }
static long read_news(void) { return read(a, buf, sizeof buf) > 0 ? 1 : -1; }
static long read_8(void) { return read(a, buf, 8); }
static void full_event(void) { event(); eventfd_write(b, UINT64_MAX - 1); }
static long write_8(void) { uint64_t one = 1; return write(b, &one, 8); }
static aio_context_t ctx;
static void no_aio(void) { ctx = 0; }
static long getevents(struct timespec *t) { struct io_event e; return ctx || !syscall(SYS_io_setup, 4, &ctx) ? syscall(SYS_io_getevents, ctx, 1, 1, &e, t) : -1; }
static long getevents_ever(void) { return getevents(NULL); }
static long getevents_for(void) { return getevents(&tmo); }

enum { TIMED = 1, CHILD = 2, MASKED = 4 /* no signal but SIGKILL comes in */ };

static const struct call {
	const char *name;
	void (*before)(void);
	long (*call)(void);
	void (*release)(void);	/* what ends the wait; a signal does otherwise */
	int flags;
	void (*after)(void);
} all[] = {
	{ "read pipe", make_pipe, read_a, write_1 },
	{ "readv pipe", make_pipe, readv_a, write_1 },
	{ "write pipe", full_pipe, write_b, drain },
	{ "write pipe much", full_pipe, write_much, drain_all },
	{ "open fifo r", make_fifo, open_r, opened_w },
	{ "open fifo w", make_fifo, open_w, opened_r },
	{ "splice from pipe", two_pipes, splice_in, write_1 },
	{ "splice to pipe", one_full, splice_out, drain },
	{ "splice file to pipe", file_full, splice_file, drain },
	{ "sendfile to pipe", file_full, sendfile_b, drain },
	{ "tee from pipe", two_pipes, tee_in, write_1 },
	{ "tee to pipe", one_full, tee_out, drain },
	{ "vmsplice", full_pipe, vmsplice_b, drain },
	{ "read unix", make_pair, read_a, write_1 },
	{ "recv unix", make_pair, recv_a, write_1 },
	{ "recv unix peek", make_pair, recv_peek, write_1 },
	{ "recv unix all", part_sent, recv_all, rest_sent },
	{ "recvmsg unix", make_pair, recvmsg_a, write_1 },
	{ "recv unix dgram", dgrams, recv_a, write_1 },
	{ "recvmmsg unix dgram", dgrams, recvmmsg_a, write_1 },
	{ "write unix", full_pair, write_b, drain_all },
	{ "send unix", full_pair, send_b, drain_all },
	{ "sendmsg unix", full_pair, sendmsg_b, drain_all },
	{ "send unix dgram", full_dgrams, send_b, drain_all },
	{ "accept unix", unix_listening, accept_a, connects },
	{ "connect unix", unix_full, connect_b, accepts },
	{ "read tcp", tcp_pair, read_a, write_1 },
	{ "recv tcp", tcp_pair, recv_a, write_1 },
	{ "recv tcp all", tcp_part_sent, recv_all, rest_sent },
	{ "recvmsg tcp", tcp_pair, recvmsg_a, write_1 },
	{ "accept tcp", tcp_listening, accept_a, tcp_connects },
	{ "recv udp", udp_pair, recv_a, write_1 },
	{ "recvmmsg udp", udp_pair, recvmmsg_a, write_1 },
	{ "recv unix timed", make_pair, recv_timed, write_1, TIMED },
	{ "read unix timed", make_pair, read_timed, write_1, TIMED },
	{ "recvmsg unix timed", make_pair, recvmsg_timed, write_1, TIMED },
	{ "recv unix dgram timed", dgrams, recv_timed, write_1, TIMED },
	{ "recvmmsg unix dgram timed", dgrams, recvmmsg_timed, write_1, TIMED },
	{ "send unix timed", full_pair, send_timed, drain_all, TIMED },
	{ "write unix timed", full_pair, write_timed, drain_all, TIMED },
	{ "send unix dgram timed", full_dgrams, send_timed, drain_all, TIMED },
	{ "accept unix timed", unix_listening, accept_timed, connects, TIMED },
	{ "connect unix timed", unix_full, connect_timed, accepts, TIMED },
	{ "recv tcp timed", tcp_pair, recv_timed, write_1, TIMED },
	{ "read tcp timed", tcp_pair, read_timed, write_1, TIMED },
	{ "accept tcp timed", tcp_listening, accept_timed, tcp_connects, TIMED },
	{ "recv udp timed", udp_pair, recv_timed, write_1, TIMED },
	{ "read tty", terminal, read_b, type_a },
	{ "write tty", halted, write_b, goes_on },
	{ "read ptmx", terminal, read_a, write_1 },
	{ "poll", event, poll_a, news, TIMED },
	{ "poll ever", event, poll_ever, news },
	{ "poll none", event, poll_none, NULL, TIMED },
	{ "ppoll", event, ppoll_a, news, TIMED },
	{ "ppoll raw", event, ppoll_raw, news, TIMED },
	{ "ppoll ever", event, ppoll_ever, news },
	{ "ppoll masked", event, ppoll_masked, news, MASKED },
	{ "ppoll unmasked", event, ppoll_open, news },
	{ "select", event, select_a, news, TIMED },
	{ "select ever", event, select_ever, news },
	{ "pselect", event, pselect_a, news, TIMED },
	{ "pselect masked", event, pselect_masked, news, MASKED },
	{ "pselect unmasked", event, pselect_open, news },
	{ "epoll_wait", epolled, epoll_a, news, TIMED },
	{ "epoll_wait ever", epolled, epoll_ever, news },
	{ "epoll_pwait masked", epolled, epoll_masked, news, MASKED },
	{ "epoll_pwait unmasked", epolled, epoll_open, news },
	{ "epoll_pwait2", epolled, epoll_2, news, TIMED },
	{ "poll epoll", epolled, poll_epoll, news },
	{ "nanosleep", NULL, nanosleep_a, NULL, TIMED },
	{ "clock_nanosleep monotonic", NULL, sleep_monotonic, NULL, TIMED },
	{ "clock_nanosleep realtime", NULL, sleep_realtime, NULL, TIMED },
	{ "clock_nanosleep boottime", NULL, sleep_boottime, NULL, TIMED },
	{ "clock_nanosleep tai", NULL, sleep_tai, NULL, TIMED },
	{ "clock_nanosleep until monotonic", NULL, until_monotonic, NULL, TIMED },
	{ "clock_nanosleep until realtime", NULL, until_realtime, NULL, TIMED },
	{ "read timerfd", make_timer, read_8, expire },
	{ "read timerfd idle", make_idle_timer, read_8, expire },
	{ "futex wait", NULL, futex_ever, wake },
	{ "futex wait timed", NULL, futex_for, wake, TIMED },
	{ "futex wait until", NULL, futex_until, wake, TIMED },
	{ "futex wait until realtime", NULL, futex_real, wake, TIMED },
	{ "futex lock_pi", own, lock_pi, disown },
	{ "futex lock_pi until", own, lock_pi_until, disown, TIMED },
	{ "futex lock_pi2 until", own, lock_pi_2, disown, TIMED },
	{ "futex requeue_pi", NULL, requeue_pi, requeue },
	{ "futex requeue_pi until", NULL, requeue_pi_until, requeue, TIMED },
	{ "futex_waitv", NULL, waitv_ever, wake },
	{ "futex_waitv until", NULL, waitv_until, wake, TIMED },
	{ "semop", make_sem, semop_a, sem_up, 0, no_sem },
	{ "semop 0", make_sem_1, semop_0, NULL, 0, no_sem },
	{ "semop removed", make_sem, semop_a, no_sem, 0, no_sem },
	{ "semtimedop", make_sem, semtimedop_a, sem_up, TIMED, no_sem },
	{ "msgrcv", make_msg, msgrcv_a, msg_sent, 0, no_msg },
	{ "msgrcv removed", make_msg, msgrcv_a, no_msg, 0, no_msg },
	{ "msgsnd", full_msg, msgsnd_a, msg_got, 0, no_msg },
	{ "mq_receive", make_mq, mq_receive_a, mq_sent },
	{ "mq_timedreceive", make_mq, mq_receive_until, mq_sent, TIMED },
	{ "mq_send", full_mq, mq_send_a, mq_got },
	{ "mq_timedsend", full_mq, mq_send_until, mq_got, TIMED },
	{ "wait4", NULL, wait4_a, child_ends, CHILD },
	{ "wait4 any", NULL, wait4_any, child_ends, CHILD },
	{ "waitid", NULL, waitid_a, child_ends, CHILD },
	{ "waitid pidfd", NULL, waitid_pidfd, child_ends, CHILD },
	{ "poll pidfd", NULL, poll_pidfd, child_ends, CHILD },
	{ "pause", NULL, pause_a, NULL },
	{ "sigsuspend", NULL, suspend, NULL },
	{ "sigwaitinfo", NULL, sigwait_ever, rt },
	{ "sigtimedwait", NULL, sigwait_for, rt, TIMED },
	{ "read signalfd", make_signalfd, read_signalfd, rt },
	{ "flock", locked, flock_a, unlocked },
	{ "flock shared", locked, flock_shared, unlocked },
	{ "setlkw", record_locked, setlkw, record_unlocked },
	{ "ofd setlkw", record_locked, ofd_setlkw, record_unlocked },
	{ "open leased", leased, open_leased, unleased },
	{ "read inotify", watched, read_news, create },
	{ "read eventfd", event, read_8, news },
	{ "write eventfd", full_event, write_8, drain },
	{ "io_getevents", no_aio, getevents_ever, NULL },
	{ "io_getevents timed", no_aio, getevents_for, NULL, TIMED },
};

/* What comes to those that wait. */
enum { HANDLER, RESTART, IGNORED, WINCH, CHLD, CONT, BLOCKED, OTHER, STOP, STOP_HANDLER, STOP_RESTART, SEIZE, ATTACH, FIRST_RESTART, FIRST_NOT, INFINITE,
	TIMEOUT = INFINITE, TIMEOUT_STOP, ZERO, NEGATIVE, NSEC, HUGE_TIME, NWAYS };
static const char *const ways[] = { "handler", "restart", "ignored", "winch", "chld", "cont", "blocked", "other-thread", "stop", "stop-handler", "stop-restart",
	"seize", "attach", "restart-first", "not-first", "timeout", "timeout-stop", "zero", "negative", "nsec", "huge" };

static void on(int sig) { sh->handled++; }
static void catch(int sig, int flags)
{
	struct sigaction s = { .sa_handler = on, .sa_flags = flags };

	sigaction(sig, &s, NULL);
}

static char state_of(pid_t pid)
{
	char t[600], *p;
	int f, n;

	sprintf(t, "/proc/%d/stat", pid);
	if ((f = open(t, O_RDONLY)) < 0)
		return 0;
	n = read(f, t, sizeof t - 1);
	close(f);
	if (n <= 0)
		return 0;
	t[n] = 0;
	p = strrchr(t, ')');
	return p ? p[2] : 0;
}

static void until(pid_t pid, char state)
{
	while (state_of(pid) != state && !sh->done)
		usleep(200);
}

static void *takes(void *arg)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	pthread_sigmask(SIG_UNBLOCK, &s, NULL);
	sh->ready++;
	for (;;)
		pause();
}

static void waits(const struct call *c, int way)
{
	sigset_t s = own_signals;
	pthread_t t;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (way == BLOCKED || way == OTHER)
		sigaddset(&s, SIGUSR1);
	pthread_sigmask(SIG_SETMASK, &s, NULL);
	catch(SIGUSR1, way == RESTART || way == FIRST_RESTART ? SA_RESTART : 0);
	catch(SIGUSR2, way == FIRST_NOT ? SA_RESTART : 0);
	catch(SIGALRM, 0);
	if (way == STOP_HANDLER || way == STOP_RESTART)
		catch(SIGCONT, way == STOP_RESTART ? SA_RESTART : 0);
	if (way == IGNORED)
		signal(SIGUSR1, SIG_IGN);
	if (c->flags & CHILD)
		child();
	if (way == OTHER) {
		pthread_create(&t, NULL, takes, NULL);
		while (!sh->ready)
			usleep(200);
	}
	sh->ready = 2;
	errno = 0;
	sh->result = c->call();
	sh->err = errno;
	sh->done = 1;
	for (;;)
		pause();
}

static void settle(void) { usleep(8000); }
static int masked;
static void await_handled(int n)
{
	if (masked)
		return settle();
	while (sh->handled < n)
		usleep(200);
	until(target, 'S');
}

static void interrupt(int way)
{
	siginfo_t si;
	int status;

	switch (way) {
	case HANDLER: case RESTART:
		kill(target, SIGUSR1);
		await_handled(1);
		break;
	case OTHER:
		kill(target, SIGUSR1);
		await_handled(1);
		settle();
		break;
	case IGNORED: case BLOCKED: case WINCH: case CHLD: case CONT:
		kill(target, way == WINCH ? SIGWINCH : way == CHLD ? SIGCHLD : way == CONT ? SIGCONT : SIGUSR1);
		settle();
		break;
	case STOP: case TIMEOUT_STOP: case STOP_HANDLER: case STOP_RESTART: case FIRST_RESTART: case FIRST_NOT:
		kill(target, SIGSTOP);
		waitid(P_PID, target, &si, WSTOPPED);
		while (state_of(target) != 'T')
			usleep(200);
		if (way == FIRST_RESTART || way == FIRST_NOT) {
			kill(target, SIGUSR2);
			kill(target, SIGUSR1);
		}
		kill(target, SIGCONT);
		waitid(P_PID, target, &si, WCONTINUED);
		if (way == STOP_HANDLER || way == STOP_RESTART)
			await_handled(1);
		else if (way == FIRST_RESTART || way == FIRST_NOT)
			await_handled(2);
		else
			until(target, 'S');
		break;
	case SEIZE:
		ptrace(PTRACE_SEIZE, target, 0, 0);
		ptrace(PTRACE_INTERRUPT, target, 0, 0);
		waitpid(target, &status, 0);
		ptrace(PTRACE_DETACH, target, 0, 0);
		until(target, 'S');
		break;
	case ATTACH:
		ptrace(PTRACE_ATTACH, target, 0, 0);
		waitpid(target, &status, 0);
		ptrace(PTRACE_DETACH, target, 0, 0);
		until(target, 'S');
		break;
	}
}

static void answer(char *to)
{
	if (sh->result < 0)
		sprintf(to, "%s%s", sh->set ? "setting " : "", strerrorname_np(sh->err) ? strerrorname_np(sh->err) : "?");
	else
		sprintf(to, "%ld", sh->result);
	strcat(to, sh->left);
}

/* One wait and one interruption, in a process that has nothing of others. */
static void one(const struct call *c, int way, char *out)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	masked = c->flags & MASKED;
	sh->ready = sh->done = sh->handled = sh->set = 0;
	*sh->left = 0;
	memset((void *)sh->word, 0, sizeof sh->word);
	if (c->before)
		c->before();
	target = fork();
	if (target == 0)
		waits(c, way);
	while (sh->ready < 2)
		usleep(200);
	until(target, 'S');
	if (way >= TIMEOUT && way != TIMEOUT_STOP) {
		for (int i = 0; !sh->done && i < (way == TIMEOUT ? 10000 : 10); i++)
			usleep(1000);
		if (sh->done)
			answer(out);
		else
			strcpy(out, "waits");
	} else if (sh->done) {
		strcpy(out, "at once ");
		answer(out + strlen(out));
	} else {
		if (way < INFINITE && c->flags & TIMED)
			usleep(25000);
		interrupt(way);
		if (!sh->done) {
			if (way != TIMEOUT_STOP) {
				strcpy(out, "waits, ");
				if (c->release)
					c->release();
				else
					kill(target, SIGALRM);
			}
			for (int i = 0; !sh->done && i < 10000; i++)
				usleep(1000);
		}
		if (sh->done)
			answer(out + strlen(out));
		else
			strcat(out, "for ever");
		if (sh->handled)
			sprintf(out + strlen(out), " /%d", sh->handled);
	}
	kill(target, SIGKILL);
	if (sh->child && c->flags & CHILD)
		kill(sh->child, SIGKILL);
	if (c->after)
		c->after();
	_exit(0);
}

int main(int argc, char **argv)
{
	const char *only = argc > 2 ? argv[2] : NULL, *call = argc > 3 ? argv[3] : NULL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2 || chdir(argv[1]) < 0)
		return 1;
	sh = mmap(NULL, sizeof *sh, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	signal(SIGPIPE, SIG_IGN);
	sigfillset(&everything);
	sigaddset(&own_signals, SIGRTMIN + 1);
	for (int w = 0; w < NWAYS; w++) {
		static const struct timespec times[] = { { 0, 20000000 }, { 0, 60000000 }, { 0, 0 }, { -1, 0 }, { 0, 1000000000 }, { INT32_MAX, 0 } };

		if (only && strcmp(only, ways[w]))
			continue;
		tmo = (struct timespec){ 100, 0 };
		if (w >= TIMEOUT)
			tmo = times[w - TIMEOUT];
		objects[nobjects++] = ways[w];
		for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
			pid_t pid;

			if (call && strcmp(call, all[i].name) || w >= TIMEOUT && !(all[i].flags & TIMED))
				continue;
			*sh->said[i] = 0;
			if ((pid = fork()) == 0)
				one(&all[i], w, sh->said[i]);
			waitpid(pid, NULL, 0);
			for (int n = 0; n < 6; n++)
				unlink(((const char *[]){ "fifo", "file", "listening", "lock", "lease", "created" })[n]);
			note(all[i].name, "%s", *sh->said[i] ? sh->said[i] : "nothing");
		}
	}
	print();
	return 0;
}
