// Package archtest runs the programs of testdata/arch on every architecture: what a new program finds, system
// calls of all shapes, recursion, arithmetic, threads, signals, code that is written at run time. Their output
// must be the same everywhere; it lies in testdata/arch/expected.
//
// The programs are built with Debian's cross compilers; where one is missing, those in testdata/arch/prebuilt
// are run. "go test ./internal/archtest -update" builds both anew.
package archtest
