/* Terminals: their modes, characters, speeds and sizes, whose numbers not all machines have the same. */
#include "say.h"
#include <sys/ioctl.h>
#include <termios.h>

#define FLAG(what, name) printf("%s%s ", t.what & name ? "" : "-", #name)

static void show(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) != 0) {
		say("tcgetattr", -1);
		return;
	}
	FLAG(c_iflag, ICRNL); FLAG(c_iflag, IXON); FLAG(c_iflag, IXANY); FLAG(c_iflag, ISTRIP); FLAG(c_iflag, IXOFF);
	FLAG(c_oflag, OPOST); FLAG(c_oflag, ONLCR); FLAG(c_oflag, OCRNL); FLAG(c_oflag, ONLRET);
	FLAG(c_cflag, CREAD); FLAG(c_cflag, PARENB); FLAG(c_cflag, HUPCL); FLAG(c_cflag, CLOCAL); FLAG(c_cflag, CSTOPB);
	FLAG(c_lflag, ISIG); FLAG(c_lflag, ICANON); FLAG(c_lflag, ECHO); FLAG(c_lflag, ECHOE); FLAG(c_lflag, ECHOK); FLAG(c_lflag, ECHONL);
	FLAG(c_lflag, NOFLSH); FLAG(c_lflag, TOSTOP); FLAG(c_lflag, IEXTEN); FLAG(c_lflag, ECHOCTL); FLAG(c_lflag, ECHOKE);
	printf("bits %d ", (t.c_cflag & CSIZE) == CS8 ? 8 : (t.c_cflag & CSIZE) == CS7 ? 7 : 0);
	if (t.c_lflag & ICANON)
		printf("eof %d eol %d ", t.c_cc[VEOF], t.c_cc[VEOL]);
	else
		printf("min %d time %d ", t.c_cc[VMIN], t.c_cc[VTIME]);
	printf("intr %d susp %d start %d lnext %d werase %d eol2 %d ", t.c_cc[VINTR], t.c_cc[VSUSP], t.c_cc[VSTART], t.c_cc[VLNEXT],
		t.c_cc[VWERASE], t.c_cc[VEOL2]);
	speed_t s = cfgetospeed(&t);
	printf("speed %d\n", s == B115200 ? 115200 : s == B38400 ? 38400 : s == B9600 ? 9600 : -1);
	fflush(stdout);
}

int main(void)
{
	int m = posix_openpt(O_RDWR | O_NOCTTY), s, n = -1;
	struct termios t;
	struct winsize w = { 30, 90, 0, 0 }, got;

	grantpt(m);
	unlockpt(m);
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	show(s);
	tcgetattr(s, &t);
	t.c_lflag |= TOSTOP | NOFLSH;
	t.c_iflag |= IXANY;
	t.c_cc[VEOF] = 5;
	t.c_cc[VEOL2] = 9;
	cfsetspeed(&t, B115200);
	say("now", tcsetattr(s, TCSANOW, &t));
	show(s);
	cfmakeraw(&t);
	t.c_cc[VMIN] = 3;
	t.c_cc[VTIME] = 7;
	cfsetspeed(&t, B9600);
	say("drained", tcsetattr(s, TCSADRAIN, &t));
	show(s);
	t.c_cflag = (t.c_cflag & ~CSIZE) | CS7 | PARENB;
	say("flushed", tcsetattr(s, TCSAFLUSH, &t));
	show(s);
	say("size", ioctl(s, TIOCSWINSZ, &w));
	say("size", ioctl(m, TIOCGWINSZ, &got));
	printf("%d %d\n", got.ws_row, got.ws_col);
	say("write", write(m, "abc", 3));
	do
		ioctl(s, FIONREAD, &n);
	while (n < 3);
	say("flush", tcflush(s, TCIFLUSH));
	ioctl(s, FIONREAD, &n);
	printf("%d\n", n);
	say("no terminal", ioctl(open("/dev/null", O_RDONLY), TIOCGWINSZ, &got));
	return 0;
}
