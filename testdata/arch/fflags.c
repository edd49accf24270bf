/* File flags, kept by the overlay and obeyed: for the super-user (ufs_vnops.c). The argument is a directory. */
#include "arch.h"

#define NR_link		9
#define NR_unlink	10
#define NR_chdir	12
#define NR_chmod	15
#define NR_chown	16
#define NR_setuid	23
#define NR_access	33
#define NR_chflags	34
#define NR_fchflags	35
#define NR_symlink	57
#define NR_rename	128
#define NR_mkdir	136
#define NR_lchflags	304
#define NR_utimes	420
#define NR_fstat	440
#define NR_lstat	441

#define UF_NODUMP	1
#define UF_IMMUTABLE	2
#define UF_APPEND	4
#define SF_ARCHIVED	0x10000
#define SF_IMMUTABLE	0x20000

#define O_WRONLY	1
#define O_APPEND	8
#define O_CREAT		0x200
#define O_TRUNC		0x400

struct stat {
	u64 dev;
	u32 mode;
	u64 ino;
	u32 nlink, uid, gid;
	u64 rdev;
	struct timespec atim, mtim, ctim, birthtim;
	i64 size, blocks;
	u32 blksize, flags, gen, spare[2];
};

static void flags(const char *file)
{
	static struct stat st[2];

	if (sys2(NR_lstat, file, st) != 0) {
		print("no file\n");
		return;
	}
	sayx(file, st->flags);
}

/* What a file with flags does not let happen. */
static void changes(const char *file)
{
	say("write", open(file, O_WRONLY, 0) < 0 ? open(file, O_WRONLY, 0) : 0);
	say("append", open(file, O_WRONLY | O_APPEND, 0) < 0 ? open(file, O_WRONLY | O_APPEND, 0) : 0);
	say("truncate and append", open(file, O_WRONLY | O_APPEND | O_TRUNC, 0) < 0 ? open(file, O_WRONLY | O_APPEND | O_TRUNC, 0) : 0);
	say("read", open(file, 0, 0) < 0 ? open(file, 0, 0) : 0);
	say("access", sys2(NR_access, file, 2));
	say("truncate", nb_syscall8(200, REG(file), REG(0), ARG64(0), REG(0), REG(0), REG(0)));
	say("chmod", sys2(NR_chmod, file, 0600));
	say("chown", sys3(NR_chown, file, 0, 0));
	say("utimes", sys2(NR_utimes, file, 0));
	say("link", sys2(NR_link, file, "another"));
	say("rename", sys2(NR_rename, file, "moved"));
	say("unlink", sys1(NR_unlink, file));
}

int main(int argc, char **argv, char **envp)
{
	int fd, early;

	sys1(NR_chdir, argv[1]);
	early = open("file", O_WRONLY | O_CREAT, 0644);
	flags("file");
	say("nodump, archived", sys2(NR_chflags, "file", UF_NODUMP | SF_ARCHIVED));
	flags("file");
	say("immutable", sys2(NR_chflags, "file", UF_IMMUTABLE));
	flags("file");
	changes("file");
	say("a descriptor from before writes", sys3(SYS_write, early, "x", 1));
	say("and cannot cut", nb_syscall8(201, REG(early), REG(0), ARG64(0), REG(0), REG(0), REG(0)));
	say("append only", sys2(NR_fchflags, early, UF_APPEND));
	changes("file");
	say("as root alone can", sys2(NR_chflags, "file", SF_IMMUTABLE));
	changes("file");
	say("none", sys2(NR_chflags, "file", 0));
	changes("file");
	flags("file");

	sys2(NR_mkdir, "dir", 0777);
	sys1(SYS_close, open("dir/in", O_WRONLY | O_CREAT, 0644));
	say("a directory", sys2(NR_chflags, "dir", UF_IMMUTABLE));
	say("nothing new", open("dir/new", O_WRONLY | O_CREAT, 0644));
	say("nothing gone", sys1(NR_unlink, "dir/in"));
	check("what is there can be written", open("dir/in", O_WRONLY, 0) >= 0);
	say("only more", sys2(NR_chflags, "dir", UF_APPEND));
	check("new", open("dir/new", O_WRONLY | O_CREAT, 0644) >= 0);
	say("nothing gone", sys1(NR_unlink, "dir/in"));
	say("none", sys2(NR_chflags, "dir", 0));

	sys2(NR_symlink, "dir", "link");
	say("of a link", sys2(NR_lchflags, "link", UF_NODUMP));
	flags("link");
	flags("dir");
	say("no such flags", sys2(NR_chflags, "dir", 0x100));

	sys2(NR_chflags, "dir/in", SF_ARCHIVED);
	sys3(NR_chown, "dir/in", 1000, 0);
	sys3(NR_chown, "dir", 1000, 0);
	sys2(NR_chflags, "dir/in", SF_ARCHIVED);
	sys1(NR_setuid, 1000);
	say("of a user's own", sys2(NR_chflags, "dir/in", SF_ARCHIVED | UF_NODUMP));
	flags("dir/in");
	say("what is root's", sys2(NR_chflags, "dir/in", UF_NODUMP));
	say("of another's", sys2(NR_chflags, "dir/new", UF_NODUMP));
	fd = open("dir/in", 0, 0);
	say("by a descriptor", sys2(NR_fchflags, fd, SF_ARCHIVED | UF_IMMUTABLE));
	say("holds for its owner", open("dir/in", O_WRONLY, 0));
	return 0;
}
