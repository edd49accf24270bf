/*
 * What matrix.c is made of: NetBSD's numbers and structures, the table of answers, and how it is printed.
 */
#define NR_link		9
#define NR_unlink	10
#define NR_chdir	12
#define NR_fchdir	13
#define NR_chmod	15
#define NR_recvmsg	27
#define NR_sendmsg	28
#define NR_recvfrom	29
#define NR_accept	30
#define NR_getpeername	31
#define NR_getsockname	32
#define NR_access	33
#define NR_fchflags	35
#define NR_dup		41
#define NR_pipe		42
#define NR_ioctl	54
#define NR_symlink	57
#define NR_readlink	58
#define NR_dup2		90
#define NR_fcntl	92
#define NR_fsync	95
#define NR_connect	98
#define NR_bind		104
#define NR_setsockopt	105
#define NR_listen	106
#define NR_getsockopt	118
#define NR_readv	120
#define NR_writev	121
#define NR_fchown	123
#define NR_fchmod	124
#define NR_rename	128
#define NR_flock	131
#define NR_mkfifo	132
#define NR_sendto	133
#define NR_shutdown	134
#define NR_socketpair	135
#define NR_mkdir	136
#define NR_rmdir	137
#define NR_pathconf	191
#define NR_fpathconf	192
#define NR_truncate	200
#define NR_poll		209
#define NR_fdatasync	241
#define NR_ksem_open	248
#define NR_ksem_unlink	249
#define NR_ksem_close	250
#define NR_ksem_post	251
#define NR_ksem_trywait	253
#define NR_ksem_getvalue	254
#define NR_ksem_destroy	255
#define NR_mq_open	257
#define NR_mq_close	258
#define NR_mq_unlink	259
#define NR_mq_getattr	260
#define NR_mq_setattr	261
#define NR_mq_notify	262
#define NR_mq_send	263
#define NR_mq_receive	264
#define NR_posix_rename	270
#define NR_lchmod	274
#define NR_lchown	275
#define NR_preadv	289
#define NR_pwritev	290
#define NR_kqueue	344
#define NR_statvfs	357	/* of 9 and older, as is the next: the results are not looked at */
#define NR_fstatvfs	358
#define NR_extattr_set_file	361
#define NR_extattr_get_file	362
#define NR_extattr_set_fd	364
#define NR_extattr_get_fd	365
#define NR_extattr_delete_fd	366
#define NR_extattr_list_fd	370
#define NR_fsetxattr	377
#define NR_fgetxattr	380
#define NR_flistxattr	383
#define NR_fremovexattr	386
#define NR_getdents	390
#define NR_socket	394
#define NR_posix_fadvise	416
#define NR_select	417
#define NR_utimes	420
#define NR_futimes	423
#define NR_lutimes	424
#define NR_mq_timedsend	432
#define NR_mq_timedreceive	433
#define NR_kevent	435
#define NR_stat		439
#define NR_fstat	440
#define NR_lstat	441
#define NR_mknod	450
#define NR_pipe2	453
#define NR_dup3		454
#define NR_kqueue1	455
#define NR_paccept	456
#define NR_linkat	457
#define NR_renameat	458
#define NR_mkfifoat	459
#define NR_mknodat	460
#define NR_mkdirat	461
#define NR_faccessat	462
#define NR_fchmodat	463
#define NR_fchownat	464
#define NR_fstatat	466
#define NR_utimensat	467
#define NR_openat	468
#define NR_readlinkat	469
#define NR_symlinkat	470
#define NR_unlinkat	471
#define NR_futimens	472
#define NR_recvmmsg	475
#define NR_sendmmsg	476
#define NR_posix_fallocate	479
#define NR_fdiscard	480

#define O_RDONLY	0
#define O_WRONLY	1
#define O_RDWR		2
#define O_NONBLOCK	4
#define O_APPEND	8
#define O_SHLOCK	0x10
#define O_EXLOCK	0x20
#define O_ASYNC		0x40
#define O_SYNC		0x80
#define O_NOFOLLOW	0x100
#define O_CREAT		0x200
#define O_TRUNC		0x400
#define O_EXCL		0x800
#define O_NOCTTY	0x8000
#define O_DSYNC		0x10000
#define O_RSYNC		0x20000
#define O_ALT_IO	0x40000
#define O_DIRECT	0x80000
#define O_DIRECTORY	0x200000
#define O_CLOEXEC	0x400000
#define O_SEARCH	0x800000
#define O_NOSIGPIPE	0x1000000

#define AT_FDCWD	(-100)
#define AT_SYMLINK_NOFOLLOW	0x200
#define AT_REMOVEDIR	0x800

#define MSG_OOB		1
#define MSG_PEEK	2
#define MSG_DONTROUTE	4
#define MSG_EOR		8
#define MSG_WAITALL	0x40
#define MSG_DONTWAIT	0x80
#define MSG_NOSIGNAL	0x400

struct stat {
	u64 dev;
	u32 mode;
	u64 ino;
	u32 nlink, uid, gid;
	u64 rdev;
	struct timespec atim, mtim, ctim, birthtim;
	i64 size, blocks;
	u32 blksize, flags, gen, spare[2];
	u64 room[8];
};
struct flock { i64 start, len; int pid; short type, whence; };
struct iovec { void *base; size_t len; };
struct msghdr { void *name; u32 namelen; struct iovec *iov; int iovlen; void *control; u32 controllen; int flags; };
struct mmsghdr { struct msghdr hdr; u32 len; };
struct cmsghdr { u32 len; int level, type; };
struct kevent { unsigned long ident; u32 filter, flags, fflags; i64 data; void *udata; };
struct pollfd { int fd; short events, revents; };
struct timeval { i64 sec; int usec; };
struct mq_attr { long flags, maxmsg, msgsize, curmsgs; };
struct sockaddr { u8 len, family; char data[14]; };
struct sockaddr_un { u8 len, family; char path[104]; };
struct sockaddr_in { u8 len, family; u8 port[2], addr[4], zero[8]; };
struct sockaddr_in6 { u8 len, family; u8 port[2]; u32 flow; u8 addr[16]; u32 scope; };

