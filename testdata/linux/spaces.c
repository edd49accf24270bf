/*
 * Namespaces: of processes, names, objects of System V, users and clocks. spaces.txt has what is printed on Linux; it
 * takes root. Each part runs in a child, which cannot go back.
 */
#include "say.h"
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/utsname.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static void apart(void (*f)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		f();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (status)
		printf("status %x\n", status);
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), n = fd < 0 ? -1 : write(fd, text, strlen(text)), err = errno;

	close(fd);
	errno = err;
	return n;
}

static unsigned long inode(const char *name)
{
	struct stat st;
	char path[100];

	snprintf(path, sizeof path, "/proc/self/ns/%s", name);
	return stat(path, &st) < 0 ? 0 : st.st_ino;
}

static void got(int sig, siginfo_t *si, void *ctx)
{
	if (si->si_pid == 0)
		write(1, "signal from outside\n", 20);
	else
		write(1, "signal from inside\n", 19);
}

static void processes(void)
{
	struct sigaction sa = { .sa_sigaction = got, .sa_flags = SA_SIGINFO };
	int p[2], status, q[2];
	pid_t pid, in;
	char c;

	pipe(p);
	pipe(q);
	say("unshare", unshare(CLONE_NEWPID));
	say("another before it is used", unshare(CLONE_NEWPID));
	printf("own %d, of children %d\n", inode("pid") == inode("pid_for_children"), inode("pid_for_children") != 0);
	fflush(stdout);
	if ((pid = fork()) == 0) {
		sigaction(SIGUSR1, &sa, NULL);
		printf("first %d, parent %d, thread %d, session %d\n", getpid(), getppid(), (int)syscall(SYS_gettid), getsid(0));
		fflush(stdout);
		say("default of the first", kill(1, SIGTERM));
		say("kill itself", kill(1, SIGKILL));
		kill(1, SIGUSR1);
		say("nobody", kill(1000000, 0));
		if ((in = fork()) == 0) {
			printf("second %d, parent %d\n", getpid(), getppid());
			fflush(stdout);
			kill(getppid(), SIGTERM);
			if (fork() == 0)
				pause();
			_exit(5);
		}
		say("wait", waitpid(in, &status, 0));
		printf("child %d status %d\n", in, WEXITSTATUS(status));
		say("group", setpgid(0, 0));
		say("its number", getpgrp());
		say("everybody", kill(-1, 0));
		write(q[1], "x", 1);
		read(p[0], &c, 1);
		_exit(6);
	}
	read(q[0], &c, 1);
	kill(pid, SIGUSR1);
	write(p[1], "x", 1);
	say("wait", waitpid(pid, &status, 0) == pid);
	printf("outside %d status %d\n", pid > 2, WEXITSTATUS(status));
	say("after its end", fork());
}

static void names(void)
{
	struct utsname u, v;
	int was = open("/proc/self/ns/uts", O_RDONLY);

	uname(&u);
	say("unshare", unshare(CLONE_NEWUTS));
	sethostname("inside", 6);
	uname(&v);
	puts(v.nodename);
	say("another kind", setns(was, CLONE_NEWIPC));
	say("back", setns(was, 0));
	uname(&v);
	printf("as before %d\n", strcmp(u.nodename, v.nodename) == 0);
	say("parent", ioctl(was, _IO(0xb7, 2)));
	say("kind", ioctl(was, _IO(0xb7, 3)));
	say("no namespace", setns(0, 0));
	say("closed", setns(-1, 0));
	say("unknown", unshare(1));
}

static void objects(void)
{
	int was = open("/proc/self/ns/ipc", O_RDONLY), id = shmget(0x1234, 4096, IPC_CREAT | 0600), id2;

	say("unshare", unshare(CLONE_NEWIPC));
	say("not there", shmget(0x1234, 4096, 0));
	id2 = shmget(0x1234, 8192, IPC_CREAT | 0600);
	say("another", id2 >= 0);
	say("back", setns(was, CLONE_NEWIPC));
	say("the first", shmget(0x1234, 4096, 0) == id);
	say("remove", shmctl(id, IPC_RMID, NULL));
}

