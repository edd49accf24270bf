/* ptrace(2): every kind of stop, and what a tracer sees and changes. Only tracers print. */
#include "arch.h"

#define SYS_ptrace	26
#define SYS_getppid	39
#define SYS_vfork	282
#define SYS_posix_spawn	474
#define SYS_nanosleep	430

#define PT_TRACE_ME		0
#define PT_READ_D		2
#define PT_WRITE_D		5
#define PT_CONTINUE		7
#define PT_KILL			8
#define PT_ATTACH		9
#define PT_DETACH		10
#define PT_IO			11
#define PT_LWPINFO		13
#define PT_SYSCALL		14
#define PT_SYSCALLEMU		15
#define PT_SET_EVENT_MASK	16
#define PT_GET_EVENT_MASK	17
#define PT_GET_PROCESS_STATE	18
#define PT_SET_SIGINFO		19
#define PT_GET_SIGINFO		20
#define PT_RESUME		21
#define PT_SUSPEND		22
#define PT_STOP			23
#define PT_LWPSTATUS		24
#define PT_LWPNEXT		25
#define PT_SET_SIGPASS		26

#define PIOD_READ_D	1
#define PIOD_WRITE_I	4
#define PIOD_READ_AUXV	5

#define PTRACE_FORK		1
#define PTRACE_VFORK		2
#define PTRACE_VFORK_DONE	4
#define PTRACE_POSIX_SPAWN	32
#define PTRACE_LWP_CREATE	8
#define PTRACE_LWP_EXIT		16

#define TRAP_BRKPT	1
#define TRAP_TRACE	2
#define TRAP_EXEC	3
#define TRAP_CHLD	4
#define TRAP_LWP	5
#define TRAP_SCE	7
#define TRAP_SCX	8

#define ESRCH	3
#define EPERM	1
#define EDEADLK	11
#define EFAULT	14
#define EBUSY	16
#define EINVAL	22

#define SIGKILL	9
#define SIGSTOP	17
#define SIGCHLD	20
#define WNOHANG	1

#include "ptregs.h"

struct piod {
	int op;
	void *offs, *addr;
	size_t len;
};

struct psiginfo {
	union {
		struct {
			int signo, code, errno;
			union {
				u64 align;
				struct {
					int sysnum, retval[2], error;
					u64 args[8];
				} sc;
				struct {
					int event, other;
				} ev;
				struct {
					int pid;
					u32 uid;
				} rt;
			} u;
		} i;
		char size[128];
		u64 align;
	};
	int lwp;
};

struct lwpstatus {
	int lwpid;
	u32 pending[4], mask[4];
	char name[20];
	void *private;
};

static volatile u32 word1 = 0x11223344;
static char buffer[40] = "what the tracer finds";
static volatile int caught;
static const char *self;
static volatile int *volatile nowhere = (volatile int *)16;

/* Ten instructions in a row, of the same size, that a child runs through. */
void steps(void);
extern char steps_begin[], steps_end[];
__asm__(".text\n"
#if defined(__thumb__)
	".thumb\n.thumb_func\n"
#endif
#if defined(__riscv)
	".balign 8\n.option push\n.option norvc\n"	/* aligned before instructions of two bytes end */
#endif
	".balign 8\n"
	".globl steps, steps_begin, steps_end\n"
	"steps:\n"
	"steps_begin:\n"
	".rept 10\n"
	"	nop\n"
	".endr\n"
	"steps_end:\n"
#if defined(__x86_64__) || defined(__i386__)
	"	ret\n"
#elif defined(__aarch64__)
	"	ret\n"
#elif defined(__arm__)
	"	bx lr\n"
#elif defined(__mips__)
	"	jr $31\n	nop\n"
#elif defined(__sparc__)
	"	retl\n	nop\n"
#elif defined(__m68k__)
	"	rts\n"
#elif defined(__powerpc__)
	"	blr\n"
#elif defined(__riscv)
	"	ret\n.option pop\n"
#endif
	);

