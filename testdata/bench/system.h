/* Calls that only some benchmarks need, on both systems: pipes, socket pairs, signals, threads. */

#ifdef NETBSD
#define SYS_pipe2		453
#define SYS_socketpair		135
#else
#if LINUX_NUMBERS == SYS_X86_64
#define SYS_pipe2		293
#define SYS_socketpair		53
#define SYS_sigaction		13
#elif LINUX_NUMBERS == SYS_GENERIC
#define SYS_pipe2		59
#define SYS_socketpair		199
#define SYS_sigaction		134
#elif LINUX_NUMBERS == SYS_OLD
#if defined(__i386__)
#define SYS_pipe2		331
#define SYS_socketcall		102
#define SYS_sigaction		174
#elif defined(__m68k__)
#define SYS_pipe2		327
#define SYS_socketcall		102
#define SYS_sigaction		174
#elif defined(__powerpc__)
#define SYS_pipe2		317
#define SYS_socketcall		102
#define SYS_sigaction		173
#else
#define SYS_pipe2		359
#define SYS_socketpair		288
#define SYS_sigaction		174
#endif
#elif LINUX_NUMBERS == SYS_MIPS32
#define SYS_pipe2		4328
#define SYS_socketpair		4184
#define SYS_sigaction		4194
#elif LINUX_NUMBERS == SYS_MIPS64
#define SYS_socketpair		(SYS_BASE + 52)
#define SYS_sigaction		(SYS_BASE + 13)
#if SYS_BASE == 5000
#define SYS_pipe2		5287
#else
#define SYS_pipe2		6291
#endif
#elif LINUX_NUMBERS == SYS_SPARC
#define SYS_pipe2		321
#define SYS_socketpair		135
#endif
#endif

/* Memory that no limit on data concerns; 0 if there is none. */
static inline void *map(size_t len)
{
	long p;

#ifdef NETBSD
	p = (long)nb_syscall8(SYS_mmap, REG(0), REG(len), REG(3), REG(0x1002), REG(-1), REG(0), ARG64(0));
#elif LINUX_NUMBERS == SYS_X86_64
	p = nb_syscall(9, 0, len, 3, 0x22, -1, 0);
#elif LINUX_NUMBERS == SYS_GENERIC
	p = nb_syscall(222, 0, len, 3, 0x22, -1, 0);
#elif LINUX_NUMBERS == SYS_OLD
	p = nb_syscall(192, 0, len, 3, 0x22, -1, 0);
#elif LINUX_NUMBERS == SYS_MIPS32
	p = nb_syscall(4090, 0, len, 3, 0x802, -1, 0);
#elif LINUX_NUMBERS == SYS_MIPS64
	p = nb_syscall(SYS_BASE + 9, 0, len, 3, 0x802, -1, 0);
#else
	p = nb_syscall(71, 0, len, 3, 0x22, -1, 0);
#endif
	return p < 0 && p > -4096 ? 0 : (void *)p;
}

#if !defined(NETBSD) && defined(__mips__)
#define SOCK_STREAM		2
#else
#define SOCK_STREAM		1
#endif

static inline long pipe(int *fd) { return sys2(SYS_pipe2, fd, 0); }

static inline long socketpair(int *fd)
{
#ifdef SYS_socketcall
	long args[4] = { 1, SOCK_STREAM, 0, (long)fd };

	return sys2(SYS_socketcall, 8, args);
#else
	return sys4(SYS_socketpair, 1, SOCK_STREAM, 0, fd);
#endif
}

static inline long wait_for(long pid)
{
	int status = -1;

	return sys4(SYS_wait4, pid, &status, 0, 0) == pid ? status : -1;
}
