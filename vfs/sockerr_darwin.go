package vfs

import "nbemu/kern"

// macOS keeps no errors.
const hostMsgErrqueue = 0

func recvErr(bool) (level, name int) { return 0, 0 }

func sockErrorIn(*kern.LWP, []byte) *SockError { return nil }
