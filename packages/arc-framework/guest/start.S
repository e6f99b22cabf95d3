/*
 * Where a program begins, and how it moves to its main stack.
 *
 * Here: the entry, entered with ESP at the start block (docs/protocols.md, section 11).
 * Not here: what is done with the block (-> start.cpp).
 */
        .intel_syntax noprefix

        .section .text._start, "ax", @progbits
        .globl  _start
        .type   _start, @function
_start:
        cld
        xor     ebp, ebp
        mov     eax, esp                /* the start block lies above the stack */
        and     esp, -16
        sub     esp, 12
        push    eax
        call    arc_start_program
        ud2
        .size   _start, . - _start

/* noreturn void arc_switch_stack(top, function, argument): calls function(argument) on the stack that ends at top */
        .section .text.arc_switch_stack, "ax", @progbits
        .globl  arc_switch_stack
        .type   arc_switch_stack, @function
arc_switch_stack:
        mov     eax, [esp + 4]
        mov     ecx, [esp + 8]
        mov     edx, [esp + 12]
        mov     esp, eax
        xor     ebp, ebp
        sub     esp, 12
        push    edx
        call    ecx
        ud2
        .size   arc_switch_stack, . - arc_switch_stack

        .section .note.GNU-stack, "", @progbits
