/* What a new program finds: arguments, environment, the auxiliary vector, ps_strings. */
#include "arch.h"

struct ps_strings {
	char **argv;
	int nargv;
	char **env;
	int nenv;
};

struct aux {
	u32 type;
	unsigned long value;
};

extern char _start[];

int main(int argc, char **argv, char **envp)
{
	struct ps_strings *ps = nb_psstrings;
	struct aux *a;
	int nenv = 0, i;

	say("argc", argc);
	for (i = 0; i < argc; i++)
		if (i > 0) {
			print(argv[i]);
			print("\n");
		}
	for (; envp[nenv]; nenv++) {
		print(envp[nenv]);
		print("\n");
	}
	check("argv ends", argv[argc] == 0);
	check("ps_strings", ps->argv == argv && ps->nargv == argc && ps->env == envp && ps->nenv == nenv);
	check("stack alignment", ((unsigned long)argv & (sizeof(long) - 1)) == 0);
	for (a = (struct aux *)(envp + nenv + 1); a->type != 0; a++)
		switch (a->type) {
		case 3:
			check("AT_PHDR", a->value != 0);
			break;
		case 4:
			check("AT_PHENT", a->value == (sizeof(long) == 8 ? 56 : 32));
			break;
		case 5:
			check("AT_PHNUM", a->value > 0 && a->value < 20);
			break;
		case 6:
			check("AT_PAGESZ", a->value >= 4096 && (a->value & (a->value - 1)) == 0);
			break;
		case 9:
			check("AT_ENTRY", a->value == (unsigned long)_start);
			break;
		case 7: case 8: case 13: case 2000: case 2001: case 2002: case 2003: case 2014:
			say("auxiliary entry", a->type);
			break;
		default:
			say("unknown auxiliary entry", a->type);
		}
	return 0;
}
