/*
 * Modules of the kernel, by modctl(2). Each argument is a thing to do: +NAME loads, !NAME by force, -NAME unloads; = lists
 * what is in use; calls tries calls of modules and queue makes a queue of messages; auto=N and time=N set kern.module.autoload and autotime; linux=RELEASE sets emul.linux.kern.osrelease and
 * linux? reads it; run:PATH executes a program, start:PATH begins to, and end lets it go on.
 * Built for Linux, it is that program: it says that it runs, reads from its standard input and ends with 7, or
 * with 0 if it has an argument.
 */
#include "arch.h"

#ifndef NETBSD

int main(int argc, char **argv, char **envp)
{
	char c = '!';

	sys3(SYS_write, 1, &c, 1);
	sys3(SYS_read, 0, &c, 1);
	return argc > 1 ? 0 : 7;
}

#else

struct modctl_load { const char *filename; int flags; const char *props; size_t propslen; };
struct iovec { void *base; size_t len; };
struct modstat { char name[32]; u64 addr; int source, class; u32 size; int refs; u32 flags, reqoffset; };
struct modstat80 { char name[32], required[320]; u64 addr; int source, class; u32 size; int refs; u32 flags, reserved[3]; };
struct sysctlnode { u32 flags; int num; char name[32]; u32 rest[14]; };

static u32 room[16384];
static int fd[2], child;

static void list(void)
{
	struct iovec iov = { room, sizeof room };
	struct modstat *ms = (struct modstat *)(room + 1);
	struct modstat80 *old = (struct modstat80 *)room;
	int n, i;

	if (sys2(246, 4, &iov) != 0 || iov.len > sizeof room)
		print("MODCTL_STAT: WRONG\n");
	n = (int)room[0];
	for (i = 0; i < n; i++) {
		struct modstat m;

		memcpy(&m, (char *)ms + (size_t)i * sizeof m, sizeof m);
		print(i ? ", " : "");
		print(m.name);
		print(m.source == 0 ? " builtin" : m.source == 2 ? " filesys" : " WRONG");
		print(m.class == 4 || (m.class == 1 && (same(m.name, "ksem") || same(m.name, "coredump"))) ? "" : " WRONG");
		print(m.refs < 0 ? " off" : m.refs == 0 ? "" : " needed");
		print(m.flags & 1 ? " forced" : m.flags & 2 ? " auto" : "");
		if (m.reqoffset != 0) {
			print(" needs ");
			print((char *)ms + (size_t)n * sizeof m + m.reqoffset);
		}
	}
	print("\n");
	iov.base = room;
	iov.len = 10;	/* is cut */
	room[3] = 0x12345678;
	if (sys2(246, 2, &iov) != 0 || iov.len != (size_t)n * sizeof *old || room[3] != 0x12345678)
		print("MODCTL_OSTAT: WRONG\n");
	iov.len = sizeof room;
	if (sys2(246, 2, &iov) != 0 || (n > 0 && old[0].class != 4))
		print("MODCTL_OSTAT: WRONG\n");
}

/* The number of a node below others; 0 if there is none. */
static int node(int *mib, int n, const char *name)
{
	static struct sysctlnode nodes[300];
	struct sysctlnode query = { 0x01000000, 0, { 0 }, { 0 } };
	size_t len = sizeof nodes;

	mib[n] = -2;	/* CTL_QUERY */
	if (nb_syscall(SYS___sysctl, (long)mib, n + 1, (long)nodes, (long)&len, (long)&query, sizeof query) != 0)
		return 0;
	for (size_t i = 0; i < len / sizeof *nodes; i++)
		if (same(nodes[i].name, name))
			return nodes[i].num;
	return 0;
}

static void set(const char *name, const char *value, size_t len)
{
	int mib[4] = { 1 };

	mib[1] = node(mib, 1, "module");
	mib[2] = node(mib, 2, name);
	print(name);
	say("", nb_syscall(SYS___sysctl, (long)mib, 3, 0, 0, (long)value, len));
}

