package linux

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Namespaces of users (kernel/user_namespace.c): a process has all rights in one, and none outside of it; its ids are
// shown as the maps say that it, or who made it, has written.

// userNS is a namespace of users.
type userNS struct {
	level      int
	uid, gid   uint32 // who made it
	uids, gids idMap
	noGroups   bool // "deny" in setgroups
}

// idMap are the lines of a map: first number inside, first outside of all, how many.
type idMap []idRange

type idRange struct{ inside, outside, n uint32 }

// out shows an id: as it is where there are no namespaces.
func (m idMap) out(id uint32, level int) (uint32, bool) {
	if level == 0 {
		return id, true
	}
	for _, r := range m {
		if id-r.outside < r.n && id >= r.outside {
			return r.inside + id - r.outside, true
		}
	}
	return overflowID, false
}

func (m idMap) in(id uint32, level int) (uint32, bool) {
	if level == 0 {
		return id, true
	}
	for _, r := range m {
		if id-r.inside < r.n && id >= r.inside {
			return r.outside + id - r.inside, true
		}
	}
	return 0, false
}

func userNSOf(l *kern.LWP) *userNS { return nsOf(l).of[nsUser].user }

// shownUid and shownGid are ids as the thread's namespace has them.
func shownUid(l *kern.LWP, id uint32) uint32 {
	if lwpdata(l).ns == nil {
		return id
	}
	u := userNSOf(l)
	n, _ := u.uids.out(id, u.level)
	return n
}

func shownGid(l *kern.LWP, id uint32) uint32 {
	if lwpdata(l).ns == nil {
		return id
	}
	u := userNSOf(l)
	n, _ := u.gids.out(id, u.level)
	return n
}

// showIDs has a file's owners as the thread's namespace has them.
func showIDs(l *kern.LWP, st *abi.Stat) *abi.Stat {
	st.Uid, st.Gid = shownUid(l, st.Uid), shownGid(l, st.Gid)
	return st
}

func uidArg(l *kern.LWP, v uint64) (uint64, bool) {
	u := userNSOf(l)
	if int32(v) == -1 {
		return v, true
	}
	n, ok := u.uids.in(uint32(v), u.level)
	return uint64(n), ok
}

func gidArg(l *kern.LWP, v uint64) (uint64, bool) {
	u := userNSOf(l)
	if int32(v) == -1 {
		return v, true
	}
	n, ok := u.gids.in(uint32(v), u.level)
	return uint64(n), ok
}

// enterUser gives the process all rights in a namespace, and takes those outside of it.
func (d *procData) enterUser(p *kern.Proc, n *namespace) {
	p.NoNewPrivs = true // no program of another user's, who has no number here
	if d.user = n; n.parent == nil {
		d.user = nil
	}
	d.caps = capSets{}
}

// nsCapable reports whether the process may do in a namespace of users what a capability is for: its own, one inside of
// that, or one that its user has made there.
func nsCapable(l *kern.LWP, in *namespace, capability int) bool {
	own := nsOf(l).of[nsUser]
	for n := in; n != nil; n = n.parent {
		if n == own {
			return effective(l.Proc)>>capability&1 != 0
		}
		if n.parent == own && n.user.uid == l.Proc.Cred.Euid {
			return true
		}
	}
	return false
}

// processFile is a file of /proc/PID that Linux's programs see, and some write.
func processFile(show func(p *kern.Proc) string, store func(l *kern.LWP, p *kern.Proc, text string) abi.Errno) vfs.ProcessFile {
	return vfs.ProcessFile{Show: func(_ *kern.LWP, p *kern.Proc) string { return show(p) }, Store: store}
}

