package main

import (
	"bytes"
	"crypto/sha256"
	"debug/macho"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Of code signatures (xnu's osfmk/kern/cs_blobs.h), whose numbers are big-endian.
const (
	loadCodeSignature = 0x1d
	magicSuperBlob    = 0xfade0cc0
	magicDirectory    = 0xfade0c02
	hashSHA256        = 2
)

// checkMachO looks at what macOS looks at before it runs a program: its machine, libraries that each Mac has, and for arm64 a
// signature whose hashes are those of the pages. Error: what macOS would refuse.
func checkMachO(data []byte, goarch string) error {
	f, err := macho.NewFile(bytes.NewReader(data))
	if err != nil {
		return err
	}
	if want := map[string]macho.Cpu{"arm64": macho.CpuArm64, "amd64": macho.CpuAmd64}[goarch]; f.Cpu != want || f.Type != macho.TypeExec {
		return fmt.Errorf("%v %v, not a program for %s", f.Cpu, f.Type, goarch)
	}
	libs, err := f.ImportedLibraries()
	if err != nil {
		return err
	}
	for _, l := range libs {
		if !strings.HasPrefix(l, "/usr/lib/") && !strings.HasPrefix(l, "/System/Library/") {
			return fmt.Errorf("needs %s, which is not macOS' own", l)
		}
	}
	for _, l := range f.Loads {
		if b := l.Raw(); f.ByteOrder.Uint32(b) == loadCodeSignature && len(b) >= 16 {
			return checkSignature(data, f.ByteOrder.Uint32(b[8:]))
		}
	}
	if goarch == "arm64" {
		return errors.New("not signed: Apple's processors do not run it")
	}
	return nil
}

// checkSignature compares the hashes of the code directory, in the signature at off, with the pages.
func checkSignature(data []byte, off uint32) error {
	damaged := errors.New("the code signature is damaged")
	word := func(at uint32) uint32 {
		if uint64(at)+4 > uint64(len(data)) {
			return 0
		}
		return binary.BigEndian.Uint32(data[at:])
	}
	if word(off) != magicSuperBlob {
		return damaged
	}
	for i := range word(off + 8) {
		d := off + word(off+16+8*i)
		if word(d) != magicDirectory {
			continue
		}
		hashes, pages, limit := d+word(d+16), word(d+28), word(d+32)
		if uint64(d)+40 > uint64(len(data)) || uint64(limit) > uint64(len(data)) || uint64(hashes)+32*uint64(pages) > uint64(len(data)) {
			return damaged
		}
		if data[d+36] != sha256.Size || data[d+37] != hashSHA256 || data[d+39] < 12 || data[d+39] > 20 {
			return errors.New("the code signature has hashes that are not known here")
		}
		size := uint32(1) << data[d+39]
		if uint64(pages)*uint64(size) < uint64(limit) {
			return damaged
		}
		for p := range pages {
			sum := sha256.Sum256(data[min(p*size, limit):min((p+1)*size, limit)])
			if !bytes.Equal(sum[:], data[hashes+32*p:][:32]) {
				return fmt.Errorf("page %d is not what was signed", p)
			}
		}
		return nil
	}
	return damaged
}
