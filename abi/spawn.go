package abi

// PosixSpawnattr is struct posix_spawnattr.
type PosixSpawnattr struct {
	Flags       int16
	Pgroup      int32
	Schedparam  SchedParam
	Schedpolicy int32
	Sigdefault  Sigset
	Sigmask     Sigset
}

// PosixSpawnFileActions is struct posix_spawn_file_actions; Fae points to Len
// entries.
type PosixSpawnFileActions struct {
	Size uint32
	Len  uint32
	Fae  Ptr
}

// PosixSpawnFae is one entry. Path, Oflag and Mode are those of an open;
// of a dup2, the new descriptor stands where the path does (see Newfildes).
type PosixSpawnFae struct {
	Action int32 // FAE_OPEN and so on
	Fildes int32
	Path   Ptr
	Oflag  int32
	Mode   uint32
}

const (
	FAE_OPEN   = 0
	FAE_DUP2   = 1
	FAE_CLOSE  = 2
	FAE_CHDIR  = 3
	FAE_FCHDIR = 4
)

// Newfildes returns the new descriptor of a dup2 entry.
func (m *Model) Newfildes(e *PosixSpawnFae) int32 { return m.SigvalInt(e.Path) }
