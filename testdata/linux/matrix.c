/*
 * Every kind of open file, and every call that takes one: what each says of what it was not made for. Linux answers from
 * the order of its checks, which programs and their tests know.
 */
#define _FILE_OFFSET_BITS 64
#include "table.h"
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <termios.h>
#include <asm/sockios.h>
#include <linux/fs.h>

static char page[65536], here[4096];

static int record(int fd, int cmd, int type)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET };

	return fcntl(fd, cmd, &l);
}

static void offsets(int fd)
{
	struct iovec v = { page, 0 };

	T("read 0", read(fd, page, 0));
	T("write 0", write(fd, page, 0));
	T("pread 0", pread(fd, page, 0, 0));
	T("pwrite 0", pwrite(fd, page, 0, 0));
	T("pread -1", pread(fd, page, 1, -1));
	T("pwrite -1", pwrite(fd, page, 1, -1));
	T("preadv", preadv(fd, &v, 1, 0));
	T("pwritev", pwritev(fd, &v, 1, 0));
	T("readv 0", readv(fd, &v, 0));
	T("writev 0", writev(fd, &v, 0));
	T("readv many", readv(fd, &v, 1025));
	Z("lseek 0", lseek(fd, 0, SEEK_SET));
	Z("lseek end", lseek(fd, 0, SEEK_END));
	T("lseek -1", lseek(fd, -1, SEEK_SET));
	T("lseek 9", lseek(fd, 0, 9));
	Z("lseek data", lseek(fd, 0, SEEK_DATA));
	Z("lseek hole", lseek(fd, 0, SEEK_HOLE));
	Z("lseek back", lseek(fd, 0, SEEK_SET));
}

static void sizes(int fd)
{
	T("ftruncate", ftruncate(fd, 100));
	T("ftruncate -1", ftruncate(fd, -1));
	T("fsync", fsync(fd));
	T("fdatasync", fdatasync(fd));
	T("sync_file_range", sync_file_range(fd, 0, 0, 0));
	T("sync_file_range bad", sync_file_range(fd, 0, 0, 99));
	T("fallocate", fallocate(fd, 0, 0, 10));
	T("fallocate 0", fallocate(fd, 0, 0, 0));
	T("fallocate hole", fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10));
	T("fadvise", posix_fadvise(fd, 0, 0, POSIX_FADV_NORMAL));
	T("fadvise bad", posix_fadvise(fd, 0, 0, 99));
	T("readahead", readahead(fd, 0, 0));
	T("syncfs", syncfs(fd));
}

static void attributes(int fd)
{
	struct stat st = { 0 };
	struct statfs fs;

	T("fstat", fstat(fd, &st));
	note("type", "%o", st.st_mode & S_IFMT);
	T("fchmod", fchmod(fd, st.st_mode & 07777));
	T("fchown", fchown(fd, -1, -1));
	T("futimens", futimens(fd, NULL));
	T("fstatfs", fstatfs(fd, &fs));
	T("fgetxattr", fgetxattr(fd, "user.none", page, 10));
	T("fgetxattr trusted", fgetxattr(fd, "trusted.none", page, 10));
	T("fgetxattr odd", fgetxattr(fd, "odd.none", page, 10));
	T("fsetxattr odd", fsetxattr(fd, "odd.none", page, 10, 0));
	T("fremovexattr", fremovexattr(fd, "user.none"));
	T("flistxattr", flistxattr(fd, page, 0) > 0 ? 0 : flistxattr(fd, page, 0));
	T("fchdir", fchdir(fd));
	if (chdir(here) < 0)
		abort();
	T("openat", openat(fd, "no such file", O_RDONLY));
	T("openat empty", openat(fd, "", O_RDONLY));
	T("faccessat", faccessat(fd, "no such file", F_OK, 0));
	T("readlinkat", readlinkat(fd, "", page, 10) < 0 ? -1 : 0);
	T("fstatat", fstatat(fd, "x", &st, 0));
	T("fstatat empty", fstatat(fd, "", &st, AT_EMPTY_PATH));
	T("linkat", linkat(fd, "", AT_FDCWD, "matrix.link", AT_EMPTY_PATH));
	unlink("matrix.link");
	T("getdents64", syscall(SYS_getdents64, fd, page, 0));
	Z("getdents64 all", syscall(SYS_getdents64, fd, page, sizeof page));
}

