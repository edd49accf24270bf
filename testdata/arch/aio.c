/* Asynchronous I/O: aio_*, lio_listio (sys_aio.c). */
#include "posix.h"

#define SYS_aio_cancel	399
#define SYS_aio_error	400
#define SYS_aio_fsync	401
#define SYS_aio_read	402
#define SYS_aio_return	403
#define SYS_aio_suspend	438
#define SYS_aio_write	405
#define SYS_lio_listio	406

#define SYS_unlink	10
#define sys6(n, a, b, c, d, e, f) nb_syscall(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

#define EINPROGRESS	36
#define O_SYNC		0x80
#define O_DSYNC		0x10000
#define O_EXCL		0x800
#define SI_ASYNCIO	-3
#define SIGEV_NONE	0
#define SIGEV_SIGNAL	1
#define EVFILT_AIO	2
#define EV_ADD		1

#define AIO_CANCELED	1
#define AIO_NOTCANCELED	2
#define AIO_ALLDONE	3
#define LIO_NOP		0
#define LIO_WRITE	1
#define LIO_READ	2
#define LIO_NOWAIT	0
#define LIO_WAIT	1
#define LISTIO_MAX	512

struct aiocb {
	i64 offset;
	volatile void *buf;
	size_t nbytes;
	int fildes, opcode, reqprio;
	struct sigevent ev;
	int state, error;
	long retval;
};

static volatile int count;
static struct info last;

static void note(int sig, struct siginfo *si, void *uc)
{
	memcpy(&last, si, sizeof last);
	count++;
}

static int file(int flags)
{
	/* Other machines have processes with our number, and use the same directory. */
	char name[40] = "/tmp/nbemu-aio.", *p;
	long try = 0, n;
	int fd, again;

	do {
		p = name + 15;
		for (n = 100 * getpid() + try; n != 0; n /= 10)
			*p++ = (char)('0' + n % 10);
		*p = 0;
		fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	} while (fd == -EEXIST && ++try < 100);
	OK(fd >= 0);
	if (flags != O_RDWR) {
		again = open(name, flags, 0);
		OK(again >= 0);
		sys1(SYS_close, fd);
		fd = again;
	}
	EQ(sys1(SYS_unlink, name), 0);
	return fd;
}

static struct aiocb *cb(struct aiocb *a, int fd, void *buf, size_t n, i64 offset)
{
	memset(a, 0, sizeof *a);
	a->fildes = fd;
	a->buf = buf;
	a->nbytes = n;
	a->offset = offset;
	return a;
}

static long suspend(struct aiocb *a, int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000l };

	return (long)sys3(SYS_aio_suspend, &a, 1, ms < 0 ? 0 : &ts);
}

static long error(struct aiocb *a) { return (long)sys1(SYS_aio_error, a); }
static long result(struct aiocb *a) { return (long)sys1(SYS_aio_return, a); }

/* One operation to its end. */
static long finish(int call, struct aiocb *a)
{
	EQ(sys1(call, a), 0);
	EQ(suspend(a, -1), 0);
	return error(a);
}

static void reads_and_writes(void)
{
	static char in[32];
	struct aiocb a;
	int fd = file(O_RDWR);

	EQ(finish(SYS_aio_write, cb(&a, fd, "0123456789", 10, 5)), 0);
	EQ(a.nbytes, 10);
	EQ(a.offset, 15);
	EQ(result(&a), 10);
	EQ(result(&a), -EINVAL);
	EQ(error(&a), -EINVAL);
	EQ(finish(SYS_aio_read, cb(&a, fd, in, sizeof in, 7)), 0);
	EQ(result(&a), 8);
	EQ(a.nbytes, 8);
	OK(same(in, "23456789"));
	EQ(finish(SYS_aio_read, cb(&a, fd, in, sizeof in, 15)), 0);
	EQ(result(&a), 0);
	/* The file's own offset is left alone. */
	EQ(sys3(SYS_read, fd, in, 6), 6);
	EQ(in[5], '0');
	cb(&a, fd, 0, 0, 0);
	EQ(sys2(SYS_aio_fsync, O_SYNC, &a), 0);
	EQ(suspend(&a, -1), 0);
	EQ(result(&a), 0);
	EQ(sys2(SYS_aio_fsync, O_DSYNC, cb(&a, fd, 0, 0, 0)), 0);
	EQ(suspend(&a, -1), 0);
	EQ(result(&a), 0);
}

