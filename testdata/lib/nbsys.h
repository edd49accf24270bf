/*
 * nbsys.h: what a small C program needs to run without a C library, as a
 * NetBSD program (-DNETBSD) or, for comparison, as a Linux program. It is
 * included once, by the only source file of the program.
 *
 * The file has two parts: one section per architecture (entry, system call),
 * and below it what is the same everywhere. To add an architecture, add a
 * section that defines
 *   _start            the entry: calls nb_start with the initial stack pointer
 *   nb_syscall8       number and arguments; returns the result, or -errno, and
 *                     leaves the second result register in nb_rv1 (NetBSD)
 *   nb_getpid, nb_sigtramp, the macros on ucontext_t, the size of an illegal
 *   instruction, which set of Linux's numbers is its
 */
#ifndef NBSYS_H
#define NBSYS_H

typedef unsigned char u8;
typedef unsigned int u32;
/* Alignment is that of NetBSD's compiler, to which others can be told to come near. */
#ifdef __m68k__
typedef unsigned long long u64 __attribute__((aligned(8)));
typedef long long i64 __attribute__((aligned(8)));
#else
typedef unsigned long long u64;
typedef long long i64;
#endif
typedef unsigned long size_t;

#define EXPORT __attribute__((used, noreturn))

/*
 * _start keeps ps_strings in nb_psstrings and calls nb_start with the initial
 * stack pointer. nb_syscall8 makes NetBSD's indirect system call number 0, to
 * which its arguments are handed as the C calling convention has them: only
 * here and there something must be moved. nb_getpid is a direct call.
 * nb_sigtramp is where signal handlers return to.
 */
#ifdef NETBSD
#define NB(text)		text
#define LX(text)
#else
#define NB(text)
#define LX(text)		text
#endif
#define TEXT			"\t.text\n\t.balign 4\n"
#define FUNC(name)		"\t.globl " #name "\n\t.type " #name ",%function\n" #name ":\n"
#define FUNC_AT(name)		"\t.globl " #name "\n\t.type " #name ",@function\n" #name ":\n"

/* ---- amd64 ----------------------------------------------------------- */
#if defined(__x86_64__)

__asm__(TEXT
	FUNC_AT(_start)
	"	xorl %ebp,%ebp\n"
	"	movq %rbx,nb_psstrings(%rip)\n"
	"	movq %rsp,%rdi\n"
	"	andq $-16,%rsp\n"
	"	call nb_start\n"
	"	ud2\n"
#define INDIRECT(name, n) FUNC_AT(name) \
	"	movq %rcx,%r10\n" \
	"	movl $" #n ",%eax\n" \
	"	syscall\n" \
	"	movq %rdx,nb_rv1(%rip)\n" \
	"	jnc 1f\n" \
	"	negq %rax\n" \
	"1:	ret\n"
	NB(INDIRECT(nb_syscall8, 0) INDIRECT(nb_qsyscall8, 198))
	LX(FUNC_AT(nb_syscall8))
	LX("	movq %rdi,%rax\n"
	"	movq %rsi,%rdi\n"
	"	movq %rdx,%rsi\n"
	"	movq %rcx,%rdx\n"
	"	movq %r8,%r10\n"
	"	movq %r9,%r8\n"
	"	movq 8(%rsp),%r9\n"
	"	syscall\n"
	"	ret\n")
	FUNC_AT(nb_getpid)
	NB("	movl $20,%eax\n") LX("	movl $39,%eax\n")
	"	syscall\n"
	"	ret\n"
	FUNC_AT(nb_sigtramp)
	"	movq %r15,%rdi\n"
	"	movl $308,%eax\n"
	"	syscall\n"
	"	ud2\n");

#define ARCH_NAME		"amd64"
#define ILLEGAL_INSTRUCTION	"ud2"
#define ILLEGAL_SIZE		2
#define LINUX_NUMBERS		SYS_X86_64
#define UC_MCONTEXT		56
#define UC_REGS(uc)		((unsigned long *)((char *)(uc) + UC_MCONTEXT))
#define UC_PC(uc)		UC_REGS(uc)[21]
#define UC_SP(uc)		UC_REGS(uc)[24]
#define UC_ARG(uc)		UC_REGS(uc)[0]
#define UC_TLSBASE		0x80000
#define STACK_SKEW		8

/* ---- i386 ------------------------------------------------------------- */
#elif defined(__i386__)

