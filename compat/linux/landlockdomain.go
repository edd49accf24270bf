package linux

import (
	"maps"

	"nbemu/kern"
)

// landlockLayer is a set of rules: what is forbidden unless a rule allows it, and the rules.
type landlockLayer struct {
	fs          kern.Rights
	net, scoped uint64
	files       map[kern.FileID]kern.Rights
	ports       map[uint16]uint64
}

// handled are the rights to files that the layer is about. To leave a directory is always forbidden at first.
func (r *landlockLayer) handled() kern.Rights { return r.fs | kern.RightRefer }

// granted are the rights that its rules give along a line of directories.
func (r *landlockLayer) granted(line []kern.FileID) (g kern.Rights) {
	for _, id := range line {
		g |= r.files[id]
	}
	return g
}

// landlockDomain is what a thread is confined to: a layer, and those that were there before. It never changes; a nil one
// confines nothing.
type landlockDomain struct {
	landlockLayer
	parent *landlockDomain
	layers int
}

func (d *landlockDomain) depth() int {
	if d == nil {
		return 0
	}
	return d.layers
}

// with is the domain with one more layer, which may change later without that the domain does.
func (d *landlockDomain) with(r *landlockLayer) *landlockDomain {
	n := &landlockDomain{landlockLayer: *r, parent: d, layers: d.depth() + 1}
	n.files, n.ports = maps.Clone(r.files), maps.Clone(r.ports)
	return n
}

// Missing is of kern.Sandbox, as are the methods below.
func (d *landlockDomain) Missing(line []kern.FileID, want kern.Rights) (missing kern.Rights) {
	for ; d != nil; d = d.parent {
		if need := want & d.handled() &^ missing; need != 0 {
			missing |= need &^ d.granted(line)
		}
	}
	return missing
}

func (d *landlockDomain) Gains(from, to, file []kern.FileID, dir bool) bool {
	for ; d != nil; d = d.parent {
		matter := d.handled()
		if !dir {
			matter &= kern.RightsOfFiles
		}
		if own := d.granted(file); (d.granted(to)|own)&matter&^(d.granted(from)|own) != 0 {
			return true
		}
	}
	return false
}

func (d *landlockDomain) Port(connect bool, port uint16) bool {
	want := uint64(1)
	if connect {
		want = 2
	}
	for ; d != nil; d = d.parent {
		if d.net&want != 0 && d.ports[port]&want == 0 {
			return false
		}
	}
	return true
}

func (d *landlockDomain) Below(other kern.Sandbox) bool {
	o, _ := other.(*landlockDomain)
	return o.has(d)
}

// has reports whether d is, or is nested in, top.
func (d *landlockDomain) has(top *landlockDomain) bool {
	for ; d != nil; d = d.parent {
		if d == top {
			return true
		}
	}
	return false
}

func (d *landlockDomain) MaySignal(other kern.Sandbox) bool { return d.inScope(other, scopeSignal) }
func (d *landlockDomain) MayReach(other kern.Sandbox) bool  { return d.inScope(other, scopeAbstract) }

// inScope reports whether other is within each layer that keeps a scope to itself.
func (d *landlockDomain) inScope(other kern.Sandbox, scope uint64) bool {
	o, _ := other.(*landlockDomain)
	for ; d != nil; d = d.parent {
		if d.scoped&scope != 0 && !o.has(d) {
			return false
		}
	}
	return true
}
