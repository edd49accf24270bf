package vfs

import "nbemu/kern"

func adoptSocket(h hostOps, foreign bool) kern.FileOps {
	return &streamFile{hostOps: h, foreign: foreign}
}