func init() {
	files := map[string]vfs.ProcessFile{
		"uid_map":   processFile(func(p *kern.Proc) string { return leaderUser(p).uids.text(leaderUser(p)) }, storeUids),
		"gid_map":   processFile(func(p *kern.Proc) string { return leaderUser(p).gids.text(leaderUser(p)) }, storeGids),
		"setgroups": processFile(showSetgroups, storeSetgroups),
		"timens_offsets": processFile(func(p *kern.Proc) string {
			n := leaderSet(p).timeForChildren()
			return fmt.Sprintf("monotonic  %10d %9d\nboottime   %10d %9d\n", n.mono/time.Second, n.mono%time.Second, n.boot/time.Second, n.boot%time.Second)
		}, storeOffsets),
	}
	files["wchan"] = processFile(func(p *kern.Proc) string {
		if len(p.LWPs) == 0 || p.LWPs[0].Wmesg == "" {
			return "0"
		}
		return p.LWPs[0].Wmesg
	}, nil)
	files["timerslack_ns"] = processFile(func(p *kern.Proc) string {
		if len(p.LWPs) == 0 {
			return ""
		}
		return fmt.Sprintf("%d\n", lwpdata(p.LWPs[0]).timerSlack())
	}, storeSlack)
	files["oom_score_adj"] = vfs.ProcessFile{Show: func(_ *kern.LWP, p *kern.Proc) string { return fmt.Sprintf("%d\n", procdata(p).oomAdj) }, Store: storeOomAdj}
	vfs.EmulProcess["linux"], vfs.EmulProcess["linux32"] = files, files
}

// storeSlack is a write to timerslack_ns, for another process with CAP_SYS_NICE alone. Errors: EPERM, EINVAL.
func storeSlack(l *kern.LWP, p *kern.Proc, text string) abi.Errno {
	n, err := strconv.ParseUint(strings.TrimSuffix(text, "\n"), 0, 64)
	switch {
	case err != nil:
		return abi.EINVAL
	case len(p.LWPs) == 0:
		return abi.ESRCH
	case p != l.Proc && !capable(l, capSysNice):
		return abi.EPERM
	}
	lwpdata(p.LWPs[0]).setSlack(n)
	return abi.OK
}

// setSlack has timers be so late; 0 is what the thread began with.
func (d *lwpData) setSlack(ns uint64) {
	if d.slack = ns; ns == 0 {
		d.slack = d.firstSlack
	}
}

// timerSlack is how late timers may be, in nanoseconds.
func (d *lwpData) timerSlack() uint64 {
	if d.slack == 0 {
		return timerSlack
	}
	return d.slack
}

// storeOomAdj is a write to oom_score_adj, which is kept: what the host does without memory is its own. Only CAP_SYS_RESOURCE
// makes it less than it was. Errors: EINVAL, EACCES.
func storeOomAdj(l *kern.LWP, p *kern.Proc, text string) abi.Errno {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < -1000 || n > 1000 {
		return abi.EINVAL
	}
	if d := procdata(p); n < d.oomAdj && !capable(l, capSysResource) {
		return abi.EACCES
	}
	procdata(p).oomAdj = n
	return abi.OK
}

func leaderSet(p *kern.Proc) *nsSet {
	if len(p.LWPs) == 0 {
		return &nsTableOf(p.K).first
	}
	return nsOf(p.LWPs[0])
}

func leaderUser(p *kern.Proc) *userNS { return leaderSet(p).of[nsUser].user }

// text is what uid_map and gid_map have.
func (m idMap) text(u *userNS) string {
	if u.level == 0 {
		m = idMap{{0, 0, 1<<32 - 1}}
	}
	var b strings.Builder
	for _, r := range m {
		fmt.Fprintf(&b, "%10d %10d %10d\n", r.inside, r.outside, r.n)
	}
	return b.String()
}

// parseMap reads lines of a map, whose ids outside are those of the writer's namespace. Errors: EINVAL, EPERM.
func parseMap(text string, outside func(id uint32) (uint32, bool)) (m idMap, err abi.Errno) {
	const most = 340
	for line := range strings.Lines(text) {
		var r idRange
		if n, _ := fmt.Sscan(line, &r.inside, &r.outside, &r.n); n != 3 || r.n == 0 || len(m) == most ||
			r.inside+r.n < r.inside || r.outside+r.n < r.outside {
			return nil, abi.EINVAL
		}
		for _, o := range m {
			if r.inside < o.inside+o.n && o.inside < r.inside+r.n || r.outside < o.outside+o.n && o.outside < r.outside+r.n {
				return nil, abi.EINVAL
			}
		}
		first, ok := outside(r.outside)
		if last, also := outside(r.outside + r.n - 1); !ok || !also || last-first != r.n-1 {
			return nil, abi.EPERM
		}
		r.outside = first
		m = append(m, r)
	}
	if m == nil {
		return nil, abi.EINVAL
	}
	return m, abi.OK
}

