#include "scheduler/model/operation.hpp"
