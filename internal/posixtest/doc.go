// Posixtest runs the programs of testdata/arch that look at processes, LWPs, signals, terminals and clocks case by
// case, on every architecture: "make conformance". What a case expects is what NetBSD's kernel does. The results
// become the tables of docs/CONFORMANCE.md; "go test" fails where a case fails that is not among the known ones.
//
// The programs are built with Debian's cross compilers; where one is missing, those in testdata/arch/prebuilt are
// run ("go test ./internal/posixtest -update" builds them anew).
package main
