/* A program that runs cannot be written, and one that is open for writing cannot be executed. */
#include "arch.h"

#ifdef NETBSD
#define OPEN_NEW	0x601	/* O_WRONLY | O_CREAT | O_TRUNC */
#define O_TRUNC		0x400
#define truncate(p, n)	((long)nb_syscall8(200, REG(p), REG(0), ARG64(n)))
#define ftruncate(fd, n) ((long)nb_syscall8(SYS_ftruncate, REG(fd), REG(0), ARG64(n)))
#else
#define OPEN_NEW	01101
#define O_TRUNC		01000
#define truncate(p, n)	sys2(76, p, n)
#define ftruncate(fd, n) sys2(77, fd, n)
#endif
#define ETXTBSY		26

static char prog[1024], script[1024], text[1100], buf[8192];

static int run(char *path, char *arg)
{
	char *argv[3] = { path, arg, 0 }, *envp[1] = { 0 };
	int status = -1;
	long pid = fork();

	if (pid == 0)
		exit(sys3(SYS_execve, path, argv, envp) == -ETXTBSY ? 126 : 127);
	sys4(SYS_wait4, pid, &status, 0, 0);
	return status >> 8;
}

static long opened(const char *path, int flags)
{
	long fd = open(path, flags, 0);

	if (fd >= 0)
		sys1(SYS_close, fd);
	return fd < 0 ? fd : 0;
}

static void write_file(char *path, int fd, const char *from)
{
	long n, in = open(from, 0, 0);

	while ((n = sys3(SYS_read, in, buf, sizeof buf)) > 0)
		sys3(SYS_write, fd, buf, n);
	sys1(SYS_close, in);
}

static void in_dir(char *to, const char *dir, const char *name)
{
	while (*dir)
		*to++ = *dir++;
	while ((*to++ = *name++) != 0)
		continue;
}

int main(int argc, char **argv, char **envp)
{
	int fd;

	if (argc > 1 && same(argv[1], "child")) {
		say("write to oneself", opened(argv[0], 1));
		return 7;
	}
	if (argc > 1 && same(argv[1], "script"))
		return 8;
	in_dir(prog, argv[1], "/textbusy.prog");
	in_dir(script, argv[1], "/textbusy.sh");

	say("read", opened(argv[0], 0));
	say("write", opened(argv[0], 1));
	say("read and write", opened(argv[0], 2));
	say("O_TRUNC", opened(argv[0], 1 | O_TRUNC));
	say("O_TRUNC for reading", opened(argv[0], O_TRUNC));
	say("truncate", truncate(argv[0], 0));

	fd = (int)open(prog, OPEN_NEW, 0700);
	write_file(prog, fd, argv[0]);
	say("executed while open for writing", run(prog, "child"));
	sys1(SYS_close, fd);
	say("executed after that", run(prog, "child"));
	fd = (int)open(prog, 1, 0);
	say("ftruncate after that", ftruncate(fd, 10000000));
	sys1(SYS_close, fd);
	say("executed again", run(prog, "child"));

	in_dir(text, "#!", prog);
	in_dir(text + strlen(text), " ", "script\n");
	fd = (int)open(script, OPEN_NEW, 0700);
	sys3(SYS_write, fd, text, strlen(text));
#ifdef NETBSD
	check("a script may be open", run(script, 0) == 8);
#else
	check("a script may be open", run(script, 0) == 126); /* not on Linux */
#endif
	sys1(SYS_close, fd);
	say("the script", run(script, 0));
	return 0;
}
