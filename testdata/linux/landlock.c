/*
 * Landlock: what a thread takes from itself. The host may have none, so that landlock.txt has what is to be printed. The
 * argument is a directory to work in.
 */
#include "say.h"
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <pthread.h>

/* Numbers that the headers may not have yet. */
#ifdef __mips__
#define NEW(n) (_MIPS_SIM == _ABI64 ? 5000 + n : 4000 + n)
#else
#define NEW(n) n
#endif

enum { EXECUTE = 1, WRITE = 2, READ = 4, READ_DIR = 8, REMOVE_DIR = 16, REMOVE_FILE = 32, MAKE_DIR = 128, MAKE_REG = 256, MAKE_SOCK = 512,
       MAKE_FIFO = 1024, MAKE_SYM = 4096, REFER = 8192, TRUNC = 16384, IOCTL = 32768, ALL = 65535 };

struct attr {
	uint64_t fs, net, scoped;
};
struct beneath {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));
struct port {
	uint64_t allowed, port;
};

static int ruleset(uint64_t fs, uint64_t net, uint64_t scoped)
{
	struct attr a = { fs, net, scoped };

	return syscall(NEW(444), &a, sizeof a, 0);
}

static int beneath(int set, const char *path, uint64_t allowed)
{
	struct beneath b = { allowed, open(path, O_PATH) };
	int r = syscall(NEW(445), set, 1, &b, 0);
	int e = errno;

	close(b.fd);
	errno = e;
	return r;
}

static int restrict_self(int set)
{
	int r = syscall(NEW(446), set, 0);
	int e = errno;

	close(set);
	errno = e;
	return r;
}

static void put(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0644);

	write(fd, "text", 4);
	close(fd);
}

static void say_open(const char *what, const char *path, int flags)
{
	int fd = open(path, flags, 0644);

	say(what, fd < 0 ? fd : 0);
	if (fd >= 0)
		close(fd);
}

static void arguments(void)
{
	struct attr a = { 0 };
	struct { struct attr a; uint64_t more; } longer = { { READ }, 0 };
	struct port p = { 1, 65536 };
	struct beneath b = { READ, 0 };
	int set, fd[2];

	say("version", syscall(NEW(444), NULL, 0, 1) >= 6);
	say("nothing", syscall(NEW(444), &a, sizeof a, 0));
	say("short", syscall(NEW(444), &a, 7, 0));
	say("long", syscall(NEW(444), &a, 4097, 0));
	say("flags", syscall(NEW(444), &a, sizeof a, 1));
	a.fs = 1 << 30;
	say("unknown right", syscall(NEW(444), &a, sizeof a, 0));
	say("longer", close(syscall(NEW(444), &longer, sizeof longer, 0)));
	longer.more = 1;
	say("longer, and used", syscall(NEW(444), &longer, sizeof longer, 0));
	set = ruleset(READ | READ_DIR, 1, 0);
	say("no such type", syscall(NEW(445), set, 3, &b, 0));
	say("flags", syscall(NEW(445), set, 1, &b, 1));
	say("no ruleset", syscall(NEW(445), 0, 1, &b, 0));
	say("no descriptor", syscall(NEW(445), 99, 1, &b, 0));
	say("right that is not handled", beneath(set, ".", READ | EXECUTE));
	say("no right", beneath(set, ".", 0));
	say("right of directories", beneath(set, "in/file", READ_DIR));
	say("right of files", beneath(set, "in/file", READ));
	pipe(fd);
	b.fd = fd[0];
	say("pipe", syscall(NEW(445), set, 1, &b, 0));
	say("port", syscall(NEW(445), set, 2, &p, 0));
	p.port = 1;
	p.allowed = 2;
	say("right that is not handled", syscall(NEW(445), set, 2, &p, 0));
	say("flags", syscall(NEW(446), set, 1u << 30));
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	say("no ruleset", restrict_self(fd[0]));
	close(set);
}

