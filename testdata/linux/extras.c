/*
 * What Linux has and NetBSD has not, or has otherwise: signalfd, inotify, memfd with seals, System V IPC, POSIX message
 * queues, memory policies. It prints what does not change from run to run, so that its output under nbemu can be held
 * against the host's. The argument is a directory to work in.
 */
#include "say.h"
#include <mqueue.h>
#include <poll.h>
#include <setjmp.h>
#include <sched.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <ucontext.h>

static void signals(void)
{
	sigset_t set;
	struct signalfd_siginfo si;
	struct epoll_event ev = { EPOLLIN, { 0 } };
	int fd, ep, status;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	say("nothing pending", read(fd, &si, sizeof si));
	say("no room", read(fd, &si, 100));
	kill(getpid(), SIGUSR1);
	say("read", read(fd, &si, sizeof si));
	printf("signal %s code %d pid %d\n", signal_name(si.ssi_signo), code_number(si.ssi_code), si.ssi_pid == (unsigned)getpid());
	ep = epoll_create1(0);
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
	say("epoll, nothing", epoll_wait(ep, &ev, 1, 0));
	if ((pid = fork()) == 0)
		_exit(9);
	say("epoll", epoll_wait(ep, &ev, 1, 10000));
	say("read", read(fd, &si, sizeof si));
	printf("signal %s code %d status %d pid %d\n", signal_name(si.ssi_signo), code_number(si.ssi_code), si.ssi_status, si.ssi_pid == (unsigned)pid);
	say("wait", waitpid(pid, &status, 0) == pid);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	say("another mask", signalfd(fd, &set, 0) == fd);
	raise(SIGUSR1);
	say("not in it", read(fd, &si, sizeof si));
	raise(SIGUSR2);
	say("in it", read(fd, &si, sizeof si));
	say("no signalfd", signalfd(0, &set, 0));
	say("no such flag", signalfd(-1, &set, 1));
	fcntl(fd, F_SETFL, 0);
	if ((pid = fork()) == 0) {
		usleep(20000);
		kill(getppid(), SIGUSR2);
		_exit(0);
	}
	say("waited for", read(fd, &si, sizeof si));
	waitpid(pid, &status, 0);
}

static void notes(const char *dir)
{
	static char wide[4 * 4096];
	char path[4096], other[4096], buf[4096] __attribute__((aligned(8)));
	int fd = inotify_init1(IN_NONBLOCK), wd, wd2, f;
	struct pollfd p = { fd, POLLIN, 0 };
	ssize_t n;

	snprintf(path, sizeof path, "%s/watched", dir);
	snprintf(other, sizeof other, "%s/moved", dir);
	wd = inotify_add_watch(fd, dir, IN_CREATE | IN_DELETE | IN_MOVE | IN_CLOSE_WRITE);
	say("nothing yet", read(fd, buf, sizeof buf));
	f = open(path, O_CREAT | O_WRONLY, 0600);
	say("write", write(f, "x", 1));
	close(f);
	wd2 = inotify_add_watch(fd, path, IN_MODIFY);
	say("two watches", wd > 0 && wd2 > 0 && wd != wd2);
	rename(path, other);
	unlink(other);
	say("poll", poll(&p, 1, 10000));
	n = read(fd, buf, sizeof buf);
	for (char *q = buf; q < buf + n;) {
		struct inotify_event *e = (void *)q;

		printf("event %#x on %s \"%s\"\n", e->mask, e->wd == wd ? "the directory" : "the file", e->len ? e->name : "");
		q += sizeof *e + e->len;
	}
	/* Several events into a buffer that is not in one page. */
	f = open(path, O_CREAT | O_WRONLY, 0600);
	close(f);
	unlink(path);
	n = 4096 - 40;
	say("over the end of a page", read(fd, (char *)(((unsigned long)wide + 4095) & ~4095ul) + n, 4096));
	say("nothing left", read(fd, buf, sizeof buf));
	say("remove", inotify_rm_watch(fd, wd));
	say("remove again", inotify_rm_watch(fd, wd));
	say("no path", inotify_add_watch(fd, "/nonexistent", IN_CREATE));
	say("no inotify", inotify_add_watch(0, dir, IN_CREATE));
	close(fd);
}

static void memory(void)
{
	int fd = memfd_create("name", MFD_ALLOW_SEALING | MFD_CLOEXEC), mode = 7;
	unsigned long nodes = ~0ul;
	char *m;

	say("truncate", ftruncate(fd, 8192));
	m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	strcpy(m + 4096, "text");
	munmap(m, 8192);
	say("seals", fcntl(fd, F_GET_SEALS));
	say("seal", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK));
	say("seals", fcntl(fd, F_GET_SEALS));
	say("write", write(fd, "x", 1));
	say("shrink", ftruncate(fd, 1));
	say("get_mempolicy", syscall(SYS_get_mempolicy, &mode, &nodes, 64, 0, 0));
	printf("mode %d nodes %#lx\n", mode, nodes);
}

