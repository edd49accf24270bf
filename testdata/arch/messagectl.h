/* The questions of messages.c. */

/* ---- parts of a struct msghdr ---- */

#define HEADERS(call, f) \
	{ call " no header", f, 0 }, { call " bad header", f, 1 }, { call " iovlen 0", f, 2 }, { call " iov null", f, 3 }, \
	{ call " iovlen -1", f, 4 }, { call " iovlen max", f, 5 }, { call " iovlen max + 1", f, 6 }, { call " len huge", f, 7 }, \
	{ call " len half", f, 8 }, { call " len sum", f, 9 }, { call " base bad", f, 10 }, { call " base null", f, 11 }, \
	{ call " second base bad", f, 12 }, { call " name bad", f, 13 }, { call " namelen 0", f, 14 }, { call " namelen 1", f, 15 }, \
	{ call " namelen 2", f, 16 }, { call " namelen 3", f, 17 }, { call " namelen 255", f, 18 }, { call " namelen 256", f, 19 }, \
	{ call " namelen -1", f, 20 }, { call " name null", f, 21 }, { call " control null", f, 22 }, { call " controllen 0", f, 23 }, \
	{ call " controllen 1", f, 24 }, { call " controllen 11", f, 25 }, { call " controllen header - 1", f, 26 }, \
	{ call " controllen header", f, 27 }, { call " control bad", f, 28 }, { call " controllen page", f, 29 }, \
	{ call " controllen -1", f, 30 }, { call " flags in it", f, 31 }, { call " iovlen, name, control", f, 32 }, \
	{ call " name, control", f, 33 }, { call " iov, name", f, 34 }, { call " control, base", f, 35 }, { call " name, base", f, 36 }, \
	{ call " control unaligned", f, 37 }, { call " controllen less", f, 38 }, { call " controllen space", f, 39 }, \
	{ call " controllen space + 9", f, 40 },

static struct iovec many[1025];

/* Makes h wrong in one way. */
static void *wrong(struct msghdr *h, struct iovec *v, int which)
{
	size_t half = ~(size_t)0 >> 1;

	switch (which) {
	case 0: return 0;
	case 1: return NOWHERE;
	case 2: h->iovlen = 0; h->iov = 0; break;
	case 3: h->iov = 0; break;
	case 4: h->iovlen = -1; break;
	case 5: h->iov = many; h->iovlen = 1024; break;
	case 6: h->iov = many; h->iovlen = 1025; break;
	case 7: v->len = ~(size_t)0; break;
	case 8: v->len = half + 1; break;
	case 9: v[0].len = half; v[1].len = 1; h->iovlen = 2; break;
	case 10: v->base = NOWHERE; break;
	case 11: v->base = 0; v->len = 0; break;
	case 12: v[0].len = 1; v[1].base = NOWHERE; h->iovlen = 2; break;
	case 13: h->name = NOWHERE; h->namelen = 16; break;
	case 14: h->namelen = 0; break;
	case 15: h->namelen = 1; break;
	case 16: h->namelen = 2; break;
	case 17: h->namelen = 3; break;
	case 18: h->namelen = 255; break;
	case 19: h->namelen = 256; break;
	case 20: h->namelen = (u32)-1; break;
	case 21: h->name = 0; h->namelen = 5; break;
	case 22: h->control = 0; h->controllen = 99; break;
	case 23: h->controllen = 0; break;
	case 24: h->controllen = 1; break;
	case 25: h->controllen = 11; break;
	case 26: h->controllen = HDR - 1; break;
	case 27: h->controllen = HDR; break;
	case 28: h->control = NOWHERE; h->controllen = SPACE(4); break;
	case 29: h->controllen = 70000; break;
	case 30: h->controllen = (u32)-1; break;
	case 31: h->flags = 0xffff; break;
	case 32: h->iov = many; h->iovlen = 1025; h->name = NOWHERE; h->controllen = 1; break;
	case 33: h->name = NOWHERE; h->namelen = 1; h->controllen = 1; break;
	case 34: v->len = ~(size_t)0; h->namelen = 1; break;
	case 35: h->controllen = 1; v->base = NOWHERE; break;
	case 36: h->name = NOWHERE; h->namelen = 16; v->base = NOWHERE; break;
	case 37: memcpy(ctl.b + 4097, ctl.b, 256); h->control = (u8 *)h->control + (h->control == ctl.b ? 4097 : 1); break;
	case 38: h->controllen = h->control == ctl.b ? HDR + 4 : SPACE(4) - 1; break;
	case 39: h->controllen = SPACE(4); break;
	case 40: h->controllen = SPACE(4) + 9; break;
	}
	return h;
}

