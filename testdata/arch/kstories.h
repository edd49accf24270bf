/* What happens to events as states change, for kevents.c. */

/* Ends a line: what it was about, and what was put together since the last. */
static void line(const char *about)
{
	print(about);
	print(": ");
	print(words);
	print("\n");
	wordsend = words;
	*words = 0;
}

static void err(i64 r)
{
	put(" ");
	puterr(r);
}

/* kevent(2) itself, with no time to wait. */
static i64 kev(int kq, const struct kevent *changes, long nchanges, struct kevent *events, long nevents)
{
	struct timespec none = { 0, 0 };

	return nb_syscall8(NR_kevent, REG(kq), REG(changes), REG(nchanges), REG(events), REG(nevents), REG(&none), REG(0));
}

static void got(i64 n, const struct kevent *e)
{
	err(n);
	for (int i = 0; i < n && i < 8; i++) {
		put(" ");
		one(&e[i]);
	}
}

#define EVENT(fd, f, fl)	{ (unsigned long)(fd), f, fl, 0, 0, nothing }

static void errors(void)
{
	int p[2], kq = (int)sys0(NR_kqueue), file = (int)open("k.file", O_RDWR | O_CREAT | O_TRUNC, 0644);
	struct timespec bad = { 0, 1000000000 }, before = { -1, 0 };
	struct kevent e[8];
	struct kevent add = EVENT(0, 1, EV_ADD), c[4] = { add, add, add, add };

	sys2(NR_pipe2, p, O_NONBLOCK);
	for (int i = 0; i < 4; i++)
		c[i].ident = (unsigned long)p[1];
	err(kev(-1, 0, 0, 0, 0));
	err(kev(file, 0, 0, 0, 0));
	err(kev(file, 0, 1, 0, 0));
	err(kev(99, c, 1, e, 1));
	line("no kqueue");
	err(kev(kq, 0, 0, 0, 0));
	err(kev(kq, 0, 1, 0, 0));
	err(kev(kq, 0, 1, e, 1));
	line("no changes where there are some");
	err(nb_syscall8(NR_kevent, REG(kq), REG(c), REG(1), REG(0), REG(0), REG(&bad), REG(0)));
	now(kq, 2);
	err(nb_syscall8(NR_kevent, REG(kq), REG(c), REG(1), REG(e), REG(1), REG(&bad), REG(0)));
	now(kq, 2);
	c[0].flags = EV_DELETE;
	err(nb_syscall8(NR_kevent, REG(kq), REG(c), REG(1), REG(e), REG(1), REG(&before), REG(0)));
	now(kq, 2);
	err(nb_syscall8(NR_kevent, REG(kq), REG(c), REG(1), REG(e), REG(1), REG(&before), REG(0)));
	err(nb_syscall8(NR_kevent, REG(kq), REG(0), REG(0), REG(e), REG(1), REG(&before), REG(0)));
	err(nb_syscall8(NR_kevent, REG(kq), REG(0), REG(0), REG(e), REG(0), REG(&before), REG(0)));
	line("times that are none");
	c[0] = c[2] = add;
	c[0].ident = c[2].ident = 77;
	got(kev(kq, c, 4, e, 4), e);
	now(kq, 2);
	line("two of four wrong");
	c[1].flags = EV_DELETE;
	c[3].flags = EV_DISABLE;
	got(kev(kq, c, 4, e, 1), e);
	now(kq, 2);
	got(kev(kq, c + 3, 1, e, 1), e);
	line("room for one of two");
	c[1].flags = c[3].flags = EV_ADD;
	err(kev(kq, c, 4, 0, 0));
	now(kq, 2);
	err(kev(kq, c + 1, 3, 0, 0));
	now(kq, 2);
	line("no room");
	err(kev(kq, c, 4, 0, 4));
	line("room that is none");
	err(kev(kq, 0, 0, 0, 1));
	now(kq, 2);
	line("an event to nowhere");
	c[1].flags = EV_ADD | EV_RECEIPT;
	got(kev(kq, c + 1, 1, e, 4), e);
	got(kev(kq, c + 1, 1, 0, 0), e);
	c[2].ident = (unsigned long)p[1];
	c[2].flags = EV_DELETE;
	got(kev(kq, c + 1, 2, 0, 0), e);
	now(kq, 2);
	c[0].ident = (unsigned long)p[1];
	got(kev(kq, c, 4, e, 4), e);
	line("receipts");
	c[0].flags = 0x4000 | EV_ADD;
	c[0].ident = (unsigned long)p[1];
	got(kev(kq, c, 1, e, 4), e);
	line("flags that are the kernel's");
	err(kev(kq, 0, 0, e, -1));
	sys1(SYS_close, sys1(NR_kqueue1, 0x80000001));
	line("others");
	sys1(SYS_close, kq);
	sys1(SYS_close, p[0]);
	sys1(SYS_close, p[1]);
	sys1(SYS_close, file);
}