__asm__(TEXT
	FUNC_AT(_start)
	"	xorl %ebp,%ebp\n"
	"	movl %ebx,nb_psstrings\n"
	"	movl %esp,%eax\n"
	"	andl $-16,%esp\n"
	"	subl $12,%esp\n"
	"	pushl %eax\n"
	"	call nb_start\n"
	"	ud2\n"
#define INDIRECT(name, n) FUNC_AT(name) \
	"	movl $" #n ",%eax\n" \
	"	int $0x80\n" \
	"	movl %edx,nb_rv1\n" \
	"	jnc 1f\n" \
	"	negl %eax\n" \
	"1:	ret\n"
	NB(INDIRECT(nb_syscall8, 0) INDIRECT(nb_qsyscall8, 198))
	LX(FUNC_AT(nb_syscall8))
	LX("	pushl %ebx\n	pushl %esi\n	pushl %edi\n	pushl %ebp\n"
	"	movl 20(%esp),%eax\n	movl 24(%esp),%ebx\n	movl 28(%esp),%ecx\n"
	"	movl 32(%esp),%edx\n	movl 36(%esp),%esi\n	movl 40(%esp),%edi\n	movl 44(%esp),%ebp\n"
	"	int $0x80\n"
	"	popl %ebp\n	popl %edi\n	popl %esi\n	popl %ebx\n"
	"	ret\n")
	FUNC_AT(nb_getpid)
	"	movl $20,%eax\n"
	"	int $0x80\n"
	"	ret\n"
	FUNC_AT(nb_sigtramp)
	"	leal 140(%esp),%eax\n"
	"	movl %eax,4(%esp)\n"
	"	movl $308,%eax\n"
	"	int $0x80\n"
	"	ud2\n");

#define ARCH_NAME		"i386"
#define ILLEGAL_INSTRUCTION	"ud2"
#define ILLEGAL_SIZE		2
#define LINUX_NUMBERS		SYS_OLD
#define UC_MCONTEXT		36
#define UC_REGS(uc)		((unsigned long *)((char *)(uc) + UC_MCONTEXT))
#define UC_PC(uc)		UC_REGS(uc)[14]
#define UC_SP(uc)		UC_REGS(uc)[17]
#define UC_ARG(uc)		((unsigned long *)UC_SP(uc))[1]
#define UC_TLSBASE		0x80000
#define STACK_SKEW		20

/* ---- aarch64 ---------------------------------------------------------- */
#elif defined(__aarch64__)

__asm__(TEXT
	FUNC(_start)
	"	adrp x9,nb_psstrings\n"
	"	str x2,[x9,:lo12:nb_psstrings]\n"
	"	mov x0,sp\n"
	"	bl nb_start\n"
#define SHIFT \
	"	mov x0,x1\n	mov x1,x2\n	mov x2,x3\n	mov x3,x4\n	mov x4,x5\n	mov x5,x6\n	mov x6,x7\n" \
	"	ldr x7,[sp]\n"
#define INDIRECT(name, n) FUNC(name) \
	"	mov x17,x0\n" SHIFT \
	"	svc #" #n "\n" \
	"	adrp x9,nb_rv1\n" \
	"	str x1,[x9,:lo12:nb_rv1]\n" \
	"	b.cc 1f\n" \
	"	neg x0,x0\n" \
	"1:	ret\n"
	NB(INDIRECT(nb_syscall8, 0) INDIRECT(nb_qsyscall8, 198))
	LX(FUNC(nb_syscall8)
	"	mov x8,x0\n" SHIFT
	"	svc #0\n"
	"	ret\n")
	FUNC(nb_getpid)
	NB("	svc #20\n") LX("	mov x8,#172\n	svc #0\n")
	"	ret\n"
	FUNC(nb_sigtramp)
	"	mov x0,x28\n"
	"	svc #308\n"
	"	brk #1\n");

#define ARCH_NAME		"aarch64"
#define ILLEGAL_INSTRUCTION	".inst 0"
#define ILLEGAL_SIZE		4
#define LINUX_NUMBERS		SYS_GENERIC
#define UC_MCONTEXT		64
#define UC_REGS(uc)		((unsigned long *)((char *)(uc) + UC_MCONTEXT))
#define UC_PC(uc)		UC_REGS(uc)[32]
#define UC_SP(uc)		UC_REGS(uc)[31]
#define UC_ARG(uc)		UC_REGS(uc)[0]
#define UC_TLSBASE		0x80000

/* ---- arm -------------------------------------------------------------- */
#elif defined(__arm__)

__asm__("	.syntax unified\n" TEXT
	"	.arm\n"
	FUNC(_start)
	"	ldr r1,=nb_psstrings\n"
	"	str r0,[r1]\n"
	"	mov r0,sp\n"
	"	bic sp,sp,#7\n"
	"	bl nb_start\n"
	"	.ltorg\n"
#define INDIRECT(name, n) FUNC(name) \
	"	svc #0xa00000+" #n "\n" \
	"	ldr r2,=nb_rv1\n" \
	"	str r1,[r2]\n" \
	"	rsbcs r0,r0,#0\n" \
	"	bx lr\n"
	NB(INDIRECT(nb_syscall8, 0) INDIRECT(nb_qsyscall8, 198))
	LX(FUNC(nb_syscall8)
	"	mov ip,sp\n"
	"	push {r4-r7}\n"
	"	mov r7,r0\n	mov r0,r1\n	mov r1,r2\n	mov r2,r3\n"
	"	ldm ip,{r3-r6}\n"
	"	svc #0\n"
	"	pop {r4-r7}\n"
	"	bx lr\n")
	"	.ltorg\n"
	FUNC(nb_getpid)
	NB("	svc #0xa00014\n") LX("	push {r7}\n	mov r7,#20\n	svc #0\n	pop {r7}\n")
	"	bx lr\n"
	FUNC(nb_sigtramp)
	"	mov r0,r5\n"
	"	svc #0xa00134\n"
	"	udf #0\n"
	"	.ltorg\n"
#ifdef __thumb__
	"	.thumb\n"
#endif
	);

