/*
 * Everything that brings a signal, and every way to learn of it: what siginfo says. The argument is a directory, a second one the
 * way to look at.
 */
#define WORDS 140
#define _GNU_SOURCE
#include "table.h"
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <termios.h>
#ifdef __x86_64__
#include <fenv.h>
#endif

static struct shared {
	volatile int ready, heard, done;
	volatile pid_t target, child;
	volatile int roughly;		/* whose offset is the compiler's */
	volatile unsigned long base;	/* what addresses are told from */
	volatile int timer, fd;
	char log[WORDS];
} *sh;

static int way, how;
enum { LATER = 1, CHILDREN = 2, PARENT = 4, ORPHAN = 8, ONCE = 16 /* more than one signal may come of it */ };
enum { HANDLER, WAIT, FD, TRACE };

static const char *who(pid_t pid)
{
	return pid == 0 ? "0" : pid == sh->target ? "me" : pid == sh->child ? "child" : sh->target == getpid() && pid == getppid() || pid == getpid() ? "parent" : "other";
}

static const char *where(unsigned long a)
{
	static char b[40];

	if (a == 0)
		return "0";
	if (sh->roughly && a - sh->base < 200)
		strcpy(b, "base");
	else if (a - sh->base < 65536)
		sprintf(b, "base+%lx", a - sh->base);
	else
		strcpy(b, "elsewhere");
	return b;
}

/* Whether the union of siginfo is that of the signal itself, not of who sent it. */
static int own(int sig, int code) { return code > 0 && code < 0x80; }

static void say_info(int sig, int err, int code, pid_t pid, unsigned uid, int status, unsigned long addr, long band, int fd, int timer, int overrun, int value)
{
	char *b = sh->log + strlen(sh->log);

	if (how & ONCE && *sh->log)
		return;
	if (*sh->log)
		b += sprintf(b, ", ");
	b += sprintf(b, "%s %d", sig >= SIGRTMIN ? "RT" : signal_name(sig), code_number(code));
	if (err)
		b += sprintf(b, " errno %d", err);
	if (own(sig, code) && (sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE || sig == SIGILL || sig == SIGTRAP))
		sprintf(b, " at %s", where(addr));
	else if (own(sig, code) && sig == SIGCHLD)
		sprintf(b, " %s uid %u status %s", who(pid), uid, code == CLD_EXITED ? "code" : signal_name(status));
	else if (own(sig, code) && sig != SIGSYS)
		sprintf(b, " band%s%s%s%s%s%s%s%s%s%s fd %d", band & POLLIN ? " IN" : "", band & POLLPRI ? " PRI" : "", band & POLLOUT ? " OUT" : "", band & POLLERR ? " ERR" : "",
			band & POLLHUP ? " HUP" : "", band & POLLRDNORM ? " RDNORM" : "", band & POLLRDBAND ? " RDBAND" : "", band & POLLWRNORM ? " WRNORM" : "",
			band & POLLWRBAND ? " WRBAND" : "", band & 0x400 ? " MSG" : "", fd - sh->fd);
	else if (code == SI_TIMER)
		sprintf(b, " timer %s overrun %d value %d", timer == sh->timer ? "it" : "other", overrun, value == sh->timer ? -1 : value);
	else if (sig == SIGSYS)
		sprintf(b, " call");
	else
		sprintf(b, " %s uid %u value %d", who(pid), uid, value);
	sh->heard++;
}

static void say_siginfo(int sig, siginfo_t *si)
{
	say_info(sig, si->si_errno, si->si_code, si->si_pid, si->si_uid, si->si_status, (unsigned long)si->si_addr, si->si_band, si->si_fd, si->si_timerid, si->si_overrun,
		si->si_code == SI_USER || si->si_code == SI_TKILL || si->si_code == SI_KERNEL ? 0 : si->si_value.sival_int);
}

static void handler(int sig, siginfo_t *si, void *ctx)
{
	if (sig != si->si_signo)
		strcat(sh->log, "odd ");
	say_siginfo(sig, si);
	if (sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE || sig == SIGILL || sig == SIGTRAP || sig == SIGXCPU)
		_exit(0);
}

static int all[64];
static int with_children;
static int wanted(int sig) { return sig != SIGKILL && sig != SIGSTOP && (sig < 32 || sig > 33) && (sig != SIGCHLD || with_children); }

