/* What messages.c is made of: pairs of sockets, control data, and words for what came. */
#define SOL		0xffff
#define SCM_RIGHTS	1
#define LOCAL_CREDS	4
#define SO_TIMESTAMP	0x2000

#define F_GETFD		1

/* CMSG_ALIGN's: what __ALIGNBYTES is to NetBSD's kernel on each machine. */
#if defined(__aarch64__) || defined(__riscv) || defined(__sparc__) && defined(__arch64__)
#define ALIGNMENT	16
#elif defined(__i386__) || defined(__m68k__)
#define ALIGNMENT	4
#else
#define ALIGNMENT	8
#endif
#define ROUND(n)	(((n) + ALIGNMENT - 1) & ~(u32)(ALIGNMENT - 1))
#define HDR		ROUND(12)
#define SPACE(n)	(HDR + ROUND((u32)(n)))

#define NOWHERE		((void *)8) /* an address where nothing is */

#ifndef SETTLE
#define SETTLE	3 /* milliseconds */
#endif

static char page[65536];

/* Two sockets, and where the first has to send to if it is not connected. */
struct ends {
	int tx, rx, domain, type;
	void *to;
	u32 tolen;
};

static union { u64 align[2]; u8 b[70000]; } ctl; /* what is sent */
static u32 clen;
static union { u64 align[2]; u8 b[70000]; } got;
static struct sockaddr_un address, from;
static int file, kq, pipes[2], highest;

#define sys6(n, a, b, c, d, e, f) nb_syscall8(n, REG(a), REG(b), REG(c), REG(d), REG(e), REG(f), REG(0), REG(0))

static void setnonblock(int fd)
{
	sys3(NR_fcntl, fd, 4, O_NONBLOCK);
}

/* Adds a message to the control data, which says that it is len bytes long. */
static void say_cmsg(int level, int type, u32 len, const void *data, u32 n)
{
	struct cmsghdr h = { len, level, type };

	memcpy(ctl.b + clen, &h, 12);
	if (n)
		memcpy(ctl.b + clen + HDR, data, n);
	clen += SPACE(n);
}

static void cmsg(int level, int type, const void *data, u32 n)
{
	say_cmsg(level, type, HDR + n, data, n);
}

static void rights(int n)
{
	int fds[1100];

	for (int i = 0; i < n; i++)
		fds[i] = file;
	cmsg(SOL, SCM_RIGHTS, fds, (u32)n * 4);
}

static struct msghdr header(struct ends *e, struct iovec *v, int bytes)
{
	struct msghdr h = { e->to, e->tolen, v, 1, clen ? ctl.b : 0, clen, 0 };

	v->base = page;
	v->len = (size_t)bytes;
	return h;
}

static i64 sendmsg(struct ends *e, void *h, int flags)
{
	return sys3(NR_sendmsg, e->tx, h, flags | MSG_NOSIGNAL);
}

/* Waits until there is something to receive, if something can be: what is sent by way of the Internet takes its time. */
static void await(struct ends *e, i64 sent)
{
	struct pollfd p = { e->rx, 0x41, 0 };

	if (e->domain != 1 && sent >= 0 && e->rx >= 0 && (sent > 0 || e->type == 2))
		sys3(NR_poll, &p, 1, 1000);
}

/* Waits until all that was sent is there, which poll does not tell. */
static void settle(struct ends *e)
{
	if (e->domain != 1 && e->domain != 0 && e->rx >= 0)
		sys3(NR_poll, 0, 0, SETTLE);
}

/* Sends so many bytes and the control data. */
static i64 snd(struct ends *e, int bytes)
{
	struct iovec v;
	struct msghdr h = header(e, &v, bytes);
	i64 r = sendmsg(e, &h, 0);

	await(e, r);
	clen = 0;
	return r;
}

static void err(i64 r)
{
	puterr(r);
	put(" ");
}

static u32 get32(const u8 *p)
{
	u32 v;

	memcpy(&v, p, 4);
	return v;
}

static const u8 loop6[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };

static int bytes_same(const void *a, const void *b, u32 n)
{
	for (u32 i = 0; i < n; i++)
		if (((const u8 *)a)[i] != ((const u8 *)b)[i])
			return 0;
	return 1;
}

static void address_words(const u8 *a)
{
	static const u8 loop[4] = { 127, 0, 0, 1 };

	put(bytes_same(a, loop, 4) ? " lo" : " other");
}

