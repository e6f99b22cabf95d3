/*
 * System calls as L4Ka's user library makes them: five-byte jumps in a writable page that patch themselves.
 *
 * Here: the jumps, what they do before they are patched, and the register contract behind C's calling convention.
 * Each stub first jumps to its own fix-up, which saves everything, has l4_patch_stubs rewrite all of them to jumps into the
 * kernel interface page, and tries again. Not here: the patching itself (-> abi.cpp), which knows the order below.
 * Reference: L4 X.2 reference manual, IA-32 interface.
 */
        .intel_syntax noprefix
        .equ    SAVED, 16               /* EBP, EBX, ESI, EDI below the return address */

        .macro  stub name
        .section .l4stubs, "awx", @progbits
        .globl  stub_\name
stub_\name:
        .byte   0xe9
        .long   fixup_\name - . - 4
        .section .text.l4fixup, "ax", @progbits
fixup_\name:
        pusha
        call    l4_patch_stubs
        popa
        jmp     stub_\name
        .endm

        .section .l4stubs, "awx", @progbits
        .balign 4096
        .globl  l4_stubs
l4_stubs:
        stub    ipc
        stub    lipc
        stub    exchange
        stub    thread_control
        stub    space_control
        stub    schedule
        stub    unmap
        stub    switch
        stub    clock
        stub    memory_control
        stub    processor_control

        .macro  enter name
        .section .text.l4_\name, "ax", @progbits
        .globl  l4_\name
        .type   l4_\name, @function
l4_\name:
        push    ebp
        push    ebx
        push    esi
        push    edi
        .endm

        .macro  leave_stub
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret
        .endm

        .macro  ipc_call name, target
        enter   \name
        mov     esi, [esp + SAVED + 4]
        mov     eax, [esi]
        mov     edx, [esi + 4]
        mov     ecx, [esi + 8]
        mov     edi, gs:[0]
        mov     esi, [esi + 12]
        call    stub_\target
        push    edx
        mov     edx, [esp + 4 + SAVED + 4]
        mov     [edx], eax
        mov     [edx + 8], ecx
        mov     [edx + 12], esi
        mov     [edx + 16], ebx
        mov     [edx + 20], ebp
        mov     [edx + 24], edi
        pop     dword ptr [edx + 4]
        leave_stub
        .endm

        ipc_call raw_ipc, ipc
        ipc_call raw_lipc, lipc

/* word l4_exchange(dest, {control SP IP FLAGS handle pager}) */
        enter   exchange
        mov     eax, [esp + SAVED + 8]
        mov     ecx, [eax]
        mov     edx, [eax + 4]
        mov     esi, [eax + 8]
        mov     edi, [eax + 12]
        mov     ebx, [eax + 16]
        mov     ebp, [eax + 20]
        mov     eax, [esp + SAVED + 4]
        call    stub_exchange
        push    ecx
        mov     ecx, [esp + 4 + SAVED + 8]
        mov     [ecx + 4], edx
        mov     [ecx + 8], esi
        mov     [ecx + 12], edi
        mov     [ecx + 16], ebx
        mov     [ecx + 20], ebp
        pop     dword ptr [ecx]
        leave_stub

/* word l4_thread_control(dest, space, scheduler, pager, utcb): EAX, ESI, EDX, ECX, EDI */
        enter   thread_control
        mov     eax, [esp + SAVED + 4]
        mov     esi, [esp + SAVED + 8]
        mov     edx, [esp + SAVED + 12]
        mov     ecx, [esp + SAVED + 16]
        mov     edi, [esp + SAVED + 20]
        call    stub_thread_control
        leave_stub

/* word l4_space_control(space, control, kip, utcb, redirector, word *old): EAX, ECX, EDX, ESI, EDI */
        enter   space_control
        mov     eax, [esp + SAVED + 4]
        mov     ecx, [esp + SAVED + 8]
        mov     edx, [esp + SAVED + 12]
        mov     esi, [esp + SAVED + 16]
        mov     edi, [esp + SAVED + 20]
        call    stub_space_control
        mov     edx, [esp + SAVED + 24]
        mov     [edx], ecx
        leave_stub

/* word l4_schedule(dest, time, processor, priority, preemption, word *old time): EAX, EDX, ESI, ECX, EDI */
        enter   schedule
        mov     eax, [esp + SAVED + 4]
        mov     edx, [esp + SAVED + 8]
        mov     esi, [esp + SAVED + 12]
        mov     ecx, [esp + SAVED + 16]
        mov     edi, [esp + SAVED + 20]
        call    stub_schedule
        mov     ecx, [esp + SAVED + 24]
        mov     [ecx], edx
        leave_stub

/* void l4_unmap(control): EAX; MR0 in ESI both ways, the other fpages in the UTCB */
        enter   unmap
        mov     eax, [esp + SAVED + 4]
        mov     edi, gs:[0]
        mov     esi, [edi]
        call    stub_unmap
        mov     edi, gs:[0]
        mov     [edi], esi
        leave_stub

/* void l4_switch(dest): everything is preserved */
        enter   switch
        mov     eax, [esp + SAVED + 4]
        call    stub_switch
        leave_stub

/* u64 l4_clock() */
        enter   clock
        call    stub_clock
        leave_stub

/* word l4_memory_control(control, attributes 0 to 3): EAX, ECX, EDX, EBX, EBP; MR0 in ESI */
        enter   memory_control
        mov     ecx, [esp + SAVED + 8]
        mov     edx, [esp + SAVED + 12]
        mov     ebx, [esp + SAVED + 16]
        mov     ebp, [esp + SAVED + 20]
        mov     eax, [esp + SAVED + 4]
        mov     edi, gs:[0]
        mov     esi, [edi]
        call    stub_memory_control
        leave_stub

/* word l4_processor_control(number, internal kHz, external kHz, voltage): EAX, ECX, EDX, ESI */
        enter   processor_control
        mov     eax, [esp + SAVED + 4]
        mov     ecx, [esp + SAVED + 8]
        mov     edx, [esp + SAVED + 12]
        mov     esi, [esp + SAVED + 16]
        call    stub_processor_control
        leave_stub

        .section .note.GNU-stack, "", @progbits
