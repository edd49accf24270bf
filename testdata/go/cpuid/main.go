// Cpuid says what golang.org/x/sys/cpu, which the standard library has a copy of for its cryptography, found out about the
// processor. On NetBSD/aarch64 it asks sysctl.
package main

import (
	"crypto/aes"
	"crypto/sha256"
	"fmt"

	"golang.org/x/sys/cpu"
)

func main() {
	c, err := aes.NewCipher(make([]byte, 16))
	if err != nil {
		panic(err)
	}
	out := make([]byte, 16)
	c.Encrypt(out, out)
	fmt.Printf("aes %x sha256 %x\n", out, sha256.Sum256(out))
	fmt.Println("aarch64", cpu.Initialized, cpu.ARM64.HasAES, cpu.ARM64.HasSHA512, cpu.ARM64.HasATOMICS, cpu.ARM64.HasSVE)
}
