package powerpc

import "nbemu/arch"

// calls is how functions are called.
var calls = &arch.Convention{Args: []int{R3, R4, R5, R3 + 3, R3 + 4, R8, R3 + 6, R3 + 7}, Result: R3, Link: LR, Room: callFrame}