static void order(void)
{
	int p[8], kq = (int)sys0(NR_kqueue), other = (int)sys0(NR_kqueue);
	struct kevent e[8], c[4] = { EVENT(0, 1, EV_ADD), EVENT(0, 1, EV_ADD), EVENT(0, 1, EV_ADD), EVENT(0, 0, EV_ADD) };
	struct kevent timer = { 0, 6, EV_ADD | EV_ONESHOT, 0, 1, nothing };
	static struct kevent many[300];

	for (int i = 0; i < 4; i++) {
		sys2(NR_pipe2, p + 2 * i, O_NONBLOCK);
		c[i].ident = (unsigned long)p[2 * i + 1];
	}
	c[3].ident = (unsigned long)p[6];
	err(kev(kq, c, 4, e, 0));
	for (int i = 0; i < 5; i++) {
		err(kev(kq, 0, 0, e, 1));
		put(e[0].ident == (unsigned long)p[1] ? " a" : e[0].ident == (unsigned long)p[3] ? " b" : " c");
	}
	line("in turns");
	i64 n = kev(kq, 0, 0, e, 8);
	for (int i = 0; i < n; i++)
		put(e[i].ident == (unsigned long)p[1] ? " a" : e[i].ident == (unsigned long)p[3] ? " b" : " c");
	sys3(SYS_write, p[7], "x", 1);
	got(kev(kq, 0, 0, e, 8), e);
	line("all");
	got(kev(kq, c, 1, e, 8), e);
	c[0].udata = c;
	got(kev(kq, c, 1, e, 8), e);
	c[0].udata = nothing;
	c[0].flags = EV_ADD | EV_ONESHOT | EV_CLEAR;
	got(kev(kq, c, 1, e, 8), e);
	got(kev(kq, 0, 0, e, 8), e);
	line("added again");
	err(kev(other, c, 3, e, 0));
	got(kev(other, 0, 0, e, 8), e);
	got(kev(other, 0, 0, e, 8), e);
	line("in another queue");
	for (int i = 0; i < 200; i++) {
		timer.ident = (unsigned long)i;
		kev(other, &timer, 1, e, 0);
	}
	sleep_ms(100);
	n = kev(other, 0, 0, many, 300);
	int oneshots = 0;
	for (int i = 0; i < n; i++)
		oneshots += many[i].filter == 6;
	say("of many at once", n);
	say("timers among them", oneshots);
	say("and then", kev(other, 0, 0, many, 300));
	for (int i = 0; i < 8; i++)
		sys1(SYS_close, p[i]);
	sys1(SYS_close, kq);
	sys1(SYS_close, other);
}