static void users(void)
{
	char text[50];
	struct stat st;
	int status;

	setgid(77);
	setuid(78);
	prctl(PR_SET_DUMPABLE, 1);
	say("no right to", unshare(CLONE_NEWUTS));
	say("unshare", unshare(CLONE_NEWUSER | CLONE_NEWUTS));
	printf("nobody %d %d\n", getuid(), getgid());
	say("name", sethostname("inside", 6));
	say("two", put("/proc/self/uid_map", "0 78 2"));
	say("another's", put("/proc/self/uid_map", "0 79 1"));
	say("own", put("/proc/self/uid_map", "0 78 1"));
	say("once", put("/proc/self/uid_map", "0 78 1"));
	say("with groups", put("/proc/self/gid_map", "0 77 1"));
	say("no groups", put("/proc/self/setgroups", "deny"));
	snprintf(text, sizeof text, "%d 77 1", 5);
	say("group", put("/proc/self/gid_map", text));
	printf("root %d %d\n", getuid(), getgid());
	stat("/proc/self/exe", &st);
	printf("another's file %d\n", st.st_uid);
	say("no such user", setuid(3));
	say("root", chroot("."));
	say("still there", access("/", F_OK));
	say("the machine's clock", settimeofday(&(struct timeval){ 1, 0 }, NULL));
	if (fork() == 0)
		_exit(unshare(CLONE_NEWPID) == 0 && getuid() == 0 ? 9 : 1);
	wait(&status);
	printf("status %d\n", WEXITSTATUS(status));
}

/* A timer and a futex that wait until a time that has come. */
static void until(struct timespec *now)
{
	struct itimerspec it = { .it_value = *now };
	sigset_t set;
	timer_t t;
	static int word __attribute__((aligned(4)));

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	say("timer", timer_create(CLOCK_MONOTONIC, NULL, &t));
	say("until now", timer_settime(t, TIMER_ABSTIME, &it, NULL));
	say("signal", sigwaitinfo(&set, NULL) == SIGALRM);
	say("futex until now", syscall(SYS_futex, &word, 9, 0, now, NULL, -1)); /* FUTEX_WAIT_BITSET */
}

static void clocks(void)
{
	struct timespec before, inside, t;
	int status, p[2];

	pipe(p);
	say("unshare", unshare(CLONE_NEWTIME));
	say("offsets", put("/proc/self/timens_offsets", "monotonic 1000 0\nboottime 2000 0\n"));
	say("what clock", put("/proc/self/timens_offsets", "realtime 1 0\n"));
	clock_gettime(CLOCK_MONOTONIC, &before);
	if (fork() == 0) {
		clock_gettime(CLOCK_MONOTONIC, &inside);
		printf("ahead %d\n", inside.tv_sec - before.tv_sec >= 1000 && inside.tv_sec - before.tv_sec < 1100);
		clock_gettime(CLOCK_BOOTTIME, &t);
		printf("this too %d\n", t.tv_sec - before.tv_sec >= 2000);
		say("sleep until now", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &inside, NULL));
		say("used", put("/proc/self/timens_offsets", "monotonic 5 0\n"));
		until(&inside);
		_exit(0);
	}
	wait(&status);
	clock_gettime(CLOCK_MONOTONIC, &t);
	printf("not here %d\n", t.tv_sec - before.tv_sec < 900);
}

static int with_copies(void *arg)
{
	say("unshare", unshare(CLONE_FILES | CLONE_FS));
	close(2);
	chdir("/");
	umask(0123);
	return 0;
}

static void files(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	int status;

	clone(with_copies, stack + sizeof stack, CLONE_FILES | CLONE_FS | SIGCHLD, NULL);
	wait(&status);
	printf("open %d umask %o\n", fcntl(2, F_GETFD) >= 0, umask(022));
}

int main(void)
{
	umask(022);
	apart(files);
	apart(names);
	apart(objects);
	apart(users);
	apart(clocks);
	apart(processes);
	return 0;
}
