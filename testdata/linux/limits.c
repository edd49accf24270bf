/*
 * What a process is and may: ids, capabilities, scheduling classes, key rings, asynchronous I/O, openat2, what System V
 * IPC tells of all its objects, message queues' notes.
 */
#include "say.h"
#include <limits.h>
#include <linux/aio_abi.h>
#include <linux/capability.h>
#include <mqueue.h>
#include <sched.h>
#include <stdint.h>
#include <sys/fsuid.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>

static void keys(void)
{
	char buf[100];
	long ring, key;

	say("session", (ring = syscall(SYS_keyctl, 1, "a-ring")) > 0);
	say("add", (key = syscall(SYS_add_key, "user", "name", "payload", 7, ring)) > 0);
	say("again", syscall(SYS_add_key, "user", "name", "other", 5, ring) == key);
	say("read", syscall(SYS_keyctl, 11, key, buf, sizeof buf));
	printf("%.5s\n", buf);
	say("search", syscall(SYS_keyctl, 10, ring, "user", "name", 0) == key);
	say("none", syscall(SYS_keyctl, 10, ring, "user", "another", 0));
	say("request", syscall(SYS_request_key, "user", "name", NULL, 0) == key);
	say("nobody answers", syscall(SYS_request_key, "user", "missing", NULL, 0));
	say("no such type", syscall(SYS_add_key, "nonsense", "name", "x", 1, ring));
	say("no payload", syscall(SYS_add_key, "user", "empty", NULL, 0, ring));
	say("permissions", syscall(SYS_keyctl, 5, key, 0x3f3f0000));
	say("revoke", syscall(SYS_keyctl, 3, key));
	say("revoked", syscall(SYS_keyctl, 11, key, buf, sizeof buf));
	say("unlink", syscall(SYS_keyctl, 9, key, ring));
	say("no such operation", syscall(SYS_keyctl, 999));
}

/* A keyring cannot come to be in itself, whichever call puts it there; keyrings in each other twice, many deep, are no
 * more work for that. */
static void rings(void)
{
	long s = syscall(SYS_keyctl, 1, "rings"), a, b, top[2], next[2];
	char name[20];

	a = syscall(SYS_add_key, "keyring", "A", NULL, 0, s);
	b = syscall(SYS_add_key, "keyring", "B", NULL, 0, a);
	say("requested into itself", syscall(SYS_request_key, "keyring", "A", NULL, b));
	say("found into itself", syscall(SYS_keyctl, 10, s, "keyring", "A", b));
	say("linked into itself", syscall(SYS_keyctl, 8, a, b));
	say("itself", syscall(SYS_keyctl, 8, a, a));
	say("none", syscall(SYS_keyctl, 10, s, "user", "none", 0));
	top[0] = top[1] = s;
	for (int i = 0; i < 40; i++) {
		for (int j = 0; j < 2; j++) {
			sprintf(name, "%c%d", 'x' + j, i);
			next[j] = syscall(SYS_add_key, "keyring", name, NULL, 0, top[0]);
			if (i > 0 && syscall(SYS_keyctl, 8, next[j], top[1]) < 0)
				printf("%s: %d\n", name, errno);
		}
		top[0] = next[0];
		top[1] = next[1];
	}
	say("none", syscall(SYS_keyctl, 10, s, "user", "none", 0));
}