static void pipes(void)
{
	int p[2], kq = (int)sys0(NR_kqueue), clear = (int)sys0(NR_kqueue);

	sys2(NR_pipe2, p, O_NONBLOCK);
	change(kq, (unsigned long)p[0], 0, EV_ADD, 0, 0);
	change(clear, (unsigned long)p[0], 0, EV_ADD | EV_CLEAR, 0, 0);
	now(kq, 4), now(clear, 4);
	sys3(SYS_write, p[1], "x", 1);
	now(kq, 4), now(clear, 4);
	now(kq, 4), now(clear, 4);
	sys3(SYS_write, p[1], "xy", 2);
	now(kq, 4), now(clear, 4);
	sys3(SYS_read, p[0], page, 1);
	now(kq, 4), now(clear, 4);
	sys3(SYS_write, p[1], "z", 1);
	sys3(SYS_write, p[1], "z", 1);
	now(kq, 4), now(clear, 4);
	sys3(SYS_read, p[0], page, 100);
	now(kq, 4), now(clear, 4);
	sys3(SYS_write, p[1], "z", 1);
	sys3(SYS_read, p[0], page, 100);
	now(kq, 4), now(clear, 4);
	line("written and read");
	sys3(SYS_write, p[1], "z", 1);
	sys1(SYS_close, p[1]);
	now(kq, 4), now(clear, 4);
	now(kq, 4), now(clear, 4);
	sys3(SYS_read, p[0], page, 100);
	now(kq, 4), now(clear, 4);
	now(kq, 4), now(clear, 4);
	line("closed");
	sys1(SYS_close, p[0]);
	now(kq, 4), now(clear, 4);
	err(change(kq, (unsigned long)p[0], 0, EV_DELETE, 0, 0));
	sys2(NR_pipe2, p, O_NONBLOCK);
	sys3(SYS_write, p[1], "z", 1);
	now(kq, 4), now(clear, 4);
	err(change(kq, (unsigned long)p[0], 0, EV_DELETE, 0, 0));
	err(change(kq, (unsigned long)p[0], 0, EV_ENABLE, 0, 0));
	line("the number used again");
	change(kq, (unsigned long)p[1], 1, EV_ADD, 0, 0);
	change(clear, (unsigned long)p[1], 1, EV_ADD | EV_CLEAR, 0, 0);
	now(kq, 4), now(clear, 4);
	while (sys3(SYS_write, p[1], page, 512) > 0)
		;
	now(kq, 4), now(clear, 4);
	sys3(SYS_read, p[0], page, 256);
	now(kq, 4), now(clear, 4);
	sys3(SYS_read, p[0], page, 65536);
	now(kq, 4), now(clear, 4);
	sys3(SYS_write, p[1], "z", 1);
	now(kq, 4), now(clear, 4);
	sys1(SYS_close, p[0]);
	now(kq, 4), now(clear, 4);
	now(kq, 4), now(clear, 4);
	err(change(kq, (unsigned long)p[1], 1, EV_ADD, 0, 0));
	err(change(kq, (unsigned long)p[1], 1, EV_DELETE, 0, 0));
	err(change(kq, (unsigned long)p[1], 1, EV_ADD, 0, 0));
	line("filled and emptied");
	sys1(SYS_close, p[1]);
	sys2(NR_pipe2, p, O_NONBLOCK);
	change(kq, (unsigned long)p[0], 1, EV_ADD, 0, 0);
	change(kq, (unsigned long)p[1], 0, EV_ADD, 0, 0);
	now(kq, 4);
	sys3(SYS_write, p[1], "z", 1);
	now(kq, 4);
	sys1(SYS_close, p[1]);
	now(kq, 4);
	sys1(SYS_close, p[0]);
	now(kq, 4);
	line("the other filter of each end");
	sys2(NR_pipe2, p, O_NONBLOCK);
	sys3(SYS_write, p[1], "abc", 3);
	change(kq, (unsigned long)p[0], 0, EV_ADD | EV_ONESHOT, 0, 0);
	sys3(SYS_read, p[0], page, 100);
	now(kq, 4);
	now(kq, 4);
	err(change(kq, (unsigned long)p[0], 0, EV_DELETE, 0, 0));
	change(kq, (unsigned long)p[0], 0, EV_ADD | EV_DISPATCH, 0, 0);
	now(kq, 4);
	sys3(SYS_write, p[1], "abc", 3);
	now(kq, 4);
	sys3(SYS_write, p[1], "abc", 3);
	now(kq, 4);
	change(kq, (unsigned long)p[0], 0, EV_ENABLE, 0, 0);
	now(kq, 4);
	now(kq, 4);
	line("once, and as often as enabled");
	change(kq, (unsigned long)p[0], 0, EV_ADD | EV_ENABLE, 0, 0);
	change(kq, (unsigned long)p[0], 0, EV_DISABLE, 0, 0);
	now(kq, 4);
	sys3(SYS_read, p[0], page, 100);
	change(kq, (unsigned long)p[0], 0, EV_ENABLE, 0, 0);
	now(kq, 4);
	change(kq, (unsigned long)p[0], 0, EV_DISABLE, 0, 0);
	sys3(SYS_write, p[1], "abc", 3);
	now(kq, 4);
	change(kq, (unsigned long)p[0], 0, EV_ENABLE, 0, 0);
	now(kq, 4);
	line("enabled and disabled");
	sys1(SYS_close, p[0]);
	sys1(SYS_close, p[1]);
	sys1(SYS_close, kq);
	sys1(SYS_close, clear);
}

/* How many events a queue counts, by each way to ask. */
static void counted(int kq)
{
	struct stat st;
	struct pollfd p = { kq, 0x41, 0 };
	int n = -1;

	sys2(NR_fstat, kq, &st);
	put(" size ");
	putnum(st.size);
	err(sys3(NR_poll, &p, 1, 0));
	put("/");
	puthex((u32)p.revents);
	err(sys3(NR_ioctl, kq, 0x4004667f, &n));
}

