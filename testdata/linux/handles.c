/*
 * Calls that only Linux has about processes and descriptors: pidfd_*, waitid(P_PIDFD), process_vm_*, kcmp, splice, tee,
 * vmsplice, copy_file_range, locks of open files, leases, owners and sizes of pipes, extended attributes.
 */
#include "say.h"
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#define pidfd_open(pid, flags) syscall(SYS_pidfd_open, pid, flags)
#define pidfd_send_signal(fd, sig, info, flags) syscall(SYS_pidfd_send_signal, fd, sig, info, flags)
#define pidfd_getfd(fd, target, flags) syscall(SYS_pidfd_getfd, fd, target, flags)

static char shared[20] = "before";

static void pidfds(void)
{
	int p[2], status, fd, got;
	siginfo_t si;
	struct pollfd pf;
	struct iovec here = { shared, 20 }, there = { shared, 20 };
	pid_t pid;
	char c;

	say("pipe", pipe(p));
	if ((pid = fork()) == 0) {
		strcpy(shared, "the child's");
		c = write(p[1], "x", 1);
		for (;;)
			pause();
	}
	say("pidfd_open", (fd = pidfd_open(pid, 0)) > 2);
	say("close on exec", fcntl(fd, F_GETFD));
	say("no such flag", pidfd_open(pid, 1));
	say("no process", pidfd_open(-1, 0));
	pf = (struct pollfd){ fd, POLLIN, 0 };
	say("runs", poll(&pf, 1, 0));
	say("signal 0", pidfd_send_signal(fd, 0, NULL, 0));
	say("no pidfd", pidfd_send_signal(p[0], 0, NULL, 0));
	say("no such signal", pidfd_send_signal(fd, 200, NULL, 0));
	say("signal with flags", pidfd_send_signal(fd, 0, NULL, 1u << 30));
	say("read", read(p[0], &c, 1));
	say("process_vm_readv", process_vm_readv(pid, &here, 1, &there, 1, 0));
	puts(shared);
	strcpy(shared, "ours");
	say("process_vm_writev", process_vm_writev(pid, &here, 1, &there, 1, 0));
	memset(shared, 0, sizeof shared);
	say("process_vm_readv", process_vm_readv(pid, &here, 1, &there, 1, 0));
	puts(shared);
	there.iov_base = NULL;
	say("nothing there", process_vm_readv(pid, &here, 1, &there, 1, 0));
	say("process_vm flags", process_vm_readv(pid, &here, 1, &there, 1, 1));
	got = pidfd_getfd(fd, p[1], 0);
	say("pidfd_getfd", got > 2);
	say("write", write(got, "y", 1));
	say("read", read(p[0], &c, 1));
	say("no such descriptor", pidfd_getfd(fd, 99, 0));
	say("kcmp", syscall(SYS_kcmp, getpid(), pid, 0, p[1], p[1]));
	say("kcmp", syscall(SYS_kcmp, getpid(), getpid(), 0, p[1], got));
	say("kcmp of files", syscall(SYS_kcmp, getpid(), pid, 2, 0, 0) > 0);
	say("kcmp of what", syscall(SYS_kcmp, getpid(), pid, 99, 0, 0));
	say("waitid, runs", waitid(P_PIDFD, fd, &si, WEXITED | WNOHANG));
	say("kill", pidfd_send_signal(fd, SIGKILL, NULL, 0));
	say("ended", poll(&pf, 1, 10000));
	say("events", pf.revents);
	say("waitid", waitid(P_PIDFD, fd, &si, WEXITED));
	printf("code %d status %d mine %d\n", si.si_code, si.si_status, si.si_pid == pid);
	say("waitid again", waitid(P_PIDFD, fd, &si, WEXITED));
	say("nobody", pidfd_send_signal(fd, 0, NULL, 0));
	say("wait", waitpid(pid, &status, 0));
	say("waitid of a pipe", waitid(P_PIDFD, p[0], &si, WEXITED));
}

