// The exported functions of the doors that note their caller: a few instructions of assembly, because the caller's registers and stack must be
// read before any compiled code changes them.
#pragma once

#include "scheduler/liveness/call_state.hpp"

// Defines the exported function `name`, which notes the state of its caller and jumps to `target`. `target` is hidden and has the same
// signature (`extern "C"`, INTERLEAVE_BEHIND_DOOR). `arguments`: how many registers the arguments take; the first five are noted. REQUIRED
// for every function that announces an operation that `polls`.
#define INTERLEAVE_POLLING_DOOR(name, target, arguments) INTERLEAVE_DOOR(name, target, arguments, "jne 1f\n" "0:\n")
// Notes the state of its caller only where states are kept. For functions whose operations do not poll.
#define INTERLEAVE_NOTING_DOOR(name, target, arguments) INTERLEAVE_DOOR(name, target, arguments, "je " target "\n" "jmp 1f\n" "0:\n")

#define INTERLEAVE_DOOR(name, target, arguments, branch)    \
  asm(".pushsection .text\n"                                \
      ".globl " name "\n"                                   \
      ".type " name ", @function\n" name ":\n"              \
      ".cfi_startproc\n"                                    \
      "cmpb $0, interleave_keeps_states(%rip)\n"            \
      branch                                                \
      "movq interleave_call_state@gottpoff(%rip), %rax\n"   \
      "movq %rbx, %fs:(%rax)\n"                             \
      "movq %rbp, %fs:8(%rax)\n"                            \
      "movq %r12, %fs:16(%rax)\n"                           \
      "movq %r13, %fs:24(%rax)\n"                           \
      "movq %r14, %fs:32(%rax)\n"                           \
      "movq %r15, %fs:40(%rax)\n"                           \
      "movq %rsp, %fs:48(%rax)\n"                           \
      "jmp " target "\n"                                    \
      "1:\n"                                                \
      "movq interleave_call_state@gottpoff(%rip), %rax\n"   \
      INTERLEAVE_NOTE_ARGUMENT(arguments, "0", "rdi", "56") \
      INTERLEAVE_NOTE_ARGUMENT(arguments, "1", "rsi", "64") \
      INTERLEAVE_NOTE_ARGUMENT(arguments, "2", "rdx", "72") \
      INTERLEAVE_NOTE_ARGUMENT(arguments, "3", "rcx", "80") \
      INTERLEAVE_NOTE_ARGUMENT(arguments, "4", "r8", "88")  \
      "jmp 0b\n"                                            \
      ".cfi_endproc\n"                                      \
      ".size " name ", . - " name "\n"                      \
      ".popsection\n")
#define INTERLEAVE_NOTE_ARGUMENT(arguments, index, name, offset) \
  ".if " #arguments " > " index "\n"                             \
  "movq %" name ", %fs:" offset "(%rax)\n"                       \
  ".else\n"                                                      \
  "movq $0, %fs:" offset "(%rax)\n"                              \
  ".endif\n"
// Stands before the definition of a `target`, which is `extern "C"`.
#define INTERLEAVE_BEHIND_DOOR __attribute__((visibility("hidden"), used))
