// Workers is a Go program that leans on its run-time system: goroutines that
// pass work over channels, a garbage collector that has to keep up, timers, and
// a nil pointer that becomes a panic and is recovered.
package main

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	workers = 8
	items   = 2000
)

type node struct {
	left, right *node
	sum         [32]byte
}

// grow builds a tree that is garbage as soon as it is summed.
func grow(depth, seed int) *node {
	n := &node{sum: sha256.Sum256([]byte{byte(depth), byte(seed), byte(seed >> 8)})}
	if depth > 0 {
		n.left, n.right = grow(depth-1, seed*2), grow(depth-1, seed*2+1)
	}
	return n
}

func (n *node) total() (t int) {
	if n == nil {
		return 0
	}
	return int(n.sum[0]) + n.left.total() + n.right.total()
}

func main() {
	jobs, results := make(chan int), make(chan int)
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for seed := range jobs {
				results <- grow(7, seed).total()
			}
		})
	}
	go func() {
		for i := range items {
			jobs <- i
		}
		close(jobs)
		running.Wait()
		close(results)
	}()
	total := 0
	for r := range results {
		total += r
	}
	fmt.Printf("%d goroutines did %d jobs: total %d\n", workers, items, total)

	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Println("garbage was collected:", m.NumGC > 2)

	var ticks atomic.Int32
	ticker := time.NewTicker(5 * time.Millisecond)
	stop := time.After(200 * time.Millisecond)
	for done := false; !done; {
		select {
		case <-ticker.C:
			ticks.Add(1)
		case <-stop:
			done = true
		}
	}
	fmt.Println("a ticker ticked:", ticks.Load() > 5)
	fmt.Println("a nil pointer:", dereference(nil))
}

func dereference(n *node) (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	return fmt.Sprint(n.sum)
}
