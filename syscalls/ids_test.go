package syscalls

import (
	"testing"

	"nbemu/abi"
)

func TestSetIDs(t *testing.T) {
	const k = keepID
	old := ids{100, 200, 300} // real, effective, saved
	for _, tt := range []struct {
		name string
		new  ids
		from int
		root bool
		want ids
		err  abi.Errno
	}{
		{"setuid to the real id", ids{100, 100, 100}, setAll, false, ids{100, 100, 100}, abi.OK},
		{"setuid to the effective id", ids{200, 200, 200}, setAll, false, old, abi.EPERM},
		{"setuid to the saved id", ids{300, 300, 300}, setAll, false, old, abi.EPERM},
		{"setuid by root", ids{7, 7, 7}, setAll, true, ids{7, 7, 7}, abi.OK},
		{"seteuid to the real id", ids{k, 100, k}, setE, false, ids{100, 100, 300}, abi.OK},
		{"seteuid to the saved id", ids{k, 300, k}, setE, false, ids{100, 300, 300}, abi.OK},
		{"seteuid to the effective id", ids{k, 200, k}, setE, false, old, abi.EPERM},
		{"seteuid to another", ids{k, 7, k}, setE, false, old, abi.EPERM},
		{"setreuid keeps", old.setre(k, k), setRE, false, old, abi.OK},
		{"setreuid swaps", old.setre(200, 100), setRE, false, ids{200, 100, 100}, abi.OK},
		{"setreuid to the saved id", old.setre(k, 300), setRE, false, ids{100, 300, 300}, abi.OK},
		{"setreuid: real from saved", old.setre(300, k), setRE, false, old, abi.EPERM},
		{"setreuid: the effective id becomes the saved one", old.setre(200, k), setRE, false, ids{200, 200, 200}, abi.OK},
		{"setreuid by root", old.setre(7, 8), setRE, true, ids{7, 8, 8}, abi.OK},
	} {
		if got, err := old.set(tt.new, tt.from, tt.root); got != tt.want || err != tt.err {
			t.Errorf("%s: %v, %v; want %v, %v", tt.name, got, err, tt.want, tt.err)
		}
	}
}
