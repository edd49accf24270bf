#include_next "exec/tb-hash.h"
#ifndef NB_TB_HASH_H
#define NB_TB_HASH_H
/*
 * What Unicorn does to its jump cache is done to ours: it clears it when it drops all translations, and asks for a place
 * in it when it removes one or has made one.
 */
#include "nb_jump.h"
#define cpu_tb_jmp_cache_clear(cpu) nb_jump_clear(nb_jumps(cpu))
#define tb_jmp_cache_hash_func(uc, pc) \
    ((sizeof(__func__) == sizeof("do_tb_phys_invalidate") ? nb_jump_forget(nb_jumps((uc)->cpu), pc) : (void)0), 0)
#endif
