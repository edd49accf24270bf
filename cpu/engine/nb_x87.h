#ifndef NB_X87_H
#define NB_X87_H
/*
 * The x87. While any of its exceptions is not masked, hflags has NB_HF_X87, and blocks are translated for that: their
 * instructions look for an exception that waits. Helpers that change the mask begin their instruction anew when it has to
 * be in a block of the other kind.
 */
#define NB_HF_X87 (1u << 27) /* Unicorn has no use for it */

#define NB_X87_IE 0x01
#define NB_X87_DE 0x02
#define NB_X87_ZE 0x04
#define NB_X87_OE 0x08
#define NB_X87_UE 0x10
#define NB_X87_PE 0x20
#define NB_X87_ALL 0x3f
#define NB_X87_C1 0x200
#define NB_X87_ES 0x8080 /* the summary of what is not masked, and busy */

/* After a change of the words: bits that mean nothing are as they always are, and the summary follows from the others. */
static inline void nb_x87_settle(CPUX86State *e)
{
    e->fpuc = (e->fpuc & 0x1f3f) | 0x40;
    e->fpus = (e->fpus & ~NB_X87_ES) | (e->fpus & ~e->fpuc & NB_X87_ALL ? NB_X87_ES : 0);
}

static inline bool nb_x87_unmasked(uint32_t cw)
{
    return (cw & NB_X87_ALL) != NB_X87_ALL;
}

/*
 * An instruction had an exception that is not masked: flags are all it had. The status word gets them. If the instruction
 * is not to be completed, because of what it found before it computed, or because the result was for memory (stores), this
 * does not return: the program goes on after the instruction.
 */
void nb_x87_trap(CPUX86State *e, uint32_t flags, bool stores, uintptr_t ra);
/* The instruction is going to load this control word. May begin the instruction anew. */
void nb_x87_control(CPUX86State *e, uint32_t cw, uintptr_t ra);
/* Registers and status have what the instruction left: the program goes on after it. */
void QEMU_NORETURN nb_x87_skip(CPUX86State *e, uintptr_t ra);
/* Raise the fault of a store or a load of n bytes, if it has one, before anything is stored or loaded. */
void nb_x86_writable(CPUX86State *e, target_ulong at, int n, uintptr_t ra);
void nb_x86_readable(CPUX86State *e, target_ulong at, int n, uintptr_t ra);
#endif
