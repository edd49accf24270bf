package linux

// Sparc has numbers of its own for most things: those of SunOS.

var numbersSPARC = numbers{
	errnos: own(35, 78, 63, 79, 90, 66, 62, 0, 75, 77, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 0, 109, 72, 111,
		73, 74, 80, 113, 71, 82, 83, 84, 85, 86, 87, 88, 76, 92, 115, 93, 89, 114, 112, 124, 123, 110, 122, 116, 91, 68, 38, 39, 40,
		41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 64, 65, 37, 36, 70, 0, 0, 0, 0, 0, 69,
		125, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135),
	signals: signalsOf(1, 2, 3, 4, 5, 6, 10, 8, 9, 30, 11, 31, 13, 14, 15, 7, 20, 19, 17, 18, 21, 22, 16, 24, 25, 26, 27, 28, 23, 29, 12),
	sighow:  map[uint64]uint64{1: 0, 2: 1, 4: 2},
	saFlags: pairs(0x8, saNocldstop, 0x100, saNocldwait, 0x200, saSiginfo, 0x1, saOnstack, 0x2, saRestart, 0x20, saNodefer, 0x4, saResethand),
	open: pairs(0x8, oAppend, 0x40, oAsync, 0x200, oCreat, 0x400, oTrunc, 0x800, oExcl, 0x2000, oDsync, 0x4000, oNonblock, 0x8000, oNoctty,
		0x40000, oLargefile, 0x100000, oDirect, 0x200000, oNoatime, 0x400000, oCloexec, 0x800000, oSyncOnly, 0x1000000, oPath,
		0x2000000, oTmpfileOnly),
	mapping:   pairs(0x200, 0x100, 0x40, 0x4000, 0x100, 0x2000),
	fcntl:     map[uint64]uint64{5: fGetown, 6: fSetown, 7: fGetlk, 8: fSetlk, 9: fSetlkw},
	lockTypes: true,
	lockAll:   0x2000,
	ioctls: map[uint64]uint64{0x20007484: 0x540e, 0x40047483: 0x540f, 0x80047482: 0x5410, 0x40047473: 0x5411, 0x40087468: 0x5413,
		0x80087467: 0x5414, 0x4004667f: 0x541b, 0x8004667e: 0x5421, 0x20007471: 0x5422, 0x40047485: 0x5429, 0x20006602: 0x5450,
		0x20006601: 0x5451, 0x8004667d: 0x5452, 0x2000740d: 0x540c, 0x2000740e: 0x540d, 0x2000747b: 0x5427, 0x2000747a: 0x5428,
		0x80017472: 0x5412, 0x40245408: tcgets, 0x80245409: tcsets, 0x8024540a: tcsetsw, 0x8024540b: tcsetsf, 0x20005405: tcsbrk,
		0x20005406: tcxonc, 0x20005407: tcflsh, 0x40047486: tiocgptn, 0x80047487: tiocsptlck, 0x40045439: tiocgptlck,
		0x20007489: tiocgptpeer, 0x80047488: tiocsig},
	rlimits:   map[uint64]uint64{6: 7, 7: 6},
	solSocket: 0xffff,
	sockopts: map[int32]int32{4: soReuseaddr, 0x1008: soType, 0x1007: soError, 0x10: 5, 0x20: 6, 0x1001: soSndbuf, 0x1002: soRcvbuf,
		8: 9, 0x100: 10, 0x80: 13, 0x400: 14, 0x200: 15, 2: 16, 0x40: soPeercred, 0x800: 18, 0x1000: 19, 0x2000: soRcvtimeo,
		0x4000: soSndtimeo, 0xd: 25, 0x8000: 30, 30: 31, 0x100a: 32, 0x100b: 33, 31: 34, 33: 35, 34: 36, 35: 37, 0x1028: soProtocol,
		0x1029: soDomain},
	poll: &pollNames{wrnorm: 4, wrband: 0x100, rdhup: 0x800},
}

// termiosSPARC: the characters for bytes and time share the places of those for the ends of files and lines.
var termiosSPARC = termiosForm{
	size: 36, line: 16, cc: 17, shared: true,
	chars: [19]int8{0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 4, 7: 7, 8: 8, 9: 9, 10: 10, 11: 5, 12: 12, 13: 13, 14: 14, 15: 15, 16: 6, 17: -1, 18: -1},
	speeds: &speedForm{mask: cbaud, fast: map[uint32]uint32{0x1009: 0x1007, 0x100a: 0x1005, 0x100b: 0x1006, 0x100c: 0x1008, 0x100d: 0x1009,
		0x100e: 0x100a, 0x100f: 0x100b, 0x1005: 15, 0x1006: 15, 0x1007: 15, 0x1008: 15}},
}
