package mem

import (
	"bytes"
	"math/rand"
	"os"
	"path/filepath"
	"testing"

	"nbemu/abi"
)

// fileModel is a file with a shared and a private mapping of all that it can be, and what they must show.
type fileModel struct {
	t      *testing.T
	r      *rand.Rand
	f      *hostFile
	shared *Space
	priv   *Space
	data   []byte         // the file
	own    map[int][]byte // pages of the private mapping that were stored to
}

const modelPages = 40 // more than a window has at least

func (m *fileModel) mapAll() {
	m.shared, m.priv = NewSpace(testMin, testMax), NewSpace(testMin, testMax)
	for _, s := range []*Space{m.shared, m.priv} {
		o := FileObject(m.f)
		if s == m.shared {
			if err := ShareFile(o, uint64(m.r.Intn(modelPages))); err != abi.OK {
				m.t.Fatal(err)
			}
		}
		mustMap(m.t, s, MapArgs{Addr: testMin, Len: modelPages * PageSize, Prot: ProtRead | ProtWrite, Fixed: true, Obj: o, Shared: s == m.shared})
		Release(o)
	}
	m.own = map[int][]byte{}
}

func (m *fileModel) unmapAll() {
	m.shared.Unref()
	m.priv.Unref()
}

// page is what the file has of a page, nil past its end.
func (m *fileModel) page(i int) []byte {
	if i*PageSize >= len(m.data) {
		return nil
	}
	p := make([]byte, PageSize)
	copy(p, m.data[i*PageSize:])
	return p
}

// within returns a stretch inside the file, of at most a few pages.
func (m *fileModel) within() (off, n int) {
	if len(m.data) == 0 {
		return 0, 0
	}
	off = m.r.Intn(len(m.data))
	return off, m.r.Intn(min(len(m.data)-off, 3*PageSize) + 1)
}

func (m *fileModel) bytes(n int) []byte {
	b := make([]byte, n)
	m.r.Read(b)
	return b
}

func (m *fileModel) step() {
	off, n := m.within()
	b := m.bytes(n)
	switch m.r.Intn(9) {
	case 0: // a store
		if err := m.shared.Copyout(b, testMin+uint64(off)); err != abi.OK {
			m.t.Fatalf("store of %d bytes at %d of %d: %v", n, off, len(m.data), err)
		}
		copy(m.data[off:], b)
	case 1: // a private one
		n = min(n, PageSize-off%PageSize)
		i := off / PageSize
		if m.own[i] == nil && n > 0 {
			m.own[i] = m.page(i)
		}
		if err := m.priv.Copyout(b[:n], testMin+uint64(off)); err != abi.OK {
			m.t.Fatalf("private store: %v", err)
		}
		copy(m.own[i][off%PageSize:], b[:n])
	case 2, 3: // write(2), of nbemu or of another process
		off = m.r.Intn(modelPages * PageSize)
		b = m.bytes(m.r.Intn(min(3*PageSize, modelPages*PageSize-off)))
		m.f.WriteAt(b, int64(off))
		if m.r.Intn(2) == 0 {
			FileWritten(m.f.Key(), int64(off), len(b))
		}
		if len(b) > 0 && off+len(b) > len(m.data) {
			m.data = append(m.data, make([]byte, off+len(b)-len(m.data))...)
		}
		copy(m.data[off:], b)
	case 4:
		n = m.r.Intn(modelPages * PageSize)
		m.f.Truncate(int64(n))
		FileTruncated(m.f.Key(), int64(n))
		m.data = append(m.data[:min(n, len(m.data))], make([]byte, max(n-len(m.data), 0))...)
	case 5:
		if err := m.shared.Sync(testMin, modelPages*PageSize, m.r.Intn(2) == 0); err != abi.OK {
			m.t.Fatal(err)
		}
	case 6: // what a child stores in the shared mapping is the parent's too
		s, p := mustFork(m.t, m.shared), mustFork(m.t, m.priv)
		s.Copyout(b, testMin+uint64(off))
		p.Copyout(b, testMin+uint64(off))
		copy(m.data[off:], b)
		s.Unref()
		p.Unref()
	case 7:
		m.compare()
	case 8:
		if m.r.Intn(10) == 0 {
			m.unmapAll()
			m.mapAll()
		}
	}
}

// compare looks at everything.
func (m *fileModel) compare() {
	m.t.Helper()
	if got, err := os.ReadFile(m.f.Name()); err != nil || !bytes.Equal(got, m.data) {
		m.t.Fatalf("the file is another one (%d bytes, not %d): %v", len(got), len(m.data), err)
	}
	var got [PageSize]byte
	for i := range modelPages {
		va := uint64(testMin + i*PageSize)
		want := m.page(i)
		if err := m.shared.Copyin(got[:], va); (err == abi.OK) != (want != nil) || want != nil && !bytes.Equal(got[:], want) {
			m.t.Fatalf("page %d of the shared mapping: %v", i, err)
		}
		if m.own[i] != nil {
			want = m.own[i]
		}
		if err := m.priv.Copyin(got[:], va); (err == abi.OK) != (want != nil) || want != nil && !bytes.Equal(got[:], want) {
			m.t.Fatalf("page %d of the private mapping: %v", i, err)
		}
	}
}

