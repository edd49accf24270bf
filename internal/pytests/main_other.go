//go:build !linux

package main

import "log"

func main() { log.Fatal("programs for Linux are held against Linux, which this host is not") }
