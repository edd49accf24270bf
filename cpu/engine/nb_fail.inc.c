/*
 * What an instruction of the guest must not do to the process: assertions and aborts of the translators, of TCG and of
 * helpers (override/qemu/osdep.h), and host exceptions in any of them or in translated code (cpu/crash.c). Each ends
 * as an illegal instruction of the guest's, NB_ILLEGAL, at the instruction that did it.
 *
 * During translation the state is that of the block's beginning, which need not be the instruction: so the block is
 * translated again with one instruction, the ones after it likewise, until one that is alone cannot be translated.
 */
#define NB_EXIT_BROKEN  0x10042

/* Where translated code goes on after the call of a helper that runs now; 0 if it is not found. */
static uintptr_t nb_return_address(struct nb_engine *e, uintptr_t from, uintptr_t to)
{
    TCGContext *t = e->uc->tcg_ctx;
    uintptr_t *w, low = (uintptr_t)t->code_gen_buffer, found = 0;

    for (w = (uintptr_t *)(from & ~(sizeof(uintptr_t) - 1)); (uintptr_t)w < to; w++) {
        const uint8_t *p = (const uint8_t *)*w;
        if (*w - low < 16 || *w - low >= t->code_gen_buffer_size)
            continue;
        /* The outermost one that follows a call. */
#if defined(__x86_64__)
        if (p[-5] == 0xe8 || (p[-6] == 0xff && p[-5] == 0x15) || (p[-2] == 0xff && (p[-1] & 0xf8) == 0xd0))
            found = *w;
#elif defined(__aarch64__)
        uint32_t insn = ldl_le_p(p - 4);
        if (!(*w & 3) && (insn >> 26 == 0x25 || (insn & 0xfffffc1f) == 0xd63f0000))
            found = *w;
#endif
    }
    return found;
}

/* Leaves guest code. host is a place in translated code, as a return address, if it is known. */
static void QEMU_NORETURN nb_fail(struct nb_engine *e, uintptr_t host)
{
    uintptr_t frame = e->cpu->nb_code_frame;

    e->failing = true;
    e->cpu->nb_code_frame = 0;
    e->broke = frame != 0;
    if (frame) {
        if (!host)
            host = nb_return_address(e, (uintptr_t)__builtin_frame_address(0), frame);
        if (host)
            cpu_restore_state(e->cpu, host, true);
    }
    e->uc->tcg_ctx->cpu = NULL;
    e->cpu->exception_index = NB_EXIT_BROKEN;
    cpu_loop_exit(e->cpu);
}

void nb_abort(const char *file, int line)
{
    struct nb_engine *e = nb_self;

    if (!e || !e->inside || (e->failing && !e->broke)) {
        fprintf(stderr, "nbemu: internal error of the engine at %s:%d\n", file, line);
#undef abort
        abort();
    }
    nb_fail(e, 0);
}

/* For the handlers of host exceptions: whether nb_crash can be called; and it, with the host's pc. */
static int nb_crashes(struct nb_engine *e)
{
    return e->inside && !e->failing;
}

static void nb_crash(struct nb_engine *e, uintptr_t pc)
{
    TCGContext *t = e->uc->tcg_ctx;
    nb_self = e;
    nb_fail(e, pc - (uintptr_t)t->code_gen_buffer < t->code_gen_buffer_size ? pc + GETPC_ADJ : 0);
}

/* After NB_EXIT_BROKEN: true if the program goes on, with a block of one instruction. */
static bool nb_try_single(struct nb_engine *e)
{
    e->failing = false;
    if (!e->broke && (e->uc->tcg_ctx->tb_cflags & CF_COUNT_MASK) != 1) {
        CPUState *cpu = e->cpu;
        cpu->cflags_next_tb = curr_cflags() | 1;
        return true;
    }
    tb_flush(e->cpu);
    e->trap = NB_TRAP_EXCP;
    e->cur->vector = NB_ILLEGAL;
    e->cur->error = 0;
    return false;
}
