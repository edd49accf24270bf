/* The contract between Go (cpu/) and the shims that are compiled into libunicorn. No Unicorn types here. */
#ifndef NB_H
#define NB_H
#include <stdint.h>

/* Page-table entry, written by Go (mem/pagetable.go), read by the fill function below. */
#define NB_PTE_V 1u        /* a frame is there */
#define NB_PTE_R 2u
#define NB_PTE_W 4u
#define NB_PTE_X 8u
#define NB_PTE_SYS 32u     /* nothing of that: the frame belongs to the processor's tables */
#define NB_PTE_PA(e) ((e) & ~(uint64_t)0xfff)

/* The first pages of physical memory hold what engines need for themselves, NB_OWNSIZE bytes each. */
#define NB_OWNPAGES 16
#define NB_OWNSIZE 256

/* Flags of a frame, one byte each. */
#define NB_FRAME_FILE 2u   /* a page of a host file: an access may be the host's SIGBUS */

/*
 * What engines have of a frame of physical memory, one 16-bit word each, changed atomically. The lower byte names
 * who has translated instructions from it, the upper byte who can store to it without asking first. Engines have
 * numbers from 1; the upper byte may also name one that could once. Whoever translates the first instruction of a frame
 * takes the right to store away from all, and posts that to the others; a store to a frame with translations asks first
 * and is posted to the others. See nb_code.inc.c.
 */
#define NB_CODE_OWNER 0x00ffu
#define NB_CODE_WRITER 0xff00u
#define NB_ENGINE_ANY 255u /* several engines, or those with numbers above */

/*
 * The log of what engines must do before they run guest code again, shared by all. An entry's number is kept in its
 * upper half, to tell that it has been written, and counts from 1; below are what to do and the frame.
 */
#define NB_LOGLEN 8192u
#define NB_LOG_FRAME(v) ((uint32_t)(v) & 0xffffffu) /* 0: all of them */
#define NB_LOG_WHO(v) ((uint32_t)(v) >> 24)         /* 0: drop the frame's translations; otherwise: this engine's
                                                     * stores to the frame have to ask again */
struct nb_log {
    uint64_t seq; /* entries ever begun */
    uint64_t ring[NB_LOGLEN];
};

/* Physical memory, as mem/arena.go has it. */
struct nb_memory {
    void *ram;
    uint64_t size;
    const uint8_t *flags; /* NB_FRAME_* of each frame */
    uint16_t *code;       /* each frame's word */
    struct nb_log *log;
};

/* What ended a run. */
enum {
    NB_TRAP_STOP = 0,      /* nb_stop, or nothing in particular: look around and go on */
    NB_TRAP_SYSCALL,       /* a system-call instruction; pc is after it */
    NB_TRAP_FAULT,         /* page fault: addr, access */
    NB_TRAP_EXCP,          /* processor exception: vector, error; pc is at the instruction unless the shim says otherwise */
    NB_TRAP_STEP,          /* step only: one instruction was executed */
    NB_TRAP_BUS,           /* the page of a file is gone: addr is physical if error is 1, else as for a fault */
};

/* How long a block takes on the virtual clock, in nanoseconds. */
#define NB_BLOCK_NS 10

/* Vector of a misaligned access (addr, access), on every architecture. */
#define NB_VEC_ALIGN 0x200

/* One thread's machine state. r[] and fp[] are in the order that the architecture's Go file names. */
#define NB_NREG 64
#define NB_FPSIZE 1280
struct nb_cpu {
    uint64_t r[NB_NREG];
    uint32_t trap, vector, error, access; /* access: PROT_READ 1, PROT_WRITE 2, PROT_EXEC 4 */
    uint64_t addr;
    uint64_t user; /* not 0 while instructions are executed; others may look */
    uint64_t parallel; /* set by Go: other engines run with the same memory at the same time */
    /* Set by Go before a run that counts blocks (count not 0): how many may start; then how many were left. */
    uint64_t count, blocks;
    uint64_t clock, seed; /* nanoseconds at the start of the run; see nb_vclock.h */
    /*
     * Set by Go before a run that notes its blocks: the address of an array of struct nb_block, 0 for none, and how many
     * there is room for, at most NB_TRACELEN. After so many the run ends; traced is how many began, in their order.
     */
    uint64_t trace;
    uint32_t room, traced;
    uint8_t fp[NB_FPSIZE];
};

/* A translated block that was executed. */
#define NB_TRACELEN 4096
struct nb_block {
    uint64_t pc;
    uint32_t size, insns; /* bytes, instructions */
};

/* A translated block that an engine has at the moment. */
struct nb_translation {
    uint64_t pc, pa;    /* of its first instruction; pa: of the page's beginning */
    uint64_t host;      /* address of the host's code */
    uint32_t size, hostsize;
};

struct nb_engine;

struct nb_ops {
    const char *name;
    struct nb_engine *(*open)(int mode, const struct nb_memory *m);
    void (*close)(struct nb_engine *e);
    void (*run)(struct nb_engine *e, struct nb_cpu *c);
    void (*step)(struct nb_engine *e, struct nb_cpu *c);
    void (*fpload)(struct nb_engine *e, const struct nb_cpu *c);
    void (*fpsave)(struct nb_engine *e, struct nb_cpu *c);
    /* The page tables, and where their generation is: it counts whenever an entry was removed or restricted. */
    void (*setroot)(struct nb_engine *e, void *root, const uint64_t *gen);
    /* The change from generation gen to the next was of one page. */
    void (*flushpage)(struct nb_engine *e, uint64_t gen, uint64_t va);
    /* After a new generation: nb_changed has an engine that executes guest code leave it. Until nb_forgot says so
     * it may still use what it has looked up before. Any thread may call them. */
    void (*changed)(struct nb_engine *e);
    int (*forgot)(struct nb_engine *e, uint64_t gen);
    void (*stop)(struct nb_engine *e);
    /* For the handler of SIGBUS: whether the engine can leave what it executes at the host's pc, and leaving it. */
    int (*inside)(struct nb_engine *e, uintptr_t pc);
    void (*bus)(struct nb_engine *e, uintptr_t pc, uint64_t pa);
    /* For the handlers of host exceptions: whether the engine can leave what it does, and leaving it. */
    int (*crashes)(struct nb_engine *e);
    void (*crash)(struct nb_engine *e, uintptr_t pc);
    /* Lists what the engine has translated, while it does not run: up to n; the result is how many there are. */
    uint32_t (*translations)(struct nb_engine *e, struct nb_translation *to, uint32_t n);
    const char *(*check)(struct nb_engine *e);
};

/* What the host thread executes, for the handler of SIGBUS (cpu/bus.c). */
struct nb_running {
    const struct nb_ops *o;
    struct nb_engine *e; /* NULL: nothing */
    uintptr_t pc;
    uint64_t pa;
    uint64_t hit; /* not 0: one more than the physical address where zeros took a page's place */
};
extern __thread struct nb_running nb_running;

extern const struct nb_ops nb_ops_x86, nb_ops_arm, nb_ops_aarch64, nb_ops_mips, nb_ops_mipsel, nb_ops_mips64,
    nb_ops_mips64el, nb_ops_sparc, nb_ops_sparc64, nb_ops_riscv64, nb_ops_ppc, nb_ops_m68k;
#endif
