package abi

// The parts of an ioctl command: direction, length of the argument, group
// and number.
const (
	IOC_VOID    = 0x20000000
	IOC_OUT     = 0x40000000
	IOC_IN      = 0x80000000
	IOC_INOUT   = IOC_IN | IOC_OUT
	IOC_DIRMASK = 0xe0000000

	IOCPARM_MASK   = 0x1fff
	IOCPARM_SHIFT  = 16
	IOCGROUP_SHIFT = 8
)

// IOW and IOWR make commands; size is that of the argument.
func IOW(group byte, num uint8, size int) uint32  { return ioc(IOC_IN, group, num, size) }
func IOWR(group byte, num uint8, size int) uint32 { return ioc(IOC_INOUT, group, num, size) }

func ioc(dir uint32, group byte, num uint8, size int) uint32 {
	return dir | uint32(size)&IOCPARM_MASK<<IOCPARM_SHIFT | uint32(group)<<IOCGROUP_SHIFT | uint32(num)
}

// IOCLen returns the length of a command's argument, IOCGroup its group.
func IOCLen(cmd uint32) int    { return int(cmd >> IOCPARM_SHIFT & IOCPARM_MASK) }
func IOCGroup(cmd uint32) byte { return byte(cmd >> IOCGROUP_SHIFT) }

// Any descriptor.
const (
	FIOCLEX    = IOC_VOID | 'f'<<8 | 1
	FIONCLEX   = IOC_VOID | 'f'<<8 | 2
	FIONREAD   = IOC_OUT | 4<<16 | 'f'<<8 | 127
	FIONBIO    = IOC_IN | 4<<16 | 'f'<<8 | 126
	FIOASYNC   = IOC_IN | 4<<16 | 'f'<<8 | 125
	FIOSETOWN  = IOC_IN | 4<<16 | 'f'<<8 | 124
	FIOGETOWN  = IOC_OUT | 4<<16 | 'f'<<8 | 123
	FIOGETBMAP = IOC_INOUT | 8<<16 | 'f'<<8 | 122
	FIONWRITE  = IOC_OUT | 4<<16 | 'f'<<8 | 121
	FIONSPACE  = IOC_OUT | 4<<16 | 'f'<<8 | 120
)

