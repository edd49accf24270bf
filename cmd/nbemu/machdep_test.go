package main_test

import (
	"path/filepath"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// What imports golang.org/x/sys/cpu asks sysctl on aarch64, and panicked while machdep.cpu0.cpu_id was missing. AES of
// zeros with a key of zeros is of FIPS 197's test vectors (AESAVS).
func TestProcessorFeatures(t *testing.T) {
	arch, err := testprog.Find("aarch64")
	if err != nil {
		t.Fatal(err)
	}
	prog := filepath.Join(t.TempDir(), "cpuid")
	if err := testprog.Go(arch, testprog.NetBSD, prog, "./testdata/go/cpuid"); err != nil {
		t.Fatal(err)
	}
	e := runNbemu(t, prog)
	if !strings.Contains(e.stdout, "aes 66e94bd4ef8a2c3b884cfa59ca342b2e") || !strings.Contains(e.stdout, "aarch64 true true true true false") {
		t.Errorf("%+v", e)
	}
}

// Go's programs are of NetBSD 7 by their note: there siginfo_t's union is at 12 on arm, not at 16 as since NetBSD 9.
func TestFaultAddressInOldSiginfo(t *testing.T) {
	for _, name := range []string{"arm", "i386", "amd64"} {
		arch, err := testprog.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		prog := filepath.Join(t.TempDir(), "nilp")
		if err := testprog.Go(arch, testprog.NetBSD, prog, "./testdata/go/nilp"); err != nil {
			t.Fatal(err)
		}
		if e := runNbemu(t, prog); !strings.Contains(e.stderr, "code=0x1 addr=0x48 ") {
			t.Errorf("%s: %.300s", name, e.stderr)
		}
	}
}
