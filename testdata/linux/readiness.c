/*
 * What is ready, by every way to ask: objects in a state, what poll, select and epoll say of them, and what they say after the
 * state has changed. The argument is a directory, a second one the object to look at, a third the way; or two numbers, for each
 * so many-th object from a first one on.
 */
#define WORDS 100
#define OBJECTS_MAX 200
#define CALLS_MAX 120
#include "table.h"
#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <mqueue.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <termios.h>

static int a, b;	/* what is watched, and its other end */
static int own;		/* the epoll of some objects */
static pid_t child;
static char buf[1 << 16];

/* Makers set a and b. */
static void nonblock(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }
static void fill(int fd, int n)
{
	nonblock(fd);
	while (write(fd, buf, n) > 0)
		;
	if (n > 1)
		fill(fd, 1);
}
static void drain(int fd)
{
	nonblock(fd);
	while (read(fd, buf, sizeof buf) > 0)
		;
}

static void pipe_r(void) { int p[2]; pipe(p); a = p[0]; b = p[1]; }
static void pipe_w(void) { int p[2]; pipe(p); a = p[1]; b = p[0]; }
static void wr(void) { write(b, "x", 1); }
static void rd(void) { read(b, buf, 1); }
static void rd4096(void) { read(b, buf, 4096); }
static void drain_b(void) { drain(b); }
static void drain_a(void) { drain(a); }
static void wr_a(void) { write(a, "x", 1); }
static void close_b(void) { close(b); b = -1; }
static void pipe_r1(void) { pipe_r(); wr(); }
static void pipe_r_end(void) { pipe_r(); close_b(); }
static void pipe_r1_end(void) { pipe_r1(); close_b(); }
static void pipe_r_full(void) { pipe_r(); fill(b, 4096); }
static void pipe_w_full(void) { pipe_w(); fill(a, 4096); }
static void pipe_w_part(void) { pipe_w(); write(a, buf, 5000); }
static void pipe_w_end(void) { pipe_w(); close_b(); }
static void rd_a(void) { read(a, buf, 1); }

static void fifo(void) { unlink("fifo"); mkfifo("fifo", 0600); }
static void fifo_r0(void) { fifo(); a = open("fifo", O_RDONLY | O_NONBLOCK); }
static void open_w(void) { b = open("fifo", O_WRONLY); }
static void fifo_r(void) { fifo_r0(); open_w(); }
static void fifo_r1(void) { fifo_r(); wr(); }
static void fifo_r_end(void) { fifo_r(); close_b(); }
static void fifo_w(void) { fifo_r(); int t = a; a = b; b = t; }
static void fifo_w_full(void) { fifo_w(); fill(a, 4096); }
static void fifo_rw(void) { fifo(); a = b = open("fifo", O_RDWR); }

static void pair_of(int type) { int p[2]; socketpair(AF_UNIX, type, 0, p); a = p[0]; b = p[1]; }
static void stream(void) { pair_of(SOCK_STREAM); }
static void stream1(void) { stream(); wr(); }
static void stream_full(void) { stream(); fill(a, 4096); }
static void stream_end(void) { stream(); close_b(); }
static void stream1_end(void) { stream1(); close_b(); }
static void unread_end(void) { stream(); wr_a(); close_b(); }
static void shut_b_wr(void) { shutdown(b, SHUT_WR); }
static void shut_b_rd(void) { shutdown(b, SHUT_RD); }
static void shut_b(void) { shutdown(b, SHUT_RDWR); }
static void shut_rd(void) { shutdown(a, SHUT_RD); }
static void shut_wr(void) { shutdown(a, SHUT_WR); }
static void shut(void) { shutdown(a, SHUT_RDWR); }
static void stream_half(void) { stream(); shut_b_wr(); }
static void oob(void) { send(b, "!", 1, MSG_OOB); }
static void dgram(void) { pair_of(SOCK_DGRAM); }
static void dgram1(void) { dgram(); wr(); }
static void dgram_full(void) { dgram(); fill(a, 1); }
static void dgram_end(void) { dgram(); close_b(); }
static void dgram_alone(void) { a = socket(AF_UNIX, SOCK_DGRAM, 0); }
static void seq(void) { pair_of(SOCK_SEQPACKET); }
static void seq1(void) { seq(); wr(); }
static void seq_full(void) { seq(); fill(a, 4096); }
static void seq_end(void) { seq(); close_b(); }
static struct sockaddr_un un = { AF_UNIX, "listening" };
static void stream_alone(void) { a = socket(AF_UNIX, SOCK_STREAM, 0); }
static void unix_bound(void) { unlink(un.sun_path); stream_alone(); bind(a, (struct sockaddr *)&un, sizeof un); }
static void unix_listening(void) { unix_bound(); listen(a, 3); }
static void unix_connects(void) { b = socket(AF_UNIX, SOCK_STREAM, 0); connect(b, (struct sockaddr *)&un, sizeof un); }
static void unix_listening1(void) { unix_listening(); unix_connects(); }
static void unix_waits(void) { unix_listening(); unix_connects(); int t = a; a = b; b = t; }
static void accepts(void) { accept(a, NULL, NULL); }
static void close_listening(void) { close(b); }

