/*
 * What a process may do with files and others by what it has of root's rights: all of them, those that it did not give up,
 * single ones that a user kept. Needs root and a directory of its own.
 */
#define WORDS 60
#include "table.h"
#include <grp.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <linux/capability.h>

static volatile struct { long result; int error, done; } *sh;
static pid_t other; /* a process of another user */

static void set_caps(unsigned long long effective, unsigned long long permitted)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { effective, permitted, 0 }, { effective >> 32, permitted >> 32, 0 } };

	if (syscall(SYS_capset, &h, d) < 0)
		_exit(98);
}

#define C(x) (1ull << CAP_##x)
#define MOST (((1ull << 32) - 1) & ~C(SYS_RESOURCE)) /* not every machine's root has that one */

static void user(void) { if (setgroups(0, NULL) || setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000)) _exit(98); }
static void user_with(unsigned long long caps)
{
	prctl(PR_SET_KEEPCAPS, 1);
	user();
	set_caps(caps, caps);
}

static void root_all(void) { set_caps(MOST, MOST); }
static void root_none(void) { set_caps(0, 0); }
static void root_could(void) { set_caps(0, MOST); }
static void root_no_dac(void) { set_caps(MOST & ~C(DAC_OVERRIDE) & ~C(DAC_READ_SEARCH), MOST); }
static void root_no_fowner(void) { set_caps(MOST & ~C(FOWNER), MOST); }
static void root_no_chown(void) { set_caps(MOST & ~C(CHOWN), MOST); }
static void root_no_kill(void) { set_caps(MOST & ~C(KILL), MOST); }
static void dac_override(void) { user_with(C(DAC_OVERRIDE)); }
static void dac_read(void) { user_with(C(DAC_READ_SEARCH)); }
static void fowner(void) { user_with(C(FOWNER)); }
static void chowner(void) { user_with(C(CHOWN)); }
static void killer(void) { user_with(C(KILL)); }
static void setuider(void) { user_with(C(SETUID)); }
static void setgider(void) { user_with(C(SETGID)); }
static void binder(void) { user_with(C(NET_BIND_SERVICE)); }
static void noder(void) { user_with(C(MKNOD)); }
static void chrooter(void) { user_with(C(SYS_CHROOT)); }
static void nicer(void) { user_with(C(SYS_NICE)); }
static void kept(void) { prctl(PR_SET_KEEPCAPS, 1); user(); }
static void saved(void) { if (setgroups(0, NULL) || setresgid(1000, 1000, 0) || setresuid(1000, 1000, 0)) _exit(98); }
static void fsuser(void) { setgroups(0, NULL); setfsgid(1000); setfsuid(1000); }
static void in_group(void) { gid_t g = 3000; if (setgroups(1, &g) || setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000)) _exit(98); }

static const struct { const char *name; void (*become)(void); } whos[] = {
	{ "root", root_all }, { "root-without", root_none }, { "root-could", root_could }, { "root-no-dac", root_no_dac }, { "root-no-fowner", root_no_fowner },
	{ "root-no-chown", root_no_chown }, { "root-no-kill", root_no_kill }, { "user", user }, { "kept", kept }, { "saved", saved }, { "fsuser", fsuser }, { "in-group", in_group },
	{ "dac-override", dac_override }, { "dac-read", dac_read }, { "fowner", fowner }, { "chown", chowner }, { "kill", killer }, { "setuid", setuider },
	{ "setgid", setgider }, { "bind", binder }, { "mknod", noder }, { "chroot", chrooter }, { "nice", nicer },
};

static int bind_low(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(617), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&in, sizeof in);
}

static int times_of(const char *name, int now)
{
	struct timespec ts[2] = { { 5, 0 }, { 5, 0 } };

	return utimensat(AT_FDCWD, name, now ? NULL : ts, 0);
}

static int opened(const char *name, int flags)
{
	int fd = open(name, flags, 0644);

	return fd < 0 ? -1 : 0;
}

static int mode_of(const char *name)
{
	struct stat st;

	return stat(name, &st) < 0 ? -1 : st.st_mode & 07777;
}

/* A file's mode after it was made so, or had its owner changed. */
static int mode_after(int r, const char *name) { return r < 0 ? -1 : mode_of(name); }

