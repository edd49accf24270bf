package m68k

import "nbemu/arch"

// calls is how functions are called.
var calls = &arch.Convention{Result: D0, Link: -1}