static struct sockaddr_in in;
static void tcp(void) { a = socket(AF_INET, SOCK_STREAM, 0); }
static void bound(int type)
{
	socklen_t len = sizeof in;

	in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	a = socket(AF_INET, type, 0);
	bind(a, (struct sockaddr *)&in, len);
	getsockname(a, (struct sockaddr *)&in, &len);
}
static void tcp_bound(void) { bound(SOCK_STREAM); }
static void tcp_listening(void) { tcp_bound(); listen(a, 5); }
static void tcp_connects(void) { b = socket(AF_INET, SOCK_STREAM, 0); connect(b, (struct sockaddr *)&in, sizeof in); }
static void tcp_listening1(void) { tcp_listening(); tcp_connects(); }
static void tcp_pair(void)
{
	int s, one = 1;

	tcp_listening1();
	s = accept(a, NULL, NULL);
	close(a);
	a = s;
	setsockopt(a, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(b, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}
static void tcp1(void) { tcp_pair(); wr(); }
static void tcp_half(void) { tcp_pair(); shut_b_wr(); }
static void tcp_end(void) { tcp_pair(); close_b(); }
static void tcp1_end(void) { tcp1(); close_b(); }
static void tcp_unread_end(void) { tcp_pair(); wr_a(); close_b(); }
static void reset(void) { struct linger l = { 1, 0 }; setsockopt(b, SOL_SOCKET, SO_LINGER, &l, sizeof l); close_b(); }
static void tcp_reset(void) { tcp_pair(); reset(); }
static void tcp_reset_seen(void) { tcp_reset(); read(a, buf, 1); }
static void tcp_shut_wr(void) { tcp_pair(); shut_wr(); }
static void tcp_shut(void) { tcp_pair(); shut(); }
static void tcp_both_shut(void) { tcp_pair(); shut_b_wr(); shut_wr(); }
static void tcp_full(void) { tcp_pair(); fill(a, sizeof buf); usleep(20000); fill(a, sizeof buf); }
static void tcp_urgent(void) { tcp_pair(); oob(); }
static void recv_oob(void) { recv(a, buf, 1, MSG_OOB); }
static void tcp_urgent_data(void) { tcp1(); oob(); wr(); }
static void tcp_inline(void) { int one = 1; tcp_pair(); setsockopt(a, SOL_SOCKET, SO_OOBINLINE, &one, sizeof one); oob(); }
static void tcp_lowat(void) { int n = 3; tcp1(); setsockopt(a, SOL_SOCKET, SO_RCVLOWAT, &n, sizeof n); }
static void wr2(void) { write(b, "xy", 2); }
static void tcp_refused(void) { tcp_bound(); b = a; tcp(); nonblock(a); connect(a, (struct sockaddr *)&in, sizeof in); }
static void get_error(void) { int e; socklen_t len = sizeof e; getsockopt(a, SOL_SOCKET, SO_ERROR, &e, &len); }
static void tcp_connecting(void)
{
	tcp_bound();
	listen(a, 0);
	b = a;
	for (int i = 0; i < 4; i++) {
		a = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(a, (struct sockaddr *)&in, sizeof in);
		usleep(1000);
	}
}
static void tcp_connected(void) { tcp_listening(); b = a; tcp(); nonblock(a); connect(a, (struct sockaddr *)&in, sizeof in); }
static void tcp6(void)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t len = sizeof six;
	int s = socket(AF_INET6, SOCK_STREAM, 0);

	bind(s, (struct sockaddr *)&six, len);
	getsockname(s, (struct sockaddr *)&six, &len);
	listen(s, 1);
	b = socket(AF_INET6, SOCK_STREAM, 0);
	connect(b, (struct sockaddr *)&six, len);
	a = accept(s, NULL, NULL);
}
static void udp(void) { bound(SOCK_DGRAM); b = socket(AF_INET, SOCK_DGRAM, 0); connect(b, (struct sockaddr *)&in, sizeof in); }
static void udp1(void) { udp(); wr(); }
static void udp_alone(void) { a = socket(AF_INET, SOCK_DGRAM, 0); }
static void udp_to_none(void) { bound(SOCK_DGRAM); b = a; udp_alone(); connect(a, (struct sockaddr *)&in, sizeof in); close_b(); }
static void udp_error(void) { udp_to_none(); wr_a(); }
static void udp_errors(void) { int one = 1; udp_to_none(); setsockopt(a, IPPROTO_IP, IP_RECVERR, &one, sizeof one); wr_a(); }
static void recv_errors(void) { recv(a, buf, 1, MSG_ERRQUEUE); }
static void udp_full(void) { udp(); for (int i = 0; i < 300; i++) write(a, buf, 1); }

static void eventfd_at(unsigned long long n, int flags)
{
	a = b = eventfd(0, EFD_NONBLOCK | flags);
	if (n)
		write(a, &n, 8);
}
static void event0(void) { eventfd_at(0, 0); }
static void event1(void) { eventfd_at(1, 0); }
static void event_max(void) { eventfd_at(~0ULL - 1, 0); }
static void sem2(void) { eventfd_at(2, EFD_SEMAPHORE); }
static void add1(void) { uint64_t n = 1; write(a, &n, 8); }
static void take(void) { uint64_t n; read(a, &n, 8); }
static void timer(void) { a = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK); }
static void arm(void) { struct itimerspec t = { { 0 }, { 0, 1 } }; timerfd_settime(a, 0, &t, NULL); usleep(2000); }
static void arm_later(void) { struct itimerspec t = { { 0 }, { 1000, 1 } }; timerfd_settime(a, 0, &t, NULL); }
static void timer_over(void) { timer(); arm(); }
static void timer_set(void) { timer(); arm_later(); }
static void sigfd(void)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	sigprocmask(SIG_BLOCK, &s, NULL);
	signal(SIGUSR1, SIG_IGN); /* what was pending goes */
	signal(SIGUSR1, SIG_DFL);
	a = signalfd(-1, &s, SFD_NONBLOCK);
}
static void usr1(void) { raise(SIGUSR1); }
static void usr1_process(void) { kill(getpid(), SIGUSR1); }
static void sigfd1(void) { sigfd(); usr1(); }
static void read_much(void) { read(a, buf, 1000); }
static void ino(void) { a = inotify_init1(IN_NONBLOCK); inotify_add_watch(a, ".", IN_CREATE); unlink("new"); unlink("newer"); }
static void new(void) { close(open("new", O_CREAT | O_WRONLY, 0600)); }
static void newer(void) { close(open("newer", O_CREAT | O_WRONLY, 0600)); }
static void ino1(void) { ino(); new(); }
static void process(void)
{
	if (!(child = fork()))
		for (;;)
			pause();
	a = syscall(SYS_pidfd_open, child, 0);
}
static void dead(void)
{
	siginfo_t si;

	kill(child, SIGKILL);
	waitid(P_PID, child, &si, WEXITED | WNOWAIT);
}
static void reap(void) { kill(child, SIGKILL); waitpid(child, NULL, 0); child = 0; }
static void zombie(void) { process(); dead(); }
static void reaped(void) { process(); reap(); }
static void reg(void) { a = b = open("file", O_RDWR | O_CREAT, 0600); }
static void dir(void) { a = open(".", O_RDONLY); }
static void memfd(void) { a = b = memfd_create("m", 0); }
static void dev_null(void) { a = open("/dev/null", O_RDWR); }
static void dev_zero(void) { a = open("/dev/zero", O_RDWR); }
static void dev_full(void) { a = open("/dev/full", O_RDWR); }
static void urandom(void) { a = open("/dev/urandom", O_RDONLY); }
static void dev_random(void) { a = open("/dev/random", O_RDONLY); }
static void procfile(void) { a = open("/proc/self/stat", O_RDONLY); }
static void path(void) { close(open("file", O_RDWR | O_CREAT, 0600)); a = open("file", O_PATH); }
static void path_fifo(void) { fifo(); a = open("fifo", O_PATH); }
static void none(void) { a = 60; }
/* The table of descriptors has no such row yet: the selects do not look there. */
static void far_off(void) { a = 99; }
/* It had one for a while. */
static void far_once(void) { close(dup2(0, 150)); a = 99; }

