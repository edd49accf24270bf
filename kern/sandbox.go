package kern

import "nbemu/mem"

// Rights are what a Sandbox may leave a thread of what it does with files; the bits are those of Linux's Landlock.
type Rights uint64

const (
	RightExecute Rights = 1 << iota
	RightWriteFile
	RightReadFile
	RightReadDir
	RightRemoveDir
	RightRemoveFile
	RightMakeChar
	RightMakeDir
	RightMakeReg
	RightMakeSock
	RightMakeFifo
	RightMakeBlock
	RightMakeSym
	RightRefer // to be moved or linked from one directory into another
	RightTruncate
	RightIoctlDev

	// RightsOfFiles are those that mean something for what is no directory.
	RightsOfFiles = RightExecute | RightWriteFile | RightReadFile | RightTruncate | RightIoctlDev
)

// FileID is a file or directory as a Sandbox's rules know it: one of the host's, or a node of a file system of the
// machine's own by its name.
type FileID struct {
	Key  mem.FileKey
	Node string
}

// A Sandbox is what a thread has taken from itself, for good, beyond what its user may not do. Children and executed
// programs have it too, whatever they are programs for. Preconditions of all methods: kernel lock.
type Sandbox interface {
	// Missing returns which of the rights are not there for a file; line has the file and the directories above it.
	Missing(line []FileID, want Rights) Rights
	// Gains reports whether what is moved from one directory to another could be used there in a way it could not before.
	Gains(from, to, file []FileID, dir bool) bool
	// Port reports whether a TCP socket may be bound, or with connect be connected, to a port.
	Port(connect bool, port uint16) bool
	// Below reports whether other, nil for none, has no fewer restrictions: a thread may trace only such ones.
	Below(other Sandbox) bool
	// MaySignal and MayReach report whether a thread with the sandbox other may be sent signals, and its local sockets with
	// abstract names be used.
	MaySignal(other Sandbox) bool
	MayReach(other Sandbox) bool
}

// sandbox is the process's: that of its first thread.
func (p *Proc) sandbox() Sandbox {
	if len(p.LWPs) == 0 {
		return nil
	}
	return p.LWPs[0].Sandbox
}

// MaySignal reports whether l may send signals to p.
func (l *LWP) MaySignal(p *Proc) bool { return l.Proc.Cred.CanSignal(p.Cred) && l.Reaches(p) }

// Reaches reports whether l's sandbox lets it send signals to p.
func (l *LWP) Reaches(p *Proc) bool {
	return l.Sandbox == nil || l.Proc == p || l.Sandbox.MaySignal(p.sandbox())
}

// MayTrace reports whether l may look into p.
func (l *LWP) MayTrace(p *Proc) bool {
	if p == l.Proc {
		return true
	}
	if em := l.Proc.Emul; em != nil && em.MayTrace != nil {
		return em.MayTrace(l, p) && l.Encloses(p)
	}
	return l.Proc.Cred.CanTrace(p.Cred) && l.Encloses(p)
}

// Encloses reports whether p is confined no less than l is.
func (l *LWP) Encloses(p *Proc) bool {
	return l.Sandbox == nil || l.Proc == p || l.Sandbox.Below(p.sandbox())
}