static void set_name(struct ends *e, struct msghdr *h)
{
	h->name = e->domain == 1 && e->tx >= 0 ? (void *)&address : e->to;
	h->namelen = e->tolen;
	if (!h->name) {
		h->name = &address;
		h->namelen = address.len;
	}
}

static void bad_send(struct ends *e, int which)
{
	struct iovec v[2] = { { page, 5 }, { page, 5 } };
	struct msghdr h = { e->to, e->tolen, v, 1, 0, 0, 0 };

	memset(ctl.b, 0, 4096);
	clen = 0;
	if (which >= 13 && which <= 20)
		set_name(e, &h);
	if (e->domain == 1)
		rights(1);
	if (clen || which >= 22) {
		h.control = ctl.b;
		h.controllen = clen ? clen : SPACE(4);
	}
	i64 r = sendmsg(e, wrong(&h, v, which), 0);
	err(r);
	await(e, r);
	clen = 0;
	rcv(e, 100, 256, MSG_DONTWAIT);
}

static void bad_recv(struct ends *e, int which)
{
	struct iovec v[2] = { { page, 50 }, { page, 50 } };
	struct msghdr h = { &from, sizeof from, v, 1, got.b, 256, 0 };
	int before;

	if (e->domain == 1)
		rights(1);
	i64 r = snd(e, 5);
	before = open_files();
	memset(got.b, 0xee, 4096);
	struct msghdr *p = wrong(&h, v, which);
	u32 namelen = h.namelen, controllen = h.controllen;
	r = sys3(NR_recvmsg, e->rx, p, MSG_DONTWAIT);
	result(which == 37 && r >= 0 ? 0 : r, &h, namelen, which == 37 ? h.controllen : controllen, before);
	rcv(e, 100, 256, MSG_DONTWAIT);
}

/* ---- flags ---- */

static const u32 flag_bits[] = { 0, 1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000, 0x4000, 0x8000,
	0x10000, 0x800000, 0x1000000, 0x10000000 };
#define FLAGS(call, f) \
	{ call " flag none", f, 0 }, { call " MSG_OOB", f, 1 }, { call " MSG_PEEK", f, 2 }, { call " MSG_DONTROUTE", f, 3 }, \
	{ call " MSG_EOR", f, 4 }, { call " MSG_TRUNC", f, 5 }, { call " MSG_CTRUNC", f, 6 }, { call " MSG_WAITALL", f, 7 }, \
	{ call " MSG_DONTWAIT", f, 8 }, { call " MSG_BCAST", f, 9 }, { call " MSG_MCAST", f, 10 }, { call " MSG_NOSIGNAL", f, 11 }, \
	{ call " MSG_CMSG_CLOEXEC", f, 12 }, { call " MSG_NBIO", f, 13 }, { call " MSG_WAITFORONE", f, 14 }, \
	{ call " MSG_NOTIFICATION", f, 15 }, { call " flag 8000", f, 16 }, { call " flag 10000", f, 17 }, { call " flag 800000", f, 18 }, \
	{ call " flag 1000000", f, 19 }, { call " flag 10000000", f, 20 },

static void flag_send(struct ends *e, int which)
{
	struct iovec v;
	struct msghdr h = header(e, &v, 5);
	i64 r = sendmsg(e, &h, (int)flag_bits[which]);

	err(r);
	await(e, r);
	rcv(e, 100, 0, MSG_DONTWAIT);
}

static void flag_recv(struct ends *e, int which)
{
	if (e->domain == 1 && which != 2)
		rights(1);
	snd(e, 5);
	rcv(e, 3, which == 2 ? 0 : 256, (int)flag_bits[which]);
	rcv(e, 100, 256, (int)flag_bits[which]);
	rcv(e, 100, 256, MSG_DONTWAIT);
}

/* ---- what control data says ---- */

static void sent(struct ends *e, int which)
{
	i64 r = snd(e, 5);

	(void)which;
	err(r);
	rcv(e, 100, 4096, MSG_DONTWAIT);
}

static void cmsg_len(struct ends *e, int which)
{
	static const u32 plus[] = { 0, 11, HDR - 1, HDR, HDR + 1, HDR + 3, HDR + 5, HDR + 7, HDR + ROUND(8) + 1, 0x7fffffff, 0xffffffff };
	int fds[2] = { file, file };

	if (e->domain != 1) {
		put("-"); /* what comes after a message depends on the alignment */
		return;
	}
	say_cmsg(SOL, SCM_RIGHTS, plus[which], fds, 8);
	sent(e, 0);
}

