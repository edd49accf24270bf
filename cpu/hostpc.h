/* Where pc and stack pointer are in a signal's context. */
#ifndef NB_HOSTPC_H
#define NB_HOSTPC_H
#if defined(__linux__) && defined(__x86_64__)
#include <ucontext.h>
#define UC_PC(u) ((u)->uc_mcontext.gregs[REG_RIP])
#define UC_SP(u) ((u)->uc_mcontext.gregs[REG_RSP])
#elif defined(__linux__) && defined(__aarch64__)
#include <ucontext.h>
#define UC_PC(u) ((u)->uc_mcontext.pc)
#define UC_SP(u) ((u)->uc_mcontext.sp)
#elif defined(__APPLE__) && defined(__x86_64__)
#include <sys/ucontext.h>
#define UC_PC(u) ((u)->uc_mcontext->__ss.__rip)
#define UC_SP(u) ((u)->uc_mcontext->__ss.__rsp)
#elif defined(__APPLE__) && defined(__aarch64__)
#include <sys/ucontext.h>
#define UC_PC(u) ((u)->uc_mcontext->__ss.__pc)
#define UC_SP(u) ((u)->uc_mcontext->__ss.__sp)
#else
#error "where are pc and stack pointer in this host's signal context?"
#endif

/* What a call leaves on the stack, which is aligned to 16 bytes before. */
#ifdef __x86_64__
#define RETURN_ADDRESS 8
#else
#define RETURN_ADDRESS 0
#endif
#endif
