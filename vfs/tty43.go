package vfs

import (
	"slices"

	"nbemu/abi"
	"nbemu/kern"
)

// Terminals of 4.3BSD (compat/common/tty_43.c, sys/ioctl_compat.h): stty(2)'s struct sgttyb, characters in two structures,
// and a word of local modes, which are the upper half of the flags.

// The requests.
const (
	otiocGETD  = abi.IOC_OUT | 4<<16 | 't'<<8 // number 0
	otiocSETD  = abi.IOC_IN | 4<<16 | 't'<<8 | 1
	tiocHPCL   = abi.IOC_VOID | 't'<<8 | 2
	tiocGETP   = abi.IOC_OUT | 6<<16 | 't'<<8 | 8
	tiocSETP   = abi.IOC_IN | 6<<16 | 't'<<8 | 9
	tiocSETN   = abi.IOC_IN | 6<<16 | 't'<<8 | 10
	tiocSETC   = abi.IOC_IN | 6<<16 | 't'<<8 | 17
	tiocGETC   = abi.IOC_OUT | 6<<16 | 't'<<8 | 18
	otiocCONS  = abi.IOC_VOID | 't'<<8 | 98
	tiocGLTC   = abi.IOC_OUT | 6<<16 | 't'<<8 | 116
	tiocSLTC   = abi.IOC_IN | 6<<16 | 't'<<8 | 117
	tiocLGET   = abi.IOC_OUT | 4<<16 | 't'<<8 | 124
	tiocLSET   = abi.IOC_IN | 4<<16 | 't'<<8 | 125
	tiocLBIC   = abi.IOC_IN | 4<<16 | 't'<<8 | 126
	tiocLBIS   = abi.IOC_IN | 4<<16 | 't'<<8 | 127
	oldTTYDISC = 2 // NTTYDISC, which is today's line discipline
)

// jobs43 are those of them that a process in the background may not make.
var jobs43 = []uint32{otiocSETD, tiocSETP, tiocSETN, tiocSETC, tiocSLTC, tiocLSET, tiocLBIC, tiocLBIS}

// Flags of sg_flags, and the local modes in the upper half. ECHO, TOSTOP, FLUSHO, PENDIN, NOFLSH and MDMBUF are where
// termios has them.
const (
	sgTANDEM = 0x00000001
	sgCBREAK = 0x00000002
	sgCRMOD  = 0x00000010
	sgRAW    = 0x00000020
	sgODDP   = 0x00000040
	sgEVENP  = 0x00000080
	sgANYP   = 0x000000c0
	sgXTABS  = 0x00000c00
	sgCRTBS  = 0x00010000
	sgPRTERA = 0x00020000
	sgCRTERA = 0x00040000
	sgLITOUT = 0x00200000
	sgNOHANG = 0x01000000
	sgCRTKIL = 0x04000000
	sgPASS8  = 0x08000000
	sgCTLECH = 0x10000000
	sgDECCTQ = 0x40000000

	sgSame = abi.TOSTOP | abi.FLUSHO | abi.PENDIN | abi.NOFLSH
)

// speeds43 are the speeds by their old numbers.
var speeds43 = []int32{0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400, 57600, 115200}

// Characters by their places in struct tchars and struct ltchars.
var (
	tchars  = [6]int{abi.VINTR, abi.VQUIT, abi.VSTART, abi.VSTOP, abi.VEOF, abi.VEOL}
	ltchars = [6]int{abi.VSUSP, abi.VDSUSP, abi.VREPRINT, abi.VDISCARD, abi.VWERASE, abi.VLNEXT}
)