static void refused(void)
{
	static char in[8];
	struct aiocb a, *list[1] = { &a };
	int fd = file(O_RDWR);

	EQ(error(cb(&a, fd, in, 1, 0)), -EINVAL);	/* no job ever */
	EQ(suspend(&a, -1), -EAGAIN);
	EQ(sys2(SYS_aio_cancel, fd, 0), AIO_NOTCANCELED);
	EQ(sys1(SYS_aio_read, cb(&a, fd, 0, 1, 0)), -EINVAL);
	EQ(sys1(SYS_aio_read, cb(&a, fd, in, (size_t)-1, 0)), -EINVAL);
	EQ(sys1(SYS_aio_read, 16), -EFAULT);
	cb(&a, fd, in, 1, 0)->ev.signo = NSIG;
	EQ(sys1(SYS_aio_read, &a), -EINVAL);
	cb(&a, fd, in, 1, 0)->ev.signo = -1;
	EQ(sys1(SYS_aio_read, &a), -EINVAL);
	cb(&a, fd, in, 1, 0)->ev.notify = 4;
	EQ(sys1(SYS_aio_read, &a), -EINVAL);
	EQ(sys2(SYS_aio_fsync, 0, cb(&a, fd, 0, 0, 0)), -EINVAL);
	EQ(sys2(SYS_aio_cancel, 77, 0), -EBADF);
	EQ(sys3(SYS_aio_suspend, list, 0, 0), -EAGAIN);
	EQ(sys3(SYS_aio_suspend, list, LISTIO_MAX + 1, 0), -EAGAIN);
	EQ(sys4(SYS_lio_listio, LIO_WAIT, list, 0, 0), -EINVAL);
	EQ(sys4(SYS_lio_listio, LIO_WAIT, list, LISTIO_MAX + 1, 0), -EINVAL);
	EQ(sys4(SYS_lio_listio, 2, list, 1, 0), -EINVAL);
	EQ(sys4(SYS_lio_listio, LIO_NOWAIT, list, 1, 16), -EFAULT);
	EQ(sys4(SYS_lio_listio, LIO_WAIT, 16, 1, 0), -EFAULT);
	/* These are told by aio_error. */
	EQ(finish(SYS_aio_read, cb(&a, 77, in, 1, 0)), EBADF);
	EQ(result(&a), -1);
	EQ(finish(SYS_aio_write, cb(&a, file(0), in, 1, 0)), EBADF);
	EQ(result(&a), -1);
	EQ(finish(SYS_aio_read, cb(&a, fd, in, 1, -1)), EINVAL);
	EQ(finish(SYS_aio_write, cb(&a, fd, (void *)16, 1, 0)), EFAULT);
	EQ(suspend(&a, 0), -EAGAIN);	/* though it is done */
}

static void fsync_of_what_is_no_file(void)
{
	struct aiocb a;
	int p[2];

	mkpipe(p);
	EQ(sys2(SYS_aio_fsync, O_SYNC, cb(&a, p[1], 0, 0, 0)), 0);
	EQ(suspend(&a, -1), 0);
	EQ(error(&a), EINVAL);
	EQ(sys2(SYS_aio_fsync, O_SYNC, cb(&a, file(0), 0, 0, 0)), 0);
	EQ(suspend(&a, -1), 0);
	EQ(error(&a), EBADF);
}

