/* What Linux does in the corners of its calls: which error comes first, what counts that was done before one, what is told
 * of what is not there. */
#include "say.h"
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

static long page;

static void sockets(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, b = a;
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct msghdr m = {0};
	struct ifreq r = {0};
	struct ifconf c = {0};
	socklen_t n = sizeof a, minus = -1;
	int s = socket(AF_INET, SOCK_DGRAM, 0), t = socket(AF_INET, SOCK_DGRAM, 0), u, v, pair[2];
	char buf[64];

	/* The descriptor comes before the address, the address before what it says. */
	say("bind nothing", bind(-1, NULL, sizeof a));
	say("bind null", bind(s, NULL, sizeof a));
	say("bind short", bind(s, (void *)&a, 1));
	say("bind", bind(s, (void *)&a, sizeof a));
	say("name nowhere", getsockname(s, NULL, &n));
	say("name no length", getsockname(s, (void *)&a, NULL));
	say("name -1", getsockname(s, (void *)&a, &minus));
	n = sizeof a;
	say("name", getsockname(s, (void *)&a, &n));
	n = 4;
	say("option of no level", getsockopt(s, 500, 1, buf, &n));
	say("option of tcp", getsockopt(s, IPPROTO_TCP, 1, buf, &n));
	say("option of none", getsockopt(s, SOL_SOCKET, 9999, buf, &n));
	say("protocol", (getsockopt(s, SOL_SOCKET, SO_PROTOCOL, &v, &n), v));
	say("pair of no family", socketpair(0, SOCK_STREAM, 0, pair));
	say("pair of udp", socketpair(AF_INET, SOCK_DGRAM, 17, pair));
	say("pair of tcp datagrams", socketpair(AF_INET, SOCK_DGRAM, 6, pair));
	say("raw of no protocol", socketpair(AF_INET, SOCK_RAW, 0, pair));
	say("pair nowhere", socketpair(AF_UNIX, SOCK_STREAM, 0, NULL));

	/* One datagram of two calls, received with its length; a connected socket may send to others. */
	say("more", sendto(t, "abc", 3, MSG_MORE, (void *)&a, sizeof a));
	say("nothing yet", recv(s, buf, sizeof buf, MSG_DONTWAIT));
	say("rest", sendto(t, "defg", 4, 0, (void *)&a, sizeof a));
	say("whole length", recv(s, buf, 2, MSG_TRUNC));
	b.sin_port = htons(9);
	say("connect", connect(t, (void *)&b, sizeof b));
	say("elsewhere", sendto(t, "x", 1, 0, (void *)&a, sizeof a));
	say("arrives", recv(s, buf, sizeof buf, 0));
	m.msg_name = &b;
	m.msg_namelen = -1;
	say("message with a long name", recvmsg(s, &m, MSG_ERRQUEUE));
	memset(un.sun_path + 1, 'x', sizeof un.sun_path - 1);
	sprintf(un.sun_path + 1, "details%d", getpid());
	u = socket(AF_UNIX, SOCK_DGRAM, 0);
	say("longest name", bind(u, (void *)&un, sizeof un));
	v = socket(AF_UNIX, SOCK_DGRAM, 0);
	say("longest name again", bind(v, (void *)&un, sizeof un));

	strcpy(r.ifr_name, "lo");
	say("lo", ioctl(s, SIOCGIFINDEX, &r));
	say("flags", ioctl(s, SIOCGIFFLAGS, &r));
	say("loopback", r.ifr_flags & IFF_LOOPBACK);
	strcpy(r.ifr_name, "nosuch");
	say("nosuch", ioctl(s, SIOCGIFINDEX, &r));
	say("list", ioctl(s, SIOCGIFCONF, &c));
	say("room", c.ifc_len >= (int)sizeof r && c.ifc_len % sizeof r == 0);
	close(s), close(t), close(u), close(v);
}