/* A user has room for so many keys. */
static void quota(void)
{
	char name[20];
	int n = 0;

	fflush(stdout);
	if (geteuid() == 0 && fork() == 0) {
		long s;

		setresuid(7654, 7654, 7654);
		s = syscall(SYS_keyctl, 1, "mine");
		while (sprintf(name, "k%d", n), syscall(SYS_add_key, "user", name, "payload", 7, s) > 0)
			n++;
		say("how it ends", -1);
		printf("%d\n", n < 200);
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
}

static void ids(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];
	uid_t r, e, s;
	int status;

	if (fork() == 0) {
		say("capget", syscall(SYS_capget, &h, d));
		printf("%d %d\n", d[0].effective != 0, d[0].permitted == d[0].effective);
		d[0].effective &= ~(1u << CAP_SETUID);
		say("capset", syscall(SYS_capset, &h, d));
		say("without it", setresuid(1, 2, 3));
		d[0].effective |= 1u << CAP_SETUID;
		say("back", syscall(SYS_capset, &h, d));
		h.version = 1;
		say("no such version", syscall(SYS_capget, &h, d));
		printf("%#x\n", h.version);
		say("bounding set", prctl(PR_CAPBSET_READ, CAP_CHOWN));
		say("no such capability", prctl(PR_CAPBSET_READ, 1000));
		say("securebits", prctl(PR_GET_SECUREBITS));
		say("fsuid", setfsuid(5));
		say("fsuid", setfsuid(-1));
		say("setreuid", setreuid(-1, 7));
		getresuid(&r, &e, &s);
		printf("%d %d %d fs %d\n", r, e, s, setfsuid(-1));
		say("back", setreuid(-1, 0));
		say("setresuid", setresuid(1, 2, 3));
		say("not allowed", setuid(0));
		say("the saved one", seteuid(3));
		getresuid(&r, &e, &s);
		printf("%d %d %d\n", r, e, s);
		_exit(0);
	}
	wait(&status);
	if (fork() == 0) {	/* rights that are kept over a change of user */
		h.version = 0x20080522;
		say("keep", prctl(PR_SET_KEEPCAPS, 1));
		say("capget", syscall(SYS_capget, &h, d));
		say("user", setresuid(1000, 1000, 1000));
		say("not effective", setgid(77));
		d[0].effective = d[0].permitted = 1u << CAP_SETGID | 1u << CAP_SETUID;
		d[1].effective = d[1].permitted = 0;
		say("effective", syscall(SYS_capset, &h, d));
		say("effective", setgid(77));
		d[0].permitted |= 1u << CAP_CHOWN;
		say("given up", syscall(SYS_capset, &h, d));
		d[0].permitted = d[0].effective = 0;
		say("nothing", syscall(SYS_capset, &h, d));
		say("nothing", setgid(78));
		say("nothing", syscall(SYS_capget, &h, d));
		printf("%x %x\n", d[0].permitted, d[0].effective);
		_exit(0);
	}
	wait(&status);
}

static void classes(void)
{
	struct sched_param p = { 7 };
	struct { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t prio; uint64_t run, dead, period; } a;

	say("class", sched_getscheduler(0));
	say("batch with a priority", sched_setscheduler(0, SCHED_BATCH, &p));
	p.sched_priority = 0;
	say("batch", sched_setscheduler(0, SCHED_BATCH, &p));
	say("class", sched_getscheduler(0));
	say("no such class", sched_setscheduler(0, 77, &p));
	say("no such thread", sched_getscheduler(99999999));
	say("process 1", sched_getscheduler(1) & ~SCHED_RESET_ON_FORK);
	say("process 1", sched_getparam(1, &p));
	printf("%d\n", p.sched_priority);
	say("most", sched_get_priority_max(SCHED_FIFO));
	say("attributes", syscall(SYS_sched_getattr, 0, &a, sizeof a, 0));
	printf("%u %u %d\n", a.policy, a.prio, a.nice);
	say("too small", syscall(SYS_sched_getattr, 0, &a, 10, 0));
	say("io priority", syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 3));
	say("io priority", syscall(SYS_ioprio_get, 1, 0));
	say("no such class", syscall(SYS_ioprio_set, 1, 0, 5 << 13));
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		unsigned long long r[2]; /* glibc's prlimit fails if they do not fit into 32 bits */

		if (syscall(SYS_prlimit64, 1, i, NULL, r) < 0 && errno != EPERM)
			say("the first process's limit", i);
	}
	say("slack", prctl(PR_SET_TIMERSLACK, 1234));
	say("slack", prctl(PR_GET_TIMERSLACK));
	say("nice", setpriority(PRIO_PROCESS, 0, 100));
	say("nice", getpriority(PRIO_PROCESS, 0));
	fflush(stdout);
	if (geteuid() == 0 && fork() == 0) {
		struct { uint32_t size, policy; uint64_t flags; int32_t nice; uint32_t prio; uint64_t run, dead, period; } b = { 48, SCHED_BATCH, 0, 18, 0, 0, 0, 0 };

		setuid(1000);
		say("less nice", syscall(SYS_sched_setattr, 0, &b, 0));
		b.nice = 19;
		say("nicer", syscall(SYS_sched_setattr, 0, &b, 0));
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	say("negative time", nanosleep(&(struct timespec){ -1, 0 }, NULL));
}