static long ptrace(int req, long pid, const volatile void *addr, long data)
{
	return sys4(SYS_ptrace, req, pid, addr, data);
}

static int wait(long pid)
{
	int st = -1;

	if (sys4(SYS_wait4, pid, &st, 0, 0) != pid)
		print("wait4 failed\n");
	return st;
}

/* stopped and exited say what wait4 tells of a child. */
static void stopped(const char *what, long pid, int sig)
{
	int st = wait(pid);

	if (st != (sig << 8 | 0177))
		sayx("status", (u32)st);
	check(what, st == (sig << 8 | 0177));
}

static void exited(const char *what, long pid, int status)
{
	int st = wait(pid);

	if (st != status)
		sayx("status", (u32)st);
	check(what, st == status);
}

#define GO	((void *)1)

static void go(long pid, int sig)
{
	if (ptrace(PT_CONTINUE, pid, GO, sig) != 0)
		print("PT_CONTINUE failed\n");
}

static void kill(long pid, int sig)
{
	sys2(SYS_kill, pid, sig);
}

static struct psiginfo *siginfo(long pid)
{
	static struct psiginfo si;

	if (ptrace(PT_GET_SIGINFO, pid, &si, sizeof si) != 0)
		print("PT_GET_SIGINFO failed\n");
	return &si;
}

static void trapped(const char *what, long pid, int code)
{
	struct psiginfo *si;

	stopped(what, pid, SIGTRAP);
	si = siginfo(pid);
	check("its siginfo", si->i.signo == SIGTRAP && si->i.code == code);
	if (si->i.code != code)
		say("code", si->i.code);
}

static word getpc(long pid)
{
	struct regs r;

	if (ptrace(GETREGS, pid, &r, 0) != 0)
		print("PT_GETREGS failed\n");
#ifdef __arm__
	r.r[PC_AT] &= ~(word)1;
#endif
	return r.r[PC_AT];
}

static void setpc(long pid, const void *pc)
{
	struct regs r = { { 0 } };

	ptrace(GETREGS, pid, &r, 0);
	r.r[PC_AT] = (word)(long)pc;
#ifdef NPC_AT
	r.r[NPC_AT] = r.r[PC_AT] + 4;
#endif
	if (ptrace(GETREGS + 1, pid, &r, 0) != 0)
		print("PT_SETREGS failed\n");
}

static word address(const void *p) { return (word)(long)p; }

static long io(int op, long pid, const volatile void *there, const volatile void *here, size_t n)
{
	struct piod d = { op, (void *)there, (void *)here, n };
	long e = ptrace(PT_IO, pid, &d, sizeof d);

	return e < 0 ? e : (long)d.len;
}

/* Replaces the instruction at a by a breakpoint; old gets what was there. */
static void set_breakpoint(long pid, char *a, u8 *old)
{
	if (io(PIOD_READ_D, pid, a, old, sizeof brkpt) != sizeof brkpt || io(PIOD_WRITE_I, pid, a, brkpt, sizeof brkpt) != sizeof brkpt)
		print("PT_IO failed\n");
}

static void clear_breakpoint(long pid, char *a, const u8 *old)
{
	if (io(PIOD_WRITE_I, pid, a, old, sizeof brkpt) != sizeof brkpt)
		print("PT_IO failed\n");
}

/* Executes one instruction: by the processor, or where it cannot, by a breakpoint behind it. */
static void one_step(long pid)
{
#ifdef STEP
	ptrace(STEP, pid, GO, 0);
	wait(pid);
#else
	char *next = (char *)(long)getpc(pid) + (steps_end - steps_begin) / 10;
	u8 old[8];

	set_breakpoint(pid, next, old);
	go(pid, 0);
	wait(pid);
	clear_breakpoint(pid, next, old);
	setpc(pid, next);
#endif
}

static void handler(int sig, struct siginfo *si, void *uc)
{
	caught = sig;
}

