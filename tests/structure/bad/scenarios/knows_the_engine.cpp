#include <interleave/scheduler/fiber.hpp>