static void signals_at_the_end(void)
{
	struct aiocb a;

	handle(SIGUSR1, note, SA_SIGINFO, 0);
	cb(&a, file(O_RDWR), "x", 1, 0);
	a.ev.notify = SIGEV_SIGNAL;
	a.ev.signo = SIGUSR1;
	a.ev.value.n = 4711;
	EQ(sys1(SYS_aio_write, &a), 0);
	while (count == 0)
		yield();
	EQ(last.signo, SIGUSR1);
	EQ(last.code, SI_ASYNCIO);
	EQ(last.u.rt.value.n, 4711);
	EQ(error(&a), 0);
	/* SIGEV_NONE has no signal, whatever its number. */
	a.ev.notify = SIGEV_NONE;
	EQ(finish(SYS_aio_write, &a), 0);
	EQ(finish(SYS_aio_write, &a), 0);
	EQ(count, 1);
}

static void waits(void)
{
	static char in[8];
	struct aiocb a, b, *list[3] = { 0, &a, &b };
	int p[2], fd = file(O_RDWR);

	mkpipe(p);
	EQ(sys1(SYS_aio_read, cb(&a, p[0], in, sizeof in, 0)), 0);
	EQ(suspend(&a, 10), -EAGAIN);
	EQ(error(&a), EINPROGRESS);
	EQ(result(&a), -EINVAL);
	/* One after another: this one waits for the first. */
	EQ(sys1(SYS_aio_write, cb(&b, fd, "x", 1, 0)), 0);
	EQ(sys1(SYS_aio_write, &b), -EINVAL);
	EQ(suspend(&b, 10), -EAGAIN);
	put(p[1], 'a');
	EQ(sys3(SYS_aio_suspend, list, 3, 0), 0);
	EQ(error(&a), 0);
	EQ(result(&a), 1);
	EQ(in[0], 'a');
	EQ(suspend(&b, -1), 0);
	EQ(result(&b), 1);
}

static void suspend_is_interrupted(void)
{
	static char in[8];
	struct itimerval it = { { 0, 0 }, { 0, 10000 } };
	struct aiocb a;
	int p[2];

	mkpipe(p);
	EQ(sys1(SYS_aio_read, cb(&a, p[0], in, sizeof in, 0)), 0);
	handle(SIGALRM, note, SA_SIGINFO, 0);
	EQ(sys3(SYS_setitimer, 0, &it, 0), 0);
	EQ(suspend(&a, -1), -EINTR);
	EQ(count, 1);
	EQ(error(&a), EINPROGRESS);
}

static void cancels(void)
{
	static char in[8];
	struct aiocb a, b[4];
	int p[2], fd = file(O_RDWR);

	mkpipe(p);
	EQ(sys1(SYS_aio_read, cb(&a, p[0], in, sizeof in, 0)), 0);
	EQ(suspend(&a, 100), -EAGAIN);
	for (int i = 0; i < 4; i++)
		EQ(sys1(SYS_aio_write, cb(&b[i], i == 3 ? p[1] : fd, "x", 1, 0)), 0);
	EQ(sys2(SYS_aio_cancel, p[0], &b[0]), -EBADF);
	EQ(sys2(SYS_aio_cancel, fd, &b[0]), AIO_CANCELED);
	EQ(error(&b[0]), ECANCELED);
	EQ(result(&b[0]), -1);
	EQ(sys2(SYS_aio_cancel, fd, &b[0]), AIO_ALLDONE);
	EQ(sys2(SYS_aio_cancel, fd, 0), AIO_CANCELED);
	EQ(error(&b[1]), ECANCELED);
	EQ(error(&b[2]), ECANCELED);
	EQ(error(&b[3]), EINPROGRESS);
	EQ(sys2(SYS_aio_cancel, p[0], 0), AIO_NOTCANCELED);
	EQ(sys2(SYS_aio_cancel, p[0], &a), AIO_NOTCANCELED);
	put(p[1], 'z');
	EQ(suspend(&a, -1), 0);
	EQ(result(&a), 1);
	EQ(suspend(&b[3], -1), 0);
	EQ(result(&b[3]), 1);
	EQ(get(p[0]), 'x');
}

