#include "scheduler/fibers/fiber.hpp"
