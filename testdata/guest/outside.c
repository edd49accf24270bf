/* What a debugger that goes back must not do twice: a file is made, written, read, renamed and removed, standard input is read. */
#include "../lib/nbsys.h"

enum { SYS_ocreat = 8, SYS_unlink = 10, SYS_olstat = 40, SYS_otruncate = 129, SYS_rename = 128, SYS_mkdir = 136, SYS_rmdir };

static char buf[64], line[64], old[256];
static int got, failed;

static void __attribute__((noinline)) done(int status)
{
	sys1(SYS_exit, status); /* a place to stop at */
}

int main(int argc, char **argv, char **envp)
{
	int fd, i;

	failed += sys2(SYS_mkdir, "made", 0755) != 0;
	fd = sys3(SYS_open, "made/file", 0x0a02 /* O_RDWR | O_CREAT | O_EXCL */, 0644);
	for (i = 0; i < 3; i++)
		failed += sys3(SYS_write, fd, "written ", 8) != 8;
	sys1(SYS_close, fd);
	failed += sys2(SYS_rename, "made/file", "made/other") != 0;
	fd = sys2(SYS_open, "made/other", 0);
	got = sys3(SYS_read, fd, buf, 63);
	sys1(SYS_close, fd);
	failed += sys1(SYS_unlink, "made/other") != 0;
	fd = sys2(SYS_ocreat, "made/old", 0644);
	failed += sys3(SYS_write, fd, "written ", 8) != 8;
	sys1(SYS_close, fd);
	failed += sys2(SYS_otruncate, "made/old", 4) != 0;
	failed += sys2(SYS_olstat, "made/old", old) != 0;
	failed += sys1(SYS_unlink, "made/old") != 0;
	failed += sys1(SYS_rmdir, "made") != 0;
	failed += sys2(SYS_open, "made/other", 0) >= 0;
	got += sys3(SYS_read, 0, line, 63);
	print("input: ");
	print(line);
	done(failed ? 1 : 0);
	return 0;
}
