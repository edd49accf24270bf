package kern

// tk is the kernel that the tests' processes are in.
var tk = New()
