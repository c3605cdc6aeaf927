.globl add_assembler
.type add_assembler,@function
add_assembler: lea (%rdi,%rsi),%eax
ret
.size add_assembler,.-add_assembler
.section .note.GNU-stack,"",@progbits
