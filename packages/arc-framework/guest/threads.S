/*
 * Where a clone and a new thread begin.
 *
 * Here: what C++ cannot say: registers saved on a stack that two processes have, a stack that holds a function and its argument.
 * Not here: asking P3 (-> process.cpp).
 */
        .intel_syntax noprefix

/* status_t arc_clone(): in the process that calls the status of P3's answer, in the clone 0xffffffff */
        .section .text.arc_clone, "ax", @progbits
        .globl  arc_clone
        .type   arc_clone, @function
arc_clone:
        push    ebp
        push    ebx
        push    esi
        push    edi
        mov     eax, esp
        push    eax
        lea     eax, [.Lcloned]
        push    eax
        call    arc_ask_clone
        add     esp, 8
        jmp     .Lasked
.Lcloned:
        cld                             /* the clone: ESP as it was pushed, all else is unknown */
        mov     eax, -1
.Lasked:
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret
        .size   arc_clone, . - arc_clone

/* calls the function on top of the stack with the argument below it, and ends the thread */
        .section .text.arc_begin_thread, "ax", @progbits
        .globl  arc_begin_thread
        .type   arc_begin_thread, @function
arc_begin_thread:
        cld
        pop     eax
        pop     ecx
        xor     ebp, ebp
        and     esp, -16
        sub     esp, 12
        push    ecx
        call    eax
        call    arc_end_thread
        ud2
        .size   arc_begin_thread, . - arc_begin_thread

        .section .note.GNU-stack, "", @progbits
