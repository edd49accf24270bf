package sparc

import "nbemu/arch"

// calls is how functions are called.
var calls = &arch.Convention{Args: []int{O0, O1, O0 + 2, O0 + 3, O0 + 4, O0 + 5}, Result: O0, Link: O7, LinkBack: 8, Room: 192}
