package cpu

/*
#include <stdint.h>
#include <unicorn/unicorn.h>
#include <unicorn/x86.h>
// struct nb_engine begins with Unicorn's handle.
static int hide_xsave(uintptr_t e) {
	uc_engine *uc = *(uc_engine **)e;
	uint64_t cr4;
	if (uc_reg_read(uc, UC_X86_REG_CR4, &cr4) != UC_ERR_OK)
		return -1;
	cr4 &= ~((uint64_t)1 << 18);
	return uc_reg_write(uc, UC_X86_REG_CR4, &cr4) == UC_ERR_OK ? 0 : -1;
}
*/
import "C"

import (
	"errors"
	"unsafe"
)

// HideXSave makes an emulated x86 processor one without XSAVE, for programs that are to go on on a processor that has
// more state than this one: they would have looked how large an XSAVE image is.
func (e *unicorn) HideXSave() error {
	if C.hide_xsave(C.uintptr_t(uintptr(unsafe.Pointer(e.e)))) != 0 {
		return errors.New("cpu: CR4 cannot be set")
	}
	return nil
}