static void level_type(struct ends *e, int which)
{
	static const struct { int level, type; } lt[] = {
		{ 0, 1 }, { 1, 1 }, { 77, 1 }, { SOL, 0 }, { SOL, 77 }, { SOL, 4 }, { SOL, 8 }, { SOL, 0x10 }, { 6, 1 }, { -1, 1 }, { SOL, -1 },
	};
	int fds[2] = { file, file };

	cmsg(lt[which].level, lt[which].type, fds, 8);
	sent(e, 0);
}

static void several_rights(struct ends *e, int n)
{
	rights(n);
	err(snd(e, 5));
	struct iovec v = { page, 100 };
	struct msghdr h = { 0, 0, &v, 1, got.b, 4096, 0 };
	i64 r = sys3(NR_recvmsg, e->rx, &h, MSG_DONTWAIT);
	result(r, &h, 0, 4096, open_files());
}

static void right_to(struct ends *e, int which)
{
	int fds[3] = { file, -1, file };

	fds[1] = which == 0 ? -1 : which == 1 ? 120 : which == 2 ? kq : which == 3 ? e->tx : which == 4 ? e->rx : which == 5 ? pipes[0] : 1;
	cmsg(SOL, SCM_RIGHTS, fds + (which > 4), which < 7 ? 4 + 8 * (which < 3) : 8);
	sent(e, 0);
}

static void two_messages(struct ends *e, int which)
{
	int one = file;

	switch (which) {
	case 0: rights(1); rights(1); break;
	case 1: rights(1); cmsg(SOL, 77, &one, 4); break;
	case 2: cmsg(SOL, 77, &one, 4); rights(1); break;
	case 3: rights(1); say_cmsg(SOL, SCM_RIGHTS, 0, 0, 0); break;
	case 4: rights(1); clen += 4; break;
	case 5: rights(1); one = 120; cmsg(SOL, SCM_RIGHTS, &one, 4); break;
	case 6: rights(0); rights(1); break;
	case 7: rights(2); rights(1); break;
	}
	sent(e, 0);
}

/* Rooms for one, three and no descriptors. */
static void room(struct ends *e, int which)
{
	static const struct { int n; u32 room; } r[] = {
		{ 1, 1 }, { 1, 12 }, { 1, HDR }, { 1, SPACE(4) - 1 }, { 1, SPACE(4) }, { 5, SPACE(4) }, { 3, SPACE(12) - 1 }, { 3, SPACE(12) },
		{ 0, 1 }, { 0, HDR - 1 }, { 0, HDR }, { 8, SPACE(16) }, { 8, SPACE(32) + 1 }, { 2, SPACE(8) - 1 },
	};

	rights(r[which].n);
	err(snd(e, 5));
	rcv(e, 100, r[which].room, MSG_DONTWAIT);
	rcv(e, 100, 256, MSG_DONTWAIT);
}

static void nothing_else(struct ends *e, int which)
{
	rights(1);
	err(snd(e, 0));
	if (which == 1)
		plain(e, 100);
	else
		rcv(e, which == 2 ? 0 : 100, 256, MSG_DONTWAIT);
	rcv(e, 100, 256, MSG_DONTWAIT);
	err(snd(e, 3));
	rcv(e, 100, 256, MSG_DONTWAIT);
}

/* Messages with and without control data, one after the other, and ways to receive them. */
static void boundaries(struct ends *e, int which)
{
	int before = open_files();

	snd(e, 3);
	rights(1);
	snd(e, 4);
	snd(e, 5);
	if (which == 8 || which == 9)
		rights(5), snd(e, 6), rights(1), snd(e, 7);
	settle(e);
	switch (which) {
	case 0: for (int i = 0; i < 4; i++) rcv(e, 100, 256, MSG_DONTWAIT); break;
	case 1: for (int i = 0; i < 4; i++) plain(e, 100); break;
	case 2: for (int i = 0; i < 6; i++) rcv(e, 2, 256, MSG_DONTWAIT); break;
	case 3: for (int i = 0; i < 6; i++) plain(e, 2); break;
	case 4: for (int i = 0; i < 4; i++) rcv(e, 100, 0, MSG_DONTWAIT); break;
	case 5: rcv(e, 7, 256, MSG_DONTWAIT); plain(e, 100); plain(e, 100); break;
	case 6: plain(e, 7); rcv(e, 100, 256, MSG_DONTWAIT); rcv(e, 100, 256, MSG_DONTWAIT); break;
	case 7: rcv(e, 100, 256, MSG_WAITALL); rcv(e, 100, 256, MSG_WAITALL); rcv(e, 100, 256, MSG_DONTWAIT); break;
	case 8: for (int i = 0; i < 6; i++) rcv(e, 100, 256, MSG_DONTWAIT); break;
	case 9: for (int i = 0; i < 6; i++) rcv(e, 100, SPACE(4), MSG_DONTWAIT); break;
	case 10: rcv(e, 100, 0, MSG_PEEK | MSG_DONTWAIT); rcv(e, 5, 0, MSG_PEEK | MSG_DONTWAIT); plain(e, 3);
		rcv(e, 100, 0, MSG_PEEK | MSG_DONTWAIT); rcv(e, 2, 256, MSG_DONTWAIT); rcv(e, 100, 0, MSG_PEEK | MSG_DONTWAIT); break;
	case 11: rcv(e, 0, 256, MSG_DONTWAIT); rcv(e, 3, 256, MSG_DONTWAIT); rcv(e, 0, 256, MSG_DONTWAIT); rcv(e, 100, 256, MSG_DONTWAIT);
		break;
	}
	before = open_files() - before;
	putnum(before);
}

