// Code, instruction by instruction, as Zydis decodes it for x86-64.
#pragma once

#include <Zydis/Zydis.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace interleave::engine {

using Operands = std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT>;

// Calls f(where, instruction, operands) for each, one behind the other from `begin` on, until f returns false. Bytes that are no
// instruction are data among the code, and left out.
template <class F>
void each_instruction(const std::uint8_t* begin, const std::uint8_t* end, F f) {
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  ZydisDecodedInstruction instruction;
  Operands operands;
  for (const std::uint8_t* at = begin; at < end; at += instruction.length) {
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, at, static_cast<std::size_t>(end - at), &instruction, operands.data()))) {
      instruction.length = 1;
      continue;
    }
    if (!f(at, instruction, operands)) return;
  }
}

// Calls f for the instructions for which wanted(instruction) is true. Only these are decoded to their operands, so it is faster where they are few.
// `wanted` may look at the length, the opcode and the raw parts of its argument, and at nothing else.
template <class Wanted, class F>
void each_instruction(const std::uint8_t* begin, const std::uint8_t* end, Wanted wanted, F f) {
  ZydisDecoder fast;
  ZydisDecoderInit(&fast, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  ZydisDecoderEnableMode(&fast, ZYDIS_DECODER_MODE_MINIMAL, ZYAN_TRUE);
  ZydisDecodedInstruction instruction;
  for (const std::uint8_t* at = begin; at < end; at += instruction.length) {
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&fast, nullptr, at, static_cast<std::size_t>(end - at), &instruction))) {
      instruction.length = 1;
      continue;
    }
    if (wanted(std::as_const(instruction))) each_instruction(at, at + instruction.length, f);
  }
}

}  // namespace interleave::engine
