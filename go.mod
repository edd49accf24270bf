module nbemu

go 1.26.0

require (
	github.com/google/gops v0.3.28
	github.com/ulikunitz/xz v0.5.17
	github.com/unicorn-engine/unicorn v0.0.0-20250911131444-c24c9ebe773c
	golang.org/x/arch v0.32.0
	golang.org/x/sys v0.49.0
	kernel.org/pub/linux/libs/security/libcap/psx v1.2.78
)

require github.com/landlock-lsm/go-landlock v0.11.2

require kernel.org/pub/linux/libs/security/libcap/cap v1.2.78

require github.com/google/btree v1.1.3

require github.com/yuin/gopher-lua v1.1.2

require github.com/google/pprof v0.0.0-20261105003125-4bf881d7fb0b