/* What a target does before anything comes, and after. */
static int sfd;
static void prepare(void)
{
	struct sigaction a = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART };
	sigset_t s;

	sigemptyset(&s);
	for (int sig = 1; sig <= 64; sig++)
		if (wanted(sig)) {
			if (way == HANDLER)
				sigaction(sig, &a, NULL);
			else if (way == WAIT || way == FD)
				sigaddset(&s, sig);
		}
	sigprocmask(SIG_BLOCK, &s, NULL);
	if (way == FD)
		sfd = signalfd(-1, &s, 0);
}

static void collect(int expected)
{
	struct timespec t = { (expected = expected && !sh->heard) ? 20 : 0, 0 };
	struct pollfd p = { .fd = sfd, .events = POLLIN };
	struct signalfd_siginfo i;
	siginfo_t si;
	sigset_t s;
	int sig;

	sigemptyset(&s);
	for (sig = 1; sig <= 64; sig++)
		if (wanted(sig))
			sigaddset(&s, sig);
	switch (way) {
	case WAIT:
		for (; (sig = sigtimedwait(&s, &si, &t)) > 0; t.tv_sec = 0)
			say_siginfo(sig, &si);
		break;
	case FD:
		for (; poll(&p, 1, expected ? 20000 : 0) == 1 && read(sfd, &i, sizeof i) == sizeof i; expected = 0)
			say_info(i.ssi_signo, i.ssi_errno, i.ssi_code, i.ssi_pid, i.ssi_uid, i.ssi_status, i.ssi_addr, i.ssi_band, i.ssi_fd, i.ssi_tid, i.ssi_overrun,
				i.ssi_code == SI_USER || i.ssi_code == SI_TKILL || i.ssi_code == SI_KERNEL ? 0 : i.ssi_int);
		break;
	default:
		for (int j = 0; j < 20000 && expected && !sh->heard; j++)
			usleep(1000);
	}
}

