package vfs

import "nbemu/kern"

// tfs is the file system that the tests' processes see.
var tfs = New(kern.New())