static void sysv(void)
{
	union { int val; struct semid_ds *buf; unsigned short *array; } u;
	struct { long type; char text[20]; } msg = { 5, "a message" };
	struct sembuf up = { 0, 2, 0 }, down = { 0, -1, SEM_UNDO }, zero = { 1, 0, IPC_NOWAIT }, wait4 = { 0, -4, 0 };
	struct timespec ts = { 0, 1000000 };
	unsigned short vals[2] = { 7, 9 };
	struct semid_ds sd;
	struct shmid_ds ds;
	struct msqid_ds md;
	int id, status;
	char *m;

	id = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0640);
	m = shmat(id, NULL, 0);
	strcpy(m, "shared");
	if (fork() == 0) {
		strcat(m, " by a child");
		_exit(0);
	}
	wait(&status);
	puts(m);
	say("shm stat", shmctl(id, IPC_STAT, &ds));
	printf("size %zu attached %lu mode %o mine %d %d\n", ds.shm_segsz, (unsigned long)ds.shm_nattch, ds.shm_perm.mode & 0777,
	    ds.shm_cpid == getpid(), ds.shm_perm.uid == geteuid());
	ds.shm_perm.mode = 0600;
	say("shm set", shmctl(id, IPC_SET, &ds));
	say("shm remove", shmctl(id, IPC_RMID, NULL));
	say("detach", shmdt(m));
	say("detach again", shmdt(m));
	say("gone", shmctl(id, IPC_STAT, &ds));

	id = semget(IPC_PRIVATE, 2, IPC_CREAT | 0600);
	u.array = vals;
	say("setall", semctl(id, 0, SETALL, u));
	say("getval", semctl(id, 1, GETVAL));
	u.val = 1;
	say("setval", semctl(id, 0, SETVAL, u));
	say("up", semop(id, &up, 1));
	if (fork() == 0)
		_exit(semop(id, &down, 1));
	wait(&status);
	say("undone", semctl(id, 0, GETVAL));
	say("would wait", semop(id, &zero, 1));
	say("in vain", semtimedop(id, &wait4, 1, &ts));
	u.buf = &sd;
	say("sem stat", semctl(id, 0, IPC_STAT, u));
	printf("semaphores %lu\n", (unsigned long)sd.sem_nsems);
	say("sem remove", semctl(id, 0, IPC_RMID));

	id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	say("send", msgsnd(id, &msg, 10, 0));
	msg.type = 3;
	say("send", msgsnd(id, &msg, 5, 0));
	say("msg stat", msgctl(id, IPC_STAT, &md));
	printf("messages %lu\n", (unsigned long)md.msg_qnum);
	say("too small", msgrcv(id, &msg, 2, 5, 0));
	say("receive", msgrcv(id, &msg, sizeof msg.text, 5, 0));
	printf("%ld %s\n", msg.type, msg.text);
	say("receive", msgrcv(id, &msg, sizeof msg.text, 0, 0));
	say("none", msgrcv(id, &msg, sizeof msg.text, 0, IPC_NOWAIT));
	say("msg remove", msgctl(id, IPC_RMID, NULL));
}

static void queues(void)
{
	struct mq_attr at = { 0, 4, 100, 0 };
	struct timespec past = { 1, 0 };
	unsigned prio = 0;
	char name[64], buf[100];
	mqd_t q;

	snprintf(name, sizeof name, "/nbemu-test-%d", (int)getpid());
	say("no queue", mq_open(name, O_RDWR));
	q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &at);
	say("exists", mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &at));
	say("send", mq_send(q, "low", 3, 1));
	say("send", mq_send(q, "high", 4, 7));
	mq_getattr(q, &at);
	printf("flags %ld max %ld size %ld now %ld\n", at.mq_flags, at.mq_maxmsg, at.mq_msgsize, at.mq_curmsgs);
	say("receive", mq_receive(q, buf, sizeof buf, &prio));
	printf("%.4s at %u\n", buf, prio);
	say("receive", mq_receive(q, buf, sizeof buf, &prio));
	say("too late", mq_timedreceive(q, buf, sizeof buf, &prio, &past));
	at.mq_flags = O_NONBLOCK;
	say("setattr", mq_setattr(q, &at, NULL));
	say("empty", mq_receive(q, buf, sizeof buf, &prio));
	say("unlink", mq_unlink(name));
	say("unlink again", mq_unlink(name));
	say("close", mq_close(q));
}

static sigjmp_buf back;
static char stack[65536];
static volatile int depth;

