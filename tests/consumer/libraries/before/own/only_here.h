#pragma once
#define ONLY_HERE