static void locks(int fd)
{
	T("flock sh", flock(fd, LOCK_SH | LOCK_NB));
	T("flock ex", flock(fd, LOCK_EX | LOCK_NB));
	T("flock un", flock(fd, LOCK_UN));
	T("flock bad", flock(fd, 16));
	T("lock read", record(fd, F_SETLK, F_RDLCK));
	T("lock own", record(fd, F_OFD_SETLK, F_RDLCK));
	T("lock write", record(fd, F_SETLK, F_WRLCK));
	T("lock none", record(fd, F_SETLK, F_UNLCK));
	T("lock own none", record(fd, F_OFD_SETLK, F_UNLCK));
	T("lock get", record(fd, F_GETLK, F_WRLCK));
	T("lock bad", record(fd, F_SETLK, 77));
	T("lease read", fcntl(fd, F_SETLEASE, F_RDLCK));
	T("lease none", fcntl(fd, F_SETLEASE, F_UNLCK));
	T("lease get", fcntl(fd, F_GETLEASE) == F_UNLCK ? 2 : fcntl(fd, F_GETLEASE));
}

static void flags(int fd)
{
	int was = fcntl(fd, F_GETFL);

	note("flags", "%s%s%s%s%s", (was & O_ACCMODE) == O_RDONLY ? "r" : (was & O_ACCMODE) == O_WRONLY ? "w" : "rw",
		was & O_APPEND ? " append" : "", was & O_NONBLOCK ? " nonblock" : "", was & O_PATH ? " path" : "", was & O_DIRECTORY ? " directory" : "");
	T("set append", fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
	T("set direct", fcntl(fd, F_SETFL, O_DIRECT | O_NONBLOCK));
	T("set async", fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK));
	note("is async", "%d", (fcntl(fd, F_GETFL) & O_ASYNC) != 0);
	T("set noatime", fcntl(fd, F_SETFL, O_NOATIME | O_NONBLOCK));
	T("set none", fcntl(fd, F_SETFL, O_NONBLOCK));
	T("owner", fcntl(fd, F_SETOWN, getpid()));
	T("owner is", fcntl(fd, F_GETOWN) == getpid() ? 1 : fcntl(fd, F_GETOWN));
	T("owner none", fcntl(fd, F_SETOWN, 0));
	T("signal", fcntl(fd, F_SETSIG, SIGUSR1));
	T("signal is", fcntl(fd, F_GETSIG) == SIGUSR1);
	T("signal none", fcntl(fd, F_SETSIG, 0));
	T("pipe size", fcntl(fd, F_GETPIPE_SZ));
	T("seals", fcntl(fd, F_GET_SEALS));
	T("no command", fcntl(fd, 9999));
}