static void moves(const char *dir)
{
	char name[PATH_MAX], other[PATH_MAX], buf[100];
	int p[2], q[2], f, g;
	loff_t off = 2, out = 1;
	struct iovec v[2] = { { "some", 4 }, { "thing", 5 } };

	snprintf(name, sizeof name, "%s/from", dir);
	snprintf(other, sizeof other, "%s/to", dir);
	f = open(name, O_RDWR | O_CREAT, 0600);
	g = open(other, O_RDWR | O_CREAT, 0600);
	say("write", write(f, "0123456789", 10));
	say("pipes", pipe(p) | pipe(q));
	say("splice to a pipe", splice(f, &off, p[1], NULL, 5, 0));
	say("offset", off);
	say("position", lseek(f, 0, SEEK_CUR));
	say("tee", tee(p[0], q[1], 100, 0));
	say("tee to itself", tee(p[0], p[1], 100, 0));
	say("splice to a file", splice(p[0], NULL, g, &out, 100, 0));
	say("offset", out);
	say("nothing left", splice(p[0], NULL, g, NULL, 100, SPLICE_F_NONBLOCK));
	say("no pipe", splice(f, NULL, g, NULL, 10, 0));
	say("offset of a pipe", splice(q[0], &off, g, NULL, 10, 0));
	say("flags", splice(q[0], NULL, g, NULL, 10, 64));
	say("pipe to pipe", splice(q[0], NULL, p[1], NULL, 3, 0));
	say("vmsplice", vmsplice(q[1], v, 2, 0));
	say("vmsplice of a file", vmsplice(f, v, 2, 0));
	memset(buf, 0, sizeof buf);
	say("read", read(q[0], buf, sizeof buf));
	puts(buf);
	memset(buf, 0, sizeof buf);
	say("read", read(p[0], buf, sizeof buf));
	puts(buf);
	close(p[1]);
	say("end", splice(p[0], NULL, g, NULL, 100, 0));
	off = 8, out = 0;
	say("copy_file_range", copy_file_range(f, &off, g, &out, 100, 0));
	printf("%ld %ld\n", (long)off, (long)out);
	off = 0, out = 3;
	say("onto itself", copy_file_range(f, &off, f, &out, 5, 0));
	say("with flags", copy_file_range(f, &off, g, &out, 5, 1));
	say("to a pipe", copy_file_range(f, &off, q[1], NULL, 5, 0));
	say("beyond the end", lseek(f, 100, SEEK_SET));
	say("copy_file_range", copy_file_range(f, NULL, g, &out, 100, 0));
	memset(buf, 0, sizeof buf);
	say("pread", pread(g, buf, sizeof buf, 0));
	printf("%s\n", buf);
	say("pipe size", fcntl(q[0], F_GETPIPE_SZ));
	say("smaller", fcntl(q[0], F_SETPIPE_SZ, 1));
	say("pipe size", fcntl(q[1], F_GETPIPE_SZ));
	say("larger", fcntl(q[1], F_SETPIPE_SZ, 100000));
	say("of a file", fcntl(f, F_SETPIPE_SZ, 1));
}

static int heard;

static void hear(int sig, siginfo_t *si, void *ctx)
{
	(void)sig, (void)ctx;
	heard = si->si_code;
}

static void locks(const char *dir)
{
	char name[PATH_MAX];
	struct flock lk = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 5 }, got;
	struct f_owner_ex ow = { F_OWNER_PID, 0 };
	struct sigaction sa = { .sa_sigaction = hear, .sa_flags = SA_SIGINFO };
	int a, b, sv[2];
	char c;

	snprintf(name, sizeof name, "%s/locked", dir);
	a = open(name, O_RDWR | O_CREAT, 0600);
	b = open(name, O_RDWR);
	say("lock", fcntl(a, F_OFD_SETLK, &lk));
	say("the other", fcntl(b, F_OFD_SETLK, &lk));
	say("the process", fcntl(b, F_SETLK, &lk));
	got = lk;
	say("who", fcntl(b, F_OFD_GETLK, &got));
	printf("%d %d %ld %ld %d\n", got.l_type - F_RDLCK, got.l_whence, (long)got.l_start, (long)got.l_len, got.l_pid);
	lk.l_pid = 7;
	say("with a process", fcntl(b, F_OFD_SETLK, &lk));
	lk.l_pid = 0;
	close(dup(a));
	say("still", fcntl(b, F_OFD_SETLK, &lk));
	close(a);
	say("gone with its file", fcntl(b, F_OFD_SETLK, &lk));
	got = lk, got.l_pid = 42, got.l_start = 100;
	say("nobody", fcntl(b, F_GETLK, &got));
	printf("%d %d\n", got.l_type - F_RDLCK, got.l_pid);
	say("lease", fcntl(b, F_SETLEASE, F_RDLCK));
	say("lease", fcntl(b, F_SETLEASE, F_WRLCK));
	say("which", fcntl(b, F_GETLEASE) - F_RDLCK);
	sa.sa_flags |= SA_RESTART;
	sigaction(SIGIO, &sa, NULL);
	say("would wait", open(name, O_RDONLY | O_NONBLOCK));
	say("told", heard);
	say("what it is to become", fcntl(b, F_GETLEASE) - F_RDLCK);
	say("give it up", fcntl(b, F_SETLEASE, F_UNLCK));
	say("again", fcntl(b, F_SETLEASE, F_UNLCK));
	say("open", (a = open(name, O_RDONLY | O_NONBLOCK)) > 2);
	say("others have it", fcntl(b, F_SETLEASE, F_WRLCK));
	say("no such lease", fcntl(b, F_SETLEASE, 5));
	socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
	say("no regular file", fcntl(sv[0], F_SETLEASE, F_RDLCK));
	say("signal", fcntl(sv[0], F_GETSIG));
	say("another", fcntl(sv[0], F_SETSIG, SIGUSR1));
	say("no signal", fcntl(sv[0], F_SETSIG, 200));
	say("signal", fcntl(sv[0], F_GETSIG) == SIGUSR1);
	say("owner", fcntl(sv[0], F_GETOWN_EX, &ow));
	printf("%d %d\n", ow.type, ow.pid);
	ow.type = F_OWNER_TID, ow.pid = syscall(SYS_gettid);
	say("owner", fcntl(sv[0], F_SETOWN_EX, &ow));
	memset(&ow, 0, sizeof ow);
	say("owner", fcntl(sv[0], F_GETOWN_EX, &ow));
	printf("%d %d\n", ow.type, ow.pid == getpid());
	ow.type = 9;
	say("no such owner", fcntl(sv[0], F_SETOWN_EX, &ow));
	sigaction(SIGUSR1, &sa, NULL);
	say("async", fcntl(sv[0], F_SETFL, O_ASYNC | O_NONBLOCK));
	heard = 0;
	say("write", write(sv[1], "x", 1));
	for (int i = 0; i < 1000 && heard == 0; i++)
		usleep(1000);
	say("told", heard);
	say("read", read(sv[0], &c, 1));
	/* a group of its own is told of a terminal */
	say("group", setpgid(0, 0));
	a = posix_openpt(O_RDWR | O_NOCTTY);
	grantpt(a), unlockpt(a);
	b = open(ptsname(a), O_RDWR | O_NOCTTY);
	say("owner", fcntl(a, F_SETOWN, -getpgrp()));
	fcntl(a, F_SETSIG, SIGUSR1);
	fcntl(a, F_SETFL, O_ASYNC | O_NONBLOCK);
	usleep(20000);
	heard = 0;
	say("write", write(b, "x", 1));
	for (int i = 0; i < 1000 && heard == 0; i++)
		usleep(1000);
	say("told", heard);
	a = open(name, O_PATH);
	say("named only: read", read(a, &c, 1));
	say("lock", fcntl(a, F_SETLK, &lk));
	say("flags", fcntl(a, F_GETFL) & O_PATH ? 1 : 0);
	say("copy", fcntl(a, F_DUPFD, 50));
	say("sync", fsync(a));
}

