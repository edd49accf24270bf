/* Code that a program writes: a function, what makes it valid, and a call. */

/* A function that returns n, as instructions. */
static void emit(u32 *p, int n)
{
#if defined(__x86_64__) || defined(__i386__)
	p[0] = 0xb8 | (u32)n << 8;
	p[1] = 0xc300;
#elif defined(__aarch64__)
	p[0] = 0x52800000 | (u32)n << 5;
	p[1] = 0xd65f03c0;
#elif defined(__thumb__)
	p[0] = (0x2000 | (u32)n) | 0x4770u << 16;
#elif defined(__arm__)
	p[0] = 0xe3a00000 | (u32)n;
	p[1] = 0xe12fff1e;
#elif defined(__mips__)
	p[0] = 0x03e00008;
	p[1] = 0x24020000 | (u32)n;
#elif defined(__sparc__)
	p[0] = 0x81c3e008;
	p[1] = 0x90102000 | (u32)n;
#elif defined(__riscv)
	p[0] = 0x00000513 | (u32)n << 20;
	p[1] = 0x00008067;
#elif defined(__m68k__)
	p[0] = 0x70004e75 | (u32)n << 16;
#elif defined(__powerpc__)
	p[0] = 0x38600000 | (u32)n;
	p[1] = 0x4e800020;
#endif
}

static void flush(void *p, size_t n)
{
#if defined(__aarch64__)
	for (char *q = p; q < (char *)p + n; q += 4)
		__asm__ volatile("dc cvau,%0\n\tdsb ish\n\tic ivau,%0\n\tdsb ish\n\tisb" : : "r"(q) : "memory");
#elif defined(__arm__)
	struct { void *p; size_t n; } range = { p, n };

	sys2(SYS_sysarch, 0, &range);
#elif defined(__mips__)
	struct { void *p; size_t n; int which; } range = { p, n, 3 };

	sys2(SYS_sysarch, 0, &range);
#elif defined(__sparc__)
	for (char *q = p; q < (char *)p + n; q += 8)
		__asm__ volatile("flush %0" : : "r"(q) : "memory");
#elif defined(__riscv)
	__asm__ volatile("fence.i" : : : "memory");
#elif defined(__m68k__)
	register long d0 __asm__("d0") = (long)0x80000004;
	register void *a1 __asm__("a1") = p;
	register long d1 __asm__("d1") = n;

	__asm__ volatile("trap #12" : "+d"(d0) : "a"(a1), "d"(d1) : "memory");
#elif defined(__powerpc__)
	for (char *q = p; q < (char *)p + n; q += 4)
		__asm__ volatile("dcbst 0,%0\n\tsync\n\ticbi 0,%0\n\tsync\n\tisync" : : "r"(q) : "memory");
#endif
}

static int call(u32 *p)
{
#ifdef __thumb__
	p = (u32 *)((char *)p + 1);
#endif
	return ((int (*)(void))(unsigned long)p)();
}
