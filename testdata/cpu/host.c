/*
 * Executes instructions on the processor that it runs on: cases come from standard input, what they did goes to standard
 * output. See cpu/host_test.go, which has the structure as well. A case begins with the return from a signal's handler and
 * ends with the next signal, so that all registers are what the case says, and all are known also where an instruction
 * faults. Code of 32 bits needs no more than another selector.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>
#include <unistd.h>

#define TEXT 0x400000 /* addresses that instructions can name: as in the emulated machine */
#define DATA 0x500000

struct state {
	uint64_t r[16]; /* as instructions number them */
	uint64_t rip, flags, addr;
	uint32_t vector, error, bits, len;
	uint64_t at; /* where data goes */
	uint8_t text[40];
	uint8_t fx[512];
	uint8_t high[256]; /* upper halves of the vector registers */
	uint8_t data[512];
};
_Static_assert(sizeof(struct state) == 1496, "");

static struct state s;
static int begun;
static uint8_t in[1496 * 64], out[1496 * 64];
static size_t inlen, inat, outlen;

static void flush(void)
{
	for (size_t at = 0; at < outlen;) {
		ssize_t k = write(1, out + at, outlen - at);
		if (k <= 0)
			_exit(1);
		at += k;
	}
	outlen = 0;
}

static void next(void)
{
	for (size_t have = 0; have < sizeof s;) {
		if (inat == inlen) {
			flush();
			ssize_t k = read(0, in, sizeof in);
			if (k <= 0)
				_exit(k < 0);
			inlen = k;
			inat = 0;
		}
		size_t n = inlen - inat < sizeof s - have ? inlen - inat : sizeof s - have;
		memcpy((uint8_t *)&s + have, in + inat, n);
		inat += n;
		have += n;
	}
}

static const uint8_t order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
	REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

static void step(int sig, siginfo_t *si, void *p)
{
	ucontext_t *u = p;
	greg_t *g = u->uc_mcontext.gregs;
	uint8_t *fp = (uint8_t *)u->uc_mcontext.fpregs;
	uint64_t components = 7;
	uint32_t magic;

	__asm__ volatile("pushfq; andl $~0x40000, (%%rsp); popfq" ::: "cc", "memory"); /* alignment is the case's affair */
	memcpy(&magic, fp + 464, 4); /* FP_XSTATE_MAGIC1 */
	if (begun) {
		uint64_t used;
		for (int i = 0; i < 16; i++)
			s.r[i] = g[order[i]];
		s.rip = g[REG_RIP];
		s.flags = g[REG_EFL];
		s.vector = g[REG_TRAPNO];
		s.error = g[REG_ERR];
		s.addr = g[REG_CR2];
		memcpy(s.data, (void *)s.at, sizeof s.data);
		memcpy(s.fx, fp, sizeof s.fx);
		memcpy(&used, fp + 512, 8);
		if (used & 4)
			memcpy(s.high, fp + 576, 256);
		else
			memset(s.high, 0, 256);
		memcpy(out + outlen, &s, sizeof s);
		outlen += sizeof s;
		if (outlen == sizeof out)
			flush();
	}
	begun = 1;
	next();
	memset((void *)TEXT, 0xcc, 0x2000);
	memcpy((void *)s.rip, s.text, s.len);
	if (s.at < DATA + 0x10000)
		memcpy((void *)s.at, s.data, sizeof s.data);
	for (int i = 0; i < 16; i++)
		g[order[i]] = s.r[i];
	g[REG_RIP] = s.rip;
	g[REG_EFL] = s.flags;
	g[REG_CSGSFS] = (g[REG_CSGSFS] & 0x0000ffffffff0000) | (s.bits == 32 ? 0x07 : 0x33) | (greg_t)0x2b << 48;
	memcpy(fp, s.fx, 416); /* what follows is the kernel's */
	if (magic == 0x46505853) {
		memcpy(fp + 512, &components, 8);
		memcpy(fp + 576, s.high, 256);
	}
}

int main(void)
{
	const int prot = PROT_READ | PROT_WRITE, how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
	struct sigaction sa = {.sa_sigaction = step, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
	static uint8_t stack[1 << 17];
	stack_t ss = {.ss_sp = stack, .ss_size = sizeof stack};
	static struct user_desc code = {.limit = 0xfffff, .seg_32bit = 1, .limit_in_pages = 1,
		.contents = MODIFY_LDT_CONTENTS_CODE, .useable = 1}; /* kernels need not have one of their own */
	static const int all[] = {SIGILL, SIGTRAP, SIGFPE, SIGBUS, SIGSEGV, SIGSYS};

	if (mmap((void *)TEXT, 0x2000, prot | PROT_EXEC, how, -1, 0) != (void *)TEXT ||
	    mmap((void *)DATA, 0x10000, prot, how, -1, 0) != (void *)DATA || !__builtin_cpu_supports("avx2"))
		return 77;
	if (syscall(SYS_modify_ldt, 1, &code, sizeof code))
		return 77;
	sigaltstack(&ss, 0);
	for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
		sigaction(all[i], &sa, 0);
	__asm__ volatile("mov %0, %%ds; mov %0, %%es; int3" : : "r"(0x2b));
	return 1;
}
