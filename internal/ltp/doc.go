// Ltp runs the system call tests of the Linux Test Project, natively and under nbemu, and stores both results:
//
//	go run ./internal/ltp -dir BUILT_LTP [-arch aarch64] [-run REGEXP] [-p 2]
//
// BUILT_LTP is a tree of github.com/linux-test-project/ltp in which lib, libs, testcases/lib and
// testcases/kernel/syscalls have been made ("./configure" with -static in LDFLAGS and --host for other machines). On a
// machine that is not the host's, qemu-user takes the place of the host. Needs root: each test runs as on a machine of
// its own, in its own namespaces for processes, mounts, names and System V's objects, because some of them signal
// everything they may.
//
// What needs a device, a mount, kernel modules, or could harm the host is left out, by the rules of rules.go. The results
// go to docs/results/ltp-ARCH.json and, as a table, to docs/LINUX.md. The command fails if a test that the stored results
// have as passed does so no longer, or if one fails that known.txt does not give a reason for.
package main
