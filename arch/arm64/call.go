package arm64

import "nbemu/arch"

// calls is how functions are called.
var calls = &arch.Convention{Args: []int{X0, X1, X2, X0 + 3, X0 + 4, X0 + 5, X0 + 6, X0 + 7}, Result: X0, Link: LR}
