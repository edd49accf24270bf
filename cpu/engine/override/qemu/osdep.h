/* Unicorn asks for huge pages for its translation buffer, and then the host clears 2 MiB at the first block:
 * more than a whole short program costs. nb_open_common asks for them itself, past the buffer's beginning. */
#include_next "qemu/osdep.h"
#undef QEMU_MADV_HUGEPAGE
#define QEMU_MADV_HUGEPAGE QEMU_MADV_INVALID
