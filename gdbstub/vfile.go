package gdbstub

import (
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Errno values of gdb's File-I/O protocol, which are its own.
const (
	fileENOENT = 2
	fileEBADF  = 9
	fileEINVAL = 22
	fileENFILE = 23
	fileEROFS  = 30
)

// maxFiles bounds what gdb can have open.
const maxFiles = 64

// vPacket serves what begins with v and does not let the program run. With vFile gdb reads the program and its
// libraries as the guest sees them, so that nobody has to tell it where they are.
func (s *Server) vPacket(p string) string {
	if p == "vCont?" {
		return "vCont;c;C;s;S"
	}
	op, arg, _ := strings.Cut(strings.TrimPrefix(p, "vFile:"), ":")
	if !strings.HasPrefix(p, "vFile:") {
		return ""
	}
	f := strings.Split(arg, ",")
	switch {
	case op == "setfs":
		return "F0"
	case op == "open" && len(f) == 3:
		return s.vOpen(f[0], f[1])
	case op == "pread" && len(f) == 3:
		return s.vPread(f)
	case op == "close" && len(f) == 1:
		fd, file := s.file(f[0])
		if file == nil {
			return fileError(fileEBADF)
		}
		delete(s.files, fd)
		file.Close()
		return "F0"
	case op == "fstat" && len(f) == 1:
		if _, file := s.file(f[0]); file != nil {
			return "F40;" + string(fstat(file.Size()))
		}
		return fileError(fileEBADF)
	case op == "readlink" && len(f) == 1:
		return s.vReadlink(f[0])
	}
	return ""
}

// vReadlink serves the name of a link.
func (s *Server) vReadlink(name string) string {
	t, ok := s.t.(interface {
		Readlink(path string) (string, error)
	})
	path, err := hex.DecodeString(name)
	if !ok || err != nil {
		return fileError(fileEINVAL)
	}
	text, err := t.Readlink(string(path))
	if err != nil {
		return fileError(fileENOENT)
	}
	return fmt.Sprintf("F%x;%s", len(text), text)
}

func fileError(errno int) string { return fmt.Sprintf("F-1,%x", errno) }

func (s *Server) file(num string) (int, File) {
	fd, err := strconv.ParseUint(num, 16, 31)
	if err != nil {
		return 0, nil
	}
	return int(fd), s.files[int(fd)]
}

func (s *Server) vOpen(name, flags string) string {
	path, err := hex.DecodeString(name)
	if mode, err2 := strconv.ParseUint(flags, 16, 32); err != nil || err2 != nil {
		return fileError(fileEINVAL)
	} else if mode&3 != 0 {
		return fileError(fileEROFS)
	}
	fd := 0
	for s.files[fd] != nil {
		fd++
	}
	if fd >= maxFiles {
		return fileError(fileENFILE)
	}
	file, err := s.t.Open(string(path))
	if err != nil {
		return fileError(fileENOENT)
	}
	s.files[fd] = file
	return fmt.Sprintf("F%x", fd)
}

func (s *Server) vPread(f []string) string {
	_, file := s.file(f[0])
	if file == nil {
		return fileError(fileEBADF)
	}
	n, off, ok := addrLen(f[1] + "," + f[2])
	if !ok || int64(off) < 0 {
		return fileError(fileEINVAL)
	}
	b := make([]byte, min(n, maxPacket/2-16))
	got, err := file.ReadAt(b, int64(off))
	if err != nil && err != io.EOF {
		return fileError(fileEINVAL)
	}
	return fmt.Sprintf("F%x;%s", got, b[:got])
}

// fstat is struct stat of the File-I/O protocol: 64 bytes, big-endian. gdb looks at the size.
func fstat(size int64) []byte {
	const mode = 0o100444
	b := make([]byte, 64)
	put := func(off, n int, v uint64) {
		for i := range n {
			b[off+i] = byte(v >> (8 * (n - 1 - i)))
		}
	}
	put(8, 4, mode)
	put(12, 4, 1) // links
	put(28, 8, uint64(size))
	put(36, 8, 4096)
	put(44, 8, uint64(size+511)/512)
	return b
}

func (s *Server) closeFiles() {
	for _, f := range s.files {
		f.Close()
	}
}
