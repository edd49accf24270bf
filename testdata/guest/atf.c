/*
 * A test program of ATF's (atf-test-program(1)) without its library. Its cases
 * end in all the ways there are, those that agree with what they say of
 * themselves and those that do not.
 */
#include "../lib/nbsys.h"

#define SYS_getuid	24
#define SYS_nanosleep	430
#define SYS_getcwd	296

#define O_WRONLY	1
#define O_CREAT		0x200
#define O_EXCL		0x800

static const char *result_file;
static char **environment;
static const char *vars[8];
static int nvars;

static int same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

/* value finds NAME=value in a list. */
static const char *value(const char **list, int n, const char *name)
{
	size_t len = strlen(name);

	for (int i = 0; i < n && list[i]; i++) {
		size_t k = 0;

		while (k < len && list[i][k] == name[k])
			k++;
		if (k == len && list[i][k] == '=')
			return list[i] + k + 1;
	}
	return "";
}

static void say_result(const char *text)
{
	long fd = open(result_file, O_WRONLY | O_CREAT, 0644);

	sys3(SYS_write, fd, text, strlen(text));
	sys1(SYS_close, fd);
}

static int says(const char *text, int status)
{
	say_result(text);
	return status;
}

static void nap(int sec)
{
	struct timespec ts = { sec, 0 };

	sys2(SYS_nanosleep, &ts, 0);
}

static int die(int sig)
{
	sys2(SYS_kill, sys0(SYS_getpid), sig);
	nap(60);
	return 0;
}

static int ok_if(int good) { return good ? says("passed\n", 0) : says("failed: it is not so\n", 1); }

static int pass(void) { print("all is well\n"); return says("passed\n", 0); }
static int fail(void) { print("2 + 2 is 5\n"); return says("failed: arithmetic\n", 1); }
static int skip(void) { return says("skipped: no time\n", 0); }
static int liar(void) { return says("passed\n", 3); }
static int coward(void) { return says("failed: only a little\n", 0); }
static int silent(void) { return 4; }
static int killed(void) { return die(15); }
static int two_lines(void) { return says("failed: one\ntwo\n", 1); }
static int nonsense(void) { return says("perhaps\n", 0); }
static int sleeps(void) { nap(60); return 0; }
static int x_failure(void) { return says("expected_failure: PR 1\n", 0); }
static int x_failure_bad(void) { return says("expected_failure: PR 2\n", 1); }
static int x_death(void) { say_result("expected_death: PR 3\n"); return die(9); }
static int x_exit(void) { return says("expected_exit(7): PR 4\n", 7); }
static int x_exit_any(void) { return says("expected_exit: PR 5\n", 8); }
static int x_exit_bad(void) { return says("expected_exit(7): PR 6\n", 8); }
static int x_signal(void) { say_result("expected_signal(15): PR 7\n"); return die(15); }
static int x_signal_bad(void) { say_result("expected_signal(15): PR 8\n"); return die(9); }
static int x_timeout(void) { say_result("expected_timeout: PR 9\n"); nap(60); return 0; }
static int x_timeout_bad(void) { return says("expected_timeout: PR 10\n", 0); }
static int is_root(void) { return ok_if(sys0(SYS_getuid) == 0); }
static int is_nobody(void) { return ok_if(sys0(SYS_getuid) != 0 && open("mine", O_WRONLY | O_CREAT | O_EXCL, 0644) >= 0); }
static int has_var(void) { return ok_if(same(value(vars, nvars, "colour"), "green")); }

/* Each case has a directory of its own, which is HOME and TMPDIR. */
static int fresh(void)
{
	char cwd[256];
	const char *home = value((const char **)environment, 1 << 20, "HOME");

	print(home);
	if ((long)sys2(SYS_getcwd, cwd, sizeof cwd) < 0 || !same(home, cwd))
		return says("failed: HOME is another directory\n", 1);
	return ok_if(open("here", O_WRONLY | O_CREAT | O_EXCL, 0644) >= 0 &&
	    same(value((const char **)environment, 1 << 20, "TMPDIR"), cwd) &&
	    same(value((const char **)environment, 1 << 20, "TZ"), "UTC") &&
	    same(value((const char **)environment, 1 << 20, "LANG"), ""));
}