static void handler(int sig, siginfo_t *si, void *ctx)
{
#ifdef __x86_64__
	ucontext_t *uc = ctx;
#endif
	char here;
	int d = ++depth;

	printf("signal %s code %d on the stack %d blocked %d altstack %d flags %#x\n", signal_name(sig), code_number(si->si_code),
	    &here >= stack && &here < stack + sizeof stack, sigismember(context_mask(ctx), SIGTERM), context_stack(ctx)->ss_sp == stack,
	    (unsigned)context_stack(ctx)->ss_flags);
	if (sig == SIGSEGV) {
		printf("address %p\n", si->si_addr);
#ifdef __x86_64__
		uc->uc_mcontext.gregs[REG_RIP] += 2;	/* mov (%rax),%ecx */
		uc->uc_mcontext.gregs[REG_RCX] = 77;
		return;
#else
		siglongjmp(back, 77);
#endif
	}
	if (sig == SIGUSR2) {
		printf("value %d\n", si->si_value.sival_int);
		sigaddset(context_mask(ctx), SIGHUP);	/* blocked from now on */
		return;
	}
	if (d < 3)
		raise(sig);
}

static void handlers(void)
{
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof stack };
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER }, old;
	union sigval v = { .sival_int = 1234 };
	sigset_t set;
	long regs[6] = { 1, 2, 3, 4, 5, 6 }, rcx;
	double x = 1.5;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_SETMASK, &set, NULL);
	sigaltstack(&ss, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	for (int i = 0; i < 3; i++)
		x *= 1.25;
	raise(SIGUSR1);
	printf("depth %d, %g %ld\n", depth, x, regs[0] + regs[5]);
	sigqueue(getpid(), SIGUSR2, v);
	sigprocmask(SIG_BLOCK, NULL, &set);
	say("SIGHUP blocked", sigismember(&set, SIGHUP));
	say("SIGTERM blocked", sigismember(&set, SIGTERM));
	say("SIGUSR2 blocked", sigismember(&set, SIGUSR2));
#ifdef __x86_64__
	__asm__ volatile("mov $0x5000, %%eax\n\t.byte 0x8b, 0x08" : "=c"(rcx) : : "rax", "memory");
#else
	if ((rcx = sigsetjmp(back, 1)) == 0)
		rcx = *(volatile int *)0x5000;
#endif
	say("after the fault", rcx);
	sigaction(SIGUSR1, NULL, &old);
	printf("flags %#x same %d\n", action_flags(old.sa_flags), old.sa_sigaction == handler);
}

static void others(const char *dir)
{
	char name[4096], comm[20] = "";
	struct { uint64_t ino; int64_t off; unsigned short reclen; unsigned char type; char name[]; } *d;
	char buf[4096] __attribute__((aligned(8)));
	int fd, types[16] = { 0 };
	struct timespec ts;
	cpu_set_t cpus, all;
	long n;

	CPU_ZERO(&cpus);
	say("affinity", sched_getaffinity(0, sizeof cpus, &cpus));
	say("processors", CPU_COUNT(&cpus));
	say("set it", sched_setaffinity(0, sizeof cpus, &cpus));
	all = cpus;
	for (n = 0; !CPU_ISSET(n, &all); n++)
		continue;
	CPU_ZERO(&cpus);
	CPU_SET(n, &cpus);
	say("one of them", sched_setaffinity(0, sizeof cpus, &cpus));
	say("we are there", sched_getcpu() == n);
	CPU_ZERO(&cpus);
	sched_getaffinity(0, sizeof cpus, &cpus);
	say("and nowhere else", CPU_COUNT(&cpus) == 1 && CPU_ISSET(n, &cpus));
	say("all again", sched_setaffinity(0, sizeof all, &all));
	say("no such thread", sched_getaffinity(0x3fffffff, sizeof cpus, &cpus));
	CPU_ZERO(&cpus);
	say("no processors", sched_setaffinity(0, sizeof cpus, &cpus));
	say("interval", sched_rr_get_interval(0, &ts) == 0 && ts.tv_sec == 0 && ts.tv_nsec >= 0);
	say("set name", syscall(SYS_prctl, 15, "renamed"));
	say("get name", syscall(SYS_prctl, 16, comm));
	puts(comm);
	say("dumpable", syscall(SYS_prctl, 3));
	say("no such option", syscall(SYS_prctl, 99999));
	snprintf(name, sizeof name, "%s/sub", dir);
	mkdir(name, 0700);
	snprintf(name, sizeof name, "%s/fifo", dir);
	mkfifo(name, 0600);
	snprintf(name, sizeof name, "%s/link", dir);
	n = symlink("x", name);
	snprintf(name, sizeof name, "%s/file", dir);
	close(open(name, O_CREAT | O_WRONLY, 0600));
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	while ((n = syscall(SYS_getdents64, fd, buf, sizeof buf)) > 0)
		for (char *p = buf; p < buf + n; p += d->reclen) {
			d = (void *)p;
			types[d->type & 15]++;
		}
	close(fd);
	for (int i = 0; i < 16; i++)
		if (types[i])
			printf("%d of type %d\n", types[i], i);
	say("close_range", syscall(SYS_close_range, 100, 200, 0));
	say("backwards", syscall(SYS_close_range, 200, 100, 0));
}

int main(int argc, char **argv)
{
	handlers();
	others(argv[1]);
	signals();
	notes(argv[1]);
	memory();
	sysv();
	queues();
	return 0;
}
