package linux

import (
	"slices"
	"strings"
	"time"

	"nbemu/abi"
	"nbemu/kern"
)

// The key retention service (security/keys): keys of types that are only kept, "user", "logon", "big_key", and
// keyrings. Nobody answers upcalls: a key that is asked for and is nowhere is found to be missing.

// Keyrings that have no number of their own in calls.
const (
	keySpecThread      = -1
	keySpecProcess     = -2
	keySpecSession     = -3
	keySpecUser        = -4
	keySpecUserSession = -5
	keySpecGroup       = -6
	keySpecReqkeyAuth  = -7
	keySpecRequestor   = -8
)

// Permissions: four bytes for the possessor, the owner, the group and others, each of these bits.
const (
	keyView    = 1
	keyRead    = 2
	keyWrite   = 4
	keySearch  = 8
	keyLink    = 16
	keySetattr = 32

	keyPermAll  = 0x3f3f3f3f
	keyPermUser = 0x3f010000 // of new keys: all for the possessor, view for the owner
)

// key is one key; of a keyring, links are what it holds.
type key struct {
	serial   int32
	typ      string
	desc     string
	uid, gid uint32
	perm     uint32
	payload  []byte
	links    []*key
	expiry   time.Time // zero: never
	revoked  bool
	negative abi.Errno // a key that was looked for and does not exist: what reading it says
	usage    int       // keyrings and processes that hold it
	charged  int64     // bytes that its owner's quota has of it
}

func (k *key) ring() bool { return k.typ == "keyring" }

// keyTable is what one machine has of keys.
type keyTable struct {
	keys  map[int32]*key
	quota map[uint32]*keyQuota // by user
	users map[uint32]*key      // user keyrings
	sess  map[uint32]*key      // user session keyrings
	next  int32
}

// keyHold is what a process has of keyrings; session is the one that exec keeps and fork shares.
type keyHold struct {
	process, session *key
	reqkey           int32 // where request_key puts keys (KEY_REQKEY_DEFL_…)
}

func keysOf(l *kern.LWP) *keyTable {
	return l.K.Extra("linux keys", func() any {
		return &keyTable{keys: map[int32]*key{}, quota: map[uint32]*keyQuota{}, users: map[uint32]*key{}, sess: map[uint32]*key{}, next: 0x10000000}
	}).(*keyTable)
}

// alloc makes a key of the caller's, which nothing holds yet. Error: EDQUOT.
func (t *keyTable) alloc(l *kern.LWP, typ, desc string, payload []byte, perm uint32) (*key, abi.Errno) {
	k := &key{typ: typ, desc: desc, uid: l.Proc.Cred.Euid, gid: l.Proc.Cred.Egid, perm: perm}
	if !t.fill(k, payload) {
		return nil, abi.EDQUOT
	}
	t.number(k)
	return k, abi.OK
}

func (t *keyTable) number(k *key) {
	for t.keys[t.next] != nil || t.next <= 0 {
		if t.next++; t.next <= 0 {
			t.next = 1
		}
	}
	k.serial = t.next
	t.next++
	t.keys[k.serial] = k
}

func (t *keyTable) hold(k *key) *key { k.usage++; return k }

// drop gives a reference up; with the last one the key is gone, and what it holds is let go.
func (t *keyTable) drop(k *key) {
	for list := []*key{k}; len(list) > 0; {
		k, list = list[len(list)-1], list[:len(list)-1]
		if k == nil {
			continue
		}
		if k.usage--; k.usage > 0 {
			continue
		}
		delete(t.keys, k.serial)
		t.empty(k)
		list = append(list, k.links...)
		k.links = nil
	}
}

// link puts k into ring, in place of one of the same type and description. Errors: EDEADLK if k leads to ring, ELOOP
// if it leads too far down to tell, EDQUOT.
func (t *keyTable) link(ring, k *key) abi.Errno {
	if found, deep := k.leads(ring); found {
		return abi.EDEADLK
	} else if deep {
		return abi.ELOOP
	}
	for i, c := range ring.links {
		if c.typ == k.typ && c.desc == k.desc {
			t.hold(k)
			ring.links[i] = k
			t.drop(c)
			return abi.OK
		}
	}
	if !t.charge(ring, keyLinkBytes) {
		return abi.EDQUOT
	}
	t.hold(k)
	ring.links = append(ring.links, k)
	return abi.OK
}

