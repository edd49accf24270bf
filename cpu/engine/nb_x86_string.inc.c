/*
 * rep movs and rep stos in one go: what the C library's memcpy and memset are. The translator has one element copied per
 * turn of a loop; here all elements but the last that lie within a page of each side are done at once before that, if
 * translated code could reach both pages without asking. Whatever else there is (faults, pages with translations, pages
 * of files, areas that overlap so that elements are copied twice) is left to the loop, which always has one element to do.
 * While blocks are counted each turn is a block, as it always was.
 */
#define NB_STRING_WIDE 8 /* in "how": addresses of 64 bits; the other bits are the element's size, as a power of two */

/* The host's address of guest memory that translated code can reach without asking; NULL if it is not that. */
static uint8_t *nb_plain(struct nb_engine *e, CPUX86State *env, target_ulong va, MMUAccessType rw)
{
    uint8_t *p = tlb_vaddr_to_host(env, va, rw, cpu_mmu_index(env, false));

    if (!p || e->flags[(p - e->ram) >> 12] & NB_FRAME_FILE)
        return NULL;
    return p;
}

/* How many of n elements, one of which stays, lie within the page of va. */
static target_ulong nb_in_page(target_ulong va, target_ulong n, int shift)
{
    target_ulong room = (4096 - (va & 4095)) >> shift;

    return n - 1 < room ? n - 1 : room;
}

/* Moves a register of a string instruction; one of 32 bits loses its upper half, as it does in the loop. */
static void nb_string_moved(CPUX86State *env, int reg, target_ulong by, uint32_t how)
{
    target_ulong v = env->regs[reg] + by;

    env->regs[reg] = how & NB_STRING_WIDE ? v : (uint32_t)v;
}

static target_ulong nb_string_reg(CPUX86State *env, int reg, uint32_t how)
{
    return how & NB_STRING_WIDE ? env->regs[reg] : (uint32_t)env->regs[reg];
}

void helper_nb_movs(CPUX86State *env, uint32_t how)
{
    struct nb_engine *e = nb_self;
    int shift = how & 3;
    target_ulong n = nb_string_reg(env, R_ECX, how), from = nb_string_reg(env, R_ESI, how), to = nb_string_reg(env, R_EDI, how), len;
    uint8_t *src, *dst;

    if (n < 8 || env->df != 1 || e->cur->count)
        return;
    n = nb_in_page(to, nb_in_page(from, n, shift) + 1, shift);
    if (n < 4 || !(src = nb_plain(e, env, from, MMU_DATA_LOAD)) || !(dst = nb_plain(e, env, to, MMU_DATA_STORE)))
        return;
    len = n << shift;
    if (dst > src && dst < src + len)
        return; /* what is stored is loaded again */
    memmove(dst, src, len);
    nb_string_moved(env, R_ESI, len, how);
    nb_string_moved(env, R_EDI, len, how);
    nb_string_moved(env, R_ECX, -n, how);
}

void helper_nb_stos(CPUX86State *env, uint32_t how)
{
    struct nb_engine *e = nb_self;
    int shift = how & 3;
    target_ulong n = nb_string_reg(env, R_ECX, how), to = nb_string_reg(env, R_EDI, how), i;
    uint64_t v = env->regs[R_EAX];
    uint8_t *dst;

    if (n < 8 || env->df != 1 || e->cur->count)
        return;
    n = nb_in_page(to, n, shift);
    if (n < 4 || !(dst = nb_plain(e, env, to, MMU_DATA_STORE)))
        return;
    switch (shift) {
    case 0:
        memset(dst, (uint8_t)v, n);
        break;
    case 1:
        for (i = 0; i < n; i++)
            stw_le_p(dst + 2 * i, v);
        break;
    case 2:
        for (i = 0; i < n; i++)
            stl_le_p(dst + 4 * i, v);
        break;
    default:
        for (i = 0; i < n; i++)
            stq_le_p(dst + 8 * i, v);
    }
    nb_string_moved(env, R_EDI, n << shift, how);
    nb_string_moved(env, R_ECX, -n, how);
}
