package syscalls

import "slices"

// since says which release was the first with calls of its own, by the first and last number of each row; numbers that
// no row has are in all of them. It is from the syscalls.master of the releases where that could be read; what is said of
// those before 2.0, of 7 and of 9 was not held against theirs and may be off by a release. Those of 11 came with the
// module compat_100, which has what they replace.
var since = []struct {
	release     string
	first, last int
}{
	{"1.0", 184, 192}, {"1.0", 194, 205}, {"1.0", 210, 210},
	{"1.1", 220, 231},
	{"1.2", 206, 207},
	{"1.3", 175, 176}, {"1.3", 208, 209}, {"1.3", 232, 234}, {"1.3", 240, 240}, {"1.3", 270, 280},
	{"1.4", 173, 174}, {"1.4", 241, 241}, {"1.4", 281, 286}, {"1.4", 288, 297},
	{"1.5", 242, 243}, {"1.5", 287, 287}, {"1.5", 298, 305},
	{"1.6", 306, 306},
	{"2.0", 235, 239}, {"2.0", 244, 244}, {"2.0", 247, 255}, {"2.0", 307, 318}, {"2.0", 330, 345}, {"2.0", 350, 350}, {"2.0", 354, 355},
	{"3", 356, 372},
	{"4", 373, 374}, {"4", 387, 398},
	{"5", 246, 246}, {"5", 257, 266}, {"5", 319, 325}, {"5", 346, 349}, {"5", 399, 416},
	{"5.99", 375, 386}, {"5.99", 417, 433}, {"5.99", 435, 456}, {"5.99", 473, 473},
	{"6", 245, 245}, {"6", 434, 434}, {"6", 457, 472}, {"6", 474, 474},
	{"7", 256, 256}, {"7", 351, 351}, {"7", 475, 480},
	{"8", 481, 482},
	{"9", 193, 193},
	{"10", 91, 91}, {"10", 166, 168}, {"10", 177, 179}, {"10", 267, 267}, {"10", 483, 499},
	{"11", 500, 506},
}

// Missing tells, by number, which calls a kernel of a release does not have; releases lists all releases by age, the
// newest first. It is nil if there are none.
func Missing(release string, releases []string) []bool {
	newer := releases[:slices.Index(releases, release)]
	var m []bool
	for _, s := range since {
		if !slices.Contains(newer, s.release) {
			continue
		}
		if m == nil {
			m = make([]bool, len(Sysent))
		}
		for n := s.first; n <= s.last; n++ {
			m[n] = true
		}
	}
	return m
}