static void terminal(int slave_first)
{
	int m = posix_openpt(O_RDWR | O_NOCTTY), s;

	grantpt(m);
	unlockpt(m);
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	a = slave_first ? s : m;
	b = slave_first ? m : s;
}
static void raw(int fd) { struct termios t; tcgetattr(fd, &t); cfmakeraw(&t); tcsetattr(fd, TCSANOW, &t); }
static void master(void) { terminal(0); }
static void master1(void) { terminal(0); wr(); usleep(10000); }
static void master_end(void) { terminal(0); close_b(); }
static void master1_end(void) { terminal(0); wr(); usleep(10000); close_b(); }
static void master0(void) { a = posix_openpt(O_RDWR | O_NOCTTY); grantpt(a); unlockpt(a); }
static void open_slave(void) { b = open(ptsname(a), O_RDWR | O_NOCTTY); }
static void slave(void) { terminal(1); }
static void line(void) { write(b, "x\n", 2); }
static void ctrl_d(void) { write(b, "\4", 1); }
static void slave_part(void) { terminal(1); wr(); usleep(10000); }
static void slave1(void) { terminal(1); line(); usleep(10000); }
static void slave_raw(void) { terminal(1); raw(a); }
static void slave_min(void) { struct termios t; terminal(1); raw(a); tcgetattr(a, &t); t.c_cc[VMIN] = 3; t.c_cc[VTIME] = 0; tcsetattr(a, TCSANOW, &t); wr(); usleep(10000); }
static void slave_end(void) { terminal(1); close_b(); }
static void master_packet(void) { int one = 1; terminal(0); ioctl(a, TIOCPKT, &one); }
static void flush_b(void) { tcflush(b, TCIFLUSH); }

static void watch_in(int ep, int fd) { struct epoll_event e = { .events = EPOLLIN }; epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e); }
static void epoll_none(void) { a = epoll_create1(0); }
static void epoll0(void) { int v = eventfd(0, EFD_NONBLOCK); a = epoll_create1(0); b = v; watch_in(a, v); }
static void ev_b(void) { uint64_t n = 1; write(b, &n, 8); }
static void take_b(void) { uint64_t n; read(b, &n, 8); }
static void epoll1(void) { epoll0(); ev_b(); }
static void epoll_et1(void) { struct epoll_event e = { .events = EPOLLIN | EPOLLET }; epoll0(); epoll_ctl(a, EPOLL_CTL_MOD, b, &e); ev_b(); }
static void own_wait(void) { struct epoll_event e; epoll_wait(a, &e, 1, 0); }
static void epoll2(void) { int e = epoll_create1(0); epoll0(); watch_in(e, a); a = e; }
static void epoll21(void) { epoll2(); ev_b(); }

static void route(void) { struct sockaddr_nl n = { AF_NETLINK }; a = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE); bind(a, (struct sockaddr *)&n, sizeof n); }
static void ask_route(void)
{
	struct { struct nlmsghdr h; struct rtgenmsg g; } q = { { sizeof q, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 }, { AF_UNSPEC } };

	send(a, &q, sizeof q, 0);
}
static void route1(void) { route(); ask_route(); }
static char queue_name[30];
static void queue(int n)
{
	struct mq_attr at = { .mq_maxmsg = 2, .mq_msgsize = 8 };

	mq_unlink(queue_name);
	a = b = mq_open(queue_name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, &at);
	while (n--)
		mq_send(a, "x", 1, 0);
}
static void queue0(void) { queue(0); }
static void queue1(void) { queue(1); }
static void queue2(void) { queue(2); }
static void mq_put(void) { mq_send(a, "x", 1, 0); }
static void mq_take(void) { mq_receive(a, buf, 8, NULL); }

