/*
 * Calls of Linux whose arguments have structures, flags and options, and that
 * do the same on every machine: strace's trace of it is held beside nbemu's.
 */
#define _GNU_SOURCE
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static void
handler(int sig)
{
}

static void
files(void)
{
	char buf[256];
	struct stat st;
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct timespec times[2] = { { 5, 6 }, { 0, UTIME_NOW } };
	struct iovec iov[2] = { { "ab", 2 }, { "cde", 3 } };
	off_t off = 0;
	int fds[2], fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0640);

	pwritev(fd, iov, 2, 0);
	fstat(fd, &st);
	fcntl(fd, F_SETLK, &lock);
	fcntl(fd, F_GETFL);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_GETFD);
	fcntl(fd, F_DUPFD_CLOEXEC, 20);
	utimensat(AT_FDCWD, "file", times, 0);
	faccessat(AT_FDCWD, "file", R_OK | W_OK, 0);
	pipe2(fds, O_NONBLOCK);
	sendfile(fds[1], fd, &off, 4);
	read(fds[0], buf, sizeof(buf));
	read(fds[0], buf, sizeof(buf));
	mknod("fifo", S_IFIFO | 0600, 0);
	unlinkat(AT_FDCWD, "fifo", 0);
	lseek(fd, 0, 99);
	syscall(SYS_renameat2, AT_FDCWD, "file", AT_FDCWD, "other", 1);
	fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 4096);
	posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED);
	ioctl(fd, TIOCGWINSZ, buf);
	unlink("other");
}

static void
signals(void)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };
	struct itimerval it = { { 0, 0 }, { 10, 0 } };
	stack_t stack = { .ss_sp = (void *)&files, .ss_size = 65536 };
	sigset_t set;
	union sigval value = { .sival_int = 7 };

	sigaddset(&sa.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGRTMIN, &sa, NULL);
	sigaltstack(&stack, NULL);
	sigfillset(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(SIGUSR1);
	sigqueue(getpid(), SIGRTMIN, value);
	setitimer(ITIMER_REAL, &it, NULL);
	alarm(0);
}

static void
sockets(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "\0straced" };
	struct epoll_event ev = { EPOLLIN | EPOLLET, { .u32 = 77 } };
	struct pollfd pfd = { 0, POLLOUT, 0 };
	struct linger linger = { 1, 5 };
	struct msghdr msg = { 0 };
	struct iovec iov = { "xyz", 3 };
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, buf[16];
	socklen_t len = sizeof(un);
	int one = 1, sv[2], e, s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(s, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	bind(s, (struct sockaddr *)&in, sizeof(in));
	getpeername(s, (struct sockaddr *)&in, &len);
	s = socket(AF_UNIX, SOCK_DGRAM, 0);
	bind(s, (struct sockaddr *)&un, offsetof(struct sockaddr_un, sun_path) + 8);
	getsockname(s, (struct sockaddr *)&un, &len);
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv);
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = control;
	msg.msg_controllen = sizeof(control);
	CMSG_FIRSTHDR(&msg)->cmsg_len = CMSG_LEN(sizeof(int));
	CMSG_FIRSTHDR(&msg)->cmsg_level = SOL_SOCKET;
	CMSG_FIRSTHDR(&msg)->cmsg_type = SCM_RIGHTS;
	sendmsg(sv[0], &msg, MSG_NOSIGNAL);
	recv(sv[1], buf, sizeof(buf), MSG_DONTWAIT | MSG_PEEK);
	pfd.fd = sv[0];
	poll(&pfd, 1, 10);
	e = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(e, EPOLL_CTL_ADD, sv[1], &ev);
	epoll_wait(e, &ev, 1, 0);
	eventfd(3, EFD_NONBLOCK);
	timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	shutdown(sv[0], SHUT_WR);
}

static void
rest(void)
{
	struct sembuf op = { 1, 1, SEM_UNDO };
	struct { long type; char text[8]; } m = { 3, "hello" };
	struct timespec ts = { 0, 1 };
	struct rlimit rl = { 100, 100 };
	int id, status;
	pid_t pid;
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	mprotect(p, 4096, PROT_READ);
	madvise(p, 8192, MADV_DONTNEED);
	msync(p, 4096, MS_SYNC);
	munmap(p, 8192);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
	setrlimit(RLIMIT_CORE, &rl);
	prctl(PR_SET_NAME, "straced");
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_GET_DUMPABLE);
	sched_getscheduler(0);
	syscall(SYS_futex, &status, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
	id = semget(IPC_PRIVATE, 2, IPC_CREAT | 0600);
	semop(id, &op, 1);
	semctl(id, 0, IPC_RMID);
	id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	msgsnd(id, &m, 5, IPC_NOWAIT);
	msgrcv(id, &m, 5, 0, MSG_NOERROR);
	msgctl(id, IPC_RMID, NULL);
	pid = fork();
	if (pid == 0)
		_exit(3);
	waitpid(pid, &status, 0);
}

int
main(void)
{
	files();
	signals();
	sockets();
	rest();
	return 5;
}