func (t *keyTable) unlink(ring, k *key) bool {
	i := slices.Index(ring.links, k)
	if i < 0 {
		return false
	}
	ring.links = slices.Delete(ring.links, i, i+1)
	t.uncharge(ring, keyLinkBytes)
	t.drop(k)
	return true
}

// keyDeep is how far down keyrings in keyrings are looked at (KEYRING_SEARCH_MAX_DEPTH).
const keyDeep = 6

// leads reports whether a keyring is other or holds it, at some depth, and whether there is more than was looked at.
func (k *key) leads(other *key) (found, deep bool) {
	seen := map[*key]int{}
	var look func(r *key, depth int) bool
	look = func(r *key, depth int) bool {
		switch d, before := seen[r]; {
		case r == other:
			return true
		case !r.ring() || before && d <= depth:
			return false
		case depth > keyDeep:
			deep = true
			return false
		}
		seen[r] = depth
		return slices.ContainsFunc(r.links, func(c *key) bool { return look(c, depth+1) })
	}
	return look(k, 0), deep
}

// userRing finds or makes the keyring of a user.
func (t *keyTable) userRing(l *kern.LWP, of map[uint32]*key, name string) (*key, abi.Errno) {
	uid := l.Proc.Cred.Ruid
	if k := of[uid]; k != nil {
		return k, abi.OK
	}
	k := &key{typ: "keyring", desc: name + utoa(uid), uid: uid, gid: 1<<32 - 1, perm: 0x1f3f0000}
	if !t.fill(k, nil) {
		return nil, abi.EDQUOT
	}
	t.number(t.hold(k))
	of[uid] = k
	return k, abi.OK
}

// userSession finds or makes the session keyring of a user, in which the user's own is.
func (t *keyTable) userSession(l *kern.LWP) (*key, abi.Errno) {
	users, err := t.userRing(l, t.users, "_uid.")
	if err != abi.OK {
		return nil, err
	}
	had := t.sess[l.Proc.Cred.Ruid] != nil
	k, err := t.userRing(l, t.sess, "_uid_ses.")
	if err == abi.OK && !had {
		err = t.link(k, users)
	}
	return k, err
}

// possessed are the keyrings that l's thread has, in the order of searches.
func possessed(l *kern.LWP) (list []*key) {
	h := &procdata(l.Proc).keys
	session := h.session
	if session == nil {
		session = keysOf(l).sess[l.Proc.Cred.Ruid] // if nobody has asked for it yet, nothing is in it
	}
	for _, k := range []*key{lwpdata(l).keyring, h.process, session} {
		if k != nil {
			list = append(list, k)
		}
	}
	return list
}

// possesses reports whether a thread has a key: whether a keyring that it has leads to it.
func possesses(l *kern.LWP, k *key) bool {
	return slices.ContainsFunc(possessed(l), func(r *key) bool {
		found, _ := r.leads(k)
		return found
	})
}

// may reports whether l's thread has a permission on k (key_task_permission).
func (k *key) may(l *kern.LWP, need uint32) bool {
	c := l.Proc.Cred
	p := k.perm
	var bits uint32
	switch {
	case k.uid == c.Euid:
		bits = p >> 16
	case k.gid != 1<<32-1 && p>>8&0x3f != 0 && (k.gid == c.Egid || slices.Contains(c.Groups, k.gid)):
		bits = p >> 8
	default:
		bits = p
	}
	if bits&need != need && possesses(l, k) {
		bits |= p >> 24
	}
	return bits&need == need
}

// valid is whether a key can be used. Errors: EKEYREVOKED, EKEYEXPIRED.
func (k *key) valid(l *kern.LWP) abi.Errno {
	switch {
	case k.revoked:
		return eKeyRevoked
	case !k.expiry.IsZero() && !l.K.Timenow().Before(k.expiry):
		return eKeyExpired
	}
	return abi.OK
}

