// Selfprof is a Go program that profiles itself, while other goroutines wait: its profile goes to the file that it is
// told.
package main

import (
	"fmt"
	"os"
	"runtime/pprof"
	"sync"
)

//go:noinline
func burn(n int) (x uint32) {
	for i := range n {
		x = x*1103515245 + uint32(i)
	}
	return x
}

func main() {
	f, err := os.Create(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var idle sync.WaitGroup
	stop := make(chan bool)
	for range 4 {
		idle.Go(func() { <-stop })
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(burn(200_000_000))
	pprof.StopCPUProfile()
	close(stop)
	idle.Wait()
	if err := f.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