static void requests(int fd)
{
	struct termios tio;
	struct winsize w;
	int n = 0;
	long l = 0;

	T("FIONREAD", ioctl(fd, FIONREAD, &n));
	T("FIONBIO", (n = 1, ioctl(fd, FIONBIO, &n)));
	T("FIOASYNC", (n = 0, ioctl(fd, FIOASYNC, &n)));
	T("FIOCLEX", ioctl(fd, FIOCLEX));
	T("FIONCLEX", ioctl(fd, FIONCLEX));
	T("TCGETS", tcgetattr(fd, &tio));
	T("TIOCGWINSZ", ioctl(fd, TIOCGWINSZ, &w));
	T("TIOCOUTQ", ioctl(fd, TIOCOUTQ, &n));
	T("TIOCGPGRP", tcgetpgrp(fd) < 0 ? -1 : 0);
	T("isatty", isatty(fd));
	T("FS_IOC_GETFLAGS", ioctl(fd, FS_IOC_GETFLAGS, &l) < 0 && errno != ENOTTY && errno != EBADF ? 0 : ioctl(fd, FS_IOC_GETFLAGS, &l) < 0 ? -1 : 0);
	T("FIGETBSZ", ioctl(fd, FIGETBSZ, &n));
	T("BLKGETSIZE", ioctl(fd, BLKGETSIZE, &l));
	T("SIOCATMARK", ioctl(fd, SIOCATMARK, &n));
	T("no request", ioctl(fd, 0x12345678, &n));
}

static void mappings(int fd)
{
	static const struct { const char *op; int prot, flags; } how[] = {
		{ "map shared r", PROT_READ, MAP_SHARED }, { "map shared w", PROT_READ | PROT_WRITE, MAP_SHARED },
		{ "map private w", PROT_READ | PROT_WRITE, MAP_PRIVATE }, { "map validate", PROT_READ, MAP_SHARED_VALIDATE },
		{ "map none", PROT_NONE, MAP_PRIVATE },
	};

	for (size_t i = 0; i < sizeof how / sizeof how[0]; i++) {
		errno = 0;
		char *p = mmap(NULL, 4096, how[i].prot, how[i].flags, fd, 0);
		tell(how[i].op, p == MAP_FAILED ? -1 : 0);
		if (p != MAP_FAILED)
			munmap(p, 4096);
	}
}

static void moves(int fd)
{
	int p[2], f = open("matrix.moves", O_RDWR | O_CREAT | O_TRUNC, 0600);
	off_t off = 0;

	if (write(f, "0123456789", 10) != 10)
		abort();
	lseek(f, 0, SEEK_SET);
	if (pipe2(p, O_NONBLOCK) < 0)
		abort();
	T("sendfile from 0", sendfile(f, fd, NULL, 0));
	T("sendfile to 0", sendfile(fd, f, NULL, 0));
	T("sendfile at 0", sendfile(p[1], fd, &off, 0));
	T("copy_file_range from", copy_file_range(fd, NULL, f, NULL, 0, 0));
	T("copy_file_range to", copy_file_range(f, NULL, fd, NULL, 0, 0));
	T("splice from 0", splice(fd, NULL, p[1], NULL, 0, 0));
	T("splice to", splice(p[0], NULL, fd, NULL, 1, SPLICE_F_NONBLOCK));
	T("splice files", splice(fd, NULL, f, NULL, 1, SPLICE_F_NONBLOCK));
	T("tee from", tee(fd, p[1], 1, SPLICE_F_NONBLOCK));
	T("tee to", tee(p[0], fd, 1, SPLICE_F_NONBLOCK));
	struct iovec v = { page, 1 };
	T("vmsplice 0", vmsplice(fd, &v, 0, 0));
	close(p[0]);
	close(p[1]);
	close(f);
}

static void waits(int fd)
{
	struct pollfd p = { fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP, 0 };
	struct epoll_event ev = { EPOLLIN | EPOLLOUT, { 0 } };
	struct timeval none = { 0, 0 };
	fd_set r, w;
	int e = epoll_create1(0), n;

	n = poll(&p, 1, 0);
	note("poll", "%d %x", n, p.revents & (POLLIN | POLLOUT | POLLPRI | POLLERR | POLLHUP | POLLNVAL));
	T("epoll add", epoll_ctl(e, EPOLL_CTL_ADD, fd, &ev));
	n = epoll_wait(e, &ev, 1, 0);
	note("epoll", "%d %x", n, n > 0 ? ev.events : 0);
	T("epoll again", epoll_ctl(e, EPOLL_CTL_ADD, fd, &ev));
	T("epoll del", epoll_ctl(e, EPOLL_CTL_DEL, fd, NULL));
	T("epoll as", epoll_ctl(fd, EPOLL_CTL_DEL, e, NULL));
	T("epoll wait as", epoll_wait(fd, &ev, 1, 0));
	FD_ZERO(&r);
	FD_SET(fd, &r);
	w = r;
	errno = 0;
	n = select(fd + 1, &r, &w, NULL, &none);
	note("select", "%d%s%s", n, n > 0 && FD_ISSET(fd, &r) ? " r" : "", n > 0 && FD_ISSET(fd, &w) ? " w" : "");
	close(e);
}