static void mappings(void)
{
	int fd = open("m", O_CREAT | O_TRUNC | O_RDWR, 0600), ro, wo, p[2], n = 0;
	struct iovec v[3];
	char *a, *b;

	ftruncate(fd, 4 * page);
	ro = open("m", O_RDONLY), wo = open("m", O_WRONLY);
	say("no type", mmap(0, page, PROT_READ, 0, wo, 0) == MAP_FAILED ? -1 : 0);
	say("not readable", mmap(0, page, PROT_READ, MAP_SHARED, wo, 0) == MAP_FAILED ? -1 : 0);
	a = mmap(0, page, PROT_READ, MAP_SHARED, ro, 0);
	say("not writable", mprotect(a, page, PROT_READ | PROT_WRITE));
	say("nothing there", mprotect(NULL, page, PROT_READ));
	munmap(a, page);

	a = mmap(0, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	pwrite(fd, "B", 1, 2 * page);
	say("remap", remap_file_pages(a, page, 0, 2, 0));
	say("other page", a[0]);
	say("mlock2", syscall(SYS_mlock2, a, page, 2));
	say("mlock", mlock(a, page));
	say("invalidate locked", msync(a, page, MS_INVALIDATE));
	say("free of a file", madvise(a + page, page, MADV_FREE));
	say("wipe of a file", madvise(a + page, page, MADV_WIPEONFORK));
	say("unlock", munlock(a, 2 * page));
	munmap(a + page, page);
	say("advice with a hole", madvise(a, 2 * page, MADV_NORMAL));
	say("unlock a hole", munlock(a, 2 * page));

	/* What was written before a fault counts. */
	b = mmap(0, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	v[0] = (struct iovec){"abcd", 4}, v[1] = (struct iovec){b, 4}, v[2] = (struct iovec){"efgh", 4};
	lseek(fd, 0, SEEK_SET);
	say("written", writev(fd, v, 3));
	say("at", lseek(fd, 0, SEEK_CUR));
	say("reserve", fallocate(fd, FALLOC_FL_KEEP_SIZE, 4 * page, page));
	say("size", lseek(fd, 0, SEEK_END) / page);
	pipe(p);
	write(p[1], "xyz", 3);
	say("in the pipe", (ioctl(p[1], FIONREAD, &n), n));
	close(fd), close(ro), close(wo), close(p[0]), close(p[1]);
}

/* The interest of an epoll is the open file's: it is there after the descriptor is closed, where another has the file. */
static void waiting(void)
{
	int e = epoll_create1(0), p[2], q, status;
	struct epoll_event ev = {.events = EPOLLIN, .data.u32 = 7}, got = {0};

	pipe(p);
	epoll_ctl(e, EPOLL_CTL_ADD, p[0], &ev);
	q = dup(p[0]);
	close(p[0]);
	write(p[1], "x", 1);
	say("events", epoll_wait(e, &got, 1, 1000));
	say("whose", got.data.u32);
	close(q);
	say("events", epoll_wait(e, &got, 1, 0));
	say("null", epoll_ctl(e, EPOLL_CTL_ADD, open("/dev/null", O_RDWR), &ev));

	if (fork() == 0)
		raise(SIGIO);
	wait(&status);
	printf("SIGIO: %s\n", WIFSIGNALED(status) ? signal_name(WTERMSIG(status)) : "none");
	fflush(stdout);
}

static void processes(char **argv)
{
	struct rlimit none = {0, 0};
	sigset_t set;
	char path[64], line[256], *state;
	char *empty[] = {NULL}, *env[] = {"AGAIN=1", NULL};
	struct sembuf op = {0};
	int pid, fd, id;

	say("clock -1", clock_getres(-1, &(struct timespec){0}));
	id = semget(IPC_PRIVATE, 1, 0600);
	say("no operation", semop(id, &op, 0));
	semctl(id, 0, IPC_RMID);
	if ((pid = fork()) == 0) {
		sigemptyset(&set);
		sigaddset(&set, SIGRTMIN);
		sigprocmask(SIG_BLOCK, &set, NULL);
		setrlimit(RLIMIT_SIGPENDING, &none);
		say("queued", syscall(SYS_tgkill, getpid(), getpid(), SIGRTMIN));
		_exit(0);
	}
	waitid(P_PID, pid, NULL, WEXITED | WNOWAIT);
	sprintf(path, "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	line[read(fd, line, sizeof line - 1)] = 0;
	state = strrchr(line, ')');
	printf("state: %.1s\n", state ? state + 2 : "?");
	fflush(stdout);
	close(fd);
	waitpid(pid, NULL, 0);
	say("chroot of a file", chroot("m"));

	/* A program always has a name. */
	execve(argv[0], empty, env);
}

/* attaching is what shmat does with a place that is taken, and with memory that is to be executed. */
static void attaching(void)
{
	long size = 16 * page < 1 << 18 ? 1 << 18 : 16 * page; /* SHMLBA is no more than that */
	char *room = mmap(NULL, 4 * size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = (char *)(((unsigned long)room + size - 1) & -size);
	int id = shmget(IPC_PRIVATE, size, 0600), run = shmget(IPC_PRIVATE, size, 0700);
	char *p;

	say("taken", shmat(id, at, 0) == (void *)-1 ? -1 : 0);
	say("no place to take", shmat(id, NULL, SHM_REMAP) == (void *)-1 ? -1 : 0);
	say("take it", shmat(id, at, SHM_REMAP) == at ? 0 : -1);
	at[0] = 'x';
	say("execute later", mprotect(at, page, PROT_READ | PROT_EXEC));
	say("detach", shmdt(at));
	p = shmat(run, NULL, SHM_EXEC | SHM_RDONLY);
	say("to execute", p == (void *)-1 ? -1 : 0);
	say("never to be written", mprotect(p, page, PROT_READ | PROT_WRITE));
	say("detach", shmdt(p));
	shmctl(id, IPC_RMID, NULL);
	shmctl(run, IPC_RMID, NULL);
}

int main(int argc, char **argv)
{
	if (getenv("AGAIN")) {
		printf("%d arguments, the first \"%s\"\n", argc, argv[0]);
		return 0;
	}
	page = sysconf(_SC_PAGESIZE);
	if (argc > 1)
		chdir(argv[1]);
	sockets();
	mappings();
	attaching();
	waiting();
	processes(argv);
	return 1;
}
