/* Stands in for the library of a target that Unicorn builds along with one that is wanted. These three are what
 * libunicorn itself calls; nobody opens the target, so that they are not reached. Their real names, and what is in
 * front of every file of the target, come from Unicorn's header of the target. */
#include <stdlib.h>

void uc_init(void);
void reg_read(void);
void reg_write(void);

void uc_init(void) { abort(); }
void reg_read(void) { abort(); }
void reg_write(void) { abort(); }