static void sockets(int fd)
{
	struct sockaddr_storage a;
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "no such socket" };
	struct sockaddr none = { .sa_family = 99 };
	struct iovec v = { page, 0 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	socklen_t n = sizeof a;
	int i;

	T("getsockname", i = getsockname(fd, (struct sockaddr *)&a, &n));
	note("its name", "%d", i < 0 ? 0 : (int)n);
	T("getpeername", (n = sizeof a, getpeername(fd, (struct sockaddr *)&a, &n)));
	T("SO_TYPE", (n = sizeof i, getsockopt(fd, SOL_SOCKET, SO_TYPE, &i, &n)));
	T("SO_ERROR", (n = sizeof i, getsockopt(fd, SOL_SOCKET, SO_ERROR, &i, &n)));
	T("SO_ACCEPTCONN", (n = sizeof i, getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &i, &n) < 0 ? -1 : i));
	T("SO_PEERCRED", (n = sizeof page, getsockopt(fd, SOL_SOCKET, SO_PEERCRED, page, &n)));
	T("TCP_NODELAY", (n = sizeof i, getsockopt(fd, IPPROTO_TCP, 1, &i, &n)));
	T("IP_TTL", (n = sizeof i, getsockopt(fd, IPPROTO_IP, 2, &i, &n)));
	T("IPV6_V6ONLY", (n = sizeof i, getsockopt(fd, IPPROTO_IPV6, 26, &i, &n)));
	T("no option", (n = sizeof i, getsockopt(fd, SOL_SOCKET, 9999, &i, &n)));
	T("no level", (n = sizeof i, getsockopt(fd, 9999, 1, &i, &n)));
	T("accept", accept(fd, NULL, NULL));
	T("bind none", bind(fd, &none, sizeof none));
	T("bind short", bind(fd, &none, 1));
	T("connect none", connect(fd, &none, sizeof none));
	T("connect short", connect(fd, &none, 1));
	T("send 0", send(fd, page, 0, MSG_DONTWAIT | MSG_NOSIGNAL));
	T("send oob", send(fd, page, 0, MSG_OOB | MSG_DONTWAIT | MSG_NOSIGNAL));
	T("sendto none", sendto(fd, page, 0, MSG_DONTWAIT | MSG_NOSIGNAL, &none, sizeof none));
	T("sendto in", sendto(fd, page, 0, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&in, sizeof in));
	T("sendto un", sendto(fd, page, 0, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&un, sizeof un));
	T("sendmsg 0", sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL));
	T("recv 0", recv(fd, page, 0, MSG_DONTWAIT));
	T("recv", recv(fd, page, 1, MSG_DONTWAIT));
	T("recv peek", recv(fd, page, 1, MSG_DONTWAIT | MSG_PEEK));
	T("recv oob", recv(fd, page, 1, MSG_DONTWAIT | MSG_OOB));
	T("recv errors", recv(fd, page, 1, MSG_DONTWAIT | MSG_ERRQUEUE));
	T("bind un", bind(fd, (struct sockaddr *)&un, 2));
	T("bind in", bind(fd, (struct sockaddr *)&in, sizeof in));
	T("bind in6", bind(fd, (struct sockaddr *)&in6, sizeof in6));
	T("bind again", bind(fd, (struct sockaddr *)&in, sizeof in));
	T("connect un", connect(fd, (struct sockaddr *)&un, sizeof un));
	in.sin_port = htons(1);
	in6.sin6_port = htons(1);
	T("connect in", connect(fd, (struct sockaddr *)&in, sizeof in));
	T("connect in6", connect(fd, (struct sockaddr *)&in6, sizeof in6));
	poll(&(struct pollfd){ fd, POLLOUT, 0 }, 1, 100);
	T("connect again", connect(fd, (struct sockaddr *)&in, sizeof in));
	T("listen", listen(fd, 1));
	T("accept now", accept(fd, NULL, NULL));
	none.sa_family = AF_UNSPEC;
	T("connect nobody", connect(fd, &none, sizeof none));
	T("shutdown bad", shutdown(fd, 7));
	T("shutdown", shutdown(fd, SHUT_RDWR));
	T("shutdown again", shutdown(fd, SHUT_WR));
	T("send shut", send(fd, page, 0, MSG_DONTWAIT | MSG_NOSIGNAL));
	T("recv shut", recv(fd, page, 1, MSG_DONTWAIT));
}

