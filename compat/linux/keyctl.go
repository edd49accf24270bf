package linux

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"nbemu/abi"
	"nbemu/kern"
)

// keyctl(2) (security/keys/keyctl.c).

// Operations of keyctl.
const (
	keyctlGetKeyringID       = 0
	keyctlJoinSessionKeyring = 1
	keyctlUpdate             = 2
	keyctlRevoke             = 3
	keyctlChown              = 4
	keyctlSetperm            = 5
	keyctlDescribe           = 6
	keyctlClear              = 7
	keyctlLink               = 8
	keyctlUnlink             = 9
	keyctlSearch             = 10
	keyctlRead               = 11
	keyctlSetReqkeyKeyring   = 14
	keyctlSetTimeout         = 15
	keyctlGetSecurity        = 17
	keyctlSessionToParent    = 18
	keyctlInvalidate         = 21
	keyctlGetPersistent      = 22
	keyctlCapabilities       = 31
)

func utoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// keyctls are the operations; each gets the call's arguments after the number of the operation.
var keyctls = map[int32]func(l *kern.LWP, a []uint64) (kern.Retval, abi.Errno){
	keyctlGetKeyringID:       keyGetID,
	keyctlJoinSessionKeyring: keyJoin,
	keyctlUpdate:             keyUpdate,
	keyctlRevoke:             keyRevoke,
	keyctlChown:              keyChown,
	keyctlSetperm:            keySetperm,
	keyctlDescribe:           keyDescribe,
	keyctlClear:              keyClear,
	keyctlLink:               keyLinkTo,
	keyctlUnlink:             keyUnlink,
	keyctlSearch:             keySearchIn,
	keyctlRead:               keyReadIt,
	keyctlSetReqkeyKeyring:   keySetReqkey,
	keyctlSetTimeout:         keySetTimeout,
	keyctlGetSecurity:        keyGetSecurity,
	keyctlInvalidate:         keyInvalidate,
}

func sysKeyctl(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	op := keyctls[int32(a[0])]
	if op == nil {
		return ret(abi.EOPNOTSUPP)
	}
	return op(l, a[1:5])
}

func keyGetID(l *kern.LWP, a []uint64) (kern.Retval, abi.Errno) {
	k, err := keyLookup(l, int32(a[0]), int32(a[1]) != 0, keySearch)
	if err != abi.OK {
		return ret(err)
	}
	return retInt(int64(k.serial))
}

// keyJoin gives the process a new session keyring, or, with a name, one of that name that it may search.
func keyJoin(l *kern.LWP, a []uint64) (kern.Retval, abi.Errno) {
	t, h := keysOf(l), &procdata(l.Proc).keys
	name := "_ses"
	var k *key
	if a[0] != 0 {
		s, err := l.CopyinStr(a[0], keyDescLen)
		switch {
		case err == abi.ENAMETOOLONG || err == abi.OK && s == "":
			return ret(abi.EINVAL)
		case err != abi.OK:
			return ret(err)
		case s[0] == '.':
			return ret(abi.EPERM)
		}
		name = s
		for _, c := range t.keys {
			if c.ring() && c.desc == name && c.valid(l) == abi.OK && c.may(l, keySearch) && (k == nil || c.serial < k.serial) {
				k = c
			}
		}
	}
	if k == nil {
		var err abi.Errno
		if k, err = t.alloc(l, "keyring", name, nil, 0x3f1b0000); err != abi.OK {
			return ret(err)
		}
	}
	t.hold(k)
	t.drop(h.session)
	h.session = k
	return retInt(int64(k.serial))
}

func keyUpdate(l *kern.LWP, a []uint64) (kern.Retval, abi.Errno) {
	if a[2] > 4096 {
		return ret(abi.EINVAL)
	}
	b := make([]byte, a[2])
	if err := l.Copyin(b, a[1]); len(b) > 0 && err != abi.OK {
		return ret(err)
	}
	k, err := keyLookup(l, int32(a[0]), false, keyWrite)
	if err != abi.OK {
		return ret(err)
	}
	kt := keyTypes[k.typ]
	switch {
	case !kt.update:
		return ret(abi.EOPNOTSUPP)
	case len(b) == 0 || len(b) > kt.most:
		return ret(abi.EINVAL)
	}
	if !keysOf(l).fill(k, b) {
		return ret(abi.EDQUOT)
	}
	k.negative, k.expiry = abi.OK, time.Time{}
	return ret(abi.OK)
}

// keyRevoke makes a key of no more use. The right to write or to set attributes is needed.
func keyRevoke(l *kern.LWP, a []uint64) (kern.Retval, abi.Errno) {
	k, err := keyLookup(l, int32(a[0]), false, keyWrite)
	if err == abi.EACCES {
		k, err = keyLookup(l, int32(a[0]), false, keySetattr)
	}
	if err != abi.OK {
		return ret(err)
	}
	k.revoked = true
	t := keysOf(l)
	for _, c := range slices.Clone(k.links) {
		t.unlink(k, c)
	}
	t.fill(k, nil)
	return ret(abi.OK)
}