static void waitall(struct ends *e, int which)
{
	int pending;

	snd(e, 3);
	if (which == 1)
		sys2(NR_shutdown, e->tx, 1), await(e, 1);
	if (which == 2)
		snd(e, 7);
	settle(e);
	rcv(e, 10, 0, MSG_WAITALL | (which == 3 ? MSG_PEEK : 0));
	rcv(e, 10, 0, MSG_WAITALL);
	pending = (int)sys6(NR_recvfrom, e->rx, page, 100, MSG_DONTWAIT, 0, 0);
	err(pending);
}

/* A record that does not fit, and its end. */
static void records(struct ends *e, int which)
{
	struct iovec v;
	struct msghdr h;

	if (e->domain == 1 && which < 2)
		rights(1);
	h = header(e, &v, 6);
	i64 r = sendmsg(e, &h, which & 1 ? MSG_EOR : 0);
	err(r);
	await(e, r);
	clen = 0;
	if (which < 4)
		err(snd(e, 2));
	settle(e);
	if (which < 4)
		rcv(e, 4, 256, which & 2 ? 0x10 : 0);
	rcv(e, 100, 256, which & 2 ? 0x10 : 0);
	rcv(e, 100, 256, 0);
}

static void oob(struct ends *e, int which)
{
	if (which == 0 || e->domain == 1) {
		if (e->domain == 1)
			rights(1);
		struct iovec v;
		struct msghdr h = header(e, &v, 2);
		err(sendmsg(e, &h, MSG_OOB));
		clen = 0;
		settle(e);
	}
	rcv(e, 100, 256, MSG_OOB | MSG_DONTWAIT);
	if (e->domain == 1)
		rcv(e, 100, 256, MSG_DONTWAIT);
}

/* ---- names ---- */

static void names(struct ends *e, int which)
{
	static const int room[] = { 0, 1, 2, 3, 16, 106, 300, -1 };
	struct iovec v = { page, 100 };
	struct msghdr h = { which == 8 ? 0 : which == 9 ? NOWHERE : page + 4096, which < 8 ? (u32)room[which] : 20, &v, 1, 0, 77, 0 };
	int before = open_files();

	snd(e, 5);
	u32 namelen = h.namelen;
	i64 r = sys3(NR_recvmsg, e->rx, &h, MSG_DONTWAIT);
	result(r, &h, namelen, 77, before);
	if (r >= 0 && h.name && h.namelen > 1 && h.namelen < 300) {
		put("family ");
		putnum(page[4097]);
		put(" len ");
		putnum(page[4096]);
		put(" ");
	}
	rcv(e, 100, 0, MSG_DONTWAIT);
}

static void recvfrom_names(struct ends *e, int which)
{
	static const int room[] = { 0, 2, 300, -1 };
	u32 len = (u32)room[which & 3];

	snd(e, 5);
	err(sys6(NR_recvfrom, e->rx, page, 100, MSG_DONTWAIT, which == 4 ? 0 : which == 5 ? NOWHERE : &from,
		which == 6 ? 0 : which == 7 ? NOWHERE : (void *)&len));
	putnum((int)len);
	put(" ");
	rcv(e, 100, 0, MSG_DONTWAIT);
}

/* ---- who sent it, and when ---- */

static i64 on(int fd, int level, int opt)
{
	int one = 1;

	return sys5(NR_setsockopt, fd, level, opt, &one, 4);
}

static void creds(struct ends *e, int which)
{
	static const u32 rooms[] = { 256, 0, 256, SPACE(28), SPACE(12), HDR, 12, 1 };
	int before = open_files();

	if (which == 8)
		snd(e, 3);
	err(on(e->rx, 0, LOCAL_CREDS));
	if (which == 2 || which == 3)
		rights(1);
	snd(e, 5);
	snd(e, 4);
	settle(e);
	switch (which) {
	case 9: rcv(e, 100, 256, MSG_PEEK | MSG_DONTWAIT); break;
	case 10: plain(e, 100); break;
	}
	rcv(e, 100, which < 8 ? rooms[which] : 256, MSG_DONTWAIT);
	rcv(e, 100, 256, MSG_DONTWAIT);
	if (which == 0) {
		snd(e, 6);
		settle(e);
		rcv(e, 100, 256, MSG_DONTWAIT);
		on(e->rx, 0, LOCAL_CREDS);
		snd(e, 7);
		rcv(e, 100, 256, MSG_DONTWAIT);
	}
	putnum(open_files() - before);
}

