//go:build !linux

package main

import "log"

func main() { log.Fatal("LTP runs on Linux only") }
