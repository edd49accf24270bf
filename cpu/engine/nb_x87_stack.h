#ifndef NB_X87_STACK_H
#define NB_X87_STACK_H
/*
 * What each instruction of the x87 wants of the stack, which is a fault otherwise, and what it does to it. Instructions are
 * known by the escape byte and the next one.
 */

/* What becomes of the operands of an instruction whose fault is masked. */
enum nb_x87_kind {
    NB_X87_NONE,
    NB_X87_TOP,     /* the top is the result, and of two operands the one that is replaced */
    NB_X87_OTHER,   /* the other register is */
    NB_X87_COMPARE, /* there is no order */
    NB_X87_FLAGS,   /* the same, told by eflags */
    NB_X87_EXCHANGE,
    NB_X87_LOAD,    /* a push */
    NB_X87_TWO,     /* the top is replaced, and something pushed */
    NB_X87_TO_MEMORY,
};

typedef struct {
    uint8_t kind;
    uint8_t full, empty; /* registers that must be so, by their distance from the top */
    uint8_t pops, pushes;
    uint8_t other;       /* a register */
    uint8_t bytes;       /* of an operand in memory */
    bool decimal, integer;
    bool resets;         /* afterwards nothing is known of the stack */
} nb_x87_insn;

static inline nb_x87_insn nb_x87_memory(int op, int reg)
{
    static const uint8_t sizes[] = { 4, 4, 4, 4, 8, 8, 2, 2 };
    nb_x87_insn x = { .bytes = sizes[op], .integer = op & 2 };

    if (!(op & 1)) { /* with the top, into it */
        x.kind = reg == 2 || reg == 3 ? NB_X87_COMPARE : NB_X87_TOP;
        x.full = 1;
        x.pops = reg == 3;
        return x;
    }
    switch (reg) {
    case 0:
        x.kind = NB_X87_LOAD;
        break;
    case 1: case 2: case 3:
        x.kind = op == 1 && reg == 1 ? NB_X87_NONE : NB_X87_TO_MEMORY;
        x.integer |= reg == 1;
        x.pops = reg != 2;
        break;
    case 5:
        if (op == 3 || op == 7) {
            x.kind = NB_X87_LOAD;
            x.bytes = op == 3 ? 10 : 8;
        }
        break;
    case 4: case 6: case 7:
        if ((op == 7 && reg == 4)) {
            x.kind = NB_X87_LOAD;
            x.bytes = 10;
        } else if (op == 7 || (op == 3 && reg == 7)) { /* fbstp, fistp, fstp */
            x.kind = NB_X87_TO_MEMORY;
            x.bytes = op == 7 && reg == 7 ? 8 : 10;
            x.decimal = op == 7 && reg == 6;
            x.integer = op == 7 && reg == 7;
            x.pops = 1;
        }
        x.resets = x.kind == NB_X87_NONE && (reg == 4 || (op == 5 && reg == 6)); /* fldenv, frstor, fnsave */
        break;
    }
    if (x.kind == NB_X87_LOAD) {
        x.empty = 0x80;
        x.pushes = 1;
    } else if (x.kind == NB_X87_TO_MEMORY) {
        x.full = 1;
    }
    return x;
}

/* d9 d0 and what follows it. */
static inline void nb_x87_d9(nb_x87_insn *x, int n)
{
    switch (n) {
    case 0x20: case 0x21: case 0x30: case 0x3a: case 0x3c: case 0x3e: case 0x3f: /* fchs, fabs, f2xm1, fsqrt, frndint, fsin, fcos */
        x->kind = NB_X87_TOP;
        x->full = 1;
        break;
    case 0x24: /* ftst */
        x->kind = NB_X87_COMPARE;
        x->full = 1;
        break;
    case 0x28: case 0x29: case 0x2a: case 0x2b: case 0x2c: case 0x2d: case 0x2e: /* constants */
        x->kind = NB_X87_LOAD;
        x->empty = 0x80;
        x->pushes = 1;
        break;
    case 0x31: case 0x33: case 0x39: /* fyl2x, fpatan, fyl2xp1 */
        x->kind = NB_X87_OTHER;
        x->other = 1;
        x->full = 3;
        x->pops = 1;
        break;
    case 0x35: case 0x38: case 0x3d: /* fprem1, fprem, fscale */
        x->kind = NB_X87_TOP;
        x->full = 3;
        break;
    case 0x32: case 0x34: case 0x3b: /* fptan, fxtract, fsincos */
        x->kind = NB_X87_TWO;
        x->full = 1;
        x->empty = 0x80;
        x->resets = true; /* not all are pushed */
        break;
    case 0x36: case 0x37: /* fdecstp, fincstp */
        x->resets = true;
        break;
    }
}

static inline nb_x87_insn nb_x87_register(int op, int n)
{
    int reg = n >> 3 & 7, i = n & 7;
    nb_x87_insn x = { .other = i };
    const uint8_t both = 1 | 1 << i;

    switch (op) {
    case 0: case 4: case 6:
        if (op == 6 && reg == 3) { /* fcompp */
            if (i == 1) {
                x.kind = NB_X87_COMPARE;
                x.full = 3;
                x.pops = 2;
            }
            break;
        }
        x.kind = reg == 2 || reg == 3 ? NB_X87_COMPARE : op ? NB_X87_OTHER : NB_X87_TOP;
        x.full = both;
        x.pops = op == 6 || reg == 3;
        break;
    case 1:
        if (reg == 0) {
            x.kind = NB_X87_LOAD;
            x.full = 1 << i;
            x.empty = 0x80;
            x.pushes = 1;
        } else if (reg == 1) {
            x.kind = NB_X87_EXCHANGE;
            x.full = both;
        } else if (reg == 3) {
            x.resets = true; /* fstp under another name: an empty register is no fault */
        } else {
            nb_x87_d9(&x, n & 0x3f);
        }
        break;
    case 2: case 3:
        if (reg < 4) {
            x.kind = NB_X87_TOP;
            x.full = both;
        } else if (op == 2 && reg == 5 && i == 1) { /* fucompp */
            x.kind = NB_X87_COMPARE;
            x.full = 3;
            x.pops = 2;
        } else if (op == 3 && (reg == 5 || reg == 6)) {
            x.kind = NB_X87_FLAGS;
            x.full = both;
        } else {
            x.resets = true;
        }
        break;
    case 5: case 7:
        if (reg == 0) {
            x.resets = true; /* ffree */
        } else if (reg == 1) {
            x.kind = NB_X87_EXCHANGE;
            x.full = both;
        } else if (reg < 4) {
            x.kind = NB_X87_OTHER;
            x.full = 1;
            x.pops = op == 7 || reg == 3;
        } else if (op == 5 && reg < 6) {
            x.kind = NB_X87_COMPARE;
            x.full = both;
            x.pops = reg == 5;
        } else if (op == 7 && (reg == 5 || reg == 6)) {
            x.kind = NB_X87_FLAGS;
            x.full = both;
            x.pops = 1;
        }
        break;
    }
    return x;
}

/* The number is the escape byte and the next one. */
static inline nb_x87_insn nb_x87_insn_of(uint32_t insn)
{
    return (insn & 0xff) < 0xc0 ? nb_x87_memory(insn >> 8 & 7, insn >> 3 & 7) : nb_x87_register(insn >> 8 & 7, insn & 0x3f);
}
#endif