#ifdef __thumb__
#define ARCH_NAME		"thumb"
#define ILLEGAL_INSTRUCTION	".inst.n 0xde00"
#define ILLEGAL_SIZE		2
#else
#define ARCH_NAME		"arm"
#define ILLEGAL_INSTRUCTION	".inst 0xe7f000f0"
#define ILLEGAL_SIZE		4
#endif
#define LINUX_NUMBERS		SYS_OLD
#define UC_MCONTEXT		40
#define UC_REGS(uc)		((unsigned long *)((char *)(uc) + UC_MCONTEXT))
#define UC_PC(uc)		UC_REGS(uc)[15]
#define UC_SP(uc)		UC_REGS(uc)[13]
#define UC_ARG(uc)		UC_REGS(uc)[0]
#define UC_TLSBASE		0x80000
/* The state that a function's address names must be put into cpsr. */
#define UC_SET_PC(uc, f)	do { \
		unsigned long nb_f = (unsigned long)(f); \
		UC_PC(uc) = nb_f & ~1ul; \
		UC_REGS(uc)[16] = (UC_REGS(uc)[16] & ~0x20ul) | (nb_f & 1 ? 0x20 : 0); \
	} while (0)
#define STRICT_ACCESS(p)	__asm__ volatile("ldrexd r2,r3,[%0]" : : "r"(p) : "r2", "r3", "memory")

/* ---- mips: o32, n32, n64 ---------------------------------------------- */
#elif defined(__mips__)

#if _MIPS_SIM == _ABI64
#define MIPS_LA(r, s)		"	dla " r "," s "\n"
#define MIPS_SR			"sd"
#define MIPS_RV			"sd"
#define MIPS_NEG		"dnegu"
#define MIPS_ADDIU		"daddiu"
#else
#define MIPS_LA(r, s)		"	la " r "," s "\n"
#define MIPS_SR			"sw"
#if _MIPS_SIM == _ABIN32
#define MIPS_RV			"sd"
#else
#define MIPS_RV			"sw"
#endif
#define MIPS_NEG		"negu"
#define MIPS_ADDIU		"addiu"
#endif

/* Linux: the last arguments, and numbers from 4000, 5000 or 6000. */
#if _MIPS_SIM == _ABIO32
#define MIPS_MORE		"	lw $7,16($29)\n	lw $8,20($29)\n	lw $9,24($29)\n" \
				"	addiu $29,$29,-32\n	sw $8,16($29)\n	sw $9,20($29)\n"
#define MIPS_LESS		"	addiu $29,$29,32\n"
#else
#define MIPS_MORE		"	move $7,$8\n	move $8,$9\n	move $9,$10\n"
#define MIPS_LESS
#endif
#if defined(NETBSD)
#define MIPS_GETPID		"20"
#elif _MIPS_SIM == _ABIO32
#define MIPS_GETPID		"4020"
#elif _MIPS_SIM == _ABI64
#define MIPS_GETPID		"5038"
#else
#define MIPS_GETPID		"6038"
#endif

__asm__(TEXT
	"	.set push\n	.set noreorder\n	.set noat\n"
	FUNC_AT(_start)
	MIPS_LA("$8", "nb_psstrings")
	"	" MIPS_SR " $7,0($8)\n"
	"	move $4,$29\n"
	"	" MIPS_ADDIU " $29,$29,-32\n"
	MIPS_LA("$25", "nb_start")
	"	jr $25\n"
	"	nop\n"
#define INDIRECT(name, n) FUNC_AT(name) \
	"	li $2," #n "\n" \
	"	syscall\n" \
	MIPS_LA("$8", "nb_rv1") \
	"	bnez $7,1f\n" \
	"	" MIPS_RV " $3,0($8)\n" \
	"	jr $31\n" \
	"	nop\n" \
	"1:	jr $31\n" \
	"	" MIPS_NEG " $2,$2\n"
	NB(INDIRECT(nb_syscall8, 0) INDIRECT(nb_qsyscall8, 198))
	LX(FUNC_AT(nb_syscall8)
	"	move $2,$4\n	move $4,$5\n	move $5,$6\n	move $6,$7\n"
	MIPS_MORE
	"	syscall\n"
	MIPS_LESS
	"	bnez $7,1f\n"
	"	nop\n"
	"	jr $31\n"
	"	nop\n"
	"1:	jr $31\n"
	"	" MIPS_NEG " $2,$2\n")
	FUNC_AT(nb_getpid)
	"	li $2," MIPS_GETPID "\n"
	"	syscall\n"
	"	jr $31\n"
	"	nop\n"
	FUNC_AT(nb_sigtramp)
	"	" MIPS_ADDIU " $4,$29,128\n"
	"	li $2,308\n"
	"	syscall\n"
	"	break\n"
	"	.set pop\n");

