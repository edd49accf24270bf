package execve

import "testing"

// TestGoSystem: Go's linker marks programs for DragonFly by nothing but the settings of the build.
func TestGoSystem(t *testing.T) {
	const info = "\xff Go buildinf:\x08\x02\npath\tx\nbuild\tCGO_ENABLED=0\nbuild\tGOOS=dragonfly\nbuild\tGOAMD64=v1\n"
	const names = "\x00.shstrtab\x00.go.buildinfo\x00"
	f := prog(testAMD64)
	f.chunks[0x900], f.chunks[0xa00] = []byte(names), []byte(info)
	f.sh = []ElfShdr{{Name: 1, Offset: 0x900, Size: uint64(len(names))}, {Name: 11, Offset: 0xa00, Size: uint64(len(info))}}
	b := f.bytes()
	epp := &Package{Hdr: b, Vp: newMemFile("/go", b)}
	var h ElfHeader
	if err, _ := elfCheckHeader(testAMD64.Arch, b, &h); err != 0 {
		t.Fatal(err)
	}
	if got := epp.GoSystem(&h); got != "dragonfly" {
		t.Errorf("%q", got)
	}
	if got := epp.section(&h, ".comment", 100); got != "" {
		t.Errorf("a section that is not there: %q", got)
	}
}