static void hierarchy(void)
{
	int set = ruleset(ALL & ~IOCTL, 0, 0), fd, before = open("out/file", O_RDWR);

	beneath(set, "/", EXECUTE);
	beneath(set, "in", READ | WRITE | READ_DIR | MAKE_REG | MAKE_DIR | REMOVE_FILE | TRUNC);
	beneath(set, "in/only", READ);
	beneath(set, "/dev/null", READ | WRITE);
	say("restrict", restrict_self(set));
	say_open("read in", "in/file", O_RDONLY);
	say_open("write in", "in/file", O_RDWR | O_TRUNC);
	say_open("make in", "in/new", O_WRONLY | O_CREAT);
	say_open("exists", "in/new", O_WRONLY | O_CREAT | O_EXCL);
	say_open("directory in", "in", O_RDONLY);
	say_open("below", "in/dir/file", O_RDONLY);
	say_open("through a link", "out/link", O_RDONLY);
	say_open("by ..", "in/dir/../../out/file", O_RDONLY);
	say_open("link out", "in/link", O_RDONLY);
	say_open("read out", "out/file", O_RDONLY);
	say_open("make out", "out/new", O_WRONLY | O_CREAT);
	say_open("name out", "out/file", O_PATH);
	say_open("directory out", "out", O_RDONLY);
	say_open("device", "/dev/null", O_RDWR);
	say_open("other device", "/dev/zero", O_RDONLY);
	say_open("of the process", "/proc/self/status", O_RDONLY);
	say("open before", pwrite(before, "x", 1, 0));
	say("truncate that", ftruncate(before, 2));
	say_open("again by descriptor", "/proc/self/fd/9", O_RDONLY);
	say("mkdir in", mkdir("in/made", 0755));
	say("mkdir out", mkdir("out/made", 0755));
	say("symlink in", symlink("x", "in/sym"));
	say("mkfifo in", mknod("in/fifo", S_IFIFO | 0600, 0));
	say("rmdir in", rmdir("in/made"));
	say("unlink in", unlink("in/new"));
	say("unlink out", unlink("out/file"));
	say("truncate out", truncate("out/file", 1));
	say("rename in", rename("in/file", "in/other"));
	say("rename from one to another", rename("in/other", "in/dir/other"));
	say("rename out", rename("in/other", "out/other"));
	say("link", link("in/other", "in/same"));
	say("link into another", link("in/other", "in/dir/same"));
	say("stat out", access("out/file", R_OK));
	say("chmod out", chmod("out/file", 0600));

	/* Another layer takes more. */
	set = ruleset(WRITE | EXECUTE, 0, 0);
	say("restrict", restrict_self(set));
	say_open("read in", "in/other", O_RDONLY);
	say_open("write in", "in/other", O_WRONLY);
	say("execute", execl("/bin/true", "true", NULL));
	fd = ruleset(READ, 0, 0);
	beneath(fd, "/", READ);
	say("restrict", restrict_self(fd));
	say_open("no more than before", "out/file", O_RDONLY);
	close(before);
}

static void moves(void)
{
	int set = ruleset(READ | WRITE | MAKE_REG | REMOVE_FILE | REFER, 0, 0);

	beneath(set, "in", READ | MAKE_REG | REMOVE_FILE | REFER);
	beneath(set, "in/dir", WRITE);
	beneath(set, "out", MAKE_REG | REMOVE_FILE | REFER);
	say("restrict", restrict_self(set));
	say("to where it can be written", rename("in/other", "in/dir/other"));
	say("to where less is allowed", rename("in/dir/file", "in/moved"));
	say("to where it cannot be read", rename("in/moved", "out/moved"));
	say("back", rename("out/moved", "in/moved"));
}

static void truncation(void)
{
	int set = ruleset(TRUNC | READ, 0, 0), fd;

	beneath(set, "in", READ);
	say("restrict", restrict_self(set));
	fd = open("in/other", O_WRONLY);
	say("write", write(fd, "longer", 6));
	say("ftruncate", ftruncate(fd, 1));
	say("truncate", truncate("in/other", 1));
	say_open("O_TRUNC", "in/other", O_WRONLY | O_TRUNC);
	say_open("creat", "in/fresh", O_WRONLY | O_TRUNC | O_CREAT);
}

static void devices(void)
{
	struct termios t;
	int set = ruleset(IOCTL, 0, 0), on = 1, fd = open("/dev/ptmx", O_RDWR | O_NOCTTY);

	say("restrict", restrict_self(set));
	say("open before", tcgetattr(fd, &t));
	close(fd);
	fd = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	say("terminal", tcgetattr(fd, &t));
	say("non-blocking", ioctl(fd, FIONBIO, &on));
	close(fd);
}

static int port_of(int s)
{
	struct sockaddr_in a;
	socklen_t n = sizeof a;

	getsockname(s, (void *)&a, &n);
	return ntohs(a.sin_port);
}