static void queues(void)
{
	int p[2], kq = (int)sys0(NR_kqueue), up = (int)sys0(NR_kqueue), d;

	sys2(NR_pipe2, p, O_NONBLOCK);
	change(kq, (unsigned long)p[0], 0, EV_ADD, 0, 0);
	change(up, (unsigned long)kq, 0, EV_ADD, 0, 0);
	now(up, 4), counted(kq), counted(up);
	line("queues");
	sys3(SYS_write, p[1], "x", 1);
	counted(kq), counted(up);
	now(up, 4), now(up, 4);
	sys3(SYS_read, p[0], page, 1);
	counted(kq), counted(up);
	now(up, 4);
	now(kq, 4);
	counted(kq), counted(up);
	now(up, 4);
	counted(up);
	line("an event that is over");
	change(kq, (unsigned long)p[1], 1, EV_ADD, 0, 0);
	sys3(SYS_write, p[1], "x", 1);
	now(up, 4);
	now(kq, 1), now(kq, 1);
	now(up, 4);
	change(kq, (unsigned long)p[1], 1, EV_DISABLE, 0, 0);
	now(up, 4);
	now(kq, 4);
	now(up, 4);
	change(kq, (unsigned long)p[1], 1, EV_DELETE, 0, 0);
	change(kq, (unsigned long)p[0], 0, EV_DELETE, 0, 0);
	now(up, 4);
	line("two in it");
	d = (int)sys1(NR_dup, kq);
	change(d, (unsigned long)p[0], 0, EV_ADD, 0, 0);
	now(kq, 4), now(d, 4);
	sys1(SYS_close, kq);
	now(kq, 4), now(d, 4), now(up, 4);
	sys1(SYS_close, d);
	now(up, 4);
	line("a queue with two descriptors");
	kq = (int)sys0(NR_kqueue);
	d = (int)sys1(NR_dup, p[0]);
	err(change(kq, (unsigned long)p[0], 0, EV_ADD, 0, 0));
	err(change(kq, (unsigned long)d, 0, EV_DELETE, 0, 0));
	sys1(SYS_close, p[0]);
	now(kq, 4);
	err(change(kq, (unsigned long)d, 0, EV_ADD, 0, 0));
	now(kq, 4);
	sys2(NR_dup2, d, p[0]);
	now(kq, 4);
	err(change(kq, (unsigned long)p[0], 0, EV_DELETE, 0, 0));
	sys2(NR_dup2, p[1], d);
	now(kq, 4);
	err(change(kq, (unsigned long)d, 0, EV_DELETE, 0, 0));
	sys2(NR_dup2, d, d);
	err(change(kq, (unsigned long)d, 1, EV_ADD, 0, 0));
	sys2(NR_dup2, d, d);
	now(kq, 4);
	line("descriptors twice");
	sys1(SYS_close, p[0]);
	sys1(SYS_close, p[1]);
	sys1(SYS_close, d);
	sys1(SYS_close, kq);
	sys1(SYS_close, up);
}

