module nbemu

go 1.26.0

require (
	github.com/google/gops v0.3.28
	github.com/ulikunitz/xz v0.5.17
	github.com/unicorn-engine/unicorn v0.0.0-20250911131444-c24c9ebe773c
	golang.org/x/arch v0.32.0
	golang.org/x/sys v0.49.0
)