/* An object is one in a state, and what changes that. slow: what changes is seen after a while. */
static struct object { const char *name; void (*make)(void), (*change)(void); int slow; } list[] = {
	{ "pipe-r:write", pipe_r, wr }, { "pipe-r:end", pipe_r, close_b }, { "pipe-r-data:write", pipe_r1, wr },
	{ "pipe-r-data:read", pipe_r1, drain_a }, { "pipe-r-data:end", pipe_r1, close_b }, { "pipe-r-end", pipe_r_end },
	{ "pipe-r-data-end:read", pipe_r1_end, drain_a }, { "pipe-r-full:read", pipe_r_full, rd_a },
	{ "pipe-w:write", pipe_w, wr_a }, { "pipe-w:end", pipe_w, close_b }, { "pipe-w-full:read", pipe_w_full, rd },
	{ "pipe-w-full:read-page", pipe_w_full, rd4096 }, { "pipe-w-full:drain", pipe_w_full, drain_b },
	{ "pipe-w-full:end", pipe_w_full, close_b }, { "pipe-w-part:drain", pipe_w_part, drain_b }, { "pipe-w-end", pipe_w_end },
	{ "fifo-r-fresh:open", fifo_r0, open_w }, { "fifo-r:write", fifo_r, wr }, { "fifo-r:end", fifo_r, close_b },
	{ "fifo-r-data:read", fifo_r1, drain_a }, { "fifo-r-data:end", fifo_r1, close_b }, { "fifo-r-end:open", fifo_r_end, open_w },
	{ "fifo-w:end", fifo_w, close_b }, { "fifo-w:write", fifo_w, wr_a }, { "fifo-w-full:drain", fifo_w_full, drain_b },
	{ "fifo-rw:write", fifo_rw, wr },
	{ "stream:write", stream, wr }, { "stream:end", stream, close_b }, { "stream:peer-shut-w", stream, shut_b_wr },
	{ "stream:peer-shut-r", stream, shut_b_rd }, { "stream:peer-shut", stream, shut_b }, { "stream:shut-r", stream, shut_rd },
	{ "stream:shut-w", stream, shut_wr }, { "stream:shut", stream, shut }, { "stream:oob", stream, oob },
	{ "stream-data:read", stream1, drain_a }, { "stream-data:write", stream1, wr }, { "stream-data:end", stream1, close_b },
	{ "stream-full:drain", stream_full, drain_b }, { "stream-full:end", stream_full, close_b }, { "stream-full:read-page", stream_full, rd4096 },
	{ "stream-end", stream_end }, { "stream-data-end:read", stream1_end, drain_a }, { "stream-unread-end:read", unread_end, drain_a },
	{ "stream-half:end", stream_half, close_b }, { "stream-fresh", stream_alone }, { "stream-bound", unix_bound },
	{ "unix-listening:connect", unix_listening, unix_connects }, { "unix-listening-1:accept", unix_listening1, accepts },
	{ "unix-listening-1:end", unix_listening1, close_b }, { "unix-listening:shut-r", unix_listening, shut_rd },
	{ "unix-waits:end", unix_waits, close_listening },
	{ "dgram:write", dgram, wr }, { "dgram:end", dgram, close_b }, { "dgram-data:read", dgram1, drain_a }, { "dgram-full:drain", dgram_full, drain_b },
	{ "dgram-full:end", dgram_full, close_b }, { "dgram-end", dgram_end }, { "dgram-fresh", dgram_alone }, { "dgram:shut-r", dgram, shut_rd },
	{ "dgram:shut", dgram, shut }, { "seq:write", seq, wr }, { "seq:end", seq, close_b }, { "seq:peer-shut-w", seq, shut_b_wr },
	{ "seq-data:read", seq1, drain_a }, { "seq-full:drain", seq_full, drain_b }, { "seq-end", seq_end },
	{ "tcp-fresh", tcp }, { "tcp-bound", tcp_bound }, { "tcp-listening:connect", tcp_listening, tcp_connects, 1 },
	{ "tcp-listening-1:accept", tcp_listening1, accepts, 1 }, { "tcp-listening:shut-r", tcp_listening, shut_rd, 1 },
	{ "tcp:write", tcp_pair, wr, 1 }, { "tcp:end", tcp_pair, close_b, 1 }, { "tcp:peer-shut-w", tcp_pair, shut_b_wr, 1 },
	{ "tcp:peer-shut-r", tcp_pair, shut_b_rd, 1 }, { "tcp:shut-r", tcp_pair, shut_rd, 1 }, { "tcp:shut-w", tcp_pair, shut_wr, 1 },
	{ "tcp:shut", tcp_pair, shut, 1 }, { "tcp:reset", tcp_pair, reset, 1 }, { "tcp:oob", tcp_pair, oob, 1 },
	{ "tcp-data:read", tcp1, drain_a, 1 }, { "tcp-data:write", tcp1, wr, 1 }, { "tcp-data:end", tcp1, close_b, 1 },
	{ "tcp-full:drain", tcp_full, drain_b, 1 }, { "tcp-half:end", tcp_half, close_b, 1 }, { "tcp-end:write", tcp_end, wr_a, 1 },
	{ "tcp-data-end:read", tcp1_end, drain_a, 1 }, { "tcp-unread-end", tcp_unread_end, 0, 1 }, { "tcp-reset:read", tcp_reset, drain_a, 1 },
	{ "tcp-reset-seen", tcp_reset_seen, 0, 1 }, { "tcp-shut-w:end", tcp_shut_wr, close_b, 1 }, { "tcp-shut:end", tcp_shut, close_b, 1 },
	{ "tcp-both-shut", tcp_both_shut, 0, 1 }, { "tcp-urgent:recv", tcp_urgent, recv_oob, 1 }, { "tcp-urgent-data:read", tcp_urgent_data, rd_a, 1 },
	{ "tcp-inline:read", tcp_inline, drain_a, 1 }, { "tcp-lowat:write", tcp_lowat, wr2, 1 }, { "tcp-refused:error", tcp_refused, get_error, 1 },
	{ "tcp-connecting", tcp_connecting, 0, 1 }, { "tcp-connected", tcp_connected, 0, 1 }, { "tcp6:write", tcp6, wr, 1 },
	{ "udp:write", udp, wr, 1 }, { "udp-data:read", udp1, drain_a, 1 }, { "udp-fresh", udp_alone, 0, 1 }, { "udp-to-none:write", udp_to_none, wr_a, 1 },
	{ "udp-error:error", udp_error, get_error, 1 }, { "udp-errors:recv", udp_errors, recv_errors, 1 }, { "udp-errors:error", udp_errors, get_error, 1 }, { "udp-sends", udp_full, 0, 1 },
	{ "eventfd-0:write", event0, add1 }, { "eventfd-1:write", event1, add1 }, { "eventfd-1:read", event1, take },
	{ "eventfd-max:read", event_max, take }, { "eventfd-2:read", sem2, take },
	{ "timerfd:arm", timer, arm }, { "timerfd-over:read", timer_over, take }, { "timerfd-over:set", timer_over, arm_later }, { "timerfd-set:arm", timer_set, arm },
	{ "signalfd:raise", sigfd, usr1 }, { "signalfd:kill", sigfd, usr1_process }, { "signalfd-1:read", sigfd1, read_much },
	{ "inotify:create", ino, new, 1 }, { "inotify-1:read", ino1, read_much, 1 }, { "inotify-1:create", ino1, newer, 1 },
	{ "pidfd:kill", process, dead }, { "pidfd:reap", process, reap }, { "pidfd-zombie:reap", zombie, reap }, { "pidfd-reaped", reaped },
	{ "file:write", reg, wr_a }, { "dir", dir }, { "memfd", memfd, wr_a }, { "null", dev_null }, { "zero", dev_zero }, { "full", dev_full },
	{ "urandom", urandom }, { "random", dev_random }, { "proc", procfile }, { "path", path }, { "path-fifo", path_fifo }, { "none", none }, { "far", far_off }, { "far-once", far_once },
	{ "master:write", master, wr, 10 }, { "master:end", master, close_b, 10 }, { "master-data:read", master1, rd_a, 10 }, { "master-end:read", master_end, rd_a, 10 },
	{ "master-data-end:read", master1_end, rd_a, 10 }, { "master-fresh:open", master0, open_slave, 10 }, { "master-packet:flush", master_packet, flush_b, 10 },
	{ "master-packet:write", master_packet, wr, 10 },
	{ "slave:write", slave, wr, 10 }, { "slave:line", slave, line, 10 }, { "slave:eof", slave, ctrl_d, 10 }, { "slave:end", slave, close_b, 10 },
	{ "slave-part:line", slave_part, line, 10 }, { "slave-line:read", slave1, read_much, 10 }, { "slave-raw:write", slave_raw, wr, 10 },
	{ "slave-min:write", slave_min, wr2, 10 }, { "slave-end:read", slave_end, rd_a, 10 },
	{ "epoll-none", epoll_none }, { "epoll:event", epoll0, ev_b }, { "epoll-1:read", epoll1, take_b }, { "epoll-edge:wait", epoll_et1, own_wait },
	{ "epoll-epoll:event", epoll2, ev_b }, { "epoll-epoll-1:read", epoll21, take_b },
	{ "netlink:ask", route, ask_route, 1 }, { "netlink-1:read", route1, drain_a, 1 },
	{ "mq:send", queue0, mq_put }, { "mq-1:send", queue1, mq_put }, { "mq-1:receive", queue1, mq_take }, { "mq-2:receive", queue2, mq_take },
};
static struct object *o;

