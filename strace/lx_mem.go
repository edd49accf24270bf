package strace

// Memory of Linux programs.

// lxMemTypes are arguments about memory.
func lxMemTypes() {
	lxFlags(LxProt, "prot", lxProtNames, "PROT_???")
	lxScalar(LxMapFlags, "map_flags", func(c *ctx, v uint64) {
		v = uint64(uint32(v))
		c.xval(v&0xf, []sym{{1, "MAP_SHARED"}, {2, "MAP_PRIVATE"}, {3, "MAP_SHARED_VALIDATE"}, {0, "MAP_FILE"}}, "MAP_???")
		const huge = 0x3f << 26 // the size of pages, with MAP_HUGETLB
		if f := v &^ 0xf; f&^huge != 0 {
			c.str("|")
			c.flags(f&^huge, lxMapNames, "")
		}
		if n := v & huge >> 26; n != 0 {
			c.str("|")
			c.uint(n)
			c.str("<<MAP_HUGE_SHIFT")
		}
	})
	lxSymbol(LxMadvice, "madvice", lxMadviseNames, "MADV_???")
	lxFlags(LxMremapFlags, "mremap_flags", lxMremapNames, "MREMAP_???")
	types[LxMremapAddr] = typeInfo{name: "lx_mremap_addr", fmt: func(c *ctx, a *Arg, v uint64) bool {
		const fixed, dontunmap = 2, 4
		if c.sibling(LxMremapFlags)&(fixed|dontunmap) != 0 {
			c.ptr(c.ptrval(v))
		}
		return true
	}}
	lxFlags(LxMsyncFlags, "msync_flags", lxMsyncNames, "MS_???")
	lxFlags(LxMlockFlags, "mlock_flags", lxMlockNames, "MLOCK_???")
	lxScalar(LxMlockallFlags, "mlockall_flags", func(c *ctx, v uint64) {
		c.flags(c.generic(LinuxMlockall, uint64(uint32(v))), lxMlockallNames, "MCL_???")
	})
	lxScalar(LxRemapFlags, "remap_flags", func(c *ctx, v uint64) {
		if v == 0 {
			c.str("MAP_FILE")
			return
		}
		c.flags(uint64(uint32(v)), lxMapNames, "MAP_???")
	})
	lxPointer(LxMincore, "mincore", func(c *ctx, a *Arg, va uint64) bool {
		const page = 4096
		n := (c.ptrval(c.arg(1)) + page - 1) / page
		return c.array(va, n, 1, func(va uint64) bool {
			b, ok := c.bytesAt(va, 1)
			if ok {
				c.uint(uint64(b[0] & 1))
			}
			return ok
		})
	})
	lxScalar(LxMpol, "mpol", func(c *ctx, v uint64) {
		v = uint64(uint32(v))
		const flags = 0xe000
		c.xval(v&^flags, lxMpolNames, "MPOL_???")
		for _, f := range []sym{{0x8000, "MPOL_F_STATIC_NODES"}, {0x4000, "MPOL_F_RELATIVE_NODES"}, {0x2000, "MPOL_F_NUMA_BALANCING"}} {
			if v&f.v != 0 {
				c.str("|" + f.s)
			}
		}
	})
	lxPointer(LxMpolPtr, "mpol_ptr", structOf(func(c *ctx, v uint32) {
		c.indirect(func() { c.xval(uint64(v), lxMpolNames, "MPOL_???") })
	}))
	lxPointer(LxNodemask, "nodemask", func(c *ctx, a *Arg, va uint64) bool {
		n, _ := c.length(a)
		bits := uint64(8 * c.m.PtrSize)
		words := (min(n, 1<<12) + bits - 1) / bits
		return c.array(va, words, c.m.PtrSize, func(va uint64) bool {
			b, ok := c.bytesAt(va, uint64(c.m.PtrSize))
			if ok {
				c.fixedHex(c.m.Ptr(b), 2*c.m.PtrSize)
			}
			return ok
		})
	})
	lxFlags(LxMbindFlags, "mbind_flags", lxMbindNames, "MPOL_???")
	lxFlags(LxGetMempolicyFlags, "get_mempolicy_flags", lxGetMempolicyNames, "MPOL_???")
	lxFlags(LxMovePagesFlags, "move_pages_flags", lxMovePagesNames, "MPOL_???")
	lxFlags(LxPkeyRights, "pkey_rights", lxPkeyNames, "PKEY_???")
}

// fixedHex is a number in so many digits.
func (c *ctx) fixedHex(v uint64, digits int) {
	c.str("0x")
	for i := digits - 1; i >= 0; i-- {
		c.b = append(c.b, "0123456789abcdef"[v>>(4*i)&15])
	}
}