/* child forks; the child asks to be traced and stops. */
static long child(void)
{
	long pid = fork();

	if (pid == 0) {
		if (ptrace(PT_TRACE_ME, 0, 0, 0) != 0)
			exit(99);
		return 0;
	}
	return pid;
}

static void stop(void) { kill(sys0(SYS_getpid), SIGUSR1); }

static void end(const char *what, long pid, int status)
{
	go(pid, 0);
	exited(what, pid, status << 8);
}

static void rules(void)
{
	long pid = fork();

	if (pid == 0)
		for (;;)
			sys0(SYS_sched_yield);
	check("nobody", ptrace(PT_ATTACH, 99999999, 0, 0) == -ESRCH);
	check("oneself", ptrace(PT_ATTACH, sys0(SYS_getpid), 0, 0) == -EINVAL);
	check("no request", ptrace(1000, pid, 0, 0) == -EINVAL);
	check("not traced", ptrace(PT_CONTINUE, pid, GO, 0) == -EPERM);
	check("init", ptrace(PT_ATTACH, 1, 0, 0) == -EPERM);
	check("attach", ptrace(PT_ATTACH, pid, 0, 0) == 0);
	check("again", ptrace(PT_ATTACH, pid, 0, 0) == -EBUSY);
	stopped("stopped by it", pid, SIGSTOP);
	check("going on at 0", ptrace(PT_CONTINUE, pid, 0, 0) == -EINVAL);
	check("a signal too high", ptrace(PT_CONTINUE, pid, GO, 200) == -EINVAL);
	check("no such LWP", ptrace(PT_CONTINUE, pid, GO, -77) == -ESRCH);
	check("suspend", ptrace(PT_SUSPEND, pid, 0, 1) == 0);
	check("nobody would run", ptrace(PT_CONTINUE, pid, GO, 0) == -EDEADLK);
	check("resume", ptrace(PT_RESUME, pid, 0, 1) == 0);
	go(pid, 0);
	check("it runs", ptrace(PT_LWPINFO, pid, 0, 0) == -EBUSY && ptrace(PT_READ_D, pid, &word1, 0) == -EBUSY);
	check("stop", ptrace(PT_STOP, pid, 0, 0) == 0);
	stopped("stopped again", pid, SIGSTOP);
	check("detach", ptrace(PT_DETACH, pid, GO, 0) == 0);
	check("no more traced", ptrace(PT_CONTINUE, pid, GO, 0) == -EPERM);
	check("attach", ptrace(PT_ATTACH, pid, 0, 0) == 0);
	stopped("stopped by it", pid, SIGSTOP);
	check("kill", ptrace(PT_KILL, pid, 0, 0) == 0);
	exited("killed", pid, SIGKILL);
}

static void signals(void)
{
	struct psiginfo si;
	u32 pass[4] = { 0 };
	long pid = child();
	int n = 0;

	if (pid == 0) {
		on_signal(SIGUSR2, handler, 0);
		n = ptrace(PT_TRACE_ME, 0, 0, 0) == -EBUSY;
		stop();
		n += caught == 0 ? 2 : 0;
		stop();
		n += caught == SIGUSR2 ? 4 : 0;
		kill(sys0(SYS_getpid), SIGCHLD);	/* ignored, but not by the tracer */
		caught = 0;
		kill(sys0(SYS_getpid), SIGUSR2);
		n += caught == SIGUSR2 ? 8 : 0;
		kill(sys0(SYS_getpid), SIGUSR2);
		exit(n);
	}
	stopped("stopped by a signal", pid, SIGUSR1);
	si = *siginfo(pid);
	check("siginfo", si.i.signo == SIGUSR1 && si.i.code == 0 && si.i.u.rt.pid == pid && si.lwp == 0);
	go(pid, 0);
	stopped("again", pid, SIGUSR1);
	si.i.signo = SIGUSR2;
	si.i.code = -1;
	check("set siginfo", ptrace(PT_SET_SIGINFO, pid, &si, sizeof si) == 0 && siginfo(pid)->i.signo == SIGUSR2);
	go(pid, SIGUSR2);
	stopped("an ignored one", pid, SIGCHLD);
	go(pid, SIGCHLD);
	stopped("a caught one", pid, SIGUSR2);
	pass[0] = 1u << (SIGUSR2 - 1);
	check("set sigpass", ptrace(PT_SET_SIGPASS, pid, pass, sizeof pass) == 0);
	go(pid, SIGUSR2);
	exited("ended", pid, 15 << 8);
}

