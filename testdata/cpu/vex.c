/*
 * Executes single instructions on the processor that it runs on: cases come from standard input, what they did goes to
 * standard output. See cpu/vex_test.go, which has the structure as well.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STATE 0x10000000 /* addresses that instructions can name */
#define CODE 0x10010000
#define DATA 0x500000

struct state {
	uint8_t ymm[16][32];
	uint64_t r[15]; /* rdi rsi rdx rcx r8 to r15 rbp rbx rax */
	uint64_t flags, rsp, leave;
	uint32_t mxcsr, trap; /* the exception's vector, or 0 */
	uint8_t text[16];
	uint8_t data[128];
};
_Static_assert(sizeof(struct state) == 808, "");

void enter(void), leave(void);
#define Y(n) "vmovdqu " #n "*32+0x10000000, %ymm" #n "\n"
#define Z(n) "vmovdqu %ymm" #n ", " #n "*32+0x10000000\n"
#define G(n, reg) "mov " #n "*8+0x10000200, %" #reg "\n"
#define P(n, reg) "mov %" #reg ", " #n "*8+0x10000200\n"
#define VECTORS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define REGS(X) X(0, rdi) X(1, rsi) X(2, rdx) X(3, rcx) X(4, r8) X(5, r9) X(6, r10) X(7, r11) X(8, r12) X(9, r13) \
	X(10, r14) X(11, r15) X(12, rbp) X(13, rbx) X(14, rax)
__asm__(".text\nenter:\npush %rbx\npush %rbp\npush %r12\npush %r13\npush %r14\npush %r15\n"
	"mov %rsp, 0x10000280\nvldmxcsr 0x10000290\n" VECTORS(Y)
	"push 0x10000278\npopf\n" REGS(G) "mov $0x10010000, %rsp\njmp *%rsp\n"
	"leave:\nmov 0x10000280, %rsp\n" REGS(P) "pushf\npop 0x10000278\n" VECTORS(Z)
	"vstmxcsr 0x10000290\ncld\nvzeroupper\npop %r15\npop %r14\npop %r13\npop %r12\npop %rbp\npop %rbx\nret\n");

static sigjmp_buf back;

static void caught(int sig, siginfo_t *si, void *p)
{
	siglongjmp(back, sig == SIGILL ? 6 : sig == SIGFPE ? 19 : 13);
}

static int whole(ssize_t (*f)(int, void *, size_t), int fd, void *p, size_t n)
{
	for (char *at = p; n > 0;) {
		ssize_t k = f(fd, at, n);
		if (k <= 0)
			return 0;
		at += k;
		n -= k;
	}
	return 1;
}

static ssize_t out(int fd, void *p, size_t n) { return write(fd, p, n); }

int main(void)
{
	const int prot = PROT_READ | PROT_WRITE, how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
	struct state *s = mmap((void *)STATE, 0x1000, prot, how, -1, 0);
	uint8_t *code = mmap((void *)CODE, 0x1000, prot | PROT_EXEC, how, -1, 0);
	uint8_t *data = mmap((void *)DATA, 0x10000, prot, how, -1, 0);
	struct sigaction sa = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
	static uint8_t stack[65536];
	stack_t ss = {.ss_sp = stack, .ss_size = sizeof stack};

	if (s != (void *)STATE || code != (void *)CODE || data != (void *)DATA || !__builtin_cpu_supports("avx2") ||
	    !__builtin_cpu_supports("fma"))
		return 77;
	sigaltstack(&ss, 0);
	sigaction(SIGILL, &sa, 0);
	sigaction(SIGSEGV, &sa, 0);
	sigaction(SIGBUS, &sa, 0);
	sigaction(SIGFPE, &sa, 0);
	while (whole(read, 0, s, sizeof *s)) {
		int n = s->trap; /* the length, on the way in */
		memcpy(code, s->text, n);
		memcpy(code + n, "\xff\x24\x25\x88\x02\x00\x10", 7); /* jmp *leave */
		s->leave = (uint64_t)leave;
		memcpy(data + 0x800, s->data, sizeof s->data);
		s->trap = sigsetjmp(back, 1);
		if (!s->trap)
			enter();
		memcpy(s->data, data + 0x800, sizeof s->data);
		if (!whole(out, 1, s, sizeof *s))
			return 1;
	}
	return 0;
}
