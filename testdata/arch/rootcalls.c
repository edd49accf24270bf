/* Calls of the super-user: accounting, swap, quotas, access control lists. The argument is a directory. */
#include "arch.h"

#define NR_chdir	12
#define NR_acct		51
#define NR_rename	128
#define NR_setuid	23
#define NR_pipe2	453
#define NR_symlink	57
#define NR_quotactl	473
#define NR_quotactl_50	148
#define NR_extattrctl	360
#define NR_swapctl	271
#define NR_setrlimit	195
#define NR_acl_get_link		487
#define NR_acl_set_link		488
#define NR_acl_delete_link	489
#define NR_acl_get_file		491
#define NR_acl_set_file		492
#define NR_acl_get_fd		493
#define NR_acl_set_fd		494
#define NR_acl_delete_fd	496
#define NR_acl_aclcheck_file	497

#define ACL_TYPE_ACCESS_OLD	0
#define ACL_TYPE_ACCESS		2

typedef unsigned short u16;

struct acct {
	char comm[16];
	u16 utime, stime, etime;
	i64 btime;
	u32 uid, gid;
	u16 mem, io;
	u64 tty;
	u8 flag;
};

static struct acct records[8];

/* The records so far, without what differs from run to run. */
static void show(const char *file)
{
	int fd = open(file, 0, 0);
	long n = (long)sys3(SYS_read, fd, records, sizeof records);

	say("records", n / (long)sizeof records[0]);
	say("and", n % (long)sizeof records[0]);
	for (int i = 0; i < n / (long)sizeof records[0]; i++) {
		struct acct *r = &records[i];

		print(r->comm);
		print(" ");
		say("user", r->uid);
		say(" flags", r->flag);
		check(" began", r->btime > 1000000000);
		check(" elapsed", r->etime < 64 * 60);
		say(" I/O", r->io);
	}
	sys1(SYS_close, fd);
}

static void child(int uid, int how)
{
	int status;
	long pid = fork();

	if (pid == 0) {
		if (uid != 0)
			sys1(NR_setuid, uid);
		if (how != 0)
			sys2(SYS_kill, sys0(SYS_getpid), how);
		exit(0);
	}
	sys4(SYS_wait4, pid, &status, 0, 0);
}

static void accounting(char *self, char **envp)
{
	char *argv[3] = { self, "exit", 0 };
	u64 none[2] = { 0, 0 };
	int fd, status;
	long pid;

	say("no such file", sys1(NR_acct, "none"));
	say("a directory", sys1(NR_acct, "."));
	sys1(SYS_close, open("acct", 0x201, 0644));
	say("acct", sys1(NR_acct, "acct"));
	child(0, 0);
	child(1000, 0);
	child(0, 9);
	pid = fork();
	if (pid == 0) {
		sys2(NR_setrlimit, 1, none);	/* RLIMIT_FSIZE is not for records */
		exit((int)sys3(SYS_execve, self, argv, envp));
	}
	sys4(SYS_wait4, pid, &status, 0, 0);
	say("off", sys1(NR_acct, 0));
	child(0, 0);
	show("acct");
	/* A record that is not whole is cut off. */
	fd = open("acct", 2, 0);
	nb_syscall8(201, REG(fd), REG(0), ARG64(sizeof records[0] + 3), REG(0), REG(0), REG(0));
	sys1(SYS_close, fd);
	say("acct again", sys1(NR_acct, "acct"));
	child(0, 0);
	sys2(NR_rename, "acct", "moved");
	child(0, 0);
	sys1(NR_acct, 0);
	show("moved");
}

