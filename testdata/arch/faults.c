/* What a handler is told of page faults: signal, code, trap, and whether the address is right. The trap is the
 * machine's; the test knows it. */
#include "arch.h"

static void *jump[5];
static void *volatile expected;
static const char *volatile what;

static void told(int sig, struct siginfo *si, void *uc)
{
	struct sigset none = { { 0 } };

	print(what);
	print(" ");
	print_number(sig);
	print(" ");
	print_number(si->code);
	print(si->u.fault.addr == expected ? " here " : " elsewhere ");
	print_hex((u32)si->u.fault.trap);
	print("\n");
	sys3(SYS_sigprocmask, 3, &none, 0);
	__builtin_longjmp(jump, 1);
}

static __attribute__((noinline, noclone)) void load(volatile char *p) { (void)*p; }
static __attribute__((noinline, noclone)) void store(volatile char *p) { *p = 1; }
static __attribute__((noinline, noclone)) void call(volatile char *p) { ((void (*)(void))(unsigned long)p)(); }

#ifdef __x86_64__
static __attribute__((noinline, noclone)) void frame(volatile char *p)
{
	__asm__ volatile("pushq %%rbp; movq %0,%%rbp; movb (%%rbp),%%al; popq %%rbp" :: "r"(p) : "rax", "memory");
}
#endif

static __attribute__((noinline, noclone)) void attempt(const char *name, void (*f)(volatile char *), unsigned long at)
{
	what = name;
	expected = (void *)at;
	if (__builtin_setjmp(jump) == 0) {
		f((char *)at);
		print(name);
		print(" none\n");
	}
}

#if defined(__sparc__) && defined(__arch64__)
#define PAGE 8192
#else
#define PAGE 4096
#endif

int main(int argc, char **argv, char **envp)
{
	char path[512];
	int i = 0, fd;
	char *readonly = map(PAGE, 1), *none = map(PAGE, 0), *data = map(PAGE, 3), *file;
	const char *p;

	on_signal(SIGSEGV, told, 0);
	on_signal(SIGBUS, told, 0);
	on_signal(SIGILL, told, 0);
	attempt("load", load, 0x18);
	attempt("store", store, 0x18);
	attempt("call", call, 0x40);
	attempt("untouched", store, (unsigned long)readonly + 8);
	load(readonly);
	attempt("readonly", store, (unsigned long)readonly + 12);
	attempt("none", load, (unsigned long)none + 16);
	data[0] = 0;
	attempt("data", call, (unsigned long)data + 64);
	for (p = argv[1]; *p; p++)
		path[i++] = *p;
	for (p = "/file"; *p; p++)
		path[i++] = *p;
	path[i] = 0;
	fd = open(path, 0x202, 0600);
	sys3(SYS_write, fd, "some text", 9);
	file = (void *)(long)nb_syscall8(SYS_mmap, REG(0), REG(4 * PAGE), REG(3), REG(1), REG(fd), REG(0), ARG64(0));
	attempt("text", load, (unsigned long)file + 3);
	attempt("rest", store, (unsigned long)file + PAGE - 2);
	print(file[0] == 's' && file[PAGE - 1] == 0 && file[9] == 0 ? "contents ok\n" : "contents WRONG\n");
	attempt("end", load, (unsigned long)file + PAGE);
	attempt("endstore", store, (unsigned long)file + PAGE + 1);
#if defined(__x86_64__)
	attempt("hole", load, 0x1234567890abcdefUL);
	attempt("frame", frame, 0x1234567890abcde0UL);
	attempt("kernel", load, 0xffff800000001000UL);
#elif defined(__sparc__) && defined(__arch64__)
	attempt("hole", load, 0x1234567890abcdefUL);
	attempt("holecall", call, 0x1234567890abcdecUL);
#elif defined(__mips__)
	attempt("kernel", load, (unsigned long)(long)(int)0x80001000);
	attempt("kernelstore", store, (unsigned long)(long)(int)0x80001000);
#elif defined(__aarch64__)
	attempt("hole", load, 0x34567890abcdefUL);
#endif
	return 0;
}
