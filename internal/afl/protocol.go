// Package afl is the target's side of AFL++'s fork server: what afl-fuzz and its kin speak with the program that they
// run, over two descriptors, and the memory that they share with it.
package afl

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Descriptors of the fork server (FORKSRV_FD).
const (
	controlFD = 198
	statusFD  = 199
)

// What the first word says that the target sends (include/types.h of AFL++).
const (
	optEnabled = 0x80000001
	optMapSize = 0x40000000
	optShmem   = 0x01000000
	optCmpLog  = 0x02000000 // comparisons are laid out as since 3.0

	// The newer handshake, of 4.21 and later: a version, which is answered, then options one by one.
	newVersion    = 0x41464c01
	newOptMapSize = 1
	newOptShmem   = 2

	maxOldMap = 1 << 23
)

// DefaultMapSize is MAP_SIZE, in bytes.
const DefaultMapSize = 1 << 16

// unasked is what afl-fuzz puts into AFL_MAP_SIZE when its user has not (DEFAULT_SHMEM_SIZE): as much as a target may want.
// It looks at the whole map after each run, which takes it most of a millisecond if we take it at its word.
const unasked = 8 << 20

// maxInput is the largest test case (MAX_FILE).
const maxInput = 1 << 20

// Server is the connection to afl-fuzz.
type Server struct {
	control io.Reader
	status  io.Writer
	// Map is where edges are counted. It is shared with afl-fuzz, if there is one.
	Map []byte
	// shmem is where test cases lie: a length and as many bytes; nil if they come by file or standard input.
	shmem []byte
	// Cmp gets what is compared, on the fork server that is for that; nil on others.
	Cmp *CmpLog
}

// Present reports whether there is somebody to be served.
func Present() bool {
	_, err := unix.FcntlInt(statusFD, unix.F_GETFD, 0)
	return err == nil
}

// mapVar names the segment that has the map. afl-fuzz looks for this string, with the zero byte, in what it is told to
// run, and refuses programs that do not have it.
var mapVar = "__AFL_SHM_ID\x00"

// attach maps the System V segment whose number is in the environment.
func attach(name string) ([]byte, error) {
	id, err := strconv.Atoi(os.Getenv(name))
	if err != nil {
		return nil, fmt.Errorf("%s=%q is no number", name, os.Getenv(name))
	}
	b, err := unix.SysvShmAttach(id, 0, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return b, nil
}

// hidePipes keeps from the program what afl-fuzz's processes inherit from it: with -c, the pipes to the other fork server.
// The program has never heard of them, and what comes by a pipe cannot be given back to it in each run.
func hidePipes() {
	var st unix.Stat_t
	for fd := 3; fd < controlFD; fd++ {
		if unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFIFO {
			unix.CloseOnExec(fd)
		}
	}
}

// Open attaches the shared memory that the environment tells of; the map is private without. inMemory asks for test cases
// in memory, if afl-fuzz offers that. The descriptors are not for the program: they are marked to be closed.
func Open(inMemory bool) (*Server, error) {
	s := &Server{control: os.NewFile(controlFD, "control"), status: os.NewFile(statusFD, "status")}
	if Present() {
		unix.CloseOnExec(controlFD)
		unix.CloseOnExec(statusFD)
		hidePipes()
	}
	size := DefaultMapSize
	if v, err := strconv.Atoi(os.Getenv("AFL_MAP_SIZE")); err == nil && v > 0 && v != unasked {
		size = v
	}
	var err error
	if v := strings.TrimSuffix(mapVar, "\x00"); os.Getenv(v) != "" {
		s.Map, err = attach(v)
	} else {
		s.Map, err = unix.Mmap(-1, 0, DefaultMapSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	}
	if err != nil {
		return nil, err
	}
	size = min(size, len(s.Map), maxOldMap)
	for size&(size-1) != 0 {
		size &= size - 1
	}
	s.Map = s.Map[:size]
	if inMemory && os.Getenv("__AFL_SHM_FUZZ_ID") != "" {
		if s.shmem, err = attach("__AFL_SHM_FUZZ_ID"); err != nil {
			return nil, err
		}
	}
	s.Cmp, err = OpenCmpLog()
	return s, err
}

// InMemory reports whether test cases come by memory.
func (s *Server) InMemory() bool { return s.shmem != nil }

// Input is the test case of this run, for servers with InMemory.
func (s *Server) Input() []byte {
	n := min(int(binary.NativeEndian.Uint32(s.shmem)), maxInput, len(s.shmem)-4)
	return s.shmem[4:][:n]
}

// Hello is the handshake, in its newer form if newer is set. Older versions of afl-fuzz do not know that one, and the
// newer ones know both. Error: afl-fuzz wants something else, or is gone.
func (s *Server) Hello(newer bool) error {
	if newer {
		return s.helloNew()
	}
	w := uint32(optEnabled | optMapSize | (len(s.Map)-1)<<1)
	if s.shmem != nil {
		w |= optShmem
	}
	if s.Cmp != nil {
		w |= optCmpLog
	}
	if err := s.send(w); err != nil || s.shmem == nil {
		return err
	}
	answer, err := s.receive()
	if err == nil && answer&(optEnabled|optShmem) != optEnabled|optShmem {
		err = fmt.Errorf("afl-fuzz answers %#x to test cases in memory", answer)
	}
	return err
}

func (s *Server) helloNew() error {
	if err := s.send(newVersion); err != nil {
		return err
	}
	answer, err := s.receive()
	if err != nil {
		return err
	}
	if answer != newVersion^0xffffffff {
		return fmt.Errorf("afl-fuzz answers %#x to the version of the fork server", answer)
	}
	options := uint32(newOptMapSize)
	if s.shmem != nil {
		options |= newOptShmem
	}
	for _, w := range []uint32{options, uint32(len(s.Map)), newVersion} {
		if err := s.send(w); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) send(w uint32) error {
	_, err := s.status.Write(binary.NativeEndian.AppendUint32(nil, w))
	return err
}

func (s *Server) receive() (uint32, error) {
	var b [4]byte
	_, err := io.ReadFull(s.control, b[:])
	return binary.NativeEndian.Uint32(b[:]), err
}

// errGone is the end of Serve when afl-fuzz is gone.
var errGone = errors.New("afl-fuzz is gone")

// Serve answers requests: for each, run executes the program once and returns its wait status as the host has it. pid is
// the process that afl-fuzz may kill to end the run; killed is called first if it has killed the last one. It comes back
// when afl-fuzz is gone, or with run's error.
func (s *Server) Serve(pid func() int, killed func() error, run func() (status uint32, err error)) error {
	for {
		last, err := s.receive()
		if err != nil {
			return nil
		}
		if last != 0 {
			if err := killed(); err != nil {
				return err
			}
		}
		if s.send(uint32(pid())) != nil {
			return errGone
		}
		status, err := run()
		if err != nil {
			return err
		}
		if s.send(status) != nil {
			return errGone
		}
	}
}
