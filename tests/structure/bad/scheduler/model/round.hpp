#include "scheduler/model/goes.hpp"
