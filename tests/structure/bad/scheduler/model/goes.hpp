#include "scheduler/model/round.hpp"
