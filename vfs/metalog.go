package vfs

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// The file of a Metadata is its log as well: each change appends lines at once, under a lock, so that neither kill -9
// nor another machine with the same file loses any. A later line about a file adds to the earlier ones; of what mtree
// has no words for, comments tell. Flush writes the file anew, in order and without what is past. Another machine's
// lines are taken in before lines of our own are appended, and before long when files are looked at.
type metaLog struct {
	f      *os.File // nil: nothing is kept
	off    int64    // what was taken in
	cut    bool     // the last line has no end
	err    error    // why a change is not in the file
	looked time.Time
}

const (
	logGone  = "#nbemu gone "
	logMoved = "#nbemu moved "
)

// lookEvery is how old what is known of another machine's changes may be.
const lookEvery = 100 * time.Millisecond

// openLog opens the file, which need not exist and is no link: a guest may be able to put one there. One that cannot be written is read; a change is an error then.
func (m *Metadata) openLog() error {
	f, err := os.OpenFile(m.file, os.O_RDWR|os.O_CREATE|os.O_APPEND|unix.O_NOFOLLOW, os.FileMode(0o666&^hostUmask()))
	if err != nil {
		m.log.err = err
		if f, err = os.OpenFile(m.file, os.O_RDONLY|unix.O_NOFOLLOW, 0); os.IsNotExist(err) {
			return nil // Flush says that it cannot be made
		}
	}
	if err == nil {
		m.log.err = nil
		m.log.f, m.log.off, m.log.cut = f, 0, false
	}
	return err
}

// withLog runs f while no other machine writes to the file, after taking in what others wrote.
func (m *Metadata) withLog(f func() error) error {
	for {
		g := m.log.f
		if err := retry(func() error { return unix.Flock(int(g.Fd()), unix.LOCK_EX) }); err != nil {
			return err
		}
		err := m.catchUp()
		if err == nil && m.logReplaced() {
			// Somebody wrote it anew.
			err = m.openLog()
			_ = g.Close()
			if err == nil {
				continue
			}
		}
		if err == nil {
			err = f()
		}
		_ = unix.Flock(int(g.Fd()), unix.LOCK_UN)
		return err
	}
}

func (m *Metadata) logReplaced() bool {
	var a, b unix.Stat_t
	return unix.Fstat(int(m.log.f.Fd()), &a) == nil && unix.Lstat(m.file, &b) == nil && (a.Ino != b.Ino || a.Dev != b.Dev)
}

// catchUp takes in the lines that are new in the file.
func (m *Metadata) catchUp() error {
	b, err := io.ReadAll(io.NewSectionReader(m.log.f, m.log.off, 1<<40))
	if err != nil {
		return err
	}
	n := strings.LastIndexByte(string(b), '\n') + 1
	m.log.off += int64(n)
	m.log.cut = n < len(b)
	return m.load(string(b[:n]))
}

// load takes in lines. Error: that of the first that cannot be understood; its number is that among them.
func (m *Metadata) load(text string) (err error) {
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		if path, ok := strings.CutPrefix(line, logGone); ok {
			deleteLines(lines, path)
			deleteLines(m.other, path)
			m.gone(m.hostPath(path))
		} else if paths, ok := strings.CutPrefix(line, logMoved); ok {
			from, to, _ := strings.Cut(paths, " ")
			moveLines(lines, from, to)
			moveLines(m.other, from, to)
			m.movePaths(m.hostPath(from), m.hostPath(to))
		} else {
			lines = append(lines, line)
			continue
		}
		lines = append(lines, "")
	}
	for i, line := range lines {
		if e := m.parse(line); e != nil && err == nil {
			err = fmt.Errorf("%s:%d: %w", m.file, i+1, e)
		}
	}
	return err
}

// deleteLines empties the lines about a path, which is as in the file.
func deleteLines(lines []string, path string) {
	for i, line := range lines {
		if p, _, _ := strings.Cut(line, " "); p == path {
			lines[i] = ""
		}
	}
}

func moveLines(lines []string, from, to string) {
	for i, line := range lines {
		rest, ok := strings.CutPrefix(line, from)
		if ok && (rest == "" || rest[0] == ' ' || rest[0] == '/') {
			lines[i] = to + rest
		}
	}
}

// gone forgets a name; the last one's file too.
func (m *Metadata) gone(path string) {
	for key, e := range m.ents {
		if e.path == path && len(e.more) == 0 {
			delete(m.ents, key)
		} else {
			e.forget(path)
		}
	}
}

// hostPath is the host's name of a path of the file, filePath the other way round.
func (m *Metadata) hostPath(path string) string {
	path, err := unvis(path)
	if err != nil || strings.HasPrefix(path, "/") {
		return path
	}
	return filepath.Join(m.root, path)
}

func (m *Metadata) filePath(path string) string {
	if m.root == "/" {
	} else if rest, ok := strings.CutPrefix(path, m.root+"/"); ok {
		path = "./" + rest
	} else if path == m.root {
		path = "."
	}
	return vis(path)
}

// changed appends lines to the file. Flush reports what could not be. Preconditions: m.mu.
func (m *Metadata) changed(lines string) {
	m.dirty = true
	if m.log.f == nil || m.log.err != nil {
		return
	}
	m.log.err = m.withLog(func() error {
		if m.log.cut {
			lines = "\n" + lines
		}
		n, err := m.log.f.WriteString(lines)
		if err != nil {
			// A part of a line is none.
			_ = m.log.f.Truncate(m.log.off)
			return err
		}
		m.log.off += int64(n)
		m.log.cut = false
		return nil
	})
}

// look takes in other machines' changes from time to time. Preconditions: m.mu.
func (m *Metadata) look() {
	if m.log.f == nil || m.fs.K.IsDeterministic() {
		return
	}
	now := time.Now()
	if now.Sub(m.log.looked) < lookEvery {
		return
	}
	m.log.looked = now
	if st, err := os.Lstat(m.file); err == nil && (st.Size() != m.log.off || m.logReplaced()) {
		_ = m.withLog(func() error { return nil })
	}
}
