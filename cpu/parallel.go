package cpu

import "runtime"

// HostParallel reports whether processors can run with the same memory at the same time on this host. Hosts whose order
// of memory accesses is weaker than x86's were not tried.
const HostParallel = runtime.GOARCH == "amd64"
