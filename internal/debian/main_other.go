//go:build !linux

package main

import "log"

func main() { log.Fatal("needs a Debian host") }
