/* Readiness: epoll, poll and select of pipes, sockets and each other. */
#include "say.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>

static int ep;

static void add(int fd, unsigned events)
{
	struct epoll_event ev = { .events = events, .data.fd = fd };

	say("add", epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
}

static void look(const char *what)
{
	struct epoll_event ev[8];
	int n = epoll_wait(ep, ev, 8, 0);
	unsigned all = 0;

	for (int i = 0; i < n; i++)
		all |= ev[i].events;
	printf("%s: %d events %#x\n", what, n, all);
}

static void polled(const char *what, int fd, short events)
{
	struct pollfd p = { fd, events, 0 };
	int n = poll(&p, 1, 0);

	printf("%s: poll %d %s%s%s%s%s%s\n", what, n, p.revents & POLLIN ? "in " : "", p.revents & POLLRDNORM ? "rdnorm " : "",
		p.revents & (POLLOUT | POLLWRNORM) ? "out " : "", p.revents & POLLERR ? "err " : "", p.revents & POLLHUP ? "hup " : "",
		p.revents & POLLRDHUP ? "rdhup " : "");
}

static void selected(const char *what, int fd)
{
	fd_set r, w, x;
	struct timeval now = { 0, 0 };
	int n;

	FD_ZERO(&r); FD_ZERO(&w); FD_ZERO(&x);
	FD_SET(fd, &r); FD_SET(fd, &w); FD_SET(fd, &x);
	n = select(fd + 1, &r, &w, &x, &now);
	printf("%s: select %d r%d w%d x%d\n", what, n, !!FD_ISSET(fd, &r), !!FD_ISSET(fd, &w), !!FD_ISSET(fd, &x));
}

static void pairs(int type)
{
	int s[2];

	ep = epoll_create1(0);
	socketpair(AF_UNIX, type, 0, s);
	add(s[0], EPOLLOUT);
	look("writable");
	look("still writable");
	write(s[1], "x", 1);
	look("data that nobody wants");
	struct epoll_event ev = { .events = EPOLLOUT | EPOLLET };
	say("mod", epoll_ctl(ep, EPOLL_CTL_MOD, s[0], &ev));
	look("edge");
	look("no edge");
	ev.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP;
	say("mod", epoll_ctl(ep, EPOLL_CTL_MOD, s[0], &ev));
	look("both");
	polled("both", s[0], POLLIN | POLLOUT | POLLRDHUP | POLLWRNORM | POLLRDNORM);
	shutdown(s[1], SHUT_WR);
	polled("half", s[0], POLLIN | POLLOUT | POLLRDHUP);
	look("half");
	close(s[1]);
	polled("gone", s[0], POLLIN | POLLOUT | POLLRDHUP);
	look("gone");
	look("gone");
	close(s[0]);
	close(ep);
}

static void pipes(void)
{
	int p[2];

	ep = epoll_create1(0);
	pipe(p);
	polled("reader, empty", p[0], POLLIN | POLLOUT);
	polled("writer, empty", p[1], POLLIN | POLLOUT);
	selected("reader, empty", p[0]);
	selected("writer, empty", p[1]);
	add(p[1], EPOLLOUT);
	look("writer");
	look("writer");
	close(p[0]);
	look("no reader");
	look("no reader");
	polled("writer, no reader", p[1], POLLIN | POLLOUT);
	polled("writer, no reader, nothing asked", p[1], 0);
	selected("writer, no reader", p[1]);
	close(p[1]);
	pipe(p);
	add(p[0], 0);
	write(p[1], "x", 1);
	look("data that nobody wants");
	close(p[1]);
	look("no writer");
	look("no writer");
	polled("reader, data, no writer", p[0], POLLIN | POLLOUT);
	selected("reader, data, no writer", p[0]);
	char c;
	read(p[0], &c, 1);
	polled("reader, no writer", p[0], POLLIN | POLLRDNORM);
	selected("reader, no writer", p[0]);
	close(p[0]);
	close(ep);
}

/* Files whose descriptors are closed go on being watched while another descriptor has them; then the epoll ends. */
static void others(void)
{
	int p[3][2], d[3];

	ep = epoll_create1(0);
	for (int i = 0; i < 3; i++) {
		pipe(p[i]);
		add(p[i][0], EPOLLIN);
		d[i] = dup(p[i][0]);
		write(p[i][1], "x", 1);
	}
	for (int i = 0; i < 3; i++)
		close(p[i][0]);
	look("by other descriptors");
	close(ep);
	for (int i = 0; i < 3; i++) {
		close(d[i]);
		close(p[i][1]);
	}
}

static void nested(void)
{
	int e[6], v = eventfd(0, EFD_NONBLOCK);
	struct epoll_event ev = { .events = EPOLLIN };

	for (int i = 0; i < 6; i++)
		e[i] = epoll_create1(0);
	say("event in 0", epoll_ctl(e[0], EPOLL_CTL_ADD, v, &ev));
	for (int i = 1; i < 6; i++) {
		printf("%d in %d ", i - 1, i);
		say("", epoll_ctl(e[i], EPOLL_CTL_ADD, e[i - 1], &ev));
	}
	say("ring", epoll_ctl(e[0], EPOLL_CTL_ADD, e[3], &ev));
	say("itself", epoll_ctl(e[0], EPOLL_CTL_ADD, e[0], &ev));
	polled("nothing", e[3], POLLIN);
	eventfd_write(v, 1);
	polled("something", e[3], POLLIN);
	ep = e[3];
	look("nested");
	eventfd_t n;
	eventfd_read(v, &n);
	polled("nothing any more", e[3], POLLIN);
	look("nested");
	look("nested");
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	pairs(SOCK_STREAM);
	pipes();
	others();
	nested();
	return 0;
}