/* Causes. */
static pid_t by_child(void (*f)(void))
{
	pid_t pid;

	if ((pid = fork()) == 0) {
		sh->child = getpid();
		f();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return pid;
}
static void kill_self(void) { kill(getpid(), SIGUSR1); }
static void kill_rt(void) { kill(getpid(), SIGRTMIN + 2); }
static void kill_target(void) { kill(sh->target, SIGUSR1); }
static void kill_child(void) { by_child(kill_target); }
static void other_ids(void) { if (setresuid(-1, 0, -1) || setresuid(1000, 2000, 2000)) _exit(1); kill_target(); }
static void kill_user(void) { if (setresuid(2000, 2000, 2000)) _exit(1); by_child(kill_target); }
static void kill_ids(void) { if (setresuid(1000, 1000, 0)) _exit(1); by_child(other_ids); }
static void kill_group(void) { setpgid(0, 0); kill(0, SIGUSR1); }
static void tgkill_self(void) { syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1); }
static void tkill_target(void) { syscall(SYS_tkill, sh->target, SIGUSR1); }
static void tkill_child(void) { by_child(tkill_target); }
static void queue_self(void) { sigqueue(getpid(), SIGUSR1, (union sigval){ 77 }); }
static void queue_target(void) { sigqueue(sh->target, SIGUSR1, (union sigval){ 77 }); }
static void queue_child(void) { by_child(queue_target); }
static void queue_rt(void) { sigqueue(getpid(), SIGRTMIN, (union sigval){ 1 }); sigqueue(getpid(), SIGRTMIN, (union sigval){ 2 }); }
static void queue_twice(void)
{
	sigset_t s, was;

	sigfillset(&s);
	sigprocmask(SIG_BLOCK, &s, &was);
	sigqueue(getpid(), SIGUSR1, (union sigval){ 1 });
	sigqueue(getpid(), SIGUSR1, (union sigval){ 2 });
	sigprocmask(SIG_SETMASK, &was, NULL);
}
static void queue_code(int code)
{
	siginfo_t si = { 0 };

	si.si_code = code;
	si.si_errno = 7;
	si.si_pid = 1;
	si.si_uid = 5;
	si.si_value.sival_int = 9;
	syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, &si);
}
static void queue_mesgq(void) { queue_code(SI_MESGQ); }
static void queue_asyncio(void) { queue_code(SI_ASYNCIO); }
static void queue_user(void) { queue_code(SI_USER); }
static void queue_tkill(void) { queue_code(SI_TKILL); }
static void queue_sigio(void) { queue_code(SI_SIGIO); }
static void pidfd_kill(void)
{
	int fd = syscall(SYS_pidfd_open, getpid(), 0);

	syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, 0);
}
static void raises(void) { raise(SIGUSR2); }
static void alarms(void) { struct itimerval it = { { 0, 0 }, { 0, 1000 } }; setitimer(ITIMER_REAL, &it, NULL); }
/* Uses up processor time, until there is a signal. */
static void burn(void)
{
	struct timespec t = { 0, 0 };
	sigset_t s;

	while (t.tv_sec < 5 && !sh->heard) {
		for (volatile int j = 0; j < 20000; j++)
			;
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
		sigpending(&s);
		if (!sigisemptyset(&s))
			return;
	}
}
static void virtual(void) { struct itimerval it = { { 0, 0 }, { 0, 1000 } }; setitimer(ITIMER_VIRTUAL, &it, NULL); burn(); }
static void prof(void) { struct itimerval it = { { 0, 0 }, { 0, 1000 } }; setitimer(ITIMER_PROF, &it, NULL); burn(); }
static void timer(clockid_t clock, int notify, int sig)
{
	struct sigevent ev = { .sigev_notify = notify, .sigev_signo = sig, .sigev_value.sival_int = 55 };
	struct itimerspec it = { { 0, 0 }, { 0, 1000000 } };
	int id = -1;

	ev._sigev_un._tid = syscall(SYS_gettid);
	if (syscall(SYS_timer_create, clock, notify < 0 ? NULL : &ev, &id) < 0) {
		sprintf(sh->log, "%s", strerrorname_np(errno));
		sh->heard++;
		return;
	}
	sh->timer = id;
	syscall(SYS_timer_settime, id, 0, &it, NULL);
	if (clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID)
		burn();
}
static void timer_default(void) { timer(CLOCK_REALTIME, -1, 0); }
static void timer_real(void) { timer(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR1); }
static void timer_mono(void) { timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN + 1); }
static void timer_boot(void) { timer(CLOCK_BOOTTIME, SIGEV_SIGNAL, SIGUSR1); }
static void timer_alarm(void) { timer(CLOCK_BOOTTIME_ALARM, SIGEV_SIGNAL, SIGUSR1); }
static void timer_tai(void) { timer(CLOCK_TAI, SIGEV_SIGNAL, SIGUSR1); }
static void timer_coarse(void) { timer(CLOCK_MONOTONIC_COARSE, SIGEV_SIGNAL, SIGUSR1); }
static void timer_raw(void) { timer(CLOCK_MONOTONIC_RAW, SIGEV_SIGNAL, SIGUSR1); }
static void timer_process(void) { timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1); }
static void timer_thread(void) { timer(CLOCK_THREAD_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1); }
static void timer_tid(void) { timer(CLOCK_MONOTONIC, SIGEV_THREAD_ID, SIGUSR1); }
static void timer_none(void) { timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, 0); }
static void timer_high(void) { timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, 200); }
static void timer_odd(void) { timer(CLOCK_MONOTONIC, 77, SIGUSR1); }

/* Not a cause, but how timers are numbered. */
static void timer_ids(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_NONE };
	int first = -1, id = -1, r = 0;

	syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &first);
	for (int i = 0; i < 99; i++)
		r |= syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id);
	syscall(SYS_timer_delete, first);
	r |= syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id);
	sprintf(sh->log, "%d %d %d", r, first, id);
}

static mqd_t queue;
static void mq_open_one(void)
{
	struct mq_attr a = { 0, 2, 16 };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2, .sigev_value.sival_int = 44 };

	queue = mq_open("/causes", O_RDWR | O_CREAT | O_EXCL, 0600, &a);
	mq_unlink("/causes");
	mq_notify(queue, &ev);
}
static void mq_sends(void) { mq_send(queue, "x", 1, 0); }
static void mq_self(void) { mq_open_one(); mq_sends(); }
static void mq_child(void) { mq_open_one(); by_child(mq_sends); }

