/*
 * The start of a server: a stack, main, and a loop in the kernel debugger when main comes back.
 *
 * The kernel starts a first server at its entry with ESP 0: it has to bring its own stack.
 */
        .intel_syntax noprefix
        .section .text._start, "ax", @progbits
        .globl  _start
_start: lea     esp, [l4_stack_top]
        lea     eax, [l4_exit]
        push    eax
        jmp     main
l4_exit:
        int3
        jmp     l4_exit

        .bss
        .balign 16
        .space  16384
l4_stack_top:
        .section .note.GNU-stack, "", @progbits