// Terminals.
const (
	TIOCEXCL    = IOC_VOID | 't'<<8 | 13
	TIOCNXCL    = IOC_VOID | 't'<<8 | 14
	TIOCFLUSH   = IOC_IN | 4<<16 | 't'<<8 | 16
	TIOCGETA    = IOC_OUT | 44<<16 | 't'<<8 | 19
	TIOCSETA    = IOC_IN | 44<<16 | 't'<<8 | 20
	TIOCSETAW   = IOC_IN | 44<<16 | 't'<<8 | 21
	TIOCSETAF   = IOC_IN | 44<<16 | 't'<<8 | 22
	TIOCGETD    = IOC_OUT | 4<<16 | 't'<<8 | 26
	TIOCSETD    = IOC_IN | 4<<16 | 't'<<8 | 27
	TIOCGLINED  = IOC_OUT | 32<<16 | 't'<<8 | 66
	TIOCSLINED  = IOC_IN | 32<<16 | 't'<<8 | 67
	TIOCSBRK    = IOC_VOID | 't'<<8 | 123
	TIOCCBRK    = IOC_VOID | 't'<<8 | 122
	TIOCSDTR    = IOC_VOID | 't'<<8 | 121
	TIOCCDTR    = IOC_VOID | 't'<<8 | 120
	TIOCGPGRP   = IOC_OUT | 4<<16 | 't'<<8 | 119
	TIOCSPGRP   = IOC_IN | 4<<16 | 't'<<8 | 118
	TIOCOUTQ    = IOC_OUT | 4<<16 | 't'<<8 | 115
	TIOCSTI     = IOC_IN | 1<<16 | 't'<<8 | 114
	TIOCNOTTY   = IOC_VOID | 't'<<8 | 113
	TIOCPKT     = IOC_IN | 4<<16 | 't'<<8 | 112
	TIOCSTOP    = IOC_VOID | 't'<<8 | 111
	TIOCSTART   = IOC_VOID | 't'<<8 | 110
	TIOCMSET    = IOC_IN | 4<<16 | 't'<<8 | 109
	TIOCMBIS    = IOC_IN | 4<<16 | 't'<<8 | 108
	TIOCMBIC    = IOC_IN | 4<<16 | 't'<<8 | 107
	TIOCMGET    = IOC_OUT | 4<<16 | 't'<<8 | 106
	TIOCREMOTE  = IOC_IN | 4<<16 | 't'<<8 | 105
	TIOCGWINSZ  = IOC_OUT | 8<<16 | 't'<<8 | 104
	TIOCSWINSZ  = IOC_IN | 8<<16 | 't'<<8 | 103
	TIOCUCNTL   = IOC_IN | 4<<16 | 't'<<8 | 102
	TIOCSTAT    = IOC_IN | 4<<16 | 't'<<8 | 101
	TIOCGSID    = IOC_OUT | 4<<16 | 't'<<8 | 99
	TIOCCONS    = IOC_IN | 4<<16 | 't'<<8 | 98
	TIOCSCTTY   = IOC_VOID | 't'<<8 | 97
	TIOCEXT     = IOC_IN | 4<<16 | 't'<<8 | 96
	TIOCSIG     = IOC_VOID | 't'<<8 | 95
	TIOCDRAIN   = IOC_VOID | 't'<<8 | 94
	TIOCGFLAGS  = IOC_OUT | 4<<16 | 't'<<8 | 93
	TIOCSFLAGS  = IOC_IN | 4<<16 | 't'<<8 | 92
	TIOCPTMGET  = IOC_OUT | 2056<<16 | 't'<<8 | 70
	TIOCGRANTPT = IOC_VOID | 't'<<8 | 71
	TIOCPTSNAME = IOC_OUT | 2056<<16 | 't'<<8 | 72
	// The same with names of 16 bytes, of NetBSD 6 and before (compat/sys/ttycom.h); golang.org/x/sys has these.
	COMPAT_60_TIOCPTMGET  = IOC_OUT | 40<<16 | 't'<<8 | 70
	COMPAT_60_TIOCPTSNAME = IOC_OUT | 40<<16 | 't'<<8 | 72
	TIOCSQSIZE            = IOC_IN | 4<<16 | 't'<<8 | 128
	TIOCGQSIZE            = IOC_OUT | 4<<16 | 't'<<8 | 129
)

// Terminal details.
const (
	TIOCM_LE           = 0001
	TIOCM_DTR          = 0002
	TIOCM_RTS          = 0004
	TIOCM_ST           = 0010
	TIOCM_SR           = 0020
	TIOCM_CTS          = 0040
	TIOCM_CAR          = 0100
	TIOCM_CD           = TIOCM_CAR
	TIOCM_RNG          = 0200
	TIOCM_RI           = TIOCM_RNG
	TIOCM_DSR          = 0400
	TIOCPKT_DATA       = 0x00
	TIOCPKT_FLUSHREAD  = 0x01
	TIOCPKT_FLUSHWRITE = 0x02
	TIOCPKT_STOP       = 0x04
	TIOCPKT_START      = 0x08
	TIOCPKT_NOSTOP     = 0x10
	TIOCPKT_DOSTOP     = 0x20
	TIOCPKT_IOCTL      = 0x40
	TIOCFLAG_SOFTCAR   = 0x01
	TIOCFLAG_CLOCAL    = 0x02
	TIOCFLAG_CRTSCTS   = 0x04
	TIOCFLAG_MDMBUF    = 0x08
	TIOCFLAG_CDTRCTS   = 0x10
	TTYDISC            = 0
	TABLDISC           = 3
	SLIPDISC           = 4
	PPPDISC            = 5
	STRIPDISC          = 6
	HDLCDISC           = 9
)