/* Files that tell their owners. */
static int p[2];
static void own_file(int fd, int sig)
{
	sh->fd = fd;
	fcntl(fd, F_SETOWN, getpid());
	if (sig)
		fcntl(fd, F_SETSIG, sig);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC);
}
static void pipe_in(void) { if (pipe(p)) return; own_file(p[0], SIGUSR1); write(p[1], "x", 1); }
static void pipe_in_plain(void) { if (pipe(p)) return; own_file(p[0], 0); write(p[1], "x", 1); }
static void pipe_in_io(void) { if (pipe(p)) return; own_file(p[0], SIGIO); write(p[1], "x", 1); }
static void pipe_in_rt(void) { if (pipe(p)) return; own_file(p[0], SIGRTMIN + 3); write(p[1], "x", 1); write(p[1], "x", 1); }
static void pipe_out(void)
{
	static char b[65536];

	if (pipe(p) || write(p[1], b, sizeof b) != sizeof b)
		return;
	own_file(p[1], SIGUSR1);
	read(p[0], b, sizeof b);
}
static void pipe_hangup(void) { if (pipe(p)) return; own_file(p[0], SIGUSR1); close(p[1]); }
static void pipe_broken(void) { if (pipe(p)) return; own_file(p[1], SIGUSR1); close(p[0]); }
static void pair_in(void) { if (socketpair(AF_UNIX, SOCK_STREAM, 0, p)) return; own_file(p[0], SIGUSR1); write(p[1], "x", 1); }
static void pair_dgram(void) { if (socketpair(AF_UNIX, SOCK_DGRAM, 0, p)) return; own_file(p[0], SIGUSR1); write(p[1], "x", 1); }
static void pair_gone(void) { if (socketpair(AF_UNIX, SOCK_STREAM, 0, p)) return; own_file(p[0], SIGUSR1); close(p[1]); }
static void pair_shut(void) { if (socketpair(AF_UNIX, SOCK_STREAM, 0, p)) return; own_file(p[0], SIGUSR1); shutdown(p[1], SHUT_WR); }
static int tcp(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	int s = socket(AF_INET, SOCK_STREAM, 0);

	bind(s, (struct sockaddr *)&a, n);
	listen(s, 1);
	getsockname(s, (struct sockaddr *)&a, &n);
	p[1] = socket(AF_INET, SOCK_STREAM, 0);
	connect(p[1], (struct sockaddr *)&a, n);
	p[0] = accept(s, NULL, NULL);
	return s;
}
static void tcp_in(void) { tcp(); own_file(p[0], SIGUSR1); write(p[1], "x", 1); }
static void tcp_urgent(void) { tcp(); fcntl(p[0], F_SETOWN, getpid()); sh->fd = p[0]; send(p[1], "x", 1, MSG_OOB); }
static void tcp_broken(void)
{
	struct linger l = { 1, 0 };
	struct pollfd w = { .events = 0 };

	tcp();
	setsockopt(p[0], SOL_SOCKET, SO_LINGER, &l, sizeof l);
	close(p[0]);
	w.fd = p[1];
	poll(&w, 1, 10000);
	write(p[1], "x", 1);
	write(p[1], "x", 1);
}
static void inotify(void)
{
	int fd = inotify_init();

	inotify_add_watch(fd, ".", IN_CREATE);
	own_file(fd, SIGUSR1);
	close(open("made", O_CREAT | O_WRONLY, 0600));
	unlink("made");
}
static void lease(void)
{
	int fd = open("leased", O_CREAT | O_RDWR, 0600);

	close(fd);
	fd = open("leased", O_RDONLY);
	sh->fd = fd;
	fcntl(fd, F_SETSIG, SIGUSR1);
	fcntl(fd, F_SETLEASE, F_RDLCK);
	if (fork() == 0)
		_exit(open("leased", O_WRONLY | O_NONBLOCK) >= 0);
	wait(NULL);
	fcntl(fd, F_SETLEASE, F_UNLCK);
}
static void dnotify(void)
{
	int fd = open(".", O_RDONLY);

	sh->fd = fd;
	fcntl(fd, F_SETSIG, SIGUSR1);
	fcntl(fd, F_NOTIFY, DN_CREATE);
	close(open("made2", O_CREAT | O_WRONLY, 0600));
	unlink("made2");
}
static void broken_pipe(void) { if (pipe(p)) return; close(p[0]); write(p[1], "x", 1); }
static void broken_pair(void) { if (socketpair(AF_UNIX, SOCK_STREAM, 0, p)) return; close(p[0]); send(p[1], "x", 1, 0); }
static void shut_pair(void) { if (socketpair(AF_UNIX, SOCK_STREAM, 0, p)) return; shutdown(p[1], SHUT_WR); send(p[1], "x", 1, 0); }

