/*
 * Traces itself to the file that is its argument, in the version of records that the second one names; the test
 * reads the file. With only "child" it is what the traced one executes. It prints how its compiler lays out records.
 */
#include "arch.h"

#define SYS_getuid	24
#define SYS_ktrace	45
#define SYS_utrace	306

struct ktr_header {
	int len;
	short type, version;
	int pid;
	char comm[17];
	union {
		struct {
			struct {
				int sec;
				long usec;
			} tv;
			const void *buf;
		} v0;
		struct {
			struct {
				int sec;
				long nsec;
			} ts;
			int lid;
		} v1;
		struct {
			struct {
				i64 sec;
				long nsec;
			} ts;
			int lid;
		} v2;
	} v;
};

struct ktr_psig {
	int signo;
	void *action;
	u32 mask[4];
	int code;
};

struct ktr_psig_siginfo {
	struct ktr_psig psig;
	struct siginfo si;
};

struct ktr_sysret {
	short code, eosys;
	int error;
	nb_reg retval[2];
};

static void caught(int sig, struct siginfo *si, void *uc) { }

int main(int argc, char **argv, char **envp)
{
	char *args[] = { argv[0], "child", "with words", 0 }, *env[] = { "TRACED=1", 0 };
	int version = argc > 2 ? argv[2][0] - '0' : 0, mib[2] = { 1, 1 }, status = 0;
	char buf[16];
	size_t len = sizeof buf;
	nb_reg r;

	if (argc < 2 || same(argv[1], "child")) {
		sys0(SYS_getuid);
		return 7;
	}
	say("header", (long)&((struct ktr_header *)0)->v);
	say("v0", sizeof ((struct ktr_header *)0)->v.v0);
	say("v1", sizeof ((struct ktr_header *)0)->v.v1);
	say("v2", sizeof ((struct ktr_header *)0)->v.v2);
	say("psig", sizeof(struct ktr_psig));
	say("siginfo", (long)&((struct ktr_psig_siginfo *)0)->si);
	say("sysret", sizeof(struct ktr_sysret));

	say("no file", sys4(SYS_ktrace, "/nonexistent", 0, 0xffff, 0));
	say("a directory", sys4(SYS_ktrace, "/", 0, 0xffff, sys0(SYS_getpid)));
	say("no facilities", sys4(SYS_ktrace, argv[1], 0, 0, sys0(SYS_getpid)));
	say("no process", sys4(SYS_ktrace, argv[1], 0, 0xffff, 29999999));
	say("no such version", sys4(SYS_ktrace, argv[1], 7 << 24, 0xffff, sys0(SYS_getpid)));
	on_signal(SIGUSR1, caught, 0);

	/* Everything but context switches, for children too. */
	say("ktrace", sys4(SYS_ktrace, argv[1], version << 24, 0x4000ffbf, sys0(SYS_getpid)));
	sys3(SYS_utrace, "a label that is too long", "user data", 9);
	sys3(SYS_utrace, "label", 1, 9);
	sys3(SYS_utrace, "label", "user data", 9);
	open("/nonexistent", 0, 0);
	sys3(SYS_write, 1, "written\n", 8);
	nb_syscall8(SYS_lseek, REG(99), REG(0), ARG64(0x123456789), REG(1));
	sys2(SYS_kill, sys0(SYS_getpid), SIGUSR1);
	nb_syscall(SYS___sysctl, mib, 2, buf, &len, 0, 0);
	r = fork();
	if (r == 0) {
		sys3(SYS_execve, argv[0], args, env);
		exit(1);
	}
	sys4(SYS_wait4, r, &status, 0, 0);
	sys4(SYS_ktrace, 0, 1 | version << 24, 0xffff, sys0(SYS_getpid));
	sys0(SYS_getuid);
	say("status", status >> 8);
	say("nothing traced", sys4(SYS_ktrace, argv[1], 2, 0, 0));
	say("utrace", sys3(SYS_utrace, "label", "x", 1));
	return 0;
}