// lookup finds a key by its number, or one of the special keyrings, which is made if need be and create is set. need
// are permissions. Errors: ENOKEY, EACCES, EINVAL, EDQUOT.
func keyLookup(l *kern.LWP, id int32, create bool, need uint32) (*key, abi.Errno) {
	t, h := keysOf(l), &procdata(l.Proc).keys
	var k *key
	var err abi.Errno
	made := func(at **key, name string) {
		if *at == nil && create {
			if *at, err = t.alloc(l, "keyring", name, nil, 0x3f3f0000); err == abi.OK {
				t.hold(*at)
			}
		}
		k = *at
	}
	switch id {
	case keySpecThread:
		made(&lwpdata(l).keyring, "_tid")
	case keySpecProcess:
		made(&h.process, "_pid")
	case keySpecSession:
		if k = h.session; k == nil {
			// Without one of its own a process has the user's.
			if k, err = t.userSession(l); err == abi.OK && create {
				h.session = t.hold(k)
			}
		}
	case keySpecUser:
		if _, err = t.userSession(l); err == abi.OK {
			k, err = t.userRing(l, t.users, "_uid.")
		}
	case keySpecUserSession:
		k, err = t.userSession(l)
	case keySpecGroup:
		return nil, abi.EINVAL
	case keySpecReqkeyAuth, keySpecRequestor, 0:
		if id == 0 {
			return nil, abi.EINVAL
		}
		return nil, eNoKey
	default:
		if id < 0 {
			return nil, abi.EINVAL
		}
		k = t.keys[id]
	}
	if err != abi.OK {
		return nil, err
	}
	if k == nil {
		return nil, eNoKey
	}
	if need != 0 {
		if err := k.valid(l); err != abi.OK && need != keySetattr {
			return nil, err
		}
		if !k.may(l, need) {
			return nil, abi.EACCES
		}
	}
	return k, abi.OK
}

// search looks for a key of a type and description in ring and the keyrings in it that may be searched. Errors: ENOKEY;
// EKEYREVOKED, EKEYEXPIRED where the only one is that.
func (k *key) search(l *kern.LWP, typ, desc string) (*key, abi.Errno) {
	return (&keySearcher{l, typ, desc, map[*key]int{}}).in(k, 0)
}

// keySearcher is one search; seen is at which depth a keyring was looked through.
type keySearcher struct {
	l         *kern.LWP
	typ, desc string
	seen      map[*key]int
}

func (s *keySearcher) in(k *key, depth int) (*key, abi.Errno) {
	err := eNoKey
	if d, before := s.seen[k]; before && d <= depth {
		return nil, err
	}
	s.seen[k] = depth
	if !k.may(s.l, keySearch) {
		return nil, abi.EACCES
	}
	for _, c := range k.links {
		if c.typ != s.typ || c.desc != s.desc {
			continue
		}
		if e := c.valid(s.l); e != abi.OK {
			err = e
			continue
		}
		if !c.may(s.l, keySearch) {
			err = abi.EACCES
			continue
		}
		if c.negative != abi.OK {
			err = c.negative
			continue
		}
		return c, abi.OK
	}
	for _, c := range k.links {
		if depth == keyDeep || !c.ring() || c.valid(s.l) != abi.OK {
			continue
		}
		if found, e := s.in(c, depth+1); e == abi.OK {
			return found, abi.OK
		} else if err == eNoKey && e != abi.EACCES {
			err = e
		}
	}
	return nil, err
}

// keyTypes are the largest payloads of the types that there are, and whether a key can be updated and read.
var keyTypes = map[string]struct {
	most         int
	update, read bool
}{"user": {32767, true, true}, "logon": {32767, true, false}, "big_key": {1<<20 - 1, true, true}, "keyring": {0, false, true}}

const (
	keyTypeLen = 32   // with the zero byte
	keyDescLen = 4096 // likewise
)

// keyTypeAt reads a type's name. Errors: EINVAL, EPERM for those of the kernel's own.
func keyTypeAt(l *kern.LWP, va uint64) (string, abi.Errno) {
	typ, err := l.CopyinStr(va, keyTypeLen)
	switch {
	case err == abi.ENAMETOOLONG || err == abi.OK && typ == "":
		return "", abi.EINVAL
	case err == abi.OK && typ[0] == '.':
		return "", abi.EPERM
	}
	return typ, err
}

func keyDescAt(l *kern.LWP, va uint64, typ string) (string, abi.Errno) {
	if va == 0 {
		return "", abi.OK
	}
	desc, err := l.CopyinStr(va, keyDescLen)
	switch {
	case err == abi.ENAMETOOLONG:
		return "", abi.EINVAL
	case err == abi.OK && strings.HasPrefix(desc, ".") && typ == "keyring":
		return "", abi.EPERM
	}
	return desc, err
}

