package archtest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nbemu/internal/testprog"
)

// Linker scripts of ECOFF programs: paged, and in one piece. In a paged one the headers are part of the text; the kernel and
// binutils agree on where the text of the other begins if the number of sections is even.
var ecoffScripts = map[string]string{
	"zmagic": `ENTRY(_start) SECTIONS { . = 0x400140;
		.text : { *(.text*) *(.rodata*) . = ALIGN(4096); } .data : { *(.data*) *(.sdata*) . = ALIGN(4096); }
		.bss : { *(.bss*) *(.sbss*) *(COMMON) } `,
	"omagic": `ENTRY(_start) SECTIONS { . = 0x400000;
		.text : { *(.text*) *(.rodata*) } .data : { *(.data*) *(.sdata*) *(.bss*) *(.sbss*) *(COMMON) } `,
}

const ecoffDiscard = `/DISCARD/ : { *(.note*) *(.MIPS.abiflags) *(.reginfo) *(.pdr) *(.gnu.attributes) *(.comment) *(.mdebug*) } }`

// TestEcoff: programs in the first format of NetBSD/pmax, made by the cross binutils that still write it.
func TestEcoff(t *testing.T) {
	for _, a := range testprog.Arches {
		if a.Name != "mips" && a.Name != "mipsel" {
			continue
		}
		t.Run(a.Name, func(t *testing.T) {
			target := map[string]string{"mips": "ecoff-bigmips", "mipsel": "ecoff-littlemips"}[a.Name]
			objcopy := a.Name + "-linux-gnu-objcopy"
			if _, err := exec.LookPath(objcopy); err != nil {
				t.Skip("no cross binutils")
			}
			for kind, script := range ecoffScripts {
				for _, name := range []string{"sequence", "selfmod"} {
					out := t.TempDir()
					ld, elf, ecoff := filepath.Join(out, "ld"), filepath.Join(out, "elf"), filepath.Join(out, "ecoff")
					if err := os.WriteFile(ld, []byte(script+ecoffDiscard), 0o666); err != nil {
						t.Fatal(err)
					}
					flags := []string{"-Wl,-T," + ld}
					if kind == "omagic" {
						flags = append(flags, "-Wl,-N")
					}
					if err := testprog.C(a, testprog.NetBSD, elf, dir(name+".c"), flags...); errors.Is(err, testprog.ErrNoCompiler) {
						t.Skip(err)
					} else if err != nil {
						t.Fatal(err)
					}
					if msg, err := exec.Command(objcopy, "-O", target, elf, ecoff).CombinedOutput(); err != nil {
						t.Fatalf("%v\n%s", err, msg)
					}
					want, err := os.ReadFile(dir("expected", name+".txt"))
					if err != nil {
						t.Fatal(err)
					}
					if got := run(t, ecoff); got != string(want) || strings.Contains(got, "WRONG") {
						t.Errorf("%s, %s: %s", kind, name, firstDifference(string(want), got))
					}
				}
			}
		})
	}
}
