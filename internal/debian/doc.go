// Debian runs Debian's own packages of other machines from roots of their own:
//
//	go run ./internal/debian [-dir DIR] [-arch arm64,armhf,i386,mips64el,mipsel]
//
// Apt fetches bash, coreutils, busybox, python3, perl and sqlite3, with what they need, into DIR, where nothing of the
// host's own apt is touched, and dpkg-deb unpacks them. Then job.sh runs there with each program, as nbemu -chroot ROOT
// /bin/bash job.sh. What it prints is the same on all machines, but for the machine's name; amd64's packages, run by the
// host itself, say what that is. Needs root for chroot, and the network once.
package main
