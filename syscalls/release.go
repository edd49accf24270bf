package syscalls

// Release is the NetBSD release that is emulated.
const Release = "10.0"