static void change(void)
{
	if (o->change)
		o->change();
	usleep(o->slow * 1000);
}

/* What came, in words. Words of poll have not the same numbers everywhere: writable is one of its two names. */
static const char *poll_words(int n, int r)
{
	static char s[40];

	if (n < 0)
		return strerrorname_np(errno);
	sprintf(s, "%d %s%s%s%s%s%s%s%s%s%s%s", n, r & POLLIN ? "i" : "", r & POLLPRI ? "p" : "", r & (POLLOUT | POLLWRNORM) ? "o" : "",
		r & POLLERR ? "E" : "", r & POLLHUP ? "H" : "", r & POLLNVAL ? "N" : "", r & POLLRDNORM ? "r" : "",
		r & POLLRDBAND ? "b" : "", r & POLLWRBAND ? "w" : "", r & POLLMSG ? "m" : "", r & POLLRDHUP ? "d" : "");
	return s;
}

static char *put_event(char *s, unsigned e)
{
	static const struct { unsigned bit; char c; } bits[] = {
		{ EPOLLIN, 'i' }, { EPOLLPRI, 'p' }, { EPOLLOUT, 'o' }, { EPOLLERR, 'E' }, { EPOLLHUP, 'H' }, { EPOLLRDNORM, 'r' },
		{ EPOLLRDBAND, 'b' }, { EPOLLWRNORM, 'n' }, { EPOLLWRBAND, 'w' }, { EPOLLMSG, 'm' }, { EPOLLRDHUP, 'd' },
	};

	if (!e)
		*s++ = '0';
	for (int i = 0; i < sizeof bits / sizeof bits[0]; i++)
		if (e & bits[i].bit)
			*s++ = bits[i].c, e &= ~bits[i].bit;
	if (e)
		s += sprintf(s, "+%x", e);
	*s = 0;
	return s;
}

static char text[400], *at;
static int ep;

static void began(void) { at = text; *at = 0; }
static void put(const char *s) { at += sprintf(at, "%s%s", at > text ? " " : "", s); }
static void put_result(int r) { put(r < 0 ? strerrorname_np(errno) : "ok"); }

/* Waits of an epoll are one word each: what it says of each descriptor, in their order, or a dash. */
static void look_at(int ep, int max)
{
	struct epoll_event e[8];
	int n = epoll_wait(ep, e, max, 0);

	if (at > text)
		*at++ = ' ';
	if (n <= 0)
		at += sprintf(at, "%s", n ? strerrorname_np(errno) : "-");
	for (int i = 0; i < n; i++) {
		if (i)
			*at++ = ',';
		if (e[i].data.u64 >> 32)
			at += sprintf(at, "%d", (int)(e[i].data.u64 >> 32));
		at = put_event(at, e[i].events);
	}
}
static void look(void) { look_at(ep, 8); }

static int ctl(int op, int fd, unsigned events, int tag)
{
	struct epoll_event e = { .events = events, .data.u64 = (uint64_t)tag << 32 };

	errno = 0;
	return epoll_ctl(ep, op, fd, &e);
}

