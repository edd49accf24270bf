package linux

import "nbemu/mem"

// How many keys a user may have, and how many bytes of descriptions, payloads and links in all (key_quota_maxkeys,
// key_quota_maxbytes and those of root); and what the kernel keeps for a key besides.
const (
	keyMost, keyMostBytes         = 200, 20000
	keyRootMost, keyRootMostBytes = 1000000, 25000000
	keyLinkBytes                  = 4
	keySize                       = 320
)

// keyQuota is what a user has.
type keyQuota struct{ keys, bytes int64 }

// room reports whether a user may have that many keys and bytes more.
func (t *keyTable) room(uid uint32, keys, bytes int64) bool {
	most, mostBytes := int64(keyMost), int64(keyMostBytes)
	if uid == 0 {
		most, mostBytes = keyRootMost, keyRootMostBytes
	}
	q := t.quota[uid]
	if q == nil {
		q = &keyQuota{}
	}
	return q.keys+keys <= most && q.bytes+bytes <= mostBytes && mem.KernelRoom(keys*keySize+bytes)
}

// count changes what a user has.
func (t *keyTable) count(uid uint32, keys, bytes int64) {
	q := t.quota[uid]
	if q == nil {
		q = &keyQuota{}
		t.quota[uid] = q
	}
	q.keys, q.bytes = q.keys+keys, q.bytes+bytes
	if *q == (keyQuota{}) {
		delete(t.quota, uid)
	}
	mem.KernelUse(keys*keySize + bytes)
}

// charge has k's owner pay for n bytes more, and reports whether that is within the quota; uncharge is for less.
func (t *keyTable) charge(k *key, n int64) bool {
	if n > 0 && !t.room(k.uid, 0, n) {
		return false
	}
	k.charged += n
	t.count(k.uid, 0, n)
	return true
}

func (t *keyTable) uncharge(k *key, n int64) { t.charge(k, -n) }

// fill gives k a payload, and a new key its place in its owner's quota. It reports whether that is within the quota.
func (t *keyTable) fill(k *key, payload []byte) bool {
	if k.charged == 0 {
		n := int64(len(k.desc) + 1 + len(payload))
		if !t.room(k.uid, 1, n) {
			return false
		}
		k.charged = n
		t.count(k.uid, 1, n)
	} else if !t.charge(k, int64(len(payload)-len(k.payload))) {
		return false
	}
	k.payload = payload
	return true
}

// empty takes k, which is gone, off its owner's quota.
func (t *keyTable) empty(k *key) {
	t.count(k.uid, -1, -k.charged)
	k.charged = 0
}

// give makes a user the owner of k, if the user's quota allows it.
func (t *keyTable) give(k *key, uid uint32) bool {
	if !t.room(uid, 1, k.charged) {
		return false
	}
	t.count(k.uid, -1, -k.charged)
	t.count(uid, 1, k.charged)
	k.uid = uid
	return true
}