static void memory(void)
{
	struct piod d = { 77, 0, 0, 1 };
	char b[40];
	long pid = child();

	if (pid == 0) {
		stop();
		exit(word1 == 0x55667788 && same(buffer, "what the tracer wrote") ? 21 : 1);
	}
	stopped("stopped", pid, SIGUSR1);
	check("read", (u32)ptrace(PT_READ_D, pid, &word1, 0) == 0x11223344);
	check("write", ptrace(PT_WRITE_D, pid, &word1, 0x55667788) == 0);
	check("read again", ptrace(PT_READ_D, pid, &word1, 0) == 0x55667788 && word1 == 0x11223344);
	check("read much", io(PIOD_READ_D, pid, buffer, b, sizeof b) == sizeof b && same(b, buffer));
	check("write much", io(PIOD_WRITE_I, pid, buffer + 16, "wrote", 6) == 6 && same(buffer, "what the tracer finds"));
	check("nothing there", io(PIOD_READ_D, pid, (void *)16, b, 4) == -EFAULT);
	check("not here", io(PIOD_READ_D, pid, buffer, (void *)16, 4) == -EFAULT);
	check("no operation", ptrace(PT_IO, pid, &d, sizeof d) == -EINVAL);
	check("nothing", io(PIOD_READ_D, pid, buffer, b, 0) == -EINVAL);
	check("another size", ptrace(PT_IO, pid, &d, sizeof d - 1) == -EINVAL);
	end("ended", pid, 21);
}

static void breakpoint(void)
{
	u8 old[8];
	int n;
	long pid = child();

	if (pid == 0) {
		stop();
		steps();
		steps();
		exit(5);
	}
	stopped("stopped", pid, SIGUSR1);
	set_breakpoint(pid, steps_begin, old);
	go(pid, 0);
	trapped("breakpoint", pid, TRAP_BRKPT);
	check("its pc", getpc(pid) == address(steps_begin) + BRKPT_ADJ);
	clear_breakpoint(pid, steps_begin, old);
	steps();	/* here it is not */
	setpc(pid, steps_begin);
	for (n = 0; n < 100 && getpc(pid) != address(steps_end); n++)
		one_step(pid);
	say("steps", n);
	check("of a trace", siginfo(pid)->i.code == (
#ifdef STEP
	    TRAP_TRACE
#else
	    TRAP_BRKPT
#endif
	    ));
	set_breakpoint(pid, steps_begin, old);
	go(pid, 0);
	trapped("the second time", pid, TRAP_BRKPT);
	clear_breakpoint(pid, steps_begin, old);
#ifdef SETSTEP
	setpc(pid, steps_begin);
	check("step as long as told", ptrace(SETSTEP, pid, 0, 1) == 0);
	for (n = 0; n < 3; n++) {
		go(pid, 0);
		wait(pid);
	}
	check("three", getpc(pid) == address(steps_begin) + 3 * (steps_end - steps_begin) / 10);
	check("no longer", ptrace(SETSTEP + 1, pid, 0, 1) == 0);
#else
	check("step as long as told", 1);
	check("three", 1);
	check("no longer", 1);
#endif
	/* On with another pc, given with the request. */
	ptrace(PT_CONTINUE, pid, (void *)((long)steps_begin
#ifdef __thumb__
	    | 1
#endif
	    ), 0);
	exited("ended", pid, 5 << 8);
}

