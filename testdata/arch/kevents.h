/* What kevents.c is made of: flags, and sockets in the states that it asks about. */
#define EV_ADD		1
#define EV_DELETE	2
#define EV_ENABLE	4
#define EV_DISABLE	8
#define EV_ONESHOT	0x10
#define EV_CLEAR	0x20
#define EV_RECEIPT	0x40
#define EV_DISPATCH	0x80

#define SOL		0xffff
#define SO_LINGER	0x80
#define SO_RCVLOWAT	0x1004
#define SO_SNDLOWAT	0x1003

static char page[65536];

static void K(const char *name, i64 fd);

static void sleep_ms(int ms)
{
	sys3(NR_poll, 0, 0, ms);
}

static void seek(int fd, i64 off)
{
	nb_syscall8(SYS_lseek, REG(fd), REG(0), ARG64(off), REG(0), REG(0), REG(0), REG(0));
}

static int sock(int domain, int type)
{
	return (int)sys3(NR_socket, domain, type | 0x60000000, 0);
}

static int pair(int type, int *other)
{
	int p[2];
	i64 r = sys4(NR_socketpair, 1, type | 0x60000000, 0, p);

	*other = p[1];
	return r < 0 ? (int)r : p[0];
}

/* A socket of the Internet on the loopback interface, at a port of the kernel's choice, which it leaves in a. */
static int bound(int type, struct sockaddr_in *a)
{
	u32 len = sizeof *a;
	int s = sock(2, type);

	*a = (struct sockaddr_in){ 16, 2, { 0, 0 }, { 127, 0, 0, 1 }, { 0 } };
	i64 r = sys3(NR_bind, s, a, sizeof *a);
	if (r == 0 && type == 1)
		r = sys2(NR_listen, s, 5);
	sys3(NR_getsockname, s, a, &len);
	return r < 0 ? (int)r : s;
}

/* Waits until a descriptor is ready. */
static void await(int fd, int events)
{
	struct pollfd p = { fd, (short)events, 0 };

	sys3(NR_poll, &p, 1, 2000);
}

static int to(int type, const struct sockaddr_in *a)
{
	int s = sock(2, type);
	i64 r = sys3(NR_connect, s, a, sizeof *a);

	await(s, 4);
	return r < 0 && r != -36 ? (int)r : s;
}

/* Both ends of a connection. */
static int connection(int *other)
{
	struct sockaddr_in a;
	int l = bound(1, &a), s = to(1, &a);

	await(l, 1);
	*other = (int)sys3(NR_accept, l, 0, 0);
	sys3(NR_fcntl, *other, 4, O_NONBLOCK);
	sys1(SYS_close, l);
	return s;
}

static void reset(int fd)
{
	int linger[2] = { 1, 0 };

	sys5(NR_setsockopt, fd, SOL, SO_LINGER, linger, sizeof linger);
	sys1(SYS_close, fd);
}

static int un_listening(const char *name, int backlog)
{
	struct sockaddr_un a = { 0, 1, "" };
	int s = sock(1, 1);

	for (u32 i = 0; i <= strlen(name); i++)
		a.path[i] = name[i];
	a.len = (u8)(strlen(name) + 2);
	sys1(NR_unlink, name);
	i64 r = sys3(NR_bind, s, &a, a.len);
	return r == 0 && sys2(NR_listen, s, backlog) == 0 ? s : (int)r;
}

static int un_to(const char *name)
{
	struct sockaddr_un a = { 0, 1, "" };
	int s = sock(1, 1);

	for (u32 i = 0; i <= strlen(name); i++)
		a.path[i] = name[i];
	a.len = (u8)(strlen(name) + 2);
	i64 r = sys3(NR_connect, s, &a, a.len);
	return r < 0 && r != -36 ? (int)r : s;
}

static void socket_kinds(void)
{
	struct sockaddr_in a, b;
	int o, s, ten = 10;

	K("un", sock(1, 1));
	K("un-dgram", sock(1, 2));
	s = un_listening("k.sock", 5);
	K("un-listen", s);
	o = un_to("k.sock");
	K("un-listen-1", s);
	K("un-waiting", o);
	o = un_to("k.sock");
	K("un-listen-2", s);
	s = pair(1, &o);
	K("pair", s);
	sys3(SYS_write, o, "0123456789", 10);
	K("pair-in", s);
	sys2(NR_shutdown, o, 1);
	K("pair-in-shut", s);
	sys1(SYS_close, o);
	K("pair-in-alone", s);
	sys3(SYS_read, s, page, 100);
	K("pair-alone", s);
	s = pair(1, &o);
	sys2(NR_shutdown, s, 0);
	K("pair-shut-r", s);
	K("pair-peer-shut-r", o);
	s = pair(1, &o);
	sys2(NR_shutdown, s, 1);
	K("pair-shut-w", s);
	K("pair-peer-shut-w", o);
	s = pair(1, &o);
	sys2(NR_shutdown, s, 2);
	K("pair-shut", s);
	s = pair(1, &o);
	sys5(NR_setsockopt, s, SOL, SO_RCVLOWAT, &ten, 4);
	sys3(SYS_write, o, "012345678", 9);
	K("pair-low-9", s);
	sys3(SYS_write, o, "9", 1);
	K("pair-low-10", s);
	s = pair(1, &o);
	while (sys3(SYS_write, s, page, 512) > 0)
		;
	K("pair-full", s);
	s = pair(2, &o);
	K("dgram", s);
	sys3(SYS_write, o, "0123456789", 10);
	K("dgram-in", s);
	sys3(SYS_write, o, "abc", 3);
	K("dgram-in-2", s);
	sys1(SYS_close, o);
	K("dgram-alone", s);
	K("tcp", sock(2, 1));
	s = bound(1, &a);
	K("tcp-listen", s);
	o = to(1, &a);
	await(s, 1);
	K("tcp-listen-1", s);
	o = to(1, &a);
	sys1(SYS_close, o);
	s = connection(&o);
	K("tcp-conn", s);
	sys3(SYS_write, o, "0123456789", 10);
	await(s, 1);
	K("tcp-in", s);
	sys2(NR_shutdown, o, 1);
	sleep_ms(20);
	K("tcp-in-shut", s);
	s = connection(&o);
	sys2(NR_shutdown, s, 1);
	K("tcp-shut-w", s);
	s = connection(&o);
	sys2(NR_shutdown, s, 0);
	K("tcp-shut-r", s);
	s = connection(&o);
	reset(o);
	await(s, 1);
	K("tcp-reset", s);
	s = bound(1, &a);
	sys1(SYS_close, s);
	K("tcp-refused", to(1, &a));
	K("udp", sock(2, 2));
	s = bound(2, &b);
	o = to(2, &b);
	K("udp-conn", o);
	sys3(SYS_write, o, "0123456789", 10);
	await(s, 1);
	K("udp-in", s);
	sys1(SYS_close, s);
	s = bound(2, &b);
	sys3(SYS_write, to(2, &b), "", 0);
	await(s, 1);
	K("udp-in-0", s);
	o = to(2, &b);
	sys1(SYS_close, s);
	sys3(SYS_write, o, "x", 1);
	await(o, 1);
	K("udp-refused", o);
}
