package abi

// Filters of kqueue.
const (
	EVFILT_READ     = 0
	EVFILT_WRITE    = 1
	EVFILT_AIO      = 2
	EVFILT_VNODE    = 3
	EVFILT_PROC     = 4
	EVFILT_SIGNAL   = 5
	EVFILT_TIMER    = 6
	EVFILT_FS       = 7
	EVFILT_USER     = 8
	EVFILT_EMPTY    = 9
	EVFILT_SYSCOUNT = 10
)

// Actions and flags of a kevent.
const (
	EV_ADD       = 0x0001
	EV_DELETE    = 0x0002
	EV_ENABLE    = 0x0004
	EV_DISABLE   = 0x0008
	EV_ONESHOT   = 0x0010
	EV_CLEAR     = 0x0020
	EV_RECEIPT   = 0x0040
	EV_DISPATCH  = 0x0080
	EV_KEEPUDATA = 0x0200
	EV_SYSFLAGS  = 0xf000
	EV_FLAG1     = 0x2000
	EV_ERROR     = 0x4000
	EV_EOF       = 0x8000
)

// Filter flags.
const (
	NOTE_FFNOP      = 0x00000000 // EVFILT_USER
	NOTE_FFAND      = 0x40000000
	NOTE_FFOR       = 0x80000000
	NOTE_FFCOPY     = 0xc0000000
	NOTE_FFCTRLMASK = 0xc0000000
	NOTE_FFLAGSMASK = 0x00ffffff
	NOTE_TRIGGER    = 0x01000000

	NOTE_LOWAT = 0x0001 // EVFILT_READ, EVFILT_WRITE

	NOTE_DELETE      = 0x0001 // EVFILT_VNODE
	NOTE_WRITE       = 0x0002
	NOTE_EXTEND      = 0x0004
	NOTE_ATTRIB      = 0x0008
	NOTE_LINK        = 0x0010
	NOTE_RENAME      = 0x0020
	NOTE_REVOKE      = 0x0040
	NOTE_OPEN        = 0x0080
	NOTE_CLOSE       = 0x0100
	NOTE_CLOSE_WRITE = 0x0200
	NOTE_READ        = 0x0400

	NOTE_EXIT      = 0x80000000 // EVFILT_PROC
	NOTE_FORK      = 0x40000000
	NOTE_EXEC      = 0x20000000
	NOTE_PCTRLMASK = 0xf0000000
	NOTE_PDATAMASK = 0x000fffff
	NOTE_TRACK     = 0x00000001
	NOTE_TRACKERR  = 0x00000002
	NOTE_CHILD     = 0x00000004

	NOTE_MSECONDS = 0x0000 // EVFILT_TIMER
	NOTE_SECONDS  = 0x0001
	NOTE_USECONDS = 0x0002
	NOTE_NSECONDS = 0x0003
	NOTE_ABSTIME  = 0x0010
)

// Kevent is struct kevent of NetBSD 11 and later (__kevent100, 501).
type Kevent struct {
	Ident  ULong
	Filter uint32
	Flags  uint32
	Fflags uint32
	Data   int64
	Udata  Ptr
	Ext    [4]uint64
}

// Kevent50 is struct kevent up to NetBSD 10 (kevent, 345, and __kevent50, 435).
type Kevent50 struct {
	Ident  ULong
	Filter uint32
	Flags  uint32
	Fflags uint32
	Data   int64
	Udata  Ptr
}

// KfilterMapping is struct kfilter_mapping (KFILTER_BYFILTER, KFILTER_BYNAME).
type KfilterMapping struct {
	Name   Ptr
	Len    Size
	Filter uint32
}

// epoll.
const (
	EPOLL_CTL_ADD = 1
	EPOLL_CTL_DEL = 2
	EPOLL_CTL_MOD = 3
	EPOLL_CLOEXEC = O_CLOEXEC

	EPOLLIN        = 0x00000001
	EPOLLPRI       = 0x00000002
	EPOLLOUT       = 0x00000004
	EPOLLERR       = 0x00000008
	EPOLLHUP       = 0x00000010
	EPOLLRDNORM    = 0x00000040
	EPOLLRDBAND    = 0x00000080
	EPOLLWRNORM    = 0x00000100
	EPOLLWRBAND    = 0x00000200
	EPOLLMSG       = 0x00000400
	EPOLLRDHUP     = 0x00002000
	EPOLLEXCLUSIVE = 0x10000000
	EPOLLWAKEUP    = 0x20000000
	EPOLLONESHOT   = 0x40000000
	EPOLLET        = 0x80000000
)

// EpollEvent is struct epoll_event.
type EpollEvent struct {
	Events uint32
	Data   uint64
}

// eventfd and timerfd.
const (
	EFD_SEMAPHORE           = O_RDWR
	EFD_CLOEXEC             = O_CLOEXEC
	EFD_NONBLOCK            = O_NONBLOCK
	TFD_CLOEXEC             = O_CLOEXEC
	TFD_NONBLOCK            = O_NONBLOCK
	TFD_TIMER_ABSTIME       = O_WRONLY
	TFD_TIMER_CANCEL_ON_SET = O_RDWR
)

// poll.
const (
	POLLIN     = 0x0001
	POLLPRI    = 0x0002
	POLLOUT    = 0x0004
	POLLRDNORM = 0x0040
	POLLWRNORM = POLLOUT
	POLLRDBAND = 0x0080
	POLLWRBAND = 0x0100
	POLLERR    = 0x0008
	POLLHUP    = 0x0010
	POLLNVAL   = 0x0020

	INFTIM = -1
)

// Pollfd is struct pollfd.
type Pollfd struct {
	Fd      int32
	Events  int16
	Revents int16
}

// FD_SETSIZE is how many descriptors fd_set has room for by default; select
// takes any number. The set is an array of 32-bit words in host order.
const FD_SETSIZE = 256