static void ports(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int server = socket(AF_INET, SOCK_STREAM, 0), other = socket(AF_INET, SOCK_STREAM, 0), s, set;
	struct port p;

	bind(server, (void *)&a, sizeof a);
	listen(server, 5);
	bind(other, (void *)&a, sizeof a);
	listen(other, 5);
	set = ruleset(0, 3, 0);
	p = (struct port){ 2, port_of(server) };
	say("rule", syscall(NEW(445), set, 2, &p, 0));
	say("restrict", restrict_self(set));
	s = socket(AF_INET, SOCK_STREAM, 0);
	say("bind", bind(s, (void *)&a, sizeof a));
	a.sin_port = htons(port_of(server));
	say("connect", connect(s, (void *)&a, sizeof a));
	close(s);
	s = socket(AF_INET, SOCK_STREAM, 0);
	a.sin_port = htons(port_of(other));
	say("connect to another", connect(s, (void *)&a, sizeof a));
	close(s);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	a.sin_port = 0;
	say("datagrams", bind(s, (void *)&a, sizeof a));
	close(s);
	close(server);
	close(other);
}

static void scopes(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t n = offsetof(struct sockaddr_un, sun_path) + 1 + sprintf(a.sun_path + 1, "scope%d", (int)getpid());
	int outside = socket(AF_UNIX, SOCK_STREAM, 0), inside, s, status, done[2];
	char byte;
	pid_t parent = getpid(), child;

	bind(outside, (void *)&a, n);
	listen(outside, 5);
	signal(SIGUSR1, SIG_IGN);
	pipe(done);
	if (fork() == 0) {
		say("restrict", restrict_self(ruleset(0, 0, 3)));
		s = socket(AF_UNIX, SOCK_STREAM, 0);
		say("socket outside", connect(s, (void *)&a, n));
		a.sun_path[1] = 'S';
		inside = socket(AF_UNIX, SOCK_STREAM, 0);
		bind(inside, (void *)&a, n);
		listen(inside, 5);
		say("socket inside", connect(s, (void *)&a, n));
		say("signal outside", kill(parent, SIGUSR1));
		say("asked", kill(parent, 0));
		say("itself", kill(getpid(), 0));
		if ((child = fork()) == 0) {
			say("more", restrict_self(ruleset(0, 0, 2)));
			say("its parent", kill(getppid(), 0));
			write(done[1], "", 1);
			pause();
		}
		read(done[0], &byte, 1);
		say("its child", kill(child, SIGKILL));
		wait(&status);
		say("trace outside", ptrace(PTRACE_ATTACH, parent, 0, 0));
		fflush(stdout);
		_exit(0);
	}
	wait(&status);
	close(outside);
}

static void *confined_thread(void *set)
{
	say("thread", restrict_self(*(int *)set));
	say_open("thread", "in/other", O_RDONLY);
	return NULL;
}

static void threads(void)
{
	int set = ruleset(READ, 0, 0);
	pthread_t t;

	pthread_create(&t, NULL, confined_thread, &set);
	pthread_join(t, NULL);
	say_open("others", "in/other", O_RDONLY);
}

static void layers(void)
{
	int n = 0;

	while (syscall(NEW(446), 3, 0) == 0 && n < 100)
		n++;
	say("layers", n);
	say("one more", syscall(NEW(446), 3, 0));
}

static void in_child(const char *title, void (*f)(void))
{
	int status;

	printf("%s\n", title);
	fflush(stdout);
	if (fork() == 0) {
		f();
		fflush(stdout);
		_exit(0);
	}
	wait(&status);
	if (status)
		printf("status %#x\n", status);
}

int main(int argc, char **argv)
{
	int fd;

	chdir(argv[1]);
	mkdir("in", 0755);
	mkdir("in/dir", 0755);
	mkdir("out", 0755);
	put("in/file");
	put("in/only");
	put("in/dir/file");
	put("out/file");
	symlink("../in/file", "out/link");
	symlink("../out/file", "in/link");
	fd = open("out/file", O_RDONLY);
	dup2(fd, 9);
	close(fd);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	in_child("arguments", arguments);
	in_child("hierarchy", hierarchy);
	in_child("moves", moves);
	in_child("truncation", truncation);
	in_child("devices", devices);
	in_child("ports", ports);
	in_child("scopes", scopes);
	in_child("threads", threads);
	fd = ruleset(READ, 0, 0);
	dup2(fd, 3);
	in_child("layers", layers);
	return 0;
}