static void of_sockets(void)
{
	struct sockaddr_in a;
	int s, o, l, kq = (int)sys0(NR_kqueue), clear = (int)sys0(NR_kqueue), low = 5;
	u32 len = 4;

	s = pair(1, &o);
	change(kq, (unsigned long)s, 0, EV_ADD, 0, 0);
	change(clear, (unsigned long)s, 0, EV_ADD | EV_CLEAR, 0, 0);
	sys3(SYS_write, o, "abc", 3);
	now(kq, 4), now(clear, 4);
	sys3(SYS_read, s, page, 1);
	now(kq, 4), now(clear, 4);
	sys3(SYS_write, o, "abc", 3);
	now(kq, 4), now(clear, 4);
	sys3(SYS_read, s, page, 100);
	now(kq, 4), now(clear, 4);
	sys5(NR_setsockopt, s, SOL, SO_RCVLOWAT, &low, 4);
	sys3(SYS_write, o, "abcd", 4);
	now(kq, 4), now(clear, 4);
	sys3(SYS_write, o, "e", 1);
	now(kq, 4), now(clear, 4);
	sys2(NR_shutdown, o, 1);
	now(kq, 4), now(clear, 4);
	sys3(SYS_read, s, page, 100);
	now(kq, 4), now(clear, 4);
	sys1(SYS_close, o);
	now(kq, 4), now(clear, 4);
	line("a pair, read");
	sys1(SYS_close, s);
	s = pair(1, &o);
	change(kq, (unsigned long)s, 1, EV_ADD, 0, 0);
	change(clear, (unsigned long)s, 1, EV_ADD | EV_CLEAR, 0, 0);
	now(kq, 4), now(clear, 4);
	now(kq, 4), now(clear, 4);
	while (sys3(SYS_write, s, page, 512) > 0)
		;
	now(kq, 4);
	while (sys3(SYS_read, o, page, 65536) > 0)
		;
	now(kq, 4), now(clear, 4);
	sys2(NR_shutdown, s, 1);
	now(kq, 4), now(clear, 4);
	now(kq, 4), now(clear, 4);
	sys1(SYS_close, o);
	now(kq, 4), now(clear, 4);
	line("a pair, write");
	sys1(SYS_close, s);
	s = pair(1, &o);
	sys3(SYS_write, s, "abc", 3);
	change(kq, (unsigned long)s, 0, EV_ADD, 0, 0);
	change(kq, (unsigned long)s, 1, EV_ADD, 0, 0);
	sys1(SYS_close, o);
	now(kq, 4);
	err(sys3(SYS_read, s, page, 1));
	err(sys3(SYS_write, s, "x", 1));
	now(kq, 4);
	line("left with something unread");
	sys1(SYS_close, s);
	s = connection(&o);
	change(kq, (unsigned long)s, 0, EV_ADD, 0, 0);
	change(kq, (unsigned long)s, 1, EV_ADD | EV_CLEAR, 0, 0);
	now(kq, 4);
	reset(o);
	await(s, 1);
	now(kq, 4);
	err(sys3(SYS_write, s, "x", 1));
	err(sys3(SYS_read, s, page, 1));
	err(sys3(SYS_read, s, page, 1));
	now(kq, 4);
	sys1(SYS_close, s);
	s = connection(&o);
	change(kq, (unsigned long)s, 0, EV_ADD, 0, 0);
	reset(o);
	await(s, 1);
	now(kq, 4);
	int n = -1;
	sys5(NR_getsockopt, s, SOL, 0x1007, &n, &len);
	err(-n);
	now(kq, 4);
	line("reset");
	sys1(SYS_close, s);
	l = bound(1, &a);
	change(kq, (unsigned long)l, 0, EV_ADD, 0, 0);
	now(kq, 4);
	s = to(1, &a);
	await(l, 1);
	now(kq, 4);
	o = to(1, &a);
	sleep_ms(20);
	now(kq, 4);
	sys1(SYS_close, sys3(NR_accept, l, 0, 0));
	now(kq, 4);
	sys1(SYS_close, sys3(NR_accept, l, 0, 0));
	now(kq, 4);
	sys1(SYS_close, s), sys1(SYS_close, o), sys1(SYS_close, l);
	line("connections that wait");
	l = un_listening("k.low", 5);
	low = 5;
	sys5(NR_setsockopt, l, SOL, SO_RCVLOWAT, &low, 4);
	o = un_to("k.low");
	s = (int)sys3(NR_accept, l, 0, 0);
	change(kq, (unsigned long)s, 0, EV_ADD, 0, 0);
	sys3(SYS_write, o, "abcd", 4);
	now(kq, 4);
	sys3(SYS_write, o, "e", 1);
	now(kq, 4);
	sys1(SYS_close, s), sys1(SYS_close, o), sys1(SYS_close, l);
	line("a listener's low-water mark");
	s = sock(2, 1);
	change(kq, (unsigned long)s, 0, EV_ADD, 0, 0);
	change(kq, (unsigned long)s, 1, EV_ADD, 0, 0);
	now(kq, 4);
	l = bound(1, &a);
	sys3(NR_connect, s, &a, sizeof a);
	await(s, 4);
	now(kq, 4);
	sys1(SYS_close, s), sys1(SYS_close, l);
	line("watched before it connects");
	s = sock(2, 1);
	change(kq, (unsigned long)s, 0, EV_ADD, 0, 0);
	now(kq, 4);
	a.port[0] = a.port[1] = 0;
	sys3(NR_bind, s, &a, sizeof a);
	sys2(NR_listen, s, 5);
	now(kq, 4);
	len = sizeof a;
	sys3(NR_getsockname, s, &a, &len);
	o = to(1, &a);
	sleep_ms(20);
	now(kq, 4);
	err(change(kq, (unsigned long)s, 0, EV_ADD, 0, 0));
	now(kq, 4);
	sys1(SYS_close, s), sys1(SYS_close, o);
	line("watched before it listens");
	s = bound(2, &a);
	o = to(2, &a);
	change(kq, (unsigned long)s, 0, EV_ADD | EV_CLEAR, 0, 0);
	sys3(SYS_write, o, "abc", 3);
	await(s, 1);
	now(kq, 4), now(kq, 4);
	sys3(SYS_read, s, page, 100);
	now(kq, 4);
	sys3(SYS_write, o, "", 0);
	await(s, 1);
	now(kq, 4), now(kq, 4);
	sys1(SYS_close, s);
	sys3(SYS_write, o, "abc", 3);
	await(o, 1);
	change(kq, (unsigned long)o, 0, EV_ADD, 0, 0);
	change(kq, (unsigned long)o, 1, EV_ADD, 0, 0);
	now(kq, 4);
	err(sys3(SYS_write, o, "abc", 3));
	line("datagrams");
	sys1(SYS_close, o);
	sys1(SYS_close, kq);
	sys1(SYS_close, clear);
}

