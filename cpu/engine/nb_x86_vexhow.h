/* What the translator tells the helpers of nb_x86_avxmem.c. */
enum {
    NB_VEX_QUAD = 1,    /* elements of 64 bits */
    NB_VEX_QINDEX = 2,  /* so are indexes */
    NB_VEX_L = 4,       /* 256 bits */
    NB_VEX_BITS32 = 8,  /* addresses end at 4 GiB */
    NB_VEX_ADDR32 = 16, /* so do those that instructions form */
    NB_VEX_SEG = 32,    /* a segment's base is added: see NB_VEX_SEGAT */
    NB_VEX_SCALEAT = 8, /* bits */
    NB_VEX_SEGAT = 12,
};
