package linux

import (
	"nbemu/abi"
	"nbemu/kern"
	"nbemu/syscalls"
	"nbemu/vfs"
)

// Requests of ioctl that are Linux' own, or mean more than the native ones.

const (
	rndGetEntCnt = 0x80045200
	fionread     = 0x541b
	procmapQuery = 0xc0686611

	// entropy is how many bits of randomness there are, as Linux says since 5.18.
	entropy = 256
)

// termio is struct termio, the terminals' structure before termios.
type termio struct {
	Iflag, Oflag, Cflag, Lflag uint16
	Line                       uint8
	Cc                         [8]uint8
}

// short is what of t a struct termio has room for; long puts it back into t.
func (t *termios) short() *termio {
	s := &termio{Iflag: uint16(t.Iflag), Oflag: uint16(t.Oflag), Cflag: uint16(t.Cflag), Lflag: uint16(t.Lflag), Line: t.Line}
	copy(s.Cc[:], t.Cc[:])
	return s
}

func (s *termio) long(t *termios) *termios {
	low := func(old uint32, n uint16) uint32 { return old&^0xffff | uint32(n) }
	t.Iflag, t.Oflag, t.Cflag, t.Lflag = low(t.Iflag, s.Iflag), low(t.Oflag, s.Oflag), low(t.Cflag, s.Cflag), low(t.Lflag, s.Lflag)
	t.Line = s.Line
	copy(t.Cc[:], s.Cc[:])
	return t
}

// fileIoctl is for requests that go by the kind of file; known is whether the request is one of them and the file of that
// kind.
func fileIoctl(l *kern.LWP, cmd uint32, a *kern.Args) (err abi.Errno, known bool) {
	switch cmd {
	case fionread, rndGetEntCnt, procmapQuery, siocgifconf, siocgifflags, siocsifflags, siocgifindex, siocgifmtu, siocgifaddr, siocgifnetmask, siocgifname:
	default:
		return abi.OK, false
	}
	f, err := l.Getfile(int32(a[0]))
	if err != abi.OK {
		return err, true
	}
	defer f.Done(l)
	switch cmd {
	case fionread: // at both ends of a pipe
		if f.Ops.Type() != "pipe" || f.Flag&abi.FWRITE == 0 {
			return abi.OK, false
		}
		_, err := call(l, syscalls.SYS_ioctl, &kern.Args{a[0], abi.FIONWRITE, a[2]})
		return err, true
	case rndGetEntCnt:
		var st abi.Stat
		if f.Ops.Stat(l, f, &st) != abi.OK || st.Mode&abi.S_IFMT != abi.S_IFCHR || abi.Major(st.Rdev) != randomMajor {
			return abi.ENOTTY, true
		}
		return l.CopyoutInt32(a[2], entropy), true
	case procmapQuery:
		p := vfs.ProcMapsOf(f)
		if p == nil {
			return abi.ENOTTY, true
		}
		return queryMap(l, p, a[2]), true
	}
	if f.Ops.Type() != "socket" {
		return abi.OK, false
	}
	return interfaceIoctl(l, cmd, a[2]), true
}

// randomMajor is the native number of the devices random and urandom.
const randomMajor = 46

// memMajor is the native number of the devices null, zero and full, which are never waited for.
const memMajor = 2

// mapQuery is struct procmap_query.
type mapQuery struct {
	Size, Flags, Addr                             uint64
	Start, End, VMAFlags, PageSize, Offset, Inode uint64
	Major, Minor, NameSize, BuildIDSize           uint32
	NameAddr, BuildIDAddr                         uint64
}

// queryMap is PROCMAP_QUERY: what is mapped at an address, or after it. Errors: EINVAL, ENOENT, ENAMETOOLONG, EFAULT.
func queryMap(l *kern.LWP, p *kern.Proc, va uint64) abi.Errno {
	const (
		rights, next, files = 0xf, 0x10, 0x20 // protections and sharing that are asked for
		head                = 24
	)
	var q mapQuery
	size := uint64(l.Model().Sizeof(&q))
	var b [8]byte
	if err := l.Copyin(b[:], va); err != abi.OK {
		return err
	}
	if n := l.Model().Uint(b[:], 8); n < head {
		return abi.EINVAL
	} else if n > mem4k {
		return abi.E2BIG
	} else {
		size = min(size, n)
	}
	buf := make([]byte, l.Model().Sizeof(&q))
	if err := l.Copyin(buf[:size], va); err != abi.OK {
		return err
	}
	l.Model().Unmarshal(buf, &q)
	if q.Flags&^(rights|next|files) != 0 || (q.NameSize == 0) != (q.NameAddr == 0) || (q.BuildIDSize == 0) != (q.BuildIDAddr == 0) {
		return abi.EINVAL
	}
	if p.VM == nil {
		return abi.ESRCH
	}
	for _, e := range p.VM.Maps() {
		has := uint64(e.Prot & protAll)
		if e.Shared && !e.Dup {
			has |= 8
		}
		st, name, file := vfs.MappedFile(l, p, &e)
		if e.End <= q.Addr || q.Flags&rights&^has != 0 || q.Flags&files != 0 && !file {
			if e.Start <= q.Addr && q.Addr < e.End && q.Flags&next == 0 {
				break
			}
			continue
		}
		if e.Start > q.Addr && q.Flags&next == 0 {
			break
		}
		q.Start, q.End, q.VMAFlags, q.PageSize, q.Offset, q.Inode = e.Start, e.End, has, mem4k, e.Off, st.Ino
		q.Major, q.Minor, q.BuildIDSize = abi.Major(st.Dev), abi.Minor(st.Dev), 0
		if q.NameSize != 0 {
			text := append([]byte(name), 0)
			switch {
			case name == "":
				q.NameSize = 0
			case len(text) > int(q.NameSize):
				return abi.ENAMETOOLONG
			default:
				if err := l.Copyout(text, q.NameAddr); err != abi.OK {
					return err
				}
				q.NameSize = uint32(len(text))
			}
		}
		return l.Copyout(l.Model().Bytes(&q)[:size], va)
	}
	return abi.ENOENT
}
