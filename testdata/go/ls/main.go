// Ls lists files as ls -ln does: mode, owner, group, size or device, name.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

func main() {
	status := 0
	for _, arg := range os.Args[1:] {
		fi, err := os.Lstat(arg)
		if err != nil {
			fmt.Println(err)
			status = 1
			continue
		}
		if !fi.IsDir() {
			list(arg, fi)
			continue
		}
		entries, err := os.ReadDir(arg)
		if err != nil {
			fmt.Println(err)
			status = 1
		}
		for _, e := range entries {
			if fi, err := os.Lstat(filepath.Join(arg, e.Name())); err == nil {
				list(e.Name(), fi)
			}
		}
	}
	os.Exit(status)
}

func list(name string, fi os.FileInfo) {
	st := fi.Sys().(*syscall.Stat_t)
	size := fmt.Sprint(fi.Size())
	if fi.Mode()&os.ModeDevice != 0 {
		// NetBSD's dev_t: 12 bits of major number between two parts of the minor one.
		size = fmt.Sprintf("%d, %d", st.Rdev>>8&0xfff, st.Rdev>>12&0xfff00|st.Rdev&0xff)
	}
	fmt.Printf("%s %5d %5d %10s  %s\n", fi.Mode(), st.Uid, st.Gid, size, name)
}