static i64 truncate(int fd, int size)
{
	return nb_syscall8(SYS_ftruncate, REG(fd), REG(0), ARG64(size), REG(0), REG(0));
}

static void files(void)
{
	int kq = (int)sys0(NR_kqueue), dq = (int)sys0(NR_kqueue), fd, dir;

	sys1(NR_unlink, "k.a"), sys1(NR_unlink, "k.d/x"), sys1(NR_rmdir, "k.d/y");
	sys2(NR_mkdir, "k.d", 0755);
	fd = (int)open("k.a", O_RDWR | O_CREAT | O_TRUNC, 0644);
	dir = (int)open("k.d", O_RDONLY, 0);
	change(kq, (unsigned long)fd, 0, EV_ADD | EV_CLEAR, 0, 0);
	now(kq, 4);
	sys3(SYS_write, fd, "0123456789", 10);
	now(kq, 4);
	seek(fd, 3);
	now(kq, 4);
	sys3(SYS_write, fd, "ab", 2);
	now(kq, 4), now(kq, 4);
	seek(fd, 20);
	now(kq, 4);
	truncate(fd, 30);
	now(kq, 4);
	truncate(fd, 20);
	now(kq, 4);
	sys3(SYS_write, fd, "ab", 2);
	now(kq, 4);
	line("a file to its end");
	change(kq, (unsigned long)fd, 0, EV_DELETE, 0, 0);
	change(kq, (unsigned long)fd, 3, EV_ADD | EV_CLEAR, 0x7f, 0);
	seek(fd, 0);
	sys3(SYS_write, fd, "ab", 2);
	now(kq, 4);
	seek(fd, 100);
	sys3(SYS_write, fd, "ab", 2);
	now(kq, 4);
	sys3(SYS_write, fd, "ab", 0);
	now(kq, 4);
	sys3(SYS_read, fd, page, 10);
	now(kq, 4);
	sys2(NR_fchmod, fd, 0600);
	now(kq, 4);
	sys2(NR_fchmod, fd, 0600);
	now(kq, 4);
	sys2(NR_futimes, fd, 0);
	now(kq, 4);
	line("written, with other attributes");
	sys2(NR_link, "k.a", "k.b");
	now(kq, 4);
	sys2(NR_unlink, "k.b", 0);
	now(kq, 4);
	sys2(NR_rename, "k.a", "k.b");
	now(kq, 4);
	change(kq, (unsigned long)fd, 3, EV_DELETE, 0, 0);
	sys2(NR_rename, "k.b", "k.d/x");
	change(kq, (unsigned long)fd, 3, EV_ADD | EV_CLEAR, 0x7f, 0);
	sys1(SYS_close, open("k.d/x", O_RDWR, 0));
	now(kq, 4);
	sys1(SYS_close, open("k.b", O_RDWR | O_CREAT, 0644));
	sys2(NR_rename, "k.b", "k.d/x");
	now(kq, 4);
	change(kq, (unsigned long)fd, 3, EV_DELETE, 0, 0);
	sys1(SYS_close, fd);
	fd = (int)open("k.d/x", O_RDWR, 0);
	change(kq, (unsigned long)fd, 3, EV_ADD | EV_CLEAR, 0x7f, 0);
	sys2(NR_link, "k.d/x", "k.c");
	now(kq, 4);
	sys1(NR_unlink, "k.d/x");
	now(kq, 4);
	sys1(NR_unlink, "k.c");
	now(kq, 4);
	sys3(SYS_write, fd, "ab", 2);
	now(kq, 4);
	sys1(SYS_close, fd);
	now(kq, 4);
	line("its names");
	change(dq, (unsigned long)dir, 3, EV_ADD | EV_CLEAR, 0x7f, 0);
	sys1(SYS_close, open("k.d/x", O_RDWR | O_CREAT, 0644));
	now(dq, 4);
	fd = (int)open("k.d/x", O_RDWR | O_CREAT, 0644);
	now(dq, 4);
	sys3(SYS_write, fd, "ab", 2);
	now(dq, 4);
	sys2(NR_link, "k.d/x", "k.d/z");
	now(dq, 4);
	sys2(NR_rename, "k.d/z", "k.d/w");
	now(dq, 4);
	sys2(NR_rename, "k.d/w", "k.d/x");
	now(dq, 4);
	sys1(NR_unlink, "k.d/w");
	now(dq, 4);
	sys2(NR_mkdir, "k.d/y", 0755);
	now(dq, 4);
	sys1(NR_rmdir, "k.d/y");
	now(dq, 4);
	sys2(NR_symlink, "a", "k.d/l");
	now(dq, 4);
	sys2(NR_mkfifo, "k.d/f", 0644);
	now(dq, 4);
	sys2(NR_rename, "k.d/f", "k.f");
	now(dq, 4);
	sys2(NR_rename, "k.f", "k.d/l");
	now(dq, 4);
	sys2(NR_chmod, "k.d", 0700);
	now(dq, 4);
	sys1(NR_unlink, "k.d/l");
	now(dq, 4);
	sys2(NR_mkdir, "k.e", 0755);
	sys2(NR_rename, "k.e", "k.d/e");
	now(dq, 4);
	sys2(NR_rename, "k.d/e", "k.e");
	now(dq, 4);
	line("a directory");
	sys1(NR_unlink, "k.d/x");
	now(dq, 4);
	sys2(NR_rename, "k.d", "k.g");
	now(dq, 4);
	sys1(NR_rmdir, "k.g");
	now(dq, 4);
	now(dq, 4);
	line("its end");
	sys1(NR_rmdir, "k.e");
	fd = (int)open("k.a", O_RDWR | O_CREAT | O_TRUNC, 0644);
	change(kq, (unsigned long)fd, 3, EV_ADD, 2, 0);
	change(dq, (unsigned long)fd, 3, EV_ADD, 4, 0);
	sys3(SYS_write, fd, "ab", 2);
	now(kq, 4), now(dq, 4);
	now(kq, 4), now(dq, 4);
	seek(fd, 0);
	sys3(SYS_write, fd, "ab", 2);
	sys2(NR_fchmod, fd, 0600);
	now(kq, 4), now(dq, 4);
	err(change(kq, (unsigned long)fd, 3, EV_ADD, 8, 0));
	now(kq, 4);
	sys2(NR_fchmod, fd, 0600);
	now(kq, 4);
	err(change(kq, (unsigned long)fd, 3, EV_ADD | EV_CLEAR, 0, 0));
	now(kq, 4);
	line("what is asked for");
	sys1(SYS_close, fd);
	sys1(SYS_close, dir);
	sys1(SYS_close, kq);
	sys1(SYS_close, dq);
}

