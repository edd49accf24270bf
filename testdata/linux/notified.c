/* Calls that a filter of seccomp's leaves to who reads its listener, and what a tracer sees of filters. */
#include "say.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>

static int filter(long nr, unsigned answer, unsigned flags)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { 4, f };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &p);
}

static void send_fd(int s, int fd)
{
	union { struct cmsghdr h; char b[CMSG_SPACE(4)]; } c = { 0 };
	struct iovec v = { "x", 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof c };

	c.h.cmsg_len = CMSG_LEN(4);
	c.h.cmsg_level = SOL_SOCKET;
	c.h.cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(&c.h), &fd, 4);
	sendmsg(s, &m, 0);
}

static int get_fd(int s)
{
	union { struct cmsghdr h; char b[CMSG_SPACE(4)]; } c;
	char x;
	struct iovec v = { &x, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof c };
	int fd;

	recvmsg(s, &m, 0);
	memcpy(&fd, CMSG_DATA(&c.h), 4);
	return fd;
}

static int handled;
static void handler(int sig) { handled = sig; }

static void target(int s)
{
	struct sigaction act = { .sa_handler = handler };
	pid_t group = getpgrp(); /* by getpgid, here and there */
	int fd;

	sigaction(SIGUSR1, &act, NULL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	fd = filter(SYS_getpgid, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	printf("listener %d, again %d, no flag %d\n", fd >= 0, filter(SYS_getsid, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER) == -1 && errno == EBUSY,
	       filter(SYS_getsid, SECCOMP_RET_USER_NOTIF, 1 << 5) == -1 && errno == EINVAL);
	printf("closes at exec %d\n", fcntl(fd, F_GETFD));
	fflush(stdout);
	send_fd(s, fd);
	close(fd);
	say("a value", syscall(SYS_getpgid, 11));
	say("an error", syscall(SYS_getpgid, 12));
	say("made", syscall(SYS_getpgid, 0) == group);
	say("a descriptor", fcntl(syscall(SYS_getpgid, 14), F_GETFD));
	say("at a place", syscall(SYS_getpgid, 15));
	say("there", fcntl(50, F_GETFD));
	say("a signal", syscall(SYS_getpgid, 16));
	printf("handled %d\n", handled == SIGUSR1);
	say("nobody listens", syscall(SYS_getpgid, 17));
	fflush(stdout);
	_exit(0);
}

static void answer(int fd, struct seccomp_notif *n)
{
	memset(n, 0, sizeof *n);
	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, n) == -1)
		printf("no call: %s\n", strerrorname_np(errno));
}

static void listen_to(int fd, pid_t pid)
{
	struct seccomp_notif n;
	struct seccomp_notif_resp r = { 0 };
	struct seccomp_notif_addfd a = { 0 };
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
	uint64_t old;

	n.id = 1;
	say("not zeroed", ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &n));
	poll(&p, 1, -1);
	printf("poll %d\n", p.revents);
	answer(fd, &n);
	printf("pid %d call %d argument %d flags %d\n", n.pid == (unsigned)pid, n.data.nr == SYS_getpgid, (int)n.data.args[0], n.flags);
	poll(&p, 1, -1);
	printf("poll %d\n", p.revents);
	r.id = n.id + 100;
	say("no such call", ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &r));
	old = n.id;
	say("valid", ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &old));
	r.id = n.id;
	r.flags = 2;
	say("flags", ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &r));
	r.flags = 1;
	r.val = 1;
	say("both", ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &r));
	r.flags = 0;
	r.val = 4711;
	say("value", ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &r));
	answer(fd, &n);
	say("over", ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &old));
	r.id = n.id;
	r.val = 0;
	r.error = -EDOM;
	say("error", ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &r));
	answer(fd, &n);
	r.id = n.id;
	r.error = 0;
	r.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	say("continue", ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &r));
	r.flags = 0;
	answer(fd, &n);
	a.id = n.id;
	a.srcfd = 99;
	say("no file", ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a));
	a.srcfd = 1;
	a.newfd = 50;
	say("place without flag", ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a));
	a.newfd = 0;
	a.newfd_flags = O_CLOEXEC;
	r.id = n.id;
	r.val = ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a);
	say("added", r.val > 2);
	say("its number", ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &r));
	answer(fd, &n);
	a.id = n.id;
	a.flags = SECCOMP_ADDFD_FLAG_SETFD | SECCOMP_ADDFD_FLAG_SEND;
	a.newfd = 50;
	a.newfd_flags = 0;
	say("added and sent", ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, &a));
	answer(fd, &n);
	kill(pid, SIGUSR1);
	do {
		old = n.id;
		p.events = 0;
	} while (ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &old) == 0);
	printf("ended by a signal\n");
	answer(fd, &n);
	printf("argument %d\n", (int)n.data.args[0]);
	fflush(stdout);
	close(fd);
}

static void listeners(void)
{
	struct seccomp_notif_sizes sizes;
	unsigned action = SECCOMP_RET_USER_NOTIF;
	int s[2], status, out[2], n;
	char text[4096];
	pid_t pid;

	say("sizes", syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes));
	printf("%d %d %d\n", sizes.seccomp_notif, sizes.seccomp_notif_resp, sizes.seccomp_data);
	printf("there is such an answer: %ld\n", syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
	fflush(stdout);
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	pipe(out); /* the two print one after the other */
	if ((pid = fork()) == 0) {
		dup2(out[1], 1);
		target(s[1]);
	}
	listen_to(get_fd(s[0]), pid);
	waitpid(pid, &status, 0);
	if ((n = read(out[0], text, sizeof text)) > 0)
		write(1, text, n);
	printf("status %#x\n", status);
	fflush(stdout);
}

/* The last process that a filter is for has ended. */
static void hangup(void)
{
	struct seccomp_notif n;
	struct pollfd p;
	int s[2], status;
	pid_t pid;

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	if ((pid = fork()) == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		send_fd(s[1], filter(SYS_getpgid, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER));
		_exit(0);
	}
	p.fd = get_fd(s[0]);
	p.events = POLLIN;
	waitpid(pid, &status, 0);
	poll(&p, 1, -1);
	printf("hang-up %d\n", p.revents);
	answer(p.fd, &n);
	close(p.fd);
}

static void filters(void)
{
	struct sock_filter f[16];
	struct { uint64_t n, flags; } m = { 1, 7 };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		filter(SYS_getpgid, SECCOMP_RET_ERRNO | 1, 0);
		filter(SYS_getsid, SECCOMP_RET_ERRNO | 2, SECCOMP_FILTER_FLAG_LOG);
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	say("length", ptrace(0x420c, pid, 0, NULL));
	say("oldest", ptrace(0x420c, pid, 0, f));
	printf("answers %d\n", f[2].k == (SECCOMP_RET_ERRNO | 1));
	say("newest", ptrace(0x420c, pid, (void *)1, f));
	printf("answers %d\n", f[2].k == (SECCOMP_RET_ERRNO | 2));
	say("none", ptrace(0x420c, pid, (void *)2, f));
	say("flags", ptrace(0x420d, pid, (void *)sizeof m, &m));
	printf("%d\n", (int)m.flags);
	say("too short", ptrace(0x420d, pid, (void *)4, &m));
	ptrace(PTRACE_CONT, pid, 0, 0);
	waitpid(pid, &status, 0);
}

int main(void)
{
	listeners();
	hangup();
	filters();
	return 0;
}
