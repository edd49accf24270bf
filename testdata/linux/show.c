/* Prints what is in the files that are its arguments, or executes what comes after "exec". */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char buf[256];

	for (int i = 1; i < argc; i++) {
		int fd;
		ssize_t n;

		if (strcmp(argv[i], "exec") == 0) {
			fflush(stdout);
			execv(argv[i + 1], argv + i + 1);
			printf("%s: %s\n", argv[i + 1], strerrorname_np(errno));
			return 1;
		}
		fd = open(argv[i], O_RDONLY);
		if (fd < 0) {
			printf("%s: %s\n", argv[i], strerrorname_np(errno));
			continue;
		}
		n = read(fd, buf, sizeof buf);
		printf("%s: %.*s\n", argv[i], (int)n, buf);
		close(fd);
	}
	fflush(stdout);
	return 0;
}
