// Nilp dies of a pointer that is nil, and says of which address.
package main

type record struct {
	pad [0x48]byte
	x   int
}

var p *record

func main() { println(p.x) }
