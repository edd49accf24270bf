/* Calls that take names, each asked about kinds of names, for matrix.c. The tree is made anew for each of them. */

static char names_255[256 + 8], names_256[256 + 8], path_1023[1100], path_1024[1100];

/* The names, and what they are called in the table. */
static const struct { const char *kind, *name; } namekinds[] = {
	{ "file", "t/file" }, { "dir", "t/dir" }, { "full", "t/full" }, { "fifo", "t/fifo" }, { "missing", "t/missing" },
	{ "link", "t/link" }, { "dirlink", "t/dirlink" }, { "dangling", "t/dangling" }, { "loop", "t/loop" },
	{ "sock", "t/sock" }, { "dot", "." }, { "dotdot", ".." }, { "dir-dot", "t/dir/." }, { "dir-dotdot", "t/dir/.." },
	{ "missing-dot", "t/missing/." }, { "root", "/" }, { "empty", "" }, { "slash-file", "t/file/" }, { "slash-dir", "t/dir/" },
	{ "slash-missing", "t/missing/" }, { "slash-link", "t/link/" }, { "slash-dirlink", "t/dirlink/" },
	{ "slash-dangling", "t/dangling/" }, { "slash-loop", "t/loop/" }, { "slash-fifo", "t/fifo/" }, { "slashes-dir", "t//dir///" },
	{ "under-file", "t/file/x" }, { "under-missing", "t/missing/x" }, { "under-link", "t/link/x" }, { "under-loop", "t/loop/x" },
	{ "under-dirlink", "t/dirlink/x" }, { "file-dot", "t/file/." }, { "file-dotdot", "t/file/.." }, { "chain", "t/chain" },
	{ "n255", names_255 }, { "n256", names_256 }, { "p1023", path_1023 }, { "p1024", path_1024 },
};

static void tree(void)
{
	struct sockaddr_un un = { 0, 1, "t/sock" };

	un.len = 8;
	sys2(NR_mkdir, "t", 0755);
	sys1(SYS_close, open("t/file", O_RDWR | O_CREAT, 0644));
	sys1(SYS_close, open("t/other", O_RDWR | O_CREAT, 0644));
	sys2(NR_mkdir, "t/dir", 0755);
	sys2(NR_mkdir, "t/otherdir", 0755);
	sys2(NR_mkdir, "t/full", 0755);
	sys1(SYS_close, open("t/full/x", O_RDWR | O_CREAT, 0644));
	sys2(NR_mkfifo, "t/fifo", 0644);
	sys2(NR_symlink, "file", "t/link");
	sys2(NR_symlink, "dir", "t/dirlink");
	sys2(NR_symlink, "nowhere", "t/dangling");
	sys2(NR_symlink, "loop", "t/loop");
	sys2(NR_symlink, "link", "t/chain");
	int s = sock(1, 1, 0);
	sys3(NR_bind, s, &un, un.len);
	sys1(SYS_close, s);
}

static void untree(void)
{
	static const char *const all[] = { "t/file", "t/other", "t/full/x", "t/fifo", "t/link", "t/dirlink", "t/dangling", "t/loop",
		"t/chain", "t/sock", "t/missing", "t/nowhere", "t/new/x", "t/new", "t/dir/x", "t/dir/new", "t/dir/new/x", "t/otherdir/x" };

	static const char *const dirs[] = { "t/dir", "t/otherdir", "t/full" };

	for (int round = 0; round < 2; round++) {
		for (u32 i = 0; i < sizeof all / sizeof all[0]; i++)
			if (sys1(NR_unlink, all[i]) == -1)
				sys1(NR_rmdir, all[i]);
		if (sys1(NR_unlink, names_255) == -1)
			sys1(NR_rmdir, names_255);
		for (u32 i = 0; i < 3; i++)
			if (sys1(NR_rmdir, dirs[i]) < 0)
				sys1(NR_unlink, dirs[i]);
		if (sys1(NR_rmdir, "t") == 0)
			break;
	}
}

/* R: a call that changes no names; N: one that may. */
#define R(op, call) tell(op, call)
#define N(op, call) do { tree(); tell(op, call); untree(); } while (0)
/* One that opens. */
static i64 opens(const char *name, int flags)
{
	i64 fd = open(name, flags, 0644);

	if (fd >= 0)
		sys1(SYS_close, fd);
	return fd < 0 ? fd : 0;
}