// ioctl43 does a request of 4.3BSD (ttcompat); EPASSTHROUGH for any other.
func (t *tty) ioctl43(l *kern.LWP, fd int, cmd uint32, data []byte) abi.Errno {
	m := l.Model()
	tio := &abi.Termios{}
	switch cmd {
	case otiocGETD:
		m.PutUint(data, 4, abi.TTYDISC)
		return abi.OK
	case otiocSETD:
		if m.Uint(data, 4) == oldTTYDISC {
			m.PutUint(data, 4, abi.TTYDISC)
		}
		return ttyIoctl(l, fd, t, abi.TIOCSETD, data)
	case otiocCONS:
		on := make([]byte, 4)
		m.PutUint(on, 4, 1)
		return ttyIoctl(l, fd, t, abi.TIOCCONS, on)
	case tiocHPCL, tiocGETP, tiocSETP, tiocSETN, tiocSETC, tiocGETC, tiocGLTC, tiocSLTC, tiocLGET, tiocLSET, tiocLBIC, tiocLBIS:
		var herr error
		if tio, herr = hostGetTermios(fd); herr != nil {
			return errno(herr)
		}
	default:
		return abi.EPASSTHROUGH
	}
	set := func(cmd uint32) abi.Errno {
		b := m.Bytes(tio)
		return ttyIoctl(l, fd, t, cmd, b)
	}
	switch cmd {
	case tiocGETP:
		data[1] = speed43(tio.Ospeed)
		if data[0] = data[1]; tio.Ispeed != 0 {
			data[0] = speed43(tio.Ispeed)
		}
		data[2], data[3] = tio.Cc[abi.VERASE], tio.Cc[abi.VKILL]
		m.PutUint(data[4:], 2, uint64(t.flags43(tio)&0xffff))
		return abi.OK
	case tiocSETP, tiocSETN:
		tio.Ispeed, tio.Ospeed = speedOf43(data[0]), speedOf43(data[1])
		tio.Cc[abi.VERASE], tio.Cc[abi.VKILL] = data[2], data[3]
		t.sgFlags = t.flags43(tio)&^0xffff | uint32(m.Uint(data[4:], 2))
		setFlags43(tio, t.sgFlags)
		if cmd == tiocSETP {
			return set(abi.TIOCSETAF)
		}
		return set(abi.TIOCSETA)
	case tiocGETC, tiocGLTC:
		for i, c := range chars43(cmd) {
			data[i] = tio.Cc[c]
		}
		return abi.OK
	case tiocSETC, tiocSLTC:
		for i, c := range chars43(cmd) {
			tio.Cc[c] = data[i]
		}
		if cmd == tiocSETC && data[5] == abi.POSIX_VDISABLE {
			tio.Cc[abi.VEOL2] = abi.POSIX_VDISABLE
		}
	case tiocHPCL:
		tio.Cflag |= abi.HUPCL
	case tiocLGET:
		m.PutUint(data, 4, uint64(int32(t.flags43(tio))>>16))
		return abi.OK
	default:
		word, flags := uint32(m.Uint(data, 4))<<16, t.flags43(tio)
		switch cmd {
		case tiocLSET:
			flags = flags&0xffff | word
		case tiocLBIS:
			flags |= word
		case tiocLBIC:
			flags &^= word
		}
		t.sgFlags = flags
		setLocal43(tio, flags)
	}
	return set(abi.TIOCSETA)
}

func chars43(cmd uint32) [6]int {
	if cmd == tiocGETC || cmd == tiocSETC {
		return tchars
	}
	return ltchars
}

// speed43 is a speed's old number; what has none is the fastest.
func speed43(speed int32) byte {
	if i := slices.Index(speeds43, speed); i >= 0 {
		return byte(i)
	}
	return byte(len(speeds43) - 1)
}

// speedOf43 is a speed by its old number; a number that there is not stands for itself.
func speedOf43(n byte) int32 {
	if int(n) < len(speeds43) {
		return speeds43[n]
	}
	return int32(n)
}

// bit returns flag if on is set.
func bit(flag uint32, on bool) uint32 {
	if on {
		return flag
	}
	return 0
}

