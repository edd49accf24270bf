package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// tlsProgram has thread-local variables in itself and in a library, with other values in each of two threads. Alignments and
// odd sizes move the blocks away from the simple places.
const tlsProgram = `
#include <pthread.h>
extern void set(int);
__thread char odd[3] = "ab";
__thread int own = 1;
__thread long zero[5];
__thread int aligned __attribute__((aligned(128))) = 7;
void __attribute__((noinline)) stop(void) { __asm__ volatile("" ::: "memory"); }
static void *run(void *unused)
{
	own = 22, zero[3] = 220, aligned = 2200;
	set(33);
	stop();
	return unused;
}
int main(void)
{
	pthread_t t;
	own = 11, zero[3] = 110, aligned = 1100;
	set(44);
	pthread_create(&t, 0, run, 0);
	return pthread_join(t, 0);
}
`

const tlsLibrary = `
__thread char before[5] = "abcd";
__thread int inlib = 3;
__thread int never[4] __attribute__((aligned(32)));
void set(int v) { inlib = v; }
`

// tlsDynamic is a second program, whose library comes by dlopen(3): no thread has a block of it from its start.
const tlsDynamic = `
#include <dlfcn.h>
void (*real)(int);
void set(int v)
{
	if (!real)
		*(void **)&real = dlsym(dlopen(LIBRARY, RTLD_NOW), "set");
	real(v);
}
`

// gdb finds thread-local variables: of the program and of its libraries, whether they came with it or later.
func TestGDBThreadLocal(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"tls.c": tlsProgram, "lib.c": tlsLibrary, "later.c": tlsDynamic} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, triple := range []string{"x86_64-linux-gnu", "i686-linux-gnu", "aarch64-linux-gnu", "arm-linux-gnueabihf", "mips-linux-gnu",
		"mips64-linux-gnuabi64", "powerpc-linux-gnu", "riscv64-linux-gnu", "sparc64-linux-gnu", "m68k-linux-gnu"} {
		lib := filepath.Join(dir, "lib"+triple+".so")
		for _, tt := range []struct {
			name string
			args []string
		}{
			{"static", []string{"-static", "lib.c"}},
			{"dynamic", []string{lib, "-Wl,-rpath," + dir}},
			{"dlopen", []string{"later.c", "-DLIBRARY=\"" + lib + "\"", "-ldl"}},
		} {
			t.Run(triple+"/"+tt.name, func(t *testing.T) {
				build := func(args ...string) {
					cmd := exec.Command(triple+"-gcc", append([]string{"-g", "-O1", "-pthread"}, args...)...)
					cmd.Dir = dir
					if out, err := cmd.CombinedOutput(); err != nil {
						t.Skipf("%v\n%s", err, out)
					}
				}
				program := filepath.Join(dir, tt.name+triple)
				build("-shared", "-fPIC", "-o", lib, "lib.c")
				build(append([]string{"-o", program, "tls.c"}, tt.args...)...)
				root := "/"
				if triple != "x86_64-linux-gnu" {
					root = "/usr/" + triple
				}
				out := debuggerOf(t, "gdb", []string{"-L", root, program}, "set pagination off", "print own", "break stop", "continue", "print own",
					"print zero", "print aligned", "print odd", "print inlib", "print before", "print never", "thread 1", "print own",
					"print zero[3]", "print aligned", "print inlib", "set var inlib = 45", "print inlib", "thread 2", "print inlib", "continue")
				if missing := inOrder(out, []string{"Cannot find thread-local", "$1 = 22\n", "$2 = {0, 0, 0, 220, 0}\n", "$3 = 2200\n", `$4 = "ab"`, "$5 = 33\n", `$6 = "abcd"`, "$7 = {0, 0, 0, 0}\n",
					"$8 = 11\n", "$9 = 110\n", "$10 = 1100\n", "$11 = 44\n", "$12 = 45\n", "$13 = 33\n", "exited normally"}); missing != "" {
					t.Errorf("no %q in its place in\n%s", missing, out)
				}
			})
		}
	}
}

// The same in programs of NetBSD's, whose linker is the only one that knows where the variables are.
func TestGDBThreadLocalNetBSD(t *testing.T) {
	for _, arch := range []string{"amd64", "i386", "aarch64", "arm", "mips", "mipsn32", "mips64el", "sparc", "sparc64", "riscv64", "powerpc", "m68k"} {
		t.Run(arch, func(t *testing.T) {
			out := debuggerSays(t, "gdb", programToDebug(t, arch, "locals"), "set pagination off", "print own", "break stop", "continue", "print own",
				"print zero", "print aligned", "print odd", "thread 1", "print own", "print zero[3]", "print aligned", "continue")
			if missing := inOrder(out, []string{"Cannot find thread-local", "$1 = 22\n", "$2 = {0, 0, 0, 220, 0}\n", "$3 = 2200\n", `$4 = "ab"`,
				"$5 = 11\n", "$6 = 110\n", "$7 = 1100\n", "exited normally"}); missing != "" {
				t.Errorf("no %q in its place in\n%s", missing, out)
			}
		})
	}
}