// mayMap: who has not the right in the namespace around may map the one id that he has himself, and that only from there
// or from inside.
func mayMap(l *kern.LWP, n *namespace, capability int, m idMap, own uint32, done idMap) abi.Errno {
	writer := nsOf(l).of[nsUser]
	switch {
	case n.parent == nil, done != nil, !nsCapable(l, n, capSysAdmin), writer != n && writer != n.parent:
		return abi.EPERM
	case nsCapable(l, n.parent, capability):
		return abi.OK
	case len(m) == 1 && m[0].n == 1 && m[0].outside == own && n.user.uid == l.Proc.Cred.Euid:
		return abi.OK
	}
	return abi.EPERM
}

func storeUids(l *kern.LWP, p *kern.Proc, text string) abi.Errno {
	n := leaderSet(p).of[nsUser]
	if n.parent == nil {
		return abi.EPERM
	}
	around := n.parent.user
	m, err := parseMap(text, func(id uint32) (uint32, bool) { return around.uids.in(id, around.level) })
	if err == abi.OK {
		err = mayMap(l, n, capSetuid, m, l.Proc.Cred.Euid, n.user.uids)
	}
	if err == abi.OK {
		n.user.uids = m
	}
	return err
}

func storeGids(l *kern.LWP, p *kern.Proc, text string) abi.Errno {
	n := leaderSet(p).of[nsUser]
	if n.parent == nil {
		return abi.EPERM
	}
	around := n.parent.user
	m, err := parseMap(text, func(id uint32) (uint32, bool) { return around.gids.in(id, around.level) })
	if err == abi.OK {
		if err = mayMap(l, n, capSetgid, m, l.Proc.Cred.Egid, n.user.gids); err == abi.OK && !n.user.noGroups && !nsCapable(l, n.parent, capSetgid) {
			err = abi.EPERM // groups could be given up that keep a user from something
		}
	}
	if err == abi.OK {
		n.user.gids = m
	}
	return err
}

func showSetgroups(p *kern.Proc) string {
	if leaderUser(p).noGroups {
		return "deny\n"
	}
	return "allow\n"
}

func storeSetgroups(l *kern.LWP, p *kern.Proc, text string) abi.Errno {
	n := leaderSet(p).of[nsUser]
	if !nsCapable(l, n, capSysAdmin) {
		return abi.EPERM
	}
	switch strings.TrimSpace(text) {
	case "allow":
		if n.user.noGroups {
			return abi.EPERM
		}
	case "deny":
		if n.user.gids != nil || n.parent == nil {
			return abi.EPERM
		}
		n.user.noGroups = true
	default:
		return abi.EINVAL
	}
	return abi.OK
}

// storeOffsets sets the clocks of a namespace that has no process yet. Errors: EINVAL, ERANGE, EPERM, EACCES.
func storeOffsets(l *kern.LWP, p *kern.Proc, text string) abi.Errno {
	n := leaderSet(p).timeForChildren()
	owner := n.owner
	if owner == nil {
		owner = nsTableOf(l.K).first.of[nsUser]
	}
	if !nsCapable(l, owner, capSysTime) {
		return abi.EPERM
	}
	mono, boot := n.mono, n.boot
	for line := range strings.Lines(text) {
		var (
			clock     string
			sec, nsec int64
		)
		if k, _ := fmt.Sscan(line, &clock, &sec, &nsec); k != 3 || nsec < 0 || nsec >= int64(time.Second) {
			return abi.EINVAL
		}
		const most = int64(1<<62) / int64(time.Second)
		d := time.Duration(sec)*time.Second + time.Duration(nsec)
		if sec > most || sec < -most || l.K.Uptime()+d < 0 {
			return abi.ERANGE
		}
		switch clock {
		case "monotonic", "1":
			mono = d
		case "boottime", "7":
			boot = d
		default:
			return abi.EINVAL
		}
	}
	if n.used || n.owner == nil {
		return abi.EACCES
	}
	n.mono, n.boot = mono, boot
	return abi.OK
}
