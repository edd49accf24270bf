/* Files: device numbers, descriptors as names, O_PATH, O_TMPFILE, long paths, rename. The argument is a directory. */
#define _FILE_OFFSET_BITS 64
#include "say.h"
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/uio.h>

static void mode(const char *what, const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		say(what, -1);
	else
		printf("%s: %o\n", what, st.st_mode);
}

static void devices(void)
{
	static const char *names[] = { "null", "zero", "full", "random", "urandom", "tty", "ptmx" };
	char path[64];
	struct stat st;
	struct statx sx;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "/dev/%s", names[i]);
		if (stat(path, &st) == 0 && statx(AT_FDCWD, path, 0, STATX_ALL, &sx) == 0)
			printf("%s: %u,%u %u,%u\n", path, major(st.st_rdev), minor(st.st_rdev), sx.stx_rdev_major, sx.stx_rdev_minor);
	}
	int fd = open("/dev/null", O_RDWR);
	fstat(fd, &st);
	printf("null: %u,%u\n", major(st.st_rdev), minor(st.st_rdev));
	close(fd);
}

static void byfd(void)
{
	char path[64], buf[64];
	struct stat st;
	int fd = open("file", O_RDWR | O_CREAT, 0600), dir, link;

	write(fd, "text", 4);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	say("chmod", chmod(path, 0640));
	mode("file", "file");
	say("chown", chown(path, getuid(), getgid()));
	say("utimes", utimes(path, NULL));
	say("truncate", truncate(path, 2));
	fstat(fd, &st);
	printf("size %ld\n", (long)st.st_size);
	close(fd);
	mkdir("dir", 0700);
	dir = open("dir", O_PATH | O_DIRECTORY);
	snprintf(path, sizeof path, "/proc/self/fd/%d", dir);
	say("chmod of a directory", chmod(path, 0755));
	mode("dir", "dir");
	say("fchmod of a name", fchmod(dir, 0700));
	say("fchmodat without following", fchmodat(AT_FDCWD, "dir", 0711, AT_SYMLINK_NOFOLLOW));
	mode("dir", "dir");
	say("openat below a name", fd = openat(dir, "below", O_CREAT | O_WRONLY, 0600) < 0 ? -1 : 0);
	symlink("target", "link");
	link = open("link", O_PATH | O_NOFOLLOW);
	fstat(link, &st);
	printf("link: %o\n", st.st_mode & S_IFMT);
	memset(buf, 0, sizeof buf);
	say("readlinkat", readlinkat(link, "", buf, sizeof buf));
	puts(buf);
	say("fchownat", fchownat(link, "", getuid(), getgid(), AT_EMPTY_PATH));
	say("read of a name", read(link, buf, 1));
	say("open of a link", open("link", O_RDONLY | O_NOFOLLOW));
	chmod("file", 0);
	say("path to what may not be read", (fd = open("file", O_PATH)) < 0 ? -1 : 0);
	fstat(fd, &st);
	printf("file: %o\n", st.st_mode);
	say("flags", (fcntl(fd, F_GETFL) & O_PATH) != 0);
	close(fd);
}

static void unnamed(const char *here)
{
	char path[64];
	struct stat st;
	int fd = open(here, O_TMPFILE | O_RDWR, 0600);

	if (fd < 0) {
		say("tmpfile", fd);
		return;
	}
	write(fd, "hello", 5);
	fstat(fd, &st);
	printf("links %d size %d\n", (int)st.st_nlink, (int)st.st_size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	say("linkat", linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
	stat("named", &st);
	printf("links %d size %d\n", (int)st.st_nlink, (int)st.st_size);
	close(fd);
	say("read-only", open(here, O_TMPFILE | O_RDONLY, 0600));
}

static void names(void)
{
	char path[PATH_MAX + 10];
	int n = 0;

	while (n < 3000)
		n += sprintf(path + n, "./");
	strcpy(path + n, "file");
	say("long path", access(path, F_OK));
	say("long chmod", chmod(path, 0644));
	memset(path, 'x', sizeof path);
	for (size_t i = 100; i < sizeof path; i += 100)
		path[i] = '/';
	path[PATH_MAX] = 0;
	say("too long", open(path, O_RDONLY));
	close(open("a", O_CREAT | O_WRONLY, 0600));
	mkdir("b", 0700);
	say("exchange", syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 2));
	mode("a", "a");
	mode("b", "b");
	say("noreplace", syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "b", 1));
	say("exchange with nothing", syscall(SYS_renameat2, AT_FDCWD, "a", AT_FDCWD, "none", 2));
	struct iovec v = { "xyz", 3 };
	int fd = open("file", O_RDWR);
	say("pwritev2", pwritev2(fd, &v, 1, 0, RWF_DSYNC));
	say("unknown flag", pwritev2(fd, &v, 1, 0, 0x1000));
}