/* Terminals. */
static int master, slave;
static void terminal(void)
{
	char name[40];
	int n, zero = 0;

	setsid();
	master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	ioctl(master, TIOCSPTLCK, &zero);
	ioctl(master, TIOCGPTN, &n);
	sprintf(name, "/dev/pts/%d", n);
	slave = open(name, O_RDWR);
}
static void tty_key(const char *key) { terminal(); write(master, key, 1); }
static void tty_intr(void) { tty_key("\003"); }
static void tty_quit(void) { tty_key("\034"); }
static void tty_susp(void) { tty_key("\032"); }
static void tty_size(void) { struct winsize w = { 9, 9, 0, 0 }; terminal(); ioctl(master, TIOCSWINSZ, &w); }
static void tty_hangup(void) { terminal(); close(master); }
static void tty_in(void) { terminal(); own_file(slave, SIGUSR1); write(master, "x\n", 2); }
static void tty_sig(void) { int sig = SIGQUIT; terminal(); ioctl(master, TIOCSIG, sig); }

/* Faults. */
static char *page(int prot)
{
	char *m = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(m, 65536, prot);
	sh->base = (unsigned long)m;
	return m;
}
static volatile char sink;
static void read_unmapped(void) { char *m = page(PROT_NONE); munmap(m, 65536); sink = m[5]; }
static void write_unmapped(void) { char *m = page(PROT_NONE); munmap(m, 65536); m[5] = 1; }
static void read_none(void) { char *m = page(PROT_NONE); sink = m[5]; }
static void write_none(void) { char *m = page(PROT_NONE); m[5] = 1; }
static void write_readonly(void) { char *m = page(PROT_READ); m[4097] = 1; }
static void write_text(void) { sh->base = (unsigned long)&write_text; *(volatile char *)&write_text = 1; }
static void run_at(char *m)
{
	void *descriptor[3] = { m, 0, 0 };

	(*(void (*)(void))m)();
}
static void run_unmapped(void) { char *m = page(PROT_NONE); munmap(m, 65536); run_at(m + 4096); }
static void run_none(void) { run_at(page(PROT_NONE) + 4096); }
static void run_data(void) { run_at(page(PROT_READ | PROT_WRITE) + 4096); }
static void read_null(void) { sink = *(volatile char *)8; }
static void file_end(int flags, int prot, int store)
{
	int fd = open("short", O_CREAT | O_RDWR | O_TRUNC, 0600);
	char *m;

	write(fd, "x", 1);
	m = mmap(NULL, 65536, prot, flags, fd, 0);
	sh->base = (unsigned long)m;
	if (store)
		m[20000] = 1;
	else
		sink = m[20000];
}
static void read_end(void) { file_end(MAP_PRIVATE, PROT_READ, 0); }
static void read_shared_end(void) { file_end(MAP_SHARED, PROT_READ, 0); }
static void write_end(void) { file_end(MAP_PRIVATE, PROT_READ | PROT_WRITE, 1); }
static void write_shared_end(void) { file_end(MAP_SHARED, PROT_READ | PROT_WRITE, 1); }
static void write_file_readonly(void) { file_end(MAP_SHARED, PROT_READ, 1); }
static void truncated(void)
{
	int fd = open("cut", O_CREAT | O_RDWR | O_TRUNC, 0600);
	char *m;

	ftruncate(fd, 65536);
	m = mmap(NULL, 65536, PROT_READ, MAP_SHARED, fd, 0);
	sh->base = (unsigned long)m;
	sink = m[20000];
	ftruncate(fd, 0);
	sink = m[20000];
}
#ifdef __x86_64__
static void x86_int3(void) { asm volatile("int3"); }
static void x86_hlt(void) { asm volatile("hlt"); }
static void x86_ud2(void) { sh->roughly = 1; sh->base = (unsigned long)&x86_ud2; asm volatile("ud2"); }
static void x86_divide(void) { sh->roughly = 1; sh->base = (unsigned long)&x86_divide; asm volatile("xorl %%ecx, %%ecx; cltd; idivl %%ecx" ::: "eax", "ecx", "edx", "cc"); }
static void x86_overflow(void) { sh->roughly = 1; sh->base = (unsigned long)&x86_overflow; asm volatile("movl $0x80000000, %%eax; movl $-1, %%ecx; cltd; idivl %%ecx" ::: "eax", "ecx", "edx", "cc"); }
static void x86_noncanonical(void) { sink = *(volatile char *)0x8000000000000000; }
static void x86_kernel(void) { sink = *(volatile char *)0xffffffff80000000; }
static void x86_jump_kernel(void) { run_at((char *)0xffffffff80000000); }
static void x86_in(void) { asm volatile("inb $0x80, %%al" ::: "al"); }
static void x86_cli(void) { asm volatile("cli"); }
static void x86_int4(void) { asm volatile("int $4"); }
static void x86_int50(void) { asm volatile("int $50"); }
static void x86_icebp(void) { asm volatile(".byte 0xf1"); }
static void x86_step(void) { asm volatile("pushf; orl $0x100, (%%rsp); popf; nop; nop" ::: "memory", "cc"); }
static void x86_aligned(void) { char *m = page(PROT_READ | PROT_WRITE); asm volatile("movaps (%0), %%xmm0" :: "r"(m + 1) : "xmm0"); }
static void x86_check(void)
{
	char *m = page(PROT_READ | PROT_WRITE);

	asm volatile("pushf; orl $0x40000, (%%rsp); popf; movl (%0), %%eax" :: "r"(m + 1) : "eax", "memory", "cc");
}
static void x86_fp(int what, volatile double a, volatile double b) { volatile double r; feenableexcept(what); r = a / b; }
static void x86_fp_zero(void) { sh->roughly = 1; sh->base = (unsigned long)&x86_fp; x86_fp(FE_DIVBYZERO, 1, 0); }
static void x86_fp_invalid(void) { sh->roughly = 1; sh->base = (unsigned long)&x86_fp; x86_fp(FE_INVALID, 0, 0); }
static void x86_fp_overflow(void) { sh->roughly = 1; sh->base = (unsigned long)&x86_fp; x86_fp(FE_OVERFLOW, 1e300, 1e-300); }
static void x86_fp_underflow(void) { sh->roughly = 1; sh->base = (unsigned long)&x86_fp; x86_fp(FE_UNDERFLOW, 1e-300, 1e300); }
static void x86_fp_inexact(void) { sh->roughly = 1; sh->base = (unsigned long)&x86_fp; x86_fp(FE_INEXACT, 1, 3); }
#endif

