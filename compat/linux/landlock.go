package linux

import (
	"encoding/binary"

	"nbemu/abi"
	"nbemu/kern"
	"nbemu/vfs"
)

// Landlock (security/landlock): what a thread takes from itself. Here are the calls; landlockdomain.go has what a thread is
// confined to, and package vfs asks it.

const (
	landlockABI = 6 // as of Linux 6.12

	landlockVersion  = 1 // flag of landlock_create_ruleset
	landlockBeneath  = 1 // types of rules
	landlockPort     = 2
	landlockLayers   = 16
	landlockAttrMin  = 8
	landlockAttrSize = 24

	landlockNet    = 3 // LANDLOCK_ACCESS_NET_BIND_TCP, …_CONNECT_TCP
	landlockScopes = 3 // LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET, …_SIGNAL
	scopeAbstract  = 1
	scopeSignal    = 2

	allRights = kern.RightIoctlDev<<1 - 1
)

// ruleset is the file of a set of rules that is being made.
type ruleset struct {
	kern.BadOps
	landlockLayer
}

func (*ruleset) Type() string { return "landlock-ruleset" }

func (*ruleset) Read(*kern.LWP, *kern.File, *kern.Uio) abi.Errno  { return abi.EINVAL }
func (*ruleset) Write(*kern.LWP, *kern.File, *kern.Uio) abi.Errno { return abi.EINVAL }

func (*ruleset) Stat(_ *kern.LWP, _ *kern.File, st *abi.Stat) abi.Errno {
	*st = abi.Stat{Mode: 0600, Blksize: 4096}
	return abi.OK
}

// sysLandlockCreateRuleset is landlock_create_ruleset(attr, size, flags): a descriptor for a set of rules about what attr
// says, or with LANDLOCK_CREATE_RULESET_VERSION the version of all this. Errors: EINVAL, E2BIG, EFAULT, ENOMSG for nothing.
func sysLandlockCreateRuleset(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if flags := uint32(a[2]); flags != 0 {
		if flags == landlockVersion && a[0] == 0 && a[1] == 0 {
			return retInt(landlockABI)
		}
		return ret(abi.EINVAL)
	}
	b, err := sizedStruct(l, a[0], a[1], landlockAttrMin, landlockAttrSize)
	if err != abi.OK {
		return ret(err)
	}
	m := l.Model()
	fs, net, scoped := kern.Rights(m.Uint(b, 8)), m.Uint(b[8:], 8), m.Uint(b[16:], 8)
	switch {
	case fs&^allRights != 0, net&^landlockNet != 0, scoped&^landlockScopes != 0:
		return ret(abi.EINVAL)
	case fs == 0 && net == 0 && scoped == 0:
		return ret(abi.ENOMSG)
	}
	r := &ruleset{landlockLayer: landlockLayer{fs: fs, net: net, scoped: scoped, files: map[kern.FileID]kern.Rights{}, ports: map[uint16]uint64{}}}
	return retFd(l.Install(kern.NewFile(l, r, abi.FREAD|abi.FWRITE), true))
}

// sizedStruct reads a structure of which newer versions are longer: what is not known must be 0. Errors: EINVAL for one
// shorter than least, E2BIG, EFAULT.
func sizedStruct(l *kern.LWP, va, size uint64, least, known int) ([]byte, abi.Errno) {
	switch {
	case size < uint64(least):
		return nil, abi.EINVAL
	case size > 4096:
		return nil, abi.E2BIG
	}
	b := make([]byte, max(int(size), known))
	if err := l.Copyin(b[:size], va); err != abi.OK {
		return nil, err
	}
	for _, c := range b[known:] {
		if c != 0 {
			return nil, abi.E2BIG
		}
	}
	return b[:known], abi.OK
}

// rulesetOf is the set of rules of a descriptor. Errors: EBADF; EBADFD for anything else; EPERM.
func rulesetOf(l *kern.LWP, fd int32, mode int32) (*ruleset, abi.Errno) {
	f := l.Proc.Fd.Get(fd)
	if f == nil {
		return nil, abi.EBADF
	}
	r, ok := f.Ops.(*ruleset)
	switch {
	case !ok:
		return nil, eBadfd
	case f.Flag&mode == 0:
		return nil, abi.EPERM
	}
	return r, abi.OK
}

// sysLandlockAddRule is landlock_add_rule(fd, type, attr, flags). Errors: EINVAL, EBADF, EBADFD, EFAULT, ENOMSG.
func sysLandlockAddRule(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if uint32(a[3]) != 0 {
		return ret(abi.EINVAL)
	}
	r, err := rulesetOf(l, int32(a[0]), abi.FWRITE)
	if err != abi.OK {
		return ret(err)
	}
	switch int32(a[1]) {
	case landlockBeneath:
		return ret(r.addBeneath(l, a[2]))
	case landlockPort:
		return ret(r.addPort(l, a[2]))
	}
	return ret(abi.EINVAL)
}

// addBeneath adds a rule of struct landlock_path_beneath_attr, which has no padding.
func (r *ruleset) addBeneath(l *kern.LWP, va uint64) abi.Errno {
	var b [12]byte
	if err := l.Copyin(b[:], va); err != abi.OK {
		return err
	}
	order := binary.ByteOrder(binary.LittleEndian)
	if l.Model().BigEndian {
		order = binary.BigEndian
	}
	allowed, fd := kern.Rights(order.Uint64(b[:])), int32(order.Uint32(b[8:]))
	switch {
	case allowed == 0:
		return abi.ENOMSG
	case allowed&^r.fs != 0:
		return abi.EINVAL
	}
	f, err := l.GetfileAny(fd)
	if err != abi.OK {
		return err
	}
	defer f.Done(l)
	ids, dir, err := vfs.FileIDs(f)
	switch {
	case err != abi.OK:
		return eBadfd
	case !dir && allowed&^kern.RightsOfFiles != 0:
		return abi.EINVAL
	}
	for _, id := range ids {
		r.files[id] |= allowed
	}
	return abi.OK
}

// addPort adds a rule of struct landlock_net_port_attr.
func (r *ruleset) addPort(l *kern.LWP, va uint64) abi.Errno {
	var rule struct{ Allowed, Port uint64 }
	if err := l.CopyinStruct(va, &rule); err != abi.OK {
		return err
	}
	switch {
	case rule.Allowed == 0:
		return abi.ENOMSG
	case rule.Allowed&^r.net != 0, rule.Port > 0xffff:
		return abi.EINVAL
	}
	r.ports[uint16(rule.Port)] |= rule.Allowed
	return abi.OK
}

// sysLandlockRestrictSelf is landlock_restrict_self(fd, flags): from now on the thread goes by the rules, beside those
// that it went by already. Errors: EPERM for who could gain rights by executing a program, EINVAL, EBADF, EBADFD; E2BIG
// for too many sets.
func sysLandlockRestrictSelf(l *kern.LWP, a *kern.Args) (kern.Retval, abi.Errno) {
	if !procdata(l.Proc).noNewPriv && !nsCapable(l, nsOf(l).of[nsUser], capSysAdmin) {
		return ret(abi.EPERM)
	}
	if uint32(a[1]) != 0 {
		return ret(abi.EINVAL)
	}
	r, err := rulesetOf(l, int32(a[0]), abi.FREAD)
	if err != abi.OK {
		return ret(err)
	}
	old, _ := l.Sandbox.(*landlockDomain)
	if old.depth() >= landlockLayers {
		return ret(abi.E2BIG)
	}
	l.Sandbox = old.with(&r.landlockLayer)
	return ret(abi.OK)
}