static void swap(void)
{
	static u64 dev;

	say("swap devices", sys3(NR_swapctl, 3, 0, 0));
	say("their state", sys3(NR_swapctl, 10, 16, 5));
	say("of a negative number", sys3(NR_swapctl, 10, 0, -1));
	say("dump device", sys3(NR_swapctl, 8, &dev, 0));
	check("is none", dev + 1 == 0);
	say("of no address", sys3(NR_swapctl, 8, 16, 0));
	say("dump nowhere", sys3(NR_swapctl, 9, 0, 0));
	say("swap on no file", sys3(NR_swapctl, 1, "none", 0));
	say("swap on a directory", sys3(NR_swapctl, 1, ".", 0));
	say("swap on a file", sys3(NR_swapctl, 1, "moved", 0));
	say("priority", sys3(NR_swapctl, 5, "moved", 3));
	say("off", sys3(NR_swapctl, 2, "moved", 0));
	say("dump to a file", sys3(NR_swapctl, 7, "moved", 0));
	say("something else", sys3(NR_swapctl, 77, "moved", 0));
	say("oswapon", sys1(85, "moved"));
}

static void quotas(void)
{
	u32 args[16] = { 0 };

	say("quotactl", sys2(NR_quotactl, ".", args));
	say("of no path", sys2(NR_quotactl, "none", args));
	say("of no address", sys2(NR_quotactl, ".", 16));
	args[0] = 13;
	say("off", sys2(NR_quotactl, ".", args));
	args[0] = 14;
	say("something else", sys2(NR_quotactl, ".", args));
	say("of NetBSD 5", sys4(NR_quotactl_50, ".", 0x300, 0, args));
	say("extattrctl", sys5(NR_extattrctl, ".", 1, 0, 1, 0));
	say("of no path", sys5(NR_extattrctl, "none", 1, 0, 1, "name"));
	say("with no file", sys5(NR_extattrctl, ".", 1, "none", 1, "name"));
	say("with a name of no address", sys5(NR_extattrctl, "none", 1, 0, 1, 16));
}

static void lists(void)
{
	static u32 acl[1022];
	int p[2];

	sys2(NR_pipe2, p, 0);
	sys2(NR_symlink, "nowhere", "link");
	acl[0] = 254;
	say("list of a file", sys3(NR_acl_get_file, "moved", ACL_TYPE_ACCESS, acl));
	say("at no address", sys3(NR_acl_get_file, "moved", ACL_TYPE_ACCESS, 16));
	say("of none", sys3(NR_acl_get_file, "none", ACL_TYPE_ACCESS, acl));
	say("of where a link goes", sys3(NR_acl_get_file, "link", ACL_TYPE_ACCESS, acl));
	say("of a link", sys3(NR_acl_get_link, "link", ACL_TYPE_ACCESS, acl));
	say("set", sys3(NR_acl_set_file, "moved", ACL_TYPE_ACCESS, acl));
	say("from no address", sys3(NR_acl_set_link, "moved", ACL_TYPE_ACCESS, 16));
	say("delete", sys2(NR_acl_delete_link, "moved", ACL_TYPE_ACCESS));
	say("check", sys3(NR_acl_aclcheck_file, "moved", ACL_TYPE_ACCESS, acl));
	acl[0] = 32;
	say("another size", sys3(NR_acl_set_file, "moved", ACL_TYPE_ACCESS, acl));
	say("old ones have none", sys3(NR_acl_set_file, "moved", ACL_TYPE_ACCESS_OLD, acl));
	say("of a descriptor", sys3(NR_acl_get_fd, 0, ACL_TYPE_ACCESS, acl));
	say("of a bad one", sys3(NR_acl_set_fd, 77, ACL_TYPE_ACCESS, acl));
	say("of a pipe", sys3(NR_acl_delete_fd, p[0], ACL_TYPE_ACCESS, acl));
}

int main(int argc, char **argv, char **envp)
{
	if (same(argv[1], "exit"))
		return 0;
	sys1(NR_chdir, argv[1]);
	accounting(argv[0], envp);
	swap();
	quotas();
	sys1(SYS_close, 0);
	open("moved", 0, 0);
	lists();
	sys1(NR_setuid, 1000);
	say("acct of a user", sys1(NR_acct, 0));
	say("swap devices", sys3(NR_swapctl, 3, 0, 0));
	say("dump nowhere", sys3(NR_swapctl, 9, 0, 0));
	return 0;
}
