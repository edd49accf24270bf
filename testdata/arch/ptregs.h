/* The machine's requests, where struct reg has the pc, and the breakpoint that its debugger sets. */
#if defined(__x86_64__)
#define GETREGS	33
#define STEP	32
#define SETSTEP	39
typedef u64 word;
#define PC_AT	21
static const u8 brkpt[] = { 0xcc };
#define BRKPT_ADJ 1
#elif defined(__i386__)
#define GETREGS	33
#define STEP	32
#define SETSTEP	41
typedef u32 word;
#define PC_AT	8
static const u8 brkpt[] = { 0xcc };
#define BRKPT_ADJ 1
#elif defined(__aarch64__)
#define GETREGS	32
#define STEP	36
#define SETSTEP	37
typedef u64 word;
#define PC_AT	32
static const u8 brkpt[] = { 0xa0, 0x01, 0x20, 0xd4 };
#elif defined(__arm__)
#define GETREGS	33
typedef u32 word;
#define PC_AT	15
#ifdef __thumb__
static const u8 brkpt[] = { 0xfe, 0xde };
#else
static const u8 brkpt[] = { 0xfe, 0xde, 0xff, 0xe7 };
#endif
#elif defined(__mips__)
#define GETREGS	33
#define STEP	32
#define SETSTEP	37
#if defined(__mips64)
typedef u64 word;
#else
typedef u32 word;
#endif
#define PC_AT	37
#if defined(__MIPSEB__)
static const u8 brkpt[] = { 0, 0, 0, 0x0d };
#else
static const u8 brkpt[] = { 0x0d, 0, 0, 0 };
#endif
#elif defined(__sparc__)
#define GETREGS	32
#if defined(__arch64__)
typedef u64 word;
#else
typedef u32 word;
#endif
#define PC_AT	1
#define NPC_AT	2
static const u8 brkpt[] = { 0x91, 0xd0, 0x20, 0x01 };
#elif defined(__m68k__)
#define GETREGS	33
#define STEP	32
typedef u32 word;
#define PC_AT	17
#define BRKPT_ADJ 2
static const u8 brkpt[] = { 0x4e, 0x4f };
#elif defined(__powerpc__)
#define GETREGS	33
#define STEP	32
#define SETSTEP	39
typedef u32 word;
#define PC_AT	36
static const u8 brkpt[] = { 0x7f, 0xe0, 0x00, 0x08 };
#elif defined(__riscv)
#define GETREGS	32
typedef u64 word;
#define PC_AT	31
static const u8 brkpt[] = { 0x73, 0x00, 0x10, 0x00 };
#endif
#ifndef BRKPT_ADJ
#define BRKPT_ADJ 0
#endif

struct regs {
	word r[64];
};
