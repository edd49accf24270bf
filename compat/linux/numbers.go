package linux

import (
	"slices"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/strace"
)

// numbers are the values of names that machines have reason to differ in. The emulation works with those of asm-generic,
// which amd64 has; what stands here is where a machine has others, and nil or 0 where it has those. Arguments are
// translated by their types in linux.master before a call is made, what is in structures where those are read.
type numbers struct {
	errnos    map[uint16]uint16 // by the generic number
	signals   *signalMap
	nsig      int32 // the largest signal, if it is not linuxNSIG
	sighow    map[uint64]uint64
	saFlags   []bitPair
	open      []bitPair
	mapping   []bitPair // flags of mmap
	fcntl     map[uint64]uint64
	lockTypes bool // of locks are counted from 1
	ioctls    map[uint64]uint64
	rlimits   map[uint64]uint64
	solSocket int32
	sockopts  map[int32]int32 // those of the level SOL_SOCKET
	sockTypes map[int32]int32 // types of sockets
	poll      *pollNames
	siCodes   map[int32]int32 // of siginfo, by the generic number
	lockAll   uint64          // MCL_CURRENT, the lowest of three bits
	infinity  uint64          // RLIM_INFINITY of the calls with longs, if it is not the largest number
}

// bitPair is one flag: the machine's and the generic one.
type bitPair struct{ own, generic uint64 }

// bitsIn makes generic flags of a machine's, bitsOut the reverse. Flags that are not in the list stay.
func bitsIn(list []bitPair, v uint64) uint64 {
	n := v &^ allBits(list)
	for _, p := range list {
		if v&p.own == p.own {
			n |= p.generic
		}
	}
	return n
}

func bitsOut(list []bitPair, v uint64) uint64 {
	n := v &^ allBits(list)
	for _, p := range list {
		if v&p.generic == p.generic {
			n |= p.own
		}
	}
	return n
}

func allBits(list []bitPair) (all uint64) {
	for _, p := range list {
		all |= p.own | p.generic
	}
	return all
}

// unknown is a number that no generic name has.
const unknown = 1<<31 - 1

// mapped looks a number up. With a list, the generic numbers that no entry leads to mean nothing on the machine.
func mapped(list map[uint64]uint64, v uint64) uint64 {
	if list == nil {
		return v
	}
	if n, ok := list[v]; ok {
		return n
	}
	for _, n := range list {
		if n == v {
			return unknown
		}
	}
	return v
}

// signalMap has the numbers of the signals below the realtime ones: generic ones by the machine's, and the reverse.
type signalMap struct{ in, out [linuxSIGRTMIN]int32 }

// signalsOf makes a signalMap of the machine's numbers in the order of the generic ones, from 1 on.
func signalsOf(own ...int32) *signalMap {
	m := &signalMap{}
	for i, n := range own {
		m.in[n], m.out[i+1] = int32(i+1), n
	}
	return m
}

// openIn gives the machine's flags of open the generic values; openOut goes back.
func (m *Machine) openIn(f int32) int32  { return int32(bitsIn(m.open, uint64(uint32(f)))) }
func (m *Machine) openOut(f int32) int32 { return int32(bitsOut(m.open, uint64(uint32(f)))) }

// sigGeneric is the generic number of one of the machine's signals; sigOwn the reverse. 0 is not a signal.
func (m *Machine) sigGeneric(n int32) int32 {
	if m.signals != nil && n > 0 && n < linuxSIGRTMIN {
		return m.signals.in[n]
	}
	return n
}

func (m *Machine) sigOwn(n int32) int32 {
	if m.signals != nil && n > 0 && n < linuxSIGRTMIN {
		return m.signals.out[n]
	}
	return n
}

// input translates one argument of a call.
type input struct {
	arg int
	to  func(m *Machine, v uint64) uint64
}

// inputsOf are the arguments of a call that must be translated on the machine.
func (m *Machine) inputsOf(sig *strace.Sig) (list []input) {
	for i := range sig.Args {
		if to := m.inputOf(sig.Args[i].Type); to != nil {
			list = append(list, input{i, to})
		}
	}
	return list
}

// openTypes are the arguments whose flags are made of open's.
var openTypes = []strace.ArgType{strace.LxOflags, strace.LxSockFlags, strace.LxFdFlags, strace.LxEpollFlags, strace.LxEfdFlags,
	strace.LxSfdFlags, strace.LxTfdFlags, strace.LxInotifyFlags, strace.LxUffdFlags, strace.LxPidfdFlags}