/* What a thread's trap says is nobody's but the tracer's to decide: here it lets the program go on elsewhere. */
static void illegal(void)
{
	long pid = child();

	if (pid == 0) {
		stop();
		*nowhere = 1;
		exit(1);
	}
	stopped("stopped", pid, SIGUSR1);
	go(pid, 0);
	stopped("a bad store", pid, SIGSEGV);
	check("its address", (long)((struct siginfo *)siginfo(pid))->u.fault.addr == 16);
	go(pid, SIGSEGV);
	exited("ended", pid, SIGSEGV);
}

static void syscalls(void)
{
	struct psiginfo *si;
	long pid = child();

	if (pid == 0) {
		stop();
		nb_getpid();
		nb_getpid();
		exit(6);
	}
	stopped("stopped", pid, SIGUSR1);
	ptrace(PT_SYSCALL, pid, GO, 0);
	trapped("into getpid", pid, TRAP_SCE);
	si = siginfo(pid);
	check("its number", si->i.u.sc.sysnum == SYS_getpid && si->i.u.sc.error == 0 && si->lwp == pid);
	ptrace(PT_SYSCALL, pid, GO, 0);
	trapped("out of getpid", pid, TRAP_SCX);
	si = siginfo(pid);
	check("its result", si->i.u.sc.sysnum == SYS_getpid && si->i.u.sc.retval[0] == pid && si->i.u.sc.error == 0);
	ptrace(PT_SYSCALL, pid, GO, 0);
	trapped("into getpid", pid, TRAP_SCE);
	check("leave it out", ptrace(PT_SYSCALLEMU, pid, 0, 0) == 0);
#ifdef NPC_AT
	setpc(pid, (char *)(long)getpc(pid) + 4);	/* a trap instruction is executed again unless told */
#endif
	ptrace(PT_SYSCALL, pid, GO, 0);
	trapped("into exit", pid, TRAP_SCE);
	si = siginfo(pid);
	check("its argument", si->i.u.sc.sysnum == SYS_exit && si->i.u.sc.args[0] == 6);
	end("ended", pid, 6);
}

static void forks(void)
{
	int mask = PTRACE_FORK, state[2], st;
	long other, pid = child();

	if (pid == 0) {
		stop();
		other = fork();
		if (other == 0)
			exit(7);
		st = wait(other);
		exit(st >> 8);
	}
	stopped("stopped", pid, SIGUSR1);
	check("set event mask", ptrace(PT_SET_EVENT_MASK, pid, &mask, sizeof mask) == 0);
	mask = 0;
	check("get event mask", ptrace(PT_GET_EVENT_MASK, pid, &mask, sizeof mask) == 0 && mask == PTRACE_FORK);
	go(pid, 0);
	trapped("fork", pid, TRAP_CHLD);
	check("state", ptrace(PT_GET_PROCESS_STATE, pid, state, sizeof state) == 0 && state[0] == PTRACE_FORK);
	other = state[1];
	trapped("the child", other, TRAP_CHLD);
	check("its state", ptrace(PT_GET_PROCESS_STATE, other, state, sizeof state) == 0 && state[0] == PTRACE_FORK && state[1] == pid);
	go(pid, 0);
	check("detach the child", ptrace(PT_DETACH, other, GO, 0) == 0);
	stopped("told of its end", pid, SIGCHLD);
	end("ended", pid, 7);
}

/* The child of vfork has its parent's stack: below what the parent is to find again. */
static void __attribute__((noinline)) vfork_exit(int status)
{
	volatile char *room = __builtin_alloca(512);

	room[0] = 0;
	for (;;)
		sys1(SYS_exit, status);
}

