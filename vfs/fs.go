package vfs

import (
	"sync"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/mem"
)

// FS is the file system of one machine: its root and mounts, and what its open files share. The kernel lock protects
// what has no other guard.
type FS struct {
	K *kern.Kernel

	// root is the Rdir of the first process. Our own file systems (/dev) are seen by processes that have it.
	root *Dir
	edir *Dir // the emulation root of native programs (-L), or nil

	edirPath   string    // on the host
	linkerOnce sync.Once // sets linker
	linker     bool      // edir has a dynamic linker of Linux

	cdir         *Dir // the working directory that programs are started in
	hostRoot     *Dir // the host's root, once it has been needed
	guest        guestUsers
	metadata     *Metadata                           // the overlay in use, or nil
	Overlay      func(key mem.FileKey, st *abi.Stat) // changes what stat shows of a file, if set: owner and mode kept beside it
	layer        overlayDir                          // where changes go, if not into the root's own directory
	own          []*mounted                          // our own file systems; see ownmount.go
	rootFlags    uint64                              // of /, as mount -u made them: MNT_RDONLY and so on
	mounted      []*mounted                          // what is mounted on the guest's directories, the newest last; see mount.go
	netCounts    NetCounts                           // see netcount.go
	mountNews    kern.Selinfo                        // who waits for changes of mounts, of which there were mountChanges
	mountChanges int
	mounts       int32   // how many there were
	Mounts       []Mount // set before the first process
	Checks

	setIDs uint32 // how often a program has given a file a set-id bit

	textFiles
	leases  leases
	handles // of getfh(2); see fhandle.go

	ttys           map[uint64]*tty              // by device number
	sockets        map[mem.FileKey]*socket      // open ones, for descriptors that come back in messages
	peers          map[peerKey]*peerQueue       // bound local sockets; see sockpeer.go
	boundNames     map[string][]byte            // addresses that guests bound local sockets to, by their names on the host
	abstractPrefix string                       // of the host's names for this machine's local sockets that are no files; see sockabstract.go
	passing        map[mem.FileKey]*passed      // files on their way in messages, by the host pipe that stands for them
	devAttrs       map[uint64]*kern.Attrs       // of the machine's own devices, where they were changed, by number
	lockedFiles    map[lockPlace]*lockedFile    // with record locks; see lock.go
	lockCount      map[uint32]int               // record locks of each user
	lockWaits      map[lockOwner]lockOwner      // who waits for a lock, and who holds it: cycles are deadlocks
	flockQ         map[mem.FileKey]*kern.SleepQ // who waits for flock(2)
	vnodeKlists    map[mem.FileKey]*kern.Klist  // who watches files; see notify.go
	news           hostNews
	dirs           dirNews // who watches directories; see dnotify.go
}

// New makes the file system of k, which finds it from then on. Init gives it its root.
func New(k *kern.Kernel) *FS {
	fs := &FS{
		K:          k,
		textFiles:  textFiles{map[mem.FileKey]bool{}, map[mem.FileKey]int{}},
		ttys:       map[uint64]*tty{},
		sockets:    map[mem.FileKey]*socket{},
		boundNames: map[string][]byte{},
		peers:      map[peerKey]*peerQueue{},
		passing:    map[mem.FileKey]*passed{},
		devAttrs:   map[uint64]*kern.Attrs{}, lockedFiles: map[lockPlace]*lockedFile{},
		lockCount:   map[uint32]int{},
		lockWaits:   map[lockOwner]lockOwner{},
		flockQ:      map[mem.FileKey]*kern.SleepQ{},
		vnodeKlists: map[mem.FileKey]*kern.Klist{},
	}
	fs.news.fs = fs
	fs.startOwn()
	k.VFS = fs
	k.LockCount = func(uid uint32) int { return fs.lockCount[uid] }
	k.IsUnder = isUnder
	k.ProcCwd = func(p *kern.Proc) (string, abi.Errno) {
		if len(p.LWPs) == 0 {
			return "", abi.ESRCH
		}
		return Getcwd(p.LWPs[0])
	}
	return fs
}

// Of returns the file system of k.
func Of(k *kern.Kernel) *FS { return k.VFS.(*FS) }

func fsOf(l *kern.LWP) *FS { return Of(l.K) }
