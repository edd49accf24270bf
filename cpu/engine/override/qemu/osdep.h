/* Unicorn asks for huge pages for its translation buffer, and then the host clears 2 MiB at the first block:
 * more than a whole short program costs. nb_open_common asks for them itself, past the buffer's beginning. */
#include_next "qemu/osdep.h"
#undef QEMU_MADV_HUGEPAGE
#define QEMU_MADV_HUGEPAGE QEMU_MADV_INVALID

/*
 * No instruction of a guest may end the process. What the translators and helpers hold for impossible, or have not
 * done yet, leaves guest code with an exception of the guest's (nb_abort in nb_fail.inc.c).
 */
#ifndef NB_OSDEP_H
#define NB_OSDEP_H
#define nb_abort glue(nb_abort, UNICORN_ARCH_POSTFIX)
void nb_abort(const char *file, int line) __attribute__((noreturn, cold));
#undef assert
#define assert(x) (likely(x) ? (void)0 : nb_abort(__FILE__, __LINE__))
#undef g_assert
#define g_assert(x) assert(x)
#undef g_assert_not_reached
#define g_assert_not_reached() nb_abort(__FILE__, __LINE__)
#define abort() nb_abort(__FILE__, __LINE__)
#endif
