/* Locks of what is no regular file, sockets bound to a device, and lists of mounts. */
#include "say.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <netinet/in.h>

static void locks(const char *name, int a, int b)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET }, r = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int status;

	printf("%s\n", name);
	say("flock", flock(a, LOCK_EX | LOCK_NB));
	say("another's flock", flock(b, LOCK_SH | LOCK_NB));
	say("unlock", flock(a, LOCK_UN));
	say("write lock", fcntl(a, F_SETLK, &l));
	say("read lock", fcntl(b, F_SETLK, &r));
	if (fork() == 0) {
		say("a child's read lock", fcntl(b, F_SETLK, &r));
		l.l_type = F_WRLCK;
		say("a child asks", fcntl(a, F_GETLK, &l));
		printf("type %d\n", l.l_type == F_UNLCK ? 0 : l.l_type == F_RDLCK ? 1 : 2);
		fflush(stdout);
		_exit(0);
	}
	wait(&status);
	say("own lock", fcntl(a, F_OFD_SETLK, &r));
	l.l_whence = SEEK_END;
	l.l_type = F_UNLCK;
	say("from the end", fcntl(a, F_SETLK, &l));
}

static void bound(int type)
{
	char name[20] = "lo", back[20];
	int s = socket(AF_INET, type, 0);
	socklen_t len = sizeof back;

	memset(back, 'x', sizeof back);
	say("none", getsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, back, &len));
	printf("%u\n", len);
	say("no such", setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "none9", 5));
	say("lo", setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, name, 3));
	len = sizeof back;
	say("get", getsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, back, &len));
	printf("%u %.*s\n", len, (int)len, back);
	len = 5;
	say("get short", getsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, back, &len));
	printf("%u\n", len);
	say("negative", setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, name, -1));
	say("long", setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "loxxxxxxxxxxxxxxxxxxxxx", 20));
	say("bad", setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, (void *)8, 3));
	say("away", setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "", 0));
	len = sizeof back;
	say("get", getsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, back, &len));
	printf("%u\n", len);
	say("no zero", setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2));
	if (getuid() == 0 && fork() == 0) {
		setresuid(1000, 1000, 1000);
		say("a user changes it", setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2));
		close(s);
		s = socket(AF_INET, type, 0);
		say("a user", setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2));
		say("a user takes it away", setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "", 0));
		_exit(0);
	}
	wait(NULL);
	close(s);
}

static void mounts(const char *name)
{
	struct pollfd p = { open(name, O_RDONLY), POLLIN | POLLPRI | POLLERR };
	struct epoll_event e = { .events = EPOLLIN | EPOLLPRI | EPOLLERR };
	int ep = epoll_create1(0);

	say(name, poll(&p, 1, 0));
	printf("%x\n", p.revents);
	say("add", epoll_ctl(ep, EPOLL_CTL_ADD, p.fd, &e));
	say("wait", epoll_wait(ep, &e, 1, 0));
	printf("%x\n", e.events);
	close(p.fd);
	close(ep);
}

int main(int argc, char **argv)
{
	int p[2], s[2];

	if (argc < 2 || chdir(argv[1]) < 0)
		return 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	pipe(p);
	locks("pipe", p[1], p[1]);
	locks("pipe's other end", p[0], p[1]);
	mkfifo("fifo", 0600);
	locks("fifo", open("fifo", O_RDWR), open("fifo", O_RDWR));
	locks("null", open("/dev/null", O_RDWR), open("/dev/null", O_RDWR));
	locks("zero", open("/dev/zero", O_RDWR), open("/dev/zero", O_RDWR));
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	locks("socket", s[0], s[0]);
	locks("directory", open(".", O_RDONLY), open(".", O_RDONLY));
	locks("epoll", epoll_create1(0), epoll_create1(0));
	bound(SOCK_STREAM);
	bound(SOCK_DGRAM);
	mounts("/proc/self/mounts");
	mounts("/proc/self/mountinfo");
	mounts("/proc/mounts");
	return 0;
}
