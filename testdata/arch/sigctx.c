/*
 * Signals as NetBSD 1.6 and before had them: handlers that are given a struct sigcontext and return through
 * __sigreturn14, by the kernel's trampoline (version 0) or the program's (version 1).
 */
#include "arch.h"

#define SYS_sigaction13		46
#define SYS_sigprocmask13	48
#define SYS_sigpending13	52
#define SYS_sigreturn13		103
#define SYS_sigaction14		291
#define SYS_sigreturn14		295
#define E_INVAL			(-22)
#define E_NOSYS			(-78)

#if defined(__i386__)
struct sigcontext {
	u32 gs, fs, es, ds, edi, esi, ebp, ebx, edx, ecx, eax, eip, cs, eflags, esp, ss;
	int onstack;
	u32 mask13;
	u32 trapno, err;
	struct sigset mask;
};
#define SC_SIZE		96
#define SC_SET_PC(sc, f)	((sc)->eip = (u32)(f))
#define SC_SKIP(sc)	((sc)->eip += ILLEGAL_SIZE)
#define SC_SPOIL(sc)	((sc)->cs = 0)
#define SC_ILL_CODE	0
__asm__("	.text\n"
	"ctx_tramp:\n"
	"	leal 12(%esp),%eax\n"
	"	movl %eax,4(%esp)\n"
	"	movl $295,%eax\n"
	"	int $0x80\n"
	"	ud2\n");

#elif defined(__arm__)
struct sigcontext {
	int onstack;
	u32 mask13;
	u32 spsr, r[13], sp, lr, svc_lr, pc;
	struct sigset mask;
};
#define SC_SIZE		96
#define SC_SET_PC(sc, f)	do { \
		(sc)->pc = (u32)(f) & ~1u; \
		(sc)->spsr = ((sc)->spsr & ~0x20u) | ((u32)(f) & 1 ? 0x20 : 0); \
	} while (0)
#define SC_SKIP(sc)	((sc)->pc += ILLEGAL_SIZE)
#define SC_SPOIL(sc)	((sc)->spsr |= 0x1f)
#ifdef __thumb__
#define SC_ILL_CODE	0xde00
#else
#define SC_ILL_CODE	(int)0xe7f000f0
#endif
__asm__("	.text\n"
	"	.syntax unified\n"
	"	.arm\n"
	"	.align 2\n"
	"ctx_tramp:\n"
	"	mov r0,sp\n"
	"	svc #0xa00127\n"
	"	udf #0\n"
#ifdef __thumb__
	"	.thumb\n"
#endif
	);

#elif defined(__mips__) && _MIPS_SIM == _ABIO32
struct sigcontext {
	int onstack;
	u32 mask13;
	u32 pc, regs[32], lo, hi;
	int fpused;
	u32 fpregs[33], fpc_eir, xxx[8];
	struct sigset mask;
};
#define SC_SIZE		336
#define SC_SET_PC(sc, f)	((sc)->pc = (sc)->regs[25] = (u32)(f))
#define SC_SKIP(sc)	((sc)->pc += ILLEGAL_SIZE)
#define SC_SPOIL(sc)	((sc)->regs[0] = 0)
#define SC_ILL_CODE	10
__asm__("	.text\n"
	"	.align 2\n"
	"	.set push\n"
	"	.set noreorder\n"
	"ctx_tramp:\n"
	"	move $4,$29\n"
	"	li $2,295\n"
	"	syscall\n"
	"	break\n"
	"	.set pop\n");

#elif defined(__powerpc__)
struct sigcontext {
	int onstack;
	u32 mask13;
	u32 fixreg[32], lr, cr, xer, ctr, srr0, srr1, vrsave, mq, spare;
	struct sigset mask;
};
#define SC_SIZE		188
#define SC_SET_PC(sc, f)	((sc)->srr0 = (u32)(f))
#define SC_SKIP(sc)	((sc)->srr0 += ILLEGAL_SIZE)
#define SC_SPOIL(sc)	((sc)->srr1 = 0)
#define SC_ILL_CODE	0x700
__asm__("	.text\n"
	"	.align 2\n"
	"ctx_tramp:\n"
	"	addi 1,1,-32\n"
	"	blrl\n"
	"	addi 3,1,32\n"
	"	li 0,295\n"
	"	sc\n"
	"	trap\n");

