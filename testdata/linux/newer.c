/*
 * Calls that came with Linux 6.5 and later, and handles of files, which only root can open: the host may be older, or not
 * give them to this user, so that newer.txt has what is to be printed. The argument is a directory to work in.
 */
#include "say.h"
#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>

/* Numbers that the headers may not have yet. */
#ifdef __mips__
#define NEW(n) (_MIPS_SIM == _ABI64 ? 5000 + n : 4000 + n)
#else
#define NEW(n) n
#endif

struct info {
	uint64_t mask, cgroup;
	uint32_t pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	int32_t status;
};
#define GET_INFO _IOWR(0xff, 11, struct info)
#define GET_SOME _IOWR(0xff, 11, uint32_t)
#define INFO_EXIT 8

static void pidfds(void)
{
	struct info i;
	int status, fd, p[2];
	pid_t pid;
	char c;

	pipe(p);
	if ((pid = fork()) == 0) {
		close(p[1]);
		_exit(read(p[0], &c, 1) + 7);
	}
	fd = syscall(SYS_pidfd_open, pid, 0);
	say("no room", ioctl(fd, GET_INFO, NULL));
	say("too little", ioctl(fd, GET_SOME, &i) < 0);
	say("no pidfd", ioctl(0, GET_INFO, &i));
	memset(&i, 0, sizeof i);
	i.mask = INFO_EXIT;
	say("info", ioctl(fd, GET_INFO, &i));
	printf("mask %d pid %d parent %d user %d status %d\n", (int)i.mask & 11, i.pid == (unsigned)pid, i.ppid == (unsigned)getpid(),
	       i.euid == geteuid() && i.fsgid == getegid(), i.status);
	close(p[0]);
	close(p[1]);
	say("wait", waitpid(pid, &status, 0) == pid);
	i.mask = 0;
	say("gone", ioctl(fd, GET_INFO, &i));
	i.mask = INFO_EXIT;
	say("its status", ioctl(fd, GET_INFO, &i));
	printf("mask %d status %d\n", (int)i.mask & 11, i.status == status);
	close(fd);
}

struct handle {
	struct file_handle h;
	unsigned char room[128];
};

static void handles(const char *dir)
{
	struct handle h = { 0 }, again = { 0 };
	char buf[10];
	int mount, dirfd = open(dir, O_DIRECTORY), fd;

	fd = openat(dirfd, "named", O_CREAT | O_RDWR, 0600);
	write(fd, "text", 4);
	symlinkat("named", dirfd, "link");
	say("no room", name_to_handle_at(dirfd, "named", &h.h, &mount, 0));
	printf("needed %d\n", h.h.handle_bytes > 0 && h.h.handle_bytes <= 128);
	say("handle", name_to_handle_at(dirfd, "named", &h.h, &mount, 0));
	again.h.handle_bytes = 128;
	say("of the descriptor", name_to_handle_at(fd, "", &again.h, &mount, AT_EMPTY_PATH));
	printf("the same %d\n", again.h.handle_bytes == h.h.handle_bytes && memcmp(&h, &again, sizeof h.h + h.h.handle_bytes) == 0);
	again.h.handle_bytes = 129;
	say("too large", name_to_handle_at(dirfd, "named", &again.h, &mount, 0));
	again.h.handle_bytes = 128;
	say("of the link", name_to_handle_at(dirfd, "link", &again.h, &mount, 0));
	say("opened", open_by_handle_at(dirfd, &again.h, O_RDONLY));
	say("flags", name_to_handle_at(dirfd, "named", &again.h, &mount, 0x10));
	say("of procfs", name_to_handle_at(dirfd, "/proc/version", &again.h, &mount, 0));
	renameat(dirfd, "named", dirfd, "renamed");
	close(fd);
	fd = open_by_handle_at(dirfd, &h.h, O_RDONLY);
	say("read", pread(fd, buf, 10, 0));
	close(fd);
	unlinkat(dirfd, "renamed", 0);
	say("gone", open_by_handle_at(dirfd, &h.h, O_RDONLY));
	h.room[h.h.handle_bytes - 1] ^= 1;
	say("guessed", open_by_handle_at(dirfd, &h.h, O_RDONLY));
	unlinkat(dirfd, "link", 0);
	close(dirfd);
}

