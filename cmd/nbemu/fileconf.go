package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"nbemu/abi"
	"nbemu/vfs"
)

// metadata is the overlay of -metadata, or nil.
var metadata *vfs.Metadata

// setFiles does what the flags say about files: owners and modes kept beside the host's, mount flags.
func setFiles(o *options) error {
	for _, m := range o.mounts {
		dir, flags, ok := strings.Cut(m, ":")
		if !ok {
			return fmt.Errorf("-mount %s: not of the form dir:flags", m)
		}
		abs, err := filepath.Abs(dir)
		if err == nil {
			abs, err = filepath.EvalSymlinks(abs)
		}
		if err != nil {
			return fmt.Errorf("-mount: %w", err)
		}
		mount := vfs.Mount{Dir: abs}
		for _, f := range strings.Split(flags, ",") {
			switch f {
			case "noexec":
				mount.Flags |= abi.MNT_NOEXEC
			case "nosuid":
				mount.Flags |= abi.MNT_NOSUID
			case "nocoredump":
				mount.Flags |= abi.MNT_NOCOREDUMP
			default:
				return fmt.Errorf("-mount %s: %s is none of noexec, nosuid and nocoredump", m, f)
			}
		}
		vfs.Mounts = append(vfs.Mounts, mount)
	}
	if o.metadata != "" {
		root := o.chroot
		if root == "" {
			root = o.root
		}
		var err error
		if metadata, err = vfs.OpenMetadata(o.metadata, root); err != nil {
			return fmt.Errorf("-metadata: %w", err)
		}
	}
	return nil
}

// flushMetadata writes what the guest changed last.
func flushMetadata() {
	if metadata == nil {
		return
	}
	if err := metadata.Flush(); err != nil {
		fmt.Fprintf(stderr, "nbemu: -metadata: %v\n", err)
	}
}