// TestFileAgainstModel does random things to a file and its mappings, and compares with a slice of bytes.
func TestFileAgainstModel(t *testing.T) {
	for seed := range int64(12) {
		before, windows := InUse(), phys.win.used
		tmp, err := os.Create(filepath.Join(t.TempDir(), "f"))
		if err != nil {
			t.Fatal(err)
		}
		m := &fileModel{t: t, r: rand.New(rand.NewSource(seed)), f: &hostFile{File: tmp}}
		m.mapAll()
		for range 200 {
			m.step()
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
		m.compare()
		m.unmapAll()
		if n := InUse(); n != before || phys.win.used != windows {
			t.Fatalf("seed %d: %d frames and %d windows are lost", seed, n-before, phys.win.used-windows)
		}
		tmp.Close()
	}
}

// TestIdleFiles: a program's text is kept for the next exec, within limits.
func TestIdleFiles(t *testing.T) {
	dir := t.TempDir()
	for i := range 3 * maxIdleFiles {
		name := filepath.Join(dir, string(rune('a'+i)))
		os.WriteFile(name, []byte{byte(i)}, 0o600)
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		s := NewSpace(testMin, testMax)
		o := FileObject(&readOnlyFile{hostFile{File: f}})
		mustMap(t, s, MapArgs{Addr: testMin, Len: PageSize, Prot: ProtRead, Fixed: true, Obj: o})
		Release(o)
		var b [1]byte
		if s.Copyin(b[:], testMin); b[0] != byte(i) {
			t.Errorf("file %d shows %d", i, b[0])
		}
		s.Unref()
	}
	if files.idle != maxIdleFiles || phys.win.used != maxIdleFiles {
		t.Errorf("%d files are kept, with %d windows", files.idle, phys.win.used)
	}
	if !dropIdle() || len(files.m) != 0 || phys.win.used != 0 {
		t.Errorf("%d files are left, with %d windows", len(files.m), phys.win.used)
	}
}

type readOnlyFile struct{ hostFile }

func (*readOnlyFile) Writable() bool { return false }

// TestUnmappable: a file that the host cannot map is read; it cannot be shared for stores.
func TestUnmappable(t *testing.T) {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	s := NewSpace(testMin, testMax)
	defer s.Unref()
	o := FileObject(&sizedFile{hostFile{File: f}})
	if err := ShareFile(o, 0); err != abi.ENODEV {
		t.Errorf("shared: %v", err)
	}
	mustMap(t, s, MapArgs{Addr: testMin, Len: PageSize, Prot: ProtRead, Fixed: true, Obj: o})
	Release(o)
	var b [5]byte
	if err := s.Copyin(b[:], testMin); err != abi.OK || string(b[:]) != "Name:" {
		t.Errorf("it begins with %q: %v", b, err)
	}
}

// sizedFile claims a page, as the host's own files of no size do not.
type sizedFile struct{ hostFile }

func (*sizedFile) Size() (int64, error) { return PageSize, nil }

// TestCutCopiesStay: a private copy that a truncation takes from a process may be in the TLB of the engine that is
// running it. It is nobody else's memory before the process has come to the kernel.
func TestCutCopiesStay(t *testing.T) {
	dropIdle()
	before := InUse()
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := &hostFile{File: f}
	f.Truncate(PageSize)
	s, other := NewSpace(testMin, testMax), NewSpace(testMin, testMax)
	s.CutsCopies = true
	o := FileObject(b)
	mustMap(t, s, MapArgs{Addr: testMin, Len: PageSize, Prot: ProtRead | ProtWrite, Fixed: true, Obj: o})
	Release(o)
	mustMap(t, other, MapArgs{Addr: testMin, Len: PageSize, Prot: ProtRead | ProtWrite, Fixed: true})
	put(t, s, testMin, 1)
	had := s.pt.lookup(testMin).frame()
	f.Truncate(0)
	FileTruncated(b.Key(), 0)
	put(t, other, testMin, 2)
	if other.pt.lookup(testMin).frame() == had {
		t.Error("another process has the frame that the engine still stores to")
	}
	if r := s.Fault(testMin, ProtWrite); r != FaultBus {
		t.Errorf("after the end of the file: %v", r)
	}
	if n := phys.refs[had].Load(); n != 0 {
		t.Errorf("the frame is kept: %d", n)
	}
	s.Unref()
	other.Unref()
	dropIdle()
	if n := InUse(); n != before {
		t.Errorf("%d frames are lost", n-before)
	}
}

// copiedFile is one that the host cannot map.
type copiedFile struct{ hostFile }

func (*copiedFile) MapFd() int     { return -1 }
func (*copiedFile) Writable() bool { return false }

// TestIdleCopies: a file that nobody maps any more is cut short, and made longer again: the next mapping shows zeros.
func TestIdleCopies(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := &copiedFile{hostFile{File: f}}
	f.Write(bytes.Repeat([]byte{1}, 2*PageSize))
	for _, want := range []int{1, 0} {
		s := NewSpace(testMin, testMax)
		o := FileObject(b)
		mustMap(t, s, MapArgs{Addr: testMin, Len: 2 * PageSize, Prot: ProtRead, Fixed: true, Obj: o})
		Release(o)
		expect(t, "first page", get(t, s, testMin), want)
		expect(t, "second page", get(t, s, testMin+PageSize), want)
		s.Unref()
		for _, n := range []int64{0, 2 * PageSize} {
			f.Truncate(n)
			b.stamp++
			FileTruncated(b.Key(), n)
		}
	}
	dropIdle()
}