// sysAddKey is add_key(type, description, payload, plen, keyring).
func sysAddKey(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if a[3] > 1<<20-1 {
		return ret(abi.EINVAL)
	}
	typ, err := keyTypeAt(l, a[0])
	if err != abi.OK {
		return ret(err)
	}
	desc, err := keyDescAt(l, a[1], typ)
	if err != abi.OK {
		return ret(err)
	}
	payload := make([]byte, a[3])
	if err := l.Copyin(payload, a[2]); len(payload) > 0 && err != abi.OK {
		return ret(err)
	}
	ring, err := keyLookup(l, int32(a[4]), true, keyWrite)
	if err != abi.OK {
		return ret(err)
	}
	kt, known := keyTypes[typ]
	switch {
	case !known:
		return ret(abi.ENODEV)
	case !ring.ring():
		return ret(abi.ENOTDIR)
	case desc == "", len(payload) > kt.most, typ != "keyring" && len(payload) == 0, typ == "logon" && strings.IndexByte(desc, ':') <= 0:
		return ret(abi.EINVAL)
	}
	t := keysOf(l)
	if kt.update {
		for _, k := range ring.links {
			if k.typ == typ && k.desc == desc && k.valid(l) == abi.OK {
				if !k.may(l, keyWrite) {
					return ret(abi.EACCES)
				}
				if !t.fill(k, payload) {
					return ret(abi.EDQUOT)
				}
				k.negative, k.expiry = abi.OK, time.Time{}
				return retInt(int64(k.serial))
			}
		}
	}
	k, err := t.alloc(l, typ, desc, payload, newKeyPerm(typ))
	if err != abi.OK {
		return ret(err)
	}
	return linked(l, ring, k)
}

// linked puts k into ring, nil for none, and is what a call returns then: k's number, or why not.
func linked(l *kern.LWP, ring, k *key) (kern.Retval, abi.Errno) {
	t := keysOf(l)
	if ring != nil {
		t.hold(k)
		err := t.link(ring, k)
		if serial := k.serial; err == abi.OK {
			t.drop(k)
			return retInt(int64(serial))
		}
		t.drop(k)
		return ret(err)
	}
	return retInt(int64(k.serial))
}

// newKeyPerm: what can be read and written may be so by its possessor.
func newKeyPerm(typ string) uint32 {
	perm := uint32(keyView|keySearch|keyLink|keySetattr) << 24
	perm |= keyView << 16
	kt := keyTypes[typ]
	if kt.read {
		perm |= keyRead << 24
	}
	if typ == "keyring" || kt.update {
		perm |= keyWrite << 24
	}
	return perm
}

// sysRequestKey is request_key(type, description, callout_info, dest_keyring).
func sysRequestKey(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	typ, err := keyTypeAt(l, a[0])
	if err != abi.OK {
		return ret(err)
	}
	desc, err := l.CopyinStr(a[1], keyDescLen)
	if err != abi.OK {
		return ret(err)
	}
	if a[2] != 0 {
		if _, err := l.CopyinStr(a[2], 4096); err != abi.OK {
			return ret(err)
		}
	}
	var dest *key
	if int32(a[3]) != 0 {
		if dest, err = keyLookup(l, int32(a[3]), true, keyWrite); err != abi.OK {
			return ret(err)
		}
	}
	if _, known := keyTypes[typ]; !known {
		return ret(eNoKey)
	}
	t := keysOf(l)
	first := eNoKey
	for _, r := range possessed(l) {
		k, err := r.search(l, typ, desc)
		if err == abi.OK {
			if dest != nil && !dest.ring() {
				dest = nil
			}
			return linked(l, dest, k)
		}
		if first == eNoKey && err != abi.EACCES {
			first = err
		}
	}
	if first != eNoKey || a[2] == 0 {
		return ret(first)
	}
	return ret(t.askFor(l, typ, desc, dest))
}

// askFor is the end of a request that an upcall would have to answer. Nobody does: the key is known not to exist for a
// minute.
func (t *keyTable) askFor(l *kern.LWP, typ, desc string, dest *key) abi.Errno {
	if dest == nil {
		h := &procdata(l.Proc).keys
		order := []int32{keySpecThread, keySpecProcess, keySpecSession}
		if n := h.reqkey; n > 0 && n <= 5 {
			order = []int32{-n}
		}
		for _, id := range order {
			if k, err := keyLookup(l, id, false, 0); err == abi.OK {
				dest = k
				break
			}
		}
		if dest != nil && !dest.may(l, keyWrite) {
			return abi.EACCES
		}
	}
	if typ == "keyring" {
		return eNoKey
	}
	if dest != nil && dest.ring() {
		const lives = time.Minute
		k, err := t.alloc(l, typ, desc, nil, newKeyPerm(typ))
		if err != abi.OK {
			return err
		}
		k.negative, k.expiry = eNoKey, l.K.Timenow().Add(lives)
		if _, err := linked(l, dest, k); err != abi.OK {
			return err
		}
	}
	return eNoKey
}
