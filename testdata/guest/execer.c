/*
 * execer: what tests of exec need, by the first argument.
 *   ids                   prints real, effective and saved ids
 *   args ...              prints its arguments, one a line
 *   cat PATH              prints a file
 *   chmod MODE PATH, chown UID GID PATH, mknod MODE DEV PATH, stat PATH
 *   run PATH ...          execve
 *   fexec PATH ...        fexecve
 *   setuid UID ...        setuid, then as if the rest had been the arguments
 *   spawn PATH ...        posix_spawn with actions and attributes
 *   spawnerr PATH ...     posix_spawn with an action that fails, both ways
 *   twice PATH ...        posix_spawn until it is refused, and how each ended
 *   osrelease             kern.osrelease and kern.osrevision
 *   write PATH, unlink PATH
 *   crash                 dies of SIGSEGV
 *   y NUMBER ...          a system call, with numbers (digits or -) and strings; says what came of it
 *   dents PATH            the types of the entries of a directory
 *   pax                   whether memory can be writable and executable, and where mappings are
 */
#include "../lib/nbsys.h"

/* A PaX note that asks for nothing and refuses nothing, as NetBSD's programs have. */
__asm__("	.section .note.netbsd.pax,\"a\",%note\n"
	"	.balign 4\n	.long 4,4,3\n	.asciz \"PaX\"\n	.long 0\n	.previous\n");

#ifndef sys6
#define sys6(n, a, b, c, d, e, f) nb_syscall(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#endif
#define SYS_getuid 24
#define SYS_geteuid 25
#define SYS_getgid 47
#define SYS_getegid 43
#define SYS_issetugid 305
#define SYS_chmod 15
#define SYS_chown 16
#define SYS_setuid 23
#define SYS_mknod 450
#define SYS_stat 439
#define SYS_fexecve 465
#define SYS_posix_spawn 474
#define SYS_getpgrp 81

static void num(long n, int base)
{
	char b[24], *p = b + sizeof b;

	*--p = 0;
	if (n < 0) {
		print("-");
		n = -n;
	}
	do
		*--p = '0' + n % base;
	while ((n /= base) != 0);
	print(p);
}

static long parse(const char *s)
{
	long n = 0;
	int base = *s == '0' ? 8 : 10;

	for (; *s >= '0' && *s <= '9'; s++)
		n = n * base + *s - '0';
	return n;
}

static int result(const char *what, long r)
{
	if (r < 0) {
		print(what);
		print(": error ");
		num(-r, 10);
		print("\n");
		return 1;
	}
	return 0;
}

static void label(const char *s, long n, int base)
{
	print(s);
	num(n, base);
}

struct fae {
	int action, fildes;
	union {
		struct {
			const char *path;
			int oflag;
			u32 mode;
		} open;
		int newfildes;
	} u;
};

struct fa {
	u32 size, len;
	struct fae *fae;
};

struct attr {
	short flags;
	int pgroup, priority, policy;
	u32 sigdefault[4], sigmask[4];
};

static int wait(long pid)
{
	int status = -1;

	sys4(SYS_wait4, pid, &status, 0, 0);
	return status;
}