static void others(int fd)
{
	struct itimerspec it = { { 0, 0 }, { 0, 0 } };
	struct file_handle *h = (struct file_handle *)page;
	struct mq_attr qa;
	sigset_t none;
	int mount;

	sigemptyset(&none);
	T("timerfd_settime", timerfd_settime(fd, 0, &it, NULL));
	T("timerfd_gettime", timerfd_gettime(fd, &it));
	T("signalfd", signalfd(fd, &none, 0) == fd ? 0 : -1);
	T("inotify_add_watch", inotify_add_watch(fd, ".", IN_CREATE) < 0 ? -1 : 0);
	T("inotify_rm_watch", inotify_rm_watch(fd, 77));
	T("mq_getattr", mq_getattr(fd, &qa));
	T("pidfd_send_signal", syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	T("pidfd_getfd", syscall(SYS_pidfd_getfd, fd, 999, 0));
	T("setns", setns(fd, 0));
	T("execveat", syscall(SYS_execveat, fd, "", (char *[]){ "x", NULL }, (char *[]){ NULL }, AT_EMPTY_PATH));
	h->handle_bytes = 0;
	T("name_to_handle_at", name_to_handle_at(fd, "", h, &mount, AT_EMPTY_PATH));
	T("dup3 same", dup3(fd, fd, 0));
	T("dup2 same", dup2(fd, fd) == fd);
	T("dup far", dup2(fd, 1 << 20));
	T("dupfd far", fcntl(fd, F_DUPFD, 1 << 20));
}

static void object_is(const char *name, int fd)
{
	objects[nobjects++] = name;
	tell("open", fd < 0 ? -1 : 0);
	if (fd < 0)
		return;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	flags(fd);
	offsets(fd);
	attributes(fd);
	locks(fd);
	requests(fd);
	mappings(fd);
	moves(fd);
	waits(fd);
	others(fd);
	sizes(fd);
	sockets(fd);
	close(fd);
}

static int tcp(int family, int listening)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int s = socket(family, SOCK_STREAM, 0);

	if (listening && (bind(s, (struct sockaddr *)&in, sizeof in) < 0 || listen(s, 1) < 0))
		abort();
	return s;
}

static int tcp_connected(void)
{
	struct sockaddr_in a;
	socklen_t n = sizeof a;
	int s = tcp(AF_INET, 1), c = socket(AF_INET, SOCK_STREAM, 0);

	getsockname(s, (struct sockaddr *)&a, &n);
	if (connect(c, (struct sockaddr *)&a, n) < 0)
		abort();
	return c; /* the other side waits in the queue of s */
}

static int udp_connected(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	int s = socket(AF_INET, SOCK_DGRAM, 0), c = socket(AF_INET, SOCK_DGRAM, 0);

	bind(s, (struct sockaddr *)&a, n);
	getsockname(s, (struct sockaddr *)&a, &n);
	connect(c, (struct sockaddr *)&a, n);
	return c;
}

