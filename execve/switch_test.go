package execve

import "nbemu/kern"

// tsw is the exec switch of the machine that the tests' processes are in.
var tsw = NewSwitch(kern.New())
