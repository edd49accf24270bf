// Package sysctl is the tree of sysctl(3): its protocol (kern_sysctl.c), and the nodes of kern, vm, vfs, net, hw, machdep,
// ddb, proc and security, which are declared in tables.
//
// It is a part of nbemu and not for other modules: those import package machine.
package sysctl

import (
	"bytes"
	"slices"

	"nbemu/abi"
	"nbemu/kern"
)

// The sysctl tree is declared in tables (sysctl_*.go); this file is what NetBSD's kern_sysctl.c is: finding a
// node, the protocol of old and new values, and the questions about the tree itself by which sysctl(8) and
// sysctlbyname(3) learn names and numbers.

// Node is a node of the tree (struct sysctlnode).
type Node struct {
	Num   int32 // Create: numbered by position, from CREATE_BASE
	Name  string
	Flags uint32 // CTLTYPE_ and CTLFLAG_
	Desc  string

	// Overlay: a program of 32 bits on a kernel of 64 has a node of its own there, with its own structure.
	Overlay bool
	// Value is a leaf's value: an int32, uint64, bool, string, abi.Long, or what Model.Bytes takes (a struct).
	Value func(l *kern.LWP) any
	// Store takes a new value, of the type that Value gives (for structures the bytes). nil refuses writes.
	Store func(l *kern.LWP, v any) abi.Errno
	// Size is the room for a string, NUL included, if it can be written.
	Size int
	// Func answers in place of the usual way; it also gets names that go on below the node.
	Func func(r *Req) abi.Errno
	// Only, if set, says for which programs the node is there.
	Only func(l *kern.LWP) bool

	Child []*Node // by number
}

// Req is one request as it comes to a node.
type Req struct {
	L    *kern.LWP
	Name []int32 // what is left of the name
	Path []int32 // the whole name
	Node *Node

	Old    uint64 // where the old value goes; 0 asks for its size only
	OldLen uint64 // the room there; afterwards the size of the value
	New    uint64 // the new value, 0 for none
	NewLen uint64
}

// sysctlVersion is the version of all nodes: the tree does not change.
const sysctlVersion = 1

// Create stands for the number of a node whose number nobody needs to know.
const Create = abi.CTL_CREATE

// ctlTypeLong is CTLTYPE_LONG, which is another type by data model.
const ctlTypeLong = abi.SYSCTL_TYPEMASK

// model is that of the node's value: the kernel's, but for the nodes that netbsd32_sysctl.c has of its own.
func (n *Node) model(l *kern.LWP) *abi.Model {
	if n.Overlay {
		return l.Model()
	}
	return l.KernelModel()
}

func (n *Node) ctlType(m *abi.Model) uint32 {
	t := n.Flags & abi.SYSCTL_TYPEMASK
	if t == ctlTypeLong {
		if m.LP64() {
			return abi.CTLTYPE_QUAD
		}
		return abi.CTLTYPE_INT
	}
	return t
}

// kernNodes make the nodes that other packages have below kern.
var kernNodes []func(k *kern.Kernel) []*Node

// RegisterKern adds nodes below kern, on every machine. It is called by init functions only.
func RegisterKern(f func(k *kern.Kernel) []*Node) { kernNodes = append(kernNodes, f) }

// sysctlRoot builds the tree of a machine at its first use.
func sysctlRoot(k *kern.Kernel) *Node {
	root, ok := k.Sysctl.(*Node)
	if !ok {
		root = &Node{Flags: abi.CTLTYPE_NODE | abi.CTLFLAG_ROOT | abi.CTLFLAG_READWRITE, Child: sysctlTables(k)}
		root.number()
		k.Sysctl = root
	}
	return root
}

// number gives the nodes without one their numbers and sorts the children, as sysctl_create would.
func (n *Node) number() {
	next := int32(abi.CREATE_BASE)
	for _, c := range n.Child {
		if c.Num == Create {
			c.Num = next
		}
		if c.Num < abi.PROC_CURPROC {
			next = max(next, c.Num+1)
		}
	}
	slices.SortFunc(n.Child, func(a, b *Node) int { return int(a.Num) - int(b.Num) })
	for _, c := range n.Child {
		c.number()
	}
}

// Call answers one request of l (sysctl_dispatch): name is the node, old and oldlen where its value goes and
// how much room is there, new and newlen the new value. It returns the size of the value, also with an error.
//
// Errors: ENOENT, ENOTDIR (the name goes on below a leaf), EINVAL, EPERM, EOPNOTSUPP, EFAULT and what the
// node says. A value that does not fit is no error here: the caller compares the sizes (ENOMEM).
func Call(l *kern.LWP, name []int32, old, oldlen, new, newlen uint64) (uint64, abi.Errno) {
	r := &Req{L: l, Path: name, Old: old, OldLen: oldlen, New: new, NewLen: newlen}
	n, used, err := sysctlLocate(l, name)
	r.Node, r.Name = n, name[used:]
	if err == abi.EPERM {
		return oldlen, err
	}
	switch {
	case n.Func != nil:
		err = n.Func(r)
	case err == abi.OK:
		err = r.lookup()
	case err == abi.ENOENT && used+1 == len(name) && name[used] < 0:
		err = r.meta()
	}
	return r.OldLen, err
}

