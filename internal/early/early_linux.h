#include <stdint.h>

extern const uint64_t nb_kept_capabilities;
extern int nb_walled;
