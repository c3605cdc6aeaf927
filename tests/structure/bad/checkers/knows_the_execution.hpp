#include "scheduler/execution/execution.hpp"