static void stamped(struct ends *e, int which)
{
	static const u32 rooms[] = { 256, 0, SPACE(sizeof(struct timeval)) - 1, HDR + 4, HDR, 12, 1 };

	err(on(e->rx, SOL, SO_TIMESTAMP));
	if (which == 7) {
		on(e->rx, 0, LOCAL_CREDS);
		on(e->rx, 0, 7);
	}
	snd(e, 5);
	if (which == 6)
		rcv(e, 100, 256, MSG_PEEK | MSG_DONTWAIT);
	rcv(e, 100, which < 7 ? rooms[which] : 256, MSG_DONTWAIT);
}

/* ---- the Internet's ---- */

static void told(struct ends *e, int which)
{
	static const struct { int level, a, b, c, d; u32 room; } o[] = {
		{ 0, 7, 0, 0, 0, 256 }, { 0, 20, 0, 0, 0, 256 }, { 0, 23, 0, 0, 0, 256 }, { 0, 26, 0, 0, 0, 256 }, { 0, 25, 0, 0, 0, 256 },
		{ 0, 7, 20, 23, 25, 512 }, { 0, 7, 20, 23, 0, SPACE(4) }, { 0, 7, 20, 23, 0, SPACE(4) + 3 }, { 0, 7, 20, 23, 0, SPACE(4) + HDR },
		{ 0, 7, 20, 23, 0, 1 }, { 0, 7, 20, 23, 0, 0 }, { 41, 36, 0, 0, 0, 256 }, { 41, 37, 0, 0, 0, 256 }, { 41, 57, 0, 0, 0, 256 },
		{ 41, 57, 36, 37, 0, 256 }, { 41, 36, 37, 0, 0, SPACE(20) }, { 41, 36, 37, 0, 0, HDR + 2 }, { 0, 23, 25, 7, 0, 256 },
	};

	err(on(e->rx, o[which].level, o[which].a));
	if (o[which].b)
		on(e->rx, o[which].level, o[which].b);
	if (o[which].c)
		on(e->rx, o[which].level, o[which].c);
	if (o[which].d)
		on(e->rx, o[which].level, o[which].d);
	if (which == 5)
		on(e->rx, SOL, SO_TIMESTAMP);
	snd(e, 5);
	rcv(e, 100, o[which].room, MSG_DONTWAIT);
}

static void packet(struct ends *e, int which)
{
	struct { u8 addr[4]; u32 index; } info = { { 127, 0, 0, 1 }, 0 };
	struct { u8 addr[16]; u32 index; } info6 = { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 0 };
	int word = 7;

	if (e->domain == 2) {
		on(e->rx, 0, 23);
		on(e->rx, 0, 25);
	} else if (e->domain == 24) {
		on(e->rx, 41, 36);
		on(e->rx, 41, 37);
		on(e->rx, 41, 57);
	}
	switch (which) {
	case 0: cmsg(0, 25, &info, 8); break;
	case 1: info.index = 9999; cmsg(0, 25, &info, 8); break;
	case 2: info.addr[0] = 9; cmsg(0, 25, &info, 8); break;
	case 3: cmsg(0, 25, &info, 7); break;
	case 4: cmsg(0, 25, &info, 4); break;
	case 5: cmsg(0, 7, &info, 4); break;
	case 6: cmsg(0, 7, &info, 8); break;
	case 7: cmsg(0, 4, &word, 4); break;
	case 8: cmsg(0, 3, &word, 4); break;
	case 9: cmsg(0, 26, &info, 8); break;
	case 10: cmsg(0, 77, &word, 4); break;
	case 11: cmsg(77, 25, &info, 8); break;
	case 12: say_cmsg(0, 25, 0, &info, 8); break;
	case 13: say_cmsg(0, 25, 11, &info, 8); break;
	case 14: say_cmsg(0, 25, HDR + ROUND(8) + 1, &info, 8); break;
	case 15: cmsg(41, 46, &info6, 20); break;
	case 16: cmsg(41, 46, &info6, 19); break;
	case 17: info6.index = 9999; cmsg(41, 46, &info6, 20); break;
	case 18: cmsg(41, 47, &word, 4); break;
	case 19: cmsg(41, 47, &word, 3); break;
	case 20: word = -2; cmsg(41, 47, &word, 4); break;
	case 21: word = 256; cmsg(41, 47, &word, 4); break;
	case 22: cmsg(41, 61, &word, 4); break;
	case 23: word = 256; cmsg(41, 61, &word, 4); break;
	case 24: cmsg(41, 77, &word, 4); break;
	case 25: cmsg(41, 61, &word, 4); cmsg(41, 47, &word, 4); break;
	case 26: cmsg(0, 25, &info, 8); cmsg(SOL, 1, &file, 4); break;
	case 27: word = -1; cmsg(41, 47, &word, 4); break;
	case 28: info6.addr[15] = 9; cmsg(41, 46, &info6, 20); break;
	}
	sent(e, 0);
}