static void aio(const char *dir)
{
	char name[PATH_MAX], buf[20] = "";
	aio_context_t ctx = 0;
	struct iocb cb = { .aio_lio_opcode = IOCB_CMD_PWRITE }, *list[1] = { &cb };
	struct io_event ev[2];
	struct timespec none = { 0, 0 };
	int fd;

	snprintf(name, sizeof name, "%s/aio", dir);
	fd = open(name, O_RDWR | O_CREAT, 0600);
	say("setup", syscall(SYS_io_setup, 4, &ctx));
	cb.aio_fildes = fd, cb.aio_buf = (uintptr_t)"written", cb.aio_nbytes = 7, cb.aio_offset = 3, cb.aio_data = 42;
	say("submit", syscall(SYS_io_submit, ctx, 1, list));
	say("events", syscall(SYS_io_getevents, ctx, 1, 2, ev, NULL));
	printf("%d %d\n", (int)ev[0].data, (int)ev[0].res);
	cb.aio_lio_opcode = IOCB_CMD_PREAD, cb.aio_buf = (uintptr_t)buf, cb.aio_nbytes = sizeof buf;
	say("submit", syscall(SYS_io_submit, ctx, 1, list));
	say("events", syscall(SYS_io_getevents, ctx, 1, 2, ev, &none));
	printf("%d %s\n", (int)ev[0].res, buf);
	say("no more", syscall(SYS_io_getevents, ctx, 0, 2, ev, &none));
	cb.aio_fildes = -1;
	say("no file", syscall(SYS_io_submit, ctx, 1, list));
	say("no context", syscall(SYS_io_submit, 0, 1, list));
	say("destroy", syscall(SYS_io_destroy, ctx));
	say("destroy again", syscall(SYS_io_destroy, ctx));
}

struct how { uint64_t flags, mode, resolve; };

static long open2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve, size_t size)
{
	struct { struct how h; uint64_t more; } h = { { flags, mode, resolve }, 0 };
	long r = syscall(SYS_openat2, dir, path, &h, size);

	return r < 0 ? r : 0;
}

static void lookups(const char *dir)
{
	char name[PATH_MAX];
	int d;

	snprintf(name, sizeof name, "%s/inner", dir);
	mkdir(name, 0700);
	d = open(dir, O_RDONLY | O_DIRECTORY);
	say("make", open2(d, "inner/file", O_CREAT | O_RDWR, 0600, 0, 24));
	if (symlinkat("file", d, "inner/link") || symlinkat("/etc", d, "inner/out") || symlinkat("/inner/file", d, "inner/top"))
		return;
	say("larger", open2(d, "inner/file", O_RDONLY, 0, 0, 32));
	say("smaller", open2(d, "inner/file", O_RDONLY, 0, 0, 16));
	say("mode for nothing", open2(d, "inner/file", O_RDONLY, 0600, 0, 24));
	say("no such flag", open2(d, "inner/file", 1ull << 40, 0, 0, 24));
	say("link", open2(d, "inner/link", O_RDONLY, 0, 0, 24));
	say("no links", open2(d, "inner/link", O_RDONLY, 0, 4, 24));
	say("beneath", open2(d, "inner/../inner/file", O_RDONLY, 0, 8, 24));
	say("above", open2(d, "inner/../../x", O_RDONLY, 0, 8, 24));
	say("from the root", open2(d, "/etc/passwd", O_RDONLY, 0, 8, 24));
	say("a link out", open2(d, "inner/out/passwd", O_RDONLY, 0, 8, 24));
	say("a root of its own", open2(d, "inner/top", O_RDONLY, 0, 16, 24));
	say("above that", open2(d, "../../../inner/file", O_RDONLY, 0, 16, 24));
	say("both", open2(d, "inner/file", O_RDONLY, 0, 24, 24));
	say("no magic", open2(AT_FDCWD, "/proc/self/exe", O_RDONLY, 0, 2, 24));
}

