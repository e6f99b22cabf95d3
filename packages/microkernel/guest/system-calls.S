/*
 * System-call stubs: C calling convention outside, X.2's register contract inside.
 *
 * Here: loading and storing registers around the call into the kernel interface page. They are functions of their own,
 * because the calls take and change EBX and EBP, which no inline assembly may.
 * Not here: where the entries lie (→ l4.cpp, which fills l4_entry_*), message helpers (→ l4.h).
 * Reference: L4 X.2 reference manual, IA-32 interface; argument registers are listed at each stub.
 */
        .intel_syntax noprefix
        .equ    SAVED, 16               /* EBP, EBX, ESI, EDI below the return address */

        .macro  enter name
        .section .text.\name, "ax", @progbits
        .globl  \name
        .type   \name, @function
\name:
        push    ebp
        push    ebx
        push    esi
        push    edi
        .endm

        .macro  leave_stub name
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret
        .size   \name, . - \name
        .endm

/*
 * word l4_ipc(to, from, timeouts, word *sender): the tag received
 *   in   EAX to, EDX from, ECX timeouts, ESI MR0, EDI UTCB
 *   out  EAX sender, ESI MR0, EBX MR1, EBP MR2; EDI unchanged; ECX, EDX scratch
 */
        enter   l4_ipc
        mov     eax, [esp + SAVED + 4]
        mov     edx, [esp + SAVED + 8]
        mov     ecx, [esp + SAVED + 12]
        mov     edi, gs:[0]
        mov     esi, [edi]
        call    [l4_entry_ipc]
        mov     [edi], esi
        cmp     dword ptr [esp + SAVED + 8], 0
        je      1f
        test    esi, 0x8000             /* E: nothing received, MR1 and MR2 are the caller's own */
        jnz     1f
        mov     [edi + 4], ebx
        mov     [edi + 8], ebp
1:      mov     edx, [esp + SAVED + 16]
        test    edx, edx
        jz      2f
        mov     [edx], eax
2:      mov     eax, esi
        leave_stub l4_ipc

/*
 * word l4_exchange_registers(dest, word values[6], word *control): the destination's other id, nil on error
 *   in   EAX dest, ECX control, EDX SP, ESI IP, EDI FLAGS, EBX UserDefinedHandle, EBP pager
 *   out  EAX result, the rest: old values. values = SP IP FLAGS UserDefinedHandle pager
 */
        enter   l4_exchange_registers
        mov     eax, [esp + SAVED + 12]
        mov     ecx, [eax]
        mov     eax, [esp + SAVED + 8]
        mov     edx, [eax]
        mov     esi, [eax + 4]
        mov     edi, [eax + 8]
        mov     ebx, [eax + 12]
        mov     ebp, [eax + 16]
        mov     eax, [esp + SAVED + 4]
        call    [l4_entry_exchange_registers]
        push    ecx
        mov     ecx, [esp + 4 + SAVED + 8]
        mov     [ecx], edx
        mov     [ecx + 4], esi
        mov     [ecx + 8], edi
        mov     [ecx + 12], ebx
        mov     [ecx + 16], ebp
        mov     ecx, [esp + 4 + SAVED + 12]
        pop     dword ptr [ecx]
        leave_stub l4_exchange_registers

/*
 * word l4_thread_control(dest, space, scheduler, pager, utcb): 1 or 0
 *   in   EAX dest, ECX pager, EDX scheduler, ESI SpaceSpecifier, EDI UtcbLocation
 */
        enter   l4_thread_control
        mov     eax, [esp + SAVED + 4]
        mov     esi, [esp + SAVED + 8]
        mov     edx, [esp + SAVED + 12]
        mov     ecx, [esp + SAVED + 16]
        mov     edi, [esp + SAVED + 20]
        call    [l4_entry_thread_control]
        leave_stub l4_thread_control

/*
 * word l4_space_control(space, control, kip area, UTCB area, redirector, word *old control): 1 or 0
 *   in   EAX SpaceSpecifier, ECX control, EDX KIP area, ESI UTCB area, EDI redirector;  out EAX result, ECX old control
 */
        enter   l4_space_control
        mov     eax, [esp + SAVED + 4]
        mov     ecx, [esp + SAVED + 8]
        mov     edx, [esp + SAVED + 12]
        mov     esi, [esp + SAVED + 16]
        mov     edi, [esp + SAVED + 20]
        call    [l4_entry_space_control]
        mov     edx, [esp + SAVED + 24]
        mov     [edx], ecx
        leave_stub l4_space_control

/*
 * word l4_schedule(dest, time, processor, priority, preemption, word *old time): state of the thread, 0 on error
 *   in   EAX dest, EDX TimeControl, ESI ProcessorControl, ECX PrioControl, EDI PreemptionControl;  out EAX, EDX old TimeControl
 */
        enter   l4_schedule
        mov     eax, [esp + SAVED + 4]
        mov     edx, [esp + SAVED + 8]
        mov     esi, [esp + SAVED + 12]
        mov     ecx, [esp + SAVED + 16]
        mov     edi, [esp + SAVED + 20]
        call    [l4_entry_schedule]
        mov     ecx, [esp + SAVED + 24]
        mov     [ecx], edx
        leave_stub l4_schedule

/*
 * void l4_unmap(control)
 *   in   EAX control, ESI MR0, EDI UTCB;  out ESI MR0, the rest in the UTCB; ECX preserved, EAX EDX EBX EDI scratch
 */
        enter   l4_unmap
        mov     eax, [esp + SAVED + 4]
        mov     edi, gs:[0]
        mov     esi, [edi]
        call    [l4_entry_unmap]
        mov     edi, gs:[0]
        mov     [edi], esi
        leave_stub l4_unmap

/* void l4_thread_switch(dest): EAX dest; everything preserved */
        enter   l4_thread_switch
        mov     eax, [esp + SAVED + 4]
        call    [l4_entry_thread_switch]
        leave_stub l4_thread_switch

/* u64 l4_system_clock(): EDX:EAX microseconds; EBX EBP ECX preserved, ESI EDI scratch */
        enter   l4_system_clock
        call    [l4_entry_system_clock]
        leave_stub l4_system_clock

        .section .note.GNU-stack, "", @progbits