/* Children, sessions, limits. */
static void exits(void) { _exit(3); }
static void is_killed(void) { kill(getpid(), SIGKILL); }
static void child_exits(void) { by_child(exits); }
static void child_killed(void) { by_child(is_killed); }
static void child_stops(void)
{
	pid_t pid;

	if ((pid = fork()) == 0) {
		sh->child = getpid();
		for (;;)
			pause();
	}
	while (!sh->child)
		usleep(100);
	kill(pid, SIGSTOP);
	waitpid(pid, NULL, WUNTRACED);
	if (way == WAIT || way == FD)
		collect(1);
	else
		while (!sh->heard)
			usleep(100);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
static void dies_with_parent(void)
{
	pid_t was = getppid();

	prctl(PR_SET_PDEATHSIG, SIGUSR1);
	sh->ready = 2;
	while (getppid() == was)
		usleep(100);
	collect(1);
	sh->done = 1;
	_exit(0);
}
static void seccomp_trap(void)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sync, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP | 12),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { 4, f };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
	syscall(SYS_sync);
}
static void file_limit(void)
{
	struct rlimit r = { 10, 10 };
	int fd = open("limited", O_CREAT | O_RDWR | O_TRUNC, 0600);

	setrlimit(RLIMIT_FSIZE, &r);
	pwrite(fd, "x", 1, 100);
	r.rlim_cur = 0;
}
static void truncate_limit(void)
{
	struct rlimit r = { 10, 10 };
	int fd = open("limited", O_CREAT | O_RDWR | O_TRUNC, 0600);

	setrlimit(RLIMIT_FSIZE, &r);
	ftruncate(fd, 100);
}
static void cpu_limit(void)
{
	struct rlimit r = { 1, 9 };

	setrlimit(RLIMIT_CPU, &r);
	burn();
	r.rlim_cur = 9;
	setrlimit(RLIMIT_CPU, &r);
}