static void linux_release(const char *new)
{
	int mib[4] = { 12, 1, 1, 2 };
	char old[128];
	size_t len = sizeof old, n = 0;

	while (new && new[n])
		n++;
	if (nb_syscall(SYS___sysctl, (long)mib, 4, (long)old, (long)&len, (long)new, n) == 0)
		print(old);
	else
		print("none");
	print("\n");
}

static void start(const char *path)
{
	char *argv[] = { (char *)path, 0 }, *envp[] = { 0 };

	int out[2];
	char c;

	fd[0] = (int)sys0(SYS_pipe);
	fd[1] = (int)nb_rv1;
	out[0] = (int)sys0(SYS_pipe);
	out[1] = (int)nb_rv1;
	child = (int)fork();
	if (child == 0) {
		sys2(90, fd[0], 0);
		sys2(90, out[1], 1);
		sys1(SYS_close, out[0]);
		sys1(SYS_close, out[1]);
		sys1(SYS_close, fd[0]);
		sys1(SYS_close, fd[1]);
		exit((int)-sys3(SYS_execve, path, argv, envp) + 100);
	}
	sys1(SYS_close, fd[0]);
	sys1(SYS_close, out[1]);
	sys3(SYS_read, out[0], &c, 1);	/* it runs, or has ended */
	sys1(SYS_close, out[0]);
}


static void end(void)
{
	int status = 0;

	sys1(SYS_close, fd[1]);
	sys4(SYS_wait4, child, &status, 0, 0);
	say("status", status >> 8);
}

/* Calls of modules: of sysv_ipc, ksem and compat. */
static void calls(void)
{
	long id = 0, n;

	print("shmget: ");
	n = sys3(231, 12345, 1, 0);
	print(n < 0 ? "-" : "");
	print_number((u64)(n < 0 ? -n : n));
	n = sys2(247, 1, &id);
	if (n == 0)
		sys1(256 - 1, id);
	print(", ksem: ");
	print(n < 0 ? "-" : "");
	print_number((u64)(n < 0 ? -n : n));
	n = sys4(7, -1, 0, 1, 0);
	print(", wait4: ");
	print(n < 0 ? "-" : "");
	print_number((u64)(n < 0 ? -n : n));
	print("\n");
}

static const char *after(const char *s, const char *prefix)
{
	while (*prefix && *s == *prefix)
		s++, prefix++;
	return *prefix ? 0 : s;
}

int main(int argc, char **argv, char **envp)
{
	const char *s;
	int value;

	for (argv++; *argv; argv++) {
		struct modctl_load ml = { *argv + 1, **argv == '!', 0, 0 };

		if (**argv == '+' || **argv == '!')
			say(*argv, sys2(246, 0, &ml));
		else if (**argv == '-')
			say(*argv, sys2(246, 1, *argv + 1));
		else if (same(*argv, "="))
			list();
		else if ((s = after(*argv, "auto=")) != 0) {
			char b = *s == '1';
			set("autoload", &b, 1);
		} else if ((s = after(*argv, "time=")) != 0) {
			value = *s - '0';
			set("autotime", (char *)&value, 4);
		} else if ((s = after(*argv, "linux=")) != 0)
			linux_release(s);
		else if (same(*argv, "calls"))
			calls();
		else if (same(*argv, "queue"))
			sys2(225, 77, 0x3ff);	/* msgget */
		else if (same(*argv, "linux?"))
			linux_release(0);
		else if (same(*argv, "exists")) {
			say("load", sys2(246, 3, 0));
			say("autoload", sys2(246, 3, 1));
			say("neither", sys2(246, 3, 2));
			say("no command", sys2(246, 9, 2));
			ml.filename = "x";
			ml.propslen = 5;
			say("properties without address", sys2(246, 0, &ml));
			say("no address", sys2(246, 0, 8));
			say("long name", sys2(246, 1, "a name of more than thirty-one bytes"));
		} else if ((s = after(*argv, "run:")) != 0) {
			start(s);
			end();
		} else if ((s = after(*argv, "start:")) != 0)
			start(s);
		else if (same(*argv, "end"))
			end();
	}
	return 0;
}
#endif