/* Whether all of some descriptors are of the file, and which of them are closed by exec. */
static void descriptors(const u8 *p, u32 n)
{
	struct stat is, want;
	int good = 1, cloexec = 0;

	sys2(NR_fstat, file, &want);
	for (u32 i = 0; i < n; i++) {
		int fd = (int)get32(p + 4 * i);

		if (sys2(NR_fstat, fd, &is) < 0)
			good = 0;
		else {
			good &= is.size == want.size || is.ino != want.ino;
			cloexec += (int)sys3(NR_fcntl, fd, F_GETFD, 0) & 1;
		}
		if (fd > highest)
			highest = fd;
	}
	put(" ");
	putnum(n);
	if (!good)
		put(" none");
	if (cloexec)
		put(" cloexec");
}

/* What a message says that fits. */
static void data_words(int level, int type, const u8 *p, u32 n)
{
	switch (level << 8 | type) {
	case SOL << 8 | SCM_RIGHTS:
		descriptors(p, n / 4);
		break;
	case SOL << 8 | 0x10:
	case SOL << 8 | 4:
		put(" of");
		put(get32(p) == (u32)sys0(SYS_getpid) ? " me" : " another");
		put(get32(p + 4) == (u32)sys0(24) && get32(p + 8) == (u32)sys0(25) ? " my uid" : " other uid");
		put(get32(p + 12) == (u32)sys0(47) && get32(p + 16) == (u32)sys0(43) ? " gid" : " other gid");
		put(n == 24 + 4 * (get32(p + 20) ? get32(p + 20) : 1) ? "" : " odd");
		break;
	case SOL << 8 | 8:
		put(" ");
		put(n == sizeof(struct timeval) ? "time" : "odd");
		break;
	case 7:
		address_words(p);
		break;
	case 25:
	case 26:
		address_words(p);
		put(get32(p + 4) ? " if" : " none");
		break;
	case 20:
		put(" ");
		putnum(n);
		put(p[0] == n && p[1] == 18 ? " link" : " odd");
		break;
	case 23:
		put(" ");
		putnum(n);
		put(" ");
		putnum(p[0]);
		break;
	case 41 << 8 | 46:
		put(bytes_same(p, loop6, 16) ? " lo" : " other");
		put(get32(p + 16) ? " if" : " none");
		break;
	case 41 << 8 | 47:
	case 41 << 8 | 61:
		put(" ");
		putnum(get32(p));
		break;
	default:
		put(" ");
		putnum(n);
	}
}

/* Each message of the control data, and how much more or less of it there is than they take. */
static void control_words(u32 len, u32 room)
{
	u32 at = 0;

	while (at + 12 <= (len < room ? len : room)) {
		u32 n = get32(got.b + at);
		int level = (int)get32(got.b + at + 4), type = (int)get32(got.b + at + 8);

		put(" [");
		puthex((u32)level);
		put(".");
		putnum(type);
		if (n < HDR) {
			put(" short]");
			at += 12;
			break;
		}
		if (at + n > len) {
			put(" cut]");
			at += ROUND(n);
			break;
		}
		data_words(level, type, got.b + at + HDR, n - HDR);
		put("]");
		at += ROUND(n);
	}
	if (len != at)
		put(len < at ? " -" : " +");
}

static int open_files(void)
{
	int n = 0;

	for (int fd = 3; fd < 32; fd++)
		n += sys3(NR_fcntl, fd, F_GETFD, 0) >= 0;
	return n;
}

/* What recvmsg says, which has been called with h. */
static void result(i64 r, const struct msghdr *h, u32 namelen, u32 controllen, int before)
{
	puterr(r);
	if (r >= 0) {
		if (h->namelen != namelen) {
			put(" name ");
			putnum((int)h->namelen);
		}
		if (h->controllen != controllen) {
			put(" c");
			if (h->controllen == 0)
				put(" 0");
			else
				control_words(h->controllen, controllen);
		}
		if (h->flags) {
			put(" f");
			puthex((u32)h->flags);
		}
	}
	before = open_files() - before;
	if (before) {
		put(" open ");
		putnum(before);
	}
	put(". ");
}

static void rcv(struct ends *e, int bytes, u32 room, int flags)
{
	struct iovec v = { page, (size_t)bytes };
	struct msghdr h = { 0, 7, &v, 1, room ? got.b : 0, room, 0x5555 };
	int before = open_files();

	memset(got.b, 0xee, 4096);
	i64 r = sys3(NR_recvmsg, e->rx, &h, flags);
	result(r, &h, 7, room, before);
}

static void plain(struct ends *e, int bytes)
{
	err(sys3(SYS_read, e->rx, page, bytes));
}