static void nothing(void) {}

static const struct cause {
	const char *name;
	void (*f)(void);
	int how;
} causes[] = {
	{ "kill", kill_self }, { "kill rt", kill_rt }, { "kill by child", kill_child }, { "kill by user", kill_user }, { "kill by effective", kill_ids },
	{ "kill by parent", nothing, PARENT | LATER }, { "kill group", kill_group },
	{ "tgkill", tgkill_self }, { "tkill by child", tkill_child }, { "sigqueue", queue_self }, { "sigqueue by child", queue_child }, { "sigqueue rt", queue_rt },
	{ "sigqueue twice", queue_twice }, { "queue mesgq", queue_mesgq }, { "queue asyncio", queue_asyncio }, { "queue user", queue_user }, { "queue tkill", queue_tkill },
	{ "queue sigio", queue_sigio }, { "pidfd_send_signal", pidfd_kill }, { "raise", raises },
	{ "setitimer real", alarms, LATER }, { "setitimer virtual", virtual, LATER }, { "setitimer prof", prof, LATER },
	{ "timer default", timer_default, LATER }, { "timer real", timer_real, LATER }, { "timer monotonic", timer_mono, LATER }, { "timer boot", timer_boot, LATER },
	{ "timer boot alarm", timer_alarm, LATER }, { "timer tai", timer_tai, LATER }, { "timer coarse", timer_coarse, LATER }, { "timer raw", timer_raw, LATER },
	{ "timer process", timer_process, LATER }, { "timer thread", timer_thread, LATER }, { "timer tid", timer_tid, LATER }, { "timer 0", timer_none, LATER },
	{ "timer 200", timer_high, LATER }, { "timer odd", timer_odd, LATER }, { "timer ids", timer_ids },
	{ "mq_notify", mq_self }, { "mq_notify by child", mq_child },
	{ "pipe in", pipe_in }, { "pipe in plain", pipe_in_plain }, { "pipe in SIGIO", pipe_in_io }, { "pipe in rt", pipe_in_rt }, { "pipe out", pipe_out }, { "pipe hangup", pipe_hangup },
	{ "pipe broken", pipe_broken }, { "socket in", pair_in, LATER | ONCE }, { "datagram in", pair_dgram, LATER | ONCE }, { "socket gone", pair_gone, LATER | ONCE }, { "socket shut", pair_shut, LATER | ONCE },
	{ "tcp in", tcp_in, LATER | ONCE }, { "tcp urgent", tcp_urgent, LATER | ONCE }, { "tcp broken", tcp_broken, LATER }, { "inotify", inotify, LATER | ONCE }, { "lease", lease }, { "dnotify", dnotify },
	{ "write broken pipe", broken_pipe }, { "send broken", broken_pair }, { "send shut", shut_pair },
	{ "tty ^C", tty_intr, LATER }, { "tty ^\\", tty_quit, LATER }, { "tty ^Z", tty_susp, LATER }, { "tty size", tty_size, LATER }, { "tty hangup", tty_hangup, LATER }, { "tty in", tty_in, LATER | ONCE },
	{ "tty TIOCSIG", tty_sig, LATER },
	{ "read unmapped", read_unmapped }, { "write unmapped", write_unmapped }, { "read none", read_none }, { "write none", write_none }, { "write read-only", write_readonly },
	{ "write text", write_text }, { "run unmapped", run_unmapped }, { "run none", run_none }, { "run data", run_data }, { "read null", read_null },
	{ "read beyond end", read_end }, { "read shared beyond end", read_shared_end }, { "write beyond end", write_end }, { "write shared beyond end", write_shared_end },
	{ "write file read-only", write_file_readonly }, { "read truncated", truncated },
#ifdef __x86_64__
	{ "x86 int3", x86_int3 }, { "x86 hlt", x86_hlt }, { "x86 ud2", x86_ud2 }, { "x86 divide", x86_divide }, { "x86 divide overflow", x86_overflow },
	{ "x86 non-canonical", x86_noncanonical }, { "x86 kernel", x86_kernel }, { "x86 jump to kernel", x86_jump_kernel }, { "x86 in", x86_in }, { "x86 cli", x86_cli },
	{ "x86 int 4", x86_int4 }, { "x86 int 50", x86_int50 }, { "x86 icebp", x86_icebp }, { "x86 step", x86_step }, { "x86 movaps", x86_aligned }, { "x86 AC", x86_check },
	{ "x86 fp zero", x86_fp_zero }, { "x86 fp invalid", x86_fp_invalid }, { "x86 fp overflow", x86_fp_overflow }, { "x86 fp underflow", x86_fp_underflow }, { "x86 fp inexact", x86_fp_inexact },
#endif
	{ "child exits", child_exits, CHILDREN }, { "child killed", child_killed, CHILDREN }, { "child stops", child_stops, CHILDREN },
	{ "parent dies", dies_with_parent, ORPHAN }, { "seccomp", seccomp_trap }, { "write limit", file_limit }, { "truncate limit", truncate_limit }, { "cpu limit", cpu_limit },
};