static int start(unsigned events)
{
	int r;

	began();
	ep = epoll_create1(0);
	if ((r = ctl(EPOLL_CTL_ADD, a, events, 0)) < 0)
		put_result(r);
	return r == 0;
}

/* Looks twice, changes, looks twice. */
static void looks(void)
{
	look();
	look();
	put(">");
	change();
	look();
	look();
}

static const unsigned all = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDNORM | EPOLLRDBAND | EPOLLWRNORM | EPOLLWRBAND | EPOLLMSG | EPOLLRDHUP;

static struct { const char *name; int events; } polls[] = {
	{ "poll none", 0 }, { "poll in", POLLIN }, { "poll pri", POLLPRI }, { "poll out", POLLOUT }, { "poll rdnorm", POLLRDNORM },
	{ "poll rdband", POLLRDBAND }, { "poll wrnorm", POLLWRNORM }, { "poll wrband", POLLWRBAND }, { "poll msg", POLLMSG },
	{ "poll rdhup", POLLRDHUP }, { "poll all", POLLIN | POLLPRI | POLLOUT | POLLRDNORM | POLLRDBAND | POLLWRNORM | POLLWRBAND | POLLMSG | POLLRDHUP },
};
static int asked;

static void by_poll(void)
{
	struct pollfd p = { a, asked, 0 };
	int n = poll(&p, 1, 0);

	began();
	put(poll_words(n, p.revents));
	change();
	p.revents = 0;
	n = poll(&p, 1, 0);
	put(">");
	put(poll_words(n, p.revents));
}
static void by_ppoll(void)
{
	struct pollfd p[2] = { { -1, POLLIN, 0 }, { a, asked, 0 } };
	struct timespec now = { 0, 0 };
	int n = ppoll(p, 2, &now, NULL);

	began();
	put(poll_words(n, p[1].revents));
}
static void selects(int sets)
{
	fd_set s[3];
	struct timeval now = { 0, 0 };
	int n;

	for (int i = 0; i < 3; i++) {
		FD_ZERO(&s[i]);
		FD_SET(a, &s[i]);
	}
	n = select(a + 1, sets & 1 ? &s[0] : NULL, sets & 2 ? &s[1] : NULL, sets & 4 ? &s[2] : NULL, &now);
	if (n < 0) {
		put_result(-1);
		return;
	}
	at += sprintf(at, "%s%d%s%s%s", at > text ? " " : "", n, sets & 1 && FD_ISSET(a, &s[0]) ? "r" : "", sets & 2 && FD_ISSET(a, &s[1]) ? "w" : "",
		sets & 4 && FD_ISSET(a, &s[2]) ? "x" : "");
}
static void select_of(int sets) { began(); selects(sets); put(">"); change(); selects(sets); }
static void select_r(void) { select_of(1); }
static void select_w(void) { select_of(2); }
static void select_x(void) { select_of(4); }
static void select_all(void) { select_of(7); }

static struct { const char *name; unsigned events; } epolls[] = {
	{ "level all", all }, { "level none", 0 }, { "level in", EPOLLIN }, { "level pri", EPOLLPRI }, { "level out", EPOLLOUT },
	{ "level rdnorm", EPOLLRDNORM }, { "level rdband", EPOLLRDBAND }, { "level wrnorm", EPOLLWRNORM }, { "level wrband", EPOLLWRBAND },
	{ "level msg", EPOLLMSG }, { "level rdhup", EPOLLRDHUP }, { "level in out", EPOLLIN | EPOLLOUT },
	{ "edge all", EPOLLET | all }, { "edge none", EPOLLET }, { "edge in", EPOLLET | EPOLLIN }, { "edge pri", EPOLLET | EPOLLPRI },
	{ "edge out", EPOLLET | EPOLLOUT }, { "edge rdhup", EPOLLET | EPOLLRDHUP }, { "edge in out", EPOLLET | EPOLLIN | EPOLLOUT },
	{ "wakeup in", EPOLLWAKEUP | EPOLLIN }, { "exclusive in out", EPOLLEXCLUSIVE | EPOLLIN | EPOLLOUT },
	{ "exclusive edge in", EPOLLEXCLUSIVE | EPOLLET | EPOLLIN }, { "exclusive pri", EPOLLEXCLUSIVE | EPOLLPRI },
	{ "exclusive once", EPOLLEXCLUSIVE | EPOLLONESHOT | EPOLLIN }, { "unknown bits", EPOLLIN | 1 << 26 },
};
static void by_epoll(void) { if (start(asked)) looks(); }

static void once_of(unsigned events)
{
	if (!start(events))
		return;
	looks();
	put("mod");
	put_result(ctl(EPOLL_CTL_MOD, a, events, 0));
	look();
	look();
}
static void once(void) { once_of(EPOLLONESHOT | all); }
static void once_in(void) { once_of(EPOLLONESHOT | EPOLLIN); }
static void once_edge(void) { once_of(EPOLLONESHOT | EPOLLET | EPOLLOUT); }
static void edge_mod(void)
{
	if (!start(EPOLLET | all))
		return;
	look();
	put_result(ctl(EPOLL_CTL_MOD, a, EPOLLET | all, 1));
	look();
	look();
}
static void in_to_out(void)
{
	if (!start(EPOLLIN))
		return;
	look();
	put_result(ctl(EPOLL_CTL_MOD, a, EPOLLOUT, 1));
	looks();
	put_result(ctl(EPOLL_CTL_MOD, a, EPOLLEXCLUSIVE | EPOLLOUT, 1));
}
static void exclusive_mod(void)
{
	if (!start(EPOLLEXCLUSIVE | EPOLLIN))
		return;
	put_result(ctl(EPOLL_CTL_MOD, a, EPOLLIN, 1));
	put_result(ctl(EPOLL_CTL_ADD, a, EPOLLIN, 1));
	look();
	put_result(ctl(EPOLL_CTL_DEL, a, 0, 0));
	look();
}
static void control(void)
{
	began();
	ep = epoll_create1(0);
	put_result(ctl(EPOLL_CTL_MOD, a, EPOLLIN, 0));
	put_result(ctl(EPOLL_CTL_DEL, a, EPOLLIN, 0));
	put_result(epoll_ctl(ep, EPOLL_CTL_ADD, a, NULL));
	put_result(ctl(4, a, EPOLLIN, 0));
	put_result(ctl(EPOLL_CTL_ADD, a, EPOLLIN, 0));
	put_result(ctl(EPOLL_CTL_ADD, a, EPOLLOUT, 0));
	put_result(epoll_ctl(ep, EPOLL_CTL_MOD, a, NULL));
	put_result(epoll_ctl(ep, EPOLL_CTL_DEL, a, NULL));
	put_result(ctl(EPOLL_CTL_DEL, a, 0, 0));
}
static void as_epoll(void)
{
	struct epoll_event e;

	began();
	put_result(epoll_ctl(a, EPOLL_CTL_DEL, eventfd(0, 0), NULL));
	put_result(epoll_wait(a, &e, 1, 0));
	put_result(epoll_wait(a, &e, 0, 0));
}