#elif defined(__sparc__)
struct sigcontext {
	int onstack;
	u32 mask13;
	unsigned long sp, pc, npc, state, g1, o0;
	struct sigset mask;
};
#define SC_SET_PC(sc, f)	((sc)->pc = (unsigned long)(f), (sc)->npc = (sc)->pc + 4)
/* The sigcontext has two of the out registers: the others are found by leaving the windows of the handler and the trampoline. */
#define OLD_RETURN(sc)	__asm__ volatile("mov %0,%%g2\n restore\n restore %%g2,0,%%o0\n mov 103,%%g1\n ta 0\n unimp 0" : : "r"(sc) : "memory")
#define SC_SKIP(sc)	((sc)->pc = (sc)->npc, (sc)->npc += 4)
#define SC_SPOIL(sc)	((sc)->npc |= 2)
#ifdef __arch64__
#define SC_SIZE		72
#define SC_ILL_CODE	0x10
#define SF		"2047+128"
#define SCP		"2047+136"
#define FRAME		"176"
#else
#define SC_SIZE		48
#define SC_ILL_CODE	2
#define SF		"64"
#define SCP		"80"
#define FRAME		"96"
#endif
__asm__("	.text\n"
	"	.align 4\n"
	"ctx_tramp:\n"
	"	save %sp,-" FRAME ",%sp\n"
	"	ld [%fp+" SF "],%o0\n"
	"	ld [%fp+" SF "+4],%o1\n"
	"	jmpl %g1,%o7\n"
	"	add %fp," SCP ",%o2\n"
	"	restore %g0,295,%g1\n"
	"	add %sp," SCP ",%o0\n"
	"	ta 0\n"
	"	unimp 0\n");

#elif defined(__m68k__)
struct sigcontext {
	int onstack;
	u32 mask13;
	u32 sp, fp, ap, pc, ps;
	struct sigset mask;
};
#define SC_SIZE		44
#define SC_SET_PC(sc, f)	((sc)->pc = (u32)(f))
#define SC_SKIP(sc)	((sc)->pc += ILLEGAL_SIZE)
#define SC_SPOIL(sc)	((sc)->ps = 0x2000)
#define SC_ILL_CODE	2
/* Both calls have trap instructions of their own; the indirect call refuses them. */
__asm__("	.text\n"
	"ctx_tramp:\n"
	"	lea 12(%sp),%a0\n"
	"	move.l %a0,4(%sp)\n"
	"	trap #3\n"
	"	illegal\n"
	"sigreturn13:\n"
	"	trap #1\n"
	"	neg.l %d0\n"
	"	rts\n"
	"sigreturn14:\n"
	"	trap #3\n"
	"	neg.l %d0\n"
	"	rts\n");
extern long sigreturn13(struct sigcontext *), sigreturn14(struct sigcontext *);
#define SIGRETURN13(sc)	sigreturn13(sc)
#define SIGRETURN14(sc)	sigreturn14(sc)
#endif
#ifndef SIGRETURN13
#define SIGRETURN13(sc)	sys1(SYS_sigreturn13, sc)
#define SIGRETURN14(sc)	sys1(SYS_sigreturn14, sc)
#endif

#ifndef OLD_RETURN
#define OLD_RETURN(sc)	SIGRETURN13(sc)
#endif

#ifdef SC_SIZE

typedef void handler(int, int, struct sigcontext *);

_Static_assert(sizeof(struct sigcontext) == SC_SIZE, "size of struct sigcontext");

extern char ctx_tramp[];

static int vers;
static volatile int count, depth, deepest, landed_at;
static void *jump[5];
static char altstack[16384] __attribute__((aligned(16)));

static void catch(int sig, handler *f, int flags)
{
	struct sigaction sa = { (void *)f, { { 0 } }, flags };

	if (sys5(SYS_sigaction_sigtramp, sig, &sa, 0, vers == 0 ? 0 : ctx_tramp, vers) != 0)
		print("sigaction: WRONG\n");
}

static void send(int sig) { sys2(SYS_kill, sys0(SYS_getpid), sig); }

static u32 mask_now(void)
{
	struct sigset s;

	sys3(SYS_sigprocmask, 0, 0, &s);
	return s.bits[0];
}

static void mask_set(u32 m)
{
	struct sigset s = { { m } };

	sys3(SYS_sigprocmask, 3, &s, 0);
}

#define BIT(sig)	(1u << ((sig) - 1))

static __attribute__((noinline)) void simple(int sig, int code, struct sigcontext *sc)
{
	char *ra = __builtin_return_address(0);

	count++;
	say("signal", sig);
	say("code", code);
	check("trampoline", (ra >= ctx_tramp && ra < ctx_tramp + 32) == vers);
	check("mask to restore", sc->mask.bits[0] == BIT(SIGUSR2) && sc->mask.bits[1] == 0);
	check("mask of 1.3", sc->mask13 == BIT(SIGUSR2));
	check("mask here", mask_now() == (BIT(SIGUSR1) | BIT(SIGUSR2)));
	check("not on the alternate stack", sc->onstack == 0);
	sc->mask.bits[0] |= BIT(1);
}

static void nested(int sig, int code, struct sigcontext *sc)
{
	if (++depth > deepest)
		deepest = depth;
	if (depth < 5)
		send(SIGUSR1);
	depth--;
}

static void onalt(int sig, int code, struct sigcontext *sc)
{
	char here;

	check("on the alternate stack", &here >= altstack && &here < altstack + sizeof altstack);
	check("was on it before", sc->onstack == (depth != 0));
	if (depth++ == 0)
		send(SIGUSR1);
}

static void skip(int sig, int code, struct sigcontext *sc)
{
	say("illegal instruction", sig);
	check("its code", code == SC_ILL_CODE);
	SC_SKIP(sc);
	count++;
}

