/*
 * Code that fails: where a fault injector sends a thread, so that injected crashes are real ones.
 *
 * Here: one symbol per kind of failure, in every program. ESI, EDI and the stack below ESP are left as they were.
 * Not here: who jumps here (the machine's injector, the shell's `crash` through the kernel debugger).
 */
        .intel_syntax noprefix
        .section .text.arc_fault, "ax", @progbits

        .macro  stub name
        .globl  \name
        .type   \name, @function
\name:
        .endm

        stub    arc_fault_ud2
        ud2

        stub    arc_fault_divide
        xor     ecx, ecx
        xor     edx, edx
        div     ecx

        stub    arc_fault_wild_store    /* 0x10 is outside every area */
        mov     dword ptr ds:[0x10], eax
        ud2

        stub    arc_fault_text_store    /* text is read and execute only */
        mov     dword ptr arc_fault_text_store, eax
        ud2

        stub    arc_fault_panic
        and     esp, -16
        sub     esp, 12
        lea     eax, [panic_text]
        push    eax
        call    arc_panic
        ud2

        stub    arc_fault_hang
        jmp     arc_fault_hang

panic_text:
        .asciz  "crash requested"

        .section .note.GNU-stack, "", @progbits