// Sockets and interfaces; struct ifreq has 144 bytes.
const (
	SIOCSHIWAT      = IOC_IN | 4<<16 | 's'<<8
	SIOCGHIWAT      = IOC_OUT | 4<<16 | 's'<<8 | 1
	SIOCSLOWAT      = IOC_IN | 4<<16 | 's'<<8 | 2
	SIOCGLOWAT      = IOC_OUT | 4<<16 | 's'<<8 | 3
	SIOCATMARK      = IOC_OUT | 4<<16 | 's'<<8 | 7
	SIOCSPGRP       = IOC_IN | 4<<16 | 's'<<8 | 8
	SIOCGPGRP       = IOC_OUT | 4<<16 | 's'<<8 | 9
	SIOCSIFADDR     = IOC_IN | 144<<16 | 'i'<<8 | 12
	SIOCGIFADDR     = IOC_INOUT | 144<<16 | 'i'<<8 | 33
	SIOCSIFDSTADDR  = IOC_IN | 144<<16 | 'i'<<8 | 14
	SIOCGIFDSTADDR  = IOC_INOUT | 144<<16 | 'i'<<8 | 34
	SIOCSIFFLAGS    = IOC_IN | 144<<16 | 'i'<<8 | 16
	SIOCGIFFLAGS    = IOC_INOUT | 144<<16 | 'i'<<8 | 17
	SIOCGIFBRDADDR  = IOC_INOUT | 144<<16 | 'i'<<8 | 35
	SIOCSIFBRDADDR  = IOC_IN | 144<<16 | 'i'<<8 | 19
	SIOCGIFNETMASK  = IOC_INOUT | 144<<16 | 'i'<<8 | 37
	SIOCSIFNETMASK  = IOC_IN | 144<<16 | 'i'<<8 | 22
	SIOCGIFMETRIC   = IOC_INOUT | 144<<16 | 'i'<<8 | 23
	SIOCSIFMETRIC   = IOC_IN | 144<<16 | 'i'<<8 | 24
	SIOCDIFADDR     = IOC_IN | 144<<16 | 'i'<<8 | 25
	SIOCGIFAFLAG_IN = IOC_INOUT | 144<<16 | 'i'<<8 | 39
	SIOCADDMULTI    = IOC_IN | 144<<16 | 'i'<<8 | 49
	SIOCDELMULTI    = IOC_IN | 144<<16 | 'i'<<8 | 50
	SIOCSIFMEDIA    = IOC_INOUT | 144<<16 | 'i'<<8 | 53
	SIOCSIFGENERIC  = IOC_IN | 144<<16 | 'i'<<8 | 57
	SIOCGIFGENERIC  = IOC_INOUT | 144<<16 | 'i'<<8 | 58
	SIOCGIFPSRCADDR = IOC_INOUT | 144<<16 | 'i'<<8 | 71
	SIOCGIFPDSTADDR = IOC_INOUT | 144<<16 | 'i'<<8 | 72
	SIOCDIFPHYADDR  = IOC_IN | 144<<16 | 'i'<<8 | 73
	SIOCSIFMTU      = IOC_IN | 144<<16 | 'i'<<8 | 127
	SIOCGIFMTU      = IOC_INOUT | 144<<16 | 'i'<<8 | 126
	SIOCIFCREATE    = IOC_IN | 144<<16 | 'i'<<8 | 122
	SIOCIFDESTROY   = IOC_IN | 144<<16 | 'i'<<8 | 121
	SIOCGIFDLT      = IOC_INOUT | 144<<16 | 'i'<<8 | 119
	SIOCSVH         = IOC_INOUT | 144<<16 | 'i'<<8 | 130
	SIOCGVH         = IOC_INOUT | 144<<16 | 'i'<<8 | 131
	SIOCGIFINDEX    = IOC_INOUT | 144<<16 | 'i'<<8 | 140
	SIOCSETPFSYNC   = IOC_IN | 144<<16 | 'i'<<8 | 247
	SIOCGETPFSYNC   = IOC_INOUT | 144<<16 | 'i'<<8 | 248
)

