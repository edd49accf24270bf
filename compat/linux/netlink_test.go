package linux

import (
	"testing"

	"nbemu/kern"
	"nbemu/kern/kerntest"
	"nbemu/mem"
)

// TestNetlinkQueues: what sockets of netlink have to be read is the kernel's memory, and is given back.
func TestNetlinkQueues(t *testing.T) {
	mem.SetLimit(16 << 20)
	t.Cleanup(func() { mem.SetLimit(0) })
	k := kern.New()
	k.Lock()
	t.Cleanup(k.Unlock)
	l := kerntest.LWP(t, k, 0)
	fill := func() (bytes int) {
		var files []*kern.File
		for range 8 { // of 4 MiB each, if there were no other limit
			n := &netlink{}
			n.f = kern.NewFile(l, n, 0)
			files = append(files, n.f)
			for range netlinkMaxQueue/netlinkRoom + 1 {
				n.put(make([]byte, netlinkRoom))
			}
			bytes += n.queued
		}
		for _, f := range files {
			f.Unref(l)
		}
		return bytes
	}
	n := fill()
	if n == 0 || n > 16<<20/4 {
		t.Errorf("%d bytes are queued, of 16 MiB in all", n)
	}
	if again := fill(); again != n {
		t.Errorf("first %d bytes, then %d", n, again)
	}
}
