/* A program of Linux whose calls are tampered with: it does not mind what becomes of them. */
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static void nothing(int sig) { (void)sig; }

int main(void)
{
	char a[32], b[32];
	struct iovec in[2] = {{a, 8}, {b, sizeof b}}, out[2] = {{"one", 3}, {"two\n", 4}};
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(0x7f000001)}};
	int fd, null, p[2], s;

	signal(SIGUSR1, nothing);
	getuid();
	for (int i = 0; i < 4; i++) {
		memset(a, 'x', sizeof a);
		fd = open(i % 2 ? "b" : "a", O_RDONLY);
		read(fd, a, sizeof a);
		read(fd, a, 16);
		close(fd);
	}
	fd = open("b", O_RDWR);
	null = open("/dev/null", O_RDWR);
	readv(fd, in, 2);
	writev(null, out, 2);
	write(null, "\001\377~ text", 8);
	close(null);
	close(fd);
	if (pipe(p) == 0) {
		write(p[1], "p", 1);
		read(p[0], a, 16);
		close(p[0]);
		close(p[1]);
	}
	s = socket(AF_INET, SOCK_DGRAM, 0);
	bind(s, (void *)&sin, sizeof sin);
	close(s);
	s = socket(AF_INET6, SOCK_STREAM, 0);
	close(s);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	close(s);
	return 3;
}