static void objects(void)
{
	union { int val; struct seminfo *info; struct semid_ds *ds; } u;
	struct { long type; char text[8]; } m = { 3, "three" };
	struct shminfo si;
	struct seminfo mi;
	struct shmid_ds ds;
	int id, i, found = 0, last;

	id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
	last = shmctl(0, IPC_INFO, (void *)&si);
	say("limits", last >= 0 && si.shmmin == 1);
	for (i = 0; i <= last; i++)
		found |= shmctl(i, SHM_STAT, &ds) == id;
	say("found", found);
	shmctl(id, SHM_LOCK, NULL);
	shmctl(id, IPC_STAT, &ds);
	printf("%#o\n", ds.shm_perm.mode);
	shmctl(id, IPC_RMID, NULL);
	id = semget(IPC_PRIVATE, 2, IPC_CREAT | 0600);
	u.info = &mi;
	say("limits", semctl(0, 0, SEM_INFO, u) >= 0 && mi.semusz > 0 && mi.semaem > 1);
	u.val = 3;
	semctl(id, 1, SETVAL, u);
	say("who set it", semctl(id, 1, GETPID) == getpid());
	semctl(id, 0, IPC_RMID);
	id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	msgsnd(id, &m, 6, 0);
	m.type = 4;
	msgsnd(id, &m, 6, 0);
	say("any but", msgrcv(id, &m, sizeof m.text, 3, MSG_EXCEPT | IPC_NOWAIT));
	printf("%ld\n", m.type);
	say("copy", msgrcv(id, &m, sizeof m.text, 0, 040000 | IPC_NOWAIT));
	say("waiting", msgrcv(id, &m, sizeof m.text, 0, 040000));
	say("beyond", msgrcv(id, &m, sizeof m.text, 5, 040000 | IPC_NOWAIT));
	say("still there", msgrcv(id, &m, sizeof m.text, 3, IPC_NOWAIT));
	msgctl(id, IPC_RMID, NULL);
}

static volatile int notes;

static void note(int sig, siginfo_t *si, void *ctx)
{
	(void)sig, (void)ctx;
	notes += si->si_code == SI_MESGQ && si->si_value.sival_int == 9 && si->si_pid == getpid();
}

static void queues(void)
{
	struct sigaction sa = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 9 };
	char name[64], buf[8192];
	mqd_t q;

	snprintf(name, sizeof name, "/nbemu-limits-%d", (int)getpid());
	q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	say("notify", mq_notify(q, &ev));
	say("notify again", mq_notify(q, &ev));
	say("send", mq_send(q, "x", 1, 100));
	say("told", notes);
	say("send", mq_send(q, "", 0, 32767));
	say("told once", notes);
	say("priority", mq_send(q, "x", 1, 32768));
	say("receive", mq_receive(q, buf, sizeof buf, NULL));
	ev.sigev_signo = 1000;
	say("no such signal", mq_notify(q, &ev));
	mq_unlink(name);
}

int main(int argc, char **argv)
{
	(void)argc;
	keys();
	rings();
	quota();
	ids();
	classes();
	aio(argv[1]);
	lookups(argv[1]);
	objects();
	queues();
	return 0;
}