/* The cleanup part finds what the body has left. */
static int finds_file(void) { print("cleanup\n"); return open("here", O_WRONLY, 0) >= 0 ? 0 : 1; }
static int wrong(void) { return 1; }

static const struct {
	const char *name, *head;
	int (*body)(void), (*cleanup)(void);
} cases[] = {
	{ "pass", "descr: Does nothing: well\nX-colour: green\n", pass, 0 },
	{ "fail", "", fail, 0 },
	{ "skip", "", skip, 0 },
	{ "liar", "", liar, 0 },
	{ "coward", "", coward, 0 },
	{ "silent", "", silent, 0 },
	{ "killed", "", killed, 0 },
	{ "two_lines", "", two_lines, 0 },
	{ "nonsense", "", nonsense, 0 },
	{ "timeout", "timeout: 3\n", sleeps, 0 },
	{ "x_failure", "", x_failure, 0 },
	{ "x_failure_bad", "", x_failure_bad, 0 },
	{ "x_death", "", x_death, 0 },
	{ "x_exit", "", x_exit, 0 },
	{ "x_exit_any", "", x_exit_any, 0 },
	{ "x_exit_bad", "", x_exit_bad, 0 },
	{ "x_signal", "", x_signal, 0 },
	{ "x_signal_bad", "", x_signal_bad, 0 },
	{ "x_timeout", "timeout: 3\n", x_timeout, 0 },
	{ "x_timeout_bad", "timeout: 60\n", x_timeout_bad, 0 },
	{ "root", "require.user: root\n", is_root, 0 },
	{ "nobody", "require.user: unprivileged\n", is_nobody, 0 },
	{ "no_arch", "require.arch: vax alpha\n", pass, 0 },
	{ "no_machine", "require.machine: pmax\n", pass, 0 },
	{ "no_file", "require.files: / /nonexistent/file\n", pass, 0 },
	{ "no_prog", "require.progs: /bin/sh nonexistent-program\n", pass, 0 },
	{ "no_config", "require.config: shape\n", pass, 0 },
	{ "no_memory", "require.memory: 1000000T\n", pass, 0 },
	{ "var", "require.config: colour\n", has_var, 0 },
	{ "fresh_1", "", fresh, 0 },
	{ "fresh_2", "", fresh, 0 },
	{ "cleanup", "has.cleanup: true\n", fresh, finds_file },
	{ "cleanup_skip", "has.cleanup: true\n", skip, wrong },
	{ "cleanup_bad", "has.cleanup: true\n", pass, wrong },
	{ "cleanup_both_bad", "has.cleanup: true\n", fail, wrong },
};

static int list(void)
{
	print("Content-Type: application/X-atf-tp; version=\"1\"\n");
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		print("\nident: ");
		print(cases[i].name);
		print("\n");
		print(cases[i].head);
	}
	return 0;
}

/* run runs the part that "name", "name:body" or "name:cleanup" means. */
static int run(char *name)
{
	char *part = name;

	while (*part && *part != ':')
		part++;
	if (*part)
		*part++ = 0;
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (same(name, cases[i].name))
			return same(part, "cleanup") ? cases[i].cleanup() : cases[i].body();
	return 2;
}

int main(int argc, char **argv, char **envp)
{
	char *name = 0;

	environment = envp;
	for (int i = 1; i < argc; i++) {
		char *a = argv[i];

		if (same(a, "-l"))
			return list();
		if (a[0] == '-' && a[1] == 'r')
			result_file = a + 2;
		else if (a[0] == '-' && a[1] == 'v' && nvars < 8)
			vars[nvars++] = a + 2;
		else
			name = a;
	}
	return name ? run(name) : 2;
}