static void timers(void)
{
	int kq = (int)sys0(NR_kqueue);
	struct kevent e;

	err(change(kq, 1, 6, EV_ADD, 0, 0));
	err(change(kq, 1, 6, EV_DELETE, 0, 0));
	err(change(kq, 1, 6, EV_ADD | EV_ONESHOT, 0, 20));
	now(kq, 4);
	sleep_ms(100);
	now(kq, 4);
	now(kq, 4);
	err(change(kq, 1, 6, EV_DELETE, 0, 0));
	line("a timer");
	err(change(kq, 1, 6, EV_ADD, 0, 20));
	sleep_ms(150);
	err(kev(kq, 0, 0, &e, 1));
	put(e.data >= 2 ? " some " : " WRONG ");
	puthex(e.flags);
	err(change(kq, 1, 6, EV_DISABLE, 0, 20));
	sleep_ms(150);
	now(kq, 4);
	err(change(kq, 1, 6, EV_ENABLE, 0, 20));
	err(kev(kq, 0, 0, &e, 1));
	put(e.data >= 2 ? " some" : " WRONG");
	err(change(kq, 1, 6, EV_DELETE, 0, 20));
	sleep_ms(50);
	now(kq, 4);
	line("that repeats");
	err(change(kq, 1, 6, EV_ADD | EV_DISABLE, 0, 10));
	sleep_ms(50);
	now(kq, 4);
	err(change(kq, (unsigned long)-1l, 6, EV_ADD | EV_ONESHOT, 0, 1));
	sleep_ms(50);
	now(kq, 4);
	err(change(kq, 2, 6, EV_ENABLE, 0, 10));
	err(change(kq, 3, 6, EV_ADD, 0, 1000000));
	err(change(kq, 3, 6, EV_ADD, 0, 1000000));
	now(kq, 4);
	err(change(kq, 3, 6, EV_DELETE, 0, 0));
	line("others");
	sys1(SYS_close, kq);
}

static void stories(void)
{
	errors();
	order();
	pipes();
	queues();
	of_sockets();
	files();
	timers();
}

/* A child that waits until something is written, ends with a status, and says nothing. */
static long child(int gate[2], int status)
{
	char c;

	sys2(NR_pipe2, gate, 0);
	long pid = fork();
	if (pid == 0) {
		sys3(SYS_read, gate[0], &c, 1);
		exit(status);
	}
	return pid;
}

static int caught;

static void skip(int sig, struct siginfo *si, void *uc)
{
	caught++;
	UC_PC(uc) = UC_PC(uc) + ILLEGAL_SIZE;
}