func (m *Machine) inputOf(t strace.ArgType) func(m *Machine, v uint64) uint64 {
	switch {
	case m.open != nil && slices.Contains(openTypes, t):
		return (*Machine).oflagsIn
	case t == strace.LxSockType && (m.sockTypes != nil || m.open != nil):
		return (*Machine).sockTypeIn
	case t == strace.LxSigno && m.signals != nil:
		return func(m *Machine, v uint64) uint64 { return uint64(int64(m.sigGeneric(int32(v)))) }
	case t == strace.LxCloneFlags && m.signals != nil:
		return func(m *Machine, v uint64) uint64 {
			return v&^cloneSignal | uint64(m.sigGeneric(int32(v&cloneSignal)))
		}
	case t == strace.LxSighow && m.sighow != nil:
		return func(m *Machine, v uint64) uint64 { return mapped(m.sighow, uint64(uint32(v))) }
	case t == strace.LxMapFlags && m.mapping != nil:
		return func(m *Machine, v uint64) uint64 { return bitsIn(m.mapping, v) }
	case t == strace.LxFcntlCmd && m.fcntl != nil:
		return func(m *Machine, v uint64) uint64 { return mapped(m.fcntl, uint64(uint32(v))) }
	case t == strace.LxIoctl && m.ioctls != nil:
		return (*Machine).ioctlIn
	case t == strace.LxRlimit && m.rlimits != nil:
		return func(m *Machine, v uint64) uint64 { return mapped(m.rlimits, uint64(uint32(v))) }
	}
	return nil
}

// sockTypeIn translates a socket's type, whose flags are those of open.
func (m *Machine) sockTypeIn(v uint64) uint64 {
	t := v & sockTypeMask
	if n, ok := m.sockTypes[int32(t)]; ok {
		t = uint64(n)
	}
	return t | m.oflagsIn(v&^sockTypeMask)
}

// noFlag is a flag that no call knows.
const noFlag = 1 << 31

// oflagsIn translates flags of open in an argument. Others than the machine's stay unknown, for the calls that refuse
// those.
func (m *Machine) oflagsIn(v uint64) uint64 {
	n := bitsIn(m.open, v)
	own, generic := uint64(0), uint64(0)
	for _, p := range m.open {
		own, generic = own|p.own, generic|p.generic
	}
	if v&generic&^own != 0 {
		n |= noFlag
	}
	return n
}

// ioctlIn translates a request. Those that the machine has no name of its own for differ in how they say which way their
// argument goes, in three bits instead of two.
func (m *Machine) ioctlIn(v uint64) uint64 {
	v = uint64(uint32(v))
	n := mapped(m.ioctls, v)
	if n != v {
		return n
	}
	const none, read, write = 1, 2, 4
	rest := v & (1<<29 - 1)
	switch v >> 29 {
	case none:
		return rest
	case read:
		return rest | 2<<30
	case write:
		return rest | 1<<30
	}
	return v
}

// invoke makes a call with the machine's numbers in its arguments.
func (m *Machine) invoke(l *kern.LWP, num int, a *kern.Args) (kern.Retval, abi.Errno) {
	if num >= 0 && num < len(m.inputs) {
		for _, in := range m.inputs[num] {
			a[in.arg] = in.to(m, a[in.arg])
		}
	}
	return l.Invoke(num, a)
}

// sockoptIn translates level and name of a socket's option.
func (m *Machine) sockoptIn(level, name int32) (lv, n int32) {
	if m.solSocket != 0 {
		switch level {
		case m.solSocket:
			level = solSocket
		case solSocket:
			return unknown, name
		}
	}
	if level != solSocket || m.sockopts == nil {
		return level, name
	}
	if n, ok := m.sockopts[name]; ok {
		return level, n
	}
	for _, n := range m.sockopts {
		if n == name {
			return level, unknown
		}
	}
	return level, name
}

// firstLock is the machine's F_RDLCK.
func (m *Machine) firstLock() int16 {
	if m.lockTypes {
		return 1
	}
	return 0
}

// controlLevel is the machine's SOL_SOCKET, of control messages.
func (m *Machine) controlLevel() int32 {
	if m.solSocket != 0 {
		return m.solSocket
	}
	return solSocket
}

// errnoOut returns Linux's number of an error on the machine.
func (m *Machine) errnoOut(err abi.Errno) uint16 {
	n := errnoOut(err)
	if own, ok := m.errnos[n]; ok {
		return own
	}
	return n
}

// own are generic numbers as a machine has them, in the order of the generic ones from first on.
func own(first uint16, list ...uint16) map[uint16]uint16 {
	m := map[uint16]uint16{}
	for i, n := range list {
		if n != 0 {
			m[first+uint16(i)] = n
		}
	}
	return m
}

// pairs makes a bitPair of each two numbers.
func pairs(list ...uint64) (p []bitPair) {
	for c := range slices.Chunk(list, 2) {
		p = append(p, bitPair{c[0], c[1]})
	}
	return p
}

var (
	openARM = pairs(0o200000, oDirect, 0o400000, oLargefile, 0o40000, oDirectory, 0o100000, oNofollow)
)

// sockTypeOut is the machine's number of a type of sockets.
func (m *Machine) sockTypeOut(generic uint32) uint32 {
	for own, n := range m.sockTypes {
		if n == int32(generic) {
			return uint32(own)
		}
	}
	return generic
}