// sysctlLocate follows name as far as it goes (sysctl_locate). Errors: ENOENT, ENOTDIR, EPERM (private).
func sysctlLocate(l *kern.LWP, name []int32) (*Node, int, abi.Errno) {
	n := sysctlRoot(l.K)
	for i, num := range name {
		if n.Flags&abi.SYSCTL_TYPEMASK != abi.CTLTYPE_NODE {
			return n, i, abi.ENOTDIR
		}
		if n.Flags&abi.CTLFLAG_PRIVATE != 0 && !l.Proc.Cred.IsRoot() {
			return n, i, abi.EPERM
		}
		c := n.child(num)
		if c == nil || !c.shown(l) {
			return n, i, abi.ENOENT
		}
		if i == 0 && num == abi.CTL_MACHDEP {
			if m, ok := machdep(l).(*Node); ok {
				c = m
			}
		}
		n = c
	}
	return n, len(name), abi.OK
}

// machdep is the tree of the machine whose kernel l runs on; nil if that has none.
func machdep(l *kern.LWP) any {
	switch {
	case l.K.Config.Native != nil:
		return l.K.Config.Machdep
	case l.Proc.Emul != nil:
		return l.Proc.Emul.Machdep
	}
	return nil
}

func (n *Node) shown(l *kern.LWP) bool { return n.Only == nil || n.Only(l) }

func (n *Node) child(num int32) *Node {
	if len(n.Child) > 0 && n.Child[0].Flags&abi.CTLFLAG_ANYNUMBER != 0 && num >= 0 {
		return n.Child[0]
	}
	i, ok := slices.BinarySearchFunc(n.Child, num, func(c *Node, num int32) int { return int(c.Num) - int(num) })
	if !ok {
		return nil
	}
	return n.Child[i]
}

// meta answers the negative numbers that stand for questions about a node.
func (r *Req) meta() abi.Errno {
	switch r.Name[0] {
	case abi.CTL_QUERY:
		return r.Query()
	case abi.CTL_DESCRIBE:
		return r.describe()
	case abi.CTL_CREATE, abi.CTL_CREATESYM, abi.CTL_DESTROY:
		if r.New == 0 {
			return abi.EINVAL
		}
		// As in kernels with SYSCTL_DISALLOW_CREATE: programs cannot change the tree.
		return abi.EPERM
	case abi.CTL_MMAP:
		return r.mmap()
	}
	return abi.EOPNOTSUPP
}

// mmap is CTL_MMAP, for which no node of NetBSD's is made. Errors: EINVAL, EFAULT, ENOENT, EOPNOTSUPP.
func (r *Req) mmap() abi.Errno {
	var q abi.Sysctlnode
	if r.New == 0 || r.NewLen != uint64(r.L.Model().Sizeof(q)) {
		return abi.EINVAL
	}
	if err := r.L.CopyinStruct(r.New, &q); err != abi.OK {
		return err
	}
	if c := r.Node.child(q.Num); c == nil || !c.shown(r.L) {
		return abi.ENOENT
	}
	return abi.EOPNOTSUPP
}

// isQuery says that the request is CTL_QUERY at a node with a function of its own.
func (r *Req) isQuery() bool { return len(r.Name) == 1 && r.Name[0] == abi.CTL_QUERY }

// queryNode reads the sysctlnode that comes with a question; it says which version the caller speaks
// (sysctl_cvt_in). Error: EINVAL for another version or size.
func (r *Req) queryNode() (q abi.Sysctlnode, err abi.Errno) {
	var flags uint32
	if r.New == 0 || r.NewLen < 4 {
		return q, abi.EINVAL
	}
	if err = r.L.CopyinStruct(r.New, &flags); err != abi.OK {
		return q, err
	}
	if r.NewLen != uint64(r.L.Model().Sizeof(q)) {
		return q, abi.EINVAL
	}
	if err = r.L.CopyinStruct(r.New, &q); err != abi.OK {
		return q, err
	}
	if q.Flags&abi.SYSCTL_VERS_MASK != abi.SYSCTL_VERSION {
		return q, abi.EINVAL
	}
	return q, abi.OK
}