/* The watched descriptor is closed while another has the file. */
static void dup_close(void)
{
	int d;

	if (!start(EPOLLIN | EPOLLOUT))
		return;
	d = dup(a);
	close(a);
	look();
	put_result(ctl(EPOLL_CTL_DEL, a, 0, 0));
	put_result(ctl(EPOLL_CTL_ADD, d, EPOLLIN | EPOLLOUT, 2));
	look();
	if (b == a)
		b = d;
	a = d;
	put(">");
	change();
	look();
	close(d);
	look();
}
static void closed(void)
{
	if (!start(EPOLLIN | EPOLLOUT))
		return;
	close(a);
	look();
}
/* The number is another file's after that. */
static void again(void)
{
	int d, v, n = a;

	if (!start(EPOLLIN | EPOLLOUT))
		return;
	d = dup(a);
	v = eventfd(1, EFD_NONBLOCK);
	dup2(v, a);
	look();
	put_result(ctl(EPOLL_CTL_MOD, n, EPOLLIN, 3));
	put_result(ctl(EPOLL_CTL_ADD, n, EPOLLIN, 3));
	look();
	if (b == a)
		b = d;
	a = d;
	put(">");
	change();
	look();
	put_result(ctl(EPOLL_CTL_DEL, n, 0, 0));
	look();
	put_result(ctl(EPOLL_CTL_DEL, n, 0, 0));
	dup2(d, n);
	put_result(ctl(EPOLL_CTL_MOD, n, EPOLLIN, 4));
	look();
	put_result(ctl(EPOLL_CTL_DEL, n, 0, 0));
	look();
}
static void twice(void)
{
	int d;

	if (!start(EPOLLIN | EPOLLOUT))
		return;
	d = dup(a);
	put_result(ctl(EPOLL_CTL_ADD, d, EPOLLIN | EPOLLOUT | EPOLLET, 1));
	looks();
}
/* One event at a time: others' turn comes. */
static void turns(void)
{
	int v = eventfd(1, EFD_NONBLOCK), w = eventfd(1, EFD_NONBLOCK);

	if (!start(EPOLLIN | EPOLLOUT))
		return;
	ctl(EPOLL_CTL_ADD, v, EPOLLIN, 1);
	ctl(EPOLL_CTL_ADD, w, EPOLLIN | EPOLLET, 2);
	for (int i = 0; i < 4; i++)
		look_at(ep, 1);
	put(">");
	change();
	for (int i = 0; i < 4; i++)
		look_at(ep, 1);
}
static void two_epolls(void)
{
	int e;

	if (!start(EPOLLIN | EPOLLOUT | EPOLLET))
		return;
	e = ep;
	ep = epoll_create1(0);
	ctl(EPOLL_CTL_ADD, a, EPOLLIN | EPOLLOUT | EPOLLET, 1);
	look_at(e, 8);
	look_at(ep, 8);
	put(">");
	change();
	look_at(ep, 8);
	look_at(e, 8);
}
static void nested_of(unsigned inner, unsigned outer)
{
	struct pollfd p;
	int e, n;

	if (!start(inner))
		return;
	e = ep;
	ep = epoll_create1(0);
	put_result(ctl(EPOLL_CTL_ADD, e, outer, 1));
	look();
	look();
	p = (struct pollfd){ e, POLLIN | POLLRDNORM | POLLOUT, 0 };
	n = poll(&p, 1, 0);
	put(poll_words(n, p.revents));
	put(">");
	change();
	look();
	look_at(e, 8);
	look();
	p.revents = 0;
	n = poll(&p, 1, 0);
	put(poll_words(n, p.revents));
}
static void nested(void) { nested_of(EPOLLIN, EPOLLIN); }
static void nested_edge(void) { nested_of(EPOLLIN | EPOLLET, EPOLLIN | EPOLLET); }
static void nested_edge_out(void) { nested_of(EPOLLOUT, EPOLLIN | EPOLLET); }

