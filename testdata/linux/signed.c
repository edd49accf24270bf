/* Who a message on a local socket is from (SO_PASSCRED), and who a sender may say it is. */
#include "say.h"
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/vfs.h>

static void from(const char *what, int s, pid_t child)
{
	char b[10], control[200] __attribute__((aligned(8)));
	struct iovec v = { b, sizeof b };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	int n = recvmsg(s, &m, 0);
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	struct ucred u;

	if (!h || h->cmsg_type != SCM_CREDENTIALS) {
		printf("%s: %d bytes, unsigned\n", what, n);
		return;
	}
	memcpy(&u, CMSG_DATA(h), sizeof u);
	printf("%s: %d bytes from %s, %d %d\n", what, n, u.pid == getpid() ? "me" : u.pid == child ? "the child" : u.pid ? "another" : "nobody",
		u.uid == getuid(), u.gid == getgid());
}

static void ask(int s, int on)
{
	int was = 7;
	socklen_t n = sizeof was;

	if (setsockopt(s, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0 || getsockopt(s, SOL_SOCKET, SO_PASSCRED, &was, &n) < 0 || was != on)
		printf("SO_PASSCRED: %d, not %d\n", was, on);
}

static void pairs(void)
{
	char first[1];
	static const struct { int type; const char *name; } kinds[] = { { SOCK_STREAM, "stream" }, { SOCK_DGRAM, "datagrams" }, { SOCK_SEQPACKET, "packets" } };

	for (int i = 0; i < 3; i++) {
		int p[2];
		pid_t k;

		if (socketpair(AF_UNIX, kinds[i].type, 0, p) < 0)
			exit(1);
		ask(p[1], 1);
		if (!(k = fork())) {
			send(p[0], "x", 1, 0);
			_exit(0);
		}
		waitpid(k, NULL, 0);
		from(kinds[i].name, p[1], k);
		send(p[0], "yy", 2, 0);
		recv(p[1], first, 1, MSG_PEEK);
		from(kinds[i].name, p[1], k);
		ask(p[1], 0);
		send(p[0], "zzz", 3, 0);
		from(kinds[i].name, p[1], k);
	}
}

static void names(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "signed.socket" };
	int s = socket(AF_UNIX, SOCK_DGRAM, 0), c;
	pid_t k;

	unlink(a.sun_path);
	bind(s, (struct sockaddr *)&a, sizeof a);
	ask(s, 1);
	c = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (!(k = fork())) {
		sendto(c, "z", 1, 0, (struct sockaddr *)&a, sizeof a);
		_exit(0);
	}
	waitpid(k, NULL, 0);
	connect(c, (struct sockaddr *)&a, sizeof a);
	send(c, "zz", 2, 0);
	from("to a name", s, k);
	from("connected", s, k);
	unlink(a.sun_path);
}

static void claims(void)
{
	struct { struct cmsghdr h; struct ucred u; } c = { .h = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_CREDENTIALS } };
	struct iovec v = { "a", 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c };
	int p[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, p) < 0)
		exit(1);
	if (getuid() == 0 && setresuid(1000, 1000, 1000) < 0)
		exit(1);
	c.h.cmsg_len = CMSG_LEN(sizeof c.u);
	m.msg_controllen = CMSG_SPACE(sizeof c.u);
	c.u = (struct ucred){ getpid(), getuid(), getgid() };
	say("myself", sendmsg(p[0], &m, 0));
	c.u.pid = getppid();
	say("my parent", sendmsg(p[0], &m, 0));
	c.u = (struct ucred){ getpid(), 0, getgid() };
	say("root", sendmsg(p[0], &m, 0));
}

int main(int argc, char **argv)
{
	struct linger l = { 1, 5 };
	socklen_t n = sizeof l;
	struct statfs fs;
	int s = socket(AF_INET, SOCK_STREAM, 0);

	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc < 2 || chdir(argv[1]) < 0)
		return 1;
	pairs();
	names();
	setsockopt(s, SOL_SOCKET, SO_LINGER, &l, sizeof l);
	getsockopt(s, SOL_SOCKET, SO_LINGER, &l, &n);
	printf("lingers: %d %d\n", l.l_onoff, l.l_linger);
	printf("proc is %x, dev %x\n", statfs("/proc", &fs) ? 0 : (unsigned)fs.f_type, statfs("/dev", &fs) ? 0 : (unsigned)fs.f_type);
	claims();
	return 0;
}