// termios: control characters.
const (
	VEOF     = 0
	VEOL     = 1
	VEOL2    = 2
	VERASE   = 3
	VWERASE  = 4
	VKILL    = 5
	VREPRINT = 6
	VINTR    = 8
	VQUIT    = 9
	VSUSP    = 10
	VDSUSP   = 11
	VSTART   = 12
	VSTOP    = 13
	VLNEXT   = 14
	VDISCARD = 15
	VMIN     = 16
	VTIME    = 17
	VSTATUS  = 18

	NCCS           = 20
	POSIX_VDISABLE = 0xff
)

// termios: flags.
const (
	IGNBRK     = 0x00000001
	BRKINT     = 0x00000002
	IGNPAR     = 0x00000004
	PARMRK     = 0x00000008
	INPCK      = 0x00000010
	ISTRIP     = 0x00000020
	INLCR      = 0x00000040
	IGNCR      = 0x00000080
	ICRNL      = 0x00000100
	IXON       = 0x00000200
	IXOFF      = 0x00000400
	IXANY      = 0x00000800
	IMAXBEL    = 0x00002000
	OPOST      = 0x00000001
	ONLCR      = 0x00000002
	OXTABS     = 0x00000004
	ONOEOT     = 0x00000008
	OCRNL      = 0x00000010
	ONOCR      = 0x00000020
	ONLRET     = 0x00000040
	CIGNORE    = 0x00000001
	CSIZE      = 0x00000300
	CS5        = 0x00000000
	CS6        = 0x00000100
	CS7        = 0x00000200
	CS8        = 0x00000300
	CSTOPB     = 0x00000400
	CREAD      = 0x00000800
	PARENB     = 0x00001000
	PARODD     = 0x00002000
	HUPCL      = 0x00004000
	CLOCAL     = 0x00008000
	CRTSCTS    = 0x00010000
	CDTRCTS    = 0x00020000
	MDMBUF     = 0x00100000
	ECHOKE     = 0x00000001
	ECHOE      = 0x00000002
	ECHOK      = 0x00000004
	ECHO       = 0x00000008
	ECHONL     = 0x00000010
	ECHOPRT    = 0x00000020
	ECHOCTL    = 0x00000040
	ISIG       = 0x00000080
	ICANON     = 0x00000100
	ALTWERASE  = 0x00000200
	IEXTEN     = 0x00000400
	EXTPROC    = 0x00000800
	TOSTOP     = 0x00400000
	FLUSHO     = 0x00800000
	NOKERNINFO = 0x02000000
	PENDIN     = 0x20000000
	NOFLSH     = 0x80000000
	TCSANOW    = 0
	TCSADRAIN  = 1
	TCSAFLUSH  = 2
	TCSASOFT   = 0x10
)

// Termios is struct termios.
type Termios struct {
	Iflag  uint32
	Oflag  uint32
	Cflag  uint32
	Lflag  uint32
	Cc     [NCCS]byte
	Ispeed int32
	Ospeed int32
}

// Winsize is struct winsize.
type Winsize struct {
	Row    uint16
	Col    uint16
	Xpixel uint16
	Ypixel uint16
}

// Ptmget60 is struct compat_60_ptmget (COMPAT_60_TIOCPTMGET, COMPAT_60_TIOCPTSNAME).
type Ptmget60 struct {
	Cfd int32
	Sfd int32
	Cn  [16]byte
	Sn  [16]byte
}

// Ptmget is struct ptmget (TIOCPTMGET, TIOCPTSNAME).
type Ptmget struct {
	Cfd int32
	Sfd int32
	Cn  [PATH_MAX]byte
	Sn  [PATH_MAX]byte
}
