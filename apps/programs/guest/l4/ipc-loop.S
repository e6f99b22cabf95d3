/*
 * void ipc_loop(word partner, word tag, word count): `count` calls of a partner that does the same.
 *
 * As tight as hand-written callers are: the partner's id is what the call before returned in EAX, EDI stays the UTCB.
 */
        .intel_syntax noprefix
        .section .text.ipc_loop, "ax", @progbits
        .globl  ipc_loop
ipc_loop:
        push    ebp
        push    ebx
        push    esi
        push    edi
        mov     edi, gs:[0]
        mov     eax, [esp + 20]
1:      mov     edx, eax
        xor     ecx, ecx
        mov     esi, [esp + 24]
        call    stub_ipc
        dec     dword ptr [esp + 28]
        jnz     1b
        pop     edi
        pop     esi
        pop     ebx
        pop     ebp
        ret
        .section .note.GNU-stack, "", @progbits