static void attributes(const char *dir)
{
	char name[PATH_MAX], link[PATH_MAX], buf[100];
	ssize_t n;
	int fd;

	snprintf(name, sizeof name, "%s/attributed", dir);
	snprintf(link, sizeof link, "%s/link", dir);
	fd = open(name, O_RDWR | O_CREAT, 0600);
	if (setxattr(name, "user.one", "value", 5, 0) != 0 && errno == EOPNOTSUPP) {
		puts("none here");
		return;
	}
	say("create", setxattr(name, "user.one", "x", 1, XATTR_CREATE));
	say("replace", fsetxattr(fd, "user.two", "x", 1, XATTR_REPLACE));
	say("length", getxattr(name, "user.one", NULL, 0));
	say("short", getxattr(name, "user.one", buf, 2));
	say("get", n = fgetxattr(fd, "user.one", buf, sizeof buf));
	printf("%.*s\n", (int)n, buf);
	say("none", getxattr(name, "user.none", buf, sizeof buf));
	say("no name space", getxattr(name, "one", buf, sizeof buf));
	say("no name", setxattr(name, "", "x", 1, 0));
	say("flags", setxattr(name, "user.x", "x", 1, 8));
	say("symlink", symlink(name, link));
	say("of a link", lsetxattr(link, "user.x", "x", 1, 0));
	say("through a link", getxattr(link, "user.one", buf, sizeof buf));
	say("list", n = listxattr(name, buf, sizeof buf));
	printf("%s\n", buf);
	say("remove", removexattr(name, "user.one"));
	say("remove again", removexattr(name, "user.one"));
	say("list", listxattr(name, NULL, 0));
}

static int child(void *arg)
{
	return *(int *)arg;
}

static void clones(void)
{
	static char stack[65536];
	int arg = 5, status, fd = -1;
	pid_t pid;

	pid = clone(child, stack + sizeof stack, CLONE_PIDFD, &arg, &fd);
	say("clone without a signal", pid > 0);
	say("pidfd", fd > 2);
	say("wait", waitpid(pid, &status, 0));
	say("wait", waitpid(pid, &status, __WCLONE) == pid);
	say("status", WEXITSTATUS(status));
	signal(SIGUSR2, SIG_IGN);
	pid = clone(child, stack + sizeof stack, SIGUSR2, &arg);
	say("wait for all", waitpid(pid, &status, __WALL) == pid);
	if ((pid = fork()) == 0) {
		pid = clone(child, stack + sizeof stack, CLONE_PARENT | SIGCHLD, &arg);
		_exit(pid < 0);
	}
	say("wait", waitpid(pid, &status, 0) == pid);
	say("a brother's child", wait(&status) > 0);
	say("status", WEXITSTATUS(status));
	say("no more", wait(&status));
}

int main(int argc, char **argv)
{
	(void)argc;
	pidfds();
	moves(argv[1]);
	locks(argv[1]);
	attributes(argv[1]);
	clones();
	return 0;
}
