//go:build netbsd

// Machines is the guest of package machine's tests: it tells what it sees of the machine that it is in.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"unsafe"
)

func main() {
	switch os.Args[1] {
	case "rounds":
		n, _ := strconv.Atoi(os.Args[2])
		rounds(n)
	case "sleep":
		select {}
	case "limits":
		var r syscall.Rlimit
		check(syscall.Getrlimit(syscall.RLIMIT_CORE, &r))
		_, err := syscall.Write(3, []byte("three"))
		check(err)
		fmt.Printf("core files %d %d\n", r.Cur, r.Max)
	case "hooks":
		_, _, e := syscall.RawSyscall(syscall.SYS_GETSID, 0, 0, 0)
		fmt.Println(os.Getppid(), int(e), syscall.Getpgrp())
	}
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// Numbers that package syscall does not have.
const (
	sysMsgget = 225
	sysMsgctl = 444
	ipcCreat  = 0o1000
	ipcExcl   = 0o2000
)

// rounds uses names that another machine uses at the same time: a key, a file, a process's number. In a machine of
// one's own each is new.
func rounds(n int) {
	release, err := syscall.Sysctl("kern.osrelease")
	check(err)
	host, err := os.Hostname()
	check(err)
	fmt.Println(release, host, os.Getuid(), os.Getgid())
	for range n {
		id, _, e := syscall.RawSyscall(sysMsgget, 4711, ipcCreat|ipcExcl|0o600, 0)
		if e != 0 {
			fmt.Println("msgget:", e)
			return
		}
		f, err := os.OpenFile("/lock", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		check(err)
		c := exec.Command("/prog", "sleep")
		check(c.Start())
		if n := processes(); n != 3 { // init, this one and its child
			fmt.Println(n, "processes")
			return
		}
		check(c.Process.Kill())
		_ = c.Wait()
		f.Close()
		check(os.Remove("/lock"))
		if _, _, e := syscall.RawSyscall(sysMsgctl, id, 0, 0); e != 0 {
			fmt.Println("msgctl:", e)
			return
		}
	}
	fmt.Println("alone")
}

// processes counts the machine's, by kern.proc2.
func processes() int {
	const ctlKern, kernProc2, all = 1, 47, 0
	const size = 256
	mib := [6]int32{ctlKern, kernProc2, all, 0, size, 1000}
	var buf [1000 * size]byte
	n := uintptr(len(buf))
	_, _, e := syscall.Syscall6(syscall.SYS___SYSCTL, uintptr(unsafe.Pointer(&mib)), uintptr(len(mib)),
		uintptr(unsafe.Pointer(&buf)), uintptr(unsafe.Pointer(&n)), 0, 0)
	if e != 0 {
		fmt.Println("sysctl:", e)
		return -1
	}
	return int(n) / size
}
