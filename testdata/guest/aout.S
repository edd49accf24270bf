/*
 * A program for a.out: it prints its second argument, looks at data and bss, forks, and exits with 40 plus the exit
 * status of the child, which is 2; an error has a number of its own. CALL is how it enters the kernel.
 */
	.globl	_start
	.text
#ifdef __i386__
#ifndef CALL
#define CALL int $0x80
#endif
#define SYS(n)	movl $n, %eax; CALL
_start:
	movl	8(%esp), %esi		/* argv[1] */
	xorl	%ecx, %ecx
1:	cmpb	$0, (%esi,%ecx)
	je	2f
	incl	%ecx
	jmp	1b
2:	pushl	%ecx
	pushl	%esi
	pushl	$1
	pushl	$0
	SYS(4)				/* write */
	jc	bad1
	movl	$99, 4(%esp)
	SYS(4)
	jnc	bad2
	cmpl	$9, %eax		/* EBADF */
	jne	bad2
	cmpl	$40, value
	jne	bad3
	cmpl	$0, zero
	jne	bad4
	movl	$1, zero
	SYS(2)				/* fork */
	jc	bad5
	cmpl	$1, %edx
	jne	3f
	pushl	$2
	jmp	exit
3:	pushl	$0
	pushl	$0
	pushl	$zero
	pushl	$-1
	pushl	$0
	SYS(449)			/* wait4 */
	jc	bad6
	movzbl	zero+1, %eax
	addl	value, %eax
	pushl	%eax
exit:	pushl	$0
	SYS(1)
bad1:	pushl	$1
	jmp	exit
bad2:	pushl	$22
	jmp	exit
bad3:	pushl	$3
	jmp	exit
bad4:	pushl	$4
	jmp	exit
bad5:	pushl	$5
	jmp	exit
bad6:	pushl	$6
	jmp	exit
#elif defined __m68k__
#define SYS(n)	move.l n, %d0; trap #0
_start:
	move.l	(8,%sp), %a2		/* argv[1] */
	clr.l	%d2
1:	tst.b	(%a2,%d2.l)
	jeq	2f
	addq.l	#1, %d2
	jra	1b
2:	move.l	%d2, -(%sp)
	move.l	%a2, -(%sp)
	pea	1
	clr.l	-(%sp)
	moveq	#1, %d3			/* what it ends with, should what follows fail */
	SYS(#4)				/* write */
	jcs	bad
	moveq	#99, %d1
	move.l	%d1, (4,%sp)
	moveq	#22, %d3
	SYS(#4)
	jcc	bad
	moveq	#3, %d3
	cmp.l	#40, value
	jne	bad
	moveq	#4, %d3
	tst.l	zero
	jne	bad
	moveq	#7, %d3			/* struct stat of an a.out program: st_blksize is at 68, without padding before it */
	pea	room
	pea	root
	clr.l	-(%sp)
	SYS(#278)			/* __stat13 */
	jcs	bad
	moveq	#8, %d3
	move.l	room+68, %d1
	jeq	bad
	and.l	#511, %d1
	jne	bad
	moveq	#5, %d3
	SYS(#2)				/* fork */
	jcs	bad
	moveq	#2, %d3
	cmp.l	#1, %d1
	jeq	bad
	clr.l	-(%sp)
	clr.l	-(%sp)
	pea	zero
	pea	-1
	clr.l	-(%sp)
	moveq	#6, %d3
	SYS(#449)			/* wait4 */
	jcs	bad
	clr.l	%d3
	move.b	zero+2, %d3
	add.l	value, %d3
bad:	move.l	%d3, -(%sp)
	clr.l	-(%sp)
	SYS(#1)				/* exit */
	.data
root:	.asciz	"/"
	.bss
	.balign	4
room:	.skip	200
#else
_start:
	ld	[%sp + 64 + 8], %l0	/* argv[1] */
	clr	%o2
1:	ldub	[%l0 + %o2], %l1
	tst	%l1
	bne,a	1b
	inc	%o2
	mov	%l0, %o1
	mov	1, %o0
	mov	4, %g1			/* write */
	ta	0
	bcs	bad
	mov	1, %o0
	mov	99, %o0
	mov	4, %g1
	ta	0
	bcc	bad
	mov	22, %o0
	set	value, %l2
	ld	[%l2], %l3
	cmp	%l3, 40
	bne	bad
	mov	3, %o0
	set	zero, %l4
	ld	[%l4], %l5
	tst	%l5
	bne	bad
	mov	4, %o0
	mov	2, %g1			/* fork */
	ta	0
	bcs	bad
	mov	5, %o0
	cmp	%o1, 1
	be	bad
	mov	2, %o0
	mov	-1, %o0
	mov	%l4, %o1
	clr	%o2
	clr	%o3
	mov	449, %g1		/* wait4 */
	ta	0
	bcs	bad
	mov	6, %o0
	ldub	[%l4 + 2], %l6
	add	%l6, %l3, %o0
bad:	mov	1, %g1			/* exit */
	ta	0
#endif
	.data
	.balign	4
value:	.long	40
	.bss
	.balign	4
	.skip	0x5000
zero:	.skip	4
