package abi

// Commands of modctl(2). The first form of the state is that of NetBSD 5 to 8.
const (
	MODCTL_LOAD   = 0
	MODCTL_UNLOAD = 1
	MODCTL_OSTAT  = 2
	MODCTL_EXISTS = 3
	MODCTL_STAT   = 4
)

// Lengths of a module's name, and of how many another can need in the old form.
const (
	MAXMODNAME = 32
	MAXMODDEPS = 10
)

// ModctlLoad is modctl_load_t.
type ModctlLoad struct {
	Filename Ptr
	Flags    int32
	Props    Ptr
	Propslen Size
}

// Modstat is modstat_t, Modstat80 that of NetBSD 5 to 8. Both are the same on all machines.
type (
	Modstat struct {
		Name      [MAXMODNAME]byte
		Addr      uint64
		Source    int32
		Class     int32
		Size      uint32
		Refcnt    int32
		Flags     uint32
		Reqoffset uint32
	}
	Modstat80 struct {
		Name     [MAXMODNAME]byte
		Required [MAXMODNAME * MAXMODDEPS]byte
		Addr     uint64
		Source   int32
		Class    int32
		Size     uint32
		Refcnt   int32
		Flags    uint32
		Reserved [3]uint32
	}
)
