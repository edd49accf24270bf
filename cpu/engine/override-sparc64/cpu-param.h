/* Pages of 4 KiB, as memory is handed out here. The 8 KiB of the real processor's pages are only seen in what
 * the kernel's calls round to. */
#include_next "cpu-param.h"
#undef TARGET_PAGE_BITS
#define TARGET_PAGE_BITS 12
