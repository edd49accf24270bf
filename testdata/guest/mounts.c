/*
 * mounts: mount(2) and unmount(2) in a root, as its root and as somebody else. What it prints is what NetBSD's kernel
 * answers (vfs_syscalls.c, vfs_mount.c).
 */
#include "../lib/nbsys.h"

#define SYS_unlink	10
#define SYS_unmount	22
#define SYS_mount50	410
#define SYS_getvfsstat	483
#define SYS_statvfs1	484
#define SYS_getcwd	296
#define SYS_chdir	12
#define SYS_rename	128
#define SYS_link	9
#define SYS_rmdir	137
#define SYS_mkdir	136
#define SYS_setuid	23
#define SYS_getdents30	390
#define SYS_chmod	15
#define MNT_RDONLY	1
#define MNT_UPDATE	0x10000
#define O_CREAT		0x200

static void say(const char *what, long r)
{
	char b[12], *p = b + sizeof b;
	int neg = r < 0;
	long n = neg ? -r : r;

	*--p = 0;
	do
		*--p = '0' + n % 10;
	while ((n /= 10) != 0);
	if (neg)
		*--p = '-';
	print(what);
	print(": ");
	print(p);
	print("\n");
}

static struct { int version; u64 nodes, size; u32 uid, gid, mode; } tmpfs = { 1, 0, 0, 0, 0, 0750 };
static const char *target[16];	/* struct null_args, with room for what nobody reads */
static char sv[4096], cwd[1024];

static long mount(const char *type, const char *on, int flags, void *data, long size)
{
	return nb_syscall(SYS_mount50, type, on, flags, data, size, 0);
}

static void where(void)
{
	memset(cwd, 0, sizeof cwd);
	nb_syscall(SYS_getcwd, cwd, sizeof cwd, 0, 0, 0, 0);
	print(cwd);
	print("\n");
}