static void vforks(void)
{
	int mask = PTRACE_VFORK | PTRACE_VFORK_DONE, state[2], st;
	long other, pid = child();

	if (pid == 0) {
		stop();
		other = sys0(SYS_vfork);
		if (nb_rv1 == 1) {
			volatile char *room = __builtin_alloca(512);

			room[0] = 0;
			vfork_exit(11);
		}
		st = wait(other);
		exit(st >> 8);
	}
	stopped("stopped", pid, SIGUSR1);
	check("set event mask", ptrace(PT_SET_EVENT_MASK, pid, &mask, sizeof mask) == 0);
	go(pid, 0);
	trapped("vfork", pid, TRAP_CHLD);
	check("state", ptrace(PT_GET_PROCESS_STATE, pid, state, sizeof state) == 0 && state[0] == PTRACE_VFORK);
	other = state[1];
	trapped("the child", other, TRAP_CHLD);
	check("its state", ptrace(PT_GET_PROCESS_STATE, other, state, sizeof state) == 0 && state[0] == PTRACE_VFORK && state[1] == pid);
	go(pid, 0);
	go(other, 0);
	exited("its end", other, 11 << 8);
	trapped("vfork is over", pid, TRAP_CHLD);
	check("state", ptrace(PT_GET_PROCESS_STATE, pid, state, sizeof state) == 0 && state[0] == PTRACE_VFORK_DONE && state[1] == other);
	go(pid, 0);
	stopped("told of its end", pid, SIGCHLD);
	end("ended", pid, 11);
}

static void spawns(char **envp)
{
	char *argv[] = { (char *)self, "child", 0 };
	int mask = PTRACE_POSIX_SPAWN, state[2], st, id;
	long other, pid = child();

	if (pid == 0) {
		stop();
		if (nb_syscall(SYS_posix_spawn, (long)&id, (long)self, 0, 0, (long)argv, (long)envp) != 0)
			exit(1);
		st = wait(id);
		exit(st >> 8);
	}
	stopped("stopped", pid, SIGUSR1);
	check("set event mask", ptrace(PT_SET_EVENT_MASK, pid, &mask, sizeof mask) == 0);
	go(pid, 0);
	trapped("posix_spawn", pid, TRAP_CHLD);
	check("state", ptrace(PT_GET_PROCESS_STATE, pid, state, sizeof state) == 0 && state[0] == PTRACE_POSIX_SPAWN);
	other = state[1];
	trapped("the child", other, TRAP_CHLD);
	check("its state", ptrace(PT_GET_PROCESS_STATE, other, state, sizeof state) == 0 && state[0] == PTRACE_POSIX_SPAWN && state[1] == pid);
	go(pid, 0);
	check("detach the child", ptrace(PT_DETACH, other, GO, 0) == 0);
	stopped("told of its end", pid, SIGCHLD);
	end("ended", pid, 9);
}

static char stack[16384] __attribute__((aligned(16)));
static char context[8192] __attribute__((aligned(16)));

static void __attribute__((used)) thread(long n)
{
	sys0(SYS_lwp_exit);
}

static void lwps(void)
{
	int mask = PTRACE_LWP_CREATE | PTRACE_LWP_EXIT, state[2], info[2] = { 0 }, id;
	struct lwpstatus ls;
	long pid = child();

	if (pid == 0) {
		stop();
		sys1(SYS_getcontext, context);
		UC_SP(context) = (unsigned long)(stack + sizeof stack - 256) - STACK_SKEW;
		UC_SET_PC(context, thread);
		UC_ARG(context) = 0;
		*(u32 *)context &= ~UC_TLSBASE;
		if (sys3(SYS_lwp_create, context, 0, &id) != 0)
			exit(1);
		sys2(SYS_lwp_wait, id, &id);
		exit(8);
	}
	stopped("stopped", pid, SIGUSR1);
	check("set event mask", ptrace(PT_SET_EVENT_MASK, pid, &mask, sizeof mask) == 0);
	go(pid, 0);
	trapped("a new LWP", pid, TRAP_LWP);
	check("state", ptrace(PT_GET_PROCESS_STATE, pid, state, sizeof state) == 0 && state[0] == PTRACE_LWP_CREATE && state[1] > 1 && state[1] != pid);
	ls.lwpid = 0;
	/* Since NetBSD 10 LWPs have numbers of processes, and the first one its process's (proc_alloc_lwpid). */
	check("first LWP", ptrace(PT_LWPNEXT, pid, &ls, sizeof ls) == 0 && ls.lwpid == pid);
	check("second LWP", ptrace(PT_LWPNEXT, pid, &ls, sizeof ls) == 0 && ls.lwpid == state[1]);
	check("no third", ptrace(PT_LWPNEXT, pid, &ls, sizeof ls) == 0 && ls.lwpid == 0);
	ls.lwpid = id = state[1];
	check("status", ptrace(PT_LWPSTATUS, pid, &ls, sizeof ls) == 0 && ls.lwpid == id);
	ptrace(PT_LWPINFO, pid, info, sizeof info);
	check("info", info[0] == pid && info[1] == 0 && ptrace(PT_LWPINFO, pid, info, sizeof info) == 0 && info[0] == id && info[1] == 1);
	check("its registers", getpc(pid) != 0 && ptrace(GETREGS, pid, context, id) == 0);
	go(pid, 0);
	trapped("an LWP's end", pid, TRAP_LWP);
	check("state", ptrace(PT_GET_PROCESS_STATE, pid, state, sizeof state) == 0 && state[0] == PTRACE_LWP_EXIT && state[1] == id);
	end("ended", pid, 8);
}

