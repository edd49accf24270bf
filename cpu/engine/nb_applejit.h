/*
 * Apple's processors let a thread either store to translated code or execute it: each thread has a switch for all memory
 * that was mapped with MAP_JIT. This file stands for Unicorn's tcg/tcg-apple-jit.h, and is included before everything
 * else there (CMakeLists.txt), since that header is found by its path and cannot be shadowed.
 *
 * Unicorn keeps the switch's place in uc->current_executable, flips it around each run of translated code, and so knows
 * only of threads that it has flipped itself. A goroutine comes along on any thread. So whoever enters the engine puts
 * the switch to "store" first: nb_run by nb_jit_begin, and Unicorn's own functions by thread_executable, which they ask
 * at their outermost level. Unicorn reads the processor's register there, one that virtual machines show as 0 and that
 * is Apple's own; setting the switch needs neither. Between runs the switch stands at "store", as cpu_exec leaves it.
 */
#ifndef TCG_APPLE_JIT_H
#define TCG_APPLE_JIT_H
#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#if defined(__APPLE__) && defined(__aarch64__)

static inline void jit_write_protect(int on)
{
    pthread_jit_write_protect_np(on);
}

static inline bool thread_executable(void)
{
    pthread_jit_write_protect_np(0);
    return false;
}

#define nb_jit_begin(uc) ((uc)->current_executable = thread_executable())

#else

static inline void jit_write_protect(int on)
{
}

static inline bool thread_executable(void)
{
    return false;
}

#endif

static inline void assert_executable(bool executable)
{
}

/* No callback of ours flips the switch. */
#define JIT_CALLBACK_GUARD(x) { (void)uc; x; }
#define JIT_CALLBACK_GUARD_VAR(var, x) { (void)uc; var = x; }

#endif
