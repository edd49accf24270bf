package riscv64

import "nbemu/arch"

// calls is how functions are called.
var calls = &arch.Convention{Args: []int{A0, A1, A2, A0 + 3, A0 + 4, A0 + 5, A0 + 6, A0 + 7}, Result: A0, Link: RA}