#define THREADS	3

static char stacks[THREADS + 1][8192] __attribute__((aligned(16)));
static volatile u32 counters[THREADS + 2];

static void __attribute__((used)) spin(long n)
{
	for (;;)
		counters[n]++;
}

/* Lets the process run until the counters that are to have grown; the others must be as they were. */
static void run(const char *what, long pid, long how, int grow)
{
	u32 before[THREADS + 2] = { 0 }, after[THREADS + 2] = { 0 };
	int rounds, i, ok;

	io(PIOD_READ_D, pid, counters, before, sizeof before);
	for (rounds = 0; rounds < 50; rounds++) {
		/* LWPs take turns: each round gives them longer. */
		struct timespec ts = { 0, 4000000l * (rounds + 1) };

		if (ptrace(PT_CONTINUE, pid, GO, how) != 0)
			print("PT_CONTINUE failed\n");
		sys2(SYS_nanosleep, &ts, 0);
		ptrace(PT_STOP, pid, 0, 0);
		wait(pid);
		io(PIOD_READ_D, pid, counters, after, sizeof after);
		for (ok = 1, i = 1; i <= THREADS + 1; i++)
			if (i != 1 && (grow >> i & 1) && after[i] == before[i])
				ok = 0;
		if (ok)
			break;
	}
	for (i = 2; i <= THREADS + 1; i++)
		if ((after[i] != before[i]) != (grow >> i & 1))
			ok = 0;
	check(what, ok);
}