#define FILES(X, f) \
	X("read " f, opened(f, O_RDONLY)) X("write " f, opened(f, O_WRONLY)) X("trunc " f, truncate(f, 1)) X("noatime " f, opened(f, O_RDONLY | O_NOATIME)) \
	X("access r " f, access(f, R_OK)) X("access w " f, access(f, W_OK)) X("access x " f, access(f, X_OK)) X("eaccess w " f, faccessat(AT_FDCWD, f, W_OK, AT_EACCESS)) \
	X("chmod " f, chmod(f, 0604)) X("chmod s " f, mode_after(chmod(f, 06755), f)) X("chown uid " f, chown(f, 1000, -1)) X("chown gid " f, chown(f, -1, 3000)) \
	X("chown own " f, chown(f, -1, 1000)) X("chown none " f, chown(f, -1, -1)) X("times " f, times_of(f, 0)) X("times now " f, times_of(f, 1)) \
	X("setxattr " f, syscall(SYS_setxattr, f, "user.x", "y", 1, 0)) X("getxattr " f, syscall(SYS_getxattr, f, "user.x", &(char[9]){ 0 }, 9)) X("setxattr trusted " f, syscall(SYS_setxattr, f, "trusted.x", "y", 1, 0)) \
	X("link " f, link(f, "new")) X("lease " f, fcntl(open(f, O_RDONLY), F_SETLEASE, F_RDLCK)) X("exec " f, execl(f, f, NULL))

#define CALLS_OF(X) \
	FILES(X, "roots") FILES(X, "users") FILES(X, "others") FILES(X, "groups") FILES(X, "private/file") FILES(X, "sticky/others") \
	X("unlink sticky", unlink("sticky/others")) X("rename sticky", rename("sticky/others", "sticky/new")) X("create sticky", opened("sticky/others", O_WRONLY | O_CREAT)) X("unlink sticky own", unlink("sticky/users")) \
	X("create", opened("new", O_WRONLY | O_CREAT)) X("create private", opened("private/new", O_WRONLY | O_CREAT)) X("unlink private", unlink("private/file")) X("mkdir private", mkdir("private/d", 0755)) \
	X("chdir private", chdir("private")) X("list private", opened("private", O_RDONLY | O_DIRECTORY)) X("create setgid", mode_after(opened("setgid/new", O_WRONLY | O_CREAT), "setgid/new")) \
	X("mkdir setgid", mode_after(mkdir("setgid/d", 0755), "setgid/d")) X("chmod setgid", mode_after(chmod("setgid/users", 02755), "setgid/users")) X("symlink", symlink("x", "open/new")) \
	X("mknod null", mknod("open/new", S_IFCHR | 0666, makedev(1, 3))) X("mkfifo", mkfifo("open/new", 0600)) X("chroot", chroot(".")) X("chown s", mode_after(chown("sbits", -1, 1000), "sbits")) X("write s", mode_after(write(open("sbits", O_WRONLY), "x", 1), "sbits")) \
	X("kill other", kill(other, 0)) X("kill root", kill(getppid(), 0)) X("setpriority other", setpriority(PRIO_PROCESS, other, 2)) X("sched other", syscall(SYS_sched_setscheduler, other, SCHED_BATCH, &(struct sched_param){ 0 })) \
	X("attach other", ptrace(PTRACE_SEIZE, other, 0, 0)) X("nice -1", setpriority(PRIO_PROCESS, 0, -1)) X("fifo", syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &(struct sched_param){ 1 })) \
	X("setuid 0", setuid(0)) X("setuid 7", setuid(7)) X("seteuid 0", seteuid(0)) X("setreuid 7 8", setreuid(7, 8)) X("setresuid -1 -1 7", setresuid(-1, -1, 7)) X("setfsuid 7", (setfsuid(7), setfsuid(-1))) \
	X("setgid 0", setgid(0)) X("setgid 7", setgid(7)) X("setegid 7", setegid(7)) X("setresgid -1 -1 7", setresgid(-1, -1, 7)) X("setgroups", setgroups(0, NULL)) X("setfsgid 7", (setfsgid(7), setfsgid(-1))) \
	X("bind 617", bind_low()) X("sethostname", (errno = 0, syscall(SYS_sethostname, "x", -1))) X("settimeofday", settimeofday(&(struct timeval){ -1, 0 }, NULL)) X("mount", syscall(SYS_mount, "none", "open", "none", 0, NULL)) \
	X("acct", syscall(SYS_acct, "no such file")) X("reboot", syscall(SYS_reboot, 0, 0, 0, 0)) X("swapon", syscall(SYS_swapon, "no such file", 0)) X("open_by_handle", syscall(SYS_open_by_handle_at, AT_FDCWD, &(int[9]){ 0 }, 0)) \
	X("securebits", prctl(PR_SET_SECUREBITS, 0)) X("bounding", prctl(PR_CAPBSET_DROP, CAP_SYS_TTY_CONFIG)) X("dumpable", prctl(PR_GET_DUMPABLE)) X("keepcaps", prctl(PR_GET_KEEPCAPS)) \
	X("ambient", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0)) X("nofile up", setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 100, 1 << 24 })) X("unshare uts", unshare(0x04000000)) X("mlockall", 0)

