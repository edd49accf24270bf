package archtest

import (
	"os"
	"slices"
	"strings"
	"testing"

	"nbemu/internal/matrix"
	"nbemu/internal/testprog"
)

// otherAnswers are cells where nbemu says something else, and why.
var otherAnswers = []matrix.Except{
	{"*", "pty-master", "masters are the host's; NetBSD has the requests of its terminal here too, and a device's attributes"},
	{"*", "tcp-left", "what a reset does to a connection is NetBSD's own: it has no protocol block any more"},
	{"*", "pair-dgram-alone", "the host does not end a pair of datagram sockets when one is closed"},
	{"F_GETFL*", "file-flags un-dgram-bound", "the kernel's own flags (FHASLOCK, FSCAN) are not shown"},
	{"F_GETFL*", "pipe-w-alone", "O_CLOEXEC is the descriptor's, and shown by accident"},
	{"F_SETOWN*|FIOSETOWN*|TIOCSBRK|TIOCCBRK|TIOCGFLAGS|TIOCMGET|TIOCCONS|TIOCOUTQ|TIOCFLUSH bad|FIONWRITE|FIONSPACE|EVFILT_WRITE*", "pty-slave", "the host's terminal answers"},
	{"lseek*|pread*|pwrite*", "pty-slave ptm", "terminals have no offset here"},
	{"fch*|fut*|its mode|F_GETPATH", "ptm", "its attributes are the host's"},
	{"its first size|its size|FIONREAD|EVFILT_READ*|lseek end", "dir dir-search", "directories have the host's sizes, and no end"},
	{"symlink_max|2_symlinks|acl_extended|acl_path_max", "*", "tmpfs does not know these"},
	{"extattr*|fgetxattr*|flistxattr|fremovexattr", "file* dir* null* zero fifo* pty-slave ptm", "tmpfs has no attributes; here they are the host's"},
	{"posix_fallocate*|fdiscard*", "*", "no file system of NetBSD's does these; here the host does"},
	{"FIOGETBMAP", "*", "blocks are the host's"},
	{"poll*|select|EVFILT*|read*|write*", "fifo-rw fifo-r fifo-w fifo-r-alone fifo-w-alone", "FIFOs are the host's; NetBSD asks both their ends, whichever was opened"},
	{"EVFILT_VNODE", "pty-slave", "terminals can be watched"},
	{"select", "pipe-w-alone pipe-r-alone none", "exceptions of pipes without a peer are those of Linux, and a descriptor beyond the table is no error"},
	{"recvmsg", "*", "MSG_DONTWAIT is not given back"},
	{"*", "un-dgram-bound", "what is in its queue is the host's"},
	{"recv*|poll*|getpeername*|connect*|read shut|EVFILT*|send oob|sendmsg*|FIO*", "un-accepted pair-alone", "the host knows the peer after it is gone"},
	{"LOCAL_CONNWAIT", "*", "it can be asked for too"},
	{"LOCAL_CREDS|LOCAL 5|IP_TTL|set LOCAL_CREDS|SO_REUSEADDR|IPV6_V6ONLY|set IPV6_V6ONLY|sendto in", "raw raw6", "raw sockets begin with the host's settings"},
	{"LOCAL 5|set LOCAL_CREDS|UDP 1|TCP_KEEPIDLE", "*", "options that the host has and has not"},
	{"EVFILT_WRITE shut", "pair-seq", "there is no room, and not less"},
	{"LOCAL_PEEREID|getpeername now", "un-dgram-conn pair-dgram pair-dgram-full", "datagram sockets tell who is at the other end"},
	{"send odd|sendmsg*|sendmmsg 1|FIONWRITE|send huge|EVFILT_WRITE shut", "un-dgram-conn pair-dgram pair-dgram-full tcp-conn un-waiting un-left pair pair-full pair-shut-peer pair-seq un-accepted pair-alone", "buffers hold what the host's do, and are looked at before control data"},
	{"sendto*", "un-dgram udp udp-bound", "the family of an address is looked at first"},
	{"extattr_get_file", "*", "tmpfs has no attributes; here they are the host's"},
	{"symlink to", "empty", "of no use to anybody"},
	{"bind", "dangling loop root", "a link is not followed to a name for a socket"},
	{"SO_REUSEADDR get|0 4 get|IPV6_V6ONLY*", "raw raw6", "raw sockets begin with the host's settings"},
	{"0 1 *|0 2 get*|0 4 get", "un* pair*", "LOCAL_OCREDS is of a kernel with COMPAT_70, and LOCAL_CONNWAIT can be asked for too"},
	{"0 3 get*", "un* pair*", "LOCAL_PEEREID: who is at the other end, datagrams too"},
	{"0 3 get then", "tcp*", "the host keeps the bits of ECN to itself"},
	{"0 1 set*|0 5 *|0 6 *|IP_ERRORMTU*|IPV6_RTHDR*|IPV6_RECVRTHDR*|IPV6_RECVHOPOPTS*|IPV6_RECVDSTOPTS*|IPV6_RECVPATHMTU*|IPV6_PATHMTU*|IPV6_PKTINFO*|IPV6_HOPLIMIT*|IPV6_NEXTHOP*|IPV6_HOPOPTS*|ICMP6_FILTER*|UDP*|SO_NOHEADER*", "*", "not there, which is said"},
	{"IP_MULTICAST*|IP_ADD*|IP_DROP*", "tcp6* udp6 raw6", "IPv4's groups of IPv6's sockets are not there"},
	{"IP_MULTICAST*|IPV6_MULTICAST*|IPV6_TCLASS get then|IPV6_DONTFRAG get then|TCP_MAXSEG*", "tcp*", "the host's streams have no groups, and limits of their own"},
	{"TCP_KEEP*|TCP_CONGCTL*", "*", "of NetBSD after 2016: they can be asked for, and algorithms named"},
	{"IP_PORTALGO get|IPV6_PORTALGO get|IP_RECVPKTINFO get", "*", "how ports are chosen is the host's affair, and IP_PKTINFO is the same option"},
	{"connect*|SO_ERROR refused|bind in", "tcp tcp-bound tcp-flags tcp6 udp udp-bound udp-conn", "the host knows at once who does not listen, and takes port 0"},
}