static void threads(void)
{
	struct lwpstatus ls;
	struct regs r;
	static int ids[THREADS + 2];
	int i, n;
	u32 a[THREADS + 2] = { 0 }, b[THREADS + 2] = { 0 };
	long pid = fork();

	if (pid == 0) {
		for (i = 2; i <= THREADS + 1; i++) {
			sys1(SYS_getcontext, context);
			UC_SP(context) = (unsigned long)(stacks[i - 1] + sizeof stacks[0] - 256) - STACK_SKEW;
			UC_SET_PC(context, spin);
			UC_ARG(context) = i;
			*(u32 *)context &= ~UC_TLSBASE;
			sys3(SYS_lwp_create, context, 0, &ids[i]);
		}
		counters[0] = 1;
		sys2(SYS_lwp_wait, ids[2], &i);
	}
	do {
		ptrace(PT_ATTACH, pid, 0, 0);
		wait(pid);
		i = ptrace(PT_READ_D, pid, &counters[0], 0);
		if (i == 0) {	/* not yet */
			ptrace(PT_DETACH, pid, GO, 0);
			sys0(SYS_sched_yield);
		}
	} while (i == 0);
	ls.lwpid = 0;
	for (n = 0; ptrace(PT_LWPNEXT, pid, &ls, sizeof ls) == 0 && ls.lwpid != 0; n++)
		if (ptrace(GETREGS, pid, &r, ls.lwpid) != 0 || ptrace(GETREGS + 1, pid, &r, ls.lwpid) != 0)
			print("registers failed\n");
	say("LWPs", n);
	io(PIOD_READ_D, pid, ids, ids, sizeof ids);
	io(PIOD_READ_D, pid, counters, a, sizeof a);
	for (i = 0; i < 1000; i++)
		sys0(SYS_sched_yield);
	io(PIOD_READ_D, pid, counters, b, sizeof b);
	check("all stand still", a[2] == b[2] && a[3] == b[3] && a[4] == b[4]);
	run("all run", pid, 0, 0x1c);
	check("suspend", ptrace(PT_SUSPEND, pid, 0, ids[3]) == 0);
	run("all but one", pid, 0, 0x14);
	run("one", pid, -ids[2], 0x04);
	check("not the suspended one", ptrace(PT_CONTINUE, pid, GO, -ids[3]) == -EDEADLK);
	check("resume", ptrace(PT_RESUME, pid, 0, ids[3]) == 0);
	run("all again", pid, 0, 0x1c);
	check("kill", ptrace(PT_KILL, pid, 0, 0) == 0);
	exited("killed", pid, SIGKILL);
}

static void execs(char **envp)
{
	char *argv[] = { (char *)self, "child", 0 };
	struct {
		u32 type;
		unsigned long value;
	} aux[40];
	long n, pid = child();
	int i, pagesz = 0;

	if (pid == 0) {
		sys3(SYS_execve, self, argv, envp);
		exit(1);
	}
	trapped("exec", pid, TRAP_EXEC);
	n = io(PIOD_READ_AUXV, pid, 0, aux, sizeof aux);
	for (i = 0; i < n / (int)sizeof aux[0] && aux[i].type != 0; i++)
		if (aux[i].type == 6)
			pagesz = aux[i].value;
	check("auxiliary vector", pagesz == 4096 || pagesz == 8192);
	end("ended", pid, 9);
}

/* A tracer that is not the parent: the parent waits until the tracer has done. */
static void stranger(void)
{
	int fds[2], st, ok = 0;
	char c = 'x';
	long target, tracer, me = sys0(SYS_getpid);

	fds[0] = sys0(SYS_pipe);
	fds[1] = nb_rv1;
	target = fork();
	if (target == 0) {
		if (sys3(SYS_read, fds[0], &c, 1) != 1)
			exit(1);
		exit(sys0(SYS_getppid) == me ? 10 : 2);
	}
	tracer = fork();
	if (tracer == 0) {
		if (ptrace(PT_ATTACH, target, 0, 0) == 0)
			ok |= 1;
		if (wait(target) == (SIGSTOP << 8 | 0177))	/* it reads */
			ok |= 2;
		go(target, 0);
		sys3(SYS_write, fds[1], "y", 1);
		if (wait(target) == 10 << 8)
			ok |= 4;
		exit(ok);
	}
	exited("the parent's turn", target, 10 << 8);
	exited("the tracer", tracer, 7 << 8);

	/* A tracer that ends takes the traced process along. */
	target = fork();
	if (target == 0)
		for (;;)
			sys0(SYS_sched_yield);
	tracer = fork();
	if (tracer == 0) {
		ptrace(PT_ATTACH, target, 0, 0);
		st = wait(target);
		exit(st == (SIGSTOP << 8 | 0177) ? 0 : 1);
	}
	exited("the second tracer", tracer, 0);
	exited("killed with it", target, SIGKILL);
}

int main(int argc, char **argv, char **envp)
{
	if (argc > 1)
		exit(9);
	self = argv[0];
	rules();
	signals();
	memory();
	breakpoint();
	illegal();
	syscalls();
	forks();
	vforks();
	spawns(envp);
	lwps();
	threads();
	execs(envp);
	stranger();
	return 0;
}