/* A child has the epoll as well; what it does with its own descriptor changes nothing. */
static void forked(void)
{
	int p[2];
	pid_t pid;

	if (!start(EPOLLIN | EPOLLOUT))
		return;
	pipe(p);
	if (!(pid = fork())) {
		close(a);
		began();
		look();
		put_result(ctl(EPOLL_CTL_DEL, a, 0, 0));
		write(p[1], text, strlen(text));
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	at += read(p[0], at, 100);
	*at = 0;
	looks();
}
/* The parent closes, and the child keeps the file open. */
static void kept(void)
{
	int p[2];
	pid_t pid;
	char c;

	if (!start(EPOLLIN | EPOLLOUT))
		return;
	pipe(p);
	if (!(pid = fork())) {
		close(p[1]);
		close(b == a ? -1 : b);
		read(p[0], &c, 1);
		_exit(0);
	}
	close(p[0]);
	close(a);
	look();
	put_result(ctl(EPOLL_CTL_DEL, a, 0, 0));
	close(p[1]);
	waitpid(pid, NULL, 0);
	look();
}

/* Signals to the owner, and what they say. */
static char bands[200], *bandsat;
static long last_band;
static void on_io(int sig, siginfo_t *si, void *ctx)
{
	/* How often one thing is told depends on how many parts it comes in. */
	if (bandsat - bands > 60 || last_band == (si->si_code << 16 | si->si_band & 0xffff))
		return;
	last_band = si->si_code << 16 | si->si_band & 0xffff;
	bandsat += sprintf(bandsat, " %s%d", sig == SIGIO ? "IO" : "", si->si_code == SI_SIGIO ? -5 : si->si_code);
	if (si->si_code > 0 && si->si_code < 0x80) {
		bandsat += sprintf(bandsat, "%s", si->si_fd == a ? "=" : "!");
		bandsat += sprintf(bandsat, "%s", strchr(poll_words(0, si->si_band), ' ') + 1);
	}
}
static void sigio_of(int sig)
{
	struct sigaction sa = { .sa_sigaction = on_io, .sa_flags = SA_SIGINFO };
	int r;

	began();
	bandsat = bands;
	last_band = -1;
	*bands = 0;
	sigaction(SIGIO, &sa, NULL);
	sigaction(SIGRTMIN + 1, &sa, NULL);
	if ((r = fcntl(a, F_SETSIG, sig)) < 0 || (r = fcntl(a, F_SETOWN, getpid())) < 0 || (r = fcntl(a, F_SETFL, fcntl(a, F_GETFL) | O_ASYNC)) < 0) {
		put_result(r);
		return;
	}
	put(fcntl(a, F_GETFL) & O_ASYNC ? "async" : "not");
	change();
	usleep(20000);
	put(bands + (*bands == ' '));
	signal(SIGIO, SIG_IGN);
	signal(SIGRTMIN + 1, SIG_IGN);
}
static void sigio(void) { sigio_of(0); }
static void sigrt(void) { sigio_of(SIGRTMIN + 1); }

static struct { const char *name; void (*f)(void); int events; } ways[150];
static int nways;
static void way(const char *name, void (*f)(void), int events) { ways[nways].name = name; ways[nways].f = f; ways[nways++].events = events; }

static void all_ways(void)
{
	for (int i = 0; i < sizeof polls / sizeof polls[0]; i++)
		if (strcmp(polls[i].name, "poll wrnorm") || POLLWRNORM != POLLOUT)
			way(polls[i].name, by_poll, polls[i].events);
	way("ppoll all", by_ppoll, polls[sizeof polls / sizeof polls[0] - 1].events);
	way("select r", select_r, 0), way("select w", select_w, 0), way("select x", select_x, 0), way("select all", select_all, 0);
	for (int i = 0; i < sizeof epolls / sizeof epolls[0]; i++)
		way(epolls[i].name, by_epoll, epolls[i].events);
	way("once all", once, 0), way("once in", once_in, 0), way("once edge out", once_edge, 0), way("edge mod", edge_mod, 0);
	way("in to out", in_to_out, 0), way("exclusive mod", exclusive_mod, 0), way("control", control, 0), way("as epoll", as_epoll, 0);
	way("dup close", dup_close, 0), way("closed", closed, 0), way("number again", again, 0), way("twice", twice, 0), way("turns", turns, 0);
	way("two epolls", two_epolls, 0), way("nested", nested, 0), way("nested edge", nested_edge, 0), way("nested edge out", nested_edge_out, 0);
	way("forked", forked, 0), way("kept", kept, 0), way("SIGIO", sigio, 0), way("signal", sigrt, 0);
}

static char (*answers)[CALLS_MAX][WORDS];
enum { TOGETHER = 4 };

/* A child asks about one object, in a directory of its own. */
static void ask(int i, const char *only)
{
	char dir[20];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	signal(SIGHUP, SIG_IGN);
	sprintf(dir, "%d", i);
	sprintf(queue_name, "/readiness%d", i);
	mkdir(dir, 0700);
	chdir(dir);
	for (int j = 0; j < nways; j++) {
		if (only && strcmp(only, ways[j].name))
			continue;
		strcpy(answers[i][j], "hangs");
		alarm(20);
		a = b = -1;
		child = 0;
		o->make();
		usleep(o->slow * 1000);
		asked = ways[j].events;
		ways[j].f();
		snprintf(answers[i][j], WORDS, "%s", text);
		if (child > 0) {
			kill(child, SIGKILL);
			waitpid(child, NULL, 0);
		}
		for (int fd = 3; fd < 120; fd++)
			close(fd);
	}
	mq_unlink(queue_name);
	_exit(0);
}

int main(int argc, char **argv)
{
	int left = 0, first = 0, step = 1;

	if (argc < 2 || chdir(argv[1]) < 0)
		return 2;
	for (int fd = 3; fd < 1024; fd++)
		close(fd); /* what is open from the start makes the table larger */
	answers = mmap(NULL, sizeof *answers * OBJECTS_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
	all_ways();
	if (argc == 4 && (step = atoi(argv[3]))) {
		first = atoi(argv[2]);
		argc = 2;
	} else
		step = 1;
	for (int i = first; i < sizeof list / sizeof list[0]; i += step) {
		o = &list[i];
		if (argc > 2 && strcmp(argv[2], o->name) && strcmp(argv[2], "*"))
			continue;
		objects[nobjects] = o->name;
		if (!fork())
			ask(nobjects, argc > 3 ? argv[3] : NULL);
		nobjects++;
		if (++left >= TOGETHER)
			wait(NULL), left--;
	}
	while (wait(NULL) > 0)
		;
	for (int i = 0, n = nobjects; i < n; i++) {
		nobjects = i + 1;
		for (int j = 0; j < nways; j++)
			if (*answers[i][j])
				note(ways[j].name, "%s", answers[i][j]);
	}
	print();
	return 0;
}