// flags43 are the old flags of what the terminal does (ttcompatgetflags).
func (t *tty) flags43(tio *abi.Termios) uint32 {
	i, o, c, loc := tio.Iflag, tio.Oflag, tio.Cflag, tio.Lflag
	f := bit(sgTANDEM, i&abi.IXOFF != 0) | bit(sgCRMOD, i&abi.ICRNL != 0 || o&abi.ONLCR != 0)
	switch {
	case c&abi.PARENB == 0:
	case i&abi.INPCK == 0:
		f |= sgANYP
	case c&abi.PARODD != 0:
		f |= sgODDP
	default:
		f |= sgEVENP
	}
	if loc&abi.ICANON == 0 {
		if i&abi.IXON != 0 || loc&(abi.ISIG|abi.IEXTEN) != 0 || c&abi.PARENB != 0 {
			f |= sgCBREAK
		} else {
			f |= sgRAW
		}
	}
	if f&sgRAW != 0 {
		f |= t.sgFlags & (sgLITOUT | sgPASS8)
	} else if c&abi.CSIZE == abi.CS8 {
		f |= bit(sgLITOUT, o&abi.OPOST == 0) | bit(sgPASS8, i&abi.ISTRIP == 0)
	}
	f |= bit(abi.MDMBUF, c&abi.MDMBUF != 0) | bit(sgNOHANG, c&abi.HUPCL == 0) | bit(sgXTABS, o&abi.OXTABS != 0)
	f |= bit(sgCRTERA|sgCRTBS, loc&abi.ECHOE != 0) | bit(sgCRTKIL|sgCRTBS, loc&abi.ECHOKE != 0)
	f |= bit(sgPRTERA, loc&abi.ECHOPRT != 0) | bit(sgCTLECH, loc&abi.ECHOCTL != 0) | bit(sgDECCTQ, i&abi.IXANY == 0)
	return f | loc&(abi.ECHO|sgSame)
}

// to sets or clears bits of a word of flags.
func to(word *uint32, bits uint32, on bool) {
	*word = *word&^bits | bit(bits, on)
}

// setFlags43 makes a terminal do what sg_flags say (ttcompatsetflags).
func setFlags43(tio *abi.Termios, f uint32) {
	to(&tio.Iflag, abi.IXOFF, f&sgTANDEM != 0)
	to(&tio.Lflag, abi.ECHO, f&abi.ECHO != 0)
	to(&tio.Iflag, abi.ICRNL, f&sgCRMOD != 0)
	to(&tio.Oflag, abi.ONLCR, f&sgCRMOD != 0)
	to(&tio.Oflag, abi.OXTABS, f&sgXTABS != 0)
	if f&sgRAW != 0 {
		tio.Iflag &= abi.IXOFF
		tio.Lflag &^= abi.ISIG | abi.ICANON | abi.IEXTEN
		tio.Cflag &^= abi.PARENB
	} else {
		tio.Iflag |= abi.BRKINT | abi.IXON | abi.IMAXBEL
		tio.Lflag |= abi.ISIG | abi.IEXTEN
		to(&tio.Lflag, abi.ICANON, f&sgCBREAK == 0)
		to(&tio.Cflag, abi.PARENB, f&sgANYP != 0)
		switch f & sgANYP {
		case sgANYP:
			tio.Iflag &^= abi.INPCK
		case sgEVENP, sgODDP:
			tio.Iflag |= abi.INPCK
			to(&tio.Cflag, abi.PARODD, f&sgANYP == sgODDP)
		}
	}
	setWidth43(tio, f)
}

// setLocal43 makes a terminal do what the local modes say (ttcompatsetlflags).
func setLocal43(tio *abi.Termios, f uint32) {
	to(&tio.Lflag, abi.ECHOPRT, f&sgPRTERA != 0)
	to(&tio.Lflag, abi.ECHOE, f&sgCRTERA != 0)
	to(&tio.Cflag, abi.MDMBUF, f&abi.MDMBUF != 0)
	to(&tio.Cflag, abi.HUPCL, f&sgNOHANG == 0)
	to(&tio.Lflag, abi.ECHOKE, f&sgCRTKIL != 0)
	to(&tio.Lflag, abi.ECHOCTL, f&sgCTLECH != 0)
	to(&tio.Iflag, abi.IXANY, f&sgDECCTQ == 0)
	tio.Lflag = tio.Lflag&^sgSame | f&sgSame
	setWidth43(tio, f)
}

// setWidth43 sets the size of characters, and whether they are changed on their way.
func setWidth43(tio *abi.Termios, f uint32) {
	wide := f&(sgRAW|sgLITOUT|sgPASS8) != 0
	tio.Cflag = tio.Cflag&^abi.CSIZE | bit(abi.CS8, wide) | bit(abi.CS7, !wide)
	to(&tio.Iflag, abi.ISTRIP, f&(sgRAW|sgPASS8) == 0)
	to(&tio.Oflag, abi.OPOST, f&(sgRAW|sgLITOUT) == 0)
}