#if _MIPS_SIM == _ABI64 && defined(__MIPSEL__)
#define ARCH_NAME		"mips64el"
#elif _MIPS_SIM == _ABI64
#define ARCH_NAME		"mips64"
#elif _MIPS_SIM == _ABIN32 && defined(__MIPSEL__)
#define ARCH_NAME		"mipsn32el"
#elif _MIPS_SIM == _ABIN32
#define ARCH_NAME		"mipsn32"
#elif defined(__MIPSEL__)
#define ARCH_NAME		"mipsel"
#else
#define ARCH_NAME		"mips"
#endif
#define ILLEGAL_INSTRUCTION	".word 0x0000003d"
#define ILLEGAL_SIZE		4
#if _MIPS_SIM == _ABIO32
typedef unsigned long nb_greg;
#define UC_MCONTEXT		40
#else
typedef unsigned long long nb_greg;
#if _MIPS_SIM == _ABI64
#define UC_MCONTEXT		56
#else
#define UC_MCONTEXT		40
#endif
#endif
#define UC_REGS(uc)		((nb_greg *)((char *)(uc) + UC_MCONTEXT))
#define UC_PC(uc)		UC_REGS(uc)[35]
#define UC_SP(uc)		UC_REGS(uc)[29]
#define UC_ARG(uc)		UC_REGS(uc)[4]
#define UC_TLSBASE		0x40000
#if _MIPS_SIM == _ABIO32
#define LINUX_NUMBERS		SYS_MIPS32
#else
#define LINUX_NUMBERS		SYS_MIPS64
#endif
#define UC_SET_PC(uc, f)	(UC_REGS(uc)[25] = (long)(f), UC_PC(uc) = (long)(f))
#define STRICT_ACCESS(p)	(void)*(volatile int *)(p)

/* ---- sparc ------------------------------------------------------------ */
#elif defined(__sparc__)

#ifdef __arch64__
#define SPARC_ST		"stx"
#define SPARC_BCS		"bcs,pn %xcc,"
#define SPARC_LINUX		"ta 0x6d"
#define SPARC_TRAMP		"2047+176+128"
#define SPARC_SEVENTH		"ldx [%sp+2047+176]"
#define SPARC_SETHI(r, s)	"	setx " s ",%o5," r "\n"
#else
#define SPARC_ST		"st"
#define SPARC_BCS		"bcs"
#define SPARC_LINUX		"ta 0x10"
#define SPARC_TRAMP		"96+128"
#define SPARC_SEVENTH		"ld [%sp+92]"
#define SPARC_SETHI(r, s)	"	set " s "," r "\n"
#endif

__asm__(TEXT
	FUNC_AT(_start)
	"	clr %fp\n"
	SPARC_SETHI("%g4", "nb_psstrings")
	"	" SPARC_ST " %g1,[%g4]\n"
	/* argc lies above the room for a register window. */
#ifdef __arch64__
	"	add %sp,2047+128,%o0\n"
#else
	"	add %sp,64,%o0\n"
#endif
	"	call nb_start\n"
	"	sub %sp,128,%sp\n"
#define INDIRECT(name, n) FUNC_AT(name) \
	"	mov " #n ",%g1\n" \
	"	ta 0\n" \
	"	" SPARC_BCS " 1f\n" \
	"	nop\n" \
	SPARC_SETHI("%g4", "nb_rv1") \
	"	retl\n" \
	"	" SPARC_ST " %o1,[%g4]\n" \
	"1:	retl\n" \
	"	neg %o0\n"
	NB(INDIRECT(nb_syscall8, 0) INDIRECT(nb_qsyscall8, 198))
	LX(FUNC_AT(nb_syscall8)
	"	mov %o0,%g1\n	mov %o1,%o0\n	mov %o2,%o1\n	mov %o3,%o2\n	mov %o4,%o3\n	mov %o5,%o4\n"
	"	" SPARC_SEVENTH ",%o5\n"
	"	" SPARC_LINUX "\n"
	"	" SPARC_BCS " 1f\n"
	"	nop\n"
	SPARC_SETHI("%g4", "nb_rv1")
	"	retl\n"
	"	" SPARC_ST " %o1,[%g4]\n"
	"1:	retl\n"
	"	neg %o0\n")
	FUNC_AT(nb_getpid)
	"	mov 20,%g1\n"
	NB("	ta 0\n") LX("	" SPARC_LINUX "\n")
	"	retl\n"
	"	nop\n"
	FUNC_AT(nb_sigtramp)
	"	add %sp," SPARC_TRAMP ",%o0\n"
	"	mov 308,%g1\n"
	"	ta 0\n"
	"	.word 0\n");

