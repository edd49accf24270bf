package probe

import (
	"bufio"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"

	"nbemu/cpu"
	"nbemu/kern"
)

// PerfMap writes which of the program's functions the host's code is, that processors have translated: as
// /tmp/perf-PID.map, which perf reads, or as jitdump, for "perf inject --jit". Translations are listed when a process
// gives up its address space, so that nothing is slower until then.
type PerfMap struct {
	images *images
	mu     sync.Mutex
	out    func(t *cpu.Translation, name string)
	index  uint64
	w      *bufio.Writer
}

// NewPerfMap writes lines of address, size and name.
func NewPerfMap(w io.Writer) *PerfMap {
	m := &PerfMap{images: newImages(), w: bufio.NewWriter(w)}
	m.out = func(t *cpu.Translation, name string) { fmt.Fprintf(m.w, "%x %x %s\n", t.Host, t.HostSize, name) }
	return m
}

// jitdump's header and records (tools/perf/util/jitdump.h).
type (
	jitHeader struct {
		Magic, Version, Size, Machine, Pad, PID uint32
		Time, Flags                             uint64
	}
	jitLoad struct {
		ID, Size        uint32
		Time            uint64
		PID, TID        uint32
		VMA, Addr, Code uint64
		Index           uint64
	}
)

const (
	jitMagic      = 0x4a695444
	jitHeaderSize = 40
	jitLoadSize   = 56
)

// NewJITDump writes jitdump of the host's process. Translations count as made now, for perf must know of them before its
// samples. Errors: jitdump has no number for the host's machine; there is no such clock.
func NewJITDump(w io.Writer) (*PerfMap, error) {
	machine, ok := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64, "riscv64": elf.EM_RISCV,
		"ppc64le": elf.EM_PPC64, "s390x": elf.EM_S390}[runtime.GOARCH]
	if !ok {
		return nil, fmt.Errorf("not on %s", runtime.GOARCH)
	}
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return nil, fmt.Errorf("CLOCK_MONOTONIC: %w", err)
	}
	now, pid := uint64(ts.Nano()), os.Getpid()
	m := &PerfMap{images: newImages(), w: bufio.NewWriter(w)}
	put := func(v any) { _ = binary.Write(m.w, binary.NativeEndian, v) } // the writer keeps the error
	put(&jitHeader{jitMagic, 1, jitHeaderSize, uint32(machine), 0, uint32(pid), now, 0})
	m.out = func(t *cpu.Translation, name string) {
		code := t.HostCode()
		put(&jitLoad{0, uint32(jitLoadSize + len(name) + 1 + len(code)), now, uint32(pid), uint32(pid), t.Host, t.Host,
			uint64(len(code)), m.index})
		m.index++
		_, _ = m.w.WriteString(name + "\x00")
		_, _ = m.w.Write(code)
	}
	return m, nil
}

// Leave is told that l's process gives up its address space.
func (m *PerfMap) Leave(l *kern.LWP) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.images.space(l.Proc)
	l.EachTranslator(func(tr cpu.Translator) {
		for _, t := range tr.Translations(l.Proc.VM) {
			p := s.place(t.PC)
			name := p.fn()
			if name == "" {
				name = named(p)
			}
			m.out(&t, name)
		}
	})
}

// Close writes what is left. Error: that of writing.
func (m *PerfMap) Close() error {
	m.images.close()
	return m.w.Flush()
}
