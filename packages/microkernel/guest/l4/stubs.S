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

/* Loads registers in the order of C's arguments. */
        .macro  arguments registers:vararg
        .set    at, 4
        .irp    register, \registers
        mov     \register, [esp + SAVED + at]
        .set    at, at + 4
        .endr
        .endm

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

/* A call whose arguments are registers, and whose result is EAX. */
        .macro  plain_call name, registers:vararg
        enter   \name
        arguments \registers
        call    stub_\name
        leave_stub
        .endm

/* The same with another result, which goes where the sixth argument points. */
        .macro  call_with_old name, old, scratch, registers:vararg
        enter   \name
        arguments \registers
        call    stub_\name
        mov     \scratch, [esp + SAVED + 24]
        mov     [\scratch], \old
        leave_stub
        .endm

/* MR0 travels in ESI. */
        .macro  load_message
        mov     edi, gs:[0]
        mov     esi, [edi]
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

/* word l4_thread_control(dest, space, scheduler, pager, utcb) */
        plain_call thread_control, eax, esi, edx, ecx, edi
/* word l4_space_control(space, control, kip, utcb, redirector, word *old) */
        call_with_old space_control, ecx, edx, eax, ecx, edx, esi, edi
/* word l4_schedule(dest, time, processor, priority, preemption, word *old time) */
        call_with_old schedule, edx, ecx, eax, edx, esi, ecx, edi
/* void l4_switch(dest): everything is preserved */
        plain_call switch, eax
/* word l4_processor_control(number, internal kHz, external kHz, voltage) */
        plain_call processor_control, eax, ecx, edx, esi

/* u64 l4_clock() */
        enter   clock
        call    stub_clock
        leave_stub

/* void l4_unmap(control): the fpages stand in the message registers, before and after */
        enter   unmap
        arguments eax
        load_message
        call    stub_unmap
        mov     edi, gs:[0]
        mov     [edi], esi
        leave_stub

/* word l4_memory_control(control, attributes 0 to 3) */
        enter   memory_control
        arguments eax, ecx, edx, ebx, ebp
        load_message
        call    stub_memory_control
        leave_stub

        .section .note.GNU-stack, "", @progbits