#ifdef __arch64__
#define ARCH_NAME		"sparc64"
#define UC_MCONTEXT		64
#define STACK_SKEW		(2047 + 176)
#else
#define ARCH_NAME		"sparc"
#define UC_MCONTEXT		40
#define STACK_SKEW		96
#endif
#define ILLEGAL_INSTRUCTION	".word 0"
#define ILLEGAL_SIZE		4
#define LINUX_NUMBERS		SYS_SPARC
#define UC_REGS(uc)		((unsigned long *)((char *)(uc) + UC_MCONTEXT))
#define UC_PC(uc)		UC_REGS(uc)[1]
#define UC_NPC(uc)		UC_REGS(uc)[2]
#define UC_SP(uc)		UC_REGS(uc)[17]
#define UC_ARG(uc)		UC_REGS(uc)[11]
#define UC_TLSBASE		0x80000
#define UC_SET_PC(uc, f)	(UC_PC(uc) = (unsigned long)(f), UC_NPC(uc) = UC_PC(uc) + 4)
#define STRICT_ACCESS(p)	(void)*(volatile int *)(p)

/* ---- riscv64 ----------------------------------------------------------- */
#elif defined(__riscv) && __riscv_xlen == 64

/*
 * A call that fails goes on behind its ecall, one that succeeds eight bytes
 * further on: that is the room for a jump to the error handler.
 */
#define RISCV_CALL(number, errors) \
	"	li t6," number "\n" \
	"	ecall\n" \
	"	.option push\n	.option norvc\n" \
	errors \
	"	.option pop\n"
#define RISCV_NOERROR		"	nop\n	nop\n"