static void name_is(const char *kind, const char *p)
{
	static struct stat st;
	static char buf[4096];
	struct timeval tv[2] = { { 1, 0 }, { 1, 0 } };
	i64 r;

	kinds[nkinds++] = kind;
	lastcall = -1;
	tree();
	r = sys2(NR_stat, p, &st);
	if (r < 0)
		puterr(r);
	else
		puthex(st.mode & 0170000);
	note("stat");
	r = sys2(NR_lstat, p, &st);
	if (r < 0)
		puterr(r);
	else
		puthex(st.mode & 0170000);
	note("lstat");
	R("access", sys2(NR_access, p, 0));
	R("access w", sys2(NR_access, p, 2));
	R("access odd", sys2(NR_access, p, 8));
	R("open r", opens(p, O_RDONLY | O_NONBLOCK));
	R("open w", opens(p, O_WRONLY | O_NONBLOCK));
	R("open rw", opens(p, O_RDWR | O_NONBLOCK));
	R("open none", opens(p, 3 | O_NONBLOCK));
	R("open trunc r", opens(p, O_RDONLY | O_TRUNC | O_NONBLOCK));
	R("open trunc w", opens(p, O_WRONLY | O_TRUNC | O_NONBLOCK));
	R("open nofollow", opens(p, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
	R("open directory", opens(p, O_RDONLY | O_DIRECTORY | O_NONBLOCK));
	R("open search", opens(p, O_SEARCH | O_NONBLOCK));
	R("open exlock", opens(p, O_RDONLY | O_EXLOCK | O_NONBLOCK));
	R("readlink", sys3(NR_readlink, p, buf, 100));
	R("readlink 0", sys3(NR_readlink, p, buf, 0));
	R("chmod", sys2(NR_chmod, p, 0755));
	R("lchmod", sys2(NR_lchmod, p, 0755));
	R("chown", sys3(16, p, -1, -1));
	R("lchown", sys3(NR_lchown, p, -1, -1));
	R("utimes", sys2(NR_utimes, p, tv));
	R("lutimes", sys2(NR_lutimes, p, tv));
	R("truncate", nb_syscall8(NR_truncate, REG(p), REG(0), ARG64(5), REG(0), REG(0), REG(0), REG(0)));
	R("statvfs", sys3(NR_statvfs, p, buf, 1));
	R("pathconf", sys2(NR_pathconf, p, 4));
	R("fstatat nofollow", sys4(NR_fstatat, AT_FDCWD, p, &st, AT_SYMLINK_NOFOLLOW));
	R("faccessat nofollow", sys4(NR_faccessat, AT_FDCWD, p, 0, AT_SYMLINK_NOFOLLOW));
	R("extattr_get_file", sys5(NR_extattr_get_file, p, 1, "none", buf, 10));
	r = sys1(NR_chdir, p);
	sys1(NR_fchdir, here);
	tell("chdir", r);
	untree();
	N("open creat", opens(p, O_RDONLY | O_CREAT | O_NONBLOCK));
	N("open creat w", opens(p, O_RDWR | O_CREAT | O_NONBLOCK));
	N("open excl", opens(p, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK));
	N("open nofollow creat", opens(p, O_RDWR | O_NOFOLLOW | O_CREAT | O_NONBLOCK));
	N("open directory creat", opens(p, O_RDONLY | O_DIRECTORY | O_CREAT | O_NONBLOCK));
	N("mkdir", sys2(NR_mkdir, p, 0755));
	N("rmdir", sys1(NR_rmdir, p));
	N("unlink", sys1(NR_unlink, p));
	N("unlinkat dir", sys3(NR_unlinkat, AT_FDCWD, p, AT_REMOVEDIR));
	N("mkfifo", sys2(NR_mkfifo, p, 0644));
	N("mknod", sys3(NR_mknod, p, 0020644, 0x202));
	N("mknod file", sys3(NR_mknod, p, 0100644, 0));
	N("mknod dir", sys3(NR_mknod, p, 0040644, 0));
	N("symlink at", sys2(NR_symlink, "target", p));
	N("symlink to", sys2(NR_symlink, p, "t/new"));
	N("link from", sys2(NR_link, p, "t/new"));
	N("link to", sys2(NR_link, "t/other", p));
	N("linkat from", sys5(NR_linkat, AT_FDCWD, p, AT_FDCWD, "t/new", 0));
	N("linkat from follow", sys5(NR_linkat, AT_FDCWD, p, AT_FDCWD, "t/new", 0x400));
	N("link dir to", sys2(NR_link, "t/otherdir", p));
	N("rename from", sys2(NR_rename, p, "t/new"));
	N("rename file to", sys2(NR_rename, "t/other", p));
	N("rename dir to", sys2(NR_rename, "t/otherdir", p));
	N("rename to file", sys2(NR_rename, p, "t/other"));
	N("rename to dir", sys2(NR_rename, p, "t/otherdir"));
	N("rename to full", sys2(NR_rename, p, "t/full"));
	N("rename to slash", sys2(NR_rename, p, "t/new/"));
	N("rename into", sys2(NR_rename, p, "t/dir/new"));
	N("rename itself", sys2(NR_rename, p, p));
	N("rename under file", sys2(NR_rename, p, "t/file/x"));
	N("rename to long", sys2(NR_rename, p, names_256));
	N("rename missing to", sys2(NR_rename, "t/nothing", p));
	N("posix_rename itself", sys2(NR_posix_rename, p, p));
	struct sockaddr_un un = { 106, 1, "" };
	for (u32 i = 0; i < 103 && i <= strlen(p); i++)
		un.path[i] = p[i];
	int s = sock(1, 1, 0);
	N("bind", sys3(NR_bind, s, &un, 106));
	sys1(SYS_close, s);
	s = sock(1, 1, 0);
	N("connect", sys3(NR_connect, s, &un, 106));
	sys1(SYS_close, s);
}

static void names(const char *only)
{
	for (int i = 0; i < 256; i++) {
		names_255[i] = i < 255 ? 'n' : 0;
		names_256[i] = 'n';
	}
	for (int i = 0; i < 1024; i++)
		path_1023[i] = path_1024[i] = i % 2 ? '/' : '.';
	path_1023[1023] = 0;
	path_1024[1023] = '.';
	untree();
	for (u32 i = 0; i < sizeof namekinds / sizeof namekinds[0]; i++)
		if (!only || same(only, namekinds[i].kind))
			name_is(namekinds[i].kind, namekinds[i].name);
}