int main(int argc, char **argv, char **envp)
{
	const char *cmd = argc > 1 ? argv[1] : "";
	char first = cmd[0];

	if (first == 'i') {
		label("uid ", sys0(SYS_getuid), 10);
		label("/", sys0(SYS_geteuid), 10);
		label(" gid ", sys0(SYS_getgid), 10);
		label("/", sys0(SYS_getegid), 10);
		label(" setid ", sys0(SYS_issetugid), 10);
		print("\n");
		return 0;
	}
	if (first == 'a') {
		for (int i = 0; i < argc; i++) {
			print(argv[i]);
			print("\n");
		}
		return 0;
	}
	if (cmd[0] == 'c' && cmd[1] == 'a') {
		static char b[256];
		long fd = open(argv[2], 0, 0), n;

		if (fd < 0)
			return result("open", fd);
		while ((n = sys3(SYS_read, fd, b, sizeof b)) > 0)
			sys3(SYS_write, 1, b, n);
		return 0;
	}
	if (cmd[0] == 'c' && cmd[1] == 'h' && cmd[2] == 'm')
		return result("chmod", sys2(SYS_chmod, argv[3], parse(argv[2])));
	if (cmd[0] == 'c' && cmd[1] == 'h' && cmd[2] == 'o')
		return result("chown", sys3(SYS_chown, argv[4], parse(argv[2]), parse(argv[3])));
	if (cmd[0] == 'c' && cmd[1] == 'r')
		*(volatile int *)0 = 1;
	if (first == 'm')
		return result("mknod", sys3(SYS_mknod, argv[4], parse(argv[2]), parse(argv[3])));
	if (cmd[0] == 's' && cmd[1] == 't') {
		static struct {
			u64 dev;
			u32 mode, pad;
			u64 ino;
			u32 nlink, uid, gid, pad2;
			u64 rdev, rest[20];
		} st;

		if (result("stat", sys2(SYS_stat, argv[2], &st)))
			return 1;
		label("mode 0", st.mode, 8);
		label(" uid ", st.uid, 10);
		label(" gid ", st.gid, 10);
		if ((st.mode & 0170000) != 0100000)
			label(" rdev ", st.rdev, 10);
		print("\n");
		return 0;
	}
	if (first == 'y') {
		long a[6] = { 0 }, r;

		for (int i = 0; i < 6 && i + 3 < argc; i++) {
			char *s = argv[i + 3];
			a[i] = *s >= '0' && *s <= '9' ? parse(s) : *s == '-' ? -parse(s + 1) : (long)s;
		}
		r = sys6(parse(argv[2]), a[0], a[1], a[2], a[3], a[4], a[5]);
		label(r < 0 ? "error " : "result ", r < 0 ? -r : 0, 10);
		print("\n");
		return r < 0;
	}
	if (cmd[0] == 'd') {
		static char b[4096];
		long fd = open(argv[2], 0, 0), n = sys3(390, fd, b, sizeof b);

		for (char *p = b; p < b + n; p += ((unsigned short *)p)[4]) {
			/* d_fileno, d_reclen, d_namlen, d_type, d_name */
			if (p[13] == '.')
				continue;
			print(p + 13);
			label(" ", p[12], 10);
			print("\n");
		}
		return 0;
	}
	if (first == 'p') {
		long a, b, r;

		a = sys6(SYS_mmap, 0, 4096, 7, 0x1002, -1, 0);
		label("both ", a < 0 && a > -4096 ? -a : 0, 10);
		sys2(73, a, 4096); /* munmap */
		a = sys6(SYS_mmap, 0, 4096, 3, 0x1002, -1, 0);
		r = sys3(SYS_mprotect, a, 4096, 5);
		label(", made executable ", -r, 10);
		b = sys6(SYS_mmap, 0, 4096, 5, 0x1002, -1, 0);
		r = sys3(SYS_mprotect, b, 4096, 3);
		label(", made writable ", -r, 10);
		label(", at ", a, 10);
		print("\n");
		return 0;
	}
	if (first == 'r')
		return result("execve", sys3(SYS_execve, argv[2], argv + 2, envp));
	if (first == 'f') {
		long fd = open(argv[2], 0, 0);

		if (fd < 0)
			return result("open", fd);
		return result("fexecve", sys3(SYS_fexecve, fd, argv + 2, envp));
	}
	if (cmd[0] == 's' && cmd[1] == 'e') {
		if (result("setuid", sys1(SYS_setuid, parse(argv[2]))))
			return 1;
		argv[2] = argv[0];
		return main(argc - 2, argv + 2, envp);
	}
	if (first == 't') {
		for (int i = 0; i < 5; i++) {
			int pid = -1;
			long r = sys6(SYS_posix_spawn, &pid, argv[2], 0, 0, argv + 2, envp);

			if (r != 0) {
				label("refused ", r, 10);
				break;
			}
			num(wait(pid) & 0177, 10);
			print(" ");
		}
		print("\n");
		return 0;
	}
	if (first == 'w')
		return result("open", open(argv[2], 1, 0));
	if (first == 'u')
		return result("unlink", sys1(10, argv[2]));
	if (first == 'o') {
		int mib[2] = { 1, 2 }, rev = 0;
		static char b[64];
		size_t n = sizeof b;

		if (result("sysctl", sys6(SYS___sysctl, mib, 2, b, &n, 0, 0)))
			return 1;
		print(b);
		mib[1] = 3;
		n = sizeof rev;
		sys6(SYS___sysctl, mib, 2, &rev, &n, 0, 0);
		label(" ", rev, 10);
		print("\n");
		return 0;
	}
	if (cmd[0] == 's' && cmd[1] == 'p') {
		struct fae fae[4] = {
			{ 0, 5, { .open = { "spawn.out", 0x601, 0644 } } },
			{ 1, 5, { .newfildes = 1 } },
			{ 2, 5, { .newfildes = 0 } },
			{ 3, 0, { .open = { "/", 0, 0 } } },
		};
		struct fa fa = { 4, 4, fae };
		struct attr at = { 0x02 | 0x01, 0, 0, 0, { 0 }, { 0 } };
		int pid = -1;
		long r;

		if (cmd[5] == 'e') {
			fae[2].fildes = 77;
			at.flags = 0;
			r = sys6(SYS_posix_spawn, &pid, argv[2], &fa, &at, argv + 2, envp);
			label("early ", r, 10);
			label(" status ", wait(pid) >> 8, 10);
			at.flags = 0x40;
			r = sys6(SYS_posix_spawn, &pid, argv[2], &fa, &at, argv + 2, envp);
			label(" late ", r, 10);
			label(" nofile ", sys6(SYS_posix_spawn, &pid, "/none", 0, 0, argv + 2, envp), 10);
			label(" fault ", sys6(SYS_posix_spawn, &pid, argv[2], 8, 0, argv + 2, envp), 10);
			print("\n");
			return 0;
		}
		r = sys6(SYS_posix_spawn, &pid, argv[2], &fa, &at, argv + 2, envp);
		if (r != 0)
			return result("posix_spawn", -r);
		label("status ", wait(pid), 10);
		print("\n");
		return 0;
	}
	return 99;
}