// keyInvalidate takes a key out of all keyrings.
func keyInvalidate(l *kern.LWP, a []uint64) (kern.Retval, abi.Errno) {
	k, err := keyLookup(l, int32(a[0]), false, keySearch)
	if err != abi.OK {
		return ret(err)
	}
	k.revoked = true
	t := keysOf(l)
	for _, r := range t.keys {
		t.unlink(r, k)
	}
	return ret(abi.OK)
}

func keyChown(l *kern.LWP, a []uint64) (kern.Retval, abi.Errno) {
	const none = 1<<32 - 1
	uid, gid := uint32(a[1]), uint32(a[2])
	if uid == none && gid == none {
		return ret(abi.OK)
	}
	k, err := keyLookup(l, int32(a[0]), false, keySetattr)
	if err != abi.OK {
		return ret(err)
	}
	c := l.Proc.Cred
	if !c.IsRoot() && (uid != none && uid != k.uid || gid != none && gid != k.gid && gid != c.Egid && !slices.Contains(c.Groups, gid)) {
		return ret(abi.EACCES)
	}
	if uid != none && uid != k.uid && !keysOf(l).give(k, uid) {
		return ret(abi.EDQUOT)
	}
	if gid != none {
		k.gid = gid
	}
	return ret(abi.OK)
}

func keySetperm(l *kern.LWP, a []uint64) (kern.Retval, abi.Errno) {
	if uint32(a[1])&^keyPermAll != 0 {
		return ret(abi.EINVAL)
	}
	k, err := keyLookup(l, int32(a[0]), true, keySetattr)
	if err != abi.OK {
		return ret(err)
	}
	if !l.Proc.Cred.IsRoot() && k.uid != l.Proc.Cred.Euid {
		return ret(abi.EACCES)
	}
	k.perm = uint32(a[1])
	return ret(abi.OK)
}

// putKeyData stores b in a buffer of a program's and returns the length that it would need.
func putKeyData(l *kern.LWP, va, room uint64, b []byte, whole bool) (kern.Retval, abi.Errno) {
	if va != 0 && room > 0 && (!whole || uint64(len(b)) <= room) {
		if err := l.Copyout(b[:min(uint64(len(b)), room)], va); err != abi.OK {
			return ret(err)
		}
	}
	return retInt(int64(len(b)))
}

func keyDescribe(l *kern.LWP, a []uint64) (kern.Retval, abi.Errno) {
	k, err := keyLookup(l, int32(a[0]), true, keyView)
	if err != abi.OK {
		return ret(err)
	}
	text := fmt.Sprintf("%s;%d;%d;%08x;%s\x00", k.typ, int32(k.uid), int32(k.gid), k.perm, k.desc)
	return putKeyData(l, a[1], a[2], []byte(text), true)
}

func keyClear(l *kern.LWP, a []uint64) (kern.Retval, abi.Errno) {
	k, err := keyLookup(l, int32(a[0]), true, keyWrite)
	if err != abi.OK {
		return ret(err)
	}
	if !k.ring() {
		return ret(abi.ENOTDIR)
	}
	t := keysOf(l)
	for _, c := range slices.Clone(k.links) {
		t.unlink(k, c)
	}
	return ret(abi.OK)
}

func keyLinkTo(l *kern.LWP, a []uint64) (kern.Retval, abi.Errno) {
	ring, err := keyLookup(l, int32(a[1]), true, keyWrite)
	if err != abi.OK {
		return ret(err)
	}
	k, err := keyLookup(l, int32(a[0]), true, keyLink)
	switch {
	case err != abi.OK:
		return ret(err)
	case !ring.ring():
		return ret(abi.ENOTDIR)
	}
	return ret(keysOf(l).link(ring, k))
}

func keyUnlink(l *kern.LWP, a []uint64) (kern.Retval, abi.Errno) {
	ring, err := keyLookup(l, int32(a[1]), false, keyWrite)
	if err != abi.OK {
		return ret(err)
	}
	k, err := keyLookup(l, int32(a[0]), false, 0)
	switch {
	case err != abi.OK:
		return ret(err)
	case !ring.ring():
		return ret(abi.ENOTDIR)
	case !keysOf(l).unlink(ring, k):
		return ret(abi.ENOENT)
	}
	return ret(abi.OK)
}