/* What queues hear of processes and signals: kern_event.c, kern_sig.c. */
static void processes(void)
{
	int kq = (int)sys0(NR_kqueue), gate[2], status = 0, p[2];
	u32 set[4] = { 1u << (SIGUSR1 - 1), 0, 0, 0 }, old[4];
	char c;

	err(change(kq, 29999, 4, EV_ADD, 0x80000000, 0));
	err(change(kq, (unsigned long)-1l, 4, EV_ADD, 0x80000000, 0));
	err(change(kq, 0, 5, EV_ADD, 0, 0));
	err(change(kq, 64, 5, EV_ADD, 0, 0));
	err(change(kq, 1000, 5, EV_ADD, 0, 0));
	err(change(kq, 1000, 5, EV_DELETE, 0, 0));
	line("numbers");
	long pid = child(gate, 3);
	err(change(kq, (unsigned long)pid, 4, EV_ADD, 0x80000000, 0));
	now(kq, 4);
	sys3(SYS_write, gate[1], "x", 1);
	sys4(SYS_wait4, pid, &status, 0, 0);
	now(kq, 4), now(kq, 4);
	err(change(kq, (unsigned long)pid, 4, EV_DELETE, 0, 0));
	pid = child(gate, 3);
	err(change(kq, (unsigned long)pid, 4, EV_ADD, 0, 0));
	sys3(SYS_write, gate[1], "x", 1);
	sys4(SYS_wait4, pid, &status, 0, 0);
	now(kq, 4), now(kq, 4);
	pid = child(gate, 3);
	err(change(kq, (unsigned long)pid, 4, EV_ADD | EV_DISABLE, 0x80000000, 0));
	sys2(SYS_kill, pid, 9);
	sys4(SYS_wait4, pid, &status, 0, 0);
	now(kq, 4);
	err(change(kq, (unsigned long)pid, 4, EV_ENABLE, 0x80000000, 0));
	now(kq, 4), now(kq, 4);
	pid = child(gate, 3);
	err(change(kq, (unsigned long)pid, 4, EV_ADD, 0x80000000, 0));
	sys3(SYS_write, gate[1], "x", 1);
	sys4(SYS_wait4, pid, &status, 0, 0);
	err(change(kq, (unsigned long)pid, 4, EV_ADD, 0x80000000, 0));
	err(change(kq, (unsigned long)pid, 4, EV_DELETE, 0x80000000, 0));
	err(change(kq, (unsigned long)pid, 4, EV_ADD, 0x80000000, 0));
	now(kq, 4);
	line("the end of a child");
	sys3(SYS_sigprocmask, 1, set, old);
	err(change(kq, SIGUSR1, 5, EV_ADD, 0, 0));
	now(kq, 4);
	sys2(SYS_kill, sys0(SYS_getpid), SIGUSR1);
	sys2(SYS_kill, sys0(SYS_getpid), SIGUSR1);
	now(kq, 4), now(kq, 4);
	struct sigaction ignore = { (void (*)(int, struct siginfo *, void *))1, { { 0 } }, 0 };
	sys5(SYS_sigaction_sigtramp, SIGUSR1, &ignore, 0, nb_sigtramp, 2);
	sys2(SYS_kill, sys0(SYS_getpid), SIGUSR1);
	now(kq, 4);
	sys2(SYS_kill, sys0(SYS_getpid), 0);
	now(kq, 4);
	err(change(kq, SIGUSR1, 5, EV_DISABLE, 0, 0));
	sys2(SYS_kill, sys0(SYS_getpid), SIGUSR1);
	sys2(SYS_kill, sys0(SYS_getpid), SIGUSR1);
	now(kq, 4);
	err(change(kq, SIGUSR1, 5, EV_ENABLE, 0, 0));
	now(kq, 4);
	line("signals");
	on_signal(SIGILL, skip, 0);
	err(change(kq, SIGILL, 5, EV_ADD, 0, 0));
	__asm__ volatile(ILLEGAL_INSTRUCTION);
	now(kq, 4);
	put(caught == 1 ? " caught" : " WRONG");
	line("a trap");
	sys2(NR_pipe2, p, 0);
	change(kq, (unsigned long)p[1], 1, EV_ADD, 0, 0);
	pid = fork();
	if (pid == 0) {
		wordsend = words;
		err(kev(kq, 0, 0, 0, 0));
		put((int)sys1(NR_dup, p[0]) <= kq ? " free" : " WRONG");
		kq = (int)sys0(NR_kqueue);
		change(kq, (unsigned long)p[1], 1, EV_ADD, 0, 0);
		now(kq, 4);
		line("in the child");
		exit(0);
	}
	sys4(SYS_wait4, pid, &status, 0, 0);
	now(kq, 4);
	line("in the parent");
	(void)c, (void)old;
}