static void holes(void)
{
	int fd = open("holes", O_RDWR | O_CREAT, 0600);

	ftruncate(fd, 1 << 20);
	pwrite(fd, "x", 1, 512 << 10);
	say("data", lseek(fd, 0, SEEK_DATA));
	say("hole", lseek(fd, 512 << 10, SEEK_HOLE));
	say("data behind the end", lseek(fd, 1 << 20, SEEK_DATA));
}

static void nothing(int sig) { (void)sig; }

static void fifo(void)
{
	int status;
	pid_t pid;

	mkfifo("fifo", 0600);
	if ((pid = fork()) == 0) {
		struct sigaction sa = { .sa_handler = nothing };

		sigaction(SIGALRM, &sa, NULL);
		ualarm(50000, 50000); /* again: on a busy machine the first may come before open waits */
		say("interrupted", open("fifo", O_WRONLY));
		ualarm(0, 0);
		say("nobody reads", open("fifo", O_WRONLY | O_NONBLOCK));
		_exit(0);
	}
	waitpid(pid, &status, 0);
}

static void ptys(void)
{
	int m = open("/dev/ptmx", O_RDWR | O_NOCTTY), s, n = -1, lock = 0;
	char name[64];

	say("number", ioctl(m, TIOCGPTN, &n));
	say("unlock", ioctl(m, TIOCSPTLCK, &lock));
	snprintf(name, sizeof name, "/dev/pts/%d", n);
	printf("name %d\n", strcmp(name, ptsname(m)));
	s = ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	printf("peer %d tty %d\n", s >= 0, isatty(s));
	printf("name %d\n", strcmp(name, ttyname(s)));
	write(m, "line\n", 5);
	memset(name, 0, sizeof name);
	say("read", read(s, name, sizeof name));
	say("number of a file", ioctl(0, TIOCGPTN, &n));
}

/* A copy of a terabyte ends with its process. */
static void longcopy(void)
{
	int from = open("from", O_RDWR | O_CREAT, 0600), to = open("to", O_RDWR | O_CREAT, 0600), status = 0;
	struct stat st;
	pid_t pid;

	if (ftruncate(from, 1LL << 40) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		loff_t a = 0, b = 1 << 20;

		while (copy_file_range(from, &a, to, &b, 1 << 30, 0) > 0)
			;
		_exit(0);
	}
	do
		fstat(to, &st);
	while (st.st_size == 0 && waitpid(pid, &status, WNOHANG) == 0);
	kill(pid, SIGKILL);
	if (status == 0)
		waitpid(pid, &status, 0);
	printf("copy ended by %d\n", WTERMSIG(status));
	unlink("from");
	unlink("to");
}

/* A working directory whose name is too long for any buffer. */
static void deep(void)
{
	char name[201], big[9000];
	int top = open(".", O_RDONLY);

	memset(name, 'd', 200);
	name[200] = 0;
	for (int i = 0; i < 25; i++)
		if (mkdir(name, 0700) < 0 || chdir(name) < 0)
			say("deeper", -1);
	say("getcwd", syscall(SYS_getcwd, big, sizeof big));
	say("getcwd, little room", syscall(SYS_getcwd, big, 10));
	for (int i = 0; i < 25; i++) {
		chdir("..");
		rmdir(name);
	}
	fchdir(top);
	close(top);
}

/* A descriptor in a message, which is closed by exec. */
static void passed(void)
{
	int sv[2], fd;
	char c = 'x', control[CMSG_SPACE(sizeof fd)];
	struct iovec iov = { &c, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
	*h = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(h), &sv[0], sizeof fd);
	say("pass", sendmsg(sv[0], &m, 0));
	say("take", recvmsg(sv[1], &m, MSG_CMSG_CLOEXEC));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
	printf("flags %#x, closed by exec %d\n", m.msg_flags, fcntl(fd, F_GETFD));
	close(fd);
	close(sv[0]);
	close(sv[1]);
}

int main(int argc, char **argv)
{
	umask(022);
	if (argc < 2 || chdir(argv[1]) < 0)
		return 1;
	close(0);
	open("/dev/null", O_RDWR);
	devices();
	byfd();
	unnamed(argv[1]);
	names();
	holes();
	fifo();
	ptys();
	longcopy();
	deep();
	passed();
	return 0;
}