/* ---- several at once ---- */

static struct mmsghdr mm[1030];

static void sends(struct ends *e, int which)
{
	static const int n[] = { 0, 1, 3, 3, 3, -1, 2, 1 };
	struct iovec v[3];
	int count = n[which];

	for (int i = 0; i < 3; i++) {
		clen = 0;
		if (e->domain == 1 && i == 1)
			rights(1);
		mm[i].hdr = header(e, &v[i], i + 1);
		mm[i].len = 77;
	}
	for (int i = 3; i < 1030; i++)
		mm[i].hdr.iovlen = 2000;
	clen = 0;
	if (which == 3)
		mm[1].hdr.iovlen = -1;
	if (which == 4)
		mm[0].hdr.iovlen = -1;
	i64 r = sys4(NR_sendmmsg, e->tx, which == 7 ? NOWHERE : mm, count, MSG_NOSIGNAL);
	err(r);
	await(e, r > 0 ? r : -1);
	settle(e);
	for (int i = 0; i < 3; i++)
		putnum((int)mm[i].len), put(" ");
	rcv(e, 100, 256, MSG_DONTWAIT);
	rcv(e, 100, 256, MSG_DONTWAIT);
}

static void receives(struct ends *e, int which)
{
	static const int n[] = { 0, 1, 2, 3, 3, 3, 3, 3, -1, 1 };
	struct timespec none = { 0, 0 }, bad = { 0, 1000000000 };
	struct iovec v[3];
	int before = open_files();

	snd(e, 1);
	if (e->domain == 1)
		rights(1);
	snd(e, 2);
	settle(e);
	for (int i = 0; i < 3; i++) {
		v[i] = (struct iovec){ page, 50 };
		mm[i].hdr = (struct msghdr){ 0, 7, &v[i], 1, got.b + 1024 * i, 256, 0x5555 };
		mm[i].len = 77;
	}
	for (int i = 3; i < 1030; i++)
		mm[i].hdr.iovlen = 2000;
	if (which == 4)
		mm[1].hdr.iovlen = -1;
	err(sys5(NR_recvmmsg, e->rx, which == 9 ? NOWHERE : mm, n[which], which == 5 ? 0x2000 : MSG_DONTWAIT,
		which == 6 ? &none : which == 7 ? &bad : 0));
	for (int i = 0; i < 3; i++) {
		putnum((int)mm[i].len);
		put(mm[i].hdr.flags == 0x5555 ? "" : mm[i].hdr.flags ? " flags" : " no flags");
		put(mm[i].hdr.controllen == 256 ? " " : mm[i].hdr.controllen ? " control " : " none ");
	}
	putnum(open_files() - before);
	put(" ");
	rcv(e, 100, 256, MSG_DONTWAIT);
}

/* ---- sockets on their way ---- */

static void on_the_way(struct ends *e, int which)
{
	int p[2] = { -1, -1 }, before = open_files();
	struct ends inner;

	sys4(NR_socketpair, 1, 1 | 0x60000000, 0, p);
	inner = (struct ends){ p[0], p[1], 1, 1, 0, 0 };
	if (which == 1) {
		rights(1);
		snd(&inner, 4);
	}
	cmsg(SOL, SCM_RIGHTS, &p[1], 4);
	err(snd(e, 5));
	sys1(SYS_close, p[1]);
	if (which == 2)
		err(sys3(SYS_write, p[0], "x", 1));
	if (which == 3)
		plain(e, 100); /* it is closed then, a moment later */
	rcv(e, 100, 256, MSG_DONTWAIT);
	sys1(SYS_close, p[0]);
	if (which == 1) {
		inner.rx = highest;
		rcv(&inner, 100, 256, MSG_DONTWAIT);
	}
	putnum(open_files() - before);
}

