package rootset

import (
	"strconv"
	"strings"
)

func itoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// names are the numbers of a root's users and groups.
type names struct {
	users, groups map[string]uint32
}

// usualNames are those of NetBSD's etc/master.passwd and etc/group that its sets give files to: a root without the etc
// set has no files to look them up in.
func usualNames() *names {
	return &names{
		users: map[string]uint32{"root": 0, "toor": 0, "daemon": 1, "operator": 2, "bin": 3, "news": 6, "games": 7,
			"postfix": 12, "named": 14, "ntpd": 15, "sshd": 16, "_pflogd": 18, "_rwhod": 19, "_proxy": 21,
			"_timedc": 22, "_sdpd": 23, "_httpd": 24, "_mdnsd": 25, "_tests": 26, "_tcpdump": 27, "_tss": 28,
			"_rtadvd": 30, "_unbound": 32, "_nsd": 33, "uucp": 66, "nobody": 32767},
		groups: map[string]uint32{"wheel": 0, "daemon": 1, "kmem": 2, "sys": 3, "tty": 4, "operator": 5, "mail": 6,
			"bin": 7, "wsrc": 9, "maildrop": 11, "postfix": 12, "games": 13, "named": 14, "ntpd": 15, "sshd": 16,
			"_pflogd": 18, "_rwhod": 19, "staff": 20, "_proxy": 21, "_timedc": 22, "_sdpd": 23, "_httpd": 24,
			"_mdnsd": 25, "_tests": 26, "_tcpdump": 27, "_tss": 28, "_gpio": 29, "_rtadvd": 30, "guest": 31,
			"_unbound": 32, "_nsd": 33, "nvmm": 34, "nobody": 39, "utmp": 45, "authpf": 72, "users": 100,
			"dialer": 117, "nogroup": 32766},
	}
}

// maxText is more than any text file that is read here has.
const maxText = 16 << 20

// readNames adds what the root's own files say.
func (t *tree) readNames() *names {
	n := usualNames()
	for _, file := range []string{"etc/master.passwd", "etc/passwd"} {
		if b, err := t.read(file, maxText); err == nil {
			addNames(n.users, string(b))
			break
		}
	}
	if b, err := t.read("etc/group", maxText); err == nil {
		addNames(n.groups, string(b))
	}
	return n
}

// addNames takes in lines of passwd(5) or group(5): the number is the third field of both.
func addNames(to map[string]uint32, text string) {
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) < 3 || f[0] == "" || f[0][0] == '#' {
			continue
		}
		if id, err := strconv.ParseUint(f[2], 10, 32); err == nil {
			to[f[0]] = uint32(id)
		}
	}
}