static void target(const struct cause *c)
{
	struct rlimit r = { 0, 0 };

	setrlimit(RLIMIT_CORE, &r);
	sh->target = getpid();
	prepare();
	if (way == TRACE) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		kill(getpid(), SIGSTOP);
	}
	sh->ready = 1;
	c->f();
	if (way != TRACE)
		collect(c->how & LATER);
	else if (c->how & LATER)
		for (int j = 0; j < 20000 && !sh->heard; j++)
			usleep(1000);
	sh->done = 1;
	_exit(0);
}

/* Tells of the signals of a process that is traced. */
static void trace(const struct cause *c, pid_t pid)
{
	int status;
	siginfo_t si;

	waitpid(pid, &status, 0);
	ptrace(PTRACE_CONT, pid, 0, 0);
	if (c->how & PARENT) {
		while (!sh->ready)
			usleep(100);
		kill(pid, SIGUSR1);
	}
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		int sig = WSTOPSIG(status), fatal;

		ptrace(PTRACE_GETSIGINFO, pid, 0, &si);
		if (sig == SIGCHLD && !with_children) {
			ptrace(PTRACE_CONT, pid, 0, 0);
			continue;
		}
		say_siginfo(sig, &si);
		fatal = sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE || sig == SIGILL || sig == SIGTRAP;
		ptrace(PTRACE_CONT, pid, 0, fatal ? SIGKILL : 0);
	}
}

static void cell(const struct cause *c, int w)
{
	pid_t pid, middle = 0;
	int status = 0;

	memset((void *)sh, 0, sizeof *sh);
	with_children = c->how & CHILDREN;
	way = w;
	how = c->how;
	if (c->how & ORPHAN) {
		if (w == TRACE) {
			note(c->name, "not asked");
			return;
		}
		if ((middle = fork()) == 0) {
			if (fork() == 0)
				target(c);
			while (sh->ready != 2)
				usleep(100);
			sh->child = getpid();
			_exit(0);
		}
		waitpid(middle, NULL, 0);
		waitpid(-1, &status, 0);
	} else {
		if ((pid = fork()) == 0)
			target(c);
		if (way == TRACE)
			trace(c, pid);
		else {
			if (c->how & PARENT) {
				while (!sh->ready)
					usleep(100);
				kill(pid, SIGUSR1);
			}
			waitpid(pid, &status, 0);
		}
	}
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	if (WIFSIGNALED(status))
		sprintf(sh->log + strlen(sh->log), "%sended by %s", *sh->log ? ", " : "", signal_name(WTERMSIG(status)));
	note(c->name, "%s", *sh->log ? sh->log : "none");
}

int main(int argc, char **argv)
{
	static const char *const ways[] = { "handler", "sigwaitinfo", "signalfd", "ptrace" };
	const char *only = argc > 2 ? argv[2] : NULL, *call = argc > 3 ? argv[3] : NULL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2 || chdir(argv[1]) < 0)
		return 1;
	sh = mmap(NULL, sizeof *sh, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (int w = 0; w < 4; w++) {
		if (only && strcmp(only, ways[w]))
			continue;
		objects[nobjects++] = ways[w];
		for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
			if (!call || !strcmp(call, causes[i].name))
				cell(&causes[i], w);
	}
	print();
	return 0;
}