// TestMatrix: what each call says of each kind of open file, and of name, is what NetBSD says to root, on every machine. The
// answers are a NetBSD kernel's of 2016 on tmpfs, and where NetBSD 10 is another those of its sources.
func TestMatrix(t *testing.T) {
	for _, m := range []struct{ table, what string }{{"matrix.txt", ""}, {"matrixnames.txt", "names"}, {"matrixopts.txt", "options"}} {
		t.Run(strings.TrimSuffix(m.table, ".txt"), func(t *testing.T) {
			eachTable(t, m.table, "matrix", func(t *testing.T, a testprog.Arch, path string, want map[matrix.Cell]string) {
				args := []string{"-root-user", path, t.TempDir()}
				if m.what != "" {
					if !slices.Contains([]string{"amd64", "sparc"}, a.Name) {
						t.Skip("two machines that have nothing in common do")
					}
					args = append(args, m.what)
				}
				matrix.Compare(t, matrix.Read(run(t, args...)), want, otherAnswers)
			})
		})
	}
}

// eachTable runs f for each machine with its program and a table of right answers.
func eachTable(t *testing.T, table, name string, f func(t *testing.T, a testprog.Arch, path string, want map[matrix.Cell]string)) {
	t.Helper()
	text, err := os.ReadFile(dir(table))
	if err != nil {
		t.Fatal(err)
	}
	want := matrix.Read(string(text))
	for _, a := range testprog.Arches {
		t.Run(a.Name, func(t *testing.T) {
			path := program(t, a, name)
			if path == "" {
				t.Skip("no cross compiler, and no prebuilt program")
			}
			f(t, a, path, want)
		})
	}
}

// holds: on every machine the program prints what its table says, but for exceptions, all of which are needed.
func holds(t *testing.T, name string, excepts []matrix.Except, flags []string, args ...string) {
	t.Helper()
	eachTable(t, name+".txt", name, func(t *testing.T, _ testprog.Arch, path string, want map[matrix.Cell]string) {
		got := matrix.Settled(want, excepts, func() map[matrix.Cell]string {
			return matrix.Read(run(t, slices.Concat(flags, []string{path, t.TempDir()}, args)...))
		})
		matrix.Compare(t, got, want, excepts)
		if x := matrix.Unneeded(excepts, got, want); len(x) > 0 {
			t.Errorf("exceptions that are not needed: %v", x)
		}
	})
}

// otherEvents are cells of kevents.txt where nbemu says something else, and why.
var otherEvents = []matrix.Except{
	{"read*", "dir", "directories have the host's sizes"},
	{"read*", "un-listen-2", "the host does not say how many local connections wait"},
	{"read*|write lowat -1", "dgram-in-2 dgram-alone", "the host counts the first datagram alone, and does not end a pair when one is closed"},
	{"write*", "tty pty tty-in pty-in", "how much room a terminal has is the host's"},
	{"vnode*", "tty pty tty-in pty-in pty-alone", "terminals can be watched"},
	{"read*|write*", "pty-alone pty-in", "masters are the host's, which keep what is there, and get it a moment later"},
}

// TestEvents: what kevent(2) says of each kind of descriptor in each state is what NetBSD says, on every machine.
func TestEvents(t *testing.T) {
	holds(t, "kevents", otherEvents, nil, "kinds")
}

// otherMessages are cells of messages.txt where nbemu says something else, and why.
var otherMessages = []matrix.Except{
	{"send MSG_EOR|record, MSG_EOR|records, MSG_EOR|records, both", "*", "the host does not carry MSG_EOR"},
	{"cmsg_len header|cmsg_len header + 1|cmsg_len header + 3|rights 0|no rights and rights|0 in *", "pair dgram seq un un-to", "the host does not deliver a message of no descriptors"},
	{"recv base bad|recv second base bad|recv control, base|recv name, base", "seq", "a record that cannot be stored stays with its descriptors, and not without"},
	{"no data, no room", "seq", "an empty record is to the host what the end is"},
	{"three, MSG_PEEK", "pair", "the host looks as far as the data that descriptors were sent with"},
	{"to IPV6_PKTINFO, address", "udp6", "the host refuses an address that it has not"},
}

// TestMessages: what sendmsg(2) and recvmsg(2) say of messages and their control data is what NetBSD says, on every machine. A
// NetBSD kernel of 2016 takes no control data for UDP and IPv4: there the answers are NetBSD 10's (ip_setpktopts, ip_savecontrol).
func TestMessages(t *testing.T) {
	holds(t, "messages", otherMessages, []string{"-root-user"})
}
