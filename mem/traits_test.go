package mem

import (
	"fmt"
	"testing"

	"nbemu/abi"
)

// TestGuards: pages that fault whatever is mapped there, before and after they are moved, inherited and taken away.
func TestGuards(t *testing.T) {
	const page = uint64(PageSize)
	s := NewSpace(testMin, testMax)
	at := func(i int) uint64 { return testMin + uint64(i)*page }
	mustMap(t, s, MapArgs{Addr: at(0), Len: 40 * page, Prot: ProtRead | ProtWrite, Fixed: true})
	put(t, s, at(1), 1)
	put(t, s, at(30), 30)
	for _, g := range []int{1, 3, 2, 30} {
		if err := s.Guard(at(g), page); err != abi.OK {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprint(len(s.guards)); got != "2" {
		t.Errorf("%s stretches of guards, want 2", got)
	}
	for i, want := range []int{0, -1, -1, -1, 0} {
		expect(t, fmt.Sprint("page ", i), get(t, s, at(i)), want)
	}
	s.Unguard(at(2), page)
	expect(t, "one in the middle", get(t, s, at(2)), 0)
	expect(t, "one beside it", get(t, s, at(3)), -1)

	c, err := s.Fork()
	if err != abi.OK {
		t.Fatal(err)
	}
	expect(t, "the child's", get(t, c, at(3)), -1)
	c.Unref()

	if _, err := s.Remap(RemapArgs{Old: at(28), OldLen: 4 * page, New: at(50), NewLen: 4 * page, Fixed: true}); err != abi.OK {
		t.Fatal(err)
	}
	expect(t, "moved", get(t, s, at(52)), -1)
	expect(t, "what is beside it", get(t, s, at(51)), 0)
	mustMap(t, s, MapArgs{Addr: at(52), Len: page, Prot: ProtRead, Fixed: true})
	expect(t, "something else in its place", get(t, s, at(52)), 0)
	if err := s.Unmap(at(0), 60*page); err != abi.OK || len(s.guards) != 0 {
		t.Errorf("%v, %d guards are left of nothing", err, len(s.guards))
	}
	s.Unref()
}

// TestGrowDown: a mapping that grows does so as far as it may and there is room.
func TestGrowDown(t *testing.T) {
	const page, far = uint64(PageSize), 1 << 30
	s := NewSpace(testMin, 1<<32)
	mustMap(t, s, MapArgs{Addr: far, Len: page, Prot: ProtRead | ProtWrite, Fixed: true, Traits: TraitGrows})
	s.GrowLimit(600 * page)
	put(t, s, far-3*page, 3)
	expect(t, "what is between", get(t, s, far-page), 0)
	expect(t, "what is too far", get(t, s, far-600*page), -1)
	mustMap(t, s, MapArgs{Addr: far - 300*page, Len: page, Prot: ProtRead, Fixed: true})
	expect(t, "the last page", get(t, s, far-43*page), 0)
	expect(t, "what is near another mapping", get(t, s, far-44*page), -1)
	s.Unref()
}

// TestInheritZero: what a child has as zeros its own child has as zeros, too (uvm_mapent_forkzero copies the entry).
func TestInheritZero(t *testing.T) {
	s := NewSpace(testMin, testMax)
	mustMap(t, s, MapArgs{Addr: testMin, Len: PageSize, Prot: ProtRead | ProtWrite, Fixed: true})
	if err := s.Inherit(testMin, PageSize, InheritZero); err != abi.OK {
		t.Fatal(err)
	}
	for i := range 3 {
		put(t, s, testMin, 1)
		c, err := s.Fork()
		if err != abi.OK {
			t.Fatal(err)
		}
		expect(t, fmt.Sprint("generation ", i), get(t, c, testMin), 0)
		s.Unref()
		s = c
	}
	s.Unref()
}
