// Pytests runs modules of Python's own tests natively and under nbemu, and stores what differs:
//
//	go run ./internal/pytests [-run REGEXP] [-p 2] [-python /usr/bin/python3]
//
// Python must have its package test (Debian's libpython3-testsuite). A module's tests are held against each other one by
// one, by the report that regrtest writes (--junit-xml): what passes natively is to pass in nbemu. The results go to
// docs/results/python-ARCH.json and, as a table, to docs/LINUX.md; those of modules that were not run stay. The command
// fails if a test that passes natively does not in nbemu and known.txt has no reason for it, or has one for a test that
// passes.
package main