#define NAME_OF(name, call) name,
static const char *names[] = { CALLS_OF(NAME_OF) };
#define CASE_OF(name, call) if (which-- == 0) return (long)(call);
static long do_call(int which)
{
	CALLS_OF(CASE_OF)
	return -3;
}

static void make(const char *name, int mode, int uid, int gid)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (write(fd, "0123456789", 10) != 10 || fchown(fd, uid, gid) < 0 || fchmod(fd, mode) < 0)
		exit(97);
	close(fd);
}

static void make_dir(const char *name, int mode, int uid, int gid)
{
	if (mkdir(name, 0700) < 0 || chown(name, uid, gid) < 0 || chmod(name, mode) < 0)
		exit(97);
}

static void make_all(const char *dir)
{
	make_dir(dir, 0755, 0, 0);
	if (chdir(dir) < 0)
		exit(97);
	make("roots", 0600, 0, 0);
	make("users", 0600, 1000, 1000);
	make("others", 0644, 2000, 2000);
	make("groups", 0664, 2000, 3000);
	make("sbits", 06777, 2000, 3000);
	make_dir("open", 0777, 0, 0);
	make_dir("private", 0700, 2000, 2000);
	make("private/file", 0644, 2000, 2000);
	make_dir("sticky", 01777, 0, 0);
	make("sticky/others", 0666, 2000, 2000);
	make("sticky/users", 0644, 1000, 1000);
	make_dir("setgid", 02777, 2000, 3000);
	make("setgid/users", 0644, 1000, 3000);
}

static void cell(int who, int which)
{
	int status;
	pid_t pid;
	char dir[40];

	sprintf(dir, "creds.%d.%d", who, which);
	memset((void *)sh, 0, sizeof *sh);
	if ((pid = fork()) == 0) {
		alarm(20);
		umask(022);
		make_all(dir);
		whos[who].become();
		errno = 0;
		sh->result = do_call(which);
		sh->error = errno;
		sh->done = 1;
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (!sh->done)
		note(names[which], WIFSIGNALED(status) ? "ended by %s" : "exits", signal_name(WTERMSIG(status)));
	else {
		errno = sh->error;
		tell(names[which], sh->result);
	}
}

int main(int argc, char **argv)
{
	const char *only = argc > 2 ? argv[2] : NULL, *call = argc > 3 ? argv[3] : NULL;

	if (argc < 2 || chdir(argv[1]) < 0 || chmod(".", 0755) < 0)
		return 1;
	sh = mmap(NULL, sizeof *sh, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if ((other = fork()) == 0) {
		if (setresuid(2000, 2000, 2000))
			_exit(1);
		for (;;)
			pause();
	}
	while (getpriority(PRIO_PROCESS, other) != 0)
		;
	usleep(20000);
	for (size_t i = 0; i < sizeof whos / sizeof whos[0]; i++) {
		if (only && *only && strcmp(only, whos[i].name))
			continue;
		objects[nobjects++] = whos[i].name;
		for (size_t j = 0; j < sizeof names / sizeof names[0]; j++)
			if (!call || !strcmp(call, names[j]))
				cell(i, j);
	}
	print();
	kill(other, SIGKILL);
	return 0;
}
