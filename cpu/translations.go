package cpu

/*
#include "nb.h"
static uint32_t engine_translations(const struct nb_ops *o, struct nb_engine *e, uintptr_t to, uint32_t n) {
	return o->translations(e, (struct nb_translation *)to, n);
}
static void *host_code(uint64_t at) { return (void *)(uintptr_t)at; }
*/
import "C"

import (
	"runtime"
	"unsafe"

	"nbemu/mem"
)

// Translation is a block that a processor has translated: the program's code and the host's. Its layout is struct
// nb_translation.
type Translation struct {
	PC             uint64
	page           uint64 // physical address of the page
	Host           uint64 // address of the host's code
	Size, HostSize uint32
}

// Translator is implemented by processors that translate.
type Translator interface {
	// Translations lists what the processor has translated of s's code. It must not run meanwhile.
	Translations(s *mem.Space) []Translation
}

// Translations is Translator's.
func (e *unicorn) Translations(s *mem.Space) []Translation {
	n := C.engine_translations(e.o, e.e, 0, 0)
	if n == 0 {
		return nil
	}
	all := make([]Translation, n)
	C.engine_translations(e.o, e.e, C.uintptr_t(uintptr(unsafe.Pointer(&all[0]))), n)
	runtime.KeepAlive(all)
	out := all[:0]
	for _, t := range all {
		if pa, ok := s.PhysicalPage(t.PC); ok && pa == t.page {
			out = append(out, t)
		}
	}
	return out
}

func init() {
	if unsafe.Sizeof(Translation{}) != C.sizeof_struct_nb_translation {
		panic("cpu: Translation and struct nb_translation differ")
	}
}

// HostCode is a copy of the host's code. It is good for as long as the processor has the translation.
func (t *Translation) HostCode() []byte {
	return C.GoBytes(C.host_code(C.uint64_t(t.Host)), C.int(t.HostSize))
}