// Query is CTL_QUERY: the children of the node as an array of struct sysctlnode. Errors: ENOTDIR, EINVAL.
func (r *Req) Query() abi.Errno {
	if r.Node.Flags&abi.SYSCTL_TYPEMASK != abi.CTLTYPE_NODE {
		return abi.ENOTDIR
	}
	if len(r.Name) != 1 {
		return abi.EINVAL
	}
	q, err := r.queryNode()
	if err != abi.OK {
		return err
	}
	if q.Ver != 0 && q.Ver != sysctlVersion {
		return abi.EINVAL
	}
	size := uint64(r.L.Model().Sizeof(q))
	at, left, count := r.Old, r.OldLen, uint64(0)
	for _, c := range r.Node.Child {
		if !c.shown(r.L) {
			continue
		}
		count++
		if r.Old != 0 && left >= size {
			if err = r.L.CopyoutStruct(at, c.image(r.L)); err != abi.OK {
				return err
			}
			at, left = at+size, left-size
		}
	}
	r.OldLen = size * count
	return abi.OK
}

// image is the node as programs see it. Kernel addresses are shown as 0, as NetBSD does for ordinary users;
// a pointer that only has to be there is 1.
func (n *Node) image(l *kern.LWP) *abi.Sysctlnode {
	m := n.model(l)
	t := n.ctlType(m)
	s := &abi.Sysctlnode{Flags: n.Flags&^abi.SYSCTL_TYPEMASK | t | abi.SYSCTL_VERSION | abi.CTLFLAG_PERMANENT, Num: n.Num, Ver: sysctlVersion}
	copy(s.Name[:abi.SYSCTL_NAMELEN-1], n.Name)
	if n.Store != nil {
		s.Flags |= abi.CTLFLAG_READWRITE
	}
	if n.Func != nil {
		s.Func = 1
	}
	switch t {
	case abi.CTLTYPE_NODE:
		s.Size = uint64(m.Sizeof(s))
		m.Marshal(s.Un[:], &abi.SysctlChild{Csize: uint32(len(n.Child)), Clen: uint32(len(n.Child))})
	case abi.CTLTYPE_INT:
		s.Size = 4
	case abi.CTLTYPE_QUAD:
		s.Size = 8
	case abi.CTLTYPE_BOOL:
		s.Size = 1
	default:
		s.Size = uint64(n.Size)
		if n.Value != nil && s.Size == 0 {
			s.Size = uint64(len(encodeSysctl(m, n.Value(l))))
		}
	}
	if n.Flags&abi.CTLFLAG_IMMEDIATE != 0 && n.Value != nil {
		copy(s.Un[:], encodeSysctl(m, n.Value(l)))
	}
	return s
}

// describe is CTL_DESCRIBE: the descriptions of all children, or of the one that the new value names.
func (r *Req) describe() abi.Errno {
	if r.Node.Flags&abi.SYSCTL_TYPEMASK != abi.CTLTYPE_NODE {
		return abi.ENOTDIR
	}
	var only *int32
	if r.New != 0 {
		q, err := r.queryNode()
		if err != abi.OK {
			return err
		}
		if q.Desc != 0 {
			return r.newDescription(&q)
		}
		only = &q.Num
	}
	m := r.L.Model()
	at, left, total := r.Old, r.OldLen, uint64(0)
	for _, c := range r.Node.Child {
		if only != nil && c.Num != *only || !c.shown(r.L) || c.Flags&abi.CTLFLAG_PRIVATE != 0 && !r.L.Proc.Cred.IsRoot() {
			continue
		}
		desc := append([]byte(c.Desc), 0)
		head := m.Bytes(&abi.SysctldescHead{Num: c.Num, Ver: sysctlVersion, Len: uint32(len(desc))})
		b := append(head, desc...)
		b = append(b, make([]byte, -len(b)&3)...)
		if n := uint64(len(b)); r.Old != 0 && left >= n {
			if err := r.L.Copyout(b, at); err != abi.OK {
				return err
			}
			at, left = at+n, left-n
		}
		total += uint64(len(b))
	}
	if only != nil && total == 0 {
		return abi.ENOENT
	}
	r.OldLen = total
	return abi.OK
}

// newDescription is CTL_DESCRIBE with a description: nodes that came with the kernel keep theirs. Errors: EPERM, ENOENT,
// EINVAL for another version of the node.
func (r *Req) newDescription(q *abi.Sysctlnode) abi.Errno {
	if !r.L.Proc.Cred.IsRoot() {
		return abi.EPERM
	}
	c := r.Node.child(q.Num)
	switch {
	case c == nil || !c.shown(r.L):
		return abi.ENOENT
	case q.Ver != 0 && q.Ver != sysctlVersion:
		return abi.EINVAL
	}
	return abi.EPERM
}