#define NAMED_QUESTIONS \
	{ "cmsg_len 0", cmsg_len, 0 }, { "cmsg_len 11", cmsg_len, 1 }, { "cmsg_len header - 1", cmsg_len, 2 }, \
	{ "cmsg_len header", cmsg_len, 3 }, { "cmsg_len header + 1", cmsg_len, 4 }, { "cmsg_len header + 3", cmsg_len, 5 }, \
	{ "cmsg_len header + 5", cmsg_len, 6 }, { "cmsg_len header + 7", cmsg_len, 7 }, { "cmsg_len more than there is", cmsg_len, 8 }, \
	{ "cmsg_len huge", cmsg_len, 9 }, { "cmsg_len -1", cmsg_len, 10 }, \
	{ "level 0", level_type, 0 }, { "level 1", level_type, 1 }, { "level 77", level_type, 2 }, { "type 0", level_type, 3 }, \
	{ "type 77", level_type, 4 }, { "type 4", level_type, 5 }, { "SCM_TIMESTAMP", level_type, 6 }, { "SCM_CREDS", level_type, 7 }, \
	{ "level 6", level_type, 8 }, { "level -1", level_type, 9 }, { "type -1", level_type, 10 }, \
	{ "rights 0", several_rights, 0 }, { "rights 1", several_rights, 1 }, { "rights 2", several_rights, 2 }, \
	{ "rights 8", several_rights, 8 }, { "rights 50", several_rights, 50 }, \
	{ "right -1", right_to, 0 }, { "right closed", right_to, 1 }, { "right kqueue", right_to, 2 }, { "right sender", right_to, 3 }, \
	{ "right receiver", right_to, 4 }, { "right pipe", right_to, 5 }, { "right output", right_to, 6 }, { "right two", right_to, 7 }, \
	{ "rights twice", two_messages, 0 }, { "rights and another", two_messages, 1 }, { "another and rights", two_messages, 2 }, \
	{ "rights and length 0", two_messages, 3 }, { "rights and a bit", two_messages, 4 }, { "rights and bad ones", two_messages, 5 }, \
	{ "no rights and rights", two_messages, 6 }, { "rights 2 and 1", two_messages, 7 }, \
	{ "1 in 1", room, 0 }, { "1 in 12", room, 1 }, { "1 in header", room, 2 }, { "1 in space - 1", room, 3 }, { "1 in space", room, 4 }, \
	{ "5 in space of 1", room, 5 }, { "3 in space - 1", room, 6 }, { "3 in space", room, 7 }, { "0 in 1", room, 8 }, \
	{ "0 in header - 1", room, 9 }, { "0 in header", room, 10 }, { "8 in space of 4", room, 11 }, { "8 in more", room, 12 }, \
	{ "2 in space - 1", room, 13 }, \
	{ "no data", nothing_else, 0 }, { "no data, read", nothing_else, 1 }, { "no data, no room", nothing_else, 2 }, \
	{ "three", boundaries, 0 }, { "three, read", boundaries, 1 }, { "three by 2", boundaries, 2 }, { "three by 2, read", boundaries, 3 }, \
	{ "three, no room", boundaries, 4 }, { "three, 7 and read", boundaries, 5 }, { "three, read 7", boundaries, 6 }, \
	{ "three, MSG_WAITALL", boundaries, 7 }, { "five", boundaries, 8 }, { "five, room for 1", boundaries, 9 }, \
	{ "three, MSG_PEEK", boundaries, 10 }, { "three, no buffer", boundaries, 11 }, \
	{ "wait for all", waitall, 0 }, { "wait for all, shut", waitall, 1 }, { "wait for all, two", waitall, 2 }, \
	{ "wait for all, MSG_PEEK", waitall, 3 }, \
	{ "records", records, 0 }, { "records, MSG_EOR", records, 1 }, { "records, MSG_TRUNC", records, 2 }, \
	{ "records, both", records, 3 }, { "record", records, 4 }, { "record, MSG_EOR", records, 5 }, \
	{ "oob and rights", oob, 0 }, { "no oob", oob, 1 }, \
	{ "name in 0", names, 0 }, { "name in 1", names, 1 }, { "name in 2", names, 2 }, { "name in 3", names, 3 }, \
	{ "name in 16", names, 4 }, { "name in 106", names, 5 }, { "name in 300", names, 6 }, { "name in -1", names, 7 }, \
	{ "name null", names, 8 }, { "name nowhere", names, 9 }, \
	{ "recvfrom in 0", recvfrom_names, 0 }, { "recvfrom in 2", recvfrom_names, 1 }, { "recvfrom in 300", recvfrom_names, 2 }, \
	{ "recvfrom in -1", recvfrom_names, 3 }, { "recvfrom name null", recvfrom_names, 4 }, { "recvfrom nowhere", recvfrom_names, 5 }, \
	{ "recvfrom len null", recvfrom_names, 6 }, { "recvfrom len nowhere", recvfrom_names, 7 }, \
	{ "creds", creds, 0 }, { "creds, no room", creds, 1 }, { "creds and rights", creds, 2 }, { "creds and rights in one's room", creds, 3 }, \
	{ "creds in space of 12", creds, 4 }, { "creds in header", creds, 5 }, { "creds in 12", creds, 6 }, { "creds in 1", creds, 7 }, \
	{ "creds later", creds, 8 }, { "creds, MSG_PEEK", creds, 9 }, { "creds, read", creds, 10 }, \
	{ "time", stamped, 0 }, { "time, no room", stamped, 1 }, { "time in space - 1", stamped, 2 }, { "time in header + 4", stamped, 3 }, \
	{ "time in header", stamped, 4 }, { "time in 12", stamped, 5 }, { "time in 1, MSG_PEEK", stamped, 6 }, { "time and others", stamped, 7 }, \
	{ "IP_RECVDSTADDR", told, 0 }, { "IP_RECVIF", told, 1 }, { "IP_RECVTTL", told, 2 }, { "IP_RECVPKTINFO", told, 3 }, \
	{ "IP_PKTINFO", told, 4 }, { "all of IP's", told, 5 }, { "IP's in one's room", told, 6 }, { "IP's and 3 bytes", told, 7 }, \
	{ "IP's and a header", told, 8 }, { "IP's in 1", told, 9 }, { "IP's, no room", told, 10 }, { "IPV6_RECVPKTINFO", told, 11 }, \
	{ "IPV6_RECVHOPLIMIT", told, 12 }, { "IPV6_RECVTCLASS", told, 13 }, { "all of IPv6's", told, 14 }, { "IPv6's in one's room", told, 15 }, \
	{ "IPv6's in less", told, 16 }, { "IP's in another order", told, 17 }, \
	{ "to IP_PKTINFO", packet, 0 }, { "to IP_PKTINFO, index", packet, 1 }, { "to IP_PKTINFO, address", packet, 2 }, \
	{ "to IP_PKTINFO of 7", packet, 3 }, { "to IP_PKTINFO of 4", packet, 4 }, { "to IP_SENDSRCADDR", packet, 5 }, \
	{ "to IP_SENDSRCADDR of 8", packet, 6 }, { "to IP_TTL", packet, 7 }, { "to IP_TOS", packet, 8 }, { "to IP_RECVPKTINFO", packet, 9 }, \
	{ "to IP 77", packet, 10 }, { "to level 77", packet, 11 }, { "to length 0", packet, 12 }, { "to length 11", packet, 13 }, \
	{ "to length beyond", packet, 14 }, { "to IPV6_PKTINFO", packet, 15 }, { "to IPV6_PKTINFO of 19", packet, 16 }, \
	{ "to IPV6_PKTINFO, index", packet, 17 }, { "to IPV6_HOPLIMIT", packet, 18 }, { "to IPV6_HOPLIMIT of 3", packet, 19 }, \
	{ "to IPV6_HOPLIMIT -2", packet, 20 }, { "to IPV6_HOPLIMIT 256", packet, 21 }, { "to IPV6_TCLASS", packet, 22 }, \
	{ "to IPV6_TCLASS 256", packet, 23 }, { "to IPV6 77", packet, 24 }, { "to two of IPv6's", packet, 25 }, \
	{ "to IP_PKTINFO and rights", packet, 26 }, { "to IPV6_HOPLIMIT -1", packet, 27 }, { "to IPV6_PKTINFO, address", packet, 28 }, \
	{ "sendmmsg 0", sends, 0 }, { "sendmmsg 1", sends, 1 }, { "sendmmsg 3", sends, 2 }, { "sendmmsg second wrong", sends, 3 }, \
	{ "sendmmsg first wrong", sends, 4 }, { "sendmmsg -1", sends, 5 }, { "sendmmsg 2", sends, 6 }, { "sendmmsg nowhere", sends, 7 }, \
	{ "recvmmsg 0", receives, 0 }, { "recvmmsg 1", receives, 1 }, { "recvmmsg 2", receives, 2 }, { "recvmmsg 3", receives, 3 }, \
	{ "recvmmsg second wrong", receives, 4 }, { "recvmmsg MSG_WAITFORONE", receives, 5 }, { "recvmmsg no time", receives, 6 }, \
	{ "recvmmsg bad time", receives, 7 }, { "recvmmsg -1", receives, 8 }, { "recvmmsg nowhere", receives, 9 }, \
	{ "socket on its way", on_the_way, 0 }, { "socket with rights on its way", on_the_way, 1 }, \
	{ "socket on its way, written", on_the_way, 2 }, { "socket on its way, lost", on_the_way, 3 },