static void make(const char *path, const char *text)
{
	long fd = nb_syscall(SYS_open, path, O_CREAT | 0x400 | 1, 0644, 0, 0, 0), n = 0;

	while (text[n] != 0)
		n++;
	nb_syscall(SYS_write, fd, text, n, 0, 0, 0);
	nb_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

static void show(const char *path)
{
	static char b[256];
	long fd = nb_syscall(SYS_open, path, 0, 0, 0, 0, 0), n;

	print(path);
	if (fd < 0) {
		say("", fd);
		return;
	}
	n = nb_syscall(SYS_read, fd, b, sizeof b - 1, 0, 0, 0);
	b[n < 0 ? 0 : n] = 0;
	nb_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	print(": ");
	print(b);
}

static void statvfs(const char *path)
{
	long r = nb_syscall(SYS_statvfs1, path, sv, 1, 0, 0, 0);

	if (r < 0) {
		say(path, r);
		return;
	}
	print(sv + 192);	/* f_fstypename, f_mntonname, f_mntfromname */
	print(" on ");
	print(sv + 224);
	print(" from ");
	print(sv + 224 + 1024);
	print("\n");
}

static int after(const char *a, const char *b)
{
	while (*a == *b && *a != 0)
		a++, b++;
	return *a > *b;
}

/* list prints the names of a directory in order; tty is left out, because there need not be one. */
static void list(const char *path)
{
	static char b[4096];
	const char *name[64], *t;
	long fd = nb_syscall(SYS_open, path, 0x200000, 0, 0, 0, 0), n, used = 0, i, count = 0, k;

	print(path);
	if (fd < 0) {
		say("", fd);
		return;
	}
	print(":");
	while ((n = nb_syscall(SYS_getdents30, fd, b + used, sizeof b - used, 0, 0, 0)) > 0) {
		for (i = used; i < used + n; i += *(unsigned short *)(b + i + 8)) {
			t = b + i + 13;
			if (t[0] == 't' && t[1] == 't')
				continue;
			for (k = count++; k > 0 && after(name[k - 1], t); k--)
				name[k] = name[k - 1];
			name[k] = t;
		}
		used += n;
	}
	for (i = 0; i < count; i++) {
		print(" ");
		print(name[i]);
	}
	nb_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	print("\n");
}

static int two[3] = { 2, 1, 0 };	/* struct procfs_args of version 2, and of 1 */
static struct { const char *target; int flags; } un;

static void unions(void)
{
	nb_syscall(SYS_mkdir, "/up", 0755, 0, 0, 0, 0);
	nb_syscall(SYS_mkdir, "/low", 0755, 0, 0, 0, 0);
	nb_syscall(SYS_mkdir, "/low/d", 0755, 0, 0, 0, 0);
	make("/up/a", "upper a\n");
	make("/low/a", "lower a\n");
	make("/low/b", "lower b\n");
	make("/low/d/c", "lower c\n");
	un.target = "/up";
	un.flags = 0;
	say("union without a place", mount("union", "/low", 0, &un, sizeof un));
	un.flags = 1;
	say("union above", mount("union", "/low", 0, &un, sizeof un));
	statvfs("/low/d");
	show("/low/a");
	show("/low/b");
	make("/low/b", "new b\n");
	make("/low/d/n", "new n\n");
	say("unlink", nb_syscall(SYS_unlink, "/low/d/c", 0, 0, 0, 0, 0));
	show("/low/d/c");
	show("/up/b");
	show("/up/d/n");
	nb_syscall(SYS_chdir, "/low/d", 0, 0, 0, 0, 0);
	where();
	say("busy", nb_syscall(SYS_unmount, "/low", 0, 0, 0, 0, 0));
	nb_syscall(SYS_chdir, "../..", 0, 0, 0, 0, 0);
	where();
	say("made read-only", mount("union", "/low", MNT_UPDATE | MNT_RDONLY, &un, sizeof un));
	say("write to it", nb_syscall(SYS_open, "/low/b", 1, 0, 0, 0, 0));
	say("unmount", nb_syscall(SYS_unmount, "/low", 0, 0, 0, 0, 0));
	show("/low/b");
	show("/low/d/c");
	un.flags = 2;
	un.target = "/low";
	say("union below", mount("union", "/up", 0, &un, sizeof un));
	statvfs("/up");
	show("/up/d/c");
	show("/up/b");
	say("unmount", nb_syscall(SYS_unmount, "/up", 0, 0, 0, 0, 0));
	say("of an unknown directory", mount("union", "/up", 0, (un.target = "/nowhere", &un), sizeof un));
}

/* Our own file systems where they are not at home. */
static void elsewhere(void)
{
	long fd;

	nb_syscall(SYS_mkdir, "/p", 0755, 0, 0, 0, 0);
	nb_syscall(SYS_mkdir, "/p/in", 0755, 0, 0, 0, 0);
	make("/p/file", "covered\n");
	say("over a file", mount("kernfs", "/p/file", 0, 0, 0));
	say("over a device", mount("kernfs", "/dev/null", 0, 0, 0));
	say("kernfs on /p", mount("kernfs", "/p", 0, 0, 0));
	statvfs("/p");
	statvfs("/p/hz");
	show("/p/hz");
	show("/p/../p/./hz");
	show("/p/../mnt/../p/pagesize");
	show("/p/file");
	nb_syscall(SYS_chdir, "/p", 0, 0, 0, 0, 0);
	where();
	show("hz");
	show("../p/hz");
	say("busy", nb_syscall(SYS_unmount, "/p", 0, 0, 0, 0, 0));
	nb_syscall(SYS_chdir, "..", 0, 0, 0, 0, 0);
	where();
	say("make one", nb_syscall(SYS_open, "/p/new", O_CREAT | 1, 0644, 0, 0, 0));
	say("rename out of it", nb_syscall(SYS_rename, "/p/hz", "/hz", 0, 0, 0, 0));
	say("update", mount("kernfs", "/p", MNT_UPDATE | MNT_RDONLY, 0, 0));
	say("write to hostname", nb_syscall(SYS_open, "/p/hostname", 1, 0, 0, 0, 0));
	say("procfs on it", mount("procfs", "/p", 0, &two[1], 8));
	show("/p/hz");
	show("/p/self/emul");
	show("/p/curproc/stat");
	show("/p/self/task");
	say("unmount", nb_syscall(SYS_unmount, "/p", 0, 0, 0, 0, 0));
	show("/p/hz");
	say("unmount", nb_syscall(SYS_unmount, "/p", 0, 0, 0, 0, 0));
	show("/p/file");
	two[2] = 1;
	say("procfs -o linux", mount("procfs", "/p", 0, &two[1], 8));
	fd = nb_syscall(SYS_open, "/p/self/task", 0, 0, 0, 0, 0);
	say("its tasks", fd > 0);
	say("unmount", nb_syscall(SYS_unmount, "/p", 0, 0, 0, 0, 0));
	nb_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	two[1] = two[2] = 0;
	say("getargs", mount("", "/p", 0x400000, &two[1], 8));
	say("its version", two[1]);
	say("its flags", two[2]);
	say("getargs with too little", mount("", "/p", 0x400000, &two[1], 4));
	say("getargs below", mount("", "/p/self", 0x400000, &two[1], 8));
	say("unmount", nb_syscall(SYS_unmount, "/p", 0, 0, 0, 0, 0));
	say("fdesc", mount("fdesc", "/p", 0x20, 0, 0));
	list("/p");
	show("/p/file");
	show("/p/fd/77");
	say("unmount", nb_syscall(SYS_unmount, "/p", 0, 0, 0, 0, 0));
	say("tmpfs -o union", mount("tmpfs", "/p", 0x20, &tmpfs, sizeof tmpfs));
	show("/p/file");
	make("/p/file", "above\n");
	make("/p/new", "new\n");
	show("/p/file");
	list("/p");
	say("unlink", nb_syscall(SYS_unlink, "/p/file", 0, 0, 0, 0, 0));
	show("/p/file");
	nb_syscall(SYS_chdir, "/p/in", 0, 0, 0, 0, 0);
	nb_syscall(SYS_chdir, "..", 0, 0, 0, 0, 0);
	list(".");
	nb_syscall(SYS_chdir, "/", 0, 0, 0, 0, 0);
	fd = nb_syscall(SYS_open, "/p/new", 0, 0, 0, 0, 0);
	say("unmount", nb_syscall(SYS_unmount, "/p", 0, 0, 0, 0, 0));
	say("by force", nb_syscall(SYS_unmount, "/p", 0x80000, 0, 0, 0, 0));
	say("read of what was open", nb_syscall(SYS_read, fd, cwd, 8, 0, 0, 0));
	nb_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	list("/p");
	say("ptyfs without arguments", mount("ptyfs", "/p", 0, 0, 0));
	say("tmpfs over /kern", mount("tmpfs", "/kern", 0, &tmpfs, sizeof tmpfs));
	show("/kern/hz");
	say("unmount", nb_syscall(SYS_unmount, "/kern", 0, 0, 0, 0, 0));
	show("/kern/hz");
	nb_syscall(57, "/p", "/link", 0, 0, 0, 0);
	say("kernfs by a link", mount("kernfs", "/link", 0, 0, 0));
	say("unmount by it", nb_syscall(SYS_unmount, "/link", 0, 0, 0, 0, 0));
	say("unmount", nb_syscall(SYS_unmount, "/p", 0, 0, 0, 0, 0));
	say("type by number", mount((char *)7, "/p", 0, 0, 0));
	say("unmount", nb_syscall(SYS_unmount, "/p", 0, 0, 0, 0, 0));
	say("no such number", mount((char *)3, "/p", 0, 0, 0));
	say("no such type, nowhere", mount("none", "/nowhere", 0, 0, 0));
	say("exported", mount("kernfs", "/p", 0x100, 0, 0));
}

static void own(void)
{
	long fd;

	say("procfs without arguments", mount("procfs", "/proc", 0, 0, 0));
	say("of another version", mount("procfs", "/proc", 0, &two, 8));
	say("procfs", mount("procfs", "/proc", 0, &two[1], 8));
	fd = nb_syscall(SYS_open, "/proc/self/note", 1, 0, 0, 0, 0);
	say("note", nb_syscall(SYS_write, fd, "x", 1, 0, 0, 0));
	nb_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	show("/proc/self/notepg");
	fd = nb_syscall(SYS_open, "/proc/self/regs", 0, 0, 0, 0, 0);
	say("regs", nb_syscall(SYS_read, fd, sv, sizeof sv, 0, 0, 0));
	nb_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	fd = nb_syscall(SYS_open, "/proc/meminfo", 0, 0, 0, 0, 0);
	nb_syscall(SYS_read, fd, sv, 14, 0, 0, 0);
	sv[14] = '\n', sv[15] = 0;
	print(sv);
	nb_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	elsewhere();
	statvfs("/proc/curproc/cmdline");
	statvfs("/kern/hz");
	statvfs("/dev/null");
	show("/kern/hz");
	make("/kern/hostname", "renamed\n");
	show("/kern/hostname");
	say("write to hz", nb_syscall(SYS_open, "/kern/hz", 1, 0, 0, 0, 0));
	show("/kern/nothing");
	nb_syscall(SYS_chdir, "/kern", 0, 0, 0, 0, 0);
	where();
	say("busy", nb_syscall(SYS_unmount, "/kern", 0, 0, 0, 0, 0));
	nb_syscall(SYS_chdir, "/", 0, 0, 0, 0, 0);
	say("update", mount("kernfs", "/kern", MNT_UPDATE | MNT_RDONLY, 0, 0));
	say("write to hostname", nb_syscall(SYS_open, "/kern/hostname", 1, 0, 0, 0, 0));
	say("unmount", nb_syscall(SYS_unmount, "/kern", 0, 0, 0, 0, 0));
	show("/kern/hz");
	say("again", nb_syscall(SYS_unmount, "/kern", 0, 0, 0, 0, 0));
	say("mount", mount("kernfs", "/kern", 0, 0, 0));
	show("/kern/hz");
	say("mount -u /", mount("ffs", "/", MNT_UPDATE, 0, 0));
	say("mounts", nb_syscall(SYS_getvfsstat, 0, 0, 0, 0, 0, 0));
}

int main(int argc, char **argv, char **envp)
{
	long fd;

	say("mounts", nb_syscall(SYS_getvfsstat, 0, 0, 0, 0, 0, 0));
	say("of no such type", mount("nfs7", "/tmp", 0, 0, 0));
	say("on nothing", mount("tmpfs", "/nothing", 0, &tmpfs, sizeof tmpfs));
	say("tmpfs", mount("tmpfs", "/mnt", 0, &tmpfs, sizeof tmpfs));
	say("mounts", nb_syscall(SYS_getvfsstat, 0, 0, 0, 0, 0, 0));
	say("statvfs", nb_syscall(SYS_statvfs1, "/mnt", sv, 1, 0, 0, 0));
	print(sv + 192);	/* f_fstypename, f_mntonname */
	print(" ");
	print(sv + 224);
	print("\n");
	fd = nb_syscall(SYS_open, "/mnt/file", O_CREAT | 2, 0644, 0, 0, 0);
	say("a file in it", fd >= 0);
	say("unmount while it is open", nb_syscall(SYS_unmount, "/mnt", 0, 0, 0, 0, 0));
	nb_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	say("rename out of it", nb_syscall(SYS_rename, "/mnt/file", "/file", 0, 0, 0, 0));
	say("link out of it", nb_syscall(SYS_link, "/mnt/file", "/file", 0, 0, 0, 0));
	say("rmdir of it", nb_syscall(SYS_rmdir, "/mnt", 0, 0, 0, 0, 0));
	nb_syscall(SYS_mkdir, "/mnt/dir", 0755, 0, 0, 0, 0);
	say("chdir", nb_syscall(SYS_chdir, "/mnt/dir", 0, 0, 0, 0, 0));
	where();
	say("unmount with somebody there", nb_syscall(SYS_unmount, "/mnt", 0, 0, 0, 0, 0));
	say("up", nb_syscall(SYS_chdir, "../..", 0, 0, 0, 0, 0));
	where();

	target[0] = "/mnt";
	say("null", mount("null", "/view", MNT_RDONLY, target, sizeof target));
	say("its file", nb_syscall(SYS_open, "/view/file", 0, 0, 0, 0, 0) >= 0);
	say("write to it", nb_syscall(SYS_open, "/view/file", 1, 0, 0, 0, 0));
	say("make another", nb_syscall(SYS_open, "/view/other", O_CREAT | 1, 0644, 0, 0, 0));
	say("chmod", nb_syscall(SYS_chmod, "/view/file", 0600, 0, 0, 0, 0));
	say("the same elsewhere", nb_syscall(SYS_chmod, "/mnt/file", 0600, 0, 0, 0, 0));
	nb_syscall(SYS_chdir, "/view/dir", 0, 0, 0, 0, 0);
	where();
	nb_syscall(SYS_chdir, "..", 0, 0, 0, 0, 0);
	where();
	nb_syscall(SYS_chdir, "..", 0, 0, 0, 0, 0);
	where();
	say("made writable", mount("null", "/view", MNT_UPDATE, target, sizeof target));
	say("write to it", nb_syscall(SYS_open, "/view/file", 1, 0, 0, 0, 0) >= 0);
	say("update of what is none", mount("null", "/usr", MNT_UPDATE, target, sizeof target));
	unions();
	own();
	for (fd = 3; fd < 20; fd++)
		nb_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
	say("unmount", nb_syscall(SYS_unmount, "/view", 0, 0, 0, 0, 0));
	say("again", nb_syscall(SYS_unmount, "/view", 0, 0, 0, 0, 0));
	say("setuid", nb_syscall(SYS_setuid, 7, 0, 0, 0, 0, 0));
	say("mount by a user", mount("tmpfs", "/view", 0, &tmpfs, sizeof tmpfs));
	say("unmount by a user", nb_syscall(SYS_unmount, "/mnt", 0, 0, 0, 0, 0));
	return 0;
}