static const char *const errnos[] = {
	"0", "EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF", "ECHILD", "EDEADLK", "ENOMEM",
	"EACCES", "EFAULT", "ENOTBLK", "EBUSY", "EEXIST", "EXDEV", "ENODEV", "ENOTDIR", "EISDIR", "EINVAL", "ENFILE", "EMFILE",
	"ENOTTY", "ETXTBSY", "EFBIG", "ENOSPC", "ESPIPE", "EROFS", "EMLINK", "EPIPE", "EDOM", "ERANGE", "EAGAIN", "EINPROGRESS",
	"EALREADY", "ENOTSOCK", "EDESTADDRREQ", "EMSGSIZE", "EPROTOTYPE", "ENOPROTOOPT", "EPROTONOSUPPORT", "ESOCKTNOSUPPORT",
	"EOPNOTSUPP", "EPFNOSUPPORT", "EAFNOSUPPORT", "EADDRINUSE", "EADDRNOTAVAIL", "ENETDOWN", "ENETUNREACH", "ENETRESET",
	"ECONNABORTED", "ECONNRESET", "ENOBUFS", "EISCONN", "ENOTCONN", "ESHUTDOWN", "ETOOMANYREFS", "ETIMEDOUT", "ECONNREFUSED",
	"ELOOP", "ENAMETOOLONG", "EHOSTDOWN", "EHOSTUNREACH", "ENOTEMPTY", "EPROCLIM", "EUSERS", "EDQUOT", "ESTALE", "EREMOTE",
	"EBADRPC", "ERPCMISMATCH", "EPROGUNAVAIL", "EPROGMISMATCH", "EPROCUNAVAIL", "ENOLCK", "ENOSYS", "EFTYPE", "EAUTH",
	"ENEEDAUTH", "EIDRM", "ENOMSG", "EOVERFLOW", "EILSEQ", "ENOTSUP", "ECANCELED", "EBADMSG", "ENODATA", "ENOSR", "ENOSTR",
	"ETIME", "ENOATTR", "EMULTIHOP", "ENOLINK", "EPROTO", "EOWNERDEAD", "ENOTRECOVERABLE",
};

/* The table: calls down, kinds across, and what each says in words. */
#ifndef CALLS
enum { CALLS = 1200, KINDS = 80, WORDS = 40 };
#endif
static const char *calls[CALLS], *kinds[KINDS];
static char said[CALLS][KINDS][WORDS];
static int ncalls, nkinds, lastcall;

/* Words are put together here. */
static char words[WORDS < 256 ? 256 : WORDS], *wordsend = words;

static void put(const char *s)
{
	while (*s && wordsend < words + sizeof words - 1)
		*wordsend++ = *s++;
	*wordsend = 0;
}

static void puthex(u64 v)
{
	char buf[20], *p = buf + sizeof buf;

	*--p = 0;
	do
		*--p = "0123456789abcdef"[v & 15];
	while ((v >>= 4) != 0);
	put(p);
}

static void putnum(i64 n)
{
	char buf[24], *p = buf + sizeof buf;
	u64 v = n < 0 ? -(u64)n : (u64)n;

	*--p = 0;
	do
		*--p = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	if (n < 0)
		put("-");
	put(p);
}

/* A number of bytes; how much room there is in a buffer is each machine's own affair. */
static void putamount(i64 n)
{
	if (n > 1000)
		put("many");
	else
		putnum(n);
}

static void puterr(i64 r)
{
	if (r < 0 && (u64)-r < sizeof errnos / sizeof errnos[0])
		put(errnos[-r]);
	else
		putnum(r);
}

/* Keeps the words as what a call said of the kind that is being asked about. */
static void note(const char *call)
{
	int i = lastcall + 1;

	if (i >= ncalls || calls[i] != call)
		for (i = 0; i < ncalls && !same(calls[i], call); i++)
			;
	if (i == ncalls)
		calls[ncalls++] = call;
	lastcall = i;
	for (int k = 0; k < WORDS - 1 && words[k]; k++)
		said[i][nkinds - 1][k] = words[k];
	wordsend = words;
	*words = 0;
}

static void tell(const char *call, i64 r)
{
	puterr(r);
	note(call);
}

/* T: what a call returned; Z: 0 for any that is no error. */
#define T(op, call)	tell(op, call)
static void Z(const char *op, i64 r)
{
	tell(op, r < 0 ? r : 0);
}

static char out[60000];
static size_t outlen;

static void flush(void)
{
	sys3(SYS_write, 1, out, outlen);
	outlen = 0;
}

static void outs(const char *s)
{
	if (outlen + strlen(s) >= sizeof out)
		flush();
	while (*s)
		out[outlen++] = *s++;
}

/* Prints a line for each call; below it one for each answer, and which kinds gave it. */
static void printtable(void)
{
	for (int i = 0; i < ncalls; i++) {
		outs(calls[i]);
		outs(":\n");
		for (int j = 0; j < nkinds; j++) {
			char *answer = said[i][j];
			int first = !*answer;

			for (int k = 0; k < j && !first; k++)
				first |= same(said[i][k], answer);
			if (first)
				continue;
			outs("\t");
			outs(answer);
			outs(":");
			for (int k = j; k < nkinds; k++)
				if (same(said[i][k], answer)) {
					outs(" ");
					outs(kinds[k]);
				}
			outs("\n");
		}
	}
	flush();
}
