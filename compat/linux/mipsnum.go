package linux

// Mips has numbers of its own for most things: those of IRIX.

var numbersMIPS = numbers{
	errnos: own(35, 45, 78, 46, 89, 93, 90, 0, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 50, 51, 52, 53, 54, 55, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 74, 0, 77, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 91, 92, 94, 95, 96, 97, 98, 99, 120, 121, 122,
		123, 124, 125, 126, 127, 128, 129, 130, 131, 132, 133, 134, 143, 144, 145, 146, 147, 148, 149, 150, 151, 135, 137, 138,
		139, 140, 1133, 159, 160, 158, 161, 162, 163, 164, 165, 166, 167, 168),
	signals: signalsOf(1, 2, 3, 4, 5, 6, 10, 8, 9, 16, 11, 17, 13, 14, 15, 7, 18, 25, 23, 24, 26, 27, 21, 30, 31, 28, 29, 20, 22, 19, 12),
	nsig:    128,
	sighow:  map[uint64]uint64{1: 0, 2: 1, 3: 2},
	saFlags: pairs(0x8, saSiginfo, 0x10000, saNocldwait),
	open: pairs(0x8, oAppend, 0x10, oDsync, 0x80, oNonblock, 0x100, oCreat, 0x200, oTrunc, 0x400, oExcl, 0x800, oNoctty, 0x1000, oAsync,
		0x2000, oLargefile, 0x4000, oSyncOnly, 0x8000, oDirect),
	mapping: pairs(0x800, mapAnon, 0x1000, 0x100, 0x2000, 0x800, 0x4000, 0x1000, 0x8000, 0x2000, 0x400, 0x4000, 0x10000, 0x8000,
		0x20000, 0x10000, 0x40000, 0x20000, 0x80000, 0x40000),
	ioctls: map[uint64]uint64{0x5480: 0x540e, 0x40047477: 0x540f, 0x80047476: 0x5410, 0x7472: 0x5411, 0x40087468: 0x5413,
		0x80087467: 0x5414, 0x467f: 0x541b, 0x667e: 0x5421, 0x5471: 0x5422, 0x7416: 0x5429, 0x6602: 0x5450, 0x6601: 0x5451,
		0x667d: 0x5452, 0x740d: 0x540c, 0x740e: 0x540d, 0x5472: 0x5412, 0x40047307: 0x8905, 0x80047308: 0x8902, 0x40047309: 0x8904,
		0x540d: tcgets, 0x540e: tcsets, 0x540f: tcsetsw, 0x5410: tcsetsf, 0x5405: tcsbrk, 0x5486: 0x5425, 0x5406: tcxonc,
		0x5407: tcflsh, 0x40045430: tiocgptn, 0x80045431: tiocsptlck, 0x40045439: tiocgptlck, 0x20005441: tiocgptpeer, 0x80045436: tiocsig,
		0x741d: 0x5415, 0x741a: 0x5418, 0x741b: 0x5416, 0x741c: 0x5417, 0x5470: 0x5420, 0x7400: 0x5424, 0x7401: 0x5423},
	rlimits:   map[uint64]uint64{5: 7, 6: 9, 7: 5, 8: 6, 9: 8},
	solSocket: 0xffff,
	sockopts: map[int32]int32{4: soReuseaddr, 0x1008: soType, 0x1007: soError, 0x10: 5, 0x20: 6, 0x1001: soSndbuf, 0x1002: soRcvbuf,
		8: 9, 0x100: 10, 0x80: 13, 0x200: 15, 17: 16, 18: soPeercred, 0x1004: 18, 0x1003: 19, 0x1006: soRcvtimeo, 0x1005: soSndtimeo,
		0x1009: 30, 30: 31, 31: 32, 0x1028: soProtocol, 0x1029: soDomain},
	sockTypes: map[int32]int32{1: 2, 2: 1},
	poll:      &pollNames{wrnorm: 4, wrband: 0x100, rdhup: 0x2000},
	siCodes:   map[int32]int32{-4: -2, -2: -3, -3: -4},
}

// termiosMIPS: the characters for bytes and time come where that for the end of a file is elsewhere.
var termiosMIPS = termiosForm{
	size: 40, line: 16, cc: 17,
	lflags: pairs(0x100, 0x8000, 0x8000, 0x100, 0x2000, 0x1000),
	chars:  [19]int8{0: 0, 1: 1, 2: 2, 3: 3, 4: 16, 5: 5, 6: 4, 7: 7, 8: 8, 9: 9, 10: 10, 11: 17, 12: 12, 13: 13, 14: 14, 15: 15, 16: 6, 17: -1, 18: -1},
}