static int pair(int type)
{
	int p[2];

	return socketpair(AF_UNIX, type, 0, p) < 0 ? -1 : p[0];
}

static int un_listening(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "matrix.socket" };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	unlink(a.sun_path);
	bind(s, (struct sockaddr *)&a, sizeof a);
	listen(s, 1);
	return s;
}

int main(int argc, char **argv)
{
	int p[2], q[2], m;
	sigset_t none;
	struct mq_attr qa = { .mq_maxmsg = 2, .mq_msgsize = 8 };
	const char *only = argc > 2 ? argv[2] : NULL; /* one object, to look closer */

	if (argc > 1 && chdir(argv[1]) < 0)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGIO, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	sigemptyset(&none);
	mkdir("matrix.dir", 0755);
	if (!getcwd(here, sizeof here))
		return 1;
	m = open("matrix.file", O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (write(m, "0123456789", 10) != 10)
		return 1;
	mkfifo("matrix.fifo", 0644);
	if (pipe(p) < 0 || pipe(q) < 0)
		return 1;
	close(q[0]);
#define O(name, fd) do { if (!only || !strcmp(only, name)) object_is(name, fd); } while (0)
	O("file", m);
	O("file-r", open("matrix.file", O_RDONLY));
	O("file-w", open("matrix.file", O_WRONLY));
	O("file-append", open("matrix.file", O_RDWR | O_APPEND));
	O("path", open("matrix.file", O_PATH));
	O("dir", open("matrix.dir", O_RDONLY | O_DIRECTORY));
	O("dir-path", open("matrix.dir", O_PATH));
	O("null", open("/dev/null", O_RDWR));
	O("zero", open("/dev/zero", O_RDWR));
	O("full", open("/dev/full", O_RDWR));
	O("urandom", open("/dev/urandom", O_RDONLY));
	O("pipe-r", p[0]);
	O("pipe-w", p[1]);
	O("pipe-alone", q[1]);
	O("fifo", open("matrix.fifo", O_RDWR));
	O("proc", open("/proc/self/maps", O_RDONLY));
	O("proc-dir", open("/proc/self", O_RDONLY));
	O("ptmx", m = open("/dev/ptmx", O_RDWR | O_NOCTTY));
	O("eventfd", eventfd(0, 0));
	O("epoll", epoll_create1(0));
	O("timerfd", timerfd_create(CLOCK_MONOTONIC, 0));
	O("signalfd", signalfd(-1, &none, 0));
	O("inotify", inotify_init1(0));
	O("pidfd", syscall(SYS_pidfd_open, getpid(), 0));
	O("memfd", memfd_create("matrix", 0));
	O("memfd-seal", memfd_create("matrix", MFD_ALLOW_SEALING));
	O("mqueue", mq_open("/matrix", O_RDWR | O_CREAT, 0600, &qa));
	mq_unlink("/matrix");
	O("tcp", tcp(AF_INET, 0));
	O("tcp6", tcp(AF_INET6, 0));
	O("tcp-listening", tcp(AF_INET, 1));
	O("tcp-connected", tcp_connected());
	O("udp", socket(AF_INET, SOCK_DGRAM, 0));
	O("udp-connected", udp_connected());
	O("unix", socket(AF_UNIX, SOCK_STREAM, 0));
	O("unix-dgram", socket(AF_UNIX, SOCK_DGRAM, 0));
	O("unix-seqpacket", socket(AF_UNIX, SOCK_SEQPACKET, 0));
	O("unix-listening", un_listening());
	O("pair", pair(SOCK_STREAM));
	O("pair-dgram", pair(SOCK_DGRAM));
	O("netlink", socket(AF_NETLINK, SOCK_RAW, 0));
	O("none", 555);
	print();
	return 0;
}