struct attr_args {
	uint64_t value;
	uint32_t size, flags;
};

static void attributes(const char *dir)
{
	char buf[10] = "";
	struct attr_args a = { (uintptr_t)"value", 5, 0 }, got = { (uintptr_t)buf, sizeof buf, 0 };
	int dirfd = open(dir, O_DIRECTORY);

	close(openat(dirfd, "file", O_CREAT | O_WRONLY, 0600));
	say("set", syscall(NEW(463), dirfd, "file", 0, "user.a", &a, sizeof a));
	say("get", syscall(NEW(464), dirfd, "file", 0, "user.a", &got, sizeof got));
	puts(buf);
	say("of the directory", syscall(NEW(464), dirfd, "", AT_EMPTY_PATH, "user.a", &got, sizeof got));
	say("too small", syscall(NEW(464), dirfd, "file", 0, "user.a", &got, 8));
	say("list", syscall(NEW(465), dirfd, "file", 0, buf, sizeof buf));
	puts(buf);
	say("remove", syscall(NEW(466), dirfd, "file", 0, "user.a"));
	say("removed", syscall(NEW(464), dirfd, "file", 0, "user.a", &got, sizeof got));
	say("no flag", syscall(NEW(466), dirfd, "file", 1, "user.a"));
	unlinkat(dirfd, "file", 0);
	close(dirfd);
}

struct deadline {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static void reserve(void)
{
	struct deadline d = { sizeof d, 6, 0, 0, 0, 10000000, 30000000, 0 }, got;
	int status;

	say("reserve", syscall(SYS_sched_setattr, 0, &d, 0));
	say("ask", syscall(SYS_sched_getattr, 0, &got, sizeof got, 0));
	printf("policy %d runtime %d deadline %d period %d\n", got.policy, (int)got.runtime, (int)got.deadline, (int)got.period);
	say("policy", sched_getscheduler(0));
	say("fork", fork());
	d.runtime = 40000000;
	say("more than there is", syscall(SYS_sched_setattr, 0, &d, 0));
	d.runtime = 100;
	say("too little", syscall(SYS_sched_setattr, 0, &d, 0));
	d.policy = 0, d.runtime = d.deadline = d.period = 0;
	say("ordinary", syscall(SYS_sched_setattr, 0, &d, 0));
	if (fork() == 0)
		_exit(sched_getscheduler(0));
	wait(&status);
	printf("status %d\n", status);
}

static void cached(const char *dir)
{
	uint64_t range[2] = { 0, 0 }, stat[5] = { 0 };
	char path[4096], page[4096] = "";
	int fd, i;

	snprintf(path, sizeof path, "%s/cached", dir);
	fd = open(path, O_CREAT | O_RDWR, 0600);
	for (i = 0; i < 3; i++)
		write(fd, page, sizeof page);
	say("cachestat", syscall(NEW(451), fd, range, stat, 0));
	printf("%d pages\n", (int)(stat[0] + stat[3]));
	say("flags", syscall(NEW(451), fd, range, stat, 1));
	say("nowhere", syscall(NEW(451), fd, range, NULL, 0));
	say("closed", syscall(NEW(451), -1, range, stat, 0));
	close(fd);
	unlink(path);
}

static void much(void)
{
	static char text[300000] __attribute__((aligned(4096)));
	struct iovec v = { text, sizeof text };
	int p[2];

	pipe(p);
	say("as much as there is room for", vmsplice(p[1], &v, 1, 0));
	say("full", vmsplice(p[1], &v, 1, SPLICE_F_NONBLOCK));
	close(p[0]);
	signal(SIGPIPE, SIG_IGN);
	say("nobody reads", vmsplice(p[1], &v, 1, 0));
	close(p[1]);
}

int main(int argc, char **argv)
{
	pidfds();
	handles(argv[1]);
	attributes(argv[1]);
	reserve();
	cached(argv[1]);
	much();
	return 0;
}
