package syscalls

import "slices"

// since says which release was the first with calls of its own, by the first and last number of each row; numbers that
// no row has are in all of them. Its sources are the tables of syscalls.master: 0.8's (7.26 of Berkeley's), 1.0's (1.22),
// 1.34 of August 1996, 1.111 of May 2002, which 1.6 has, 1.152 of May 2006, 1.204 of June 2008, 1.239 of November 2010,
// 7.0's (1.270.2.1), 1.285 of July 2016 and today's. What first stands in one of them and what came between two is told
// apart by the HISTORY of the manual's pages, by doc/CHANGES.prev (uname of 0.9), and by the names: __stat30 replaces
// what 3.0 had. 205, 241 and 173 have none of these: undelete is said to be of 1.1, fdatasync and pread of 1.4.
var since = []struct {
	release     string
	first, last int
}{
	{"0.9", 164, 164},
	{"1.0", 165, 165}, {"1.0", 169, 170}, {"1.0", 184, 192}, {"1.0", 194, 204},
	{"1.1", 205, 205}, {"1.1", 220, 231},
	{"1.2", 175, 176}, {"1.2", 206, 206},
	{"1.3", 207, 209}, {"1.3", 232, 234}, {"1.3", 240, 240}, {"1.3", 270, 280},
	{"1.4", 173, 174}, {"1.4", 241, 241}, {"1.4", 281, 286}, {"1.4", 288, 297},
	{"1.5", 242, 243}, {"1.5", 298, 305},
	{"1.6", 287, 287}, {"1.6", 306, 306},
	{"2.0", 235, 239}, {"2.0", 244, 244}, {"2.0", 247, 255}, {"2.0", 307, 317}, {"2.0", 330, 345}, {"2.0", 350, 350}, {"2.0", 354, 355},
	{"3", 356, 374},
	{"4", 375, 398},
	{"5", 246, 246}, {"5", 257, 266}, {"5", 318, 325}, {"5", 346, 349}, {"5", 399, 416},
	{"5.99", 417, 451},
	{"6", 210, 210}, {"6", 245, 245}, {"6", 453, 474},
	{"7", 256, 256}, {"7", 475, 480},
	{"8", 351, 351}, {"8", 481, 482},
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