static void lists(void)
{
	static char in[3][4];
	struct aiocb a[4], *list[4];
	struct sigevent ev;
	int fd = file(O_RDWR);

	for (int i = 0; i < 4; i++) {
		list[i] = cb(&a[i], fd, "abcd" + i, 1, i);
		a[i].opcode = i == 3 ? LIO_NOP : LIO_WRITE;
	}
	EQ(sys4(SYS_lio_listio, LIO_WAIT, list, 4, 0), 0);
	for (int i = 0; i < 3; i++)
		EQ(result(&a[i]), 1);
	EQ(error(&a[3]), -EINVAL);
	handle(SIGUSR1, note, SA_SIGINFO, 0);
	memset(&ev, 0, sizeof ev);
	ev.notify = SIGEV_SIGNAL;
	ev.signo = SIGUSR1;
	ev.value.n = 99;
	for (int i = 0; i < 3; i++)
		cb(&a[i], fd, in[i], 1, i)->opcode = LIO_READ;
	EQ(sys4(SYS_lio_listio, LIO_NOWAIT, list, 4, &ev), 0);
	while (count == 0)
		yield();
	EQ(last.code, SI_ASYNCIO);
	EQ(last.u.rt.value.n, 99);
	for (int i = 0; i < 3; i++) {
		EQ(error(&a[i]), 0);
		EQ(in[i][0], 'a' + i);
	}
	/* One that cannot begin is EIO; the others go on. */
	a[1].opcode = 3;
	EQ(sys4(SYS_lio_listio, LIO_WAIT, list, 3, 0), -EIO);
	EQ(suspend(&a[0], -1), 0);
	EQ(suspend(&a[2], -1), 0);
	EQ(count, 1);
}

static void limits(void)
{
	static char in[8];
	static struct aiocb a[LISTIO_MAX + 2];
	int p[2], n;
	long e = 0;

	mkpipe(p);
	for (n = 0; n < LISTIO_MAX + 2; n++) {
		e = (long)sys1(SYS_aio_read, cb(&a[n], p[0], in, 1, 0));
		if (e != 0)
			break;
	}
	EQ(e, -EAGAIN);
	OK(n == LISTIO_MAX || n == LISTIO_MAX + 1);	/* the worker may have the first */
	OK(sys2(SYS_aio_cancel, p[0], &a[n - 1]) > 0);
	EQ(error(&a[n - 1]), ECANCELED);
	EQ(sys1(SYS_aio_read, &a[n - 1]), 0);
	OK(sys2(SYS_aio_cancel, p[0], 0) > 0);
	EQ(error(&a[n - 1]), ECANCELED);
}

static void children_begin_anew(void)
{
	static char in[8];
	struct aiocb a;
	int p[2], fd = file(O_RDWR);
	long pid;

	mkpipe(p);
	EQ(sys1(SYS_aio_read, cb(&a, p[0], in, 1, 0)), 0);
	pid = fork();
	if (pid == 0) {
		EQ(error(&a), -EINVAL);
		EQ(finish(SYS_aio_write, cb(&a, fd, "x", 1, 0)), 0);
		exit(3);
	}
	EQ(wait_for(pid), EXITED(3));
	EQ(error(&a), EINPROGRESS);
	/* The process can end with a job under way. */
}

static void no_kevent(void)
{
	struct { size_t ident; u32 filter, flags, fflags; i64 data; void *udata; size_t room; } ev;
	long kq = (long)sys0(SYS_kqueue);

	memset(&ev, 0, sizeof ev);
	ev.filter = EVFILT_AIO;
	ev.flags = EV_ADD;
	EQ(sys6(SYS_kevent, kq, &ev, 1, 0, 0, 0), -EINVAL);	/* no release has the filter */
}

static const struct tcase cases[] = {
	{ "read_write", reads_and_writes },
	{ "errors", refused },
	{ "fsync_no_file", fsync_of_what_is_no_file },
	{ "signals", signals_at_the_end },
	{ "suspend", waits },
	{ "suspend_eintr", suspend_is_interrupted },
	{ "cancel", cancels },
	{ "lio_listio", lists },
	{ "limits", limits },
	{ "fork", children_begin_anew },
	{ "kevent", no_kevent },
};

int main(int argc, char **argv, char **envp)
{
	return RUN_CASES(cases, argv);
}
