/* F_NOTIFY: signals about what happens in a directory. */
#include "say.h"
#include <poll.h>

#ifndef F_NOTIFY
#define F_NOTIFY 1026
#endif

static volatile int count, last_fd, last_code, last_sig;
static volatile long last_band;

static void handler(int sig, siginfo_t *si, void *uc)
{
	(void)uc;
	count++;
	last_sig = sig;
	last_fd = si->si_fd;
	last_code = si->si_code;
	last_band = si->si_band;
}

static void heard(const char *what)
{
	printf("%s: %d\n", what, count);
	count = 0;
}

static void put(const char *name)
{
	close(open(name, O_CREAT | O_RDWR, 0644));
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	int dir, sub, file;
	char c = 0;

	if (argc > 1 && chdir(argv[1]))
		return 1;
	mkdir("sub", 0755);
	put("file");
	dir = open(".", O_RDONLY);
	sub = open("sub", O_RDONLY);
	file = open("file", O_RDWR);
	sigaction(SIGRTMIN + 1, &sa, 0);
	sigaction(SIGIO, &sa, 0);

	say("a file", fcntl(file, F_NOTIFY, DN_MODIFY));
	say("nothing", fcntl(dir, F_NOTIFY, 0));
	say("not open", fcntl(99, F_NOTIFY, DN_MODIFY));

	say("once", fcntl(dir, F_NOTIFY, DN_CREATE));
	put("one");
	printf("signal %d, code %d\n", last_sig == SIGIO, last_code == SI_KERNEL);
	heard("created");
	put("two");
	heard("created again");

	fcntl(dir, F_SETSIG, SIGRTMIN + 1);
	say("always", fcntl(dir, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
	put("three");
	printf("signal %d, code %d, fd %d, band %lx\n", last_sig == SIGRTMIN + 1, last_code, last_fd == dir, last_band);
	put("four");
	heard("two files");
	mkdir("dir", 0755);
	heard("a directory");
	link("one", "five");
	heard("a link");
	symlink("one", "six");
	heard("a symbolic link");
	unlink("two");
	heard("no DN_DELETE");

	say("more", fcntl(dir, F_NOTIFY, DN_DELETE | DN_ATTRIB | DN_MULTISHOT));
	unlink("three");
	heard("unlink");
	rmdir("dir");
	heard("rmdir");
	put("seven");
	heard("still created");
	chmod("four", 0600);
	heard("chmod");
	chmod(".", 0755);
	heard("chmod of itself");
	rename("four", "sub/four");
	heard("away");
	rename("sub/four", "eight");
	heard("back");

	say("nothing more", fcntl(dir, F_NOTIFY, DN_MULTISHOT));
	put("nine");
	heard("nothing");

	say("names", fcntl(dir, F_NOTIFY, DN_RENAME | DN_MULTISHOT));
	rename("eight", "ten");
	heard("within");
	rename("ten", "sub/ten");
	heard("out");

	fcntl(sub, F_SETSIG, SIGRTMIN + 1);
	say("contents", fcntl(sub, F_NOTIFY, DN_MODIFY | DN_MULTISHOT));
	close(file);
	file = open("sub/ten", O_RDWR);
	write(file, &c, 1);
	heard("write");
	ftruncate(file, 0);
	heard("cut");
	if (fork() == 0)
		_exit(close(sub));
	wait(0);
	write(file, &c, 1);
	heard("after another process's close");
	close(dup(sub));
	write(file, &c, 1);
	heard("after a close");
	return 0;
}
