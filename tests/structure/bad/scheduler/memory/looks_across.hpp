#include "scheduler/report/report.hpp"