// encodeSysctl is a value as programs see it; strings get their NUL.
func encodeSysctl(m *abi.Model, v any) []byte {
	switch v := v.(type) {
	case string:
		return append([]byte(v), 0)
	case bool:
		if v {
			return []byte{1}
		}
		return []byte{0}
	case []byte:
		return v
	}
	return m.Bytes(v)
}

// lookup is the usual way to answer for a leaf (sysctl_lookup).
func (r *Req) lookup() abi.Errno {
	n := r.Node
	if n.Flags&abi.SYSCTL_TYPEMASK == abi.CTLTYPE_NODE || n.Value == nil {
		return abi.EINVAL
	}
	v, err := r.Lookup(n.Value(r.L), n.Store != nil)
	if err != abi.OK || v == nil {
		return err
	}
	return n.Store(r.L, v)
}

// Lookup returns the old value and fetches the new one, if there is one; it is nil otherwise. A value that does
// not fit is cut off. Errors: EINVAL for a name that goes on or a new value of the wrong size, EPERM for one
// that must not be written, or not by this user, EFAULT.
func (r *Req) Lookup(v any, writable bool) (any, abi.Errno) {
	n, l := r.Node, r.L
	if r.NewLen == 0 {
		r.New = 0
	}
	if len(r.Name) != 0 {
		return nil, abi.EINVAL
	}
	root := l.Proc.Cred.IsRoot()
	if n.Flags&abi.CTLFLAG_PRIVATE != 0 && !root ||
		r.New != 0 && n.Flags&abi.CTLFLAG_ANYWRITE == 0 && !root ||
		r.New != 0 && !writable {
		return nil, abi.EPERM
	}
	m := n.model(l)
	b := encodeSysctl(m, v)
	if r.Old != 0 {
		if err := l.Copyout(b[:min(uint64(len(b)), r.OldLen)], r.Old); err != abi.OK {
			return nil, err
		}
	}
	r.OldLen = uint64(len(b))
	if r.New == 0 {
		return nil, abi.OK
	}
	if _, ok := v.(string); ok {
		return r.newString()
	}
	if r.NewLen != uint64(len(b)) {
		return nil, abi.EINVAL
	}
	b = make([]byte, len(b))
	if err := l.Copyin(b, r.New); err != abi.OK {
		return nil, err
	}
	switch v.(type) {
	case int32:
		return int32(m.Uint(b, 4)), abi.OK
	case uint64:
		return m.Uint(b, 8), abi.OK
	case bool:
		if b[0] > 1 {
			return nil, abi.EINVAL
		}
		return b[0] == 1, abi.OK
	}
	return b, abi.OK
}

// newString reads a new string: it can be shorter than the room for it, and come without its NUL.
func (r *Req) newString() (any, abi.Errno) {
	size := uint64(r.Node.Size)
	if r.NewLen > size {
		return nil, abi.EINVAL
	}
	b := make([]byte, r.NewLen)
	if err := r.L.Copyin(b, r.New); err != abi.OK {
		return nil, err
	}
	if b[len(b)-1] != 0 && uint64(len(b)) == size {
		return nil, abi.EINVAL
	}
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b), abi.OK
}

// sysctlArray writes the elements of an array to the old value, for nodes whose names say how large an
// element the program expects and how many it wants (kern.proc2, kern.lwp).
type sysctlArray struct {
	r      *Req
	elem   uint64
	count  uint64
	at     uint64
	left   uint64
	needed uint64
}

func (r *Req) array(elem, count uint64) *sysctlArray {
	w := &sysctlArray{r: r, elem: elem, count: count, at: r.Old}
	if r.Old != 0 {
		w.left = r.OldLen
	}
	return w
}

// room reports whether the next element will be written: if not, put need not be given its contents.
func (w *sysctlArray) room() bool { return w.left >= w.elem && w.count > 0 }

// put writes an element, as far as the program's idea of it goes.
func (w *sysctlArray) put(v any) abi.Errno {
	w.needed += w.elem
	if !w.room() || w.r.Old == 0 {
		return abi.OK
	}
	b := w.r.L.Model().Bytes(v)
	if err := w.r.L.Copyout(b[:min(uint64(len(b)), w.elem)], w.at); err != abi.OK {
		return err
	}
	w.at += w.elem
	w.left -= w.elem
	w.count--
	return abi.OK
}

// end sets the size: what was written, or with slop what might be needed a moment later. Error: ENOMEM.
func (w *sysctlArray) end(slop uint64) abi.Errno {
	if w.r.Old == 0 {
		w.r.OldLen = w.needed + slop
		return abi.OK
	}
	w.r.OldLen = w.at - w.r.Old
	if w.needed > w.r.OldLen {
		return abi.ENOMEM
	}
	return abi.OK
}
