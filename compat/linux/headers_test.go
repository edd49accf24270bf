package linux

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// headerNames are those whose numbers machines have reason to differ in, by what they are.
var headerNames = map[string]string{
	"errno": `EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP ENOMSG EIDRM ENOSTR ENODATA ETIME ENOSR ENOLINK EPROTO EMULTIHOP EBADMSG
EOVERFLOW EILSEQ EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT
EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN
ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS ESTALE EDQUOT ECANCELED EOWNERDEAD ENOTRECOVERABLE
EREMOTE ENOKEY EKEYEXPIRED EKEYREVOKED EKEYREJECTED EPERM ENOENT EINTR EAGAIN ENOMEM ERANGE`,
	"signal": `SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM SIGCHLD
SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPWR SIGSYS`,
	"sighow": "SIG_BLOCK SIG_UNBLOCK SIG_SETMASK",
	"action": "SA_NOCLDSTOP SA_NOCLDWAIT SA_SIGINFO SA_ONSTACK SA_RESTART SA_NODEFER SA_RESETHAND",
	"open":   "O_CREAT O_EXCL O_NOCTTY O_TRUNC O_APPEND O_NONBLOCK O_DSYNC O_SYNC O_ASYNC O_DIRECT O_DIRECTORY O_NOFOLLOW O_NOATIME O_CLOEXEC O_PATH O_TMPFILE",
	"fcntl":  "F_DUPFD F_GETFD F_SETFD F_GETFL F_SETFL F_GETLK F_SETLK F_SETLKW F_SETOWN F_GETOWN F_SETSIG F_GETSIG F_DUPFD_CLOEXEC F_GETPIPE_SZ F_ADD_SEALS F_SETLEASE F_OFD_SETLK",
	"map":    "MAP_SHARED MAP_PRIVATE MAP_FIXED MAP_ANONYMOUS MAP_GROWSDOWN MAP_LOCKED MAP_NORESERVE MAP_FIXED_NOREPLACE",
	"sockopt": `SO_DEBUG SO_REUSEADDR SO_TYPE SO_ERROR SO_DONTROUTE SO_BROADCAST SO_SNDBUF SO_RCVBUF SO_KEEPALIVE SO_OOBINLINE SO_LINGER SO_REUSEPORT
SO_PASSCRED SO_PEERCRED SO_RCVLOWAT SO_SNDLOWAT SO_ACCEPTCONN SO_PROTOCOL SO_DOMAIN SO_SNDBUFFORCE SO_RCVBUFFORCE SO_TIMESTAMPNS SO_MARK SO_BINDTODEVICE`,
	"ioctl": `TIOCSCTTY TIOCGPGRP TIOCSPGRP TIOCOUTQ TIOCGWINSZ TIOCSWINSZ FIONREAD FIONBIO TIOCNOTTY TIOCGSID FIONCLEX FIOCLEX FIOASYNC
TIOCEXCL TIOCNXCL TIOCSTI TCSBRK TCXONC TCFLSH TIOCGPTN TIOCSPTLCK TIOCGPTLCK TIOCGPTPEER TIOCSIG`,
	"rlimit": "RLIMIT_CPU RLIMIT_FSIZE RLIMIT_DATA RLIMIT_STACK RLIMIT_CORE RLIMIT_RSS RLIMIT_NPROC RLIMIT_NOFILE RLIMIT_MEMLOCK RLIMIT_AS",
	"poll":   "POLLIN POLLOUT POLLERR POLLHUP POLLRDNORM",
}

var headerText = `#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
void f(void) {
`

var number = regexp.MustCompile(`VALUE (\w+) [$#]?(-?\w+)`)

// numbersOf are the numbers that a compiler's headers have.
func numbersOf(t *testing.T, compiler string, names []string) map[string]uint64 {
	t.Helper()
	var src strings.Builder
	src.WriteString(headerText)
	for _, n := range names {
		fmt.Fprintf(&src, "#ifdef %s\n__asm__ volatile(\"VALUE %s %%0\" :: \"i\"((long)(%s)));\n#endif\n", n, n, n)
	}
	src.WriteString("}\n")
	cmd := exec.Command(compiler, "-S", "-O0", "-xc", "-", "-o", "-")
	cmd.Stdin = strings.NewReader(src.String())
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("%s: %v", compiler, err)
	}
	m := map[string]uint64{}
	for _, f := range number.FindAllSubmatch(out, -1) {
		v, err := strconv.ParseInt(string(f[2]), 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		m[string(f[1])] = uint64(uint32(v))
	}
	return m
}

// own is the machine's number of a generic one, of whatever a name is, or the generic one of the machine's: the table's
// direction. The second result says which.
func translate(m *Machine, what string, v uint64) (n uint64, toGeneric bool) {
	switch what {
	case "errno":
		if own, ok := m.errnos[uint16(v)]; ok {
			return uint64(own), false
		}
		return v, false
	case "signal":
		return uint64(m.sigOwn(int32(v))), false
	case "action":
		return bitsOut(m.saFlags, v), false
	case "open":
		return uint64(uint32(m.openOut(int32(v)))), false
	case "sighow":
		return mapped(m.sighow, v), true
	case "fcntl":
		return mapped(m.fcntl, v), true
	case "map":
		return bitsIn(m.mapping, v), true
	case "ioctl":
		if m.ioctls == nil {
			return v, true
		}
		return m.ioctlIn(v), true
	case "rlimit":
		return mapped(m.rlimits, v), true
	case "sockopt":
		_, name := m.sockoptIn(m.controlLevel(), int32(v))
		return uint64(name), true
	}
	return v, true
}

// TestHeaders holds the machines' numbers against the headers of Debian's cross compilers, by name.
func TestHeaders(t *testing.T) {
	if !linuxHost() {
		t.Skip("the generic numbers are those of amd64's headers")
	}
	for _, m := range Machines {
		compiler := compilers[m.Arch.Name]
		if _, err := exec.LookPath(compiler); err != nil {
			continue
		}
		t.Run(m.Arch.Name, func(t *testing.T) {
			for what, list := range headerNames {
				all := strings.Fields(list)
				generic, its := numbersOf(t, "gcc", all), numbersOf(t, compiler, all)
				for _, n := range all {
					g, ok := generic[n]
					v, has := its[n]
					if !ok || !has {
						continue
					}
					from, want := g, v
					if _, toGeneric := translate(m, what, v); toGeneric {
						from, want = v, g
					}
					if got, _ := translate(m, what, from); got != want {
						t.Errorf("%s: %#x becomes %#x, want %#x", n, from, got, want)
					}
				}
				if len(its) == 0 {
					t.Errorf("no %s was found", what)
				}
			}
		})
	}
}