__asm__(TEXT
	FUNC_AT(_start)
	"	.option push\n	.option norelax\n"
	"	lla gp,__global_pointer$\n"
	"	.option pop\n"
	"	lla t0,nb_psstrings\n"
	"	sd a1,0(t0)\n"
	/* argc lies below argv; how far below them the stack pointer is, depends on its alignment. */
	NB("	ld a0,0(a1)\n	addi a0,a0,-8\n") LX("	mv a0,sp\n")
	"	tail nb_start\n"
#define INDIRECT(name, n) FUNC_AT(name) \
	RISCV_CALL(#n, "	j 1f\n	nop\n") \
	"	lla t0,nb_rv1\n" \
	"	sd a1,0(t0)\n" \
	"	ret\n" \
	"1:	neg a0,a0\n" \
	"	ret\n"
	NB(INDIRECT(nb_syscall8, 0) INDIRECT(nb_qsyscall8, 198))
	LX(FUNC_AT(nb_syscall8)
	"	mv t0,a7\n"
	"	mv a7,a0\n	mv a0,a1\n	mv a1,a2\n	mv a2,a3\n	mv a3,a4\n	mv a4,a5\n	mv a5,a6\n	mv a6,t0\n"
	"	ecall\n"
	"	ret\n")
	FUNC_AT(nb_getpid)
	NB(RISCV_CALL("20", RISCV_NOERROR)) LX("	li a7,172\n	ecall\n")
	"	ret\n"
	FUNC_AT(nb_sigtramp)
	"	addi a0,sp,128\n"
	RISCV_CALL("308", RISCV_NOERROR)
	"	ebreak\n");

#define ARCH_NAME		"riscv64"
#define ILLEGAL_INSTRUCTION	".4byte 0xc0001073"
#define ILLEGAL_SIZE		4
#define ILLEGAL_ADDRESS(uc)	0xc0001073	/* the instruction itself: stval */
#define LINUX_NUMBERS		SYS_GENERIC
#define UC_MCONTEXT		56
#define UC_REGS(uc)		((unsigned long *)((char *)(uc) + UC_MCONTEXT))
#define UC_PC(uc)		UC_REGS(uc)[31]
#define UC_SP(uc)		UC_REGS(uc)[1]
#define UC_ARG(uc)		UC_REGS(uc)[9]
#define UC_TLSBASE		0x80000
#define STRICT_ACCESS(p)	__asm__ volatile("lr.w t0,(%0)" : : "r"(p) : "t0", "memory")

/* ---- powerpc ----------------------------------------------------------- */
#elif defined(__powerpc__) && !defined(__powerpc64__)

#define PPC_RESULT \
	"	bnslr\n" \
	"	neg 3,3\n" \
	"	blr\n"

__asm__(TEXT
	FUNC_AT(_start)
	"	lis 9,nb_psstrings@ha\n"
	"	stw 8,nb_psstrings@l(9)\n"
	/* argc lies below argv; how far below them the stack pointer is, depends on its alignment. */
	NB("	addi 3,4,-4\n") LX("	mr 3,1\n")
	"	stwu 1,-16(1)\n"
	"	bl nb_start\n"
#define INDIRECT(name, n) FUNC_AT(name) \
	"	li 0," #n "\n" \
	"	sc\n" \
	"	lis 9,nb_rv1@ha\n" \
	"	stw 4,nb_rv1@l(9)\n" \
	PPC_RESULT
	NB(INDIRECT(nb_syscall8, 0) INDIRECT(nb_qsyscall8, 198))
	LX(FUNC_AT(nb_syscall8)
	"	mr 0,3\n"
	"	mr 3,4\n	mr 4,5\n	mr 5,6\n	mr 6,7\n	mr 7,8\n	mr 8,9\n"
	"	sc\n"
	PPC_RESULT)
	FUNC_AT(nb_getpid)
	"	li 0,20\n"
	"	sc\n"
	"	blr\n"
	FUNC_AT(nb_sigtramp)
	"	mr 3,30\n"
	"	li 0,308\n"
	"	sc\n"
	"	trap\n");

#define ARCH_NAME		"powerpc"
#define ILLEGAL_INSTRUCTION	".long 0"
#define ILLEGAL_SIZE		4
#define LINUX_NUMBERS		SYS_OLD
#define UC_MCONTEXT		48
#define UC_REGS(uc)		((unsigned long *)((char *)(uc) + UC_MCONTEXT))
#define UC_PC(uc)		UC_REGS(uc)[34]
#define UC_SP(uc)		UC_REGS(uc)[1]
#define UC_ARG(uc)		UC_REGS(uc)[3]
#define UC_TLSBASE		0x80000
#define STRICT_ACCESS(p)	__asm__ volatile("lwarx 9,0,%0" : : "r"(p) : "9", "memory")

/* ---- m68k ------------------------------------------------------------- */
#elif defined(__m68k__)

__asm__(TEXT
	FUNC_AT(_start)
	"	move.l %a2,nb_psstrings\n"
	"	move.l %sp,%d0\n"
	"	sub.l %a6,%a6\n"
	"	move.l %d0,-(%sp)\n"
	"	jbsr nb_start\n"
	"	illegal\n"
#define INDIRECT(name, n) FUNC_AT(name) \
	"	move.l #" #n ",%d0\n" \
	"	trap #0\n" \
	"	jcs 1f\n" \
	"	move.l %d1,nb_rv1\n" \
	"	rts\n" \
	"1:	neg.l %d0\n" \
	"	rts\n"
	NB(INDIRECT(nb_syscall8, 0) INDIRECT(nb_qsyscall8, 198))
	LX(FUNC_AT(nb_syscall8)
	"	movem.l %d2-%d5,-(%sp)\n"
	"	move.l 20(%sp),%d0\n	move.l 24(%sp),%d1\n	move.l 28(%sp),%d2\n	move.l 32(%sp),%d3\n"
	"	move.l 36(%sp),%d4\n	move.l 40(%sp),%d5\n	move.l 44(%sp),%a0\n"
	"	trap #0\n"
	"	movem.l (%sp)+,%d2-%d5\n"
	"	rts\n")
	FUNC_AT(nb_getpid)
	"	moveq #20,%d0\n"
	"	trap #0\n"
	"	rts\n"
	FUNC_AT(nb_sigtramp)
	"	move.l 8(%sp),%a0\n"
	"	move.l %a0,4(%sp)\n"
	"	move.l #308,%d0\n"
	"	trap #0\n"
	"	illegal\n");

#define ARCH_NAME		"m68k"
#define ILLEGAL_INSTRUCTION	"illegal"
#define ILLEGAL_SIZE		2
#define ILLEGAL_ADDRESS(uc)	0	/* the format of the exception frame */
#define LINUX_NUMBERS		SYS_OLD
#define UC_MCONTEXT		36
#define UC_REGS(uc)		((unsigned long *)((char *)(uc) + UC_MCONTEXT))
#define UC_PC(uc)		UC_REGS(uc)[16]
#define UC_SP(uc)		UC_REGS(uc)[15]
#define UC_ARG(uc)		((unsigned long *)UC_SP(uc))[1]
#define UC_TLSBASE		0x80000
#define STACK_SKEW		8

#else
#error "no section for this architecture in nbsys.h"
#endif

/* What SIGILL tells as its address. */
#ifndef ILLEGAL_ADDRESS
#define ILLEGAL_ADDRESS(uc)	UC_PC(uc)
#endif
#ifndef STACK_SKEW
#define STACK_SKEW		0
#endif
#ifndef UC_SET_PC
#define UC_SET_PC(uc, f)	(UC_PC(uc) = (unsigned long)(f))
#endif

/* n32 has 64-bit registers and 32-bit longs. */
#if defined(__mips__) && _MIPS_SIM == _ABIN32
typedef long long nb_reg;
#define REG(x)			((nb_reg)(long)(x))
#else
typedef long nb_reg;
#define REG(x)			((nb_reg)(x))
#endif

/* ARG64: a 64-bit argument as registers. */
#if defined(__LP64__) || defined(__mips__) && _MIPS_SIM != _ABIO32
#define ARG64(x)		(nb_reg)(x)
#elif defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define ARG64(x)		(nb_reg)((u64)(x) >> 32), (nb_reg)(u32)(x)
#else
#define ARG64(x)		(nb_reg)(u32)(x), (nb_reg)((u64)(x) >> 32)
#endif

nb_reg nb_rv1;
void *nb_psstrings;
extern nb_reg nb_syscall8(nb_reg n, ...);	/* syscall(2) */
extern nb_reg nb_qsyscall8(nb_reg n, ...);	/* __syscall(2), whose number is an ARG64 */
extern long nb_getpid(void);
extern char nb_sigtramp[];

#define nb_syscall(n, a, b, c, d, e, f) \
	nb_syscall8(n, REG(a), REG(b), REG(c), REG(d), REG(e), REG(f), REG(0), REG(0))

#ifndef NETBSD
#define SYS_X86_64		1
#define SYS_OLD			2
#define SYS_GENERIC		3
#define SYS_MIPS32		4
#define SYS_MIPS64		5
#define SYS_SPARC		6
#if LINUX_NUMBERS == SYS_X86_64
#define SYS_read		0
#define SYS_write		1
#define SYS_open		2
#define SYS_close		3
#define SYS_mmap		9
#define SYS_getpid		39
#define SYS_fork		57
#define SYS_execve		59
#define SYS_wait4		61
#define SYS_kill		62
#define SYS_clock_gettime	228
#define SYS_exit		231
#elif LINUX_NUMBERS == SYS_OLD
#define SYS_exit		1
#define SYS_fork		2
#define SYS_read		3
#define SYS_write		4
#define SYS_open		5
#define SYS_close		6
#define SYS_execve		11
#define SYS_getpid		20
#define SYS_kill		37
#define SYS_mmap		192	/* mmap2, whose offset is in pages */
#define SYS_wait4		114
#define SYS_clock_gettime	403	/* the one with 64-bit times */
#elif LINUX_NUMBERS == SYS_GENERIC
#define SYS_exit		93
#define SYS_close		57
#define SYS_read		63
#define SYS_write		64
#define SYS_clock_gettime	113
#define SYS_kill		129
#define SYS_getpid		172
#define SYS_execve		221
#define SYS_mmap		222
#define SYS_wait4		260
#elif LINUX_NUMBERS == SYS_MIPS32
#define SYS_exit		4001
#define SYS_fork		4002
#define SYS_read		4003
#define SYS_write		4004
#define SYS_open		4005
#define SYS_close		4006
#define SYS_execve		4011
#define SYS_getpid		4020
#define SYS_kill		4037
#define SYS_mmap		4210	/* mmap2 */
#define SYS_wait4		4114
#define SYS_clock_gettime	4403
#elif LINUX_NUMBERS == SYS_MIPS64
#if _MIPS_SIM == _ABI64
#define SYS_BASE		5000
#else
#define SYS_BASE		6000
#endif
#define SYS_read		(SYS_BASE + 0)
#define SYS_write		(SYS_BASE + 1)
#define SYS_open		(SYS_BASE + 2)
#define SYS_close		(SYS_BASE + 3)
#define SYS_mmap		(SYS_BASE + 9)
#define SYS_getpid		(SYS_BASE + 38)
#define SYS_fork		(SYS_BASE + 56)
#define SYS_execve		(SYS_BASE + 57)
#define SYS_exit		(SYS_BASE + 58)
#define SYS_wait4		(SYS_BASE + 59)
#define SYS_kill		(SYS_BASE + 60)
#if SYS_BASE == 5000
#define SYS_clock_gettime	5222
#else
#define SYS_clock_gettime	6403
#endif
#elif LINUX_NUMBERS == SYS_SPARC
#define SYS_exit		1
#define SYS_fork		2
#define SYS_read		3
#define SYS_write		4
#define SYS_open		5
#define SYS_close		6
#define SYS_wait4		7
#define SYS_getpid		20
#define SYS_kill		37
#define SYS_execve		59
#define SYS_mmap		71
#ifdef __arch64__
#define SYS_clock_gettime	257
#else
#define SYS_clock_gettime	403
#endif
#endif
#endif

/* ---- every architecture ---------------------------------------------- */
#ifdef NETBSD

#define SYS_exit		1
#define SYS_fork		2
#define SYS_read		3
#define SYS_write		4
#define SYS_open		5
#define SYS_close		6
#define SYS_getpid		20
#define SYS_kill		37
#define SYS_execve		59
#define SYS_clock_gettime	427	/* __clock_gettime50 */
#define SYS_wait4		449	/* __wait450 */
#define SYS_pipe		42
#define SYS_sigaltstack		281
#define SYS_sigprocmask		293
#define SYS_sysarch		165
#define SYS_munmap		73
#define SYS_mprotect		74
#define SYS_pread		173
#define SYS_pwrite		174
#define SYS_mmap		197
#define SYS___syscall		198
#define SYS_break		17
#define SYS_lseek		199
#define SYS_ftruncate		201
#define SYS___sysctl		202
#define SYS_getcontext		307
#define SYS_setcontext		308
#define SYS_lwp_create		309
#define SYS_lwp_exit		310
#define SYS_lwp_self		311
#define SYS_lwp_wait		312
#define SYS_lwp_getprivate	316
#define SYS_lwp_setprivate	317
#define SYS_sigaction_sigtramp	340
#define SYS_sched_yield		350
#define SYS_msync		277
#define SYS_fsync_range		354
#define CLOCK_MONOTONIC		3

/* What makes the file a NetBSD program: the note with the release. */
#ifdef __arm__
#define NOTE_TYPE "%note"	/* @ begins a comment */
#else
#define NOTE_TYPE "@note"
#endif
__asm__(
	".section .note.netbsd.ident,\"a\"," NOTE_TYPE "\n"
	".balign 4\n"
	".long 7,4,1\n"
	".asciz \"NetBSD\"\n"
	".byte 0\n"
	".long 1000000000\n"
	".previous\n");

#else
#define CLOCK_MONOTONIC		1
#endif

struct timespec {
	i64 sec;
#ifdef NETBSD
	long nsec;
#else
	i64 nsec;	/* of the calls with 64-bit times */
#endif
};

#define sys0(n)			nb_syscall(n, 0, 0, 0, 0, 0, 0)
#define sys1(n, a)		nb_syscall(n, (long)(a), 0, 0, 0, 0, 0)
#define sys2(n, a, b)		nb_syscall(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define sys3(n, a, b, c)	nb_syscall(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define sys4(n, a, b, c, d)	nb_syscall(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define sys5(n, a, b, c, d, e)	nb_syscall(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

static inline void __attribute__((noreturn)) exit(int status)
{
	for (;;)
		sys1(SYS_exit, status);
}

/* fork returns 0 in the child. NetBSD tells who is who by a second result. */
static inline long fork(void)
{
#if !defined(NETBSD) && LINUX_NUMBERS == SYS_GENERIC
	long pid = sys2(220, 17, 0);	/* clone */
#else
	long pid = sys0(SYS_fork);
#endif

#if defined(NETBSD) || defined(__sparc__)
	if (pid >= 0 && nb_rv1 == 1)
		return 0;
#endif
	return pid;
}

static inline long open(const char *path, int flags, int mode)
{
#if !defined(NETBSD) && LINUX_NUMBERS == SYS_GENERIC
	return sys4(56, -100, path, flags, mode);	/* openat */
#else
	return sys3(SYS_open, path, flags, mode);
#endif
}

static inline u64 nanoseconds(void)
{
	struct timespec ts;

	sys2(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
	return (u64)ts.sec * 1000000000u + (u64)ts.nsec;
}

#ifdef __arm__
/* What libgcc's division calls for a divisor of 0. */
__attribute__((used)) int raise(int sig) { return sig; }
#endif

#if defined(__sparc__) && !defined(__arch64__)
/* 64-bit division and conversion, for which the compiler calls its library: that is for newer processors. */
static u64 nb_udivmod(u64 n, u64 d, u64 *rem)
{
	u64 q = 0, r = 0;

	for (int i = 63; i >= 0; i--) {
		r = r << 1 | (n >> i & 1);
		if (r >= d) {
			r -= d;
			q |= 1ull << i;
		}
	}
	*rem = r;
	return q;
}

u64 __udivdi3(u64 n, u64 d)
{
	u64 r;

	return nb_udivmod(n, d, &r);
}

u64 __umoddi3(u64 n, u64 d)
{
	u64 r;

	nb_udivmod(n, d, &r);
	return r;
}

i64 __divdi3(i64 n, i64 d)
{
	u64 q = __udivdi3(n < 0 ? -n : n, d < 0 ? -d : d);

	return (n < 0) != (d < 0) ? -q : q;
}

i64 __moddi3(i64 n, i64 d)
{
	u64 r = __umoddi3(n < 0 ? -n : n, d < 0 ? -d : d);

	return n < 0 ? -r : r;
}

/* A conversion of each half, and one rounding. */
double __floatdidf(i64 v) { return (double)(int)(v >> 32) * 4294967296.0 + (double)(u32)v; }
double __floatundidf(u64 v) { return (double)(u32)(v >> 32) * 4294967296.0 + (double)(u32)v; }

u64 __fixunsdfdi(double d)
{
	u32 hi = (u32)(d / 4294967296.0);

	return (u64)hi << 32 | (u32)(d - (double)hi * 4294967296.0);
}

i64 __fixdfdi(double d) { return d < 0 ? -(i64)__fixunsdfdi(-d) : (i64)__fixunsdfdi(d); }
#endif

/* The compiler may turn loops and assignments into calls of these. */
#define NO_IDIOM __attribute__((used, optimize("no-tree-loop-distribute-patterns")))

NO_IDIOM void *memset(void *to, int c, size_t n)
{
	u8 *p = to;

	while (n--)
		*p++ = (u8)c;
	return to;
}

NO_IDIOM void *memcpy(void *to, const void *from, size_t n)
{
	u8 *p = to;
	const u8 *q = from;

	while (n--)
		*p++ = *q++;
	return to;
}

NO_IDIOM size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

static inline void print(const char *s)
{
	sys3(SYS_write, 1, s, strlen(s));
}

static inline void print_number(u64 v)
{
	char buf[24], *p = buf + sizeof buf;

	*--p = 0;
	do
		*--p = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	print(p);
}

static inline int number(const char *s)
{
	int n = 0;

	while (*s >= '0' && *s <= '9')
		n = n * 10 + (*s++ - '0');
	return n;
}

/* Initialised data, so that the segment of data is more than zeroes, whose place in the file some linkers
 * put behind its end. */
__attribute__((used)) int nb_data = 1;

int main(int argc, char **argv, char **envp);

EXPORT void nb_start(long *sp)
{
	int argc = (int)sp[0];
	char **argv = (char **)(sp + 1);

	exit(main(argc, argv, argv + argc + 1));
}

#endif