static __attribute__((noinline)) void landed(void)
{
	landed_at++;
	__builtin_longjmp(jump, 1);
}

static void elsewhere(int sig, int code, struct sigcontext *sc) { SC_SET_PC(sc, landed); }

/* sigreturn of NetBSD 1.3 knows the small mask only. */
static void old_return(int sig, int code, struct sigcontext *sc)
{
	sc->mask13 = BIT(3);
	sc->mask.bits[0] = BIT(2);
	OLD_RETURN(sc);
	print("sigreturn13: WRONG\n");
}

static void spoilt(int sig, int code, struct sigcontext *sc)
{
	struct sigcontext copy = *sc;

	SC_SPOIL(&copy);
	say("sigreturn of what is not allowed", SIGRETURN14(&copy));
	say("sigreturn13 of it", SIGRETURN13(&copy));
	say("sigreturn of no address", SIGRETURN14((struct sigcontext *)8));
}

static __attribute__((noinline, noclone)) void attempt(void)
{
	if (__builtin_setjmp(jump) == 0)
		send(SIGUSR1);
}

static __attribute__((noinline, noclone)) int sum(int a, int b, int c)
{
	send(SIGUSR1);
	return a + b * 2 + c * 3;
}

static void all(void)
{
	struct { void *sp; size_t size; int flags; } ss = { altstack, sizeof altstack, 0 };

	say("trampoline of version", vers);
	mask_set(BIT(SIGUSR2));
	catch(SIGUSR1, simple, 0);
	say("registers", sum(1, 2, 3));
	check("mask as the handler left it", mask_now() == (BIT(SIGUSR2) | BIT(1)));
	mask_set(0);

	catch(SIGUSR1, nested, SA_NODEFER);
	send(SIGUSR1);
	say("nested", deepest);
	say("depth", depth);

	sys2(SYS_sigaltstack, &ss, 0);
	catch(SIGUSR1, onalt, SA_ONSTACK | SA_NODEFER);
	send(SIGUSR1);
	sys2(SYS_sigaltstack, 0, &ss);
	say("alternate stack's flags", ss.flags);
	depth = deepest = 0;

	catch(SIGILL, skip, 0);
	__asm__ volatile(ILLEGAL_INSTRUCTION);
	say("handled", count);

	catch(SIGUSR1, elsewhere, 0);
	attempt();
	say("landed", landed_at);

	catch(SIGUSR1, old_return, 0);
	send(SIGUSR1);
	check("mask after sigreturn13", mask_now() == BIT(3));
	mask_set(0);

	catch(SIGUSR1, spoilt, 0);
	send(SIGUSR1);
	check("mask after all", mask_now() == 0);
}

static void old_calls(void)
{
	struct { handler *handler; u32 mask; int flags; } osa, sa13 = { nested, BIT(SIGUSR2), SA_NODEFER };
	struct sigaction sa = { (void *)nested, { { 0 } }, 0 };

	vers = 0;
	say("sigaction13", sys3(SYS_sigaction13, SIGUSR1, &sa13, 0));
	send(SIGUSR1);
	say("nested", deepest);
	say("sigaction14", sys3(SYS_sigaction14, SIGUSR2, &sa, 0));
	say("sigaction13", sys3(SYS_sigaction13, SIGUSR1, 0, &osa));
	check("what it was", osa.handler == nested && osa.mask == BIT(SIGUSR2) && osa.flags == SA_NODEFER);
	say("sigprocmask13", sys2(SYS_sigprocmask13, 1, BIT(SIGUSR1)));
	send(SIGUSR1);
	check("sigpending13", (u32)sys0(SYS_sigpending13) == BIT(SIGUSR1));
	check("sigprocmask13", (u32)sys2(SYS_sigprocmask13, 3, 0) == BIT(SIGUSR1));

	say("version 0 with a trampoline", sys5(SYS_sigaction_sigtramp, SIGUSR1, &sa, 0, ctx_tramp, 0));
	say("version 1 without", sys5(SYS_sigaction_sigtramp, SIGUSR1, &sa, 0, 0, 1));
}

int main(int argc, char **argv, char **envp)
{
	for (vers = 0; vers < 2; vers++) {
		count = landed_at = 0;
		all();
	}
	old_calls();
	return 0;
}

#else

static void never(int sig, struct siginfo *si, void *uc) { }

int main(int argc, char **argv, char **envp)
{
	struct sigaction sa = { never, { { 0 } }, 0 };

	check("version 0", sys5(SYS_sigaction_sigtramp, SIGUSR1, &sa, 0, 0, 0) == E_INVAL);
	check("version 1", sys5(SYS_sigaction_sigtramp, SIGUSR1, &sa, 0, nb_sigtramp, 1) == E_INVAL);
	check("sigaction14", sys3(SYS_sigaction14, SIGUSR1, &sa, 0) == E_INVAL);
	check("sigreturn14", sys1(SYS_sigreturn14, &sa) == E_NOSYS);
	check("sigreturn13", sys1(SYS_sigreturn13, &sa) == E_NOSYS);
	return 0;
}
#endif