func keySearchIn(l *kern.LWP, a []uint64) (kern.Retval, abi.Errno) {
	typ, err := keyTypeAt(l, a[1])
	if err != abi.OK {
		return ret(err)
	}
	desc, err := l.CopyinStr(a[2], keyDescLen)
	if err != abi.OK {
		return ret(err)
	}
	ring, err := keyLookup(l, int32(a[0]), false, keySearch)
	if err != abi.OK {
		return ret(err)
	}
	var dest *key
	if int32(a[3]) != 0 {
		if dest, err = keyLookup(l, int32(a[3]), true, keyWrite); err != abi.OK {
			return ret(err)
		}
	}
	if !ring.ring() {
		return ret(abi.ENOTDIR)
	}
	k, err := ring.search(l, typ, desc)
	if err != abi.OK {
		if err == abi.EACCES {
			err = eNoKey
		}
		return ret(err)
	}
	if dest != nil {
		if !k.may(l, keyLink) {
			return ret(abi.EACCES)
		}
	}
	return linked(l, dest, k)
}

// keyReadIt gives a key's payload, or the numbers of what a keyring holds.
func keyReadIt(l *kern.LWP, a []uint64) (kern.Retval, abi.Errno) {
	k, err := keyLookup(l, int32(a[0]), false, 0)
	switch {
	case err != abi.OK:
		return ret(eNoKey)
	case k.negative != abi.OK:
		return ret(k.negative)
	case !k.may(l, keyRead) && !(possesses(l, k) && k.may(l, keySearch)):
		return ret(abi.EACCES)
	case !keyTypes[k.typ].read:
		return ret(abi.EOPNOTSUPP)
	}
	if err := k.valid(l); err != abi.OK {
		return ret(err)
	}
	b := k.payload
	if k.ring() {
		b = make([]byte, 4*len(k.links))
		for i, c := range k.links {
			l.Model().PutUint(b[4*i:], 4, uint64(uint32(c.serial)))
		}
		// Of a list that does not fit, the beginning.
		return putKeyData(l, a[1], a[2], b, false)
	}
	return putKeyData(l, a[1], a[2], b, true)
}

// keySetReqkey says where request_key puts what it finds, and returns where that was.
func keySetReqkey(l *kern.LWP, a []uint64) (kern.Retval, abi.Errno) {
	const noChange, most = -1, 7
	h := &procdata(l.Proc).keys
	old := h.reqkey
	switch n := int32(a[0]); {
	case n == noChange:
	case n < 0 || n > most || n == 6:
		return ret(abi.EINVAL)
	default:
		if n == 1 || n == 2 { // the thread's or the process's, which must be there
			if _, err := keyLookup(l, -n, true, 0); err != abi.OK {
				return ret(err)
			}
		}
		h.reqkey = n
	}
	return retInt(int64(old))
}

func keySetTimeout(l *kern.LWP, a []uint64) (kern.Retval, abi.Errno) {
	k, err := keyLookup(l, int32(a[0]), true, keySetattr)
	if err != abi.OK {
		return ret(err)
	}
	k.expiry = time.Time{}
	if n := uint32(a[1]); n != 0 {
		k.expiry = l.K.Timenow().Add(time.Duration(n) * time.Second)
	}
	return ret(abi.OK)
}

// keyGetSecurity: there are no labels.
func keyGetSecurity(l *kern.LWP, a []uint64) (kern.Retval, abi.Errno) {
	if _, err := keyLookup(l, int32(a[0]), true, keyView); err != abi.OK {
		return ret(err)
	}
	return putKeyData(l, a[1], a[2], []byte{0}, true)
}

// procKeys is what /proc/keys shows the caller.
func procKeys(l *kern.LWP) string {
	var b strings.Builder
	t := keysOf(l)
	for _, k := range sortedKeys(t) {
		if !k.may(l, keyView) {
			continue
		}
		flags := []byte("I------")
		if k.revoked {
			flags[1] = 'R'
		}
		if k.negative != abi.OK {
			flags[5] = 'N'
		}
		left := "perm"
		switch d := k.expiry.Sub(l.K.Timenow()); {
		case k.expiry.IsZero():
		case d <= 0:
			left = "expd"
		case d < time.Minute:
			left = fmt.Sprintf("%ds", d/time.Second)
		default:
			left = fmt.Sprintf("%dm", d/time.Minute)
		}
		what := utoa(uint32(len(k.payload)))
		if k.ring() {
			if what = "empty"; len(k.links) > 0 {
				what = strconv.Itoa(len(k.links))
			}
		}
		fmt.Fprintf(&b, "%08x %s %5d %4s %08x %5d %5d %-9.9s %s: %s\n", k.serial, flags, k.usage, left, k.perm, int32(k.uid), int32(k.gid), k.typ, k.desc, what)
	}
	return b.String()
}

func sortedKeys(t *keyTable) (list []*key) {
	for _, k := range t.keys {
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b *key) int { return int(a.serial - b.serial) })
	return list
}
